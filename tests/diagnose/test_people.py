"""The split of the change of people adds up, and recovers moves that were put in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.diagnose import people


def mortality(level: float = 1.0) -> np.ndarray:
    """Made-up death rates of Gompertz form at ages 0, 1, 5, ..., 100+; [sex, 22]."""
    ages = np.array([0, 1, *range(5, 105, 5)], float)
    one = level * (0.0004 + 0.00003 * np.exp(0.095 * ages) + 0.01 * (ages == 0))
    return np.stack([1.2 * one, one])


def closed_country(moves: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Censuses of a country where the given numbers [region, sex, 16] moved, ages 10 and over."""
    rng = np.random.default_rng(seed)
    first = rng.uniform(5e4, 2e5, (len(moves), 2, 18))
    alive = people.survival10(mortality(), mortality())
    older = people.carry(alive * first) + moves
    second = np.concatenate([rng.uniform(5e4, 9e4, (len(moves), 2, 2)), older], axis=2)
    return first, second


@pytest.mark.proposition("P18")
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), level=st.floats(0.3, 3.0), children=st.booleans())
def test_parts_add_up_at_every_place_and_moves_cancel_in_the_country(seed, level, children):
    rng = np.random.default_rng(seed)
    first, second = rng.uniform(1.0, 9e5, (2, 6, 2, 18))
    c = people.split_change(first, second, mortality(level), mortality(0.9 * level), rng.uniform(0.5, 2, 6), children)
    np.testing.assert_allclose(c.natural + c.migration, second.sum((1, 2)) - first.sum((1, 2)), rtol=1e-9)
    np.testing.assert_allclose(c.by_age.sum(1), c.migration, rtol=1e-8, atol=1e-3)
    np.testing.assert_allclose(c.expected + c.by_age, second.sum(1), rtol=1e-9)
    assert abs(c.migration.sum()) < 1e-7 * first.sum()


@pytest.mark.proposition("P16")
def test_moves_put_in_are_found_again():
    rng = np.random.default_rng(1)
    moves = rng.normal(0, 3000, (5, 2, 16))
    moves -= moves.mean(axis=0)  # nobody leaves the country
    first, second = closed_country(moves)
    c = people.split_change(first, second, mortality(), mortality(), move_children=False)
    np.testing.assert_allclose(c.by_age[:, 2:], moves.sum(1), atol=1e-6)
    np.testing.assert_allclose(c.coverage, 0, atol=1e-6)
    assert (c.children == 0).all()


def test_children_missed_by_the_first_census_are_not_booked_as_moves():
    first, second = closed_country(np.zeros((4, 2, 16)))
    counted = first.copy()
    counted[..., :2] /= 1.08
    c = people.split_change(counted, second, mortality(), mortality(), move_children=False)
    np.testing.assert_allclose(c.cohorts, 0, atol=1e-6)
    missed = ((first - counted) * people.survival10(mortality(), mortality())).sum((1, 2))
    np.testing.assert_allclose(c.coverage, missed, rtol=1e-9)


def test_children_follow_women_in_the_stated_shares():
    moves = np.zeros((2, 2, 16))
    women = slice(3 - 2, 10 - 2)
    moves[0, people.FEMALE, women] = 1000
    moves[1, people.FEMALE, women] = -1000
    first, second = closed_country(moves)
    c = people.split_change(first, second, mortality(), mortality())
    young = second[..., :2].sum((0, 1))
    mothers = second[:, people.FEMALE, 3:9].sum(), second[:, people.FEMALE, 4:10].sum()
    by_hand = 0.25 * young[0] / mothers[0] * 6000 + 0.75 * young[1] / mothers[1] * 6000
    assert c.children[0] == pytest.approx(by_hand)
    assert c.children.sum() == pytest.approx(0, abs=1e-6)


def test_survival_of_a_constant_death_rate_is_exponential():
    rate = 0.02
    alive = people.survival10(np.full((1, 22), rate), np.full((1, 22), rate))[0]
    # Five-year groups and the open one all shrink by exp(-10 m) when the rate knows no age.
    np.testing.assert_allclose(alive, np.exp(-10 * rate), rtol=1e-12)


def test_life_table_years_of_nobody_dying_young():
    mx = np.full((1, 22), 1e-9)
    mx[0, -1] = 0.5
    years = people.life_table_years(mx)[0]
    np.testing.assert_allclose(years[:-1], 5.0, rtol=1e-6)
    assert years[-1] == pytest.approx(2.0, rel=1e-6)  # 1 / m


def test_relative_mortality_is_one_when_places_report_what_is_expected():
    first, _ = closed_country(np.zeros((3, 2, 16)))
    mx = mortality()
    old = people.life_table_years(mx)[:, 17:]
    rate85 = (mx[:, 18:] * old).sum(1) / old.sum(1)
    rates = np.concatenate([0.2 * mx[:, :1] + 0.8 * mx[:, 1:2], mx[:, 2:18], rate85[:, None]], axis=1)
    crude = 1000 * (first * rates).sum((1, 2)) / first.sum((1, 2))
    np.testing.assert_allclose(people.relative_mortality(first, mx, 0.7 * crude), 1.0)
    crude[1] = np.nan
    assert people.relative_mortality(first, mx, crude)[1] == 1.0


@pytest.mark.proposition("P57")
def test_age_structure_by_hand_and_conserved():
    person = np.zeros((1, 2, 18))
    person[0, 0, 0], person[0, 0, 5], person[0, 1, 12], person[0, 1, 17] = 10, 60, 20, 10
    a = people.age_structure(person)
    assert a["share0_14"][0] + a["share15_59"][0] + a["share60"][0] == pytest.approx(100)
    assert a["share60"][0] == pytest.approx(30) and a["share65"][0] == pytest.approx(10)
    assert a["dependency"][0] == pytest.approx(100 * 40 / 60)
