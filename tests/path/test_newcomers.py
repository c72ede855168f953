"""Whom a lever on moving brings is served and paid for: against loops over who comes, and the bill of the year."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import paths
from citybelt.path.march import march
from citybelt.people import cohort, schooling

PLACE, BEGINS, COST = 2, 2, 3.0


def opened(inputs, cut):
    """Inputs in which moving to one place costs less from the third year on, and its newcomers are paid for."""
    log_mu = np.zeros(inputs.levers.log_mu.shape)
    log_mu[BEGINS:, :, PLACE] = -cut
    log_mu[:, np.arange(paths.SIZES["h"]), np.arange(paths.SIZES["h"])] = 0
    service = np.zeros(inputs.levers.service.shape)
    service[BEGINS:, 1, PLACE] = COST
    return eqx.tree_at(
        lambda i: (i.levers.log_mu, i.levers.service), inputs, (jnp.asarray(log_mu), jnp.asarray(service))
    )


def test_those_who_come_by_a_lever_are_paid_for():
    rules, inputs, start = paths.world(8, stationary=False)
    rules = eqx.tree_at(lambda r: r.prospects.costly, rules, jnp.asarray(3.0))
    given = opened(inputs, 0.2)
    _, years = march(rules, given, start)
    b, p, X = rules.base, rules.prospects, 0.0
    at_home = np.asarray(b.people)[:, PLACE, PLACE] / np.asarray(b.people).sum(axis=1)[:, PLACE]
    now, u = start.persons, start.u
    for t in range(paths.T):
        cost = 3.0 * given.levers.log_mu[t]
        one = jax.tree.map(lambda leaf, t=t: leaf[t], given)
        older = schooling.study(cohort.live(now, one.vital)[0], one.study).persons
        values = np.asarray(p.static(u, cost))[:, 0]  # [A, R]
        came = np.zeros(2)
        for a in range(paths.A):
            kind = a // 5 if a < 100 else 20
            pull = np.asarray(p.moves.share)[:, :, kind] * np.exp(float(p.moves.nu[kind]) * values[a])[None, :]
            for k, c in enumerate((np.zeros_like(cost), np.asarray(cost))):
                chosen = pull * np.exp(-float(p.moves.nu[kind]) * c)
                share = chosen[:, PLACE] / chosen.sum(axis=1)
                share[PLACE] = 0.0
                came[k] += share @ np.asarray(older)[:, :, a].sum(axis=(1, 2))
        heads = float(older[PLACE].sum())
        gone = float(years.events.left[t, PLACE].sum())
        X = X * heads / float(now[PLACE].sum()) * (1 - gone / heads) + max(0.0, came[1] - came[0])
        now, u = years.persons[t], years.u[t]
        share = X / float(now[PLACE].sum())
        residents = np.asarray(years.accounts.residents)[t, :, PLACE]
        served = ((1 - at_home) * residents).sum() * (1 - share) + share * residents.sum()
        if t >= BEGINS:
            price = np.exp(float(np.asarray(years.accounts.log_user)[t, PLACE] @ np.asarray(b.service_basket)))
            np.testing.assert_allclose(float(years.accounts.bill[t, 1, PLACE]), COST * served * 1e-6 * price, rtol=1e-6)
    assert share > 0.01


def test_without_a_lever_nobody_is_brought():
    rules, inputs, start = paths.world(8, stationary=False)
    last, years = march(rules, opened(inputs, 0.0), start)
    np.testing.assert_allclose(last.brought, 0.0, atol=1e-6)
    np.testing.assert_allclose(years.stocks.brought, 0.0, atol=1e-6)
