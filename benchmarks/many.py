"""A thousand mixes of the levers of `northeast`, 3 ms each: side by side (``solve_many``), cold and from starts known
to first order, beside single solves one after the other and in a pool of threads.

A mix sets each lever with probability one third, anywhere up to its bound: productivity, trade and moving costs,
purchases and taxes change together. The second set leaves out levers that change trade costs: its mixes share one
kernel. Times are of one run over all mixes, the making of their shocks included; that alone is the first row.
``passes`` are the mean over mixes, and those of a batch are passes of its slowest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from benchmarks.common import economy_of

COUNT = 1000
SEED = 1000


def main(smoke: bool = False) -> None:
    e = economy_of("northeast")
    sets = (("all levers", True), ("trade costs as they are", False))
    for name, trade in sets[:1] if smoke else sets:
        values, shock, start = mixes(e, 8 if smoke else COUNT, trade)
        _time(name, e, values, shock, start)


def _time(name: str, e: Any, values: np.ndarray, shock: Callable, start: Callable) -> None:
    from citybelt.engine.many import solve_many
    from citybelt.engine.solve import solve
    from citybelt.model.spatial import SPATIAL

    fixed = (SPATIAL, e.base, e.theory)
    shocks, starts = lambda vs: map(shock, vs), lambda vs: map(start, vs)

    def pool(vs: np.ndarray, near: bool) -> Iterator[Any]:
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            yield from threads.map(lambda v: solve(*fixed, shock(v), e.closure, start(v) if near else None), vs)

    ways: dict[str, Callable[[np.ndarray], Iterable[Any]]] = {
        "one by one, cold": lambda vs: (solve(*fixed, z, e.closure) for z in shocks(vs)),
        "one by one, first order": lambda vs: (solve(*fixed, shock(v), e.closure, start(v)) for v in vs),
        "pool of threads, cold": lambda vs: pool(vs, False),
        "pool of threads, first order": lambda vs: pool(vs, True),
        "side by side, cold": lambda vs: solve_many(*fixed, shocks(vs), e.closure),
        "side by side, first order": lambda vs: solve_many(*fixed, shocks(vs), e.closure, starts(vs)),
    }
    heads = f"{'mixes':>6s} {'ms each':>8s} {'passes':>7s} {'worst':>6s} {'residual':>9s} {'in parts':>8s}"
    print(f"{name:30s} {heads}")
    print(f"{'shocks and starts alone':30s} {len(values):6d} {1e3 * _making(values, shock, start):8.2f}", flush=True)
    for how, way in ways.items():
        list(way(values[:8]))
        begin, passes, residual, parts = time.perf_counter(), [], 0.0, 0
        for s in way(values):
            s.require(e.place)
            passes.append(s.passes)
            residual, parts = max(residual, s.residual), parts + (s.steps > 1)
        took = (time.perf_counter() - begin) / len(values)
        row = f"{1e3 * took:8.2f} {np.mean(passes):7.1f} {max(passes):6d} {residual:9.0e} {parts:8d}"
        print(f"{how:30s} {len(values):6d} {row}", flush=True)


def mixes(e: Any, count: int, trade: bool = True) -> tuple[np.ndarray, Callable, Callable]:
    """Values of levers [count, lever], and of each mix its shock and its state to first order; ``trade`` says whether
    levers that change trade costs are in."""
    import jax
    import jax.numpy as jnp
    from jax.flatten_util import ravel_pytree

    import citybelt
    from citybelt.engine.response import of_shock, respond
    from citybelt.scenario.levers import assemble, costs, levers, responses

    menu = levers(citybelt.load("northeast"))
    menu = [lever for lever in menu if trade or not {"d_pair", "tariff_pair"} & set(lever.direction.fields())]
    rng, upper = np.random.default_rng(SEED), np.array([lever.card.upper for lever in menu])
    values = rng.uniform(0, upper, (count, len(menu))) * (rng.uniform(size=(count, len(menu))) < 1 / 3)

    def sizes(v: Any) -> Any:
        return jnp.concatenate([responses(menu, v), costs(menu, v)])

    of_sizes = jax.jit(lambda a: assemble(menu, a[: len(menu)], a[len(menu) :]))
    # A shock is linear in what levers do and cost, so derivatives along these make the first order exact.
    units = [jax.tree.map(np.asarray, of_sizes(row)) for row in np.eye(2 * len(menu))]
    there = [k for k, unit in enumerate(units) if any(leaf.any() for leaf in jax.tree.leaves(unit))]
    ways = jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *(units[k] for k in there))
    s = e.solve(e.zeros)
    states = jnp.asarray(respond(lambda b, th, z, a, extra: jnp.zeros(1), of_shock, s, s.shock, ways).states)
    unravel, chosen = ravel_pytree(s.state)[1], jnp.asarray(there)
    made = jax.jit(lambda v: of_sizes(sizes(v)))
    start = jax.jit(lambda v: unravel(sizes(v)[chosen] @ states))
    return values, made, start


def _making(values: np.ndarray, shock: Callable, start: Callable) -> float:
    """Seconds that making a shock and a start takes."""
    import jax

    jax.block_until_ready((shock(values[0]), start(values[0])))
    begin = time.perf_counter()
    for v in values:
        jax.block_until_ready((shock(v), start(v)))
    return (time.perf_counter() - begin) / len(values)
