"""The gradient of national welfare to every field of the shock, all bilateral trade costs included, over a solve."""

from __future__ import annotations

from functools import partial

from benchmarks.common import REPEATS, WORLDS, clock, economy_of, shocks, welfare


def main(smoke: bool = False) -> None:
    import jax

    from citybelt.engine.adjoint import gradient
    from citybelt.engine.solve import solve
    from citybelt.model.spatial import SPATIAL

    print(f"{'world':10s} {'scenario':26s} {'numbers':>9s} {'solve ms':>9s} {'gradient ms':>12s} ratio")
    for world in WORLDS[:1] if smoke else WORLDS:
        repeats = 1 if smoke else REPEATS[world]
        e = economy_of(world)
        numbers = sum(leaf.size for leaf in jax.tree.leaves(e.zeros))
        for name, shock in list(shocks(e).items())[: 1 if smoke else None]:
            work = partial(solve, SPATIAL, e.base, e.theory, shock, e.closure)
            s = work().require(e.place)
            solving = clock(work, repeats)
            took = clock(lambda s=s: jax.block_until_ready(gradient(welfare, s)), repeats)
            row = f"{numbers:9d} {1e3 * solving:9.1f} {1e3 * took:12.1f} {took / solving:5.2f}"
            print(f"{world:10s} {name:26s} {row}", flush=True)
