r"""Plans with whole projects: each is built in full or not at all, beside levers that may stop anywhere.

    max over sets x of  V(x),     V(x) = the best plan with the projects of x at their bounds and the others left out

``V`` of one set is a plan of its own, with its equilibrium and first-order conditions. Of N projects there are 2^N
sets, so which to look at is decided by a forecast (``master``), and the forecast is held against equilibria:

1. plan with projects that may be built in part; its gradients give the first, linear forecast;
2. plan for the set that this forecast likes best; turn each project round alone, which gives the bent forecast;
3. draw sets at random, solve their equilibria, and raise each forecast by the most by which it was beaten;
4. plan for the set with the highest raised forecast, learn from it as in 3, and add its gradients as a forecast;
5. stop when no set that is left is forecast above the best plan at hand;
6. plan for the set that is likeliest with each project turned round, which says what each is worth; go on where one
   of them is better after all.

Then no set beats the plan unless a forecast is wrong by more there than at any of the equilibria that were looked at.
That is said with how many they were and how large the errors; it is a measured bound and not a proof. Where a search
is cut short the gap is what a set that is left may still bring. A plan for a set is found by exact gradients and may
itself be a local one. Sources: Duran and Grossmann (1986); Geoffrion (1972).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.master import Ask, Best, Forecast, Menu, bent, best_set, linear, measure
from citybelt.plan.solved.whole_result import TIE, Tried, WholePlan, result

if TYPE_CHECKING:
    from citybelt.plan.solved.optimise import Optimum, Point

#: Sets that are planned in full at least, where there are as many.
LEAST = 4
#: Sets drawn to measure errors, at least; and random numbers' seed.
PROBES, SEED = 8, 1972
#: Sets planned in full between two bent forecasts.
PATIENCE = 12
#: Sets planned at most with one project turned round.
TURNS = 3


class Ways(NamedTuple):
    """What a search needs of an economy, so that any function can stand in for it.

    Attributes:
        look: (problem, values, point nearby or None, names of rows) -> point with outcomes and slopes.
        maximise: (problem, fixed, point nearby or None, values to start from) -> optimum.
        curves: (problem, values) -> responses and payments [L].
    """

    look: Callable[..., Any]
    maximise: Callable[..., Any]
    curves: Callable[..., tuple[np.ndarray, np.ndarray]]


def _look(p: Any, values: np.ndarray, near: Point | None, rows: set[str]) -> Point:
    from citybelt.plan.solved.optimise import look

    start, kept = (None, None) if near is None else (near.solution.state, near.near)
    return look(p, values, start, rows, kept)


def _maximise(p: Any, fixed: np.ndarray, near: Point | None, values: np.ndarray) -> Optimum:
    from citybelt.plan.solved.optimise import maximise

    return maximise(p, fixed=fixed, begin=None if near is None else replace(near, values=values))


def _curves(p: Any, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import jax.numpy as jnp

    from citybelt.plan.solved.optimise import curves

    sizes, paid, _, _ = curves(p.levers, p.effects, jnp.asarray(values))
    return np.asarray(sizes), np.asarray(paid)


ECONOMY = Ways(_look, _maximise, _curves)


class Search:
    """One search: what has been looked at, and the forecasts that follow."""

    def __init__(self, p: Any, choose: np.ndarray, fixed: np.ndarray, ways: Ways):
        self.p, self.ways, self.fixed = p, ways, fixed
        self.at = np.flatnonzero(choose & ~fixed)
        free = np.flatnonzero(~choose & ~fixed & (p.upper > p.least))
        self.free = free
        self.low = np.where(choose, 0.0, p.least)
        self.high = np.where(fixed, p.least, p.upper)
        # A project that must have begun must be built.
        self.must = {k: 1 for k, l in enumerate(self.at) if p.least[l] > 0}
        self.asks = [Ask(k, sign, None) for k, sign in p.wanted]
        self.asks += [Ask(p.place[b.row], b.sign, b.value) for b in p.bounds]
        self.rows = {p.names[a.row] for a in self.asks}
        self.menu: Menu
        self.forecasts: list[Forecast] = []
        self.seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # set, mix, rows of equilibria
        self.tried: list[Tried] = []
        self.size = 1.0
        self.nodes = 0
        self.first: Forecast
        self.bent: Forecast | None = None
        self.start: Any = None
        self.parts = np.nan

    def begin(self, relaxed: Optimum | None) -> None:
        """The plan with projects in part, if it is not there yet, and the linear forecast there."""
        p = self.p
        try:
            relaxed = self.ways.maximise(p, self.fixed, None, p.least) if relaxed is None else relaxed
            self.parts, values, near = relaxed.value, relaxed.point.values, relaxed.point
        except NotSolvedError as error:
            if hasattr(error, "lacking"):  # what can't be kept with projects in part can't be kept with whole ones
                raise
            values, near = p.least, None
        x = self.start = self.ways.look(p, values, near, self.rows)
        self.menu = Menu.of(lambda v: self.ways.curves(p, v), self.at, self.free, self.low, self.high, x.values)
        slopes = np.abs(x.slopes[[k for k, _ in p.wanted]] * p.upper)
        self.size = max(float(slopes.max(initial=0.0)), 1e-6 * abs(p.value(x.outcomes)), 1e-300)
        self.first = linear(self.menu, self.asks, x, self.here(x.values), p.straight)
        self.forecasts.append(self.first)

    def here(self, values: np.ndarray) -> np.ndarray:
        """[L, 3] value, response and payment of every lever."""
        return np.stack([values, *self.ways.curves(self.p, values)], axis=1)

    def mix(self, x: np.ndarray, free: np.ndarray) -> np.ndarray:
        """[L] values of a set with free levers [C]."""
        values = self.low.copy()
        values[self.fixed] = self.p.least[self.fixed]
        values[self.at] = np.where(x, self.p.upper[self.at], 0.0)
        values[self.free] = free
        return values

    def learn(self, x: np.ndarray, point: Any) -> None:
        """Raise every forecast to an equilibrium."""
        here = self.here(point.values)
        for f in self.forecasts:
            measure(self.menu, self.asks, f, x, here, point.outcomes)
        self.seen.append((x, here, point.outcomes))
        self.trust()

    def add(self, f: Forecast) -> None:
        """Join a forecast, raised to all equilibria so far."""
        for x, here, found in self.seen:
            measure(self.menu, self.asks, f, x, here, found)
        self.forecasts.append(f)
        self.trust()

    def trust(self) -> None:
        """Leave out rows of linear forecasts that were beaten by more than those of the bent one."""
        if self.bent is None:
            return
        sizes = np.array([self.size if a.value is None else max(abs(a.value), 1.0) for a in self.asks])
        known = np.maximum(self.bent.over, TIE * sizes)
        for f in self.forecasts:
            f.used &= (f is self.bent) | ~self.bent.used | (f.over <= known)

    def ask(self, held: dict[int, int] | None = None, raised: bool = True, new: bool = True) -> Best | None:
        """The best set by all forecasts, of those not tried (``new``) or of all."""
        self.nodes += 1
        seen = [t.x for t in self.tried] if new else []
        return best_set(self.menu, self.asks, self.forecasts, self.size, seen, {**self.must, **(held or {})}, raised)

    def plan(self, x: np.ndarray, forecast: float, near: Any, free: np.ndarray) -> Tried:
        """The best plan with the projects of a set."""
        lower = self.p.least.copy()
        lower[self.at] = np.where(x, self.p.upper[self.at], 0.0)
        idle = self.fixed.copy()
        idle[self.at] = ~x
        try:
            found, status = self.ways.maximise(replace(self.p, lower=lower), idle, near, self.mix(x, free)), "solved"
            point = found.point
        except NotSolvedError as error:
            point = getattr(error, "point", None)
            found, status = None, "not_solved" if point is None else "infeasible"
        self.tried.append(Tried(x, forecast, found, status, point))
        if point is not None:
            self.learn(x, point)
        return self.tried[-1]

    @property
    def best(self) -> Tried | None:
        """The best set that was planned."""
        solved = [t for t in self.tried if t.optimum is not None]
        return max(solved, key=lambda t: t.optimum.value) if solved else None

    def turn(self, x: np.ndarray, point: Any) -> None:
        """A bent forecast around the plan of a set."""
        centre = self.look(point.values, point)
        if centre is None:
            return
        turned = []
        for k in range(len(x)):
            other = x ^ (np.arange(len(x)) == k)
            turned.append(self.look(self.mix(other, point.values[self.free]), centre))
        here = self.here(point.values)
        flat = linear(self.menu, self.asks, centre, here, self.p.straight)
        self.bent = bent(self.menu, self.asks, flat, turned)
        self.add(self.bent)

    def look(self, values: np.ndarray, near: Any) -> Any:
        """A point with the slopes of all that counts; None where it was not solved."""
        try:
            return self.ways.look(self.p, values, near, self.rows)
        except NotSolvedError:
            return None

    def probe(self, near: Any, count: int) -> None:
        """Hold forecasts against equilibria of random sets, with the levers that the forecasts like best there."""
        rng = np.random.default_rng(SEED)
        n = len(self.at)
        drawn = [np.zeros(n, bool), np.ones(n, bool), *(rng.random((count, n)) < 0.5)]
        for x in {tuple(map(bool, x)): x for x in drawn}.values():
            held = {k: int(v) for k, v in enumerate(x)} | self.must
            x = np.array([held[k] for k in range(n)], bool)
            wish = self.ask(held, raised=False, new=False)
            free = near.values[self.free] if wish is None else wish.free
            point = self.look(self.mix(x, free), near)
            if point is not None:
                self.learn(x, point)

    def climb(self, tell: Callable[[str, int, int], None], most: int) -> bool:
        """Plan sets while one is forecast above the best plan at hand; whether there is a plan and room for more."""
        since, wish = 0, self.ask()
        while wish is not None and len(self.tried) < most:
            best = self.best
            if best is not None and len(self.tried) >= LEAST and wish.bound <= best.optimum.value + TIE * self.size:
                break
            t = self.plan(wish.chosen, wish.bound, self.start if best is None else best.optimum.point, wish.free)
            tell("projects", len(self.tried), most)
            since += 1
            if self.best is not None and (self.bent is None or since >= PATIENCE):
                first, since = self.bent is None, 0
                self.turn(self.best.x, self.best.optimum.point)
                if first:
                    self.probe(self.best.optimum.point, max(PROBES, len(self.at)))
            else:
                self.add_slopes(t)
            wish = self.ask()
        return self.best is not None and len(self.tried) < most

    def turn_each(self, tell: Callable[[str, int, int], None], most: int) -> bool:
        """Plan the likeliest sets with each project turned round; whether one of them is the best so far."""
        best = self.best
        if best is None:
            return False
        for k in (k for k in range(len(self.at)) if k not in self.must):
            for _ in range(TURNS):
                wish = self.ask({k: int(not best.x[k])})
                known = [t.optimum.value for t in self.tried if t.optimum and t.x[k] != best.x[k]]
                if wish is None or wish.bound <= max(known, default=-np.inf) or len(self.tried) >= most:
                    break
                self.plan(wish.chosen, wish.bound, best.optimum.point, wish.free)
                tell("projects", len(self.tried), most)
                if self.best is not best:
                    return True
        return False

    def add_slopes(self, t: Tried) -> None:
        """Add the gradients where a set was planned."""
        if t.point is not None:
            self.add(linear(self.menu, self.asks, t.point, self.here(t.point.values), self.p.straight))


def whole(
    p: Any,
    choose: np.ndarray,
    fixed: np.ndarray | None = None,
    tell: Callable[[str, int, int], None] | None = None,
    ways: Ways = ECONOMY,
    most: int = 300,
    relaxed: Optimum | None = None,
) -> WholePlan:
    """The best plan in which some levers are whole projects.

    Args:
        p: the problem. Precedence and exclusivity are bounds on rows that are linear in values: b only with a is
            ``v_b/upper_b - v_a/upper_a`` at most 0, at most one of several is a sum of parts at most 1.
        choose: [L] true for whole projects.
        fixed: [L] true where a lever may not be used.
        tell: told how many sets have been planned.
        ways: how to look and plan; in the economy by default.
        most: sets that are planned in full at most.
        relaxed: the plan with projects in part, found here if None.

    Returns:
        A ``WholePlan``, ``closed`` or with the ``gap`` that is left.

    Raises:
        Infeasible: the bounds can't be met together, even with projects in part.
        NotSolvedError: no set that was planned has a plan.
    """
    fixed = np.zeros(len(p.upper), bool) if fixed is None else np.asarray(fixed, bool)
    tell = tell or (lambda stage, done, total: None)
    s = Search(p, np.asarray(choose, bool), fixed, ways)
    tell("projects", 0, most)
    s.begin(relaxed)
    while s.climb(tell, most) and s.turn_each(tell, most):
        pass  # a set with one project turned round was better after all: learn from it and go on
    return result(s, s.ask())
