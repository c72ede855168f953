"""The plan file: a YAML document that says what a planner asks for.

    name: {en: ..., zh: ...}
    description: {en: ..., zh: ...}
    parent: a name of the library, or a file beside this one       (optional)
    objective: cluster                                             (nation, {maximin: provinces}, {concave: ...})
    budget: {share: 0.005}                                         (of GDP; or {total: 25} billions a year)
    payers: {centre: 10, city: 5}                                  (most that each may spend, billions a year)
    floor: 1.0                                                     (people and output every province keeps)
    targets: {output: {210000: {least: 1.01, by: 2030}}, co2: {most: 0.98}}
    excluded: [lever]  include: [lever]  whole: [lever]  after: {lever: [lever]}  not_with: [[lever, lever]]
    projects: {id: card}, or a table in CSV or Excel beside this file
    starts: 3  start: 2026                                         (far starts; first year, a label)

What a file says goes before what its parent says, entry by entry in mappings and as a whole in lists; null takes out
an entry of the parent. Regions are given by id, or by a name that only one of them has. All problems of a file and
of its ancestors are reported together, each with file, line and column.
"""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from citybelt.errors import InputError, Problem
from citybelt.plan.asked.brief import OF_GROUP, Brief, Target
from citybelt.plan.asked.brief_check import faults
from citybelt.plan.asked.places import Places, places
from citybelt.scenario.card import cards_of, library_of
from citybelt.scenario.document import Document, finite, nearest, refusal, shown
from citybelt.scenario.lineage import ancestors, find, misnamed, names
from citybelt.security.table import SECURITIES

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset

_KEYS = (
    "name description parent objective budget payers floor targets "
    "excluded include whole after not_with projects starts start"
).split()
_TARGET = ("least", "most", "name", "by", "owner")
_LISTS = ("excluded", "include", "whole")


def plans(world: str = "northeast") -> list[str]:
    """Names of the plans that come with a world."""
    return names(library_of(world) / "plans")


def read(source: str | Path, dataset: Dataset) -> Brief:
    """The brief of a plan file and its ancestors; see ``brief.load_brief``."""
    folder = library_of(dataset.name) / "plans"
    path = find(str(source), folder, Path())
    if path is None:
        what = "is neither a file nor a plan."
        unknown = Problem(f"plan {shown(str(source))}", what, nearest(str(source), names(folder)))
        raise InputError([misnamed(str(source)) or unknown])
    chain = ancestors(path, folder, "plans")
    reading = _Reading(dataset)
    for doc in chain:
        reading.add(doc)
    problems = [p for doc in chain for p in doc.problems]
    brief = reading.brief(chain)
    cards, year = cards_of(dataset.name), dataset.base_year
    problems += [Problem(reading.place(at), what, do) for at, what, do in faults(brief, reading.at, cards, year)]
    if problems:
        raise refusal(problems)
    return brief


class _Reading:
    """What the documents said so far, and where."""

    def __init__(self, dataset: Dataset):
        self.dataset = dataset
        self.at: Places = places(dataset)
        self.said: dict[str, Any] = {}
        self.maps: dict[str, dict] = {"payers": {}, "after": {}, "weights": {}, "targets": {}, "projects": {}}
        self.from_: dict[str, Document] = {}  # row of a target: the document that set it last
        self.spots: dict[tuple[str, ...], str] = {}

    def add(self, doc: Document) -> None:
        """Set what a document says over what its ancestors said."""
        root = doc.root
        doc.known(root, _KEYS)
        self.spots[()] = doc.at(root)
        for key in _KEYS:
            if key in root:
                self.spots[(key,)] = doc.at(root, key, value=True)
        self.said["name"], self.said["name_zh"] = doc.both(root, "name")
        self.said["description"], self.said["description_zh"] = doc.both(root, "description", required=False)
        if "objective" in root:
            self._objective(doc, root)
        if "budget" in root:
            self._budget(doc, doc.mapping(root, "budget", required=True))
        self._payers(doc)
        for key in ("floor", "starts", "start"):
            if key in root:
                self._number(doc, root, key, key)
        for kind, node in doc.mapping(root, "targets").items():
            self._targets(doc, doc.root["targets"], kind, node)
        for key in _LISTS:
            if key in root:
                self.said[key] = self._levers(doc, root, key, (key,))
        self._after(doc)
        if "not_with" in root:
            self._not_with(doc)
        if root.get("projects") is not None:
            self._projects(doc)

    def brief(self, chain: list[Document]) -> Brief:
        """The brief of all that was said."""
        known = {f.name for f in fields(Brief)}
        from citybelt.scenario.project import rules

        targets = tuple(t for group in self.maps["targets"].values() for t in group)
        whole, after, apart = rules(self.maps["projects"])  # what projects say themselves
        for id, needs in after.items():
            self.spots.setdefault(("after", id), self.spots["projects", id])
            self.maps["after"][id] = tuple(dict.fromkeys((*self.maps["after"].get(id, ()), *needs)))
        if whole and ("projects",) in self.spots:
            self.spots.setdefault(("whole",), self.spots["projects",])
        said = self.said.get("whole", ())
        self.said["whole"] = (*said, *(id for id in whole if id not in said))
        self.said["not_with"] = (*self.said.get("not_with", ()), *apart)
        held: dict[str, Any] = {key: MappingProxyType(said) for key, said in self.maps.items() if key != "targets"}
        return replace(
            Brief(id=chain[-1].path.stem, lineage=tuple(doc.path.stem for doc in chain)),
            **{key: value for key, value in self.said.items() if key in known},
            **held,
            targets=targets,
        )

    def place(self, path: tuple[str, ...]) -> str:
        """Where a fault stands: the nearest thing that some document says."""
        while path not in self.spots and path:
            path = path[:-1]
        return self.spots[path]

    def _number(self, doc: Document, node: dict, key: Any, into: str, path: tuple[str, ...] = ()) -> bool:
        """Set a number where it is one; whether it is."""
        number = doc.number(node, key)
        if number != number:
            return False
        self.spots[path or (into,)] = doc.at(node, key, value=True)
        self.said[into] = int(number) if into in ("starts", "start") and number.is_integer() else number
        return True

    def _objective(self, doc: Document, root: dict) -> None:
        value = root["objective"]
        if isinstance(value, str):
            self.said |= {"objective": str(value), "aversion": 0.0}
            self.maps["weights"] = {}
            return
        if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in ("maximin", "concave"):
            what = f"'objective' cannot be {shown(value)}."
            do = "Write cluster, nation, {maximin: provinces}, {maximin: cities} or {concave: {aversion: 1}}."
            doc.problem(doc.at(root, "objective", value=True), what, do)
            return
        if "maximin" in value:
            groups = doc.text(value, "maximin", choices=("provinces", "cities"))
            if groups in ("provinces", "cities"):
                self.said |= {"objective": f"maximin:{groups}", "aversion": 0.0}
            self.maps["weights"] = {}
            return
        node = doc.mapping(value, "concave", required=True)
        doc.known(node, ("aversion", "weights"))
        self.said["objective"] = "concave"
        self._number(doc, node, "aversion", "aversion", ("objective", "aversion"))
        weights = doc.mapping(node, "weights")
        for key in weights:
            group, number = self._group(key), doc.number(weights, key)
            self.spots[("objective", "weights", group)] = doc.at(weights, key)
            if number == number:
                self.maps["weights"][group] = number

    def _budget(self, doc: Document, node: dict) -> None:
        doc.known(node, ("share", "total"))
        if not node:
            return
        self.said |= {"share": None, "total": None}
        for key in ("share", "total"):
            if key in node and not self._number(doc, node, key, key, ("budget", key)):
                self.said |= {"share": Brief.share, "total": None}  # a fault of its own; nothing more to say of it

    def _payers(self, doc: Document) -> None:
        node = doc.mapping(doc.root, "payers")
        if "payers" in doc.root:
            self.spots[("budget", "payers")] = doc.at(doc.root, "payers")
        for key in node:
            if node[key] is None:
                self._remove(doc, node, key, self.maps["payers"], str(key))
                continue
            number = doc.number(node, key)
            if number == number:
                self.maps["payers"][str(key)] = number
                self.spots[("budget", "payers", str(key))] = doc.at(node, key)

    def _targets(self, doc: Document, node: dict, kind: Any, value: Any) -> None:
        if kind not in (*OF_GROUP, "co2", "inequality", "land", "securities"):
            known = (*OF_GROUP, "co2", "inequality", "land", "securities")
            doc.problem(doc.at(node, kind), f"unknown target {shown(kind)}.", nearest(kind, known))
        elif kind in ("co2", "inequality", "land"):
            self._target(doc, node, kind, kind)
        else:
            inner = doc.mapping(node, kind)
            if kind == "securities":
                doc.known(inner, SECURITIES, "security")
            for key in inner:
                if kind == "securities" and key not in SECURITIES:
                    continue
                name = f"security:{key}" if kind == "securities" else f"{kind}:{self._group(key)}"
                self._target(doc, inner, key, name)

    def _target(self, doc: Document, node: dict, key: Any, row: str) -> None:
        held = self.maps["targets"]
        if node[key] is None:
            self._remove(doc, node, key, held, row)
            return
        entry = doc.mapping(node, key)
        if not isinstance(node[key], dict):
            return
        now = ("most_of_now",) if row.startswith("security:") else ()
        doc.known(entry, (*_TARGET, *now))
        given = [sense for sense in ("least", "most", *now) if sense in entry]
        if not given or {"most", "most_of_now"} <= set(given):
            do = "Write one of `most` and `most_of_now`." if now else "Write `least:` or `most:` and a number."
            doc.problem(doc.at(node, key), f"{key!r} has {'two limits' if given else 'no limit'}.", do)
            return
        en, zh = doc.both(entry, "name", required=False)
        by, owner = self._by(doc, entry), self._owner(doc, entry)
        found = []
        for sense in given:
            value = doc.number(entry, sense)
            plain: Any = "most" if sense == "most_of_now" else sense
            path = ("targets", row, plain)
            self.spots |= {path: doc.at(node, key), (*path, "sense"): doc.at(entry, sense)}
            self.spots[*path, "value"] = doc.at(entry, sense, value=True)
            self.spots |= {(*path, part): doc.at(entry, part, value=True) for part in ("by", "owner") if part in entry}
            if value == value:
                found.append(Target(row, plain, value, sense == "most_of_now", en, zh, by, owner))
        if self.from_.get(row) is doc:
            doc.problem(doc.at(node, key), f"{row} is given twice.", "Keep one of them.")
        held[row], self.from_[row] = found, doc

    @staticmethod
    def _by(doc: Document, entry: dict) -> int:
        value = entry.get("by", 0)
        number = finite(int(value) if isinstance(value, str) and value.isdecimal() else value)
        if number != number or not number.is_integer():
            what = f"'by' must be a year, not {shown(value)}."
            doc.problem(doc.at(entry, "by", value=True), what, "Write a year such as 2030.")
            return 0
        return int(number)

    def _owner(self, doc: Document, entry: dict) -> str:
        if "owner" not in entry:
            return ""
        value = entry["owner"]
        if isinstance(value, int) and not isinstance(value, bool):  # an id without quotes
            return str(value)
        text = doc.text(entry, "owner")
        return self.at.find(text) or text if text else ""

    def _group(self, key: Any) -> str:
        return self.at.find(key) or str(key)

    def _levers(self, doc: Document, node: Any, key: Any, path: tuple[str, ...]) -> tuple[str, ...]:
        """The ids of a list, which stands in a mapping or in a list."""
        value = node[key]
        if not isinstance(value, list):
            doc.problem(doc.at(node, key, value=True), f"{key!r} must be a list.", "Write `[first, second]`.")
            return ()
        self.spots |= {(*path, str(k)): doc.at(value, k) for k in range(len(value))}
        for k, item in enumerate(value):
            if not isinstance(item, str):
                doc.problem(doc.at(value, k), f"{shown(item)} is not the id of a lever.", "Correct or remove it.")
        return tuple(str(item) for item in value if isinstance(item, str))

    def _after(self, doc: Document) -> None:
        node = doc.mapping(doc.root, "after")
        for key in node:
            if node[key] is None:
                self._remove(doc, node, key, self.maps["after"], str(key))
                continue
            self.spots["after", str(key)] = doc.at(node, key)
            self.maps["after"][str(key)] = self._levers(doc, node, key, ("after", str(key)))

    def _not_with(self, doc: Document) -> None:
        groups = doc.sequence(doc.root, "not_with", lambda item: isinstance(item, list), "a list of levers")
        for k, group in enumerate(groups):
            self.spots["not_with", str(k)] = doc.at(group)
        self.said["not_with"] = tuple(self._levers(doc, groups, k, ("not_with", str(k))) for k in range(len(groups)))

    def _projects(self, doc: Document) -> None:
        from citybelt.plan.asked.project_table import table
        from citybelt.scenario.project import project_cards

        root, held = doc.root, self.maps["projects"]
        x = self.dataset.x
        sectors = tuple(str(s) for s in x.sector.values)
        home = tuple(str(r) for r, abroad in zip(x.region.values, x.foreign.values, strict=True) if not abroad)
        source: Any = doc
        if isinstance(root["projects"], str):
            source = table(doc, root, "projects")
            node = source.root
        else:
            node = doc.mapping(root, "projects")
            for key in [key for key in node if node[key] is None]:
                self._remove(doc, node, key, held, str(key))
                del node[key]
        self.spots |= {("projects", str(key)): source.at(node, key) for key in node}
        held |= project_cards(source, node, sectors, home) if node else {}
        if source is not doc:
            doc.problems += source.problems

    def _remove(self, doc: Document, node: dict, key: Any, held: dict, name: str) -> None:
        if name not in held:
            doc.problem(doc.at(node, key), f"{shown(key)} is removed, but no parent sets it.", "Remove the line.")
        held.pop(name, None)
