"""The whole of ``citybelt plan northeast``, with report and bands, seconds (the bound is 120)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    print(f"{'cache':6s} {'seconds':>8s}")
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "JAX_COMPILATION_CACHE_DIR": f"{folder}/cache",
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
        command = [Path(sys.executable).with_name("citybelt"), "plan", "northeast", "--json", "--out", f"{folder}/out"]
        for state in ("empty", "warm"):
            begin = time.perf_counter()
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
            print(f"{state:6s} {time.perf_counter() - begin:8.1f}", flush=True)
