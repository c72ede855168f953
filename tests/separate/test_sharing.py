"""Transfers between governments in equilibrium: floors, the least that would do, and a cake that is too small."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

import three_cities
from citybelt.model.outcomes import equivalent_variation
from citybelt.scenario.levers import central
from citybelt.separate.arena import Arena
from citybelt.separate.sharing import CLOSE, least_transfers


@pytest.fixture(scope="module")
def arena():
    e = three_cities.economies()[0]
    money = float(np.asarray(e.base.income_by_origin).sum())
    menu = three_cities.levers(money)
    return Arena(e, menu, central(menu), np.array([0, 1, 2, 0]), np.eye(3), np.full(3, 0.01 * money))


@pytest.fixture(scope="module")
def plan(arena):
    values = 0.4 * arena.upper
    return values, arena.look(values, np.eye(3)).payoffs


def paid(arena, values, received):
    """Equivalent variation of each city when its government gets so much, by another solve and another formula."""
    e = arena.economy
    s = arena.solve(values)
    z = s.shock.replace(transfer=s.shock.transfer + jnp.asarray(received))
    t = e.solve(z)
    return np.array([float(equivalent_variation(e.base, e.theory, z, t.accounts, jnp.eye(3)[k])) for k in range(3)])


@pytest.mark.proposition("P50")
def test_floors_hold_in_equilibrium_and_no_more_is_given(arena, plan):
    values, u = plan
    size = np.abs(u).max()
    floors = u + size * np.array([-0.3, 0.04, -0.2])
    s = least_transfers(arena, values, np.eye(3), floors)
    got = paid(arena, values, s.received)
    np.testing.assert_allclose(got, s.payoffs, atol=1e-7 * size)
    assert (got >= floors - 10 * CLOSE * size).all() and s.lacking == 0
    assert got[1] == pytest.approx(floors[1], abs=1e-7 * size)  # who receives gets no more than is lacking
    assert s.received.sum() == pytest.approx(0, abs=1e-12) and s.received[1] == pytest.approx(s.total)
    assert s.worth[1] == pytest.approx((got[1] - u[1]) / s.total, rel=0.1)


@pytest.mark.proposition("P50")
def test_no_other_split_among_givers_would_do_with_less(arena, plan):
    """Brute force: for parts of the burden on one giver, the transfer that just meets the floor."""
    values, u = plan
    size = np.abs(u).max()
    floors = u + size * np.array([-0.3, 0.04, -0.2])
    s = least_transfers(arena, values, np.eye(3), floors)
    for part in (0.0, 0.4, 1.0):
        split = lambda t: t * np.array([-part, 1.0, part - 1.0])  # noqa: B023, E731
        need = brentq(lambda t: paid(arena, values, split(t))[1] - floors[1], 0, 3 * s.total, xtol=1e-9)  # noqa: B023
        if (paid(arena, values, split(need)) >= floors - 1e-8 * size).all():
            assert need >= s.total - 1e-7 * size


def test_nothing_is_given_where_floors_hold_already(arena, plan):
    values, u = plan
    s = least_transfers(arena, values, np.eye(3), u - 1e-6)
    assert s.total == 0 and s.lacking == 0 and (s.received == 0).all() and s.steps == 1


@pytest.mark.proposition("P50")
def test_a_cake_too_small_is_said(arena, plan):
    """Everybody asks for more than there is: what lacks is counted, and it is no less than the sum of the gaps."""
    values, u = plan
    size = np.abs(u).max()
    s = least_transfers(arena, values, np.eye(3), u + 20 * size)
    assert s.lacking > size
    assert s.lacking == pytest.approx(np.maximum(s.floors - s.payoffs, 0).sum())
    assert s.lacking <= 60 * size + 1e-9  # doing nothing lacks that much


def test_groups_share_what_they_get(arena, plan):
    """Two of the cities as one group: their sum has the floor."""
    values, u = plan
    groups = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    both, size = groups @ u, np.abs(u).max()
    s = least_transfers(arena, values, groups, both + size * np.array([0.03, -0.5]))
    assert s.payoffs[0] == pytest.approx(both[0] + 0.03 * size, abs=1e-7 * size) and s.lacking == 0
    public = np.asarray(arena.economy.base.government)[:3]
    each = s.received[0] * public * groups[0] / (public @ groups[0]) + s.received[1] * groups[1]
    np.testing.assert_allclose(groups @ paid(arena, values, each), s.payoffs, atol=1e-7 * size)
