"""Regions that compete by subsidies: an economy in closed form, one where they repeat each other, and the budgets."""

import numpy as np
import pytest

import two_regions
from citybelt.separate.alike import similarity
from citybelt.separate.players import make_field
from citybelt.separate.repetition import repetition
from citybelt.separate.rivalry import KKT, settle

NASH, UNIFIED = ((0,), (1,)), ((0, 1),)


@pytest.fixture(scope="module")
def unlike():
    """Each region may subsidise what the other makes: its arena, separate plans and the unified one."""
    arena = two_regions.subsidies(two_regions.unlike(), [(1,), (0,)])
    return arena, settle(arena, NASH), settle(arena, UNIFIED)


def test_welfare_at_one_rate_is_the_closed_form():
    arena = two_regions.subsidies(two_regions.alike(0.35, 0.6, 5.0), [(1,), (1,)])
    for percent in (4.0, 25.0):
        found = np.asarray(arena.solve(np.full(2, percent)).accounts.log_welfare)
        np.testing.assert_allclose(found, two_regions.at_one_rate(percent / 100, 0.35), atol=1e-7)


@pytest.mark.proposition("P51")
@pytest.mark.parametrize(("b", "h", "t"), [(0.4, 0.7, 4.0), (0.3, 0.55, 2.5), (0.6, 0.8, 6.0)])
def test_subsidies_of_two_regions_in_closed_form(b, h, t):
    """Alone both subsidise what stays at home, so that exports get dearer; both lose; together neither does."""
    arena = two_regions.subsidies(two_regions.alike(b, h, t), [(1,), (1,)])
    nash, unified = settle(arena, NASH, tolerance=KKT / 2), settle(arena, UNIFIED)
    rate, lost = two_regions.nash(b, h, t)
    assert rate > 0.01 and lost < 0
    np.testing.assert_allclose(nash.values, 100 * rate, rtol=1e-4)
    np.testing.assert_allclose(np.log1p(nash.payoffs), lost, rtol=2e-3, atol=1e-7)
    np.testing.assert_allclose(unified.values, 0.0, atol=1e-6)
    np.testing.assert_allclose(unified.payoffs, 0.0, atol=1e-9)
    assert max(*nash.kkt, *unified.kkt) <= KKT


@pytest.mark.proposition("P51")
def test_a_region_gains_by_subsidies_until_the_other_answers():
    """The signs of Ossa (2019): alone a subsidy pays, it harms the other, in Nash both have less than together."""
    arena = two_regions.subsidies(two_regions.unlike(), [(1,), (0,)])
    first = settle(arena, ((0,),))
    assert first.values[0] > 1 and first.payoffs[0] > 0 > first.payoffs[1]
    nash, unified = settle(arena, NASH), settle(arena, UNIFIED)
    assert (nash.values > 1).all() and (nash.payoffs < unified.payoffs - 1e-5).all()
    assert first.values[0] > nash.values[0]  # what the other does leaves less to gain
    for k in range(2):  # nobody gains by another rate, by whole equilibria
        for other in np.linspace(0, 20, 9):
            values = np.where(np.arange(2) == k, other, nash.values)
            assert arena.look(values, np.eye(2)).payoffs[k] <= nash.payoffs[k] + 1e-9


@pytest.mark.proposition("P31", "P51")
def test_separate_plans_repeat_industries_and_one_plan_does_not(unlike):
    """Each draws in the other's industry: they grow alike, by every measure, and one plan leaves them as they were."""
    arena, nash, unified = unlike
    row = similarity(arena, {"separate": arena.solve(nash.values), "unified": arena.solve(unified.values)}).iloc[0]
    assert row["cosine_separate"] > row["cosine_unified"] + 0.05
    assert row["krugman_separate"] < row["krugman_unified"] - 0.1
    assert row["cosine_unified"] == pytest.approx(row["cosine_base"], abs=1e-6)
    split = repetition(arena, ("subsidy", "subsidy"), nash, unified)
    assert split.repeated.all() and split.avoided == pytest.approx(split.value, rel=1e-6)
    assert abs(split.along["residual"]) < 1e-3 * split.value


def test_a_budget_counts_what_subsidies_hand_out(unlike):
    """(A1): a rate s costs s / (1 - s) of output; a small one has that bill; a budget binds on it."""
    arena, nash, _ = unlike
    small = np.array([0.05, 0.02])
    made = np.asarray(arena.economy.base.output)[[0, 1], [1, 0]]
    np.testing.assert_allclose(arena.bends(small).cost, small / (100 - small) * made, rtol=1e-6)
    large = np.array([12.0, 7.0])
    np.testing.assert_allclose(arena.bends(large).cost, large / (100 - large) * made, rtol=1e-6)
    ahead, back = (arena.bends(large + step) for step in (1e-3, -1e-3))
    np.testing.assert_allclose(arena.bends(large).d_cost, (ahead.cost - back.cost) / 2e-3, rtol=1e-6)
    np.testing.assert_allclose(arena.bends(large).d2_cost, (ahead.d_cost - back.d_cost) / 2e-3, rtol=1e-5)
    np.testing.assert_allclose(
        np.asarray(arena.solve(small).accounts.subsidy).sum(axis=0), small / 100 * made, rtol=0.02
    )
    assert arena.bought(small) == pytest.approx(0.0, abs=1e-8)
    short = two_regions.subsidies(arena.economy, [(1,), (0,)], budget=0.5 * arena.bends(nash.values).cost.min())
    bound = settle(short, NASH)
    np.testing.assert_allclose(bound.cost, short.budgets, rtol=1e-6)
    assert (bound.values < nash.values).all() and (bound.price > 0).all()


def test_slopes_with_subsidies_are_those_of_differences(unlike):
    arena = unlike[0]
    values, weights, way = np.array([6.0, 11.0]), np.array([[1.0, 0.0], [0.3, -0.8]]), np.array([1.0, -0.7])
    seen, bends = arena.look(values, weights), arena.bends(values)
    slope = (seen.rise * bends.d_response + seen.fall * bends.d_cost) @ way
    up, down = (weights @ arena.look(values + s * way, weights).payoffs for s in (1e-3, -1e-3))
    np.testing.assert_allclose(slope, (up - down) / 2e-3, rtol=1e-5)


@pytest.fixture(scope="module")
def field(northeast):
    return make_field(northeast, 0.005)


def test_every_player_has_the_same_instruments(field):
    """Three provinces: subsidies and land prices by group of sectors, one rate in all cities of a province."""
    own = {
        k: {t for t, o in zip(field.topics, field.arena.owner, strict=True) if o == k and ":" in t} for k in range(3)
    }
    assert own[0] == own[1] == own[2] and {"subsidy:manufacturing", "land_price:services"} <= own[0]
    assert field.dropped == () and "Jilin" in " ".join(lever.card.name for lever in field.arena.levers)
    without = make_field_names(field)
    assert not [t for t in without if ":" in t]


def make_field_names(field):
    return [t for t, lever in zip(field.topics, field.arena.levers, strict=True) if not lever.conditional]


def test_an_instrument_of_a_province_is_that_of_its_cities(field, northeast):
    """Responses, costs and purchases at one rate add up over cities."""
    from citybelt.scenario.instruments import instruments
    from citybelt.scenario.levers import costs, shock
    from citybelt.separate.players import provinces

    cities = provinces(northeast)["220000"]
    for kind, value in (("subsidy", 3.0), ("land_price", 12.0)):
        each = [lv for lv in instruments(northeast, (kind,), cities) if lv.id.endswith("_services")]
        k = next(k for k, t in enumerate(field.topics) if t == f"{kind}:services" and field.arena.owner[k] == 1)
        one = field.arena.levers[k]
        a, b = shock([one], np.array([value])), shock(each, np.full(len(each), value))
        for name in ("subsidy", "log_H", "purchase"):
            np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=1e-9, atol=1e-12, err_msg=name)
        assert float(costs([one], [value])[0]) == pytest.approx(float(costs(each, [value] * len(each)).sum()), rel=1e-9)
