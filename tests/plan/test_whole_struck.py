"""Whole projects under a security: what becomes the worst only once they are whole binds the plan as well."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.plan.make import secured, solved
from citybelt.plan.solved.optimise import Infeasible, maximise
from citybelt.plan.solved.problem import Bound
from citybelt.plan.solved.struck import Struck
from citybelt.scenario.direction import Direction
from citybelt.scenario.levers import central
from three_cities import CLUSTER, FOOD, H, J, N, disruptions, economies, lever, problem

#: The worst loss that is allowed, per cent.
MOST = 3.5
FREE = np.zeros(3, bool)


def nothing(*_):
    """Tells nobody."""


@pytest.fixture(scope="module")
def gates():
    """Two gates, each to the food of one partner; the better one is beyond the budget if built whole.

    In part both are built, and a stop of the first partner's food is the worst. Whole only the second can be, and then
    a stop of the second partner's is.
    """
    p = problem(names=("food",))
    two = [d for d in disruptions(1.0) if d.id in ("food:one", "food:two")]
    struck = replace(Struck.among(economies()[1], CLUSTER, ["food"], two), active=(0,))
    unit = p.bounds[0].value / 4.0

    def gate(id, partner, cheaper, cost):
        pair, mask = np.zeros((1, N, N)), np.zeros((1, J))
        pair[0, :H, H + partner], mask[0, FOOD] = -cheaper, 1.0
        return lever(id, Direction(d_pair=jnp.asarray(pair), d_mask=jnp.asarray(mask)), cost * unit)

    levers = (gate("one", 0, 2.0, 0.3), gate("two", 1, 1.0, 0.24), *p.levers)
    bounds = (Bound("cost", "most", 0.3 * unit), *struck.bounds("food", MOST))
    return replace(p, levers=levers, effects=central(levers), struck=struck, bounds=bounds)


def test_what_is_worst_under_whole_projects_joins_the_rows(gates):
    p, parts = secured(gates, FREE, nothing, SimpleNamespace(names=None))
    assert p is gates, "with projects in part nothing new is the worst"
    asked = SimpleNamespace(whole=("one", "two"), starts=2)
    q, still, best, projects, starts = solved(gates, FREE, asked, SimpleNamespace(names=None), nothing)

    every = replace(gates, struck=replace(gates.struck, active=(0, 1)))
    every = replace(every, bounds=(gates.bounds[0], *every.struck.bounds("food", MOST)))
    values = {1: {}, 2: {}}
    for rows, built in itertools.product((1, 2), itertools.product((False, True), repeat=2)):
        lower, idle = np.r_[np.array(built, float), 0.0], ~np.r_[built, True]
        try:
            values[rows][built] = maximise(replace((gates, every)[rows - 1], lower=lower), fixed=idle).value
        except Infeasible:
            continue
    assert max(values[1], key=values[1].get) == (False, True) and values[2].keys() == {(False, False)}
    assert not projects.chosen.any() and best.value == pytest.approx(values[2][False, False], rel=1e-6)
    assert parts.value > best.value
    losses = gates.struck.all_losses(best.point.solution.shock)
    assert losses.max() <= MOST and q.struck.screen(best.point.solution.shock)[0] is q.struck
    assert {b.row for b in q.bounds} == {"cost", "security:food:food:one", "security:food:food:two"}
    # Starts are those of the plan that is handed over: with the projects as they are built, all lead to it.
    assert list(still) == [True, True, False]
    assert starts["tried"] == 3 and starts["plans"] == 1 and starts["spread"] <= 1e-6 * best.value
