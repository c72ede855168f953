"""The forecast's parts against counts, closed forms and plain sums."""

from dataclasses import replace

import numpy as np
import pytest

from citybelt.hindcast import known, method, stocks, vital


@pytest.fixture(scope="module")
def start():
    return known.world()


@pytest.fixture(scope="module")
def made(start):
    return method.forecast(start, 3)


def test_stocks_away_add_up_to_what_is_counted_by_province(start):
    read = stocks.read(start, 0.6)
    P = len(start.provinces)
    away = np.bincount(start.province, read.stocks.away, P)
    goal = np.bincount(start.province, read.stocks.here_own, P) + start.leaving / stocks.pace(start)
    # Floors lift a few places; nothing lowers any.
    assert (away >= goal * (1 - 1e-12)).all()
    assert away.sum() < 1.05 * goal.sum()
    assert (read.stocks.away >= stocks.LEAST_AWAY * start.total * (1 - 1e-12)).all()


def test_a_register_that_repeats_residents_is_not_read(start):
    read = stocks.read(start, 0.6)
    copied = np.abs(np.log(start.registered / start.total)) < stocks.COPIED
    assert copied.any() and not read.held[copied].any()
    assert not read.held[np.isnan(start.registered)].any()


def test_the_nation_keeps_its_births_when_places_differ(start):
    births = vital.births(start)
    expected = start.persons[:, 0] @ vital.fertility(2005)
    assert (births.relative * expected).sum() == pytest.approx(expected.sum(), rel=1e-12)
    assert 0 < births.slope < 1
    assert (births.missed >= 1).all()


def test_vital_rates_meet_the_life_expectancies_wanted(start):
    from citybelt.people import life

    births = vital.births(start)
    rates = vital.rates(start, 2010, births.relative)
    # Years lived are those of newborns in the first class, carried on by the chances to reach each later one.
    L = np.asarray(rates.newborn) * 5
    survival = np.asarray(rates.survival)
    reach = np.cumprod(survival[:, :, :-1], axis=2)
    reach[..., -1] /= 1 - survival[..., -1]  # those who are already in the open class, and stay in it
    e0 = L + (L[..., None] * reach).sum(axis=2)
    nation = np.asarray(life.table(vital.death_rates(2010), life.ABRIDGED).e)[:, 0]
    np.testing.assert_allclose(e0, nation[None] + start.expectancy[start.province][:, None], atol=1e-6)


def test_fertility_sums_to_the_rate_of_the_revision():
    assert 5 * vital.fertility(2010).sum() == pytest.approx(1.56)
    assert 5 * vital.fertility(2015).sum() == pytest.approx(1.51)


def test_net_moves_drawn_for_places_add_up_to_nothing(start):
    ready = method.mobility(0.5)
    now = start.persons[..., None]
    net = np.random.default_rng(0).normal(0, 0.05, len(now))
    come = method._shock(now, ready, net)
    np.testing.assert_allclose(come.sum(axis=0), 0, atol=1e-6)
    assert (now + come > 0).all()
    np.testing.assert_allclose(come.sum(axis=(1, 2, 3)) / start.total, net, atol=0.02)


def test_moves_cancel_in_the_nation(start, made):
    """Where people die and bear alike, only births and deaths change how many they are."""
    births = vital.births(start)
    setting = method._central(start)
    even = vital.Births(np.ones_like(births.relative), births.slope, births.spread, np.ones(2))
    rates = [vital.rates(start, year, even.relative) for year in method.STEPS]
    same = [
        type(r)(r.survival.mean(axis=0)[None].repeat(len(r.survival), 0), r.newborn * 0 + 0.98, r.fertility, 0.5)
        for r in rates
    ]
    moved = method._run(start, made.fitted, even, same, made.flow, setting)
    stayed = method._run(start, made.fitted, even, same, made.flow, replace(setting, level=0.0))
    np.testing.assert_allclose(moved[:, 4:].sum(axis=0), stayed[:, 4:].sum(axis=0), rtol=1e-9)
    assert np.abs(moved.sum(axis=1) / stayed.sum(axis=1) - 1).max() > 0.1


def test_what_is_fitted_is_what_the_provinces_say(start, made):
    fitted = made.fitted
    assert fitted.pace == pytest.approx(start.leaving.sum() / start.here_other.sum(), rel=2e-3)
    # Stock growth 2000-10 of 43.5 million over moves of 42.1 and 55.0 million.
    assert fitted.level**2 == pytest.approx(43.46 / (42.13 + 54.99), rel=1e-3)
    people = np.bincount(start.province, start.total)
    income = np.log(np.bincount(start.province, start.income * start.total) / people)
    y = np.log(start.arriving / start.leaving)
    w = people / people.sum()
    slope = (w @ (income * y) - (w @ income) * (w @ y)) / (w @ income**2 - (w @ income) ** 2)
    assert fitted.nu == pytest.approx(slope / 2, rel=1e-9)


def test_draws_depend_on_their_seed_alone(start, made):
    again = method.forecast(start, 3)
    np.testing.assert_array_equal(made.persons, again.persons)
    assert np.abs(method.forecast(start, 1, seed=1).persons[1] / made.persons[1] - 1).max() > 0.01


def test_the_pages_state_the_hash_of_the_method(root):
    for page in ("docs/hindcast.md", "docs/zh/hindcast.md"):
        assert method.method_hash() in (root / page).read_text(encoding="utf-8")
