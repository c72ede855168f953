"""A scenario: a typed change over a parent scenario, read from a YAML file.

    name: {en: ..., zh: ...}
    description: {en: ..., zh: ...}
    parent: a name of the library, or a file beside this one       (optional)
    propositions: [P64]                                            (what it speaks to)
    levers: {clearance_japan_korea: 12}                            (in the lever's unit)
    closure: {capital: mobile}                                     (default closure where silent)
    elasticities: {nu: 2.0}                                        (default values where silent)
    vintage: "2021"                                                (of the data; that of the world where silent)
    time: {expectations: foresight}                                (for paths only; see ``calendar``)

A value of null takes out the parent's. All problems of a file and of its ancestors are reported together, each with
file, line and column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from citybelt.errors import InputError, Problem
from citybelt.scenario import calendar
from citybelt.scenario.calendar import Calendar
from citybelt.scenario.card import LIBRARY, Card, cards_of, is_proposition, library_of
from citybelt.scenario.document import Document, finite, nearest, refusal, shown
from citybelt.scenario.lineage import ancestors, find, misnamed, names

if TYPE_CHECKING:
    import pandas as pd

#: Elasticities of the model that a scenario may set.
ELASTICITIES = ("theta_level", "nu", "nu_old_share", "agg", "congestion", "eta", "public")
_KEYS = ("name", "description", "parent", "propositions", "levers", "closure", "elasticities", "vintage", "time")
#: The sections that set values, and what their keys are called.
_SECTIONS = {"levers": "lever", "closure": "account of the closure", "elasticities": "elasticity"}


@dataclass(frozen=True)
class Scenario:
    """What is changed against the base year, with everything inherited filled in."""

    id: str
    name: str
    name_zh: str
    description: str
    description_zh: str
    levers: Mapping[str, float]
    closure: Mapping[str, str]
    elasticities: Mapping[str, float]
    vintage: str  # '' for that of the world
    propositions: tuple[str, ...]
    lineage: tuple[str, ...]  # from the oldest ancestor to this one
    time: Calendar = field(default_factory=Calendar)

    def text(self, key: str, language: str = "en") -> str:
        """``name`` or ``description`` in the language."""
        return getattr(self, key if language == "en" else f"{key}_zh")

    def to_json(self) -> dict[str, Any]:
        """The scenario as plain data."""
        return {
            "id": self.id,
            "name": {"en": self.name, "zh": self.name_zh},
            "levers": dict(self.levers),
            "closure": dict(self.closure),
            "elasticities": dict(self.elasticities),
            "vintage": self.vintage,
            "propositions": list(self.propositions),
            "lineage": list(self.lineage),
            "time": self.time.to_json(),
        }


def scenarios(world: str = "northeast") -> list[str]:
    """Names of the scenarios that come with a world."""
    return names(library_of(world))


def load_scenario(source: str | Path, world: str = "northeast", cards: Mapping[str, Card] | None = None) -> Scenario:
    """Read a scenario and its ancestors.

    Arguments: ``source``, a name of the library or the path of a YAML file; ``world`` whose library and
    levers it is read against; ``cards``, another table of levers.
    Raises InputError with every problem of the file and its ancestors.
    """
    folder = library_of(world)
    path = find(str(source), folder, Path())
    if path is None:
        what = "is neither a file nor a scenario."
        unknown = Problem(f"scenario {shown(str(source))}", what, nearest(str(source), scenarios(world)))
        raise InputError([misnamed(str(source)) or unknown])
    allowed = _allowed(cards_of(world) if cards is None else cards)
    chain = ancestors(path, folder)
    problems: list[Problem] = []
    merged: dict[str, dict] = {section: {} for section in _SECTIONS}
    vintage, propositions, time = "", (), Calendar()
    for doc in chain:
        root = doc.root
        doc.known(root, _KEYS)
        name, name_zh = doc.both(root, "name")
        description, description_zh = doc.both(root, "description", required=False)
        for section, into in merged.items():
            _merge(doc, section, allowed[section], into)
        vintage = doc.text(root, "vintage", required=False, choices=_vintages()) or vintage
        propositions = doc.sequence(root, "propositions", is_proposition, _PROPOSITION) or propositions
        time = calendar.read(doc, time, allowed["levers"], lambda key: nearest(key, allowed["levers"]))
        problems += doc.problems
    if problems:
        raise refusal(problems)
    return Scenario(
        id=path.stem,
        name=name,
        name_zh=name_zh,
        description=description,
        description_zh=description_zh,
        levers=MappingProxyType(merged["levers"]),
        closure=MappingProxyType(merged["closure"]),
        elasticities=MappingProxyType(merged["elasticities"]),
        vintage=vintage,
        propositions=propositions,
        lineage=tuple(doc.path.stem for doc in chain),
        time=time,
    )


def check(scenario: Scenario, cards: Mapping[str, Card]) -> None:
    """Check a scenario however it was made, as ``load_scenario`` checks a file.

    Arguments: ``cards``, the levers that it may set.
    Raises InputError with every problem.
    """
    problems = []
    for section, allowed in _allowed(cards).items():
        entries = getattr(scenario, section)
        if not isinstance(entries, Mapping):
            problems.append((section, f"must be a mapping, not {shown(entries)}.", "Give keys and values."))
            continue
        found = ((key, _fault(section, key, value, allowed)) for key, value in entries.items())
        problems += [(f"{section}, {shown(key)}", *fault) for key, fault in found if fault]
    if not isinstance(scenario.vintage, str) or scenario.vintage not in ("", *_vintages()):
        problems.append(("vintage", f"cannot be {shown(scenario.vintage)}.", nearest(scenario.vintage, _vintages())))
    for item in scenario.propositions:
        if not is_proposition(item):
            problems.append(("propositions", f"{shown(item)} is not {_PROPOSITION}.", "Correct or remove it."))
    if problems:
        raise refusal([Problem(f"scenario {shown(scenario.id)}, {place}", *rest) for place, *rest in problems])


_PROPOSITION = "a proposition P1 to P65"


def _vintages() -> Sequence[str]:
    from citybelt.worlds import tables

    return tables.definition("common")["vintage"]


def _allowed(cards: Mapping[str, Card]) -> dict[str, dict[str, Any]]:
    """What may be set by section and key: one of the words of a closure, a number from low to high in a unit."""
    from citybelt.model.accounts import CLOSURES

    return {
        "levers": {id: (card.lower, card.upper, card.unit) for id, card in cards.items()},
        "closure": {part: tuple(words) for part, (_, words) in CLOSURES.items()},
        "elasticities": {symbol: (low, high, "") for symbol, (low, high) in elasticity_ranges().items()},
    }


def _fault(section: str, key: Any, value: Any, allowed: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with one entry of a section and what to do, None where nothing is."""
    if key not in allowed:
        return f"unknown {_SECTIONS[section]} {shown(key)}.", nearest(key, allowed)
    if section == "closure":
        words = allowed[key]
        right = isinstance(value, str) and value in words
        return None if right else (f"{key!r} cannot be {shown(value)}.", nearest(value, words))
    (low, high, unit), number = allowed[key], finite(value)
    if number != number:
        return f"{key!r} must be a finite number, not {shown(value)}.", "Write a number."
    if not low <= number <= high:
        what = f"{key!r} is {number:g}, outside its bounds {low:g} to {high:g} {unit}".rstrip()
        return f"{what}.", "Write a value inside them."
    return None


def _merge(doc: Document, section: str, allowed: Mapping[str, Any], into: dict[str, Any]) -> None:
    """Set what a document says in a section over what its ancestors said."""
    node = doc.mapping(doc.root, section)
    for key, value in node.items():
        if value is None and key in allowed:
            if key not in into:
                doc.problem(doc.at(node, key), f"{key!r} is removed, but no parent sets it.", "Remove the line.")
            into.pop(key, None)
            continue
        if fault := _fault(section, key, value, allowed):
            doc.problem(doc.at(node, key, value=key in allowed), *fault)
        into[str(key)] = str(value) if section == "closure" else finite(value)


def diff(a: Scenario, b: Scenario) -> pd.DataFrame:
    """What differs from scenario ``a`` to ``b``: a table of section, key and the two values (None: not set)."""
    import pandas as pd

    rows = []
    for section in ("levers", "closure", "elasticities"):
        old, new = getattr(a, section), getattr(b, section)
        rows += [
            (section, key, old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)
        ]
    if a.vintage != b.vintage:
        rows.append(("vintage", "", a.vintage, b.vintage))
    old, new = a.time.to_json(), b.time.to_json()
    rows += [("time", key, old[key], new[key]) for key in old if old[key] != new[key]]
    return pd.DataFrame(rows, columns=["section", "key", a.id, b.id] if a.id != b.id else ["section", "key", "a", "b"])


@cache
def elasticity_ranges() -> Mapping[str, tuple[float, float]]:
    """Elasticities that a scenario may set, by symbol, with the range of the table of elasticities."""
    import csv

    with (LIBRARY.parents[1] / "model" / "elasticities.csv").open(encoding="utf-8") as file:
        rows = {row["symbol"]: row for row in csv.DictReader(file) if not row["sector"]}
    found = {s: (float(rows[s]["low"]), float(rows[s]["high"])) for s in ELASTICITIES if s in rows}
    return MappingProxyType(found)
