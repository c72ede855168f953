"""Plans against grid search, another optimiser, finite differences and their own first-order conditions."""

from dataclasses import replace
from itertools import product

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.plan.solved.optimise import KKT, Infeasible, equilibrium, look, maximise
from citybelt.plan.solved.problem import Bound, Frame, outcome
from citybelt.plan.sure.draws import USED
from citybelt.scenario.levers import central, costs


def sub(problem, names, **changes):
    """The problem with a few of its levers."""
    levers = tuple(lever for lever in problem.levers if lever.id in names)
    closed = {"land": np.array([float(getattr(lever, "hectares", 0.0)) for lever in levers])}
    return replace(problem, levers=levers, effects=central(levers), closed=closed, **changes)


def floored(problem, row, log):
    """The problem with one floor moved."""
    return replace(problem, bounds=tuple(replace(b, value=log) if b.row == row else b for b in problem.bounds))


def value(problem, mix):
    s = equilibrium(problem, mix)
    return np.asarray(outcome(problem.economy.base, problem.economy.theory, s.shock, s.accounts, problem.frame))


FOUR = ("road_harbin_dalian", "research_harbin", "research_changchun", "services_cluster")


def test_first_order_conditions(whole, best):
    assert best.kkt <= KKT
    assert best.point.solution.residual <= 1e-10
    assert best.violation <= 1e-8
    assert best.point.row("cost") <= whole.budget * (1 + 1e-8)
    assert all(best.point.row(b.row) >= -1e-8 for b in whole.bounds if b.row != "cost")


@pytest.mark.proposition("P52")
def test_slopes_are_those_of_differences(whole, best):
    """Every lever in use, every outcome; the shadow price of a pillar is then a difference too."""
    for k in np.flatnonzero(best.point.values > USED * whole.upper):
        step = 2e-2 * best.point.values[k]
        way = step * (np.arange(len(whole.upper)) == k)
        up, down = value(whole, best.point.values - way), value(whole, best.point.values - 2 * way)
        here = best.point.outcomes[: len(whole.solved)]
        slope = (3 * here - 4 * up + down) / (2 * step)  # one-sided, second order: levers may stand at a bound
        full = look(whole, best.point.values, best.point.solution.state)
        own = full.slopes[: len(whole.solved), k]
        np.testing.assert_allclose(own, slope, rtol=2e-3, atol=1e-3 * np.abs(own).max())


@pytest.mark.proposition("P52")
def test_price_of_the_budget_is_a_difference(whole, fixed, best):
    step = 0.02 * whole.budget
    more, less = (maximise(whole.within(whole.budget + d), fixed=fixed) for d in (step, -step))
    slope = (more.point.outcomes[0] - less.point.outcomes[0]) / (2 * step)
    assert best.price_budget == pytest.approx(slope, rel=0.01)


@pytest.mark.proposition("P52")
def test_price_of_a_floor_is_a_difference(whole, fixed):
    """A floor on the people of one province that binds."""
    free = maximise(whole, fixed=fixed)
    row = "people:210000"
    tight = free.point.row(row)

    def plan(log):
        return maximise(floored(whole, row, log), fixed=fixed)

    ask = 1.15 * tight
    step = 0.01 * tight
    middle, up, down = plan(ask), plan(ask + step), plan(ask - step)
    assert middle.prices[row] > 0
    slope = (down.value - up.value) / (2 * step)
    assert middle.prices[row] == pytest.approx(slope, rel=0.01)
    # Removing the constraint never worsens the optimum.
    assert free.value >= middle.value


def test_four_levers_against_a_grid(whole):
    """A grid over the whole box, refined around its best point until its spacing is a hundredth."""
    p = sub(whole.within(12.0), FOUR)
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

    p = sub(whole.within(12.0), FOUR)
    found = maximise(p)

    def objective(u, grad):
        x = look(p, u * p.upper, rows=["ev:cluster", "cost"])
        if grad.size:
            grad[:] = x.slope("ev:cluster") * p.upper
        return float(x.outcomes[0])

    def over(u, grad):
        x = look(p, u * p.upper, rows=["ev:cluster", "cost"])
        if grad.size:
            grad[:] = x.slope("cost") * p.upper
        return float(x.row("cost") - p.budget)

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
    assert x.slopes[1, k] / x.slope("cost")[k] == pytest.approx(-1.0, abs=0.1)


def test_more_money_is_never_worse(whole, fixed, best):
    gains = [best.point.outcomes[0]]
    for part in (1.5, 3.0):
        gains.append(maximise(whole.within(part * whole.budget), fixed=fixed).point.outcomes[0])
    # Beyond some budget more money is not wanted; equilibria are solved to 1e-10 of the nation's income.
    assert (np.diff(gains) > -1e-6).all() and gains[1] > gains[0]


def test_bounds_out_of_reach_say_what_is_missing(whole, fixed):
    with pytest.raises(Infeasible, match="people:210000 by") as caught:
        maximise(floored(whole, "people:210000", 0.2), fixed=fixed)
    # What is missing is what the highest attainable falls short of, all other bounds kept.
    most = maximise(replace(whole, goal=("people:210000",)), fixed=fixed)
    assert caught.value.lacking["people:210000"] == pytest.approx(0.2 - most.value, rel=1e-3)


def test_a_bound_that_binds_hands_over_to_another_goal(whole, fixed, best):
    """The least cost of what the plan reaches is what the plan costs, and the prices are each other's inverse."""
    ask = Bound("ev:cluster", "least", 0.8 * best.value)
    cheap = maximise(replace(whole, goal=("-cost",), bounds=(ask, *whole.bounds[1:])), fixed=fixed)
    again = maximise(whole.within(-cheap.value), fixed=fixed)
    assert again.value == pytest.approx(0.8 * best.value, rel=1e-6)
    assert cheap.prices["ev:cluster"] == pytest.approx(1 / again.price_budget, rel=1e-3)


def test_social_gain_is_that_of_plain_sums(whole, best):
    """Equal weights and no aversion: the equivalent variation. Any other: the formula of Atkinson by hand."""
    p, s = whole, best.point.solution
    b = p.economy.base
    assert best.point.row("social") == pytest.approx(best.point.row("ev:cluster"), rel=1e-9)
    rng = np.random.default_rng(3)
    weight = rng.uniform(0.5, 2.0, p.frame.social.shape) * np.asarray(p.frame.cluster)
    persons = np.asarray(b.people.sum(axis=2))
    income = np.asarray(b.income_by_origin)
    after = income * np.exp(np.asarray(s.accounts.log_welfare))
    for aversion in (0.5, 1.0, 3.0):
        frame = Frame(p.frame.cluster, p.frame.groups, jnp.asarray(weight), jnp.asarray(aversion))
        found = outcome(b, p.economy.theory, s.shock, s.accounts, frame)[p.place["social"]]
        w = (weight * persons).ravel() / (weight * persons).sum()
        ede = []
        for each in (after, income):
            y = (each / persons).ravel()
            ede.append(np.exp(w @ np.log(y)) if aversion == 1 else (w @ y ** (1 - aversion)) ** (1 / (1 - aversion)))
        assert float(found) == pytest.approx((weight * persons).sum() * (ede[0] - ede[1]), rel=1e-6)


def test_inequality_is_the_theil_index(whole, best):
    from inequality.theil import Theil

    b, a = whole.economy.base, best.point.solution.accounts
    inside = np.asarray(whole.frame.cluster) > 0
    persons = np.asarray(b.people.sum(axis=2))[:, inside].ravel()
    index = []
    for income in (b.income_by_origin, b.income_by_origin * jnp.exp(a.log_welfare)):
        each = np.asarray(income)[:, inside].ravel() / persons
        # The library counts cells alike; so each cell stands as often as it has ten thousand people.
        index.append(Theil(np.repeat(each, np.maximum(1, np.round(persons / 1e3).astype(int)))).T)
    # Rounding of persons to thousands leaves a relative error below 1e-4 in a ratio of indices near one.
    assert np.exp(best.point.row("inequality")) == pytest.approx(index[1] / index[0], abs=1e-5)


def test_the_smallest_of_several_goals(whole, fixed):
    """Maximin: no province could gain without the worst one losing; what it gives is seen by the others' bounds."""
    provinces = whole.groups[:3]
    goal = tuple(f"welfare:{g}" for g in provinces)
    found = maximise(replace(whole, goal=goal), fixed=fixed)
    assert sum(found.weights.values()) == pytest.approx(1.0)
    assert found.value == pytest.approx(min(found.point.row(g) for g in goal), rel=1e-9)
    best = [maximise(replace(whole, goal=(g,)), fixed=fixed).value for g in goal]
    assert found.value <= min(best) * (1 + 1e-6)
    sum_of_all = maximise(whole, fixed=fixed).point
    assert found.value >= min(sum_of_all.row(g) for g in goal)
