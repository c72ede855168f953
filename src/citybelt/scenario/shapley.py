r"""Whose doing is it: what levers do together, shared out among them, with their interplay named pair by pair.

Let ``v(S)`` be the outcomes with the levers of a set S on and the others off, and ``d`` the gain of a lever on top of
those before it in some order. Averaged over orders this is the Shapley value; the pair ``i, j`` gets the average of

    (H1)  v(S+i+j) - v(S+i) - v(S+j) + v(S),     S: the levers before both of them in the order

Each lever alone and all pairs then add up to the whole in every single order, and

    (H2)  shapley_i  =  alone_i + 1/2 sum_j pair_ij

Up to EXACT levers all sets are solved and the averages are exact. Beyond, orders are drawn, each with its reverse, in
which lever gains of at most pairwise interplay average out exactly; what is left has the standard error given.
Sources: Shapley (1953); Sundararajan, Dhamdhere and Agarwal (2020), the Shapley-Taylor index of order two; Mitchell,
Cooper, Frank and Holmes (2022) for orders in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import comb
from typing import NamedTuple

import numpy as np

#: Levers up to which every set is solved.
EXACT = 8
#: Pairs of orders that are drawn beyond.
ORDERS = 8
SEED = 11


class Shares(NamedTuple):
    """How outcomes are shared out among n levers.

    Attributes:
        alone: [n, M] each lever alone.
        last: [n, M] what is lost when the lever is taken out of the whole.
        shapley: [n, M] adds up to the whole.
        pair: [n, n, M] interplay, symmetric, zero on the diagonal; see (H2).
        error: [n, M] standard error of ``shapley``, zero where it is exact; pair_error: [n, n, M].
        orders: how many orders were drawn, 0 where all sets were solved; solved: how many sets were.
    """

    alone: np.ndarray
    last: np.ndarray
    shapley: np.ndarray
    pair: np.ndarray
    error: np.ndarray
    pair_error: np.ndarray
    orders: int
    solved: int


def share_out(
    solve_sets: Callable[[list[int]], np.ndarray], count: int, exact: int = EXACT, orders: int = ORDERS
) -> Shares:
    """Share the outcomes of ``count`` levers out.

    Args:
        solve_sets: outcomes [k, M] of sets, each a number whose bit i says whether lever i is on.
        exact: levers up to which every set is solved.
        orders: pairs of orders to draw beyond, at least two.

    Returns:
        ``Shares``.
    """
    if count <= exact:
        return _exactly(np.asarray(solve_sets(list(range(2**count)))), count)
    return _sampled(solve_sets, count, max(orders, 2))


def _exactly(v: np.ndarray, n: int) -> Shares:
    sets = np.arange(2**n)
    sizes = np.array([int(s).bit_count() for s in sets])
    whole, one = 2**n - 1, 1 << np.arange(n)
    shapley = np.zeros((n, v.shape[1]))
    pair = np.zeros((n, n, v.shape[1]))
    for i in range(n):
        without = sets[(sets & one[i]) == 0]
        weight = np.array([1.0 / (n * comb(n - 1, k)) for k in sizes[without]])
        shapley[i] = weight @ (v[without | one[i]] - v[without])
        for j in range(i):
            apart = without[(without & one[j]) == 0]
            weight = np.array([2.0 / (n * comb(n - 1, k)) for k in sizes[apart]])
            bent = v[apart | one[i] | one[j]] - v[apart | one[i]] - v[apart | one[j]] + v[apart]
            pair[i, j] = pair[j, i] = weight @ bent
    alone, last = v[one] - v[0], v[whole] - v[whole - one]
    none = np.zeros_like
    return Shares(alone, last, shapley, pair, none(shapley), none(pair), 0, len(sets))


def _sampled(solve_sets: Callable[[list[int]], np.ndarray], n: int, orders: int) -> Shares:
    rng = np.random.default_rng(SEED)
    drawn = [rng.permutation(n) for _ in range(orders)]
    one, whole = [1 << k for k in range(n)], 2**n - 1
    walks = [walk for order in drawn for walk in (order, order[::-1])]
    wanted = sorted({0, whole, *one, *(whole - k for k in one), *(s for w in walks for s in _along(w))})
    v = dict(zip(wanted, np.asarray(solve_sets(wanted)), strict=True))
    found = []
    for order in drawn:
        both = [_walk(v, walk) for walk in (order, order[::-1])]
        found.append([0.5 * (a + b) for a, b in zip(*both, strict=True)])
    pairs = np.array([pair for pair, _ in found])
    gains = np.array([gain for _, gain in found])
    alone = np.array([v[k] - v[0] for k in one])
    last = np.array([v[whole] - v[whole - k] for k in one])
    spread = lambda draws: draws.std(axis=0, ddof=1) / np.sqrt(len(draws))  # noqa: E731
    return Shares(alone, last, gains.mean(axis=0), pairs.mean(axis=0), spread(gains), spread(pairs), 2 * orders, len(v))


def _along(order: np.ndarray) -> Iterable[int]:
    """The sets that an order asks for: those before each lever, and these with one and two more."""
    before = 0
    for k, lever in enumerate(order):
        yield before
        yield before | 1 << int(lever)
        for later in order[k + 1 :]:
            yield before | 1 << int(later)
            yield before | 1 << int(lever) | 1 << int(later)
        before |= 1 << int(lever)


def _walk(v: dict[int, np.ndarray], order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Interplay of all pairs in one order (H1), and the gains of (H2) that belong to it."""
    n, size = len(order), len(v[0])
    pair = np.zeros((n, n, size))
    before = 0
    for k, i in enumerate(order):
        one = 1 << int(i)
        for j in order[k + 1 :]:
            two = 1 << int(j)
            bent = v[before | one | two] - v[before | one] - v[before | two] + v[before]
            pair[i, j] = pair[j, i] = bent
        before |= one
    alone = np.array([v[1 << k] - v[0] for k in range(n)])
    return pair, alone + 0.5 * pair.sum(axis=1)
