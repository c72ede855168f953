"""How readily people move: against the path's own laws differentiated, closed forms, and the static model."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import citybelt as cb
import paths
from citybelt.errors import InputError
from citybelt.model.mechanisms import migration
from citybelt.path import bands, pace
from citybelt.path.begin import at_pace, begin
from citybelt.people import cohort
from citybelt.people.record import Moves, Vital
from citybelt.scenario.simulate import opened


def alone(seed=0, beta=0.9):
    """Prospects, persons and rates of a small world in which both sexes live alike, so that sexes needn't be told."""
    rules, inputs, start = paths.world(seed, beta=beta, stationary=False)
    one = jax.tree.map(lambda leaf: leaf[0], inputs.vital)
    survival = jnp.mean(one.survival[0], axis=0)
    even = start.persons.sum(axis=1, keepdims=True) / 2 * jnp.ones((1, 2, 1, 1))
    vital = Vital(jnp.broadcast_to(survival, one.survival.shape), jnp.ones_like(one.newborn), one.fertility, 0.5)
    p = eqx.tree_at(lambda p: (p.survival, p.moves.nu), rules.prospects, (survival, jnp.full(21, 0.07)))
    return p, even, vital


@pytest.mark.parametrize("beta", [0.0, 0.9])
def test_gains_are_the_derivative_of_the_laws_of_a_path(beta):
    p, persons, vital = alone(1, beta)
    R, years = persons.shape[0], 6

    def people(u):  # [R] for ever, all ages alike; persons under 60 and all after each year
        values = jnp.moveaxis(p.static(jnp.stack([u, u]), jnp.zeros((R, R))), 2, 0)
        now, found = persons, []
        for _ in range(years):
            now, _ = cohort.move(cohort.live(now, vital)[0], p.moves, values)
            found.append(jnp.stack([now[:, :, :60].sum(axis=(1, 2, 3)), now.sum(axis=(1, 2, 3))]))
        return jnp.stack(found)

    slope, at = np.asarray(jax.jacfwd(people)(jnp.zeros(R))), np.asarray(people(jnp.zeros(R)))
    given = (
        p.moves,
        np.asarray(p.survival),
        beta,
        np.asarray(persons).sum(axis=(1, 3)),
        years,
        np.asarray(vital.fertility),
    )
    for k, ages in enumerate(((0, 60), (0, 101))):
        expected = np.einsum("trr->t", slope[:, k]) / at[:, k].sum(axis=1)
        np.testing.assert_allclose(0.07 * pace.gains(*given, ages=ages), expected, rtol=1e-10)


def test_two_like_places_by_closed_form():
    """Where only the year counts and nobody is born or dies, (1 - m)(1 - (1 - 2m)^t); linear within a year."""
    m, ages = 0.03, np.zeros(101, int)
    moves = Moves(np.array([[1 - m, m], [m, 1 - m]])[:, :, None], ages, np.zeros(1))
    people = np.zeros((2, 101))
    people[:, 10] = 5.0
    found = pace.gains(moves, np.ones(101), 0.0, people, 40)
    expected = (1 - m) * (1 - (1 - 2 * m) ** np.arange(1, 41))
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert pace.elasticity(moves, np.ones(101), 0.0, 1.5, 20, people) == pytest.approx(1.5 / expected[19])
    between = pace.elasticity(moves, np.ones(101), 0.0, 1.5, 20.25, people)
    assert between == pytest.approx(1.5 / (0.75 * expected[19] + 0.25 * expected[20]))
    # Five years a step: of two steps, and a year's value counts in each of five years.
    wide = Moves(moves.share, np.zeros(21, int), np.zeros(1))
    five = pace.elasticity(wide, np.ones(21), 0.0, 1.5, 10, np.full((2, 21), 1.0))
    assert five == pytest.approx(1.5 / expected[1])


def test_what_cannot_be_found_is_told():
    still, people = Moves.closed(3, type("A", (), {"count": 101})), np.ones((3, 101))
    with pytest.raises(InputError, match="Nobody moves"):
        pace.elasticity(still, np.ones(101), 0.9, 1.5, 15, people)
    with pytest.raises(InputError, match="above zero"):
        pace.elasticity(still, np.ones(101), 0.9, 1.5, 0, people)
    by_skill = Moves(np.eye(3)[:, :, None], np.zeros((101, 2), int), np.zeros(1))
    with pytest.raises(InputError, match="by age"):
        pace.elasticity(by_skill, np.ones(101), 0.9, 1.5, 15, people)


@pytest.fixture(scope="module")
def world():
    cb.configure()
    return cb.load("northeast")


@pytest.fixture(scope="module")
def base(world):
    return begin(world, 2022)


def test_a_path_moves_what_the_static_model_moves(base):
    """Residents of places by (M1), differentiated to their values, are those whom the path moves by the horizon."""
    b, nu = base.rules.base, base.rules.theory.nu

    def residents(log_V):
        reached = migration.reach(b.people, jnp.zeros((2, b.n_home)), jnp.zeros((b.n_home, b.n_home)), nu)
        return migration.choose(reached, log_V, nu, 0.0)[0][0]

    slope = jax.jacfwd(residents)(jnp.zeros((2, b.n_home)))[:, 0]
    static = float(jnp.trace(slope) / residents(jnp.zeros((2, b.n_home))).sum())
    p = base.rules.prospects
    heads = np.asarray(base.stocks.persons).sum(axis=(1, 3))
    gains = pace.gains(p.moves, p.survival, float(p.beta), heads, 15, base.start.vital.fertility[0])
    assert float(p.moves.nu[0]) * gains[-1] == pytest.approx(static, rel=1e-10)
    assert np.ptp(np.asarray(p.moves.nu)) == 0


def impact(prospects, log_mu, place):
    """Log change of yearly moves into a place over those who stay, by origin, at unchanged values [R]."""
    before = cohort.shares(prospects.moves, kind=4)
    after = cohort.shares(prospects.moves, cost=prospects.cost(log_mu), kind=4)
    odds = lambda s: jnp.log(s[:, place] / jnp.diagonal(s))  # noqa: E731
    return np.delete(np.asarray(odds(after) - odds(before)), place)


def test_registration_acts_on_moves_as_published(world, base):
    """On the moves of the year, whatever the elasticity: in the central path, at another patience, and in draws."""
    _, _, chosen = opened(world, "household_registration", through_time=True)
    lever = next(lever for lever in chosen if lever.moves)
    place = int(np.flatnonzero(np.asarray(lever.direction.log_mu).min(axis=0) < 0)[0])
    begun = np.full((len(base.years), 1), 100.0)
    published = float(lever.response(100.0)) / 100.0
    assert 0.02 < published < 0.06
    hurried = begin(world, 2022, like=base, patience=0.8, nu=2.0)
    assert float(hurried.rules.prospects.moves.nu[0]) > 1.5 * float(base.rules.prospects.moves.nu[0])
    late = lambda own: own.with_levers((lever,), begun).levers.log_mu[-1]  # noqa: E731
    for own in (base, hurried):
        np.testing.assert_allclose(impact(own.rules.prospects, late(own), place), published, rtol=1e-10)
    for k in range(3):
        now = bands.drawn(k, list(base.economy.sectors), (lever,), {})
        own = bands.at_draw(world, base, now, False, {})
        log_mu = bands.moved((lever,), now.effects, jnp.asarray(begun)).levers.log_mu[-1]
        e = now.effects
        answer = float(lever.response(100.0, e.size[0], e.exponent[0])) / 100.0
        np.testing.assert_allclose(impact(own.rules.prospects, log_mu, place), answer, rtol=1e-10)
        assert answer != pytest.approx(published, rel=1e-3)


def test_draws_answer_to_their_own_patience_and_horizon(world, base):
    now = bands.drawn(2, list(base.economy.sectors), (), {})
    own = bands.at_draw(world, base, now, False, {})
    p = own.rules.prospects
    heads = np.asarray(base.stocks.persons).sum(axis=(1, 3))
    given = p.moves, p.survival, now.parameters["patience"], heads
    years = int(np.ceil(now.parameters["horizon"]))
    gains = np.concatenate([[0], pace.gains(*given, years, base.start.vital.fertility[0])])
    moved = float(p.moves.nu[0]) * np.interp(now.parameters["horizon"], np.arange(years + 1), gains)
    assert moved == pytest.approx(float(now.theory.nu[0]) * pace.openness(base.rules.base.people[0]), rel=1e-10)
    again = at_pace(own.rules, base.stocks.persons, base.start.vital.fertility[0], now.parameters["horizon"])
    assert float(again.prospects.costly) == pytest.approx(1.5 / float(p.moves.nu[0]))
