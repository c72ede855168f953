"""Plans against grid search, another optimiser, finite differences and their own first-order conditions."""

from dataclasses import replace
from itertools import product

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.errors import NotSolvedError
from citybelt.plan.draws import USED
from citybelt.plan.optimise import KKT, equilibrium, look, maximise
from citybelt.plan.problem import COST, outcome
from citybelt.scenario.levers import central, costs


def sub(problem, names, **changes):
    """The problem with a few of its levers."""
    levers = tuple(lever for lever in problem.levers if lever.id in names)
    return replace(problem, levers=levers, effects=central(levers), **changes)


def value(problem, mix):
    s = equilibrium(problem, mix)
    return np.asarray(outcome(problem.economy.base, problem.economy.theory, s.shock, s.accounts, problem.weights))


FOUR = ("road_harbin_dalian", "research_harbin", "research_changchun", "services_cluster")


def test_first_order_conditions(whole, best):
    assert best.kkt <= KKT
    assert best.point.solution.residual <= 1e-10
    assert best.point.outcomes[COST] <= whole.budget * (1 + 1e-6)
    assert (best.point.outcomes[COST + 1 :] >= -1e-8).all()


@pytest.mark.proposition("P52")
def test_slopes_are_those_of_differences(whole, best):
    """Every lever in use, every outcome; the shadow price of a pillar is then a difference too."""
    for k in np.flatnonzero(best.point.values > USED * whole.upper):
        step = 2e-2 * best.point.values[k]
        way = step * (np.arange(len(whole.upper)) == k)
        up, down = value(whole, best.point.values - way), value(whole, best.point.values - 2 * way)
        here = best.point.outcomes
        slope = (3 * here - 4 * up + down) / (2 * step)  # one-sided, second order: levers may stand at a bound
        full = look(whole, best.point.values, best.point.solution.state)
        np.testing.assert_allclose(full.slopes[:, k], slope, rtol=2e-3, atol=1e-3 * np.abs(full.slopes[:, k]).max())


@pytest.mark.proposition("P52")
def test_price_of_the_budget_is_a_difference(whole, fixed, best):
    step = 0.02 * whole.budget
    more, less = (maximise(replace(whole, budget=whole.budget + d), fixed=fixed) for d in (step, -step))
    slope = (more.point.outcomes[0] - less.point.outcomes[0]) / (2 * step)
    assert best.price_budget == pytest.approx(slope, rel=0.01)


@pytest.mark.proposition("P52")
def test_price_of_a_floor_is_a_difference(whole, fixed):
    """A floor on the people of one province that binds."""
    free = maximise(whole, fixed=fixed)
    people = COST + 1 + whole.provinces.index("210000")
    tight = free.point.outcomes[people]
    floor = whole.floor.copy()

    def plan(log):
        floor[0, whole.provinces.index("210000")] = np.exp(log)
        return maximise(replace(whole, floor=floor.copy()), fixed=fixed)

    ask = 1.15 * tight
    step = 0.01 * tight
    middle, up, down = plan(ask), plan(ask + step), plan(ask - step)
    assert middle.price_floor[0, 0] > 0
    slope = (down.point.outcomes[0] - up.point.outcomes[0]) / (2 * step)
    assert middle.price_floor[0, whole.provinces.index("210000")] == pytest.approx(slope, rel=0.01)
    # Removing the constraint never worsens the optimum.
    assert free.point.outcomes[0] >= middle.point.outcomes[0]


def test_four_levers_against_a_grid(whole):
    """A grid over the whole box, refined around its best point until its spacing is a hundredth."""
    p = sub(whole, FOUR, budget=12.0)
    found = maximise(p).point.outcomes[0]
    centre, spacing, best = np.full(4, 0.5), 0.25, -np.inf
    while spacing > 0.01:
        around = np.arange(-2, 3) if spacing == 0.25 else np.arange(-1, 2)
        for offsets in product(around, repeat=4):
            u = np.clip(centre + spacing * np.array(offsets), 0, 1)
            if float(costs(p.levers, jnp.asarray(u * p.upper)).sum()) <= p.budget:
                gain = value(p, u * p.upper)[0]
                if gain > best:
                    best, at = gain, u
        centre, spacing = at, spacing / 2
    assert found == pytest.approx(best, rel=0.005)


def test_another_optimiser_agrees(whole):
    """MMA from nlopt on the exact gradients of the same problem."""
    import nlopt

    p = sub(whole, FOUR, budget=12.0)
    found = maximise(p)

    def objective(u, grad):
        x = look(p, u * p.upper, floors=False)
        if grad.size:
            grad[:] = x.slopes[0] * p.upper
        return float(x.outcomes[0])

    def over(u, grad):
        x = look(p, u * p.upper, floors=False)
        if grad.size:
            grad[:] = x.slopes[COST] * p.upper
        return float(x.outcomes[COST] - p.budget)

    other = nlopt.opt(nlopt.LD_MMA, 4)
    other.set_max_objective(objective)
    other.add_inequality_constraint(over, 1e-8)
    other.set_lower_bounds(np.zeros(4))
    other.set_upper_bounds(np.ones(4))
    other.set_ftol_rel(1e-8)
    other.set_maxeval(60)
    other.optimize(np.full(4, 0.2))
    assert found.point.outcomes[0] == pytest.approx(other.last_optimum_value(), rel=1e-4)


def test_several_starts_end_in_one_plan(whole, fixed, best):
    rng = np.random.default_rng(4)
    for _ in range(3):
        start = rng.uniform(0, 0.5, len(whole.upper)) * np.where(fixed, 0, whole.upper)
        found = maximise(whole, fixed=fixed, begin=look(whole, start))
        assert found.point.outcomes[0] == pytest.approx(best.point.outcomes[0], rel=1e-5)


def test_placebo_stays_out(whole, fixed, best):
    k = [lever.id for lever in whole.levers].index("placebo")
    assert best.point.values[k] < USED * whole.upper[k]
    x = look(whole, np.zeros(len(whole.upper)))
    # To the nation a yuan spent on nothing is a yuan lost; prices and revenue move a little.
    assert x.slopes[1, k] / x.slopes[COST, k] == pytest.approx(-1.0, abs=0.1)


def test_more_money_is_never_worse(whole, fixed, best):
    gains = [best.point.outcomes[0]]
    for part in (1.5, 3.0):
        gains.append(maximise(replace(whole, budget=part * whole.budget), fixed=fixed).point.outcomes[0])
    # Beyond some budget more money is not wanted; equilibria are solved to 1e-10 of the nation's income.
    assert (np.diff(gains) > -1e-6).all() and gains[1] > gains[0]


def test_floor_out_of_reach_is_an_error(whole, fixed):
    with pytest.raises(NotSolvedError, match="floors cannot be met"):
        maximise(replace(whole, floor=np.full((2, 3), 1.2)), fixed=fixed)
