r"""The core of a game with too many sets to look at them all.

From a sample of sets follow two statements that hold for the whole game, and one that holds with a stated certainty:

    (K1)  the least largest objection over the sampled sets is a lower bound of that over all; where it is positive,
          the core is empty
    (K2)  the largest objection found against a division is a lower bound of the largest there is
    (K3)  of k fresh sets m object to a division; with 95 per cent certainty at most the share p of all sets does,
          where p solves  P(Binomial(k, p) <= m) = 0.05

Sets are drawn by size, every size from one to all but one player alike, and evenly within a size; the share in (K3) is
that of this distribution. The division of (K1), among all with the least objection, is the one nearest to a given one.
Sources: Clopper and Pearson (1934) for (K3); Balkanski, Syed and Vassilvitskii (2017) for a core learned from samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.separate.cooperate import ROUNDING

CERTAIN = 0.95
SEED = 29


@dataclass(frozen=True)
class SampledCore:
    """(K1) to (K3).

    Attributes:
        point: [n] a division with the least largest objection over the sampled sets.
        objection: (K1); empty: whether that proves the core empty.
        found: (K2) the largest objection of a fresh set to ``point``, zero where none objects; against: that set.
        share: (K3) upper bound of the share of sets that object to ``point``.
        sets, fresh: how many were looked at.
    """

    point: np.ndarray
    objection: float
    empty: bool
    found: float
    against: int
    share: float
    sets: int
    fresh: int


def drawn(n: int, count: int, seed: int = SEED) -> list[int]:
    """Sets of n players, a size from 1 to n - 1 for each, then members."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(count):
        inside = rng.choice(n, int(rng.integers(1, n)), replace=False)
        found.append(sum(1 << int(i) for i in inside))
    return found


def sampled_core(
    known: dict[int, float], n: int, value: Callable[[int], float], fresh: Sequence[int], near: np.ndarray
) -> SampledCore:
    """(K1) to (K3).

    Args:
        known: values of sets, all players among them; value: of the fresh sets.
        near: [n] the division that ties are broken towards.

    Raises:
        NotSolvedError: a linear program was not solved.
    """
    from scipy.stats import beta

    whole = 2**n - 1
    sets = [s for s in known if s not in (0, whole)]
    scale = max(abs(v) for v in known.values()) or 1.0
    v = np.array([known[s] for s in sets]) / scale
    inside = np.array([_row(s, n) for s in sets])
    x, objection = _division(inside, v, known[whole] / scale, near / scale)
    new = {s: value(s) / scale for s in dict.fromkeys(fresh)}
    excess = {s: w - float(_row(s, n) @ x) for s, w in new.items()}
    worst = max(excess, key=lambda s: excess[s])
    k, m = len(fresh), sum(excess[s] > ROUNDING + max(objection, 0.0) for s in fresh)
    share = 1.0 if m == k else float(beta.ppf(CERTAIN, m + 1, k - m))
    return SampledCore(
        x * scale, objection * scale, bool(objection > ROUNDING), max(excess[worst], 0.0) * scale, worst, share,
        len(sets), k,
    )  # fmt: skip


def _row(group: int, n: int) -> np.ndarray:
    return np.array([float(group >> i & 1) for i in range(n)])


def _division(inside: np.ndarray, v: np.ndarray, total: float, near: np.ndarray) -> tuple[np.ndarray, float]:
    """(K1), then the nearest to ``near`` in the largest difference."""
    from scipy.optimize import linprog

    m, n = inside.shape
    one = np.eye(n)
    found = linprog(
        np.append(np.zeros(n), 1.0), A_ub=-np.column_stack([inside, np.ones(m)]), b_ub=-v,
        A_eq=np.append(np.ones(n), 0.0)[None], b_eq=[total], bounds=(None, None), method="highs",
    )  # fmt: skip
    if found.success:
        e = float(found.x[n])
        slack = e + 1e-9 * (1 + abs(e))
        nearest = linprog(
            np.append(np.zeros(n), 1.0),
            A_ub=np.block([[-inside, np.zeros((m, 1))], [one, -np.ones((n, 1))], [-one, -np.ones((n, 1))]]),
            b_ub=np.concatenate([slack - v, near, -near]),
            A_eq=np.append(np.ones(n), 0.0)[None], b_eq=[total], bounds=(None, None), method="highs",
        )  # fmt: skip
        if nearest.success:
            return nearest.x[:n], e
    raise NotSolvedError(f"No division over the sampled sets was found: {found.message}")
