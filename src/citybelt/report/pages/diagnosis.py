"""Where the cluster stands: output, people, ages, structure, sizes of cities, trade and services."""

from __future__ import annotations

import pandas as pd

from citybelt.report import figures, findings
from citybelt.report.document import Block, Column, Figure, Grid, Heading, Para, Row, Section, Table
from citybelt.report.inputs import Inputs
from citybelt.report.pages import charts
from citybelt.report.text import Language, is_number

PEERS = ("NE", "BTH", "YRD", "PRD")


def diagnosis(inp: Inputs, L: Language) -> Section:
    """The chapter on the diagnosis."""
    blocks = [
        *gap(inp, L),
        *people(inp, L),
        *ages_and_income(inp, L),
        *structure(inp, L),
        *products(inp, L),
        *hierarchy(inp, L),
        Grid([trade(inp, L), services(inp, L)], (1, 1)),
    ]
    return Section("diagnosis", L("diagnosis.title"), blocks)


def method(inp: Inputs, L: Language, key: str, default: str = "") -> str:
    """The diagnosis's own note on a method, else ``default``."""
    notes = inp.table("diagnosis", "method")
    if "key" in notes:
        found = notes[notes["key"] == key]
        if len(found):
            return L.of(found.iloc[0], "text", default)
    return default


def gap(inp: Inputs, L: Language) -> list[Block]:
    """The parts of the gap in output per head."""
    parts = inp.table("diagnosis", "gap")
    parts = parts[parts["factor"] != "total"]
    labels = [L.of(r, "factor", L.word("factor", r["factor"])) for _, r in parts.iterrows()]
    chart = figures.steps(
        [*labels, L("factor.total")], list(parts["contribution"]), axis=L("diagnosis.gap_axis"),
        write=lambda v: L.number(v, signed=True),
    )  # fmt: skip
    return [
        Heading(L("diagnosis.gap")),
        Para(findings.answer(inp, L, "why")),
        Figure(chart, L("diagnosis.gap_chart"), method(inp, L, "gap")),
    ]


def people(inp: Inputs, L: Language) -> list[Block]:
    """The map of growth, and natural change and moves by city."""
    table = findings.of_cities(inp, inp.table("diagnosis", "people"))
    years = {"from": int(table["year_from"].iloc[0]), "to": int(table["year_to"].iloc[0])}
    change = 100 * table["change"] / table["start"]
    growth = pd.Series(change.values, index=table["region"].astype(str))
    order = table.assign(rate=change).sort_values("rate", ascending=False)
    chart = figures.stacked(
        [findings.name(inp, L, r) for r in order["region"]],
        {
            L("diagnosis.natural"): list(100 * order["natural"] / order["start"]),
            L("diagnosis.migration"): list(100 * order["migration"] / order["start"]),
        },
        axis=L("diagnosis.people_axis", **years),
        total=L("diagnosis.change"),
    )
    note = method(inp, L, "people", L("diagnosis.people_note"))
    return [
        Heading(L("diagnosis.people")),
        Para(findings.answer(inp, L, "people")),
        charts.city_map(inp, L, growth, L("diagnosis.people_map", **years), diverging=True),
        Figure(chart, L("diagnosis.people_chart", **years), note),
    ]


def ages_and_income(inp: Inputs, L: Language) -> list[Block]:
    """Ageing beside output per head, in clusters and cities."""
    columns = [c for c in (ageing(inp, L), income(inp, L)) if c]
    income_rows = findings.of_cities(inp, inp.table("diagnosis", "income")).sort_values("gdp_per_head")
    best, worst = income_rows.iloc[-1], income_rows.iloc[0]
    text = L(
        "diagnosis.income_text",
        best=findings.name(inp, L, best["region"]),
        worst=findings.name(inp, L, worst["region"]),
        ratio=L.number(best["gdp_per_head"] / worst["gdp_per_head"]),
    )
    return [Heading(L("diagnosis.age")), Para(text), Grid(columns, [1] * len(columns))]


HALF = 82.5  # mm, half the text's width less the gap


def ageing(inp: Inputs, L: Language) -> list[Block]:
    """Share of people of 60 and over, first and second census."""
    table = inp.table("diagnosis", "people")
    if "share60_end" not in table or table["share60_end"].isna().all():
        return []
    cities = findings.of_cities(inp, table).sort_values("share60_end", ascending=False)
    wide = [row for key in (findings.NATION, *PEERS) if (row := findings.row_of(table, key)) is not None]
    rows = pd.concat([pd.DataFrame(wide), cities])
    chart = figures.dots(
        [findings.name(inp, L, r) for r in rows["region"]],
        {
            str(int(rows["year_from"].iloc[0])): (list(rows["share60_start"]), None, None),
            str(int(rows["year_to"].iloc[0])): (list(rows["share60_end"]), None, None),
        },
        axis=L("diagnosis.age_axis"),
        mark=None,
        compact=True,
        width=HALF,
    )
    return [Figure(chart, L("diagnosis.age_chart"), method(inp, L, "age"))]


def income(inp: Inputs, L: Language) -> list[Block]:
    """Output per head of every city, with clusters and nation."""
    table = inp.table("diagnosis", "income")
    cities = findings.of_cities(inp, table).dropna(subset=["gdp_per_head"])
    cities = cities.sort_values("gdp_per_head", ascending=False)
    wide = [row for key in (findings.NATION, *PEERS) if (row := findings.row_of(table, key)) is not None]
    rows = pd.concat([pd.DataFrame(wide), cities]) if wide else cities
    chart = figures.bars(
        [findings.name(inp, L, r) for r in rows["region"]],
        list(rows["relative"]),
        axis=L("diagnosis.income_axis"),
        write=lambda v: L.fixed(v, 0),
        colours=[figures.GREY] * len(wide) + [figures.BLUE] * len(cities),
        mark=100.0,
        width=HALF,
        compact=True,
    )
    return [Figure(chart, L("diagnosis.income_chart"), method(inp, L, "income"))]


def structure(inp: Inputs, L: Language) -> list[Block]:
    """Similarity at every level of detail against random groups, and the industries that repeat."""
    table = inp.table("diagnosis", "similarity")
    labels, values, null_low, null_high = [], [], [], []
    for level in dict.fromkeys(table["level"]):
        for cluster in PEERS:
            found = table[(table["level"] == level) & (table["cluster"] == cluster)]
            if len(found):
                row = found.iloc[0]
                labels.append(f"{L.word('level', level)} · {findings.name(inp, L, cluster)}")
                values.append(row["mean"])
                null_low.append(row.get("null_low", float("nan")))
                null_high.append(row.get("null_high", float("nan")))
    known = any(is_number(float(v)) for v in null_low)
    chart = figures.dots(
        labels,
        {L("diagnosis.similarity_axis"): (values, None, None)},
        axis=L("diagnosis.similarity_axis"),
        mark=None,
        spans=(null_low, null_high, L("diagnosis.similarity_null")) if known else None,
    )
    repeats = inp.table("diagnosis", "repeats").sort_values(["cities", "share"], ascending=False).head(12)
    columns = [
        Column(L("col.industry"), width=3),
        Column(L("col.cities"), "right", 1.4),
        *([Column(L("col.specialised"), "right", 1.4)] if "specialised" in repeats else []),
        Column(L("col.employment"), "right", 1.2),
    ]
    rows = []
    for _, r in repeats.iterrows():
        middle = [f"{int(r['specialised'])}"] if "specialised" in repeats else []
        rows.append(Row([L.of(r, "name", r["industry"]), f"{int(r['cities'])}", *middle, L.fixed(r["share"])]))
    return [
        Heading(L("diagnosis.similarity")),
        Para(findings.answer(inp, L, "industries")),
        Figure(chart, L("diagnosis.similarity_chart"), method(inp, L, "similarity", L("diagnosis.similarity_note"))),
        Table(columns, rows, L("diagnosis.repeats_table"), method(inp, L, "repeats")),
    ]


def products(inp: Inputs, L: Language) -> list[Block]:
    """The largest industrial products of every province side by side; those that all share are bold."""
    table = inp.table("diagnosis", "products")
    if table.empty:
        return []
    provinces = list(dict.fromkeys(table["region"]))
    columns = [Column(L("col.rank"), "right", 0.4)]
    columns += [Column(findings.name(inp, L, p), width=3) for p in provinces]
    ranked = table.set_index(["rank", "region"])
    rows = []
    for rank in sorted(table["rank"].unique()):
        cells = [f"{rank}"]
        for p in provinces:
            if (rank, p) not in ranked.index:
                cells.append("")
                continue
            r = ranked.loc[(rank, p)]
            text = f"{L.of(r, 'name', str(r['industry']))} ({L.percent(r['share'])})"
            cells.append(f"**{text}**" if r["provinces"] == len(provinces) else text)
        rows.append(Row(cells))
    caption = L("diagnosis.products_table", n=len(rows), year=int(table["year"].iloc[0]))
    return [Table(columns, rows, caption, L("diagnosis.products_note"), "small")]


def hierarchy(inp: Inputs, L: Language) -> list[Block]:
    """Primacy and the rank-size exponent of every cluster."""
    table = inp.table("diagnosis", "hierarchy")
    columns = [
        Column(L("col.cluster"), width=2.2),
        Column(L("col.n"), "right", 0.8),
        Column(L("col.first"), width=1.4),
        Column(L("col.primacy2"), "right", 1.2),
        Column(L("col.primacy4"), "right", 1.2),
        Column(L("col.zeta"), "right", 1.2),
        Column(L("col.se"), "right", 1.0),
    ]
    rows = [
        Row(
            [
                findings.name(inp, L, r["cluster"]),
                f"{int(r['n'])}",
                findings.name(inp, L, r["first"]),
                L.fixed(r["primacy2"], 2),
                L.fixed(r.get("primacy4"), 2),
                L.fixed(r["zeta"], 2),
                L.fixed(r["se"], 2),
            ]
        )
        for _, r in table.iterrows()
    ]
    note = method(inp, L, "hierarchy", L("diagnosis.hierarchy_note"))
    return [Heading(L("diagnosis.hierarchy")), Table(columns, rows, L("diagnosis.hierarchy_table"), note)]


def trade(inp: Inputs, L: Language) -> list[Block]:
    """Trade dependence under every definition, in the latest year held for the cluster."""
    table = inp.table("diagnosis", "trade").dropna(subset=["dependence"])
    own = table[table["region"] == inp.cluster]
    if own.empty:
        return []
    year = int(own["year"].max())
    now = table[table["year"] == year]
    if "gdp_vintage" in now and (now["gdp_vintage"] == "revised").any():
        now = now[now["gdp_vintage"] == "revised"]
    provinces = list(dict.fromkeys(inp.regions.loc[inp.cities, "province"]))
    regions = [r for r in (findings.NATION, *PEERS, *provinces) if (now["region"] == r).any()]
    definitions = list(dict.fromkeys(now["definition"]))
    pick = now.drop_duplicates(["region", "definition"]).set_index(["region", "definition"])["dependence"]
    chart = figures.dots(
        [findings.name(inp, L, r) for r in regions],
        {L.word("definition", d): ([pick.get((r, d), float("nan")) for r in regions], None, None) for d in definitions},
        axis=L("diagnosis.trade_axis"),
        mark=None,
        width=HALF,
    )
    return [
        Heading(L("diagnosis.trade")),
        Para(findings.answer(inp, L, "openness")),
        Figure(chart, L("diagnosis.trade_chart", year=year), method(inp, L, "trade")),
    ]


def services(inp: Inputs, L: Language) -> list[Block]:
    """Producer services under both definitions, cluster by cluster."""
    table = inp.table("diagnosis", "services")
    basis = str(table["basis"].iloc[0]) if "basis" in table and len(table) else "employment"
    if "basis" in table:
        table = table[table["basis"] == basis]
    pick = table.drop_duplicates(["region", "definition"]).set_index(["region", "definition"])["share"]
    regions = [r for r in (findings.NATION, *PEERS) if (r, "narrow") in pick.index]
    chart = figures.dots(
        [findings.name(inp, L, r) for r in regions],
        {
            L.word("definition", d): ([pick.get((r, d), float("nan")) for r in regions], None, None)
            for d in ("narrow", "broad")
        },
        axis=L("diagnosis.services_axis", basis=L.word("basis", basis)),
        mark=None,
        width=HALF,
    )
    note = method(inp, L, "services", L("diagnosis.services_note"))
    return [
        Heading(L("diagnosis.services")),
        Para(findings.answer(inp, L, "services")),
        Figure(chart, L("diagnosis.services_chart"), note),
    ]
