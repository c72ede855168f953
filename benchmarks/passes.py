"""Passes to a residual of 1e-10, 60 at most: every scenario of every shipped world, every published case, and the
synthetic problems of the other specs at their largest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.common import WORLDS, economy_of, shocks

MOST = 60


def main(smoke: bool = False) -> None:
    import citybelt

    citybelt.configure()
    rows = sorted(_all(smoke), key=lambda row: -row[1].passes)
    print(f"{'problem':52s} {'passes':>6s} {'parts':>5s} {'residual':>8s}")
    for name, s in rows if smoke else rows[:12]:
        print(f"{name:52s} {s.passes:6d} {s.steps:5d} {s.residual:8.0e}")
    worst = rows[0][1].passes
    print(f"worst of {len(rows)}: {worst} passes; {'holds' if worst <= MOST else 'DOES NOT HOLD'} ({MOST} at most)")


def _all(smoke: bool) -> Iterator[tuple[str, Any]]:
    from benchmarks import commuting, gravity, trade
    from citybelt.engine.solve import solve

    for world in WORLDS[:1] if smoke else WORLDS:
        e = economy_of(world)
        for name, z in shocks(e).items():
            yield f"{world}, {name}", e.solve(z).require(e.place)
        if not smoke:
            yield from _scenarios(world)
    problems = [trade.free_labour(20), trade.sector_labour(20)]
    if not smoke:
        problems = [trade.caliendo_parro(), trade.free_labour(80), trade.sector_labour(87), *commuting.problems()]
        problems += gravity.problems()
    for p in problems:
        if p is not None:
            yield p.name, solve(*p.parts, p.start).require()


def _scenarios(world: str) -> Iterator[tuple[str, Any]]:
    """The levers of a world at their upper bounds, one by one and all at once."""
    import jax
    import numpy as np

    import citybelt
    from citybelt.scenario.levers import assemble, costs, levers, responses

    e, menu = economy_of(world), levers(citybelt.load(world))
    made = jax.jit(lambda v: assemble(menu, responses(menu, v), costs(menu, v)))
    for k, lever in enumerate(menu):
        z = made(np.eye(len(menu))[k] * lever.card.upper)
        yield f"{world}, {lever.card.id}", e.solve(z).require(e.place)
    yield f"{world}, every lever", e.solve(made(np.array([lever.card.upper for lever in menu]))).require(e.place)
