"""Replications: results that others published, computed anew from their data or, where they need none, their formulas.

A case is a module with

    NAME      of the case and of the module
    TITLE     in English and Chinese
    FILES     names of the files that it needs, may be empty
    ORIGIN    where the files are from
    figures   ``figures(folder) -> list[Figure]``, every figure expected beside the one computed

and stands in ``CASES`` below. The files themselves are not part of the package.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from types import ModuleType

from citybelt.errors import InputError, Problem
from citybelt.replicate import (
    allen_arkolakis_2014,
    caliendo_parro_2015,
    gravity_can_jpn,
    mrrh_germany,
    rbc_path,
    redding_2016,
)
from citybelt.replicate.files import locate
from citybelt.replicate.result import Cases, Figure, Replication

__all__ = ["CASES", "Cases", "Figure", "Replication", "cases", "compute"]

#: Every case, in the order in which they are listed.
CASES: tuple[ModuleType, ...] = (
    caliendo_parro_2015,
    mrrh_germany,
    gravity_can_jpn,
    redding_2016,
    allen_arkolakis_2014,
    rbc_path,
)


def compute(name: str, folder: str | Path | None = None) -> Replication:
    """All figures of a case.

    Args:
        name: of the case.
        folder: where its files are, or a folder with a folder of that name.

    Raises:
        InputError: a case that isn't known; files that are missing or malformed.
        NotSolvedError: an equilibrium was not reached.
    """
    from citybelt.config import configure

    known = {case.NAME: case for case in CASES}
    if name not in known:
        near = difflib.get_close_matches(str(name), known, 1)
        do = f"Did you mean '{near[0]}'?" if near else f"Known are {', '.join(known)}."
        raise InputError([Problem("case", f"there is no case '{name}'.", do)])
    case = known[name]
    here = locate(folder, case.NAME, case.FILES, case.ORIGIN)
    configure()
    return Replication(case.NAME, case.TITLE, tuple(case.figures(here)))


def cases() -> Cases:
    """The cases that there are."""
    import pandas as pd

    rows = [
        {"case": c.NAME, "title_en": c.TITLE[0], "title_zh": c.TITLE[1], "files": list(c.FILES), "origin": c.ORIGIN}
        for c in CASES
    ]
    return Cases(pd.DataFrame(rows, columns=["case", "title_en", "title_zh", "files", "origin"]))
