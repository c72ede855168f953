"""Reading the reference tables and writing facts in the long format."""

from __future__ import annotations

import csv
import re
import zlib
from pathlib import Path

import pandas as pd

COLUMNS = ["quantity", "region", "item", "year", "vintage", "value", "unit", "source", "grade"]
KEY = ["quantity", "region", "item", "year", "vintage"]
NATION = "000000"

# Sources that fill whole tables: a piece of the source text, then key, citation, address and licence.
with (Path(__file__).parent / "sources.csv").open(encoding="utf-8", newline="") as file:
    SOURCES = [tuple(row) for row in csv.reader(file)][1:]


def read(folder: Path, table: str) -> pd.DataFrame:
    """One reference table with every cell as text: codes such as 000000 and 01 must stay text."""
    path = folder / f"{table}.csv"
    if not path.exists():
        raise FileNotFoundError(f"{path}: this reference table is missing; give the folder that holds it with --facts")
    return pd.read_csv(path, dtype=str, keep_default_na=False).replace("", None)


def source_key(text: str) -> str:
    """The short key of a source text; a page that fills a few cells gets a key from its address."""
    for piece, key, *_ in SOURCES:
        if piece in text:
            return key
    domain = re.search(r"https?://(?:www\.)?([^/\s;]+)", text)
    stem = domain.group(1) if domain else re.sub(r"[^a-z0-9]+", "-", text.lower())[:24].strip("-")
    return f"{stem}-{zlib.crc32(text.encode()) % 0xFFFF:04x}"


def source_row(text: str) -> tuple[str, str, str, str]:
    """Key, citation, address and licence of a source text."""
    for piece, key, citation, address, licence in SOURCES:
        if piece in text:
            return key, citation, address, licence
    note = re.findall(r"\(([^()]*)\)", text)
    address = re.search(r"https?://(?:www\.)?([^/\s;]+)[^\s;]*", text)
    head = "Derived from the page of " if text.startswith("derived") else "Page of "
    citation = head + (address.group(1) if address else text) + (f" ({note[-1]})" if note else "")
    return source_key(text), citation, address.group(0) if address else text, "facts only"


def number(column: pd.Series) -> pd.Series:
    """Text to float; a cell in words is not a number and becomes missing."""
    return pd.to_numeric(column, errors="coerce")


def long(
    table: pd.DataFrame,
    column: str,
    quantity: str,
    unit: str,
    *,
    region: str | pd.Series = "adcode",
    item: str | pd.Series = "",
    year: str | int | pd.Series = "year",
    vintage: str | pd.Series = "",
    scale: float = 1.0,
    grade: str | pd.Series = "A",
    source: str | pd.Series = "source",
) -> pd.DataFrame:
    """Facts of one column.

    ``region``, ``year`` and ``source`` name columns (or give the series, or a year); ``item``, ``vintage``
    and ``grade`` are constants or series. Values are divided by ``scale`` (multiplied by its inverse where
    it is below one, so that counts stay whole). Missing cells are dropped.
    """

    def pick(value):
        return table[value] if isinstance(value, str) and value in table else value

    values = number(table[column])
    out = pd.DataFrame(
        {
            "quantity": quantity,
            "region": pick(region),
            "item": item,
            "year": pick(year),
            "vintage": vintage,
            "value": values / scale if scale >= 1 else values * round(1 / scale),
            "unit": unit,
            "source": pick(source),
            "grade": grade,
        },
        index=table.index,
    )
    return out[out["value"].notna()]


def collect(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Facts in the order of their key; a key that occurs twice is an error that names it."""
    facts = pd.concat(parts, ignore_index=True)[COLUMNS]
    facts["year"] = facts["year"].astype("int32")
    facts["value"] = facts["value"].astype("float64")
    texts = [c for c in COLUMNS if c not in ("year", "value")]
    facts[texts] = facts[texts].astype(object)
    twice = facts[facts.duplicated(KEY, keep=False)]
    if len(twice):
        raise ValueError("facts given twice:\n" + twice.sort_values(KEY).head(20).to_string())
    return facts.sort_values(KEY, kind="stable").reset_index(drop=True)
