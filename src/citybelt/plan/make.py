"""Put a plan together: solve it, price it, say who gains and who pays, and how sure all of that is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from citybelt.errors import InputError
from citybelt.errors import Problem as Wrong
from citybelt.plan.brief import Brief

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.plan.result import Plan
    from citybelt.result import Progress


OBJECTIVES = ("cluster", "nation")


def plan(
    dataset: Dataset,
    budget: float = 0.005,
    draws: int = 200,
    objective: str = "cluster",
    floor: float = 1.0,
    progress: Progress | None = None,
) -> Plan:
    """Plan the cluster of a world.

    Args:
        dataset: the world.
        budget: yearly cost of all levers together, all payers, as a share of the cluster's GDP.
        draws: joint draws for the bands and for the shares in which levers stay.
        objective: whose equivalent variation is maximised, "cluster" or "nation"; both are always reported.
        floor: residents and output that each province of the cluster must keep, relative to the base year.
        progress: told of the stages.

    Returns:
        A ``Plan``. Levers whose effects are assumed stay out of it and appear as "if".

    Raises:
        InputError: options out of range.
        NotSolvedError: the equilibrium or the optimum was not reached.
    """
    from citybelt.config import configure
    from citybelt.engine.certificate import certify
    from citybelt.model.outcomes import by_region
    from citybelt.plan import explain
    from citybelt.plan.draws import sample
    from citybelt.plan.optimise import look, maximise
    from citybelt.plan.pose import problem
    from citybelt.plan.result import Plan

    configure()
    _check(budget, draws, objective, floor)
    tell = progress or (lambda stage, done, total: None)

    tell("calibrate", 0, 1)
    p, fixed = problem(dataset, Brief.default(dataset, budget, objective, floor))
    tell("optimum", 0, 2)
    best = maximise(p, fixed=fixed)
    tell("optimum", 1, 2)
    other = OBJECTIVES[1 - OBJECTIVES.index(objective)]
    rival = maximise(replace(p, goal=(f"ev:{other}",)), fixed=fixed)
    tell("optimum", 2, 2)
    # Slopes of every outcome at the plan, for prices and for what every lever would bring.
    best = replace(best, point=look(p, best.point.values, best.point.solution.state))
    wider = {part: maximise(p.within(p.budget * part), fixed=fixed, begin=best.point) for part in (0.5, 2.0)}
    sure = sample(p, dataset, best.point, fixed, draws, progress=progress) if draws else None
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
        objective=objective,
        closure=e.closure.names,
        optimum=best,
        certificate=certificate,
        welfare_change=totals[0],
        welfare_change_nation=totals[1],
        ev=float(best.point.row("ev:cluster")),
        ev_nation=float(best.point.row("ev:nation")),
        band=explain.bands(sure),
        budget=explain.budget(p, best.point, budget),
        levers=explain.levers(p, best, fixed, sure, alone, dataset),
        shadow_prices=explain.shadow_prices(p, best, dataset),
        by_region=explain.by_region(p, best.point, by_region(e, s, dataset.x["goods"].values), sure, dataset),
        best_levers=explain.best_levers(p, best.point, tell),
        alternatives=explain.alternatives(p, best, rival, wider, dataset),
        closure_grid=grid,
        draws=draws,
        draws_solved=len(sure.outcomes) if sure else 0,
        draws_replanned=sure.replanned if sure else 0,
        draw_table=explain.draw_table(p, sure),
    )


def _check(budget: float, draws: int, objective: str, floor: float) -> None:
    problems = []
    if not 0 < budget <= 0.1:
        problems.append(Wrong("budget", f"{budget} is not a share of GDP.", "Give a number above 0, at most 0.1."))
    if draws < 0:
        problems.append(Wrong("draws", f"{draws} is negative.", "Give 0 for none, or 200 for a band."))
    if objective not in OBJECTIVES:
        problems.append(Wrong("objective", f"{objective!r} is unknown.", f"Choose one of {', '.join(OBJECTIVES)}."))
    if not 0 <= floor <= 1:
        problems.append(Wrong("floor", f"{floor} is out of range.", "Give a share of the base year between 0 and 1."))
    if problems:
        raise InputError(problems)
