"""Schooling by cohort, and where those who studied went."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

from citybelt.errors import InputError
from citybelt.people.cohort import step
from citybelt.people.record import Ages, Moves, Vital
from citybelt.people.schooling import brain, chances, efficiency, human_capital, mean_years, study
from people.populations import AGES, KINDS, REGIONS, SEEDS, near, population


@pytest.mark.proposition("P9")
@pytest.mark.parametrize("width", [1, 5])
def test_a_cohort_reaches_the_target(width):
    """Whoever is born now and lives is tertiary with the target's chance, skill or not having no part in survival."""
    ages, target = Ages(width), jnp.array([0.3, 0.55, 0.0])
    chance = chances(target, ages, first=18, end=22)
    persons = jnp.zeros((3, 2, ages.count, 2)).at[:, :, 0, 0].set(jnp.array([[5.0, 6.0]]))
    vital = Vital(jnp.full((3, 2, ages.count), 0.99), jnp.ones((3, 2)), jnp.zeros((3, ages.count)), jnp.asarray(0.5))
    for _ in range(30 // width):
        persons = study(persons, chance).persons
        persons, _ = step(persons, vital, Moves.closed(3, ages))
    cohort = persons.sum(axis=(1, 2))
    assert cohort[:, 1] / cohort.sum(axis=1) == near(target, rel=1e-12)
    assert cohort.sum(axis=1) == near(np.full(3, 11 * 0.99 ** (30 // width)))


def test_entrants_follow_the_ages_given():
    ages = Ages(1)
    entry = np.zeros(ages.count)
    entry[[18, 19, 25]] = 5, 3, 2
    chance = np.asarray(chances(jnp.array([0.6]), ages, entry))[0]
    left, new = 1.0, {}
    for a in range(30):
        new[a] = left * chance[a]
        left -= new[a]
    assert [new[18], new[19], new[25]] == near([0.3, 0.18, 0.12], rel=1e-12) and left == near(0.4)
    with pytest.raises(InputError, match="must enter"):
        chances(jnp.array([0.6]), ages, np.zeros(ages.count))


@pytest.mark.proposition("P9")
@settings(max_examples=10, deadline=None)
@given(SEEDS, REGIONS, AGES, KINDS)
def test_tertiary_persons_are_accounted_for(seed, regions, ages, kinds):
    """By region, sex and cohort: those of before, aged, and new entrants, arrivals, departures and deaths are all."""
    persons, vital, moves = population(seed, regions, ages, kinds=kinds)
    rng = np.random.default_rng(seed)
    moved, events = jax.jit(step)(persons, vital, moves, rng.normal(size=regions), 0.0, rng.normal(size=persons.shape))
    after, entrants = study(moved, jnp.asarray(rng.uniform(0, 0.4, (regions, ages))))
    own = np.asarray(persons - events.left + events.came + events.abroad)[..., 1]
    aged = np.concatenate([np.zeros_like(own[..., :1]), own[..., :-1]], axis=-1)
    aged[..., -1] += own[..., -1]
    scale = float(persons.sum())
    assert after[..., 1] == near(aged - events.deaths[..., 1] + entrants, abs=1e-12 * scale)

    account = brain(persons, events, entrants)
    assert account.end == near(after[..., 1].sum(axis=(1, 2)), abs=1e-12 * scale)
    assert account.balance == near((events.came - events.left + events.abroad)[..., 1].sum(axis=(1, 2)), abs=1e-9)
    assert after.sum(axis=-1) == near(moved.sum(axis=-1), rel=1e-12)  # study makes and loses nobody


def test_a_better_place_gains_brains():
    persons, vital, moves = population(20, regions=4)
    entrants = jnp.zeros((4, 2, 21))
    before = brain(persons, step(persons, vital, moves)[1], entrants)
    after = brain(persons, step(persons, vital, moves, np.array([0, 0.2, 0, 0.0]))[1], entrants)
    gain = np.asarray(after.balance - before.balance)
    assert gain[1] > 0 and (np.delete(gain, 1) < 0).all() and gain.sum() == near(0, abs=1e-6)
    assert after.rate == near(after.balance / persons[..., 1].sum(axis=(1, 2)))


def test_mean_years_and_units_of_work():
    ages = Ages(5)
    persons = np.zeros((2, 2, 21, 2))
    persons[0, 0, 5] = 30, 10
    persons[0, 1, 8] = 20, 40
    persons[1, 1, 3] = 6, 4
    persons[:, :, 1, 0] = 1000  # children don't count
    assert mean_years(jnp.asarray(persons), jnp.array([9.0, 16.0]), ages) == near([12.5, 11.8])
    worth = efficiency(jnp.array([9.0, 16.0]), 9.0, 0.1)
    assert worth == near([1, np.exp(0.7)])
    workers = jnp.asarray(persons[:, :, 3:])
    assert human_capital(workers, worth) == near([50 + 50 * np.exp(0.7), 6 + 4 * np.exp(0.7)])
