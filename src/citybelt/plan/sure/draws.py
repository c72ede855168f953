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
from citybelt.plan.solved.optimise import Point, curves, look, maximise
from citybelt.plan.solved.problem import Problem
from citybelt.plan.store import Store
from citybelt.scenario import sampling

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.result import Progress

#: A lever is in a plan when it is used for more than this share of its upper bound.
USED = 0.005
#: First-order residual of plans made again; the shares in and out of a plan don't need more.
TOLERANCE = 1e-3
#: Draws that are kept together, so that a run that was killed loses no more.
PIECE = 20


@dataclass(frozen=True)
class Draws:
    """What the draws say.

    Attributes:
        index: [K] number of each draw that could be solved.
        outcomes: [K, M] rows of the plan's mix, as ``Problem.names``.
        welfare: [K, H] log welfare of each origin under the plan's mix.
        totals: [K, 2] log welfare of the cluster and the nation.
        parts: [K, L] what each lever adds to the goal: its slopes at the mix times what it does.
        values: [K, L] the mix of the plan made again, NaN where none could be made.
        again: [K] the goal of the plan made again, in its own draw.
        goal: [K] the goal of the plan's mix in the draw.
    """

    index: np.ndarray
    outcomes: np.ndarray
    welfare: np.ndarray
    totals: np.ndarray
    parts: np.ndarray
    values: np.ndarray
    again: np.ndarray
    goal: np.ndarray
    upper: np.ndarray

    @property
    def planned(self) -> np.ndarray:
        """[K] whether the draw could be planned again."""
        return np.isfinite(self.again)

    @property
    def replanned(self) -> int:
        """How many draws could be planned again."""
        return int(self.planned.sum())

    @property
    def share_used(self) -> np.ndarray:
        """[L] share of the plans made again that use each lever."""
        return (self.values[self.planned] > USED * self.upper).mean(axis=0)


def sample(
    p: Problem,
    dataset: Dataset,
    best: Point,
    fixed: np.ndarray,
    count: int,
    progress: Progress | None = None,
    store: Store | None = None,
) -> Draws:
    """Solve and plan again over ``count`` joint draws.

    Args:
        best: the plan's point; fixed: levers that plans may not use.
        store: where finished draws are kept.

    Raises:
        NotSolvedError: more than a tenth of the draws could not be solved, or not planned again.
    """
    sectors = dataset.x.sector.values
    banks = sampling.fills(dataset, p.economy.theory, p.economy.closure, count)

    def one(k: int) -> tuple | None:
        th, effects = sampling.drawn(p.levers, sectors, k)
        q = replace(p, economy=replace(banks[k % len(banks)], theory=th), effects=effects)
        return _one(q, best, fixed)

    tell = progress or (lambda *_: None)
    store = store or Store.none()
    pieces = []
    for first in range(0, count, PIECE):
        size = min(PIECE, count - first)

        def some(first: int = first, size: int = size) -> dict[str, np.ndarray]:
            count_on = lambda stage, done, _: tell(stage, first + done, count)  # noqa: E731
            return _table(sampling.in_threads(lambda k: one(first + k), size, "draws", count_on), first)

        pieces.append(store.keep(f"draws:{first}", some))
        tell("draws", first + size, count)
    solved = [piece for piece in pieces if len(piece["index"])] or pieces[:1]
    sure = Draws(**{name: np.concatenate([piece[name] for piece in solved]) for name in solved[0]}, upper=p.upper)
    if sure.replanned < 0.9 * count:
        what = f"Of {count} draws {len(sure.index)} were solved and {sure.replanned} planned again; 9 in 10 are needed"
        raise NotSolvedError(f"{what} for a band. Ask for more draws, ease a target or lower the budget.")
    return sure


def _table(found: list[tuple | None], first: int) -> dict[str, np.ndarray]:
    """The fields of ``Draws`` of a run of draws; those that could not be solved are left out."""
    names = ("outcomes", "welfare", "totals", "parts", "values", "again", "goal")
    kept = [k for k, f in enumerate(found) if f is not None]
    columns = zip(*(found[k] for k in kept), strict=True) if kept else [()] * len(names)  # type: ignore[misc]
    fields = {name: np.array(column, float) for name, column in zip(names, columns, strict=True)}
    return {"index": np.array(kept, int) + first, **fields}


def _one(q: Problem, best: Point, fixed: np.ndarray) -> tuple | None:
    """One draw, as the fields of ``Draws``; None where the mix could not be solved."""
    goal = {q.names[k] for k, _ in q.wanted}
    try:
        point = look(q, best.values, best.solution.state, goal | {"cost"})
    except NotSolvedError:
        return None
    weight = np.asarray(q.economy.base.people.sum(axis=2))
    log_welfare = weight * np.asarray(point.solution.accounts.log_welfare)
    cluster = np.asarray(q.frame.cluster)
    totals = [(log_welfare * w).sum() / (weight * w).sum() for w in (cluster, np.ones_like(cluster))]
    try:
        made = maximise(q, tolerance=TOLERANCE, fixed=fixed, begin=point)
        values, again = made.point.values, made.value
    except NotSolvedError:
        values, again = np.full(len(q.upper), np.nan), np.nan
    by_origin = log_welfare.sum(axis=0) / weight.sum(axis=0)
    return point.outcomes, by_origin, totals, added(q, point), values, again, q.value(point.outcomes)


def added(p: Problem, x: Point) -> np.ndarray:
    """What each lever adds to the goal at a mix [L]; the sum is the whole up to curvature.

    Of a goal that is the smallest of several rows, what it adds to the one that is smallest.
    """
    sizes, paid, _, _ = curves(p.levers, p.effects, jnp.asarray(x.values))
    row, sign = min(p.wanted, key=lambda each: each[1] * x.outcomes[each[0]])
    straight = p.straight[row] * x.values
    return sign * (x.response_slope[row] * np.asarray(sizes) + x.payment_slope[row] * np.asarray(paid) + straight)
