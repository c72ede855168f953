r"""Do the tables fit together? Shares, costs, deficits and what is left for final spending.

With flows ``z[j,n,i]`` before tariffs and rates ``t``:

    (B1)  output[i,j] = sum_n z[j,n,i]                     what sellers receive
    (B2)  use[n,j] = sum_i (1 + t[j,n,i]) z[j,n,i]         what buyers pay
    (B3)  va[n,j] + sum_k inputs[n,j,k] = 1                costs exhaust output
    (B4)  final[n,j] = use[n,j] - sum_k inputs[n,k,j] output[n,k] >= 0
    (B5)  deficit[n] = sum_j (sum_i z[j,n,i] - output[n,j])

What misses by less than the digits that tables are written with (``ROUNDING``) is scaled. More is refused, or mended
where the settings allow it; either way it is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from citybelt.trade.economy import Repair
from citybelt.trade.files import LISTED, SETTINGS, Reader
from citybelt.trade.settings import Settings

#: Relative gap that comes from writing shares with six digits, and is scaled without asking.
ROUNDING = 1e-5
#: Gaps below this are those of double precision and are not worth a line.
NOTHING = 1e-9


class Given(NamedTuple):
    """A quantity as a table gives it, and the line of each cell (0 where the table has no row)."""

    file: str
    column: str
    values: np.ndarray
    lines: np.ndarray

    def at(self, *cell: int) -> str:
        """Where a cell stands."""
        line = int(self.lines[cell])
        return self.file + (f", line {line}" if line else "") + f", column {self.column}"


@dataclass(frozen=True)
class Tables:
    """Accounts as read, before any check of how they fit."""

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Given  # [J, N, N]
    tariff: np.ndarray
    value_added: Given  # [N, J]
    inputs: Given  # [N, J, J], or [1, J, J] alike in all regions
    deficit: Given | None  # [N]


class Accounts(NamedTuple):
    """Accounts that fit."""

    trade: np.ndarray
    va: np.ndarray
    inputs: np.ndarray
    rough: bool


class _Bench:
    """Where accounts are judged: problems go to the reader, what is mended to the list of repairs."""

    def __init__(self, reader: Reader, settings: Settings, tables: Tables):
        self.reader, self.settings, self.tables = reader, settings, tables
        self.repairs: list[Repair] = []

    def refuse(self, cells: np.ndarray, tell: Callable[..., tuple[str, str, str]]) -> None:
        """Note a problem for each cell, the first few and how many more."""
        for cell in cells[:LISTED]:
            self.reader.say(*tell(*(int(k) for k in cell)))
        if len(cells) > LISTED:
            where = tell(*(int(k) for k in cells[LISTED]))[0]
            self.reader.say(where, f"... and {len(cells) - LISTED} more such cells.", "Correct those first.")

    def mend(self, kind: str, n: int | None, j: int | None, before: float, after: float, unit: str) -> None:
        """List a repair."""
        region = "" if n is None else self.tables.regions[n]
        sector = "" if j is None else self.tables.sectors[j]
        self.repairs.append(Repair(kind, region, sector, float(before), float(after), unit))

    def name(self, n: int, j: int) -> str:
        return f"{self.tables.regions[n]}, {self.tables.sectors[j]}"


def fit(reader: Reader, settings: Settings, tables: Tables) -> tuple[Accounts | None, tuple[Repair, ...]]:
    """The accounts, if they fit or may be mended; problems go to the reader.

    Args:
        reader: of the folder.
        settings: which repairs are allowed.
        tables: as read, every cell a number in its bounds.
    """
    bench = _Bench(reader, settings, tables)
    before = len(reader.problems)
    trade = tables.flows.values
    if settings.flows == "with tariffs":
        trade = trade / (1.0 + tables.tariff)
    output, use = trade.sum(axis=1).T, (trade * (1.0 + tables.tariff)).sum(axis=2).T
    _something(bench, output, use)
    va = _value_added(bench, output)
    if len(reader.problems) > before:
        return None, ()
    negative = _negative(bench)
    inputs = _inputs(bench, output, va, np.maximum(tables.inputs.values, 0.0) if negative == "zero" else None)
    _deficits(bench, trade)
    if len(reader.problems) > before:
        return None, ()
    rough = _final(bench, use - np.einsum("nkj,nk->nj", inputs, output), use)
    earned = (va * output).sum(axis=1)
    bench.refuse(
        np.argwhere(earned <= 0),
        lambda n: (tables.value_added.file, f"{tables.regions[n]} has no value added.", "Nobody could live there."),
    )
    if len(reader.problems) > before:
        return None, ()
    return Accounts(trade, va, inputs, rough or negative == "keep"), tuple(bench.repairs)


def _something(bench: _Bench, output: np.ndarray, use: np.ndarray) -> None:
    """Every sector is sold by somebody."""
    file, sectors = bench.tables.flows.file, bench.tables.sectors
    bench.refuse(
        np.argwhere(output.sum(axis=0) <= 0),
        lambda j: (f"{file}, column value", f"nobody sells {sectors[j]}.", "Remove the sector, or give its flows."),
    )
    regions = bench.tables.regions
    bench.refuse(
        np.argwhere(use.sum(axis=1) <= 0),
        lambda n: (f"{file}, column value", f"{regions[n]} buys nothing.", "Remove the region, or give its flows."),
    )


def _value_added(bench: _Bench, output: np.ndarray) -> np.ndarray:
    """[N, J] share of value added in output."""
    given = bench.tables.value_added
    if given.column == "share":
        return given.values
    made = output > 0
    share = np.where(made, given.values / np.where(made, output, 1.0), 1.0)
    idle = ~made & (given.values > 0)
    bench.refuse(
        np.argwhere(idle),
        lambda n, j: (given.at(n, j), f"{bench.name(n, j)} has value added and sells nothing.", "Give its flows."),
    )
    over = share > 1.0 + ROUNDING
    bench.refuse(
        np.argwhere(over),
        lambda n, j: (
            given.at(n, j),
            f"value added of {bench.name(n, j)} is {given.values[n, j]:.6g} and its sales are {output[n, j]:.6g}.",
            "Check the unit, and that flows.csv has what regions sell to themselves.",
        ),
    )
    return np.minimum(share, 1.0)


def _negative(bench: _Bench) -> str:
    """What is done with negative inputs, which real tables have where stocks change; "" where there are none."""
    given, how = bench.tables.inputs, bench.settings.repair["negative_inputs"]
    below = np.argwhere(given.values < 0)
    unit = "of materials" if given.column == "share" else bench.settings.money
    for n, k, j in below.tolist():
        value = float(given.values[n, k, j])
        alike = len(given.values) < len(bench.tables.regions)
        kind, after = ("negative_input_zero", 0.0) if how == "zero" else ("negative_input_kept", value)
        bench.mend(kind, None if alike else n, k, value, after, unit)
    return how if len(below) else ""


def _inputs(bench: _Bench, output: np.ndarray, va: np.ndarray, mended: np.ndarray | None) -> np.ndarray:
    """[N, J, J] inputs per unit of output, (B3); from ``mended`` values if given."""
    given, (n, j) = bench.tables.inputs, va.shape
    if mended is not None:
        given = given._replace(values=mended)
    materials = 1.0 - va
    if given.column == "share":
        wide = np.broadcast_to(given.values, (n, j, j))
        wanted = np.ones((n, j))
    else:
        made = output > 0
        wide = given.values / np.where(made, output, 1.0)[:, :, None]
        wanted = np.where(made, materials, 0.0)
    total = wide.sum(axis=2)
    matters = (materials > 0) & (output > 0)
    gap = np.abs(total - wanted)
    off = matters & (gap > ROUNDING)
    # A cost without materials takes none: what the table gives there must be nothing.
    off |= (given.column == "value") & (materials <= 0) & (output > 0) & (total > ROUNDING)
    if off.any() and bench.settings.repair["shares"] == "scale":
        hopeless = off & (total <= 0)
    else:
        hopeless = off

    def tell(r: int, k: int) -> tuple[str, str, str]:
        line = given.lines[min(r, len(given.lines) - 1), k]
        where = f"{given.file}, line {line[line > 0].min()}" if (line > 0).any() else given.file
        if given.column == "share":
            what = f"the inputs of {bench.name(r, k)} sum to {total[r, k]:.6g}, not to 1."
        else:
            parts = f"value added of {va[r, k]:.6g} and inputs of {total[r, k]:.6g}"
            what = f"{parts} of sales in {bench.name(r, k)} sum to {va[r, k] + total[r, k]:.6g}, not to 1."
        return f"{where}, column {given.column}", what, f"Correct them, or say `shares: scale` in {SETTINGS}."

    bench.refuse(np.argwhere(hopeless), tell)
    for r, k in np.argwhere(matters & (gap > NOTHING)).tolist():
        bench.mend("scaled_inputs", r, k, total[r, k] / wanted[r, k], 1.0, "of inputs")
    scale = np.where(total > 0, materials / np.where(total > 0, total, 1.0), 0.0)
    return wide * scale[:, :, None]


def _deficits(bench: _Bench, trade: np.ndarray) -> None:
    """(B5), held against the deficits that regions.csv gives."""
    given = bench.tables.deficit
    if given is None:
        return
    flows = trade.sum(axis=(0, 2)) - trade.sum(axis=(0, 1))
    size = trade.sum(axis=(0, 2)) + trade.sum(axis=(0, 1))
    off = np.abs(given.values - flows) > ROUNDING * size
    if bench.settings.repair["deficits"] == "flows":
        for n in np.flatnonzero(off).tolist():
            bench.mend("deficit_of_flows", n, None, given.values[n], flows[n], bench.settings.money)
        return
    bench.refuse(
        np.argwhere(off),
        lambda n: (
            given.at(n),
            f"the deficit of {bench.tables.regions[n]} is {given.values[n]:.6g}, and its flows give {flows[n]:.6g} "
            "(imports less exports, tariffs apart).",
            f"Correct either, or say `deficits: flows` in {SETTINGS}.",
        ),
    )


def _final(bench: _Bench, final: np.ndarray, use: np.ndarray) -> bool:
    """(B4); whether negative final spending is taken as observed with errors."""
    file = bench.tables.flows.file
    goods = final.sum(axis=1)
    bench.refuse(
        np.argwhere(goods <= 0),
        lambda n: (
            f"{file}, column value", f"{bench.tables.regions[n]} buys no more than its own materials.",
            "Its imports are too low, or its inputs too high.",
        ),
    )  # fmt: skip
    short = final < -1e-9 * np.maximum(goods, 0.0)[:, None]
    if bench.settings.repair["negative_final"] == "zero":
        for n, j in np.argwhere(short).tolist():
            bench.mend("negative_final", n, j, final[n, j], 0.0, bench.settings.money)
        return bool(short.any())
    bench.refuse(
        np.argwhere(short),
        lambda n, j: (
            f"{file}, column value",
            f"{bench.tables.regions[n]} buys {use[n, j]:.6g} of {bench.tables.sectors[j]} and uses "
            f"{use[n, j] - final[n, j]:.6g} as materials.",
            f"Correct flows or inputs, or say `negative_final: zero` in {SETTINGS}.",
        ),
    )
    return False
