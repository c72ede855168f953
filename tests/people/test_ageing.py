"""Work, dependency, pensions, care, schools and beds against hand counts and steady states in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.people import rules
from citybelt.people.ageing import (
    Pension,
    Stage,
    balancing_rate,
    beds,
    budget,
    care,
    dependency,
    labour_force,
    later,
    places,
    retired,
    retirement_age,
)
from citybelt.people.cohort import project
from citybelt.people.record import Ages, Moves
from people.populations import constant, growth, near, population


def counted(width=5, regions=3):
    persons, _, _ = population(30, regions, 100 // width + 1)
    return persons, np.asarray(persons.sum(axis=(1, 3))), Ages(width)


def test_labour_force_by_hand():
    persons, _, _ = counted()
    rate = jnp.asarray(np.random.default_rng(1).uniform(size=(2, 21)))
    work = labour_force(persons, rate)
    for r, s, a, e in ((0, 0, 3, 1), (2, 1, 20, 0), (1, 1, 7, 1)):
        assert work[r, s, a, e] == near(persons[r, s, a, e] * rate[s, a])
    by_region = jnp.stack([rate, rate * 0, rate / 2])
    assert labour_force(persons, by_region)[2] == near(work[2] / 2) and labour_force(persons, by_region)[1].sum() == 0


@pytest.mark.parametrize("width", [1, 5])
def test_dependency_by_hand(width):
    persons, n, ages = counted(width)
    found = dependency(persons, ages)
    lower, upper = 15 // width, 65 // width
    work = n[:, lower:upper].sum(axis=1)
    assert found.youth == near(n[:, :lower].sum(axis=1) / work)
    assert found.old == near(n[:, upper:].sum(axis=1) / work)
    assert found.total == near(n.sum(axis=1) / work - 1)


def test_retirement_ages_cut_classes_and_differ_by_sex():
    persons, _, ages = counted()
    by_sex = np.asarray(persons.sum(axis=3))
    found = retired(persons, jnp.array([57.0, 63.0]), ages)
    women = by_sex[:, 0, 12:].sum(axis=1) + 0.6 * by_sex[:, 0, 11]
    men = by_sex[:, 1, 13:].sum(axis=1) + 0.4 * by_sex[:, 1, 12]
    assert found == near(women + men)
    # A year more of work takes a fifth of the class that it cuts out of retirement.
    slope = jax.jacobian(lambda age: retired(persons, age, ages))(jnp.array([57.0, 63.0]))
    assert slope == near(-np.stack([by_sex[:, 0, 11], by_sex[:, 1, 12]], axis=1) / 5)


def test_retirement_rises_evenly():
    before, after = jnp.array([52.5, 60.0]), jnp.array([56.5, 63.0])
    at = [retirement_age(y, before, after, 2025, 15) for y in (2020, 2025, 2030, 2040, 2050)]
    assert at[0] == near(before) and at[1] == near(before) and at[3] == near(after) and at[4] == near(after)
    assert at[2] == near(before + (after - before) / 3)


def test_later_retirement_moves_participation():
    ages = Ages(1)
    rate = jnp.asarray(np.clip((70 - np.arange(101)) / 40, 0, 0.9) * np.ones((2, 1)))
    same = later(rate, ages, jnp.zeros(2))
    assert same == near(rate)
    more = later(rate, ages, jnp.array([3.0, 0.0]))
    assert more[1] == near(rate[1]) and more[0, :50] == near(rate[0, :50])
    assert more[0, 60] == near(rate[0, 57]) and (more >= rate).all()


def rule(**changes):
    given = {"rate": 0.24, "covered": 0.6, "compliance": 0.75, "replacement": 0.45, "entitled": 0.5}
    return Pension(**(given | changes), retire=jnp.array([55.0, 60.0]))


@pytest.mark.proposition("P57")
def test_budget_by_hand_and_as_a_change():
    workers, old, wage = jnp.array([100.0, 50.0]), jnp.array([20.0, 30.0]), jnp.array([2.0, 3.0])
    now = budget(rule(), workers, old, wage)
    assert now.contributions == near([0.24 * 0.6 * 0.75 * 200, 0.24 * 0.6 * 0.75 * 150])
    assert now.benefits == near([0.5 * 20 * 0.9, 0.5 * 30 * 1.35])
    base = budget(rule(compliance=jnp.array([0.75, 0.5])), workers, old, wage)
    assert now.since(base).balance == near([0, 0.24 * 0.6 * 0.25 * 150])


@pytest.mark.proposition("P57")
def test_the_balancing_rate_balances():
    workers, old = jnp.array([100.0, 50.0]), jnp.array([20.0, 30.0])
    rate = balancing_rate(rule(), workers, old)
    assert budget(rule(rate=rate), workers, old, jnp.array([2.0, 7.0])).balance == near([0, 0], abs=1e-12)


@pytest.mark.proposition("P57")
@pytest.mark.parametrize("width", [1, 5])
@pytest.mark.parametrize("births", [0.075, 0.09, 0.13])
def test_pensions_of_a_steady_state(width, births):
    """People project themselves into a steady state; the rate that balances is that of the closed form

    replacement / (exp((n + mu)(R - b)) - 1): everyone works from b = 20 to R = 60, then draws a pension.
    """
    ages, hazard = Ages(width), 0.015
    vital = constant(hazard, ages, fertility=births)
    path = project(jnp.ones((1, 2, ages.count, 1)), vital, Moves.closed(1, ages), 1500 // width)
    end, pension = path[-1], rule(covered=1.0, compliance=1.0, entitled=1.0)
    work = labour_force(end, jnp.asarray(np.tile(ages.between(20, 60), (2, 1)))).sum(axis=(1, 2, 3))
    found = balancing_rate(pension, work, retired(end, jnp.array([60.0, 60.0]), ages))
    n = growth(ages, hazard, births)
    expected = 0.45 / np.expm1((n + hazard) * 40)
    assert found == near([expected], rel=1e-5)


@pytest.mark.proposition("P57")
def test_a_pension_returns_the_growth_of_population():
    """What a cohort pays in and draws out at the balancing rate has the rate of growth as its return (Samuelson)."""
    n, hazard, begin, retire = 0.011, 0.013, 20.0, 60.0
    rate = 0.5 / np.expm1((n + hazard) * (retire - begin))

    def value(r):
        """Of a newborn's contributions less benefits at interest r, wages of one that don't grow."""
        k = r + hazard
        paid = rate * (np.exp(-k * begin) - np.exp(-k * retire)) / k
        return paid - 0.5 * np.exp(-k * retire) / k

    assert value(n) == near(0, abs=1e-14)
    old = np.exp(-(n + hazard) * retire) / (n + hazard)
    work = np.exp(-(n + hazard) * begin) / (n + hazard) - old
    only = rule(replacement=0.5, covered=1.0, compliance=1.0, entitled=1.0)
    assert balancing_rate(only, jnp.array([work]), jnp.array([old])) == near([rate], rel=1e-12)


def test_care_schools_and_beds_by_hand():
    persons, n, ages = counted(1)
    need = jnp.zeros((2, 101)).at[0, 80].set(0.5).at[1, 100].set(0.25)
    women, men = np.asarray(persons[:, 0, 80].sum(axis=1)), np.asarray(persons[:, 1, 100].sum(axis=1))
    assert care(persons, need) == near(women / 2 + men / 4)
    assert beds(persons, need * 73, 0.8) == near((women / 2 + men / 4) / 4)
    found = places(persons, [Stage(6, 12), Stage(12, 15, 0.98)], ages)
    assert found == near(np.stack([n[:, 6:12].sum(axis=1), 0.98 * n[:, 12:15].sum(axis=1)], axis=1))


# Rules of a nation


def test_rules_are_sourced_and_ranged():
    for r in rules.rules("CHN"):
        assert r.low <= r.value <= r.high and r.grade in "ABCD" and r.source and r.name_en and r.name_zh
        assert (r.grade == "D") == r.source.startswith("assumed")


def test_retirement_and_contributions_as_decided():
    """Men retire at 60, from 2040 on at 63; employers pay 16 % and employees 8 %."""
    assert rules.number("CHN", "retirement_age_before", "male") == 60
    assert rules.number("CHN", "retirement_age_after", "male") == 63
    assert rules.number("CHN", "retirement_rise_begins") + rules.number("CHN", "retirement_rise_years") == 2040
    assert rules.number("CHN", "contribution_employer") + rules.number("CHN", "contribution_employee") == near(0.24)


def test_rates_by_age_cover_each_age_once():
    for ages in (Ages(1), Ages(5)):
        work = rules.by_age("CHN", "participation", ages)
        assert work.shape == (2, ages.count) and work.max() < 1 and (work[1] >= work[0]).all()
        assert work[:, np.asarray(ages.start) < 15].sum() == 0 and work[:, -1] == near([0.03, 0.07])
    assert rules.by_age("CHN", "bed_days", Ages(1))[0, [0, 30, 99]] == near([1.2, 0.9, 9])
    with pytest.raises(InputError):
        rules.by_age("CHN", "unheard_of", Ages(1))
    with pytest.raises(InputError, match="more than one"):
        rules.number("CHN", "participation", "male")
    with pytest.raises(InputError, match="No rules"):
        rules.rules("XX")
