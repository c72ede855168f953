"""20,000 places whose trade follows from distance, people free to move, to a residual of 1e-10: 60 s and 6 GB.

One sector, a spillover of density and congestion as in Allen and Arkolakis (2014); every place gets another
productivity and distance becomes cheaper. Each row is a fresh process: places, seconds to fit the base year, to solve
(the second time, compiled) and to differentiate national welfare to every shock, with seconds of all cores together,
passes, peak memory. Then 2,000 places by distance against the table of all pairs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np

from benchmarks.fresh import peak

THETA, SLOPE = 6.0, 1.5


def world(n: int):
    """Coordinates, half of them in clusters, distance within places, output [N, 1], persons [1, N], log_A [N, 1]."""
    rng = np.random.default_rng(0)
    centres = rng.uniform(size=(60, 2))
    near = centres[rng.integers(0, 60, n // 2)] + 0.02 * rng.normal(size=(n // 2, 2))
    x = np.concatenate([rng.uniform(size=(n - n // 2, 2)), near])
    output = rng.lognormal(0, 0.5, (n, 1))
    return x, 0.3 / np.sqrt(n), output, output.T * rng.lognormal(0, 0.1, (1, n)), rng.normal(0, 0.1, (n, 1))


def problem(n: int) -> tuple:
    """Base year, elasticities, shock, closure."""
    from citybelt.model.distance import change, fit
    from citybelt.model.trade_accounts import Closure, Shock
    from citybelt.model.trade_calibrate import theory
    from citybelt.model.trade_places import base_of

    x, own, output, persons, log_A = world(n)
    b = base_of(fit(x, own, output, output, THETA, SLOPE), output, output, people=persons)
    z = Shock.zeros(b).replace(log_A=log_A, log_d=change(b.flows, slope=-0.2))
    return b, theory(b, THETA, agg=0.1, congestion=0.3), z, Closure(people="free")


def measure(n: int) -> dict[str, float]:
    """Seconds, passes, residual and peak memory of one size in this process."""
    import citybelt
    from citybelt.engine.adjoint import gradient
    from citybelt.engine.solve import attempt
    from citybelt.model.trade import TRADE

    citybelt.configure()
    clocks = lambda: np.array([time.perf_counter(), time.process_time()])  # noqa: E731
    begin = clocks()
    work = problem(n)
    found = dict(zip(("fit", "fit core"), clocks() - begin, strict=True))
    attempt(TRADE, *work).require()
    begin = clocks()
    s = attempt(TRADE, *work).require()
    found["solve"], found["core"] = clocks() - begin
    found |= {"passes": s.passes, "residual": s.residual, "MB": peak()}
    begin = clocks()
    float(gradient(lambda b, th, z, a, extra: a.log_welfare[0], s)[0])
    return found | {"gradient": (clocks() - begin)[0], "MB after gradient": peak()}


def against_table(n: int) -> float:
    """Largest difference of any log of wages, prices, outputs and persons from those by the table of all pairs."""
    import jax.numpy as jnp

    import citybelt
    from citybelt.engine.solve import attempt
    from citybelt.model.trade import TRADE
    from citybelt.model.trade_accounts import Shock
    from citybelt.model.trade_calibrate import calibrate

    citybelt.configure()
    b, th, z, c = problem(n)
    x, own, output, persons, log_A = world(n)
    r = np.hypot(*(x[:, None] - x).transpose(2, 0, 1))
    np.fill_diagonal(r, own)
    share = np.exp(-THETA * SLOPE * r) * np.asarray(b.flows.sellers)[:, 0]
    share /= share.sum(axis=1, keepdims=True)
    table = calibrate((share * output)[None], np.ones((n, 1)), np.zeros((n, 1, 1)), people=persons)
    zt = Shock.zeros(table).replace(log_A=log_A, log_d=(SLOPE * np.expm1(-0.2) * r)[None])
    one, two = (attempt(TRADE, *work).require().state for work in ((b, th, z, c), (table, th, zt, c)))
    names = ("wage", "price", "output", "people")
    return max(float(jnp.abs(getattr(one, k) - getattr(two, k)).max()) for k in names)


def main(smoke: bool = False) -> None:
    names = ("fit s", "core s", "solve s", "core s", "passes", "residual", "MB", "grad. s", "MB")
    print(f"{'places':>7s}" + "".join(f"{name:>9s}" for name in names))
    for n in (1000,) if smoke else (5000, 20000):
        command = [sys.executable, "-m", "benchmarks.scale", str(n)]
        f = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        print(
            f"{n:7d}{f['fit']:9.1f}{f['fit core']:9.1f}{f['solve']:9.2f}{f['core']:9.2f}{f['passes']:9.0f}"
            f"{f['residual']:9.1e}{f['MB']:9.0f}{f['gradient']:9.1f}{f['MB after gradient']:9.0f}",
            flush=True,
        )
    few = 700 if smoke else 2000
    print(f"{few} places: largest difference from the table of all pairs {against_table(few):.1e}")


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
