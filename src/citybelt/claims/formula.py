"""Formulas of facts, as the table of definitions writes them.

A formula is a chain of terms joined by `` * `` and `` / ``. A term is a number or a fact,

    quantity|item|vintage|year|place

where ``item`` and ``place`` may be sums written with ``+`` and a place may be a unit, ``cluster:LABEL`` (its
provinces) or ``provinces`` (all of them). Besides the facts four quantities are derived: ``exchange_rate``,
``value_added`` and ``producer_services`` (shares of value added in percent; item: a range of product codes, or
a definition) and ``used_services`` (services weighted by the share of their output that is used as an input).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from citybelt.diagnose.cities import CITY_LEVELS
from citybelt.diagnose.facts import Facts
from citybelt.diagnose.other_tables import exchange_rates
from citybelt.diagnose.services import input_weighted_share, service_share
from citybelt.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

GRADES = "ABCD"


@dataclass
class Value:
    """A computed value, with the sources, vintages and worst grade of what went into it."""

    value: float | None
    sources: set[str] = field(default_factory=set)
    vintages: set[str] = field(default_factory=set)
    grade: str = "A"

    def join(self, other: Value, value: float | None) -> Value:
        grade = max(self.grade, other.grade, key=GRADES.index)
        return Value(value, self.sources | other.sources, self.vintages | other.vintages, grade)


def evaluate(facts: Facts, formula: str, where: str = "formula") -> Value:
    """The value of a formula; None when a fact in it is not held. Raises InputError for bad grammar."""
    first, *rest = re.split(r" ([*/]) ", formula.strip())
    out = _term(facts, first, where)
    for operator, token in zip(rest[::2], rest[1::2], strict=True):
        term = _term(facts, token, where)
        value = None
        if out.value is not None and term.value is not None:
            value = out.value * term.value if operator == "*" else out.value / term.value
        out = out.join(term, value)
    return out


def _term(facts: Facts, token: str, where: str) -> Value:
    try:
        return Value(float(token))
    except ValueError:
        pass
    parts = token.split("|")
    if len(parts) != 5 or not parts[3].isdigit():
        do = "Write a number or quantity|item|vintage|year|place."
        raise InputError([Problem(where, f"cannot read the term {token!r}.", do)])
    quantity, item, vintage, year, place = parts
    if quantity in DERIVED:
        return DERIVED[quantity](facts, item, int(year))
    out = Value(0.0)
    for unit in _places(facts, place, where):
        for one in item.split("+"):
            out = _add(out, facts.rows(quantity, int(year), one, vintage, unit))
    return out


def _add(total: Value, rows: pd.DataFrame) -> Value:
    """One more fact in a sum; a missing one makes the sum unknown."""
    if not len(rows):
        return total.join(Value(None), None)
    row = rows.iloc[0]
    fact = Value(float(row["value"]), {row["source"]}, {row["vintage"]} - {""}, row["grade"])
    return total.join(fact, None if total.value is None else total.value + float(row["value"]))


def _places(facts: Facts, place: str, where: str) -> list[str]:
    """Units of a place: itself, a sum of units, the provinces of a cluster, or all provinces."""
    cities = facts.units[facts.units["level"].isin(CITY_LEVELS)]
    if place == "provinces":
        return sorted(cities["province"].unique())
    if place.startswith("cluster:"):
        inside = cities[cities["cluster"] == place.removeprefix("cluster:")]
        if not len(inside):
            raise InputError([Problem(where, f"no unit belongs to {place!r}.")])
        return sorted(inside["province"].unique())
    return place.split("+")


def _rate(facts: Facts, item: str, year: int) -> Value:
    rates = exchange_rates(facts)
    if year not in rates.index:
        return Value(None)
    return Value(float(rates.at[year, "rate"]), grade=str(rates.at[year, "grade"]))


def _value_added(facts: Facts, item: str, year: int) -> Value:
    """Share of products in value added, percent; ``item`` is one range of codes such as 06-23."""
    values = facts.value_added(year)
    low, high = item.split("-")
    inside = [c for c in values.index if low <= c <= high]
    return Value(float(100 * values[inside].sum() / values.sum()), {"nbs-io"})


def _services(facts: Facts, item: str, year: int) -> Value:
    return Value(service_share(facts.value_added(year), item, "io42"), {"nbs-io"})


def _used_services(facts: Facts, item: str, year: int) -> Value:
    return Value(input_weighted_share(facts.io, year), {"nbs-io"}, grade="C")


DERIVED: dict[str, Callable[[Facts, str, int], Value]] = {
    "exchange_rate": _rate,
    "value_added": _value_added,
    "producer_services": _services,
    "used_services": _used_services,
}
