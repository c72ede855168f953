"""Projects in a table: a CSV file or the first sheet of an Excel workbook, one row a project, one column an entry.

    id, name_en, name_zh, type, regions, cost_centre, cost_province, cost_city, cost_private, cost_foreign, build_years,
    life, upkeep, productivity_percent, productivity_sectors, travel_cities, travel_minutes, travel_percent,
    travel_sectors, housing_land, industry_land_hectares, industry_land_sectors, skills, amenity, clearance_partners,
    clearance_hours, clearance_sectors, source, design, whole, after, not_with, earliest

Lists stand in one cell, their items apart by semicolons. Empty cells say nothing. ``project_table`` turns the rows into
the same mapping that stands in a plan file and remembers the cell of every entry, so that ``project_cards`` names the
cell in what it says. A workbook is read by the standard library: values only, no formulas, nothing is run.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from citybelt.data.lines import numbered
from citybelt.dims import PAYERS
from citybelt.errors import InputError, Problem
from citybelt.scenario.document import BYTES, LENGTH, NODES, Document, nearest, unseen

#: Column: where its entry stands in the mapping of a project.
COLUMNS: dict[str, tuple[str, ...]] = {
    "name_en": ("name", "en"), "name_zh": ("name", "zh"), "type": ("type",), "regions": ("regions",),
    **{f"cost_{payer}": ("cost", payer) for payer in PAYERS},
    "build_years": ("build_years",), "life": ("life",), "upkeep": ("upkeep",),
    "productivity_percent": ("brings", "productivity", "percent"),
    "productivity_sectors": ("brings", "productivity", "sectors"),
    "travel_cities": ("brings", "travel", "cities"), "travel_minutes": ("brings", "travel", "minutes"),
    "travel_percent": ("brings", "travel", "percent"), "travel_sectors": ("brings", "travel", "sectors"),
    "housing_land": ("brings", "housing_land"), "industry_land_hectares": ("brings", "industry_land", "hectares"),
    "industry_land_sectors": ("brings", "industry_land", "sectors"), "skills": ("brings", "skills"),
    "amenity": ("brings", "amenity"), "clearance_partners": ("brings", "clearance", "partners"),
    "clearance_hours": ("brings", "clearance", "hours"), "clearance_sectors": ("brings", "clearance", "sectors"),
    "source": ("source",), "design": ("design",), "whole": ("whole",), "after": ("after",),
    "not_with": ("not_with",), "earliest": ("earliest",),
}  # fmt: skip
_LISTS = {"regions", "travel_cities", "clearance_partners", "after", "not_with"}
_SECTORS = {"productivity_sectors", "travel_sectors", "industry_land_sectors", "clearance_sectors"}
_TEXTS = {"name_en", "name_zh", "type", "source", "design"}
#: Largest XML of a workbook that is read, unpacked.
UNPACKED = 100 * BYTES
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_COUNT = r"[0-9]{1,9}"  #: a number in a workbook; longer ones are none


class Row(dict):
    """Entries of a project, or a part of them, with the cell that each came from."""

    def __init__(self, cell: str):
        super().__init__()
        self.cell = cell
        self.cells: dict[Any, str] = {}


class Items(list):
    """The items of one cell."""

    def __init__(self, items: list[str], cell: str):
        super().__init__(items)
        self.cell = cell


class Table(Document):
    """Projects of a table, as a document whose places are cells; ``root`` maps ids to entries."""

    def __init__(self, path: Path | str, empty: bool = False):
        self.path = Path(path)
        self.problems: list[Problem] = []
        self.root: Row = Row("")
        if empty:
            return
        rows = list(_workbook(self.path) if _packed(self.path) else _lines(self.path))
        if sum(len(cells) for _, cells in rows) > NODES:
            raise InputError([Problem(str(path), f"holds more than {NODES} cells.", "Split the table.")])
        if not rows:
            raise InputError([Problem(str(path), "is empty.", "Write a row of headings, then one row a project.")])
        number, heading = rows[0]
        columns = self._heading(number, heading)
        for number, cells in rows[1:]:
            self._row(number, cells, columns)

    def at(self, node: Any, key: Any = None, value: bool = False) -> str:
        """``file: cell B7`` of an entry, of the row where it is not said."""
        cell = node.cells.get(key, node.cell) if isinstance(node, Row) else getattr(node, "cell", "")
        return f"{self.path}: cell {cell}" if cell else str(self.path)

    def _heading(self, number: int, cells: list[str]) -> dict[int, str]:
        columns: dict[int, str] = {}
        for k, cell in enumerate(cells):
            word, where = cell.strip(), f"{self.path}: cell {_cell(k, number)}"
            if not word:
                continue
            if word in columns.values():
                self.problem(where, f"the column {word!r} is there already.", "Remove one of them.")
            elif word != "id" and word not in COLUMNS:
                self.problem(where, f"unknown column {word!r}.", nearest(word, ("id", *COLUMNS)))
            else:
                columns[k] = word
        if "id" not in columns.values():
            self.problem(f"{self.path}: cell {_cell(0, number)}", "there is no column 'id'.", "Add it.")
        return columns

    def _row(self, number: int, cells: list[str], columns: dict[int, str]) -> None:
        entries = {word: (cells[k].strip(), _cell(k, number)) for k, word in columns.items() if k < len(cells)}
        id, cell = entries.pop("id", ("", _cell(0, number)))
        for k, text in enumerate(cells):
            if text.strip() and k not in columns:
                self.problem(f"{self.path}: cell {_cell(k, number)}", "stands under no known heading.", "Move it.")
            elif len(text) > LENGTH or unseen(text):
                where = f"{self.path}: cell {_cell(k, number)}"
                self.problem(where, "is too long or holds a character that cannot be seen.", "Correct the text.")
        if not id:
            self.problem(f"{self.path}: cell {cell}", "the project has no id.", "Write one.")
            return
        if id in self.root:
            self.problem(f"{self.path}: cell {cell}", f"{id!r} is there already.", "Give another id.")
            return
        row = Row(cell)
        self.root[id], self.root.cells[id] = row, cell
        for word, (text, place) in entries.items():
            if text:
                self._enter(row, word, text, place)

    def _enter(self, row: Row, word: str, text: str, place: str) -> None:
        *way, last = COLUMNS[word]
        for key in way:
            if key not in row:
                row[key], row.cells[key] = Row(place), place
            row = row[key]
        row[last], row.cells[last] = self._value(word, text, place), place

    def _value(self, word: str, text: str, place: str) -> Any:
        if word in _TEXTS:
            return text
        if word in _LISTS or (word in _SECTORS and ";" in text):
            return Items([item.strip() for item in text.split(";") if item.strip()], place)
        if word in _SECTORS:
            return text
        if word == "whole":
            known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
            return known.get(text.lower(), text)
        try:
            return float(text)
        except ValueError:
            return text  # told by whoever wants a number


def project_table(path: Path | str) -> Table:
    """The projects of a table.

    Args:
        path: a CSV file in UTF-8, or an Excel workbook (.xlsx), of which the first sheet is read.

    Returns:
        A document for ``project_cards(table, table.root, ...)``, with the problems found so far.

    Raises:
        InputError: the file cannot be read, or is no table.
    """
    return Table(path)


def _cell(column: int, row: int) -> str:
    """``AB7`` of a column from zero and a row from one."""
    letters, k = "", column + 1
    while k:
        k, rest = divmod(k - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def _packed(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return path.is_file() and file.read(4) == b"PK\x03\x04"
    except OSError:
        return False  # the reader of lines says why


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    yield from numbered(path)


def _workbook(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows of the first sheet: their number, and their cells from column A on."""
    broken = InputError([Problem(str(path), "is no workbook that can be read.", "Save it as .xlsx, or as CSV UTF-8.")])
    try:
        with zipfile.ZipFile(path) as book:
            shared = [_text(item) for item in _xml(book, "xl/sharedStrings.xml", broken).iter(f"{_SHEET}si")]
            sheets = sorted(
                (n for n in book.namelist() if re.fullmatch(rf"xl/worksheets/sheet{_COUNT}\.xml", n)),
                key=lambda n: int(re.sub(r"\D", "", n)),
            )
            if not sheets:
                raise broken
            sheet = _xml(book, sheets[0], broken)
    except (zipfile.BadZipFile, OSError, ElementTree.ParseError, RuntimeError, NotImplementedError):
        raise broken from None
    for row in sheet.iter(f"{_SHEET}row"):
        cells: dict[int, str] = {}
        for cell in row.iter(f"{_SHEET}c"):
            found = re.fullmatch(r"([A-Z]{1,3})(\d+)", cell.get("r", ""))
            column = len(cells) if found is None else _column(found.group(1))
            cells[column] = _content(cell, shared)
        if any(text.strip() for text in cells.values()):
            number = row.get("r", "")
            if not re.fullmatch(_COUNT, number) or max(cells) > 1000:
                raise broken
            yield int(number), [cells.get(k, "") for k in range(max(cells) + 1)]


def _xml(book: zipfile.ZipFile, name: str, broken: InputError) -> ElementTree.Element:
    if name not in book.namelist():  # a workbook without texts has no list of them
        return ElementTree.Element("none")
    if book.getinfo(name).file_size > UNPACKED:
        raise broken
    content = book.read(name)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise broken
    return ElementTree.fromstring(content)


def _column(letters: str) -> int:
    k = 0
    for letter in letters:
        k = 26 * k + ord(letter) - 64
    return k - 1


def _text(item: ElementTree.Element) -> str:
    return "".join(t.text or "" for t in item.iter(f"{_SHEET}t"))


def _content(cell: ElementTree.Element, shared: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell)
    value = cell.findtext(f"{_SHEET}v") or ""
    if kind == "s":
        return shared[int(value)] if re.fullmatch(_COUNT, value) and int(value) < len(shared) else ""
    if kind == "b":
        return "true" if value == "1" else "false"
    if kind == "n" and re.fullmatch(r"\d+\.0+", value):
        return value.partition(".")[0]  # a region's id that was typed as a number
    return value
