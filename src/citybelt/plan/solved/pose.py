"""From a world and a brief to a planning problem: levers, groups of regions, the goal, and what must be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from citybelt.plan.asked.brief import Brief, Target
from citybelt.plan.asked.places import CLUSTER, Places, places
from citybelt.plan.solved.problem import Bound, Frame, Problem

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.model.economy import Economy
    from citybelt.plan.solved.struck import Struck
    from citybelt.scenario.levers import Lever


def problem(dataset: Dataset, brief: Brief | None = None) -> tuple[Problem, np.ndarray]:
    """The planning problem of a brief at central values, and [L] which levers it may not use.

    Args:
        dataset: the world.
        brief: what is asked for; the default one if None.

    Raises:
        InputError: a lever of the brief cannot be built in the world.
        NotSolvedError: a security is bounded relative to today's, and today's could not be found.
    """
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory
    from citybelt.scenario.levers import levers

    brief = Brief.default(dataset) if brief is None else brief
    at = places(dataset)
    e = economy(dataset, theory(dataset.x.sector.values))
    menu = levers(dataset)
    if brief.projects:
        menu = (*menu, *levers(dataset, brief.projects))
    targets = brief.bounds(at)
    goal = brief.goal(at)
    named = [row.partition(":")[2] for row in (*goal, *(t.row for t in targets)) if row.count(":")]
    groups = [*at.provinces, CLUSTER, *(g for g in dict.fromkeys(named) if g in at.groups)]
    securities = tuple(dict.fromkeys(t.row.partition(":")[2] for t in targets if t.kind == "security"))
    struck = None
    if securities:
        from citybelt.plan.solved.struck import Struck

        struck = Struck.of(dataset, securities)
    after = {f"after:{a}:{b}": _after(menu, a, b) for a, before in brief.after.items() for b in before}
    apart = {f"one_of:{'|'.join(group)}": _shares(menu, group) for group in brief.not_with}
    bounds = [
        Bound("cost", "most", brief.budget(at)),
        *(Bound(f"cost:{payer}", "most", float(most)) for payer, most in brief.payers.items()),
        *(b for t in targets for b in _bounds(t, at, struck)),
        *(Bound(name, "most", 0.0) for name in after),
        *(Bound(name, "most", 1.0) for name in apart),
    ]
    p = pose(
        dataset, e, menu, goal, tuple(bounds), groups=tuple(dict.fromkeys(groups)), at=at,
        aversion=brief.aversion, weights=brief.weight(at), closed={**after, **apart}, struck=struck,
    )  # fmt: skip
    may = {*brief.include, *brief.projects}
    return p, np.array([lv.id in brief.excluded or (lv.conditional and lv.id not in may) for lv in menu])


def pose(
    dataset: Dataset,
    e: Economy,
    levers: Sequence[Lever],
    goal: Sequence[str],
    bounds: Sequence[Bound] = (),
    groups: Sequence[str] = (),
    at: Places | None = None,
    aversion: float = 0.0,
    weights: Mapping[str, float] | None = None,
    closed: Mapping[str, np.ndarray] | None = None,
    struck: Struck | None = None,
) -> Problem:
    """A planning problem on an economy.

    Args:
        groups: ids of groups of ``places`` that have rows; the provinces of the cluster and itself if there are none.
        at: the groups of the world, found unless given.
        aversion: to inequality, in the row "social"; weights: of a person by home region in it, one inside the
            cluster and zero outside if None.
        levers, goal, bounds, closed, struck: see ``Problem``.
    """
    from citybelt.scenario.levers import central

    at = places(dataset) if at is None else at
    home = [str(r) for r in e.home]
    groups = tuple(groups) or (*at.provinces, CLUSTER)
    inside = {g: np.isin(home, at.groups[g]).astype(float) for g in {*groups, CLUSTER}}
    each = inside[CLUSTER] if weights is None else np.array([weights[r] for r in home])
    return Problem(
        economy=e,
        levers=tuple(levers),
        effects=central(levers),
        frame=Frame(
            jnp.asarray(inside[CLUSTER]),
            jnp.asarray(np.array([inside[g] for g in groups])),
            jnp.asarray(np.tile(each, (2, 1))),
            jnp.asarray(float(aversion)),
        ),
        groups=groups,
        goal=tuple(goal),
        bounds=tuple(bounds),
        closed={"land": hectares(levers), **(closed or {})},
        struck=struck,
    )


def hectares(levers: Sequence[Lever]) -> np.ndarray:
    """[L] land that a unit of each lever takes."""
    return np.array([float(getattr(lever, "hectares", 0.0)) for lever in levers])


def _bounds(t: Target, at: Places, struck: Struck | None) -> list[Bound]:
    """A target as bounds: one for each disruption where it is about a security."""
    en, zh = t.words(at)
    rest = (t.sense, t.limit, en, zh, t.owner, t.by)
    if t.kind != "security" or struck is None:
        return [Bound(t.row, *rest)]
    security = t.row.partition(":")[2]
    limit = t.value * struck.worst(security) if t.of_now else t.value
    return [Bound(name, t.sense, limit, en, zh, t.owner, t.by) for name in struck.of_security(security)]


def _shares(menu: Sequence[Lever], ids: Sequence[str]) -> np.ndarray:
    """[L] one over the upper bound of the levers named."""
    return np.array([1.0 / lever.card.upper if lever.id in ids else 0.0 for lever in menu])


def _after(menu: Sequence[Lever], later: str, earlier: str) -> np.ndarray:
    """[L] how much further the one lever has gone than the other without which it may not be used."""
    return _shares(menu, [later]) - _shares(menu, [earlier])
