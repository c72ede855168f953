r"""Cooperative games: what a group can share, who may ask for what, and the least that must change hands.

A game gives each set S of n players what it can reach together, ``v(S)``; a set is a number whose bit i says whether
player i is in it, so that a game is an array [2^n] with ``v[0] = 0``. A division ``x`` shares out ``v(N)``.

    (C1)  Shapley      x_i = sum over S without i of  |S|! (n - |S| - 1)! / n!  (v(S + i) - v(S))
    (C2)  core         x(N) = v(N),  x(S) >= v(S) for every S: no set does better by leaving
    (C3)  least core   min e  subject to  x(N) = v(N),  x(S) + e >= v(S) for every S but none and all
    (C4)  transfers    min sum_i max(t_i, 0)  subject to  u_i + t_i >= f_i,  sum_i t_i = 0

The core is empty where the ``e`` of (C3) is positive. The nucleolus goes on from there: it fixes the sets that object
most, makes the next largest objection least, and so on until one division is left. Sources: Shapley (1953, 1971);
Gillies (1959); Schmeidler (1969); Maschler, Peleg and Shapley (1979) for the sequence of linear programs; Castro,
Gomez and Tejada (2009) for sampling; Mitchell, Cooper, Frank and Holmes (2022) for orders in reversed pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np

from citybelt.errors import NotSolvedError

#: Players up to which every set is looked at.
EXACT = 12
#: Pairs of orders drawn beyond.
ORDERS = 32
SEED = 17
#: Objections, relative to the largest value of a set, that rounding can make.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Shares:
    """Shapley values [n], their standard errors [n] (zero where exact) and the orders drawn (0 where exact)."""

    values: np.ndarray
    error: np.ndarray
    orders: int


@dataclass(frozen=True)
class Core:
    """The least core (C3).

    Attributes:
        point: [n] the nucleolus, which lies in the core wherever there is one.
        objection: the largest ``v(S) - x(S)`` that has to be borne; none can be avoided where it is positive.
        empty: whether the core is.
        objectors: the sets that object most at ``point``.
    """

    point: np.ndarray
    objection: float
    empty: bool
    objectors: tuple[int, ...]


@dataclass(frozen=True)
class Transfers:
    """What changes hands (C4).

    Attributes:
        received: [n], negative where paid; sums to zero.
        total: what changes hands.
        lacking: how far the sum of the floors is beyond what there is to share; nobody's floor is met in full by
            transfers alone where it is positive, and all fall short in proportion to what they lack.
    """

    received: np.ndarray
    total: float
    lacking: float


def players(v: np.ndarray) -> int:
    """How many players an array of values has.

    Raises:
        ValueError: the length is no power of two, the empty set has a value, or a value is missing.
    """
    v = np.asarray(v, float)
    n = v.size.bit_length() - 1
    if v.ndim != 1 or n < 1 or v.size != 2**n or v[0] != 0 or not np.isfinite(v).all():
        raise ValueError("a game has a finite value for each set of its players, zero for the empty one")
    return n


def members(sets: np.ndarray, n: int) -> np.ndarray:
    """[k, n] whether player i is in each of k sets."""
    return (np.asarray(sets)[:, None] >> np.arange(n)) & 1 == 1


def shapley(v: np.ndarray) -> np.ndarray:
    """(C1) exactly.

    Args:
        v: [2^n] values of sets.

    Returns:
        [n]; sums to the value of all.
    """
    v, n = np.asarray(v, float), players(v)
    sets = np.arange(2**n)
    size = members(sets, n).sum(axis=1)
    found = np.zeros(n)
    for i in range(n):
        without = sets[(sets >> i) & 1 == 0]
        weight = np.array([1.0 / (n * comb(n - 1, int(k))) for k in size[without]])
        found[i] = weight @ (v[without | 1 << i] - v[without])
    return found


def shapley_shares(
    value: Callable[[int], float], n: int, exact: int = EXACT, orders: int = ORDERS, seed: int = SEED
) -> Shares:
    """(C1) exactly up to ``exact`` players; beyond, the mean gain over orders drawn, each with its reverse.

    Args:
        value: of a set; asked once for each set that is needed.
        orders: pairs of orders to draw, at least two.

    Returns:
        ``Shares``; the values sum to the value of all in either case.
    """
    held = {0: 0.0}

    def of(group: int) -> float:
        if group not in held:
            held[group] = float(value(group))
        return held[group]

    if n <= exact:
        return Shares(shapley(np.array([of(s) for s in range(2**n)])), np.zeros(n), 0)
    rng, gains = np.random.default_rng(seed), []
    for _ in range(max(orders, 2)):
        order, both = rng.permutation(n), np.zeros(n)
        for way in (order, order[::-1]):
            before = 0
            for i in way:
                after = before | 1 << int(i)
                both[i] += 0.5 * (of(after) - of(before))
                before = after
        gains.append(both)
    drawn = np.array(gains)
    return Shares(drawn.mean(axis=0), drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn)), 2 * len(drawn))


def least_core(v: np.ndarray) -> Core:
    """(C3) and its nucleolus, by a sequence of linear programs.

    Args:
        v: [2^n] values of sets.

    Returns:
        ``Core``.

    Raises:
        NotSolvedError: a linear program was not solved.
    """
    v, n = np.asarray(v, float), players(v)
    scale = max(np.abs(v).max(), 1e-300)
    w = v / scale
    free = np.arange(1, 2**n - 1)
    fixed, bound = np.ones((1, n)), np.array([w[-1]])
    first, x = 0.0, np.array([w[-1]])
    while free.size and np.linalg.matrix_rank(fixed) < n:
        x, largest, tight = _least_objection(w, members(free, n).astype(float), w[free], fixed, bound)
        if len(fixed) == 1:
            first = largest
        fixed = np.vstack([fixed, members(free[tight], n)])
        bound = np.concatenate([bound, w[free[tight]] - largest])
        free = free[~tight]
    sets = np.arange(1, 2**n - 1)
    excess = w[sets] - members(sets, n) @ x
    objectors = tuple(sets[excess >= excess.max() - ROUNDING].tolist()) if sets.size else ()
    return Core(x * scale, first * scale, bool(first > ROUNDING), objectors)


def _least_objection(
    w: np.ndarray, inside: np.ndarray, values: np.ndarray, fixed: np.ndarray, bound: np.ndarray
) -> tuple[np.ndarray, float, np.ndarray]:
    """A division with the least largest objection of the free sets, that objection, and the sets it binds for good."""
    from scipy.optimize import linprog

    n = inside.shape[1]
    found = linprog(
        np.append(np.zeros(n), 1.0), A_ub=-np.column_stack([inside, np.ones(len(inside))]), b_ub=-values,
        A_eq=np.column_stack([fixed, np.zeros(len(fixed))]), b_eq=bound, bounds=(None, None), method="highs",
    )  # fmt: skip
    if not found.success:
        raise NotSolvedError(f"The core was not found: {found.message}")
    # A row with a price is tight in every solution, so its set can never be made to object less.
    return found.x[:n], float(found.x[n]), -found.ineqlin.marginals > ROUNDING


def in_core(v: np.ndarray, x: np.ndarray) -> bool:
    """(C2) up to rounding."""
    v, n = np.asarray(v, float), players(v)
    sets = np.arange(1, 2**n)
    slack = ROUNDING * max(np.abs(v).max(), 1e-300)
    reached = members(sets, n) @ np.asarray(x, float)
    return bool((reached >= v[1:] - slack).all() and abs(reached[-1] - v[-1]) <= slack)


def is_convex(v: np.ndarray) -> bool:
    """Whether a player brings a larger set never less: v(S + i + j) - v(S + j) >= v(S + i) - v(S)."""
    v, n = np.asarray(v, float), players(v)
    slack = ROUNDING * max(np.abs(v).max(), 1e-300)
    sets = np.arange(2**n)
    for i in range(n):
        for j in range(i):
            apart = sets[((sets >> i) | (sets >> j)) & 1 == 0]
            one, two = 1 << i, 1 << j
            if (v[apart | one | two] - v[apart | two] < v[apart | one] - v[apart] - slack).any():
                return False
    return True


def transfers(payoffs: np.ndarray, floors: np.ndarray) -> Transfers:
    """(C4) The least that changes hands so that nobody has less than a floor.

    Those with more than their floor pay in proportion to what they have above it. Each player below a floor gets
    what is lacking and no more; no smaller total would do.

    Args:
        payoffs, floors: [n] in one unit.

    Returns:
        ``Transfers``.
    """
    room = np.asarray(payoffs, float) - np.asarray(floors, float)
    above, below = np.maximum(room, 0.0), np.maximum(-room, 0.0)
    total = min(above.sum(), below.sum())
    received = np.zeros_like(room)
    if total > 0:
        received = total * (below / below.sum() - above / above.sum())
    return Transfers(received, float(total), float(max(-room.sum(), 0.0)))
