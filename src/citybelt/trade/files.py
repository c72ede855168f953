"""What a folder of tables may hold, and the reading of one table: its form, its labels and its numbers.

Every table is long: a heading, then one row for each cell. A reader of the folder hears of all mistakes at once;
of many of one kind in one column the first few, and how many more there are.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import numpy as np

from citybelt.data.lines import numbered
from citybelt.errors import InputError, Problem

#: Mistakes of one kind in one column that are listed.
LISTED = 8
#: Columns that any table may have and nobody reads.
REMARKS = ("note", "source")
#: A word for every region, or every sector, in a table of shocks.
EVERY = "*"


class Form(NamedTuple):
    """The columns of a table: those it must have, those it may have, and those of which it must have one."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    required: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.needed, *self.one_of, *self.optional)


#: Every table of a folder.
FORMS = {
    "regions.csv": Form(("region",), ("deficit", "housing"), required=True),
    "elasticities.csv": Form(
        ("sector", "theta"), ("agglomeration", "substitution", "substitution_inputs"), required=True
    ),
    "flows.csv": Form(("sector", "importer", "exporter", "value"), required=True),
    "value_added.csv": Form(("region", "sector"), one_of=("value", "share"), required=True),
    "inputs.csv": Form(("sector", "input"), ("region",), ("value", "share"), required=True),
    "tariffs.csv": Form(("sector", "importer", "exporter", "percent")),
    "tariffs_new.csv": Form(("sector", "importer", "exporter", "percent")),
    "shocks.csv": Form(("field", "value"), ("region", "partner", "sector")),
    "structures.csv": Form(("region", "sector", "share")),
    "labour.csv": Form(("sector", "market")),
    "people.csv": Form(("origin", "residence", "persons"), ("group", "market")),
}
SETTINGS = "model.yaml"
#: Results that may lie in the same folder.
RESULTS = "trade_"


class Bounds(NamedTuple):
    """What a number may be, in numbers and in words."""

    least: float
    most: float
    open: bool
    words: str
    such_as: str

    def hold(self, values: np.ndarray) -> np.ndarray:
        """Whether each value is within."""
        low = values > self.least if self.open else values >= self.least
        return low & (values <= self.most)


#: No account of the world comes near it, and its products still are numbers.
MOST = 1e30
#: A tariff, or a change, that makes a price a hundred times as high.
HUNDREDFOLD = 10_000.0
#: The largest elasticity that anything is bought or chosen with.
STEEP = 1000.0

AMOUNT = Bounds(0.0, MOST, False, "is negative or above 1e30", "Give an amount such as 12.5.")
SIGNED = Bounds(-MOST, MOST, False, "is beyond 1e30", "Give a number such as -3.5.")
POSITIVE = Bounds(0.0, STEEP, True, "is not above 0 and at most 1000", "Give an elasticity such as 4.")
ELASTICITY = Bounds(0.0, STEEP, False, "is not from 0 to 1000", "Give an elasticity such as 0.5.")
SPILLOVER = Bounds(-1.0, 1.0, False, "is not from -1 to 1", "Give an elasticity such as 0.05.")
SHARE = Bounds(0.0, 1.0, False, "is not from 0 to 1", "Give a share such as 0.35, not per cent.")
PERCENT = Bounds(
    0.0, HUNDREDFOLD, False, "is negative or above 10000", "Give a rate in per cent, such as 7.5."
)  # fmt: skip
CHANGE = Bounds(
    -100.0, HUNDREDFOLD, True, "is not above -100 and at most 10000", "Give a change in per cent, such as -5."
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table that was read: its cells by column, and the line of each row."""

    path: Path
    lines: tuple[int, ...]
    cells: Mapping[str, Sequence[str]]

    def __contains__(self, column: str) -> bool:
        return column in self.cells

    def at(self, row: int, column: str = "") -> str:
        """Where a row, or a cell of it, stands."""
        return f"{self.path}, line {self.lines[row]}" + (f", column {column}" if column else "")


class Reader:
    """The tables of a folder, and every problem found in them so far."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.problems: list[Problem] = []

    def say(self, where: str, what: str, do: str = "") -> None:
        """Note a problem."""
        self.problems.append(Problem(where, what, do))

    def many(
        self, table: Table, rows: Sequence[int], column: str, tell: Callable[[int], tuple[str, str]]
    ) -> None:  # fmt: skip
        """Note what is wrong in each of the rows: the first few, and how many more there are."""
        for row in rows[:LISTED]:
            self.say(table.at(row, column), *tell(row))
        if (more := len(rows) - LISTED) > 0:
            self.say(table.at(rows[LISTED], column), f"... and {more} more such rows.", "Correct those first.")

    def strangers(self) -> None:
        """Tables in the folder that nothing would read, which may be misspelt."""
        for path in sorted(self.folder.glob("*.csv")):
            if path.name not in FORMS and not path.name.startswith(RESULTS):
                near = get_close_matches(path.name.casefold(), FORMS, n=1, cutoff=0.5)
                do = f"Did you mean {near[0]!r}?" if near else f"Tables are {', '.join(FORMS)}."
                self.say(str(path), "no table has this name.", f"{do} Else move it elsewhere.")

    def holds(self, name: str) -> bool:
        """Whether a table is there in whatever form, even as a link that leads nowhere."""
        return os.path.lexists(self.folder / name)

    def table(self, name: str) -> Table | None:
        """A table in the right form; None if the folder has none, or noted problems keep it from being read."""
        form, path = FORMS[name], self.folder / name
        if not self.holds(name):
            if form.required:
                self.say(str(path), "the file is missing.", f"Give the columns {', '.join(form.columns)}.")
            return None
        try:
            lines = numbered(path)
        except InputError as error:
            self.problems += error.problems
            return None
        if not lines:
            self.say(str(path), "the file is empty.", f"Give the columns {', '.join(form.needed)} and rows.")
            return None
        head, names = lines[0][0], [cell.strip() for cell in lines[0][1]]
        return self._body(path, lines[1:], names) if self._head(path, head, names, form) else None

    def _head(self, path: Path, line: int, names: list[str], form: Form) -> bool:
        """Whether the heading names what it must."""
        before, top = len(self.problems), f"{path}, line {line}"
        if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
            self.say(top, "there is only one column.", "Separate columns by commas.")
            return False
        others = [name for name in names if name and name not in form.columns]
        for name in form.needed:
            if name not in names:
                self.say(f"{top}, column {name}", "there is no such column.", self._rename(name, others, form))
        if form.one_of and (count := sum(name in names for name in form.one_of)) != 1:
            what = "there is none of the columns" if count == 0 else "there are both columns"
            self.say(f"{top}, column {form.one_of[0]}", f"{what} {' and '.join(form.one_of)}.", "Give one of them.")
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                self.say(f"{top}, column {name}", "the column is there twice.", "Keep one of them.")
            elif not name:
                self.say(f"{top}, cell {names.index(name) + 1}", "the column has no name.", "Name or remove it.")
            elif name not in form.columns and name not in REMARKS:
                near = get_close_matches(name.casefold(), form.columns, n=1)
                do = f"Did you mean {near[0]!r}?" if near else f"Columns are {', '.join((*form.columns, *REMARKS))}."
                self.say(f"{top}, column {name}", f"{name!r} is no column of this table.", do)
        return len(self.problems) == before

    @staticmethod
    def _rename(name: str, others: Sequence[str], form: Form) -> str:
        near = get_close_matches(name, others, n=1)
        return f"Rename {near[0]!r}." if near else f"Columns are {', '.join(form.columns)}."

    def _body(self, path: Path, lines: Sequence[tuple[int, list[str]]], names: list[str]) -> Table | None:
        whole = Table(path, tuple(number for number, _ in lines), {})
        uneven = [row for row, (_, cells) in enumerate(lines) if len(cells) != len(names)]
        self.many(
            whole, uneven, "",
            lambda row: (f"{len(lines[row][1])} cells under {len(names)} columns.", "Quote cells that hold a comma."),
        )  # fmt: skip
        if uneven:
            return None
        if not lines:
            self.say(str(path), "there are no rows under the heading.", "Give at least one.")
            return None
        columns = list(zip(*(cells for _, cells in lines), strict=True))
        cells = {name: [c.strip() for c in columns[k]] for k, name in enumerate(names) if name not in REMARKS}
        return Table(path, whole.lines, cells)

    def labels(self, table: Table, column: str, bare: bool = False) -> list[str]:
        """The cells of a column that names things, each of which must be there unless ``bare``, and be seen."""
        cells = table.cells[column]
        empty = [row for row, cell in enumerate(cells) if not cell and not bare]
        self.many(table, empty, column, lambda row: ("the cell is empty.", "Give a name."))
        odd = [row for row, cell in enumerate(cells) if not cell.isprintable()]
        self.many(
            table, odd, column,
            lambda row: (f"{cells[row][:60]!r} holds a character that cannot be seen.", "Write the name anew."),
        )  # fmt: skip
        return list(cells)

    def places(
        self, table: Table, column: str, known: Sequence[str], kind: str, rows: Sequence[int] | None = None
    ) -> np.ndarray:
        """The place of each label in the list of known ones, -1 where noted as unknown; of ``rows`` alone if given."""
        index = {name: k for k, name in enumerate(known)}
        cells = table.cells[column]
        found = np.array([index.get(cell, -1) for cell in cells])
        wanted = range(len(cells)) if rows is None else rows
        self.many(table, [r for r in wanted if found[r] < 0], column, lambda row: _unknown(kind, cells[row], known))
        return found

    def numbers(self, table: Table, column: str, bounds: Bounds) -> np.ndarray:
        """The numbers of a column, NaN where noted as none or out of bounds."""
        cells = table.cells[column]
        said = [number(cell) for cell in cells]
        values = np.array([value if isinstance(value, float) else math.nan for value in said])
        words = {row: value for row, value in enumerate(said) if isinstance(value, str)}
        self.many(table, list(words), column, lambda row: (words[row], bounds.such_as))
        out = np.isfinite(values) & ~bounds.hold(values)
        wrong = np.flatnonzero(out).tolist()
        self.many(table, wrong, column, lambda row: (f"{cells[row]} {bounds.words}.", bounds.such_as))
        return np.where(out, math.nan, values)

    def cells(self, table: Table, keys: Mapping[str, tuple[np.ndarray, Sequence[str]]]) -> np.ndarray:
        """The line of each cell that the rows name, 0 where none does: an array over the keys.

        Args:
            table: the table.
            keys: by column the place of each row's label, and the labels.
        """
        shape = tuple(len(names) for _, names in keys.values())
        there = np.all([place >= 0 for place, _ in keys.values()], axis=0)
        rows = np.flatnonzero(there)
        flat = np.ravel_multi_index([place[rows] for place, _ in keys.values()], shape) if len(rows) else rows
        _, first, back = np.unique(flat, return_index=True, return_inverse=True)
        again = rows[first[back] != np.arange(len(rows))].tolist()
        origin = dict(zip(rows.tolist(), rows[first[back]].tolist(), strict=True))
        self.many(
            table, again, "",
            lambda row: (
                f"{_said(table, row, keys)} stands on line {table.lines[origin[row]]} already.", "Keep one of them."
            ),
        )  # fmt: skip
        lines = np.zeros(math.prod(shape), int)
        lines[flat[::-1]] = np.asarray(table.lines)[rows[::-1]]
        return lines.reshape(shape)

    def whole(self, table: Table, lines: np.ndarray, keys: Mapping[str, Sequence[str]], do: str) -> None:
        """Note the cells that no row names."""
        gaps = np.argwhere(lines == 0)
        where = f"{table.path}, column{'s' if len(keys) > 1 else ''} {', '.join(keys)}"
        for gap in gaps[:LISTED]:
            name = ", ".join(names[k] for names, k in zip(keys.values(), gap, strict=True))
            self.say(where, f"there is no row for {name}.", do)
        if len(gaps) > LISTED:
            self.say(where, f"... and {len(gaps) - LISTED} more such rows are missing.", "Add those first.")


def number(text: str) -> float | str:
    """A number, or what is wrong with it in words."""
    if not text:
        return "the cell is empty."
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if math.isfinite(value):
        return value
    bare = text.rstrip("% ").replace(",", "")
    try:
        hint = f" Write {bare}." if bare != text and math.isfinite(float(bare)) else ""
    except ValueError:
        hint = ""
    return f"{text[:60]!r} is not a number.{hint}"


def _unknown(kind: str, text: str, known: Sequence[str]) -> tuple[str, str]:
    """What to say of a label that isn't known: the nearest one."""
    if not text:
        return "the cell is empty.", f"Give a {kind}."
    label = {name.casefold(): name for name in known}
    near = get_close_matches(text.casefold(), list(label), n=1, cutoff=0.5)
    do = f"Did you mean {label[near[0]]!r}?" if near else f"Known are {', '.join(list(known)[:5])}."
    return f"there is no {kind} {text[:60]!r}.", do


def _said(table: Table, row: int, keys: Mapping[str, object]) -> str:
    return ", ".join(table.cells[column][row] for column in keys if column in table)
