"""Caps on emissions through time: a cap of what a known price leaves has that price; one that is slack has none."""

import jax.numpy as jnp
import numpy as np
import pytest

import paths
from citybelt.errors import NotSolvedError
from citybelt.path.cap import caps, charged, keep, missed
from citybelt.path.march import foresee, march

YEARS = np.arange(2021, 2021 + paths.T)
CLUSTER = np.array([1.0, 0, 1, 1, 0, 0])


def test_a_cap_lies_on_straight_lines_between_its_years():
    got = caps({2026: 40.0, 2023: 100.0}, YEARS)
    np.testing.assert_allclose(got, [np.inf, np.inf, 100, 80, 60, 40, 40, 40, 40])


@pytest.mark.proposition("P58")
@pytest.mark.parametrize("seen", [False, True])
def test_what_a_known_price_leaves_has_that_price(seen):
    """Prices are charged by hand, static or foreseen; emissions of that path as caps give the prices back, and a year
    whose cap is above what is emitted anyway has none."""
    rules, inputs, start = paths.world(8, stationary=False)
    known = np.array([0, 0, 30.0, 45, 20, 0, 60, 80, 0])
    paid = charged(inputs, known, CLUSTER, rules.base.shape[0])
    np.testing.assert_array_equal(np.asarray(paid.levers.carbon)[:, [0, 1, 2]], known[:, None] * CLUSTER[:3])
    _, years = march(rules, paid, start)
    if seen:
        ahead, _, _ = foresee(rules, paid, start, years)
        _, years = march(rules, paid, start, ahead)
    cap = np.asarray(years.co2)[:, :6] @ CLUSTER
    cap = np.where(known > 0, cap, 1.01 * cap)
    cap[0] = np.inf
    price, given, view = keep(rules, inputs, start, YEARS, cap, CLUSTER, seen)
    np.testing.assert_allclose(price, known, rtol=1e-4, atol=1e-6)
    _, again = march(rules, given, start, view)
    assert missed(again, price, cap, CLUSTER) <= 1e-7
    np.testing.assert_allclose(np.asarray(again.co2), np.asarray(years.co2), rtol=1e-5)


def test_a_cap_that_no_price_keeps_is_told_with_its_year():
    rules, inputs, start = paths.world(8, stationary=False)
    cap = np.full(paths.T, np.inf)
    cap[1] = 1e-9
    with pytest.raises(NotSolvedError, match="in 2022"):
        keep(rules, inputs, start, YEARS, cap, CLUSTER, False)


def test_how_far_a_path_is_from_its_cap():
    class Years:
        co2 = jnp.asarray([[1.0, 9, 1, 1, 9, 9], [1.0, 9, 2, 1, 9, 9]])

    assert missed(Years, np.zeros(2), np.array([4.0, 4.0]), CLUSTER) == 0.0
    assert missed(Years, np.array([5.0, 0.0]), np.array([4.0, 4.0]), CLUSTER) == pytest.approx(0.25)
    assert missed(Years, np.zeros(2), np.array([np.inf, 3.2]), CLUSTER) == pytest.approx(0.25)
