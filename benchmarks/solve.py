"""A counterfactual, warm, to a residual of 1e-10, against the time that reading its kernel takes.

A pass reads the trade kernel twice. The bound is three times passes x bytes of the kernel over the rate of this
machine's memory, plus 2 ms; it is meant for ``china``, whose kernel does not fit into a core's own cache. The time is
set against it twice: with the rate of STREAM's copy (McCalpin 1995, bytes read and written both counted), and with the
higher one of reading alone.
"""

from __future__ import annotations

from functools import partial

from benchmarks.common import REPEATS, WORLDS, clock, economy_of, measure_stream, shocks, stream


def main(smoke: bool = False) -> None:
    from citybelt.engine.solve import solve
    from citybelt.model.spatial import SPATIAL

    heads = (
        f"{'passes':>6s} {'ms':>7s} {'kernel MB':>9s} {'copy GB/s':>9s} {'ratio':>6s} {'read GB/s':>9s} {'ratio':>6s}"
    )
    print(f"{'world':10s} {'scenario':26s} {heads}")
    for world in WORLDS[:1] if smoke else WORLDS:
        e = economy_of(world)
        for name, shock in list(shocks(e).items())[: 1 if smoke else None]:
            # Measured anew for every row, in the same minute as the row itself.
            rates = stream(smoke) if smoke else measure_stream()
            work = partial(solve, SPATIAL, e.base, e.theory, shock, e.closure)
            passes = work().require(e.place).passes
            took = clock(work, 1 if smoke else REPEATS[world])
            size = e.base.share.nbytes
            row = f"{world:10s} {name:26s} {passes:6d} {1e3 * took:7.1f} {size / 1e6:9.1f}"
            for rate in (rates.copy, rates.read):
                row += f" {rate / 1e9:9.1f} {took / (3 * passes * size / rate + 2e-3):6.2f}"
            print(row, flush=True)
