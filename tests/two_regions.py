"""Two regions alike that compete by subsidies, with Nash and cooperation in closed form.

Labour only, people stay. A traded sector with share ``b`` of spending, home share ``h`` and trade elasticity ``t``,
and one that stays at home, which a region may subsidise at a rate ``s``, paid by its own people. Only the relative
price counts, so this is a tax on exports: workers move to what stays at home, and what is exported gets dearer. With
``l`` the share of workers in the traded sector and ``u = -s / (1 - s)`` the subsidy to it that does the same,

    l = b / (1 - (1 - b) u)                                 what is spent at home keeps the other workers
    log W of both, at one rate                              (1 - b) log(1 - l) + b log(l) + constant

so that together they set ``l = b``, no subsidy. Alone, at equal rates, with ``K = 2 t h (1 - h)`` and ``D = 1 - h +
K``, a region's relative wage moves with its rate, and the first-order condition

    l = b h + b (1 - h) (l (1 - h) + K) / D

is linear in ``l``: the Nash equilibrium, where both subsidise and both lose.
"""

import jax.numpy as jnp
import numpy as np

from citybelt.dims import PAYERS
from citybelt.model.accounts import Theory, closure
from citybelt.model.calibrate import calibrate
from citybelt.model.economy import Economy
from citybelt.scenario.direction import Direction, Shape
from citybelt.scenario.levers import central
from citybelt.separate.arena import Arena
from three_cities import lever

#: Share of what the model needs beyond the closed form: government, savings, capital, land, housing, the old.
TINY = 1e-8
CITY = PAYERS.index("city")


def nash(b, h, t):
    """The subsidy to what stays at home that each sets alone, and the log welfare of both there."""
    k = 2 * t * h * (1 - h)
    d = 1 - h + k
    l = b * (h + (1 - h) * k / d) / (1 - b * (1 - h) ** 2 / d)
    u = (1 - b / l) / (1 - b)
    return -u / (1 - u), log_welfare(l, b)


def log_welfare(l, b):
    """Of both when they employ a share of workers in the traded sector, over that without subsidies."""
    of = lambda l: (1 - b) * np.log(1 - l) + b * np.log(l)  # noqa: E731
    return of(l) - of(b)


def at_one_rate(s, b):
    """Log welfare of both at one rate."""
    u = -s / (1 - s)
    return log_welfare(b / (1 - (1 - b) * u), b)


def economy(trade, theta, **closed):
    """An economy of the engine from sales [n, n, J], billions, and trade elasticities; workers go with sales."""
    n, _, j = trade.shape
    spent = trade.sum(axis=1)
    final = np.stack([spent * (1 - 2 * TINY), spent * TINY, spent * TINY])
    size = spent.sum(axis=1)
    people = np.stack([np.diag(size), np.diag(size) * TINY]) * 1e6
    c = closure(**{"people": "fixed", "ownership": "local", "land_finance": "private", **closed})
    share = np.full((3, n, j), TINY)
    share[0] = 1.0 - 2 * TINY
    zeros = np.zeros((n, j))
    base = calibrate(
        trade=trade, tariff=np.zeros((n, n, j)), input_coef=np.zeros((n, j, j)), tax_rate=zeros, factor_share=share,
        land_public=np.zeros(j), final=final, housing=np.full(n, TINY), people=people, pension=np.full(n, 1e-6),
        owned_abroad=np.zeros(n), province=np.eye(n), emission=zeros, process=zeros, closure=c,
    )  # fmt: skip
    theory = Theory(
        theta=jnp.asarray(theta), agg=jnp.zeros(j), nu=jnp.array([1.5, 0.4]), congestion=jnp.asarray(0.0),
        public=jnp.asarray(0.0), eta=jnp.asarray(0.0),
    )  # fmt: skip
    ids = tuple(f"r{k}" for k in range(n))
    return Economy(
        ids, tuple(f"s{k}" for k in range(j)), ids, np.full(n, "us"), dict(zip(ids, ids, strict=True)), base, theory, c
    )


def alike(b=0.4, h=0.7, t=4.0):
    """The economy of the closed form."""
    trade = np.zeros((2, 2, 2))
    trade[:, :, 0] = b * np.array([[h, 1 - h], [1 - h, h]])
    trade[:, :, 1] = (1 - b) * np.eye(2)
    return economy(trade, (t, t))


def unlike(own=0.8, made=0.75, t=(4.0, 5.0)):
    """Each region makes much of one traded good and less of the other; both want both alike."""
    trade = np.zeros((2, 2, 2))
    for j in range(2):
        makes = np.array([made, 1 - made]) if j == 0 else np.array([1 - made, made])
        for n in range(2):
            weight = makes * np.where(np.arange(2) == n, own, 1 - own)
            trade[n, :, j] = 0.5 * weight / weight.sum()
    return economy(trade, t)


def subsidies(e, sectors, budget=1e3, office=1e-9):
    """An arena where region k may subsidise the makers of some sectors, at an office that costs next to nothing.

    Args:
        sectors: of each region, the sectors it may subsidise, one lever each, in per cent.
    """
    made, owner, j = [], [], len(e.sectors)
    for k, mine in enumerate(sectors):
        for sector in mine:
            rate, bought = np.zeros((len(PAYERS), 2, j)), np.zeros((len(PAYERS), 2, j))
            rate[CITY, k, sector], bought[CITY, k, 0] = 0.01, 1.0
            made.append(_straight(lever(f"subsidy{sector}@{k}", Direction(subsidy=rate), office, upper=60.0), bought))
            owner.append(k)
    return Arena(e, tuple(made), central(made), np.array(owner), np.eye(2), np.full(2, budget))


def _straight(one, bought):
    """A lever whose response does not bend."""
    from dataclasses import replace

    j = bought.shape[2]
    return replace(one, purchase=jnp.asarray(bought), exponent=jnp.ones(3), shape=Shape(2, 2, j))
