"""Nash equilibria and unified plans of economies that can be solved with pencil and paper."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.errors import NotSolvedError
from citybelt.separate.rivalry import KKT, Seen, respond, settle
from spillover import Spillover, economy

NASH, UNIFIED = ((0,), (1,)), ((0, 1),)


def closed_form(e, together):
    n = len(e.a)
    cross = (2 if together else 1) * e.g * (np.ones((n, n)) - np.eye(n))
    return np.linalg.solve(np.diag(e.k) - cross, e.a + (e.h.sum(axis=0) if together else 0))


@pytest.mark.proposition("P51")
def test_two_players_in_closed_form():
    """k1 x1 = a1 + g x2 and k2 x2 = a2 + g x1; together h and g count twice, once for each side."""
    e = economy()
    nash, unified = settle(e, NASH), settle(e, UNIFIED)
    det = 1.0 * 1.5 - 0.1**2
    np.testing.assert_allclose(nash.values, [(1.5 + 0.06) / det, (0.6 + 0.1) / det], rtol=1e-6)
    np.testing.assert_allclose(nash.values, closed_form(e, False), rtol=1e-6)
    np.testing.assert_allclose(unified.values, closed_form(e, True), rtol=1e-5)
    assert (nash.kkt <= KKT).all() and len(nash.kkt) == 2 and unified.kkt <= KKT
    assert nash.rounds > 1 and (nash.price == pytest.approx(0, abs=1e-7))
    assert unified.payoffs.sum() > nash.payoffs.sum()


def test_budgets_bind_in_closed_form():
    """A player short of money spends it all: x = sqrt(2 B / k); together they move it to where it brings most."""
    e = economy(g=0.0, budgets=[0.08, 0.12])
    nash, unified, apart = settle(e, NASH), settle(e, UNIFIED), settle(e, UNIFIED, pooled=False)
    np.testing.assert_allclose(nash.values, np.sqrt(2 * e.budgets / e.k), rtol=1e-6)
    np.testing.assert_allclose(nash.price, e.a / (e.k * nash.values) - 1, rtol=1e-5)
    np.testing.assert_allclose(apart.values, nash.values, rtol=1e-6)
    # With b = a + sum h, stationarity b_i = (1 + p) k_i x_i gives 2 B (1 + p)^2 = sum b_i^2 / k_i.
    b = e.a + e.h.sum(axis=0)
    price = np.sqrt((b**2 / e.k).sum() / (2 * e.budgets.sum())) - 1
    np.testing.assert_allclose(unified.values, b / (1 + price) / e.k, rtol=1e-5)
    assert unified.price[0] == pytest.approx(price, rel=1e-5)
    np.testing.assert_allclose(unified.cost.sum(), e.budgets.sum(), rtol=1e-6)
    assert unified.payoffs.sum() > apart.payoffs.sum() - 1e-9


@pytest.mark.proposition("P3", "P51")
def test_without_externality_separate_plans_are_the_unified_one():
    e = economy(h=((0, 0), (0, 0)), g=0.0)
    nash, unified = settle(e, NASH), settle(e, UNIFIED)
    np.testing.assert_allclose(nash.values, unified.values, rtol=1e-6)
    np.testing.assert_allclose(nash.payoffs, unified.payoffs, rtol=1e-9)


def test_one_player_is_the_unified_plan():
    e = economy(n=1, a=[0.7], h=[[0.0]], k=[2.0], budgets=[0.05], upper=[3.0])
    alone = settle(e, [(0,)])
    assert alone.values[0] == pytest.approx(np.sqrt(2 * 0.05 / 2.0), rel=1e-6)


@pytest.mark.proposition("P51")
@given(st.lists(st.floats(0.1, 2), min_size=3, max_size=3), st.lists(st.floats(-0.3, 0.6), min_size=6, max_size=6),
       st.floats(0.0, 0.15), st.lists(st.floats(0.05, 4), min_size=3, max_size=3))  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_together_is_never_less_in_total(a, spill, g, budgets):
    """A concave economy of three: the unified plan is a global optimum that no start from Nash has helped."""
    h = np.zeros((3, 3))
    h[~np.eye(3, dtype=bool)] = spill
    e = economy(n=3, a=a, h=h, g=g, k=[1.0, 1.3, 0.8], budgets=budgets, upper=[6.0, 5.0, 7.0])
    nash, unified = settle(e, ((0,), (1,), (2,))), settle(e, ((0, 1, 2),))
    assert unified.payoffs.sum() >= nash.payoffs.sum() - 1e-5 * np.abs(unified.payoffs).sum()
    assert max(*nash.kkt, *unified.kkt) <= KKT
    # Nobody gains by another mix, tried by brute force.
    rng = np.random.default_rng(1)
    for i in range(3):
        for x in rng.uniform(0, min(6.0, np.sqrt(2 * budgets[i] / e.k[i])), 40):
            other = np.where(np.arange(3) == i, min(x, e.upper[i]), nash.values)
            assert e.look(other, np.ones((1, 3)), None).payoffs[i] <= nash.payoffs[i] + 1e-6


def test_players_in_no_block_do_nothing():
    e = economy()
    found = settle(e, ((1,),), start=np.array([2.0, 2.0]))
    assert found.values[0] == 0 and found.values[1] == pytest.approx(0.6 / 1.5, rel=1e-6)


def test_start_does_not_matter_and_one_turn_is_a_best_response():
    e = economy()
    found = settle(e, NASH, start=np.array([8.0, 0.1]))
    np.testing.assert_allclose(found.values, closed_form(e, False), rtol=1e-6)
    reply = respond(e, (0,), np.array([3.0, 2.0]))
    np.testing.assert_allclose(reply.values, [1.0 + 0.1 * 2.0, 2.0], rtol=1e-6)


def test_plans_that_chase_each_other_are_an_error():
    """A race without end: each answers the other's lever with more than as much, and the chaser of the other's
    lever turns back at its bound, for ever."""

    @dataclass(frozen=True)
    class Chase(Spillover):
        def look(self, x, weights, near):
            u = np.array([3 * x[0] * (x[1] - 1), -3 * x[1] * (x[0] - 1)]) - self.k * x**2 / 2
            jacobian = 3 * np.array([[x[1] - 1, x[0]], [-x[1], 1 - x[0]]])
            return Seen(u, weights @ jacobian, -weights, near)

    e = Chase(np.zeros(2), np.zeros((2, 2)), 0.0, np.ones(2), np.full(2, 50.0), np.full(2, 2.0))
    with pytest.raises(NotSolvedError, match="did not settle"):
        settle(e, NASH)
