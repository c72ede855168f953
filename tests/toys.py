"""Planning problems in closed form, which stand in for an economy where plans must be many and cheap."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linprog, minimize

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.optimise import Infeasible, Optimum, Point
from citybelt.plan.solved.problem import Bound
from citybelt.plan.solved.whole import Ways

ROWS = ("gain", "cost", "other")


@jax.jit
def rows_of(s, c, toy):
    """Gain, cost and another row of responses and payments."""
    g, pairs, joint, weight, other = toy
    gain = g @ s + s @ pairs @ s / 2.0 + joint * jnp.log1p(weight @ s) - c.sum()
    return jnp.stack([gain, c.sum(), other @ s])


slopes_of = jax.jit(jax.jacrev(rows_of, argnums=(0, 1)))


@dataclass(frozen=True)
class Toy:
    """Gain of levers that bend, help or hinder each other in pairs, and share a joint return that falls.

    Attributes:
        parts: [5, L] upper bound, effect, its power, unit cost, its power.
        world: arguments of ``rows_of``.
    """

    parts: np.ndarray
    world: tuple
    bounds: tuple[Bound, ...]
    closed: dict = field(default_factory=dict)
    lower: np.ndarray | None = None
    broken: frozenset = frozenset()  # sets of levers at their bounds that cannot be planned

    goal = ("gain",)

    @cached_property
    def upper(self):
        return self.parts[0]

    @cached_property
    def least(self):
        return np.zeros(len(self.upper)) if self.lower is None else self.lower

    @cached_property
    def names(self):
        return (*ROWS, *self.closed)

    @cached_property
    def place(self):
        return {name: k for k, name in enumerate(self.names)}

    @cached_property
    def wanted(self):
        return ((0, 1.0),)

    def value(self, found):
        return float(found[0])

    @cached_property
    def straight(self):
        return np.vstack([np.zeros((len(ROWS), len(self.upper))), *(row[None] for row in self.closed.values())])

    @cached_property
    def levers(self):
        return tuple(SimpleNamespace(id=f"p{k}") for k in range(len(self.upper)))


def curves(p, v):
    _, effect, bow, price, rise = p.parts
    return effect * ((1 + v) ** bow - 1) / bow, price * ((1 + v) ** rise - 1) / rise


def steep(p, v):
    _, effect, bow, price, rise = p.parts
    return effect * (1 + v) ** (bow - 1), price * (1 + v) ** (rise - 1)


def bends(p, point, weight, moving):
    """[2K, 2K] second derivatives to responses and payments."""
    s, c = curves(p, point.values)
    n = len(s)
    full = jax.hessian(lambda u: jnp.asarray(weight[: len(ROWS)]) @ rows_of(u[:n], u[n:], p.world))(
        jnp.concatenate([s, c])
    )
    at = np.concatenate([moving, n + moving])
    return np.asarray(full)[np.ix_(at, at)]


def look(p, values, near=None, rows=None):
    s, c = curves(p, values)
    S, C = (np.asarray(a) for a in slopes_of(s, c, p.world))
    tail = np.zeros((len(p.closed), len(values)))
    S, C = np.vstack([S, tail]), np.vstack([C, tail])
    found = np.concatenate([np.asarray(rows_of(s, c, p.world)), p.straight[len(ROWS) :] @ values])
    ds, dc = steep(p, values)
    return Point(np.asarray(values, float), None, found, S * ds + C * dc + p.straight, S, C, p.place)


def maximise(p, fixed, near=None, values=None):
    """The best mix: at once where nothing may move, else by sequential quadratic programs on exact gradients."""
    high = np.where(fixed, p.least, p.upper)
    if frozenset(np.flatnonzero(p.least == p.upper)) in p.broken:
        raise NotSolvedError("no equilibrium")
    move = high > p.least
    start = np.clip(p.least if values is None else values, p.least, high)

    def mix(u):
        v = start.copy()
        v[move] = p.least[move] + u * (high - p.least)[move]
        return v

    def room(x):
        return np.array([b.sign * (x.outcomes[p.place[b.row]] - b.value) for b in p.bounds])

    def rise(x):
        return np.stack([b.sign * x.slopes[p.place[b.row]] for b in p.bounds])[:, move] * (high - p.least)[move]

    u = np.zeros(move.sum())
    if move.any():
        found = minimize(
            lambda u: -look(p, mix(u)).outcomes[0],
            np.full(move.sum(), 0.2),
            jac=lambda u: -look(p, mix(u)).slopes[0][move] * (high - p.least)[move],
            bounds=[(0, 1)] * move.sum(),
            constraints={
                "type": "ineq",
                "fun": lambda u: room(look(p, mix(u))),
                "jac": lambda u: rise(look(p, mix(u))),
            },
            method="SLSQP",
            options={"ftol": 1e-13, "maxiter": 300},
        )
        u = np.clip(found.x, 0, 1)
    x = look(p, mix(u))
    if room(x).min(initial=0.0) < -1e-7:
        raise Infeasible("no room", {b.row: r for b, r in zip(p.bounds, -room(x), strict=True)}, x)
    return Optimum(x, float(x.outcomes[0]), {}, {"gain": 1.0}, 0.0, 0.0, 1)


def straight_best(p, fixed, near=None, values=None):
    """The best mix of a problem without curves, as a linear program."""
    x = look(p, p.least)
    low, high = p.least, np.where(fixed, p.least, p.upper)
    sign = np.array([b.sign for b in p.bounds])
    A = -sign[:, None] * np.stack([x.slopes[p.place[b.row]] for b in p.bounds])
    room = sign * np.array([x.outcomes[p.place[b.row]] - b.value for b in p.bounds])
    found = linprog(-x.slopes[0], A_ub=A, b_ub=room + A @ low, bounds=list(zip(low, high, strict=True)))
    if not found.success:
        raise Infeasible("no room", {}, x)
    x = look(p, found.x)
    return Optimum(x, float(x.outcomes[0]), {}, {"gain": 1.0}, 0.0, 0.0, 1)


WAYS = Ways(look, maximise, curves)


def toy(seed, projects, others=0, help=0.0, joint=0.0, bow=(0.3, 1.0), rise=(1.0, 2.0), share=0.4):
    """A random problem: projects, then other levers, under a budget of a share of what everything costs."""
    rng = np.random.default_rng(seed)
    n = projects + others
    parts = np.stack([rng.uniform(0.5, 3, n), rng.uniform(1, 3, n), rng.uniform(*bow, n), rng.uniform(0.5, 1.2, n),
                      rng.uniform(*rise, n)])  # fmt: skip
    pairs = rng.normal(0, help, (n, n)) if help else np.zeros((n, n))
    np.fill_diagonal(pairs, 0.0)
    world = (np.ones(n), (pairs + pairs.T) / 2, joint, rng.uniform(0, 1, n), rng.uniform(-1, 1, n))
    p = Toy(parts, world, ())
    budget = share * curves(p, parts[0])[1].sum()
    choose = np.arange(n) < projects
    return Toy(parts, world, (Bound("cost", "most", budget),)), choose


def every_set(p, choose, fixed=None, ways=WAYS):
    """By set of projects (a tuple of truths): the value of its best plan, minus infinity where it has none."""
    at = np.flatnonzero(choose)
    idle = np.zeros(len(p.upper), bool) if fixed is None else fixed.copy()
    if choose.all() and not idle.any() and not p.broken and ways is WAYS:
        return every_set_at_once(p)
    return every_set_by_plans(p, at, idle, ways)


def every_set_at_once(p):
    """The same where nothing else may move: the rows of all sets in one sweep."""
    sets = np.array(list(product((False, True), repeat=len(p.upper))))
    values = sets * p.upper
    s, c = curves(p, values)
    rows = np.asarray(jax.vmap(lambda s, c: rows_of(s, c, p.world))(s, c))
    rows = np.hstack([rows, values @ p.straight[len(ROWS) :].T])
    kept = np.all([b.sign * (rows[:, p.place[b.row]] - b.value) >= -1e-7 for b in p.bounds], axis=0)
    found = np.where(kept, rows[:, 0], -np.inf)
    return {tuple(map(bool, x)): float(value) for x, value in zip(sets, found, strict=True)}


def every_set_by_plans(p, at, idle, ways):
    """The same by a plan for each set."""
    found = {}
    for x in product((False, True), repeat=len(at)):
        lower, still = p.least.copy(), idle.copy()
        lower[at] = np.where(x, p.upper[at], 0.0)
        still[at] = ~np.array(x)
        try:
            found[x] = ways.maximise(replace(p, lower=lower), still, None, None).value
        except NotSolvedError:
            found[x] = -np.inf
    return found
