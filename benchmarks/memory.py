"""Peak memory of a fresh process that loads a world, solves and differentiates it, MB (the bound is 1500)."""

from __future__ import annotations

import tempfile

from benchmarks.common import WORLDS
from benchmarks.fresh import in_fresh_process


def main() -> None:
    print(f"{'world':10s} {'cache':6s} {'after solve':>12s} {'after gradient':>15s}")
    for world in WORLDS:
        with tempfile.TemporaryDirectory() as cache:
            for state in ("empty", "warm"):
                found = in_fresh_process(world, cache)
                row = f"{found['MB after solve']:12.0f} {found['MB after gradient']:15.0f}"
                print(f"{world:10s} {state:6s} {row}", flush=True)
