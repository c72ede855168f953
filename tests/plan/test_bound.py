"""What any mix could bring: against random mixes, other starts, exact second derivatives; and searches cut short."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import three_cities
import toys
from citybelt.errors import NotSolvedError
from citybelt.plan.solved.bound import bound, differences, distinct, draw, hessian, lagrangian, several
from citybelt.plan.solved.optimise import look, maximise
from citybelt.plan.solved.problem import Bound
from citybelt.plan.solved.whole import ECONOMY, Ways, whole


@pytest.fixture(scope="module")
def cities():
    p = replace(three_cities.problem(), struck=None)
    return p, maximise(p)


@pytest.mark.slow
def test_differences_of_gradients_are_second_derivatives(cities):
    p, best = cities
    f = lagrangian(p, best)
    moving = np.array([0, 1, 3])
    exact = hessian(p, best.point, f.weight, moving)
    spans = np.abs(np.stack(ECONOMY.curves(p, p.upper)))[:, moving].ravel()
    scale = spans[:, None] * spans
    np.testing.assert_allclose(exact * scale, (exact * scale).T, atol=1e-7 * np.abs(exact * scale).max())
    found = differences(p, best.point, f.weight, moving)
    np.testing.assert_allclose(found * scale, exact * scale, atol=5e-3 * np.abs(exact * scale).max())


def test_no_mix_of_three_cities_beats_the_ceiling(cities):
    p, best = cities
    found = bound(p, best, points=2)
    assert found.value is not None and not found.proven and found.points == 3
    for values in draw(p, p.least, p.upper, ECONOMY, 12, seed=5):
        x = look(p, values, rows=["ev:cluster"])
        assert x.row("cost") <= p.budget * (1 + 1e-9)
        assert x.row("ev:cluster") <= found.value * (1 + 1e-9)
    assert lagrangian(p, best).at(best.point.outcomes) == pytest.approx(best.value, rel=1e-6)


def test_starts_of_three_cities_lead_to_one_plan(cities):
    p, best = cities
    found = several(p, count=4)
    assert len(found) == 4 and len(distinct(p, found)) == 1
    assert all(a.value >= b.value for a, b in pairwise(found))
    assert found[0].value == pytest.approx(best.value, rel=1e-6)


def valley():
    """One lever that hinders at first and helps in full, s^2/2 - s with s up to 4, for nothing: two local plans."""
    parts = np.array([[4.0], [1.0], [1.0], [1e-9], [1.0]])
    p = toys.Toy(parts, (np.array([-1.0]), np.array([[1.0]]), 0.0, np.zeros(1), np.zeros(1)), ())

    def climb(p, fixed, near=None, values=None):
        v = p.upper if values is not None and values[0] > 1.0 else p.least
        x = toys.look(p, v)
        return toys.Optimum(x, float(x.outcomes[0]), {}, {"gain": 1.0}, 0.0, 0.0, 1)

    return p, Ways(toys.look, climb, toys.curves)


def test_a_local_plan_is_found_out():
    """The ceiling of the worse plan reaches the better one, and other starts find both."""
    p, ways = valley()
    worse = ways.maximise(p, None, None, p.least)
    found = bound(p, worse, ways=ways, bends=toys.bends)
    best = 4.0**2 / 2 - 4.0
    assert worse.value == pytest.approx(0.0) and found.concave == 0 and found.curvature > 0
    assert found.value == pytest.approx(best, rel=1e-6) and found.beaten
    starts = several(p, count=6, ways=ways)
    assert starts[0].value == pytest.approx(best, rel=1e-6) and len(distinct(p, starts)) == 2


def test_a_bound_that_a_mix_breaks_is_no_bound():
    """Where curvature is taken for none although the goal bends up, the mixes looked at say so."""
    p, ways = valley()
    worse = ways.maximise(p, None, None, p.least)
    found = bound(
        p, worse, others=[ways.maximise(p, None, None, p.upper)], ways=ways, bends=lambda *a: np.zeros((2, 2))
    )
    assert found.value is None and found.beaten_by is None and found.reason == "broken"
    assert "no bound" in found.words_en and "没有上界" in found.words_zh


def test_no_start_that_leads_to_a_plan_is_an_error():
    p, _ = toys.toy(1, projects=0, others=2)
    p = replace(p, bounds=(*p.bounds, Bound("other", "least", 1e6)))
    with pytest.raises(NotSolvedError):
        several(p, count=2, ways=toys.WAYS)


@pytest.mark.parametrize("seed", range(3))
def test_a_search_cut_short_says_what_is_left(seed):
    """Planned once only, so little is known: the best set of all is within the gap that is told."""
    p, choose = toys.toy(seed, projects=8, help=0.1, share=0.5)
    found = whole(p, choose, ways=toys.WAYS, most=1)
    best = max(toys.every_set(p, choose).values())
    assert found.planned == 1 and found.optimum.value + found.gap >= best - found.tie
    assert found.closed == (found.gap == 0)


@pytest.mark.parametrize("seed", range(3))
def test_what_each_project_is_worth(seed):
    """Against every set with the opposite choice; exactly so where pairs are all the interplay there is."""
    for joint in (0.0, 2.0):
        p, choose = toys.toy(seed, projects=7, help=0.2, joint=joint)
        found = whole(p, choose, ways=toys.WAYS)
        sets = toys.every_set(p, choose)
        assert found.optimum.value == pytest.approx(max(sets.values()), rel=1e-9)
        for k, row in found.projects.iterrows():
            turned = max(v for x, v in sets.items() if x[k] != row["chosen"])
            assert row["value_turned"] <= turned + found.tie
            if joint == 0.0:
                assert row["value_turned"] == pytest.approx(turned, abs=2 * found.tie)
            assert row["lost"] == pytest.approx(found.optimum.value - row["value_turned"])


def test_a_project_that_a_bound_needs():
    """Only one project brings the other row; without it the bound cannot be kept, and that is said."""
    p, choose = toys.toy(3, projects=4, share=0.9)
    g, pairs, joint, weight, _ = p.world
    p = replace(p, world=(g, pairs, joint, weight, np.array([0.0, 1.0, 0.0, 0.0])))
    p = replace(p, bounds=(*p.bounds, Bound("other", "least", 0.1)))
    row = whole(p, choose, ways=toys.WAYS).projects.iloc[1]
    assert row["chosen"] and np.isnan(row["value_turned"])
    assert row["words_en"] == "The bounds cannot be kept without it."
