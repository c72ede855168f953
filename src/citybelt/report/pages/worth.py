"""What levers are worth: alone, together and through each other, reforms against projects, and what is left out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from citybelt.report.document import Block, Bullets, Column, Heading, Row, Table
from citybelt.report.inputs import Inputs, frame
from citybelt.report.pages import charts
from citybelt.report.text import Language, is_number

#: Levers in use, themes, and levers left out of each kind that are listed.
LEVERS, THEMES, LEFT_OUT = 10, 6, 5
#: Shares known closer than this part of the whole are shown without error.
EXACT = 1e-4


def worth(inp: Inputs, L: Language) -> list[Block]:
    """The blocks on what each lever adds; none where that was not asked for."""
    found = getattr(inp.plan, "worth", None)
    if found is None:
        return []
    packages = [t[t["outcome"] == "ev"] for t in (found.package, found.equal_package) if len(t)]
    said = [L.of(r, "words") for package in packages for _, r in package.iterrows()]
    said += list(dict.fromkeys(L.of(r, "words") for _, r in found.contest.iterrows()))
    blocks: list[Block] = [Heading(L("worth.title")), Bullets([s for s in said if s])]
    blocks += shares(found.by_lever, "lever", LEVERS, found, L)
    if frame(found.by_theme).get("name", pd.Series(dtype=str)).nunique() > 1:
        blocks += shares(found.by_theme, "theme", THEMES, found, L)
    return [*blocks, *contest(found, L), *left_out(found, L)]


def shares(table: pd.DataFrame, kind: str, most: int, found: Any, L: Language) -> list[Block]:
    """Each lever or theme: alone, as the last to come, and on average over all orders, with error."""
    table = frame(table)
    table = table[table["outcome"] == "ev"] if len(table) else table
    if table.empty:
        return []
    table = table.loc[table["share"].abs().nlargest(most).index].sort_values("share", ascending=False)
    size = float(table["share"].abs().max())
    keys = ("alone", "last", "share", "interplay")
    texts = {key: charts.numbers(L, table[key] * L.billions, 3, signed=True) for key in keys}
    if (table["error"] > EXACT * size).any():
        errors = charts.numbers(L, table["error"] * L.billions, 1)
        texts["share"] = [f"{v} ± {e}" for v, e in zip(texts["share"], errors, strict=True)]
    cost = charts.numbers(L, table["cost"] * L.billions)
    columns = [Column(L(f"worth.col_{kind}"), width=2.8), Column(L("col.cost"), "right", 1)]
    columns += [Column(L(f"worth.col_{key}"), "right", 1.5 if key == "share" else 1.1) for key in keys]
    rows = [
        Row([L.capital(L.of(r, "name")), cost[k], *(texts[key][k] for key in keys)])
        for k, (_, r) in enumerate(table.iterrows())
    ]
    note = ""
    if kind == "lever":
        note = L("worth.note_drawn", orders=found.orders) if found.orders else L("worth.note_exact", sets=found.sets)
        note = L.sentences(L("worth.note"), note)
    return [Table(columns, rows, L(f"worth.{kind}s"), note, "small")]


def contest(found: Any, L: Language) -> list[Block]:
    """The best plan of reforms only and of projects only at equal cost."""
    table = frame(found.contest)
    table = table[table["ev"].notna()] if len(table) else table
    if table.empty:
        return []
    columns = [Column(L("col.plan"), width=2.6), Column(L("col.cost"), "right", 1)]
    columns += [
        Column(L(f"worth.col_{key}"), "right", 1.2) for key in ("ev", "ev_nation", "per_yuan", "per_yuan_nation")
    ]
    rows = []
    for ifs, part in table.groupby("ifs", sort=True):
        rows.append(Row([L("worth.with_ifs" if ifs else "worth.own_levers")], "group"))
        rows += [
            Row(
                [L.capital(L.of(r, "name")), L.number(r["cost"] * L.billions, 3)]
                + [L.number(r[k] * L.billions, 3, signed=True) for k in ("ev", "ev_nation")]
                + [L.number(r[k], 3) if is_number(r[k]) else "" for k in ("per_yuan", "per_yuan_nation")]
            )
            for _, r in part.iterrows()
        ]
    return [Table(columns, rows, L("worth.contest"), L("worth.contest_note"), "small")]


def left_out(found: Any, L: Language) -> list[Block]:
    """What would bring levers in that the plan leaves out, those nearest to it first."""
    table = frame(found.levers)
    table = table[table["status"].isin(("left_out", "if", "barred"))] if len(table) else table
    if table.empty:
        return []
    table = table.sort_values("cost_cut", na_position="last")
    columns = [Column(L("col.lever"), width=2), Column(L("worth.col_words"), width=4)]
    rows = []
    for title, part in (
        ("left_out", table[table["status"] == "left_out"]),
        ("if", table[table["status"] != "left_out"]),
    ):
        if len(part):
            rows.append(Row([L(f"status.{title}")], "group"))
            rows += [Row([L.of(r, "name"), L.of(r, "words")]) for _, r in part.head(LEFT_OUT).iterrows()]
    return [Table(columns, rows, L("worth.left_out"), size="small")]
