r"""The best mix of levers: sequential convex programming on exact gradients.

A lever's own curvature is known in closed form: its response ``s_l(v)`` bends down, its cost ``c_l(v)`` bends up.
What is not known in closed form, the equilibrium, is close to linear in responses and payments. So each step
solves one equilibrium, takes the exact gradient of every outcome to every response and payment, and maximises

    O_k(v') = O_k(v) + sum_l S_kl (s_l(v') - s_l(v)) + C_kl (c_l(v') - c_l(v))

under budget, floors and bounds, by Newton steps whose quadratic programs Clarabel solves. At a point that comes
back unchanged the multipliers are those of the true problem. The KKT residual printed is that of the true problem:
the projected gradient of the Lagrangian relative to the largest gradient of the objective, the worst violation
relative to its bound, and the worst complementarity. Sources: Svanberg (1987) for convex approximation of this
kind; Goulart and Chen (2024) for Clarabel.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.engine.adjoint import differentiate
from citybelt.engine.solve import Solution, solve
from citybelt.errors import NotSolvedError
from citybelt.model.accounts import State
from citybelt.model.spatial import SPATIAL
from citybelt.plan.problem import COST, Problem, make, outcome

KKT = 1e-6
STEPS = 40
#: Relative noise of the objective, from equilibria solved to 1e-10; smaller losses don't speak against a step.
NOISE = 1e-6


@dataclass(frozen=True)
class Point:
    """A mix of levers with its equilibrium and exact first order.

    Attributes:
        values: [L] in the levers' units.
        outcomes: [M] in the order of ``Problem.names``.
        slopes: [M, L] of every outcome to every lever's value, cost included.
        response_slope, payment_slope: [M, L] of every outcome to a lever's response and to its payment.
    """

    values: np.ndarray
    solution: Solution
    outcomes: np.ndarray
    slopes: np.ndarray
    response_slope: np.ndarray
    payment_slope: np.ndarray


@dataclass(frozen=True)
class Optimum:
    """An optimum: the point, its multipliers and how exactly the first-order conditions hold.

    Attributes:
        price_budget: gain of the objective, billions a year, per billion a year more budget.
        price_floor: [2, P] gain per unit of log by which a floor is lowered.
    """

    point: Point
    price_budget: float
    price_floor: np.ndarray
    kkt: float
    steps: int


def equilibrium(p: Problem, values: np.ndarray, start: State | None = None) -> Solution:
    """The equilibrium of a mix of levers.

    Raises:
        NotSolvedError: naming the worst market and region.
    """
    e = p.economy
    sizes, paid, _, _ = curves(p.levers, p.effects, jnp.asarray(values))
    _, shock = _make(p.levers, sizes, paid, e.theory)
    return solve(SPATIAL, e.base, e.theory, shock, e.closure, start).require(e.place)


def look(p: Problem, values: np.ndarray, start: State | None = None, floors: bool = True) -> Point:
    """Solve at a mix of levers and differentiate its outcomes.

    Args:
        start: an equilibrium nearby.
        floors: whether slopes of all outcomes are wanted, or only of the objective and the cost, at a fifth of the
            work; the others are then NaN.

    Raises:
        NotSolvedError: the equilibrium was not reached.
    """
    _, _, slope_size, slope_paid = curves(p.levers, p.effects, jnp.asarray(values))
    s = equilibrium(p, values, start)
    rows = np.arange(len(p.names)) if floors else np.array([p.names.index(p.objective), COST])
    sizes, paid, _, _ = curves(p.levers, p.effects, jnp.asarray(values))
    units = np.eye(len(p.names))[rows]
    found, grads = differentiate(outcome, make, s, (sizes, paid), p.levers, p.weights, units)
    S, C = (np.full((len(p.names), len(values)), np.nan) for _ in range(2))
    S[rows], C[rows] = np.asarray(grads[0]), np.asarray(grads[1])
    slopes = S * np.asarray(slope_size) + C * np.asarray(slope_paid)
    return Point(np.asarray(values, float), s, np.asarray(found), slopes, S, C)


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
def _curvature(levers, effects, values):
    """Second derivatives of responses and payments."""
    first = lambda v: curves(levers, effects, v)[2:]  # noqa: E731
    return jax.jvp(first, (values,), (jnp.ones_like(values),))[1]


def maximise(
    p: Problem, tolerance: float = KKT, fixed: np.ndarray | None = None, begin: Point | None = None
) -> Optimum:
    """The mix of levers with the highest objective.

    The plan is first made without floors; where it keeps them all it is the plan with floors too, at shadow prices
    of zero. Otherwise it is made again with them.

    Args:
        tolerance: KKT residual to reach.
        fixed: [L] true where a lever may not be used.
        begin: a point of this problem to start from, with the slopes of its objective; nothing done by default.

    Raises:
        NotSolvedError: the floors cannot be met, or the conditions were not reached.
    """
    upper = np.where(fixed, 0.0, p.upper) if fixed is not None else p.upper
    here = begin or look(p, np.zeros(len(p.levers)), floors=False)
    found = _climb(p, upper, tolerance, here, floors=False)
    if (found.point.outcomes[COST + 1 :] >= np.log(p.floor).ravel()).all():
        return found
    return _climb(p, upper, tolerance, look(p, here.values, here.solution.state), floors=True)


def _climb(p: Problem, upper: np.ndarray, tolerance: float, here: Point, floors: bool) -> Optimum:
    goal, scale = p.names.index(p.objective), p.upper
    bounds = np.log(p.floor).ravel() if floors else np.zeros(0)
    trust = best = np.inf
    for step in range(1, STEPS + 1):
        values, multipliers = _subproblem(p, here, goal, upper, scale, bounds, trust)
        kkt = _kkt(p, here, goal, upper, scale, bounds, multipliers)
        best = min(best, kkt)
        if kkt <= tolerance:
            price = multipliers[1:].reshape(p.floor.shape) if floors else np.zeros(p.floor.shape)
            return Optimum(here, float(multipliers[0]), price, kkt, step)
        there = look(p, values, here.solution.state, floors)
        gain = _merit(p, there, goal, bounds, multipliers) - _merit(p, here, goal, bounds, multipliers)
        if gain < -NOISE * abs(here.outcomes[goal]):
            trust = 0.5 * np.max(np.abs(values - here.values) / scale)
            if trust < 1e-9:
                break
            continue
        here = there
    raise NotSolvedError(
        f"No plan met the first-order conditions: KKT residual {best:.1e} after {STEPS} steps. "
        "Loosen a floor, or leave out levers whose effects nearly coincide."
    )


def _constrained(bounds: np.ndarray) -> slice:
    """The outcomes that have floors."""
    return slice(COST + 1, COST + 1 + bounds.size)


def _merit(p: Problem, x: Point, goal: int, bounds: np.ndarray, multipliers: np.ndarray) -> float:
    """Objective less violations at twice their prices (an exact penalty)."""
    over = max(x.outcomes[COST] - p.budget, 0.0)
    violated = np.concatenate([[over], np.maximum(bounds - x.outcomes[_constrained(bounds)], 0.0)])
    return float(x.outcomes[goal] - 2.0 * multipliers @ violated)


def _subproblem(
    p: Problem, x: Point, goal: int, upper: np.ndarray, scale: np.ndarray, bounds: np.ndarray, trust: float
) -> tuple[np.ndarray, np.ndarray]:
    """Maximise the convex model by Newton steps; returns values and multipliers (budget, floors)."""
    sizes0, paid0, *_ = (np.asarray(a) for a in curves(p.levers, p.effects, jnp.asarray(x.values)))
    v = x.values.copy()
    floors = _constrained(bounds)
    multipliers = np.zeros(1 + bounds.size)
    low = np.maximum(0.0, x.values - trust * scale)
    high = np.minimum(upper, x.values + trust * scale)
    for _ in range(30):
        sizes, paid, ds, dc = (np.asarray(a) for a in curves(p.levers, p.effects, jnp.asarray(v)))
        d2s, d2c = (np.asarray(a) for a in _curvature(p.levers, p.effects, jnp.asarray(v)))
        model = x.outcomes + x.response_slope @ (sizes - sizes0) + x.payment_slope @ (paid - paid0)
        slopes = (x.response_slope * ds + x.payment_slope * dc) * scale
        bends = (x.response_slope * d2s + x.payment_slope * d2c) * scale**2
        curve = bends[goal] - multipliers[0] * bends[COST] + multipliers[1:] @ bends[floors]
        size = max(np.abs(slopes[goal]).max(), 1e-300)
        hess = np.maximum(-curve, 1e-6 * size)
        move, multipliers = _quadratic(
            slopes[goal], hess, slopes[COST], p.budget - model[COST], slopes[floors], model[floors] - bounds,
            (low - v) / scale, (high - v) / scale, size,
        )  # fmt: skip
        v = np.clip(v + scale * move, low, high)
        if np.abs(move).max() < 1e-11:
            break
    return v, multipliers


def _quadratic(gain, hess, cost, room, rise, slack, low, high, size) -> tuple[np.ndarray, np.ndarray]:
    """max gain'd - d'hess d/2 with cost'd <= room, rise d + slack >= 0, low <= d <= high; d and multipliers."""
    import clarabel
    from scipy import sparse

    n = gain.size
    # Rows are brought to unit size; Clarabel's tolerances are absolute in part.
    rows = np.vstack([cost, -rise])
    limits = np.concatenate([[room], slack])
    norms = np.maximum(np.abs(rows).max(axis=1), 1e-300)
    A = np.vstack([rows / norms[:, None], np.eye(n), -np.eye(n)])
    b = np.concatenate([limits / norms, high, -low])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-13
    settings.tol_ktratio = 1e-12
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix(np.diag(hess / size)), -gain / size, sparse.csc_matrix(A), b,
        [clarabel.NonnegativeConeT(len(b))], settings,
    )  # fmt: skip
    found = solver.solve()
    if "Infeasible" in str(found.status):
        raise NotSolvedError(
            "The floors cannot be met within the budget: " + "; ".join(
                f"row {k} lacks {-v:.2e}" for k, v in enumerate(limits) if v < 0
            ) + ". Lower a floor or raise the budget."
        )  # fmt: skip
    z = np.asarray(found.z)[: len(limits)] * size / norms
    return np.asarray(found.x), z


def _kkt(p: Problem, x: Point, goal: int, upper, scale, bounds, multipliers) -> float:
    """How far a point is from the first-order conditions of the true problem."""
    slopes, floors = x.slopes * scale, _constrained(bounds)
    gradient = slopes[goal] - multipliers[0] * slopes[COST] + multipliers[1:] @ slopes[floors]
    size = max(np.abs(slopes[goal]).max(), 1e-300)
    at = x.values / scale
    stationary = np.abs(np.clip(at + gradient / size, 0.0, upper / scale) - at).max()
    room = np.concatenate([[(p.budget - x.outcomes[COST]) / p.budget], x.outcomes[floors] - bounds])
    feasible = max(0.0, -room.min())
    worth = np.concatenate([[multipliers[0] * p.budget], multipliers[1:]])
    complementary = np.abs(worth * room).max() / max(abs(x.outcomes[goal]), size)
    return float(max(stationary, feasible, complementary))
