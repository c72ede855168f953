"""Tables: one long CSV, and a workbook with a sheet for each table."""

from __future__ import annotations

import csv
import io

from citybelt.dims import SETS
from citybelt.web import words
from citybelt.web.export.content import Content

#: Letters with which a cell of a spreadsheet would be taken for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_csv(c: Content) -> bytes:
    """Every outcome of every place and set of places: of, id, name, outcome, value, unit. With a byte order mark."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(["of", "id", "name", "outcome", "outcome_name", "value", "unit"])
    for k, of in c.answer["totals"].items():
        about = words.outcome(k, total=True)
        for who in SETS:
            rows.writerow(["set", who, who, k, about["name"][c.lang], of[who], about["unit"]])
    for k, values in c.answer["regional"].items():
        about = words.outcome(k)
        for id, name, value in zip(c.home, c.names, values, strict=True):
            rows.writerow(["region", id, name, k, about["name"][c.lang], value, about["unit"]])
    return out.getvalue().encode("utf-8-sig", "backslashreplace")


def to_xlsx(c: Content) -> bytes:
    """A sheet with the title and what it rests on, and one for each table."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    first = book.active
    first.title = _name(c.word("rests"))
    lines = [c.title, c.note, *c.rests, "", *([c.word("doubts")] if c.doubts else []), *c.doubts]
    for n, line in enumerate(lines, 1):
        cell = first.cell(n, 1, safe(line))
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if n == 1:
            cell.font = Font(bold=True, size=14)
    first.column_dimensions["A"].width = 100
    for table in c.sheets:
        sheet = book.create_sheet(_name(table.title))
        sheet.append([safe(h) for h in table.heads])
        for head in sheet[1]:
            head.font = Font(bold=True)
            head.alignment = Alignment(wrap_text=True, vertical="top")
        for row in table.rows:
            sheet.append([safe(v) if isinstance(v, str) else v for v in row])
        for n in range(1, len(table.heads) + 1):
            texts = [len(str(row[n - 1])) for row in table.rows if isinstance(row[n - 1], str)]
            sheet.column_dimensions[get_column_letter(n)].width = min(max([14, *texts]), 50)
        sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _name(text: str) -> str:
    """A name that a sheet may have."""
    return "".join(ch for ch in text if ch not in "[]:*?/\\")[:31] or "sheet"


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, without what XML can't hold."""
    clean = "".join(
        ch for ch in text if ch in "\n\t" or (ch >= " " and ch not in "\ufffe\uffff" and not "\ud800" <= ch <= "\udfff")
    )
    return f"'{clean}" if clean.startswith(FORMULA) else clean
