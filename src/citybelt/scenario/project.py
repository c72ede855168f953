"""A planner's own projects: what each costs, how long it takes and what is there afterwards, as cards of levers.

    id:
      name: {en: ..., zh: ...}
      type: port                      (see project_types.csv: what is bought, life, upkeep, where nothing is said)
      regions: ["210200"]
      cost: {centre: 4, city: 8}      (billions once, at prices of the base year)
      build_years: 4
      brings:                         (one or more; what is there once it is built)
        productivity: {sectors: [transp], percent: 3}
        travel: {cities: ["210200", "210100"], minutes: 20, sectors: manufacturing}    (or percent off)
        housing_land: 300             (hectares)
        industry_land: {sectors: manufacturing, hectares: 500}
        skills: 0.5                   (percent, of those who live there)
        amenity: 0.2                  (percent of income that living there is worth more)
        clearance: {partners: [JPN, KOR], hours: 4, sectors: manufacturing}
      source: "feasibility study of 2024, table 7"
      whole: true   after: [lever]   not_with: [lever]   earliest: 2027

A value of 100 is the whole project; where ``whole`` is false a part brings its share. Without a ``source`` the effect
is the planner's word: the lever is an "if", which a plan that lists it uses all the same. Of the cost the planner's
number is the central one; its high end is the average overrun of such projects (``project_types.csv``). Of the effect
the range is half to 1.2 of what is said, unless ``range`` says otherwise: an assumption, since no study was found that
holds such forecasts against what came.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from citybelt.dims import PAYERS
from citybelt.scenario.card import Bend, Card, Project
from citybelt.scenario.document import Document, nearest, shown
from citybelt.scenario.evidence import Range
from citybelt.scenario.instruments import GROUPS

WHOLE = 100.0  #: the value of a project that is built
EFFECT = Range(0.5, 1.0, 1.2)  #: of an effect relative to what is said
_KEYS = (
    "name description type regions cost build_years life upkeep buys brings source design range whole after not_with "
    "earliest"
).split()
_BRINGS = ("productivity", "travel", "housing_land", "industry_land", "skills", "amenity", "clearance")
_PARTS = {
    "productivity": "sectors percent",
    "travel": "cities minutes percent sectors",
    "industry_land": "sectors hectares",
    "clearance": "partners hours sectors",
}
_ONE = Range(1.0, 1.0, 1.0)


@cache
def types() -> Mapping[str, Mapping[str, str]]:
    """Rows of project_types.csv by type."""
    with (Path(__file__).parent / "project_types.csv").open(encoding="utf-8") as file:
        return MappingProxyType({row["type"]: row for row in csv.DictReader(file)})


def project_cards(doc: Document, node: dict, sectors: Sequence[str], home: Sequence[str]) -> dict[str, Card]:
    """The cards of projects by id.

    Args:
        doc: the file that they stand in, which takes the problems found; a YAML document or a ``project_table``.
        node: id: what is said of the project.
        sectors: ids of the world's sectors; home: of its home regions.

    Returns:
        A card for each project that could be read; where ``doc.problems`` grew, not to be used.
    """
    found = {}
    for id in node:
        if not isinstance(node[id], dict):
            doc.problem(doc.at(node, id), f"project {shown(id)} must be a mapping.", "Write `key: value` lines.")
        elif not isinstance(id, str) or not id.isidentifier():
            doc.problem(doc.at(node, id), f"{shown(id)} is no id.", "Use letters, digits and underscores.")
        else:
            found[str(id)] = _Reader(doc, node[id], tuple(sectors), tuple(home)).card(str(id))
    return found


def rules(cards: Mapping[str, Card]) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]], tuple[tuple[str, ...], ...]]:
    """What projects say of one another and of levers: ids built whole, what each comes after, sets of which one is
    used."""
    own = {id: card.project for id, card in cards.items() if card.project}
    whole = tuple(id for id, p in own.items() if p.whole)
    after = {id: p.after for id, p in own.items() if p.after}
    apart = tuple(dict.fromkeys(tuple(sorted((id, other))) for id, p in own.items() for other in p.not_with))
    return whole, after, apart


class _Reader:
    """One project of a document."""

    def __init__(self, doc: Document, node: dict, sectors: tuple[str, ...], home: tuple[str, ...]):
        self.doc, self.node, self.sectors, self.home = doc, node, sectors, home

    def card(self, id: str) -> Card:
        doc, node = self.doc, self.node
        doc.known(node, _KEYS)
        name, name_zh = doc.both(node, "name")
        description, description_zh = doc.both(node, "description", required=False)
        kind = types().get(self._type(), {})
        cost = self._cost()
        years = self._positive(node, "build_years", 1.0)
        source = doc.text(node, "source", required=False)
        design = doc.text(node, "design", required=False, choices=("identified", "associational", "assumed"))
        if design not in ("", "assumed") and not source:
            doc.problem(doc.at(node, "design"), f"'design' is {design!r} without a source.", "Name the `source`.")
        overrun = Range(*(float(kind.get(k, 1)) if k else 1.0 for k in ("overrun_low", "", "overrun_high")))
        project = Project(
            total=MappingProxyType(cost),
            build_years=years,
            life=self._positive(node, "life", float(kind.get("life", 30)), required=False),
            upkeep=self._positive(node, "upkeep", float(kind.get("upkeep", 0)), required=False, zero=True),
            overrun=self._range("cost", overrun),
            size=self._range("effect", EFFECT),
            stated=source,
            design=design or "assumed",
            whole=self._truth("whole"),
            after=self._ids("after"),
            not_with=self._ids("not_with"),
            earliest=self._year(),
        )
        all_cost = sum(cost.values())
        return Card(
            id=id,
            kind="project",
            name=name,
            name_zh=name_zh,
            description=description or name,
            description_zh=description_zh or name_zh,
            theme="project",
            unit="% built",
            unit_zh="建成%",
            lower=0.0,
            upper=WHOLE,
            payers=MappingProxyType({p: c / all_cost for p, c in cost.items()} if all_cost else {}),
            buys=MappingProxyType(self._buys(kind)),
            lag_years=years,
            effect="",
            times=(),
            full=False,
            cost=MappingProxyType({}),
            upkeep="",
            response=Bend(_ONE),
            charge=Bend(_ONE),
            cap="the whole project",
            cap_zh="整个项目",
            where=MappingProxyType({"regions": self._regions(node, "regions"), "brings": self._brings()}),
            propositions=(),
            source=doc.at(node),
            project=project,
        )

    def _type(self) -> str:
        doc, node = self.doc, self.node
        word = doc.text(node, "type", required=False)
        if word and word not in types():
            doc.problem(doc.at(node, "type", value=True), f"unknown type {shown(word)}.", nearest(word, types()))
        return word or "other"

    def _positive(self, node: dict, key: str, default: float, required: bool = True, zero: bool = False) -> float:
        number = self.doc.number(node, key, default, required)
        if key in node and (number < 0 or (number == 0 and not zero)):
            what = f"{key!r} must be {'zero or more' if zero else 'positive'}, not {shown(node[key])}."
            self.doc.problem(self.doc.at(node, key, value=True), what, "Correct the number.")
            return default
        return number

    def _cost(self) -> dict[str, float]:
        doc = self.doc
        node = doc.mapping(self.node, "cost", required=True)
        doc.known(node, PAYERS, "payer")
        cost = {str(p): self._positive(node, p, 0.0, zero=True) for p in node if p in PAYERS}
        if isinstance(self.node.get("cost"), dict) and not sum(cost.values()) > 0:
            doc.problem(doc.at(self.node, "cost"), "the project costs nothing.", "Give billions by payer.")
        return {p: c for p, c in cost.items() if c > 0}

    def _buys(self, kind: Mapping[str, str]) -> dict[str, float]:
        doc = self.doc
        if "buys" not in self.node:
            pairs = (item.split(":") for item in kind.get("buys", "").split(";") if item)
            shares = {product: float(share) for product, share in pairs}
            lacking = [s for s in shares if s not in self.sectors]
            if lacking:
                doc.problem(
                    doc.at(self.node), f"this world has no sector {lacking[0]!r}.", "Give what is bought: `buys`."
                )
            return shares
        node = doc.mapping(self.node, "buys")
        doc.known(node, self.sectors, "sector")
        shares = {str(s): self._positive(node, s, 0.0, zero=True) for s in node if s in self.sectors}
        if abs(sum(shares.values()) - 1) > 1e-9:
            what = f"the shares of 'buys' sum to {sum(shares.values()):g}, not 1."
            doc.problem(doc.at(self.node, "buys"), what, "Correct the shares.")
        return shares

    def _range(self, key: str, default: Range) -> Range:
        doc, node = self.doc, self.doc.mapping(self.node, "range")
        doc.known(node, ("cost", "effect"))
        if key not in node:
            return default
        value = node[key]
        ends = [doc.number(value, k) for k in range(3)] if isinstance(value, list) and len(value) == 3 else []
        if not ends or not 0 < ends[0] <= ends[1] <= ends[2]:
            what = f"the range of the {key} must be [low, central, high], above 0 and in order."
            doc.problem(doc.at(node, key, value=True), what, "Write three numbers relative to what is said.")
            return default
        return Range(*ends)

    def _truth(self, key: str) -> bool:
        value = self.node.get(key, True)
        if not isinstance(value, bool):
            self.doc.problem(self.doc.at(self.node, key, value=True), f"{key!r} must be true or false.", "Write one.")
        return value is not False

    def _ids(self, key: str) -> tuple[str, ...]:
        return self.doc.sequence(self.node, key, lambda s: isinstance(s, str) and bool(s), "the id of a lever")

    def _year(self) -> int:
        year = self.doc.number(self.node, "earliest", 0.0, required=False)
        if year and (year != int(year) or not 1900 < year < 2200):
            what = f"'earliest' is no year: {shown(self.node['earliest'])}."
            self.doc.problem(self.doc.at(self.node, "earliest", value=True), what, "Write a year.")
            return 0
        return int(year)

    def _regions(self, node: dict, key: str, least: int = 1) -> tuple[str, ...]:
        doc = self.doc
        found = doc.sequence(node, key, lambda r: isinstance(r, str) and r in self.home, "the id of a home region")
        if len(found) < least and not (isinstance(node.get(key), list) and len(node[key]) >= least):
            what = f"{key!r} needs {least if least > 1 else 'a'} region{'s' if least > 1 else ''}."
            doc.problem(doc.at(node, key) if key in node else doc.at(node), what, 'Write `["210100"]`.')
        return tuple(str(r) for r in found)

    def _sectors(self, node: dict) -> tuple[str, ...]:
        """A list of ids, the name of a coarse group, or "all"; all where nothing is said."""
        value, doc = node.get("sectors", "all"), self.doc
        if isinstance(value, str):
            if value == "all":
                return self.sectors
            if value in GROUPS:
                return tuple(s for s in GROUPS[value][2] if s in self.sectors)
            words = ("all", *GROUPS, *self.sectors)
            if value not in self.sectors:
                doc.problem(doc.at(node, "sectors", value=True), f"no sectors {value!r}.", nearest(value, words))
            return (value,)
        return doc.sequence(node, "sectors", lambda s: isinstance(s, str) and s in self.sectors, "a sector")

    def _brings(self) -> Mapping[str, Any]:
        """What is there afterwards; percents as logarithms."""
        doc = self.doc
        node = doc.mapping(self.node, "brings", required=True)
        doc.known(node, _BRINGS)
        if "brings" in self.node and not any(k in node for k in _BRINGS):
            doc.problem(
                doc.at(self.node, "brings"), "the project brings nothing.", f"Give one of {', '.join(_BRINGS)}."
            )
        found: dict[str, Any] = {}
        for key in _BRINGS:
            if key not in node:
                continue
            if key in ("skills", "amenity"):
                found[key] = self._percent(node, key)
            elif key == "housing_land":
                found[key] = self._positive(node, key, 0.0)
            else:
                part = doc.mapping(node, key, required=True)
                doc.known(part, _PARTS[key].split())
                found[key] = self._part(key, part)
        return MappingProxyType(found)

    def _percent(self, node: dict, key: str) -> float:
        """log(1 + percent / 100)."""
        percent = self.doc.number(node, key, 0.0)
        if not -100 < percent < 1000:
            self.doc.problem(self.doc.at(node, key, value=True), f"{percent:g} % is out of range.", "Correct it.")
            return 0.0
        return math.log1p(percent / 100)

    def _part(self, key: str, part: dict) -> Mapping[str, Any]:
        doc, sectors = self.doc, self._sectors(part)
        if key == "productivity":
            return {"sectors": sectors, "log": self._percent(part, "percent")}
        if key == "industry_land":
            return {"sectors": sectors, "hectares": self._positive(part, "hectares", 0.0)}
        if key == "clearance":
            partners = doc.sequence(part, "partners", lambda r: isinstance(r, str), "the id of a partner")
            if not partners:
                doc.problem(doc.at(part), "'partners' is missing.", "Name partners, as in `[JPN]`.")
            return {"sectors": sectors, "partners": partners, "hours": self._positive(part, "hours", 0.0)}
        cities = self._regions(part, "cities", 2)
        if ("minutes" in part) == ("percent" in part):
            doc.problem(doc.at(part), "'travel' needs either minutes or percent.", "Give one of them.")
        if "percent" in part:
            percent = self._positive(part, "percent", 0.0)
            if percent >= 100:
                doc.problem(doc.at(part, "percent", value=True), "a price can't fall by all of it.", "Correct it.")
                percent = 0.0
            return {"sectors": sectors, "cities": cities, "log": math.log1p(-percent / 100)}
        return {"sectors": sectors, "cities": cities, "minutes": self._positive(part, "minutes", 0.0, required=False)}
