"""Government accounts against the budget identity, a closed form and sums by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.path import public_debt

R, G, T = 7, 3, 11


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 0.08))
def test_the_budget_identity_holds_every_year_and_everywhere(seed, interest):
    rng = np.random.default_rng(seed)
    province = np.zeros((G, R))
    province[np.arange(R) % G, np.arange(R)] = 1
    debt, primary, owed = jnp.zeros(R), [], []
    for _ in range(T):
        parts = [jnp.asarray(rng.lognormal(0, 0.5, R)) for _ in range(4)]
        received = public_debt.revenue(*parts)
        spent = public_debt.wanted(
            jnp.asarray(rng.lognormal(1, 0.5, R)), jnp.asarray(rng.normal(0, 0.1, R)),
            jnp.asarray(rng.normal(0, 0.1, R)), 0.02, jnp.asarray(rng.lognormal(-2, 1, R)),
        )  # fmt: skip
        year = public_debt.step(debt, received, spent, interest)
        np.testing.assert_allclose(year.later - year.debt, -year.balance, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(year.debt, debt)
        of_province = year.by(province)
        np.testing.assert_allclose(of_province.later - of_province.debt, -of_province.balance, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(of_province.balance.sum(), year.balance.sum(), rtol=1e-9, atol=1e-12)
        primary.append(received - spent)
        owed.append(year.later)
        debt = year.later
    np.testing.assert_allclose(public_debt.accumulated(jnp.stack(primary), interest), debt, rtol=1e-10, atol=1e-11)


def test_who_spends_what_he_receives_owes_nothing():
    base = jnp.asarray([3.0, 5.0])
    spent = public_debt.wanted(base, jnp.zeros(2), jnp.zeros(2))
    year = public_debt.step(jnp.zeros(2), base, spent, 0.04)
    assert not np.asarray(year.later).any() and not np.asarray(year.balance).any()


def test_grants_follow_people_and_keep_their_sum():
    """Against the sum by hand; whatever the elasticity the centre passes on what it passed on. Where all places lose
    alike they lose alike, and places that pay in pay by their people."""
    rng = np.random.default_rng(3)
    grants = rng.normal(1, 2, R)
    grants[0] = -3.0
    weight, heads = rng.dirichlet(np.ones(R)), rng.normal(0, 0.3, R)
    for g in (0.0, 0.4, 1.0):
        got, share = public_debt.follow(jnp.asarray(grants), jnp.asarray(weight), jnp.asarray(heads), g)
        assert float(got.sum()) == pytest.approx(grants.sum(), rel=1e-12)
        assert float(share.sum()) == pytest.approx(1.0, rel=1e-12)
        left = sum(x * (1 - np.exp(g * k)) for x, k in zip(grants, heads, strict=True))
        by_hand = [x * np.exp(g * k) + s * left for x, k, s in zip(grants, heads, np.asarray(share), strict=True)]
        np.testing.assert_allclose(got, by_hand, rtol=1e-12)
    still, _ = public_debt.follow(jnp.asarray(grants), jnp.asarray(weight), jnp.asarray(heads), 0.0)
    np.testing.assert_allclose(still, grants, rtol=1e-12)
    even, share = public_debt.follow(jnp.asarray(grants), jnp.asarray(weight), jnp.full(R, -0.4), 1.0)
    np.testing.assert_allclose(share, weight, rtol=1e-12)
    np.testing.assert_allclose(even, grants * np.exp(-0.4) + weight * grants.sum() * (1 - np.exp(-0.4)), rtol=1e-12)


def test_debt_that_nobody_pays_grows_at_its_interest():
    gap = jnp.zeros((20, 2)).at[0].set(-1.0)
    np.testing.assert_allclose(public_debt.accumulated(gap, 0.05), 1.05**19, rtol=1e-12)
    slope = jax.grad(lambda i: public_debt.accumulated(gap, i).sum())(0.05)
    assert float(slope) == pytest.approx(2 * 19 * 1.05**18, rel=1e-12)


def test_accounts_of_cities_add_up_to_the_province_and_follow_the_rule():
    rng = np.random.default_rng(0)
    province = np.zeros((G, R))
    province[np.arange(R) % G, np.arange(R)] = 1
    total, weight = rng.lognormal(4, 1, G), rng.lognormal(0, 1, R)
    of_city = public_debt.cities(total, weight, province)
    np.testing.assert_allclose(province @ of_city, total, rtol=1e-12)
    assert of_city[0] / of_city[3] == pytest.approx(weight[0] / weight[3])
