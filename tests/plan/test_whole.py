"""Whole projects against enumeration of every set, against another program, and on the Northeast."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

import toys
from citybelt.errors import NotSolvedError
from citybelt.plan.solved.bound import bound
from citybelt.plan.solved.optimise import Infeasible, maximise
from citybelt.plan.solved.problem import Bound
from citybelt.plan.solved.whole import Ways, whole


def agrees(found, sets, choose):
    """The plan is the best of all sets, and is said to be so; the bound is not below it."""
    best = max(sets, key=sets.get)
    size = max(abs(v) for v in sets.values() if np.isfinite(v))
    assert found.optimum.value == pytest.approx(sets[best], abs=1e-5 * size)
    assert found.bound >= sets[best] - 1e-5 * size
    assert tuple(found.chosen[choose]) == best or sets[tuple(found.chosen[choose])] >= sets[best] - 1e-5 * size


@pytest.mark.proposition("P23")
@pytest.mark.parametrize("seed", range(4))
def test_every_set_of_seven_projects_beside_three_levers(seed):
    """A concave world with pairs that help and hinder each other, under a budget."""
    p, choose = toys.toy(seed, projects=7, others=3, help=0.02, joint=2.0)
    found = whole(p, choose, ways=toys.WAYS)
    agrees(found, toys.every_set(p, choose), choose)
    assert found.planned < 128, "most sets need no plan of their own"
    assert found.parts >= found.optimum.value - 1e-6, "projects in part can do no worse"


def test_all_sets_at_once_are_those_one_by_one():
    p, choose = toys.toy(3, projects=6, help=0.1, joint=2.0)
    row = np.eye(6)[2] / p.upper[2] - np.eye(6)[0] / p.upper[0]
    p = replace(p, closed={"after": row}, bounds=(*p.bounds, Bound("after", "most", 0.0)))
    one_by_one = toys.every_set_by_plans(p, np.flatnonzero(choose), np.zeros(6, bool), toys.WAYS)
    at_once = toys.every_set_at_once(p)
    assert at_once.keys() == one_by_one.keys() and 0 < np.isinf(list(at_once.values())).sum() < 64
    np.testing.assert_allclose([at_once[x] for x in one_by_one], list(one_by_one.values()), rtol=1e-12)


@pytest.mark.parametrize("seed", [2, 5])
def test_every_set_of_fifteen_projects(seed):
    p, choose = toys.toy(seed, projects=15, help=0.02, joint=3.0)
    found = whole(p, choose, ways=toys.WAYS)
    agrees(found, toys.every_set(p, choose), choose)


@pytest.mark.parametrize("seed", [1, 3])
def test_projects_that_need_each_other(seed):
    """Far from concave: pairs help as much as projects do alone. The forecast is wrong, its error is known."""
    p, choose = toys.toy(seed, projects=8, others=2, help=0.4, joint=1.0)
    found = whole(p, choose, ways=toys.WAYS)
    sets = toys.every_set(p, choose)
    best = max(sets.values())
    assert found.linear_error > 0
    # Either it is the best, or the bound leaves room for the one that is.
    assert found.optimum.value >= best - 1e-5 * abs(best) or found.bound >= best - 1e-5 * abs(best)
    assert found.closed == (found.gap <= found.tie)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 6), share=st.floats(0.05, 0.9))
def test_any_straight_problem_against_another_program(seed, count, share):
    """Without curves and interplay the whole is a mixed-integer linear program, which scipy solves by itself."""
    p, choose = toys.toy(seed, projects=count, others=2, bow=(1.0, 1.0), rise=(1.0, 1.0), share=share)
    found = whole(p, choose, ways=Ways(toys.look, toys.straight_best, toys.curves))
    _, effect, _, price, _ = p.parts
    width = p.upper
    other = milp(
        -(effect - price) * width,
        integrality=choose.astype(int),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint((price * width)[None], -np.inf, p.bounds[0].value),
    )
    assert found.closed
    assert found.optimum.value == pytest.approx(-other.fun, rel=1e-6, abs=1e-9)


def test_rules_among_projects():
    """The third only with the first, at most one of the second and the fourth: all sets that break a rule are out."""
    p, choose = toys.toy(7, projects=6, others=2, joint=1.0, share=0.7)
    part = np.eye(8) / p.upper
    closed = {"after:2:0": part[2] - part[0], "one_of:1|3": part[1] + part[3]}
    p = replace(p, closed=closed, bounds=(*p.bounds, Bound("after:2:0", "most", 0.0), Bound("one_of:1|3", "most", 1.0)))
    found = whole(p, choose, ways=toys.WAYS)
    built = found.chosen
    assert (built[0] or not built[2]) and not (built[1] and built[3])
    agrees(found, toys.every_set(p, choose), choose)


def test_a_set_without_an_equilibrium_is_passed_over_and_told():
    p, choose = toys.toy(4, projects=4, others=1, joint=1.0)
    best = whole(p, choose, ways=toys.WAYS)
    broken = replace(p, broken=frozenset({frozenset(np.flatnonzero(best.chosen))}))
    found = whole(broken, choose, ways=toys.WAYS)
    assert not np.array_equal(found.chosen, best.chosen)
    assert found.unsolved == 1 and not found.closed
    assert found.bound >= found.optimum.value


def test_no_room_for_any_set():
    p, choose = toys.toy(4, projects=3)
    tight = replace(p, bounds=(*p.bounds, Bound("other", "least", 1e6)))
    with pytest.raises(NotSolvedError):
        whole(tight, choose, ways=toys.WAYS)


@pytest.mark.proposition("P23")
def test_lines_of_the_northeast(whole_problem):
    """Three lines and a road, one line only with the road: every set planned in full by the plan's own optimiser."""
    p, fixed, choose = whole_problem
    found = whole(p, choose, fixed)
    at = np.flatnonzero(choose)
    values = {}
    for code in range(2 ** len(at)):
        x = np.array([code >> k & 1 for k in range(len(at))], bool)
        lower, idle = p.least.copy(), fixed.copy()
        lower[at], idle[at] = np.where(x, p.upper[at], 0.0), True
        try:
            values[code] = maximise(replace(p, lower=lower), fixed=idle).value
        except Infeasible:
            continue
    assert found.optimum.value == pytest.approx(max(values.values()), rel=1e-5)
    assert found.closed and found.bound >= found.optimum.value * (1 - 1e-5)


@pytest.fixture
def whole_problem(posed):
    p, fixed = posed
    ids = [lever.id for lever in p.levers]
    choose = np.isin(ids, ["hsr_harbin_yichun", "hsr_mudanjiang_jiamusi", "road_harbin_dalian"])
    part = np.eye(len(ids)) / p.upper
    row = part[ids.index("hsr_harbin_yichun")] - part[ids.index("road_harbin_dalian")]
    rule = Bound("after:hsr_harbin_yichun:road_harbin_dalian", "most", 0.0)
    ask = Bound("output:230000", "least", 0.012)
    p = replace(p.within(2 * p.budget), closed={**p.closed, rule.row: row})
    return replace(p, bounds=(*p.bounds, rule, ask)), fixed, choose


# What any mix could bring


@pytest.mark.parametrize("seed", range(3))
def test_no_mix_beats_the_ceiling(seed):
    p, _ = toys.toy(seed, projects=0, others=6, joint=2.0, help=0.02)
    best = toys.maximise(p, np.zeros(6, bool))
    prices = {"cost": _price(p, best)}
    best = replace(best, prices=prices)
    found = bound(p, best, ways=toys.WAYS, bends=toys.bends)
    assert found.value is not None and not found.proven
    rng = np.random.default_rng(seed)
    budget = p.bounds[0].value
    for part in rng.uniform(0, 1, (400, 6)):
        x = toys.look(p, part * p.upper)
        if x.outcomes[1] <= budget:
            assert x.outcomes[0] <= found.value + 1e-9
    assert found.beaten_by == pytest.approx(max(found.value - best.value, 0.0), abs=1e-9)


def _price(p, best):
    """Gain of the goal per unit of budget, by a difference of optima."""
    step = 1e-3 * p.bounds[0].value
    up, down = (
        toys.maximise(replace(p, bounds=(replace(p.bounds[0], value=p.bounds[0].value + d),)), np.zeros(6, bool)).value
        for d in (step, -step)
    )
    return max((up - down) / (2 * step), 0.0)


def test_nothing_may_move_is_proven(posed):
    problem, fixed = posed
    still = np.ones(len(fixed), bool)
    idle = maximise(replace(problem, bounds=()), fixed=still)
    found = bound(replace(problem, bounds=()), idle, still)
    assert found.proven and found.value == pytest.approx(idle.value, abs=1e-9)
