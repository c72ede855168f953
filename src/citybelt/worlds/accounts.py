"""Accounts of every place of the nation, before trade: from facts to value added, demand and people.

Each figure is made for the nation's places (prefectures, small units merged) and summed to the regions of a
world later, so that worlds of different detail agree. Series and years stand in ``common.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from citybelt.worlds import tables
from citybelt.worlds import value_added as added
from citybelt.worlds.factors import Factors, factor_shares
from citybelt.worlds.national import National, national
from citybelt.worlds.partners import tariff_rates
from citybelt.worlds.places import Places, group
from citybelt.worlds.tables import assumed, assumptions, definition, facts, series, value, wide

NATION = tables.NATION
ANCHORED = ("coal", "oilgas", "othmin", "power", "gaswater")
#: Sectors whose workers earn no published wage.
FARMING = ("agr",)


@dataclass(frozen=True)
class PlacePeople:
    """Counts of people by place (P)."""

    places: Places
    residents: pd.DataFrame  # [P, group]
    registered: pd.Series  # [P] persons, NaN where no register is held
    migrants: pd.DataFrame  # [P] same_province, other_province: residents registered elsewhere


@dataclass(frozen=True)
class PlaceAccounts:
    """Accounts by place (P), sector (J) and industry; money a year, persons."""

    places: Places  # places of the nation; regions are the world's business
    sectors: list[str]
    nation: National
    tariff: np.ndarray  # [J] rate on what crosses the nation's border
    imports: np.ndarray  # [J] before duties
    value_added: pd.DataFrame  # [P, J] net taxes included
    housing: pd.Series  # [P] rents
    city: added.CityAccounts
    anchored_share: pd.Series  # [P] of secondary GDP that mining and utilities take
    seed: pd.DataFrame  # [P, J] what employment alone suggests
    employment: pd.DataFrame  # [P, industry] persons
    factors: Factors
    consumption: pd.Series  # [P] household spending without rents
    government: pd.Series
    investment: pd.Series
    people: PlacePeople
    pension: pd.Series  # [P] thousand CNY a year per person of 60 and over
    owned_abroad: pd.Series  # [P] share of capital income

    @property
    def ratio(self) -> np.ndarray:
        """Value added, taxes included, over output [J]."""
        return self.nation.value_added / self.nation.output

    @property
    def output(self) -> np.ndarray:
        """Gross output [P, J]."""
        return self.value_added.to_numpy() / self.ratio

    @property
    def tax_rate(self) -> np.ndarray:
        return self.nation.net_tax / self.nation.output

    @property
    def inputs(self) -> np.ndarray:
        """Inputs per unit of output [J user, J product]."""
        return self.nation.inputs / self.nation.output[:, None]


@cache
def concordance() -> dict[str, str]:
    """Product of the national table -> sector."""
    return {code: s for s, row in tables.sectors().iterrows() for code in row["io42"].split(";")}


@cache
def nation_accounts() -> National:
    """The national accounts by sector."""
    year = definition("common")["accounts"]["table_year"]
    table = tables.input_output()
    rows = assumptions()
    public = {
        r.key: (None if np.isnan(r.value) else float(r.value))
        for r in rows[rows["name"] == "government_product"].itertuples()
    }
    government, household = assumed("government_consumption"), assumed("household_consumption")
    return national(
        table[table["year"] == year],
        concordance(),
        list(tables.sectors().index),
        government / (government + household),
        public,
        definition("common")["accounts"]["dwellings"],
    )


@cache
def tariffs() -> np.ndarray:
    """Rates [J] on goods that cross the nation's border: collected duties on the pattern of a tariff study."""
    year = definition("common")["accounts"]["table_year"]
    with (tables.HERE / "tariffs.csv").open(encoding="utf-8") as file:
        sector = pd.read_csv(file, dtype=str).set_index("code")["sector"]
    rates = facts("tariff", vintage="applied")
    pattern = rates.groupby(rates["item"].str.split().str[0].map(sector))["value"].mean()
    sectors = tables.sectors()
    goods = sectors["goods"] == 1
    # The study stops before metals, machinery and electronics: they take the mean of the others.
    pattern = pattern.reindex(sectors.index).where(goods, 0.0)
    manufactures = goods & (sectors["industries20"] == "C")
    pattern = pattern.fillna(pattern[manufactures].mean())
    total = value("stated", NATION, "goods trade total", year, "cny")
    imports = total - value("stated", NATION, "exports", year, "cny")
    return tariff_rates(pattern.to_numpy() / 100, nation_accounts().imports, assumed("customs_duties") / imports)


@cache
def nation_places() -> Places:
    """The places of the nation: prefectures, small units merged."""
    return group(tables.units(), definition("common")["merge"], definition("china"))


@cache
def place_people() -> PlacePeople:
    """Residents, registered persons and residents registered elsewhere, by place; the same in every vintage."""
    from citybelt.estimate.people import registered_in

    years, places = definition("common")["accounts"], nation_places()
    census = series("population", years["table_year"])
    old = places.add(wide("population_band", years["table_year"]))["60+"]
    everyone = places.add(census.to_frame("all"))["all"]
    history = facts("registered_population").pivot(index="region", columns="year", values="value")
    held = registered_in(history, census.reindex(places.member.index), years["registered_year"])
    migrants = places.add(wide("migrants", years["table_year"]))
    return PlacePeople(
        places=places,
        residents=pd.DataFrame({"under60": everyone - old, "over60": old}),
        registered=places.add(held[["registered"]])["registered"],
        migrants=migrants[["same_province", "other_province"]],
    )


@cache
def place_accounts(vintage: str) -> PlaceAccounts:
    """Accounts of every place with the GDP of one vintage."""
    common = definition("common")
    years, series_of = common["accounts"], common["vintage"][vintage]
    places = nation_places()
    province = places.units["province"]
    sectors = tables.sectors()
    names, tier = list(sectors.index), sectors["tier"]
    nation = nation_accounts()
    total = pd.Series(nation.value_added, names)
    ratio = pd.Series(nation.value_added / nation.output, names)

    sample = places.add(wide("employed_sample", years["table_year"]))
    employed = value("stated", NATION, years["employment"]["item"], years["employment"]["year"])
    employment = sample * (employed / sample.to_numpy().sum())
    output = wide("gross_output", years["output_year"]).T.groupby(concordance()).sum().T[names]
    seed = added.from_employment(
        employment, total, sectors["industries20"].to_dict(), output, ratio, province, assumed("trace")
    )

    cities = wide("gdp", series_of["city_year"], vintage="city").reindex(places.units.index)
    published = series("gdp", series_of["province_year"], vintage=series_of["province_series"])
    suggested = seed.T.groupby(tier).sum().T[list(added.TIERS)]
    city = added.city_accounts(cities, published, province, suggested)
    in_tier = {t: [s for s in names if tier[s] == t] for t in added.TIERS}
    by_tier = {t: float(total[in_tier[t]].sum()) for t in added.TIERS}
    by_tier["tertiary"] += nation.housing
    gdp = added.fit_tiers(city.gdp, by_tier)

    with (tables.HERE / "mining.csv").open(encoding="utf-8") as file:
        listed = pd.read_csv(file, dtype=str)
    anchors = list(ANCHORED)
    workers = pd.DataFrame({s: employment[sectors.at[s, "industries20"]] for s in anchors})
    anchor = added.anchored(
        anchors, total, output, workers, province, listed, gdp["secondary"], assumed("anchor_cap"), assumed("trace")
    )
    counts = place_people()
    people, old = counts.residents.sum(axis=1), counts.residents["over60"]
    income = series("disposable_income", years["table_year"]).reindex(province).to_numpy()
    free = [s for s in in_tier["secondary"] if s not in anchors]
    services = seed[in_tier["tertiary"]].assign(**{added.RENTS: people * income})
    with_rents = pd.concat([total, pd.Series({added.RENTS: nation.housing})])
    table = pd.concat(
        [
            added.balance(seed[in_tier["primary"]], gdp["primary"], total),
            anchor,
            added.balance(seed[free], gdp["secondary"] - anchor.sum(axis=1), total),
            added.balance(services, gdp["tertiary"], with_rents),
        ],
        axis=1,
    )
    value_added, housing = table[names], table[added.RENTS]

    factors = _factors(nation, names, value_added, employment, years["wage_year"], places)
    spending = within(
        province,
        _per_province("consumption_per_head", years, people, province),
        _between(people, city.gdp),
        nation.household.sum() + nation.housing,
    )
    budget = series("budget_expenditure", years["table_year"])
    fixed = series("fixed_investment", years["table_year"])
    e = assumed("investment_fai")
    size = city.gdp.sum(axis=1).groupby(province).sum()
    benefit = income * assumed("pension_spending") * 1e6 / (old * income).sum()  # bn CNY -> thousand CNY
    return PlaceAccounts(
        places=places,
        sectors=names,
        nation=nation,
        tariff=tariffs(),
        imports=nation.imports / (1 + tariffs()),
        value_added=value_added,
        housing=housing,
        city=city,
        anchored_share=anchor.sum(axis=1) / gdp["secondary"],
        seed=seed,
        employment=employment,
        factors=factors,
        consumption=spending - housing,
        government=within(province, budget, people, nation.government.sum()),
        investment=within(province, size ** (1 - e) * fixed**e, city.gdp.sum(axis=1), nation.investment.sum()),
        people=counts,
        pension=pd.Series(benefit, places.units.index),
        owned_abroad=_owned_abroad(years["output_year"], factors, value_added, province, names),
    )


def within(province: pd.Series, totals: pd.Series, key: pd.Series, nation: float) -> pd.Series:
    """Provinces' ``totals`` scaled to the ``nation`` and shared inside each province by ``key``."""
    share = key / key.groupby(province).transform("sum")
    shared = share * totals.reindex(province).to_numpy()
    return shared * nation / shared.sum()


def _per_province(quantity: str, years: dict, people: pd.Series, province: pd.Series) -> pd.Series:
    return series(quantity, years["table_year"]) * people.groupby(province).sum()


def _between(people: pd.Series, gdp: pd.DataFrame) -> pd.Series:
    e = assumed("city_consumption_gdp")
    return people ** (1 - e) * gdp.sum(axis=1) ** e


def _factors(nation, names, value_added, employment, year, places) -> Factors:
    rows = assumptions()
    labour = nation.compensation / (nation.value_added - nation.net_tax)
    stated = rows[rows["name"] == "labour_share"].set_index("key")["value"]
    labour = stated.reindex(names).fillna(pd.Series(labour, names)).to_numpy(float)
    land = rows[rows["name"] == "land_share"].set_index("key")["value"].reindex(names).to_numpy(float)
    follows = np.array([s not in FARMING for s in names])
    outside = employment.drop(columns=[i for s in FARMING for i in tables.sectors().at[s, "industries20"].split(";")])
    at_cost = value_added.to_numpy() * (1 - nation.net_tax / nation.value_added)
    wages = facts("wage", year=year, vintage="").set_index("region")["value"].reindex(places.units.index)
    return factor_shares(
        at_cost,
        outside.sum(axis=1).to_numpy(),
        labour,
        land,
        wages.to_numpy(float),
        follows,
        assumed("wage_bound", "low"),
        assumed("wage_bound", "high"),
        assumed("largest_labour_share"),
    )


def _owned_abroad(year, factors, value_added, province, names) -> pd.Series:
    """Share of a place's capital income that leaves the country, net of what comes in.

    Where foreign firms work says where it leaves from; the balance of payments says how much in all.
    """
    outside = (wide("value_added_share_foreign", year) + wide("value_added_share_hmt", year)).clip(0, 1)
    weight = wide("gross_output", year)
    by_sector = (outside * weight).T.groupby(concordance()).sum().T / weight.T.groupby(concordance()).sum().T
    share = by_sector.reindex(province)[names].fillna(0.0).to_numpy()
    capital = factors.capital * value_added.to_numpy()
    leaving = (capital * share).sum(axis=1)
    leaving *= assumed("net_investment_income") / leaving.sum()
    return pd.Series(leaving / capital.sum(axis=1), value_added.index)
