"""What is known about levers: the tables of effects and costs, each row with its source."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Range:
    """A number with the interval that holds it with 80 % probability."""

    low: float
    central: float
    high: float


@dataclass(frozen=True)
class Effect:
    """A row of effects.csv. ``design`` is identified, associational or assumed; ``use`` is parameter, curvature
    or check (a number that results are held against, never an input)."""

    id: str
    use: str
    parameter: str
    unit: str
    size: Range
    design: str
    citation: str
    verified: str
    note: str


@dataclass(frozen=True)
class Cost:
    """A row of costs.csv; ``price`` in ``unit``."""

    id: str
    item: str
    unit: str
    price: Range
    source: str
    verified: str
    note: str

    @property
    def in_billions(self) -> float:
        """Factor from the unit's money to billions; 1 for shares of an amount in billions."""
        money = self.unit.split(" per ")[0].split(",")[0].strip()
        factors = {"million CNY": 1e-3, "thousand CNY": 1e-6, "CNY": 1e-9}
        return next((f for unit, f in factors.items() if money == unit), 1.0)


@cache
def effects() -> Mapping[str, Effect]:
    """Rows of effects.csv by id."""
    with (_FOLDER / "effects.csv").open(encoding="utf-8") as file:
        return {
            r["effect"]: Effect(
                r["effect"], r["use"], r["parameter"], r["unit"],
                Range(float(r["low"]), float(r["central"]), float(r["high"])),
                r["design"], f"{r['source']}. {r['title']}".strip(". ") + ".", r["verified"], r["note"],
            )
            for r in csv.DictReader(file)
        }  # fmt: skip


@cache
def costs() -> Mapping[str, Cost]:
    """Rows of costs.csv by id."""
    with (_FOLDER / "costs.csv").open(encoding="utf-8") as file:
        return {
            r["cost"]: Cost(
                r["cost"], r["item"], r["unit"],
                Range(float(r["low"]), float(r["value"]), float(r["high"])),
                r["source"], r["verified"], r["note"],
            )
            for r in csv.DictReader(file)
        }  # fmt: skip
