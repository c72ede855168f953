"""A start: the nation's rates as published, regions that add up to them, and the medium variant followed to 2050."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from citybelt.errors import InputError
from citybelt.people import cohort, life, start_base, start_medium, start_rates
from citybelt.people.record import FEMALE, SEXES, Ages, Moves
from citybelt.people.start import start, vital
from citybelt.worlds import tables

SINGLE = np.arange(101)


@pytest.fixture(scope="module")
def provinces():
    return start("provinces", last=2026)


def run(begun, abroad=True):
    """Persons by sex at the end of each year [T, S], and births, deaths and moves of each step [T, 3] with persons at
    the last end."""
    step, moves = jax.jit(cohort.step), Moves.closed(len(begun.regions), begun.ages)
    persons, people, events = begun.persons, [], []
    for t, year in enumerate(begun.years):
        persons, told = step(persons, begun.at(int(year)), moves, 0.0, 0.0, begun.abroad[t] if abroad else 0.0)
        people.append(np.asarray(persons.sum(axis=(0, 2, 3))))
        events.append([float(told.births.sum()), float(told.deaths.sum()), float(told.abroad.sum())])
    return np.array(people), np.array(events), persons


def test_the_nation_has_the_published_level_of_every_year():
    rates = start_rates.nation(2010, 2060)
    held = tables.facts("wpp")
    held = held[held["region"] == tables.NATION].pivot(index="year", columns="item", values="value")
    e0 = life.table(jnp.asarray(rates.m), SINGLE).e[..., 0]
    for s, sex in enumerate(SEXES):
        assert np.asarray(e0[:, s]) == pytest.approx(held[f"life_expectancy_{sex}"].loc[rates.years].to_numpy())
    assert rates.fertility.sum(axis=1) == pytest.approx(held["fertility"].loc[rates.years].to_numpy())
    assert rates.abroad.sum(axis=(1, 2)) == pytest.approx(held["net_migration"].loc[rates.years].to_numpy())


def test_moves_abroad_by_age_are_those_of_the_yearly_totals():
    """Periods run from middle to middle of a year; the first one's total is 5 % more than the years give."""
    wide = start_rates._national("wpp_migration").sum(axis=1)
    year = start_rates._national("wpp")["net_migration"]
    middle = pd.Series({y: year.loc[y : y + 5].sum() - (year[y] + year[y + 5]) / 2 for y in wide.index[1:-1]})
    assert wide.loc[middle.index].to_numpy() == pytest.approx(middle.to_numpy(), rel=0.035)


def test_single_years_between_periods_keep_the_periods_rates():
    """At the middle of a period, between two calendar years, death rates by age are those of the facts."""
    rates = start_rates.nation(2027, 2028)
    held = start_rates._national("wpp_mortality").loc[2025]
    for s, sex in enumerate(SEXES):
        between = np.sqrt(rates.m[0, s] * rates.m[1, s])
        own = life.table(jnp.asarray(between), SINGLE)
        for age in range(20, 90, 5):
            five = float((own.l[age] - own.l[age + 5]) / own.L[age : age + 5].sum())
            assert five == pytest.approx(held[f"{start_base.LETTER[sex]}:{age}"], rel=0.02)


def test_what_was_known_in_2010():
    """Its own revision: fertility of 1.56 to 2015, more boys, shorter lives; nothing of what came after."""
    then, now = start_rates.nation(2011, 2060, "2010"), start_rates.nation(2011, 2060)
    assert np.interp(2013, then.years + 0.5, then.tfr) == pytest.approx(1.56, abs=0.002)  # linear pieces meet there
    assert (then.male_share[:10] > now.male_share[:10]).all() and (then.abroad == 0).all()
    assert then.e0[0].max() < now.e0[0].max()
    assert then.tfr[-1] == then.tfr[-8]  # held beyond 2048
    with pytest.raises(InputError, match="without what later censuses tell"):
        start("nation", 2020, known="2010")
    with pytest.raises(InputError, match="without what later censuses tell"):
        start("nation", 2010, known="2010", missed_children=True)
    with pytest.raises(InputError, match="hold 1990 to 2100"):
        start_rates.nation(1980, 2000)


def test_from_its_own_base_the_nation_follows_the_medium_variant():
    """Within 1 % by sex and in total to 2050: what rates, ages of moves and steps of a year do differently."""
    people, events, _ = run(start("nation", last=2050, base="medium"))
    years = np.arange(2021, 2051)
    held = start_rates.medium().loc[years]
    assert people.sum(axis=1) == pytest.approx(held["total"].to_numpy(), rel=0.006)
    later = years >= 2024
    for s, sex in enumerate(SEXES):
        assert people[later, s] == pytest.approx(held[sex].to_numpy()[later], rel=0.009)
    assert events[:, 0].sum() == pytest.approx(held["births"].sum(), rel=0.006)
    assert events[:, 1].sum() == pytest.approx(held["deaths"].sum(), rel=0.013)


def test_from_the_census_the_gap_is_the_base_and_what_follows_from_it():
    """The census counts 17.0 million fewer (1.19 %), 23 million fewer of 15 to 30 and 7 million more above; the gap
    grows as they don't bear children and those die: growth itself stays within 1.5 % of the medium variant."""
    begun = start("nation", last=2050)
    people, events, _ = run(begun)
    held = start_rates.medium()
    before = float(begun.persons.sum())
    assert before == pytest.approx(tables.series("population", 2020)[base_codes()].sum(), abs=1e-3)
    gap = before - held.at[2020, "total"]
    assert gap == pytest.approx(-17.0e6, abs=0.05e6) and gap / held.at[2020, "total"] == pytest.approx(
        -0.0119, abs=1e-4
    )
    years = np.arange(2021, 2051)
    births, deaths, abroad = (events[:, k].sum() - held.loc[years, n].sum() for k, n in enumerate(held.columns[3:]))
    total = people[-1].sum() - held.at[2050, "total"]
    assert total == pytest.approx(gap + births - deaths + abroad, abs=1e4)  # rounding of what is published
    assert abroad == pytest.approx(0.0, abs=1.0)
    growth = people.sum(axis=1) / before / (held.loc[years, "total"] / held.at[2020, "total"]).to_numpy()
    assert np.abs(growth - 1).max() < 0.015
    other = start_medium.persons(2020) - np.asarray(begun.persons.sum(axis=(0, 3)))
    assert other[:, :15].sum() == pytest.approx(0.0, abs=1e6)
    assert other[:, 15:31].sum() == pytest.approx(23e6, abs=1e6)
    assert other[:, 31:].sum() == pytest.approx(-6.6e6, abs=0.5e6)


def base_codes():
    return list(start_base.census_units().index)


def test_regions_add_up_to_the_nation_at_the_start(provinces):
    """Births and deaths of the census year at rates of regions are those at the nation's own rates."""
    rates = start_rates.nation(2020, 2020)
    factor = provinces.report.pivot(index="region", columns="quantity", values="factor").loc[list(provinces.regions)]
    living = np.asarray(provinces.persons.sum(axis=3))
    births = living[:, FEMALE] @ rates.fertility[0]
    assert (births * factor["fertility"]).sum() == pytest.approx(births.sum(), rel=1e-12)
    for s, sex in enumerate(SEXES):
        e0 = jnp.asarray(rates.e0[0, s] + factor[f"life expectancy, {sex}"].to_numpy())
        m = life.with_expectancy(jnp.asarray(rates.m[0, s]), SINGLE, e0)
        died = (living[:, s] * (1 - np.asarray(life.survival(m, SINGLE, Ages(1))[0]))).sum()
        alike = living[:, s] @ (1 - np.asarray(life.survival(jnp.asarray(rates.m[0, s]), SINGLE, Ages(1))[0]))
        assert died == pytest.approx(alike.sum(), rel=1e-9)


def test_one_region_that_is_the_nation_has_its_rates():
    begun, rates = start("nation", last=2050), start_rates.nation(2021, 2050)
    survival, newborn = life.survival(jnp.asarray(rates.m), SINGLE, Ages(1))
    assert np.asarray(begun.vital.survival)[:, 0] == pytest.approx(np.asarray(survival), rel=1e-9)
    assert np.asarray(begun.vital.newborn)[:, 0] == pytest.approx(np.asarray(newborn), rel=1e-9)
    assert np.asarray(begun.vital.fertility)[:, 0] == pytest.approx(rates.fertility, rel=1e-12)


def test_distances_to_the_nation_fade_by_their_half_lives():
    half = start_base.settings()["half_life"]["2020"]
    for fade in (True, False):
        begun = start("provinces", last=2060, fade=fade)
        rates = start_rates.nation(2021, 2060)
        log = np.log(np.asarray(begun.vital.fertility).sum(axis=2) / rates.fertility.sum(axis=1)[:, None])
        left = 2.0 ** (-39 / half["fertility"]) if fade else 1.0
        assert log[-1] / log[0] == pytest.approx(np.full(31, left), rel=1e-9)


def test_half_lives_are_those_of_the_facts():
    """Regressed through the origin over twenty years, on nothing later than the census that a start is from."""
    half = start_base.settings()["half_life"]
    e0 = tables.facts("life_expectancy", item="both", vintage="census")
    e0 = e0.pivot(index="region", columns="year", values="value")
    gap = e0.sub(e0.loc[tables.NATION], axis=1).drop(tables.NATION)
    tfr = tables.facts("fertility").query("grade == 'A'").pivot(index="region", columns="year", values="value")
    log = np.log(tfr.div(tfr.loc[tables.NATION], axis=1)).drop(tables.NATION)
    for table, last, known in (
        (gap, 2010, half["2010"]["life_expectancy"]),
        (gap, 2010, half["2020"]["life_expectancy"]),
        (log, 2010, half["2010"]["fertility"]),
        (log, 2020, half["2020"]["fertility"]),
    ):
        x, y = table[[last - 20, last]].dropna().to_numpy().T
        assert 20 * np.log(0.5) / np.log((x * y).sum() / (x * x).sum()) == pytest.approx(known, rel=0.02)


def test_infants_of_2010_are_its_local_birth_rates():
    """Birth rates of 2010 are infants of that census over its persons: one measure, so that 2020 can have the like."""
    units = [u for u in base_codes() if u in set(start_base.counted(2010).index)]
    counted = start_base.counted(2010).loc[units]
    rate = tables.series("birth_rate", 2010).reindex(units) * counted.sum(axis=1)
    ratio = np.log(rate / sum(counted[s, 0] for s in SEXES)).dropna()
    assert len(ratio) > 340 and (ratio - ratio.median()).abs().quantile(0.95) < 0.02


def test_births_and_deaths_of_provinces_against_the_published_rates_of_2024(provinces):
    """Relative to the nation: births within 16 % where fertility was published, deaths within 17 %; both rank alike."""
    step, moves = jax.jit(cohort.step), Moves.closed(31, provinces.ages)
    persons = provinces.persons
    for t, year in enumerate(range(2021, 2025)):
        before = persons.sum(axis=(1, 2, 3))
        persons, told = step(persons, provinces.at(year), moves, 0.0, 0.0, provinces.abroad[t])
    middle = np.asarray(before + persons.sum(axis=(1, 2, 3))) / 2
    made = {"birth_rate": told.births.sum(axis=1), "death_rate": told.deaths.sum(axis=(1, 2, 3))}
    grade = provinces.report.query("quantity == 'fertility'").set_index("region")["grade"]
    for name, within, clear in (("birth_rate", 0.16, grade == "A"), ("death_rate", 0.17, grade != "")):
        known = tables.series(name, 2024, vintage="annual")[list(provinces.regions)]
        ratio = np.log(1e3 * np.asarray(made[name]) / middle / known)
        off = ratio - np.median(ratio)
        assert off[clear].abs().max() < within
        assert np.corrcoef(1e3 * np.asarray(made[name]) / middle, known)[0, 1] > 0.9


@pytest.mark.parametrize("year", [2010, 2020])
def test_worlds_of_different_detail_start_from_the_same_persons(year):
    fine, coarse = start("northeast", year, last=year + 6), start("provinces", year, last=year + 6)
    code = [r[:2] for r in fine.regions]
    summed = pd.DataFrame(np.asarray(fine.persons).reshape(len(code), -1), code).groupby(level=0).sum()
    assert summed.to_numpy() == pytest.approx(np.asarray(coarse.persons).reshape(31, -1), abs=1e-4, rel=1e-9)
    gone = np.asarray(fine.abroad.sum(axis=(1, 2, 3, 4)))
    assert gone == pytest.approx(np.asarray(coarse.abroad.sum(axis=(1, 2, 3, 4))))
    cohort.check(fine.persons, fine.at(2021 if year == 2020 else 2011), Moves.closed(len(code), fine.ages))


def test_a_dataset_starts_where_its_options_say():
    from citybelt.worlds.world import places_of

    regions = list(places_of("northeast", ("inner_mongolia",)).regions.index)
    world = SimpleNamespace(name="northeast", x={"residence": pd.Series(regions)})
    assert start(world, last=2026).regions == tuple(regions)
    world.x["residence"] = pd.Series(regions[1:])
    with pytest.raises(InputError, match="not those of the embedded world"):
        start(world, last=2026)


def test_steps_of_five_years():
    """The same persons and about the same way: within a fifth of a percent of the yearly run after thirty years."""
    one, five = start("nation", last=2050), start("nation", width=5, last=2050)
    assert float(five.persons.sum()) == pytest.approx(float(one.persons.sum()))
    assert list(five.years) == [*range(2025, 2051, 5)] and five.abroad.shape[2:] == (2, 21, 2)
    assert float(five.abroad.sum()) == pytest.approx(float(one.abroad.sum()))
    assert run(five)[0][-1] == pytest.approx(run(one)[0][-1], rel=0.002)


def test_rates_alone_and_years_without_a_step(provinces):
    rates = vital("nation", 2023, 2026)
    assert rates.survival.shape == (4, 1, 2, 101)
    assert np.asarray(rates.survival[0]) == pytest.approx(np.asarray(start("nation", last=2026).at(2023).survival))
    assert vital("nation", 2011, 2020, "2010").fertility.shape == (10, 1, 101)
    with pytest.raises(InputError, match="No step ends with 2020"):
        provinces.at(2020)
    with pytest.raises(InputError, match="No census lies before 2005"):
        vital("nation", 2005, 2010)
    with pytest.raises(InputError, match="No step of 5 years"):
        start("nation", width=5, last=2024)


def test_the_report_says_what_each_region_rests_on(provinces):
    report = provinces.report
    assert set(report["grade"]) <= set("ABCD") and not report.duplicated(["region", "quantity"]).any()
    known = set(pd.read_csv(tables.HERE / "tables" / "sources.csv")["source"]) | {"assumed"}
    assert {s for row in report["source"] for s in row.split(";")} <= known
    fertility = report[report["quantity"] == "fertility"].set_index("region")
    held = tables.facts("fertility", year=2020).set_index("region")["grade"]
    assert (fertility["grade"] == held.reindex(fertility.index)).all()
    people = report[report["quantity"] == "persons"].set_index("region")["target"]
    assert people.to_numpy() == pytest.approx(np.asarray(provinces.persons.sum(axis=(1, 2, 3))))


def test_missed_children_come_back_and_nobody_else():
    """With them the closed nation of 2020 has the census' children from ten to nineteen of that year."""
    counted, whole = (start("nation", 2010, last=2020, missed_children=m) for m in (False, True))
    more = np.asarray(whole.persons - counted.persons).sum(axis=(0, 3))
    assert more.min() >= -1e-6 and np.abs(more[:, 10:]).max() < 1e-3
    assert (whole.report.query("quantity == 'persons'")["grade"] == "D").all()
    later = run_persons(whole)[:, 10:20]
    census = start_base.persons(2020)[0].sum(axis=0)[:, 10:20]
    assert (later > census - 1).all() and later.sum() == pytest.approx(census.sum(), rel=0.004)


def run_persons(begun):
    """Persons by sex and age at the end, borders closed [S, A]."""
    return np.asarray(run(begun, abroad=False)[2].sum(axis=(0, 3)))
