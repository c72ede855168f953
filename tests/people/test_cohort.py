"""Steps of people: accounts, a plain nested loop, theory of stable populations."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import brentq

from citybelt.errors import InputError
from citybelt.people.cohort import check, project, shares, step
from citybelt.people.record import Ages, Moves, Vital, by_five_years
from people.populations import AGES, KINDS, REGIONS, SEEDS, growth, leslie, lotka, near, population

FAST = jax.jit(step)


def aged(x):
    older = np.concatenate([np.zeros_like(x[:, :, :1]), x[:, :, :-1]], axis=2)
    older[:, :, -1] += x[:, :, -1]
    return older


@pytest.mark.proposition("P18")
@settings(max_examples=15, deadline=None)
@given(SEEDS, REGIONS, AGES, KINDS)
def test_accounts_close(seed, regions, ages, kinds):
    """In every cell, and natural change and migration add up to the change of each region's population."""
    persons, vital, moves = population(seed, regions, ages, kinds=kinds)
    rng = np.random.default_rng(seed)
    abroad = rng.normal(size=persons.shape)
    value, cost = rng.normal(size=(regions, ages)), rng.normal(size=(regions, regions))
    after, e = FAST(persons, vital, moves, value, cost, abroad)
    scale = float(persons.sum())

    born = np.zeros(persons.shape)
    born[:, :, 0, 0] = e.births
    expected = aged(np.asarray(persons - e.left + e.came + abroad)) + born - np.asarray(e.deaths)
    assert after == near(expected, abs=1e-12 * scale)
    change = (after - persons).sum(axis=(1, 2, 3))
    assert change == near(e.natural + e.migration, abs=1e-12 * scale)
    assert (e.left >= -1e-12 * scale).all() and (e.came >= 0).all() and (e.births >= 0).all()


@settings(max_examples=15, deadline=None)
@given(SEEDS, REGIONS, AGES, KINDS)
def test_closed_borders_keep_persons(seed, regions, ages, kinds):
    """Without births and deaths nobody is lost, whatever moves; arrivals equal departures by sex, age and skill."""
    persons, vital, moves = population(seed, regions, ages, kinds=kinds)
    still = Vital(jnp.ones_like(vital.survival), vital.newborn, jnp.zeros_like(vital.fertility), vital.male_share)
    value = np.random.default_rng(seed).normal(size=regions) * 3
    after, e = FAST(persons, still, moves, value)
    assert after.sum(axis=0) == near(aged(np.asarray(persons)).sum(axis=0), rel=1e-12)
    assert e.came.sum(axis=0) == near(e.left.sum(axis=0), rel=1e-9, abs=1e-9)
    assert e.moved.sum(axis=0) == near(e.moved.sum(axis=0))


def by_loops(persons, vital, moves, value, cost, abroad):
    """The equations (B1-B5) cell by cell."""
    persons, share, nu = np.asarray(persons), np.asarray(moves.share), np.asarray(moves.nu)
    R, _, A, E = persons.shape
    kinds = np.asarray(moves.age)
    here = np.array(abroad, float)
    for a in range(A):
        for e in range(E):
            m = kinds[a] if kinds.ndim == 1 else kinds[a, e]
            for o in range(R):
                pull = [share[o, n, m] * np.exp(nu[m] * (value[n, a, e] - cost[o, n])) for n in range(R)]
                for n in range(R):
                    here[n, :, a, e] += persons[o, :, a, e] * pull[n] / sum(pull)
    after = np.zeros_like(here)
    for a in range(A):
        after[:, :, min(a + 1, A - 1)] += here[:, :, a] * np.asarray(vital.survival)[:, :, a, None]
    for r in range(R):
        women = (here[r, 0] + after[r, 0]).sum(axis=1) / 2
        births = 100 / (A - 1) * float((np.asarray(vital.fertility)[r] * women).sum())
        boys = float(vital.male_share[r])
        after[r, 0, 0, 0] += births * (1 - boys) * vital.newborn[r, 0]
        after[r, 1, 0, 0] += births * boys * vital.newborn[r, 1]
    return after


@pytest.mark.parametrize("seed", [6, 7])
def test_a_plain_loop_finds_the_same(seed):
    persons, vital, moves = population(seed, regions=4, ages=11, skills=3, kinds=5)
    rng = np.random.default_rng(seed)
    value, cost, abroad = rng.normal(size=(4, 11, 3)), rng.normal(size=(4, 4)), rng.normal(size=persons.shape)
    after, _ = jax.jit(step)(persons, vital, moves, value, cost, abroad)
    assert after == near(by_loops(persons, vital, moves, value, cost, abroad), rel=1e-11)
    # Fewer axes of values stand for the same at all skills, and at all ages.
    for few in (value[..., 0], value[:, 0, 0]):
        all_of_them = np.broadcast_to(few.reshape(4, -1, 1), value.shape)
        after, _ = jax.jit(step)(persons, vital, moves, few, cost, abroad)
        assert after == near(by_loops(persons, vital, moves, all_of_them, cost, abroad), rel=1e-11)


@pytest.mark.proposition("P16")
def test_moves_add_up_to_the_population_and_follow_values():
    """Rows sum to the persons of an origin; nothing changed gives the base flows; logs of odds are linear in values,
    with the elasticity as their slope."""
    persons, vital, moves = population(11, regions=5, ages=21, kinds=4)
    count = np.zeros((5, 4))
    kinds = np.broadcast_to(np.asarray(moves.age)[:, None], (21, 2))
    np.add.at(count.T, kinds.ravel(), np.asarray(persons.sum(axis=1)).reshape(5, -1).T)

    _, base = step(persons, vital, moves)
    assert base.moved == near(count[:, None] * np.asarray(moves.share), rel=1e-12)
    value = np.random.default_rng(1).normal(size=5)
    _, e = step(persons, vital, moves, value)
    assert e.moved.sum(axis=1) == near(count, rel=1e-12)
    for m in range(4):
        assert e.moved[..., m] == near(count[:, m, None] * shares(moves, value, kind=m), rel=1e-11)

    # A regression of the log change of flows against stayers on the gain in value finds the elasticity.
    change = np.log(np.asarray(e.moved) / np.asarray(base.moved))
    gain = value[None, :] - value[:, None]
    off = ~np.eye(5, dtype=bool)
    own = np.einsum("oom->om", change)
    for m in range(4):
        y = (change[..., m] - own[:, m, None])[off]
        slope = np.linalg.lstsq(np.stack([gain[off], np.ones(off.sum())], axis=1), y, rcond=None)[0]
        assert slope == near([moves.nu[m], 0], abs=1e-10)


@pytest.mark.proposition("P16")
def test_logit_coefficients_are_recovered_from_simulated_flows():
    """Persons draw where to live, one by one, from the law's shares: maximum likelihood finds the elasticity within
    three standard errors."""
    _, _, moves = population(12, regions=6, kinds=2)
    rng = np.random.default_rng(8)
    value = rng.normal(size=6)
    drawn = np.stack([rng.multinomial(40_000, p) for p in np.asarray(shares(moves, value, kind=1), float)])

    def loss(nu):
        law = Moves(moves.share, moves.age, moves.nu.at[1].set(nu))
        return -(drawn * jnp.log(shares(law, value, kind=1))).sum()

    score, information = jax.grad(loss), jax.hessian(loss)
    found = brentq(lambda nu: float(score(nu)), 0.0, 10.0)
    assert abs(found - moves.nu[1]) < 3 / np.sqrt(information(found))


def test_large_values_do_not_overflow():
    persons, vital, moves = population(13)
    after, _ = step(persons, vital, moves, np.array([900.0, -900.0, 0.0]))
    assert np.isfinite(after).all()


def test_values_shift_together_without_effect():
    persons, vital, moves = population(14)
    value = np.random.default_rng(2).normal(size=(3, 21))
    after, _ = step(persons, vital, moves, value)
    assert step(persons, vital, moves, value + 7)[0] == near(after, rel=1e-12)


def test_derivatives_are_those_of_differences():
    persons, vital, moves = population(15, regions=4)
    weight = np.random.default_rng(3).normal(size=persons.shape)

    def total(value, cost):
        return (project(persons, vital, moves, 3, value, cost)[-1] * weight).sum()

    rng = np.random.default_rng(4)
    point = rng.normal(size=4), rng.normal(size=(4, 4))
    way = rng.normal(size=4), rng.normal(size=(4, 4))
    slope = jax.jvp(total, point, way)[1]
    shift = [total(*(p + h * w for p, w in zip(point, way, strict=True))) for h in (1e-5, -1e-5)]
    assert slope == near((shift[0] - shift[1]) / 2e-5, rel=1e-6)
    back = jax.grad(total, argnums=(0, 1))(*point)
    assert sum((b * w).sum() for b, w in zip(back, way, strict=True)) == near(slope, rel=1e-9)


# Stable populations


def rates(ages, regions=1):
    """A population whose hazard rises with age and whose fertility is a bell around 27."""
    x = ages.start + ages.width / 2
    hazard = 0.001 + 2e-5 * np.exp(0.1 * np.minimum(x, 99))
    survival = np.exp(-ages.width * hazard) * np.array([1, 0.995])[:, None]
    f = 2.4 / 5.5 / np.sqrt(2 * np.pi) * np.exp(-(((x - 27) / 5.5) ** 2) / 2)
    return Vital(
        jnp.broadcast_to(survival, (regions, 2, ages.count)),
        jnp.full((regions, 2), 0.99),
        jnp.broadcast_to(f, (regions, ages.count)),
        jnp.asarray(0.52),
    )


@pytest.mark.parametrize("width", [1, 5])
def test_constant_rates_lead_to_the_leading_vector_of_the_leslie_matrix(width):
    ages = Ages(width)
    vital = rates(ages)
    values, vectors = np.linalg.eig(leslie(vital, width))
    lead = np.argmax(values.real)
    growth, vector = values[lead].real, np.abs(vectors[:, lead].real)
    start = jnp.asarray(np.random.default_rng(5).uniform(0, 1, (1, 2, ages.count, 2))) * 1e4
    path = project(start, vital, Moves.closed(1, ages), 1500 // width)
    total = np.asarray(path.sum(axis=(1, 2, 3, 4)))
    assert total[-1] / total[-2] == near(growth, rel=1e-10)
    structure = np.asarray(path[-1].sum(axis=(0, 3))).ravel() / total[-1]
    assert structure == near(vector / vector.sum(), abs=1e-9)


def test_moving_regions_grow_at_the_leading_value_of_their_joint_matrix():
    """Two regions that exchange people: growth settles at the leading eigenvalue of the step as a linear map."""
    ages = Ages(5)
    vital = rates(ages, 2)
    vital = Vital(vital.survival, vital.newborn, vital.fertility * jnp.array([[1.2], [0.7]]), vital.male_share)
    share = np.array([[0.95, 0.05], [0.02, 0.98]])[:, :, None] * np.ones(21)
    moves = Moves(jnp.asarray(share), by_five_years(ages), jnp.ones(21))

    def flat(x):
        return step(x.reshape(2, 2, 21, 1), vital, moves)[0].ravel()

    matrix = np.asarray(jax.jacobian(flat)(jnp.ones(84)))
    path = project(jnp.ones((2, 2, 21, 1)), vital, moves, 300).sum(axis=(1, 2, 3, 4))
    assert path[-1] / path[-2] == near(np.abs(np.linalg.eigvals(matrix)).max(), rel=1e-10)


def test_growth_is_that_of_the_euler_lotka_integral():
    """Within 1e-7 a year for single ages, and 2.5e-6 for five-year ones."""
    exact = lotka(0.012, 0.11)
    assert abs(exact) > 0.005
    assert growth(Ages(1)) == near(exact, abs=1e-7)
    assert growth(Ages(5)) == near(exact, abs=2.5e-6)


# What is refused


def test_bad_input_is_told_whole():
    persons, vital, moves = population(16)
    check(persons, vital, moves)
    bad = Vital(vital.survival + 1, vital.newborn[:, :1], -vital.fertility, vital.male_share)
    with pytest.raises(InputError) as error:
        check(-persons, bad, Moves(moves.share * 0.9, moves.age, moves.nu))
    places = [p.where for p in error.value.problems]
    for place in ("vital.newborn", "vital.survival", "vital.fertility", "persons", "moves.share"):
        assert place in places


def test_widths_other_than_one_and_five_are_refused():
    with pytest.raises(InputError, match="1 or 5"):
        Ages(10)


def test_labels_and_cut_classes():
    assert Ages(5).labels[0] == "0-4" and Ages(1).labels[-1] == Ages(5).labels[-1] == "100+"
    assert Ages(5).between(0, 63).sum() * 5 == near(63) and Ages(5).between(63).sum() == near(8.4)
    for ages in (Ages(1), Ages(5)):
        assert ages.between(0, 15) + ages.between(15, 65) + ages.between(65) == near(np.ones(ages.count))
