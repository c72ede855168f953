"""Put a plan together: solve it, price it, say who gains and who pays, and how sure all of that is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from citybelt.plan.brief import Brief
from citybelt.plan.store import Store

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.plan.optimise import Optimum
    from citybelt.plan.problem import Problem
    from citybelt.plan.result import Plan
    from citybelt.result import Progress

#: Rounds in which disruptions that turn out worst under a plan may join its rows.
ROUNDS = 4


def plan(
    dataset: Dataset,
    brief: Brief | None = None,
    draws: int = 200,
    progress: Progress | None = None,
    store: Store | None = None,
) -> Plan:
    """Plan the cluster of a world.

    Args:
        dataset: the world.
        brief: what is asked for; the default one if None.
        draws: joint draws for the bands and for the shares in which levers stay.
        progress: told of the stages.
        store: where finished pieces are kept, so that a run that was killed goes on.

    Returns:
        A ``Plan``. Levers whose effects are assumed stay out of it and appear as "if" unless the brief names them.

    Raises:
        InputError: a lever of the brief cannot be built in the world.
        NotSolvedError: the equilibrium or the optimum was not reached, or the targets can't be met together.
    """
    from citybelt.config import configure
    from citybelt.engine.certificate import certify
    from citybelt.model.outcomes import by_region
    from citybelt.plan import explain
    from citybelt.plan.actions import actions, targets
    from citybelt.plan.draws import sample
    from citybelt.plan.optimise import look, maximise
    from citybelt.plan.places import places
    from citybelt.plan.pose import problem
    from citybelt.plan.result import Plan

    configure()
    brief = Brief.default(dataset) if brief is None else brief
    store = store or Store.none()
    tell = progress or (lambda stage, done, total: None)

    tell("calibrate", 0, 1)
    at = places(dataset)
    p, fixed = problem(dataset, brief)
    tell("optimum", 0, 2)
    p, best = secured(p, fixed, tell)
    tell("optimum", 1, 2)
    other = "nation" if "ev:cluster" in p.goal else "cluster"
    rival = maximise(replace(p, goal=(f"ev:{other}",)), fixed=fixed)
    tell("optimum", 2, 2)
    # Slopes of every row at the plan, for prices and for what every lever would bring.
    best = replace(best, point=look(p, best.point.values, best.point.solution.state, near=best.point.near))
    wider = {part: maximise(p.within(p.budget * part), fixed=fixed, begin=best.point) for part in (0.5, 2.0)}
    sure = sample(p, dataset, best.point, fixed, draws, progress, store) if draws else None
    tell("certificate", 0, 1)
    certificate = certify(best.point.solution)
    tell("closures", 0, 1)
    grid = explain.closure_grid(p, dataset, best, tell)
    tell("levers", 0, 1)
    alone = explain.alone(p, best.point, tell)
    e, s = p.economy, best.point.solution
    totals = explain.totals(p, best.point)
    return Plan(
        world=dataset.name,
        cluster=dataset.x.attrs["cluster"],
        vintage=dataset.vintage,
        brief=brief,
        closure=e.closure.names,
        optimum=best,
        certificate=certificate,
        welfare_change=totals[0],
        welfare_change_nation=totals[1],
        ev=best.point.row("ev:cluster"),
        ev_nation=best.point.row("ev:nation"),
        band=explain.bands(sure),
        budget=explain.budget(p, best.point, brief.budget(at) / at.gdp),
        actions=actions(p, best, at),
        targets=targets(p, best),
        levers=explain.levers(p, best, fixed, sure, alone, dataset),
        shadow_prices=explain.shadow_prices(p, best, dataset),
        by_region=explain.by_region(p, best.point, by_region(e, s, dataset.x["goods"].values), sure, dataset),
        best_levers=explain.best_levers(p, best.point, tell),
        alternatives=explain.alternatives(p, best, rival, wider, dataset),
        closure_grid=grid,
        draws=draws,
        draws_solved=len(sure.index) if sure else 0,
        draws_replanned=sure.replanned if sure else 0,
        draw_table=explain.draw_table(p, sure),
    )


def secured(p: Problem, fixed: np.ndarray, tell: Progress) -> tuple[Problem, Optimum]:
    """The best mix, made again while a disruption that has no row yet turns out the worst of its security.

    Returns:
        The problem with the rows that it needed, and its optimum.

    Raises:
        NotSolvedError: as ``maximise``, or ever new disruptions turn out worst.
    """
    from citybelt.errors import NotSolvedError
    from citybelt.plan.optimise import maximise

    best = maximise(p, fixed=fixed)
    if p.struck is None:
        return p, best
    for _ in range(ROUNDS):
        struck, _losses = p.struck.screen(best.point.solution.shock, tell)
        if struck is p.struck:
            return p, best
        new = set(struck.names) - set(p.struck.names)
        held = {b.row.split(":")[1]: b for b in p.bounds if b.row.startswith("security:")}
        more = [replace(held[name.split(":")[1]], row=name) for name in struck.names if name in new]
        p = replace(p, struck=struck, bounds=(*p.bounds, *more))
        best = maximise(p, fixed=fixed)
    raise NotSolvedError(f"After {ROUNDS} rounds yet another disruption turned out the worst under the plan.")
