"""The embedded worlds: their tables, the accounts made from them, and `load`."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from citybelt.errors import InputError, Problem

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from citybelt.data.dataset import Dataset
    from citybelt.worlds.split import Split

#: Names of the embedded worlds.
NAMES = ("northeast", "china")


def load(name: str, vintage: str = "2020", inner_mongolia: bool = False, split: str | Path | None = None) -> Dataset:
    """Load an embedded world.

    Args:
        name: ``northeast`` (the 36 prefectures of Liaoning, Jilin and Heilongjiang, other provinces, partners) or
            ``china`` (every prefecture with data, partners).
        vintage: of GDP, ``2019``, ``2020``, ``2021`` or ``2020-revised``; nothing else differs.
        inner_mongolia: in ``northeast``, give the four eastern prefectures of Inner Mongolia regions of their own.
        split: a CSV file with columns region, sector, value_added (bn CNY): value added that replaces the imputed
            split of the region's tiers, see ``citybelt.worlds.split``.

    Raises:
        InputError: an unknown world or vintage, an option that the world does not have, or every mistake of the file.
    """
    from citybelt.worlds.tables import definition

    problems = []
    if name not in NAMES:
        own = "For regions and sectors of your own: `citybelt trade FOLDER`."
        problems.append(Problem(f"world {name!r}", "there is no such world.", f"{_nearest(name, NAMES)} {own}"))
    vintages = tuple(definition("common")["vintage"])
    if str(vintage) not in vintages:
        problems.append(Problem(f"vintage {vintage!r}", "there is no such vintage.", _nearest(str(vintage), vintages)))
    if problems:
        raise InputError(problems)
    options = ("inner_mongolia",) if inner_mongolia else ()
    return _load(name, str(vintage), options, None if split is None else _read(split, name, options))


@cache
def _load(name: str, vintage: str, options: tuple[str, ...], split: Split | None) -> Dataset:
    from citybelt.worlds.label import dataset
    from citybelt.worlds.world import world

    return dataset(world(name, vintage, options, split))


def _read(file: str | Path, name: str, options: tuple[str, ...]) -> Split:
    """The user's table for the regions and sectors of a world."""
    from citybelt.worlds import split, tables
    from citybelt.worlds.world import places_of

    named = (
        {key: (row.name_en, row.name_zh) for key, row in table.iterrows()}
        for table in (places_of(name, options).regions, tables.sectors())
    )
    return split.read(file, *named)


def sources() -> pd.DataFrame:
    """Every source that provenance names: citation, address and licence, indexed by key."""
    import pandas as pd

    from citybelt.worlds.tables import HERE

    parts = []
    for place in (HERE / "tables" / "sources.csv", HERE / "sources.csv"):
        with place.open(encoding="utf-8") as file:
            parts.append(pd.read_csv(file, keep_default_na=False))
    return pd.concat(parts).set_index("source")


def _nearest(name: str, names: tuple[str, ...]) -> str:
    close = get_close_matches(str(name), names, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(names)}."
