"""One first result in a fresh process: ``python -m benchmarks.fresh WORLD`` prints seconds and peak memory as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def peak() -> float:
    """Largest memory of this process so far, MB."""
    # Not getrusage: its peak is carried over from the process that started this one.
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def measure(world: str) -> dict[str, float]:
    """Seconds of each step in this process, and peak memory after the solve and after the gradient."""
    marks = [time.perf_counter()]

    def lap() -> float:
        marks.append(time.perf_counter())
        return marks[-1] - marks[-2]

    import citybelt
    from benchmarks.common import shocks, welfare
    from citybelt.engine.adjoint import gradient
    from citybelt.engine.solve import solve
    from citybelt.model.economy import economy
    from citybelt.model.spatial import SPATIAL
    from citybelt.model.theory import theory

    citybelt.configure()
    found = {"import": lap()}
    dataset = citybelt.load(world)
    found["load"] = lap()
    e = economy(dataset, theory(list(dataset.x.sector.values)))
    found["calibrate"] = lap()
    shock = shocks(e)["internal borders -10 %"]
    found["shock"] = lap()
    s = solve(SPATIAL, e.base, e.theory, shock, e.closure).require(e.place)
    found |= {"solve": lap(), "first result": marks[-1] - marks[0], "MB after solve": peak()}
    float(gradient(welfare, s)[0])
    return found | {"gradient": lap(), "MB after gradient": peak()}


def in_fresh_process(world: str, cache: str) -> dict[str, float]:
    """``measure`` in a process of its own, with its compiled programs in the folder ``cache``."""
    environment = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": cache,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    command = [sys.executable, "-m", "benchmarks.fresh", world]
    begin = time.perf_counter()
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    return json.loads(out) | {"process": time.perf_counter() - begin}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
