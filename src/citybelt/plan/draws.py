"""How sure a plan is: the same mix, and the plan made again, over joint draws of what is not known.

A draw takes every elasticity over its range, every lever's effect, curvature and cost over theirs, and one of the
fills of trade and people, so that parameters and fills are crossed. For each draw the plan's mix is solved
again, for the band; and a plan is made again with that draw's economy, for the share of draws in which a lever
stays. A draw whose equilibrium or plan was not reached is counted and left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.plan.optimise import Point, curves, look, maximise
from citybelt.plan.problem import Problem
from citybelt.scenario import sampling

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.result import Progress

#: A lever is in a plan when it is used for more than this share of its upper bound.
USED = 0.005
#: First-order residual of plans made again; the shares in and out of a plan don't need more.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Draws:
    """What the draws say.

    Attributes:
        outcomes: [K, M] outcomes of the plan's mix, as ``Problem.names``.
        welfare: [K, H] log welfare of each origin under the plan's mix.
        totals: [K, 2] log welfare of the cluster and the nation.
        parts: [K, L] what each lever adds to the objective, billions: its slopes at the mix times what it does.
        used: [K, L] whether the plan made again uses the lever.
        replanned: how many draws could be planned again.
    """

    outcomes: np.ndarray
    welfare: np.ndarray
    totals: np.ndarray
    parts: np.ndarray
    used: np.ndarray

    @property
    def replanned(self) -> int:
        return len(self.used)


def sample(
    p: Problem, dataset: Dataset, best: Point, fixed: np.ndarray, count: int, progress: Progress | None = None
) -> Draws:
    """Solve and plan again over ``count`` joint draws.

    Args:
        best: the plan's point; fixed: levers that plans may not use.

    Raises:
        NotSolvedError: more than a tenth of the draws could not be solved, or not planned again.
    """
    sectors = dataset.x.sector.values
    banks = sampling.fills(dataset, p.economy.theory, p.economy.closure, count)

    def one(k: int) -> tuple | None:
        th, effects = sampling.drawn(p.levers, sectors, k)
        q = replace(p, economy=replace(banks[k % len(banks)], theory=th), effects=effects)
        return _one(q, best, fixed)

    found = sampling.in_threads(one, count, "draws", progress)
    solved = [f for f in found if f is not None]
    outcomes, welfare, totals, parts, used = zip(*solved, strict=True) if solved else ([],) * 5
    again = [u for u in used if u is not None]
    if len(again) < 0.9 * count:
        what = f"Only {len(solved)} of {count} draws could be solved, and {len(again)} planned again"
        raise NotSolvedError(f"{what}; no band is given. Narrow the ranges, or ask for a smaller budget.")
    return Draws(np.array(outcomes), np.array(welfare), np.array(totals), np.array(parts), np.array(again))


def _one(q: Problem, best: Point, fixed: np.ndarray) -> tuple | None:
    """One draw: outcomes, welfare, totals, parts of the plan's mix, and the levers of the plan made again.

    None where the mix could not be solved; the last is None where no plan could be made.
    """
    try:
        point = look(q, best.values, best.solution.state, floors=False)
    except NotSolvedError:
        return None
    weight = np.asarray(q.economy.base.people.sum(axis=2))
    log_welfare = weight * np.asarray(point.solution.accounts.log_welfare)
    cluster = np.asarray(q.weights.cluster)
    totals = [(log_welfare * w).sum() / (weight * w).sum() for w in (cluster, np.ones_like(cluster))]
    try:
        used = maximise(q, tolerance=TOLERANCE, fixed=fixed, begin=point).point.values > USED * q.upper
    except NotSolvedError:
        used = None
    return point.outcomes, log_welfare.sum(axis=0) / weight.sum(axis=0), totals, added(q, point), used


def added(p: Problem, x: Point) -> np.ndarray:
    """What each lever adds to the objective at a mix, billions [L]; the sum is the whole up to curvature."""
    sizes, paid, _, _ = curves(p.levers, p.effects, jnp.asarray(x.values))
    goal = p.names.index(p.objective)
    return x.response_slope[goal] * np.asarray(sizes) + x.payment_slope[goal] * np.asarray(paid)
