"""A small random economy on real routes: eight home regions, three partners, every sector of the package."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import xarray as xr

from citybelt.geo.network import Network
from citybelt.scenario.card import sector_ids
from citybelt.scenario.levers import levers
from citybelt.worlds import tables
from economies import random_inputs

HOME = ("110000", "210100", "210200", "220100", "230100", "230700", "230800", "231200")
ABROAD = ("JPN", "KOR", "RUS")
PROVINCE = ("110000", "210000", "210000", "220000", "230000", "230000", "230000", "230000")
CLUSTER = ("BTH", *("NE",) * 7)
#: Scale of the random economy's money: thousands of billions of output for its hundred million people.
MONEY = 100.0
RESEARCH = {"210000": 54.9, "220000": 15.95, "230000": 17.32}


def small_world(seed: int = 0):
    """A stand-in for a Dataset with the variables that levers and economies read."""
    h, f, j, g = len(HOME), len(ABROAD), len(sector_ids()), 4
    a = random_inputs(seed, h=h, f=f, j=j, g=g)
    for name in ("trade", "final", "housing", "pension"):
        a[name] = a[name] * MONEY
    rng = np.random.default_rng(seed)
    rn, rnm = ["region", "sector"], ["buyer", "seller", "sector"]
    trade = a["trade"]
    x = xr.Dataset(
        {
            "output": (rn, trade.sum(axis=0)),
            "input_coef": (["region", "sector", "product"], a["input_coef"]),
            "tax_rate": (rn, a["tax_rate"]),
            "labour_share": (rn, a["factor_share"][0]),
            "capital_share": (rn, a["factor_share"][1]),
            "land_share": (rn, a["factor_share"][2]),
            "land_public": (["sector"], a["land_public"]),
            "goods": (["sector"], tables.sectors().loc[list(sector_ids()), "goods"].to_numpy(float)),
            "consumption": (rn, a["final"][0]),
            "government": (rn, a["final"][1]),
            "investment": (rn, a["final"][2]),
            "housing": (["region"], a["housing"]),
            "tariff": (rnm, a["tariff"]),
            "population": (["residence", "group"], a["people"].sum(axis=1).T),
            "workers": (["residence"], a["people"][0].sum(axis=0) * 0.6),
            "migrants": (["origin", "residence", "group"], np.moveaxis(a["people"], 0, 2)),
            "pension_benefit": (["residence"], a["pension"] * 1e6),
            "capital_foreign_share": (["residence"], a["owned_abroad"]),
            "emission": (rn, a["emission"]),
            "emission_process": (rn, a["process"]),
            "area_km2": (["region"], rng.uniform(1e4, 1e5, h + f)),
        },
        coords={
            "region": [*HOME, *ABROAD],
            "sector": list(sector_ids()),
            "province": ("region", [*PROVINCE, *ABROAD]),
            "cluster": ("region", [*CLUSTER, *("",) * f]),
            "foreign": ("region", [False] * h + [True] * f),
            "name_en": ("region", [f"place {r}" for r in (*HOME, *ABROAD)]),
            "name_zh": ("region", [f"地区{r}" for r in (*HOME, *ABROAD)]),
        },
        attrs={"cluster": "NE", "local_tax": 0.55},
    )
    return SimpleNamespace(
        x=x,
        name="northeast",
        base_year=2020,
        vintage="2020",
        currency="bn CNY",
        n_draws=0,
        split="",
        trade=lambda draw=None: trade,
    )


def fact(quantity: str, region: str, year: int) -> float:
    """Known numbers for the small world."""
    return RESEARCH[region] if quantity == "research_spending" else 3e6


def small_levers(dataset, **given):
    """Levers of the library in the small world."""
    return levers(dataset, network=Network.load(2020), fact=fact, **given)


def at(region: str) -> int:
    """Number of a region of the small world."""
    return [*HOME, *ABROAD].index(region)


def of(sector: str) -> int:
    """Number of a sector."""
    return sector_ids().index(sector)


def value_added(x):
    """[region, sector] of the tables of a dataset, at factor cost."""
    return (1 - x["tax_rate"].values - x["input_coef"].values.sum(axis=2)) * x["output"].values
