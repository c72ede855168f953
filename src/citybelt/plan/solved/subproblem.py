"""One step of the plan's optimiser: the convex model of a point, its best mix, and how far the point is from optimal.

The model is (S1) of ``optimise``. Levers are measured in parts of their upper bounds, bounds in parts of their sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from citybelt.errors import NotSolvedError

if TYPE_CHECKING:
    from citybelt.plan.solved.optimise import Point
    from citybelt.plan.solved.problem import Bound, Problem

#: Newton steps of the convex model, each a quadratic program.
NEWTON = 30


class Ahead(NamedTuple):
    """The best mix of a model: values [L], prices of bounds and weights of the goal's rows."""

    values: np.ndarray
    prices: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Model:
    """The convex model of a problem at a point.

    Attributes:
        goal, goal_sign: [G] rows of the goal and their signs; rows, sign, size, limit: [B] of the active bounds.
    """

    p: Problem
    x: Point
    upper: np.ndarray
    goal: np.ndarray
    goal_sign: np.ndarray
    rows: np.ndarray
    sign: np.ndarray
    limit: np.ndarray
    row_size: np.ndarray

    @classmethod
    def of(cls, p: Problem, x: Point, active: list[Bound], upper: np.ndarray) -> Model:
        goal, goal_sign = (np.array(part) for part in zip(*p.wanted, strict=True))
        return cls(
            p, x, upper, goal.astype(int), goal_sign.astype(float),
            np.array([p.place[b.row] for b in active], int),
            np.array([b.sign for b in active], float),
            np.array([b.value for b in active], float),
            np.array([b.size for b in active], float),
        )  # fmt: skip

    @property
    def scale(self) -> np.ndarray:
        """[L] the unit in which a lever is measured."""
        return self.p.upper

    @property
    def value(self) -> float:
        """The goal at the point."""
        return self.p.value(self.x.outcomes)

    @property
    def size(self) -> float:
        """The largest gradient of a row of the goal."""
        slopes = self.x.slopes[self.goal] * self.scale
        return max(float(np.abs(slopes).max()), 1e-300)

    def room(self, found: np.ndarray) -> np.ndarray:
        """[B] how far each bound is kept, in parts of its size."""
        return self.sign * (found[self.rows] - self.limit) / self.row_size

    def violation(self, found: np.ndarray) -> float:
        """Sum of violations in parts of sizes."""
        return float(np.maximum(-self.room(found), 0.0).sum())

    def merit(self, found: np.ndarray, prices: np.ndarray) -> float:
        """Goal less violations at twice their prices (an exact penalty)."""
        over = np.maximum(-self.room(found), 0.0) * self.row_size
        return self.p.value(found) - 2.0 * float(prices @ over)

    def kkt(self, ahead: Ahead) -> tuple[float, float]:
        """How far the point is from the first-order conditions of the true problem, and its worst violation."""
        slopes, size = self.x.slopes * self.scale, self.size
        gradient = (ahead.weights * self.goal_sign) @ slopes[self.goal]
        gradient = gradient + (ahead.prices * self.sign) @ slopes[self.rows]
        low, high, at = self.p.least / self.scale, self.upper / self.scale, self.x.values / self.scale
        stationary = np.abs(np.clip(at + gradient / size, low, high) - at).max()
        room = self.room(self.x.outcomes)
        worth = np.abs(ahead.prices * self.row_size * room).max(initial=0.0)
        above = self.goal_sign * self.x.outcomes[self.goal] - self.value
        worth = max(worth, float(np.abs(ahead.weights * above).max()))
        complementary = worth / max(abs(self.value), size)
        return float(max(stationary, complementary)), float(max(0.0, -room.min(initial=0.0)))

    def box(self, trust: float) -> tuple[np.ndarray, np.ndarray]:
        low = np.maximum(self.p.least, self.x.values - trust * self.scale)
        return low, np.minimum(self.upper, self.x.values + trust * self.scale)

    def near(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(S1) at a mix: all rows, their slopes and bends by part of a lever's bound, for goal and bounds."""
        from citybelt.plan.solved.optimise import curvature, curves

        p, x = self.p, self.x
        use = np.concatenate([self.goal, self.rows])
        s0, c0, *_ = (np.asarray(a) for a in curves(p.levers, p.effects, jnp.asarray(x.values)))
        s, c, ds, dc = (np.asarray(a) for a in curves(p.levers, p.effects, jnp.asarray(v)))
        d2s, d2c = (np.asarray(a) for a in curvature(p.levers, p.effects, jnp.asarray(v)))
        S, C, V = x.response_slope[use], x.payment_slope[use], p.straight[use]
        found = x.outcomes[use] + S @ (s - s0) + C @ (c - c0) + V @ (v - x.values)
        slopes = (S * ds + C * dc + V) * self.scale
        bends = (S * d2s + C * d2c) * self.scale**2
        return found, slopes, bends, use


def best_of(m: Model, trust: float) -> Ahead | None:
    """The mix that maximises the model within a trust region; None where its bounds leave no room."""
    g = len(m.goal)
    v = m.x.values.copy()
    low, high = m.box(trust)
    v = np.clip(v, low, high)
    prices, weights = np.zeros(len(m.rows)), np.full(g, 1.0 / g)
    for _ in range(NEWTON):
        found, slopes, bends, _ = m.near(v)
        signs = np.concatenate([m.goal_sign * weights, m.sign * prices])
        curve = signs @ bends
        size = max(float(np.abs(slopes[:g]).max()), 1e-300)
        hess = np.maximum(-curve, 1e-6 * size)
        ends = m.goal_sign * found[:g]
        room = m.sign * (found[g:] - m.limit)
        step = _quadratic(
            m.goal_sign[:, None] * slopes[:g], ends, hess, m.sign[:, None] * slopes[g:], room,
            (low - v) / m.scale, (high - v) / m.scale, size,
        )  # fmt: skip
        if step is None:
            return None
        move, weights, prices = step
        v = np.clip(v + m.scale * move, low, high)
        if np.abs(move).max() < 1e-11:
            break
    return Ahead(v, prices, weights)


def least_violation(m: Model, trust: float) -> tuple[np.ndarray, float]:
    """The mix within a trust region that violates the model's bounds least, in parts of their sizes.

    Returns:
        values [L], and the violation that the model foresees there.
    """
    g = len(m.goal)
    low, high = m.box(trust)
    v, worth, foreseen = np.clip(m.x.values, low, high), np.ones(len(m.rows)), np.inf
    for _ in range(NEWTON):
        found, slopes, bends, _ = m.near(v)
        rise = m.sign[:, None] * slopes[g:] / m.row_size[:, None]
        room = m.sign * (found[g:] - m.limit) / m.row_size
        size = max(float(np.abs(rise).max()), 1e-300)
        hess = np.maximum(-(worth * m.sign / m.row_size) @ bends[g:], 1e-6 * size)
        move, worth, foreseen = _elastic(rise, room, hess, (low - v) / m.scale, (high - v) / m.scale, size)
        v = np.clip(v + m.scale * move, low, high)
        if np.abs(move).max() < 1e-9:
            break
    return v, foreseen


def _elastic(rise, room, hess, low, high, size) -> tuple[np.ndarray, np.ndarray, float]:
    """min sum e + d'hess d/2 with rise d + room + e >= 0, e >= 0, low <= d <= high: d, multipliers, sum of e."""
    k, n = rise.shape
    ones, none = np.eye(k), np.zeros((n, k))
    A = np.vstack(
        [
            np.column_stack([-rise / size, -ones]),
            np.column_stack([np.zeros((k, n)), -ones]),
            np.column_stack([np.eye(n), none]),
            np.column_stack([-np.eye(n), none]),
        ]
    )
    b = np.concatenate([room / size, np.zeros(k), high, -low])
    x, z, status = _solve(np.concatenate([hess / size, np.zeros(k)]), np.concatenate([np.zeros(n), np.ones(k)]), A, b)
    if x is None:
        raise NotSolvedError(f"The bounds could not be looked at: {status}.")
    return x[:n], z[:k], float(x[n:].sum() * size)


def _quadratic(goal, ends, hess, rise, room, low, high, size) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """max t - d'hess d/2 with t <= ends + goal d, rise d + room >= 0, low <= d <= high.

    Returns:
        d, the multipliers of the rows of the goal (they sum to one) and of the bounds; None where there is no d.
    """
    (g, n), k = goal.shape, len(rise)
    base = ends.min()
    # Rows are brought to unit size; Clarabel's tolerances are absolute in part.
    norms = np.maximum(np.abs(rise).max(axis=1, initial=0.0), 1e-300)
    one = np.column_stack([np.ones((g, 1)), -goal / size])
    rows = np.column_stack([np.zeros((k, 1)), -rise / norms[:, None]])
    box = np.column_stack([np.zeros((n, 1)), np.eye(n)])
    A = np.vstack([one, rows, box, -box])
    b = np.concatenate([(ends - base) / size, room / norms, high, -low])
    x, z, _ = _solve(np.concatenate([[0.0], hess / size]), np.concatenate([[-1.0], np.zeros(n)]), A, b)
    return None if x is None else (x[1:], z[:g], z[g : g + k] * size / norms)


def _solve(quad: np.ndarray, aim: np.ndarray, A: np.ndarray, b: np.ndarray) -> tuple[Any, np.ndarray, str]:
    """min x'quad x/2 + aim'x with A x <= b: x (None where there is none), multipliers and Clarabel's word."""
    import clarabel
    from scipy import sparse

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-13
    settings.tol_ktratio = 1e-12
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix(np.diag(quad)), aim, sparse.csc_matrix(A), b, [clarabel.NonnegativeConeT(len(b))], settings
    )
    found = solver.solve()
    none = "Infeasible" in str(found.status)
    return None if none else np.asarray(found.x), np.asarray(found.z), str(found.status)
