"""Planning on ``northeast``, warm, seconds: what a planner waits for.

An optimum of 60 levers under 12 bounds (20), 15 points of every security's frontier (180), all disruptions (30),
provinces apart against one plan (60).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

CITIES = ("210100", "210200", "220100", "230100", "220200", "210300", "230600", "231000")


def sixty():
    """A problem of 60 levers and 12 bounds: the menu, and subsidies and land prices of eight cities."""
    import citybelt
    from citybelt.config import configure
    from citybelt.plan.solved.pose import pose, problem
    from citybelt.plan.solved.problem import Bound
    from citybelt.scenario.instruments import instruments

    configure()
    world = citybelt.load("northeast")
    p, fixed = problem(world)
    menu = [*p.levers, *instruments(world, cities=CITIES)][:60]
    money = p.budget
    bounds = (
        Bound("cost", "most", money),
        *(
            Bound(f"cost:{who}", "most", part * money)
            for who, part in (("centre", 0.5), ("province", 0.4), ("city", 0.3))
        ),
        *(Bound(f"people:{g}", "least", 0.0005) for g in p.groups[:3]),
        *(Bound(f"output:{g}", "least", 0.0) for g in p.groups[:3]),
        Bound("co2", "most", 0.004),
        Bound("land", "most", 3000.0),
    )
    return world, p, fixed, pose(world, p.economy, menu, ("ev:cluster",), bounds)


def timed(name: str, promise: float, work: Callable) -> object:
    """Print how long a call takes, and return what it makes."""
    begin = time.perf_counter()
    found = work()
    print(f"{name:44s} {time.perf_counter() - begin:8.1f} {promise:8.0f}", flush=True)
    return found


def main(smoke: bool = False) -> None:
    """Each once warm: a smaller piece of the same work has run before."""
    from citybelt.plan.solved.optimise import look, maximise

    world, p, fixed, large = sixty()
    print(f"{'':44s} {'seconds':>8s} {'promise':>8s}")
    maximise(replace(large, bounds=large.bounds[:1]), tolerance=1e-2)
    timed("optimum, 60 levers, 12 bounds", 20, lambda: maximise(large))
    if smoke:
        return
    from citybelt.plan.solved.struck import Struck
    from citybelt.plan.told.frontier import frontier
    from citybelt.security.stress import stress
    from citybelt.separate.make import separate

    tell = lambda *_: None  # noqa: E731
    best = maximise(p, fixed=fixed)
    best = replace(best, point=look(p, best.point.values))
    struck = Struck.of(world)
    frontier(p, best, fixed, struck, 2, tell)
    timed("frontiers of five securities, 15 points each", 180, lambda: frontier(p, best, fixed, struck, 15, tell))
    timed("stress, all disruptions", 30, lambda: stress(world))
    separate(world, draws=0)
    timed("three provinces apart against one plan", 60, lambda: separate(world))
