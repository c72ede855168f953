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
from citybelt.scenario.money import migration_elasticity
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

    def people_at(u, cost):  # [R] for ever, all ages alike; persons under 60 and all after each year
        values = jnp.moveaxis(p.static(jnp.stack([u, u]), cost), 2, 0)
        now, found = persons, []
        for _ in range(years):
            now, _ = cohort.move(cohort.live(now, vital)[0], p.moves, values, cost)
            found.append(jnp.stack([now[:, :, :60].sum(axis=(1, 2, 3)), now.sum(axis=(1, 2, 3))]))
        return jnp.stack(found)

    people = lambda u: people_at(u, jnp.zeros((R, R)))  # noqa: E731
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

    def opened_to(x):  # a log point off the cost of moves into each place alone
        at_cost = jax.vmap(lambda k: people_at(jnp.zeros(R), x * into(k, R)))(jnp.arange(R))
        return jnp.einsum("ktar->tkar", at_cost)

    slope = np.asarray(jax.jacfwd(opened_to)(0.0))
    for k, ages in enumerate(((0, 60), (0, 101))):
        expected = np.einsum("trr->t", slope[:, :, k]) / at[:, k].sum(axis=1)
        found = 0.07 * pace.gains(*given, ages=ages, of_moves=True)
        np.testing.assert_allclose(found, expected, rtol=1e-10)


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
    # Cheaper moves draw those of the other place, and don't keep those who are there.
    cheaper = pace.gains(moves, np.ones(101), 0.0, people, 40, of_moves=True)
    np.testing.assert_allclose(cheaper, expected / 2, rtol=1e-12)
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


def static_answer(b, nu, direction):
    """Residents under 60 of every place by (M1), differentiated to moving costs in a direction [R, R]: log changes."""

    def residents(x):
        reached = migration.reach(b.people, jnp.zeros((2, b.n_home)), x * direction, nu)
        return migration.choose(reached, jnp.zeros((2, b.n_home)), nu, 0.0)[0][0]

    now, change = jax.jvp(residents, (0.0,), (1.0,))
    return np.asarray(change), np.asarray(now)


def into(place, h):
    """Direction in which every move into a place is a log point cheaper, as levers on moving make it."""
    return jnp.zeros((h, h)).at[:, place].set(-1.0).at[place, place].set(0.0)


def test_levers_on_moving_make_the_stock_of_people_that_the_static_model_says():
    """The path's own laws year by year, at a small cost, on the base year's moves: after the horizon the people under
    60 of the places that are opened are as many more as residents by (M1)."""
    rules, _, _ = paths.world(2, beta=0.9, stationary=False)
    p, persons, vital = alone(2)
    horizon, h, b, small = 7, persons.shape[0], rules.base, 1e-4
    rules = at_pace(eqx.tree_at(lambda r: r.prospects, rules, p), persons, vital.fertility, horizon)
    p = rules.prospects
    found = []
    for k in range(h):
        cost = p.cost(small * into(k, h))
        now = []
        for c in (cost, -cost):
            values, people = jnp.moveaxis(p.static(jnp.zeros((2, h)), c), 2, 0), persons
            for _ in range(horizon):
                people, _ = cohort.move(cohort.live(people, vital)[0], p.moves, values, c)
            now.append(float(people[k, :, :60].sum()))
        found.append(((now[0] - now[1]) / 2 / small, sum(now) / 2))
    change, heads = np.sum(found, axis=0)
    nu = jnp.asarray([migration_elasticity(), 0.4])
    expected = np.sum([[x[k] for x in static_answer(b, nu, into(k, h))] for k in range(h)], axis=0)
    assert change / heads == pytest.approx(expected[0] / expected[1], rel=1e-6)
    assert change / heads == pytest.approx(migration_elasticity() * pace.freed(b.people[0]), rel=1e-6)


def eased(own, horizon):
    """Log change of a place's people under 60 at the horizon, by a log point less of the static cost of coming: the
    base year's moves followed by age, origin and the place that is opened, in plain sums."""
    p, heads = own.rules.prospects, np.asarray(own.stocks.persons).sum(axis=(1, 3)).T
    kind, s = np.asarray(p.moves.age), np.asarray(p.survival)
    births = np.asarray(own.start.vital.fertility[0]).T
    at = lambda a: np.asarray(p.moves.share)[:, :, kind[a]]  # noqa: E731
    R, lift = heads.shape[1], float(p.costly) * float(p.moves.nu[0])
    others = 1 - np.eye(R)
    life = [np.zeros((R, R))]
    for a in [100] * 40 + list(range(99, -1, -1)):
        older = min(a + 1, 100)
        life.append(float(p.beta) * s[a] * (at(older) @ life[-1] + at(older) * others))
    life = life[40:][::-1]
    moved = {}
    for a in range(101):
        share = at(a)
        extra = life[a][None] + np.einsum("on,nk->onk", others, np.eye(R))  # from, to, opened
        mean = np.einsum("om,omk->ok", share, extra)
        moved[a] = share[:, :, None] * (extra - mean[:, None])
    change = np.zeros((101, R, R))
    for year in range(int(np.ceil(horizon)) + 1):
        seen = [np.trace(change[:60].sum(axis=0)), heads[:60].sum()]
        if year >= horizon:
            break
        last = seen
        older, more = np.zeros_like(heads), np.zeros_like(change)
        for a in range(101):
            older[min(a + 1, 100)] += s[a] * heads[a]
            more[min(a + 1, 100)] += s[a] * change[a]
        older[0] = (births * (heads + older)).sum(axis=0) / 4
        more[0] = (births[:, :, None] * (change + more)).sum(axis=0) / 4
        for a in range(101):
            change[a] = at(a).T @ more[a] + np.einsum("o,onk->nk", older[a], moved[a])
            heads[a] = at(a).T @ older[a]
    part = horizon - (year - 1)
    return lift * (part * seen[0] / seen[1] + (1 - part) * last[0] / last[1])


def test_registration_makes_the_stock_that_was_published(world, base):
    """Opened in full, a place has by the horizon the people that the published response makes of the stock by (M1),
    whatever the elasticity: in the central path, at another patience, and in draws."""
    _, _, chosen = opened(world, "household_registration", through_time=True)
    lever = next(lever for lever in chosen if lever.moves)
    begun = np.full((len(base.years), 1), 100.0)
    published = float(lever.response(100.0)) / 100.0
    assert 0.02 < published < 0.06
    b, h = base.rules.base, base.rules.base.n_home
    nu = jnp.asarray([1.0, 1.0])  # in which a log point of cost is one of the response
    changes, heads = zip(*([x[k] for x in static_answer(b, nu, into(k, h))] for k in range(h)), strict=True)
    answer = sum(changes) / sum(heads)
    assert answer == pytest.approx(pace.freed(b.people[0]), rel=1e-10)
    hurried = begin(world, 2022, like=base, patience=0.8, nu=2.0, horizon=9.5)
    late = lambda own: -float(own.with_levers((lever,), begun).levers.log_mu[-1].min())  # noqa: E731
    for own, horizon in ((base, 15), (hurried, 9.5)):
        assert late(own) * eased(own, horizon) == pytest.approx(published * answer, rel=1e-9)
    now = bands.drawn(1, list(base.economy.sectors), (lever,), {})
    own = bands.at_draw(world, base, now, False, {})
    log_mu = -float(bands.moved((lever,), now.effects, jnp.asarray(begun)).levers.log_mu[-1].min())
    e = now.effects
    drawn = float(lever.response(100.0, e.size[0], e.exponent[0])) / 100.0
    assert log_mu * eased(own, now.parameters["horizon"]) == pytest.approx(drawn * answer, rel=1e-9)
    assert drawn != pytest.approx(published, rel=1e-3)


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


def test_houses_take_the_supply_elasticity_of_the_static_model(world, base):
    """In time what the static equilibrium has at once: as set, and as drawn; within a year houses stand."""
    assert float(base.rules.ground.eta) == float(base.economy.theory.eta) > 0
    steep = begin(world, 2022, like=base, paced=False, eta=5.0).rules
    assert float(steep.ground.eta) == 5.0 and float(steep.theory.eta) == 0.0
    sectors = list(base.economy.sectors)
    for fixed in ({}, {"eta": 0.9}):
        now = bands.drawn(4, sectors, (), fixed)
        drawn = bands.at_draw(world, base, now, False, {}).rules
        assert float(drawn.ground.eta) == float(now.theory.eta) and float(drawn.theory.eta) == 0.0
        assert (float(now.theory.eta) == 0.9) == bool(fixed)
