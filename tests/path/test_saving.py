"""Saving and wealth of a nation that ages and moves, against sums by hand and the year's own accounts."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import paths
from citybelt.path.march import base_of, march
from citybelt.path.saving import Saving, ratio


def test_the_rate_falls_with_the_old_by_hand():
    persons = np.zeros((3, 2, 101, 2))
    persons[:, :, 20] = 5.0  # of working age: 60
    persons[1, 0, 64] = 10.0  # the last year of it: 20
    persons[2, 1, 65] = 2.0
    persons[0, 0, 100] = 6.0  # old: 16
    persons[:, :, :15] = 9.0  # children don't count
    assert float(ratio(jnp.asarray(persons))) == pytest.approx(16 / 80)
    law = Saving(jnp.asarray(0.9), jnp.asarray(0.15))
    assert float(law.log_rate(jnp.asarray(persons))) == pytest.approx(-0.9 * 0.05)


def test_an_older_nation_saves_that_share_of_its_income_in_every_place():
    """The accounts of every year: saving over income after levies, at home as (H2) says, of partners as ever."""
    rules, inputs, start = paths.world(3, stationary=False)
    _, years = march(rules, inputs, start)
    b, a, h = rules.base, years.accounts, rules.base.n_home
    rate = np.asarray(a.saving) / (np.asarray(a.income) - np.asarray(a.levy))
    old = np.asarray(years.persons).sum(axis=(1, 2, 4))
    d = old[:, 65:].sum(axis=1) / old[:, 15:65].sum(axis=1)
    expected = np.asarray(b.saving)[:h] * np.exp(-0.8 * (d - float(ratio(start.persons))))[:, None]
    np.testing.assert_allclose(rate[:, :h], expected, rtol=1e-12)
    np.testing.assert_allclose(rate[:, h:], np.broadcast_to(b.saving[h:], rate[:, h:].shape), rtol=1e-12)
    assert np.ptp(d) > 1e-3
    steady = eqx.tree_at(lambda r: r.saving.fall, rules, jnp.zeros(()))
    _, same = march(steady, inputs, start)
    more = np.asarray(a.investment)[-1, :h].sum() - np.asarray(same.accounts.investment)[-1, :h].sum()
    assert np.sign(more) == -np.sign(d[-1] - float(ratio(start.persons)))


def test_wealth_follows_its_owners():
    """Each place owns what it did per head, up to what all share; where all grow alike nothing changes."""
    rules, _, start = paths.world(2)
    heads = np.asarray(start.persons).sum(axis=(1, 2, 3))
    factor = np.linspace(0.5, 1.7, len(heads))
    moved = start.persons * jnp.asarray(factor)[:, None, None, None]
    owned = np.asarray(base_of(rules, start, moved).ownership)
    before = np.asarray(rules.base.ownership)
    assert owned.sum() == pytest.approx(1.0, rel=1e-12)
    np.testing.assert_allclose(owned / (heads * factor) / (before / heads), (owned / before / factor)[0], rtol=1e-12)
    np.testing.assert_allclose(base_of(rules, start, 3 * start.persons).ownership, before / before.sum(), rtol=1e-12)
