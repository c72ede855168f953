"""What a path through time shows: year by year, by place, against the same path without levers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from citybelt.model import outcomes
from citybelt.model.accounts import INVESTMENT, LABOUR
from citybelt.people.record import SEXES, Ages

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from citybelt.path.bands import Bands
    from citybelt.path.begin import Begin
    from citybelt.path.emitted import Emitted
    from citybelt.path.march import Year
    from citybelt.scenario.scenario import Scenario

#: What the tables hold by place: name, unit, what it is in English and Chinese.
QUANTITIES = {
    "people": ("persons", "People", "人口"),
    "births": ("persons", "Births", "出生"),
    "deaths": ("persons", "Deaths", "死亡"),
    "came": ("persons", "Arrivals from other regions", "从其他地区迁入"),
    "left": ("persons", "Departures for other regions", "迁往其他地区"),
    "abroad": ("persons", "Net arrivals from abroad", "国际净迁入"),
    "workers": ("persons", "Labour force", "劳动力"),
    "old": ("persons", "People of 65 and more", "65岁及以上人口"),
    "output": ("bn", "Real value added", "实际增加值"),
    "income": ("bn", "Real income of factors, at consumer prices", "要素实际收入（按消费价格）"),
    "wages": ("bn", "Real labour income", "实际劳动收入"),
    "capital": ("bn", "Capital", "资本"),
    "foreign": ("bn", "Capital owned abroad, net", "境外净拥有的资本"),
    "investment": ("bn", "Real investment", "实际投资"),
    "productivity": ("log", "Productivity since the base year", "生产率变化（对数）"),
    "knowledge": ("bn", "Knowledge", "知识存量"),
    "houses": ("log", "Houses since the base year", "住房变化（对数）"),
    "land": ("log", "Building land since the base year", "建设用地变化（对数）"),
    "value": ("log", "Worth of living there, since the base year", "居住价值变化（对数）"),
    "co2": ("Mt", "CO2", "二氧化碳"),
    "revenue": ("bn", "Public revenue", "财政收入"),
    "taxes": ("bn", "Local taxes and public income from land", "地方税收和土地收入"),
    "grants": ("bn", "Net grants and transfers from above", "上级净补助与转移支付"),
    "services": ("bn", "Public spending if services keep up", "公共服务保持同步时的财政支出"),
    "interest": ("bn", "Interest on what is owed since the base year", "基年以来债务的利息"),
    "debt": ("bn", "Owed since the base year if services keep up", "公共服务保持同步时基年以来的累计债务"),
    "spending": ("bn", "Spending on levers", "措施支出"),
}


@dataclass(frozen=True, eq=False)
class Path:
    """A path of a world, and the same path without levers.

    Attributes:
        scenario, world, expectations: what was run.
        x: [year, region] by the names of ``QUANTITIES``; money at base-year prices.
        people: [year, region, sex, age] persons, five years of age.
        ages: the same by single years.
        without: ``x`` of the path without levers; the same object where there are none.
        cluster: [region] 1 inside the cluster.
        residual: the worst of any market in any year.
        passes: over the trade kernel, in all.
        looks: how often all years were solved until what was foreseen came true; 1 with static expectations.
        flows: [year, flow, region, age] persons who moved, five years of age (``path.flows``); from the year after the
            base year on.
        energy, power: TWh used [year, of, fuel] and made [year, carrier] (``path.energy_mix``).
        emitted: when emissions peak and why they change; a cap and its price (``path.emitted``).
        band: 80 % bands over draws; None where none were asked for.
    """

    scenario: Scenario
    world: str
    expectations: str
    x: xr.Dataset
    people: xr.DataArray
    ages: xr.DataArray
    without: xr.Dataset
    cluster: np.ndarray
    residual: float
    passes: int
    looks: int
    flows: xr.DataArray | None = None
    energy: xr.DataArray | None = None
    power: xr.DataArray | None = None
    emitted: Emitted | None = None
    band: Bands | None = None

    @property
    def status(self) -> str:
        return "solved"

    @property
    def years(self) -> np.ndarray:
        return self.x["year"].values

    @cached_property
    def totals(self) -> pd.DataFrame:
        """By year, of the cluster and of the nation: people, births, deaths, migration (persons), output (bn) and the
        change of people and output against the path without levers (per cent)."""
        import pandas as pd

        parts = {}
        for of, at in {"cluster": self.cluster, "nation": np.ones_like(self.cluster)}.items():
            sums = {k: (self.x[k].values * at).sum(axis=1) for k in QUANTITIES if QUANTITIES[k][0] != "log"}
            table = pd.DataFrame(sums, index=pd.Index(self.years, name="year"))
            table["migration"] = table["came"] - table["left"] + table["abroad"]
            for k in ("people", "output"):
                plain = (self.without[k].values * at).sum(axis=1)
                table[f"{k}_change"] = 100 * (table[k] / plain - 1)
            parts[of] = table
        return pd.concat(parts, axis=1, names=["of", "quantity"])

    @cached_property
    def by_region(self) -> pd.DataFrame:
        """By place and year: the names of ``QUANTITIES`` in their units, and what the levers change in people, output
        (per cent) and the worth of living there (per cent, of logarithms)."""
        rows = ["region", "year"]
        table = self.x[[*QUANTITIES]].to_dataframe(dim_order=rows)[[*QUANTITIES]]
        without = self.without[["people", "output", "value"]].to_dataframe(dim_order=rows)
        for k in ("people", "output"):
            table[f"{k}_change"] = 100 * (table[k] / without[k] - 1)
        table["value_change"] = 100 * (table["value"] - without["value"])
        for k in ("name_zh", "name_en"):
            table.insert(0, k, self.x[k].to_series().reindex(table.index, level="region"))
        return table

    @cached_property
    def aged(self) -> xr.Dataset:
        """What ages do: dependency, pensions, care, schools, beds [year, region] (``path.aged``)."""
        from citybelt.path.aged import aged
        from citybelt.worlds.tables import definition

        return aged(self.ages, self.x["wages"], self.x["income"], definition(self.world)["home"])

    @cached_property
    def budgets(self) -> dict[str, pd.DataFrame]:
        """Budgets of cluster, nation and provinces by year, and as published for the base year (``path.budgets``)."""
        from citybelt.path.budgets import budgets

        return budgets(self.x, self.cluster)

    def to_json(self) -> dict[str, Any]:
        """The path as plain data."""
        from citybelt.path import aged
        from citybelt.result import plain

        return plain(
            {
                "world": self.world,
                "scenario": self.scenario.to_json(),
                "expectations": self.expectations,
                "status": self.status,
                "residual": self.residual,
                "passes": self.passes,
                "looks": self.looks,
                "years": self.years,
                "regions": self.x["region"].values,
                "units": {k: unit for k, (unit, _, _) in QUANTITIES.items()},
                "totals": {of: self.totals[of].to_dict("list") for of in ("cluster", "nation")},
                "by_region": {k: self.x[k].values for k in QUANTITIES},
                "without_levers": {k: self.without[k].values for k in ("people", "output", "value")},
                "ageing": aged.plain(self),
                "budgets": {name: table.reset_index().to_dict("list") for name, table in self.budgets.items()},
                "emissions": self.emitted and self.emitted.to_json(),
                "band": self.band and self.band.to_json(),
                "people_by_age": {"sex": SEXES, "age": self.people["age"].values, "persons": self.people.values},
            }
        )

    def rich(self, language: str = "en") -> Any:
        """The path for a terminal, in ``en`` or ``zh``."""
        from citybelt.path.view import view

        return view(self, language)

    def __rich__(self) -> Any:
        return self.rich()


def tables(begin: Begin, years: Year, names: dict[str, Any]) -> tuple[xr.Dataset, xr.DataArray]:
    """``x`` and ``ages`` of a path, the base year first.

    Args:
        begin: where it began.
        years: what ``march`` returned.
        names: coordinates of regions beside their codes.
    """
    import xarray as xr

    e, b, h = begin.economy, begin.economy.base, len(begin.economy.home)
    work, k = begin.rules.work, begin.rules.capital
    a, events = years.accounts, years.events
    persons = np.concatenate([np.asarray(begin.stocks.persons)[None], np.asarray(years.persons)])
    count = lambda x: np.asarray(x).reshape(len(x), h, -1).sum(axis=2)  # noqa: E731
    first = lambda x, base: np.concatenate([np.broadcast_to(base, (1, h)), x])  # noqa: E731
    value = np.asarray(b.factor_share * b.value_added).sum(axis=(0, 2))[:h]
    # What is made is a volume, as in one equilibrium; what it earns, at consumer prices, moves with rents of homes too.
    output = np.asarray(jax.vmap(partial(outcomes.volume, b))(a))[:, :h]
    income = np.asarray(a.factor_income).sum(axis=(1, 3))[:, :h] * np.exp(-np.asarray(a.log_cpi)[:, :h])
    paid = np.asarray(a.factor_income)[:, LABOUR].sum(axis=2)[:, :h] * np.exp(-np.asarray(a.log_cpi)[:, :h])
    stock, log_K = np.asarray(k.stock)[:h], np.asarray(years.stocks.log_K)[:, :h]
    weight = np.asarray(b.value_added)[:h] / np.asarray(b.value_added)[:h].sum(axis=1, keepdims=True)
    price = np.exp(np.sum(np.asarray(b.basket[INVESTMENT]) * np.asarray(a.log_user), axis=2))[:, :h]
    saved = np.asarray(b.saving * b.income)[:h].sum()
    # What levers buy and serve is a volume; what is added to prices is deflated by those of the nation's consumers.
    cpi = np.exp(np.asarray(a.log_cpi)[:, :h] @ np.asarray(b.consumption)[:h] / np.asarray(b.consumption)[:h].sum())
    bought = np.sum(np.asarray(a.lever_use) * np.exp(-np.asarray(a.log_user)), axis=2)[:, :h]
    spent = bought + np.asarray(a.subsidy).sum(axis=1)[:, :h] / cpi[:, None]
    heads = np.asarray(b.people).sum(axis=1)
    u = np.einsum("tgr,gr->tr", np.asarray(years.x.value), heads / heads.sum(axis=0))
    workers = np.einsum("trsae,sa->tr", persons, np.asarray(work.part))
    old = persons.sum(axis=(2, 4))[:, :, 65:].sum(axis=2)
    emitted = np.asarray(b.co2)[:h]
    budget, received = years.budget, np.asarray(b.government)[:h]
    own = np.asarray((a.local_tax + a.land_public) / (a.local_tax + a.land_public + a.grants + a.transfers))[:, :h]
    granted = np.asarray(b.grant)[:h]
    found = {
        "people": count(persons),
        "births": first(count(events.births), np.nan),
        "deaths": first(count(events.deaths), np.nan),
        "came": first(count(events.came), np.nan),
        "left": first(count(events.left), np.nan),
        "abroad": first(count(events.abroad), np.nan),
        "workers": workers,
        "old": old,
        "output": first(output, value),
        "income": first(income, value),
        "wages": first(paid, np.asarray(b.factor_share[LABOUR] * b.value_added).sum(axis=1)[:h]),
        "capital": first((stock * np.exp(log_K)).sum(axis=2), stock.sum(axis=1)),
        "foreign": first(
            (np.asarray(years.stocks.owned) * stock * np.exp(log_K)).sum(axis=2),
            (np.asarray(k.owned) * stock).sum(axis=1),
        ),
        "investment": first(np.asarray(a.investment)[:, :h] / price, np.asarray(b.investment_weight) * saved),
        "productivity": first((weight * np.asarray(years.stocks.log_A)[:, :h]).sum(axis=2), 0.0),
        "knowledge": first(np.asarray(years.stocks.knowledge), np.asarray(begin.rules.technology.start)),
        "houses": first(np.asarray(years.stocks.houses), 0.0),
        "land": first(np.asarray(years.stocks.land), 0.0),
        "value": first(u, 0.0),
        "co2": first(np.asarray(years.co2)[:, :h], emitted),
        "revenue": first(np.asarray(budget.revenue), received),
        "taxes": first(np.asarray(budget.revenue) * own, received - granted),
        "grants": first(np.asarray(budget.revenue) * (1.0 - own), granted),
        "services": first(np.asarray(budget.spending), received),
        "interest": first(np.asarray(budget.interest), 0.0),
        "debt": first(np.asarray(budget.later), 0.0),
        "spending": first(spent, 0.0),
    }
    year = np.concatenate([[begin.start.year], begin.years])
    at = {"year": year, "region": np.array(e.home), **names}
    x = xr.Dataset({k: (("year", "region"), v, {"unit": QUANTITIES[k][0]}) for k, v in found.items()}, at)
    ages = {**at, "sex": list(SEXES), "age": list(Ages(1).labels)}
    return x, xr.DataArray(persons.sum(axis=4), ages, ("year", "region", "sex", "age"))


def five_years(ages: xr.DataArray) -> xr.DataArray:
    """Persons by single years of age, summed to five years of age."""
    import xarray as xr

    five = Ages(5)
    axis = ages.get_axis_num("age")
    summed = np.add.reduceat(ages.values, np.arange(five.count) * 5, axis=axis)
    return xr.DataArray(summed, {**ages.drop_vars("age").coords, "age": list(five.labels)}, ages.dims)
