"""Scenarios of the embedded world through time: tables that add up, the command line, mistakes."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rich.console import Console

import citybelt as cb
from citybelt import cli
from citybelt.errors import InputError
from citybelt.people.start import start

TO = 2027
FORESEEN = """name: {en: A, zh: 甲}
levers: {research_dalian: 3}
time:
  expectations: foresight
  levers: {clearance_russia: {2022: 12}}
"""


@pytest.fixture(scope="module")
def ran():
    return cb.path("northeast", "research_push", to=TO)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    file = tmp_path_factory.mktemp("scenario") / "seen.yaml"
    file.write_text(FORESEEN, encoding="utf-8")
    return cb.path("northeast", file, to=TO)


def test_people_add_up_in_every_year_and_place(ran):
    """People are those of the year before, plus births and arrivals, less deaths and departures."""
    x = ran.x
    change = x["people"].diff("year")
    flows = (x["births"] - x["deaths"] + x["came"] - x["left"] + x["abroad"]).isel(year=slice(1, None))
    np.testing.assert_allclose(change, flows, rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(x["came"].sum("region"), x["left"].sum("region"), rtol=1e-9)
    np.testing.assert_allclose(ran.people.sum(("sex", "age")), x["people"], rtol=1e-12)


def test_the_table_of_places_is_the_arrays_and_adds_up(ran):
    table = ran.by_region
    assert table.index.names == ["region", "year"] and len(table) == ran.x["people"].size
    dalian, plain = (x.sel(region="210200", year=TO) for x in (ran.x, ran.without))
    row = table.loc[("210200", TO)]
    assert row["name_en"] == "Dalian" and row["capital"] == float(dalian["capital"])
    assert 1 + row["output_change"] / 100 == pytest.approx(float(dalian["output"] / plain["output"]), rel=1e-12)
    assert row["value_change"] == pytest.approx(100 * float(dalian["value"] - plain["value"]), rel=1e-12)
    spent = table["spending"].groupby("year").sum()
    np.testing.assert_allclose(spent, ran.totals["nation"]["spending"], rtol=1e-12)


def test_budgets_of_provinces_and_nation_add_up_every_year(ran):
    """(G1) by loops over places; what is owed grows by interest and by what services cost beyond revenue."""
    found, x = ran.budgets["of"], ran.x
    province = x["province"].values.astype(str)
    assert set(found.index.get_level_values("of")) == {"cluster", "nation", *province}
    for of in ("210000", "nation", "cluster"):
        table = found.loc[of]
        np.testing.assert_allclose(table["taxes"] + table["grants"], table["revenue"], rtol=1e-12)
        owed = 0.0
        for year in ran.years:
            now = table.loc[year]
            assert now["interest"] == pytest.approx(0.03 * owed, rel=1e-9, abs=1e-9)
            owed += now["interest"] + now["services"] - now["revenue"]
            assert now["debt"] == pytest.approx(owed, rel=1e-9, abs=1e-6)
    by_hand = sum(float(x["services"].sel(year=2023)[k]) for k, p in enumerate(province) if p == "230000")
    assert found.loc[("230000", 2023), "services"] == pytest.approx(by_hand, rel=1e-12)


def test_budgets_of_cities_add_up_to_those_published_for_their_provinces(ran):
    from citybelt.worlds import tables

    published = ran.budgets["published"]
    of_province = published.groupby("province")[["revenue", "spending", "transfers"]].sum()
    for name, quantity in (
        ("revenue", "budget_revenue"), ("spending", "budget_expenditure"), ("transfers", "central_transfers"),
    ):  # fmt: skip
        held = tables.series(quantity, 2020).reindex(of_province.index)
        np.testing.assert_allclose(of_province[name], held, rtol=1e-10)
    parts = published[["revenue", "transfers", "other"]].sum(axis=1)
    np.testing.assert_allclose(parts, published["spending"], rtol=1e-12)
    assert published.loc["210200", "grade"] == "D" and published.loc["110000", "grade"] == "B"


def test_it_begins_with_the_census_and_the_base_year(ran):
    counted = np.asarray(start("northeast", 2020).persons).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(ran.x["people"].sel(year=2020), counted, rtol=1e-12)
    world = cb.load("northeast").x
    added = (world["output"] * (1 - world["tax_rate"] - world["input_coef"].sum("product"))).sum("sector")
    home = ~world["foreign"].values
    np.testing.assert_allclose(ran.x["output"].sel(year=2020), added.values[home], rtol=1e-9)
    assert list(ran.years) == list(range(2020, TO + 1)) and ran.residual <= 1e-10


def test_capital_is_last_years_less_wear_plus_investment(ran):
    """Within a place all sectors wear alike, so the place's capital follows from its own investment, that of the base
    year included, of which every place has as much as its capital is worth."""
    from citybelt.path.parameters import parameters

    delta = parameters()["delta"]
    K, invested = ran.x["capital"].values, ran.x["investment"].values
    np.testing.assert_allclose(K[1:], (1 - delta) * K[:-1] + invested[:-1], rtol=1e-8)
    np.testing.assert_allclose(invested[0] / K[0], invested[0].sum() / K[0].sum(), rtol=1e-9)


def test_the_first_year_is_a_year_after_the_base_year(ran):
    """Knowledge of 2021 holds the research of 2020; productivity has grown with the frontier, and by what a place's
    knowledge grew beyond the research that is in the frontier's growth."""
    from citybelt.path.parameters import parameters

    p, x = parameters(), ran.without
    first, second = x["knowledge"].sel(year=2020), x["knowledge"].sel(year=2021)
    # A stock that has grown at n: Z' / Z = 1 + n, where research of the year is (n + wear) Z; mostly it grew.
    assert (second > first).mean() > 0.9
    beyond = np.log(second / first) - np.log(1 + p["research_growth"])
    np.testing.assert_allclose(x["productivity"].sel(year=2020), 0.0, atol=1e-15)
    np.testing.assert_allclose(x["productivity"].sel(year=2021), p["growth"] + p["own"] * beyond, atol=1e-12)


@pytest.mark.proposition("P29")
def test_research_of_levers_is_known_where_it_is_done_and_learnt_around(ran):
    """Knowledge by the law on the tables: what is left, the share of output that goes to research, and the levers'
    money at four cities from the first year on and nowhere else; but others learn: the nearer, the more."""
    from citybelt.path.parameters import parameters

    kept, x = 1 - parameters()["obsolescence"], ran.x
    cities = ["210100", "210200", "220100", "230100"]
    paid = 3.0 * x["region"].isin(cities).values
    known, made = x["knowledge"].values, x["output"].values
    share = (known[1] - kept * known[0]) / made[0]
    for t in range(1, TO - 2020):
        np.testing.assert_allclose(known[t + 1], kept * known[t] + share * made[t] + paid, rtol=1e-9)
    more = x["knowledge"] - ran.without["knowledge"]
    assert float(more.sel(year=2022, region=cities).min()) >= 3.0
    raised = (x["productivity"] - ran.without["productivity"]).sel(year=2023)
    here, inside = x["region"].isin(cities).values, ran.cluster > 0
    assert (raised > 0).mean() > 0.9 and raised[here].min() > 1e-3
    assert raised[inside & ~here].mean() > 3 * raised[~inside].mean()


def test_levers_raise_what_they_are_for(ran):
    inside = ran.totals["cluster"]
    np.testing.assert_allclose(inside["spending"].iloc[1:], 12.0, rtol=1e-9)
    assert inside["output_change"].iloc[-1] > 0
    assert inside["output_change"].iloc[0] == 0 and abs(ran.totals["nation"]["people_change"]).max() < 1e-3


def test_what_levers_take_is_all_that_is_paid_for_them():
    """A cut of the user cost of capital is granted on all capital: it is worth as much of what capital earns (M1), and
    stands in what levers take beside what firms and lenders buy. Services of newcomers follow how many there are."""
    from citybelt.model.accounts import CAPITAL
    from citybelt.path.begin import begin
    from citybelt.path.march import march
    from citybelt.path.result import tables
    from citybelt.path.timing import spending
    from citybelt.scenario.levers import levers

    world = cb.load("northeast")
    started = begin(world, TO, paced=False)
    menu = {lever.id: lever for lever in levers(world)}
    b, h, work = started.rules.base, len(started.economy.home), started.rules.work
    consumed = np.asarray(b.consumption)[:h] / np.asarray(b.consumption)[:h].sum()

    def ran(lever, value):
        begun = np.full((TO - 2020, 1), value)
        _, years = march(started.rules, started.with_levers((lever,), begun), started.stocks)
        a = years.accounts
        np.testing.assert_allclose(np.asarray(a.bill).sum(axis=(1, 2)), np.asarray(a.levy).sum(axis=1), rtol=1e-9)
        planned = np.asarray(spending((lever,), begun))[:, 0]
        return years, tables(started, years, {})[0]["spending"].values[1:].sum(axis=1), planned

    cut = menu["finance_cluster"]
    years, found, planned = ran(cut, 5.0)
    at = np.asarray(cut.direction.log_K)[:h] > 0
    earned = np.asarray(years.accounts.factor_income)[:, CAPITAL, :h].sum(axis=2) @ at
    granted = 0.05 * earned * np.exp(-np.asarray(years.accounts.log_cpi)[:, :h] @ consumed)
    np.testing.assert_allclose(found, planned + granted * (np.arange(len(found)) >= 2), rtol=1e-3)
    assert granted[-1] > 5 * planned[-1]

    opened = menu["registration_central"]
    years, found, planned = ran(opened, 60.0)
    away = np.asarray(b.people.sum(axis=1) - jnp.diagonal(b.people, axis1=1, axis2=2))
    at = np.asarray(opened.service).sum(axis=0) > 0
    grown = np.stack([np.asarray(work.groups(p) / work.base) for p in years.persons])
    served = (away * grown)[:, :, at].sum(axis=(1, 2)) / away[:, at].sum()
    # By product at base-year prices here, by one price of services there: they differ by the square of price changes.
    np.testing.assert_allclose(found, planned * served, rtol=1e-4)
    assert np.ptp(served) > 1e-3 and np.ptp(planned) == 0


def test_what_is_foreseen_differs_from_what_is_not(seen):
    assert seen.expectations == "foresight" and seen.looks > 1 and seen.residual <= 1e-10
    spent = seen.totals["cluster"]["spending"].to_numpy()
    assert spent[0] == 0 and (spent[1:] > 0).all() and spent[2] > spent[1]


@pytest.mark.proposition("P58")
def test_a_cap_is_kept_at_a_price_and_emissions_are_explained(tmp_path, ran, capfd):
    """A path holds the cluster to its cap where it binds; causes of a change add up to it; fuels and plants
    emit what their energy times their factors says."""
    from citybelt.path.lmdi import FACTORS
    from citybelt.worlds import tables

    free = ran.without["co2"].values @ ran.cluster
    file = tmp_path / "cap.yaml"
    cap = {
        2021: round(2 * float(free[1]), 3),
        2022: round(0.95 * float(free[2]), 3),
        2023: round(0.9 * float(free[3]), 3),
    }
    file.write_text(f"name: {{en: A, zh: 甲}}\ntime: {{cap: {cap}}}\n", encoding="utf-8")
    held = cb.path("northeast", file, to=TO)
    told = held.to_json()
    found = told["emissions"]
    co2 = np.asarray(told["by_region"]["co2"]) @ ran.cluster
    assert found["price"][:2] == [0, 0] and found["cap"][0] is None and co2[1] == pytest.approx(free[1], rel=1e-9)
    np.testing.assert_allclose(co2[2:], [cap[2022]] + [cap[2023]] * 5, rtol=1e-6)
    assert found["price"][3] > found["price"][2] > 0
    for of in ("cluster", "nation"):
        change = np.diff(found["fuels"][of])
        parts = sum(np.asarray(found["why"][of][k]) for k in FACTORS)
        np.testing.assert_allclose(parts[1:], change, atol=1e-9 * max(found["fuels"][of]))
        total = np.asarray(told["by_region"]["co2"]).sum(axis=1) if of == "nation" else co2
        assert found["peak"][of] == told["years"][int(np.argmax(total))] and found["neutral"][of] is None
    inventory = tables.wide("co2_fuel", 2019)[["coal", "oil", "gas"]].sum().sum()
    assert found["fuels"]["nation"][0] == pytest.approx(inventory, rel=0.02)
    Console(width=200).print(held.rich())
    assert f"{cap[2023]:,.0f}" in capfd.readouterr().out
    assert cli.main(["run", "northeast", str(file), "--to", str(TO), "--draws", "2"]) == 2
    assert "cap" in capfd.readouterr().err


def test_closed_borders_keep_everybody(ran):
    closed = cb.path("northeast", "baseline", to=TO, closed=True)
    assert closed.x is closed.without
    nation = closed.totals["nation"]
    np.testing.assert_allclose(nation["people"].diff()[1:], (nation["births"] - nation["deaths"])[1:], rtol=1e-9)
    assert (nation["migration"].iloc[1:].abs() < 1e-3).all()


def test_the_command_line_runs_year_by_year(capfd):
    assert cli.main(["run", "northeast", "research_push", "--to", str(TO), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["years"] == list(range(2020, TO + 1)) and told["status"] == "solved"
    assert np.shape(told["by_region"]["people"]) == (8, 65)
    assert np.shape(told["people_by_age"]["persons"]) == (8, 65, 2, 21)
    assert cli.main(["run", "northeast", "research_push", "--to", str(TO), "--lang", "zh"]) == 0
    shown = capfd.readouterr().out
    assert "城市群" in shown and "哈尔滨市" in shown


def test_one_program_serves_every_scenario():
    """Inputs of a path differ in numbers only, with levers or without, unless levers move costs between places."""
    from citybelt.path.begin import begin
    from citybelt.path.stocks import BETWEEN
    from citybelt.scenario.simulate import opened

    b = begin(cb.load("northeast"), TO)
    kind = lambda inputs: jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype, leaf.weak_type), inputs)  # noqa: E731
    found = set()
    for name in ("research_push", "carbon_price", "household_registration", "harbin_dalian_corridor"):
        _, _, chosen = opened(cb.load("northeast"), name, through_time=True)
        inputs = b.with_levers(tuple(chosen), np.full((len(b.years), len(chosen)), 1.0))
        moved = {field for field in BETWEEN if getattr(inputs.levers, field) is not None}
        assert (kind(inputs) == kind(b.inputs)) == (not moved), name
        found.add(bool(moved))
    assert found == {False, True}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--to", "soon"], "is not a year"),
        (["--to", "2020"], "2020"),
        (["--to", "2061"], "up to 2060"),
        (["--closed-borders"], "Add --to YEAR"),
        (["--to", "2030", "--draws", "200000"], "100,000"),
    ],
)
def test_mistakes_are_told(given, told, capfd):
    assert cli.main(["run", "northeast", "baseline", *given]) == 2
    assert told in capfd.readouterr().err


def test_a_closure_that_a_path_cannot_keep(tmp_path):
    file = tmp_path / "fixed.yaml"
    file.write_text("name: {en: A, zh: 甲}\nclosure: {people: fixed}\n", encoding="utf-8")
    with pytest.raises(InputError, match="people"):
        cb.path("northeast", file, to=TO)


def test_rates_beyond_those_known_are_the_last_known():
    from citybelt.path.begin import begin

    own = begin(cb.load("northeast"), 2099, beyond=4)
    assert own.years[-1] == 2099 and own.beyond == 4 and own.start.years[-1] == 2100
    fertility = np.asarray(own.inputs.vital.fertility)
    assert len(fertility) == len(own.inputs.abroad) == len(own.inputs.study) == 83
    np.testing.assert_array_equal(fertility[-3:], np.repeat(fertility[79:80], 3, axis=0))
    assert (fertility[78] != fertility[79]).any()
    begun = own.lasting(np.arange(79.0)[:, None])
    assert begun.shape == (83, 1) and (begun[-5:] == 78).all()


def test_a_tertiary_worker_earns_by_the_years_of_school_that_the_census_tells(ran):
    """One number for the nation: years of both skills make up the mean years of schooling that were counted."""
    from citybelt.path.begin import begin
    from citybelt.people import rules

    work, persons = begin(cb.load("northeast"), 2021).rules.work, start("northeast", 2020).persons
    grown = np.asarray(persons)[:, :, 15:].sum(axis=(1, 2))
    mean = (grown * np.asarray(work.years)).sum(axis=0) / grown.sum(axis=0)
    assert 6.0 < mean[1] - mean[0] < 9.0
    premium = rules.number("CHN", "school_return") * (mean[1] - mean[0])
    np.testing.assert_allclose(np.log(work.eff), [0.0, premium], rtol=1e-9)


LATE = [
    ("levers: {research_dalian: 3}\ntime: {begin: 2199}", "2199"),
    ("time: {levers: {research_dalian: {2050: 3, 2040: 1}}}", "2040"),
    ("time: {cap: {2050: 900}}", "2050"),
    ("levers: {research_dalian: 3}\ntime: {begin: 2045, cap: {2050: 900}}", "2045"),
]


@pytest.mark.parametrize(("said", "first"), LATE)
def test_a_scenario_that_begins_after_the_last_year_is_told(tmp_path, said, first):
    (tmp_path / "late.yaml").write_text(f"name: {{en: A, zh: 甲}}\n{said}\n")
    with pytest.raises(InputError) as refused:
        cb.path("northeast", tmp_path / "late.yaml", to=TO)
    (problem,) = refused.value.problems
    assert problem.where == "scenario 'late', time" and first in problem.what and str(TO) in problem.what and problem.do


@pytest.mark.parametrize("last", [1999, 2020])
def test_a_last_year_that_is_past_is_told(last):
    with pytest.raises(InputError) as refused:
        cb.path("northeast", "baseline", to=last)
    assert "not after the base year 2020" in refused.value.problems[0].what and refused.value.problems[0].do
