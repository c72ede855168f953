"""The class of many regions and sectors against a second route, identities and finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.model.check import trade as check
from citybelt.model.solve import solve
from citybelt.model.trade import TRADE, evaluate, geography
from citybelt.model.trade_accounts import Shock, State
from trade_economies import KINDS, make, shock


@pytest.mark.parametrize("kind", KINDS)
def test_base_year_comes_back(kind):
    b, th, c = make(5, **KINDS[kind])
    z = Shock.zeros(b)
    new, _ = evaluate(b, th, z, c, geography(b, th, z), State.zeros(b))
    for name, block in vars(new).items():
        assert block is None or np.abs(np.asarray(block)).max() < 1e-12, name


@pytest.mark.parametrize("kind", KINDS)
def test_two_routes_agree(kind):
    b, th, c = make(1, **KINDS[kind])
    z = shock(b, 1)
    s = solve(TRADE, b, th, z, c).require()
    assert s.steps == 1 and s.passes < 60
    found = check.equilibrium(b, th, z, c)
    a, n = s.accounts, b.shape[0]
    np.testing.assert_allclose(jnp.exp(s.state.wage), found.wage, rtol=1e-8)
    np.testing.assert_allclose(jnp.exp(a.log_price), found.price, rtol=1e-8)
    np.testing.assert_allclose(a.output, found.output, rtol=1e-8)
    np.testing.assert_allclose(a.income, found.income, rtol=1e-8)
    np.testing.assert_allclose(jnp.exp(a.log_cpi), found.cpi, rtol=1e-8)
    if b.settled:
        np.testing.assert_allclose(a.persons, found.persons.sum(axis=0), rtol=1e-8)
        np.testing.assert_allclose(jnp.exp(a.log_value), found.value, rtol=1e-8)
    if s.state.rental is not None:
        np.testing.assert_allclose(jnp.exp(s.state.rental), found.rental, rtol=1e-8)
