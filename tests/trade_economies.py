"""Random economies of the class ``trade``, whose dimensions all differ."""

import jax.numpy as jnp
import numpy as np

from citybelt.model.trade_accounts import Closure, Shock
from citybelt.model.trade_calibrate import calibrate, theory

#: What an economy may have: words for ``make``.
KINDS = {
    "plain": {},
    "tariffs": {"tariffs": True},
    "structures": {"structures": True, "pool": 0.4, "by_weight": 1.0},
    "nests": {"nests": True, "structures": True, "pool": 0.2, "by_weight": 1.0},
    "fixed people": {"people": "fixed", "housing": True, "tariffs": True, "structures": True, "pool": 0.3},
    "choice": {"people": "choice", "housing": True, "tariffs": True},
    "choice of sector": {"people": "choice", "markets": 2, "structures": True, "pool": 1.0, "by_weight": 1.0,
                         "rentiers": 1.0},
    "stayers": {"people": "choice", "markets": 2, "structures": True, "housing": True, "stayers": True,
                "one_land": True},
    "stayers in a region": {"people": "choice", "structures": True, "housing": True, "stayers": True, "pool": 0.3},
    "free": {"people": "free", "housing": True, "structures": True, "pool": 0.4},
    "free in nests": {"people": "free", "housing": True, "nests": True, "tariffs": True, "markets": 3},
}  # fmt: skip


def accounts(seed, n=5, j=4):
    """Trade [J, N, N], value added [N, J] and inputs [N, J, J] of regions that buy mostly at home."""
    rng = np.random.default_rng(seed)
    while True:
        trade = rng.lognormal(0, 0.8, (j, n, n)) * rng.lognormal(0, 0.5, (n, 1)) * 0.25
        trade = (trade + np.swapaxes(trade, 1, 2)) * rng.uniform(0.45, 0.55, (j, n, n))  # close to balanced
        trade[:, np.arange(n), np.arange(n)] *= 12
        va = rng.uniform(0.45, 0.75, (n, j))
        inputs = (1 - va)[:, :, None] * rng.dirichlet(np.full(j, 3.0), (n, j))
        output, use = trade.sum(axis=1).T, trade.sum(axis=2).T
        if (use - np.einsum("nkj,nk->nj", inputs, output) > 0.05 * use).all():
            return trade, va, inputs


def make(
    seed=0, n=5, j=4, *, people="", markets=1, tariffs=False, structures=False, housing=False, nests=False, pool=0.0,
    by_weight=0.0, rentiers=0.0, stayers=False, one_land=False,
):  # fmt: skip
    """Base year, elasticities, closure."""
    rng = np.random.default_rng(1000 + seed)
    trade, va, inputs = accounts(seed, n, j)
    market = np.arange(j) % markets
    rates = np.zeros((j, n, n))
    if tariffs:
        rates[[1, j - 1]] = rng.uniform(0, 0.2, (2, n, n)) * (1 - np.eye(n))
        trade = trade * (1 + rates * 0.5)  # so that sellers' receipts are not those without tariffs
    options = {}
    m = n * markets
    if people == "free":  # two groups of people, each with regions of its own
        group = np.arange(n) % 2
        persons = (group == np.arange(2)[:, None])[:, :, None] * rng.uniform(1, 3, (2, n, markets))
        options["people"] = persons.reshape(2, m)
    elif stayers:
        persons = rng.uniform(0, 0.3, (m, m)) * (rng.uniform(size=(m, m)) < 0.7) + np.diag(rng.uniform(1, 3, m))
        options |= {"people": persons, "home": range(m), "rent_stay": [0.5 if pool else 1.0, 1.0]}
    elif people:
        persons = rng.uniform(0.2, 1, (3, m)) * (rng.uniform(size=(3, m)) < 0.8)
        persons[0] += 0.3
        options["people"] = persons
    c = Closure(people or "fixed", by_weight, rentiers)
    b = calibrate(
        trade, va, inputs, tariff=rates, taxed=(1, j - 1) if tariffs else (), market=market, one_land=one_land,
        labour_share=rng.uniform(0.5, 0.9, (n, j)) if structures else 1.0, closure=c,
        housing_share=rng.uniform(0.1, 0.3, n) if housing else 0.0,
        rent_pool=[pool, 0.5 * pool if not stayers else 0.0], **options,
    )  # fmt: skip
    nest = {"top": rng.uniform(0.4, 1.6, j), "materials": rng.uniform(0.3, 1.8, j), "final": 0.6} if nests else {}
    o = b.people.shape[0]
    th = theory(
        b, rng.uniform(3, 7, j), agg=rng.uniform(0, 0.05, j) if people else 0.0,
        nu=rng.uniform(1.2, 2.5, o) if stayers else 1.8,
        congestion=0.25 if people == "free" else 0.1, eta=0.0 if one_land else 0.5, **nest,
    )  # fmt: skip
    return b, th, c


def shock(b, seed=0, size=0.05):
    """A change of everything."""
    rng = np.random.default_rng(2000 + seed)
    z = Shock.zeros(b)
    n = b.shape[0]
    fields = {}
    for name, value in vars(z).items():
        fields[name] = size * rng.normal(size=np.shape(value))
    fields["d_tariff"] = np.abs(fields["d_tariff"]) * (1 - np.eye(n))
    fields["d_transfer"] = (fields["d_transfer"] - fields["d_transfer"].mean()) * float(b.spending.sum(axis=1).min())
    return type(z)(**{k: jnp.asarray(v) for k, v in fields.items()})
