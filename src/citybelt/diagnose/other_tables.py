"""Tables of the ranks of cities, income, trade and producer services by cluster."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import hierarchy as ranks
from . import income as inequality
from .cities import Cities
from .facts import COUNTRY, Facts
from .openness import dependence, implied_rate, rank_from_lowest
from .services import DEFINITIONS, members, service_share

TRADE = {"operating unit": "operating_unit", "destination and source": "destination_source"}


def hierarchy(cities: Cities) -> pd.DataFrame:
    """Primacy and rank-size of each cluster's cities, by urban residents and (``_residents``) by all.

    A city here is an administrative unit with its counties, so urban residents come nearer to the city.
    """
    rows = []
    for cluster in cities.clusters:
        mask = cities.member(cluster) & np.isfinite(cities.urban.to_numpy())
        urban, everyone = cities.urban.to_numpy()[mask], cities.residents[mask]
        order = np.argsort(-urban)
        names = cities.units.index[mask]
        row: dict = {"cluster": cluster, "first": names[order[0]], "second": names[order[1]]}
        for suffix, sizes in (("", urban), ("_residents", everyone)):
            p, fit = ranks.primacy(sizes), ranks.rank_size(sizes)
            row |= {
                f"primacy2{suffix}": p["two_city"],
                f"primacy4{suffix}": p.get("four_city", np.nan),
                f"primacy11{suffix}": p.get("eleven_city", np.nan),
                f"zeta{suffix}": fit.exponent,
                f"se{suffix}": fit.standard_error,
            }
        rows.append(row | {"n": int(mask.sum())})
    return pd.DataFrame(rows).assign(grade="A")


def neighbours(cities: Cities) -> pd.DataFrame:
    """Moran's statistics of the focus's cities for output per head and for growth of residents.

    One row a city and variable: ``value``, local statistic, quadrant (HH, LH, LL, HL) and whether it stands
    out at a false discovery rate of 10 %; beside them the global ``moran``, its expectation and p-value.
    Neighbours are cities joined by a road edge; cities that miss the value or a neighbour are left out.
    """
    mask = cities.member(cities.focus)
    output = cities.gdp.sum(axis=1, min_count=3).to_numpy() / cities.residents * 1e6
    growth = 100 * (cities.residents / cities.first.sum(axis=(1, 2)) - 1)
    roads = cities.facts.edges[cities.facts.edges["mode"] == "road"]
    rows = []
    for variable, values in (("output_per_head", output), ("growth", growth)):
        held = cities.units.index[mask & np.isfinite(values)]
        joined = roads[roads["a"].isin(held) & roads["b"].isin(held)]
        index = [u for u in held if u in set(joined["a"]) | set(joined["b"])]
        if len(index) < 4:
            continue
        at = {u: i for i, u in enumerate(index)}
        own = values[cities.units.index.get_indexer(index)]
        m = ranks.moran(own, [(at[a], at[b]) for a, b in zip(joined["a"], joined["b"], strict=True)])
        for i, u in enumerate(index):
            quadrant = ("", "HH", "LH", "LL", "HL")[int(m.quadrant[i])]
            rows.append(
                (variable, u, own[i], m.local[i], quadrant, bool(m.significant[i]), m.moran, m.expected, m.p_value)
            )
    columns = ["variable", "region", "value", "local", "quadrant", "significant", "moran", "expected", "p_value"]
    return pd.DataFrame(rows, columns=columns).assign(grade="C")


def income(cities: Cities) -> pd.DataFrame:
    """Output per head (thousand CNY, on census residents), average wage (thousand CNY, mean of cities that
    report it, weighted by residents), and output per head relative to the country in percent."""
    output, people, wage = cities.gdp.sum(axis=1, min_count=3).to_numpy(), cities.residents, cities.wage.to_numpy()
    held = np.isfinite(output)
    country = output[held].sum() / people[held].sum()

    def summary(mask: np.ndarray) -> dict:
        use, paid = mask & held, mask & np.isfinite(wage)
        head = output[use].sum() / people[use].sum() if use.any() else np.nan
        return {
            "gdp_per_head": 1e6 * head,
            "wage": float(wage[paid] @ people[paid] / people[paid].sum() / 1e3) if paid.any() else np.nan,
            "relative": 100 * head / country,
        }

    return cities.by_group(summary).assign(grade="C")


def disposable_income(cities: Cities) -> pd.DataFrame:
    """Disposable income per head of the focus's provinces and the mean of all, thousand CNY, by year."""
    rows = []
    for year in sorted(cities.facts.rows("disposable_income")["year"].unique()):
        values = cities.facts.series("disposable_income", int(year)) / 1e3
        people = cities.facts.rows("population_yearend", int(year), vintage="").set_index("region")["value"]
        both = values.index.intersection(people.index)
        rows += [(p, int(year), float(values[p]), "A") for p in cities.provinces]
        if len(both):
            mean = float(values[both] @ people[both] / people[both].sum())
            rows.append((COUNTRY, int(year), mean, "C"))
    return pd.DataFrame(rows, columns=["region", "year", "income", "grade"])


def inequalities(cities: Cities) -> pd.DataFrame:
    """Theil's index of output per head between cities, weighted by residents: between and within provinces
    inside each cluster, and between and within clusters for all clusters together; Gini beside it."""
    output = cities.gdp.sum(axis=1, min_count=3).to_numpy()
    rows = []
    for label in [*cities.clusters, "clusters"]:
        inside = (cities.units["cluster"] != "").to_numpy() if label == "clusters" else cities.member(label)
        use = inside & np.isfinite(output)
        y, n = output[use] / cities.residents[use], cities.residents[use]
        group = cities.units["cluster" if label == "clusters" else "province"].to_numpy()[use]
        rows.append(
            {"cluster": label, "n": int(use.sum())} | inequality.theil(y, n, group) | {"gini": inequality.gini(y, n)}
        )
    return pd.DataFrame(rows).assign(grade="C")


def exchange_rates(facts: Facts) -> pd.DataFrame:
    """CNY per USD by year, [year: rate, grade, how].

    Where the country's trade is stated in CNY, the rate that it implies against the sum of the provinces in
    USD (grade C, weighted by trade). Otherwise output in CNY over output in USD, brought to the former by
    their mean ratio in the years that hold both (grade D).
    """
    trade = facts.rows("goods_trade", vintage="operating_unit").groupby("year")["value"].sum()
    stated = facts.rows("stated", item="goods trade total", vintage="cny", region=COUNTRY)
    stated = stated.drop_duplicates("year").set_index("year")["value"]
    usd = facts.rows("gdp_usd", region="CHN").set_index("year")["value"]
    cny = facts.rows("gdp", item="", vintage="revised").groupby("year")["value"].sum()
    by_output = (cny / usd).dropna()
    by_trade = pd.Series({y: implied_rate(v, trade[y]) for y, v in stated.items() if y in trade.index})
    both = by_trade.index.intersection(by_output.index)
    level = float((by_trade[both] / by_output[both]).mean()) if len(both) else 1.0
    out = pd.DataFrame({"rate": by_output * level, "grade": "D", "how": "output"})
    for year, rate in by_trade.items():
        out.loc[year] = [rate, "C", "trade"]
    return out.sort_index()


def trade(cities: Cities) -> pd.DataFrame:
    """Exports plus imports over output in percent, by province, cluster of whole provinces, and country.

    Every definition of trade, every year with revised output; in years that state it, preliminary output
    beside it. ``dependence`` depends on the exchange rate of ``exchange_rates``; ``relative`` (country = 1)
    does not; ``rank`` counts provinces from the lowest.
    """
    facts, rates = cities.facts, exchange_rates(cities.facts)
    clusters = {c: cities.whole_provinces(c) for c in cities.clusters if cities.is_whole(c)}
    rows = []
    for year in rates.index:
        for vintage in ("revised", "preliminary"):
            output = facts.rows("gdp", int(year), "", vintage).set_index("region")["value"]
            for name, key in TRADE.items():
                usd = facts.series("goods_trade", int(year), vintage=key)
                places = usd.index.intersection(output.index)
                if vintage == "preliminary" and not set(cities.provinces) <= set(places):
                    continue
                t, y = usd[places], output[places]
                groups = {p: [p] for p in places} | {c: ps for c, ps in clusters.items() if set(ps) <= set(places)}
                if set(usd.index) <= set(places):
                    groups[COUNTRY] = list(places)
                sums = pd.DataFrame(
                    {g: (t[ps].sum(), y[ps].sum()) for g, ps in groups.items()}, index=["trade", "output"]
                ).T
                ratio = dependence(sums["trade"], sums["output"], float(rates.at[year, "rate"]))
                country = usd.sum() / output.sum() if COUNTRY in groups else np.nan
                for g in sums.index:
                    relative = sums.at[g, "trade"] / sums.at[g, "output"] / country
                    rows.append(
                        (g, int(year), name, float(ratio[g]), float(relative), vintage, rates.at[year, "grade"])
                    )
    columns = ["region", "year", "definition", "dependence", "relative", "gdp_vintage", "grade"]
    out = pd.DataFrame(rows, columns=columns)
    provinces = out[out["region"].isin(cities.units["province"])]
    place = provinces.groupby(["year", "definition", "gdp_vintage"])["dependence"].transform(rank_from_lowest)
    return out.assign(rank=place)


def trade_products(cities: Cities) -> pd.DataFrame:
    """Exports and imports of the focus by product of the 42-sector table, bn USD, last year held."""
    facts = cities.facts
    year = int(facts.rows("exports_sector")["year"].max())
    out = {}
    for flow in ("exports", "imports"):
        table = facts.table(f"{flow}_sector", year).reindex(cities.provinces).fillna(0.0)
        country = facts.table(f"{flow}_sector", year).sum()
        out[flow] = table.sum()
        out[f"{flow}_share_of_country"] = 100 * table.sum() / country
    return pd.DataFrame(out).rename_axis("industry").reset_index().assign(year=year, grade="A")


def services(cities: Cities) -> pd.DataFrame:
    """Producer services in percent: of workers by cluster (census), of value added for the country."""
    rows = []
    for definition in DEFINITIONS:
        for group in cities.groups:
            workers = cities.employed[cities.member(group)].sum()
            share = service_share(workers, definition, "industry")
            rows.append((group, definition, share, "employment", cities.years[1], "A"))
        for year in sorted(cities.facts.io["year"].unique()):
            value = cities.facts.value_added(int(year))
            share = service_share(value, definition, "io42")
            rows.append((COUNTRY, definition, share, "value added", int(year), "A"))
    return pd.DataFrame(rows, columns=["region", "definition", "share", "basis", "year", "grade"])


def services_by_industry(cities: Cities) -> pd.DataFrame:
    """Share of workers in percent of each producer service, by group."""
    rows = []
    for group in cities.groups:
        workers = cities.employed[cities.member(group)].sum()
        rows += [(group, code, 100 * float(workers[code] / workers.sum())) for code in members("broad", "industry")]
    return pd.DataFrame(rows, columns=["region", "industry", "share"]).assign(grade="A")
