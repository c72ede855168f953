"""Long work that a page may ask for, a class a kind. What plans and scenarios may hold is checked by their packages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from citybelt.web.schema import Change, Key, Strict, Word

Share = Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
Draws = Annotated[int, Field(ge=0, le=2000)]


class Limit(Strict):
    """A target: at least, at most, or at most of today's."""

    least: FiniteFloat | None = None
    most: FiniteFloat | None = None
    most_of_now: FiniteFloat | None = None


class Targets(Strict):
    """Targets of a plan, as in a plan file: relative to the base year, by region where they are of regions."""

    people: dict[Key, Limit] = Field(default_factory=dict, max_length=400)
    output: dict[Key, Limit] = Field(default_factory=dict, max_length=400)
    welfare: dict[Key, Limit] = Field(default_factory=dict, max_length=400)
    co2: Limit | None = None
    inequality: Limit | None = None
    land: Limit | None = None
    securities: dict[Key, Limit] = Field(default_factory=dict, max_length=10)


class ProjectTable(Strict):
    """A table of a planner's own projects, CSV or Excel, as base64."""

    kind: Literal["csv", "xlsx"]
    name: Annotated[str, Field(min_length=1, max_length=100)] = "projects"
    content: Annotated[str, Field(min_length=1, max_length=140_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class PlanJob(Strict):
    """The best mix of levers under a budget and targets; budget and floor in per cent."""

    kind: Literal["plan"]
    plan: Word | None = None
    file: Annotated[str, Field(max_length=100_000)] | None = None
    budget: Share | None = None
    objective: Literal["cluster", "nation", "maximin:provinces", "maximin:cities"] | None = None
    floor: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] | None = None
    targets: Targets = Field(default_factory=Targets)
    payers: dict[Key, Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]] = Field(
        default_factory=dict, max_length=10
    )
    excluded: Annotated[list[Key], Field(max_length=200)] = Field(default_factory=list)
    include: Annotated[list[Key], Field(max_length=200)] = Field(default_factory=list)
    projects: ProjectTable | None = None
    quick: bool = True
    draws: Draws = 0
    report: bool = False


class PathJob(Strict):
    """A change year by year, beside the years without it."""

    kind: Literal["path"]
    change: Change = Field(default_factory=Change)
    to: Annotated[int, Field(ge=2021, le=2060)] = 2060
    closed: bool = False
    draws: Annotated[int, Field(ge=0, le=400)] = 0
    report: bool = False


class ChangeJob(Strict):
    """Work on one change: its explanation, its multiplier against its equilibrium, or what fails under it."""

    kind: Literal["explain", "ladder", "stress"]
    change: Change = Field(default_factory=Change)


class BandsJob(Strict):
    """80 % intervals of a change over joint draws."""

    kind: Literal["bands"]
    change: Change = Field(default_factory=Change)
    draws: Annotated[int, Field(ge=10, le=2000)] = 100


class WorldJob(Strict):
    """Work on the world alone."""

    kind: Literal["diagnose", "hindcast", "verify"]
    report: bool = False


class SeparateJob(Strict):
    """Plans that provinces make apart, and one plan; budget in per cent."""

    kind: Literal["separate"]
    budget: Share = 0.5
    draws: Annotated[int, Field(ge=0, le=100)] = 0


JobAsked = Annotated[
    PlanJob | PathJob | ChangeJob | BandsJob | WorldJob | SeparateJob, Field(discriminator="kind")
]  # fmt: skip
