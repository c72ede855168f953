r"""Persons of a census year by unit, sex, single year of age and skill, within the boundaries of 2020.

A census counts persons N[u,s,g] of unit u and sex s in groups of age g (0, 1-4, 5-9, ..., 85 and more). What stands
here keeps every count, and fills what lies between counts:

    (W1)  restated:  N[u,s,g] k[u,s',b], the group's band b scaled to the unit's total and age bands in the boundaries
          of the later census; then rows and columns of each province are balanced to both (units, sexes and groups)
    (W2)  open group:  N[u,s,85+] shared out as the nation's oldest are
    (W3)  single ages:  cumulated counts through a monotone cubic (`curve`), so that groups keep their counts
    (W4)  tertiary share[u,a] = logistic(logit(pattern[a]) + k[u]),   k so that sum_a N[u,a] share[u,a] is the count

A unit is restated where its total differs in the earlier census from the one restated by the later census' bulletins,
and the later census gives it in the same area as the bulletins do; where it doesn't, the unit's own row is kept, and
such units take what is left of their province.
Sources: Deming and Stephan (1940) for balancing; Fritsch and Butland (1984) for (W3).
Limits: ages within groups are smooth, so that the famine's and other short cohorts are spread over five years; (W4)
rests on an assumed pattern by birth cohort (grade D), and on no difference between the sexes. Nobody is added to the
children that a census misses, unless `missed_children` is asked for.
"""

from __future__ import annotations

from functools import cache

import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.errors import InputError
from citybelt.people.curve import through
from citybelt.people.record import FEMALE, MALE, OPEN, SEXES
from citybelt.worlds import tables

#: First ages of the groups of a census; the last is open.
GROUPS = (0, 1, *range(5, 86, 5))
#: Bands of age in which restated totals are known, first ages; the last is open.
BANDS = (0, 15, 60, 65)
#: Sex as facts write it.
LETTER = {sex: sex[0].upper() for sex in SEXES}


def settings() -> dict:
    """Choices and assumptions of `people.toml`."""
    return tables.definition("people")


@cache
def census_units() -> pd.Series:
    """Province of each unit of the census, by code."""
    units = tables.units()
    return units.loc[~units["level"].isin(["province", "country"]), "province"]


def label(first: int) -> str:
    """A group's name in the facts."""
    if first == GROUPS[-1]:
        return f"{first}+"
    return {0: "0", 1: "1-4"}.get(first, f"{first}-{first + 4}")


def counted(year: int) -> pd.DataFrame:
    """Persons as counted, by code of that census (units, provinces) and columns (sex, first age of the group)."""
    wide = tables.wide("population_age_sex", year)
    names = [f"{LETTER[s]}:{label(g)}" for s in SEXES for g in GROUPS]
    out = wide[names]
    out.columns = pd.MultiIndex.from_product([SEXES, GROUPS])
    return out


@cache
def _units(year: int) -> tuple[pd.DataFrame, pd.Series]:
    own = counted(year).rename(index=settings()["census"]["successor"])
    province = census_units()
    totals = own.loc[sorted(set(province))]
    held = own.reindex(province.index)
    grade = pd.Series("A", province.index)
    if year == max(settings()["census"]["years"]):
        return held, grade
    target, kept = _restated(held.sum(axis=1, min_count=1), year)
    before = held.sum(axis=1)
    changed = target.index[~np.isclose(target, before, rtol=1e-12)]
    grade[((target / before.where(before > 0) - 1).abs() > settings()["census"]["within"])] = "C"
    grade[before == 0] = "C"  # founded later, or not counted on its own
    for code in sorted(set(province[changed])):
        members = province.index[province == code]
        start = held.loc[members].copy()
        none = start.isna().all(axis=1)
        start[none] = np.outer(target[members][none], totals.loc[code] / totals.loc[code].sum())
        for unit in members:
            if unit in changed and unit not in kept:
                start.loc[unit] = _to_bands(start.loc[unit], unit, year)
        start = start.fillna(0.0)
        held.loc[members] = _balanced(start.to_numpy(), target[members].to_numpy(), totals.loc[code].to_numpy())
    return held.fillna(0.0), grade


def units(year: int) -> tuple[pd.DataFrame, pd.Series]:
    """(W1) Persons by unit of 2020 and (sex, first age of the group), and the grade of each unit's row.

    Raises:
        InputError: no census of that year is held.
    """
    if year not in settings()["census"]["years"]:
        raise InputError(f"No census of {year} is held, only of {settings()['census']['years']}.")
    persons, grade = _units(year)
    return persons.copy(), grade.copy()


def _restated(own: pd.Series, year: int) -> tuple[pd.Series, set[str]]:
    """Total of each unit in the later boundaries, and the units that keep their own row though bulletins differ."""
    within, later = settings()["census"]["within"], max(settings()["census"]["years"])
    province = census_units()
    now = tables.series("population", later).reindex(own.index)
    bulletin = {y: tables.series("population_comparable", y).reindex(own.index) for y in (year, later)}
    other_area = (bulletin[later] / now - 1).abs() > within
    moved = ((bulletin[year] / own - 1).abs() > within) | (own.isna() & bulletin[year].notna())
    target = bulletin[year].where(moved & ~other_area, own).fillna(0.0)
    kept = set(own.index[other_area])
    left = tables.series("population", year)[sorted(set(province))] - target.groupby(province).sum()
    for code, rest in left.items():
        members = own.index[province == code]
        takers = [u for u in members if u in kept] or [u for u in members if not moved[u]]
        target[takers] += rest * target[takers] / target[takers].sum()
    return target, kept


def _to_bands(row: pd.Series, unit: str, year: int) -> pd.Series:
    """(W1) A unit's counts, each band scaled to the restated one."""
    share = tables.facts("age_share_comparable", year=year)
    share = share[share["region"] == unit].set_index("item")["value"]
    total = tables.series("population_comparable", year)[unit]
    known = [share[f"{BANDS[0]}-{BANDS[1] - 1}"], share[f"{BANDS[1]}-{BANDS[2] - 1}"]]
    known += [share[f"{BANDS[2]}+"] - share[f"{BANDS[3]}+"], share[f"{BANDS[3]}+"]]
    band = np.searchsorted(BANDS, row.index.get_level_values(1), side="right") - 1
    now = np.bincount(band, row.to_numpy(), len(BANDS))
    return row * (total * np.array(known) / sum(known) / now)[band]


def _balanced(start: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(W1) Counts balanced to totals of units and of sexes and groups, which must agree.

    Raises:
        InputError: no balance is reached.
    """
    x = start
    for _ in range(2000):
        x = x * (columns / x.sum(axis=0))
        sums = x.sum(axis=1)
        if np.abs(sums - rows).max() < 1e-9 * rows.sum():
            return x
        x = x * np.where(sums > 0, rows / np.where(sums > 0, sums, 1), 0)[:, None]
    raise InputError("Restated totals and ages of a province can't be met together.")


def oldest(year: int) -> np.ndarray:
    """(W2) How the nation's persons of the open group are spread over 85-89, 90-94, 95-99 and 100+ [S, 4]."""
    held = tables.facts("wpp_population", year=year)
    held = held[held["region"] == tables.NATION].set_index("item")["value"]
    names = [f"{a}-{a + 4}" for a in range(GROUPS[-1], OPEN, 5)] + [f"{OPEN}+"]
    part = np.array([[held[f"{LETTER[s]}:{n}"] for n in names] for s in SEXES])
    return part / part.sum(axis=1, keepdims=True)


def single(groups: np.ndarray, year: int) -> np.ndarray:
    """(W2, W3) Persons by single year of age, 0 to 99 and 100+ [U, S, 101].

    Args:
        groups: persons by group [U, S, 19].
        year: of the census, for the open group.
    """
    last = groups[..., -1:] * oldest(year)
    closed = np.concatenate([groups[..., :-1], last[..., :-1]], axis=-1)
    marks = np.array([*GROUPS, *range(GROUPS[-1] + 5, OPEN + 1, 5)])
    cumulated = np.concatenate([np.zeros_like(closed[..., :1]), np.cumsum(closed, axis=-1)], axis=-1)
    ages = np.diff(np.asarray(through(marks, jnp.asarray(cumulated), np.arange(OPEN + 1))), axis=-1)
    return np.concatenate([np.clip(ages, 0, None), last[..., -1:]], axis=-1)


def pattern(year: int) -> np.ndarray:
    """Share of persons with tertiary education that is assumed for the nation, by single age [101]."""
    told = settings()["tertiary"]
    age = np.arange(OPEN + 1)
    return np.interp(year - age, told["born"], told["share"]) * np.interp(age, told["age"], told["reached"])


def tertiary(persons: np.ndarray, year: int) -> tuple[np.ndarray, pd.DataFrame]:
    """(W4) Share of persons with tertiary education by unit and age [U, 101], and the count and k of each unit.

    Units that have another area take the share of their own row; those without one take their province's.

    Args:
        persons: by unit, sex and single age.
        year: of the census.
    """
    province = census_units()
    held = tables.wide("education", year).sum(axis=1).rename(index=settings()["census"]["successor"])
    people = counted(year).sum(axis=1).rename(index=settings()["census"]["successor"])
    share = (held / people).reindex(province.index).fillna((held / people).reindex(province).set_axis(province.index))
    by_age = persons.sum(axis=1)
    count = share.to_numpy() * by_age.sum(axis=1)
    base = np.log(np.maximum(pattern(year), 1e-300)) - np.log1p(-pattern(year))
    low, high = np.full(len(count), -20.0), np.full(len(count), 20.0)
    for _ in range(60):
        k = (low + high) / 2
        more = (by_age / (1 + np.exp(-(base + k[:, None])))).sum(axis=1) > count
        low, high = np.where(more, low, k), np.where(more, k, high)
    k[by_age.sum(axis=1) == 0] = 0.0
    table = pd.DataFrame({"count": count, "k": k}, province.index)
    return 1 / (1 + np.exp(-(base + k[:, None]))), table


def missed_children(year: int, survivors: np.ndarray) -> np.ndarray:
    """How many times as many children of each age lived as a census counted, by sex [S, 101]; one from age ten on.

    It looks back from the next census, so that nothing known in the year itself uses it (grade D).

    Args:
        year: of the earlier census.
        survivors: chance to live through the ten years between the censuses, by sex and age [S, 101].
    """
    later = max(settings()["census"]["years"])
    if year == later:
        raise InputError(f"There is no later census from which the children missed in {year} could be told.")
    gap = later - year
    now, then = (single(_array(units(y)[0]), y).sum(axis=0) for y in (year, later))
    factor = np.ones_like(now)
    factor[:, :gap] = then[:, gap : 2 * gap] / (now * survivors)[:, :gap]
    return np.maximum(factor, 1.0)


def _array(table: pd.DataFrame) -> np.ndarray:
    """[U, S, group] of a table with columns (sex, group)."""
    return table.to_numpy().reshape(len(table), len(SEXES), len(GROUPS))


def persons(year: int) -> tuple[np.ndarray, np.ndarray, pd.Series, pd.DataFrame]:
    """Persons by unit, sex and single age [U, S, 101]; tertiary share [U, 101]; grades of units; counts of skills.

    Raises:
        InputError: no census of that year is held.
    """
    table, grade = units(year)
    ages = single(_array(table), year)
    share, skills = tertiary(ages, year)
    return ages, share, grade, skills


def national(year: int, counted: np.ndarray) -> np.ndarray:
    """(W17) Persons of the whole nation by sex and single age [S, 101], with those whom no unit's count has.

    Args:
        year: of the census.
        counted: the sum of the units [S, 101].

    Raises:
        InputError: that census' total and undercount aren't held.
    """
    held = settings()["national"].get(str(year))
    if held is None:
        raise InputError(f"The national total of the census of {year} is not held, only that of 2020.")
    service = held["total"] - counted.sum()
    men, ages = held["service"]["men"], np.arange(held["service"]["first"], held["service"]["last"] + 1)
    out = counted.copy()
    for s, part in ((FEMALE, 1 - men), (MALE, men)):
        out[s, ages] += service * part / len(ages)
    return out / (1 - held["missed"])
