"""What was known in 2010, and nothing later: everything that the forecast reads passes through `known`.

A row of facts passes where its year is 2010 or earlier and it isn't a later revision. Two exceptions, by name:

* projections that were made by 2010 have later years: quantities of `PROJECTED`, in their vintage of 2010;
* boundaries. Places are those of today, and people of 2010 are counted within today's boundaries
  (``population_comparable`` and ``age_share_comparable`` of the year 2010). A boundary tells where a forecast is
  compared, not how many live there in 2020.

Codes and coordinates of places come from today's list for the same reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from citybelt.geo.distance import great_circle_km
from citybelt.worlds import tables
from citybelt.worlds.places import Places
from citybelt.worlds.world import places_of

YEAR = 2010
#: Quantities that hold projections made by 2010, which have later years.
PROJECTED = ("wpp2010",)
#: Codes of 2010 that are others today; Chaohu and Laiwu were dissolved since, most of them into Hefei and Jinan.
RENAMED = {
    "522400": "520500",
    "522200": "520600",
    "542300": "540200",
    "542100": "540300",
    "542600": "540400",
    "542200": "540500",
    "542400": "540600",
    "632100": "630200",
    "652100": "650400",
    "652200": "650500",
    "469003": "460400",
    "371200": "370100",
    "341400": "340100",
}
SEXES = ("F", "M")
#: Items of the census by age; the last is open.
BANDS = ("0", "1-4", *(f"{a}-{a + 4}" for a in range(5, 85, 5)), "85+")
#: Five-year classes of age: 0-4, ..., 100+; the first one that the census leaves open.
CLASSES, OPEN_CLASS = 21, 17
#: Broad ages of the restated census, by five-year class: children, adults, the old.
BROAD = np.array([0] * 3 + [1] * 9 + [2] * 9)
BROAD_ITEMS = ("0-14", "15-59", "60+")


def known(quantity: str, item: str | None = None) -> pd.DataFrame:
    """Rows of facts that were known in 2010, with codes of today. See the module for the exceptions."""
    rows = tables.facts(quantity, item=item)
    return rows[is_known(rows)].assign(region=lambda t: t["region"].replace(RENAMED))


def is_known(rows: pd.DataFrame) -> pd.Series:
    """Which rows of facts were known in 2010."""
    made = rows["vintage"].map(_last_year)
    early = (rows["year"] <= YEAR) & (made <= YEAR)
    projected = rows["quantity"].isin(PROJECTED) & (rows["vintage"] == str(YEAR))
    return early | projected


def _last_year(vintage: str) -> int:
    """The latest year in the name of a vintage; one without years is as old as its data."""
    return max((int(y) for y in re.findall(r"(?:19|20)\d\d", vintage)), default=0)


@dataclass(frozen=True)
class Known:
    """The world of 2010: R places, P provinces, persons, money in CNY."""

    places: Places
    province: np.ndarray  # [R] label 0..P-1
    provinces: tuple[str, ...]
    distance: np.ndarray  # [R, R] km
    persons: np.ndarray  # [R, S, A] by five-year class, today's boundaries
    here_other: np.ndarray  # [R] residents registered in another province
    here_own: np.ndarray  # [R] residents registered in another county of the province
    registered: np.ndarray  # [R] persons, NaN where not held
    births: np.ndarray  # [R] a year, by the census
    income: np.ndarray  # [R] GDP a head, CNY
    expectancy: np.ndarray  # [P] years at birth, both sexes; less the nation's
    leaving: np.ndarray  # [P] moved to other provinces 2005-10
    arriving: np.ndarray  # [P] moved from other provinces 2005-10
    moved_before: tuple[float, float]  # the nation's moves between provinces 1995-2000 and 2005-10
    stock: float  # the nation's residents registered in another province
    stock_before: float  # the same in 2000

    @property
    def total(self) -> np.ndarray:
        """Residents [R]."""
        return self.persons.sum(axis=(1, 2))


def world() -> Known:
    """The world of 2010 by places."""
    places = places_of("china", ())
    codes = list(places.units.index)
    province, names = _labels(places)
    ages = known("population_age_sex").pivot_table(index="region", columns="item", values="value", aggfunc="sum")
    counted = _add(places, ages[[f"{s}:{b}" for s in SEXES for b in BANDS]])
    persons = _classes(counted.to_numpy().reshape(len(codes), 2, len(BANDS)))
    census = persons.sum(axis=(1, 2))
    persons = _restate(persons, places)
    grown = persons.sum(axis=(1, 2)) / census
    by_province = known("moved_between_provinces").pivot(index="region", columns="item", values="value").loc[names]
    gdp = known("gdp", "")
    made = _add(places, gdp[(gdp["vintage"] == "city") & (gdp["year"] == YEAR)].set_index("region")[["value"]])
    rate = _of_year("birth_rate")
    people = counted_by_unit(ages)
    births = _add(places, (rate * people / 1000).to_frame("value"))["value"].to_numpy() * grown
    e0 = _of_year("life_expectancy", "both")
    nation = known("migrants_nation").set_index(["item", "year"])["value"]
    moved = "persons whose residence 5 years ago was in another province"
    return Known(
        places,
        province,
        tuple(names),
        _distance(places),
        persons,
        _stock(places, "other_province") * grown,
        _stock(places, "same_province") * grown,
        _add(places, _of_year("registered_population").to_frame("value"))["value"].to_numpy() * grown,
        births,
        _income(made["value"].to_numpy() * 1e9 / census, census, province),
        (e0[names] - e0[tables.NATION]).to_numpy(),
        by_province["out"].to_numpy(),
        by_province["in"].to_numpy(),
        (float(nation[moved, 2000]), float(nation[moved, YEAR])),
        float(nation["floating, between provinces", YEAR]),
        float(nation["floating, between provinces", 2000]),
    )


@cache
def national(year: int) -> dict[str, float]:
    """The nation's vital rates of the five years from ``year``, as seen in 2010, by item."""
    rows = known("wpp2010")
    return rows[rows["year"] == year].set_index("item")["value"].to_dict()


def counted_by_unit(ages: pd.DataFrame) -> pd.Series:
    """Residents by code."""
    return ages.sum(axis=1)


def _of_year(quantity: str, item: str = "") -> pd.Series:
    rows = known(quantity, item)
    rows = rows[rows["year"] == YEAR]
    return rows.groupby("region")["value"].mean() if quantity == "birth_rate" else _sum(rows)


def _sum(rows: pd.DataFrame) -> pd.Series:
    return rows.groupby("region")["value"].sum(min_count=1)


def _stock(places: Places, item: str) -> np.ndarray:
    return _add(places, _of_year("migrants", item).to_frame("value"))["value"].to_numpy()


def _add(places: Places, by_unit: pd.DataFrame) -> pd.DataFrame:
    """Sums over places. A place whose units aren't all held has none, but for units that nobody counted in 2010."""
    held = known("population_age_sex")["region"].unique()
    inner = places.member[places.member.index.isin(held)]
    return places.__class__(places.units, inner, places.regions).add(by_unit)


def _labels(places: Places) -> tuple[np.ndarray, list[str]]:
    names, label = np.unique(places.units["province"].to_numpy(str), return_inverse=True)
    return label, list(map(str, names))


def _classes(counted: np.ndarray) -> np.ndarray:
    """Five-year classes to 100+ from the bands of the census; the open one as a table of 2005 has them."""
    from citybelt.hindcast.vital import years_lived

    lived = years_lived()[:, OPEN_CLASS:]
    old = counted[..., -1:] * (lived / lived.sum(axis=1, keepdims=True))[None]
    return np.concatenate([counted[..., :1] + counted[..., 1:2], counted[..., 2:-1], old], axis=-1)


def _restate(persons: np.ndarray, places: Places) -> np.ndarray:
    """People within today's boundaries: totals and broad ages are restated, shapes within them are kept."""
    total = _add(places, _of_year("population_comparable").to_frame("value"))["value"].to_numpy()
    share = pd.DataFrame({i: _of_year("age_share_comparable", i) for i in BROAD_ITEMS})
    share = share.reindex(places.units.index).to_numpy() / 100
    share = share / share.sum(axis=1, keepdims=True)
    own = persons.sum(axis=1) @ np.eye(3)[BROAD]
    count = persons.sum(axis=(1, 2))
    total = np.where(np.isfinite(total), total, count)
    # Shares are printed to a tenth of a percent: they replace the count's own only where the boundary has moved.
    moved = np.isfinite(share).all(axis=1) & (np.abs(total / count - 1) > 0.01)
    broad = np.where(moved[:, None], share * total[:, None], own * (total / count)[:, None])
    return persons * (broad / own)[:, None, BROAD]


def _income(value: np.ndarray, people: np.ndarray, province: np.ndarray) -> np.ndarray:
    """GDP a head; where it isn't held, that of the rest of the province."""
    held = np.isfinite(value)
    money = np.bincount(province, np.where(held, value * people, 0))
    heads = np.bincount(province, np.where(held, people, 0))
    return np.where(held, value, (money / heads)[province])


def _distance(places: Places) -> np.ndarray:
    """Great-circle km between places [R, R], a merged place at the mean of its units; 1 km at least."""
    at = tables.units().loc[places.member.index, ["lon", "lat"]].groupby(places.member).mean().loc[places.units.index]
    lon, lat = at["lon"].to_numpy(), at["lat"].to_numpy()
    return np.maximum(great_circle_km(lon[:, None], lat[:, None], lon[None], lat[None]), 1.0)
