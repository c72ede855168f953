r"""Where people start from: who lives in each region of a world in a census year, and the vital rates to come.

Persons of units of the census (`start_base`) are summed to regions. The nation's rates by year, and what sets
regions apart (`start_rates`), become the vital rates of each step; those who move abroad are taken from where
persons of their sex, age and skill live:

    (W11) gap[r,s] = mean of its provinces' gaps by persons + d[s],    d so that deaths of the base year add up
    (W12) ratio[r] = c sum_u ratio[u] births expected in u / sum_u births expected in u,   c so that births add up
    (W13) abroad[t,r,s,a,e] = abroad[t,s,a] P[r,s,a,e] / sum_re P[r,s,a,e],   P those of the start

so that one region that is the whole nation has the nation's own rates. A census of autumn stands for the end of its
year; the step that ends with year t has the rates of t (of the five years to t where ages are five years wide).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.errors import InputError
from citybelt.people import start_base, start_medium, start_rates
from citybelt.people.record import FEMALE, SEXES, Ages, Vital
from citybelt.people.start_rates import SINGLE, Known, Nation
from citybelt.worlds import tables

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from citybelt.data import Dataset


@dataclass(frozen=True)
class Start:
    """Persons of a census year and the rates of the steps after it: R regions, T steps.

    Attributes:
        regions: codes of the regions.
        ages: age classes; a step is as long as they are wide.
        year: of the census; persons are those of its end.
        years: the year that each step ends with [T].
        persons: [R, S, A, E].
        vital: rates of every step, arrays with a leading axis of steps. `at` gives those of one.
        abroad: net arrivals from abroad in each step, persons [T, R, S, A, E]; pass zero instead for closed borders.
        report: one row per region and quantity: region, quantity, target, factor, unit, source, grade.
    """

    regions: tuple[str, ...]
    ages: Ages
    year: int
    years: np.ndarray
    persons: Float[Array, "R S A E"]
    vital: Vital
    abroad: Float[Array, "T R S A E"]
    report: pd.DataFrame

    def at(self, year: int) -> Vital:
        """Rates of the step that ends with a year.

        Raises:
            InputError: no step ends with it.
        """
        if year not in self.years:
            raise InputError(f"No step ends with {year}: they end with {self.years[0]}, ..., {self.years[-1]}.")
        return jax.tree.map(lambda x: x[int(np.flatnonzero(self.years == year)[0])], self.vital)


def grouping(world: Dataset | str | pd.Series) -> tuple[pd.Series, list[str]]:
    """Region of each unit of the census, and the regions in order.

    Args:
        world: an embedded world or its name; ``provinces``; ``nation``; or the region of each unit, by code.

    Raises:
        InputError: a name that is none of these, a dataset whose regions don't add up from places, or a unit left out.
    """
    from citybelt.worlds import NAMES
    from citybelt.worlds.world import places_of

    province = start_base.census_units()
    if isinstance(world, pd.Series):
        missing = province.index.difference(world.dropna().index)
        if len(missing):
            raise InputError(f"No region is given for {len(missing)} units of the census, {missing[0]} among them.")
        member = world.reindex(province.index).astype(str)
        return member, sorted(set(member))
    if world == "provinces":
        return province, sorted(set(province))
    if world == "nation":
        return pd.Series(tables.NATION, province.index), [tables.NATION]
    name = world if isinstance(world, str) else world.name
    if name not in NAMES:
        raise InputError(f"There is no world {name!r} to start from: {', '.join(NAMES)}, provinces or nation.")
    offered = tuple(tables.definition(name).get("option", {}))
    choices = [c for n in range(len(offered) + 1) for c in combinations(offered, n)]
    for options in choices:
        places = places_of(name, options)
        regions = list(places.regions.index)
        if isinstance(world, str) or regions == [str(r) for r in world.x["residence"].values]:
            region = places.units["region"].reindex(places.member).set_axis(places.member.index)
            return region.reindex(province.index), regions
    raise InputError(f"The regions of this dataset are not those of the embedded world {name!r}.")


def start(
    world: Dataset | str | pd.Series,
    year: int = 2020,
    width: int = 1,
    *,
    last: int = 2060,
    known: Known = "2024",
    fade: bool = True,
    missed_children: bool = False,
    base: Literal["census", "national", "medium"] = "census",
) -> Start:
    """(W1-W15) Persons of a census year by region, and the vital rates of the steps after it.

    Args:
        world: an embedded world or its name; ``provinces``; ``nation``; or the region of each unit, by code.
        year: of the census, 2010 or 2020; regions are those of today in both.
        width: years of an age class and of a step, 1 or 5.
        last: the last year that a step may end with.
        known: what is known of rates: to the revision of ``2024``, or to that of ``2010`` (for a hindcast).
        fade: let distances to the nation fade by the half-lives of `people.toml`; otherwise they stay.
        missed_children: add the children that the census of 2010 missed, told by that of 2020 (grade D).
        base: ``census``, persons as counted; ``national``, with those in active service and the missed of the census,
            who are in no region's count (`start_base.national`, grade D by region); ``medium``, scaled by sex and age,
            the same everywhere, to those that the medium variant of 2024 seems to start from (`start_medium`, grade D).

    Raises:
        InputError: an unknown world, census, width or revision, years out of reach, or rates of 2010 with what was
            learnt later.
    """
    ages = Ages(width)
    if known == "2010" and (year > 2010 or missed_children or base != "census"):
        raise InputError("What was known in 2010 holds for a start in 2010, without what later censuses tell.")
    if last < year + width:
        raise InputError(f"No step of {width} years after {year} ends by {last}.")
    member, regions = grouping(world)
    years = np.arange(year + width, last + 1, width)
    of_year = start_rates.nation(year, year, known)
    rates = start_rates.nation(year + 1, int(years[-1]), known)

    counts, share, grade, skills = start_base.persons(year)
    if missed_children:
        counts = counts * start_base.missed_children(year, _ten_years(year))
    if base != "census":
        whole = start_medium.persons(year) if base == "medium" else start_base.national(year, counts.sum(axis=0))
        counts = counts * whole / counts.sum(axis=0)
    if missed_children or base != "census":
        grade = grade.map(lambda _: "D")
    by_skill = np.stack([counts * (1 - share[:, None]), counts * share[:, None]], axis=-1)
    row = pd.Index(regions).get_indexer(member)
    persons = _sum(by_skill, row, len(regions))
    born = start_rates.birth_ratio(year, start_base.units(year)[0])
    gaps = start_rates.life_gap(year)
    ratio, gap = _ratio(born, row, persons, of_year), _gap(gaps, member, row, counts, persons, of_year)
    vital = _vital(rates, of_year, ratio, gap, years, ages, fade)
    own = _classes(persons, ages, axis=2)
    moved = _classes(_steps(rates.abroad, width, np.sum), ages, axis=2)
    part = own / own.sum(axis=(0, 3), keepdims=True)
    abroad = moved[:, None, :, :, None] * part
    report = _report(member, regions, counts, grade, skills, born, gaps, ratio, gap, of_year)
    return Start(tuple(regions), ages, year, years, jnp.asarray(own), vital, jnp.asarray(abroad), report)


def vital(
    world: Dataset | str | pd.Series, first: int, last: int, known: Known = "2024", width: int = 1, fade: bool = True
) -> Vital:
    """Rates of the steps that end with ``first`` + width - 1 to ``last``, with a leading axis of steps.

    They are those of a start from the last census before ``first``, or from that of 2010 where ``known`` is ``2010``.

    Raises:
        InputError: see `start`; or no census lies before ``first``.
    """
    held = [y for y in start_base.settings()["census"]["years"] if y < first and (known == "2024" or y <= 2010)]
    if not held:
        raise InputError(f"No census lies before {first}.")
    begun = start(world, max(held), width, last=last, known=known, fade=fade)
    return jax.tree.map(lambda x: x[begun.years >= first + width - 1], begun.vital)


def _ten_years(year: int) -> np.ndarray:
    """Chance to live through the ten years after a census, by sex and age at its time [S, 101]."""
    rates = start_rates.nation(year + 1, year + 10)
    survival = np.asarray(start_rates.survival(jnp.asarray(rates.m), Ages(1))[0])
    later = np.minimum(SINGLE + np.arange(10)[:, None], SINGLE[-1])
    return np.take_along_axis(survival, later[:, None, :], axis=2).prod(axis=0)


def _sum(by_unit: np.ndarray, row: np.ndarray, count: int) -> np.ndarray:
    """Sums over the units of each region."""
    out = np.zeros((count, *by_unit.shape[1:]))
    np.add.at(out, row, by_unit)
    return out


def _classes(x: np.ndarray, ages: Ages, axis: int) -> np.ndarray:
    """Single years summed to age classes."""
    return np.add.reduceat(x, ages.start, axis=axis)


def _steps(by_year: np.ndarray, width: int, how) -> np.ndarray:
    """Values of years put together to steps; years beyond the last whole step are left out."""
    whole = len(by_year) // width * width
    return how(by_year[:whole].reshape(-1, width, *by_year.shape[1:]), axis=1)


def _ratio(born: pd.DataFrame, row: np.ndarray, persons: np.ndarray, base: Nation) -> np.ndarray:
    """(W12) Fertility of each region over the nation's [R]."""
    weight = _sum(born["weight"].to_numpy(), row, len(persons))
    ratio = _sum((born["weight"] * born["ratio"].fillna(1.0)).to_numpy(), row, len(persons)) / weight
    births = persons[:, FEMALE].sum(axis=-1) @ base.fertility[0]
    return ratio * births.sum() / (ratio * births).sum()


def _gap(
    gaps: pd.DataFrame, member: pd.Series, row: np.ndarray, counts: np.ndarray, persons: np.ndarray, base: Nation
) -> np.ndarray:
    """(W11) Life expectancy of each region less the nation's, years [R, S]."""
    known = gaps.pivot(index="province", columns="sex", values="gap")[list(SEXES)]
    of_unit = known.reindex(start_base.census_units()).to_numpy()
    people = counts.sum(axis=2)
    gap = _sum(of_unit * people, row, len(persons)) / _sum(people, row, len(persons))
    living = persons.sum(axis=-1)
    national = np.asarray(start_rates.survival(jnp.asarray(base.m[0]), Ages(1))[0])
    target = (living * (1 - national)).sum(axis=(0, 2))

    def deaths(shift: np.ndarray) -> np.ndarray:
        m = _at_gap(base.m[:1], base.e0[:1], (gap + shift)[None])[0]
        return (living * (1 - np.asarray(start_rates.survival(jnp.asarray(m), Ages(1))[0]))).sum(axis=(0, 2))

    before, now = np.zeros(len(SEXES)), np.full(len(SEXES), -0.05)
    missed, miss = deaths(before) - target, deaths(now) - target
    for _ in range(20):
        if np.abs(miss / target).max() < 1e-12:
            break
        slope = np.where(now == before, np.inf, (miss - missed) / np.where(now == before, 1, now - before))
        before, missed, now = now, miss, now - miss / slope
        miss = deaths(now) - target
    if not np.abs(miss / target).max() < 1e-9:
        raise InputError("Life expectancies of regions can't be made to add up to the nation's deaths.")
    return gap + now


def _at_gap(m: np.ndarray, e0: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Death rates [T, R, S, 101] of regions from the nation's [T, S, 101], e0 [T, S] and gaps [T, R, S]."""
    unlike, which = np.unique(np.moveaxis(gap, 1, 0).reshape(gap.shape[1], -1), axis=0, return_inverse=True)
    few = np.moveaxis(unlike.reshape(len(unlike), gap.shape[0], -1), 1, 0)
    return start_rates.at_expectancy(m[:, None], e0[:, None] + few)[:, which.ravel()]


def _vital(
    rates: Nation, base: Nation, ratio: np.ndarray, gap: np.ndarray, years: np.ndarray, ages: Ages, fade: bool
) -> Vital:
    """(W8, W9) Rates of all steps [T, R, ...]."""
    begun = int(base.years[0])
    half = start_base.settings()["half_life"][str(begun)]
    left = {
        k: start_rates.faded(rates.years, begun, half[k]) if fade else np.ones(len(rates.years))
        for k in ("life_expectancy", "fertility")
    }
    m = _at_gap(rates.m, rates.e0, gap * left["life_expectancy"][:, None, None])
    births = rates.fertility[:, None] * (ratio ** left["fertility"][:, None])[..., None]
    m, births = _steps(m, ages.width, np.mean), _steps(births, ages.width, np.mean)
    survival, newborn = start_rates.survival(jnp.asarray(m), ages)
    size = _classes(np.ones(len(SINGLE)), ages, axis=0)
    fertility = _classes(births, ages, axis=2) / size
    return Vital(survival, newborn, jnp.asarray(fertility), jnp.asarray(_steps(rates.male_share, ages.width, np.mean)))


def _report(
    member: pd.Series,
    regions: list[str],
    counts: np.ndarray,
    grade: pd.Series,
    skills: pd.DataFrame,
    born: pd.DataFrame,
    gaps: pd.DataFrame,
    ratio: np.ndarray,
    gap: np.ndarray,
    base: Nation,
) -> pd.DataFrame:
    """What each region's persons and rates rest on: the worst grade of its units stands for it."""
    province = start_base.census_units()
    row = pd.Index(regions).get_indexer(member)
    people = _sum(counts.sum(axis=(1, 2)), row, len(regions))
    tertiary = _sum(skills["count"].to_numpy(), row, len(regions))
    worst = pd.DataFrame({"region": member, "grade": grade}).groupby("region")["grade"].max()
    sources = {s: gaps[gaps["sex"] == s].set_index("province") for s in SEXES}
    rows = []
    for i, region in enumerate(regions):
        units = member.index[member == region]
        inside = sorted(set(province[units]))
        one = inside[0] if len(inside) == 1 else None
        rows.append((region, "persons", people[i], 1.0, "persons", "census", worst[region]))
        rows.append((region, "tertiary", tertiary[i], tertiary[i] / people[i], "persons", "census;assumed", "D"))
        for j, sex in enumerate(SEXES):
            told = sources[sex].loc[inside]
            target = base.e0[0, j] + gap[i, j]
            source, worst_ = (";".join(sorted(set(told["source"]))), told["grade"].max())
            rows.append((region, f"life expectancy, {sex}", target, gap[i, j], "years", source, worst_))
        of = born.loc[units]
        whole = one is None or len(units) == int((province == one).sum())
        worst_ = of["grade"].max() if whole else max("C", of["grade"].max())
        source = ";".join(sorted({*of["source"], *([] if whole else ["census"])}))
        rows.append((region, "fertility", base.tfr[0] * ratio[i], ratio[i], "children per woman", source, worst_))
    return pd.DataFrame(rows, columns=["region", "quantity", "target", "factor", "unit", "source", "grade"])
