"""Paths of perfect foresight: the published figures, and the stacked equations of all periods by scipy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import root

import citybelt as cb
from citybelt.engine.horizon import TOLERANCE, settle
from citybelt.replicate import rbc_path as rbc


def test_the_published_figures_hold():
    found = cb.replicate("rbc_path")
    assert found.holds and len(found.figures) == 56


def test_the_path_solves_the_stacked_equations():
    """Euler equations and budgets of 60 periods in levels, with the steady state after them; a shock that dies fast."""
    periods = 60
    z = rbc.PRODUCTIVITY * (1 + 0.03 * 0.5 ** np.arange(periods))

    def residual(x):
        K, C = np.exp(x[:periods]), np.exp(x[periods:])
        before = np.concatenate([[rbc.CAPITAL], K[:-1]])
        # Hours from w / (vphi C) with w = (1 - alpha) z (K/L)^alpha.
        L = ((1 - rbc.ALPHA) * z * before**rbc.ALPHA / (rbc.VPHI * C)) ** (1 / (1 + rbc.ALPHA))
        made = z * before**rbc.ALPHA * L ** (1 - rbc.ALPHA)
        r = rbc.ALPHA * made / before - rbc.DELTA
        later_r, later_C = np.append(r[1:], rbc.RETURN), np.append(C[1:], np.exp(x[-1]))
        euler = 1 / C - rbc.BETA * (1 + later_r) / later_C
        return np.concatenate([K - (1 - rbc.DELTA) * before - made + C, euler])

    start = np.log(np.repeat([rbc.CAPITAL, rbc.CONSUMPTION], periods))
    by_hand = root(residual, start, tol=1e-12)
    assert by_hand.success
    long = rbc.PRODUCTIVITY * (1 + 0.03 * 0.5 ** np.arange(rbc.PERIODS))
    still = jnp.full(rbc.PERIODS, np.log(rbc.CAPITAL))
    newton = jnp.linalg.inv(
        jnp.eye(rbc.PERIODS) - jax.jacfwd(rbc.look, 1)(jnp.full(rbc.PERIODS, rbc.PRODUCTIVITY), still)
    )
    path, left, _ = settle(rbc._look, jnp.asarray(long), still, newton=newton)
    assert left <= TOLERANCE
    found = rbc.outcomes(jnp.asarray(long), path)
    # The short horizon ends in its steady state a little early, which the first periods hardly see.
    np.testing.assert_allclose(np.asarray(found["K"])[:5], np.exp(by_hand.x[:5]), rtol=2e-5)
    np.testing.assert_allclose(np.asarray(found["C"])[:5], np.exp(by_hand.x[periods : periods + 5]), rtol=2e-5)


@pytest.mark.parametrize("spread", [0.3, 0.9])
def test_settle_solves_a_linear_path(spread):
    rng = np.random.default_rng(7)
    matrix = rng.normal(size=(40, 40))
    matrix *= spread / np.abs(np.linalg.eigvals(matrix)).max()
    shift = rng.normal(size=40)

    found, left, looks = settle(_linear, (jnp.asarray(matrix), jnp.asarray(shift)), jnp.zeros(40))
    assert left <= TOLERANCE and looks < 150
    np.testing.assert_allclose(found, np.linalg.solve(np.eye(40) - matrix, shift), rtol=1e-7, atol=1e-8)


def _linear(data, path, near):
    matrix, shift = data
    return matrix @ path + shift, near


def test_settle_tells_what_is_left():
    """A path that never comes back unchanged is not passed off as one."""
    _, left, looks = settle(_away, None, jnp.ones(3), limit=20)
    assert left > TOLERANCE and looks == 20


def _away(data, path, near):
    return path + 1.0, near
