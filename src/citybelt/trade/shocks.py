"""What is to change, from ``tariffs_new.csv`` and ``shocks.csv``.

A shock is a row: the field, where it acts, and the value. ``*`` stands for every region or every sector; on a pair it
stands for every other region.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from citybelt.trade.economy import Change
from citybelt.trade.files import CHANGE, EVERY, PERCENT, SIGNED, Bounds, Reader, Table

#: Relative gap that the transfers of a table may leave, which are written with few digits.
CLOSE = 1e-6


class Field(NamedTuple):
    """Where a shock acts: the columns that it needs of region, partner, sector; and what its value is."""

    axes: tuple[str, ...]
    bounds: Bounds
    origins: bool = False
    settled: bool = False


PAIR, CELL, PLACE = ("sector", "region", "partner"), ("region", "sector"), ("region",)
FIELDS = {
    "tariff": Field(PAIR, PERCENT),
    "trade_cost": Field(PAIR, CHANGE),
    "productivity": Field(CELL, CHANGE),
    "factor_productivity": Field(CELL, CHANGE),
    "labour": Field(PLACE, CHANGE),
    "structures": Field(PLACE, CHANGE),
    "amenity": Field(PLACE, CHANGE, settled=True),
    "transfer": Field(PLACE, SIGNED),
    "people": Field(PLACE, CHANGE, origins=True, settled=True),
    "migration_cost": Field(("partner", "region"), CHANGE, origins=True, settled=True),
}


class Known(NamedTuple):
    """What the shocks may name, and what the economy has."""

    regions: Sequence[str]
    sectors: Sequence[str]
    origins: Sequence[tuple[str, str]]
    structures: bool


def change(reader: Reader, known: Known, tariff: np.ndarray, fresh: np.ndarray | None) -> Change:
    """The change that ``shocks.csv`` and new tariffs ask for.

    Args:
        reader: of the folder; gets every problem found.
        known: what may be named.
        tariff: [J, N, N] rates of the base year.
        fresh: [J, N, N] rates of ``tariffs_new.csv``, NaN where it has no row; None without the file.
    """
    n, j = len(known.regions), len(known.sectors)
    rates = tariff if fresh is None else np.where(np.isnan(fresh), tariff, fresh)
    table = reader.table("shocks.csv")
    if table is None:
        return Change(tariff=None if fresh is None else rates)
    values = _values(reader, table)
    words = table.cells["field"]
    unknown = np.flatnonzero(reader.places(table, "field", list(FIELDS), "field") < 0).tolist()
    arrays: dict[str, np.ndarray] = {}
    for name, about in FIELDS.items():
        rows = [row for row, word in enumerate(words) if word == name]
        if not rows or unknown:
            continue
        if about.settled and not known.origins:
            reader.say(table.at(rows[0], "field"), f"{name!r} needs people.", "Add people.csv, or leave it out.")
        if name == "structures" and not known.structures:
            reader.say(table.at(rows[0], "field"), "there are no structures.", "Add structures.csv, or leave it out.")
        shape = tuple(j if axis == "sector" else n for axis in about.axes)
        found = _laid(reader, table, rows, about, values, known, np.full(shape, np.nan))
        if name == "tariff":
            if fresh is not None and (np.isfinite(found) & np.isfinite(fresh)).any():
                row = rows[0]
                what = "sets tariffs that tariffs_new.csv sets too."
                reader.say(table.at(row, "field"), what, "Keep one of the two.")
            rates = np.where(np.isnan(found), rates, found / 100.0)
            arrays["tariff"] = rates
        elif name == "transfer":
            arrays[name] = _closed(reader, table, rows, np.nan_to_num(found), known)
        else:
            arrays[name] = _of_origins(np.log1p(np.nan_to_num(found) / 100.0), name, known)
    if fresh is not None:
        arrays["tariff"] = rates
    return Change(**arrays)


def _values(reader: Reader, table: Table) -> np.ndarray:
    """The value of each row, within the bounds of its field."""
    values = reader.numbers(table, "value", SIGNED)
    text = table.cells["value"]
    for name, about in FIELDS.items():
        rows = [r for r, word in enumerate(table.cells["field"]) if word == name]
        out = [r for r in rows if np.isfinite(values[r]) and not about.bounds.hold(values[r])]
        words, such_as = about.bounds.words, about.bounds.such_as
        told = {row: (f"{text[row]} {words}.", such_as) for row in out}
        reader.many(table, out, "value", told.__getitem__)
        values[out] = np.nan
    return values


def _laid(
    reader: Reader, table: Table, rows: list[int], about: Field, values: np.ndarray, known: Known, into: np.ndarray
) -> np.ndarray:  # fmt: skip
    """The values of the rows in their cells, NaN elsewhere."""
    lists = {"region": known.regions, "partner": known.regions, "sector": known.sectors}
    for column in ("region", "partner", "sector"):
        if column in about.axes and column not in table:
            reader.say(table.at(rows[0], "field"), f"this field needs a column {column!r}.", "Add the column.")
            return into
        if column not in about.axes and column in table:
            beside = [r for r in rows if table.cells[column][r]]
            reader.many(
                table, beside, column,
                lambda row: (f"{table.cells['field'][row]!r} takes no {column}.", "Empty the cell."),  # noqa: B023
            )  # fmt: skip
    places = {}
    for column in about.axes:
        named = [r for r in rows if table.cells[column][r] != EVERY]
        places[column] = reader.places(table, column, lists[column], column, named)
    owner = np.full(into.shape, -1)
    pair = about.axes == PAIR
    for row in rows:
        every = {c: table.cells[c][row] == EVERY for c in about.axes}
        if any(not every[c] and places[c][row] < 0 for c in about.axes):
            continue
        own = pair and not any(every[c] for c in ("region", "partner"))
        if own and places["region"][row] == places["partner"][row] and about.bounds is PERCENT:
            reader.say(table.at(row, "partner"), "a region takes no tariff from itself.", "Remove the row.")
            continue
        index = np.ix_(*(np.arange(into.shape[k]) if every[c] else [places[c][row]] for k, c in enumerate(about.axes)))
        block = np.zeros(into.shape, bool)
        block[index] = True
        if pair and not own:
            block &= ~np.eye(into.shape[1], dtype=bool)
        taken = block & np.isfinite(into)
        if taken.any():
            what = f"sets what line {table.lines[int(owner[taken][0])]} sets already."
            reader.say(table.at(row), what, "Keep one of them for each cell.")
            continue
        into[block] = values[row]
        owner[block] = row
    return into


def _closed(reader: Reader, table: Table, rows: list[int], given: np.ndarray, known: Known) -> np.ndarray:
    """Transfers that sum to zero: what one receives another pays."""
    rest = float(given.sum())
    if abs(rest) > CLOSE * max(float(np.abs(given).sum()), 1e-300):
        what = f"the transfers sum to {rest:.6g}, not to zero."
        reader.say(table.at(rows[0], "value"), what, "Say who pays what the others receive, with a minus.")
    return given - rest / len(given)


def _of_origins(values: np.ndarray, name: str, known: Known) -> np.ndarray:
    """From regions to the origins of people: every group of a region alike."""
    if not FIELDS[name].origins:
        return values
    return values[[list(known.regions).index(region) for region, _ in known.origins]]
