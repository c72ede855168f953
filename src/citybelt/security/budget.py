r"""A budget of carbon and the price that meets it: its shadow price.

    (B1)  E(p) = cap,      E(p) emissions of the cluster in the equilibrium in which it pays p per tonne

Everyone in the cluster pays the same price, so no tonne could be saved more cheaply elsewhere in it, and the price is
what the last tonne of the budget is worth to those who emit. Each equilibrium starts from the one before. A budget that
does not bind costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from citybelt.engine import shadow

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution


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
    return shadow.price_of(cap, solve_at, lambda s: emissions_of(s, cluster))
