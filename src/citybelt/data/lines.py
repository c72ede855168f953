"""The lines of a CSV file that a user wrote, with their numbers: whatever else the file may be is said in words."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from citybelt.errors import InputError, Problem


def numbered(path: str | Path) -> list[tuple[int, list[str]]]:
    """Lines that aren't blank: their number, and their cells.

    Raises:
        InputError: the file can't be read, is a workbook, is not text in UTF-8, or its quotes don't match.
    """
    where = str(path)
    try:
        content = Path(where).read_bytes()
    except OSError as error:
        raise InputError([Problem(where, f"it can't be read: {error.strerror}.", "Check the path.")]) from None
    save = "Save the sheet as 'CSV UTF-8'."
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputError([Problem(where, "this is a workbook, not a CSV file.", save)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError([Problem(f"{where}, line {line}", "the text is not in UTF-8.", save)]) from None
    if "\0" in text:
        raise InputError([Problem(where, "this is not a text file.", save)])
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise InputError([Problem(f"{where}, line {reader.line_num}", f"{error}.", "Correct the quotes.")]) from None
