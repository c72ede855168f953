"""Closed forms, each with the conditions under which it holds."""

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.engine.solve import solve
from citybelt.model.accounts import Shock, closure
from citybelt.model.calibrate import calibrate
from citybelt.model.spatial import SPATIAL
from economies import random_inputs, random_shock, random_theory


def one_sector(materials: float, seed: int = 11):
    """One sector, no taxes on output, no carbon, people and capital fixed, no spillovers."""
    c = closure(people="fixed")
    inputs = random_inputs(seed, h=4, f=3, j=1, g=2, tariffs=False, carbon=False)
    inputs["tax_rate"] = np.zeros_like(inputs["tax_rate"])
    output, spending = inputs["trade"].sum(axis=0), inputs["trade"].sum(axis=1)
    inputs["input_coef"] = np.full((7, 1, 1), materials)
    left = spending - materials * output
    inputs["final"] = left * inputs["final"] / inputs["final"].sum(axis=0)
    th = random_theory(seed, 1)
    th = type(th)(**{**vars(th), "agg": jnp.zeros(1)})
    return calibrate(**inputs, closure=c), th, c


def own_share(b, th, s):
    """Change of the share that each region buys from itself."""
    price, cost = np.asarray(s.state.price)[:, 0], np.asarray(s.accounts.log_gate)[:, 0]
    own = np.asarray(s.shock.log_d)[0].diagonal()
    return -float(th.theta[0]) * (cost + own - price)


@pytest.mark.proposition("P43")
@pytest.mark.parametrize("materials", [0.0, 0.4])
@pytest.mark.parametrize("cost", [-0.2, 0.3, 0.8])
def test_gains_from_trade(materials, cost):
    """Real factor rewards move by own share to -1/(theta va) (Arkolakis, Costinot and Rodriguez-Clare 2012): towards
    autarky they fall and own shares rise. (Autarky itself has no equilibrium where transfers must be paid in goods.)"""
    b, th, c = one_sector(materials)
    n = b.shape[0]
    z = Shock.zeros(b)
    z = z.replace(log_d=z.log_d + cost * (1 - jnp.eye(n)))
    s = solve(SPATIAL, b, th, z, c).require()
    real_wage = np.asarray(s.state.wage - s.state.price[:, 0])
    log_own = own_share(b, th, s)
    np.testing.assert_allclose(real_wage, -log_own / (float(th.theta[0]) * (1 - materials)), atol=1e-9)
    assert (np.sign(log_own) == np.sign(cost)).all()


@pytest.mark.proposition("P12")
def test_capital_without_borders_earns_one_return():
    inputs = random_inputs(4)
    free = closure(capital="mobile")
    b = calibrate(**inputs, closure=free)
    th = random_theory(4)
    s = solve(SPATIAL, b, th, random_shock(b, 4), free).require()
    home = np.asarray(s.state.rental)[: b.n_home]
    np.testing.assert_allclose(home, home[0], atol=1e-12)
    tied = closure()
    b = calibrate(**inputs, closure=tied)
    s = solve(SPATIAL, b, th, random_shock(b, 4), tied).require()
    assert np.ptp(np.asarray(s.state.rental)[: b.n_home]) > 1e-3


def test_doubling_one_country_into_twins_changes_nothing():
    """Two home regions that are halves of one, with the same shares, shocks and frictions within, move as the one
    did: in hats, when twins share elasticities and the stock of people is split evenly."""
    inputs = random_inputs(12, h=3, f=2, j=2, g=2)
    n, h = 5, 3
    half = np.array([0, 0, 1, 2, 3, 4])  # region 0 appears twice
    weight = np.array([0.5, 0.5, 1, 1, 1, 1])
    twin = dict(inputs)
    twin["trade"] = inputs["trade"][np.ix_(half, half)] * weight[:, None, None] * weight[None, :, None]
    twin["tariff"] = inputs["tariff"][np.ix_(half, half)]
    for name in ("input_coef", "tax_rate", "emission", "process"):
        twin[name] = inputs[name][half]
    twin["housing"] = inputs["housing"][half] * weight
    twin["factor_share"] = inputs["factor_share"][:, half]
    twin["final"] = inputs["final"][:, half] * weight[None, :, None]
    home, w = half[:4], weight[:4]
    twin["people"] = inputs["people"][:, home][:, :, home] * w[:, None] * w[None, :]
    for name in ("pension", "owned_abroad"):
        twin[name] = inputs[name][home]
    twin["province"] = inputs["province"][:, home]
    c = closure()
    th = random_theory(12, 2)
    one, two = calibrate(**inputs, closure=c), calibrate(**twin, closure=c)
    rng = np.random.default_rng(1)
    log_A = rng.normal(0, 0.1, (n, 2))
    log_d = rng.normal(0, 0.1, (2, n, n))
    a = solve(
        SPATIAL, one, th, Shock.zeros(one).replace(log_A=jnp.asarray(log_A), log_d=jnp.asarray(log_d)), c
    ).require()
    z = Shock.zeros(two).replace(log_A=jnp.asarray(log_A[half]), log_d=jnp.asarray(log_d[:, half][:, :, half]))
    b = solve(SPATIAL, two, th, z, c).require()
    np.testing.assert_allclose(b.state.price, a.state.price[half], atol=1e-9)
    np.testing.assert_allclose(b.accounts.log_welfare, a.accounts.log_welfare[:, home], atol=1e-9)
    np.testing.assert_allclose(b.accounts.residents[:, 0] * 2, a.accounts.residents[:, 0], rtol=1e-9)
    assert h == 3


def test_more_productive_everywhere_is_richer_everywhere():
    """Hulten (1978): without shocks elsewhere, a uniform one per cent gain of value added raises world real output
    by one per cent of value added to first order."""
    b = calibrate(**random_inputs(14, carbon=False), closure=closure())
    th = random_theory(14)
    z = Shock.zeros(b)
    z = z.replace(log_A=z.log_A + 1e-4)
    s = solve(SPATIAL, b, th, z, closure()).require()
    volume = np.asarray(b.value_added * s.accounts.output / b.output * np.exp(-np.asarray(s.accounts.log_gate)))
    assert volume.sum() / float(b.value_added.sum()) - 1 == pytest.approx(1e-4, rel=0.05)
