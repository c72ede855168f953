"""Persons of a census year: counts are kept by unit, province, sex and group, restated areas meet their bulletins."""

import numpy as np
import pandas as pd
import pytest

from citybelt.errors import InputError
from citybelt.people import start_base as base
from citybelt.people.record import SEXES, Ages
from citybelt.people.start import grouping
from citybelt.worlds import tables

YEARS = (2010, 2020)


def by_group(persons):
    """Single ages summed to the groups of a census [..., 19]."""
    return np.add.reduceat(persons, base.GROUPS, axis=-1)


@pytest.mark.parametrize("year", YEARS)
def test_persons_are_those_of_the_census_by_province_sex_and_group(year):
    persons, _, _, _ = base.persons(year)
    province = base.census_units()
    codes = sorted(set(province))
    held = base.counted(year).loc[codes].to_numpy().reshape(len(codes), len(SEXES), len(base.GROUPS))
    summed = np.stack([by_group(persons)[(province == c).to_numpy()].sum(axis=0) for c in codes])
    assert np.abs(summed - held).max() < 0.05  # persons, among millions: restated provinces are balanced
    total = tables.series("population", year)
    assert summed.sum(axis=(1, 2)) == pytest.approx(total[codes].to_numpy(), abs=1e-3)


def test_units_keep_every_count_of_the_later_census():
    persons, _, grade, _ = base.persons(2020)
    held = base.counted(2020).loc[base.census_units().index].to_numpy().reshape(len(persons), len(SEXES), -1)
    assert by_group(persons) == pytest.approx(held, abs=1e-6, rel=1e-12)
    assert (grade == "A").all() and persons.min() >= 0


def test_restated_units_meet_the_bulletins():
    """All whose area changed and is that of the bulletins: seventeen of the 349 units that both censuses hold, less
    those that the bulletins bound otherwise."""
    persons, _, grade, _ = base.persons(2010)
    total = pd.Series(persons.sum(axis=(1, 2)), base.census_units().index)
    then, now = (tables.series("population_comparable", y).reindex(total.index) for y in YEARS)
    own = tables.series("population", 2010).reindex(total.index)
    other = (now / tables.series("population", 2020).reindex(total.index) - 1).abs() > 0.001
    moved = ((then / own - 1).abs() > 0.01) & ~other
    assert moved.sum() == 13
    assert total[moved].to_numpy() == pytest.approx(then[moved].to_numpy(), rel=1e-8)
    assert (grade[moved] == "C").all() and (grade == "A").sum() > 330
    # those that follow another area than the bulletins keep their row, up to what their province has left
    keep = other & own.notna()
    assert (total[keep] / own[keep] - 1).abs().max() < 0.0081


def test_restated_units_keep_their_bands_nearly():
    """Balanced to their province, bands of age move by less than half a percentage point from the bulletins'."""
    persons, _, grade, _ = base.persons(2010)
    table = pd.DataFrame(persons.sum(axis=1), base.census_units().index)
    shares = tables.wide("age_share_comparable", 2010)
    then = tables.series("population_comparable", 2010)
    for unit in grade.index[grade == "C"]:
        row = table.loc[unit]
        if unit in then.index and abs(row.sum() / then[unit] - 1) < 1e-6:
            assert 100 * row[:15].sum() / row.sum() == pytest.approx(shares.at[unit, "0-14"], abs=0.5), unit
            assert 100 * row[65:].sum() / row.sum() == pytest.approx(shares.at[unit, "65+"], abs=0.5), unit


def test_single_ages_of_even_groups_are_even():
    """Where every year of age holds as many, so does the curve; and it never turns below zero."""
    even = np.full((3, len(SEXES), len(base.GROUPS)), 500.0)
    even[..., 0], even[..., 1] = 100.0, 400.0
    even[..., -1] = 0.0
    assert base.single(even, 2020)[..., :80] == pytest.approx(100.0)
    rough = np.random.default_rng(5).exponential(size=(40, len(SEXES), len(base.GROUPS))) ** 4
    smooth = base.single(rough, 2010)
    assert smooth.min() >= 0 and by_group(smooth) == pytest.approx(rough, rel=1e-10)


@pytest.mark.parametrize("year", YEARS)
def test_tertiary_meets_each_count(year):
    persons, share, _, told = base.persons(year)
    assert ((share >= 0) & (share <= 1)).all()
    assert (persons.sum(axis=1) * share).sum(axis=1) == pytest.approx(told["count"].to_numpy(), rel=1e-9, abs=1e-6)
    assert share[:, :17].max() < 1e-12
    if year == 2020:
        held = tables.wide("education", year).sum(axis=1).reindex(base.census_units().index)
        assert told["count"].to_numpy() == pytest.approx(held.to_numpy(), rel=1e-12)


def test_children_missed_are_those_whom_the_next_census_finds():
    """Nobody is taken away, and nobody from ten on is added; by the prototype's 1.08 of those under ten."""
    lived = np.full((len(SEXES), 101), 0.995)
    factor = base.missed_children(2010, lived)
    assert factor.min() == 1 and (factor[:, 10:] == 1).all()
    counted = base.single(base._array(base.units(2010)[0]), 2010).sum(axis=0)
    raised = (counted * factor)[:, :10].sum() / counted[:, :10].sum()
    assert 1.05 < raised < 1.12
    with pytest.raises(InputError, match="no later census"):
        base.missed_children(2020, lived)


def test_a_census_that_is_not_held():
    with pytest.raises(InputError, match="No census of 2015"):
        base.units(2015)


@pytest.mark.parametrize("world", ["northeast", "china", "provinces", "nation"])
def test_every_unit_has_a_region_of_its_province(world):
    member, regions = grouping(world)
    assert set(member) == set(regions) and len(member) == len(base.census_units())
    if world != "nation":
        assert (member.str[:2] == base.census_units().str[:2]).all()


def test_regions_of_ones_own():
    given = base.census_units().str[:1]
    member, regions = grouping(given)
    assert regions == ["1", "2", "3", "4", "5", "6"] and (member == given).all()
    with pytest.raises(InputError, match="No region is given for 3 units"):
        grouping(given.iloc[3:])
    with pytest.raises(InputError, match="no world 'nowhere'"):
        grouping("nowhere")


def test_ages_of_both_widths_sum_alike():
    persons = base.persons(2020)[0].sum(axis=0)
    five = np.add.reduceat(persons, Ages(5).start, axis=-1)
    assert five.shape[-1] == Ages(5).count and five.sum() == pytest.approx(persons.sum())
    held = base.counted(2020).loc[base.census_units().index].sum().unstack()[5]
    assert five[:, 1] == pytest.approx(held[list(SEXES)].to_numpy())
