"""What may be wrong with a brief, however it was made: each fault with its place, what it is and what to do.

A place is a path of keys, such as ``("budget", "share")``; the reader of plan files turns it into file, line and
column. What cannot hold by itself is refused here, before anything is solved: a target out of any range, a least
above a most, budgets of payers that never reach the total, a lever that is needed and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

from citybelt.dims import PAYERS
from citybelt.errors import Problem
from citybelt.plan.asked.brief import OBJECTIVES, OF_CLUSTER, OF_GROUP, Brief, Target
from citybelt.plan.asked.places import Places, places
from citybelt.scenario.card import Card, cards_of
from citybelt.scenario.document import LENGTH, finite, nearest, refusal, shown, unseen
from citybelt.security.table import SECURITIES

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset

Fault = tuple[tuple[str, ...], str, str]

LARGEST_SHARE = 0.1  #: of the cluster's GDP that a plan may spend
LARGEST = 10.0  #: times the base year, beyond which no target can be meant
AVERSION = 10.0  #: to inequality; beyond it the poorest alone count already
YEARS = (1900, 2200)  #: dates that can be meant
MOST_STARTS = 50
#: Whole projects among which a plan can choose: the programs of the search took about 30 s with 30, 100 s with 40.
MOST_WHOLE = 40
#: Kinds of target and the senses that they have.
SENSES = dict.fromkeys(OF_GROUP, ("least", "most")) | dict.fromkeys((*OF_CLUSTER, "land", "security"), ("most",))


def check(brief: Brief, dataset: Dataset) -> Brief:
    """The brief itself, where nothing is wrong with it in the world.

    Raises:
        InputError: every fault.
    """
    found = list(faults(brief, places(dataset), cards_of(dataset.name), dataset.base_year))
    if found:
        raise refusal([Problem(_where(path), what, do) for path, what, do in found])
    return brief


def _where(path: Sequence[str]) -> str:
    return path[0] if path[0] == "budget" else ", ".join(path)


def faults(brief: Brief, at: Places, cards: Mapping[str, Card], base_year: int) -> Iterator[Fault]:
    """Everything that is wrong with a brief.

    Args:
        at: the groups of the world; cards: the levers of its library; base_year: of its accounts.
    """
    shaped = list(_shapes(brief))
    if shaped:  # the rules below read what these hold
        yield from shaped
        return
    levers = {**cards, **brief.projects}
    yield from _goal(brief, at)
    yield from _money(brief, at, levers)
    yield from _targets(brief, at, base_year)
    yield from _levers(brief, cards, levers)


_MAPPINGS = ("weights", "payers", "after", "projects")
_LISTS = ("targets", "excluded", "include", "whole", "not_with")


def _year(value: Integral) -> bool:
    return value == 0 or YEARS[0] <= int(value) <= YEARS[1]


def _shapes(brief: Brief) -> Iterator[Fault]:
    for key in _MAPPINGS:
        if not isinstance(getattr(brief, key), Mapping):
            yield (key,), f"must be a mapping, not {shown(getattr(brief, key))}.", "Give keys and values."
    for key in _LISTS:
        value = getattr(brief, key)
        if not isinstance(value, tuple):
            yield (key,), f"must be a tuple, not {shown(value)}.", "Write `(first, second)`."
        elif key == "targets" and not all(isinstance(t, Target) for t in value):
            yield (key,), "holds what is no Target.", "Give `Target(row, sense, value)`."
    for key in ("id", "name", "name_zh", "description", "description_zh"):
        yield from _text((key,), getattr(brief, key))


def _text(path: tuple[str, ...], value: Any) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield path, f"must be a text, not {shown(value)}.", "Write it in quotes."
    elif len(value) > LENGTH or unseen(value):
        yield path, f"{shown(value)} is too long or holds a character that cannot be seen.", "Correct the text."


def _goal(brief: Brief, at: Places) -> Iterator[Fault]:
    if brief.objective not in OBJECTIVES:
        yield ("objective",), f"{shown(brief.objective)} is unknown.", f"Choose one of {', '.join(OBJECTIVES)}."
    if not 0 <= finite(brief.aversion) <= AVERSION:
        what = f"{shown(brief.aversion)} is no aversion to inequality."
        yield ("objective", "aversion"), what, f"Give a number from 0, none, to {AVERSION:g}."
    known = True
    for id, weight in brief.weights.items():
        path = ("objective", "weights", str(id))
        if id not in at.groups:
            known = False
            yield path, f"there is no region {shown(id)} in this world.", at.near(id)
        elif not 0 <= finite(weight) <= 1e6:
            known = False
            yield path, f"the weight is {shown(weight)}.", "Give a number from 0 up."
    if brief.weights and known and not any(brief.weight(at).values()):
        yield ("objective", "weights"), "the weight of every region is zero.", "Give one of them weight."


def _money(brief: Brief, at: Places, levers: Mapping[str, Card]) -> Iterator[Fault]:
    if (brief.share is None) == (brief.total is None):
        what = "a share of GDP and a total are given." if brief.share is not None else "there is no budget."
        yield ("budget",), what, "Give one of `share` and `total`."
    elif brief.share is not None and not 0 < finite(brief.share) <= LARGEST_SHARE:
        what = f"{shown(brief.share)} is not a share of GDP."
        yield ("budget", "share"), what, f"Give a number above 0, at most {LARGEST_SHARE:g}."
    elif brief.total is not None and not 0 < finite(brief.total) <= LARGEST_SHARE * at.gdp:
        what = f"{shown(brief.total)} is no budget in billions a year."
        yield ("budget", "total"), what, f"Give a number above 0, at most {LARGEST_SHARE * at.gdp:.5g}, a tenth of GDP."
    sums = True
    for payer, most in brief.payers.items():
        if payer not in PAYERS:
            yield ("budget", "payers", str(payer)), f"unknown payer {shown(payer)}.", nearest(payer, PAYERS)
        elif not finite(most) >= 0:
            yield ("budget", "payers", payer), f"{shown(most)} is no budget.", "Give billions a year, 0 or more."
        else:
            continue
        sums = False
    needed = {p for card in levers.values() if isinstance(card, Card) for p, share in card.payers.items() if share > 0}
    total = finite(brief.total) if brief.total is not None else finite(brief.share) * at.gdp
    if sums and needed and needed <= set(brief.payers) and sum(brief.payers.values()) < total * (1 - 1e-9):
        what = f"the payers' budgets sum to {sum(brief.payers.values()):.5g}, and the total is {total:.5g}:"
        do = "Lower the total, or raise what a payer may spend."
        yield ("budget", "payers"), f"{what} the rest could never be spent.", do
    if not 0 <= finite(brief.floor) <= 1:
        do = "Give a share of the base year between 0 and 1."
        yield ("floor",), f"{shown(brief.floor)} is out of range.", do


def _targets(brief: Brief, at: Places, base_year: int) -> Iterator[Fault]:
    seen, whole = set(), True
    for t in brief.targets:
        path = ("targets", str(t.row), str(t.sense))
        found = list(_target(t, at, base_year))
        yield from ((path + part, what, do) for part, what, do in found)
        whole = whole and not found
        if path in seen:
            yield path, f"{t.row} has a {t.sense} already.", "Keep one of them."
        seen.add(path)
    if not whole or not 0 <= finite(brief.floor) <= 1:
        return
    least = {t.row: t.value for t in brief.bounds(at) if t.sense == "least"}
    for t in brief.targets:
        if t.sense == "most" and least.get(t.row, 0.0) > t.value:
            floor = "" if ("targets", t.row, "least") in seen else ", the floor of every province"
            what = f"at most {t.value:g} cannot hold with at least {least[t.row]:g}{floor}."
            yield ("targets", t.row, "most"), what, "Lower the least, or raise the most."


def _target(t: Target, at: Places, base_year: int) -> Iterator[Fault]:
    kind, _, group = t.row.partition(":") if isinstance(t.row, str) else ("", "", "")
    if kind not in SENSES:
        yield ("row",), f"unknown row {shown(t.row)}.", nearest(kind, SENSES)
        return
    if kind in OF_GROUP and group not in at.groups:
        yield ("row",), f"there is no region {shown(group)} in this world.", at.near(group)
    if kind == "security" and group not in SECURITIES:
        yield ("row",), f"unknown security {shown(group)}.", nearest(group, SECURITIES)
    if kind not in (*OF_GROUP, "security") and group:
        yield ("row",), f"{kind!r} is of the cluster as a whole.", f"Write {kind!r}."
    if t.sense not in SENSES[kind]:
        yield ("sense",), f"{kind!r} cannot have {shown(t.sense)}.", f"Use {' or '.join(SENSES[kind])}."
    value = finite(t.value)
    if kind in (*OF_GROUP, *OF_CLUSTER) or t.of_now:
        if not 0 < value <= LARGEST:
            base = "today's loss" if t.of_now else "the base year"
            what = f"{shown(t.value)} cannot hold: it is relative to {base}."
            yield ("value",), what, f"Give a number above 0, at most {LARGEST:g}; 1 is no change."
    elif kind == "security" and not 0 <= value <= 100:
        yield ("value",), f"{shown(t.value)} is no loss in per cent.", "Give a number from 0 to 100."
    elif kind == "land" and not 0 <= value <= 1e9:
        yield ("value",), f"{shown(t.value)} is no area.", "Give hectares, 0 or more."
    if t.of_now and kind != "security":
        yield ("value",), "only a security has a loss of today.", "Write `most`."
    if isinstance(t.by, bool) or not isinstance(t.by, Integral) or (t.by and not YEARS[0] <= t.by <= YEARS[1]):
        yield ("by",), f"{shown(t.by)} is no year.", "Write a year such as 2030."
    elif t.by and t.by <= base_year:
        yield ("by",), f"{t.by} is not after the base year {base_year}.", "Write a later year."
    for key in ("label_en", "label_zh", "owner"):
        yield from _text((key,), getattr(t, key))
    if isinstance(t.owner, str) and t.owner.isdecimal() and t.owner not in at.groups:
        yield ("owner",), f"there is no region {t.owner!r} in this world.", at.near(t.owner)


def _levers(brief: Brief, cards: Mapping[str, Card], levers: Mapping[str, Card]) -> Iterator[Fault]:
    for id, card in brief.projects.items():
        if id in cards:
            yield ("projects", str(id)), f"{id!r} is a lever of the library already.", "Give the project another id."
        elif not isinstance(card, Card):
            yield ("projects", str(id)), f"must be a card, not {shown(card)}.", "Read it from a file, or make a Card."
    lists: list[tuple[tuple[str, ...], Any]] = [((key,), getattr(brief, key)) for key in ("excluded", "include")]
    lists += [(("whole",), brief.whole)]
    lists += [(("after", str(id)), needs) for id, needs in brief.after.items()]
    lists += [(("not_with", str(k)), group) for k, group in enumerate(brief.not_with)]
    sound = True
    for path, ids in lists:
        for fault in _names(path, ids, levers):
            sound = False
            yield fault
    for id in brief.after:
        if id not in levers:
            sound = False
            yield ("after", str(id)), f"unknown lever {shown(id)}.", nearest(id, levers)
    for k, group in enumerate(brief.not_with):
        if isinstance(group, tuple) and len(group) < 2:
            yield ("not_with", str(k)), "names one lever.", "Name two or more, of which at most one is used."
    if len(brief.whole) > MOST_WHOLE:
        what = f"{len(brief.whole)} projects are to be built whole or not at all, and {MOST_WHOLE} are the most."
        yield ("whole",), what, "Write `whole: false` for those that may be built in part, or leave some out."
    if sound:
        yield from _orders(brief)
    if isinstance(brief.start, bool) or not isinstance(brief.start, Integral) or not _year(brief.start):
        yield ("start",), f"{shown(brief.start)} is no year.", "Write a year such as 2026, or leave it out."
    else:
        early = [t for t in brief.targets if t.by and t.by < brief.start]
        for t in early:
            what = f"{t.by} is before the plan starts in {brief.start}."
            yield ("targets", t.row, t.sense, "by"), what, "Write a later year."
    if isinstance(brief.starts, bool) or not isinstance(brief.starts, Integral) or not 0 <= brief.starts <= MOST_STARTS:
        yield ("starts",), f"{shown(brief.starts)} is no number of starts.", f"Give one from 0 to {MOST_STARTS}."


def _names(path: tuple[str, ...], ids: Any, levers: Mapping[str, Card]) -> Iterator[Fault]:
    if not isinstance(ids, tuple):
        yield path, f"must be a tuple, not {shown(ids)}.", "Write `(first, second)`."
        return
    for k, id in enumerate(ids):
        if not isinstance(id, str) or id not in levers:
            yield (*path, str(k)), f"unknown lever {shown(id)}.", nearest(id, levers)
        elif id in ids[:k]:
            yield (*path, str(k)), f"{id!r} stands there already.", "Remove it."


def _orders(brief: Brief) -> Iterator[Fault]:
    """What levers need of one another and of the lists."""
    out = set(brief.excluded)
    for key in ("include", "whole"):
        for k, id in enumerate(getattr(brief, key)):
            if id in out:
                yield (key, str(k)), f"{id!r} is excluded.", "Remove it here or there."
    for id, needs in brief.after.items():
        for k, need in enumerate(needs):
            if need in out and id not in out:
                yield ("after", id, str(k)), f"{id!r} needs {need!r}, which is excluded.", "Remove it here or there."
            if any({id, need} <= set(group) for group in brief.not_with):
                what = f"{id!r} needs {need!r} and may not be used with it."
                yield ("after", id, str(k)), what, "Remove it here or from `not_with`."
    done: set[str] = set()
    for id in sorted(brief.after, key=str):  # a circle is told from the same lever whatever the order of the file
        circle = _circle(id, brief.after)
        if circle and id not in done:
            done |= set(circle)
            what = f"levers wait for each other: {' after '.join(circle)}."
            yield ("after", id), what, "Remove one of these lines."


def _circle(start: str, after: Mapping[str, tuple[str, ...]]) -> list[str]:
    """A way from a lever over what it needs back to itself, or nothing."""
    ways, seen = [[start]], set()
    while ways:
        way = ways.pop()
        for need in after.get(way[-1], ()):
            if need == start:
                return [*way, start]
            if need not in seen:
                seen.add(need)
                ways.append([*way, need])
    return []
