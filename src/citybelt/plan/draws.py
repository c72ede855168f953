"""How sure a plan is: the same mix, and the plan made again, over joint draws of what is not known.

A draw takes every elasticity over its range, every lever's effect, curvature and cost over theirs, and one of the
bank's imputed trade matrices, so that parameters and fills are crossed. For each draw the plan's mix is solved
again, for the band; and a plan is made again with that draw's economy, for the share of draws in which a lever
stays. A draw whose equilibrium or plan was not reached is counted and left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.model.economy import Economy, economy
from citybelt.model.theory import theory
from citybelt.plan.optimise import Point, curves, look, maximise
from citybelt.plan.problem import Problem

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
    p: Problem,
    dataset: Dataset,
    values: np.ndarray,
    fixed: np.ndarray,
    count: int,
    seed: int = 2024,
    progress: Progress | None = None,
) -> Draws:
    """Solve and plan again over ``count`` joint draws.

    Args:
        values: the plan's mix [L]; fixed: levers that plans may not use.

    Raises:
        NotSolvedError: more than a tenth of the draws could not be solved.
    """
    from citybelt.scenario.levers import draw

    sectors = dataset.x.sector.values
    banks = {k: economy(dataset, p.economy.theory, p.economy.closure, k) for k in range(min(dataset.n_draws, count))}
    outcomes, welfare, totals, parts, used = [], [], [], [], []
    state = None
    for k in range(count):
        rng = np.random.default_rng((seed, k))
        uniform = rng.uniform(1e-3, 1 - 1e-3, (len(p.levers), 4))
        e: Economy = banks.get(k % max(len(banks), 1), p.economy)
        e = replace(e, theory=theory(sectors, rng))
        q = replace(p, economy=e, effects=draw(p.levers, jnp.asarray(uniform)))
        if progress:
            progress("draws", k, count)
        try:
            point = look(q, values, state, floors=False)
        except NotSolvedError:
            continue
        state = point.solution.state
        weight = np.asarray(e.base.people.sum(axis=2))
        log_welfare = weight * np.asarray(point.solution.accounts.log_welfare)
        cluster = np.asarray(p.weights.cluster)
        outcomes.append(point.outcomes)
        parts.append(added(q, point))
        welfare.append(log_welfare.sum(axis=0) / weight.sum(axis=0))
        totals.append([(log_welfare * w).sum() / (weight * w).sum() for w in (cluster, np.ones_like(cluster))])
        try:
            again = maximise(q, tolerance=TOLERANCE, fixed=fixed, begin=point).point.values
        except NotSolvedError:
            continue
        used.append(again > USED * p.upper)
    if progress:
        progress("draws", count, count)
    if len(outcomes) < 0.9 * count:
        raise NotSolvedError(f"Only {len(outcomes)} of {count} draws could be solved; no band is given.")
    return Draws(np.array(outcomes), np.array(welfare), np.array(totals), np.array(parts), np.array(used))


def added(p: Problem, x: Point) -> np.ndarray:
    """What each lever adds to the objective at a mix, billions [L]; the sum is the whole up to curvature."""
    sizes, paid, _, _ = curves(p.levers, p.effects, jnp.asarray(x.values))
    goal = p.names.index(p.objective)
    return x.response_slope[goal] * np.asarray(sizes) + x.payment_slope[goal] * np.asarray(paid)


def band(values: np.ndarray, level: float = 0.8) -> np.ndarray:
    """The central interval of the draws (first axis), [2, ...]."""
    return np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0)
