"""Lifetime values against sums by hand, loops over persons' lives, and each other."""

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.path.expectations import OLDEST, Prospects
from citybelt.people.record import Moves

#: Ages, skills, places, kinds of movers, years.
A, E, R, M, T = 23, 2, 4, 3, 90


def prospects(seed=0, beta=0.9, survival=None, nu=None):
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.ones(R), (M, R)) * 0.3 + 0.7 * np.eye(R)
    moves = Moves(
        jnp.asarray(share.transpose(1, 2, 0)),
        (np.arange(A)[:, None] * M // A + np.arange(E)) % M,
        jnp.asarray(rng.uniform(0.3, 2.0, M) if nu is None else nu),
    )
    survival = rng.uniform(0.7, 1.0, A) if survival is None else survival
    return Prospects(moves, jnp.asarray(beta), jnp.asarray(survival), jnp.asarray(np.arange(A) >= 15, int))


def by_hand(p, years, cost):
    """[A, E, R] values in the first of the years, from a list of ``u`` that begins there; its last lasts for ever."""
    share, age, nu = np.asarray(p.moves.share), np.asarray(p.moves.age), np.asarray(p.moves.nu)
    group, weight = np.asarray(p.group), float(p.beta) * np.asarray(p.survival)
    later = np.zeros((A, E, R))
    for u in [years[-1]] * 100 + years[::-1]:
        now = np.zeros((A, E, R))
        for a, e, o in np.ndindex(A, E, R):
            older = min(a + 1, A - 1)
            kind = age[older, e]
            pull = share[o, :, kind] * np.exp(nu[kind] * (later[older, e] - cost[o]))
            now[a, e, o] = u[group[a], o] + weight[a] * np.log(pull.sum()) / nu[kind]
        later = now
    return later


def test_no_change_is_worth_nothing():
    p = prospects()
    np.testing.assert_allclose(p.static(jnp.zeros((2, R)), jnp.zeros((R, R))), 0.0, atol=1e-14)


def test_only_the_coming_year_counts_without_patience():
    u = jnp.asarray(np.random.default_rng(1).normal(size=(2, R)))
    found = prospects(beta=0.0).static(u, jnp.zeros((R, R)))
    np.testing.assert_allclose(
        found, np.repeat(np.asarray(u)[(np.arange(A) >= 15).astype(int)][:, None], E, axis=1), atol=1e-15
    )


def test_one_place_is_an_annuity():
    """Where every place is worth the same, moving adds nothing: a sum of chances to be alive."""
    p = prospects(2)
    found = np.asarray(p.static(jnp.full((2, R), 0.1), jnp.zeros((R, R))))
    alive, s = np.zeros(A), np.asarray(p.survival)
    alive[-1] = sum((0.9 * s[-1]) ** k for k in range(OLDEST + 1))
    for a in range(A - 2, -1, -1):
        alive[a] = 1 + 0.9 * s[a] * alive[a + 1]
    np.testing.assert_allclose(found, 0.1 * np.broadcast_to(alive[:, None, None], (A, E, R)), rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_static_values_by_loops(seed):
    rng = np.random.default_rng(seed)
    p = prospects(seed, survival=np.append(rng.uniform(0.7, 1.0, A - 1), 0.5))
    u, cost = rng.normal(0, 0.3, (2, R)), rng.uniform(0, 0.2, (R, R))
    found = p.static(jnp.asarray(u), jnp.asarray(cost))
    np.testing.assert_allclose(found, by_hand(p, [u], cost), atol=1e-10)


def test_foresight_by_loops():
    rng = np.random.default_rng(9)
    p = prospects(4, survival=np.append(rng.uniform(0.7, 1.0, A - 1), 0.5))
    years, cost = list(rng.normal(0, 0.3, (5, 2, R))), rng.uniform(0, 0.2, (R, R))
    v = p.static(jnp.asarray(years[-1]), jnp.asarray(cost))
    for u in years[-2::-1]:
        v = p.before(jnp.asarray(u), v, jnp.asarray(cost))
    np.testing.assert_allclose(v, by_hand(p, years, cost), atol=1e-10)


def test_foresight_of_what_never_changes_is_static():
    rng = np.random.default_rng(5)
    p = prospects(5, survival=np.append(rng.uniform(0.7, 1.0, A - 1), 0.5))
    u, cost = jnp.asarray(rng.normal(0, 0.3, (2, R))), jnp.asarray(rng.uniform(0, 0.2, (R, R)))
    v = jnp.zeros((A, E, R))
    for _ in range(T):
        v = p.before(u, v, cost)
    np.testing.assert_allclose(v, p.static(u, cost), atol=1e-8)


def test_without_an_answer_to_values_people_go_where_they_went():
    rng = np.random.default_rng(6)
    p, q = prospects(6, nu=np.zeros(M)), prospects(6, nu=np.full(M, 1e-7))
    u, cost = jnp.asarray(rng.normal(0, 0.3, (2, R))), jnp.zeros((R, R))
    np.testing.assert_allclose(p.static(u, cost), q.static(u, cost), atol=1e-6)
