r"""A budget of carbon and the price that meets it: its shadow price.

    (B1)  E(p) = cap,      E(p) emissions of the cluster in the equilibrium in which it pays p per tonne

Everyone in the cluster pays the same price, so no tonne could be saved more cheaply elsewhere in it, and the price is
what the last tonne of the budget is worth to those who emit. The root is found by doubling and then by Brent's method
(Brent 1973), each equilibrium starting from the one before. A budget that does not bind costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from citybelt.errors import NotSolvedError

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution

#: Relative accuracy of the budget.
ACCURACY = 1e-8
FIRST_PRICE = 50.0
HIGHEST_PRICE = 1e6


def emissions_of(s: Solution, cluster: np.ndarray) -> float:
    """Mt of CO2 that the regions of ``cluster`` [H] emit."""
    from citybelt.model.outcomes import emissions

    return float(np.asarray(emissions(s.base, s.accounts))[: len(cluster)] @ cluster)


def price_of(cap: float, solve_at: Callable[[float], Solution], cluster: np.ndarray) -> tuple[float, Solution]:
    """The carbon price that keeps emissions at a cap, and its equilibrium.

    Args:
        cap: Mt of CO2 a year.
        solve_at: the equilibrium at a price, in money per tonne; raises where there is none.
        cluster: [H] one for the regions that the cap is for.

    Raises:
        NotSolvedError: an equilibrium was not reached, or no price up to a million meets the cap.
    """
    from scipy.optimize import brentq

    found: dict[float, Solution] = {}

    def excess(price: float) -> float:
        if price not in found:
            found[price] = solve_at(price)
        return emissions_of(found[price], cluster) / cap - 1.0

    low, high = 0.0, FIRST_PRICE
    if excess(low) <= ACCURACY:
        return 0.0, found[0.0]
    while excess(high) > 0:
        low, high = high, 2.0 * high
        if high > HIGHEST_PRICE:
            raise NotSolvedError(f"No carbon price up to {HIGHEST_PRICE:,.0f} keeps emissions at {cap:.4g} Mt.")
    brentq(excess, low, high, xtol=1e-9, rtol=4e-15, maxiter=60)
    price = min(found, key=lambda p: abs(emissions_of(found[p], cluster) - cap))
    if abs(emissions_of(found[price], cluster) / cap - 1.0) > ACCURACY:
        raise NotSolvedError(f"The budget of {cap:.4g} Mt was not met to {ACCURACY:g}.")
    return price, found[price]
