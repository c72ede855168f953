"""Gravity against nested loops in levels, closed forms, finite differences, and proportional fitting."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cities import gravity_base, random_trade
from citybelt.engine.adjoint import gradient
from citybelt.engine.certificate import certify
from citybelt.engine.continuation import follow
from citybelt.engine.solve import attempt, solve
from citybelt.errors import InputError, NotSolvedError
from citybelt.model import invert
from citybelt.model.check import commuting as commuting_loops
from citybelt.model.check import gravity as loops
from citybelt.model.gravity import GRAVITY, Closure, Shock, Theory, base_year, theory

FULL, CONDITIONAL = Closure(0.0), Closure(1.0)


def shock(b, seed, size=0.3):
    rng = np.random.default_rng([seed, 5])
    n = len(b.output)
    return Shock(*(jnp.asarray(rng.normal(0, s, shape)) for s, shape in ((size, (n, n)), (0.1, n), (0.1, n))))


def relative(log):
    log = np.asarray(log)
    return log - log[0]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_full_equilibrium_by_two_routes(seed):
    factor, output, spending, sigma = random_trade(seed)
    b, th = gravity_base(seed)
    z = shock(b, seed)
    s = solve(GRAVITY, b, th, z, FULL).require()
    assert s.passes <= 40
    after = factor * np.exp((1 - sigma) * np.asarray(z.log_d)).T
    found = loops.full(
        factor, after, output, spending, sigma, endowment=np.exp(z.log_Q), phi=np.exp(z.log_phi)
    )  # fmt: skip
    before = loops.conditional(factor, output, spending, sigma)
    np.testing.assert_allclose(relative(s.accounts.log_price), relative(np.log(found.price)), atol=1e-8)
    np.testing.assert_allclose(
        relative(s.accounts.log_inward), relative(np.log(found.inward / before.inward)), atol=1e-8
    )  # fmt: skip
    # Sellers' resistances are tied to buyers' by P of the first place.
    tied = np.asarray(s.accounts.log_outward + s.accounts.log_inward[0])
    np.testing.assert_allclose(tied, np.log(found.outward / before.outward), atol=1e-8)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_conditional_equilibrium_by_two_routes(seed):
    factor, output, spending, sigma = random_trade(seed)
    b, th = gravity_base(seed)
    before = loops.conditional(factor, output, spending, sigma)
    np.testing.assert_allclose(b.share[0] * b.spending[:, None], before.flows.T, rtol=1e-8)
    z = shock(b, seed)
    z = Shock(z.log_d, 0 * z.log_Q, 0 * z.log_phi)
    s = solve(GRAVITY, b, th, z, CONDITIONAL).require()
    found = loops.conditional(factor * np.exp((1 - sigma) * np.asarray(z.log_d)).T, output, spending, sigma)
    np.testing.assert_allclose(
        relative(s.accounts.log_inward), relative(np.log(found.inward / before.inward)), atol=1e-8
    )  # fmt: skip
    np.testing.assert_allclose(
        relative(s.accounts.log_price), -relative(np.log(found.outward / before.outward)), atol=1e-8
    )  # fmt: skip
    np.testing.assert_allclose(s.accounts.output, b.output, rtol=1e-14)
    np.testing.assert_allclose(s.accounts.receipts, b.output, rtol=1e-9)


@pytest.mark.parametrize("closure", [FULL, CONDITIONAL], ids=["full", "conditional"])
def test_nothing_changes_where_nothing_is_changed(closure):
    b, th = gravity_base(1)
    s = solve(GRAVITY, b, th, Shock.zeros(b), closure).require()
    for log in s.accounts[3:]:
        assert np.abs(log).max() < 1e-9
    assert GRAVITY.walras(b, s.accounts) < 1e-12


def test_the_world_spends_what_it_earns_and_keeps_its_imbalances():
    b, th = gravity_base(2)
    z = shock(b, 2)
    z = Shock(z.log_d, z.log_Q, 0 * z.log_phi)
    a = solve(GRAVITY, b, th, z, FULL).require().accounts
    assert float(a.spending.sum()) == pytest.approx(float(a.output.sum()), rel=1e-12)
    ratio = np.asarray(a.spending / a.output / (b.spending / b.output))
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)
    np.testing.assert_allclose(a.receipts, a.output, rtol=1e-9)


@pytest.mark.parametrize("closure", [FULL, CONDITIONAL], ids=["full", "conditional"])
def test_the_unit_of_money_and_the_order_of_places_do_not_matter(closure):
    b, th = gravity_base(3)
    z, order = shock(b, 3), np.array([4, 0, 5, 2, 1, 3])
    flows = np.asarray(b.share[0] * b.spending[:, None])
    other = base_year(1e6 * flows[np.ix_(order, order)])
    moved = Shock(z.log_d[order][:, order], z.log_Q[order], z.log_phi[order])
    one, two = (solve(GRAVITY, e, th, s, closure).require().accounts for e, s in ((b, z), (other, moved)))
    np.testing.assert_allclose(one.log_real_output[order], two.log_real_output, atol=1e-8)


def test_gains_from_trade_are_those_of_the_share_bought_at_home():
    """Real income in autarky over that under trade is pi_nn^(1/theta) (Arkolakis, Costinot, Rodriguez-Clare 2012)."""
    b, th = gravity_base(4)
    flows = np.asarray(b.share[0] * b.spending[:, None])
    balanced = base_year(flows + flows.T)
    n = len(flows)
    z = Shock(jnp.asarray(30.0 * (1 - np.eye(n))), jnp.zeros(n), jnp.zeros(n))
    a = solve(GRAVITY, balanced, th, z, FULL).require().accounts
    closed = np.log(np.diagonal(balanced.share[0])) / float(th.theta)
    np.testing.assert_allclose(a.log_real_output, closed, atol=1e-8)
    np.testing.assert_allclose(a.log_welfare, closed, atol=1e-8)


@pytest.mark.parametrize("closure", [FULL, CONDITIONAL], ids=["full", "conditional"])
def test_twins_have_a_closed_form(closure):
    """Between two equal places a cheaper trade moves the price index alone: P^-theta = h + (1-h) d^-theta."""
    at_home, theta, d = 0.7, 4.0, 0.8
    b = base_year(np.array([[at_home, 1 - at_home], [1 - at_home, at_home]]))
    z = Shock(jnp.log(d) * jnp.asarray([[0.0, 1.0], [1.0, 0.0]]), jnp.zeros(2), jnp.zeros(2))
    a = solve(GRAVITY, b, Theory(jnp.asarray(theta)), z, closure).require().accounts
    expected = -np.log(at_home + (1 - at_home) * d**-theta) / theta
    np.testing.assert_allclose(a.log_real_output, -expected, atol=1e-10)


def _worth(b, th, z, a, extra):
    return jnp.sum(b.output * a.log_welfare) / jnp.sum(b.output)


@pytest.mark.parametrize("closure", [FULL, CONDITIONAL], ids=["full", "conditional"])
def test_gradients_are_those_of_differences(closure):
    b, th = gravity_base(5)
    z = shock(b, 5)
    _, grad, grad_th = gradient(_worth, solve(GRAVITY, b, th, z, closure), theory=True)
    rng = np.random.default_rng(6)

    def at(z, th=th):
        return float(_worth(b, th, z, solve(GRAVITY, b, th, z, closure).require().accounts, None))

    def slope(f, t=1e-2):
        return (8 * (f(t) - f(-t)) - (f(2 * t) - f(-2 * t))) / (12 * t)

    for name, here in vars(z).items():
        way = jnp.asarray(rng.normal(size=here.shape))
        expected = slope(lambda t, name=name, here=here, way=way: at(Shock(**{**vars(z), name: here + t * way})))
        assert float(jnp.sum(getattr(grad, name) * way)) == pytest.approx(expected, rel=1e-6, abs=1e-8), name
    expected = slope(lambda t: at(z, Theory(th.theta * (1 + t))))
    assert float(grad_th.theta * th.theta) == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_path_and_certificate_work_on_it():
    b, th = gravity_base(7)
    direct = attempt(GRAVITY, b, th, shock(b, 7), FULL).require()
    np.testing.assert_allclose(follow(direct).state.price, direct.state.price, atol=1e-8)
    found = certify(direct, starts=3)
    assert found.determinant_sign == 1 and found.distinct == 1 and found.walras < 1e-9


# Inversion


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_inversion_by_two_routes(seed):
    factor, sold, bought, _ = random_trade(seed)
    found = invert.attraction(factor, bought, sold)
    np.testing.assert_allclose(bought @ found.share, sold * bought.sum() / sold.sum(), rtol=1e-9)
    other = commuting_loops.invert(factor, bought, sold)
    np.testing.assert_allclose(found.values, other / other.mean(), rtol=1e-8)


def test_resistances_are_those_of_the_loops():
    factor, output, spending, sigma = random_trade(12)
    found = invert.resistances(factor.T, output, 3.0 * spending, sigma - 1)
    other = loops.conditional(factor, output, spending, sigma)
    np.testing.assert_allclose(found.inward, other.inward, rtol=1e-9)
    np.testing.assert_allclose(found.outward, other.outward, rtol=1e-9)
    np.testing.assert_allclose(found.flows, other.flows.T, rtol=1e-9)


def test_inversion_returns_the_productivity_that_made_the_data():
    rng = np.random.default_rng(8)
    n, theta, agg = 9, 3.0, 0.38
    drawn, workers, income = rng.uniform(0.2, 5, n), rng.uniform(1, 5, n), rng.uniform(1, 5, n)
    cost = np.exp(rng.uniform(0, 1, (n, n)))
    share = cost**-theta * drawn
    share = share / share.sum(axis=1, keepdims=True)
    wage = income @ share / workers
    # The unit cost w / (A L^agg) to the power of -theta is what draws buyers.
    A = wage / workers**agg * drawn ** (1 / theta)
    found = invert.productivity(wage, workers, income, cost, theta, agg)
    np.testing.assert_allclose(found.values, A / A.mean(), rtol=1e-8)
    np.testing.assert_allclose(found.share, share, rtol=1e-8)


def test_inversion_returns_the_amenities_that_made_the_data():
    rng = np.random.default_rng(9)
    n, eps = 8, 3.3
    B, wage, residents = rng.uniform(0.5, 2, n), rng.uniform(0.8, 1.2, n), rng.uniform(1, 5, n)
    cost = np.exp(rng.uniform(0, 2, (n, n)))
    drawn = B * (wage / cost) ** eps
    share = drawn / drawn.sum(axis=1, keepdims=True)
    found = invert.amenities(wage, residents @ share, residents, cost, eps)
    np.testing.assert_allclose(found.values, B / B.mean(), rtol=1e-8)
    np.testing.assert_allclose(found.share, share, rtol=1e-8)


# Bad input


def test_bad_tables_are_refused():
    good = np.ones((3, 3))
    for bad in (-good, good[:2], np.diag([1.0, 1.0, 0.0]), good * np.nan):
        with pytest.raises(InputError):
            base_year(bad)
    with pytest.raises(InputError):
        theory(0.9)
    with pytest.raises(InputError):
        invert.attraction(good, np.ones(3), np.zeros(3))
    with pytest.raises(InputError):
        invert.attraction(np.diag([1.0, 1.0, 0.0]), np.ones(3), np.ones(3))


def test_worlds_apart_are_inverted_only_if_each_balances():
    apart = np.kron(np.eye(2), np.ones((2, 2)))
    found = invert.attraction(apart, np.ones(4), np.array([1.5, 0.5, 0.4, 1.6]))
    np.testing.assert_allclose(np.ones(4) @ found.share, [1.5, 0.5, 0.4, 1.6], rtol=1e-10)
    with pytest.raises(NotSolvedError, match="nothing connects"):
        invert.attraction(apart, np.ones(4), np.array([2.0, 1.0, 0.5, 0.5]))


@pytest.mark.parametrize("power", [0.0, 1.0, 3.0, 12.0])
def test_inversion_however_fast_trade_falls_with_distance(power):
    """From a world without distance, where attraction is sales, to places that hardly trade."""
    rng = np.random.default_rng(10)
    n = 40
    place, sold, bought = rng.uniform(0, 1, (n, 2)), rng.lognormal(0, 1, n), rng.lognormal(0, 1, n)
    apart = 0.02 + np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1))
    found = invert.attraction(apart**-power, bought, sold)
    assert found.residual < 1e-11
    np.testing.assert_allclose(bought @ found.share, sold * bought.sum() / sold.sum(), rtol=1e-9)
    if power == 0.0:
        np.testing.assert_allclose(found.values, sold / sold.mean(), rtol=1e-10)
