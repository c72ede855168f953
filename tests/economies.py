"""Random balanced economies whose dimensions all differ, for tests."""

from __future__ import annotations

from itertools import count

import numpy as np

from citybelt.errors import InputError
from citybelt.model.accounts import closure
from citybelt.model.calibrate import calibrate


def random_inputs(seed: int = 0, **sizes) -> dict:
    """Arguments of ``calibrate`` for a random economy of h home regions, f partners, j sectors, g provinces.

    Draws in which some region earns far less than it spends are refused by ``calibrate`` and drawn again.
    """
    for again in count():
        inputs = _draw(np.random.default_rng((seed, again)), **sizes)
        try:
            for words in ({}, {"land_finance": "private"}):
                calibrate(**inputs, closure=closure(**words))
        except InputError:
            continue
        return inputs
    raise AssertionError


def _draw(rng, h: int = 5, f: int = 2, j: int = 4, g: int = 3, tariffs: bool = True, carbon: bool = True) -> dict:
    n = h + f
    size = rng.lognormal(0, 0.5, n)
    trade = rng.lognormal(0, 0.3, (n, n, j)) * size[:, None, None] * size[None, :, None]
    trade[np.arange(n), np.arange(n)] *= 60
    tariff = np.zeros((n, n, j))
    if tariffs:
        tariff[:h, h:] = rng.uniform(0, 0.15, (h, f, j))
        tariff[h:] = rng.uniform(0, 0.15, (f, n, j))
        tariff[np.arange(h, n), np.arange(h, n)] = 0.0
    output = trade.sum(axis=0)
    spending = (trade * (1 + tariff)).sum(axis=1)
    tax_rate = rng.uniform(-0.02, 0.08, (n, j))
    input_coef = rng.dirichlet(np.ones(j), (n, j)) * rng.uniform(0.2, 0.5, (n, j))[:, :, None]
    inputs = np.einsum("nkj,nk->nj", input_coef, output)
    # Shrink materials where a region buys too little of a product, so that final demand stays positive.
    shrink = np.minimum(1.0, 0.6 * spending / inputs)
    input_coef = input_coef * shrink[:, None, :]
    left = spending - np.einsum("nkj,nk->nj", input_coef, output)
    # Purposes differ by product, and little by region, so that incomes explain what regions spend.
    split = rng.dirichlet([40, 20, 30], (n, j)) + 0.2 * rng.dirichlet([4, 2, 3], j)
    split = (split / split.sum(axis=2, keepdims=True)).transpose(2, 0, 1)
    final = left * split
    housing = final[0].sum(axis=1) * rng.uniform(0.05, 0.2, n)
    housing[h:] *= rng.integers(0, 2, f)
    people = rng.lognormal(0, 1, (2, h, h))
    people[:, np.arange(h), np.arange(h)] *= 20
    people *= 1e6
    province = np.zeros((g, h))
    province[np.arange(h) % g, np.arange(h)] = 1
    # Pensions of about a tenth of labour income.
    labour = 0.5 * ((1 - tax_rate - input_coef.sum(axis=2)) * output)[:h].sum()
    pension = rng.uniform(0.8, 1.2, h) * 0.1 * labour / people[1].sum()
    return dict(
        trade=trade,
        tariff=tariff,
        input_coef=input_coef,
        tax_rate=tax_rate,
        factor_share=rng.dirichlet([25, 20, 5], (n, j)).transpose(2, 0, 1),
        land_public=(rng.uniform(size=j) > 0.3).astype(float),
        final=final,
        housing=housing,
        people=people,
        pension=pension,
        owned_abroad=rng.uniform(0, 0.2, h),
        province=province,
        emission=rng.uniform(0, 0.3, (n, j)) * carbon,
        process=rng.uniform(0, 0.1, (n, j)) * carbon,
    )


def random_theory(seed: int = 0, j: int = 4):
    """Elasticities in a plausible range."""
    from citybelt.model.accounts import Theory

    rng = np.random.default_rng(seed + 1000)
    return Theory(
        theta=rng.uniform(2, 8, j),
        agg=rng.uniform(0, 0.08, j),
        nu=np.array([1.5, 0.4]),
        congestion=np.asarray(0.1),
        public=np.asarray(0.8),
        eta=np.asarray(0.8),
    )


def random_shock(base, seed: int = 0, size: float = 0.1):
    """A shock to everything at once."""
    from citybelt.model.accounts import Shock

    rng = np.random.default_rng(seed + 2000)
    z = Shock.zeros(base)
    draw = {
        k: rng.normal(0, size, np.shape(getattr(z, k)))
        for k in ("log_A", "log_d", "log_mu", "log_B", "log_h", "log_K", "log_H", "log_Hres")
    }
    h = base.n_home
    d_tariff = rng.uniform(0, size, z.d_tariff.shape)
    d_tariff[:, :h, :h] = 0
    n = base.shape[0]
    d_tariff[:, np.arange(n), np.arange(n)] = 0
    draw["d_tariff"] = d_tariff
    draw["carbon"] = rng.uniform(0, 100, n)
    smallest = float(np.asarray(base.consumption).min())
    draw["purchase"] = rng.uniform(0, size, z.purchase.shape) * smallest / z.purchase.size
    newcomers = float(np.asarray(base.people).sum())
    draw["service"] = rng.uniform(0, size, z.service.shape) * smallest / newcomers * 1e6
    draw["subsidy"] = rng.uniform(0, size / len(z.subsidy), z.subsidy.shape)
    draw["transfer"] = rng.normal(0, size, h) * float(np.asarray(base.government[:h]).min())
    return z.replace(**draw)


#: Fields of a shock that a path through time sets from its stocks; no lever does.
STOCKS = ("log_N", "log_Kj", "log_I", "log_saving")


def random_stocks(base, seed: int = 0, size: float = 0.2) -> dict:
    """Stocks of a later year."""
    rng = np.random.default_rng(seed + 3000)
    (n, j), h = base.shape, base.n_home
    return {name: rng.normal(0, size, shape) for name, shape in zip(STOCKS, ((2, h), (n, j), (h,), (n,)), strict=True)}
