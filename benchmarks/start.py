"""The first result of a fresh process, seconds: with an empty compile cache, and with a warm one."""

from __future__ import annotations

import tempfile

from benchmarks.common import WORLDS
from benchmarks.fresh import in_fresh_process

STEPS = ("import", "load", "calibrate", "shock", "solve", "first result", "gradient", "process")


def main() -> None:
    print(f"{'world':10s} {'cache':6s}" + "".join(f"{step:>13s}" for step in STEPS))
    for world in WORLDS:
        with tempfile.TemporaryDirectory() as cache:
            for state in ("empty", "warm"):
                found = in_fresh_process(world, cache)
                print(f"{world:10s} {state:6s}" + "".join(f"{found[step]:13.2f}" for step in STEPS), flush=True)
