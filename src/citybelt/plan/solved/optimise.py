r"""The best mix of levers: sequential convex programming on exact gradients.

A lever's own curvature is known in closed form: its response ``s_l(v)`` bends down, its cost ``c_l(v)`` bends up.
What is not known in closed form, the equilibrium, is close to linear in responses and payments. So each step
solves one equilibrium, takes the exact gradient of every row that matters to every response and payment, and maximises
the smallest of the goal's rows of

    O_r(v') = O_r(v) + sum_l S_rl (s_l(v') - s_l(v)) + C_rl (c_l(v') - c_l(v)) + V_rl (v'_l - v_l)           (S1)

under bounds, by Newton steps whose quadratic programs Clarabel solves. At a point that comes back unchanged the
multipliers are those of the true problem. Where the linear bounds leave no room, a step lessens the violations
instead; where none does, the bounds can't be met together, and that is what is said (``Infeasible``).

The KKT residual printed is that of the true problem: the projected gradient of the Lagrangian relative to the
largest gradient of the goal, and the worst complementarity; the worst violation is held to a limit of its own.
Sources: Svanberg (1987) for convex approximation of this kind; Fletcher and Leyffer (2002) for restoration;
Goulart and Chen (2024) for Clarabel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.engine.adjoint import differentiate
from citybelt.engine.solve import Solution, solve
from citybelt.errors import NotSolvedError
from citybelt.model.accounts import State
from citybelt.model.spatial import SPATIAL
from citybelt.plan.solved.problem import Bound, Problem, make, outcome
from citybelt.plan.solved.subproblem import Model, best_of, least_violation

KKT = 1e-6
#: Relative violation of a bound that is taken for none.
FEASIBLE = 1e-8
STEPS = 60
#: Part by which the linear bounds must foresee less violation, or there is no way to less.
LITTLE = 1e-4
#: Relative noise of the goal, from equilibria solved to 1e-10; smaller losses don't speak against a step.
NOISE = 1e-6


class Infeasible(NotSolvedError):
    """The bounds cannot be met together.

    Attributes:
        lacking: by row of a bound, how much is missing at the mix that violates least, in the row's unit.
        point: that mix.
    """

    def __init__(self, message: str, lacking: dict[str, float], point: Point):
        super().__init__(message)
        self.lacking = lacking
        self.point = point


@dataclass(frozen=True)
class Point:
    """A mix of levers with its equilibrium and exact first order.

    Attributes:
        values: [L] in the levers' units.
        outcomes: [M] in the order of ``Problem.names``; NaN for securities that were not asked for.
        slopes: [M, L] of every row to every lever's value; NaN for rows that were not asked for.
        response_slope, payment_slope: [M, L] of every row to a lever's response and to its payment.
        place: where each row stands; near: what helps to solve the securities nearby.
    """

    values: np.ndarray
    solution: Solution
    outcomes: np.ndarray
    slopes: np.ndarray
    response_slope: np.ndarray
    payment_slope: np.ndarray
    place: Mapping[str, int]
    near: Any = None

    def row(self, name: str) -> float:
        """The value of a row."""
        return float(self.outcomes[self.place[name]])

    def slope(self, name: str) -> np.ndarray:
        """[L] slopes of a row to the levers' values."""
        return self.slopes[self.place[name]]


@dataclass(frozen=True)
class Optimum:
    """An optimum: the point, its multipliers and how exactly the first-order conditions hold.

    Attributes:
        value: the goal.
        prices: by row of a bound: gain of the goal per unit by which the bound gives way, at least zero. Where a row
            is bounded on both sides, that of the side that binds.
        weights: by row of the goal, what it counts; they sum to one.
        kkt: first-order residual; violation: the worst of a bound, relative to its size.
    """

    point: Point
    value: float
    prices: dict[str, float]
    weights: dict[str, float]
    kkt: float
    violation: float
    steps: int

    @property
    def price_budget(self) -> float:
        """Gain of the goal per billion a year more budget."""
        return self.prices.get("cost", 0.0)


def equilibrium(p: Problem, values: np.ndarray, start: State | None = None) -> Solution:
    """The equilibrium of a mix of levers.

    Raises:
        NotSolvedError: naming the worst market and region.
    """
    e = p.economy
    sizes, paid, _, _ = curves(p.levers, p.effects, jnp.asarray(values))
    _, shock = _make(p.levers, sizes, paid, e.theory)
    return solve(SPATIAL, e.base, e.theory, shock, e.closure, start).require(e.place)


def look(
    p: Problem,
    values: np.ndarray,
    start: State | None = None,
    rows: Iterable[str] | None = None,
    near: Any = None,
) -> Point:
    """Solve at a mix of levers and differentiate its rows.

    Args:
        start: an equilibrium nearby; near: what an earlier look at the securities left.
        rows: names of the rows whose slopes are wanted, each at the work of one linear solve; all if None. Securities
            are solved only where one of their rows is wanted.

    Raises:
        NotSolvedError: an equilibrium was not reached.
    """
    values = np.asarray(values, float)
    wanted = set(p.names if rows is None else rows)
    sizes, paid, slope_size, slope_paid = curves(p.levers, p.effects, jnp.asarray(values))
    s = equilibrium(p, values, start)
    shape = (len(p.names), len(values))
    S, C, found = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape[0], np.nan)
    own = np.array([k for k, name in enumerate(p.solved) if name in wanted], int)
    units = np.eye(len(p.solved))[own]
    all_, grads = differentiate(outcome, make, s, (sizes, paid), p.levers, p.frame, units)
    found[: len(p.solved)] = np.asarray(all_) + p.handed @ np.asarray(sizes)
    S[own], C[own] = np.asarray(grads[0]) + p.handed[own], np.asarray(grads[1])
    if p.struck is not None and not wanted.isdisjoint(p.struck.names):
        at = slice(len(p.solved), len(p.solved) + len(p.struck.names))
        found[at], S[at], C[at], near = p.struck.look(p.levers, sizes, paid, s.shock, near)
    tail = len(p.solved) + (0 if p.struck is None else len(p.struck.names))
    found[tail:], S[tail:], C[tail:] = p.straight[tail:] @ values, 0.0, 0.0
    slopes = S * np.asarray(slope_size) + C * np.asarray(slope_paid) + p.straight
    return Point(values, s, found, slopes, S, C, p.place, near)


@jax.jit
def _make(levers, sizes, paid, theory):
    return make((sizes, paid), levers, theory)


@jax.jit
def curves(levers, effects, values):
    """Responses and payments of all levers and their slopes."""
    from citybelt.scenario.levers import costs, responses

    one = jnp.ones_like(values)
    sizes, slope_size = jax.jvp(lambda v: responses(levers, v, effects), (values,), (one,))
    paid, slope_paid = jax.jvp(lambda v: costs(levers, v, effects), (values,), (one,))
    return sizes, paid, slope_size, slope_paid


@jax.jit
def curvature(levers, effects, values):
    """Second derivatives of responses and payments."""
    first = lambda v: curves(levers, effects, v)[2:]  # noqa: E731
    return jax.jvp(first, (values,), (jnp.ones_like(values),))[1]


def maximise(
    p: Problem, tolerance: float = KKT, fixed: np.ndarray | None = None, begin: Point | None = None
) -> Optimum:
    """The mix of levers with the highest goal.

    Bounds join when they are violated: a plan that keeps them all without having been told has shadow prices of zero.

    Args:
        tolerance: KKT residual to reach.
        fixed: [L] true where a lever may not be used.
        begin: a point of this problem to start from; the least values by default.

    Raises:
        Infeasible: the bounds can't be met together.
        NotSolvedError: an equilibrium or the first-order conditions were not reached.
    """
    upper = np.where(fixed, p.least, p.upper) if fixed is not None else p.upper
    active = [b for b in p.bounds if b.row.startswith("cost") or p.place[b.row] >= len(p.solved)]
    at = np.clip(p.least if begin is None else begin.values, p.least, upper)
    start, near = (None, None) if begin is None else (begin.solution.state, begin.near)
    while True:
        here = look(p, at, start, _rows(p, active), near)
        found = _climb(p, upper, tolerance, here, active)
        x = found.point
        broken = [b for b in p.bounds if b not in active and not b.room(x.outcomes[p.place[b.row]]) >= -FEASIBLE]
        if not broken:
            return found
        active, at, start, near = [*active, *broken], x.values, x.solution.state, x.near


def _rows(p: Problem, active: list[Bound]) -> set[str]:
    return {p.names[k] for k, _ in p.wanted} | {b.row for b in active} | {"cost"}


def _climb(p: Problem, upper: np.ndarray, tolerance: float, here: Point, active: list[Bound]) -> Optimum:
    rows = _rows(p, active)
    trust = best = np.inf
    last = np.zeros(len(upper))
    for step in range(1, STEPS + 1):
        m = Model.of(p, here, active, upper)
        ahead = best_of(m, trust)
        if ahead is None:
            values, foreseen = least_violation(m, trust)
            before = m.violation(here.outcomes)
            if foreseen >= before * (1 - LITTLE):
                raise _cannot(p, active, here)
            there = look(p, values, here.solution.state, rows, here.near)
            if m.violation(there.outcomes) >= before:
                trust = 0.5 * float(np.max(np.abs(values - here.values) / p.upper))
            else:
                here = there
            continue
        kkt, over = m.kkt(ahead)
        best = min(best, max(kkt, over))
        if kkt <= tolerance and over <= max(FEASIBLE, 1e-2 * tolerance if tolerance > KKT else 0.0):
            prices: dict[str, float] = {b.row: 0.0 for b in p.bounds}
            for b, price in zip(active, ahead.prices, strict=True):
                prices[b.row] = max(prices[b.row], float(price))
            weights = {g: float(w) for g, w in zip(p.goal, ahead.weights, strict=True)}
            return Optimum(here, p.value(here.outcomes), prices, weights, kkt, over, step)
        there = look(p, ahead.values, here.solution.state, rows, here.near)
        gain = m.merit(there.outcomes, ahead.prices) - m.merit(here.outcomes, ahead.prices)
        moved = float(np.max(np.abs(ahead.values - here.values) / p.upper))
        if gain < -NOISE * max(abs(m.value), m.size):
            trust = 0.5 * moved
            if trust < 1e-9:
                break
            continue
        way = (ahead.values - here.values) / p.upper
        if way @ last < -0.25 * float(last @ last):
            trust = 0.5 * moved  # forth and back, as levers without curves of their own do
        elif moved >= 0.99 * trust:
            trust = max(trust, 2.0 * moved)
        here, last = there, way
    raise NotSolvedError(
        f"No plan met the first-order conditions: residual {best:.1e} after {STEPS} steps. "
        "Loosen a bound, or leave out levers whose effects nearly coincide."
    )


def _cannot(p: Problem, active: list[Bound], x: Point) -> Infeasible:
    lacking = {b.row: -b.room(x.outcomes[p.place[b.row]]) * b.size for b in active}
    lacking = {row: gap for row, gap in lacking.items() if gap > 0}
    words = "; ".join(f"{row} by {gap:.3g}" for row, gap in lacking.items())
    return Infeasible(f"The targets cannot be met together. At the best mix there is missing: {words}.", lacking, x)
