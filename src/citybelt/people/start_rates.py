r"""The nation's vital rates and moves abroad by calendar year, and how far those of its regions lie from them.

Periods of the projections run from the middle of a year y to that of y + 5; what is given by period stands at its
middle, y + 3.0, and a calendar year t at t + 0.5. Between middles:

    (W5)  death rates by single age: logarithms linear in time, then changed to the life expectancy of the year and
          sex by odds (`life`, L8);  fertility pattern, sex ratio at birth: linear;  beyond the ends: as at the ends
    (W6)  fertility = children per woman of the year x pattern of the year
    (W7)  net arrivals of the year, by sex and age = those of the period x total of the year / total of the period

Regions differ from the nation by numbers that are known for provinces, or follow from a census, and fade:

    (W8)  e0[r,s,t] = e0[s,t] + gap[r,s] 2^-((t - t0) / half life)
    (W9)  TFR[r,t] = TFR[t] ratio[r]^(2^-((t - t0) / half life))
    (W10) ratio of a unit = ratio of its province x infants of the unit over those expected, over the province's same,
          expected: the nation's fertility pattern on the unit's women of the census

Before they fade, gaps and ratios are moved together so that births and deaths of all regions are those of the
nation's own rates on the same persons. Revisions: what is known to the one of 2024, or was to that of 2010.
Source: United Nations, World Population Prospects. Limits: cities have their province's life expectancy; infants
counted measure births by how completely they were counted, so that only their relative level is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array

from citybelt.errors import InputError
from citybelt.people import life
from citybelt.people.record import FEMALE, OPEN, SEXES, Ages
from citybelt.people.schedule import fertility, male_share
from citybelt.people.start_base import LETTER, census_units, counted, settings
from citybelt.worlds import tables

Known = Literal["2024", "2010"]
SINGLE = np.arange(OPEN + 1)
#: Where a calendar year, and the middle of a period that begins in a year, lie after that year's first day.
YEAR, PERIOD = 0.5, 3.0
MOTHERS = tuple(f"{a}-{a + 4}" for a in range(15, 50, 5))


@dataclass(frozen=True)
class Nation:
    """Rates of the nation by calendar year, T years."""

    years: np.ndarray  # [T]
    m: np.ndarray  # death rates [T, S, 101]
    e0: np.ndarray  # life expectancy [T, S]
    tfr: np.ndarray  # children per woman [T]
    fertility: np.ndarray  # births per woman and year [T, 101]
    male_share: np.ndarray  # boys among births [T]
    abroad: np.ndarray  # net arrivals, persons [T, S, 101]


def _over(years: np.ndarray, held: pd.Series, at: float) -> np.ndarray:
    """Values by year of a fact, read at the middle of calendar years."""
    held = held.sort_index()
    return np.interp(years + YEAR, held.index.to_numpy() + at, held.to_numpy())


def _national(quantity: str) -> pd.DataFrame:
    """Facts of the nation by year (rows) and item."""
    held = tables.facts(quantity)
    held = held[held["region"] == tables.NATION]
    return held.pivot(index="year", columns="item", values="value")


def _deaths(years: np.ndarray, wide: pd.DataFrame, before: str, e0: np.ndarray) -> np.ndarray:
    """(W5) Death rates [T, S, 101] from tables by period with items ``before`` + sex:age, at life expectancies."""
    names = [f"{a}+" if a == OPEN else str(a) for a in life.ABRIDGED]
    rates = np.stack([wide[[f"{before}{LETTER[s]}:{n}" for n in names]].dropna().to_numpy() for s in SEXES], axis=1)
    at = wide[f"{before}{LETTER[SEXES[0]]}:0"].dropna().index.to_numpy() + PERIOD
    logs = np.log(np.asarray(life.single(jnp.asarray(rates))))
    when = np.clip(years + YEAR, at[0], at[-1])
    j = np.clip(np.searchsorted(at, when, side="right") - 1, 0, len(at) - 2)
    t = ((when - at[j]) / (at[j + 1] - at[j]))[:, None, None]
    m = np.exp(logs[j] * (1 - t) + logs[j + 1] * t)
    return at_expectancy(m, e0)


@jax.jit
def _fitted(m: Array, e0: Array) -> tuple[Array, Array]:
    found = life.with_expectancy(m, SINGLE, e0)
    return found, jnp.abs(life.table(found, SINGLE).e[..., 0] - e0).max()


@partial(jax.jit, static_argnames="ages")
def survival(m: Array, ages: Ages) -> tuple[Array, Array]:
    """Chances to live through a step by age class, and of newborns, of death rates by single age; compiled."""
    return life.survival(m, SINGLE, ages)


def at_expectancy(m: np.ndarray, e0: np.ndarray) -> np.ndarray:
    """Death rates by single age like ``m`` of which people live ``e0`` years on average, changed by odds; compiled.

    Raises:
        InputError: no change gives that life expectancy.
    """
    m = np.broadcast_to(m, (*np.broadcast_shapes(m.shape[:-1], e0.shape), m.shape[-1]))
    found, missed = _fitted(jnp.asarray(m), jnp.asarray(e0))
    if not missed < 1e-8:
        raise InputError(f"No change of the nation's death rates gives a life expectancy wanted; it misses {missed}.")
    return np.asarray(found)


@cache
def nation(first: int, last: int, known: Known = "2024") -> Nation:
    """(W5-W7) The nation's rates of the calendar years ``first`` to ``last``.

    Args:
        first, last: calendar years.
        known: ``2024``, estimates to 2023 and the medium variant of that revision, or ``2010``, as the revision of
            2010 had them: of five-year periods to 2050, the last of which is held beyond; with no moves abroad.

    Raises:
        InputError: a year that the revision of 2024 doesn't hold, or another revision.
    """
    years = np.arange(first, last + 1)
    if known == "2024":
        wide = _national("wpp")
        if first not in wide.index or last not in wide.index:
            raise InputError(f"The projections hold {wide.index.min()} to {wide.index.max()}, not {first} to {last}.")
        yearly = wide.loc[years]
        e0 = yearly[[f"life_expectancy_{s}" for s in SEXES]].to_numpy()
        tfr = yearly["fertility"].to_numpy()
        m = _deaths(years, _national("wpp_mortality"), "", e0)
        pasfr = _national("wpp_fertility_pattern")[list(MOTHERS)]
        ratio = _national("wpp_sex_ratio").iloc[:, 0]
        abroad = _abroad(years, yearly["net_migration"].to_numpy())
    elif known == "2010":
        wide = _national("wpp2010")
        joined = {n: wide[a].combine_first(wide[b]).dropna() for n, a, b in _joined()}
        e0 = np.stack([_over(years, joined[s], PERIOD) for s in SEXES], axis=1)
        tfr = _over(years, joined["fertility"], PERIOD)
        m = _deaths(years, wide, "mx:", e0)
        pasfr = wide[[f"pasfr_pct::{a}" for a in MOTHERS]].dropna()
        ratio = wide["sex_ratio_at_birth::"].dropna()
        abroad = np.zeros((len(years), len(SEXES), OPEN + 1))
    else:
        raise InputError(f"Rates are known to the revision of 2024 or of 2010, not {known!r}.")
    pattern = np.stack([_over(years, pasfr[c], PERIOD) for c in pasfr.columns], axis=1)
    births = np.asarray(fertility(jnp.asarray(pattern), jnp.asarray(tfr), Ages(1)))
    return Nation(years, m, e0, tfr, births, np.asarray(male_share(jnp.asarray(_over(years, ratio, PERIOD)))), abroad)


def _joined() -> list[tuple[str, str, str]]:
    """Names of what the revision of 2010 holds as estimates, and as a projection."""
    life_ = [(s, f"e0:{LETTER[s]}:", f"e0_projection:{LETTER[s]}:") for s in SEXES]
    return [*life_, ("fertility", "tfr::", "tfr_medium_projection::")]


def _abroad(years: np.ndarray, total: np.ndarray) -> np.ndarray:
    """(W7) Net arrivals [T, S, 101], spread evenly within five years of age; before the first period with its ages."""
    wide = _national("wpp_migration")
    names = [[f"{LETTER[s]}:{a}-{a + 4}" for a in range(0, OPEN, 5)] + [f"{LETTER[s]}:{OPEN}+"] for s in SEXES]
    of_year = np.stack([np.stack([_over(years, wide[n], PERIOD) for n in by_sex], axis=1) for by_sex in names], axis=1)
    of_year *= (total / of_year.sum(axis=(1, 2)))[:, None, None]
    return np.concatenate([np.repeat(of_year[..., :-1] / 5, 5, axis=-1), of_year[..., -1:]], axis=-1)


def life_gap(year: int) -> pd.DataFrame:
    """Life expectancy of each province less the nation's, years, by sex, with target, source and grade.

    The first series of `people.toml` that holds both counts; the gap of an earlier year has faded since (W8). One of
    both sexes together gives each sex the same gap: grade B from a census of the year itself, D otherwise.
    """
    held = tables.facts("life_expectancy")
    provinces = sorted(set(census_units()))
    rows = []
    for province in provinces:
        for sex in SEXES:
            found = None
            for series, when, sexes in settings()["life"][str(year)]:
                part = held[
                    (held["vintage"] == series)
                    & (held["year"] == when)
                    & (held["item"] == (sex if sexes == "each" else "both"))
                ].set_index("region")
                if province in part.index and tables.NATION in part.index:
                    own = part.loc[province]
                    grade = own["grade"] if sexes == "each" else ("B" if own["grade"] == "A" and when == year else "D")
                    left = faded(np.array(year), when, settings()["half_life"][str(year)]["life_expectancy"])
                    gap = (own["value"] - part.at[tables.NATION, "value"]) * float(left)
                    found = (province, sex, own["value"], gap, own["source"], grade)
                    break
            rows.append(found or (province, sex, np.nan, 0.0, "assumed", "D"))
    return pd.DataFrame(rows, columns=["province", "sex", "target", "gap", "source", "grade"])


def expected(women: pd.DataFrame, year: int) -> pd.Series:
    """Births of a year at the nation's fertility pattern and level, by row of counts with columns (sex, group)."""
    rates = nation(year, year).fertility[0]
    groups = [a for _, a in women.columns if 15 <= a < 50]
    born = (women[SEXES[FEMALE], a] * rates[a : a + 5].mean() for a in sorted(set(groups)))
    return sum(born, start=pd.Series(0.0, women.index))


def infants(persons: pd.DataFrame, year: int) -> pd.Series:
    """(W10) Infants counted per birth expected at the nation's rates: relative levels only."""
    born = sum(persons[s, 0] for s in SEXES)
    return born / expected(persons, year).where(lambda x: x > 0)


def birth_ratio(year: int, persons: pd.DataFrame) -> pd.DataFrame:
    """(W9, W10) Fertility of each unit over the nation's, with the province's target and its grade.

    Args:
        year: of the census.
        persons: by unit and (sex, group), in the boundaries of 2020.
    """
    province = census_units()
    codes = sorted(set(province))
    held = tables.facts("fertility", year=year).set_index("region")
    total = counted(year).loc[codes]
    measured = infants(total, year) / (sum(total[s, 0] for s in SEXES).sum() / expected(total, year).sum())
    tfr = held["value"].reindex(codes)
    target = (tfr / held.at[tables.NATION, "value"]).fillna(measured)
    table = pd.DataFrame({"province": province})
    unit = infants(persons, year)
    weight = expected(persons, year)
    mean = (unit * weight).groupby(province).sum() / weight.groupby(province).sum()
    table["within"] = (unit / mean.reindex(province).set_axis(province.index)).fillna(1.0)
    table["ratio"] = table["within"] * target.reindex(province).set_axis(province.index)
    table["target"] = tfr.reindex(province).set_axis(province.index)
    table["source"] = held["source"].reindex(province).set_axis(province.index).fillna("census")
    table["grade"] = held["grade"].reindex(province).set_axis(province.index).fillna("D")
    table["weight"] = weight
    return table


def faded(years: np.ndarray, start: int, half_life: float) -> np.ndarray:
    """(W8, W9) What is left of a distance to the nation in each year [T]; in the base year itself, all."""
    return 2.0 ** (-np.maximum(years - start, 0) / half_life)


def last_year() -> int:
    """The last year whose rates are known to the revision of 2024."""
    return int(_national("wpp").index.max())


def medium() -> pd.DataFrame:
    """Population of the nation on 31 December by the revision of 2024, persons: total, and by sex where held.

    Before the first year that is held by sex the total follows from births, deaths and moves.
    """
    wide = _national("wpp")
    out = wide[[f"population_{s}" for s in SEXES]].set_axis(list(SEXES), axis=1)
    total = out.sum(axis=1, min_count=2)
    change = wide["births"] - wide["deaths"] + wide["net_migration"]
    for year in range(int(total.dropna().index[0]) - 1, int(wide.index.min()) - 1, -1):
        total[year] = total[year + 1] - change[year + 1]
    return out.assign(total=total, births=wide["births"], deaths=wide["deaths"], abroad=wide["net_migration"])
