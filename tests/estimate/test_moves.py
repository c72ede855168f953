"""Flows of moves: against counted totals, an observed column, plain loops and closed forms."""

import numpy as np
import pytest

from citybelt.errors import InputError, NotSolvedError
from citybelt.estimate import moves
from citybelt.estimate.moves import Stocks
from citybelt.hindcast import known, stocks
from citybelt.worlds import tables

BEIJING = "110000"


@pytest.fixture(scope="module")
def start():
    return known.world()


@pytest.fixture(scope="module")
def read(start):
    return stocks.read(start, 0.6)


@pytest.fixture(scope="module")
def later(start):
    """Moves between provinces 2010-15 [P]: leaving, arriving."""
    table = tables.facts("moved_between_provinces", year=2015).pivot(index="region", columns="item", values="value")
    table = table.loc[list(start.provinces)]
    return table["out"].to_numpy(), table["in"].to_numpy() * (table["out"].sum() / table["in"].sum())


@pytest.fixture(scope="module")
def filled(start, read, later):
    return moves.fill(read.stocks, *later, start.province, start.distance)


def test_the_column_of_beijing_that_no_fit_has_seen_is_met(start, filled):
    seen = tables.facts("moved_into", item=BEIJING).set_index("region")["value"]
    column = moves.aggregate(filled.between, start.province)[:, start.provinces.index(BEIJING)]
    observed = seen.reindex(start.provinces).to_numpy()
    held = np.isfinite(observed)
    assert held.sum() == 28
    assert np.corrcoef(np.log(column[held]), np.log(observed[held]))[0, 1] > 0.95
    assert np.median(np.abs(column[held] / observed[held] - 1)) < 0.25


def test_no_flow_exceeds_what_leaves_its_origin(start, filled, later):
    leaving, arriving = later
    between = moves.aggregate(filled.between, start.province)
    assert (between <= leaving[:, None]).all()
    assert (between <= arriving[None]).all()
    seen = tables.facts("moved_into", item=BEIJING).set_index("region")["value"].reindex(start.provinces).to_numpy()
    held = np.isfinite(seen)
    assert (seen[held] < leaving[held]).all()  # false where rows of the totals are shifted


def test_totals_of_provinces_and_movers_within_them_are_met(start, read, filled, later):
    between = moves.aggregate(filled.between, start.province)
    np.testing.assert_allclose(between.sum(axis=1), later[0], rtol=1e-9)
    np.testing.assert_allclose(between.sum(axis=0), later[1], rtol=1e-9)
    same = start.province[:, None] == start.province[None]
    assert (filled.between[same] == 0).all() and (filled.within[~same] == 0).all()
    alone = np.bincount(start.province)[start.province] == 1
    here = np.where(alone, 0, 0.6 * read.stocks.here_own)
    np.testing.assert_allclose(filled.within.sum(axis=0), here, rtol=1e-9)


def test_plain_iterative_scaling_gives_the_same_flows():
    rng = np.random.default_rng(3)
    province = np.array([0, 0, 1, 1, 1, 2, 2])
    stock = Stocks(*(rng.uniform(1, 9, 7) for _ in range(3)))
    leaving, arriving = np.array([3.0, 5.0, 4.0]), np.array([6.0, 2.0, 4.0])
    distance = rng.uniform(50, 900, (7, 7))
    distance = distance + distance.T
    flow = moves.fill(stock, leaving, arriving, province, distance, 1.1, (0.2, 0.1), 0.5)

    plain = np.zeros((7, 7))
    out, into = np.zeros(7), np.zeros(7)
    for r in range(7):
        own = province == province[r]
        w = stock.away + 0.2 * stock.here_other
        v = stock.here_other + 0.1 * stock.away
        out[r] = leaving[province[r]] * w[r] / w[own].sum()
        into[r] = arriving[province[r]] * v[r] / v[own].sum()
        for n in range(7):
            if not own[n]:
                plain[r, n] = distance[r, n] ** -1.1
    for _ in range(3000):
        plain *= (out / plain.sum(axis=1))[:, None]
        plain *= into / plain.sum(axis=0)
    np.testing.assert_allclose(flow.between, plain, rtol=1e-8)


def test_shares_by_age_give_the_flows_back(start, filled):
    persons = start.persons.sum(axis=1)
    mobility = np.linspace(2, 0.1, persons.shape[1])
    share = moves.shares(filled.total, persons, mobility)
    assert (share >= 0).all()
    np.testing.assert_allclose(share.sum(axis=1), 1, rtol=1e-12)
    flow = np.einsum("oa,ona->on", persons, share)
    np.fill_diagonal(flow, 0)
    np.testing.assert_allclose(flow, filled.total, rtol=1e-9, atol=1e-6)


def test_with_one_age_the_rate_is_a_logarithm():
    flow = np.array([[0, 3.0], [1.0, 0]])
    h = moves.leaving_rate(flow, np.array([[10.0], [4.0]]), np.array([2.0]))
    np.testing.assert_allclose(h, [-np.log(0.7) / 2, -np.log(0.75) / 2], rtol=1e-12)


def test_yearly_steps_differ_from_a_step_of_five_by_those_who_return():
    p = 0.2
    flow, persons, one = np.array([[0, p], [p, 0]]), np.ones((2, 1)), np.ones(1)
    five, yearly = (moves.shares(flow, persons, one, years)[:, :, 0] for years in (5.0, 1.0))
    # Of two places alike, who has moved an even number of times is at home: (1 + (1 - 2 q)^5) / 2.
    q = 1 - (1 - p) ** (1 / 5)
    gap = abs((1 + (1 - 2 * q) ** 5) / 2 - (1 - p))
    np.testing.assert_allclose(moves.root_gap(five, yearly), gap, rtol=1e-10)
    assert gap > 0.005


def test_yearly_steps_of_china_are_within_a_percent_of_persons(start, filled):
    persons = start.persons.sum(axis=1)
    mobility = np.exp(-0.5 * ((np.arange(21) - 4.5) / 2) ** 2)
    five, one = (moves.shares(filled.total, persons, mobility, years) for years in (5.0, 1.0))
    assert max(moves.root_gap(five[:, :, a], one[:, :, a]) for a in (3, 4, 5)) < 0.02


def test_grouping_keeps_what_crosses_borders(start, filled):
    whole = moves.aggregate(filled.total, start.province)
    np.testing.assert_allclose(whole.sum(), filled.between.sum(), rtol=1e-12)


def test_the_gap_between_stock_and_flow_is_shown():
    flow = np.array([[0, 2.0, 1.0], [0, 0, 0], [1.0, 0, 0]])
    np.testing.assert_allclose(
        moves.gap(flow, np.array([-1.0, 2.0, 3.0]), np.array([10.0, 20.0, 5.0])), [0.1, 0.0, 0.6]
    )


def test_wrong_totals_and_empty_places_are_refused():
    stock = Stocks(np.ones(3), np.ones(3), np.ones(3))
    where = np.array([0, 1, 1]), np.ones((3, 3))
    with pytest.raises(InputError, match="arrive"):
        moves.fill(stock, np.array([1.0, 2.0]), np.array([2.0, 2.0]), *where)
    with pytest.raises(InputError, match="away"):
        moves.fill(Stocks(np.ones(3), np.ones(3), np.array([1, np.nan, 1])), np.ones(2), np.ones(2), *where)
    with pytest.raises(InputError, match="no stock"):
        moves.fill(Stocks(np.zeros(3), np.ones(3), np.zeros(3)), np.ones(2), np.ones(2), *where)
    with pytest.raises(NotSolvedError, match="leave region 0"):
        moves.leaving_rate(np.array([[0, 5.0], [0, 0]]), np.array([[4.0], [9.0]]), np.ones(1))
