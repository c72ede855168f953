"""The article's figures held against data."""

from __future__ import annotations

from citybelt.report.document import Block, Bullets, Cell, Column, Heading, Para, Row, Section, Table
from citybelt.report.inputs import Inputs
from citybelt.report.text import Language, is_number

TONES = {
    "confirmed": "good", "plausible": "good", "not confirmed": "middle", "depends on the definition": "middle",
    "wrong": "bad",
}  # fmt: skip


def ledger(inp: Inputs, L: Language) -> Section:
    """Every claim under every definition and vintage, with its verdict and rule."""
    table = inp.ledger
    stem = f"claim_{L.code}" if f"claim_{L.code}" in table else "claim"
    claims = list(dict.fromkeys(zip(table["proposition"], table[stem], strict=True)))
    columns = [
        Column("", width=0.25),
        Column(L("col.definition"), width=3.6),
        Column(L("col.vintage"), width=1.3),
        Column(L("col.stated"), "right", 0.9),
        Column(L("col.computed"), "right", 1.0),
        Column(L("col.verdict"), width=1.8),
    ]
    rows, verdicts = [], []
    for number, claim in claims:
        group = table[(table["proposition"] == number) & (table[stem] == claim)]
        first = group.iloc[0]
        rows.append(Row([f"{number}  {claim}"], "group"))
        decides = group["decides"].astype(bool) if "decides" in group else None
        for i, r in group.iterrows():
            unit = str(r.get("unit") or "")
            rows.append(
                Row(
                    [
                        "→" if decides is not None and decides[i] else "",
                        L.of(r, "definition"),
                        str(r["vintage"]),
                        _value(r.get("stated"), unit, L),
                        _value(r["computed"], unit, L),
                        Cell(L.word("verdict", r["verdict"]), tone=TONES.get(str(r["verdict"]), "quiet")),
                    ]
                )
            )
        if L.of(first, "rule"):
            rows.append(Row(["", f"{L.of(first, 'rule')}", "", "", "", ""], "remark"))
        headline = group[decides].iloc[0] if decides is not None and decides.any() else first
        verdicts.append(str(headline.get("claim_verdict") or headline["verdict"]))
    counted = [L("ledger.part", n=verdicts.count(v), verdict=L.word("verdict", v)) for v in dict.fromkeys(verdicts)]
    blocks: list[Block] = [
        Para(L("ledger.text"), "lead"),
        Para(L("ledger.count", n=len(claims), parts=L.join(counted))),
        Table(columns, rows, size="small"),
    ]
    if "source" in table:
        sources = [s for s in dict.fromkeys(str(s) for s in table["source"]) if s and s != "nan"]
        blocks += [Heading(L("ledger.sources"), 3), Bullets(sources)]
    return Section("ledger", L("ledger.title"), blocks)


def _value(value: object, unit: str, L: Language) -> str:
    if is_number(value):
        return L.percent(value, 3) if unit in ("percent", "%") else f"{L.number(value, 3)} {unit}".strip()  # type: ignore
    return str(value) if isinstance(value, str) and value else "–"
