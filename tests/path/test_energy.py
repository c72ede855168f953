"""Energy, learning and the decomposition of emissions against closed forms, identities and plain loops."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.path import energy, learning, lmdi
from citybelt.path.energy import Energy

R, U, F, C = 3, 5, 4, 6  # the last fuel is power


def world(seed=0, **changes):
    rng = np.random.default_rng(seed)
    used = rng.lognormal(2, 1, (R, U, F))
    used[1, 2, 0] = 0.0
    power = np.eye(F)[F - 1]
    fuelled = np.array([1, 1, 0, 0, 0, 0.0])
    values = dict(
        used=jnp.asarray(used), emits=jnp.asarray([0.34, 0.26, 0.2, 0.0]), power=jnp.asarray(power), sigma=1.3,
        lean=jnp.asarray([0.0, 0.0, 0.0, 0.02]), saving=0.01, sent=0.06,
        yields=jnp.asarray([4.2, 2.5, 3.8, 7.4, 2.1, 1.3]),
        life=jnp.asarray([40.0, 30, 80, 60, 25, 25]), carbon=jnp.asarray(fuelled * [0.85, 0.4, 0, 0, 0, 0]),
        fuelled=jnp.asarray(fuelled), mix=jnp.asarray(rng.dirichlet(np.ones(C))),
        cost=jnp.asarray(rng.uniform(0.25, 0.5, C)),
        falls=jnp.asarray([0, 0, 0.2, 0.5, 0.9, 0.9]), rate=jnp.asarray([0, 0, 0.01, 0.0, 0.15, 0.24]),
        built=jnp.asarray(rng.uniform(100, 800, C)), mu=3.0,
    )  # fmt: skip
    return Energy(**(values | changes))


def begin(e, seed=0):
    needed = jnp.sum(e.used * e.power) / (1 - e.sent)
    share = jnp.asarray(np.random.default_rng(seed).dirichlet([8, 2, 2, 1, 1, 1]))
    return energy.start(e, needed * share)


def through(e, plants, growth, years, carbon=0.0):
    rows = []
    for year in range(1, years + 1):
        price = jnp.zeros((R, F)).at[:, 0].set(0.01 * year)
        volume = jnp.full((R, U), (1 + growth) ** year)
        plants, now = energy.step(e, plants, price, volume, year, carbon)
        rows.append((plants, now))
    return rows


@pytest.mark.proposition("P58")
@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.floats(-0.08, 0.08))
def test_the_energy_balance_closes(seed, growth):
    """Power made is power needed, whether need grows or falls; shares sum to one; plants are counted."""
    e = world(seed)
    before = begin(e, seed)
    for plants, now in through(e, before, growth, 25):
        assert float(now.made.sum()) == pytest.approx(float(now.needed), rel=1e-12)
        assert (now.made <= e.yields * plants.standing * (1 + 1e-12)).all() and (now.made >= 0).all()
        np.testing.assert_allclose(now.mix.sum(axis=2), 1.0, rtol=1e-12)
        np.testing.assert_allclose(now.needed * (1 - e.sent), now.used[:, :, F - 1].sum(), rtol=1e-12)
        np.testing.assert_allclose(plants.standing, before.standing * (1 - 1 / e.life) + now.added, rtol=1e-12)
        np.testing.assert_allclose(plants.built, before.built + now.added, rtol=1e-12)
        by_hand = sum(float(e.emits[f] * now.used[:, :, f].sum()) for f in range(F))
        by_hand += sum(float(e.carbon[c] * now.made[c]) for c in range(C))
        assert float(now.co2) == pytest.approx(by_hand, rel=1e-12)
        before = plants


def test_nothing_changes_where_nothing_changes():
    e = world(1, saving=0.0, lean=jnp.zeros(F))
    plants = begin(e)
    _, now = energy.step(e, plants, jnp.zeros((R, F)), jnp.ones((R, U)), 5.0)
    np.testing.assert_allclose(now.used, e.used, rtol=1e-12)
    np.testing.assert_allclose(now.needed, (plants.standing * e.yields).sum(), rtol=1e-12)


def test_odds_of_fuels_follow_prices_at_the_elasticity():
    e = world(2)
    dearer = energy.mix(e, jnp.zeros((R, F)).at[1, 0].set(0.3), 0.0)
    plain = energy.mix(e, jnp.zeros((R, F)), 0.0)
    moved = np.log(dearer[1, 0, 0] / dearer[1, 0, 2]) - np.log(plain[1, 0, 0] / plain[1, 0, 2])
    assert moved == pytest.approx(-1.3 * 0.3, abs=1e-12)
    np.testing.assert_allclose(dearer[0], plain[0])
    assert float(dearer[1, 2, 0]) == 0.0


@pytest.mark.proposition("P58")
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.24])
def test_every_doubling_lowers_cost_by_the_learning_rate(rate):
    built = 3.0 * 2.0 ** jnp.arange(6)
    c = learning.cost(jnp.asarray(50.0), built, jnp.asarray(3.0), rate)
    np.testing.assert_allclose(c, 50 * (1 - rate) ** np.arange(6), rtol=1e-12)
    with_floor = learning.cost(jnp.asarray(50.0), built, jnp.asarray(3.0), rate, 20.0)
    np.testing.assert_allclose(with_floor, 20 + 30 * (1 - rate) ** np.arange(6), rtol=1e-12)


def test_dear_carbon_builds_other_plants_and_learning_builds_more():
    e = world(3)
    plants = begin(e)
    grown = jnp.sum(plants.standing * e.yields) * 1.05
    shares = []
    for carbon in (0.0, 0.2):
        _, _, added, _ = energy.supply(e, plants, grown, carbon)
        shares.append(added[4] / added[0])
    assert shares[1] > shares[0]
    odds = np.log(shares[1] / shares[0])
    assert odds == pytest.approx(3.0 * np.log((e.cost[0] + 0.2 * e.carbon[0]) / e.cost[0]), rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
@pytest.mark.proposition("P58")
def test_the_decomposition_leaves_nothing_over(seed):
    """Exact to 1e-12 of emissions, with zeros that come, go and stay, and against the formula by a plain loop."""
    rng = np.random.default_rng(seed)
    years = []
    for _ in range(2):
        E = rng.lognormal(0, 1, (U, F)) * (rng.uniform(size=(U, F)) < 0.8)
        out = rng.lognormal(3, 0.5, U)
        factor = rng.lognormal(0, 0.2, F) * np.array([1, 1, 1, 0])
        years.append((rng.lognormal(5, 0.1), out, E, E * factor))
    x0, x1 = (lmdi.kaya(*(jnp.asarray(v) for v in year)) for year in years)
    np.testing.assert_allclose(jnp.prod(x0, axis=0), years[0][3], rtol=1e-12)
    parts = lmdi.effects(x0, x1)
    assert np.isfinite(parts).all()
    change = years[1][3] - years[0][3]
    size = max(years[0][3].sum(), years[1][3].sum())
    np.testing.assert_allclose(parts.sum(axis=0), change, atol=1e-12 * size)
    assert float(parts.sum()) == pytest.approx(change.sum(), abs=1e-12 * size)
    for u in range(U):
        for f in range(F):
            a, b = years[1][3][u, f], years[0][3][u, f]
            if a > 0 and b > 0:
                mean = (a - b) / np.log(a / b)
                np.testing.assert_allclose(
                    parts[:, u, f], mean * np.log(x1[:, u, f] / x0[:, u, f]), rtol=1e-6, atol=1e-12
                )
    # There and back is zero; the unit of emissions only scales.
    np.testing.assert_allclose(lmdi.effects(x1, x0), -parts, rtol=1e-9, atol=1e-12)


def test_one_factor_alone_explains_its_own_change():
    x0 = jnp.asarray(np.random.default_rng(0).lognormal(0, 1, (6, U, F)))
    x1 = x0.at[3].multiply(1.7)
    parts = lmdi.effects(x0, x1)
    np.testing.assert_allclose(parts[3], 0.7 * jnp.prod(x0, axis=0), rtol=1e-12)
    np.testing.assert_allclose(jnp.delete(parts, 3, axis=0), 0.0, atol=1e-12)


@pytest.mark.parametrize("gap", [0.0, 1e-9, 9e-4, 1.1e-3, 0.5])
def test_logarithmic_mean_is_the_integral(gap):
    """L(a, b) is the integral of b (a/b)^s over s; for equal numbers it is the number."""
    b = 2.0
    nodes, weights = np.polynomial.legendre.leggauss(20)
    integral = np.sum(weights / 2 * b * np.exp(gap * (nodes + 1) / 2))
    got = lmdi.log_mean(jnp.asarray(b * np.exp(gap)), jnp.asarray(b), jnp.asarray(gap))
    assert float(got) == pytest.approx(integral, rel=1e-12)


@pytest.mark.proposition("P58")
def test_dearer_carbon_lowers_emissions():
    e = world(4)
    plants = begin(e)

    def emitted(price):
        dear = np.log1p(price * np.asarray(e.emits))[None] * np.ones((R, 1))
        return float(energy.step(e, plants, jnp.asarray(dear), jnp.full((R, U), 1.2), 3.0, 0.3 * price)[1].co2)

    found = np.array([emitted(p) for p in (0.0, 0.5, 1.0, 2.0)])
    assert (np.diff(found) < 0).all()


@pytest.mark.proposition("P58")
def test_peak_and_neutrality_do_not_depend_on_the_unit():
    e = world(5, saving=0.03)
    years = np.arange(2021, 2061)
    co2 = np.array([float(now.co2) for _, now in through(e, begin(e), 0.025, len(years), 0.3)])
    for unit in (1.0, 1e3, 1e6, 1 / 44 * 12):
        assert energy.peak_year(years, co2 * unit) == energy.peak_year(years, co2)
    line = np.linspace(12, -3, len(years)) + 4.0
    assert energy.neutral_year(years, line * 7, 28.0) == pytest.approx(2021 + 39 * 12 / 15)
    assert energy.neutral_year(years, np.ones(40)) is None and energy.neutral_year(years, np.zeros(40)) == 2021
    assert energy.peak_year(years, line) == 2021


def test_plants_pay_carbon_where_they_burn():
    """By loops: what all plants of a kind pay over what they emit; a price where none stands changes nothing."""
    rng = np.random.default_rng(9)
    burnt, price, fuel_of = rng.lognormal(0, 1, (R, F)), rng.uniform(0, 100, R), (0, 1, -1, 2, -1, 0)
    burnt[2, 0] = 0.0
    got = energy.paid(jnp.asarray(price), jnp.asarray(burnt), fuel_of)
    for c, f in enumerate(fuel_of):
        by_hand = sum(price[r] * burnt[r, f] for r in range(R)) / sum(burnt[r, f] for r in range(R)) if f >= 0 else 0
        assert float(got[c]) == pytest.approx(by_hand, rel=1e-12)
    elsewhere = energy.paid(jnp.asarray([0, 0, 80.0]), jnp.asarray(burnt), fuel_of)
    assert float(elsewhere[0]) == 0.0 and float(elsewhere[1]) > 0
    none = energy.paid(jnp.asarray(price), jnp.zeros((R, F)), fuel_of)
    assert not np.asarray(none).any()


@pytest.mark.parametrize("growth", [-0.06, 0.04])
def test_gradients_through_years_are_those_of_differences(growth):
    e = world(7)

    def total(carbon):
        return sum(now.co2 for _, now in through(e, begin(e), growth, 8, carbon))

    slope = jax.grad(total)(jnp.asarray(0.2))
    assert np.isfinite(slope)
    by_hand = (total(jnp.asarray(0.2 + 1e-5)) - total(jnp.asarray(0.2 - 1e-5))) / 2e-5
    assert float(slope) == pytest.approx(float(by_hand), rel=1e-5, abs=1e-9)
    parts = jax.grad(lambda x: lmdi.effects(x, 1.2 * x).sum())(jnp.zeros((6, U, F)).at[0].set(1.0))
    assert np.isfinite(parts).all()
