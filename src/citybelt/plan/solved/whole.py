r"""Plans with whole projects: each is built in full or not at all, beside levers that may stop anywhere.

    max over sets x of  V(x),     V(x) = the best plan with the projects of x at their bounds and the others left out

``V`` of one set is a plan of its own, with its equilibrium and first-order conditions. Of N projects there are 2^N
sets, so which to look at is decided by a forecast (``master``), and the forecast is held against equilibria:

1. plan with projects that may be built in part; its gradients give the first, linear forecast;
2. plan for the set that this forecast likes best; turn each project round alone, which gives the bent forecast;
3. draw sets at random, solve their equilibria, and raise each forecast by the most by which it was beaten;
4. plan for the set with the highest raised forecast, learn from it as in 3, and add its gradients as a forecast;
5. stop when no set that is left is forecast above the best plan at hand.

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

    def begin(self) -> None:
        """The plan with projects in part, and the linear forecast there."""
        p = self.p
        try:
            relaxed = self.ways.maximise(p, self.fixed, None, p.least)
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

    def add(self, f: Forecast) -> None:
        """Join a forecast, raised to all equilibria so far."""
        for x, here, found in self.seen:
            measure(self.menu, self.asks, f, x, here, found)
        self.forecasts.append(f)

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

    def add_slopes(self, t: Tried) -> None:
        """Add the gradients where a set was planned, unless they are wrong by more than the forecasts at hand."""
        if t.point is None:
            return
        goals = [i for i, a in enumerate(self.asks) if a.value is None]
        known = max(float((self.bent or self.first).over[goals].max()), TIE * self.size)
        self.add(linear(self.menu, self.asks, t.point, self.here(t.point.values), self.p.straight))
        if float(np.nanmax(self.forecasts[-1].over[goals])) > known:
            self.forecasts.pop()


def whole(
    p: Any,
    choose: np.ndarray,
    fixed: np.ndarray | None = None,
    tell: Callable[[str, int, int], None] | None = None,
    ways: Ways = ECONOMY,
    most: int = 300,
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

    Returns:
        A ``WholePlan``, ``closed`` or with the ``gap`` that is left.

    Raises:
        Infeasible: the bounds can't be met together, even with projects in part, or by any set that was planned.
        NotSolvedError: no plan was found.
    """
    fixed = np.zeros(len(p.upper), bool) if fixed is None else np.asarray(fixed, bool)
    tell = tell or (lambda stage, done, total: None)
    s = Search(p, np.asarray(choose, bool), fixed, ways)
    tell("projects", 0, most)
    s.begin()
    since, wish = 0, s.ask()
    while wish is not None and len(s.tried) < most:
        best = s.best
        if best is not None and len(s.tried) >= LEAST and wish.bound <= best.optimum.value + TIE * s.size:
            break
        t = s.plan(wish.chosen, wish.bound, s.start if best is None else best.optimum.point, wish.free)
        tell("projects", len(s.tried), most)
        since += 1
        if s.best is not None and (s.bent is None or since >= PATIENCE):
            first, since = s.bent is None, 0
            s.turn(s.best.x, s.best.optimum.point)
            if first:
                s.probe(s.best.optimum.point, max(PROBES, len(s.at)))
        else:
            s.add_slopes(t)
        wish = s.ask()
    return result(s, wish)
