"""Targets of study against the laws of people run on a cohort, and net arrivals from abroad against their accounts."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import paths
from citybelt.path import study
from citybelt.path.march import march
from citybelt.people import cohort, schooling
from citybelt.people.record import TERTIARY, Ages


def graduates(persons, moves, tau, years):
    """Share of tertiary at 25 to 29, of those of 13 to 17 now, after years of study and moves alone [R]."""
    chance = schooling.chances(jnp.asarray(tau), Ages(1))
    young = persons[:, :, 13:18].sum(axis=(1, 2, 3)) / 4
    now = np.zeros(persons.shape)
    now[:, :, 17] = young[:, None, None]
    now[..., TERTIARY] = 0
    counted = 0
    for _ in range(years):
        older = jnp.concatenate([jnp.zeros_like(now[:, :, :1]), now[:, :, :-1]], axis=2)
        now, _ = cohort.move(schooling.study(older, chance).persons, moves)
        counted = counted + np.asarray(now)[:, :, 25:30].sum(axis=(1, 2))
    return counted[:, TERTIARY] / counted.sum(axis=1)


def test_after_their_moves_graduates_live_where_the_census_counts_them():
    rules, _, start = paths.world(2, stationary=False)
    persons = np.asarray(start.persons)
    rng = np.random.default_rng(2)
    tertiary = rng.uniform(0.3, 0.5, len(persons))
    both = persons.sum(axis=3)
    persons = np.stack([both * (1 - tertiary[:, None, None]), both * tertiary[:, None, None]], axis=3)
    moves = rules.prospects.moves
    tau = study.targets(persons, moves)
    np.testing.assert_allclose(graduates(persons, moves, tau, 12), tertiary, rtol=1e-9)
    # With the shares where they live as targets, moves would mix them a second time.
    mixed = graduates(persons, moves, tertiary, 12)
    assert np.std(mixed) < 0.9 * np.std(tertiary) and np.abs(mixed - tertiary).max() > 0.01
    assert (tau[np.argmax(tertiary)] > tertiary.max()) and (tau[np.argmin(tertiary)] < tertiary.min())


def test_no_more_study_than_there_are():
    """A place with more graduates than its own young could all become stays below; nobody's share leaves 0..1."""
    rules, _, start = paths.world(4)
    persons = np.asarray(start.persons).copy()
    persons[1, :, 25:30, 0] = 0.0
    tau = study.targets(persons, rules.prospects.moves)
    assert tau.max() == study.MOST and tau.min() >= 0
    assert graduates(persons, rules.prospects.moves, tau, 12)[1] < 1


@pytest.mark.parametrize("size", [-0.004, 0.006])
def test_from_abroad_by_the_persons_of_the_year(size):
    """Totals by sex and age are met, everywhere in the same proportion to who is there then."""
    rules, inputs, start = paths.world(3, stationary=False)
    net = size * np.asarray(start.persons).sum(axis=(0, 3))
    given = eqx.tree_at(lambda i: i.abroad, inputs, jnp.asarray(np.broadcast_to(net, inputs.abroad.shape)))
    last, years = march(rules, given, start)
    came, there = np.asarray(years.events.abroad), np.asarray(years.persons)
    np.testing.assert_allclose(came.sum(axis=(1, 4)), np.broadcast_to(net, inputs.abroad.shape), rtol=1e-9)
    before = there - came
    rate = net / before.sum(axis=(1, 4))
    np.testing.assert_allclose(came, before * rate[:, None, :, :, None], rtol=1e-7, atol=1e-12)
    born, died = np.asarray(years.events.births).sum(), np.asarray(years.events.deaths).sum()
    total = float(start.persons.sum()) + born - died + came.sum()
    assert float(last.persons.sum()) == pytest.approx(total, rel=1e-12)


def test_nobody_leaves_who_is_not_there():
    persons = jnp.asarray(np.random.default_rng(0).uniform(size=(3, 2, 5, 2))).at[:, 1, 4].set(0.0)
    gone = cohort.from_abroad(persons, jnp.full((2, 5), -2.0).at[1, 4].set(7.0))
    assert float((persons + gone).min()) >= 0 and float(jnp.abs(gone[:, 1, 4]).max()) == 0
