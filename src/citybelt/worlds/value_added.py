"""Value added by place and sector, from employment, city accounts and the national table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.estimate.balance import biproportional

TIERS = ("primary", "secondary", "tertiary")
RENTS = "housing"


@dataclass(frozen=True)
class CityAccounts:
    """GDP by place and tier, in one unit, and how each gap was filled."""

    gdp: pd.DataFrame  # place by tier
    imputed: pd.Series  # bool by place
    ratio: pd.DataFrame  # province: published, cities, imputed places, remainder over what employment suggests


def city_accounts(
    cities: pd.DataFrame, provinces: pd.Series, province: pd.Series, suggested: pd.DataFrame
) -> CityAccounts:
    """GDP by place and tier that adds up to the accounts of the provinces.

    ``cities`` [place, tier] as published (NaN where missing), ``provinces`` totals by code, ``province`` the
    province of each place, ``suggested`` [place, tier] what employment times national value added per worker
    gives. Where every place of a province is known, the places are scaled to its account; where some are
    missing, those share what the account leaves, in the proportions of ``suggested``. When nothing sensible is
    left (below a tenth of what employment suggests), all places are scaled instead.
    """
    gdp, rows = cities[list(TIERS)].to_numpy(float, copy=True), []
    missing = np.isnan(gdp).any(axis=1)
    seed = suggested[list(TIERS)].to_numpy(float)
    factor = provinces.sum() / seed.sum()
    where, codes = pd.factorize(province.reindex(cities.index), sort=True)
    for k, code in enumerate(codes):
        total, known, gaps = provinces[code], (where == k) & ~missing, (where == k) & missing
        held, expected = gdp[known].sum(), seed[gaps].sum() * factor
        left = total - held
        if not gaps.any():
            gdp[known] *= total / held
        else:
            if left < 0.1 * expected:
                gdp[known] *= (total - expected) / held
                left = expected
            gdp[gaps] = seed[gaps] / seed[gaps].sum() * left
        rows.append((code, total, held, int(gaps.sum()), (total - held) / expected if gaps.any() else np.nan))
    columns = ["province", "published", "cities", "imputed_places", "remainder_over_employment"]
    ratio = pd.DataFrame(rows, columns=columns).set_index("province")
    return CityAccounts(pd.DataFrame(gdp, cities.index, list(TIERS)), pd.Series(missing, cities.index), ratio)


def fit_tiers(gdp: pd.DataFrame, nation: Mapping[str, float]) -> pd.DataFrame:
    """Place by tier such that tiers meet the nation's value added and every place keeps its share of GDP."""
    total = sum(nation.values())
    rows = gdp.sum(axis=1).to_numpy() * total / gdp.to_numpy().sum()
    columns = np.array([nation[t] for t in gdp.columns])
    with np.errstate(divide="ignore"):
        table, _ = biproportional(np.log(gdp.to_numpy())[None], rows[None], columns[None])
    return pd.DataFrame(table[0], gdp.index, gdp.columns)


def from_employment(
    employment: pd.DataFrame,
    nation: pd.Series,
    industry: Mapping[str, str],
    output: pd.DataFrame,
    ratio: pd.Series,
    province: pd.Series,
    trace: float,
) -> pd.DataFrame:
    """Value added by place and sector: workers times national value added per worker of their industry.

    ``employment`` [place, industry], ``nation`` value added by sector, ``industry`` the industries of each sector
    (joined by ``;``). Sectors that share an industry split it by ``output`` [province, sector] times the
    national ``ratio`` of value added to output, none with less than the share ``trace``.
    """
    weight = (output * ratio).reindex(index=province, columns=nation.index).fillna(0.0).to_numpy()
    out, total = np.zeros(weight.shape), nation.to_numpy()
    shared: dict[str, list[int]] = {}
    for sector, industries in industry.items():
        shared.setdefault(industries, []).append(nation.index.get_loc(sector))
    for industries, j in shared.items():
        workers = employment[industries.split(";")].to_numpy().sum(axis=1)
        per_worker = total[j].sum() / workers.sum()
        whole = weight[:, j].sum(axis=1, keepdims=True)
        split = np.divide(weight[:, j], whole, out=np.full((len(out), len(j)), 1 / len(j)), where=whole > 0)
        split = np.maximum(split, trace)
        out[:, j] = split / split.sum(axis=1, keepdims=True) * (workers * per_worker)[:, None]
    return pd.DataFrame(out, employment.index, nation.index)


def anchored(
    sectors: list[str],
    nation: pd.Series,
    output: pd.DataFrame,
    workers: pd.DataFrame,
    province: pd.Series,
    listed: pd.DataFrame,
    room: pd.Series,
    cap: float,
    floor: float,
) -> pd.DataFrame:
    """Value added of mining and utilities by place, held apart from the scaling of the other sectors.

    A province has its share of the nation's ``output`` [province, sector]; inside it the key is ``workers``
    [place, sector] (persons of the industry). Where ``listed`` (unit, sector) names places of a sector in a
    province, the sector is shared by their workers alone and those count in no other listed-industry sector.
    ``cap`` is the largest share of ``room`` (secondary GDP) that they may take together, ``floor`` the least
    that any takes: a place without is given a trace, since every product has a price everywhere.
    """
    key = workers[sectors].copy()
    by_sector = listed.groupby("sector")["unit"].apply(list).to_dict()
    for sector, places in by_sector.items():
        here = set(province.reindex(places))
        elsewhere = province.isin(here) & ~key.index.isin(places)
        key.loc[elsewhere, sector] = 0.0
        key.loc[key.index.isin(places), _rivals(workers, sector, sectors)] = 0.0
    total = key.groupby(province).transform("sum")
    target = nation[sectors].to_numpy()
    share = (output[sectors] / output[sectors].sum()).reindex(province).to_numpy()
    value = (key / total.where(total > 0, 1.0)).to_numpy() * share * target
    limit, least = cap * room.to_numpy(), room.to_numpy()[:, None] * floor
    for _ in range(100):
        value = np.maximum(value, least)
        over = np.maximum(value.sum(axis=1) / limit, 1.0)
        value /= over[:, None]
        free = over <= 1.0
        lift = (target - value[~free].sum(axis=0)) / value[free].sum(axis=0)
        if np.abs(lift - 1).max() < 1e-9:
            return pd.DataFrame(value, key.index, sectors)
        value[free] *= lift
    raise NotSolvedError(f"value added of {', '.join(sectors)}: places can't hold the nation's total under the cap")


def _rivals(workers: pd.DataFrame, sector: str, sectors: list[str]) -> list[str]:
    """Sectors that have the same workers as their key."""
    return [s for s in sectors if s != sector and np.array_equal(workers[s], workers[sector])]


def balance(seed: pd.DataFrame, rows: pd.Series, nation: pd.Series) -> pd.DataFrame:
    """Scale ``seed`` [place, sector] to the totals of places and of the nation's sectors."""
    columns = nation[seed.columns].to_numpy()
    rows = rows.to_numpy() * columns.sum() / rows.sum()
    with np.errstate(divide="ignore"):
        table, _ = biproportional(np.log(seed.to_numpy())[None], rows[None], columns[None])
    return pd.DataFrame(table[0], seed.index, seed.columns)
