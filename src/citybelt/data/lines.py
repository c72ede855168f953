"""The lines of a CSV file that a user wrote, with their numbers: whatever else the file may be is said in words."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

from citybelt.errors import InputError, Problem

#: Largest file: a table of some ten million rows, beyond which the lists of its cells fill the memory.
BYTES = 500_000_000


def numbered(path: str | Path) -> list[tuple[int, list[str]]]:
    """Lines that aren't blank: their number, and their cells.

    Raises:
        InputError: the file can't be read, is a workbook, is not text in UTF-8, or its quotes don't match.
    """
    where = str(path)
    content = _content(Path(path))
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
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1  # on which the row begins: one with an open quote ends far from its mistake
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        what = "a quote opens in this row and never closes" if "end of data" in str(error) else str(error)
        raise InputError([Problem(f"{where}, line {line}", f"{what}.", "Correct the quotes.")]) from None
    return rows


def _content(path: Path) -> bytes:
    """The bytes of a plain file. Nothing else is opened: a pipe would be waited for, and a device never ends."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            what = "this is a folder" if stat.S_ISDIR(found.st_mode) else "this is a pipe or device"
            raise InputError([Problem(str(path), f"{what}, not a file.", "Put a CSV file there.")])
        if found.st_size > BYTES:
            what = f"the file is larger than {BYTES // 1_000_000} MB."
            raise InputError([Problem(str(path), what, "Leave out rows of zeros, or group regions and sectors.")])
        return path.read_bytes()
    except OSError as error:
        raise InputError([Problem(str(path), f"it can't be read: {error.strerror}.", "Check the path.")]) from None
    except ValueError as error:  # a name that no file can have
        raise InputError([Problem(repr(str(path)), f"it can't be read: {error}.", "Check the path.")]) from None
