"""Shares of levers against games whose shares are known in closed form."""

from itertools import permutations

import numpy as np
import pytest

from citybelt.scenario.shapley import share_out


def game(n, seed, order):
    """A random game of dividends up to a number of levers, two outcomes; its values by set."""
    rng = np.random.default_rng(seed)
    dividend = {s: rng.normal(size=2) for s in range(1, 2**n) if s.bit_count() <= order}

    def values(sets):
        return np.array([5.0 + sum((d for s, d in dividend.items() if s & t == s), np.zeros(2)) for t in sets])

    return dividend, values


def by_dividends(dividend, n):
    """Shapley values share each set's dividend equally; pairs take those of two and more levers."""
    shapley, pair = np.zeros((n, 2)), np.zeros((n, n, 2))
    for s, d in dividend.items():
        inside = [k for k in range(n) if s >> k & 1]
        for i in inside:
            shapley[i] += d / len(inside)
            for j in inside:
                if i != j:
                    pair[i, j] += d / (len(inside) * (len(inside) - 1) / 2)
    return shapley, pair


@pytest.mark.parametrize("n", [1, 2, 4, 5])
def test_exact_shares_are_those_of_dividends(n):
    dividend, values = game(n, n, n)
    found = share_out(values, n)
    shapley, pair = by_dividends(dividend, n)
    np.testing.assert_allclose(found.shapley, shapley, atol=1e-12)
    np.testing.assert_allclose(found.pair, pair, atol=1e-12)
    whole = values([2**n - 1])[0] - values([0])[0]
    np.testing.assert_allclose(found.shapley.sum(axis=0), whole, atol=1e-12)
    np.testing.assert_allclose(found.alone + found.pair.sum(axis=1) / 2, found.shapley, atol=1e-12)
    assert found.orders == 0 and not found.error.any() and found.solved == 2**n


def test_exact_shares_are_the_mean_over_all_orders():
    n = 4
    _, values = game(n, 9, n)
    v = values(range(2**n))
    gains = np.zeros((n, 2))
    for order in permutations(range(n)):
        before = 0
        for i in order:
            gains[i] += (v[before | 1 << i] - v[before]) / 24
            before |= 1 << i
    np.testing.assert_allclose(share_out(values, n).shapley, gains, atol=1e-12)


def test_draws_are_exact_where_only_pairs_interact():
    n = 6
    dividend, values = game(n, 3, 2)
    found = share_out(values, n, exact=3, orders=2)
    shapley, pair = by_dividends(dividend, n)
    np.testing.assert_allclose(found.shapley, shapley, atol=1e-12)
    np.testing.assert_allclose(found.pair, pair, atol=1e-12)
    assert found.orders == 4 and found.error.max() < 1e-12


def test_draws_add_up_and_come_near_with_the_error_that_they_say():
    n = 6
    dividend, values = game(n, 4, 6)
    shapley, _ = by_dividends(dividend, n)
    found = share_out(values, n, exact=3, orders=40)
    whole = values([2**n - 1])[0] - values([0])[0]
    np.testing.assert_allclose(found.shapley.sum(axis=0), whole, atol=1e-12)
    np.testing.assert_allclose((found.alone + found.pair.sum(axis=1) / 2), found.shapley, atol=1e-12)
    assert (np.abs(found.shapley - shapley) < 4 * found.error).all() and found.error.max() < 1.0
    assert found.solved <= 2**n


def test_a_lever_that_does_nothing_gets_nothing():
    n = 4
    _, values = game(n - 1, 5, 3)
    found = share_out(lambda sets: values([s & 7 for s in sets]), n)
    assert not found.shapley[3].any() and not found.pair[3].any() and not found.last[3].any()
