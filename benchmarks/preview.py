"""What derivatives cost over a solve, what a preview costs, and how often its error covers the truth on 1,000 mixes."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.common import clock, economy_of, welfare


def main(smoke: bool = False) -> None:
    """Print all of it for the Northeast; ``smoke`` asks for few mixes."""
    import jax

    import citybelt
    from citybelt.engine.adjoint import hessian_products
    from citybelt.engine.response import every_pair, of_shock, respond
    from citybelt.model.panel import REGIONAL, panel
    from citybelt.scenario.levers import levers
    from citybelt.scenario.preview_build import DRAWS, build, exact, mixes, sets_of
    from citybelt.scenario.sampling import in_threads

    dataset, e = citybelt.load("northeast"), economy_of("northeast")
    menu, sets = levers(dataset), sets_of(e, dataset)
    begin = time.perf_counter()
    p = build(dataset, menu, draws=50 if smoke else DRAWS)
    print(f"preview built in {time.perf_counter() - begin:.1f} s, compiling included: {p!r}")

    solve_at, repeats = exact(e, menu, sets), 1 if smoke else 21
    s = e.solve(e.zeros)
    ways = jax.tree.map(lambda leaf: 0.01 + 0.0 * leaf[None], e.zeros)
    two = jax.tree.map(lambda leaf: leaf.repeat(2, axis=0), ways)
    solving = clock(lambda: solve_at(0.5 * p.upper), repeats)
    pairs = every_pair(2)
    times = {
        "Hessian product of welfare": lambda: jax.block_until_ready(
            hessian_products(welfare, of_shock, s, s.shock, ways)
        ),
        "two first and three second responses": lambda: respond(panel, of_shock, s, s.shock, two, pairs, None, sets),
        "preview.at": lambda: p.at(0.5 * p.upper),
    }
    print(f"{'a solve with its outcomes':40s} {1e3 * solving:8.2f} ms")
    for name, work in times.items():
        print(f"{name:40s} {1e3 * clock(work, repeats):8.2f} ms")

    trials = mixes(p.upper, 20 if smoke else 1000, 12345)
    truth = np.array(in_threads(lambda k: solve_at(trials[k]), len(trials), "mixes", None))
    seen = [p.at(v) for v in trials]
    covered = np.abs(truth - [g.changes for g in seen]) <= [g.error for g in seen]
    cut = len(REGIONAL) * len(e.home)
    each = 100 * covered.mean(axis=0)
    print(f"covered: {each.mean():.1f} % on average, {each.min():.1f} % for the worst outcome")
    print(f"all totals at once: {100 * covered[:, cut:].all(axis=1).mean():.1f} %")
