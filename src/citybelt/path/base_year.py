r"""Where capital, technology and energy start from, for a world with its facts.

    (Q1)  K of the nation by (C1), K[n] as I[n], K[n,j] as capital income: all capital grows alike at first
    (Q2)  research of a place = research of its province * value added of the place / that of the province
    (Q3)  knowledge = research / (growth of research since 2011 at constant prices + obsolescence)
    (Q4)  tfp[n] = log Y/L - alpha log K/L - (1 - alpha) e s,   gap[n] = max( 90 % point of tfp - tfp[n], 0 )
          Y value added, L persons who work, K of (Q1), s mean years of schooling, e what a year of it earns;
          alpha, capital's share of the nation's value added, is one for all, so that levels compare
    (Q5)  CO2 of a user in a place = that of the province * what the user buys of the fuel / what all do
    (Q6)  power of a user in a place = that of the province * what the user pays for power / what all do
    (Q7)  sent   = 1 - power used by all provinces / power made by all plants
    (Q8)  abroad = what the rest of the world added a year: its rise from 2018 to 2021 / 3, and what wore out

Plants stand and are added for the nation as a whole (``power.csv``), so the world must hold all of it. Grades: research
and emissions of provinces A, their spread over cities D; stocks C; costs of power D. A province without a value takes
the nation's ratio to what it is spread by. (Q4) is development accounting (Hall and Jones 1999; Caselli 2005), which
leaves capital and schooling out of gaps of technology: capital follows technology by itself. Gaps are graded D: K of
places rests on what they invest, and land, prices between places and what places make are in the gap.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.errors import InputError
from citybelt.model.accounts import CAPITAL, HOUSEHOLD, Base
from citybelt.path import capital
from citybelt.path.energy import Energy, Plants, start
from citybelt.path.technology import Technology, first_stock, reach
from citybelt.worlds import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from citybelt.data import Dataset

#: Rise of consumer prices a year, 2011 to 2020 (World Bank, FP.CPI.TOTL.ZG), which stand for those of research.
PRICES = 0.022
#: Petajoules of a terawatt hour.
PJ = 3.6


class CapitalStart(NamedTuple):
    """Capital and investment of the base year by place and sector, billions."""

    stock: np.ndarray
    invested: np.ndarray


class TechnologyStart(NamedTuple):
    """What technology starts from."""

    technology: Technology
    research: np.ndarray  # [R] billions a year
    research_growth: np.ndarray  # [R] a year
    human: np.ndarray  # [R] log of mean years of schooling


class EnergyStart(NamedTuple):
    """What energy starts from: R places, U users (sectors, then households), F fuels, C carriers."""

    energy: Energy
    plants: Plants
    co2: np.ndarray  # [R, U, F] Mt, plants that make power among the users
    fuels: tuple[str, ...]
    products: tuple[int, ...]  # sector that sells each fuel
    users: tuple[str, ...]
    carriers: tuple[str, ...]
    carrier_fuel: tuple[int, ...]  # fuel of each carrier, -1 for none
    abroad: np.ndarray  # [C] GW added a year in the rest of the world


def capital_start(base: Base, investment: np.ndarray, p: Mapping[str, float]) -> CapitalStart:
    """(Q1) stocks and investment of home regions.

    What places invest and what their capital earns come from different accounts. Were stocks taken from income alone,
    capital of some places would begin to shrink and that of others to grow by a fifth a year though nothing changes;
    so the difference stands in the base year's returns instead, which the law keeps as a wedge.

    Args:
        base: the base year.
        investment: of each home region, billions (``Accounts.investment`` of the base year).
        p: parameters by symbol.
    """
    h = base.n_home
    income = np.asarray(base.factor_share[CAPITAL] * base.value_added)[:h]
    delta = np.full(income.shape[1], p["delta"])
    nation = np.asarray(capital.stock(jnp.asarray(income), jnp.asarray(delta), p["net_return"])).sum()
    by_place = nation * investment / investment.sum()
    stock = by_place[:, None] * income / income.sum(axis=1, keepdims=True)
    return CapitalStart(stock, capital.invested(stock, delta, investment))


def technology_start(
    dataset: Dataset,
    base: Base,
    p: Mapping[str, float],
    stock: np.ndarray,
    workers: np.ndarray,
    school_return: float,
    year: int = 2020,
) -> TechnologyStart:
    """(Q2) to (Q4) technology of home regions.

    Args:
        dataset, base: the world.
        p: parameters by symbol.
        stock: capital [R], billions.
        workers: persons who work [R].
        school_return: what a year of school earns, log.
        year: of the research and schooling.
    """
    h = base.n_home
    x = dataset.x
    province = x["province"].values[:h]
    value = np.asarray(base.value_added)[:h].sum(axis=1)
    spending = tables.series("research_spending", year)
    research = spread(spending.reindex(sorted(set(province))), value, province)
    held = tables.facts("research_spending", item="")
    first = held[held["year"] < year].sort_values("year").groupby("region").first()
    growth = (spending / first["value"]) ** (1 / (year - first["year"])) / (1 + PRICES) - 1
    growth = growth.reindex(province).fillna(growth[tables.NATION]).to_numpy(float)
    years = tables.series("mean_schooling", year)
    of_place = years.reindex(x["region"].values[:h]).to_numpy(float)
    human = np.log(np.where(np.isnan(of_place), years.reindex(province).to_numpy(float), of_place))
    alpha = np.asarray(base.factor_share[CAPITAL] * base.value_added)[:h].sum() / value.sum()
    gap = gaps(value, stock, workers, np.exp(human), float(alpha), school_return)
    technology = Technology(
        reach=reach(jnp.asarray(x["hours"].values[:h, :h]), p["span"]),
        start=first_stock(jnp.asarray(research), jnp.asarray(growth), p["obsolescence"]),
        gap=jnp.asarray(np.repeat(gap[:, None], base.shape[1], axis=1)),
        own=jnp.asarray(p["own"]), learn=jnp.asarray(p["learn"]), catch_up=jnp.asarray(p["catch_up"]),
        schooling=jnp.asarray(p["schooling"]), schooled=jnp.asarray(float(np.quantile(human, 0.9))),
        obsolescence=jnp.asarray(p["obsolescence"]), growth=jnp.asarray(p["growth"]), closing=jnp.asarray(p["closing"]),
        research_growth=jnp.asarray(p["research_growth"]),
    )  # fmt: skip
    return TechnologyStart(technology, research, growth, human)


def gaps(
    value: np.ndarray, stock: np.ndarray, workers: np.ndarray, years: np.ndarray, alpha: float, school_return: float
) -> np.ndarray:
    """(Q4) log distance of total factor productivity to the 90 % point of places, not negative.

    Args:
        value, stock: value added and capital of places [R], billions.
        workers: persons who work [R].
        years: mean years of schooling [R].
        alpha: capital's share of value added, of the nation.
        school_return: what a year of school earns, log.
    """
    tfp = np.log(value / workers) - alpha * np.log(stock / workers) - (1.0 - alpha) * school_return * years
    return np.maximum(np.quantile(tfp, 0.9) - tfp, 0.0)


def energy_start(dataset: Dataset, base: Base, p: Mapping[str, float], year: int = 2019) -> EnergyStart:
    """(Q5 to Q8) energy and emissions of home regions; ``year`` of the inventory of emissions."""
    h, j = base.n_home, base.shape[1]
    x = dataset.x
    province = x["province"].values[:h]
    sectors = list(map(str, x["sector"].values))
    fuels, plants = _fuels(), _plants()
    users = (*sectors, "household")
    products = tuple(sectors.index(s) for s in fuels["product"])
    bought = _bought(base)[:, :, list(products)]  # [R, U, F]
    burnt = _inventory(year, users, [f for f in fuels["fuel"] if f != "power"])
    provinces, held = sorted(set(province)), tables.series("co2_fuel", year, item="coal").index
    co2 = np.zeros((h, j + 1, len(fuels)))
    for f in range(burnt.shape[2]):
        for u in range(j + 1):
            by_province = pd.Series(burnt[:, u, f], held)
            co2[:, u, f] = spread(by_province.reindex(provinces), bought[:, u, f], province)
    maker = products[-1]
    need = tables.series("electricity", year + 1, item="demand")
    pays = bought[:, :, -1].copy()
    pays[:, maker] = 0.0
    of_place = spread(need.reindex(sorted(set(province))), pays.sum(axis=1), province)
    emits = fuels["value"].to_numpy(float) * PJ * 1e-3
    used = np.zeros_like(co2)
    used[:, :, :-1] = co2[:, :, :-1] / emits[:-1]
    used[:, maker] = 0.0
    used[:, :, -1] = of_place[:, None] * pays / pays.sum(axis=1, keepdims=True)

    made = plants["made_2020"].to_numpy(float)
    # Provinces' consumption includes what the grid loses and plants use: what is left is net exports and what the two
    # statistics differ by.
    sent = 1.0 - used[:, :, -1].sum() / made.sum()
    names = list(fuels["fuel"])
    fuel_of = tuple(names.index(f) if f else -1 for f in plants["fuel"])
    of_fuel = np.array([made[[k for k, g in enumerate(fuel_of) if g == f]].sum() for f in range(len(names))])
    carbon = np.array([co2[:, maker, f].sum() / of_fuel[f] if f >= 0 else 0.0 for f in fuel_of])
    grown = np.maximum(plants["made_2021"] - plants["made_2018"], 0.0) / 3 + plants["made_2020"] / plants["life"]
    yields = plants["hours"].to_numpy(float)
    rise = (plants["world_2021"] - plants["made_2021"]) - (plants["world_2018"] - plants["made_2018"])
    worn = (plants["world_2020"] - plants["made_2020"]) / plants["life"]
    abroad = p["abroad"] * (np.maximum(rise, 0.0) / 3 + worn).to_numpy(float) / yields
    number = lambda name: jnp.asarray(plants[name].to_numpy(float))  # noqa: E731
    energy = Energy(
        used=jnp.asarray(used), emits=jnp.asarray(emits), power=jnp.asarray(np.eye(len(names))[-1]),
        sigma=jnp.asarray(p["sigma"]), lean=jnp.asarray(np.eye(len(names))[-1] * p["lean"]),
        saving=jnp.asarray(p["saving"]), sent=jnp.asarray(sent), yields=jnp.asarray(yields), life=number("life"),
        carbon=jnp.asarray(carbon), fuelled=number("fuelled"), mix=jnp.asarray((grown / grown.sum()).to_numpy(float)),
        cost=number("cost"), falls=number("falls"), rate=number("rate"),
        built=jnp.asarray(plants["world_2020"].to_numpy(float) / yields), mu=jnp.asarray(p["mu"]),
    )  # fmt: skip
    names_of = tuple(map(str, plants["carrier"]))
    return EnergyStart(
        energy, start(energy, jnp.asarray(made)), co2, tuple(names), products, users, names_of, fuel_of, abroad
    )


def spread(by_province: pd.Series, weight: np.ndarray, province: np.ndarray) -> np.ndarray:
    """(Q2, Q5, Q6; G2 of budgets) amounts of provinces over their places by ``weight``.

    A province without a value takes the ratio of all others to their weights; one whose places have no weight at all
    spreads evenly.
    """
    amount = by_province.astype(float)
    total = pd.Series(weight).groupby(province).sum().reindex(amount.index)
    known = amount.notna()
    if not known.any():
        raise InputError("no province has a value to spread over its places")
    rest = total[known].sum()
    ratio = amount[known].sum() / rest if rest > 0 else 0.0
    amount = amount.where(known, total * ratio)
    count = pd.Series(1.0, range(len(weight))).groupby(province).sum().reindex(amount.index)
    place_total, place_count = total.loc[province].to_numpy(), count.loc[province].to_numpy()
    share = np.where(place_total > 0, weight / np.where(place_total > 0, place_total, 1.0), 1.0 / place_count)
    return amount.loc[province].to_numpy() * share


def _bought(base: Base) -> np.ndarray:
    """[R, U, J] what each sector and households spend on each product in the base year."""
    h = base.n_home
    by_sector = np.einsum("nkj,nk->nkj", np.asarray(base.input_coef)[:h], np.asarray(base.output)[:h])
    goods = np.asarray((1 - base.housing_share) * base.consumption)[:h, None] * np.asarray(base.basket[HOUSEHOLD])[:h]
    return np.concatenate([by_sector, goods[:, None, :]], axis=1)


def _inventory(year: int, users: tuple[str, ...], fuels: list[str]) -> np.ndarray:
    """[G, U, F] Mt of CO2 of provinces by user and fuel; NaN for none."""
    held = tables.wide("co2_sector", year)
    order = tables.series("co2_fuel", year, item="coal").index
    held = held.reindex(order)
    columns = [[f"{u}:{f}" for f in fuels] for u in users]
    out = [[held[c].fillna(0.0).to_numpy(float) if c in held else np.zeros(len(held)) for c in row] for row in columns]
    return np.moveaxis(np.array(out), 2, 0)


def energy_names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Fuels and carriers in the order of ``EnergyStart``."""
    return tuple(map(str, _fuels()["fuel"])), tuple(map(str, _plants()["carrier"]))


@cache
def _fuels() -> pd.DataFrame:
    return _read("fuels.csv")


@cache
def _plants() -> pd.DataFrame:
    return _read("power.csv")


def _read(name: str) -> pd.DataFrame:
    with (tables.HERE / "tables" / name).open(encoding="utf-8") as handle:
        return pd.read_csv(handle, keep_default_na=False)
