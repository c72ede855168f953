"""Plans nearly as good: against a search over all mixes of a small economy, and bounds from two sides."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from citybelt.plan.solved.optimise import look, maximise
from citybelt.plan.solved.problem import Bound
from citybelt.plan.sure.draws import USED
from citybelt.plan.sure.near import near, reach
from citybelt.plan.sure.near_tables import SAFE, distance, furthest, groups
from citybelt.scenario.levers import costs
from three_cities import problem

SHARE = 0.05
money = arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(0, 1e3))


@pytest.fixture(scope="module")
def three():
    return replace(problem(), struck=None)


@pytest.fixture(scope="module")
def top(three):
    return maximise(three)


@pytest.fixture(scope="module")
def found(three, top):
    return near(three, top, np.zeros(4, bool), share=SHARE, outsiders=4)


@pytest.fixture(scope="module")
def sampled(three):
    """Mixes over the whole box, with the goal and cost of each."""
    rng = np.random.default_rng(3)
    mixes = rng.uniform(size=(300, 4)) ** 2
    # Many that spend what there is: the cost grows with a common factor.
    for mix in mixes[:200]:
        low, high = 0.0, 1.0 / mix.max()
        for _ in range(30):
            middle = 0.5 * (low + high)
            spent = float(np.asarray(costs(three.levers, middle * mix)).sum())
            low, high = (middle, high) if spent <= three.budget else (low, middle)
        mix *= low
    rows = [look(three, mix, rows=()).outcomes for mix in mixes]
    return mixes, np.array([three.value(r) for r in rows]), np.array([r[three.place["cost"]] for r in rows])


def test_every_plan_found_is_nearly_as_good_and_feasible(three, top, found):
    for mix in found.mixes.to_numpy():
        reached = look(three, mix, rows=()).outcomes
        assert three.value(reached) >= top.value * (1 - SHARE) * (1 - 1e-6)
        assert all(b.room(reached[three.place[b.row]]) >= -1e-6 for b in three.bounds)
    assert found.answered == found.asked


def test_no_mix_of_a_search_goes_further(three, top, found, sampled):
    mixes, goal, cost = sampled
    good = (goal >= top.value * (1 - SHARE)) & (cost <= three.budget)
    assert good.sum() >= 3
    least, most = (found.levers[end].to_numpy() for end in ("least", "most"))
    assert (mixes[good] >= least - 1e-3).all()
    assert (mixes[good] <= most + 1e-3).all()
    spent = np.array([float(np.asarray(costs(three.levers, mix)).sum()) for mix in mixes[good]])
    assert found.plans["cost"].min() <= spent.min() * (1 + 1e-3)


@pytest.mark.parametrize("end", ["least", "most"])
def test_an_end_is_where_the_best_has_lost_its_share(three, top, found, end):
    """From the other side: the best plan with a lever held a bit further out is no longer nearly as good."""
    seen = 0
    for k, lever in enumerate(three.levers):
        value, at = found.levers["value"][k], found.levers[end][k]
        if not found.levers["sought"][k] or abs(value - at) < 0.02 or not 0 < at < lever.card.upper * 0.999:
            continue
        seen += 1
        other = "most" if end == "least" else "least"
        for part, enough in ((0.05, True), (-0.05, False)):
            held = Bound(f"lever:{lever.id}", other, at + part * (value - at))
            best = maximise(replace(three, bounds=(*three.bounds, held)))
            assert (best.value >= top.value * (1 - SHARE)) == enough
    assert seen


def test_first_order_reach_bounds_what_is_found(three, top, found):
    """(N4) with the room that is left for a goal that is not concave."""
    assert (found.levers["most"] <= SAFE * reach(three, top, SHARE) + 1e-9).all()
    assert (found.levers["least"] <= found.levers["value"] + 1e-12).all()
    assert (found.levers["value"] <= found.levers["most"] + 1e-12).all()


def test_a_lever_left_out_reaches_as_far_as_its_price_lets_it(three, top):
    """The reach of a lever is the share over what one unit of it costs the plan, by a difference of plans."""
    assert top.point.values[3] < 1e-6
    step, share = 2e-3, 0.001
    forced = maximise(replace(three, bounds=(*three.bounds, Bound("lever:carbon", "least", step))))
    per_unit = (top.value - forced.value) / step
    assert reach(three, top, share)[3] == pytest.approx(share * top.value / per_unit, rel=0.02)


def test_roles_follow_the_ranges(three, found):
    upper = three.upper
    for k, row in enumerate(found.levers.itertuples()):
        trace = USED * upper[k]
        if row.role == "always":
            assert row.least > trace
        if row.role == "swappable":
            assert row.value > trace >= row.least
        if row.role == "possible":
            assert row.value <= trace < row.most
        if row.role == "never":
            assert row.most <= trace
        assert row.role_en and row.role_zh


def test_levers_that_are_barred_stay_out(three, top):
    fixed = np.array([False, False, False, True])
    best = maximise(three, fixed=fixed)
    found = near(three, best, fixed, share=SHARE)
    assert (found.mixes["carbon"] == 0).all()
    assert found.levers["role"].iloc[3] == "barred"


def test_swaps_say_where_the_money_goes(three, found):
    money = found.plans.set_index("id")["cost"]
    assert set(found.swaps["out"]) <= {lever.id for lever in three.levers}
    for row in found.swaps.itertuples():
        assert row.freed > 0 and row.added >= 0
        assert -1e-3 <= row.goal_lost <= 100 * SHARE * 1.001
        mix = found.mixes.loc[f"lever:{row.out}:least"].to_numpy()
        spent = np.asarray(costs(three.levers, mix))
        before = np.asarray(costs(three.levers, found.mixes.loc["plan"].to_numpy()))
        k = [lever.id for lever in three.levers].index(row.out)
        assert row.freed == pytest.approx(before[k] - spent[k])
        assert money[f"lever:{row.out}:least"] == pytest.approx(spent.sum(), rel=1e-6)


def test_parts_of_groups_are_where_things_are_bought(three):
    # All is bought in the first two regions, half in each; they are the one group.
    np.testing.assert_allclose(groups(three)["cluster"], 1.0)


@given(money, st.data())
def test_distance_is_a_share_of_money(costs, data):
    a, b = costs[0], data.draw(arrays(float, costs.shape[1], elements=st.floats(0, 1e3)))
    assert distance(a, a) == 0
    assert distance(a, b) == pytest.approx(distance(b, a))
    assert 0 <= distance(a, b) <= 1
    assert distance(3 * a, 3 * b) == pytest.approx(distance(a, b))


def test_distance_of_plans_with_nothing_in_common():
    assert distance(np.array([2.0, 0.0]), np.array([0.0, 5.0])) == 1
    assert distance(np.array([2.0, 2.0]), np.array([3.0, 1.0])) == pytest.approx(2 / 8)


@given(money)
def test_plans_are_told_apart_from_the_furthest_on(costs):
    rank = furthest(costs)
    assert sorted(rank) == list(range(len(costs)))
    assert rank[0] == 0
    if len(costs) > 1:
        second = int(np.flatnonzero(rank == 1)[0])
        assert distance(costs[0], costs[second]) == max(distance(costs[0], c) for c in costs[1:])
