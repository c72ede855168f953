"""Single figures read on pages: each becomes a fact of its own indicator."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from .common import NATION, long, read

PLACES = {
    "China": NATION,
    "USA": "USA",
    "Liaoning": "210000",
    "Jilin": "220000",
    "Heilongjiang": "230000",
    "Jiangsu": "320000",
    "Shanghai": "310000",
    "Dalian": "210200",
}
UNITS = {
    "100m CNY": ("bn CNY", 10),
    "100m CNY (rounded)": ("bn CNY", 10),
    "10 000 persons": ("persons", 1e-4),
    "10k persons": ("persons", 1e-4),
    "million": ("persons", 1e-6),
    "percent": ("%", 1),
    "per mille": ("per 1000", 1),
    "thousand": ("number", 1e-3),
}


def pages(folder: Path) -> list[pd.DataFrame]:
    """Both tables of single figures. A value with words (``just over 10``) is B."""
    tables = [read(folder, "facts_trade_fdi_ne"), read(folder, "facts2")]
    table = pd.concat(tables, ignore_index=True)
    # One figure on two pages, or in both tables, is one fact: the first page is cited.
    indicator = table["indicator"].str.replace("FDI share of eastern region", "FDI share of the eastern region")
    unit = table["value_unit"].map(lambda u: UNITS.get(u, (u, 1))[0])
    scale = table["value_unit"].map(lambda u: UNITS.get(u, (u, 1))[1]).astype(float)
    digits = table["value"].str.extract(r"(-?[\d.]+)")[0]
    grade = pd.Series("A", table.index)
    grade[
        (table["value"] != digits)
        | table["value_unit"].str.contains("rounded")
        | table["year"].str.contains("page says")
    ] = "B"
    grade[table["source"].str.startswith("derived")] = "C"
    year = table["year"].str[:4]
    # Part of a year is another quantity than the year.
    part = table["year"].where(table["year"].str.len() > 4, "")
    currency = unit.str.extract(r"^bn (CNY|USD)$")[0].fillna("").str.lower()
    vintage = [re.sub(r"\s+", " ", " ".join(x for x in pair if x)) for pair in zip(part, currency, strict=True)]
    table = table.assign(number=pd.to_numeric(digits) / scale, vintage=vintage, unit_out=unit, indicator=indicator)
    table["region"] = table["unit"].map(PLACES)
    missing = table[table["region"].isna()]
    if len(missing):
        raise ValueError(f"single figures of unknown places: {sorted(set(missing['unit']))}")
    table["source"] = table["source"].replace("same", None).ffill()
    first = ~table.duplicated(["region", "indicator", "year", "vintage"])
    out = []
    for name, group in table[first].groupby("unit_out"):
        out.append(
            long(
                group,
                "number",
                "stated",
                str(name),
                region="region",
                item=group["indicator"],
                year=year[group.index],
                vintage=group["vintage"],
                grade=grade[group.index],
            )
        )
    return out


def ranges(folder: Path) -> list[pd.DataFrame]:
    """Unit costs: a range in words is two facts, its low and its high end."""
    table = read(folder, "unit_costs")
    ends = table["value"].str.extract(r"^([\d.]+)(?:\s*(?:-|to)\s*([\d.]+))?$")
    year = table["period"].fillna("").str.extract(r"(\d{4})\D*$")[0].fillna("2014")
    # "568.7 to 330" is a change from the first year of the period to its last.
    change = table["value"].str.contains(" to ")
    low = table.assign(v=ends[0], vintage=change.map({True: "first year", False: "low"}))
    high = table.assign(v=ends[1], vintage=change.map({True: "last year", False: "high"}))
    single = ends[1].isna()
    low.loc[single, "vintage"] = ""
    region = pd.Series(NATION, table.index)
    parts = []
    for part in (low, high):
        for unit, group in part.groupby("unit"):
            parts.append(
                long(
                    group,
                    "v",
                    "unit_cost",
                    str(unit),
                    region=region[group.index],
                    item=group["item"],
                    year=year[group.index],
                    vintage=group["vintage"],
                    grade="B",
                )
            )
    return parts


def facts(folder: Path) -> list[pd.DataFrame]:
    return pages(folder) + ranges(folder)
