"""The file ``model.yaml`` of a folder: units, what people and rents do, and which repairs of the tables are allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from citybelt.errors import InputError

if TYPE_CHECKING:
    from citybelt.scenario.document import Document

#: What a setting may be, the first choice being the one where the file is silent.
CHOICES = {
    "flows": ("before tariffs", "with tariffs"),
    "deficits": ("keep", "zero"),
    "people": ("fixed", "choice", "free"),
    "rents": ("kept", "per head", "by weight"),
}
#: What may be mended in tables that do not fit together, with the words for it.
REPAIRS = {
    "missing_rows": ("refuse", "zero"),
    "shares": ("refuse", "scale"),
    "negative_final": ("refuse", "zero"),
    "negative_inputs": ("refuse", "zero", "keep"),
    "deficits": ("refuse", "flows"),
}
#: Numbers: smallest, largest and default.
NUMBERS = {
    "taste": (0.01, 100.0, 1.5),
    "congestion": (0.0, 100.0, 0.0),
    "housing_supply": (0.0, 100.0, 0.0),
    "final_substitution": (0.0, 100.0, 1.0),
}
TEXTS = ("name", "money", "persons")


@dataclass(frozen=True)
class Settings:
    """What ``model.yaml`` says.

    Attributes:
        name: of the model, for its results.
        money: unit of every amount: flows, value added, inputs, deficits, transfers.
        persons: unit of people, empty where there are none.
        flows: whether flows.csv holds values "before tariffs" or "with tariffs".
        deficits: "keep" what regions receive from others in the money of world value added, or "zero" before and after.
        people: "fixed" where they are, "choice" by tastes, "free" with one taste.
        rents: of structures: "kept" in their region, pooled and handed out "per head", or "by weight" of what was paid
            in.
        taste: elasticity of the choice of a place to its value.
        congestion: of the value of a region to its people, downwards.
        housing_supply: elasticity of housing to its price.
        final_substitution: elasticity between final goods; 1 is Cobb-Douglas.
        repair: by the keys of ``REPAIRS``.
    """

    name: str
    money: str
    persons: str = ""
    flows: str = "before tariffs"
    deficits: str = "keep"
    people: str = "fixed"
    rents: str = "kept"
    taste: float = NUMBERS["taste"][2]
    congestion: float = 0.0
    housing_supply: float = 0.0
    final_substitution: float = 1.0
    repair: MappingProxyType[str, str] = field(
        default_factory=lambda: MappingProxyType({k: v[0] for k, v in REPAIRS.items()})
    )

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**vars(self), "repair": dict(self.repair)}


def settings(path: Path) -> tuple[Settings | None, list]:
    """The settings, or None and every problem of the file."""
    from citybelt.scenario.document import Document

    try:
        document = Document(path, anchors=False)
    except InputError as error:
        return None, error.problems
    root: Any = document.root
    document.known(root, (*TEXTS, *CHOICES, *NUMBERS, "repair"))
    said: dict[str, Any] = {k: document.text(root, k, required=k != "persons") for k in TEXTS}
    for key, words in CHOICES.items():
        said[key] = document.text(root, key, required=False, choices=words) or words[0]
    said |= {key: _number(document, root, key) for key in NUMBERS}
    repair = document.mapping(root, "repair")
    document.known(repair, REPAIRS)
    chosen = {k: document.text(repair, k, required=False, choices=words) or words[0] for k, words in REPAIRS.items()}
    if document.problems:
        return None, document.problems
    return Settings(**said, repair=MappingProxyType(chosen)), []


def _number(document: Document, root: dict, key: str) -> float:
    least, most, default = NUMBERS[key]
    value = document.number(root, key, default, required=False)
    if not least <= value <= most:
        where = document.at(root, key, value=True)
        document.problem(where, f"{key!r} is {value:g}.", f"Give a number from {least:g} to {most:g}.")
    return value
