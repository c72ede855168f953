"""The value of one plan taken apart, on games whose payoffs are known in full."""

import numpy as np
import pytest

from citybelt.separate.repetition import USED, repeated, repetition
from citybelt.separate.rivalry import settle
from spillover import economy

NASH, UNIFIED = ((0,), (1,), (2,)), ((0, 1, 2),)


def rivals(budgets=None):
    """Three players who harm each other, so that one plan does less of what two of them do."""
    h = np.array([[0, -0.5, 0], [-0.6, 0, 0], [0.2, 0.3, 0]])
    return economy(3, a=[1.0, 1.1, 0.7], h=h, g=0.05, k=[1.0, 1.2, 0.9], budgets=budgets, upper=[5.0, 6.0, 7.0])


def total(e, x):
    return float(e.look(x, np.ones((1, 3)), None).payoffs.sum())


@pytest.mark.proposition("P51")
@pytest.mark.parametrize("budgets", [None, [0.15, 0.2, 0.1]])
def test_parts_add_up_and_are_those_by_hand(budgets):
    """(E2) and (E3) from the payoffs themselves; a quadratic path is integrated exactly."""
    e = rivals(budgets)
    nash, unified = settle(e, NASH), settle(e, UNIFIED)
    r = repetition(e, ("same", "same", "other"), nash, unified)
    n, u = nash.values, unified.values
    cut = np.array([True, True, False]) & (u < n - USED * e.upper)
    np.testing.assert_array_equal(r.repeated, cut)
    less, left = total(e, np.where(cut, u, n)), total(e, np.where(cut, n, u))
    before, after = total(e, n), total(e, u)
    assert r.value == pytest.approx(after - before)
    assert r.removal == pytest.approx(0.5 * (less - before + after - left))
    assert r.removal + r.filling == pytest.approx(r.value)
    assert r.avoided + r.rest + r.idle == pytest.approx(r.value)
    cost = lambda x: e.bends(x).cost  # noqa: E731
    assert r.freed == pytest.approx((cost(n) - cost(u))[cut].sum())
    assert r.avoided - r.removal == pytest.approx(unified.price[0] * r.freed)
    assert r.idle == pytest.approx(unified.price[0] * (cost(u).sum() - cost(n).sum()), abs=1e-12)
    assert r.along["repetition"] + r.along["rest"] + r.along["residual"] == pytest.approx(r.value)
    assert abs(r.along["residual"]) < 1e-12
    assert r.topics["topic"].tolist() == (["same"] if cut.any() else [])
    if cut.any():
        assert r.topics["players"].tolist() == [2]


def test_what_one_player_does_alone_is_no_repetition():
    e = rivals()
    nash, unified = settle(e, NASH), settle(e, UNIFIED)
    r = repetition(e, ("one", "two", "three"), nash, unified)
    assert not r.repeated.any() and r.removal == 0 and r.avoided == 0 and r.topics.empty
    assert r.interplay == pytest.approx(0, abs=1e-12)


def test_more_of_the_same_is_no_repetition():
    """Only what one plan does less of counts, and of levers in use."""
    e = rivals()
    n = np.array([2.0, 2.0, 1.0])
    np.testing.assert_array_equal(repeated(e, ("a",) * 3, n, np.array([1.0, 2.5, 1.0])), [True, False, False])
    np.testing.assert_array_equal(repeated(e, ("a",) * 3, np.array([2.0, 0.0, 0.0]), np.zeros(3)), [False] * 3)
