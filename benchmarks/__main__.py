"""Run the named benchmarks, or all but ``plan``: ``python -m benchmarks [solve gradient memory start plan]``."""

from __future__ import annotations

import importlib
import sys

from benchmarks.common import machine

NAMES = ("solve", "gradient", "memory", "start", "plan")

if __name__ == "__main__":
    chosen = sys.argv[1:] or NAMES[:-1]
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        sys.exit(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    print(machine(), flush=True)
    for name in chosen:
        print(f"\n{name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
