"""What a sample of coalitions says of the core, against games whose every coalition is known."""

import numpy as np
import pytest

from citybelt.separate.cooperate import least_core, members, shapley
from citybelt.separate.sampled import drawn, sampled_core

N = 7


def game(seed, power):
    """Convex above a power of one, and with an empty core below it."""
    weight = np.random.default_rng(seed).uniform(0.5, 2, N)
    return (members(np.arange(2**N), N) @ weight) ** power


@pytest.mark.proposition("P50")
def test_all_coalitions_of_three_by_hand():
    """The majority game: any two can take everything, so somebody objects by a third."""
    v = np.array([0.0, 0, 0, 1, 0, 1, 1, 1])
    c = sampled_core(dict(enumerate(v)), 3, lambda s: v[s], drawn(3, 5), np.zeros(3))
    assert c.objection == pytest.approx(1 / 3) and c.empty
    np.testing.assert_allclose(c.point, 1 / 3, atol=1e-6)
    assert c.found == pytest.approx(1 / 3, abs=1e-6) or c.found == 0  # of the fresh sets, of one or two players


@pytest.mark.proposition("P50")
@pytest.mark.parametrize("power", [1.5, 0.8])
def test_bounds_hold_for_the_whole_game(power):
    """(K1), (K2) against every coalition; a core that is empty is never called full, nor a full one empty."""
    v = game(1, power)
    exact = least_core(v)
    sets = drawn(N, 12, seed=3)
    known = {s: v[s] for s in [*sets, 2**N - 1, *(1 << i for i in range(N))]}
    c = sampled_core(known, N, lambda s: v[s], drawn(N, 20, seed=4), shapley(v))
    every = np.arange(1, 2**N - 1)
    excess = v[every] - members(every, N) @ c.point
    assert c.objection <= exact.objection + 1e-9 and c.found <= max(excess.max(), 0) + 1e-9
    assert c.point.sum() == pytest.approx(v[-1])
    assert not c.empty or exact.empty
    if power > 1:
        assert not c.empty


def test_the_share_that_objects_is_bounded_as_often_as_promised():
    """(K3) over 60 samples: the true share, under the distribution that sets are drawn from, is below the bound in at
    least nine of ten."""
    v = game(2, 0.9)
    every = np.arange(1, 2**N - 1)
    inside = members(every, N)
    size = inside.sum(axis=1)
    chance = np.array([1 / (N - 1) / (size == k).sum() for k in size])
    known = {s: v[s] for s in [2**N - 1, *(1 << i for i in range(N))]}
    kept = []
    for seed in range(60):
        c = sampled_core(known, N, lambda s: v[s], drawn(N, 15, seed=seed), shapley(v))
        true = chance[v[every] - inside @ c.point > 1e-9 * v[-1] + max(c.objection, 0)].sum()
        kept.append(true <= c.share)
    assert np.mean(kept) >= 0.9


def test_sets_are_drawn_by_size():
    sets = drawn(N, 3000, seed=1)
    sizes = np.bincount([s.bit_count() for s in sets], minlength=N)[1:N]
    assert min(sets) > 0 and max(sets) < 2**N - 1
    np.testing.assert_allclose(sizes / 3000, 1 / (N - 1), atol=0.03)
