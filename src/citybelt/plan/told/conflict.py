r"""Targets that cannot be met together: which of them conflict, and the least that would make room, in words.

Let T be what the planner asks for, each target with a row ``r_k`` and a limit. Rules among levers are no targets: they
stand throughout. A set of targets conflicts if no mix of levers meets it.

    (N1)  a conflict:   S in T has no plan, and S without any one of its members has one        (deletion filter)
    (N2)  one way out:  reach_k = max r_k  subject to all of T but k;     target k gives way to reach_k
    (N3)  two at once:  T without j and k has a plan; k gives way to reach_k without j, then j to what is left
    (N4)  more:         what lacks most is left out until the rest has a plan; those left out give way as in (N3)
    (N5)  all together: every target gives way by what lacks at the mix with the least sum of violations

Who alone can make room is in every conflict, so the targets of one conflict are all that (N2) has to try; where none
of them can, T without j still conflicts for each j, and the pairs of (N3) are j with a target of that second conflict.
(N3) has two orders; the one that takes less, in parts of limits, is told. (N4) and (N5) stand in where no pair makes
room. A target that conflicts with nothing but the
levers themselves is out of reach at any cost, and how far it could be met is said, also with the levers that stay out
because what they do is assumed. Each way out is rounded in its own favour to a number that can be read, the plan
under it is made, and what that brings and costs stands beside it.

All sets are judged by the optimiser, whose search is local: a set said to conflict is one in which no step lessens the
violation to first order. Whole projects are treated as if parts of them could be built.
Sources: Chinneck and Dravnieks (1991) and Chinneck (2008) for the deletion filter and elastic programs; Chinneck
(1996) for (N4); Reiter (1987) for the relation of ways out to conflicts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.plan.asked import words
from citybelt.plan.asked.wishes import Names, Wish, wishes_of
from citybelt.plan.solved import optimise
from citybelt.plan.solved.optimise import Infeasible, Optimum
from citybelt.plan.solved.problem import Bound, Problem
from citybelt.plan.told.conflict_words import HEAD, MADE, WORDS, beyond_words, sentences, told, way_words

if TYPE_CHECKING:
    from citybelt.result import Progress

#: First-order residual at which it is known whether a set has a plan; violations are then below 1e-6 of a limit.
ENOUGH = 1e-4
#: Pairs that are tried at most where no single target makes room.
PAIRS = 6
#: Rounds of (N5): targets that were kept without being told may be broken later.
ROUNDS = 8
#: Violations, in parts of limits, that are taken for none.
NOISE = 1e-7

Solve = Callable[..., Optimum]


@dataclass(frozen=True, eq=False)
class Conflict:
    """Why a plan has none, and what would make room.

    Attributes:
        subset: targets that conflict; take any one away and the others can be met. Columns row, sense, asked, unit_en,
            unit_zh, label_en, label_zh.
        ways: ways out, any one of which would do. One row for each target that gives way, those with the same number
            in ``way`` together: asked, value (what to ask instead) and change as they are read in unit_en and unit_zh;
            goal, ev, ev_nation and cost (bn CNY a year) of the plan made under it, NaN if it was not reached;
            words_en, words_zh of the whole way.
        beyond: targets out of reach of the levers at any cost: asked, reach, reach_if (with levers whose effects are
            assumed), words_en, words_zh.
        money: whether more money alone is a way out.
        bounds: by number of a way, all bounds of the problem under it.
        others: labels of targets of the subset in no way out, because what is left without them conflicts as well.
        undecided: in English and Chinese, targets, or sets of them asked about together, for which the optimiser had no
            answer. A set without an answer is taken for none that conflicts, so the subset may have members too many.
    """

    subset: pd.DataFrame
    ways: pd.DataFrame
    beyond: pd.DataFrame
    money: bool
    bounds: dict[int, tuple[Bound, ...]]
    others: tuple[tuple[str, str], ...]
    undecided: tuple[tuple[str, str], ...]

    def sentences(self, language: str = "en") -> list[str]:
        """All of it in words, ``en`` or ``zh``."""
        return sentences(self, language)

    def to_json(self) -> dict[str, Any]:
        """The conflict as plain data."""
        from citybelt.result import plain

        return plain(
            {
                "targets": self.subset,
                "ways": self.ways,
                "beyond": self.beyond,
                "money": self.money,
                "undecided": self.undecided,
                "sentences_en": self.sentences("en"),
                "sentences_zh": self.sentences("zh"),
            }
        )

    def rich(self, language: str = "en") -> Any:
        """The conflict for a terminal, in ``en`` or ``zh``."""
        from rich.console import Group

        from citybelt.terminal import Paragraph

        return Group(*(Paragraph(text) for text in self.sentences(language)))

    def __rich__(self) -> Any:
        return self.rich()


def conflict(
    p: Problem, fixed: np.ndarray | None, tell: Progress, names: Names | None = None, solve: Solve = optimise.maximise
) -> Conflict:
    """Find out which targets of a problem conflict, and the smallest relaxations that make room.

    Args:
        p: a problem whose bounds can't be met together.
        fixed: [L] levers that may not be used; None if all may.
        tell: told of the sets of targets looked at.
        names: of groups of regions, as ``Places.names``.
        solve: the optimiser, as ``optimise.maximise``.

    Returns:
        ``Conflict``.

    Raises:
        ValueError: the bounds can be met.
        NotSolvedError: the optimiser contradicts itself, or has no answer for all targets together.
    """
    search = Search(p, fixed, solve, names or {}, tell)
    gap = search.lacking(search.targets)
    if search.undecided:
        raise NotSolvedError("The optimiser had no answer for all targets together: it is not known if they conflict.")
    if gap is None:
        raise ValueError("the bounds of this problem can be met together")
    subset = search.filtered(search.targets, gap)
    ways = [way for k in subset if (way := search.single(k))] or search.pairs(subset)
    ways = ways or [*search.one_by_one(), *search.elastic()]
    ways.sort(key=given)
    return Conflict(
        subset=pd.DataFrame([told(k) for k in subset], columns=list(HEAD)),
        ways=pd.DataFrame(
            [row for n, way in enumerate(ways, 1) for row in search.told(n, way)],
            columns=["way", *HEAD, "value", "change", *MADE, *WORDS],
        ),
        beyond=pd.DataFrame(
            [search.beyond(k) for k in subset[:1] if len(subset) == 1],
            columns=["row", "label_en", "label_zh", "asked", "reach", "reach_if", *WORDS],
        ),
        money=any(len(way) == 1 and way[0][0].is_money for way in ways),
        bounds={n: search.bounds(way) for n, way in enumerate(ways, 1)},
        others=tuple(k.label for k in subset if ways and not any(k is one for way in ways for one, _ in way)),
        undecided=tuple(dict.fromkeys(search.undecided)),
    )


#: A way out: targets, and the limit that each gives way to.
Way = list[tuple[Wish, float]]


def given(way: Way) -> float:
    """How much a way out takes in all, in parts of the sizes of limits."""
    return sum(k.part(to) for k, to in way)


class Search:
    """The optimiser asked about subsets of the targets of one problem."""

    def __init__(self, p: Problem, fixed: np.ndarray | None, solve: Solve, names: Names, tell: Progress):
        self.p, self.fixed, self.solve, self.tell = p, fixed, solve, tell
        self.rules = tuple(b for b in p.bounds if words.kind(b.row) not in words.ASKED)
        self.targets = wishes_of([b for b in p.bounds if b not in self.rules], words.placed(p, names))
        self.undecided: list[tuple[str, str]] = []
        self.looked = 0

    def run(self, targets: Sequence[Wish], goal: tuple[str, ...] | None = None, **more: Any) -> Optimum:
        """The best for a goal, the problem's own if None, under some targets and all rules."""
        self.looked += 1
        self.tell("conflicts", self.looked, self.looked + 1)
        bounds = (*self.rules, *(b for k in targets for b in k.bounds))
        return self.solve(replace(self.p, goal=goal or self.p.goal, bounds=bounds), **{"fixed": self.fixed, **more})

    def lacking(self, targets: Sequence[Wish]) -> dict[str, float] | None:
        """None if the targets can be met together, else what lacks by row at the mix that violates least.

        None also where the optimiser has no answer: not shown to conflict, and told as undecided.
        """
        try:
            self.run(targets, tolerance=ENOUGH)
        except Infeasible as error:
            return error.lacking
        except NotSolvedError:
            both = zip(*(k.label for k in targets), strict=True)
            en, zh = (
                (" + ".join(labels) for labels in both) if targets else ("the rules among levers", "各措施之间的规则")
            )
            self.undecided.append((en, zh))
        return None

    def filtered(self, targets: Sequence[Wish], gap: dict[str, float]) -> list[Wish]:
        """(N1) A conflict among targets that have no plan together; ``gap`` is what they lack."""
        short = lambda k: any(b.row in gap for b in k.bounds)  # noqa: E731
        # What lacks, and money, is mostly all that the conflict is about: if so, the rest goes at once.
        likely = [k for k in targets if short(k) or k.is_money]
        if len(likely) < len(targets) - 1 and self.lacking(likely) is not None:
            targets = likely
        kept = list(targets)
        # Money first: a conflict that no money solves is told without it.
        for k in sorted(targets, key=lambda k: (not k.is_money, short(k))):
            rest = [j for j in kept if j is not k]
            if (rest or self.rules) and self.lacking(rest) is not None:
                kept = rest
        return kept

    def reach(self, k: Wish, others: Sequence[Wish], **more: Any) -> float | None:
        """(N2) The best of a target's row under others, in the row's unit; None where those have no plan."""
        try:
            return k.sign * self.run(others, k.goal, **more).value
        except Infeasible:
            return None
        except NotSolvedError:
            self.undecided.append(k.label)
            return None

    def without(self, *away: Wish) -> list[Wish]:
        """All targets but some."""
        return [k for k in self.targets if not any(k is one for one in away)]

    def single(self, k: Wish) -> Way | None:
        """(N2) What a target must give way to if the others are kept; None if that makes no room."""
        found = self.reach(k, self.without(k))
        return None if found is None else [(k, k.below(found))]

    def pairs(self, subset: Sequence[Wish]) -> list[Way]:
        """(N3) Pairs of targets that make room together."""
        tried: set[frozenset[int]] = set()
        found: list[Way] = []
        for j in subset:
            rest = self.without(j)
            gap = self.lacking(rest)
            for k in self.filtered(rest, gap) if gap is not None else ():
                both = frozenset({id(j), id(k)})
                if both not in tried and len(tried) < PAIRS:
                    tried.add(both)
                    if way := self.in_turn([j, k]):
                        back = self.in_turn([k, j])
                        found.append(min(way, back, key=given) if back else way)
        return found

    def in_turn(self, away: Sequence[Wish]) -> Way | None:
        """(N3) in one order: the last gives way as little as can be, each before it to what is left."""
        others, way = self.without(*away), []
        for k in reversed(away):
            found = self.reach(k, others)
            if found is None:
                return None
            if k.met(found):
                others = [*others, k]
                continue
            way.append((k, k.below(found)))
            others = [*others, k.eased(way[-1][1])]
        return way

    def one_by_one(self) -> list[Way]:
        """(N4)"""
        left, away = list(self.targets), []
        while (gap := self.lacking(left)) is not None:
            away.append(max(left, key=lambda k: max(gap.get(b.row, 0.0) / b.size for b in k.bounds)))
            left = self.without(*away)
        way = self.in_turn(away)
        return [way] if way else []

    def elastic(self) -> list[Way]:
        """(N5)"""
        now = list(self.targets)
        for _ in range(ROUNDS):
            before = len(self.undecided)
            gap = self.lacking(now)
            if len(self.undecided) > before:
                return []  # not shown to be a way out
            if gap is None:
                return [[(k, n.limit) for k, n in zip(self.targets, now, strict=True) if n is not k]]
            for n, k in enumerate(now):
                over = max(gap.get(b.row, 0.0) for b in k.bounds)
                if over > NOISE * k.bounds[0].size:
                    now[n] = self.targets[n].eased(k.below(k.limit - k.sign * over))
        return []

    def bounds(self, way: Way) -> tuple[Bound, ...]:
        """All bounds of the problem under a way out, in their order."""
        value = {id(b): to for k, to in way for b in k.bounds}
        return tuple(replace(b, value=value.get(id(b), b.value)) for b in self.p.bounds)

    def told(self, number: int, way: Way) -> list[dict[str, Any]]:
        """A way out as rows, with the plan made under it."""
        try:
            found = self.solve(replace(self.p, bounds=self.bounds(way)), fixed=self.fixed)
            made = (found.value, *(found.point.row(row) for row in ("ev:cluster", "ev:nation", "cost")))
        except NotSolvedError:
            made = (nan,) * len(MADE)
        brings = dict(zip(MADE, made, strict=True))
        text = dict(zip(WORDS, way_words(way, brings), strict=True))
        rows = []
        for k, to in way:
            value = words.shown(k.row, to)
            change = {"value": value, "change": value - words.shown(k.row, k.limit)}
            rows.append({"way": number, **told(k), **change, **brings, **text})
        return rows

    def beyond(self, k: Wish) -> dict[str, Any]:
        """How far a target can be met at any cost, if no other target were kept."""
        alone = self.reach(k, [])
        more = self.reach(k, [], fixed=None) if self.fixed is not None and np.any(self.fixed) else None
        asked, reach, reach_if = (nan if at is None else words.shown(k.row, at) for at in (k.limit, alone, more))
        head = {"row": k.row, "label_en": k.label[0], "label_zh": k.label[1]}
        text = dict(zip(WORDS, beyond_words(k, asked, reach, reach_if), strict=True))
        return {**head, "asked": asked, "reach": reach, "reach_if": reach_if, **text}
