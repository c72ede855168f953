r"""Where a few innovation centres serve most: an exact choice of sites.

    maximise   sum_n v[n] max over chosen m of D[n,m]

with ``k`` sites chosen, ``v`` the weight of who is served and ``D`` what reaches n from m. Everybody is served by the
best centre in reach, so a second one nearby adds little. Solved as the p-median problem in whole numbers, to proven
optimality. Source: Hakimi (1964); ReVelle and Swain (1970) for the form with assignments, which is nearly always whole
by itself.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, hstack, kron

from citybelt.errors import InputError, NotSolvedError


def served(reach: np.ndarray, weight: np.ndarray, sites: np.ndarray | list[int]) -> float:
    """What the chosen sites bring together: the weighted sum of the best reach."""
    return float(weight @ reach[:, sites].max(axis=1))


def best_sites(reach: np.ndarray, weight: np.ndarray, count: int) -> np.ndarray:
    """The ``count`` sites which together serve most.

    Args:
        reach: not negative, [receivers, sites].
        weight: of receivers, not negative.
        count: number of sites.

    Returns:
        Their numbers, ascending.

    Raises:
        InputError: more sites than there are, or none.
        NotSolvedError: no optimum was proven.
    """
    n, m = reach.shape
    if not 1 <= count <= m:
        raise InputError(f"choose between 1 and {m} sites, not {count}")
    # Unknowns: who is served from where [n * m], then which sites are open [m].
    gain = -np.concatenate([(weight[:, None] * reach).ravel(), np.zeros(m)])
    eye = coo_array(np.eye(m))
    once = hstack([kron(coo_array(np.eye(n)), np.ones((1, m))), coo_array((n, m))])
    only_open = hstack([coo_array(np.eye(n * m)), -kron(np.ones((n, 1)), eye)])
    opened = hstack([coo_array((1, n * m)), coo_array(np.ones((1, m)))])
    rules = [
        LinearConstraint(once.tocsr(), 1, 1),
        LinearConstraint(only_open.tocsr(), -np.inf, 0),
        LinearConstraint(opened.tocsr(), count, count),
    ]
    whole = np.concatenate([np.zeros(n * m), np.ones(m)])
    found = milp(gain, constraints=rules, integrality=whole, bounds=Bounds(0, 1), options={"mip_rel_gap": 0.0})
    if found.status != 0:
        raise NotSolvedError(f"no best choice of sites was proven: {found.message}")
    return np.flatnonzero(found.x[n * m :] > 0.5)
