"""A user's table of value added by region and sector, which replaces the split that a world imputes.

Given values stay. The other sectors of the same tier share what is left of the region's total of that tier; where
every sector of a tier is given, the tier takes the table's total instead. What places without rows have is balanced
to their own tiers and to the nation's sectors, as close to the imputed split as these allow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from citybelt.data.lines import numbered
from citybelt.errors import InputError, NotSolvedError, Problem

COLUMNS = ("region", "sector", "value_added")
#: Grade of a value that a user's table gives: it isn't checked against a publication.
GRADE = "B"
#: How near the rows of a sector that cover every region must come to the nation's total.
CLOSE = 1e-6


@dataclass(frozen=True)
class Split:
    """A table that was read: ``rows`` of line, region, sector and value added (bn CNY a year)."""

    file: str
    rows: tuple[tuple[int, str, str, float], ...]

    @property
    def source(self) -> str:
        """What provenance names."""
        return f"user table {Path(self.file).name}"

    def table(self, regions: Sequence[str], sectors: Sequence[str]) -> np.ndarray:
        """Value added [region, sector], NaN where not given."""
        out = np.full((len(regions), len(sectors)), np.nan)
        for _, region, sector, value in self.rows:
            out[regions.index(region), sectors.index(sector)] = value
        return out


def read(file: str | Path, regions: Mapping[str, Sequence[str]], sectors: Mapping[str, Sequence[str]]) -> Split:
    """Read a table in CSV (UTF-8) with columns region, sector, value_added in any order; others are not read.

    Args:
        file: path of the table.
        regions, sectors: ids that it may use, each with names that a reader may have written instead.

    Raises:
        InputError: every mistake of the file at once, with line and column.
    """
    where = str(file)
    lines = numbered(where)
    if not lines:
        raise InputError([Problem(where, "the file is empty.", f"Give the columns {', '.join(COLUMNS)} and rows.")])
    names = [name.strip() for name in lines[0][1]]
    top = f"{where}, line {lines[0][0]}"
    if len(names) == 1 and any(mark in names[0] for mark in ";\t"):
        raise InputError([Problem(top, "there is only one column.", "Separate columns by commas.")])
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        others = [name for name in names if name and name not in COLUMNS]
        raise InputError(
            [Problem(top, f"there is no column {name!r}.", _nearest_column(name, others)) for name in missing]
        )
    problems = [
        Problem(f"{top}, column {name}", "the column is there twice.", "Keep one of them.")
        for name in COLUMNS
        if names.count(name) > 1
    ]
    seen: dict[tuple[str, str], int] = {}
    rows = []
    for line, cells in lines[1:]:
        at = f"{where}, line {line}"
        if len(cells) != len(names):
            problems.append(
                Problem(at, f"{len(cells)} cells under {len(names)} columns.", "Quote cells that hold a comma.")
            )
            continue
        cell = {name: cells[names.index(name)].strip() for name in COLUMNS}
        bad = [
            Problem(f"{at}, column {column}", *_unknown(column, cell[column], known))
            for column, known in (("region", regions), ("sector", sectors))
            if cell[column] not in known
        ]
        value = _number(cell["value_added"])
        if isinstance(value, str):
            bad.append(Problem(f"{at}, column value_added", value, "Give bn CNY a year, such as 12.5."))
        key = cell["region"], cell["sector"]
        if key in seen:
            bad.append(Problem(at, f"{' '.join(key)} stands on line {seen[key]} already.", "Keep one of them."))
        seen.setdefault(key, line)
        problems += bad
        if not bad:
            rows.append((line, *key, float(value)))
    if len(lines) == 1:
        problems.append(Problem(where, "there are no rows under the heading.", "Give at least one."))
    if problems:
        raise InputError(problems)
    return Split(where, tuple(rows))


def _number(text: str) -> float | str:
    """A value, or what is wrong with it."""
    if not text:
        return "the cell is empty."
    try:
        value = float(text)
    except ValueError:
        return f"{text!r} is not a number."
    if not math.isfinite(value):
        return f"{text!r} is not a number."
    return f"{text} is negative." if value < 0 else value


def _nearest_column(name: str, others: Sequence[str]) -> str:
    close = get_close_matches(name, others, n=1)
    return f"Rename {close[0]!r}." if close else f"The columns are {', '.join(COLUMNS)}."


def _unknown(column: str, text: str, known: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """What to say of an id that isn't known: the nearest id, or the one whose name was written."""
    if not text:
        return "the cell is empty.", f"Give the id of a {column}."
    label = {name.casefold(): key for key, names in known.items() for name in (key, *names) if name}
    close = get_close_matches(text.casefold(), list(label), n=1)
    if not close:
        return f"there is no {column} {text!r} in this world.", f"Ids are such as {', '.join(list(known)[:3])}."
    key = label[close[0]]
    return f"there is no {column} {text!r} in this world.", f"Did you mean {key!r} ({known[key][0]})?"


def applied(
    added: np.ndarray, split: Split, tier: np.ndarray, regions: Sequence[str], sectors: Sequence[str], least: float
) -> np.ndarray:
    """Value added [R, J] with the table's values in place of the imputed ones.

    Args:
        added: [R, J] imputed value added, bn CNY.
        split: the table.
        tier: [J] tier of each sector.
        regions, sectors: ids [R] and [J].
        least: what a given zero becomes, as a share of the region's tier (every product has a price everywhere).

    Raises:
        InputError: rows that leave nothing for the rest of a region's tier, or of the nation's sector.
    """
    from citybelt.estimate.balance import biproportional

    given = split.table(regions, sectors)
    line: dict[int, int] = {}
    for number, region, _, _ in split.rows:
        line.setdefault(regions.index(region), number)
    out, problems = added.copy(), []
    for t in dict.fromkeys(tier):
        j = np.flatnonzero(tier == t)
        before, fixed = added[:, j], given[:, j].copy()
        held = ~np.isnan(fixed)
        if not held.any():
            continue
        total, nation = before.sum(axis=1), before.sum(axis=0)
        fixed = np.where(held & (fixed == 0), least * total[:, None], fixed)
        taken = np.where(held, fixed, 0.0)
        whole = held.all(axis=1)
        rest = total[~whole].sum()
        rows = np.where(whole, taken.sum(axis=1), total * (total.sum() - taken[whole].sum()) / rest if rest else 0.0)
        left, open_ = rows - taken.sum(axis=1), nation - taken.sum(axis=0)
        floor = least * total * (~held).sum(axis=1)
        for r in np.flatnonzero(~whole & (left < floor) & held.any(axis=1)).tolist():
            free = [sectors[k] for k in j[~held[r]].tolist()]
            problems.append(
                Problem(
                    f"{split.file}, line {line[r]}",
                    f"the rows of {regions[r]} add up to {taken[r].sum():.6g} and its {t} sector has {rows[r]:.6g}.",
                    f"Give less, or replace the total too by giving all of it (missing: {', '.join(free)}).",
                )
            )
        closed = held.all(axis=0)
        wrong = np.where(closed, np.abs(open_) > CLOSE * nation, open_ < least * nation)
        for k in np.flatnonzero(wrong & held.any(axis=0)).tolist():
            mine = taken[:, k].sum()
            what = f"the rows of {sectors[int(j[k])]} add up to {mine:.6g} and the nation has {nation[k]:.6g}."
            do = "Scale them, or leave a region out." if closed[k] else "Check the unit, bn CNY a year."
            problems.append(Problem(f"{split.file}, column value_added", what, do))
        if problems:
            continue
        with np.errstate(divide="ignore"):
            prior = np.where(held, -np.inf, np.log(before))
        rows, columns = np.where(whole, 0.0, left), np.where(closed, 0.0, open_)
        if not rows.any():
            out[:, j] = fixed
            continue
        try:
            table, _ = biproportional(prior[None], rows[None], (columns * rows.sum() / columns.sum())[None])
        except NotSolvedError as error:
            what = f"with these values the {t} sectors of regions and nation can't both hold ({error})"
            problems.append(Problem(split.file, what, "Check values near a region's or the nation's total."))
            continue
        out[:, j] = np.where(held, fixed, table[0])
    if problems:
        raise InputError(problems)
    return out
