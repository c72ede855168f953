"""What a request may say. Unknown fields are refused; what a lever or a closure may be is checked by the scenario."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from citybelt.web import limits

Key = Annotated[str, Field(min_length=1, max_length=80)]
Word = Annotated[str, Field(max_length=40)]
Name = Annotated[str, Field(min_length=1, max_length=limits.TEXT)]
Note = Annotated[str, Field(max_length=limits.NOTE)]
#: Ids of records and jobs; none of them is ever a part of a path.
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Strict(BaseModel):
    """A request that may say nothing else."""

    model_config = ConfigDict(extra="forbid")


class Change(Strict):
    """What is changed against the base year, as in a scenario file. A lever of zero or null is not set."""

    levers: dict[Key, FiniteFloat | None] = Field(default_factory=dict, max_length=200)
    closure: dict[Key, Word] = Field(default_factory=dict, max_length=20)
    elasticities: dict[Key, FiniteFloat] = Field(default_factory=dict, max_length=20)
    vintage: Word = ""

    def plain(self) -> dict:
        """The change as plain data, without what is not set."""
        held = {k: v for k, v in self.levers.items() if v}
        return {
            "levers": held, "closure": self.closure, "elasticities": self.elasticities, "vintage": self.vintage,
        }  # fmt: skip


class Asked(Strict):
    """A question about a change."""

    change: Change = Field(default_factory=Change)


class AskedWhy(Asked):
    """Why an outcome of a set of places or of one place is what it is."""

    outcome: Word = "welfare"
    of: Word = "cluster"


class AskedFlows(Asked):
    """Flows of people or goods, of one place and one sector if given."""

    of: Literal["people", "goods"] = "people"
    region: Word | None = None
    sector: Word | None = None
    top: Annotated[int, Field(ge=1, le=500)] = 60


class AskedDifference(Strict):
    """Two changes beside each other."""

    a: Change
    b: Change


class Parent(Strict):
    """What a draft was forked from."""

    kind: Literal["library", "scenario", "shared", "plan"]
    id: Annotated[str, Field(max_length=80)]


class NewRecord(Strict):
    """A new draft or scenario."""

    name: Name = "New"
    note: Note = ""
    change: Change = Field(default_factory=Change)
    parent: Parent | None = None


class DraftSaved(NewRecord):
    """A draft as the page has it; ``rev`` is the revision that it was made from."""

    rev: Annotated[int, Field(ge=0, le=2**53)] = 0


class Renamed(Strict):
    """A new name and note."""

    name: Name
    note: Note = ""


class Forked(Strict):
    """The name of a fork, that of its parent unless given."""

    name: Name | None = None


class Kept(BaseModel):
    """A draft or scenario as it lies on disk, with whatever else it holds."""

    id: Id
    name: Name
    note: Note
    change: Change
    created: Annotated[str, Field(max_length=40)]
    changed: Annotated[str, Field(max_length=40)]
    rev: Annotated[int, Field(strict=True)]
