"""Rules and rates of a nation for its ages, each with source, grade and range: `rules.csv`.

What could be traced to a law or a study is graded A to C; the rest is assumed, graded D, with a range to draw from.
Where data of a region are at hand, put them in place of these.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from citybelt.errors import InputError
from citybelt.people.record import SEXES, Ages


@dataclass(frozen=True)
class Rule:
    """One number of a nation's rules."""

    rule: str
    sex: str  # empty: of both
    first: float
    end: float  # ages from first to under end, where the rule is by age
    value: float
    low: float
    high: float
    unit: str
    grade: str
    source: str
    name_en: str
    name_zh: str


@cache
def rules(nation: str) -> tuple[Rule, ...]:
    """All rules of a nation by its three letters (ISO 3166).

    Raises:
        InputError: none is known.
    """
    text = files("citybelt.people").joinpath("rules.csv").read_text("utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["nation"] == nation]
    if not rows:
        raise InputError(f"No rules are known for {nation}.")
    return tuple(
        Rule(
            rule=row["rule"],
            sex=row["sex"],
            first=float(row["first"] or 0),
            end=float(row["end"] or np.inf),
            value=float(row["value"]),
            low=float(row["low"]),
            high=float(row["high"]),
            unit=row["unit"],
            grade=row["grade"],
            source=row["source"],
            name_en=row["name_en"],
            name_zh=row["name_zh"],
        )
        for row in rows
    )


def number(nation: str, rule: str, sex: str = "") -> float:
    """The value of a rule that is one number, or one of each sex.

    Raises:
        InputError: there is no such rule, or it is by age.
    """
    found = [r for r in rules(nation) if r.rule == rule and r.sex in ("", sex)]
    if len(found) != 1:
        raise InputError(f"{rule} of {nation} is {'not known' if not found else 'more than one number'}.")
    return found[0].value


def by_age(nation: str, rule: str, ages: Ages) -> np.ndarray:
    """A rate by sex and age class [S, A]: zero at ages for which none is given; cut classes count by their years.

    Raises:
        InputError: there is no such rule.
    """
    found = [r for r in rules(nation) if r.rule == rule]
    if not found:
        raise InputError(f"{rule} of {nation} is not known.")
    rates = np.zeros((len(SEXES), ages.count))
    for r in found:
        rates[[i for i, s in enumerate(SEXES) if r.sex in ("", s)]] += r.value * ages.between(r.first, r.end)
    return rates
