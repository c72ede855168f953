"""One problem solved by citybelt and by a plain loop in numpy, side by side: what every spec of a class of models does.

Columns: passes of ours and rounds of the loop to the same residual of 1e-10; milliseconds of both, warm, least of many;
``times``, how many of our solves fit into the loop's time; ``apart``, the largest difference of any log wage;
``bound``, the ms that our passes take to read their tables at the rate at which one thread reads memory (most of these
tables fit into caches, which are faster); ``x``, our time over it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import clock, stream
from benchmarks.plain.found import Found

HEAD = (
    f"{'problem':40s} {'passes':>6s} {'ms':>7s} {'residual':>8s} {'rounds':>6s} {'plain ms':>8s} {'residual':>8s} "
    f"{'times':>6s} {'apart':>7s} {'MB/pass':>7s} {'bound':>6s} {'x':>5s}"
)
#: Seconds spent on repeating either solve.
PATIENCE = 1.5


@dataclass(frozen=True)
class Problem:
    """One counterfactual.

    Attributes:
        name: what it is.
        parts: model, base year, elasticities, shock, closure.
        plain: the same by a plain loop.
        wages: log changes of a solution that ``plain`` gives too, in the same numeraire.
        moved: bytes that a pass must read.
        start: a state near by, or None for the base year.
    """

    name: str
    parts: tuple[Any, Any, Any, Any, Any]
    plain: Callable[[], Found]
    wages: Callable[[Any], np.ndarray]
    moved: int
    start: Any = None


def case(name: str) -> Path | None:
    """Folder of a published case, in the folder that CITYBELT_CASES names; None, with a word, where there is none."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "cases"
    folder = Path(os.environ.get("CITYBELT_CASES", beside)) / name
    if folder.is_dir():
        return folder
    print(f"{name}: no folder {folder}, left out; set CITYBELT_CASES", flush=True)
    return None


def least(work: Callable, smoke: bool) -> float:
    """Least seconds of a call, repeated as long as patience lasts."""
    return clock(work, 1 if smoke else int(np.clip(PATIENCE / clock(work, 1), 3, 101)))


def race(problems: Iterable[Problem | None], smoke: bool = False) -> None:
    """Print the table of problems, those that are None left out."""
    from citybelt.engine.solve import solve

    print(HEAD)
    for p in problems:
        if p is None:
            continue
        work = partial(solve, *p.parts, p.start)
        s, other = work().require(), p.plain()
        ours, theirs = least(work, smoke), least(p.plain, smoke)
        apart = np.abs(p.wages(s) - other.wages).max()
        bound = s.passes * p.moved / stream(smoke).read
        print(
            f"{p.name:40s} {s.passes:6d} {1e3 * ours:7.2f} {s.residual:8.0e} {other.rounds:6d} {1e3 * theirs:8.1f} "
            f"{other.residual:8.0e} {theirs / ours:6.1f} {apart:7.0e} {p.moved / 1e6:7.2f} {1e3 * bound:6.2f} "
            f"{ours / bound:5.1f}",
            flush=True,
        )
