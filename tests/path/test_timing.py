"""When levers are paid for and when they work, against sums by hand on the levers of the embedded world."""

import jax.numpy as jnp
import numpy as np
import pytest

import citybelt as cb
from citybelt.path.timing import responses, spending, working, years_to_build
from citybelt.scenario.levers import bend, levers

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
        # Afterwards what it takes to run is left, the same every year.
        bent = float(bend(half[k], lever.charge_scale, lever.charge[1]))
        np.testing.assert_allclose(paid[begun + years :, k], lever.running * bent, rtol=1e-12)


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
