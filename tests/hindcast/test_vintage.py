"""Two vintages of the people of 2010, and the split of a variance over them."""

import numpy as np
import pandas as pd
import pytest

from citybelt.hindcast import known, vintage
from citybelt.worlds import tables


@pytest.fixture(scope="module")
def start():
    return known.world()


def test_a_place_has_the_yearbooks_people(start):
    """Harbin, from the two printed numbers alone."""
    code = "230100"
    r = list(start.places.units.index).index(code)
    rows = tables.facts("gdp", year=2010, item="", vintage="city").set_index("region")["value"]
    head = tables.facts("gdp_per_head", year=2010).set_index("region")["value"]
    ages = tables.facts("population_age_sex", year=2010)
    census = ages[ages["region"] == code]["value"].sum()
    k = 1e9 * rows[code] / head[code] / census
    assert vintage.factor(start)[r] == pytest.approx(k, rel=1e-12) and 0.9 < k < 1.1
    other = vintage.of(start, "yearbook")
    np.testing.assert_allclose(other.persons[r], k * start.persons[r], rtol=1e-12)
    assert other.births[r] / start.births[r] == pytest.approx(k)
    # Output is the same: income a head changes by what people do.
    assert other.income[r] * other.total[r] == pytest.approx(start.income[r] * start.total[r])
    np.testing.assert_array_equal(other.here_other, start.here_other)


def test_the_census_is_what_is_there_unless_asked(start):
    assert vintage.of(start, "census") is start
    k = vintage.factor(start)
    assert (np.abs(np.log(k)) < np.log(vintage.FAR)).all() and 0.8 < (k != 1).mean() < 1
    xiamen = list(start.places.units.index).index("350200")
    assert k[xiamen] == 1  # its yearbook divides by registered persons, half of the residents


def test_a_variance_splits_as_a_plain_loop_has_it():
    rng = np.random.default_rng(0)
    people = np.exp(rng.normal(0, 0.1, (2, 5, 3)) + rng.normal(0, 0.2, (2, 1, 3)))
    found = vintage.variance(people)
    parts = np.zeros(3)
    for r in range(3):
        table = pd.DataFrame(np.log(people[:, :, r]))
        mean = table.to_numpy().mean()
        for v in range(2):
            for k in range(5):
                a, b = table.loc[v].mean() - mean, table[k].mean() - mean
                parts += np.array([a**2, b**2, (table.loc[v, k] - mean - a - b) ** 2]) / 10
    assert [found.vintage, found.draws, found.together] == pytest.approx(list(parts / parts.sum()))
    whole = np.log(people).var(axis=(0, 1)).mean()
    assert found.deviation == pytest.approx(np.sqrt(whole))


def test_people_who_are_sure_have_no_variance():
    assert vintage.variance(np.ones((2, 3, 4))) == vintage.Variance(0.0, 0.0, 0.0, 0.0)


def test_vintages_apart_by_a_factor_alone_have_that_share():
    draws = np.exp(np.random.default_rng(1).normal(0, 0.05, (1, 400, 2)))
    found = vintage.variance(np.concatenate([draws, 1.2 * draws]))
    within = np.log(draws).var(axis=1).mean()
    between = (np.log(1.2) / 2) ** 2
    assert found.vintage == pytest.approx(between / (between + within))
    assert found.together == pytest.approx(0, abs=1e-12)


def test_the_last_yearbook_lies_over_the_census_in_the_northeast(start):
    people = pd.Series(vintage.last_yearbook(start), start.places.units.index)
    # Heilongjiang had 37.5 million in its yearbook of 2019, some cities less, and 31.7 were counted a year later.
    inside = people[people.index.str[:2] == "23"]
    assert inside.notna().all() and 34e6 < inside.sum() < 37.6e6
