"""What share of departures must stay: the target is met when it does."""

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.errors import NotSolvedError
from citybelt.people.cohort import project, step
from citybelt.people.record import Moves, Vital
from citybelt.people.retain import kept, retention
from people.populations import near, population


def still(moves, regions=4, ages=21):
    """Nobody is born or dies, and the shares of moves are small."""
    share = 0.9 * jnp.eye(regions)[:, :, None] + 0.1 * moves.share
    vital = Vital(jnp.ones((regions, 2, ages)), jnp.ones((regions, 2)), jnp.zeros((regions, ages)), jnp.asarray(0.5))
    return vital, Moves(share, moves.age, moves.nu)


@pytest.mark.proposition("P18")
def test_the_target_is_met_by_that_retention():
    persons, vital, moves = population(21, regions=4)
    _, moves = still(moves)
    vital = Vital(0.9 + 0.1 * vital.survival, vital.newborn, vital.fertility * 0.4, vital.male_share)
    before = float(project(persons, vital, moves, 6)[-1, 2].sum())
    target = before * 1.05
    share = retention(persons, vital, moves, 6, 2, target)
    assert 0 < share < 1
    assert project(persons, vital, kept(moves, 2, share), 6)[-1, 2].sum() == near(target, rel=1e-9)
    assert retention(persons, vital, moves, 6, 2, before) == near(0, abs=1e-9)


@pytest.mark.proposition("P18")
def test_one_step_in_closed_form():
    """After one step without births and deaths, population is the base year's end plus the share of leavers kept."""
    persons, _, moves = population(22, regions=4)
    vital, moves = still(moves)
    after, events = step(persons, vital, moves)
    leavers = float(events.left[1].sum())
    target = float(after[1].sum()) + 0.37 * leavers
    assert retention(persons, vital, moves, 1, 1, target) == near(0.37, abs=1e-10)


def test_only_the_chosen_ages_are_held_back():
    persons, _, moves = population(23, regions=4, kinds=3)
    vital, moves = still(moves)
    young = kept(moves, 0, 0.5, jnp.array([0.0, 1.0, 0.0]))
    assert young.share.sum(axis=1) == near(np.ones((4, 3)))
    base, held = step(persons, vital, moves)[1].moved, step(persons, vital, young)[1].moved
    assert held[0, 1:, 1] == near(base[0, 1:, 1] / 2)
    assert held[..., [0, 2]] == near(base[..., [0, 2]]) and held[1:] == near(base[1:])


def test_what_is_out_of_reach_is_told():
    persons, vital, moves = population(24, regions=4)
    with pytest.raises(NotSolvedError, match="can't be brought"):
        retention(persons, vital, moves, 2, 1, float(persons.sum()) * 50)
