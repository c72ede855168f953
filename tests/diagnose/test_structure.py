"""Similarity, quotients and overlaps against their bounds, closed forms and other libraries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from citybelt.diagnose import structure as st_

tables = arrays(float, (5, 7), elements=st.floats(0.01, 100.0))


@pytest.mark.proposition("P31")
def test_identical_structures_are_one_and_disjoint_ones_zero():
    same = st_.shares(np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]))
    apart = st_.shares(np.array([[1.0, 2.0, 0.0, 0.0], [0.0, 0.0, 5.0, 1.0]]))
    assert st_.mean_pair(st_.cosine(same)) == pytest.approx(1.0)
    assert st_.mean_pair(st_.krugman(same)) == pytest.approx(0.0)
    assert st_.mean_pair(st_.cosine(apart)) == pytest.approx(0.0)
    assert st_.mean_pair(st_.krugman(apart)) == pytest.approx(2.0)


@settings(max_examples=40, deadline=None)
@given(values=tables)
def test_similarities_agree_with_scipy_and_stay_in_bounds(values):
    s = st_.shares(values)
    np.testing.assert_allclose(st_.cosine(s), 1 - cdist(values, values, "cosine"), atol=1e-9)
    np.testing.assert_allclose(st_.krugman(s), cdist(s, s, "cityblock"), atol=1e-12)
    c = st_.complementarity(s, s)
    np.testing.assert_allclose(np.diag(c), 1.0)
    assert (c > -1e-12).all() and (c < 1 + 1e-12).all()


@pytest.mark.proposition("P31")
def test_merging_industries_raises_similarity():
    rng = np.random.default_rng(3)
    fine = rng.lognormal(0, 1.5, (9, 40))
    coarse = np.stack([fine[:, :13].sum(1), fine[:, 13:26].sum(1), fine[:, 26:].sum(1)], axis=1)
    assert st_.mean_pair(st_.cosine(coarse)) > st_.mean_pair(st_.cosine(fine)) + 0.2
    # Krugman's distance can only fall when industries are merged (triangle inequality), pair by pair.
    assert (st_.krugman(st_.shares(coarse)) <= st_.krugman(st_.shares(fine)) + 1e-12).all()


def test_location_quotients_average_to_one():
    values = np.random.default_rng(0).lognormal(0, 1, (6, 4))
    q = st_.location_quotient(values)
    weight = values.sum(axis=1) / values.sum()
    np.testing.assert_allclose(weight @ q, 1.0)  # weighted by size, every industry
    np.testing.assert_allclose((q * values.sum(0) / values.sum()).sum(1), 1.0)
    assert np.isnan(st_.location_quotient(np.array([[1.0, 0.0]]))).tolist() == [[False, True]]


def test_null_of_random_groups_is_flat_for_a_random_group():
    rng = np.random.default_rng(1)
    values = rng.lognormal(0, 1, (60, 12))
    member = np.zeros(60, bool)
    member[:10] = True
    out = st_.similarity(values, member, draws=300, seed=4)
    assert 0.02 < out["p_drawn"] < 0.98
    values[:10] = values[0]  # a group that is all alike stands out
    out = st_.similarity(values, member, draws=300, seed=4)
    assert out["cosine"] == pytest.approx(1.0) and out["p_drawn"] == pytest.approx(1 / 301)
    assert out["cosine_shuffled_p90"] < 0.9


def test_the_same_seed_gives_the_same_band():
    values = np.random.default_rng(2).lognormal(0, 1, (20, 5))
    member = np.arange(20) < 6
    assert st_.similarity(values, member, 50, 7) == st_.similarity(values, member, 50, 7)


def test_specialisation_bounds():
    t = st_.specialisation(np.array([[1.0, 1.0, 1.0, 1.0], [4.0, 0.0, 0.0, 0.0]]))
    assert t["herfindahl"].tolist() == [0.25, 1.0]
    assert t["diversity"].tolist() == pytest.approx([1.0, 0.0])


def test_repeats_counts_what_is_large_enough():
    share = np.array([[0.6, 0.399, 0.001], [0.2, 0.3, 0.5]])
    quotient = np.array([[1.5, 0.9, 9.0], [1.1, 1.2, 2.0]])
    assert st_.top_industries(quotient, share, 2, 0.01) == [[0], [2, 1]]
    assert st_.repeats(quotient, share, 2, 0.01).tolist() == [1, 1, 1]


def test_empty_region_is_refused():
    with pytest.raises(ValueError, match="no row of zeros"):
        st_.shares(np.zeros((2, 3)))
