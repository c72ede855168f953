"""Pictures and tables that several chapters share."""

from __future__ import annotations

import pandas as pd

from citybelt.report import figures, findings
from citybelt.report.document import Cell, Column, Figure, Row, Table
from citybelt.report.inputs import Inputs
from citybelt.report.text import Language


def city_map(
    inp: Inputs, L: Language, values: pd.Series, caption: str, diverging: bool, note: str = ""
) -> Figure:
    """A map of the planned cities coloured by ``values`` (indexed by region)."""
    from citybelt.report import maps

    values = values.copy()
    values.index = values.index.astype(str)
    picture = maps.choropleth(values, title="", lang=L.code, diverging=diverging)
    return Figure(as_svg(picture), caption, note)


def as_svg(picture: object) -> str:
    """The SVG text of a picture, given as text or as a figure of matplotlib."""
    return picture if isinstance(picture, str) else figures.svg(picture)  # type: ignore[arg-type]


def city_table(inp: Inputs, L: Language, rows: pd.DataFrame, caption: str, size: str = "normal") -> Table:
    """Cities by what the plan changes in them; columns that aren't known are left out."""
    columns = [Column(L("col.city"), width=2.2)]
    shown: list[tuple[str, float, int]] = []
    for key, scale, digits in (
        ("welfare", 1.0, 2), ("people", 1.0, 2), ("output", 1.0, 2), ("net", L.billions, 2), ("paid", L.billions, 2)
    ):  # fmt: skip
        if key in rows and rows[key].notna().any():
            shown.append((key, scale, digits))
            columns.append(Column(L(f"col.{key}"), "right", 1.2))
            if key == "welfare" and {"low", "high"} <= set(rows.columns):
                columns.append(Column(L("col.band", level=80), "right", 1.5))
    largest = {key: rows[key].abs().max() or 1.0 for key, *_ in shown}
    body = []
    for _, r in rows.iterrows():
        cells: list[str | Cell] = [findings.name(inp, L, r["region"])]
        for key, scale, digits in shown:
            text = L.fixed(r[key] * scale, digits, signed=key != "paid")
            bar = r[key] / largest[key] if key in ("welfare", "people", "output") and pd.notna(r[key]) else None
            cells.append(Cell(text, bar=bar))
            if key == "welfare" and {"low", "high"} <= set(rows.columns):
                cells.append(L.range(r["low"], r["high"], r["welfare"]))
        body.append(Row(cells))
    return Table(columns, body, caption, size=size)
