"""The card of a lever: everything about it that is words and numbers, before a world is known.

Cards stand in ``library/<name>/levers.yaml``. A lever bends through one family of functions (``bend`` in
``levers.py``): its response with an exponent of at most one, its cost with an exponent of at least one. A
card whose response and cost are both straight must say why its upper bound is a cap of nature (``cap``): a
linear cost without a cap would let a plan buy without end, and is refused. A lever is an "if", and stays out of
the headline plan, when its effect is assumed, when all of its costs are, or when its card says why (``assumed``).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from citybelt.dims import PAYERS
from citybelt.errors import InputError, Problem
from citybelt.scenario import evidence
from citybelt.scenario.document import Document, finite
from citybelt.scenario.evidence import Range

LIBRARY = Path(__file__).parent / "library"

#: Keys of ``where`` that each kind of lever must have (first) and may have (second).
KINDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    kind: (frozenset(need.split()), frozenset(may.split()))
    for kind, need, may in (
        ("rail", "line decay sectors", ""),
        ("road", "cities speed_kmh sectors", ""),
        ("clearance", "partners import_hours export_hours crossings sectors", "regions cluster"),
        ("tariff", "partners crossings sectors", ""),
        ("border", "sectors", "regions cluster"),
        ("registration", "", "regions cluster"),
        ("land", "m2_per_head sectors farm_sectors", "regions cluster"),
        ("land_price", "m2_per_head production sectors farm_sectors", "regions cluster"),
        ("quota", "sellers buyers price reclaim m2_per_head sectors farm_sectors", ""),
        ("research", "depreciation sectors spenders", "regions cluster"),
        ("innovation_centre", "depreciation sectors spenders land", "regions cluster"),
        ("training", "years away", "regions cluster"),
        ("services", "users sectors", "regions cluster"),
        ("approvals", "sectors", "regions cluster"),
        ("schooling", "years away", "regions cluster"),
        ("entry", "residents_per_office sectors", "regions cluster"),
        ("ownership", "state_share redundant sectors", "regions cluster"),
        ("carbon", "full_price", "regions cluster"),
        ("subsidy", "sectors", "regions cluster"),
        ("transfer", "givers takers", ""),
        ("finance", "stock", "regions cluster"),
        ("placebo", "", "regions cluster"),
    )
}


@dataclass(frozen=True)
class Bend:
    """Curvature: the exponent, and the value at which it is felt (None: given by the kind of lever)."""

    exponent: Range
    scale: float | None = None
    source: str = ""  # id in effects.csv of the exponent, '' if the card gives it


@dataclass(frozen=True)
class Project:
    """What a planner says of a project, in place of the tables of effects and costs; see ``project.py``."""

    total: Mapping[str, float]  # payer -> bn CNY once, at prices of the base year
    build_years: float
    life: float  # years over which it is paid back
    upkeep: float  # yearly share of the total
    overrun: Range  # of the cost, relative to what is said
    size: Range  # of the effect, relative to what is said
    stated: str = ""  # where the effect is from, '' for the planner's own word
    design: str = "assumed"  # of the effect: identified, associational or assumed
    whole: bool = True  # built whole or not at all
    after: tuple[str, ...] = ()  # levers without which it may not be built
    not_with: tuple[str, ...] = ()  # levers of which none may be used with it
    earliest: int = 0  # first year in which building may begin, a label; 0 for any


@dataclass(frozen=True, eq=False)
class Card:
    """One lever as words and numbers. Values are in ``unit``; the payers' shares sum to one."""

    id: str
    kind: str
    name: str
    name_zh: str
    description: str
    description_zh: str
    theme: str
    unit: str
    unit_zh: str
    lower: float
    upper: float
    payers: Mapping[str, float]
    buys: Mapping[str, float]  # product -> share of the purchase; of what a year takes, where ``builds`` is apart
    lag_years: float
    effect: str  # id in effects.csv; '' for a lever that is itself a price of the model
    times: tuple[str, ...]  # ids in effects.csv of shares that the effect is multiplied by
    full: bool  # whether the effect is that of the whole programme, at the upper bound; else of the first unit
    cost: Mapping[str, float]  # id in costs.csv -> years it lasts, 0 for a yearly expense
    upkeep: str  # id in costs.csv of a yearly share of the capital cost, '' for none
    response: Bend
    charge: Bend
    cap: str  # why the upper bound is a cap, '' if it is a choice
    cap_zh: str
    where: Mapping[str, Any]
    propositions: tuple[str, ...]
    assumed: str = ""  # why the lever stays out of the headline although its effect has a source
    assumed_zh: str = ""
    caveat: str = ""  # what its numbers leave out
    caveat_zh: str = ""
    source: str = field(default="", compare=False)  # file:line
    project: Project | None = None  # what a planner's own project costs and rests on, in place of the tables
    builds: Mapping[str, float] = field(default_factory=dict)  # product -> share of what building it buys, {} for buys
    building_years: float = 0.0  # of what is built first and then runs, with a lag of its own; 0 where the lag is that

    def text(self, key: str, language: str = "en") -> str:
        """``name``, ``description``, ``unit``, ``cap``, ``assumed`` or ``caveat`` in the language."""
        return getattr(self, key if language == "en" else f"{key}_zh")

    @property
    def size(self) -> Range:
        """The effect of the evidence times its shares; one for a lever that is itself a price."""
        effects = evidence.effects()
        if self.project:
            return self.project.size
        if not self.effect:
            return Range(1.0, 1.0, 1.0)
        size = effects[self.effect].size
        for share in self.times:
            size = size * effects[share].size
        return size

    @property
    def build_years(self) -> float:
        """Years over which an investment is spent, evenly, before it works; 0 for a yearly expense."""
        if self.project:
            return self.project.build_years
        return (self.building_years or self.lag_years) if any(self.cost.values()) else 0.0

    def reason(self, language: str = "en") -> str:
        """Why the lever is an "if" and stays out of the headline plan; '' if it does not."""
        effect = evidence.effects().get(self.effect)
        found = [self.text("assumed", language)]
        if self.project:
            found += [] if self.project.stated else [_REASONS["stated"][language]]
            return found[-1]
        if effect is not None and effect.design == "assumed":
            found.append(_REASONS["effect"][language])
        if all(evidence.costs()[c].assumed for c in self.cost):
            found.append(_REASONS["cost"][language])
        return " ".join(filter(None, found)) if language == "en" else "".join(filter(None, found))


_REASONS = {
    "stated": {"en": "Its effect is stated by the planner, without a source.", "zh": "其效应为规划者所述，没有出处。"},
    "effect": {"en": "Its effect is assumed, not estimated.", "zh": "其效应为假设，并非估计。"},
    "cost": {"en": "Its cost is assumed, without a source.", "zh": "其成本为假设，没有出处。"},
}


_KEYS = (
    "kind name description theme unit lower upper payers buys lag_years effect times full cost upkeep "
    "response charge cap where propositions assumed caveat builds build_years"
).split()


def _range(doc: Document, node: dict, key: str) -> Range:
    value = node.get(key)
    if isinstance(value, str):  # the id of a published or assumed curvature
        effect = evidence.effects().get(doc.text(node, key, choices=evidence.effects()))
        return effect.size if effect else Range(1.0, 1.0, 1.0)
    ends = [finite(v) for v in (value if isinstance(value, list) else [value] * 3)]
    if len(ends) != 3 or not ends[0] <= ends[1] <= ends[2]:  # also where one is no finite number
        where = doc.at(node, key, value=True) if key in node else doc.at(node)
        doc.problem(where, f"{key!r} must be [low, central, high] in order.", "Write three numbers.")
        return Range(1.0, 1.0, 1.0)
    return Range(*ends)


def _bend(doc: Document, node: dict, key: str) -> Bend:
    if key not in node:
        return Bend(Range(1.0, 1.0, 1.0))
    bend = doc.mapping(node, key)
    if not bend:
        return Bend(Range(1.0, 1.0, 1.0))
    doc.known(bend, ("exponent", "scale"))
    scale = doc.number(bend, "scale", required=False)
    if scale == scale and scale <= 0:
        doc.problem(doc.at(bend, "scale", value=True), "'scale' must be positive.", "Write a positive number.")
    source = bend.get("exponent")
    return Bend(
        _range(doc, bend, "exponent"),
        None if scale != scale else scale,
        str(source) if isinstance(source, str) else "",
    )


def _shares(doc: Document, node: dict, key: str, known: tuple[str, ...], what: str) -> Mapping[str, float]:
    shares = doc.mapping(node, key, required=True)
    doc.known(shares, known, what)
    values = {str(k): doc.number(shares, k, default=0.0) for k in shares if k in known}
    if any(v < 0 for v in values.values()) or (values and abs(sum(values.values()) - 1) > 1e-9):
        doc.problem(
            doc.at(node, key), f"the shares of {key!r} sum to {sum(values.values()):g}, not 1.", "Correct the shares."
        )
    return MappingProxyType(values)


def _card(doc: Document, id: str, node: dict, sectors: tuple[str, ...]) -> Card:
    effects, costs = evidence.effects(), evidence.costs()
    doc.known(node, _KEYS)
    effect = doc.text(node, "effect", required=False, choices=effects)
    cost = doc.mapping(node, "cost", required=True)
    doc.known(cost, costs, "cost")
    name, name_zh = doc.both(node, "name")
    description, description_zh = doc.both(node, "description")
    unit, unit_zh = doc.both(node, "unit")
    kind = doc.text(node, "kind", choices=KINDS)
    lower, upper = doc.number(node, "lower", 0.0, required=False), doc.number(node, "upper", 1.0)
    if lower != 0 or upper <= 0:
        doc.problem(doc.at(node, "upper"), "the bounds must run from 0 up.", "Write `lower: 0` and a positive upper.")
    response, charge = _bend(doc, node, "response"), _bend(doc, node, "charge")
    cap, cap_zh = doc.both(node, "cap", required=False)
    assumed, assumed_zh = doc.both(node, "assumed", required=False)
    caveat, caveat_zh = doc.both(node, "caveat", required=False)
    if response.exponent.high > 1:
        doc.problem(doc.at(node, "response"), "a response may not bend upwards.", "Use exponents of at most 1.")
    if charge.exponent.low < 1:
        doc.problem(doc.at(node, "charge"), "a cost may not bend downwards.", "Use exponents of at least 1.")
    if response.exponent.central == 1 and charge.exponent.central == 1 and not cap:
        doc.problem(
            doc.at(node),
            "response and cost are both linear and no cap is given.",
            "Let one bend (`response` or `charge` with an exponent), or say in `cap` what ends the lever.",
        )
    where = doc.mapping(node, "where")
    if kind in KINDS:
        need, may = KINDS[kind]
        doc.known(where, need | may, f"place key of kind {kind!r}:")
        for key in sorted(need - set(where)):
            doc.problem(doc.at(node), f"'where' lacks {key!r}.", f"A lever of kind {kind!r} needs it.")
        for key in ("sectors", "users", "spenders", "farm_sectors"):
            if key in where:
                doc.sequence(where, key, lambda s: s in sectors, "a sector")
    return Card(
        id=id,
        kind=kind,
        name=name,
        name_zh=name_zh,
        description=description,
        description_zh=description_zh,
        theme=doc.text(node, "theme"),
        unit=unit,
        unit_zh=unit_zh,
        lower=lower,
        upper=upper,
        payers=_shares(doc, node, "payers", PAYERS, "payer"),
        buys=_shares(doc, node, "buys", sectors, "sector"),
        lag_years=doc.number(node, "lag_years", 0.0),
        effect=effect,
        times=doc.sequence(node, "times", lambda e: isinstance(e, str) and e in effects, "an effect"),
        full=node.get("full") is True,
        cost=MappingProxyType({str(c): doc.number(cost, c, 0.0) for c in cost if c in costs}),
        upkeep=doc.text(node, "upkeep", required=False, choices=costs),
        response=response,
        charge=charge,
        cap=cap,
        cap_zh=cap_zh,
        where=MappingProxyType({str(k): _plain(v) for k, v in where.items()}),
        propositions=doc.sequence(node, "propositions", is_proposition, "a proposition P1 to P65"),
        assumed=assumed,
        assumed_zh=assumed_zh,
        caveat=caveat,
        caveat_zh=caveat_zh,
        source=doc.at(node),
        builds=_shares(doc, node, "builds", sectors, "sector") if "builds" in node else MappingProxyType({}),
        building_years=doc.number(node, "build_years", 0.0, required=False) if "build_years" in node else 0.0,
    )


def is_proposition(item: Any) -> bool:
    """Whether the item is one of P1 to P65."""
    return isinstance(item, str) and item[:1] == "P" and item[1:].isdigit() and 1 <= int(item[1:]) <= 65


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_plain(v) for v in value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


def read_cards(path: Path | str, sectors: tuple[str, ...]) -> dict[str, Card]:
    """The cards of a lever table by id.

    Arguments: ``path`` of the YAML file; ``sectors``, the ids that masks and purchases may name.
    Raises InputError with every problem of the file.
    """
    doc = Document(path)
    doc.known(doc.root, ("levers",))
    levers = doc.mapping(doc.root, "levers", required=True)
    cards = {}
    for id in levers:
        if not isinstance(levers[id], dict):
            doc.problem(doc.at(levers, id), f"lever {id!r} must be a mapping.", "Write `key: value` lines.")
            continue
        cards[str(id)] = _card(doc, str(id), levers[id], sectors)
    doc.finish()
    return cards


@cache
def library_of(world: str) -> Path:
    """The folder of the library that serves the world. Raises InputError if none does."""
    served = {}
    for file in sorted(LIBRARY.glob("*/library.yaml")):
        for name in Document(file).root.get("worlds", ()):
            served[str(name)] = file.parent
    if world not in served:
        raise InputError(
            [Problem(f"world {world!r}", "has no table of levers.", f"Worlds with one: {', '.join(served)}.")]
        )
    return served[world]


@cache
def cards_of(world: str) -> Mapping[str, Card]:
    """The cards of the library that serves the world, by id."""
    return MappingProxyType(read_cards(library_of(world) / "levers.yaml", sector_ids()))


@cache
def sector_ids() -> tuple[str, ...]:
    """Ids of the produced sectors in their order."""
    with (LIBRARY.parents[1] / "worlds" / "sectors.csv").open(encoding="utf-8") as file:
        return tuple(row["sector"] for row in csv.DictReader(file))
