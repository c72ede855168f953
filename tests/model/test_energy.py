"""A charge on top of a price, with a short cut where nothing is charged, is the plain formula with its derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.model.mechanisms import energy


def plain(log_price, charge):
    full = jnp.exp(log_price) + charge
    return jnp.log(full), jnp.exp(log_price) / full


@pytest.mark.parametrize("charged", [0.0, 0.3])
def test_charge_and_its_first_two_derivatives_are_those_of_the_plain_formula(charged):
    rng = np.random.default_rng(1)
    log_price, charge = jnp.asarray(rng.normal(size=(3, 4))), charged * jnp.asarray(rng.uniform(size=(3, 4)))
    weight = jnp.asarray(rng.normal(size=(2, 3, 4)))
    way = jnp.asarray(rng.normal(size=(2, 3, 4)))

    def scalar(f):
        return lambda p, c: jnp.sum(weight[0] * f(p, c)[0] + weight[1] * f(p, c)[1] ** 2)

    def curvature(f):
        def slope(p, c):
            by_price, by_charge = jax.grad(scalar(f), (0, 1))(p, c)
            return jnp.vdot(by_price, way[0]) + jnp.vdot(by_charge, way[1])

        return jax.grad(slope, (0, 1))(log_price, charge)

    for found, wanted in zip(energy.charged(log_price, charge), plain(log_price, charge), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-14)
    pairs = zip(
        jax.grad(scalar(energy.charged), (0, 1))(log_price, charge),
        jax.grad(scalar(plain), (0, 1))(log_price, charge),
        strict=True,
    )
    for found, wanted in pairs:
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    for found, wanted in zip(curvature(energy.charged), curvature(plain), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-13)
