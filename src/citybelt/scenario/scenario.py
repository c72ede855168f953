"""A scenario: a typed change over a parent scenario, read from a YAML file.

    name: {en: ..., zh: ...}
    description: {en: ..., zh: ...}
    parent: a name of the library, or a path beside this file      (optional)
    propositions: [P64]                                            (what it speaks to)
    levers: {clearance_japan_korea: 12}                            (in the lever's unit; null removes the parent's)
    closure: {capital: mobile}                                     (default closure where silent)
    elasticities: {nu: 2.0}                                        (default values where silent)
    vintage: "2021"                                                (of the data; that of the world where silent)

All problems of a file and of its ancestors are reported together, each with file, line and column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from citybelt.errors import InputError, Problem
from citybelt.scenario.card import LIBRARY, Card, cards_of, is_proposition, library_of
from citybelt.scenario.document import Document, nearest

if TYPE_CHECKING:
    import pandas as pd

#: Elasticities of the model that a scenario may set.
ELASTICITIES = ("theta_level", "nu", "nu_old_share", "agg", "congestion", "eta", "public")
_KEYS = ("name", "description", "parent", "propositions", "levers", "closure", "elasticities", "vintage")


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
        }


def scenarios(world: str = "northeast") -> list[str]:
    """Names of the scenarios that come with a world."""
    return _names(library_of(world))


def _names(folder: Path) -> list[str]:
    return sorted(p.stem for p in folder.glob("*.yaml") if p.stem not in ("levers", "library"))


def load_scenario(source: str | Path, world: str = "northeast", cards: Mapping[str, Card] | None = None) -> Scenario:
    """Read a scenario and its ancestors.

    Arguments: ``source``, a name of the library or the path of a YAML file; ``world`` whose library and
    levers it is read against; ``cards``, another table of levers.
    Raises InputError with every problem of the file and its ancestors.
    """
    from citybelt.model.accounts import CLOSURES
    from citybelt.worlds import tables

    folder = library_of(world)
    if cards is None:
        cards = cards_of(world)
    path = _find(str(source), folder)
    if path is None:
        raise InputError(
            [Problem(str(source), "is neither a file nor a scenario.", nearest(str(source), scenarios(world)))]
        )
    chain = _ancestors(path, folder)
    problems: list[Problem] = []
    merged: dict[str, dict] = {"levers": {}, "closure": {}, "elasticities": {}}
    vintage, propositions = "", ()
    elasticities = elasticity_ranges()
    vintages = tables.definition("common")["vintage"]
    for doc in chain:
        root = doc.root
        doc.known(root, _KEYS)
        name, name_zh = doc.both(root, "name")
        description, description_zh = doc.both(root, "description", required=False)
        _levers(doc, cards, merged["levers"])
        closure = doc.mapping(root, "closure")
        doc.known(closure, CLOSURES, "account of the closure")
        for part in closure:
            if part in CLOSURES:
                merged["closure"][part] = doc.text(closure, part, choices=CLOSURES[part][1])
        values = doc.mapping(root, "elasticities")
        doc.known(values, elasticities, "elasticity")
        for key in values:
            value = doc.number(values, key)
            low, high = elasticities.get(key, (value, value))
            if not low <= value <= high and value == value:
                doc.problem(
                    doc.at(values, key, value=True),
                    f"{key!r} is {value:g}, outside its range {low:g} to {high:g}.",
                    "Write a value inside it.",
                )
            merged["elasticities"][str(key)] = value
        vintage = doc.text(root, "vintage", required=False, choices=vintages) or vintage
        propositions = doc.sequence(root, "propositions", is_proposition, "a proposition P1 to P65") or propositions
        problems += doc.problems
    if problems:
        raise InputError(problems)
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
    )


def _find(name: str, folder: Path, beside: Path | None = None) -> Path | None:
    """The file that a name or path means: beside the file that mentions it, at hand, or in the library."""
    candidates = [beside / name] if beside else []
    candidates += [Path(name), folder / f"{name}.yaml"]
    for path in candidates:
        if path.is_file() and path.suffix in (".yaml", ".yml"):
            return path
    return None


def _ancestors(path: Path, folder: Path) -> list[Document]:
    """The documents from the oldest ancestor to ``path``. Raises on a missing parent or a cycle."""
    chain: list[Document] = []
    seen: list[Path] = []
    while True:
        doc = Document(path)
        chain.insert(0, doc)
        seen.append(path.resolve())
        parent = doc.text(doc.root, "parent", required=False)
        if not parent:
            return chain
        where = doc.at(doc.root, "parent", value=True)
        found = _find(parent, folder, beside=path.parent)
        if found is None:
            doc.problem(where, f"there is no parent {parent!r}.", nearest(parent, _names(folder)))
        elif found.resolve() in seen:
            names = " <- ".join(p.stem for p in [*seen, found.resolve()])
            doc.problem(where, f"the scenarios inherit in a circle: {names}.", "Remove one of the parents.")
        else:
            path = found
            continue
        raise InputError([p for d in chain for p in d.problems])


def _levers(doc: Document, cards: Mapping[str, Card], into: dict[str, float]) -> None:
    node = doc.mapping(doc.root, "levers")
    doc.known(node, cards, "lever")
    for id in node:
        if id not in cards:
            continue
        card = cards[id]
        if node[id] is None:
            if id not in into:
                doc.problem(doc.at(node, id), f"{id!r} is removed, but no parent sets it.", "Remove the line.")
            into.pop(id, None)
            continue
        value = doc.number(node, id)
        if value == value and not card.lower <= value <= card.upper:
            doc.problem(
                doc.at(node, id, value=True),
                f"{id!r} is {value:g}, outside its bounds {card.lower:g} to {card.upper:g} {card.unit}.",
                "Write a value inside them.",
            )
        into[str(id)] = value


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
    return pd.DataFrame(rows, columns=["section", "key", a.id, b.id] if a.id != b.id else ["section", "key", "a", "b"])


def elasticity_ranges() -> Mapping[str, tuple[float, float]]:
    """Elasticities that a scenario may set, by symbol, with the range of the table of elasticities."""
    import csv

    with (LIBRARY.parents[1] / "model" / "elasticities.csv").open(encoding="utf-8") as file:
        rows = {row["symbol"]: row for row in csv.DictReader(file) if not row["sector"]}
    return {s: (float(rows[s]["low"]), float(rows[s]["high"])) for s in ELASTICITIES if s in rows}
