"""What is known about levers: the tables of effects and costs, each row with its source.

A price of another year is brought to prices of 2020 as it is read, by the consumer price index of the world that
the table serves (its column ``cpi_2020``, with the source beside it).
"""

from __future__ import annotations

import csv
import math
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

    def __mul__(self, other: Range | float) -> Range:
        """A product of numbers drawn apart: distances of their logarithms to the centre add up in squares."""
        if not isinstance(other, Range):
            return Range(self.low * other, self.central * other, self.high * other)
        if min(self.low, other.low) <= 0:
            raise ValueError("only ranges of positive numbers can be multiplied")
        middle = self.central * other.central
        down, up = (
            math.hypot(*(math.log(getattr(r, end) / r.central) for r in (self, other))) for end in ("low", "high")
        )
        return Range(middle * math.exp(-down), middle, middle * math.exp(up))


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
    """A row of costs.csv; ``price`` in ``unit`` at prices of 2020. ``use`` is price, share (of a price or a time)
    or check (held against another row, never an input)."""

    id: str
    use: str
    item: str
    unit: str
    price: Range
    source: str
    verified: str
    note: str

    @property
    def assumed(self) -> bool:
        """Whether no source stands behind the price."""
        return self.source == "assumed"

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
                r["cost"], r["use"], r["item"], r["unit"],
                Range(float(r["low"]), float(r["value"]), float(r["high"])) * float(r["cpi_2020"] or 1),
                r["source"], r["verified"], r["note"],
            )
            for r in csv.DictReader(file)
        }  # fmt: skip
