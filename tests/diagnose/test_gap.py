"""The split of a gap adds up exactly, whatever the numbers, and agrees with closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.diagnose.gap import FACTORS, Accounts, gap_table, lmdi, log_mean, shapley, shapley_gap

positive = st.floats(0.05, 50.0)


@st.composite
def accounts(draw, sectors: int) -> Accounts:
    workers = np.array(draw(st.lists(positive, min_size=sectors, max_size=sectors)))
    output = np.array(draw(st.lists(positive, min_size=sectors, max_size=sectors)))
    working_age = workers.sum() * draw(st.floats(1.01, 3.0))
    return Accounts(working_age * draw(st.floats(1.01, 3.0)), working_age, workers, output)


@pytest.mark.proposition("P4")
@settings(max_examples=80, deadline=None)
@given(low=accounts(3), high=accounts(3))
def test_contributions_add_up_to_the_gap(low, high):
    gap = np.log(high.per_head / low.per_head)
    assert lmdi(low, high).to_numpy().sum() == pytest.approx(gap, abs=1e-10)
    assert shapley_gap(low, high).sum() == pytest.approx(gap, abs=1e-10)


@pytest.mark.proposition("P34")
@given(one=accounts(4))
@settings(max_examples=30, deadline=None)
def test_gap_of_a_region_with_itself_is_zero(one):
    row = gap_table({"a": one, "b": one}, "a").loc["b"]
    assert np.abs(row.drop("per_head").to_numpy()).max() < 1e-12


@settings(max_examples=30, deadline=None)
@given(low=accounts(5), high=accounts(5))
def test_exchanging_regions_turns_every_sign(low, high):
    np.testing.assert_allclose(lmdi(low, high), -lmdi(high, low), atol=1e-10)


def test_one_factor_apart_gets_the_whole_gap():
    low = Accounts(100.0, 70.0, np.array([20.0, 30.0]), np.array([5.0, 40.0]))
    richer = Accounts(100.0, 70.0, low.workers, 1.5 * low.output)
    younger = Accounts(80.0, 70.0, low.workers, low.output)
    assert lmdi(low, richer).sum(axis=1)["productivity"] == pytest.approx(np.log(1.5))
    assert lmdi(low, younger).sum(axis=1)["age"] == pytest.approx(np.log(100 / 80))
    assert shapley_gap(low, younger)[["employment", "mix", "productivity"]].abs().max() < 1e-12


def test_with_one_sector_both_splits_are_differences_of_logs():
    low, high = (
        Accounts(10.0, 6.0, np.array([4.0]), np.array([8.0])),
        Accounts(20.0, 15.0, np.array([5.0]), np.array([30.0])),
    )
    expected = [np.log((15 / 20) / (6 / 10)), np.log((5 / 15) / (4 / 6)), 0.0, np.log((30 / 5) / (8 / 4))]
    np.testing.assert_allclose(lmdi(low, high).sum(axis=1)[list(FACTORS)], expected, atol=1e-12)
    np.testing.assert_allclose(shapley_gap(low, high)[list(FACTORS)], expected, atol=1e-12)


def test_log_mean_lies_between_and_meets_its_limit():
    a, b = np.array([2.0, 5.0, 1.0]), np.array([3.0, 5.0, 1.0 + 1e-12])
    m = log_mean(a, b)
    assert 2.0 < m[0] < np.sqrt(6) + 0.05 and m[0] == pytest.approx(1 / np.log(1.5))
    assert m[1] == 5.0 and m[2] == pytest.approx(1.0, rel=1e-9)
    with pytest.raises(ValueError, match="positive"):
        log_mean(np.array([0.0]), np.array([1.0]))


def test_shapley_of_a_product_by_hand():
    # x*y from (1, 1) to (3, 5): x first gives 2 then 12, y first gives 4 then 10.
    parts = shapley(lambda v: v[0] * v[1], [1.0, 1.0], [3.0, 5.0])
    np.testing.assert_allclose(parts, [(2 + 10) / 2, (12 + 4) / 2])
