"""What a planner asks for: whose gain, under which budgets, with which targets, by which levers.

A ``Brief`` is the plan file as an object (``brief_read`` reads it), with everything that it inherits filled in.
``Brief.default`` is the plan of a world without a file. A brief made in Python is checked by the same rules as a
file, by ``check``; see ``brief_check``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from citybelt.plan.asked.places import CLUSTER, Places, places

if TYPE_CHECKING:
    from pathlib import Path

    from citybelt.data.dataset import Dataset
    from citybelt.scenario.card import Card

#: Whose gain: of one set of people, the least of several groups, or a concave sum over places.
OBJECTIVES = ("cluster", "nation", "maximin:provinces", "maximin:cities", "concave")
#: Targets relative to the base year, of groups of regions and of the cluster.
OF_GROUP = ("people", "output", "welfare")
OF_CLUSTER = ("co2", "inequality")
SHARE = 0.005  #: of the cluster's GDP, the budget where none is given
FLOOR = 1.0  #: of the base year, what every province keeps where nothing is said
STARTS = 3  #: far starts from which other optima are sought


@dataclass(frozen=True)
class Target:
    """One thing that the plan must reach or keep.

    Attributes:
        row: ``people:G``, ``output:G`` or ``welfare:G`` of a group of regions, ``co2``, ``inequality``, ``land`` or
            ``security:S``.
        sense: "least" or "most".
        value: relative to the base year; hectares for land; for a security the worst loss in per cent, or relative to
            today's where ``of_now``.
        label_en, label_zh: what the planner calls it, '' for words made from the row.
        by: the year by which it should hold, a label; 0 for none.
        owner: who answers for it: "centre", the id of a province or city, or any words; '' for nobody.
    """

    row: str
    sense: Literal["least", "most"]
    value: float
    of_now: bool = False
    label_en: str = ""
    label_zh: str = ""
    by: int = 0
    owner: str = ""

    @property
    def kind(self) -> str:
        """The part of the row before the colon."""
        return self.row.partition(":")[0]

    @property
    def limit(self) -> float:
        """The value in the unit of the row: a logarithm where it is relative, minus infinity for none."""
        if self.kind in (*OF_GROUP, *OF_CLUSTER):
            return math.log(self.value) if self.value > 0 else -math.inf
        return self.value

    def words(self, at: Places) -> tuple[str, str]:
        """The target in English and Chinese: the planner's words, else words made from the row."""
        en, zh = _WORDS[self.kind]
        group = self.row.partition(":")[2]
        names = SECURITY_WORDS.get(group, (group, group)) if self.kind == "security" else at.named(group)
        made = []
        for text, name, language in ((en, names[0], 0), (zh, names[1], 1)):
            sense = {"least": ("at least", "不低于"), "most": ("at most", "不高于")}[self.sense][language]
            unit = ("base year", "基年")[language]
            if self.kind == "land":
                amount = (f"{self.value:,.0f} ha", f"{self.value:,.0f}公顷")[language]
            elif self.kind == "security" and not self.of_now:
                amount = f"{self.value:g} %"
            else:
                unit = ("today", "目前")[language] if self.of_now else unit
                amount = (f"{100 * self.value:g} % of the {unit}", f"{unit}的{100 * self.value:g}%")[language]
                amount = amount.replace("the today", "today's")
            made.append(text.format(name=name) + (" " if language == 0 else "") + sense + " " * (1 - language) + amount)
        return self.label_en or made[0], self.label_zh or made[1]

    def to_json(self) -> dict[str, Any]:
        """The target as plain data."""
        return dict(vars(self))


_WORDS = {
    "people": ("people of {name}", "{name}人口"),
    "output": ("output of {name}", "{name}产出"),
    "welfare": ("welfare of {name}", "{name}福利"),
    "co2": ("emissions of CO2", "二氧化碳排放"),
    "inequality": ("inequality of income", "收入不平等"),
    "land": ("land taken", "占用土地"),
    "security": ("worst loss of {name}", "{name}最大损失"),
}
SECURITY_WORDS = {
    "food": ("food security", "粮食安全"),
    "energy": ("energy security", "能源安全"),
    "industrial": ("industrial security", "产业安全"),
    "ecological": ("ecological security", "生态安全"),
    "defence": ("defence security", "国防安全"),
}


@dataclass(frozen=True)
class Brief:
    """A plan as its planner asks for it. Money in billions a year at prices of the base year.

    Attributes:
        id: name of the file without its ending, "default" without one.
        name, name_zh, description, description_zh: words.
        objective: one of ``OBJECTIVES``.
        aversion: to inequality between places and origins, for "concave".
        weights: by group of regions, for "concave"; a city's own weight goes before its province's, and what is not
            named has one in the cluster and zero outside.
        share, total: the budget, as a share of the cluster's GDP or as a sum; one of them is None.
        payers: most that each payer spends; no limit of its own where not named.
        floor: residents and output that every province of the cluster keeps, relative to the base year, unless a
            target says otherwise; 0 for none.
        targets: what must be reached or kept.
        excluded: levers that may not be used; include: levers that are an "if" and may be used.
        whole: levers built whole or not at all.
        after: lever: levers without which it may not be used.
        not_with: sets of levers of which at most one is used.
        projects: cards of the plan's own projects.
        starts: far starts from which other optima are sought.
        start: first year of the plan, a label; 0 counts years from its start.
        lineage: names from the oldest ancestor to this one.
    """

    id: str = "default"
    name: str = "The plan"
    name_zh: str = "规划方案"
    description: str = ""
    description_zh: str = ""
    objective: str = "cluster"
    aversion: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)
    share: float | None = SHARE
    total: float | None = None
    payers: Mapping[str, float] = field(default_factory=dict)
    floor: float = FLOOR
    targets: tuple[Target, ...] = ()
    excluded: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_with: tuple[tuple[str, ...], ...] = ()
    projects: Mapping[str, Card] = field(default_factory=dict)
    starts: int = STARTS
    start: int = 0
    lineage: tuple[str, ...] = ()

    @classmethod
    def default(
        cls, dataset: Dataset, budget: float = SHARE, objective: str = "cluster", floor: float = FLOOR
    ) -> Brief:
        """The plan of a world without a file.

        Args:
            budget: share of the cluster's GDP a year.
            objective: whose gain, one of ``OBJECTIVES``.
            floor: what every province keeps of its residents and output.

        Raises:
            InputError: options out of range.
        """
        from citybelt.plan.asked.brief_check import check

        return check(cls(share=budget, objective=objective, floor=floor), dataset)

    def revised(
        self,
        dataset: Dataset,
        budget: float | None = None,
        objective: str | None = None,
        floor: float | None = None,
    ) -> Brief:
        """A brief that is sound, with options that override it where they are given.

        Raises:
            InputError: options out of range, or at odds with the rest.
        """
        from citybelt.plan.asked.brief_check import check

        new: dict[str, Any] = {}
        if budget is not None:
            new |= {"share": budget, "total": None}
        if objective is not None:
            new["objective"] = objective
        if floor is not None:
            new["floor"] = floor
        if not new:
            return self
        return check(replace(self, **new), dataset)

    def text(self, key: str, language: str = "en") -> str:
        """``name`` or ``description`` in the language."""
        return getattr(self, key if language == "en" else f"{key}_zh")

    def budget(self, at: Places) -> float:
        """Billions a year that all payers may spend together."""
        return float(self.total if self.total is not None else (self.share or 0.0) * at.gdp)

    def goal(self, at: Places) -> tuple[str, ...]:
        """Rows of which the smallest is maximised."""
        if self.objective.startswith("maximin:"):
            groups = at.provinces if self.objective.endswith("provinces") else at.cities
            return tuple(f"welfare:{g}" for g in groups)
        return ("social",) if self.objective == "concave" else (f"ev:{self.objective}",)

    def weight(self, at: Places) -> dict[str, float]:
        """Weight of every home region in a concave objective."""
        found = {r: float(r in at.groups[CLUSTER]) for members in at.groups.values() for r in members}
        for id in sorted(self.weights, key=lambda id: -len(at.groups[id])):  # from the widest group to the single city
            found |= dict.fromkeys(at.groups[id], float(self.weights[id]))
        return found

    def bounds(self, at: Places) -> tuple[Target, ...]:
        """All targets: the floors of provinces that no target of the same row replaces, then the planner's own."""
        said = {(t.row, t.sense) for t in self.targets}
        floors = (
            Target(f"{what}:{p}", "least", self.floor, owner=p) for what in ("people", "output") for p in at.provinces
        )
        kept = tuple(t for t in floors if self.floor > 0 and (t.row, t.sense) not in said)
        return kept + self.targets

    def to_json(self) -> dict[str, Any]:
        """The brief as plain data; of projects their names."""
        plain = {key: value for key, value in vars(self).items() if key not in ("targets", "projects")}
        for key in ("weights", "payers", "after"):
            plain[key] = dict(plain[key])
        return plain | {
            "targets": [t.to_json() for t in self.targets],
            "projects": {id: {"en": c.name, "zh": c.name_zh} for id, c in self.projects.items()},
        }


def load_brief(source: str | Path, dataset: Dataset) -> Brief:
    """Read a plan file and its ancestors.

    Args:
        source: name of a plan of the world's library, or path of a YAML file.
        dataset: the world that it is for.

    Raises:
        InputError: every problem of the file and its ancestors, with file, line and column.
    """
    from citybelt.plan.asked.brief_read import read

    return read(source, dataset)


def brief_for(source: str | Path | Brief | None, dataset: Dataset) -> Brief:
    """The brief that a verb was given: a name, a path, a ``Brief``, or None for the default.

    Raises:
        InputError: every problem of it.
    """
    from citybelt.errors import InputError, Problem
    from citybelt.plan.asked.brief_check import check

    if source is None:
        return Brief.default(dataset)
    if isinstance(source, Brief):
        return check(source, dataset)
    if not hasattr(source, "__fspath__") and not isinstance(source, str):
        what = f"a {type(source).__name__} is no plan."
        raise InputError([Problem("plan", what, "Give a name, the path of a YAML file, or a Brief.")])
    return load_brief(source, dataset)


__all__ = ["OBJECTIVES", "Brief", "Places", "Target", "brief_for", "load_brief", "places"]
