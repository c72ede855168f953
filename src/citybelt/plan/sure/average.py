r"""The plan that is best on average over several draws, instead of at central values.

    max_v  mean_k G_k(v)      subject to      mean_k O_rk(v) within its bounds,    lower <= v <= upper        (A1)

``G_k`` and ``O_rk`` are the goal and the rows of a problem in draw number k. The steps are those of ``optimise`` on the
mean of the draws: the mean of all rows with the mean of their exact slopes, and the curvature of central responses and
costs. A point that comes back unchanged meets the first-order conditions of (A1) itself. A goal that is the smallest of
several rows is here the smallest of their means. Where the plan at central values breaks a bound on average, such as
a budget since costs are skewed, the bound is what that plan has, so that both spend alike. Source: Kleywegt, Shapiro
and Homem-de-Mello (2002) for sample averages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.optimise import Point, curves, look
from citybelt.plan.solved.subproblem import Model, best_of
from citybelt.scenario.sampling import in_threads

if TYPE_CHECKING:
    from citybelt.plan.solved.optimise import Optimum
    from citybelt.plan.solved.problem import Problem

#: First-order residual to reach.
TOLERANCE = 1e-4
STEPS = 20


def best_on_average(p: Problem, draws: Sequence[Problem], begin: Optimum, fixed: np.ndarray) -> np.ndarray:
    """(A1) The mix that is best on average.

    Args:
        p: the problem at central values; draws: the same problem in each draw.
        begin: the plan at central values; fixed: [L] levers that plans may not use.

    Returns:
        values [L].

    Raises:
        NotSolvedError: the first-order conditions were not reached, or a bound can't be met on average.
        ValueError: a problem with bounds on securities, which are not averaged.
    """
    if p.struck is not None:
        raise ValueError("plans with bounds on securities are not averaged")
    upper = np.where(fixed, p.least, p.upper)
    values, trust = np.clip(begin.point.values, p.least, upper), np.inf
    first = mean_point(p, draws, values, set(), begin.point)
    bounds = [b if b.room(x := first.row(b.row)) >= 0 else replace(b, value=x) for b in p.bounds]
    active = [b for b in bounds if b.row == "cost" or begin.prices.get(b.row, 0.0) > 0]
    here, best = None, np.inf
    for _ in range(STEPS):
        if here is None:
            rows = {p.names[k] for k, _ in p.wanted} | {b.row for b in active} | {"cost"}
            here = mean_point(p, draws, values, rows, begin.point)
        m = Model.of(p, here, active, upper)
        ahead = best_of(m, trust)
        if ahead is None:
            raise NotSolvedError("No mix keeps the plan's bounds on average over the draws.")
        kkt, over = m.kkt(ahead)
        best = min(best, max(kkt, over))
        if max(kkt, over) <= TOLERANCE:
            broken = [b for b in bounds if b not in active and b.room(here.row(b.row)) < -TOLERANCE]
            if not broken:
                return here.values
            active, values, here = [*active, *broken], here.values, None
            continue
        there = mean_point(p, draws, ahead.values, rows, begin.point)
        if m.merit(there.outcomes, ahead.prices) < m.merit(here.outcomes, ahead.prices) - TOLERANCE * m.size:
            trust = 0.5 * float(np.max(np.abs(ahead.values - here.values) / p.upper))
            continue
        here = there
    raise NotSolvedError(f"No plan was best on average: first-order residual {best:.1e} after {STEPS} steps.")


def mean_point(p: Problem, draws: Sequence[Problem], values: np.ndarray, rows: set[str], near: Point) -> Point:
    """Rows and slopes of a mix on average over draws, as a point of the problem at central values.

    Args:
        rows: whose slopes are wanted; near: an equilibrium nearby.

    Raises:
        NotSolvedError: an equilibrium was not reached in a draw.
    """

    def one(k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x = look(draws[k], values, near.solution.state, rows)
        _, _, rise, dear = (np.asarray(a) for a in curves(p.levers, draws[k].effects, jnp.asarray(values)))
        return x.outcomes, x.response_slope * rise, x.payment_slope * dear

    found, response, payment = (
        np.mean(part, axis=0) for part in zip(*in_threads(one, len(draws), "", None), strict=True)
    )
    _, _, rise, dear = (np.asarray(a) for a in curves(p.levers, p.effects, jnp.asarray(values)))
    return replace(
        near, values=np.asarray(values, float), outcomes=found, slopes=response + payment + p.straight,
        response_slope=response / rise, payment_slope=payment / dear,
    )  # fmt: skip
