"""Frontiers on three cities: against every mix of a grid, against each other's points, and by their own prices."""

from dataclasses import replace
from itertools import product

import jax
import numpy as np
import pytest

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.optimise import equilibrium, look, maximise
from citybelt.plan.solved.problem import outcome
from citybelt.plan.store import Store
from citybelt.plan.told.frontier import TOLERANCE, frontier, undominated
from three_cities import problem

POINTS = 7


@pytest.fixture(scope="module")
def posed():
    """Open trade or own food: the first gains most and makes the cluster more vulnerable."""
    return problem(names=("open", "food"), budget=0.003)


@pytest.fixture(scope="module")
def best(posed):
    return maximise(replace(posed, struck=None))


@pytest.fixture(scope="module")
def found(posed, best):
    return frontier(posed, best, None, posed.struck, POINTS)


@pytest.fixture(scope="module")
def grid(posed):
    """[K] goal, [K, rows] losses, of every feasible mix on a grid."""
    e, goal, losses = posed.economy, [], []
    rows = jax.jit(outcome)
    for mix in product(np.linspace(0, 1, 16), repeat=2):
        s = equilibrium(posed, np.array(mix) * posed.upper)
        found = np.asarray(rows(e.base, e.theory, s.shock, s.accounts, posed.frame))
        if found[posed.place["cost"]] <= posed.budget:
            goal.append(found[posed.place["ev:cluster"]])
            losses.append(posed.struck.all_losses(s.shock))
    return np.array(goal), np.array(losses)


def worst(posed, losses, security):
    own = [k for k, d in enumerate(posed.struck.found) if d.family.security == security]
    return losses[:, own].max(axis=1)


@pytest.mark.proposition("P6")
@pytest.mark.parametrize("security", ["food", "energy", "ecological"])
def test_monotone_and_not_dominated(found, security):
    own = found.points[found.points["security"] == security]
    assert len(own) >= 2
    assert (np.diff(own["loss"]) < 0).all() and (np.diff(own["goal"]) < 0).all()
    assert (own["kkt"] <= TOLERANCE).all() and (own["loss"] <= own["limit"] + 1e-6).all()
    assert undominated(own["loss"].to_numpy(), own["goal"].to_numpy()) == list(range(len(own)))


@pytest.mark.proposition("P6")
@pytest.mark.parametrize("security", ["food", "energy", "ecological"])
def test_no_mix_of_a_grid_beats_a_point(posed, found, grid, security):
    """Brute force over all mixes: none has less loss and a higher goal, and some come close to each point."""
    goal, losses = grid
    loss = worst(posed, losses, security)
    own = found.points[found.points["security"] == security]
    reach = goal.max() - goal.min()
    for _, point in own.iterrows():
        allowed = loss <= point["limit"] + 1e-9
        assert allowed.any() or point["limit"] < loss.min()
        assert goal[allowed].max(initial=-np.inf) <= point["goal"] + 1e-6 * reach
        # The spacing of the grid is a fifteenth of the box.
        roomy = loss <= point["limit"] + 0.07 * (loss.max() - loss.min())
        assert goal[roomy].max() >= point["goal"] - 0.07 * reach
    end = found.ends.set_index("security").loc[security]
    assert end["loss_now"] == pytest.approx(loss[0])  # the first mix of the grid is none
    assert end["loss_least"] <= loss.min() + 1e-6
    assert end["loss_least"] >= loss.min() - 0.07 * (loss.max() - loss.min())


@pytest.mark.proposition("P52")
def test_prices_are_slopes_of_the_frontier(posed, best):
    """The goal gained per percentage point that the limit gives way, between close points of one frontier."""
    found = frontier(posed, best, None, posed.struck, 41, securities=["food"]).points
    middle = found.iloc[10:30]
    slope = np.diff(middle["goal"]) / np.diff(middle["limit"])
    between = 0.5 * (middle["price"].to_numpy()[1:] + middle["price"].to_numpy()[:-1])
    np.testing.assert_allclose(slope, between, rtol=1e-3)
    assert (between > 0).all()


@pytest.mark.proposition("P6")
def test_a_limit_of_the_planner_is_kept_and_has_its_price(posed, best, found):
    own = found.points[found.points["security"] == "food"].iloc[3]
    p = replace(posed, bounds=(*posed.bounds, *posed.struck.bounds("food", own["limit"])))
    limited = maximise(p)
    assert limited.value == pytest.approx(own["goal"], rel=1e-6)
    price = sum(limited.prices[row] for row in posed.struck.of_security("food"))
    assert price == pytest.approx(own["price"], rel=1e-3) and price > 0
    # The frontier of the limited plan begins there, at that price.
    again = frontier(p, limited, None, posed.struck, 2, securities=["food"])
    assert again.ends["price"].iloc[0] == pytest.approx(price)
    assert again.points["loss"].iloc[0] == pytest.approx(own["limit"], abs=1e-6)


@pytest.mark.proposition("P6")
def test_without_feedback_the_one_way_results_return(posed, best):
    """A limit that never binds leaves the plan of development alone; without development losses are those of today."""
    lax = [b for s in posed.struck.securities for b in posed.struck.bounds(s, 100.0)]
    kept = maximise(replace(posed, bounds=(*posed.bounds, *lax)))
    np.testing.assert_allclose(kept.point.values, best.point.values, rtol=1e-4)
    assert kept.value == pytest.approx(best.value, rel=1e-9)
    assert all(abs(kept.prices[b.row]) < 1e-6 for b in lax)
    x = look(posed, np.zeros(2))
    now = [posed.struck.losses[k] for k in posed.struck.active]
    np.testing.assert_allclose([x.row(name) for name in posed.struck.names], now, rtol=1e-6)


def test_a_security_that_no_lever_reaches_has_one_point(posed, best, found):
    idle = frontier(posed, best, np.ones(2, bool), posed.struck, 4, securities=["energy"])
    assert len(idle.ends) == 1
    stuck = replace(posed, lower=best.point.values)
    one = frontier(stuck, best, np.ones(2, bool), posed.struck, 4, securities=["energy"])
    assert len(one.points) == 1 and "No lever" in one.ends["words_en"].iloc[0]


def test_a_frontier_goes_on_where_it_was(posed, best, found, tmp_path, monkeypatch):
    store = Store(tmp_path, "k")
    first = frontier(posed, best, None, posed.struck, POINTS, store=store, securities=["food"])

    def never(*_, **__):
        raise AssertionError("made again")

    monkeypatch.setattr("citybelt.plan.told.frontier.maximise", never)
    again = frontier(posed, best, None, posed.struck, POINTS, store=store, securities=["food"])
    for column in ("limit", "loss", "goal", "price"):
        np.testing.assert_array_equal(again.points[column], first.points[column])
    assert list(again.levers["value"]) == list(first.levers["value"])


def test_an_end_that_is_not_found_is_said_and_no_number(posed, best, monkeypatch):
    def fails(*_, **__):
        raise NotSolvedError("not reached")

    monkeypatch.setattr("citybelt.plan.told.frontier.maximise", fails)
    found = frontier(posed, best, None, posed.struck, 5, securities=["food"])
    end = found.ends.iloc[0]
    assert len(found.points) == 1 and np.isnan(end["loss_least"]) and np.isnan(end["goal_least"])
    assert "not found" in end["words_en"] and "未求得" in end["words_zh"]
    assert found.to_json()["ends"][0]["loss_least"] is None


def test_dominated_points_by_hand():
    loss = np.array([3.0, 2.0, 2.0, 1.0, 1.0, 2.5])
    goal = np.array([9.0, 8.0, 7.0, 5.0, 5.0, 8.0])
    assert undominated(loss, goal) == [0, 1, 3]
