"""Tables of the gap: factors in percent of the country's output per head, with the range of conventions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .cities import TIERS, Cities, city_gdp
from .facts import COUNTRY
from .gap import FACTORS, Accounts, gap_table, lmdi, shapley_gap

#: Rows of the table: productivity is told apart by tier.
ROWS = (*FACTORS[:3], *(f"productivity_{t}" for t in TIERS))


def percent(parts: pd.Series) -> pd.Series:
    """Log points to percent of the benchmark, in proportion, so that they add up to the gap in percent."""
    gap = parts.sum()
    return parts * 100 * (np.expm1(gap) / gap if gap else 1.0)


def _rows(low: Accounts, high: Accounts) -> pd.Series:
    parts = lmdi(low, high)
    productivity = parts.loc["productivity"]
    productivity.index = [f"productivity_{t}" for t in TIERS]
    return pd.concat([parts.loc[list(FACTORS[:3])].sum(axis=1), productivity])


def gap_factors(cities: Cities) -> pd.DataFrame:
    """Why output per head of the focus differs from the country's, one row a factor and one for the total.

    ``contribution`` in percent of the country's output per head, ``log_points`` beside it. ``low`` and
    ``high`` bound it over the conventions that could have been chosen: the year of output (the base year and
    its neighbours, with the workers of the census) and, for factors the two have in common, the order of
    exchange. It is a range of choices, not a sampling band.
    """
    mask, country = cities.member(cities.focus), cities.member(COUNTRY)
    low, high = cities.accounts(country), cities.accounts(mask)
    parts = _rows(low, high)
    orders = shapley_gap(low, high)
    ranges = [percent(parts)]
    shared = orders.rename({"productivity": "rest"})
    rest = parts[[r for r in ROWS if r.startswith("productivity")]]
    scaled = rest * (shared["rest"] / rest.sum()) if rest.sum() else rest
    ranges.append(percent(pd.concat([shared[list(FACTORS[:3])], scaled])))
    residents = pd.Series(cities.residents, index=cities.units.index)
    for year in (cities.years[1] - 1, cities.years[1] + 1):
        gdp = city_gdp(cities.facts, year, cities.units, residents)
        ranges.append(percent(_rows(cities.accounts(country, gdp), cities.accounts(mask, gdp))))
    spread = pd.concat(ranges, axis=1).loc[list(ROWS)]
    total = spread.sum()
    out = pd.DataFrame(
        {
            "factor": [*ROWS, "total"],
            "contribution": [*spread.iloc[:, 0], total.iloc[0]],
            "log_points": [*parts[list(ROWS)], parts.sum()],
            "low": [*spread.min(axis=1), total.min()],
            "high": [*spread.max(axis=1), total.max()],
        }
    )
    return out.assign(grade="C")


def gaps(cities: Cities) -> pd.DataFrame:
    """The same four factors for every cluster and province of the focus against the country, log points."""
    regions = {g: cities.accounts(cities.member(g)) for g in cities.groups}
    return gap_table(regions, COUNTRY).rename_axis("region").reset_index()


def context(cities: Cities) -> pd.DataFrame:
    """What the accounting leaves out: years of schooling, urban share, research spending, by group.

    Schooling is the mean of cities weighted by residents; research is spending over output of the provinces
    that make up the group (NaN where a cluster is part of a province).
    """
    facts, year = cities.facts, cities.years[1]
    school = facts.series("mean_schooling", year).reindex(cities.units.index).to_numpy()
    urban = cities.urban.to_numpy()
    research = facts.series("research_spending", year)
    output = facts.series("gdp", year, vintage="revised")

    def summary(mask: np.ndarray) -> dict:
        weight = np.where(mask & np.isfinite(school), cities.residents, 0.0)
        whole = [p for p, m in cities.units.groupby("province").indices.items() if mask[m].all()]
        covers = cities.units["province"].isin(whole).to_numpy()[mask].all()
        return {
            "schooling": float(np.nansum(weight * np.nan_to_num(school)) / weight.sum()),
            "urban": float(100 * np.nansum(urban[mask]) / cities.residents[mask].sum()),
            "research": float(100 * research[whole].sum() / output[whole].sum()) if covers else np.nan,
        }

    return cities.by_group(summary, cities=False)
