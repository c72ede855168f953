"""Label a world: xarray variables with units, grades and names in both languages."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.data import Dataset, dictionary
from citybelt.data.margins import final_demand
from citybelt.dims import GROUPS
from citybelt.estimate.balance import one_thread
from citybelt.worlds import tables
from citybelt.worlds.accounts import FARMING
from citybelt.worlds.emissions import emission_factors
from citybelt.worlds.tables import definition, facts, series, wide
from citybelt.worlds.world import FINAL, World

if TYPE_CHECKING:
    import xarray


@one_thread
def dataset(world: World) -> Dataset:
    """The labelled data of a world, its trade matrix filled and its margins recomputed from it."""
    from citybelt.worlds.judge import deviations
    from citybelt.worlds.provenance import fills, provenance

    flows = world.fill().flows
    output, final = final_demand(flows, world.tariff, world.input_coef, world.final)
    x = variables(world, flows, output, final)

    @lru_cache(maxsize=4)
    def matrix(draw: int | None) -> np.ndarray:
        return flows if draw is None else world.fill(draw).flows

    return Dataset(
        name=world.definition["name"],
        base_year=world.definition["base_year"],
        vintage=world.vintage,
        currency="CNY",
        x=x,
        provenance=provenance(world, x),
        deviations=deviations(world, flows, x),
        fills=fills(world, x),
        n_draws=stored_draws(world.definition["name"]),
        split=world.split.file if world.split else "",
        _flows=matrix,
        _people=world.migrants_in,
    )


def stored_draws(name: str) -> int:
    """How many alternative fills a world has: as many as trade matrices are shipped."""
    import pyarrow.parquet as pq

    path = tables.HERE / "tables" / f"fills_{name}.parquet"
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return sum(column.isdigit() for column in pq.read_schema(file).names)


def variables(world: World, flows: np.ndarray, output: np.ndarray, final: np.ndarray) -> xarray.Dataset:
    """All variables of the dictionary for one world."""
    import xarray

    account, home = world.account, len(world.domestic)
    abroad = len(world.foreign)
    sectors = tables.sectors()
    use = (flows * (1 + world.tariff)).sum(axis=1)
    by_use, by_output, _ = emission_factors(
        inventory(),
        definition("common")["emissions"]["burns"],
        definition("common")["emissions"]["process"],
        use[:home],
        output[:home],
        world.province,
        world.provinces,
        account.sectors,
    )
    at_cost = account.value_added.to_numpy() - account.output * account.tax_rate
    labour, land = (world.add(at_cost * s) / world.add(at_cost) for s in (account.factors.labour, account.factors.land))
    national = account.nation.compensation / (account.nation.value_added - account.nation.net_tax)
    national = np.where(np.isin(account.sectors, FARMING), account.factors.labour[0], national)
    labour = np.concatenate([labour, np.repeat(national[None], abroad, 0)])
    land = np.concatenate([land, np.repeat(account.factors.land[:1], abroad, 0)])
    old = account.people.residents["over60"]
    capital = (account.factors.capital * at_cost).sum(axis=1)
    zeros = np.zeros((abroad, len(sectors)))
    road, rail = world.times()
    migrants = world.migrants
    values = {
        "output": output,
        "input_coef": world.input_coef,
        "tax_rate": np.repeat(account.tax_rate[None], home + abroad, 0),
        "labour_share": labour,
        "capital_share": 1 - labour - land,
        "land_share": land,
        **dict(zip(FINAL, final, strict=True)),
        "housing": np.r_[world.add(account.housing), np.zeros(abroad)],
        "tariff": world.tariff,
        "population": world.add(account.people.residents),
        "registered": migrants.sum(axis=1),
        "workers": world.add(account.employment.sum(axis=1)),
        "migrants": migrants,
        "pension_benefit": world.add(account.pension * old) / world.add(old),
        "capital_foreign_share": world.add(account.owned_abroad.to_numpy() * capital) / world.add(capital),
        "emission": np.concatenate([by_use, zeros]),
        "emission_process": np.concatenate([by_output, zeros]),
        "hours": np.minimum(road, rail),
        "hours_road": road,
        "hours_rail": rail,
        "distance_km": world.distance,
        "employment_industry": world.add(account.employment),
        "gdp3": world.add(account.city.gdp),
        "wage": wages(world),
        "co2": observed_co2(world),
    }
    names = dictionary().loc["variable"]
    data = {}
    for name, array in values.items():
        about = names.loc[name]
        data[name] = (
            about["dims"].split(),
            array,
            {
                "unit": about["unit"],
                "grade": about["grade"],
                "year": about["year"],
                "source": about["sources"],
                "long_name": about["long_name"],
                "long_name_zh": about["long_name_zh"],
            },
        )
    about = {"cluster": world.definition["cluster"], "local_tax": tables.assumed("local_tax")}
    return xarray.Dataset(data, coords=coordinates(world), attrs=about)


def coordinates(world: World) -> dict:
    """Labels of every axis, and what belongs to a region: province, cluster, names, position (degrees), area (km2)."""
    regions, units = world.places.regions, tables.units()
    partners = units.loc[world.foreign]
    sectors = tables.sectors()
    places = world.places.units.index
    member = world.places.member
    census = units.loc[member.index].assign(place=member)
    weight = series("population", definition("common")["accounts"]["table_year"]).reindex(census.index)
    centre = (
        pd.DataFrame(
            {
                "lon": census["lon"] * weight,
                "lat": census["lat"] * weight,
                "weight": weight,
                "area_km2": census["area_km2"],
            }
        )
        .groupby(census["place"])
        .sum()
        .loc[places]
    )
    centre = pd.DataFrame(world.add(centre), columns=centre.columns)
    return {
        "region": world.regions,
        "buyer": world.regions,
        "seller": world.regions,
        "origin": world.domestic,
        "residence": world.domestic,
        "sector": list(sectors.index),
        "product": list(sectors.index),
        "group": list(GROUPS),
        "tier": list(world.account.city.gdp.columns),
        "industry": list(world.account.employment.columns),
        "province": ("residence", regions["province"].to_numpy(str)),
        "cluster": ("region", np.r_[regions["cluster"].to_numpy(str), partners["cluster"].to_numpy(str)]),
        "name_en": ("region", np.r_[regions["name_en"].to_numpy(str), partners["name_en"].to_numpy(str)]),
        "name_zh": ("region", np.r_[regions["name_zh"].to_numpy(str), partners["name_zh"].to_numpy(str)]),
        "foreign": ("region", np.r_[np.zeros(len(regions), bool), np.ones(len(partners), bool)]),
        "lon": ("region", np.r_[centre["lon"] / centre["weight"], partners["lon"]]),
        "lat": ("region", np.r_[centre["lat"] / centre["weight"], partners["lat"]]),
        "area_km2": ("region", np.r_[centre["area_km2"], partners["area_km2"]]),
        "sector_en": ("sector", sectors["name_en"].to_numpy(str)),
        "sector_zh": ("sector", sectors["name_zh"].to_numpy(str)),
        "sector_tier": ("sector", sectors["tier"].to_numpy(str)),
        "sector_industry": ("sector", sectors["industries20"].to_numpy(str)),
        "goods": ("sector", sectors["goods"].to_numpy(float)),
        "land_public": ("sector", (sectors["land_owner"] == "public").to_numpy(float)),
    }


def inventory() -> pd.DataFrame:
    """Provincial emissions by fuel, Mt, of the year in ``common.toml``."""
    return wide("co2_fuel", definition("common")["accounts"]["co2_year"])


def wages(world: World) -> np.ndarray:
    """Published wage by region: the city's own, or the province's where the region is a whole province."""
    year = definition("common")["accounts"]["wage_year"]
    cities, provinces = series("wage", year), series("wage", year, vintage="province")
    return np.array([cities.get(r, provinces.get(r, np.nan)) for r in world.domestic])


def observed_co2(world: World) -> np.ndarray:
    """Observed emissions by region: the province's inventory, or the city's."""
    year = definition("common")["accounts"]["co2_year"]
    held = facts("co2", year=year)
    by_city = held[held["vintage"] == ""].set_index("region")["value"]
    by_province = held[held["vintage"] == "province"].set_index("region")["value"]
    return np.array([by_province.get(r, by_city.get(r, np.nan)) for r in world.domestic])
