r"""One-sector economies in levels, reached from a world in which all places are alike.

The class ``trade`` knows changes from a base year. A world of ``n`` equal places, any two of them apart by the same
cost ``d0``, is solved on paper, so that a change from it to any geography gives levels:

    (E1)  w = 1,   L = 1/n,   own = 1 / (1 + (n-1) d0^-theta)             world income and world people are one
    (E2)  V = (A L^agg own^(-1/theta))^alpha (H/L)^(1-alpha) B L^-congestion

``V`` is real income per head (constants left out): a share ``alpha`` buys goods, the rest land, whose rents the
residents have. (E2) holds in any world, since the price of goods is ``P = w / (A L^agg) own^(1/theta)`` and the rent of
land ``(1-alpha)/alpha w L / H``. Amenity ``B`` is counted in units of ``V`` here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from citybelt.model.trade_accounts import Base, Closure, Shock, Theory


@dataclass(frozen=True)
class Places:
    """What an economy is made of.

    Attributes:
        cost: [N, N] iceberg cost, buyer by seller, one within a place.
        A, H, B: [N] productivity, land, amenity in units of real income.
        theta: elasticity of trade.
        alpha: share of goods in spending.
        agg, congestion: elasticities of productivity, and of amenity downwards, to people.
        nu: elasticity of the choice of a place; None for equal people of equal utility.
    """

    cost: np.ndarray
    A: ArrayLike = 1.0
    H: ArrayLike = 1.0
    B: ArrayLike = 1.0
    theta: float = 4.0
    alpha: float = 1.0
    agg: float = 0.0
    congestion: float = 0.0
    nu: float | None = None


@dataclass(frozen=True)
class Levels:
    """An equilibrium in levels; world people and world income are one.

    Attributes:
        wage, people: [N].
        own: [N] share of spending on own goods.
        share: [N, N] expenditure shares, buyer by seller.
        log_welfare: of everybody: real income, or its expectation over tastes.
    """

    wage: np.ndarray
    people: np.ndarray
    own: np.ndarray
    share: np.ndarray
    log_welfare: float


def levels(places: Places) -> Levels:
    """The equilibrium of an economy, by the class ``trade`` from the even world.

    Raises:
        NotSolvedError: it was not reached.
    """
    from citybelt.engine.solve import solve
    from citybelt.model.trade import TRADE

    base, theory, shock, closure = records(places)
    found = solve(TRADE, base, theory, shock, closure).require()
    n = len(places.cost)
    wage = np.exp(np.asarray(found.state.wage)[:, 0])
    people = np.asarray(found.accounts.persons)[:, 0]
    log_cost, log_price = (np.asarray(x)[:, 0] for x in (found.accounts.log_cost, found.accounts.log_price))
    share0 = np.asarray(base.flows.share)[0]
    share = share0 * np.exp(-places.theta * (np.asarray(shock.log_d)[0] + log_cost - log_price[:, None]))
    log_V = _log_real_income(places, share0[0, 0])
    if places.nu is not None:
        log_V += np.log(n) / places.nu
    return Levels(wage, people, np.diagonal(share).copy(), share, float(found.accounts.log_welfare[0]) + log_V)


def records(places: Places) -> tuple[Base, Theory, Shock, Closure]:
    """Base year, elasticities, shock and closure of the class ``trade``, for any route to the equilibrium."""
    from citybelt.model.trade_accounts import Closure, Shock
    from citybelt.model.trade_calibrate import calibrate, theory

    n = len(places.cost)
    wide = lambda a: np.broadcast_to(np.asarray(a, float), n)  # noqa: E731
    apart = ~np.eye(n, dtype=bool)
    # The even world nearest to the one sought: fewer passes, the same levels.
    cost0 = np.where(apart, np.exp(np.log(places.cost[apart]).mean()), 1.0)
    share = cost0**-places.theta
    share = share / share.sum(axis=1, keepdims=True)
    base = calibrate(
        share[None] / n, np.ones((n, 1)), np.zeros((n, 1, 1)), housing_share=1.0 - places.alpha,
        people=np.full((1, n), 1.0 / n),
    )  # fmt: skip
    th = theory(
        base, places.theta, agg=places.agg, congestion=places.congestion, nu=1.0 if places.nu is None else places.nu
    )
    shock = Shock.zeros(base).replace(
        log_A=np.log(wide(places.A))[:, None], log_d=np.log(places.cost / cost0)[None],
        log_Hres=np.log(wide(places.H)), log_B=np.log(wide(places.B))[:, None],
    )  # fmt: skip
    return base, th, shock, Closure("free" if places.nu is None else "choice")


def _log_real_income(places: Places, own: float) -> float:
    """(E2) in the even world, log."""
    log_L = -np.log(len(places.cost))
    goods = places.agg * log_L - np.log(own) / places.theta
    return float(places.alpha * goods - (1.0 - places.alpha) * log_L - places.congestion * log_L)
