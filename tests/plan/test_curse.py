"""The optimiser's curse: normal closed forms, and the estimates of a small economy worked again."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from citybelt.plan.solved.optimise import look, maximise
from citybelt.plan.sure import curse as module
from citybelt.plan.sure.average import best_on_average, mean_point
from citybelt.plan.sure.curse import best_of_several, curse, disappointment, estimate
from citybelt.plan.sure.draws import sample
from citybelt.plan.sure.regret import Candidate
from citybelt.scenario import sampling
from three_cities import problem

SECTORS = np.array(["agr", "food", "oilgas", "chem"])
WORLD = SimpleNamespace(x=SimpleNamespace(sector=SimpleNamespace(values=SECTORS)))
COUNT = 10


def expected_maximum(n: int) -> float:
    """Of n standard normals."""
    return quad(lambda x: x * n * norm.pdf(x) * norm.cdf(x) ** (n - 1), -12, 12)[0]


@pytest.mark.parametrize("n", [2, 5, 12])
def test_choosing_among_equal_plans_promises_the_largest_of_n_normals(n):
    """Equal plans: the best on half of K draws promises E max_n sd / sqrt(K/2), and brings nothing more."""
    rng, k, worlds = np.random.default_rng(n), 40, 250
    gaps = [best_of_several(3.0 * rng.normal(size=(n, k)), splits=8, seed=w)[0].value for w in range(worlds)]
    expected = expected_maximum(n) * 3.0 / np.sqrt(k / 2)
    assert np.mean(gaps) == pytest.approx(expected, abs=4 * np.std(gaps) / np.sqrt(worlds))


def test_a_clear_winner_brings_no_curse():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=60)
    found, chosen = best_of_several(np.array([noise, noise + 5.0, noise - 1.0]))
    assert chosen.tolist() == [0.0, 1.0, 0.0]
    # Complementary halves of the winner's own draws: nothing but their difference is left, both ways round.
    assert found.value == pytest.approx(0.0, abs=1e-12)


def test_the_curse_of_common_noise_is_none():
    """What all plans share in a draw cancels: adding it changes neither choice nor gap."""
    rng = np.random.default_rng(1)
    own, common = rng.normal(size=(4, 30)), 100 * rng.normal(size=30)
    one, other = best_of_several(own), best_of_several(own + common)
    np.testing.assert_array_equal(one[1], other[1])
    assert one[0].value == pytest.approx(other[0].value, abs=1e-9)


@pytest.mark.parametrize("n, k", [(2, 24), (5, 60)])
def test_the_error_of_a_choice_is_that_of_other_samples(n, k):
    """Leaving out one draw at a time foretells the spread over samples of draws, on the safe side."""
    rng = np.random.default_rng(2)
    tables = [rng.normal(size=(n, k)) + 0.1 * np.arange(n)[:, None] for _ in range(60)]
    found = [best_of_several(table, splits=50)[0] for table in tables]
    spread = np.std([f.value for f in found])
    assert spread < np.median([f.se for f in found]) < 2.0 * spread


@pytest.mark.parametrize("mean, sd", [(0.0, 1.0), (2.0, 0.5), (-1.0, 3.0)])
def test_disappointment_and_worth_of_knowing_of_a_quadratic(mean, sd):
    """G_k(v) = v x_k - v^2/2 with normal x: v_k = x_k, v* = mean; (U2) is the variance, (U3) half of it."""
    x = np.random.default_rng(7).normal(mean, sd, 40_000)
    there = np.roll(x, -1)
    goal = lambda v, at: v * at - v**2 / 2  # noqa: E731
    found = disappointment(goal(x, x), goal(mean, x), goal(x, there), goal(mean, there))
    assert found.value == pytest.approx(sd**2, abs=4 * found.se)
    worth = estimate(goal(x, x) - goal(mean, x))
    assert worth.value == pytest.approx(sd**2 / 2, abs=4 * worth.se)


def test_error_of_a_mean():
    x = np.array([1.0, 4.0, np.nan, 7.0])
    assert estimate(x) == (4.0, pytest.approx(np.sqrt(9.0 / 3)))
    with pytest.raises(ValueError, match="two draws"):
        estimate(np.array([1.0, np.nan]))


@pytest.mark.parametrize("bad", [np.ones((1, 8)), np.ones((3, 3)), np.full((2, 8), np.nan)])
def test_a_choice_needs_plans_and_draws(bad):
    with pytest.raises(ValueError, match="at least two plans"):
        best_of_several(bad)


@pytest.mark.parametrize("count", [2, 3, 10])
def test_every_draw_is_once_the_other(count):
    to = module._others(count)
    assert sorted(to) == list(range(count))
    assert (to != np.arange(count)).all()


@pytest.fixture(scope="module")
def three():
    return replace(problem(), struck=None)


@pytest.fixture(scope="module")
def top(three):
    return maximise(three)


@pytest.fixture(scope="module")
def drawn(three):
    """The problem in each draw."""
    made = []
    for k in range(COUNT):
        th, effects = sampling.drawn(three.levers, SECTORS, k)
        made.append(replace(three, economy=replace(three.economy, theory=th), effects=effects))
    return made


@pytest.fixture(scope="module")
def found(three, top):
    """Draws of the plan and its curse, on an economy without fills."""
    free = np.zeros(4, bool)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "fills", lambda *_: [three.economy])
        sure = sample(three, WORLD, top.point, free, COUNT)
    rivals = [
        Candidate("half", "half", "一半", 0.5 * top.point.values),
        Candidate("same", "same", "同", top.point.values),
    ]
    return sure, curse(three, WORLD, top, free, sure, COUNT, rivals, banks=[three.economy])


def test_estimates_of_a_small_economy(three, top, drawn, found):
    """Every row of the table from equilibria solved again."""
    sure, told = found
    at = lambda k, mix: drawn[k].value(look(drawn[k], mix, rows=()).outcomes)  # noqa: E731
    plan = np.array([at(k, top.point.values) for k in sure.index])
    again = np.array([at(k, mix) for k, mix in zip(sure.index, sure.values, strict=True)])
    there = np.array([at(k, mix) for k, mix in zip(told.other, sure.values, strict=True)])
    plan_there = np.array([at(k, top.point.values) for k in told.other])
    np.testing.assert_allclose(told.elsewhere, there, rtol=1e-7)
    expected = {
        "claimed": top.value,
        "found": plan.mean(),
        "shortfall": top.value - plan.mean(),
        "again": again.mean(),
        "elsewhere": there.mean(),
        "knowing": (again - plan).mean(),
        "disappointment": ((again - plan) - (there - plan_there)).mean(),
    }
    for id, value in expected.items():
        assert told.row(id).value == pytest.approx(value, rel=1e-6, abs=1e-7), id
    assert told.row("found").se == pytest.approx(plan.std(ddof=1) / np.sqrt(COUNT), rel=1e-6)
    assert told.row("half_curse").value == pytest.approx(told.row("half_in").value - told.row("half_out").value)
    assert told.row("half_in").value >= -1e-6 * abs(top.value)


def test_rivals_are_valued_in_the_same_draws(top, drawn, found):
    sure, told = found
    half = np.array([drawn[k].value(look(drawn[k], 0.5 * top.point.values, rows=()).outcomes) for k in sure.index])
    row = told.rivals.set_index("id").loc["half"]
    assert row["mean"] == pytest.approx(half.mean(), rel=1e-7)
    assert row["over"] == pytest.approx((half - sure.goal).mean(), rel=1e-6)
    assert row["beats"] == pytest.approx((half > sure.goal).mean())
    twin = told.rivals.set_index("id").loc["same"]
    assert twin["over"] == pytest.approx(0.0, abs=1e-6)


def test_best_on_average_is_a_best(three, top, drawn):
    """Nothing nearby or far off that keeps the bounds on average brings more on average."""
    some = drawn[:4]
    mix = best_on_average(three, some, top, np.zeros(4, bool))
    at = lambda mix: mean_point(three, some, mix, set(), top.point)  # noqa: E731
    here, plan = at(mix), at(top.point.values)
    most = max(three.budget, plan.row("cost"))
    assert here.row("cost") <= most * (1 + 1e-4)
    assert here.row("ev:cluster") >= plan.row("ev:cluster") - 1e-6
    rng = np.random.default_rng(0)
    tries = [np.clip(mix + size * rng.normal(size=4), 0, 1) for size in (0.3, 0.1, 0.03) for _ in range(12)]
    kept = 0
    for other in tries:
        x = at(other)
        if x.row("cost") <= most:
            kept += 1
            assert x.row("ev:cluster") <= here.row("ev:cluster") + 1e-4 * abs(top.value)
    assert kept >= 5


def test_mean_slopes_are_differences_of_means(three, top, drawn):
    some, mix = drawn[:3], np.array([0.5, 0.4, 0.3, 0.2])
    x = mean_point(three, some, mix, {"ev:cluster", "cost"}, top.point)
    for k in range(4):
        step = 1e-3 * (np.arange(4) == k)
        up, down = (mean_point(three, some, mix + way, set(), top.point) for way in (step, -step))
        for row in ("ev:cluster", "cost"):
            slope = (up.row(row) - down.row(row)) / 2e-3
            assert x.slopes[three.place[row], k] == pytest.approx(slope, rel=1e-4, abs=1e-6)
