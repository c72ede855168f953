"""A brief of a scenario for people: HTML and PDF from one document, and the same for a word processor."""

from __future__ import annotations

import io
from typing import Any

from citybelt.report.document import Block, Bullets, Column, Document, Figure, Para, Row, Section, Stat, Stats, Table
from citybelt.report.text import Language
from citybelt.web.bench import Bench
from citybelt.web.export.content import Content, Sheet

#: Digits of numbers in a brief.
DIGITS = 3
#: Cities that a brief shows.
SHOWN = 12


def document(bench: Bench, c: Content) -> Document:
    """The brief as a document of the report."""
    from citybelt.report.maps import to_svg

    L = Language(c.lang)
    totals = {k: of["cluster"] for k, of in c.answer["totals"].items()}
    stats = Stats(
        [
            Stat(L.percent(totals["welfare"], DIGITS, True), _label(c, 0), ""),
            Stat(L.scaled(1e9 * totals["ev"], DIGITS, True), _label(c, 1), {"en": "CNY a year", "zh": "元/年"}[c.lang]),
            Stat(L.scaled(totals["people"], DIGITS, True), _label(c, 2), ""),
        ]
    )
    blocks: list[Block] = [stats]
    if c.note:
        blocks.append(Para(c.note, "lead"))
    blocks += [_table(L, c.sheet("totals")), _table(L, c.sheet("levers"))]
    blocks.append(Figure(to_svg(picture(bench, c)), caption=c.word("map")))
    if c.doubts:
        blocks += [Para(f"**{c.word('doubts')}**"), Bullets(c.doubts)]
    blocks += [_table(L, best(c)), _table(L, c.sheet("payers")), _table(L, c.sheet("government"))]
    blocks += [Para(f"**{c.word('rests')}**"), Bullets(c.rests, "small")]
    return Document(
        language=c.lang, title=c.title, subtitle=" · ".join(c.rests[:1]), footer=" · ".join(c.rests[:2]),
        contents_title=L("contents"), sections=[Section("brief", c.title, blocks, "front")],
    )  # fmt: skip


def _label(c: Content, row: int) -> str:
    return str(c.sheet("totals").rows[row][0])


def picture(bench: Bench, c: Content) -> Any:
    """The map of welfare by city."""
    import matplotlib
    import pandas as pd

    from citybelt.report import figures
    from citybelt.report.maps import choropleth

    ids = [r for r, inside in zip(c.home, bench.cluster, strict=True) if inside]
    values = pd.Series(dict(zip(c.home, c.answer["regional"]["welfare"], strict=True)), dtype=float)
    names = dict(zip(c.home, c.names, strict=True))
    with matplotlib.rc_context(figures.style()):  # type: ignore[arg-type]
        return choropleth(
            ids, values[ids], title="", unit="%", lang=c.lang, diverging=True, names=names, labels=SHOWN, width_mm=160.0
        )  # fmt: skip


def best(c: Content) -> Sheet:
    """Cities of the cluster that gain most and those that lose most."""
    sheet = c.sheet("regions")
    inside = sorted((row for row in sheet.rows if row[2]), key=lambda row: -row[3])
    ends = inside if len(inside) <= SHOWN else [*inside[: SHOWN // 2], *inside[-SHOWN // 2 :]]
    keep = (1, 3, 4, 5, 8)
    return Sheet(sheet.id, sheet.title, tuple(sheet.heads[k] for k in keep), [tuple(r[k] for k in keep) for r in ends])


def _table(L: Language, sheet: Sheet) -> Table:
    numbers = [all(not isinstance(row[k], str) for row in sheet.rows) for k in range(len(sheet.heads))]
    columns = [
        Column(h, "right" if n else "left", 1.0 if n else 2.0) for h, n in zip(sheet.heads, numbers, strict=True)
    ]
    rows = [Row([_cell(L, v) for v in row]) for row in sheet.rows]
    return Table(columns, rows, caption=sheet.title, size="small")


def _cell(L: Language, value: Any) -> str:
    if isinstance(value, str) or value is None:
        return value or ""
    if abs(value) >= 1e5:
        return L.scaled(value, DIGITS)
    return L.number(value, DIGITS)


def to_html(bench: Bench, c: Content) -> bytes:
    """One HTML file that refers to nothing outside itself."""
    from citybelt.report import render

    return render.to_html(document(bench, c)).encode("utf-8")


def to_pdf(bench: Bench, c: Content) -> bytes:
    """A PDF with its fonts."""
    from citybelt.report import render

    return render.to_pdf(document(bench, c))


def to_docx(bench: Bench, c: Content) -> bytes:
    """A document for a word processor, with the map as a picture."""
    from docx import Document as Word
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    from citybelt.report.maps import to_png
    from citybelt.web.export.tables import safe

    L = Language(c.lang)
    word = Word()
    style = word.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(10.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "SimSun")
    word.core_properties.title, word.core_properties.author = safe(c.title), "citybelt"
    word.add_heading(safe(c.title), 0)
    if c.note:
        word.add_paragraph(safe(c.note))
    for sheet in (c.sheet("totals"), c.sheet("levers")):
        _word_table(word, L, sheet)
    word.add_heading(c.word("map"), 1)
    word.add_picture(io.BytesIO(to_png(picture(bench, c))), width=Cm(16))
    if c.doubts:
        word.add_heading(c.word("doubts"), 1)
        for line in c.doubts:
            word.add_paragraph(safe(line), style="List Bullet")
    for sheet in (best(c), c.sheet("payers"), c.sheet("government")):
        _word_table(word, L, sheet)
    word.add_heading(c.word("rests"), 1)
    for line in c.rests:
        word.add_paragraph(safe(line), style="List Bullet")
    out = io.BytesIO()
    word.save(out)
    return out.getvalue()


def _word_table(word: Any, L: Language, sheet: Sheet) -> None:
    from citybelt.web.export.tables import safe

    if not sheet.rows:
        return
    word.add_heading(sheet.title, 1)
    table = word.add_table(rows=1, cols=len(sheet.heads), style="Light Grid Accent 1")
    for cell, head in zip(table.rows[0].cells, sheet.heads, strict=True):
        cell.text = safe(head)
    for row in sheet.rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = safe(_cell(L, value))
