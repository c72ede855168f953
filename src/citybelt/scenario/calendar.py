"""When a scenario does what: the part of its file that only paths through time read.

    time:
      expectations: foresight          (or static, the default: people expect what they see to last)
      begin: 2025                      (when levers without steps are begun; the year after the base year where silent)
      levers:
        technology_push: {2022: 5, 2030: 20}      (begun to 5 in 2022, to 20 from 2030 on)
      cap: {2025: 900, 2060: 300}      (Mt of CO2 of the cluster: straight lines between, none before, the last after)

A lever with steps need not stand among the levers of the scenario; a static run leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.scenario.document import finite, shown

if TYPE_CHECKING:
    from citybelt.scenario.document import Document

EXPECTATIONS = ("static", "foresight")
#: Years that a file may name.
YEARS = (1900, 2200)


@dataclass(frozen=True)
class Calendar:
    """Attributes: ``expectations``; ``begin``, a year or 0 for the first after the base year; ``steps``, lever -> year
    -> value to which it has been begun from then on; ``cap``, year -> Mt of CO2."""

    expectations: str = "static"
    begin: int = 0
    steps: Mapping[str, Mapping[int, float]] = field(default_factory=lambda: MappingProxyType({}))
    cap: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))

    def values(self, ids: Sequence[str], settings: Mapping[str, float], years: Sequence[int]) -> np.ndarray:
        """[year, lever] the value to which each lever has been begun by each year.

        Arguments: ``ids`` of the levers; ``settings``, the scenario's values of levers without steps; ``years``.
        """
        at = np.asarray(years)
        begin = self.begin or int(at[0])
        out = np.zeros((len(at), len(ids)))
        for k, id in enumerate(ids):
            for year, value in sorted(self.steps.get(id, {begin: settings.get(id, 0.0)}).items()):
                out[at >= year, k] = value
        return out

    def to_json(self) -> dict[str, Any]:
        """The calendar as plain data."""
        steps = {id: {str(year): value for year, value in path.items()} for id, path in self.steps.items()}
        cap = {str(year): value for year, value in self.cap.items()}
        return {"expectations": self.expectations, "begin": self.begin or None, "levers": steps, "cap": cap}


def read(doc: Document, before: Calendar, bounds: Mapping[str, tuple[float, float, str]], unknown: Any) -> Calendar:
    """What a document says of time over what its ancestors said.

    Arguments: ``bounds``, lever -> lowest, highest value and unit; ``unknown``, advice for a lever that is none.
    Problems are added to the document.
    """
    node = doc.mapping(doc.root, "time")
    doc.known(node, ("expectations", "begin", "levers", "cap"))
    word = doc.text(node, "expectations", required=False, choices=EXPECTATIONS)
    begin, steps = before.begin, dict(before.steps)
    if node.get("begin") is not None:
        begin = _year(doc, node, "begin", node["begin"]) or begin
    given = doc.mapping(node, "levers")
    for id, path in given.items():
        if path is None and id in steps:
            del steps[id]
        elif id not in bounds:
            doc.problem(doc.at(given, id), f"unknown lever {shown(id)}.", unknown(id))
        elif not isinstance(path, dict) or not path:
            where = doc.at(given, id, value=True)
            doc.problem(
                where, f"{id!r} must say from which year on it has which value.", "Write `{2025: 10, 2030: 20}`."
            )
        else:
            steps[str(id)] = MappingProxyType(dict(_steps(doc, id, path, bounds[id])))
    cap = _cap(doc, node, before.cap) if "cap" in node else before.cap
    word = word or before.expectations
    return replace(before, expectations=word, begin=begin, steps=MappingProxyType(steps), cap=cap)


def _cap(doc: Document, node: Any, before: Mapping[int, float]) -> Mapping[int, float]:
    """The cap that a document sets in place of its ancestors'; null takes theirs out."""
    given = doc.mapping(node, "cap")
    found = {}
    if node["cap"] is None and not before:
        doc.problem(doc.at(node, "cap"), "'cap' is removed, but no parent sets it.", "Remove the line.")
    for key, value in given.items():
        year, number = _year(doc, given, key, key), finite(value)
        if not number > 0:
            what = f"the cap of {shown(key)} is {shown(value)}, not a number of Mt above zero."
            doc.problem(doc.at(given, key, value=True), what, "Write `{2025: 900, 2060: 300}`.")
        found[year] = number
    return MappingProxyType(found)


def _steps(doc: Document, id: str, path: Mapping[Any, Any], bound: tuple[float, float, str]) -> list[tuple[int, float]]:
    low, high, unit = bound
    found = []
    for key, value in path.items():
        year, number = _year(doc, path, key, key), finite(value)
        if not low <= number <= high:
            what = f"{id!r} is {shown(value)}, not a number from {low:g} to {high:g} {unit}".rstrip()
            doc.problem(doc.at(path, key, value=True), f"{what}.", "Write a value inside its bounds.")
        if year:
            found.append((year, number))
    return found


def _year(doc: Document, node: Any, key: Any, value: Any) -> int:
    """The year that a value is, 0 after noting that it is none."""
    number = finite(value)
    if number == number and number == int(number) and YEARS[0] <= number <= YEARS[1]:
        return int(number)
    doc.problem(doc.at(node, key), f"{shown(value)} is no year.", f"Write a year from {YEARS[0]} to {YEARS[1]}.")
    return 0
