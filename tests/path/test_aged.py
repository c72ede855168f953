"""What ages mean for places: sums over persons by hand, pension accounts that close, ratios of sums, a world's path."""

import itertools

import numpy as np
import pytest
import xarray as xr

import citybelt as cb
from citybelt.errors import InputError
from citybelt.path import aged
from citybelt.people import rules
from citybelt.people.record import SEXES, Ages

YEARS = [2020, 2024, 2025, 2029, 2032, 2040, 2047]
PLACES = ["a", "b", "c", "d", "e"]


def path_of(seed=1, years=YEARS):
    """Persons, labour income and income of all factors of made-up places."""
    rng = np.random.default_rng(seed)
    at = {"year": years, "region": PLACES, "province": ("region", ["p", "q", "p", "p", "q"])}
    shape = (len(years), len(PLACES))
    people = xr.DataArray(
        rng.uniform(10, 2000, (*shape, 2, 101)),
        {**at, "sex": list(SEXES), "age": list(Ages(1).labels)},
        ("year", "region", "sex", "age"),
    )
    wages = xr.DataArray(rng.uniform(1, 3, shape), at, ("year", "region"))
    return people, wages, wages * rng.uniform(1.5, 3, shape)


def found(seed=1):
    return aged.aged(*path_of(seed), "CHN")


def near(value, **tolerance):
    return pytest.approx(np.asarray(value), **({"rel": 1e-12} | tolerance))


def ages_over(persons, sex, age):
    """Persons of a sex past an age, single years: the class that the age cuts counts by its years."""
    whole = int(np.floor(age))
    return persons[sex, whole + 1 :].sum() + (whole + 1 - age) * persons[sex, whole]


@pytest.mark.proposition("P57")
def test_pensions_of_a_place_and_year_by_hand():
    """In 2032 seven of the fifteen years of the rise have passed: men retire at 61.4, women at 52.5 + 4 * 7 / 15."""
    people, wages, _ = path_of()
    t, r = YEARS.index(2032), 3
    persons = people.values[t, r]
    retired = ages_over(persons, 0, 52.5 + 4 * 7 / 15) + ages_over(persons, 1, 61.4)
    part = rules.by_age("CHN", "participation", Ages(1))
    force = sum(persons[s, a] * part[s, a] for s, a in itertools.product(range(2), range(101)))
    x = found().isel(year=t, region=r)
    assert float(x["retired"]) == near(retired) and float(x["force"]) == near(force)
    earned = float(wages[t, r])
    assert float(x["contributions"]) == near(0.24 * 0.6 * 0.7 * earned)
    assert float(x["benefits"]) == near(0.5 * retired * 0.45 * earned / force)


@pytest.mark.proposition("P57")
def test_the_budget_closes_in_every_year_and_place():
    x, (_, wages, income) = found(), path_of()
    np.testing.assert_allclose(x["balance"], x["contributions"] - x["benefits"], atol=1e-14)
    np.testing.assert_allclose(x["balance"] - x["balance"].isel(year=0), x["balance_change"], atol=1e-14)
    # At the rate that balances, what comes in is what is paid.
    np.testing.assert_allclose(x["balancing_rate"] / 100 * 0.6 * 0.7 * wages, x["benefits"], rtol=1e-12)
    points = 100 * (x["balance"] / income - (x["balance"] / income).isel(year=0))
    np.testing.assert_allclose(x["balance_points"], points, atol=1e-12)


@pytest.mark.proposition("P57")
def test_nothing_has_changed_in_the_base_year():
    first = found().isel(year=0)
    assert (first["balance_change"] == 0).all() and (first["balance_points"] == 0).all()
    np.testing.assert_allclose(first["later_force"], first["force"], rtol=1e-12)


def test_the_same_people_and_wages_change_nothing_before_retirement_rises():
    """Until 2025 the rules stay; after it the same people draw less and work later."""
    people, wages, income = (x.copy(data=np.broadcast_to(x.values[:1], x.shape)) for x in path_of())
    x = aged.aged(people, wages, income, "CHN")
    until = x.sel(year=[2020, 2024, 2025])
    np.testing.assert_allclose(until["balance_change"], 0, atol=1e-14)
    np.testing.assert_allclose(until["later_force"], until["force"], rtol=1e-12)
    rising = x.sel(year=[2025, 2029, 2032, 2040])
    assert (rising["balance_change"].diff("year") > 0).all() and (rising["later_force"].diff("year") > 0).all()
    np.testing.assert_allclose(x["retired"].sel(year=2047), x["retired"].sel(year=2040), rtol=1e-12)
    for k in ("force", "care", "beds", *aged.STAGES):
        np.testing.assert_allclose(x[k], x[k].isel(year=0).broadcast_like(x[k]), rtol=1e-12)


def test_care_schools_and_beds_by_hand():
    people, _, _ = path_of(2)
    x, persons = found(2), people.values
    t, r = 4, 1
    here = persons[t, r].sum(axis=0)
    assert float(x["primary"][t, r]) == near(here[6:12].sum())
    assert float(x["junior"][t, r]) == near(here[12:15].sum())
    assert float(x["senior"][t, r]) == near(0.9 * here[15:18].sum())
    need = {60: 0.04, 65: 0.06, 70: 0.09, 75: 0.14, 80: 0.22, 85: 0.38}
    steps = [*need, 101]
    care = sum(need[a] * here[a:b].sum() for a, b in itertools.pairwise(steps))
    assert float(x["care"][t, r]) == near(care)
    days = {0: 1.2, 5: 0.4, 15: 0.9, 45: 1.8, 60: 3.5, 70: 6.0, 80: 9.0}
    beds = sum(days[a] * here[a:b].sum() for a, b in itertools.pairwise([*days, 101])) / (365 * 0.8)
    assert float(x["beds"][t, r]) == near(beds)


def test_provinces_are_sums_and_their_ratios_are_of_sums():
    people, _, income = path_of(3)
    x = aged.aged(*path_of(3), "CHN")
    by = aged.together(x, people["province"], "province", "CHN")
    assert list(by["province"].values) == ["p", "q"]
    for k in aged.AMOUNTS:
        np.testing.assert_allclose(by[k].sel(province="q"), x[k].values[:, [1, 4]].sum(axis=1), rtol=1e-11)
        np.testing.assert_allclose(by[k].sum("province"), x[k].sum("region"), rtol=1e-11, atol=1e-12)
    inside = people.values[:, [0, 2, 3]].sum(axis=(1, 2))
    young, middle, old = inside[:, :15].sum(axis=1), inside[:, 15:65].sum(axis=1), inside[:, 65:].sum(axis=1)
    np.testing.assert_allclose(by["old_ratio"].sel(province="p"), 100 * old / middle, rtol=1e-12)
    np.testing.assert_allclose(by["young_ratio"].sel(province="p"), 100 * young / middle, rtol=1e-12)
    np.testing.assert_allclose(by["total_ratio"], by["young_ratio"] + by["old_ratio"], rtol=1e-12)
    share = by["balance"].sel(province="p") / income.values[:, [0, 2, 3]].sum(axis=1)
    np.testing.assert_allclose(by["balance_points"].sel(province="p"), 100 * (share - share[0]), atol=1e-12)


def test_one_place_summed_is_itself_and_the_unnamed_are_left_out():
    x = found()
    alone = aged.together(x, np.array(["", "", "c", "", ""]), "of", "CHN")
    assert list(alone["of"].values) == ["c"]
    for k in (*aged.AMOUNTS, *aged.RATIOS):
        np.testing.assert_allclose(alone[k].values[:, 0], x[k].sel(region="c"), rtol=1e-12, atol=1e-11, err_msg=k)


def test_what_it_shows_has_words_and_units():
    x = found()
    assert set(x) == {*aged.AMOUNTS, *aged.RATIOS}
    for k in x:
        assert x[k].attrs["unit"] and x[k].attrs["long_name"] and x[k].attrs["long_name_zh"], k


def test_a_nation_without_rules():
    with pytest.raises(InputError, match="No rules"):
        aged.aged(*path_of(), "ZZZ")


@pytest.fixture(scope="module")
def ran():
    return cb.path("northeast", "baseline", to=2027)


@pytest.mark.proposition("P57")
def test_of_a_worlds_path(ran):
    x, by = ran.aged, aged.by_set(ran)
    np.testing.assert_allclose(x["force"], ran.x["workers"], rtol=1e-12)
    np.testing.assert_allclose(x["old"], ran.x["old"], rtol=1e-12)
    np.testing.assert_allclose(x["young"] + x["middle"] + x["old"], ran.x["people"], rtol=1e-12)
    nation, cluster = (by["of"].sel(of=of) for of in ("nation", "cluster"))
    for k in aged.AMOUNTS:
        np.testing.assert_allclose(by["province"][k].sum("province"), nation[k], rtol=1e-9)
        np.testing.assert_allclose(cluster[k], x[k].values @ ran.cluster, rtol=1e-9)
    # A cluster of three whole provinces, by their codes.
    three = by["province"].sel(province=["210000", "220000", "230000"])
    np.testing.assert_allclose(three["balance_change"].sum("province"), cluster["balance_change"], rtol=1e-9)


def test_wages_of_a_path_are_part_of_its_income(ran):
    world = cb.load("northeast").x
    net = (1 - world["tax_rate"] - world["input_coef"].sum("product")) * world["output"]
    home = ~world["foreign"].values
    paid = (world["labour_share"] * net).sum("sector").values[home]
    np.testing.assert_allclose(ran.x["wages"].sel(year=2020), paid, rtol=1e-9)
    part = ran.x["wages"] / ran.x["income"]
    assert (part > 0).all() and (part < 1).all()


def test_ageing_as_plain_data(ran):
    told = ran.to_json()["ageing"]
    assert np.shape(told["by_region"]["beds"]) == (8, 65)
    assert np.shape(told["by_province"]["old_ratio"]) == (8, len(told["provinces"]))
    assert told["totals"]["nation"]["balance_change"][0] == 0
    assert set(told["units"]) == set(told["totals"]["cluster"]) == {*aged.AMOUNTS, *aged.RATIOS}
