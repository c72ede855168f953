"""Judge a world's data: every known total beside the model's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.data.dataset import DEVIATIONS
from citybelt.estimate import bank, people, trade
from citybelt.worlds import tables
from citybelt.worlds.accounts import NATION, concordance
from citybelt.worlds.split import GRADE
from citybelt.worlds.tables import assumed, definition, facts, series, value, wide
from citybelt.worlds.world import World, place_fill

if TYPE_CHECKING:
    import xarray


def deviations(world: World, flows: np.ndarray, x: xarray.Dataset) -> pd.DataFrame:
    """Known totals: total, year, region, item, known, model, deviation_pct, grade, exempt."""
    parts = [
        _national(world, x),
        _regional(world, x),
        _given(world, x),
        _carbon(world, x),
        _trade(world, flows),
        _people(world),
    ]
    table = pd.concat([p[DEVIATIONS] for p in parts if len(p)], ignore_index=True)
    return table.astype({"exempt": bool})


def _table(rows: list[tuple]) -> pd.DataFrame:
    """Rows of (total, year, region, item, known, model, grade, exempt) with the deviation in percent."""
    table = pd.DataFrame(rows, columns=["total", "year", "region", "item", "known", "model", "grade", "exempt"])
    known, model = table["known"].to_numpy(float), table["model"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.where((known == 0) & (model == 0), 0.0, 100 * (model / known - 1))
    table.insert(6, "deviation_pct", gap)
    return table


def _national(world: World, x: xarray.Dataset) -> pd.DataFrame:
    """The national table by sector, final demand, employment and duties.

    Exempt: value added, because falls of stocks are taken from the users' inputs; final demand by purpose, whose
    sum is the table's and whose split is another source's; duties, which are a rate times the table's imports.
    """
    account, home = world.account, len(world.domestic)
    year = definition("common")["accounts"]["table_year"]
    held = tables.input_output()
    below = held[(held["year"] == year) & (held["origin"] == "total")]
    by_sector = below[below["column"].isin(concordance())].copy()
    by_sector["sector"] = by_sector["column"].map(concordance())
    known = by_sector.pivot_table(index="sector", columns="row", values="value", aggfunc="sum").loc[account.sectors]
    output = x["output"].values[:home].sum(axis=0)
    added = world.value_added.sum(axis=0)
    dwellings = account.sectors.index(concordance()[definition("common")["accounts"]["dwellings"]])
    output, added = output.copy(), added.copy()
    rented = next(v for rule, _, v in account.nation.moved if "dwellings" in rule)
    output[dwellings] /= 1 - rented
    added[dwellings] += account.nation.housing
    rows: list[tuple] = []
    rows += [
        ("output", year, NATION, s, known.at[s, "TI"], output[j], "A", False) for j, s in enumerate(account.sectors)
    ]
    rows += [
        ("value_added", year, NATION, s, known.at[s, "TVA"], added[j], "A", True) for j, s in enumerate(account.sectors)
    ]
    gdp = float(added.sum())
    rows.append(("gdp", year, NATION, "", value("stated", NATION, "GDP (preliminary)", year, "cny"), gdp, "A", True))
    final = {k: float(x[k].values[:home].sum()) for k in ("consumption", "government", "investment")}
    final["consumption"] += float(x["housing"].values[:home].sum())
    rows.append(
        ("household consumption", year, NATION, "", assumed("household_consumption"), final["consumption"], "A", True)
    )
    rows.append(
        ("government consumption", year, NATION, "", assumed("government_consumption"), final["government"], "A", True)
    )
    employed = definition("common")["accounts"]["employment"]
    rows.append(
        (
            "employed persons",
            employed["year"],
            NATION,
            "",
            value("stated", NATION, employed["item"], employed["year"]),
            float(x["workers"].sum()),
            "A",
            False,
        )
    )
    duties = float((account.imports * account.tariff).sum())
    rows.append(("customs duties", year, NATION, "", assumed("customs_duties"), duties, "A", True))
    return _table(rows)


def _regional(world: World, x: xarray.Dataset) -> pd.DataFrame:
    """GDP, population and employment by region.

    Provinces bind as shares of the nation, unless a user's table replaces the total of a tier. Cities are exempt:
    their published figures are scaled to the account of their province, and primary GDP of the table holds services
    that the accounts of places don't.
    """
    account = world.account
    years = definition("common")["accounts"]
    vintage = definition("common")["vintage"][world.vintage]
    rows: list[tuple] = []
    model = world.value_added.sum(axis=1) + world.add(account.housing)
    moved = bool(np.abs(model / (world.imputed.sum(axis=1) + world.add(account.housing)) - 1).max() > 1e-9)
    by_province = np.bincount(world.province, model, len(world.provinces))
    published = series("gdp", vintage["province_year"], vintage=vintage["province_series"]).reindex(world.provinces)
    for p, province in enumerate(world.provinces):
        known = published[province] / published.sum()
        rows.append(
            ("gdp_share", vintage["province_year"], province, "", known, by_province[p] / model.sum(), "A", moved)
        )
    cities = series("gdp", vintage["city_year"], vintage="city")
    scale = account.city.gdp.to_numpy().sum() / model.sum()
    for n, region in enumerate(world.domestic):
        if region in cities.index:
            rows.append(("gdp", vintage["city_year"], region, "", cities[region], model[n] * scale, "A", True))
    tier = tables.sectors()["tier"]
    in_tier = wide("gdp", vintage["city_year"], vintage="city")
    added = account.value_added.T.groupby(tier).sum().T
    added["tertiary"] += account.housing
    held = in_tier.reindex(account.city.gdp.index)[added.columns].notna().all(axis=1)
    held &= ~account.city.imputed.reindex(held.index)
    for t in added.columns:
        known = account.city.gdp.loc[held, t].sum() / account.city.gdp.loc[held].to_numpy().sum()
        share = added.loc[held, t].sum() / added.loc[held].to_numpy().sum()
        rows.append(("gdp_tier_share", vintage["city_year"], NATION, t, known, share, "A", True))
    census = series("population", years["table_year"])
    residents = x["population"].sum("group").values
    by_province = np.bincount(world.province, residents, len(world.provinces))
    rows += [
        ("population", years["table_year"], p, "", census[p], by_province[k], "A", False)
        for k, p in enumerate(world.provinces)
    ]
    workers = np.bincount(world.province, x["workers"].values, len(world.provinces))
    stated = facts("stated", item="employed persons", year=years["table_year"])
    rows += [
        (
            "employed persons",
            years["table_year"],
            r.region,
            "",
            r.value,
            workers[world.provinces.index(r.region)],
            r.grade,
            True,
        )
        for r in stated.itertuples()
        if r.region in world.provinces
    ]
    return _table(rows)


def _given(world: World, x: xarray.Dataset) -> pd.DataFrame:
    """Value added that a user's table gives, beside what the accounts hold; a zero is a trace and isn't listed."""
    if world.split is None:
        return _table([])
    ratio = 1 - world.input_coef.sum(axis=2)
    held = pd.DataFrame(ratio * x["output"].values, world.regions, world.account.sectors)
    year = world.definition["base_year"]
    return _table(
        [
            ("value_added_given", year, region, sector, value, held.at[region, sector], GRADE, False)
            for _, region, sector, value in world.split.rows
            if value
        ]
    )


def _carbon(world: World, x: xarray.Dataset) -> pd.DataFrame:
    """Emissions: provinces bind by fuel, cities are exempt (the model's are derived from their accounts)."""
    from citybelt.worlds.label import inventory

    home = len(world.domestic)
    year = definition("common")["accounts"]["co2_year"]
    burns = definition("common")["emissions"]["burns"]
    use = (x["consumption"] + x["government"] + x["investment"]).values[:home] + np.einsum(
        "nkj,nk->nj", x["input_coef"].values[:home], x["output"].values[:home]
    )
    burnt = x["emission"].values[:home] * use
    released = (x["emission_process"].values * x["output"].values)[:home].sum(axis=1)
    rows: list[tuple] = []
    held = inventory()
    products = list(x["product"].values)
    for item, product in burns.items():
        by_province = np.bincount(world.province, burnt[:, products.index(product)], len(world.provinces))
        rows += [
            ("co2", year, p, item, held.at[p, item], by_province[k], "A", False)
            for k, p in enumerate(world.provinces)
            if p in held.index
        ]
    by_province = np.bincount(world.province, released, len(world.provinces))
    rows += [
        ("co2", year, p, "process", held.at[p, "process"], by_province[k], "A", False)
        for k, p in enumerate(world.provinces)
        if p in held.index
    ]
    total = burnt.sum(axis=1) + released
    rows += [
        ("co2", year, r, "", x["co2"].values[n], total[n], "A", True)
        for n, r in enumerate(world.domestic)
        if np.isfinite(x["co2"].values[n]) and r not in world.provinces
    ]
    return _table(rows)


def _trade(world: World, flows: np.ndarray) -> pd.DataFrame:
    years = definition("common")["accounts"]
    partner = world.partner_trade
    table = trade.deviations(
        world.known,
        flows,
        world.provinces,
        world.foreign,
        world.account.sectors,
        years["table_year"],
        years["table_year"],
        list(partner["year"]),
        {(r.province, r.partner): r.year for r in bank.pairs().itertuples()},
    )
    # Partners without a total of the base year are met for want of better and count as imputed.
    late = (table["total"] == "partner_trade_share") & table["region"].isin(partner.index[partner["grade"] == "D"])
    late |= table["total"] == "partner_share_in_province"
    table.loc[late, "grade"], table.loc[late, "exempt"] = "D", True
    table["region"] = table["region"].replace("", NATION)
    return table


def _people(world: World) -> pd.DataFrame:
    filled, registered, _ = place_fill()
    account, year = world.account, definition("common")["accounts"]["table_year"]
    province = np.searchsorted(world.provinces, account.places.units["province"])
    between = value("migrants_nation", NATION, "floating, between provinces", year)
    table = people.deviations(
        filled,
        registered,
        account.people.migrants["other_province"].to_numpy(),
        province,
        world.provinces,
        between,
        year,
    )
    table["region"] = table["region"].replace("", NATION)
    return table
