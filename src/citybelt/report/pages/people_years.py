"""People through time: how many, of which age, who moves, and where they live in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

import numpy as np
import pandas as pd

from citybelt.report import curves
from citybelt.report.curves import Line, Panel, Pyramid
from citybelt.report.document import Block, Column, Figure, Heading, Para, Row, Section, Table
from citybelt.report.pages import charts
from citybelt.report.pages.output_years import banded
from citybelt.report.text import Language
from citybelt.report.years import OLD, Years


def people_years(y: Years, L: Language) -> list[Section]:
    """The chapters on people, moves by age, and cities."""
    changes = Section(
        "people",
        L("time.people_title"),
        [
            Para(L("time.people_lead", place=y.name(L, "cluster"), first=y.first, last=y.last)),
            Figure(curves.curves(changing(y, L)), L("time.people_chart", place=y.name(L, "cluster")), banded(y, L)),
            Heading(L("time.pyramids")),
            Figure(
                curves.pyramids(pyramids(y, L), ages(y), L("time.women"), L("time.men")),
                L("time.pyramids_chart", unit=L("unit.thousand_people")),
                L.sentences(L("time.pyramids_note"), banded(y, L)),
            ),
        ],
    )  # fmt: skip
    places = Section("moves", L("time.moves_title"), [*moving(y, L), *where(y, L)])
    return [changes, places, Section("cities", L("time.every"), [city_table(y, L)])]


def small(L: Language) -> float:
    """How many people a unit of charts of single ages holds: a thousand, in Chinese ten thousand."""
    return 1e4 if L.code == "zh" else 1e3


def large(L: Language) -> float:
    """How many people a unit of charts of totals holds: a million, in Chinese ten thousand."""
    return 1e4 if L.code == "zh" else 1e6


def ages(y: Years) -> list[str]:
    """Labels of the classes of age."""
    return [str(a) for a in y.path.people["age"].values]


def changing(y: Years, L: Language) -> list[Panel]:
    """People, births and deaths, and net moves of the cluster by year."""
    years = y.years.astype(float)

    def line(name: str, quantity: str, unit: float, values: np.ndarray | None = None) -> Line:
        band = y.band("cluster", quantity)
        low, high = (None, None) if band is None else (band[0] / unit, band[1] / unit)
        return Line(name, (y.total("cluster", quantity) if values is None else values) / unit, low, high)

    home = y.total("cluster", "came") - y.total("cluster", "left")
    return [
        Panel(
            L("time.in_unit", what=L("time.people"), unit=L("unit.large_people")), years,
            [line(L("time.people"), "people", large(L))],
        ),
        Panel(
            L("time.in_unit", what=L("time.natural"), unit=L("unit.thousand_people")), years,
            [line(L("time.births"), "births", small(L)), line(L("time.deaths"), "deaths", small(L))],
        ),
        Panel(
            L("time.in_unit", what=L("time.net"), unit=L("unit.thousand_people")), years,
            [line(L("time.home"), "home", small(L), home), line(L("time.abroad"), "abroad", small(L))],
        ),
    ]  # fmt: skip


def pyramids(y: Years, L: Language) -> list[Pyramid]:
    """The cluster, the nation and the largest cities in the years shown."""
    names = charts.short_names({r: y.name(L, r) for r in y.largest()})
    names |= {of: y.name(L, of) for of in ("cluster", "nation")}
    ends = {r: y.pyramid_band(r, y.last) for r in ("cluster", "nation", *y.largest())}
    scaled = {
        r: {str(y.last): (_scaled(band[0], small(L)), _scaled(band[1], small(L)))} for r, band in ends.items() if band
    }
    return [
        Pyramid(names[r], {str(t): _scaled(y.pyramid(r, t), small(L)) for t in y.shown}, scaled.get(r, {}))
        for r in ends
    ]


def moving(y: Years, L: Language) -> list[Block]:
    """Arrivals and departures by age, where the path tells them."""
    if y.path.flows is None:
        return []
    shown = [y.first + 1, *y.shown[1:]]
    place, unit = y.name(L, "cluster"), L("unit.thousand_people")
    chart = curves.curves([*flows(y, L, shown)], x=L("time.age"), tall=42.0, zero=True)
    net = curves.curves(net_by_age(y, L, shown), across=1, x=L("time.age"), tall=36.0)
    return [
        Para(moves_text(y, L, shown)),
        Figure(chart, L("time.moves_chart", place=place, unit=unit), L.sentences(L("time.moves_note"), banded(y, L))),
        Figure(net, L("time.net_chart", place=place, unit=unit)),
    ]


def lower(y: Years) -> list[float]:
    """The youngest age of each class."""
    return [float(a.split("-")[0].rstrip("+")) for a in ages(y)]


def flows(y: Years, L: Language, shown: Sequence[int]) -> list[Panel]:
    """Arrivals and departures by age, a chart for each year."""
    return [
        Panel(
            str(t), lower(y),
            [
                Line(
                    L(f"time.{flow}"), y.moves(flow, t) / small(L),
                    *(_scaled(y.moves_band(flow, t), small(L)) or (None, None)),
                )
                for flow in ("came", "left")
            ],
        )
        for t in shown
    ]  # fmt: skip


def net_by_age(y: Years, L: Language, shown: Sequence[int]) -> list[Panel]:
    """Arrivals less departures by age, a line for each year."""
    lines = [Line(str(t), (y.moves("came", t) - y.moves("left", t)) / small(L)) for t in shown]
    return [Panel("", lower(y), lines)]


def moves_text(y: Years, L: Language, shown: Sequence[int]) -> str:
    """Net moves in the first and the last of the years, and the ages that weigh most."""

    def told(t: int) -> dict[str, str]:
        net = y.moves("came", t) - y.moves("left", t)
        most = ages(y)[int(np.argmax(np.abs(net)))]
        amount = L.people(abs(float(net.sum())))
        return {
            "year": str(t),
            "net": L("time.gain" if net.sum() >= 0 else "time.loss", amount=amount),
            "age": L("time.ages", ages=most.replace("-", "–")),
        }

    a, b = told(shown[0]), told(shown[-1])
    return L(
        "time.moves_text", place=y.name(L, "cluster"), year0=a["year"], net0=a["net"], age0=a["age"],
        year1=b["year"], net1=b["net"], age1=b["age"],
    )  # fmt: skip


def where(y: Years, L: Language) -> list[Block]:
    """How many cities grow, and the map of change."""
    start, end = y.place("people", y.first), y.place("people", y.last)
    change = 100 * (end / start - 1)
    largest = y.largest()
    share = [100 * float(p[largest].sum() / p.sum()) for p in (start, end)]
    text = L(
        "time.where_text", grown=int((change > 0).sum()), all=len(change), first=y.first, last=y.last,
        names=L.join([y.name(L, r) for r in largest]), share0=L.percent(share[0]), share1=L.percent(share[1]),
    )  # fmt: skip
    return [Para(text), charts.city_map(y, L, change, L("time.map", first=y.first, last=y.last), diverging=True)]


def city_table(y: Years, L: Language) -> Table:
    """Every city: people in the years shown, why they change, the old, output per head."""
    unit = large(L)
    people = [y.place("people", t) / unit for t in y.shown]
    start = y.place("people", y.first)
    change = 100 * (y.place("people", y.last) / start - 1)
    natural = 100 * (y.sums("births") - y.sums("deaths")) / start
    moves = 100 * (y.sums("came") - y.sums("left") + y.sums("abroad")) / start
    old = 100 * y.place("old", y.last) / y.place("people", y.last)
    head = [y.place("output", t) / y.place("people", t) for t in (y.first, y.last)]
    columns: list[tuple[str, pd.Series, Callable[[float], str]]] = [
        *[(L("time.col_people", year=t, unit=L("unit.large_people")), p, lambda v: L.fixed(v, 0 if unit == 1e4 else 2))
          for t, p in zip(y.shown, people, strict=True)],
        (L("time.col_change"), change, lambda v: L.fixed(v, 0, True)),
        (L("time.col_natural"), natural, lambda v: L.fixed(v, 0, True)),
        (L("time.col_moves"), moves, lambda v: L.fixed(v, 0, True)),
        (L("time.col_old", age=OLD, year=y.last), old, lambda v: L.fixed(v, 0)),
        (L("time.col_head"), 100 * (head[1] / head[0] - 1), lambda v: L.fixed(v, 0, True)),
    ]  # fmt: skip
    rows = [
        Row([y.name(L, r), *(write(float(values[r])) for _, values, write in columns)])
        for r in start.sort_values(ascending=False, kind="stable").index
    ]
    heads = [Column(L("col.city"), width=1.9), *(Column(title, "right", 1.0) for title, _, _ in columns)]
    return Table(heads, rows, L("time.table", first=y.first, last=y.last), L("time.table_note"), size="small")


@overload
def _scaled(pair: tuple[np.ndarray, np.ndarray], unit: float) -> tuple[np.ndarray, np.ndarray]: ...
@overload
def _scaled(pair: None, unit: float) -> None: ...
def _scaled(pair: tuple[np.ndarray, np.ndarray] | None, unit: float) -> tuple[np.ndarray, np.ndarray] | None:
    return None if pair is None else (pair[0] / unit, pair[1] / unit)
