"""Division of labour: jobs and moves by hand, the labour market, and cities that have nothing to do with each other."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

import two_regions
from citybelt.dims import PAYERS
from citybelt.scenario.direction import Direction, Shape
from citybelt.scenario.levers import central
from citybelt.separate.arena import Arena
from citybelt.separate.labour import RATE, YEARS, from_outside, jobs, moves, transition
from citybelt.separate.rivalry import settle
from three_cities import lever


def test_moves_by_hand():
    """A city that loses 5 in one sector and gains 3 in another; one that gains; one that only swaps."""
    before = np.array([[10.0, 4.0, 6.0], [2.0, 2.0, 2.0], [5.0, 5.0, 0.0]])
    after = np.array([[5.0, 7.0, 6.0], [3.0, 4.0, 2.0], [4.0, 6.0, 0.0]])
    found = moves(before, after)
    np.testing.assert_allclose(found["change"], [3, 0, 1])
    np.testing.assert_allclose(found["leave"], [2, 0, 0])
    np.testing.assert_allclose(found["come"], [0, 3, 0])
    np.testing.assert_allclose(found["come"] - found["leave"], (after - before).sum(axis=1))


def test_those_who_come_from_outside_are_what_places_of_players_gain():
    """Two places of players and one of nobody: 3 of 5 who come left a place of players."""
    inside = np.array([True, True, False])
    found = from_outside(np.array([3.0, 0.0, 2.0]), np.array([1.0, 4.0, 0.0]), inside)
    np.testing.assert_allclose(found, [0.4, 1.6, 0.0])
    assert not from_outside(np.array([3.0, 0.0, 0.0]), np.array([0.0, 2.0, 1.0]), inside).any(), "the region shrinks"
    assert not from_outside(np.zeros(3), np.zeros(3), inside).any()


def own(e, costs):
    """Each city may make each of its sectors more productive, at its own people's cost."""
    n, j = e.base.shape
    made, owner = [], []
    for k in range(n):
        for sector in range(j):
            better, bought = np.zeros((n, j)), np.zeros((len(PAYERS), n, j))
            better[k, sector], bought[PAYERS.index("city"), k, sector] = 0.1, 1.0
            one = lever(f"better{sector}@{k}", Direction(log_A=better), float(costs[k, sector]))
            made.append(replace(one, purchase=jnp.asarray(bought), shape=Shape(n, n, j)))
            owner.append(k)
    budgets = 0.02 * np.asarray(e.base.output).sum(axis=1)
    return Arena(e, tuple(made), central(made), np.array(owner), np.eye(n), budgets)


def apart(people="fixed"):
    """Three cities of different sizes that trade nothing, lend nothing and move nowhere."""
    trade = np.zeros((3, 3, 2))
    trade[np.arange(3), np.arange(3)] = [[0.5, 0.7], [1.1, 0.3], [0.2, 0.9]]
    return two_regions.economy(trade, (4.0, 6.0), people=people)


@pytest.mark.proposition("P3")
def test_without_interaction_the_cluster_plan_is_the_sum_of_city_plans():
    """No trade, no migration, no shared money: planned together or each alone, the same levers and the same gains."""
    arena = own(apart(), np.array([[0.02, 0.03], [0.05, 0.01], [0.015, 0.04]]))
    cluster = settle(arena, [(0, 1, 2)], pooled=False)
    for k in range(3):
        alone = settle(arena, [(k,)])
        mine = arena.owner == k
        np.testing.assert_allclose(alone.values[mine], cluster.values[mine], rtol=1e-4)
        assert alone.payoffs[k] == pytest.approx(cluster.payoffs[k], rel=1e-5)
        # Others feel nothing, but for the tiny savings that all invest everywhere.
        assert np.abs(np.delete(alone.payoffs, k)).max() < 1e-6 * abs(alone.payoffs[k])
        assert alone.values[mine].max() > 0.01


@pytest.mark.proposition("P3")
def test_with_trade_it_is_not():
    """The same cities once they trade: what one plan does differs, and brings more."""
    trade = np.zeros((2, 2, 2))
    trade[:, :, 0], trade[:, :, 1] = [[0.4, 0.3], [0.3, 0.5]], [[0.5, 0.1], [0.1, 0.2]]
    arena = own(two_regions.economy(trade, (4.0, 6.0)), np.array([[0.02, 0.03], [0.05, 0.01]]))
    cluster, nash = settle(arena, [(0, 1)], pooled=False), settle(arena, [(0,), (1,)])
    assert cluster.payoffs.sum() > nash.payoffs.sum() + 1e-6
    assert np.abs(cluster.values - nash.values).max() > 0.01


@pytest.fixture(scope="module")
def moved(northeast):
    """The Northeast with research in one city."""
    from citybelt.separate.players import make_field

    field = make_field(northeast, 0.005, instruments=False)
    at = next(k for k, lever in enumerate(field.arena.levers) if lever.id == "research_harbin")
    values = np.zeros(len(field.arena.upper))
    values[at] = 8.0
    return field, field.arena.solve(values), northeast.x["workers"].values


def test_jobs_of_the_base_year_are_its_workers(moved):
    field, _, workers = moved
    held = jobs(field.arena, workers)
    np.testing.assert_allclose(held.sum(axis=1), workers, rtol=1e-12)
    assert (held >= 0).all()


def test_jobs_grow_as_people_of_working_age(moved):
    """The labour market clears: all sectors together employ whoever lives there."""
    field, s, workers = moved
    grown = jobs(field.arena, workers, s).sum(axis=1) / workers
    people = np.asarray(s.accounts.residents[0] / field.arena.economy.base.people[0].sum(axis=0))
    np.testing.assert_allclose(grown, people, rtol=1e-7)


def test_transition_adds_up(moved):
    field, s, workers = moved
    table = transition(field.arena, workers, {"plan": s})
    assert len(table) == 36 and (table[["change", "leave", "come"]] >= 0).all(axis=None)
    row = table.set_index("region").loc["230100"]
    assert row["change"] > 0
    lost = (row["change"] + row["leave"]) * row["pay"] + row["outside"] * row["pay_outside"]
    assert row["cost"] == pytest.approx(YEARS[1] * lost * 1e-6)
    assert row["pay_outside"] > 0 and 0 < table["outside"].sum() <= table["come"].sum()
    # They are what all places of players together gain.
    inside = field.arena.registered.sum(axis=0) > 0
    grown = (jobs(field.arena, workers, s) - jobs(field.arena, workers))[inside].sum()
    assert table["outside"].sum() == pytest.approx(grown, rel=1e-9)
    assert row["cost_low"] < row["cost"] < row["cost_high"] and row["cost_year"] == pytest.approx(RATE * row["cost"])
    still = transition(field.arena, workers, {"plan": field.arena.solve(np.zeros(len(field.arena.upper)))})
    assert still[["change", "leave", "come"]].to_numpy().max() < 1e-3  # of millions of workers
