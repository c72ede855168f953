"""What the data can't say."""

from __future__ import annotations

import pandas as pd

from citybelt.report.document import Block, Bullets, Column, Grid, Heading, Para, Row, Section, Table
from citybelt.report.inputs import Inputs
from citybelt.report.text import Language

GRADES = "ABCD"


def grade_shares(inp: Inputs) -> dict[str, float]:
    """Percent of the world's values by grade; empty where no value has one."""
    table = inp.table("dataset", "provenance")
    if "grade" not in table or table.empty:
        return {}
    share = 100 * table["grade"].value_counts(normalize=True)
    return {g: float(share.get(g, 0.0)) for g in GRADES}


def limits(inp: Inputs, L: Language) -> Section:
    """The page on what is imputed, what is unknown and how to read the figures."""
    blocks: list[Block] = [Para(L("limits.text"), "lead")]
    share = grade_shares(inp)
    if share:
        n = len(inp.table("dataset", "provenance"))
        values = {g.lower(): L.percent(share[g]) for g in GRADES}
        blocks.append(Para(L("limits.grades", n=f"{n:,}", **values)))
    blocks += [
        Heading(L("limits.reading")),
        Bullets(
            [
                L("limits.trade"),
                L("limits.within"),
                L("limits.cause"),
                L("limits.level"),
                L("limits.year", year=inp.dataset.base_year),
                L("limits.static"),
            ]
        ),
    ]
    own = inp.table("diagnosis", "limits")
    if f"text_{L.code}" in own and len(own):
        items = [L.of(r, "text") for _, r in own.iterrows()]
        half = halfway(items)
        columns = [[Bullets(part, "small")] for part in (items[:half], items[half:]) if part]
        blocks += [Heading(L("limits.unknown")), Grid(columns, [1] * len(columns))]
    fills = inp.table("dataset", "fills")
    if len(fills):
        blocks += [Heading(L("limits.imputed")), fill_table(inp, fills, L)]
    return Section("limits", L("limits.title"), blocks)


def halfway(items: list[str]) -> int:
    """Where to cut a list so that both columns are about as long."""
    total, sofar = sum(map(len, items)), 0
    for place, item in enumerate(items):
        sofar += len(item)
        if 2 * sofar >= total:
            return place + 1
    return len(items)


def fill_table(inp: Inputs, fills: pd.DataFrame, L: Language) -> Table:
    """What was imputed, by which model, and how much of the value that is; the same model of several places once."""
    columns = [Column(L("col.variable"), width=2.4), Column(L("col.model"), width=4.6)]
    columns += [Column(L("col.share_value"), "right", 1), Column(L("col.grade"), width=0.7)]
    rows = []
    for (variable, model), group in fills.groupby(["variable", "model"], sort=False):
        share = group["share"].max()
        rows.append(
            Row(
                [
                    variable_name(inp, L, str(variable)),
                    L.word("fill", model),
                    L.number(100 * share) if len(group) == 1 else "",
                    ", ".join(sorted(set(group["grade"]))),
                ]
            )
        )
    return Table(columns, rows, size="small")


def variable_name(inp: Inputs, L: Language, variable: str) -> str:
    """A variable of the dataset as people call it."""
    data = inp.dataset.x
    attrs = data[variable].attrs if variable in data else {}
    return attrs.get("long_name_zh" if L.code == "zh" else "long_name") or L.word("variable", variable)
