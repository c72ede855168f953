r"""How much better than the plan any other mix could be, and whether other starts find another plan.

Weak duality: with the plan's weights w of the goal's rows and prices of its bounds, no mix that keeps the bounds has
a higher goal than the greatest Lagrangian over the box,

    L(u) = sum_g w_g O_g(u) + sum_b price_b (O_b(u) - value_b),        goal(u) <= max L              (C1)

in the responses and payments ``u`` of levers. With the exact Hessian H of L at several points and any diagonal D that
is nowhere below it (``d'Hd <= d'Dd``),

    L(u) <= L(u*) + sum_l [ L_u du + D_l du^2 / 2 ]_l                                                 (C2)

which falls apart into one maximum a lever along its known curve. Where L is concave, D is zero and (C2) is the
linear model under the plan's prices. Otherwise D comes from sums of the rows of H, or of its convex part. Between
points nobody has looked, so (C2) is proven only where nothing may move; every point is a check of it too, and where
one is above, there is no bound. Sources: Geoffrion (1971) for weak duality; Adjiman, Dallwig, Floudas and Neumaier
(1998) for bounding curvature by a diagonal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.whole import ECONOMY, Ways

if TYPE_CHECKING:
    from citybelt.plan.solved.optimise import Optimum

Tell = Callable[[str, int, int], None]
#: Steps of the search for the best value of one lever: points a round, and rounds, each closer.
GRID, ROUNDS = 65, 6
#: Parts of the goal's size that equilibria solved to 1e-10 don't tell apart.
NOISE = 1e-6
#: Step of a difference of gradients, in parts of what a lever does at its upper bound.
STEP = 1e-3
SEED = 1998


@dataclass(frozen=True)
class Ceiling:
    """A bound of the goal over all mixes that keep the bounds.

    Attributes:
        value: the bound; None where there is none.
        beaten_by: how much better than the plan another mix could be at most; None without a bound.
        proven: whether it holds for certain; False where curvature was sampled.
        points: mixes at which curvature was taken, the plan included; concave: at how many of them the Lagrangian
            bends down every way.
        curvature: greatest eigenvalue seen, in the goal's unit, with each response and payment in parts of its range.
        reason: why there is no bound: '' , 'security' (a security with a price has no Hessian) or 'broken' (a mix was
            found above it).
    """

    value: float | None
    beaten_by: float | None
    proven: bool
    points: int
    concave: int
    curvature: float
    reason: str = ""

    @property
    def beaten(self) -> bool:
        """Whether the bound leaves room for a better mix that equilibria could tell from the plan."""
        return self.value is None or (self.beaten_by or 0.0) > NOISE * abs(self.value)

    @property
    def words_en(self) -> str:
        if self.reason == "security":
            return "A security has a price in this plan; how it bends is not known, so there is no bound."
        if self.value is None or self.beaten_by is None:
            return "Curvature differs too much between mixes; there is no bound."
        if self.proven:
            return "Nothing may move: the plan is the best for certain."
        bends = (
            f"The goal less what bounds cost bends down at all {self.points} mixes looked at"
            if self.concave == self.points
            else f"How the goal bends was measured at {self.points} mixes"
        )
        most = f"no mix beats the plan by more than {self.beaten_by:.3g}" if self.beaten else "no mix beats the plan"
        return f"{bends}; if it bends up no more elsewhere, {most}. This is measured, not proven."

    @property
    def words_zh(self) -> str:
        if self.reason == "security":
            return "本规划中有安全约束起作用，其曲率未知，因此没有上界。"
        if self.value is None or self.beaten_by is None:
            return "各组合之间曲率相差过大，没有上界。"
        if self.proven:
            return "没有可变的措施：本规划必为最优。"
        bends = (
            f"在所查看的全部 {self.points} 个组合处，目标（扣除约束代价）均向下弯曲"
            if self.concave == self.points
            else f"在 {self.points} 个组合处测得目标的曲率"
        )
        most = f"没有组合能比本规划高出 {self.beaten_by:.3g} 以上" if self.beaten else "没有组合优于本规划"
        return f"{bends}；若别处不比这些点更向上弯曲，则{most}。此为实测，并非证明。"


class Lagrangian(NamedTuple):
    """(C1): weight of every row [M], and a constant."""

    weight: np.ndarray
    constant: float

    def at(self, outcomes: np.ndarray) -> float:
        used = self.weight != 0
        return float(self.weight[used] @ outcomes[used]) + self.constant

    def slopes(self, slopes: np.ndarray) -> np.ndarray:
        """[L] of [M, L]."""
        used = self.weight != 0
        return self.weight[used] @ slopes[used]


def lagrangian(p: Any, best: Optimum) -> Lagrangian:
    """The Lagrangian at a plan's own weights and prices."""
    weight, constant = np.zeros(len(p.names)), 0.0
    shares = list(best.weights.values())
    for (k, sign), share in zip(p.wanted, shares, strict=True):
        weight[k] += sign * share
    for row, price in best.prices.items():
        if price <= 0:
            continue
        # A row that is bounded on both sides has the price of the side that is nearer.
        b = min((b for b in p.bounds if b.row == row), key=lambda b: abs(b.room(best.point.outcomes[p.place[row]])))
        weight[p.place[row]] += b.sign * price
        constant -= b.sign * price * b.value
    return Lagrangian(weight, constant)


def differences(p: Any, point: Any, weight: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """[2K, 2K] second derivatives of a combination of rows to the responses and payments of K levers.

    Differences of exact gradients, one equilibrium a response or payment: no program is compiled for them that a plan
    does not need anyway. ``hessian`` is the exact route.

    Args:
        weight: [M] of the rows of the equilibrium; others bend no more than their levers do.
        moving: [K] numbers of the levers.
    """
    import jax.numpy as jnp

    from citybelt.engine.adjoint import differentiate
    from citybelt.engine.solve import solve
    from citybelt.model.spatial import SPATIAL
    from citybelt.plan.solved.optimise import _make, curves
    from citybelt.plan.solved.problem import make, outcome

    e, unit = p.economy, weight[None, : len(p.solved)]
    at = np.stack([np.asarray(a) for a in curves(p.levers, p.effects, jnp.asarray(point.values))[:2]])
    full = np.stack([np.asarray(a) for a in curves(p.levers, p.effects, jnp.asarray(p.upper))[:2]])

    def gradient(u: np.ndarray) -> np.ndarray:
        sizes, paid = (jnp.asarray(part) for part in u)
        _, z = _make(p.levers, sizes, paid, e.theory)
        s = solve(SPATIAL, e.base, e.theory, z, e.closure, point.solution.state).require(e.place)
        _, grads = differentiate(outcome, make, s, (sizes, paid), p.levers, p.frame, unit)
        return np.hstack([np.asarray(g)[0][moving] for g in grads])

    here, rows = gradient(at), []
    for kind in range(2):
        for l in moving:
            step = np.zeros_like(at)
            step[kind, l] = STEP * full[kind, l]
            rows.append((gradient(at + step) - here) / step[kind, l])
    return np.stack(rows)


def hessian(p: Any, point: Any, weight: np.ndarray, moving: np.ndarray) -> np.ndarray:
    """As ``differences``, by exact products of the Hessian; the first call compiles for a while."""
    import jax.numpy as jnp

    from citybelt.engine.adjoint import hessian_products
    from citybelt.plan.solved.optimise import curves
    from citybelt.plan.solved.problem import make, outcome

    sizes, paid, _, _ = curves(p.levers, p.effects, jnp.asarray(point.values))
    one = np.eye(len(p.levers))[moving]
    none = np.zeros_like(one)
    ways = jnp.asarray(np.vstack([one, none])), jnp.asarray(np.vstack([none, one]))
    unit = weight[: len(p.solved)]
    *_, (by_size, by_paid) = hessian_products(
        outcome, make, point.solution, (sizes, paid), ways, p.levers, p.frame, unit
    )
    return np.hstack([np.asarray(by_size)[:, moving], np.asarray(by_paid)[:, moving]])


def bound(
    p: Any,
    best: Optimum,
    fixed: np.ndarray | None = None,
    tell: Tell | None = None,
    points: int = 2,
    others: tuple[Optimum, ...] | list[Optimum] = (),
    ways: Ways = ECONOMY,
    bends: Callable[..., np.ndarray] = differences,
) -> Ceiling:
    """(C2) A bound of what any other mix could bring.

    Args:
        p, best, fixed: the problem, its plan, and [L] true where a lever may not be used.
        tell: told how many mixes have been looked at.
        points: mixes drawn within the budget, besides the plan, at which curvature is taken.
        others: plans from other starts, looked at too.
        ways, bends: how to look, and how to take second derivatives; in the economy by default.

    Raises:
        NotSolvedError: an equilibrium or a linear system was not solved.
    """
    tell = tell or (lambda stage, done, total: None)
    low, high = p.least, p.upper if fixed is None else np.where(fixed, p.least, p.upper)
    moving = np.flatnonzero(high > low)
    if not len(moving):
        return Ceiling(best.value, 0.0, True, 1, 1, 0.0)
    f = lagrangian(p, best)
    struck = getattr(p, "struck", None)
    if struck is not None and any(f.weight[p.place[name]] for name in struck.names):
        return Ceiling(None, None, False, 0, 0, float("nan"), "security")
    rows = {p.names[k] for k in np.flatnonzero(f.weight)}
    here = ways.look(p, best.point.values, best.point, rows)
    spans = np.maximum(np.abs(_u(ways, p, high) - _u(ways, p, low)), 1e-300)[:, moving].ravel()  # [2K]

    mixes = [here.values, *(o.point.values for o in others), *draw(p, low, high, ways, points)]
    bent, levels, worst, concave = [], [], -np.inf, 0
    size = max(float(np.abs(f.slopes(here.slopes) * p.upper).max()), abs(best.value), 1e-300)
    for k, values in enumerate(mixes):
        tell("bound", k, len(mixes))
        x = here if k == 0 else ways.look(p, values, here, rows)
        h = bends(p, x, f.weight, moving)
        h = (h + h.T) / 2.0 * spans[:, None] * spans
        top = float(np.linalg.eigvalsh(h)[-1])
        worst, concave = max(worst, top), concave + (top <= NOISE * size)
        bent.append(h)
        levels.append(f.at(x.outcomes))
    tell("bound", len(mixes), len(mixes))

    tops = []
    for diagonal in _diagonals(bent, NOISE * size):
        model = _Model(p, ways, f, here, moving, diagonal / spans**2)
        if all(level <= model.at(v) + NOISE * size for v, level in zip(mixes, levels, strict=True)):
            tops.append(model.top(low, high))
    if not tops:
        return Ceiling(None, None, False, len(mixes), concave, worst, "broken")
    # What the prices don't settle exactly counts for the bound: it is the Lagrangian's, not the goal's.
    value = max(min(tops), best.value)
    return Ceiling(value, value - best.value, False, len(mixes), concave, worst)


def _u(ways: Ways, p: Any, values: np.ndarray) -> np.ndarray:
    """[2, L] responses and payments."""
    return np.stack([np.asarray(part) for part in ways.curves(p, values)])


def _diagonals(bent: list[np.ndarray], noise: float) -> list[np.ndarray]:
    """Diagonals that are nowhere below the Hessians, two ways; zero where all bend down."""
    if all(np.linalg.eigvalsh(h)[-1] <= noise for h in bent):
        return [np.zeros(len(bent[0]))]
    rows, convex = [], []
    for h in bent:
        off = np.abs(h).sum(axis=1) - np.abs(np.diag(h))
        rows.append(np.maximum(np.diag(h) + off, 0.0))
        values, vectors = np.linalg.eigh(h)
        convex.append(np.abs((vectors * np.maximum(values, 0.0)) @ vectors.T).sum(axis=1))
    return [np.max(rows, axis=0), np.max(convex, axis=0)]


class _Model(NamedTuple):
    """(C2) around a point."""

    p: Any
    ways: Ways
    f: Lagrangian
    x: Any
    moving: np.ndarray
    diagonal: np.ndarray  # [2K]

    def parts(self, values: np.ndarray) -> np.ndarray:
        """[L] what each lever adds at a mix."""
        p, x = self.p, self.x
        du = _u(self.ways, p, values) - _u(self.ways, p, x.values)
        slope = np.stack([self.f.slopes(x.response_slope), self.f.slopes(x.payment_slope)])
        found = (slope * du).sum(axis=0) + self.f.slopes(p.straight) * (values - x.values)
        found[self.moving] += (self.diagonal.reshape(2, -1) * du[:, self.moving] ** 2).sum(axis=0) / 2.0
        return found

    def at(self, values: np.ndarray) -> float:
        return self.f.at(self.x.outcomes) + float(self.parts(values)[self.moving].sum())

    def top(self, low: np.ndarray, high: np.ndarray) -> float:
        """The maximum over the box: each lever by itself, on grids that close in."""
        lower, upper = low.astype(float), high.astype(float)
        best = np.full(len(low), -np.inf)
        for _ in range(ROUNDS):
            grid = lower + (upper - lower) * np.linspace(0.0, 1.0, GRID)[:, None]
            found = np.stack([self.parts(v) for v in grid])
            at = found.argmax(axis=0)
            best = np.maximum(best, found.max(axis=0))
            step = (upper - lower) / (GRID - 1)
            middle = np.take_along_axis(grid, at[None], axis=0)[0]
            lower, upper = np.maximum(low, middle - step), np.minimum(high, middle + step)
        return self.f.at(self.x.outcomes) + float(best[self.moving].sum())


def draw(p: Any, low: np.ndarray, high: np.ndarray, ways: Ways, count: int, seed: int = SEED) -> list[np.ndarray]:
    """Random mixes [L] within the budget: in turn a little of everything, and a few levers in full."""
    rng = np.random.default_rng(seed)
    budget = min((b.value for b in p.bounds if (b.row, b.sense) == ("cost", "most")), default=np.inf)
    found = []
    for k in range(count):
        part = rng.random(len(low))
        if k % 2:
            part = (part < 0.3).astype(float)
        lower, upper = 0.0, 1.0
        for _ in range(30):
            if ways.curves(p, low + (high - low) * part * upper)[1].sum() <= budget:
                break
            middle = (lower + upper) / 2.0
            inside = ways.curves(p, low + (high - low) * part * middle)[1].sum() <= budget
            lower, upper = (middle, upper) if inside else (lower, middle)
        else:
            upper = lower
        found.append(low + (high - low) * part * upper)
    return found


def several(
    p: Any,
    fixed: np.ndarray | None = None,
    count: int = 5,
    tell: Tell | None = None,
    ways: Ways = ECONOMY,
) -> list[Optimum]:
    """Plans of one problem from random starts, best first; starts from which none was found are left out.

    Args:
        p, fixed: the problem, and [L] true where a lever may not be used.
        count: starts.
        tell: told how many are done.

    Raises:
        NotSolvedError: no start led to a plan.
    """
    tell = tell or (lambda stage, done, total: None)
    still = np.zeros(len(p.upper), bool) if fixed is None else fixed
    low, high = p.least, np.where(still, p.least, p.upper)
    near = ways.look(p, low, None, {p.names[k] for k, _ in p.wanted})
    found: list[Optimum] = []
    last: NotSolvedError | None = None
    for k, values in enumerate(draw(p, low, high, ways, count, seed=SEED + 1)):
        tell("starts", k, count)
        try:
            found.append(ways.maximise(p, still, near, values))
        except NotSolvedError as error:
            last = error
    tell("starts", count, count)
    if not found and last is not None:
        raise last
    return sorted(found, key=lambda o: -o.value)


def distinct(p: Any, optima: list[Optimum], apart: float = 0.01) -> list[Optimum]:
    """Plans that differ from each other by more than a part of some lever's upper bound, in the order given."""
    kept: list[Optimum] = []
    for o in optima:
        if all(np.max(np.abs(o.point.values - k.point.values) / p.upper) > apart for k in kept):
            kept.append(o)
    return kept
