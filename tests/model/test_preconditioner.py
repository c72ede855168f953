"""The step of a region alone against its own equations, and what it is for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from citybelt.engine.certificate import reduced
from citybelt.engine.solve import solve
from citybelt.model.accounts import Shock, State, closure
from citybelt.model.calibrate import calibrate
from citybelt.model.preconditioner import steps
from citybelt.model.spatial import SPATIAL, evaluate, geography
from economies import random_inputs, random_shock, random_theory


@pytest.mark.parametrize("capital", ["fixed", "mobile"])
def test_step_solves_the_equations_of_each_region(capital):
    c = closure(capital=capital)
    b, th = calibrate(**random_inputs(3), closure=c), random_theory(3)
    rng = np.random.default_rng(3)
    f = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape)), State.zeros(b))
    d = steps(b, th, c)(f)
    left = 1 - np.asarray(b.tax_rate)
    cost = np.einsum("njk,nk->nj", b.input_coef, d.price) / left
    cost = cost + (
        b.factor_share[0] * d.wage[:, None] + b.factor_share[1] * d.rental[:, None] + b.factor_share[2] * d.output
    ) * b.value_added / (b.output * left)
    sales = -th.theta * b.rivalry * cost
    np.testing.assert_allclose(d.output, f.output + sales, atol=1e-12)
    np.testing.assert_allclose(d.price, f.price + np.einsum("jnn->nj", b.share) * cost, atol=1e-12)
    income = b.factor_share[:2] * b.value_added
    change = (income * sales).sum(axis=2) / income.sum(axis=2)
    np.testing.assert_allclose(d.wage, f.wage + change[0], atol=1e-12)
    np.testing.assert_allclose(d.rental, f.rental + (change[1] if capital == "fixed" else 0), atol=1e-12)


def test_step_comes_nearer_to_the_newton_step_than_the_residual_does():
    c = closure()
    b, th = calibrate(**random_inputs(1), closure=c), random_theory(1)
    z = Shock.zeros(b)
    zero, unravel = ravel_pytree(State.zeros(b))

    def residual(flat):
        return ravel_pytree(evaluate(b, th, z, c, geography(b, th, z), unravel(flat))[0])[0] - flat

    jac = jax.jacfwd(residual)(zero)
    step = jax.jacfwd(lambda f: ravel_pytree(steps(b, th, c)(unravel(f)))[0])(zero)
    radius = lambda m: np.abs(np.linalg.eigvals(np.eye(len(m)) + np.asarray(m))).max()  # noqa: E731
    assert radius(step @ jac) < 0.8 * radius(jac)


def test_reduced_jacobian_is_the_inverse_of_a_block_of_the_inverse():
    """A Schur complement is the inverse of the block of the inverse, and det J has the sign of the dense one."""
    c = closure()
    b, th = calibrate(**random_inputs(2), closure=c), random_theory(2)
    s = solve(SPATIAL, b, th, random_shock(b, 2), c).require()
    flat, unravel = ravel_pytree(s.state)
    geo = geography(b, th, s.shock)
    left = lambda v: v - ravel_pytree(evaluate(b, th, s.shock, c, geo, unravel(v))[0])[0]  # noqa: E731
    jac = np.asarray(jax.jacfwd(left)(flat))
    n, h = b.shape[0], b.n_home
    keep = np.r_[0 : 2 * n, len(flat) - 2 * h : len(flat)]
    block = np.linalg.inv(jac)[np.ix_(keep, keep)]
    sign, smallest = reduced(s)
    assert sign == np.sign(np.linalg.det(jac))
    assert smallest == pytest.approx(1 / np.linalg.norm(block, 2), rel=1e-8)
