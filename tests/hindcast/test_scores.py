"""Scores against closed forms and plain loops; levels learned outside never read the counts inside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import norm

from citybelt.hindcast import known, learned
from citybelt.hindcast.scores import crps, score


@given(st.integers(0, 10_000))
def test_crps_is_the_double_loop(seed):
    rng = np.random.default_rng(seed)
    draws, y = rng.uniform(1, 9, (5, 3)), rng.uniform(1, 9, 3)
    e = 100 * (draws / y - 1)
    plain = [
        np.mean(np.abs(e[:, r])) - sum(abs(a - b) for a in e[:, r] for b in e[:, r]) / (2 * len(e) ** 2)
        for r in range(3)
    ]
    np.testing.assert_allclose(crps(draws, y), plain, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("mean", [96.0, 100.0, 107.0])
def test_crps_of_many_normal_draws_is_the_closed_form(mean):
    """Gneiting and Raftery (2007), equation 5."""
    sd, y = 4.0, 100.0
    draws = mean + sd * ndtri((np.arange(4000) + 0.5) / 4000)
    z = (y - mean) / sd
    exact = sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert crps(draws[:, None], np.array([y]))[0] == pytest.approx(exact, rel=1e-3)


def test_a_number_without_a_band_has_its_error_as_crps():
    s = score(np.array([[110.0, 95.0, 3.0]]), np.array([100.0, 100.0, np.nan]))
    assert (s.places, s.coverage) == (2, None)
    assert s.crps == pytest.approx(7.5) and s.bias == pytest.approx(2.5)
    assert s.median_abs_error == pytest.approx(7.5) == s.mean_abs_error


def test_counts_that_are_draws_themselves_are_covered_as_often_as_bands_say():
    rng = np.random.default_rng(5)
    middle = rng.uniform(50, 500, 4000)
    draws = middle * np.exp(0.1 * rng.standard_normal((400, 4000)))
    s = score(draws, middle * np.exp(0.1 * rng.standard_normal(4000)))
    assert s.coverage["50"] == pytest.approx(50, abs=3)
    assert s.coverage["80"] == pytest.approx(80, abs=3)
    # The mean of a lognormal error whose logarithm has deviation 0.1; three deviations of a mean of 4000.
    assert s.bias == pytest.approx(100 * np.expm1(0.1**2 / 2), abs=3 * 10 / np.sqrt(4000))


@pytest.fixture(scope="module")
def outside():
    """Traits, a central run, counts that follow (J1), provinces and a cluster."""
    rng = np.random.default_rng(2)
    x = np.concatenate([np.ones((40, 1)), rng.normal(0, 1, (40, 3))], axis=1)
    b = np.array([0.02, -0.3, 0.1, 0.05])
    central = rng.uniform(10, 90, 40)
    province = np.repeat(np.arange(8), 5)
    return x, central, central * np.exp(x @ b), province, province == 7, b


def test_levels_are_learned_where_they_are_exact(outside):
    x, central, y, province, inside, b = outside
    draws, found = learned.draws(x, central, y, province, inside)
    np.testing.assert_allclose(found, b, atol=1e-12)
    np.testing.assert_allclose(draws, np.broadcast_to(y, draws.shape), rtol=1e-10)
    assert draws.shape == (35, 40)


def test_counts_inside_are_never_read(outside):
    x, central, y, province, inside, _ = outside
    y = y * np.exp(np.random.default_rng(3).normal(0, 0.1, 40))
    poisoned = np.where(inside, 1e9, y)
    for one, other in zip(
        learned.draws(x, central, y, province, inside),
        learned.draws(x, central, poisoned, province, inside),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_no_province_takes_part_in_its_own_prediction(outside):
    x, central, y, province, inside, _ = outside
    y = y * np.exp(np.random.default_rng(3).normal(0, 0.1, 40))
    moved = y * np.where(province == 2, 3.0, 1.0)
    one, other = (np.log(learned.draws(x, central, v, province, inside)[0] / central) for v in (y, moved))
    # Draws are fit plus errors: differences between places of one draw are differences of fits.
    own = np.flatnonzero(province == 2)
    fit = [d[:, own] - d[:, own[:1]] for d in (one, other)]
    np.testing.assert_allclose(fit[0][0], fit[1][0], atol=1e-12)


def test_traits_are_of_2010():
    start = known.world()
    x = learned.traits(start, start.total * 1.1, start.total)
    np.testing.assert_allclose(x[:, 1], np.log(1.1), rtol=1e-12)
    assert start.total @ x[:, 3] == pytest.approx(0, abs=1e-3)
