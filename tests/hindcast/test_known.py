"""Nothing later than 2010 reaches the forecast."""

import numpy as np
import pandas as pd
import pytest

from citybelt.hindcast import baselines, known, levels, method, output, result, target, vintage, vital
from citybelt.worlds import tables


@pytest.fixture
def fresh():
    """Caches that hold facts, emptied before and after."""

    def empty():
        known.national.cache_clear()
        vital.years_lived.cache_clear()

    empty()
    yield
    empty()


@pytest.mark.usefixtures("fresh")
def test_poisoning_every_later_number_changes_nothing(monkeypatch):
    start = known.world()
    made = method.forecast(start, 2)
    simple = baselines.all_of(start, made)

    rng = np.random.default_rng(1)
    poisoned, early = {}, 0
    for quantity, rows in tables._facts().items():
        late = ~known.is_known(rows)
        early += (~late).sum()
        poisoned[quantity] = rows.assign(value=rows["value"].mask(late, rng.uniform(-1e9, 1e9, len(rows))))
    assert sum((poisoned[q]["value"] != tables._facts()[q]["value"]).sum() for q in poisoned) > early / 10
    monkeypatch.setattr(tables, "_facts", lambda: poisoned)
    known.national.cache_clear()
    vital.years_lived.cache_clear()

    again = known.world()
    remade = method.forecast(again, 2)
    np.testing.assert_array_equal(made.persons, remade.persons)
    for name, people in baselines.all_of(again, remade).items():
        np.testing.assert_array_equal(simple[name], people)


@pytest.mark.usefixtures("fresh")
def test_levels_see_the_count_outside_the_cluster_and_no_other_later_number(monkeypatch):
    """Everything later than 2010 is noise but for the census of 2020 outside: what is predicted stays, bit by bit."""
    start = known.world()
    inside = result.inside_of("china", start)

    def predicted():
        run = result.made_from(vintage.of(start, "yearbook"), target.counted(start.places), inside, 0)
        return run.taught.people, output.traits(start, np.ones(len(inside)))

    before, x = predicted()
    read = ("population_age_sex", "population_comparable")
    rng = np.random.default_rng(3)
    poisoned = {}
    for quantity, rows in tables._facts().items():
        late = ~known.is_known(rows)
        if quantity in read:
            late &= rows["region"].str[:2].isin(["21", "22", "23"]) | (rows["year"] != 2020)
        assert quantity not in read or late.any()
        poisoned[quantity] = rows.assign(value=rows["value"].mask(late, rng.uniform(1, 1e9, len(rows))))
    monkeypatch.setattr(tables, "_facts", lambda: poisoned)
    known.national.cache_clear()
    vital.years_lived.cache_clear()
    after, again = predicted()
    np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(x, again)
    assert before.shape == (levels.DRAWS, len(inside), len(target.GROUPS))


@pytest.mark.usefixtures("fresh")
def test_poisoning_2010_changes_the_forecast(monkeypatch):
    """The test above would pass if facts weren't read at all."""
    before = known.world()
    facts = dict(tables._facts())
    rows = facts["migrants"]
    facts["migrants"] = rows.assign(value=rows["value"].where(rows["year"] != 2010, rows["value"] * 0.9))
    monkeypatch.setattr(tables, "_facts", lambda: facts)
    np.testing.assert_allclose(known.world().here_other, 0.9 * before.here_other, rtol=1e-12)


def test_later_revisions_and_later_years_are_not_known():
    rows = pd.DataFrame(
        [
            ("wpp2010", 2045, "2010"),
            ("wpp_mortality", 2005, "2024"),
            ("moved_between_provinces", 2010, "2005-2010"),
            ("moved_between_provinces", 2015, "2010-2015"),
            ("population", 2010, ""),
            ("population", 2020, ""),
            ("gdp", 2010, "yearbook2021"),
        ],
        columns=["quantity", "year", "vintage"],
    )
    assert list(known.is_known(rows)) == [True, False, True, False, True, False, False]


def test_people_are_all_there():
    start = known.world()
    counted = known.known("population_age_sex")
    leaves = counted[~counted["region"].str.endswith("0000") | counted["region"].isin(_cities())]
    # Boundaries of today take in all people but for what bulletins leave out of some cities.
    assert abs(start.total.sum() / leaves["value"].sum() - 1) < 0.003
    assert (start.persons > 0).all()
    assert start.persons.shape == (len(start.places.units), 2, 21)


def _cities():
    return ["110000", "120000", "310000", "500000"]
