"""Cooperative games worked by hand, and identities that hold for every game."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.scenario.shapley import share_out
from citybelt.separate.cooperate import (
    in_core,
    is_convex,
    least_core,
    members,
    players,
    shapley,
    shapley_shares,
    transfers,
)


def game(n, **values):
    """A game from the values of sets named by their players; sets that are not named are worth nothing."""
    v = np.zeros(2**n)
    for name, value in values.items():
        v[sum(1 << "abcde".index(c) for c in name)] = value
    return v


GLOVES = game(3, ac=1, bc=1, abc=1)  # a and b hold left gloves, c the right one
MAJORITY = game(3, ab=1, ac=1, bc=1, abc=1)
AIRPORT = -game(3, a=1, b=2, c=3, ab=2, ac=3, bc=3, abc=3)  # runways of three lengths


@pytest.mark.proposition("P50")
def test_gloves_by_hand():
    """Orders: c earns 1 unless first; a earns 1 only right after c, in one order of six."""
    np.testing.assert_allclose(shapley(GLOVES), [1 / 6, 1 / 6, 2 / 3], atol=1e-15)
    core = least_core(GLOVES)  # {a, c} and {b, c} leave nothing to a or b
    assert not core.empty and core.objection == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(core.point, [0, 0, 1], atol=1e-12)
    assert not in_core(GLOVES, shapley(GLOVES)) and in_core(GLOVES, np.array([0, 0, 1]))


@pytest.mark.proposition("P50")
def test_majority_has_no_core():
    """Any two can take everything, so some two object by at least a third."""
    np.testing.assert_allclose(shapley(MAJORITY), np.full(3, 1 / 3))
    core = least_core(MAJORITY)
    assert core.empty and core.objection == pytest.approx(1 / 3)
    np.testing.assert_allclose(core.point, np.full(3, 1 / 3), atol=1e-12)
    assert set(core.objectors) == {0b011, 0b101, 0b110}


def test_airport_by_hand():
    """Each pays an equal part of every section that it uses (Littlechild and Owen 1973); the game is convex."""
    np.testing.assert_allclose(shapley(AIRPORT), [-1 / 3, -1 / 3 - 1 / 2, -1 / 3 - 1 / 2 - 1], atol=1e-14)
    assert is_convex(AIRPORT) and in_core(AIRPORT, shapley(AIRPORT))


def test_nucleolus_of_a_bankruptcy():
    """Estate of 200, claims of 100, 200 and 300: the Talmud's 50, 75 and 75 (Aumann and Maschler 1985)."""
    claims, estate = np.array([100, 200, 300]), 200
    v = np.array([max(0, estate - claims[~m].sum()) for m in members(np.arange(8), 3)], float)
    np.testing.assert_allclose(least_core(v).point, [50, 75, 75], atol=1e-7)


@pytest.mark.parametrize("carrier", [0b0001, 0b0110, 0b1011, 0b1111])
def test_unanimity_shares_equally_among_those_needed(carrier):
    v = np.array([float(s & carrier == carrier) for s in range(16)])
    inside = members(np.array([carrier]), 4)[0]
    np.testing.assert_allclose(shapley(v), inside / inside.sum(), atol=1e-15)
    assert is_convex(v) and in_core(v, shapley(v)) and in_core(v, least_core(v).point)


def games(n):
    """Values that a solver can tell from zero."""
    one = st.floats(-10, 10).map(lambda x: round(x, 9))
    return st.lists(one, min_size=2**n - 1, max_size=2**n - 1).map(lambda v: np.array([0.0, *v]))


@given(games(4))
@settings(max_examples=30, deadline=None)
def test_shapley_is_the_mean_over_all_orders(v):
    gains = np.zeros(4)
    for order in permutations(range(4)):
        before = 0
        for i in order:
            gains[i] += (v[before | 1 << i] - v[before]) / 24
            before |= 1 << i
    np.testing.assert_allclose(shapley(v), gains, atol=1e-12)
    others = share_out(lambda sets: v[sets][:, None], 4)
    np.testing.assert_allclose(shapley(v), others.shapley[:, 0], atol=1e-12)
    assert shapley(v).sum() == pytest.approx(v[-1], abs=1e-10)


@given(games(4))
@settings(max_examples=30, deadline=None)
def test_core_point_is_in_the_core_where_there_is_one(v):
    core = least_core(v)
    assert core.point.sum() == pytest.approx(v[-1], abs=1e-6)
    assert in_core(v, core.point) is not core.empty
    sets = np.arange(1, 15)
    assert (v[sets] - members(sets, 4) @ core.point).max() == pytest.approx(core.objection, abs=1e-6)


@given(st.lists(st.floats(0, 5), min_size=5, max_size=5), st.floats(1, 3))
@settings(max_examples=30, deadline=None)
def test_convex_games_have_shapley_in_the_core(weights, power):
    v = (members(np.arange(32), 5) @ np.array(weights)) ** power
    assert is_convex(v) and in_core(v, shapley(v))


def test_sampled_shares_are_within_their_error():
    """Thirteen players with pairwise interplay, where reversed pairs of orders are exact, and a cubic term."""
    rng = np.random.default_rng(3)
    alone, pair = rng.uniform(size=13), rng.uniform(size=(13, 13))

    def quadratic(s):
        m = members(np.array([s]), 13)[0].astype(float)
        return alone @ m + m @ pair @ m

    exact = alone + np.diagonal(pair) + 0.5 * (pair + pair.T - 2 * np.diag(np.diagonal(pair))).sum(axis=1)
    found = shapley_shares(quadratic, 13, orders=4)
    np.testing.assert_allclose(found.values, exact, atol=1e-12)

    def cubic(s):
        return float((members(np.array([s]), 13)[0] @ alone) ** 3)

    found = shapley_shares(cubic, 13, orders=64)
    whole = shapley(np.array([cubic(s) for s in range(2**13)]))
    assert found.orders == 128 and found.values.sum() == pytest.approx(cubic(2**13 - 1))
    assert (np.abs(found.values - whole) <= 4 * found.error).all() and (found.error > 0).all()


def test_few_players_are_exact():
    found = shapley_shares(lambda s: MAJORITY[s], 3)
    assert found.orders == 0 and (found.error == 0).all()
    np.testing.assert_allclose(found.values, shapley(MAJORITY))


@pytest.mark.proposition("P50")
def test_transfers_by_hand():
    """b lacks 2; a and c have 3 and 1 above their floors and pay in that proportion."""
    moved = transfers(np.array([5, 1, 2]), np.array([2, 3, 1]))
    np.testing.assert_allclose(moved.received, [-1.5, 2, -0.5])
    assert moved.total == 2 and moved.lacking == 0
    short = transfers(np.array([1, 1, 2]), np.array([2, 3, 1]))
    assert short.lacking == 2 and short.total == 1
    np.testing.assert_allclose(short.received, [1 / 3, 2 / 3, -1])
    assert transfers(np.array([3, 3]), np.array([3, 2])).total == 0


@pytest.mark.proposition("P50")
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=6))
@settings(deadline=None)
def test_transfers_are_the_least_that_would_do(pairs):
    from scipy.optimize import linprog

    u, f = np.array(pairs).T
    moved, n = transfers(u, f), len(u)
    assert abs(moved.received.sum()) < 1e-9
    # Received and paid parts of each transfer, both at least zero.
    least = linprog(
        np.r_[np.ones(n), np.zeros(n)], A_ub=np.hstack([-np.eye(n), np.eye(n)]), b_ub=u - f,
        A_eq=np.r_[np.ones(n), -np.ones(n)][None], b_eq=[0],
    )  # fmt: skip
    if moved.lacking > 1e-6:
        assert not least.success
    elif moved.lacking == 0:
        assert (u + moved.received >= f - 1e-9).all()
        assert moved.total == pytest.approx(least.fun, abs=1e-6)


@pytest.mark.parametrize("v", [np.zeros(3), np.array([1.0, 2.0]), np.array([0.0, np.nan]), np.zeros(1)])
def test_what_is_no_game_is_refused(v):
    with pytest.raises(ValueError, match="a game has"):
        players(v)
