"""One page for each city."""

from __future__ import annotations

import pandas as pd

from citybelt.report import figures, findings
from citybelt.report.document import (
    Block,
    Cell,
    Column,
    Figure,
    Grid,
    Heading,
    PageBreak,
    Para,
    Row,
    Section,
    Stat,
    Stats,
    Table,
)
from citybelt.report.inputs import Inputs, frame
from citybelt.report.locator import locator
from citybelt.report.pages import charts
from citybelt.report.pages.scenarios import title
from citybelt.report.text import Language, common_decimals, is_number

MOST_SCENARIOS = 10  # more would not fit on a city's page
PAYERS = ("centre", "province", "city", "private", "foreign")


def cities(inp: Inputs, L: Language) -> list[Section]:
    """The overview of all cities and their pages."""
    plan = findings.of_cities(inp, inp.table("plan", "by_region")).sort_values("welfare", ascending=False)
    overview = Section(
        "cities",
        L("cities.title"),
        [
            Para(L("cities.text", n=len(inp.cities)), "lead"),
            charts.city_table(inp, L, plan, L("cities.table"), "small"),
            PageBreak(),
            *glance(inp, L),
        ],
    )
    return [overview, *(city(inp, L, region) for region in inp.cities)]


def glance(inp: Inputs, L: Language) -> list[Block]:
    """All cities in one table."""
    people = findings.of_cities(inp, inp.table("diagnosis", "people")).set_index("region")
    income = findings.of_cities(inp, inp.table("diagnosis", "income")).set_index("region")
    years = {"from": int(people["year_from"].iloc[0]), "to": int(people["year_to"].iloc[0])}
    columns = [
        Column(L("col.city"), width=2.4),
        Column(L("city.people", year=years["to"]), "right", 1.4),
        Column(L("col.change10", **years), "right", 1.4),
        Column(L("col.share60"), "right", 1.2),
        Column(L("col.y_gdp"), "right", 1.4),
        Column(L("col.relative"), "right", 1.1),
        Column(L("col.wage"), "right", 1.4),
    ]
    rows = []
    for region in inp.cities:
        p = people.loc[region] if region in people.index else pd.Series(dtype=float)
        i = income.loc[region] if region in income.index else pd.Series(dtype=float)
        rows.append(
            Row(
                [
                    findings.name(inp, L, region),
                    L.scaled(p.get("end")),
                    L.fixed(100 * p["change"] / p["start"] if "change" in p else None, 1, signed=True),
                    L.fixed(p.get("share60_end")),
                    L.fixed(i.get("gdp_per_head")),
                    L.fixed(i.get("relative"), 0),
                    L.fixed(i.get("wage")),
                ]
            )
        )
    return [Heading(L("diagnosis.cities_table")), Table(columns, rows, size="small")]


def city(inp: Inputs, L: Language, region: str) -> Section:
    """The page of one city."""
    name = findings.name(inp, L, region)
    province = findings.name(inp, L, inp.regions.loc[region, "province"])
    blocks: list[Block] = [
        *standing(inp, L, region),
        *structure(inp, L, region),
        *from_plan(inp, L, region),
        *from_scenarios(inp, L, region),
    ]
    return Section(f"city-{region}", name, blocks, kind="city", kicker=province)


def standing(inp: Inputs, L: Language, region: str) -> list[Block]:
    """Key figures, locator map, and the city's place among the others."""
    people = findings.row_of(inp.table("diagnosis", "people"), region)
    income = findings.row_of(inp.table("diagnosis", "income"), region)
    stats, said = [], ""
    if income is not None and is_number(income["gdp_per_head"]):
        wage = income.get("wage")
        stats.append(
            Stat(
                L.scaled(income["gdp_per_head"] * 1000),
                f"{L('city.income')}, {L('city.relative', value=L.percent(income['relative']))}",
                L("city.wage", value=L.number(wage, 3)) if is_number(wage) else "",
            )
        )
    if people is not None:
        years = {"from": int(people["year_from"]), "to": int(people["year_to"])}
        growth = L.percent(100 * people["change"] / people["start"], signed=True)
        old = people.get("share60_end")
        stats[:0] = [
            Stat(L.scaled(people["end"]), L("city.people", year=years["to"])),
            Stat(growth, L("city.strip_people", **years), L("city.from", start=L.scaled(people["start"]), **years)),
        ]
        if is_number(old):
            start = L.percent(people["share60_start"], 3)
            stats.append(Stat(L.percent(old, 3), L("city.old"), L("city.old_detail", start=start, **years)))
        said = L(
            "city.change_text",
            **years,
            change=L.scaled(people["change"], signed=True),
            natural=L.scaled(people["natural"], signed=True),
            migration=L.scaled(people["migration"], signed=True),
        )
    right: list[Block] = [Para(said)] if said else []
    right.append(Figure(strips(inp, L, region), L("city.strips", n=len(inp.cities))))
    return [Stats(stats), Grid([[Figure(locator(inp.cities, region))], right], (1, 2.9))]


def strips(inp: Inputs, L: Language, region: str) -> str:
    """The city among the others by output per head, change of people and welfare under the plan."""
    people = findings.of_cities(inp, inp.table("diagnosis", "people"))
    years = {"from": int(people["year_from"].iloc[0]), "to": int(people["year_to"].iloc[0])}
    income = findings.of_cities(inp, inp.table("diagnosis", "income"))
    plan = findings.of_cities(inp, inp.table("plan", "by_region"))
    rows = []
    for label, table, values, write in (
        (L("city.strip_income"), income, income["relative"], lambda v: L.fixed(v, 0)),
        (
            L("city.strip_people", **years),
            people,
            100 * people["change"] / people["start"],
            lambda v: L.percent(v, signed=True),
        ),
        (L("city.strip_welfare"), plan, plan["welfare"], lambda v: L.percent(v, signed=True)),
    ):
        series = pd.Series(values.values, index=table["region"].astype(str)).dropna()
        if region not in series:
            continue
        rank = int((series > series[region]).sum()) + 1
        rows.append(
            (
                label,
                list(series),
                float(series[region]),
                f"{write(series[region])} · {L('city.strip_rank', rank=rank, n=len(series))}",
            )
        )
    return figures.strips(rows)


def structure(inp: Inputs, L: Language, region: str) -> list[Block]:
    """Industries that repeat in other cities beside those that set the city apart."""
    table = inp.table("diagnosis", "industries")
    table = table[table["region"].astype(str) == region]
    sides: list[list[Block]] = []
    for role in ("repeats", "apart"):
        found = table[table["role"] == role].sort_values("lq", ascending=False).head(5)
        columns = [
            Column(L("col.industry"), width=3.2),
            Column(L("col.share_of_jobs"), "right", 1.3),
            Column(L("col.lq"), "right", 1.3),
        ]
        rows = [
            Row([L.of(r, "name", r["industry"]), L.fixed(r["share"]), L.fixed(r["lq"], 2)]) for _, r in found.iterrows()
        ]
        side: list[Block] = [Heading(L(f"city.{role}"), 3)]
        side.append(Table(columns, rows, size="small") if rows else Para(L("city.none"), "note"))
        sides.append(side)
    return [Grid(sides, (1, 1))]


def from_plan(inp: Inputs, L: Language, region: str) -> list[Block]:
    """Welfare, people and output under the plan, the city's best levers and who pays."""
    table = findings.of_cities(inp, inp.table("plan", "by_region"))
    row = findings.row_of(table, region)
    if row is None:
        return []
    rank = int((table["welfare"] > row["welfare"]).sum()) + 1
    said = [
        L(
            "city.gain",
            welfare=L.with_band(row["welfare"], row.get("low"), row.get("high")),
            people=L.percent(row["people"], signed=True),
            output=L.percent(row["output"], signed=True),
        )
    ]
    if is_number(row.get("net")):
        said.append(L("city.net", net=L.money(row["net"], signed=True)))
    if is_number(row.get("spent_here")):
        said.append(L("city.spent", spent=L.money(row["spent_here"])))
    said.append(L("city.rank", rank=rank, n=len(table)))
    blocks: list[Block] = [Heading(L("city.plan")), Para(L.sentences(*said))]
    if row["welfare"] < 0:
        blocks.append(Para(L("city.lose")))
    return [*blocks, Grid([best_levers(inp, L, region), who_pays(L, row)], (1.5, 1))]


def from_scenarios(inp: Inputs, L: Language, region: str) -> list[Block]:
    """What every scenario changes in the city."""
    found = []
    for run in inp.runs:
        row = findings.row_of(frame(run.by_region), region)
        if row is not None:
            found.append((title(run, L), row))
    if not found:
        return []
    found = sorted(found, key=lambda f: -abs(f[1]["welfare"]))[:MOST_SCENARIOS]
    keys = ("welfare", "people", "output")
    columns = [Column(L("col.scenario"), width=4), *(Column(L(f"col.{k}"), "right", 1.4) for k in keys)]
    largest = {k: max((abs(row[k]) for _, row in found), default=0.0) or 1.0 for k in keys}
    digits = {k: common_decimals(row[k] for _, row in found) for k in keys}
    rows = [
        Row([name, *(Cell(L.fixed(row[k], digits[k], signed=True), bar=row[k] / largest[k]) for k in keys)])
        for name, row in sorted(found, key=lambda f: -f[1]["welfare"])
    ]
    return [Table(columns, rows, L("city.scenarios", n=len(rows)), size="small")]


def best_levers(inp: Inputs, L: Language, region: str) -> list[Block]:
    """The three levers that bring the city most."""
    side: list[Block] = [Heading(L("city.best"), 3)]
    table = inp.table("plan", "best_levers")
    if "region" not in table:
        return [*side, Para(L("city.none"), "note")]
    levers = inp.table("plan", "levers").set_index("name")
    table = table[table["region"].astype(str) == region].sort_values("rank").head(3)
    columns = [
        Column(L("col.rank"), width=0.4),
        Column(L("col.lever"), width=3),
        Column(L("col.status"), width=1.0),
        Column(L("city.best_col"), "right", 1.0),
    ]
    rows = []
    for _, r in table.iterrows():
        known = r["lever"] in levers.index
        lever = levers.loc[r["lever"]] if known else r
        status = L.word("status", lever["status"]) if known else ""
        rows.append(
            Row(
                [f"{int(r['rank'])}", L.of(lever, "name", str(r["lever"])), status, L.number(r["gain"] * L.millions, 3)]
            )
        )
    return [*side, Table(columns, rows, note=L("city.best_unit"), size="small")]


def who_pays(L: Language, row: pd.Series) -> list[Block]:
    """What the people of the city pay for the plan, by the payer through whom they pay."""
    side: list[Block] = [Heading(L("city.pays"), 3)]
    paid = {p: row.get(f"paid_{p}") for p in PAYERS}
    paid = {p: v for p, v in paid.items() if is_number(v) and v > 1e-6}
    if not paid:
        return [*side, Para(L("city.pays_none"), "note")]
    columns = [Column(L("col.payer"), width=1.6), Column(L("col.amount"), "right", 1.0)]
    rows = [Row([L.word("payer", p), L.number(v * L.billions)]) for p, v in paid.items()]
    return [*side, Table(columns, rows, size="small")]
