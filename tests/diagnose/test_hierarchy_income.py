"""Rank-size, Moran and Theil against simulation, closed forms and other libraries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.diagnose import hierarchy, income


def test_rank_size_recovers_the_exponent_with_the_right_error():
    rng = np.random.default_rng(0)
    zeta, n = 1.2, 34
    fits = [hierarchy.rank_size(rng.pareto(zeta, n) + 1) for _ in range(1500)]
    exponents = np.array([f.exponent for f in fits])
    # Gabaix and Ibragimov: unbiased to first order, standard error zeta sqrt(2 / n).
    assert exponents.mean() == pytest.approx(zeta, rel=0.04)
    assert np.mean([f.standard_error for f in fits]) == pytest.approx(exponents.std(), rel=0.12)


def test_rank_size_of_an_exact_power_law():
    ranks = np.arange(1, 41)
    assert hierarchy.rank_size((ranks - 0.5) ** (-1 / 1.3)).exponent == pytest.approx(1.3)
    with pytest.raises(ValueError):
        hierarchy.rank_size(np.array([3.0, 0.0, 1.0]))


def test_primacy_under_zipf():
    zipf = 1 / np.arange(1, 31)
    p = hierarchy.primacy(zipf)
    assert p["two_city"] == pytest.approx(2.0)
    assert p["four_city"] == pytest.approx(1 / (1 / 2 + 1 / 3 + 1 / 4))
    assert p["eleven_city"] == pytest.approx(2 / (1 / np.arange(2, 12)).sum())


def test_moran_is_one_for_blocks_and_null_for_noise():
    n = 40
    pairs = [(i, i + 1) for i in range(n - 1)]
    blocks = np.repeat([0.0, 1.0], n // 2)
    out = hierarchy.moran(blocks, pairs, draws=199)
    w = np.zeros((n, n))
    for a, b in pairs:
        w[a, b] = w[b, a] = 1
    w /= w.sum(axis=1, keepdims=True)
    z = blocks - blocks.mean()
    assert out.moran == pytest.approx(z @ w @ z / (z @ z))
    assert out.p_value < 0.02 and out.expected == pytest.approx(-1 / (n - 1))
    noise = hierarchy.moran(np.random.default_rng(5).normal(size=n), pairs, draws=199)
    assert noise.significant.sum() <= 3
    with pytest.raises(ValueError, match="without a neighbour"):
        hierarchy.moran(blocks, pairs[1:])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0.5, 50), st.integers(1, 9), st.integers(0, 2)), min_size=4, max_size=9))
def test_theil_adds_up_and_agrees_with_the_unweighted_library(rows):
    from inequality.theil import TheilD

    y, n, g = (np.array(c) for c in zip(*rows, strict=True))
    t = income.theil(y, n, g)
    assert t["between"] + t["within"] == pytest.approx(t["total"], abs=1e-12)
    # The library has no weights: a region of n people is n people.
    persons = TheilD(np.repeat(y, n), np.repeat(g, n))
    assert t["total"] == pytest.approx(float(np.squeeze(persons.T)), abs=1e-9)
    assert t["between"] == pytest.approx(float(np.squeeze(persons.bg)), abs=1e-9)


def test_gini_agrees_with_the_library_on_repeated_people():
    from inequality.gini import Gini

    y, n = np.array([4.0, 1.0, 9.0, 2.5]), np.array([3, 5, 1, 4])
    assert income.gini(y, n) == pytest.approx(Gini(np.repeat(y, n)).g)
    assert income.gini(np.full(4, 2.0), n) == pytest.approx(0.0)
