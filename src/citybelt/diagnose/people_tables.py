"""Tables of people: change between censuses by city, ages, and three objects that are not the same."""

from __future__ import annotations

import warnings
from functools import cached_property

import numpy as np
import pandas as pd

from .cities import Cities
from .facts import COUNTRY, Facts
from .people import AGES, Change, age_structure, relative_mortality, split_change

#: Ages at the second census of those who seldom move; what they seem to do is partly coverage and mortality.
ELDERLY = slice(14, 17)  # 70-84; the open group is left out


def mortality(facts: Facts, years: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The country's death rates [sex, 22] of the two five-year periods that start at the first census."""
    ages = ["0", "1", *(str(a) for a in range(5, 100, 5)), "100+"]
    out = []
    for year in (years[0], years[0] + 5):
        rows = facts.rows("wpp_mortality", year, region=COUNTRY).set_index("item")["value"].astype(float)
        out.append(np.array([[rows[f"{sex}:{a}"] for a in ages] for sex in "MF"]))
    return out[0], out[1]


class Moves:
    """The split of every city's change, under the central method and its alternatives."""

    def __init__(self, cities: Cities):
        self.cities = cities
        self.mx = mortality(cities.facts, cities.years)

    @cached_property
    def central(self) -> Change:
        return split_change(self.cities.first, self.cities.second, *self.mx)

    @cached_property
    def alternatives(self) -> dict[str, np.ndarray]:
        """Net moves [R] under other defensible methods: children all born where they live; local mortality;
        and what remains if the elderly never moved, so that their residual is coverage and mortality."""
        c = self.cities
        crude = c.facts.series("death_rate", c.years[0]).reindex(c.units.index).to_numpy()
        local = relative_mortality(c.first, self.mx[0], crude)
        return {
            "children_born_here": split_change(c.first, c.second, *self.mx, move_children=False).migration,
            "local_mortality": split_change(c.first, c.second, *self.mx, mortality=local).migration,
            "elderly_stay": elderly_stay(self.central),
        }


def elderly_stay(change: Change) -> np.ndarray:
    """Net moves [R] if those of 70 to 84 had not moved and their residual held at every age from 10."""
    rate = change.by_age[:, ELDERLY].sum(axis=1) / change.expected[:, ELDERLY].sum(axis=1)
    return change.migration - rate * change.expected[:, 2:].sum(axis=1)


def people(cities: Cities, moves: Moves) -> pd.DataFrame:
    """Change of residents between the censuses, by city and group, persons.

    ``natural`` + ``migration`` = ``change``; ``natural`` = ``births`` - ``deaths`` + ``coverage``. ``low`` and
    ``high`` bound the split over the alternatives of ``Moves`` (a range of methods). ``boundary`` is the
    restatement of the first census; grade C where it is not 1 or where two censuses only are compared.
    """
    c, facts = moves.central, cities.facts
    options = np.stack([c.migration, *moves.alternatives.values()])
    age = (age_structure(cities.first), age_structure(cities.second))
    fertility = facts.series("fertility", cities.years[1])

    def summary(mask: np.ndarray) -> dict:
        def total(values: np.ndarray) -> float:
            return float(values[..., mask].sum())

        def share(which: dict, key: str, people: np.ndarray) -> float:
            residents = people.sum(axis=(1, 2))[mask]
            return float(which[key][mask] @ residents / residents.sum())

        spread = options[:, mask].sum(axis=1)
        moved = c.change[mask].sum() - spread
        return {
            "year_from": cities.years[0],
            "year_to": cities.years[1],
            "start": total(c.start),
            "end": total(c.end),
            "change": total(c.change),
            "births": total(c.births),
            "deaths": total(c.deaths),
            "coverage": total(c.coverage),
            "natural": total(c.natural),
            "migration": total(c.migration),
            "natural_low": float(moved.min()),
            "natural_high": float(moved.max()),
            "migration_low": float(spread.min()),
            "migration_high": float(spread.max()),
            "share60_start": share(age[0], "share60", cities.first),
            "share60_end": share(age[1], "share60", cities.second),
            "share65_start": share(age[0], "share65", cities.first),
            "share65_end": share(age[1], "share65", cities.second),
            "boundary_changed": bool((cities.boundary[mask] != 1).any()) if mask.sum() == 1 else False,
        }

    out = cities.by_group(summary)
    out["tfr"] = [fertility.get(r, np.nan) for r in out["region"]]
    return out.assign(grade="C")


def ages(cities: Cities) -> pd.DataFrame:
    """Shares by age and dependency at both censuses, by group; percent."""

    def summary(mask: np.ndarray) -> dict:
        then = age_structure(cities.first[mask].sum(axis=0, keepdims=True))
        now = age_structure(cities.second[mask].sum(axis=0, keepdims=True))
        return {f"{k}_start": float(v[0]) for k, v in then.items()} | {f"{k}_end": float(v[0]) for k, v in now.items()}

    return cities.by_group(summary).assign(grade="A")


def cohorts(cities: Cities, moves: Moves) -> pd.DataFrame:
    """Net moves by age at the second census for each group: persons, and percent of those expected."""
    c = moves.central
    rows = []
    for group in cities.groups:
        mask = cities.member(group)
        for k, age in enumerate(AGES):
            moved, expected = float(c.by_age[mask, k].sum()), float(c.expected[mask, k].sum())
            rows.append((group, int(age), moved, expected, 100 * moved / expected))
    return pd.DataFrame(rows, columns=["region", "age", "migration", "expected", "rate"]).assign(grade="C")


def three_objects(cities: Cities, moves: Moves) -> pd.DataFrame:
    """Net moves of the focus and its provinces as three sources see them, persons; they are not one object.

    ``cohort_residual`` between the censuses (with its range); ``flow_five_years`` the last surveyed flow
    between provinces in ``flow_year`` (a decade holds two such periods); ``stock_start`` and ``stock_end``
    residents less registered persons at both censuses (negative: more people have left than come), and
    ``registered_change`` between them. Cities without a registered count are left out of both sides.
    """
    facts, years = cities.facts, cities.years
    flows = facts.rows("moved_between_provinces")
    last = flows[flows["year"] == flows["year"].max()].pivot(index="region", columns="item", values="value")
    registered = [registered_around(facts, y, cities.units.index) for y in years]
    counted = [facts.series("population", y).reindex(cities.units.index).to_numpy() for y in years]
    options = np.stack([moves.central.migration, *moves.alternatives.values()])
    rows = {}
    for group in [cities.focus, *cities.provinces]:
        mask = cities.member(group)
        held = mask & np.isfinite(registered[0]) & np.isfinite(registered[1])
        spread = options[:, mask].sum(axis=1)
        known = cities.is_whole(group) if group == cities.focus else True
        flow = last.reindex(cities.whole_provinces(group)) if group == cities.focus else last.reindex([group])
        stock = [float((n[held] - r[held]).sum()) for n, r in zip(counted, registered, strict=True)]
        rows[group] = {
            "cohort_residual": float(spread[0]),
            "cohort_low": float(spread.min()),
            "cohort_high": float(spread.max()),
            "flow_five_years": float((flow["in"] - flow["out"]).sum(skipna=False)) if known else np.nan,
            "flow_year": int(flows["year"].max()),
            "stock_start": stock[0],
            "stock_end": stock[1],
            "registered_change": float((registered[1][held] - registered[0][held]).sum()),
            "registered_cities": int(held.sum()),
        }
    return pd.DataFrame(rows).T.infer_objects().rename_axis("region").reset_index()


def registered_around(facts: Facts, year: int, units: pd.Index) -> np.ndarray:
    """Registered persons [R] of a year: the median of it and its neighbours.

    Some yearbooks print residents in the column of a census year; a spike of one year does not move the
    median, and a lasting change (new boundaries) passes through.
    """
    near = [facts.series("registered_population", y).reindex(units).to_numpy() for y in (year - 1, year, year + 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # cities that hold none of the three
        return np.nanmedian(near, axis=0)


def pull(cities: Cities, moves: Moves, draws: int = 400) -> pd.DataFrame:
    """Do people move towards income? Rank correlation of net moves (share of those expected) with output per
    head over cities, for the country and the focus, with a bootstrap 80 % band over cities.

    An association: income attracts people, and people make output.
    """
    from scipy.stats import spearmanr

    c = moves.central
    income = cities.gdp.sum(axis=1, min_count=3).to_numpy() / cities.residents
    rate = c.migration / c.expected.sum(axis=1)
    rng = np.random.default_rng(0)
    rows = []
    for group in (cities.focus, COUNTRY):
        use = np.flatnonzero(cities.member(group) & np.isfinite(income))
        drawn = [spearmanr(income[k], rate[k]).statistic for k in (rng.choice(use, len(use)) for _ in range(draws))]
        low, high = np.quantile(drawn, [0.1, 0.9])
        rows.append((group, len(use), float(spearmanr(income[use], rate[use]).statistic), float(low), float(high)))
    return pd.DataFrame(rows, columns=["region", "n", "correlation", "low", "high"]).assign(grade="C")
