"""The shipped bank of alternative trade fills: their frictions and balancing factors.

A draw's people matrix needs nothing stored: `citybelt.estimate.people` draws its assumptions and balances it anew.

``fills_draws.csv`` holds the frictions of every draw, ``fills_WORLD.parquet`` the logarithms of the balancing
factors (single precision), ``fills_pairs.csv`` what is known of provinces' trade with
single partners. `citybelt.estimate.trade.fill` rebuilds a matrix from them: it starts there and
polishes to rounding error, so small changes of the margins (another vintage) are met as well. Factors of a
region that isn't stored are not needed: the fill then starts cold.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from citybelt.estimate.gravity import Frictions, central_frictions
from citybelt.estimate.trade import Start, TradeFill

#: The number of the central fill in the tables.
CENTRAL = -1

_TABLES = files("citybelt.worlds") / "tables"


@cache
def draws() -> tuple[Frictions, ...]:
    """Frictions of every draw of the bank, in order."""
    with (_TABLES / "fills_draws.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, index_col="draw")
    seeds = table.pop("seed")
    return tuple(Frictions(**row, seed=int(seeds[k])) for k, row in table.to_dict("index").items())


def frictions(draw: int | None) -> Frictions:
    """Frictions of one draw, the central ones for None."""
    return central_frictions() if draw is None else draws()[draw]


@cache
def pairs() -> pd.DataFrame:
    """Known shares of a partner in the goods trade of a province: province, partner, share, year, source, grade."""
    with (_TABLES / "fills_pairs.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"province": str}).drop(columns="note")


def pair_share(provinces: Sequence[str], partners: Sequence[str]) -> np.ndarray:
    """`pairs` as the matrix [P, F] that `citybelt.estimate.trade.Known` takes, NaN where not known."""
    known = pairs().pivot(index="province", columns="partner", values="share")
    return known.reindex(index=list(provinces), columns=list(partners)).to_numpy(float)


def start(
    world: str,
    draw: int | None,
    regions: Sequence[str],
    sectors: Sequence[str],
    provinces: Sequence[str],
    partners: Sequence[str],
) -> Start | None:
    """Stored factors of one fill for these domestic regions, sectors, provinces and partners.

    None where the world, the draw or one of the regions isn't stored.
    """
    table = _stored(world)
    if table is None or (CENTRAL if draw is None else draw) not in table:
        return None
    factor = table[CENTRAL if draw is None else draw]
    keys = _keys(regions, sectors, provinces, partners)
    values = factor.reindex(keys).to_numpy(float)
    if np.isnan(values).any():
        return None
    head = len(keys) - len(regions) * len(sectors)
    return Start(values[:head], values[head:].reshape(len(sectors), len(regions)))


def table(
    fills: Sequence[tuple[int, TradeFill]],
    regions: Sequence[str],
    sectors: Sequence[str],
    provinces: Sequence[str],
    partners: Sequence[str],
) -> pd.DataFrame:
    """The table to store: a row for each factor (kind, place, sector or partner), a column for each numbered fill."""
    keys = _keys(regions, sectors, provinces, partners)
    columns = {
        str(number): np.concatenate([fill.start.placement, fill.start.seller.ravel()]).astype(np.float32)
        for number, fill in fills
    }
    return pd.DataFrame(columns, index=keys).reset_index()


@cache
def _stored(world: str) -> pd.DataFrame | None:
    path = _TABLES / f"fills_{world}.parquet"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        stored = pd.read_parquet(file)
    stored = stored.set_index(["kind", "place", "sector"])
    stored.columns = stored.columns.astype(int)
    return stored


def _keys(regions, sectors, provinces, partners):
    rows = [("exports", "", s) for s in sectors] + [("imports", "", s) for s in sectors]
    rows += [("province", p, "") for p in provinces] + [("partner", p, "") for p in partners]
    rows += [("pair", p, f) for p in provinces for f in partners]
    rows += [("seller", r, s) for s in sectors for r in regions]
    return pd.MultiIndex.from_tuples(rows, names=["kind", "place", "sector"])


def people_start(places: Sequence[str]) -> np.ndarray | None:
    """Stored balancing factors of the central people matrix for these places [R]; None where one isn't stored."""
    path = _TABLES / "fills_people.csv"
    if not path.is_file():
        return None
    with path.open(encoding="utf-8") as file:
        factor = pd.read_csv(file, dtype={"place": str}).set_index("place")["factor"]
    values = factor.reindex(list(places)).to_numpy(float)
    return None if np.isnan(values).any() else values
