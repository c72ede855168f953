"""The article's figures held against data."""

from __future__ import annotations

import pandas as pd

from citybelt.report.document import Block, Cell, Column, Heading, Para, Row, Section, Table
from citybelt.report.inputs import Inputs
from citybelt.report.text import MISSING, Language, breakable, is_number

TONES = {
    "confirmed": "good", "plausible": "good", "not confirmed": "middle", "depends on the definition": "middle",
    "wrong": "bad",
}  # fmt: skip


def ledger(inp: Inputs, L: Language) -> Section:
    """Every claim with its verdict, then every definition and vintage behind it."""
    claims = list(inp.ledger.groupby("claim", sort=False))
    verdicts = [str(group["verdict"].iloc[0]) for _, group in claims]
    counted = [L("ledger.part", n=verdicts.count(v), verdict=L.word("verdict", v)) for v in dict.fromkeys(verdicts)]
    blocks: list[Block] = [
        Para(L("ledger.text"), "lead"),
        Para(L("ledger.count", n=len(claims), parts=L.join(counted))),
        verdict_table([group for _, group in claims], L),
        Heading(L("ledger.definitions")),
        Para(L("ledger.definitions_text")),
        definition_table([group for _, group in claims], L),
    ]
    return Section("ledger", L("ledger.title"), blocks)


def chip(word: object, L: Language) -> Cell:
    """A verdict on its colour."""
    return Cell(L.word("verdict", word), tone=TONES.get(str(word), "quiet"))


def verdict_table(claims: list[pd.DataFrame], L: Language) -> Table:
    """One row a claim: what the article states, what the deciding definition gives, the verdict and why."""
    columns = [
        Column(L("col.proposition"), width=0.55),
        Column(L("col.claim"), width=4.4),
        Column(L("col.stated"), "right", 1.25),
        Column(L("col.computed"), "right", 1.5),
        Column(L("col.verdict"), width=2.1),
        Column(L("col.note"), width=3.6),
    ]
    rows = []
    for group in claims:
        first, unit = group.iloc[0], str(group["unit"].iloc[0])
        decisive = group[group["decides"].astype(bool)] if "decides" in group else group.iloc[:0]
        scope = group[group["in_scope"].astype(bool)] if "in_scope" in group else group
        known = scope["computed"].dropna().astype(float)
        if len(decisive) and is_number(decisive["computed"].iloc[0]):
            computed = value(decisive["computed"].iloc[0], unit, L)
        elif len(known):
            computed = L("ledger.range", low=value(known.min(), "", L), high=value(known.max(), unit, L))
        else:
            computed = MISSING
        rows.append(
            Row(
                [
                    str(first["proposition"]),
                    L.of(first, "claim"),
                    value(first["stated"], unit, L),
                    computed,
                    chip(first["verdict"], L),
                    L.of(first, "note"),
                ]
            )
        )
    return Table(columns, rows, size="small")


def definition_table(claims: list[pd.DataFrame], L: Language) -> Table:
    """One row a definition, under the claim and the rule that names which one decides."""
    columns = [
        Column("", width=0.3),
        Column(L("col.definition"), width=3.7),
        Column(L("col.computed"), "right", 1.2),
        Column(L("col.deviation"), "right", 1.0),
        Column(L("ledger.alone"), width=1.7),
        Column(L("col.vintage"), width=1.9),
        Column(L("col.source"), width=2.3),
        Column(L("col.grade"), width=0.6),
    ]
    rows = []
    for group in claims:
        first, unit = group.iloc[0], str(group["unit"].iloc[0])
        head = L("ledger.claim", number=first["proposition"], claim=L.of(first, "claim"))
        rows.append(Row([f"{head}: {value(first['stated'], unit, L)}"], "group"))
        rows.append(Row(["", L.of(first, "rule")], "remark"))
        for _, r in group.iterrows():
            off = r.get("deviation")
            rows.append(
                Row(
                    [
                        "→" if bool(r.get("decides", False)) else "",
                        L.of(r, "definition"),
                        value(r["computed"], unit, L),
                        L.fixed(100 * off, 1, signed=True) if is_number(off) else MISSING,
                        chip(r["alone"], L),
                        vintage(str(r["vintage"]), L),
                        breakable(str(r.get("source") or "")),
                        str(r.get("grade") or ""),
                    ]
                )
            )
    return Table(columns, rows, size="small")


def value(number: object, unit: str, L: Language) -> str:
    """A claim's figure with its unit."""
    if not is_number(number):
        return MISSING
    if unit == "%":
        return L.percent(number, 3)  # type: ignore[arg-type]
    return f"{L.number(number, 3)} {L.word('measure', unit)}".strip()  # type: ignore[arg-type]


def vintage(text: str, L: Language) -> str:
    """The parts of a vintage in words."""
    return ", ".join(L.word("vintage", part) for part in text.split(", "))
