"""The stress test of a world: tables of data, unfolding, indicators, result in both languages, command line."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import citybelt as cb
from citybelt.model.accounts import closure
from citybelt.model.calibrate import calibrate
from citybelt.plan.store_records import decode, encode
from citybelt.security.indicators import concentration, content, own_supply
from citybelt.security.kinds import MAKE
from citybelt.security.result import Stress
from citybelt.security.stress import stress, under
from citybelt.security.table import SECURITIES, families, short_run
from economies import random_inputs
from small_world import small_world


@pytest.mark.proposition("P2")
def test_every_disruption_has_a_size_a_source_and_both_names():
    assert {row.security for row in families()} == set(SECURITIES)
    assert len({row.id for row in families()}) == len(families())
    for row in families():
        assert row.what in MAKE and 0 < row.size <= 1
        assert row.source and row.verified in ("page", "abstract", "definition", "assumed")
        for axis in row.each:
            assert axis == "cluster" or (f"{{{axis}}}" in row.name_en and f"{{{axis}}}" in row.name_zh)
    for ends in short_run().values():
        assert ends["low"] <= ends["value"] <= ends["high"]


def test_short_run_trade_is_stiffer_than_long_run_trade():
    from citybelt.model.theory import table

    long_run = table()
    assert short_run()["theta"]["high"] < long_run.loc[long_run["symbol"] == "theta", "low"].min()


def test_value_added_of_all_regions_is_the_whole_price_where_nothing_is_taxed():
    inputs = random_inputs(5, h=4, f=3, j=2, g=2, tariffs=False)
    inputs["tax_rate"] = np.zeros_like(inputs["tax_rate"])
    b = calibrate(**inputs, closure=closure())
    np.testing.assert_allclose(content(b, np.ones(7)), 1.0, rtol=1e-12)
    parts = [content(b, (np.arange(7) == k).astype(float)) for k in range(7)]
    np.testing.assert_allclose(sum(parts), 1.0, rtol=1e-12)


def test_concentration_by_hand():
    """Two home regions, of which the first is the cluster; it buys 50 at home, 30 and 20 from two partners."""
    share = np.zeros((1, 4, 4))
    share[0, 0] = [0.4, 0.1, 0.3, 0.2]
    share[0, 1] = [0.0, 1.0, 0.0, 0.0]
    b = SimpleNamespace(n_home=2, share=share, spending=np.array([[100.0], [7.0], [1.0], [1.0]]))
    hhi, imported = concentration(b, np.array([1.0, 0.0]))
    np.testing.assert_allclose([hhi[0], imported[0]], [0.6**2 + 0.4**2, 0.5])
    np.testing.assert_allclose(own_supply(b, np.array([1.0, 0.0])), [0.4])


@pytest.fixture(scope="module")
def small():
    return stress(small_world())


def same_when_kept(found):
    """What a store makes of its text again is the same, table by table."""
    again = decode(encode(found), Stress)
    tables = lambda s: {k: x for k, x in [*vars(s).items(), *s.then.items()] if isinstance(x, pd.DataFrame)}  # noqa: E731
    for name, table in tables(found).items():
        pd.testing.assert_frame_equal(tables(again)[name], table, check_exact=True, obj=name)
    rest = [(s.world, s.vintage, s.scenario, s.closure, s.residual, s.case, s.then.keys()) for s in (found, again)]
    assert rest[0] == rest[1] and tables(found).keys() == tables(again).keys()


def test_a_store_keeps_it_as_it_is(small):
    same_when_kept(small)


def test_every_disruption_is_solved_or_an_error(small):
    table = small.disruptions
    assert set(table["security"]) == set(SECURITIES) and table["id"].is_unique
    numbers = ["loss", "nation", "money", "output"]
    solved = table["error"] == ""
    assert np.isfinite(table.loc[solved, numbers]).all().all()
    assert table.loc[~solved, numbers].isna().all().all()
    assert solved.mean() > 0.9
    assert small.residual <= 1e-10


@pytest.mark.proposition("P2")
def test_the_worst_is_the_largest_of_its_set_and_securities_are_not_added_up(small):
    worst = small.worst.set_index("security")
    for security in SECURITIES:
        own = small.disruptions[small.disruptions["security"] == security]
        assert worst.loc[security, "loss"] == own["loss"].max()
        assert worst.loc[security, "id"] == own.loc[own["loss"].idxmax(), "id"]
    assert list(worst.index) == [*SECURITIES, "joint"]
    assert worst.loc["joint", "loss"] != pytest.approx(worst.loc[list(SECURITIES), "loss"].sum(), rel=1e-6)


def test_tables_by_city_and_sector_are_those_of_the_worst(small):
    for security in SECURITIES:
        id = small.worst.set_index("security").loc[security, "id"]
        own = small.by_city[small.by_city["security"] == security].set_index("of")
        np.testing.assert_array_equal(own["people"], small.origins.loc[id, own.index])
        np.testing.assert_array_equal(own["output"], small.cities.loc[id, own.index])
        own = small.by_sector[small.by_sector["security"] == security].set_index("of")
        np.testing.assert_array_equal(own["output"], small.sectors.loc[id, own.index])


@pytest.mark.proposition("P6")
def test_a_plan_is_struck_beside_the_world_as_it_is(northeast):
    """A mix of levers as values, against the same mix as a scenario, and its equilibrium's own indicators."""
    from citybelt.scenario.card import cards_of
    from citybelt.scenario.levers import levers
    from citybelt.scenario.scenario import load_scenario

    rows = [row for row in families() if row.id in ("food_all", "carbon_budget_5")]
    scenario = load_scenario("carbon_price", "northeast")
    wanted = {id: value for id, value in scenario.levers.items() if value}
    menu = levers(northeast, {id: cards_of("northeast")[id] for id in wanted})
    plan = under(northeast, menu, list(wanted.values()), closure=scenario.closure, rows=rows)
    other = stress(northeast, scenario, rows=rows)
    assert (plan.case, other.case) == ("plan", "scenario")
    for one, two in ((plan.disruptions, other.disruptions), (plan.indicators, other.indicators)):
        for column in [c for c in one.columns if c.endswith("_plan")]:
            np.testing.assert_array_equal(one[column], two[column.replace("_plan", "_scenario")])
    # A price of carbon saves carbon, which the indicator of the plan's equilibrium shows.
    co2 = plan.indicators[plan.indicators["unit"] == "mt"].iloc[0]
    assert 0 < co2["value_plan"] < co2["value"]
    assert set(plan.then) == {"origins", "cities", "sectors"} and plan.then["cities"].shape == plan.cities.shape
    for language in ("en", "zh"):
        console = Console(width=120, record=True, file=open("/dev/null", "w"))
        console.print(plan.rich(language))
        text = console.export_text()
        assert {"en": "Under the plan", "zh": "规划下"}[language] in text and "nan" not in text


@pytest.mark.parametrize(("language", "words"), [("en", "Five securities"), ("zh", "五大安全")])
def test_the_view_speaks_both_languages(small, language, words):
    console = Console(width=120, record=True, file=open("/dev/null", "w"))
    console.print(small.rich(language))
    text = console.export_text()
    assert words in text
    assert "nan" not in text


def test_the_result_is_plain_json(small):
    document = json.loads(json.dumps(small.to_json(), allow_nan=False))
    assert document["world"] == "northeast" and len(document["worst"]) == len(SECURITIES) + 1
    assert set(document["limits"]) == {"en", "zh"}


@pytest.mark.proposition("P6")
def test_a_scenario_is_struck_beside_the_world_as_it_is(northeast):
    rows = [row for row in families() if row.id in ("food_all", "energy_embargo", "carbon_budget_5")]
    found = stress(northeast, "carbon_price", rows=rows)
    assert found.unsolved == 0
    assert found.disruptions[["loss", "loss_scenario"]].notna().all().all()
    budget = found.disruptions[found.disruptions["id"] == "carbon_budget_5"].iloc[0]
    # The scenario's own price of carbon already saves what the budget asks for, or part of it.
    assert budget["carbon_price_scenario"] < budget["carbon_price"]
    worst = found.worst.set_index("security")
    np.testing.assert_allclose(worst["change"], worst["loss_scenario"] - worst["loss"])


def test_without_levers_a_scenario_changes_nothing(northeast):
    from citybelt.scenario.scenario import load_scenario

    rows = [row for row in families() if row.id == "energy_all"]
    nothing = under(northeast, (), (), rows=rows)
    same_when_kept(nothing)
    np.testing.assert_array_equal(nothing.disruptions["loss"], nothing.disruptions["loss_plan"])
    idle = replace(load_scenario("carbon_price", "northeast"), levers={})
    found = stress(northeast, idle, rows=rows)
    np.testing.assert_array_equal(found.disruptions["loss"], found.disruptions["loss_scenario"])


def test_a_scenario_that_is_none_is_refused(northeast):
    with pytest.raises(cb.InputError, match="neither a file nor a scenario"):
        cb.stress(northeast, "no such scenario")


def test_the_command_line_prints_one_document(monkeypatch, capfdbinary, small):
    from citybelt import cli, verbs

    asked = {}

    def answer(world, scenario, progress):
        asked["scenario"] = scenario
        return small

    monkeypatch.setattr(verbs, "stress", answer)
    assert cli.main(["stress", "northeast", "--scenario", "carbon_price", "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert document["verb"] == "stress" and asked == {"scenario": "carbon_price"}
    assert {"worst", "disruptions", "indicators"} <= set(document)
