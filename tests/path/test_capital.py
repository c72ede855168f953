"""Capital and land against closed forms, identities and plain loops."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.errors import InputError
from citybelt.model.mechanisms import housing
from citybelt.model.theory import theory
from citybelt.path import capital, land

R, J = 5, 3


def economy(seed):
    rng = np.random.default_rng(seed)
    K = rng.lognormal(3, 1, (R, J))
    delta = rng.uniform(0.03, 0.12, J)
    by_place = K.sum(axis=1) * rng.uniform(0.12, 0.2, R)
    return rng, K, delta, by_place


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_the_base_year_is_met_and_shares_add_up(seed):
    rng, K, delta, by_place = economy(seed)
    I0 = capital.invested(K, delta, by_place)
    np.testing.assert_allclose(I0.sum(axis=1), by_place, rtol=1e-12)
    share, zero = I0 / I0.sum(), np.zeros((R, J))
    np.testing.assert_allclose(capital.spread(share, zero, zero, 1.7), share, rtol=1e-12)
    log_K, log_r, log_q = rng.normal(0, 0.3, (R, J)), rng.normal(0, 0.3, (R, J)), rng.normal(0, 0.1, R)
    moved = capital.spread(share, log_K, log_r - log_q[:, None], 1.7)
    assert float(moved.sum()) == pytest.approx(1.0, abs=1e-12)
    # The weight of a place is the sum over its sectors, up to what all places share.
    weight = share.sum(axis=1) * np.exp(capital.place_weight(share, log_K, log_r - log_q[:, None], 1.7))
    np.testing.assert_allclose(weight / weight.sum(), moved.sum(axis=1), rtol=1e-12)
    within = capital.split(jnp.asarray(by_place), share, log_K, log_r, 1.7)
    np.testing.assert_allclose(within.sum(axis=1), by_place, rtol=1e-12)
    np.testing.assert_allclose(within[2] / by_place[2], moved[2] / moved[2].sum(), rtol=1e-12)


def test_odds_of_investment_follow_returns_at_the_elasticity():
    _, K, delta, by_place = economy(1)
    share = capital.invested(K, delta, by_place)
    share, zero = share / share.sum(), np.zeros((R, J))
    better = zero.copy()
    better[3, 1] = 0.2
    moved = capital.spread(share, zero, better, 1.3)
    odds = np.log(moved[3, 1] / moved[0, 2]) - np.log(share[3, 1] / share[0, 2])
    assert odds == pytest.approx(1.3 * 0.2, abs=1e-12)


def test_wedges_explain_the_base_year():
    """Shares rebuilt from wedges, capital and user costs in levels, by a plain loop."""
    _, K, delta, by_place = economy(2)
    rho, zeta = 0.07, 1.4
    I0 = capital.invested(K, delta, by_place)
    w = np.exp(capital.wedges(I0 / I0.sum(), K, delta, rho, zeta))
    built = np.array([[w[n, j] * K[n, j] * (rho + delta[j]) ** zeta for j in range(J)] for n in range(R)])
    np.testing.assert_allclose(built / built.sum(), I0 / I0.sum(), rtol=1e-12)


def test_capital_of_a_place_grows_alike_at_first_and_by_the_law():
    _, K, delta, by_place = economy(3)
    I0 = capital.invested(K, delta, by_place)
    zero = np.zeros((R, J))
    growth = capital.grow(zero, K, I0, zero[:, 0], delta)
    np.testing.assert_allclose(growth, np.broadcast_to(growth[:, :1], (R, J)), atol=1e-12)
    np.testing.assert_allclose(K * np.exp(growth), (1 - delta) * K + I0, rtol=1e-12)
    # On the path of that growth nothing moves.
    np.testing.assert_allclose(capital.grow(zero, K, I0, zero[:, 0], delta, trend=growth), 0.0, atol=1e-14)


def test_a_place_cannot_sell_its_capital():
    K, delta = np.ones((1, 2)), np.array([0.02, 0.3])
    with pytest.raises(InputError, match="one depreciation rate"):
        capital.invested(K, delta, np.array([0.1]))


@pytest.mark.parametrize("fixed_saving", [0.25, 0.4])
def test_solow(fixed_saving):
    """Constant saving of ``Y = K^a`` reaches the capital of Solow's closed form."""
    a, delta = 0.4, np.array([0.08])
    K0 = np.array([[1.0]])
    log_K = jnp.zeros((1, 1))
    for _ in range(600):
        Y = jnp.exp(a * log_K)
        log_K = capital.grow(log_K, K0, fixed_saving * Y, jnp.zeros(1), delta)
    assert float(jnp.exp(log_K[0, 0])) == pytest.approx((fixed_saving / 0.08) ** (1 / (1 - a)), rel=1e-10)


def test_foreign_ownership_is_a_stock_of_its_own():
    rng, K, delta, by_place = economy(4)
    I0 = capital.invested(K, delta, by_place)
    log_q = rng.normal(0, 0.1, R)
    zero, owned, inflow = np.zeros((R, J)), rng.uniform(0, 0.2, (R, J)), 0.3 * I0
    later = capital.grow(zero, K, I0, log_q, delta)
    f = capital.foreign(owned, zero, later, K, inflow, log_q, delta)
    stock = (1 - delta) * owned * K + inflow / np.exp(log_q)[:, None]
    np.testing.assert_allclose(f * K * np.exp(later), stock, rtol=1e-12)
    # Where all investment is foreign and nothing else is left, all is owned abroad.
    every = capital.foreign(np.ones((R, J)), zero, later, K, I0, log_q, delta)
    np.testing.assert_allclose(every, 1.0, rtol=1e-12)
    income = rng.uniform(1, 2, (R, J))
    np.testing.assert_allclose(capital.owned_abroad(jnp.full((R, J), 0.2), income), 0.2, rtol=1e-12)


def test_cells_without_capital_stay_empty_and_have_gradients():
    _, K, delta, by_place = economy(5)
    K[2, 1] = 0.0
    I0 = capital.invested(K, delta, by_place)
    zero = np.zeros((R, J))

    def total(log_q):
        r = capital.log_return(jnp.asarray(K * 0.2) * jnp.exp(log_q)[:, None], K * 0.2, zero)
        within = capital.split(jnp.asarray(by_place), I0 / I0.sum(), zero, r, 1.2)
        return jnp.sum(capital.grow(zero, K, within, log_q, delta) * K)

    q = jnp.linspace(-0.1, 0.1, R)
    slope = jax.grad(total)(q)
    assert np.isfinite(slope).all()
    step = 1e-6 * jnp.eye(R)[1]
    assert float(slope[1]) == pytest.approx(float((total(q + step) - total(q - step)) / 2e-6), rel=1e-6)
    assert float(capital.grow(zero, K, I0, q, delta)[2, 1]) == 0.0


def test_land_and_houses_reach_their_supply_at_their_speed():
    rng = np.random.default_rng(9)
    q, k = jnp.asarray(rng.normal(0, 0.3, R)), jnp.asarray(rng.normal(0, 0.1, R))
    here = there = jnp.zeros(R)
    for year in range(1, 400):
        here = land.land(here, q, k, 0.5, 0.1)
        there = land.houses(there, q, k, 1.2, 0.05)
        if year == 7:
            np.testing.assert_allclose(here, (1 - 0.9**7) * 0.5 * (q - k), rtol=1e-12)
            goal = jnp.exp(1.2 * (q - k))
            np.testing.assert_allclose(jnp.exp(there), goal + 0.95**7 * (1 - goal), rtol=1e-12)
    np.testing.assert_allclose(here, 0.5 * (q - k), rtol=1e-10)
    np.testing.assert_allclose(there, 1.2 * (q - k), atol=1e-8)


def test_houses_come_to_what_the_static_model_builds_at_once():
    """(H1) at the table's eta, spending and costs given, is where (L2) ends with rents of houses as they stand."""
    rng = np.random.default_rng(11)
    spent, cost = jnp.asarray(rng.normal(0, 0.3, R)), jnp.asarray(rng.normal(0, 0.1, R))
    eta, log_H = theory(["agr"]).eta, jnp.zeros(R)
    for _ in range(600):
        log_H = land.houses(log_H, housing.rent(spent, log_H, cost, jnp.zeros(())), cost, eta, 0.02)
    at_once = housing.rent(spent, jnp.zeros(R), cost, eta)
    np.testing.assert_allclose(housing.rent(spent, log_H, cost, jnp.zeros(())), at_once, atol=1e-9)
    np.testing.assert_allclose(log_H, eta * (at_once - cost), atol=1e-9)
