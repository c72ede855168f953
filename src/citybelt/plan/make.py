"""Put a plan together: solve it, price it, say who gains and who pays, what conflicts, and how sure all of that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.plan.asked.brief import Brief
from citybelt.plan.store import Store

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.plan.asked.places import Places
    from citybelt.plan.result import Plan
    from citybelt.plan.solved.optimise import Optimum
    from citybelt.plan.solved.problem import Problem
    from citybelt.plan.solved.whole_result import WholePlan
    from citybelt.plan.sure.draws import Draws
    from citybelt.plan.sure.near_tables import Near
    from citybelt.plan.sure.regret import Candidate
    from citybelt.plan.told.conflict import Conflict
    from citybelt.result import Progress

#: Rounds in which disruptions that turn out worst under a plan may join its rows.
ROUNDS = 4
UNENDING = f"After {ROUNDS} rounds yet another disruption turned out the worst under the plan."
#: Points of each security's frontier.
POINTS = 5
#: Plans nearly as good that are held against outside worlds and draws.
RIVALS = 3


class TargetsConflict(NotSolvedError):
    """The targets of a plan can't be met together.

    Attributes:
        conflict: which of them, and the smallest relaxations any one of which would do.
    """

    def __init__(self, found: Conflict):
        super().__init__("\n".join(found.sentences()), {"conflict": found.to_json()})
        self.conflict = found


def plan(
    dataset: Dataset,
    brief: Brief | None = None,
    draws: int = 200,
    progress: Progress | None = None,
    store: Store | None = None,
    complete: bool = True,
) -> Plan:
    """Plan the cluster of a world.

    Args:
        dataset: the world.
        brief: what is asked for; the default one if None.
        draws: joint draws for the bands and for the shares in which levers stay.
        progress: told of the stages.
        store: where finished pieces are kept, so that a run that was killed goes on.
        complete: whether to hold the plan against others as well: plans nearly as good, outside worlds, the
            optimiser's curse, how far targets reach, the securities and their frontiers, each lever's part.

    Returns:
        A ``Plan``. Levers whose effects are assumed stay out of it and appear as "if" unless the brief names them.

    Raises:
        InputError: a lever of the brief cannot be built in the world.
        TargetsConflict: the targets can't be met together.
        NotSolvedError: the equilibrium or the optimum was not reached.
    """
    from citybelt.config import configure
    from citybelt.engine.certificate import certify
    from citybelt.model.outcomes import by_region
    from citybelt.plan.asked.places import places
    from citybelt.plan.result import Plan
    from citybelt.plan.solved.optimise import look
    from citybelt.plan.solved.pose import problem
    from citybelt.plan.sure.draws import sample
    from citybelt.plan.told import explain
    from citybelt.plan.told.actions import actions, targets
    from citybelt.plan.told.building import building
    from citybelt.plan.told.prices import prices

    configure()
    brief = Brief.default(dataset) if brief is None else brief
    store = store or Store.none()
    tell = progress or (lambda stage, done, total: None)

    tell("calibrate", 0, 1)
    at = places(dataset)
    p, fixed = problem(dataset, brief)
    p, fixed, best, projects, starts = solved(p, fixed, brief, at, tell)
    # Slopes of every row at the plan, for prices and for what every lever would bring.
    best = replace(best, point=look(p, best.point.values, best.point.solution.state, near=best.point.near))
    x = best.point
    others = explain.alternatives(p, best, fixed, dataset, tell)
    sure = sample(p, dataset, x, fixed, draws, progress, store) if draws else None
    tell("certificate", 0, 1)
    certificate = certify(x.solution)
    tell("closures", 0, 1)
    grid = explain.closure_grid(p, dataset, best, tell)
    tell("levers", 0, 1)
    alone = explain.alone(p, x, tell)
    held = against_others(p, best, fixed, dataset, at, sure, draws, tell, store) if complete else Others()
    totals = explain.totals(p, x)
    return Plan(
        world=dataset.name,
        cluster=dataset.x.attrs["cluster"],
        vintage=dataset.vintage,
        brief=brief,
        closure=p.economy.closure.names,
        optimum=best,
        certificate=certificate,
        welfare_change=totals[0],
        welfare_change_nation=totals[1],
        ev=x.row("ev:cluster"),
        ev_nation=x.row("ev:nation"),
        band=explain.bands(sure),
        budget=explain.budget(p, x, brief.budget(at) / at.gdp),
        actions=actions(p, best, at, brief.start),
        targets=targets(p, best),
        building=building(p, x, dataset, at),
        projects=projects,
        starts=starts,
        levers=explain.levers(p, best, fixed, sure, alone, dataset),
        shadow_prices=prices(p, best, at.names),
        by_region=explain.by_region(p, x, by_region(p.economy, x.solution, dataset.x["goods"].values), sure, dataset),
        best_levers=explain.best_levers(p, x, tell),
        alternatives=others,
        closure_grid=grid,
        draws=draws,
        draws_solved=len(sure.index) if sure else 0,
        draws_replanned=sure.replanned if sure else 0,
        draw_table=explain.draw_table(p, sure),
        **vars(held),
    )


def solved(
    p: Problem, fixed: np.ndarray, brief: Brief, at: Places, tell: Progress
) -> tuple[Problem, np.ndarray, Optimum, WholePlan | None, dict[str, Any]]:
    """The best plan of a brief: from several starts, under its securities, with its projects built whole or not.

    Returns:
        The problem with the rows that it needed and the projects that are built held at their whole, [L] levers that
        may not be used, the optimum, the search over projects (None without any), and what starts led to: ``tried``
        that came to a plan, the one handed over among them, ``plans`` that differ, and the ``spread`` of their goals.
        All of them have the projects that are built.

    Raises:
        TargetsConflict: the targets can't be met together.
        NotSolvedError: no set of whole projects keeps the bounds; an equilibrium or the first-order conditions were
            not reached, or ever new disruptions turn out worst.
    """
    from citybelt.plan.solved.bound import distinct, several
    from citybelt.plan.solved.optimise import maximise
    from citybelt.plan.solved.whole import whole

    tell("optimum", 0, 2)
    choose = np.array([lv.id in brief.whole for lv in p.levers]) & ~fixed
    for _ in range(ROUNDS):
        p, screened = secured(p, fixed, tell, at)
        q, still, best, projects = p, fixed, screened, None
        if choose.any():
            projects = whole(p, choose, fixed, tell, relaxed=screened)
            built = np.where(choose & projects.chosen, p.upper, p.least)
            q, still = replace(p, lower=built), fixed | choose
            best = maximise(q, fixed=still, begin=projects.optimum.point)
        found = [best, *(several(q, still, brief.starts, tell) if brief.starts else [])]
        tell("optimum", 1, 2)
        best = max(found, key=lambda o: o.value)
        wider = p if best is screened else struck_anew(p, best, tell)
        if wider is p:
            tell("optimum", 2, 2)
            spread = float(np.ptp([o.value for o in found]))
            return q, still, best, projects, {"tried": len(found), "plans": len(distinct(q, found)), "spread": spread}
        p = wider
    raise NotSolvedError(UNENDING)


def secured(p: Problem, fixed: np.ndarray, tell: Progress, at: Places) -> tuple[Problem, Optimum]:
    """The best mix, made again while a disruption that has no row yet turns out the worst of its security.

    Returns:
        The problem with the rows that it needed, and its optimum.

    Raises:
        TargetsConflict: the targets can't be met together.
        NotSolvedError: an equilibrium or the first-order conditions were not reached, or ever new disruptions turn out
            worst.
    """
    from citybelt.plan.solved.optimise import Infeasible, maximise
    from citybelt.plan.told.conflict import conflict

    for _ in range(ROUNDS + 1):
        try:
            best = maximise(p, fixed=fixed)
        except Infeasible:
            raise TargetsConflict(conflict(p, fixed, tell, at.names)) from None
        wider = struck_anew(p, best, tell)
        if wider is p:
            return p, best
        p = wider
    raise NotSolvedError(UNENDING)


def struck_anew(p: Problem, best: Optimum, tell: Progress) -> Problem:
    """A problem with bounds on the disruptions that turn out worst under a plan; itself where all have a row."""
    if p.struck is None:
        return p
    struck, _losses = p.struck.screen(best.point.solution.shock, tell)
    if struck is p.struck:
        return p
    new = set(struck.names) - set(p.struck.names)
    held = {b.row.split(":")[1]: b for b in p.bounds if b.row.startswith("security:")}
    more = [replace(held[name.split(":")[1]], row=name) for name in struck.names if name in new]
    return replace(p, struck=struck, bounds=(*p.bounds, *more))


@dataclass(frozen=True, eq=False)
class Others:
    """What holds a plan against others; None where it was not asked for. See ``Plan``."""

    ceiling: Any = None
    reach: Any = None
    near: Any = None
    regret: Any = None
    curse: Any = None
    worth: Any = None
    stress: Any = None
    frontier: Any = None


def against_others(
    p: Problem,
    best: Optimum,
    fixed: np.ndarray,
    dataset: Dataset,
    at: Places,
    sure: Draws | None,
    draws: int,
    tell: Progress,
    store: Store,
) -> Others:
    """Hold a plan against the plans, worlds and shocks that it might meet.

    Raises:
        NotSolvedError: a part was not solved.
    """
    from citybelt.plan.solved.bound import Ceiling, bound
    from citybelt.plan.solved.struck import Struck
    from citybelt.plan.sure.curse import curse
    from citybelt.plan.sure.near import near
    from citybelt.plan.sure.regret import regret
    from citybelt.plan.told.frontier import frontier
    from citybelt.plan.told.reach import reach
    from citybelt.plan.told.worth import Worth, worth
    from citybelt.security.result import Stress
    from citybelt.security.stress import under

    tell("ceiling", 0, 1)
    ceiling = store.record("ceiling", lambda: bound(p, best, fixed, tell), Ceiling)
    close = near(p, best, fixed, tell, named=at.named, store=store)
    rivals = _rivals(close)
    struck = Struck.of(dataset, tell=tell).having(() if p.struck is None else p.struck.names)
    return Others(
        ceiling=ceiling,
        reach=store.record("reach", lambda: reach(p, best, fixed, at.names, tell)),
        near=close,
        regret=regret(p, dataset, best, fixed, rivals, tell, store=store),
        curse=curse(p, dataset, best, fixed, sure, draws, rivals, tell, store=store) if sure and draws > 1 else None,
        worth=store.record("worth", lambda: worth(p, best, fixed, tell), Worth),
        stress=store.record("stress", lambda: under(dataset, p.levers, best.point.values, p.effects, tell), Stress),
        frontier=frontier(p, best, fixed, struck, POINTS, tell, store),
    )


def _rivals(close: Near) -> list[Candidate]:
    """Plans nearly as good that stand for election beside the plan."""
    from citybelt.plan.sure.regret import Candidate

    shown = close.shown(RIVALS)
    return [
        Candidate(row["id"], row["name_en"], row["name_zh"], close.mixes.loc[row["id"]].to_numpy(float))
        for _, row in shown[shown["rank"] > 0].iterrows()
    ]
