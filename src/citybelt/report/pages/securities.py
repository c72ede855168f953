"""Five securities: the worst loss of each before and under the plan, what each costs, and what planners watch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from citybelt.report import figures, findings
from citybelt.report.document import Block, Bullets, Cell, Column, Figure, Heading, Para, Row, Section, Table
from citybelt.report.inputs import Inputs, frame
from citybelt.report.pages import charts
from citybelt.report.text import MISSING, Language, is_number
from citybelt.security.result import LIMITS
from citybelt.security.table import SECURITIES

#: Suppliers, cities of each security, indicators of each security, and links that are shown.
SUPPLIERS, CITIES, INDICATORS, LINKS = 6, 2, 6, 40
MAP_WIDTH = 138.0  # mm
#: A loss that changes by less, per cent of welfare, stays.
SAME = 5e-4
#: Part of a worst loss below which levers hardly reach a security.
HARDLY = 0.02


def securities(inp: Inputs, L: Language) -> list[Section]:
    """The chapter on securities; none where they were not looked at."""
    stress, frontier = getattr(inp.plan, "stress", None), getattr(inp.plan, "frontier", None)
    if stress is None and frontier is None:
        return []
    blocks: list[Block] = []
    if stress is not None:
        blocks += [Para(lead(stress, L), "lead"), worst(stress, L)]
    blocks += price(inp, frontier, L)
    if stress is not None:
        blocks += [*hit(inp, stress, L), *suppliers(stress, L), *links(inp, stress, L), *indicators(stress, L)]
        blocks += [Heading(L("securities.limits")), Bullets(LIMITS[L.code], "small")]
    return [Section("securities", L("securities.title"), blocks)]


def _then(stress: Any, column: str) -> str:
    """The column under the plan, or the one of today where nothing stands beside it."""
    return f"{column}_{stress.case}" if stress.case else column


def lead(stress: Any, L: Language) -> str:
    """Which security the plan strengthens and which it weakens."""
    table = stress.worst[stress.worst["security"].isin(SECURITIES)]
    if "change" not in table:
        return L("securities.lead_now", **_largest(table, "loss", L))
    less, more = (table[sign * table["change"] > SAME] for sign in (-1, 1))
    said = []
    for key, part in (("less", less), ("more", more)):
        if len(part):
            named = [
                L("securities.moved", name=L(f"security.{r['security']}"), now=L.percent(r["loss"], 3),
                  then=L.percent(r[_then(stress, "loss")], 3))
                for _, r in part.iterrows()
            ]  # fmt: skip
            said.append(L(f"securities.{key}", named=L.join(named)))
    if not said:
        said.append(L("securities.same"))
    return L.sentences(L("securities.lead", **_largest(table, _then(stress, "loss"), L)), *said)


def _largest(table: pd.DataFrame, column: str, L: Language) -> dict[str, str]:
    row = table.loc[table[column].idxmax()]
    suffix = column.removeprefix("loss")
    name = str(row.get(f"name_{L.code}{suffix}") or row.get(f"name_{L.code}"))
    return {"security": L(f"security.{row['security']}"), "name": name, "loss": L.percent(row[column], 3)}


def worst(stress: Any, L: Language) -> Table:
    """The worst disruption of each security, now and under the plan; all at once in a row of its own."""
    then = stress.case != ""
    columns = [Column(L("securities.col_security"), width=1.1), Column(L("securities.col_worst"), width=3)]
    columns += [Column(L("securities.col_now"), "right", 1), Column(L("securities.col_range"), "right", 1.4)]
    columns += [Column(L("securities.col_then"), "right", 1), Column(L("securities.col_change"), "right", 1)]
    columns = columns if then else columns[:4]
    table = stress.worst
    rows = []
    for _, r in table.iterrows():
        joint = r["security"] == "joint"
        name = L.of(r, "name", MISSING)
        if then and isinstance(r.get(f"id_{stress.case}"), str) and r[f"id_{stress.case}"] != r["id"]:
            name += L("securities.then", name=str(r[f"name_{L.code}_{stress.case}"]))
        cells: list[str | Cell] = [
            L(f"security.{r['security']}"), name, L.number(r["loss"], 3), L.range(r["loss_low"], r["loss_high"],
            r["loss"], signed=False),
        ]  # fmt: skip
        if then:
            change = r["change"]
            tone = "" if not is_number(change) or abs(change) <= SAME else "bad" if change > 0 else "good"
            cells += [L.number(r[_then(stress, "loss")], 3)]
            cells.append(Cell(L.number(change, 2, signed=True), tone=tone))
        rows.append(Row(cells, "total" if joint else ""))
    return Table(columns, rows, L("securities.worst"), L("securities.worst_note", n=len(stress.disruptions)))


def price(inp: Inputs, frontier: Any, L: Language) -> list[Block]:
    """What each security costs: a small chart for each that measures can reach, and the ends in a table."""
    if frontier is None or not len(frontier.ends):
        return []
    said = L.sentences(reached(frontier, inp, L), L("securities.frontier_text"))
    blocks: list[Block] = [Heading(L("securities.frontier")), Para(said)]
    points = frontier.points.sort_values(["security", "point"])
    money = charts.goal_is_money(inp)
    scale = L.billions if money else 1.0
    lines = [
        (L(f"security.{s}"), list(own["loss"]), list(scale * own["goal_change"]))
        for s in SECURITIES
        if len(own := points[points["security"] == s]) > 1
    ]
    unit = L("unit.bn_year") if money else "%"
    if lines:
        chart = figures.panels(lines, L("securities.frontier_x"), unit, L("securities.frontier_plan"))
        blocks.append(Figure(chart, L("securities.frontier_chart", unit=unit)))
    columns = [Column(L("securities.col_security"), width=1.2)]
    columns += [Column(L(f"securities.col_{key}"), "right", 1.1) for key in ("today", "then", "least")]
    columns += [Column(L(f"securities.col_{key}", unit=unit), "right", 1.4) for key in ("half", "lost")]
    ends, rows = frontier.ends, []
    for _, r in ends.iterrows():
        own = points[points["security"] == r["security"]]
        lost = half = float("nan")
        if len(own) > 1:
            way = own.sort_values("loss")
            lost = own["goal_change"].iloc[-1]
            half = float(np.interp(own["loss"].iloc[[0, -1]].mean(), way["loss"], way["goal_change"]))
        rows.append(
            Row(
                [L(f"security.{r['security']}")]
                + [L.number(r[c], 4) for c in ("loss_now", "loss_plan", "loss_least")]
                + [L.number(scale * v, 2, True) for v in (half, lost)]
            )
        )
    return [*blocks, Table(columns, rows, L("securities.ends"), L("securities.ends_note"))]


def reached(frontier: Any, inp: Inputs, L: Language) -> str:
    """Which security levers can lessen most, in parts of its worst loss, and which they hardly reach."""
    ends = frontier.ends.assign(part=1 - frontier.ends["loss_least"] / frontier.ends["loss_plan"]).dropna(subset="part")
    if ends.empty:
        return ""
    best = ends.loc[ends["part"].idxmax()]
    hardly = [L(f"security.{s}") for s in ends.loc[ends["part"] < HARDLY, "security"]]
    if best["part"] < HARDLY:
        return L("securities.reach_none", part=L.percent(100 * HARDLY))
    points = frontier.points[frontier.points["security"] == best["security"]]
    scale = 1.0 if charts.goal_is_money(inp) else 0.01
    cost = charts.goal_text(inp, L, -scale * points["goal_change"].iloc[-1])
    first = L(
        "securities.reach", name=L(f"security.{best['security']}"), now=L.percent(best["loss_plan"], 3),
        then=L.percent(points["loss"].iloc[-1], 3), cost=cost,
    )  # fmt: skip
    return L.sentences(
        first, L("securities.reach_hardly", names=L.join(hardly), part=L.percent(100 * HARDLY)) if hardly else ""
    )


def hit(inp: Inputs, stress: Any, L: Language) -> list[Block]:
    """Cities whose people lose most by the worst of each security."""
    table = frame(stress.by_city)
    if table.empty:
        return []
    then = stress.case != "" and _then(stress, "people") in table
    shown = ["people", *([_then(stress, "people")] if then else []), "output"]
    columns = [Column(L("securities.col_security"), width=1.2), Column(L("col.city"), width=1.6)]
    columns += [Column(L(f"securities.city_{key.replace('people_' + stress.case, 'then')}"), "right", 1.2)
                for key in shown]  # fmt: skip
    rows = []
    for security in SECURITIES:
        own = table[(table["security"] == security) & table["people"].notna()].nlargest(CITIES, "people")
        for k, (_, r) in enumerate(own.iterrows()):
            name = L(f"security.{security}") if k == 0 else ""
            rows.append(Row([name, findings.name(inp, L, str(r["of"])), *(L.number(r[c], 3) for c in shown)]))
    return [Table(columns, rows, L("securities.cities"), size="small")] if rows else []


def suppliers(stress: Any, L: Language) -> list[Block]:
    """Suppliers by what others lose when they are cut off."""
    table = frame(stress.critical).head(SUPPLIERS)
    if table.empty:
        return []
    shown = [c for c in ("elsewhere", _then(stress, "elsewhere"), "loss") if c in table]
    shown = list(dict.fromkeys(shown))
    columns = [Column(L("securities.col_supplier"), width=3)]
    columns += [Column(L(f"securities.supplier_{c.replace('_' + stress.case, '_then')}" if stress.case
                         else f"securities.supplier_{c}"), "right", 1.2) for c in shown]  # fmt: skip
    rows = [Row([L.of(r, "name"), *(L.number(r[c], 3) for c in shown)]) for _, r in table.iterrows()]
    return [Table(columns, rows, L("securities.suppliers"), L("securities.suppliers_note"), "small")]


def links(inp: Inputs, stress: Any, L: Language) -> list[Block]:
    """A map of the routes whose loss costs the cluster's people most."""
    table = stress.disruptions
    cut = table[table["id"].astype(str).str.startswith("trunk_link:")]
    if cut.empty or not inp.cities:
        return []
    from citybelt.geo.network import Network
    from citybelt.report import maps

    losses = cut.set_index(cut["id"].astype(str).str.partition(":")[2])["loss"]
    names = charts.short_names({r: findings.name(inp, L, r) for r in inp.cities})
    picture = maps.network_map(
        Network.load(), inp.cities, losses, title="", unit=L("securities.links_unit"), lang=L.code, top=LINKS,
        other=L("securities.links_other"), names=names, width_mm=MAP_WIDTH,
    )  # fmt: skip
    first = cut.loc[cut["loss"].idxmax()]
    said = L("securities.routes_text", name=L.of(first, "name"), loss=L.percent(first["loss"], 3), n=len(cut))
    caption = L("securities.links")
    return [
        Heading(L("securities.routes")),
        Para(said),
        Figure(figures.svg(picture), caption, alt=caption, width=MAP_WIDTH / figures.TEXT_WIDTH),
    ]


def indicators(stress: Any, L: Language) -> list[Block]:
    """Published indicators of each security, physical ones first."""
    table = frame(stress.indicators)
    table = table[table["value"].notna()] if len(table) else table
    if table.empty:
        return []
    then = _then(stress, "value") if stress.case else ""
    columns = [Column(L("securities.col_indicator"), width=2.6), Column(L("securities.col_of"), width=1.8)]
    columns.append(Column(L("securities.col_value"), "right", 1.2))
    columns += [Column(L("securities.col_then_value"), "right", 1.2)] if then else []
    rows: list[Row] = []
    for security in SECURITIES:
        own = chosen(table[table["security"] == security])
        if len(own):
            rows.append(Row([L(f"security.{security}")], "group"))
        for _, r in own.iterrows():
            cells = [L.of(r, "name"), r[f"of_{L.code}"], value(r["value"], r["unit"], L)]
            rows.append(Row([*cells, *([value(r[then], r["unit"], L) if is_number(r[then]) else ""] if then else [])]))
    note = L("securities.indicators_note") + (L("securities.indicators_then") if then else "")
    return [Heading(L("securities.indicators")), Table(columns, rows, "", note, "small")]


#: Indicators in physical units or of places, which come first; of the others the most telling product is shown.
FIRST = ("Self-sufficiency", "Grain reserve", "CO2", "People", "Their share", "Edges", "Routes")
HIGH = ("Imports", "Concentration", "Land")


def chosen(table: pd.DataFrame) -> pd.DataFrame:
    """The indicators of a security that are shown."""
    first = table["name_en"].str.startswith(FIRST)
    rest = table[~first & (table["unit"] == "share")]
    high = rest["name_en"].str.startswith(HIGH)
    rest = rest.assign(order=rest["value"].where(~high, -rest["value"])).sort_values("order")
    rest = rest.drop_duplicates("name_en").drop(columns="order")
    physical = table[first].head(INDICATORS)
    return pd.concat([physical, rest.head(max(INDICATORS - len(physical), 1))])


def value(amount: float, unit: str, L: Language) -> str:
    """An indicator with its unit."""
    if unit == "share":
        return L.percent(100 * amount, 3)
    if unit == "people":
        return L.people(amount)
    if unit == "count":
        return f"{amount:.0f}"
    return L(f"securities.unit_{unit}", value=L.number(amount, 3))
