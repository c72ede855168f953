"""A counterfactual, warm, to a residual of 1e-10, against the time that reading its kernel takes.

A pass reads the trade kernel twice. ``bound`` is three times passes x bytes of the kernel over the rate at which this
machine reads memory, plus 2 ms; it is meant for ``china``, whose kernel does not fit into a core's own cache.
"""

from __future__ import annotations

from functools import partial

from benchmarks.common import REPEATS, WORLDS, clock, economy_of, measure_stream, shocks, stream


def main(smoke: bool = False) -> None:
    from citybelt.model.solve import solve
    from citybelt.model.spatial import SPATIAL

    print(
        f"{'world':10s} {'scenario':26s} {'passes':>6s} {'ms':>7s} {'kernel MB':>9s} {'GB/s':>6s} {'bound':>7s} ratio"
    )
    for world in WORLDS[:1] if smoke else WORLDS:
        e = economy_of(world)
        for name, shock in list(shocks(e).items())[: 1 if smoke else None]:
            # Measured anew for every row, in the same minute as the row itself.
            rate = (stream(smoke) if smoke else measure_stream()).read
            work = partial(solve, SPATIAL, e.base, e.theory, shock, e.closure)
            passes = work().require(e.place).passes
            took = clock(work, 1 if smoke else REPEATS[world])
            bound = 3 * passes * e.base.share.nbytes / rate + 2e-3
            print(
                f"{world:10s} {name:26s} {passes:6d} {1e3 * took:7.1f} {e.base.share.nbytes / 1e6:9.1f} "
                f"{rate / 1e9:6.1f} {1e3 * bound:7.1f} {took / bound:5.2f}",
                flush=True,
            )
