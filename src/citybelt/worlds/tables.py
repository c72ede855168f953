"""The package's own tables, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from citybelt.errors import InputError, Problem

HERE = resources.files("citybelt.worlds")
NATION = "000000"


def _parquet(name: str) -> pd.DataFrame:
    import pyarrow.parquet as pq

    with (HERE / "tables" / name).open("rb") as file:
        return pq.read_table(file).to_pandas()


@cache
def _facts() -> dict[str, pd.DataFrame]:
    table = _parquet("facts.parquet")
    return {str(name): part for name, part in table.groupby("quantity", sort=False)}


def facts(
    quantity: str, *, year: int | None = None, item: str | None = None, vintage: str | None = None
) -> pd.DataFrame:
    """Rows of one quantity: quantity, region, item, year, vintage, value, unit, source, grade."""
    try:
        table = _facts()[quantity]
    except KeyError:
        raise InputError([Problem("facts", f"there is no quantity {quantity!r}")]) from None
    for column, wanted in (("year", year), ("item", item), ("vintage", vintage)):
        if wanted is not None:
            table = table[table[column] == wanted]
    return table


def series(quantity: str, year: int, *, item: str = "", vintage: str = "") -> pd.Series:
    """Values of one quantity by region."""
    return facts(quantity, year=year, item=item, vintage=vintage).set_index("region")["value"]


def wide(quantity: str, year: int, *, vintage: str = "") -> pd.DataFrame:
    """Values of one quantity, region by item."""
    return facts(quantity, year=year, vintage=vintage).pivot(index="region", columns="item", values="value")


def value(quantity: str, region: str, item: str, year: int, vintage: str | None = None) -> float:
    """One fact. Raises `InputError` when it isn't held once."""
    found = facts(quantity, year=year, item=item, vintage=vintage)
    found = found[found["region"] == region]
    if len(found) != 1:
        where = f"{quantity} {region} {item} {year} {vintage or ''}".strip()
        raise InputError([Problem(f"facts, {where}", f"{len(found)} rows, not one")])
    return float(found["value"].iloc[0])


@cache
def units() -> pd.DataFrame:
    """Prefectures, provinces and partner countries, indexed by unit."""
    return _parquet("units.parquet").set_index("unit")


@cache
def input_output() -> pd.DataFrame:
    """The national tables: year, origin, row, column, value (bn CNY)."""
    return _parquet("io.parquet")


@cache
def sectors() -> pd.DataFrame:
    """The produced sectors in their order, with names, tier and concordances."""
    with (HERE / "sectors.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"io42": str, "industries20": str}).set_index("sector")


@cache
def assumptions() -> pd.DataFrame:
    """Numbers that no table of facts holds: name, key, value, low, high, unit, source, grade, note."""
    with (HERE / "assumptions.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"key": str}, keep_default_na=False, na_values={"value": [""]})


def assumed(name: str, key: str = "") -> float:
    """The value of one assumption."""
    table = assumptions()
    found = table[(table["name"] == name) & (table["key"] == key)]
    if len(found) != 1:
        raise InputError([Problem(f"assumptions.csv, {name} {key}".strip(), f"{len(found)} rows, not one")])
    return float(found["value"].iloc[0])


@cache
def definition(name: str) -> dict[str, Any]:
    """A definition file (``northeast``, ``china`` or ``common``)."""
    with (HERE / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
