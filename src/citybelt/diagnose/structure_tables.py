"""Tables of industries: similarity at each level of detail, what repeats, and what sets a city apart."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pandas as pd

from . import structure
from .cities import Cities, by_tier, sectors
from .facts import Facts

DRAWS = 400
#: An industry counts among those that set a city apart if it employs at least this share of it.
SMALLEST = 0.005
SEVERAL = 5  # cities that a world must hold one by one for their similarity to be shown
TOP = 3  # highest quotients looked at in each city
LARGEST = 5  # largest industries looked at in each city
TOP_PRODUCTS = 10  # largest industrial products looked at in each province


def names() -> pd.DataFrame:
    """Names of the industries by scheme and code, and whether an industry lives from minerals or from
    farm and forest products (``resource``)."""
    path = resources.files("citybelt.diagnose") / "tables" / "industries.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def _level(level: str, values: np.ndarray, members: dict[str, np.ndarray], grade: str) -> list[dict]:
    """One row for each cluster: mean pair similarity, 80 % of pairs, both nulls."""
    rows = []
    s = structure.shares(values)
    for cluster, mask in members.items():
        if mask.sum() < 2:
            continue
        pairs = structure.cosine(s[mask])[np.triu_indices(mask.sum(), 1)]
        out = structure.similarity(values, mask, DRAWS)
        rows.append(
            {
                "level": level,
                "n": out["industries"],
                "cluster": cluster,
                "units": out["regions"],
                "mean": out["cosine"],
                "low": float(np.quantile(pairs, 0.1)),
                "high": float(np.quantile(pairs, 0.9)),
                "krugman": out["krugman"],
                "null_shuffled": out["cosine_shuffled"],
                "null_drawn": out["cosine_drawn"],
                "null_low": out["cosine_drawn_p10"],
                "null_high": out["cosine_drawn_p90"],
                "p_drawn": out["p_drawn"],
                "grade": grade,
            }
        )
    return rows


def province_output(facts: Facts) -> tuple[pd.DataFrame, int]:
    """Gross output [province, product of the 42-sector table] of the last year held, bn CNY, and the year."""
    year = int(facts.rows("gross_output")["year"].max())
    return facts.table("gross_output", year).fillna(0.0).clip(lower=0.0), year


def similarity(cities: Cities) -> pd.DataFrame:
    """Mean pairwise similarity of industry structure inside each cluster, at every level of detail held.

    Cities: workers in 3 tiers and by industry of the census. Provinces: gross output in 3 tiers, in the
    model's sectors and in 42 products, the same pairs at three levels. ``low`` and ``high`` hold 80 % of the
    pairs; ``null_shuffled`` and ``null_drawn`` (with its 80 % band) are what chance gives.
    """
    use = (by_tier(cities.employed).sum(axis=1) > 0).to_numpy()
    members = {c: cities.member(c)[use] for c in cities.clusters}
    workers = cities.employed[use]
    rows = _level("tiers3", by_tier(workers).to_numpy(), members, "A")
    rows += _level(f"industries{workers.shape[1]}", workers.to_numpy(), members, "A")

    output, _ = province_output(cities.facts)
    table = sectors()
    to_sector = {c: r["sector"] for _, r in table.iterrows() for c in r["io42"].split(";")}
    to_tier = {c: r["tier"] for _, r in table.iterrows() for c in r["io42"].split(";")}
    whole = {c: output.index.isin(cities.whole_provinces(c)) for c in cities.clusters}
    for level, merged in (
        ("provinces_tiers3", output.T.groupby(to_tier).sum().T),
        (f"provinces_sectors{len(table)}", output.T.groupby(to_sector).sum().T),
        (f"provinces_sectors{output.shape[1]}", output),
    ):
        rows += _level(level, merged.to_numpy(), whole, "B")
    return pd.DataFrame(rows)


def _quotients(cities: Cities) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Shares and quotients (against the country) of the focus's cities by industry."""
    mask = cities.member(cities.focus) & (cities.employed.sum(axis=1) > 0).to_numpy()
    workers = cities.employed[mask]
    share = structure.shares(workers.to_numpy())
    quotient = structure.location_quotient(workers.to_numpy(), cities.employed.to_numpy().sum(axis=0))
    frame = {"index": workers.index, "columns": workers.columns}
    return pd.DataFrame(share, **frame), pd.DataFrame(quotient, **frame), workers.to_numpy()


def repeats(cities: Cities) -> pd.DataFrame:
    """Industries of the focus by how many of its cities share them.

    ``cities`` have it among their five largest, ``specialised`` have a quotient above one, ``top`` have it
    among their three highest quotients (of industries with at least half a percent of workers); ``share`` of
    the cluster's workers in percent, ``lq`` of the cluster against the country.
    """
    share, quotient, workers = _quotients(cities)
    largest = np.zeros(share.shape, bool)
    order = np.argsort(-share.to_numpy(), axis=1, kind="stable")[:, :LARGEST]
    np.put_along_axis(largest, order, True, axis=1)
    country = cities.employed.to_numpy().sum(axis=0)
    out = pd.DataFrame(
        {
            "industry": share.columns,
            "cities": largest.sum(axis=0),
            "specialised": (quotient > 1).to_numpy().sum(axis=0),
            "top": structure.repeats(quotient.to_numpy(), share.to_numpy(), TOP, SMALLEST),
            "of": len(share),
            "share": 100 * workers.sum(axis=0) / workers.sum(),
            "lq": structure.location_quotient(workers.sum(axis=0, keepdims=True), country)[0],
        }
    )
    return _named(out, "industries20").sort_values("top", ascending=False, kind="stable").assign(grade="A")


def industries(cities: Cities) -> pd.DataFrame:
    """Every industry of every city of the focus: share of workers in percent, quotient, and its role.

    ``repeats``: among the city's three highest quotients and among those of at least a third of the cities;
    ``apart``: among its three highest and of fewer; empty otherwise.
    """
    share, quotient, _ = _quotients(cities)
    tops = structure.top_industries(quotient.to_numpy(), share.to_numpy(), TOP, SMALLEST)
    often = structure.repeats(quotient.to_numpy(), share.to_numpy(), TOP, SMALLEST) >= len(share) / 3
    rows = []
    for i, city in enumerate(share.index):
        for j, code in enumerate(share.columns):
            role = "" if j not in tops[i] else ("repeats" if often[j] else "apart")
            rows.append((city, code, 100 * share.iat[i, j], quotient.iat[i, j], role))
    out = pd.DataFrame(rows, columns=["region", "industry", "share", "lq", "role"])
    return _named(out, "industries20").assign(grade="A")


def specialisation(cities: Cities) -> pd.DataFrame:
    """Herfindahl index, diversity and distance to the country of each city of the focus."""
    share, _, workers = _quotients(cities)
    out = structure.specialisation(workers)
    country = cities.employed.to_numpy().sum(axis=0)
    out["krugman_to_country"] = np.abs(share.to_numpy() - country / country.sum()).sum(axis=1)
    return out.drop(columns="krugman_to_all").assign(region=share.index, grade="A")


def products(cities: Cities) -> pd.DataFrame:
    """The ten largest industrial products of each province of the focus by gross output.

    ``resource``: the industry lives from minerals and energy, or from farm and forest products. ``of_three``
    says how many of the focus's provinces have the product among their ten.
    """
    output, year = province_output(cities.facts)
    catalogue = names().query("scheme == 'sectors42'").set_index("code")
    industry = [c for c in catalogue.index if catalogue.at[c, "resource"] or c in _secondary()]
    industry = [c for c in industry if c in output.columns]
    rows = []
    for province in cities.provinces:
        values = output.loc[province, industry]
        for rank, code in enumerate(values.sort_values(ascending=False, kind="stable").index[:TOP_PRODUCTS], 1):
            rows.append((province, year, rank, code, 100 * values[code] / values.sum()))
    out = pd.DataFrame(rows, columns=["region", "year", "rank", "industry", "share"])
    out["provinces"] = out.groupby("industry")["region"].transform("nunique")
    return _named(out, "sectors42").assign(grade="B")


def product_overlap(cities: Cities) -> dict[str, float]:
    """How many of their ten largest industrial products two provinces of the focus share on average, and
    the mean and 10 and 90 % points of the same for random sets of as many provinces of the country; empty
    where the focus holds fewer than two whole provinces."""
    if len(cities.provinces) < 2:
        return {}
    output, _ = province_output(cities.facts)
    industry = [c for c in _secondary() if c in output.columns]
    values = output[industry].to_numpy()
    tops = np.zeros(values.shape, int)
    np.put_along_axis(tops, np.argsort(-values, axis=1, kind="stable")[:, :TOP_PRODUCTS], 1, axis=1)
    pairs = (tops @ tops.T).astype(float)
    mask = output.index.isin(cities.provinces)
    drawn = structure.drawn_null(pairs, int(mask.sum()), DRAWS, 1)
    return {
        "of": TOP_PRODUCTS,
        "shared": structure.mean_pair(pairs[np.ix_(mask, mask)]),
        "null": float(drawn.mean()),
        "null_low": float(np.quantile(drawn, 0.1)),
        "null_high": float(np.quantile(drawn, 0.9)),
    }


def world_similarity(output: pd.DataFrame, clusters: pd.Series) -> pd.DataFrame:
    """Similarity by the world's own sectors, in the form of ``similarity``; grade D.

    ``output`` [region, sector] of a world, ``clusters`` the label by region. Inside a city the split of
    industry is imputed, so neighbours that were filled by one key look alike: read it beside the observed
    levels, never alone. Groups are drawn at random only where a world knows enough regions outside.
    """
    rows = []
    values = output.to_numpy(float).clip(min=0.0)
    for cluster in [c for c in clusters.unique() if c]:
        mask = (clusters == cluster).to_numpy()
        if mask.sum() >= SEVERAL:
            rows += _level(f"sectors{output.shape[1]}", values, {cluster: mask}, "D")
            if (~mask).sum() < 2 * mask.sum():
                drawn = ("null_drawn", "null_low", "null_high", "p_drawn")
                rows[-1] |= dict.fromkeys(drawn, np.nan)
    return pd.DataFrame(rows)


def complementarity(output: pd.DataFrame, demand: pd.DataFrame) -> pd.DataFrame:
    """How far each city's supply fits the demand of the others: 1 the same mix, 0 nothing in common.

    ``output`` and ``demand`` [city, sector] of a world's cities in bn CNY, demand counting inputs and final
    use. ``own`` fits a city to itself, ``others`` is the mean over the others' supply, ``partner`` the city
    whose supply fits its demand best and ``fit`` how far. Grade D, as the split inside industry is imputed.
    """
    supply = structure.shares(output.to_numpy(float).clip(min=0.0))
    wanted = structure.shares(demand.to_numpy(float).clip(min=0.0))
    fit = structure.complementarity(wanted, supply)
    own = np.diag(fit).copy()
    apart = fit.copy()
    np.fill_diagonal(apart, -np.inf)
    best = apart.argmax(axis=1)
    return pd.DataFrame(
        {
            "region": output.index,
            "own": own,
            "others": (fit.sum(axis=1) - own) / (len(fit) - 1),
            "partner": output.index[best],
            "fit": apart.max(axis=1),
        }
    ).assign(grade="D")


def _secondary() -> list[str]:
    """Codes of mining, manufacturing and utilities in the 42-sector table (construction left out)."""
    catalogue = names().query("scheme == 'sectors42'")
    primary = {c for _, r in sectors().iterrows() if r["tier"] == "primary" for c in r["io42"].split(";")}
    return [c for c in catalogue["code"] if c not in primary]


def _named(table: pd.DataFrame, scheme: str) -> pd.DataFrame:
    catalogue = names().query("scheme == @scheme").set_index("code")
    out = table.copy()
    for column in ("name_en", "name_zh"):
        out[column] = [catalogue[column].get(c, c) for c in out["industry"]]
    if scheme == "sectors42":
        out["resource"] = [catalogue["resource"].get(c, "") for c in out["industry"]]
    return out
