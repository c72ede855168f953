"""Build the bank of trade fills: draw frictions, balance a matrix for each, store the factors; of people, the central.

    python tools/compile_fills.py [--draws 32] [--china 24]

Reads the package's own tables and writes ``fills_draws.csv`` and ``fills_WORLD.parquet`` beside them. The seed
is fixed, so the same tables give the same bank.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from citybelt.estimate import bank, trade
from citybelt.estimate.gravity import draw_frictions
from citybelt.worlds.accounts import place_people
from citybelt.worlds.world import place_fill, world

TABLES = Path(__file__).resolve().parents[1] / "src/citybelt/worlds/tables"
SEED = 2020


def write_draws(count: int) -> None:
    table = pd.DataFrame([asdict(f) for f in draw_frictions(count, SEED)])
    table.index.name = "draw"
    table.round(6).to_csv(TABLES / "fills_draws.csv", lineterminator="\n")
    bank.draws.cache_clear()


def write_factors(name: str, count: int) -> None:
    """Central fill and the first ``count`` draws of one world."""
    place = world(name, "2020", ())
    labels = (place.domestic, place.account.sectors, place.provinces, place.foreign)
    began, fills = time.perf_counter(), []
    for draw in (None, *range(count)):
        filled = trade.fill(place.known_in(draw), bank.frictions(draw))
        share = trade.shares(filled.flows, place.known.province)["between_provinces"]
        print(f"{name} {draw}: {share:.3f} of sales between provinces")
        fills.append((bank.CENTRAL if draw is None else draw, filled))
    path = TABLES / f"fills_{name}.parquet"
    table = pa.Table.from_pandas(bank.table(fills, *labels), preserve_index=False)
    pq.write_table(table, path, compression="zstd", use_dictionary=["kind", "place", "sector"])
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {time.perf_counter() - began:.0f} s")


def write_people() -> None:
    """Balancing factors of the central people matrix between places; draws are balanced from a cold start."""
    filled, *_ = place_fill()
    factor = pd.DataFrame({"place": place_people().places.units.index, "factor": filled.start.round(7)})
    factor.to_csv(TABLES / "fills_people.csv", index=False, lineterminator="\n")
    place_fill.cache_clear()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--draws", type=int, default=32, help="draws of northeast")
    arguments.add_argument("--china", type=int, default=24, help="draws of china")
    options = arguments.parse_args()
    write_people()
    write_draws(options.draws)
    write_factors("northeast", options.draws)
    write_factors("china", min(options.china, options.draws))
