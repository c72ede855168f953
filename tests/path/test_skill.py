"""What a place is worth to a person of given skill: ageing alone neither draws people nor drives them away."""

import jax.numpy as jnp
import numpy as np

import paths
from citybelt.model.accounts import LABOUR, Shock, State
from citybelt.model.spatial import SPATIAL
from citybelt.path import skill


def held(base, theory, closure, persons, work):
    """Value of places and accounts at the base year's prices where ``persons`` live and work: by (M3), in levels."""
    z = Shock.zeros(base)
    _, a = SPATIAL.evaluate(base, theory, z, closure, SPATIAL.geography(base, theory, z), State.zeros(base))
    h = base.n_home
    log_h = jnp.log(work.effort(persons) / work.base_work) - jnp.log(work.groups(persons)[0] / work.base[0])
    more = jnp.ones(base.shape[0]).at[:h].set(work.effort(persons) / work.base_work)
    ratio = work.groups(persons) / work.base
    # Wages are those of the base year, by the unit of work; so are property, rents and pensions by the head.
    residents = a.residents * ratio
    heads = jnp.pad(residents.sum(axis=0) / a.residents.sum(axis=0), (0, base.shape[0] - h), constant_values=1.0)
    aged = a._replace(
        factor_income=a.factor_income.at[LABOUR].multiply(more[:, None]),
        contributions=a.contributions * more,
        residents=residents,
        pensions=a.pensions.at[:h].multiply(ratio[1]),
        **{k: getattr(a, k) * heads for k in ("property_income", "land_private", "residual", "levy")},
    )
    value = np.zeros((2, h))
    for n in range(h):
        keep = float(1 - base.income_tax[n] - base.saving[n])
        wages = float(aged.factor_income[LABOUR, n].sum() - aged.contributions[n]) / float(residents[0, n])
        others = sum(float(getattr(aged, k)[n]) for k in ("property_income", "land_private", "residual"))
        shared = (others - float(aged.levy[n])) / float(residents[:, n].sum())
        value[0, n] = np.log(keep * (wages + shared) / float(base.spending_per_head[0, n]))
    return jnp.asarray(value), aged, log_h


def test_ageing_at_prices_held_does_not_repel():
    """Half of those of 20 to 39 become 45 to 64 in one place: fewer work, spending per head falls, u doesn't."""
    rules, _, start = paths.world(3)
    older = np.asarray(start.persons).copy()
    gone = older[2, :, 20:40] / 2
    older[2, :, 20:40] -= gone
    older[2, :, 45:65] += gone
    older[4, :, 30:50, 1] += older[4, :, 30:50, 0] / 3  # and schooling alone doesn't draw anybody
    older[4, :, 30:50, 0] *= 2 / 3
    value, a, log_h = held(rules.base, rules.theory, rules.closure, jnp.asarray(older), rules.work)
    assert value[0, 4] > 0.01 and abs(value[0, 2]) > 0.005
    np.testing.assert_allclose(skill.value(rules.base, value, a, log_h), 0.0, atol=1e-12)


def test_a_higher_wage_draws_whoever_lives_there():
    """By differences: of a rise in wages by x, u takes the share of wages in spending, not of their residents' work."""
    rules, _, start = paths.world(5)
    rng = np.random.default_rng(5)
    mixed = np.asarray(start.persons) * np.exp(0.5 * rng.normal(size=(paths.SIZES["h"], 1, paths.A, 1)))
    value, a, log_h = held(rules.base, rules.theory, rules.closure, jnp.asarray(mixed), rules.work)
    h, x = rules.base.n_home, 1e-6
    wages = np.asarray(a.factor_income[LABOUR].sum(axis=1) - a.contributions)[:h] / np.asarray(a.residents)[0]
    shared = np.asarray(a.property_income + a.land_private + a.residual - a.levy)[:h] / np.asarray(a.residents).sum(
        axis=0
    )
    dear = a._replace(
        factor_income=a.factor_income.at[LABOUR].multiply(np.exp(x)), contributions=a.contributions * np.exp(x)
    )
    risen = value.at[0].add(np.log((wages * np.exp(x) + shared) / (wages + shared)))
    slope = (skill.value(rules.base, risen, dear, log_h) - skill.value(rules.base, value, a, log_h))[0] / x
    base = wages * np.exp(-np.asarray(log_h))
    np.testing.assert_allclose(slope, base / (base + shared), rtol=1e-5)


def test_the_old_bring_their_pension():
    """By levels: of two thirds more pension and another fifth of what is shared, an old person who has the nation's
    mean pension values a place by what is shared there, and nothing of what its own old draw."""
    rules, _, start = paths.world(6)
    b, h = rules.base, rules.base.n_home
    _, a, log_h = held(b, rules.theory, rules.closure, start.persons, rules.work)
    rng = np.random.default_rng(6)
    more = jnp.ones(b.shape[0]).at[:h].set(1 + 0.2 * rng.uniform(size=h))
    richer = a._replace(
        pensions=a.pensions * 5 / 3,
        **{k: getattr(a, k) * more for k in ("property_income", "land_private", "residual", "levy")},
    )
    old = np.asarray(a.residents)[1]
    mean = float(np.asarray(a.pensions)[:h].sum() / old.sum())
    assert np.ptp(np.asarray(b.pension)) > 0.05 * mean
    of_place, expected = np.zeros((2, h)), np.zeros(h)
    for n in range(h):
        q0, q1 = (
            float(x.property_income[n] + x.land_private[n] + x.residual[n] - x.levy[n]) / float(x.residents[:, n].sum())
            for x in (a, richer)
        )
        own = float(a.pensions[n]) / old[n]
        of_place[1, n] = np.log((own * 5 / 3 + q1) / (own + q0))
        expected[n] = np.log((mean * 5 / 3 + q1) / (mean + q0))
    found = np.asarray(skill.value(b, jnp.asarray(of_place), richer, log_h)[1])
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert np.abs(found - of_place[1]).max() > 1e-3
