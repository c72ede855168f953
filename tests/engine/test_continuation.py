"""The path from the base year and Newton's method reach what the direct solve reaches, and say so where they can't."""

import re
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.engine.continuation import follow
from citybelt.engine.newton import newton
from citybelt.engine.solve import attempt, solve
from citybelt.model.accounts import Shock, State, closure
from citybelt.model.calibrate import calibrate
from citybelt.model.spatial import SPATIAL
from economies import random_inputs, random_shock, random_theory


def make(seed):
    c = closure()
    return calibrate(**random_inputs(seed), closure=c), random_theory(seed), c


@pytest.mark.parametrize("seed", [0, 1])
def test_the_path_ends_where_the_direct_solve_does(seed):
    b, th, c = make(seed)
    z = random_shock(b, seed)
    direct = attempt(SPATIAL, b, th, z, c).require()
    path = follow(replace(direct, status="pretended to fail")).require()
    assert path.steps > 1 and path.passes > direct.passes
    for name, found in vars(path.state).items():
        np.testing.assert_allclose(found, getattr(direct.state, name), atol=2e-9)


def test_newton_finds_the_equilibrium_from_a_guess_off_it():
    b, th, c = make(2)
    z = random_shock(b, 2)
    direct = attempt(SPATIAL, b, th, z, c).require()
    rng = np.random.default_rng(2)
    guess = jax.tree.map(lambda leaf: leaf + 0.02 * rng.normal(size=leaf.shape), direct.state)
    found = newton(SPATIAL, b, th, z, c, guess).require()
    for name, leaf in vars(found.state).items():
        np.testing.assert_allclose(leaf, getattr(direct.state, name), atol=2e-9)


def test_a_change_beyond_reach_says_how_far_the_path_came():
    """The people of one region are to pay ever more; what they can pay is the end of the path."""
    b, th, c = make(6)
    z = Shock.zeros(b)
    z = z.replace(purchase=z.purchase.at[2, 0, 1].set(50 * float(b.consumption[0])))
    failed = solve(SPATIAL, b, th, z, c)
    came = float(re.search(r"followed to ([\d.]+) %", failed.status).group(1)) / 100
    assert 0 < came < 0.1
    within = jax.tree.map(lambda leaf: 0.98 * came * leaf, z)
    assert solve(SPATIAL, b, th, within, c).solved
    beyond = jax.tree.map(lambda leaf: 3 * came * leaf, z)
    assert not solve(SPATIAL, b, th, beyond, c).solved


def test_a_start_that_is_no_number_is_a_failure_not_an_answer():
    b, th, c = make(1)
    bad = jax.tree.map(lambda leaf: jnp.full_like(leaf, jnp.nan), State.zeros(b))
    assert not attempt(SPATIAL, b, th, random_shock(b, 1), c, bad).solved
