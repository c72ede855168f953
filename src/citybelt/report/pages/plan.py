"""The plan: its levers, what the next yuan would bring, what levers are worth together, both objectives."""

from __future__ import annotations

import numpy as np
import pandas as pd

from citybelt.report import figures, findings
from citybelt.report.document import (
    Block,
    Cell,
    Column,
    Figure,
    Heading,
    Para,
    Row,
    Section,
    Table,
)
from citybelt.report.inputs import Inputs, band
from citybelt.report.pages.worth import worth
from citybelt.report.text import Language, is_number

STATUSES = ("chosen", "left_out", "if")
TONES = {"identified": "good", "associational": "middle", "assumed": "quiet"}
STATUS_COLOURS = {"chosen": figures.BLUE, "left_out": figures.GREY, "if": figures.YELLOW}


def plan(inp: Inputs, L: Language) -> Section:
    """The chapter on the plan."""
    blocks: list[Block] = [
        Para(L.sentences(findings.plan_does(inp, L), findings.plan_for_whom(inp, L)), "lead"),
        *levers(inp, L),
        *next_yuan(inp, L),
        *worth(inp, L),
        *objectives(inp, L),
    ]
    return Section("plan", L("plan.title"), blocks)


def levers(inp: Inputs, L: Language) -> list[Block]:
    """The table of levers by status, and the chart of what the chosen ones add."""
    table = inp.table("plan", "levers")
    place, budget = findings.place(inp, L), inp.plan.budget
    if is_number(budget.get("total")) and is_number(budget.get("rate")):
        text = L(
            "plan.levers_text", place=place, budget=L.money(budget["total"]), years=f"{budget.get('years', 0):g}",
            rate=L.percent(100 * budget["rate"] if budget["rate"] < 1 else budget["rate"]),
        )  # fmt: skip
    else:
        text = L("plan.levers_text_short", place=place)
    columns = [
        Column(L("col.lever"), width=3.3),
        Column(L("col.value"), "right", 2.1),
        Column(L("col.cost"), "right", 1.1),
        Column(L("col.payer"), width=1.25),
        Column(L("col.contribution"), "right", 1.0),
        Column(L("col.band", level=80), "right", 2.0),
        Column(L("col.share"), "right", 0.85),
        Column(L("col.marginal"), "right", 1.2),
        Column(L("col.design"), width=1.8),
    ]
    banded = "low" in table and bool(table["low"].notna().any())
    if not banded:
        del columns[BAND]
    rows = []
    for status in STATUSES:
        group = table[table["status"] == status]
        if len(group):
            rows.append(Row([L(f"status.{status}")], "group"))
        order = "contribution" if status == "chosen" and "contribution" in group else "marginal_gain"
        rows += [Row(_lever(r, L, banded)) for _, r in group.sort_values(order, ascending=False).iterrows()]
    draws = getattr(inp.plan, "draws_solved", None) or MISSING_DRAWS
    blocks: list[Block] = [
        Heading(L("plan.levers")),
        Para(text),
        Table(columns, rows, L("plan.table"), L("plan.table_note", draws=draws), "small"),
    ]
    chosen = table[table["status"] == "chosen"]
    if "contribution" in chosen and chosen["contribution"].notna().any():
        chosen = chosen.sort_values("contribution", ascending=False)
        chart = figures.bars(
            [L.of(r, "name", r["name"]) for _, r in chosen.iterrows()],
            list(chosen["contribution"]),
            list(chosen["low"]) if "low" in chosen else None,
            list(chosen["high"]) if "high" in chosen else None,
            axis=L("plan.contributions_axis", level=80) if "low" in chosen else L("col.contribution"),
            write=lambda v: L.number(v, signed=True),
        )
        blocks.append(Figure(chart, L("plan.contributions", place=place)))
    return [*blocks, *reasons(table, L)]


MISSING_DRAWS = "–"
BAND = 5  # place of the band among the columns of the levers


def _lever(row: pd.Series, L: Language, banded: bool) -> list[str | Cell]:
    name = L.of(row, "name", str(row["name"]))
    where = L.of(row, "place")
    used = is_number(row["value"]) and row["value"] != 0
    value = f"{L.number(row['value'], 3)} {L.of(row, 'unit')}" if used else ""
    design = str(row.get("design") or "")
    share = 100 * row["share_of_draws"] if is_number(row["share_of_draws"]) else None
    gain = row["marginal_gain"] * L.millions if is_number(row["marginal_gain"]) else None
    paying = list(findings.payer_shares(row))
    cells: list[str | Cell] = [
        (f"{name} ({where})" if where else name) + (L("plan.split_mark") if row.get("hinges_on_split") is True else ""),
        value.strip(),
        L.number(row["cost"] * L.billions, 3) if used and is_number(row["cost"]) else "",
        L.word("payer", paying[0]) + ("+" if len(paying) > 1 else ""),
        _welfare(row, L),
        L.range(row.get("low"), row.get("high"), row.get("contribution")) if is_number(row.get("low")) else "",
        "" if share is None else f"{share:.0f}%",
        L.number(gain, 3),
        Cell(L.word("design", design), tone=TONES.get(design, "quiet")) if design else "",
    ]
    if not banded:
        del cells[BAND]
    return cells


def _welfare(row: pd.Series, L: Language) -> str:
    """What a lever adds to welfare in the plan; in brackets what it would do alone where it isn't in the plan."""
    if is_number(row.get("contribution")):
        return L.number(row["contribution"], signed=True)
    return f"({L.number(row['alone'], signed=True)})" if is_number(row.get("alone")) else ""


def reasons(table: pd.DataFrame, L: Language) -> list[Block]:
    """Why levers are left out or stay an "if", and what the numbers of any lever leave out."""
    out = table
    rows = [Row([L.of(r, "name", r["name"]), L.of(r, "reason")]) for _, r in out.iterrows() if L.of(r, "reason")]
    columns = [Column(L("col.lever"), width=2), Column(L("plan.reason"), width=4)]
    return [Table(columns, rows, L("plan.reasons"), size="small")] if rows else []


def next_yuan(inp: Inputs, L: Language) -> list[Block]:
    """What every lever would gain from the next 100 million yuan."""
    table = inp.table("plan", "levers")
    table = table[table["marginal_gain"].notna()].sort_values("marginal_gain", ascending=False)
    shadow = findings.shadow(inp, "budget")
    gains = table["marginal_gain"] * L.millions
    # one lever that loses a fortune would flatten the rest
    cut = 1.5 * float(gains.abs().quantile(0.85)) if len(gains) > 4 else float("inf")
    chart = figures.bars(
        [L.of(r, "name", r["name"]) for _, r in table.iterrows()],
        list(gains),
        axis=L("plan.margin_axis"),
        write=lambda v: L.number(v, 3),
        colours=[STATUS_COLOURS.get(s, figures.GREY) for s in table["status"]],
        legend={L(f"status.{s}"): STATUS_COLOURS[s] for s in STATUSES if (table["status"] == s).any()},
        mark=None if shadow is None else shadow * 100 * L.millions,
        cut=cut,
        compact=True,
    )
    full = table[table.apply(findings.at_bound, axis=1)]
    note = L.sentences(
        "" if shadow is None else L("plan.margin_mark"),
        L("plan.margin_cut") if gains.abs().max() > cut else "",
        L("plan.margin_bound", names=findings.lever_names(L, full)) if len(full) else "",
    )
    return [Heading(L("plan.margin_title")), Figure(chart, L("plan.margin_chart"), note)]


def objectives(inp: Inputs, L: Language) -> list[Block]:
    """This plan and its alternatives, by the cluster's welfare and by the nation's."""
    place, plan = findings.place(inp, L), inp.plan
    columns = [
        Column(L("col.plan"), width=3.2),
        Column(L("col.own", place=place), "right", 1.3),
        Column(L("col.band", level=80), "right", 1.7),
        Column(L("col.nation"), "right", 1.3),
    ]
    others = inp.table("plan", "alternatives")
    if len(others):  # the plan itself stands in the first row, with its band
        same = np.isclose(others["welfare_change"], plan.welfare_change, rtol=1e-9, atol=0)
        others = others[~same]
    costs = others.get("cost", pd.Series(dtype=float))
    spent = sum(findings.payers(inp).values())
    first = {"welfare_change": plan.welfare_change, "welfare_change_nation": plan.welfare_change_nation, "cost": spent}
    first |= dict(zip(("low", "high"), band(plan, "welfare_change"), strict=True))
    rows = [Row(_alternative(pd.Series(first), L("plan.this"), L, len(costs) > 0), "total")]
    rows += [Row(_alternative(r, L.capital(L.of(r, "name")), L, len(costs) > 0)) for _, r in others.iterrows()]
    if any(L.of(r, "note") for _, r in others.iterrows()):
        columns.append(Column(L("col.note"), width=2.6))
    rows = [Row(row.cells[: len(columns) + (len(costs) > 0)], row.style) for row in rows]
    if len(costs):
        columns.insert(1, Column(L("col.cost"), "right", 1.2))
    return [
        Heading(L("plan.objectives")),
        Para(L("plan.objectives_text", place=place)),
        Table(columns, rows),
    ]


def _alternative(row: pd.Series, label: str, L: Language, costed: bool) -> list[str | Cell]:
    cost: list[str | Cell] = []
    if costed:
        cost = [L.number(row["cost"] * L.billions, 3) if is_number(row.get("cost")) else ""]
    return [
        label,
        *cost,
        L.number(row.get("welfare_change"), 3, signed=True),
        L.range(row.get("low"), row.get("high"), row.get("welfare_change")) if is_number(row.get("low")) else "",
        L.number(row.get("welfare_change_nation"), 3, signed=True),
        L.of(row, "note"),
    ]
