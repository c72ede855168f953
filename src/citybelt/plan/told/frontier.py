r"""What each security costs: the frontier between the plan's goal and the worst loss, by epsilon constraint.

    max_v  goal(v)     subject to     L_d(v) <= epsilon  for every row d of a security,                (F1)

from the plan's own worst loss down to the least that any mix of levers attains,

    least = min_v max_d L_d(v),                                                                        (F2)

both under all bounds of the plan. Each point is an optimum of its own, with its first-order residual, so points lie on
concave stretches too, which weighted sums miss. The multipliers of (F1) add up to the price of the security there:
what the goal gains if the limit gives way by a percentage point. A tighter limit never leaves more: where a tighter
point came out better, the looser one had stopped at a local optimum and is sought again from there, and points that
are dominated are left out.

Disruptions that are no rows are looked at as well: those that come within ``WATCHED`` of the worst at either end are
measured at every point, and one that exceeds the limit becomes a row and the point is made again. So a loss printed is
the worst of all that were measured. Sources: Haimes, Lasdon and Wismer (1971); Chankong and Haimes (1983) for prices.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.optimise import Optimum, Point, look, maximise
from citybelt.plan.store import Store
from citybelt.security.loss import measure

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.plan.solved.problem import Problem
    from citybelt.plan.solved.struck import Struck
    from citybelt.result import Progress

#: First-order residual of the points.
TOLERANCE = 1e-5
#: A disruption is measured at every point if its loss at an end of the frontier is at least this part of the worst.
WATCHED = 0.7
#: By how much a loss may exceed its limit, per cent; equilibria are solved to 1e-10.
SLACK = 1e-6
#: The last limit lies above the least loss by this part of the range, so that there is room for an optimum.
LAST = 1e-2
#: A range shorter than this, per cent, is none: levers do not reach the security.
NO_RANGE = 1e-6
#: Times that rows are added to a point.
ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Frontier:
    """What securities cost.

    Attributes:
        points: one row a point, by security from the plan's own loss downwards: security, point, limit and loss
            (per cent of the welfare of the cluster's people within a year), goal and goal_change from the plan (in
            unit_en, unit_zh), price (of the goal per percentage point that the limit gives way), cost (bn CNY a year),
            kkt, id, name_en and name_zh of the worst disruption.
        levers: security, point, lever, value (in the lever's unit), names: levers in use at each point.
        ends: one row a security: worst loss today, under the plan and at least, goal at the least, price at the plan,
            points kept and left out because they were dominated, words.
    """

    points: pd.DataFrame
    levers: pd.DataFrame
    ends: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        from citybelt.result import plain

        return plain({"points": self.points, "levers": self.levers, "ends": self.ends})


@dataclass(frozen=True)
class _Spot:
    """One point of a frontier: the mix, what it reaches, and the worst disruption there."""

    limit: float
    values: np.ndarray
    loss: float
    goal: float
    cost: float
    price: float
    kkt: float
    worst: int

    def arrays(self) -> dict[str, Any]:
        return vars(self)

    @classmethod
    def read(cls, held: dict[str, np.ndarray]) -> _Spot:
        numbers: dict[str, Any] = {k: v if k == "values" else v.item() for k, v in held.items() if k != "active"}
        return cls(**numbers)


def frontier(
    p: Problem,
    best: Optimum,
    fixed: np.ndarray | None,
    struck: Struck,
    points: int = 15,
    tell: Progress | None = None,
    store: Store | None = None,
    securities: Sequence[str] | None = None,
) -> Frontier:
    """The frontier between the goal of a plan and each security.

    Args:
        p: the planner's problem; its bounds hold at every point, but for those on the security in question.
        best: the plan.
        fixed: [L] true where a lever may not be used.
        struck: the securities, every one that ``p`` bounds among them.
        points: limits of each security, both ends included.
        tell: told of the points made.
        store: where finished points are kept.
        securities: of those of ``struck``; all if None.

    Returns:
        A ``Frontier``. A security that no lever reaches has one point, the plan; so has one whose least loss was not
        found, and its ``words`` say so. Points between that were not solved are left out.

    Raises:
        NotSolvedError: the plan itself was not solved within the year.
    """
    chosen = struck.securities if securities is None else tuple(securities)
    store = Store.none() if store is None else store
    done = [0]

    def count() -> None:
        done[0] += 1
        if tell is not None:
            tell("frontier", done[0], len(chosen) * points)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        lines = list(pool.map(lambda s: _Line(p, best, fixed, struck, s, store).run(points, count), chosen))
    return _tables(p, best, struck, chosen, lines)


class _Line:
    """The frontier of one security."""

    def __init__(
        self, p: Problem, best: Optimum, fixed: np.ndarray | None, struck: Struck, security: str, store: Store
    ):
        self.best, self.fixed, self.security, self.store = best, fixed, security, store
        asked = {b.row for b in p.bounds} | {g.removeprefix("-") for g in p.goal}
        kept = [k for k, name in zip(struck.active, struck.names, strict=True) if name in asked]
        own = [k for k in struck.active if struck.found[k].family.security == security]
        self.struck = replace(struck, active=tuple(sorted({*kept, *own}, key=struck.active.index)))
        self.p = replace(p, bounds=tuple(b for b in p.bounds if not b.row.startswith(f"security:{security}:")))
        self.watched = np.array(own)

    def problem(self, limit: float | None) -> Problem:
        """(F1) at a limit; (F2) without one."""
        q = replace(self.p, struck=self.struck)
        if limit is None:
            return replace(q, goal=tuple(f"-{row}" for row in self.struck.of_security(self.security)))
        return replace(q, bounds=(*q.bounds, *self.struck.bounds(self.security, limit)))

    def measured(self, x: Point, among: np.ndarray) -> np.ndarray:
        """[len(among)] losses of disruptions under a mix."""
        e = self.struck.economy
        before = e.solve(x.solution.shock)
        found = [measure(e, before, self.struck.found[k], self.struck.cluster) for k in among]
        return np.array([loss.cluster for loss in found])

    def widen(self, x: Point, limit: float, among: np.ndarray) -> bool:
        """Whether disruptions beyond the rows exceed a limit; they are made rows."""
        over = among[self.measured(x, among) > limit + SLACK]
        more = [int(k) for k in over if k not in self.struck.active]
        self.struck = replace(self.struck, active=(*self.struck.active, *more)) if more else self.struck
        return bool(more)

    def spot(self, x: Point, o: Optimum | None, limit: float) -> _Spot:
        losses = self.measured(x, self.watched)
        k = int(np.nanargmax(losses))
        rows = self.struck.of_security(self.security)
        price = sum((o or self.best).prices.get(row, 0.0) for row in rows)
        goal = self.p.value(x.outcomes)
        return _Spot(
            limit, x.values, float(losses[k]), goal, x.row("cost"), price, (o or self.best).kkt, int(self.watched[k])
        )

    def run(self, points: int, count: Any) -> tuple[list[_Spot], _Spot | None, int]:
        """Points from the plan downwards, the point of the least loss if it was found, and how many were dominated."""
        every = np.array([k for k, d in enumerate(self.struck.found) if d.family.security == self.security])
        start = look(self.problem(None), self.best.point.values, self.best.point.solution.state)
        at_plan = self.measured(start, every)
        self.struck = self._with_worst(every, at_plan)
        try:
            lowest = self._lowest(start, every)
        except NotSolvedError:
            self.watched = every
            return [self.spot(start, None, float(np.nanmax(at_plan)))], None, 0
        at_end = self.measured(lowest, every)
        near = (at_plan >= WATCHED * np.nanmax(at_plan)) | (at_end >= WATCHED * np.nanmax(at_end))
        self.watched = every[near]
        first = self.spot(start, None, float(np.nanmax(at_plan)))
        count()
        least = self.spot(lowest, None, float(np.nanmax(at_end)))
        span = first.loss - least.loss
        if points < 2 or span <= NO_RANGE:
            return [first], least, 0
        limits = np.linspace(first.loss, least.loss + LAST * span, points)[1:]
        spots, before = [first], start
        for k, limit in enumerate(limits, 1):
            spot, before = self._kept(k, float(limit), before, lowest)
            count()
            if spot is not None:
                spots.append(spot)
        spots = self._repaired(spots)
        kept = undominated(np.array([s.loss for s in spots]), np.array([s.goal for s in spots]))
        return [spots[k] for k in kept], least, len(spots) - len(kept)

    def _with_worst(self, every: np.ndarray, losses: np.ndarray) -> Struck:
        k = int(every[np.nanargmax(losses)])
        active = self.struck.active
        return self.struck if k in active else replace(self.struck, active=(*active, k))

    def _lowest(self, start: Point, every: np.ndarray) -> Point:
        """(F2) The mix of the least loss."""

        def made() -> dict[str, np.ndarray]:
            begin = start
            for _ in range(ROUNDS):
                found = maximise(self.problem(None), TOLERANCE, self.fixed, begin)
                if not self.widen(found.point, -found.value, every):
                    return {"values": found.point.values, "active": np.array(self.struck.active)}
                begin = look(self.problem(None), found.point.values, found.point.solution.state)
            what = f"The least loss of {self.security!r} was not found: other disruptions kept being worse."
            raise NotSolvedError(what)

        held = self.store.keep(f"frontier least {self.security}", made)
        return self._again(None, held)

    def _again(self, limit: float | None, held: dict[str, np.ndarray]) -> Point:
        """A point from its mix and rows alone, so that kept ones lead the same way on as those just made."""
        self.struck = replace(self.struck, active=tuple(int(k) for k in held["active"]))
        return look(self.problem(limit), held["values"], self.best.point.solution.state, rows=())

    def _kept(self, k: int, limit: float, before: Point, lowest: Point) -> tuple[_Spot | None, Point]:
        """The point at a limit, made or kept from before; None where none was found, which is kept too."""

        def made() -> dict[str, Any]:
            for begin in (before, lowest):
                try:
                    return self._at(limit, begin)[0].arrays() | {"active": np.array(self.struck.active)}
                except NotSolvedError:
                    continue
            return {"active": np.array(self.struck.active)}

        held = self.store.keep(f"frontier {self.security} {k} {limit:.12g}", made)
        if "values" not in held:
            self.struck = replace(self.struck, active=tuple(int(k) for k in held["active"]))
            return None, before
        return _Spot.read(held), self._again(limit, held)

    def _at(self, limit: float, begin: Point) -> tuple[_Spot, Point]:
        for _ in range(ROUNDS):
            found = maximise(self.problem(limit), TOLERANCE, self.fixed, begin)
            if not self.widen(found.point, limit, self.watched):
                return self.spot(found.point, found, limit), found.point
            begin = found.point
        raise NotSolvedError("other disruptions kept being worse")

    def _repaired(self, spots: list[_Spot]) -> list[_Spot]:
        """Looser points that a tighter one beats are sought again from there."""
        for k in range(len(spots) - 2, 0, -1):
            tighter, own = spots[k + 1], spots[k]
            if tighter.goal <= own.goal + 1e-9 * abs(own.goal):
                continue
            begin = look(self.problem(own.limit), tighter.values, rows=())
            try:
                again, _ = self._at(own.limit, begin)
            except NotSolvedError:
                continue
            spots[k] = again if again.goal > own.goal else own
        return spots


def undominated(loss: np.ndarray, goal: np.ndarray) -> list[int]:
    """Numbers of points that no other beats: none has a smaller loss with as high a goal; of equal ones the first."""
    kept = []
    for k in range(len(loss)):
        better = (loss <= loss[k]) & (goal >= goal[k]) & ((loss < loss[k]) | (goal > goal[k]))
        twin = (loss == loss[k]) & (goal == goal[k])
        if not better.any() and int(np.flatnonzero(twin)[0]) == k:
            kept.append(k)
    return kept


def _tables(
    p: Problem, best: Optimum, struck: Struck, chosen: Sequence[str], lines: list[tuple[list[_Spot], _Spot | None, int]]
) -> Frontier:
    import pandas as pd

    factor, unit_en, unit_zh = _unit(p.goal)
    rows, used, ends = [], [], []
    for security, (spots, least, out) in zip(chosen, lines, strict=True):
        for k, s in enumerate(spots):
            d = struck.found[s.worst]
            rows.append(
                {
                    "security": security, "point": k, "limit": s.limit, "loss": s.loss, "goal": factor * s.goal,
                    "goal_change": factor * (s.goal - best.value), "price": factor * s.price, "unit_en": unit_en,
                    "unit_zh": unit_zh, "cost": s.cost, "kkt": s.kkt, "id": d.id, "name_en": d.name_en,
                    "name_zh": d.name_zh,
                }
            )  # fmt: skip
            for lever, value in zip(p.levers, s.values, strict=True):
                if value > 1e-6 * lever.card.upper:
                    names = {"name_en": lever.card.name, "name_zh": lever.card.name_zh}
                    used.append({"security": security, "point": k, "lever": lever.id, "value": float(value)} | names)
        en, zh = _words(spots, least, factor, (unit_en, unit_zh))
        ends.append(
            {
                "security": security, "loss_now": struck.worst(security), "loss_plan": spots[0].loss,
                "loss_least": least.loss if least else np.nan,
                "goal_least": factor * least.goal if least else np.nan, "price": factor * spots[0].price,
                "points": len(spots), "dominated": out, "words_en": en, "words_zh": zh,
            }
        )  # fmt: skip
    columns = ["security", "point", "lever", "value", "name_en", "name_zh"]
    return Frontier(pd.DataFrame(rows), pd.DataFrame(used, columns=columns), pd.DataFrame(ends))


def _unit(goal: tuple[str, ...]) -> tuple[float, str, str]:
    """What turns a value of the goal into the unit in which it is read, and that unit."""
    kinds = {row.removeprefix("-").partition(":")[0] for row in goal}
    if kinds <= {"ev", "social", "cost"}:
        return 1.0, "bn CNY a year", "10亿元/年"
    return (100.0, "% (log change)", "%（对数变化）") if kinds <= {"people", "output", "welfare"} else (1.0, "", "")


def _words(spots: list[_Spot], least: _Spot | None, factor: float, unit: tuple[str, str]) -> tuple[str, str]:
    """A security's frontier in a sentence."""
    first = spots[0]
    if least is None:
        return (
            f"The least loss that levers attain was not found; under the plan it is {first.loss:.3g} %.",
            f"未求得各项措施所能达到的最小损失；规划下的损失为{first.loss:.3g}%。",
        )
    if first.loss - least.loss <= NO_RANGE:
        return (
            f"No lever lessens the worst loss of {first.loss:.3g} %.",
            f"没有措施能降低{first.loss:.3g}%的最大损失。",
        )
    last = spots[-1]
    goal = [f"{factor * s.goal:.4g}" for s in (first, last)]
    return (
        f"The worst loss can fall from {first.loss:.3g} to {last.loss:.3g} %; "
        f"the goal then goes from {goal[0]} to {goal[1]} {unit[0]}.",
        f"最大损失可由{first.loss:.3g}%降至{last.loss:.3g}%，目标值则由{goal[0]}变为{goal[1]}（{unit[1]}）。",
    )
