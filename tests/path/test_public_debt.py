"""Government accounts against the budget identity, a closed form and sums by hand."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.path import public_debt

R, T = 7, 11


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 0.08))
def test_the_budget_identity_holds_every_year_and_everywhere(seed, interest):
    rng = np.random.default_rng(seed)
    debt, primary = jnp.zeros(R), []
    for _ in range(T):
        parts = [jnp.asarray(rng.lognormal(0, 0.5, R)) for _ in range(4)]
        received = public_debt.revenue(*parts)
        spent = public_debt.wanted(
            jnp.asarray(rng.lognormal(1, 0.5, R)), jnp.asarray(rng.normal(0, 0.1, R)),
            jnp.asarray(rng.normal(0, 0.1, R)), 0.02,
        )  # fmt: skip
        year = public_debt.step(debt, received, spent, interest)
        np.testing.assert_allclose(year.later - year.debt, -year.balance, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(year.debt, debt)
        primary.append(received - spent)
        debt = year.later
    # In closed form: balances before interest, each with the interest since.
    since = (1.0 + interest) ** np.arange(T - 1, -1, -1.0)
    np.testing.assert_allclose(-since @ np.array(primary), debt, rtol=1e-10, atol=1e-11)


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
