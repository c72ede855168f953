"""When levers are paid for and when they work, against sums by hand on the levers of the embedded world."""

import jax.numpy as jnp
import numpy as np
import pytest

import citybelt as cb
from citybelt.path.timing import learning, moved, responses, spending, working, years_to_build
from citybelt.scenario.levers import bend, levers, shock
from citybelt.scenario.money import RATE, annuity, worth

T = 37


@pytest.fixture(scope="module")
def menu():
    return levers(cb.load("northeast"))


def test_nothing_is_spent_or_works_before_anything_is_begun(menu):
    values = jnp.zeros((T, len(menu)))
    assert not np.asarray(spending(menu, values)).any() and not np.asarray(responses(menu, values)).any()


@pytest.mark.proposition("P24")
def test_phases_of_a_project_add_up_to_its_cost_and_building_ends(menu):
    """Spending on building ends with building, adds up to the cost, and the project works only afterwards."""
    begun, built = 4, [k for k, lever in enumerate(menu) if lever.capital]
    assert len(built) >= 5
    half = np.array([0.5 * lever.card.upper for lever in menu])
    values = jnp.asarray(np.where(np.arange(T)[:, None] >= begun, half, 0.0))
    paid, at = np.asarray(spending(menu, values)), np.asarray(working(menu, values))
    for k in built:
        lever, years = menu[k], years_to_build(menu[k])
        phase = slice(begun, begun + years)
        once = float(lever.total(half[k]).sum())
        assert paid[phase, k].sum() == pytest.approx(once, rel=1e-12)
        np.testing.assert_allclose(paid[phase, k], once / years, rtol=1e-12)
        assert not at[: begun + years, k].any() and (at[begun + years :, k] == half[k]).all()
        # Until it has to be built again what it takes to run is left, the same every year.
        bent = float(bend(half[k], lever.charge_scale, lever.charge[1]))
        ends = begun + int(min((life for life, _ in lever.wears), default=T))
        np.testing.assert_allclose(paid[begun + years : ends, k], lever.running * bent, rtol=1e-12)


@pytest.mark.proposition("P24")
def test_what_is_built_again_is_worth_the_static_levers_yearly_payments(menu):
    """Over whole lives, what building takes is worth as much as equal yearly payments over them; nothing more is paid
    for what is paid once, or after a lever is given up."""
    for lever in (lever for lever in menu if lever.capital):
        k, top = menu.index(lever), 0.7 * lever.card.upper
        life = int(max((life for life, _ in lever.wears), default=30.0))
        path = np.zeros((3 * life, len(menu)))
        path[:, k] = top
        bent = float(bend(top, lever.charge_scale, lever.charge[1]))
        running = lever.running * bent * (np.asarray(working(menu, jnp.asarray(path)))[:, k] > 0)
        built = np.asarray(spending(menu, jnp.asarray(path)))[:, k] - running
        discounted = built / (1 + RATE) ** np.arange(3 * life)
        wearing = sum(part for _, part in lever.wears) * bent
        once = lever.capital * bent - wearing
        years = years_to_build(lever)
        evenly = ((1 + RATE) ** -np.arange(years)).mean()  # of a yuan spent over the years of building
        assert discounted.sum() == pytest.approx(
            evenly * (once + wearing * annuity(life) * worth(3 * life)), rel=1e-10
        ), lever.id
        path[life:, k] = 0.0
        given_up = np.asarray(spending(menu, jnp.asarray(path)))[:, k]
        assert given_up[:years].sum() == pytest.approx(lever.capital * bent, rel=1e-10)
        assert not given_up[life + years :].any()
    assert {lever.card.kind for lever in menu if lever.capital and not lever.wears} == {"ownership"}


def test_a_stage_added_later_is_paid_for_alone(menu):
    k = next(k for k, lever in enumerate(menu) if lever.capital and float(lever.charge[1]) > 1)
    lever, top = menu[k], menu[k].card.upper
    path = np.zeros((T, len(menu)))
    path[2:, k], path[20:, k] = 0.25 * top, 0.75 * top
    paid = np.asarray(spending(menu, jnp.asarray(path)))[:, k]
    both = np.asarray(spending(menu, jnp.asarray(np.where(np.arange(T)[:, None] >= 2, path.max(axis=0), 0.0))))[:, k]
    years = years_to_build(lever)
    first, second = paid[2 : 2 + years].sum(), paid[20 : 20 + years].sum()
    running = paid[2 + years] * years  # upkeep of the first stage while the second is built
    assert first + second - running == pytest.approx(both[2 : 2 + years].sum(), rel=1e-9)


def test_yearly_expenses_are_paid_from_the_first_year(menu):
    expenses = [k for k, lever in enumerate(menu) if not lever.capital]
    assert expenses
    values = jnp.asarray(np.tile([0.5 * lever.card.upper for lever in menu], (T, 1)))
    paid, at = np.asarray(spending(menu, values)), np.asarray(working(menu, values))
    assert any(years_to_build(menu[k]) for k in expenses)
    for k in expenses:
        lever = menu[k]
        assert np.ptp(paid[:, k]) == 0 and paid[0, k] > 0
        # The static cost of a year bears interest over the lag; a year of a path does not.
        static = float(lever.cost(at[-1, k]))
        assert paid[-1, k] <= static * (1 + 1e-12)


@pytest.mark.proposition("P9")
def test_the_trained_work_for_their_years_and_are_then_replaced(menu):
    """(T3) by counting cohorts: up year by year to what the years hold, and no further; one cohort's gains, discounted,
    are those of the static lever."""
    lasting = [k for k, lever in enumerate(menu) if lever.lasts]
    assert {menu[k].card.kind for k in lasting} == {"training", "schooling"}
    for k in lasting:
        lever, begun = menu[k], 2
        long, top = int(lever.lasts) + 12, 0.4 * lever.card.upper
        steady, once = np.zeros((long, len(menu))), np.zeros((long, len(menu)))
        steady[begun:, k], once[begun, k] = top, top
        first = begun + years_to_build(lever) + (1 if lever.capital else 0)
        per_year = float(lever.response(top)) * RATE / (1 - (1 + RATE) ** -lever.lasts)
        cohorts = [sum(first <= c <= t < c + lever.lasts for c in range(long)) for t in range(long)]
        found = np.asarray(responses(menu, jnp.asarray(steady)))[:, k]
        np.testing.assert_allclose(found, per_year * np.array(cohorts), rtol=1e-12, atol=1e-15)
        assert found.max() == pytest.approx(lever.lasts * per_year) and not found[:first].any()
        one = np.asarray(responses(menu, jnp.asarray(once)))[:, k]
        present = sum(one[first + j] / (1 + RATE) ** (j + 1) for j in range(int(lever.lasts)))
        assert present == pytest.approx(float(lever.response(top)), rel=1e-12)
        assert not one[first + int(lever.lasts) :].any()


@pytest.mark.proposition("P9")
def test_who_learns_is_away_while_learning(menu):
    """Work withheld is that of the learners of the year: none while a school is built, and no interest on it."""
    for lever in (lever for lever in menu if lever.withheld is not None):
        k, top, begun = menu.index(lever), 0.3 * lever.card.upper, 3
        values = np.where(np.arange(T) >= begun, top, 0.0)
        first = begun + (years_to_build(lever) if lever.capital else 0)
        path = np.zeros((T, len(menu)))
        path[:, k] = values
        gained = np.asarray(responses(menu, jnp.asarray(path)))[:, k, None] * np.asarray(lever.direction.log_h)
        found = gained - np.asarray(moved(menu, jnp.asarray(path)).levers.log_h)
        static = np.asarray(shock([lever], [top]).log_h) - float(lever.response(top)) * np.asarray(
            lever.direction.log_h
        )
        by_hand = -static / (1 + RATE) ** lever.card.lag_years * (np.arange(T) >= first)[:, None]
        np.testing.assert_allclose(found, by_hand, rtol=1e-9, atol=1e-15)
        assert by_hand.max() > 0 and not np.asarray(learning(lever, jnp.zeros(T))).any()


@pytest.mark.proposition("P29")
def test_research_is_money_at_its_place_and_no_productivity(menu):
    """(T4) Levers of research are found by what they buy; the others move what they move."""
    known = [lever for lever in menu if lever.card.kind == "research"]
    assert all(lever.knowledge is not None for lever in known) and len(known) >= 4
    values = np.tile([0.3 * lever.card.upper for lever in known], (T, 1))
    found = moved(known, jnp.asarray(values))
    assert not np.asarray(found.levers.log_A).any()
    region = list(cb.load("northeast").x["region"].values)
    by_place = np.zeros(known[0].shape.domestic)
    for k, lever in enumerate(known):
        assert len(lever.card.where["regions"]) == 1
        by_place[region.index(lever.card.where["regions"][0])] += values[0, k]  # a yuan of research costs a yuan
    np.testing.assert_allclose(found.research, np.tile(by_place, (T, 1)), rtol=1e-12, atol=1e-15)
    other = [lever for lever in menu if lever.direction.log_A is not None and lever.knowledge is None]
    both = moved([*known, *other], jnp.asarray(np.hstack([values, np.ones((T, len(other)))])))
    alone = moved(other, jnp.ones((T, len(other))))
    np.testing.assert_allclose(both.levers.log_A, alone.levers.log_A, rtol=1e-12, atol=1e-15)
    assert not np.asarray(alone.research).any()
