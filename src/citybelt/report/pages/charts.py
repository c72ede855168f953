"""Pictures and tables that several chapters share."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from citybelt.report import figures, findings
from citybelt.report.document import Cell, Column, Figure, Grid, Row, Table
from citybelt.report.inputs import Cities, Inputs
from citybelt.report.text import MINUS, Language, common_decimals


def city_map(inp: Cities, L: Language, values: pd.Series, caption: str, diverging: bool) -> Grid:
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
    return Figure(figures.svg(picture), caption, alt=caption, width=0.85)


MAP_WIDTH = 112.0  # mm
SECTORS_WIDTH = 122.0  # mm
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


def sector_map(inp: Inputs, L: Language, kinds: pd.Series, caption: str) -> Figure:
    """A map of the planned cities coloured by a word for each (Series by region)."""
    from citybelt.report import maps

    names = short_names({r: findings.name(inp, L, r) for r in inp.cities})
    picture = maps.kinds(
        inp.cities, kinds.rename(index=str), title="", lang=L.code, names=names, other=L("map.other"),
        width_mm=SECTORS_WIDTH, labels=LABELS,
    )  # fmt: skip
    return Figure(figures.svg(picture), caption, alt=caption, width=SECTORS_WIDTH / figures.TEXT_WIDTH)


def column(L: Language, values: Sequence[float], signed: bool = False, digits: int = 2) -> list[str]:
    """The numbers of a column with the same decimals; what is not known is a dash."""
    numbers = [float(v) for v in values]
    places = common_decimals(numbers, digits, 3)
    return [L.fixed(v, places, signed) for v in numbers]


def short_money(value: float, L: Language) -> str:
    """Billion CNY as short as it goes, with its sign: "+1.2 bn yuan", "+12亿元"."""
    return ("+" if value > 0 else MINUS if value < 0 else "") + L.amount(abs(value))


def persons(count: float, L: Language) -> str:
    """A number of people in full, to three digits."""
    return f"{float(f'{count:.3g}'):,.0f}"


def tiny(value: float) -> str:
    """A residual as 3e-7."""
    return f"{value:.0e}".replace("e-0", "e-").replace("-", MINUS)


def goal_is_money(inp: Inputs) -> bool:
    """Whether the plan's goal is a sum of money, and not the smallest gain in per cent."""
    return getattr(getattr(inp.plan, "brief", None), "objective", "cluster") != "maximin"


def goal_column(inp: Inputs, L: Language, values: Sequence[float], signed: bool = False) -> list[str]:
    """Amounts of the goal: bn CNY (in Chinese 100 m), or per cent where the goal is no money."""
    return column(L, goal_values(inp, L, values), signed)


def goal_text(inp: Inputs, L: Language, value: float, signed: bool = False) -> str:
    """An amount of the goal in words."""
    return L.money(value, 3, signed) if goal_is_money(inp) else L.percent(100 * value, 3, signed)


def goal_unit(inp: Inputs, L: Language) -> str:
    """The unit of ``goal_column``."""
    return L("unit.bn_year") if goal_is_money(inp) else "%"


def goal_values(inp: Inputs, L: Language, values: Sequence[float]) -> list[float]:
    """Amounts of the goal as ``goal_column`` shows them."""
    return [(L.billions if goal_is_money(inp) else 100.0) * float(v) for v in values]


def goal_short(inp: Inputs, L: Language, value: float) -> str:
    """An amount of the goal as short as it goes."""
    return short_money(value, L) if goal_is_money(inp) else L.percent(100 * value, 3, True)


def numbers(L: Language, values: Sequence[float], digits: int = 3, signed: bool = False) -> list[str]:
    """Numbers that differ much in size, each with so many significant digits."""
    return [L.number(float(v), digits, signed) for v in values]
