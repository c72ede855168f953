"""Scores against closed forms and plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import norm

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
