"""The same money in four shapes: who gets it by hand, and that without geography it makes no difference."""

import numpy as np
import pytest

import two_regions
from citybelt.separate.shapes import NAMES, Instrument, compare, instrument, spend, theil, weights

# Five cities on a line, 100 km and an hour apart, and one off it.
PLACE = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 0.0], [1.5, 2.2]])
HOURS = np.linalg.norm(PLACE[:, None] - PLACE[None], axis=2)
PEOPLE = np.array([9.0, 2.0, 1.0, 3.0, 6.0, 4.0])


def test_shapes_by_hand():
    """Large are the ends of the line; an hour and a half takes in a neighbour each, the belt all between."""
    found = weights(PEOPLE, HOURS, 100 * HOURS)
    cities = {shape: np.flatnonzero(w).tolist() for shape, w in found.items()}
    assert cities == {
        "cluster": [0, 1, 3, 4], "belt": [0, 1, 2, 3, 4], "dispersal": [0, 1, 2, 3, 4, 5], "single_pole": [0],
    }  # fmt: skip
    for w in found.values():
        assert w.sum() == pytest.approx(1)
        use = w > 0
        np.testing.assert_allclose(w[use] / PEOPLE[use], w[use][0] / PEOPLE[use][0])  # by people within a shape
    assert set(found) == set(NAMES)


def flat(size, home=1.0):
    """One sector, cities of the sizes given, one trade cost everywhere (none), no spillovers, people who stay."""
    trade = np.outer(size, size) / size.sum()
    trade = trade + (home - 1.0) * np.diag(np.diag(trade))
    return two_regions.economy(trade[:, :, None], (5.0,))


TOOL = Instrument(gain=3.0, intensity=0.05, exponent=0.0, learns=np.ones(1), buys=np.ones(1))


@pytest.mark.proposition("P15")
def test_equal_cities_at_equal_distances_make_all_shapes_one():
    """Nothing tells places apart: the four shapes are the same money, and bring the same to the last digit."""
    n = 4
    even = np.full((n, n), 2.0)
    shares = weights(np.ones(n), even, 100 * even)
    for w in shares.values():
        np.testing.assert_array_equal(w, np.full(n, 1 / n))
    table = compare(flat(np.ones(n)), TOOL, 0.1, shares, np.ones(n))
    for column in ("ev", "ev_nation", "welfare", "output", "inequality"):
        assert table[column].nunique() == 1, column
    assert table["ev"].iloc[0] > 0


@pytest.mark.proposition("P15")
def test_without_geography_shapes_bring_the_same():
    """One trade cost, no spillover, cities of different sizes: a little money brings its return wherever it goes, and
    what shapes differ by falls as money squared."""
    size = np.array([9.0, 2.0, 1.0, 3.0, 6.0, 4.0])
    e, spread = flat(size), {}
    shares = weights(size, HOURS, 100 * HOURS)
    for money in (1e-3, 1e-2):
        table = compare(e, TOOL, money, shares, np.ones(6))
        per_yuan = table["ev"] / money
        np.testing.assert_allclose(per_yuan, TOOL.gain - 1, rtol=0.2 * money / 1e-2)
        spread[money] = per_yuan.max() - per_yuan.min()
    assert spread[1e-3] < 2e-2 and spread[1e-2] == pytest.approx(10 * spread[1e-3], rel=0.1)


@pytest.mark.parametrize("exponent", [0.0, 0.5, -0.5])
def test_the_instrument_bends(exponent):
    """(F1): log productivity at one place, against the formula."""
    size, money = np.array([2.0, 3.0]), np.array([0.3, 0.0])
    tool = Instrument(3.0, 0.05, exponent, np.ones(1), np.ones(1))
    s = spend(flat(size), tool, money)
    scale = 0.05 * 2.0
    grown = np.log1p(0.3 / scale) if exponent == 0 else ((1 + 0.3 / scale) ** exponent - 1) / exponent
    np.testing.assert_allclose(np.asarray(s.shock.log_A)[:, 0], [3.0 * scale * grown / 2.0, 0.0], rtol=1e-6)
    assert float(s.shock.purchase.sum()) == pytest.approx(0.3)


def test_the_instrument_of_a_menu_is_its_research(northeast):
    """The mean return over the cities of the cards, by hand from effects and facts."""
    from citybelt.separate.players import make_field

    field = make_field(northeast, 0.005, instruments=False)
    e = field.arena.economy
    tool = instrument(e, field.menu)
    research = [lever for lever in field.menu if lever.card.kind == "research"]
    spent = sum(float(lever.scale) for lever in research)
    base = np.asarray(e.base.value_added)
    homes = [e.home.index(lever.card.where["regions"][0]) for lever in research]
    area = sum((base[n] * tool.learns).sum() for n in homes)
    assert len(research) == 4 and tool.buys.sum() == pytest.approx(1)
    cost = float(research[0].unit_cost[1])
    assert tool.intensity == pytest.approx(spent * cost / area, rel=1e-6)
    # elasticity 0.065 of the table, of the stock at a depreciation of 0.15 and interest of 0.04
    assert tool.gain == pytest.approx(0.065 * 0.15 / 0.19 * area / spent / cost, rel=1e-6)
    assert instrument(e, [lever for lever in field.menu if lever.card.kind != "research"]) is None


def test_theil_by_hand():
    """Two equal groups with 1 and 3 a head: mean 2, (0.5 ln 0.5 + 1.5 ln 1.5) / 2."""
    assert theil(np.array([2.0, 2.0, 0.0]), np.array([2.0, 6.0, 0.0])) == pytest.approx(
        (0.5 * np.log(0.5) + 1.5 * np.log(1.5)) / 2
    )
