r"""Which people of 2010 the forecast starts from, and how much of its spread that makes.

A yearbook divides output by people of its own, and prints output and the quotient:

    (Y1)  people[r] = output[r] / output per head[r],   of 2010 for the start, of 2019 beside the count of 2020
    (Y2)  vintage "yearbook": residents and births of 2010 times k = people / census, income over k

where k lies within `FAR` of one; beyond, the yearbook has divided by registered persons, and the census stays. Stocks
of migrants, flows and registers are the same in both. The same draws run from both starts, so that the variance of
log people of 2020 over vintages v and draws k splits without a rest (Fisher 1925):

    (Y3)  mean_vk (l[v,k] - l)^2 = mean_v (l[v,.] - l)^2 + mean_k (l[.,k] - l)^2 + mean_vk (what both do together)^2

Shares are of sums over places. With two vintages the first term is a quarter of the squared distance between them.
Limits: a yearbook's people are those of the middle of a year; what it prints to a yuan is exact to some 0.01 percent.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.hindcast import known
from citybelt.hindcast.known import Known
from citybelt.worlds import tables

VINTAGES = ("census", "yearbook")
#: A yearbook's people within this factor of the census are residents.
FAR = 1.3
#: The last yearbook before the census of 2020.
LAST = 2019


@dataclass(frozen=True)
class Variance:
    """(Y3) Shares of the variance of log people in 2020, by place; they add up to one."""

    vintage: float
    draws: float
    together: float
    deviation: float  # of log people, root of the mean variance

    def to_json(self) -> dict[str, float]:
        return asdict(self)


def check(vintage: str) -> str:
    """The vintage itself.

    Raises:
        InputError: there is no such vintage.
    """
    if vintage not in VINTAGES:
        what = f"the hindcast has no vintage {vintage!r}: worlds have vintages of GDP, this one has two of people."
        raise InputError([Problem("hindcast, vintage", what, f"Take one of {', '.join(VINTAGES)}.")])
    return vintage


def of(start: Known, vintage: str) -> Known:
    """(Y2) The world of 2010 in a vintage.

    Raises:
        InputError: there is no such vintage.
    """
    if check(vintage) == "census":
        return start
    k = factor(start)
    return replace(start, persons=start.persons * k[:, None, None], births=start.births * k, income=start.income / k)


def factor(start: Known) -> np.ndarray:
    """(Y2) People of the yearbook of 2010 over the census [R]; 1 where they aren't held, or are registered persons."""
    counted = known.counted_by_unit(_census())
    k = (_people(known.known("gdp"), known.known("gdp_per_head"), known.YEAR) / counted).reindex(
        start.places.units.index
    )
    k = k.where(np.abs(np.log(k)) < np.log(FAR))
    return k.fillna(1.0).to_numpy()


def last_yearbook(start: Known) -> np.ndarray:
    """(Y1) People by the last yearbook before the census of 2020 [R], NaN where not held. Never read by a forecast."""
    people = _people(tables.facts("gdp"), tables.facts("gdp_per_head"), LAST)
    return people.reindex(start.places.units.index).to_numpy()


def _census():
    ages = known.known("population_age_sex")
    return ages.pivot_table(index="region", columns="item", values="value", aggfunc="sum")


def _people(gdp, per_head, year: int):
    gdp = gdp[(gdp["vintage"] == "city") & (gdp["item"] == "") & (gdp["year"] == year)].set_index("region")["value"]
    return 1e9 * gdp / per_head[per_head["year"] == year].set_index("region")["value"]


def variance(people: np.ndarray) -> Variance:
    """(Y3) of people by vintage, draw and place [V, K, R], the same draws in every vintage."""
    log = np.log(people)
    mean = log.mean(axis=(0, 1), keepdims=True)
    by_vintage, by_draw = log.mean(axis=1, keepdims=True), log.mean(axis=0, keepdims=True)
    parts = [
        ((by_vintage - mean) ** 2).mean(axis=(0, 1)).sum(),
        ((by_draw - mean) ** 2).mean(axis=(0, 1)).sum(),
        ((log - by_vintage - by_draw + mean) ** 2).mean(axis=(0, 1)).sum(),
    ]
    whole = sum(parts)
    by, drawn, both = (float(p / whole) if whole else 0.0 for p in parts)
    return Variance(by, drawn, both, float(np.sqrt(whole / people.shape[2])))
