"""Scenarios solved side by side are those solved one by one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.economies import random_inputs, random_shock, random_theory

from citybelt.engine.many import solve_many
from citybelt.engine.solve import solve
from citybelt.errors import NotSolvedError
from citybelt.model.accounts import Shock, closure
from citybelt.model.calibrate import calibrate
from citybelt.model.spatial import SPATIAL


def world(seed):
    c = closure()
    return calibrate(**random_inputs(seed), closure=c), random_theory(seed), c


def same(one, other):
    for name, leaf in vars(one.state).items():
        np.testing.assert_allclose(leaf, getattr(other.state, name), atol=2e-9)
    np.testing.assert_allclose(one.accounts.log_welfare, other.accounts.log_welfare, atol=2e-9)


def test_side_by_side_is_one_by_one_and_in_order():
    """Seven shocks of every field in batches of three, so that the last batch is short."""
    b, th, c = world(3)
    shocks = [random_shock(b, seed) for seed in range(7)]
    found = list(solve_many(SPATIAL, b, th, iter(shocks), c, batch=3))
    assert len(found) == 7
    for z, many in zip(shocks, found, strict=True):
        assert many.shock is z
        same(many.require(), solve(SPATIAL, b, th, z, c).require())


def test_fields_that_all_shocks_share_are_kept_once():
    b, th, c = world(4)
    rng = np.random.default_rng(4)
    common = random_shock(b, 4)
    shocks = [common.replace(log_A=jnp.asarray(rng.normal(0, 0.1, b.shape))) for _ in range(3)]
    for z, many in zip(shocks, solve_many(SPATIAL, b, th, shocks, c, batch=3), strict=True):
        same(many.require(), solve(SPATIAL, b, th, z, c).require())


def test_a_start_of_its_own_leads_each_to_its_own_equilibrium_in_fewer_passes():
    b, th, c = world(5)
    shocks = [random_shock(b, seed) for seed in range(5)]
    alone = [solve(SPATIAL, b, th, z, c).require() for z in shocks]
    near = [jax.tree.map(lambda leaf: leaf * 1.001, s.state) for s in alone]
    for found, wanted in zip(solve_many(SPATIAL, b, th, shocks, c, iter(near), batch=2), alone, strict=True):
        same(found.require(), wanted)
        assert found.passes < wanted.passes


def test_one_that_fails_does_not_take_the_others_along():
    b, th, c = world(6)
    bad = Shock.zeros(b)
    bad = bad.replace(purchase=bad.purchase.at[2, 0, 1].set(50 * float(b.consumption[0])))
    good = random_shock(b, 6)
    first, second, third = solve_many(SPATIAL, b, th, [good, bad, good], c, batch=3)
    with pytest.raises(NotSolvedError):
        second.require()
    for found in (first, third):
        same(found.require(), solve(SPATIAL, b, th, good, c).require())
