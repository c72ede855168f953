"""Draws of the matrix of people: their assumptions, what they meet, and that bands see them."""

from dataclasses import replace
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from citybelt.data import Dataset
from citybelt.estimate import people
from citybelt.model.accounts import closure
from citybelt.model.theory import theory, two_halves
from citybelt.scenario import sampling
from citybelt.scenario.bands import bands
from citybelt.scenario.levers import costs, shock, values_of
from citybelt.worlds.accounts import place_people
from citybelt.worlds.world import place_counts, place_draw, place_fill, world
from small_world import HOME, PROVINCE, small_levers, small_world

DRAWS = (0, 7, 31)
LEVER = "registration_central"


def mean_km(migrants, distance):
    """Mean distance of those who live elsewhere than they are registered."""
    moves = migrants.sum(2)
    np.fill_diagonal(moves, 0)
    return (moves * distance).sum() / moves.sum()


# -- assumptions


def test_assumptions_follow_the_two_halves_of_elasticities_without_their_tails():
    """Empirical quantiles against those of a cut normal through the model's own function."""
    table = people.assumption_table()
    low, value, high = (table[c].to_numpy() for c in ("low", "value", "high"))
    drawn = np.array([[people.assumptions(k)[name] for name in table.index] for k in range(4000)])
    assert (drawn >= low).all() and (drawn <= high).all()
    for probability in (0.05, 0.25, 0.5, 0.75, 0.95):
        z = ndtri(0.1 + 0.8 * probability) / ndtri(0.9)
        expected = two_halves(low, value, high, np.full(len(value), z))
        np.testing.assert_allclose(np.quantile(drawn, probability, axis=0), expected, rtol=0.02)
    # Independent of one another.
    correlation = np.corrcoef(drawn.T)
    assert np.abs(correlation - np.eye(3)).max() < 0.05


def test_a_draw_depends_on_its_number_alone():
    later = people.assumptions(9)
    assert [people.assumptions(k) for k in range(12)][9] == later != people.assumptions(8)


# -- places


def test_drawn_matrices_differ_and_meet_the_counts_as_the_central_one_does():
    counts = place_people()
    residents, other = counts.residents.to_numpy(), counts.migrants["other_province"].to_numpy()
    county = counts.migrants["same_province"].to_numpy()
    province = counts.places.units["province"].to_numpy()
    same = province[:, None] == province[None]
    central = place_fill()[0]
    for filled in (central, *map(place_draw, DRAWS)):
        moves = filled.migrants.sum(2)
        np.testing.assert_allclose(filled.residents, residents, rtol=1e-12)
        np.testing.assert_allclose((moves * ~same).sum(0), other, rtol=1e-9)
        assert ((moves * same).sum(0) - np.diag(moves) <= county * (1 + 1e-9)).all()
        assert (filled.migrants >= 0).all()
        assert filled.registered.sum() == pytest.approx(residents.sum(), rel=1e-12)
    gap = [np.abs(place_draw(k).migrants - central.migrants).sum() for k in DRAWS]
    movers = central.migrants.sum() - np.trace(central.migrants.sum(2))
    assert min(gap) > 0.01 * movers
    np.testing.assert_array_equal(place_draw(7).migrants, place_draw(7).migrants)


def test_draws_stay_between_the_corners_of_their_ranges():
    """Movers, old movers and how far they moved, each monotone in the assumptions, against fills at the ends."""
    places, counts, _ = place_counts()
    distance = counts["distance"]
    table = people.assumption_table()
    own = np.eye(len(places), dtype=bool)

    def told(filled):
        movers = filled.migrants[~own].sum(0)
        return np.array([mean_km(filled.migrants, distance), movers.sum(), movers[1] / movers.sum()])

    def corner(**ends):
        given = {name: table.loc[name, end] for name, end in ends.items()}
        return told(people.fill(**counts, **given))

    # Moves within a province are near ones: a larger part from other cities shortens the mean.
    near = corner(elasticity="high", other_city="high", old_odds="low")
    far = corner(elasticity="low", other_city="low", old_odds="high")
    steep = corner(elasticity="high", other_city="low", old_odds="high")
    assert near[0] < steep[0] < far[0]
    km = [corner(elasticity=e, other_city="value", old_odds="value")[0] for e in ("low", "value", "high")]
    assert km[0] > km[1] > km[2]
    old = [corner(elasticity="value", other_city=e, old_odds=e)[2] for e in ("low", "high")]
    for k in range(0, 32, 3):
        km, movers, share = told(place_draw(k))
        assert near[0] < km < far[0]
        assert far[1] < movers < near[1]
        assert old[0] < share < old[1]


# -- worlds


@pytest.mark.parametrize("name", ["northeast", "china"])
def test_a_redrawn_world_sums_the_places_and_keeps_its_residents(name, request):
    dataset = request.getfixturevalue(name)
    drawn, x = dataset.redraw(7), dataset.x
    member = world(name, "2020", ()).member
    migrants, places = drawn.x["migrants"].values, place_draw(7).migrants
    for origin, residence in ((0, 3), (5, 5), (11, 2)):
        cells = places[np.ix_(member == origin, member == residence)]
        np.testing.assert_allclose(migrants[origin, residence], cells.sum((0, 1)), rtol=1e-12)
    np.testing.assert_allclose(migrants.sum(0), x["population"].values, rtol=1e-12)
    np.testing.assert_array_equal(drawn.x["registered"].values, migrants.sum(1))
    assert drawn.x["migrants"].attrs == x["migrants"].attrs and drawn.x["migrants"].dims == x["migrants"].dims
    assert np.abs(migrants / x["migrants"].values - 1).max() > 0.05
    np.testing.assert_array_equal(dataset.redraw(7).x["migrants"].values, migrants)
    assert np.abs(dataset.redraw(8).x["migrants"].values / migrants - 1).max() > 0.01
    np.testing.assert_array_equal(drawn.trade(), dataset.trade(7))


# -- bands


def small_dataset():
    """The small world with a filled matrix of people and two alternatives that differ in nothing else."""
    small = small_world()
    residents = small.x["migrants"].values.sum(0)
    total = residents.sum(1)
    rng = np.random.default_rng(5)
    place = rng.uniform(0, 900, (len(HOME), 2))
    census = (
        residents,
        total * rng.uniform(0.9, 1.2, len(HOME)),
        total * rng.uniform(0.1, 0.2, len(HOME)),
        total * rng.uniform(0.02, 0.05, len(HOME)),
        np.unique(PROVINCE, return_inverse=True)[1],
        np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1)) + 1,
    )

    def matrix(draw):
        return people.fill(*census, **people.assumptions(draw)).migrants

    central, flows = matrix(None), small.trade()
    x = small.x.assign(
        migrants=small.x["migrants"].copy(data=central),
        registered=(("origin", "group"), central.sum(1)),
    )
    about = {name: getattr(small, name) for name in ("name", "base_year", "vintage", "currency")}
    tables = dict.fromkeys(("provenance", "deviations", "fills"), pd.DataFrame())
    return Dataset(**about, x=x, **tables, n_draws=3, _flows=lambda draw: flows, _people=matrix)


@pytest.fixture(scope="module")
def drawn_people():
    return small_dataset()


@pytest.fixture(scope="module")
def lever(drawn_people):
    return next(one for one in small_levers(drawn_people) if one.id == LEVER)


def economies(dataset, count=3):
    central = theory(dataset.x["sector"].values)
    return sampling.fills(dataset, central, closure(), count)


def test_economies_of_draws_hold_the_people_of_their_draw(drawn_people):
    found = economies(drawn_people)
    assert len(found) == 3
    for k, economy in enumerate(found):
        expected = np.moveaxis(drawn_people.redraw(k).x["migrants"].values, 2, 0)
        np.testing.assert_allclose(economy.base.people, expected, rtol=1e-12)
    kept = economies(replace(drawn_people, _people=None))
    np.testing.assert_allclose(kept[1].base.people, np.moveaxis(drawn_people.x["migrants"].values, 2, 0))
    # Residents are the same, so is spending a head.
    for one, other in zip(found, kept, strict=True):
        np.testing.assert_allclose(one.base.people.sum(1), other.base.people.sum(1), rtol=1e-12)
        np.testing.assert_allclose(one.base.consumption, other.base.consumption, rtol=1e-9)


def test_registration_is_paid_for_each_newcomer_of_the_draw(drawn_people, lever):
    """The price of serving one person stays; the bill at the base year's numbers follows the drawn newcomers."""
    paid = shock([lever], values_of([lever], {LEVER: 40.0}))
    price = np.asarray(paid.service).sum(0)
    served = price > 0
    assert served.sum() > 1 and np.ptp(price[served]) < 1e-12 * price.max()

    def bill(migrants):
        moves = migrants.sum(2)
        return (price * (moves.sum(0) - np.diag(moves))).sum() * 1e-6

    central = float(costs([lever], values_of([lever], {LEVER: 40.0})).sum())
    assert bill(drawn_people.x["migrants"].values) == pytest.approx(central, rel=1e-12)
    bills = [bill(drawn_people.redraw(k).x["migrants"].values) for k in range(3)]
    assert np.ptp(bills) > 0.05 * central


def test_a_band_moves_when_people_are_drawn_too(drawn_people, lever):
    scenario = SimpleNamespace(
        closure=MappingProxyType({}), elasticities=MappingProxyType({}), levers=MappingProxyType({LEVER: 40.0})
    )
    ((kept, _),) = bands(replace(drawn_people, _people=None), [scenario], [lever], 6)
    ((drawn, solved),) = bands(drawn_people, [scenario], [lever], 6)
    assert solved == 6
    for name in ("welfare_change", "people"):
        change = np.subtract(drawn[name], kept[name])
        assert np.abs(change).max() > 0.01 * np.ptp(kept[name])
    ((again, _),) = bands(drawn_people, [scenario], [lever], 6)
    assert again == drawn
