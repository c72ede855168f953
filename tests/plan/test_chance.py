"""The chance that one plan beats another, against the binomial and the normal distribution."""

from math import erf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from citybelt.plan.sure.chance import beats


def test_counts_draws_in_which_a_does_better():
    assert beats(np.array([3.0, 1.0, 5.0, 2.0]), np.array([1.0, 2.0, 4.0, 1.0]))[0] == 0.75


def test_ties_count_half_and_missing_draws_not_at_all():
    a, b = np.array([1.0, 2.0, np.nan, 4.0]), np.array([1.0, 1.0, 0.0, np.nan])
    assert beats(a, b)[0] == 0.75


@given(st.integers(2, 60), st.data())
def test_error_is_that_of_a_binomial_share(count, data):
    wins = data.draw(st.integers(1, count - 1))
    a = np.arange(count) < wins
    found, se = beats(a.astype(float), np.full(count, 0.5))
    assert found == pytest.approx(wins / count)
    assert se == pytest.approx(binom(count, wins / count).std() / count)


def test_probability_of_correlated_normals():
    # A - B is normal with mean 0.3 and variance 1 + 1 - 2 * 0.8.
    rng = np.random.default_rng(5)
    common = rng.normal(size=20_000)
    a = 0.3 + sqrt(0.8) * common + sqrt(0.2) * rng.normal(size=common.size)
    b = sqrt(0.8) * common + sqrt(0.2) * rng.normal(size=common.size)
    found, se = beats(a, b)
    assert found == pytest.approx(0.5 * (1 + erf(0.3 / sqrt(0.4) / sqrt(2))), abs=4 * se)


@given(st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 2), min_size=1, max_size=40))
def test_one_of_two_plans_does_better(pairs):
    a, b = np.array(pairs).T
    (one, se), (other, se_other) = beats(a, b), beats(b, a)
    assert one + other == pytest.approx(1.0)
    assert se == pytest.approx(se_other)
    assert 0 < se <= 0.5


def test_draws_that_all_agree_are_no_certainty():
    assert beats(np.ones(50), np.zeros(50))[1] > 0
    assert beats(np.ones(500), np.zeros(500))[1] < beats(np.ones(50), np.zeros(50))[1]


def test_needs_the_same_draws():
    with pytest.raises(ValueError, match="same draws"):
        beats(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="no draw"):
        beats(np.array([np.nan]), np.array([1.0]))
