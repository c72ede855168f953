"""A small neutral document: blocks of content that are written once and rendered to HTML and to PDF.

A block is a frozen record; ``to_data`` turns a document into plain lists and strings, which both templates read
(``templates/report.html.j2`` through jinja2, ``templates/report.typ`` through typst's ``json``). Text never passes
through a markup parser: it stays data, so that no character of a name can break a page. The only markup in a text
is ``**bold**``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Heading:
    """A heading inside a section; ``level`` 2 or 3 (a section's title is level 1)."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Para:
    """A paragraph; ``style`` is body, lead (large), note (small, grey) or source."""

    text: str
    style: str = "body"


@dataclass(frozen=True)
class Bullets:
    """A list of short paragraphs; ``size`` is normal or small."""

    items: Sequence[str]
    size: str = "normal"


@dataclass(frozen=True)
class Answer:
    """A question and its answer, as on the first page."""

    question: str
    text: str


@dataclass(frozen=True)
class Stat:
    """One large figure with its label and a line below (its band, its unit)."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Stats:
    """A row of large figures."""

    items: Sequence[Stat]


@dataclass(frozen=True)
class Column:
    """A column of a table: title, alignment ("left" or "right") and relative width (0 = as wide as its content)."""

    title: str
    align: str = "left"
    width: float = 0.0


@dataclass(frozen=True)
class Cell:
    """A cell with a bar behind the number: ``bar`` runs from -1 to 1; ``tone`` colours a label (see templates)."""

    text: str
    bar: float | None = None
    tone: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table; ``style`` is "", "group" (a heading over the rows below), "remark" (the second cell
    across the row) or "total"."""

    cells: Sequence[str | Cell]
    style: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a caption above and a note below; ``size`` is normal or small."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    caption: str = ""
    note: str = ""
    size: str = "normal"

    def __post_init__(self) -> None:
        for row in self.rows:  # a cell too few would shift all that follow
            if row.style in ("", "total") and len(row.cells) != len(self.columns):
                raise ValueError(f"{len(row.cells)} cells in a table of {len(self.columns)} columns: {row.cells}")


@dataclass(frozen=True)
class Figure:
    """An SVG picture; ``width`` is a share of the text's width."""

    svg: str
    caption: str = ""
    note: str = ""
    width: float = 1.0
    alt: str = ""


@dataclass(frozen=True)
class Grid:
    """Columns of blocks side by side, of the given relative widths."""

    columns: Sequence[Sequence[Block]]
    widths: Sequence[float]


@dataclass(frozen=True)
class PageBreak:
    """A new page in the PDF (nothing in HTML)."""


Block = Heading | Para | Bullets | Answer | Stats | Table | Figure | Grid | PageBreak


@dataclass(frozen=True)
class Section:
    """A part of the document with its anchor, title and blocks.

    ``kind`` is front (the first page), guide (after which the contents follow), chapter, or city (a page of the
    chapter before it).
    """

    id: str
    title: str
    blocks: Sequence[Block]
    kind: str = "chapter"
    kicker: str = ""


@dataclass(frozen=True)
class Document:
    """A whole report in one language."""

    language: str
    title: str
    subtitle: str
    footer: str
    contents_title: str
    sections: Sequence[Section]
    words: dict[str, str] = field(default_factory=dict)


def spans(text: str) -> list[dict[str, Any]]:
    """Split ``**bold**`` text into runs: [{"text": ..., "bold": bool}]."""
    runs = re.split(r"\*\*(.+?)\*\*", text)
    return [{"text": run, "bold": i % 2 == 1} for i, run in enumerate(runs) if run]


def to_data(item: Any, pictures: list[str] | None = None) -> Any:
    """The document (or a block) as dictionaries, lists and strings.

    With ``pictures`` given, SVG texts are appended to it and their places hold the index (typst reads pictures from
    files); without it they stay inline (HTML).
    """
    match item:
        case str():
            return spans(item)
        case Cell(text=text, bar=bar, tone=tone):
            return {"spans": spans(text), "bar": bar, "tone": tone}
        case Row(cells=cells, style=style):
            whole = [c if isinstance(c, Cell) else Cell(c) for c in cells]
            return {"cells": [to_data(c) for c in whole], "style": style}
        case Figure(svg=svg):
            place: Any = svg
            if pictures is not None:
                pictures.append(svg)
                place = len(pictures) - 1
            return {
                "type": "figure", "svg": place, "width": item.width, "alt": item.alt or item.caption,
                "caption": spans(item.caption), "note": spans(item.note),
            }  # fmt: skip
        case Table():
            return {
                "type": "table",
                "columns": [{"title": c.title, "align": c.align, "width": c.width} for c in item.columns],
                "rows": [to_data(r) for r in item.rows],
                "caption": spans(item.caption), "note": spans(item.note), "size": item.size,
            }  # fmt: skip
        case Grid(columns=columns, widths=widths):
            inside = [[to_data(b, pictures) for b in column] for column in columns]
            return {"type": "grid", "columns": inside, "widths": list(widths)}
        case Stats(items=items):
            return {"type": "stats", "items": [vars(s) for s in items]}
        case Bullets(items=items):
            return {"type": "bullets", "items": [spans(i) for i in items], "size": item.size}
        case Heading():
            return {"type": "heading", "level": item.level, "text": item.text}
        case Para():
            return {"type": "para", "style": item.style, "spans": spans(item.text)}
        case Answer():
            return {"type": "answer", "question": item.question, "spans": spans(item.text)}
        case PageBreak():
            return {"type": "pagebreak"}
        case Section():
            return {
                "id": item.id, "title": item.title, "kind": item.kind, "kicker": item.kicker,
                "blocks": [to_data(b, pictures) for b in item.blocks],
            }  # fmt: skip
        case Document():
            return {
                "language": item.language, "title": item.title, "subtitle": item.subtitle, "footer": item.footer,
                "contents_title": item.contents_title, "words": item.words,
                "sections": [to_data(s, pictures) for s in item.sections],
            }  # fmt: skip
    raise TypeError(f"not a part of a document: {item!r}")
