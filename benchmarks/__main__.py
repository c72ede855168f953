"""Run the named benchmarks, or all but ``plan``: ``python -m benchmarks [solve gradient ...] [--smoke]``.

``--smoke`` runs each once at its smallest size, to see that it works; the times then mean nothing.
"""

from __future__ import annotations

import importlib
import inspect
import sys

from benchmarks.common import machine, stream

NAMES = (
    "solve",
    "gradient",
    "trade",
    "commuting",
    "gravity",
    "cge",
    "many",
    "passes",
    "memory",
    "start",
    "preview",
    "scale",
    "path",
    "page",
    "crowd",
    "planning",
    "plan",
)

if __name__ == "__main__":
    words = sys.argv[1:]
    smoke = "--smoke" in words
    chosen = [word for word in words if word != "--smoke"] or NAMES[:-1]
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        sys.exit(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    print(machine(), flush=True)
    print(stream(smoke), flush=True)
    for name in chosen:
        print(f"\n{name}", flush=True)
        main = importlib.import_module(f"benchmarks.{name}").main
        main(smoke) if smoke and inspect.signature(main).parameters else main()
