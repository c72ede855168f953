"""Bundles at a constant elasticity: the textbook formula, the limit of Cobb-Douglas, derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybelt.model.mechanisms import nest

RNG = np.random.default_rng(0)
SHARE = RNG.dirichlet(np.ones(5), 3)
PRICE = RNG.normal(0, 0.5, (3, 5))


@pytest.mark.parametrize("sigma", [0.0, 0.3, 0.999, 1.001, 2.0, 8.0])
def test_price_is_the_textbook_one(sigma):
    level = (SHARE * np.exp(PRICE) ** (1 - sigma)).sum(axis=1) ** (1 / (1 - sigma))
    found = nest.price(SHARE, jnp.asarray(PRICE), jnp.full(3, sigma))
    np.testing.assert_allclose(found, np.log(level), atol=1e-12)
    shares = SHARE * nest.factor(jnp.asarray(PRICE), found, jnp.full(3, sigma))
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(shares, SHARE * np.exp((1 - sigma) * PRICE) / level[:, None] ** (1 - sigma), rtol=1e-11)


def test_an_elasticity_of_one_is_cobb_douglas():
    found = nest.price(SHARE, jnp.asarray(PRICE), jnp.ones(3))
    np.testing.assert_allclose(found, (SHARE * PRICE).sum(axis=1), rtol=1e-15)
    np.testing.assert_array_equal(nest.factor(jnp.asarray(PRICE), found, jnp.ones(3)), 1.0)


@given(near=st.floats(-0.01, 0.01))
def test_nothing_breaks_near_one(near):
    """The second-order expansion around Cobb-Douglas: mean + (1 - sigma) variance / 2."""
    found = np.asarray(nest.price(SHARE, jnp.asarray(PRICE), jnp.full(3, 1 - near)))
    mean = (SHARE * PRICE).sum(axis=1)
    variance = (SHARE * (PRICE - mean[:, None]) ** 2).sum(axis=1)
    third = (SHARE * (PRICE - mean[:, None]) ** 3).sum(axis=1)
    np.testing.assert_allclose(
        found, mean + near * variance / 2 + near**2 * third / 6, atol=20 * abs(near) ** 3 + 1e-15
    )


@pytest.mark.parametrize("sigma", [0.4, 0.9995, 1.0, 1.0000001, 1.3])
def test_derivatives_are_those_of_differences(sigma):
    price = lambda p, e: nest.price(jnp.asarray(SHARE), p, e)  # noqa: E731
    way = RNG.normal(size=PRICE.shape)
    by_price = jax.jvp(lambda p: price(p, jnp.full(3, sigma)), (jnp.asarray(PRICE),), (jnp.asarray(way),))[1]
    shares = SHARE * nest.factor(jnp.asarray(PRICE), price(jnp.asarray(PRICE), jnp.full(3, sigma)), jnp.full(3, sigma))
    np.testing.assert_allclose(by_price, (shares * way).sum(axis=1), atol=1e-11)  # Shephard's lemma
    at = lambda t: np.asarray(price(jnp.asarray(PRICE), jnp.full(3, sigma + t)))  # noqa: E731
    by_sigma = jax.jvp(lambda e: price(jnp.asarray(PRICE), e), (jnp.full(3, sigma),), (jnp.ones(3),))[1]
    t = 1e-2
    slope = (8 * (at(t) - at(-t)) - (at(2 * t) - at(-2 * t))) / (12 * t)
    np.testing.assert_allclose(by_sigma, slope, rtol=1e-6)


def test_a_bundle_of_nothing_costs_nothing():
    assert float(nest.price(jnp.zeros(3), jnp.asarray(PRICE[0, :3]), jnp.asarray(0.5))) == 0.0
