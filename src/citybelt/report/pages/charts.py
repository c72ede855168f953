"""Pictures and tables that several chapters share."""

from __future__ import annotations

import pandas as pd

from citybelt.report import figures, findings
from citybelt.report.document import Cell, Column, Figure, Grid, Row, Table
from citybelt.report.inputs import Inputs
from citybelt.report.text import Language, common_decimals


def city_map(inp: Inputs, L: Language, values: pd.Series, caption: str, diverging: bool) -> Grid:
    """A map of the planned cities coloured by ``values`` (percent by region), beside its highest and lowest."""
    from citybelt.report import maps

    values = values.rename(index=str)
    names = {r: findings.name(inp, L, r) for r in inp.cities}
    picture = maps.choropleth(
        inp.cities, values, title="", unit="%", lang=L.code, diverging=diverging, names=short_names(names),
        width_mm=MAP_WIDTH, labels=LABELS,
    )  # fmt: skip
    known = values.reindex(inp.cities).dropna().sort_values(ascending=False)
    few = min(6, len(known) // 2)
    columns = [Column(L("col.city"), width=2), Column("%", "right", 1)]
    rows = []
    for title, part in ((L("map.highest"), known.head(few)), (L("map.lowest"), known.tail(few)[::-1])):
        rows.append(Row([title], "group"))
        rows += [Row([names[str(r)], L.number(float(v), signed=diverging)]) for r, v in part.items()]
    figure = Figure(figures.svg(picture), caption, alt=caption)
    return Grid([[figure], [Table(columns, rows, size="small")]], (2.3, 1))


def national_map(inp: Inputs, L: Language, values: pd.Series, caption: str) -> Figure:
    """A map of every home region coloured by ``values`` (percent by region)."""
    from citybelt.report import maps

    picture = maps.national_map(values.rename(index=str), title="", unit="%", lang=L.code, diverging=True, labels=False)
    return Figure(figures.svg(picture), caption, alt=caption)


MAP_WIDTH = 112.0  # mm
LABELS = 16  # cities named on a map of this size
SUFFIXES = ("地区", "市")


def short_names(names: dict[str, str]) -> dict[str, str]:
    """Names as maps write them: without the Chinese word for city or prefecture."""
    out = {}
    for region, name in names.items():
        for suffix in SUFFIXES:
            if len(name) > len(suffix) + 1:
                name = name.removesuffix(suffix)
        out[region] = name
    return out


def city_table(inp: Inputs, L: Language, rows: pd.DataFrame, caption: str, size: str = "normal") -> Table:
    """Cities by what the plan changes in them; columns that aren't known are left out."""
    columns = [Column(L("col.city"), width=2.2)]
    scales = {"welfare": 1.0, "people": 1.0, "output": 1.0, "net": L.billions, "paid": L.billions}
    shown = {key: scale for key, scale in scales.items() if key in rows and rows[key].notna().any()}
    banded = {"low", "high"} <= set(rows.columns) and bool(rows["low"].notna().any())
    for key in shown:
        columns.append(Column(L(f"col.{key}"), "right", 1.2))
        if key == "welfare" and banded:
            columns.append(Column(L("col.band", level=80), "right", 1.7))
    largest = {key: rows[key].abs().max() or 1.0 for key in shown}
    digits = {key: common_decimals(rows[key] * scale) for key, scale in shown.items()}
    body = []
    for _, r in rows.iterrows():
        cells: list[str | Cell] = [findings.name(inp, L, r["region"])]
        for key, scale in shown.items():
            text = L.fixed(r[key] * scale, digits[key], signed=key != "paid")
            bar = r[key] / largest[key] if key in ("welfare", "people", "output") and pd.notna(r[key]) else None
            cells.append(Cell(text, bar=bar))
            if key == "welfare" and banded:
                cells.append(L.range(r["low"], r["high"], r["welfare"]))
        body.append(Row(cells))
    return Table(columns, body, caption, size=size)
