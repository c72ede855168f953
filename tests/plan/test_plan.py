"""The plan as an object: tables that add up, JSON, both languages, bad options."""

import json
from dataclasses import replace

import numpy as np
import pytest

import citybelt
from citybelt.errors import InputError
from citybelt.result import to_text


@pytest.fixture(scope="module")
def plan(northeast):
    return citybelt.plan(northeast, draws=6, complete=False)


@pytest.mark.proposition("P28")
def test_sources_of_money_add_up_to_cost(plan):
    """What payers spend is what levers cost at the plan's prices, and what the people of the nation pay."""
    by_payer = plan.budget["by_payer"]
    region = plan.by_region
    assert sum(by_payer.values()) == pytest.approx(region["paid"].sum(), rel=1e-8)
    paid = region[[f"paid_{p}" for p in ("centre", "province", "city", "private", "foreign")]].sum()
    for payer, amount in by_payer.items():
        assert paid[f"paid_{payer}"] == pytest.approx(amount, rel=1e-8, abs=1e-12)
    assert plan.levers["cost"].sum() == pytest.approx(plan.budget["spent"], rel=1e-6)
    # Prices of what levers buy move by less than two per cent.
    assert sum(by_payer.values()) == pytest.approx(plan.budget["spent"], rel=0.02)


def test_every_lever_is_listed_once_with_its_state(plan):
    levers = plan.levers
    assert levers["name"].is_unique
    assert set(levers["status"]) == {"chosen", "left_out", "if"}
    assert (levers.loc[levers["status"] != "chosen", "cost"] == 0).all()
    assert (levers.loc[levers["status"] == "if", "value"] == 0).all()
    assert levers.loc[levers["name"] == "placebo", "status"].item() == "left_out"
    share = levers["share_of_draws"].dropna()
    assert ((share >= 0) & (share <= 1)).all() and len(share) == (levers["status"] != "if").sum()


def test_json_is_complete_and_plain(plan):
    made = json.loads(to_text(plan.to_json()))
    for key in (
        "status", "residual", "certificate", "welfare_change", "welfare_change_nation", "band", "levers", "budget",
        "shadow_prices", "by_region", "report",
    ):  # fmt: skip
        assert key in made, key
    assert made["status"] == "solved" and made["residual"] <= 1e-10 and made["kkt"] <= 1e-6
    assert made["draws"] == 6 and 0.9 * 6 <= made["draws_replanned"] <= made["draws_solved"] <= 6
    assert made["band"]["welfare_change"][0] < made["band"]["welfare_change"][1]
    for lever in made["levers"]:
        assert {"name", "status", "value", "unit", "cost", "payer", "share_of_draws"} <= set(lever)


def test_losers_are_named_and_regions_add_up(plan):
    inside = plan.by_region[plan.by_region["in_cluster"]]
    assert inside["net"].sum() == pytest.approx(plan.ev, rel=1e-8)
    assert plan.by_region["net"].sum() == pytest.approx(plan.ev_nation, rel=1e-8)
    assert len(inside) == 36
    assert (plan.best_levers.groupby("region").size() == 3).all()


def test_cities_rank_levers_by_all_that_is_spent_and_no_transfers(northeast, whole):
    """The bill of a subsidy counts as spent; a transfer, which costs its paperwork only, would always come first."""
    from citybelt.plan.solved.optimise import look
    from citybelt.plan.solved.pose import pose
    from citybelt.plan.told.explain import best_levers

    named = ("research_harbin", "subsidy_equip_shenyang", "land_price_harbin", "transfer_centre_north")
    p = pose(northeast, whole.economy, [lv for lv in whole.levers if lv.id in named], ("ev:cluster",))
    here = look(p, 0.3 * p.upper)
    table = best_levers(p, here, lambda *_: None)
    assert set(table["lever"]) == {*named} - {"transfer_centre_north"}
    place = [str(r) for r in whole.economy.home].index("230100")
    at = table[table["region"] == "230100"].set_index("lever")["gain"]
    for k, lever in enumerate(p.levers):
        if lever.id not in ("research_harbin", "subsidy_equip_shenyang"):  # of these a slice is a small step
            continue
        ends = [look(p, (0.3 + d * (np.arange(len(p.levers)) == k)) * p.upper, rows=()) for d in (-5e-3, 5e-3)]
        own = [
            (np.asarray(p.economy.base.income_by_origin) * np.expm1(x.solution.accounts.log_welfare)).sum(axis=0)[place]
            for x in ends
        ]
        spent = ends[1].row("cost") - ends[0].row("cost")
        assert at[lever.id] == pytest.approx(100 * (own[1] - own[0]) / spent, rel=0.02), lever.id


def test_closure_grid_holds_the_headline(plan):
    grid = plan.closure_grid
    assert (grid["status"] == "solved").all() and len(grid) == 16
    default = grid[(grid[list(plan.closure)] == list(plan.closure.values())).all(axis=1)]
    assert default["welfare_change"].item() == pytest.approx(plan.welfare_change, rel=1e-6)


def test_same_seed_same_draws(northeast, plan):
    """And fewer draws are the first of them: a draw depends on its number alone."""
    again = citybelt.plan(northeast, draws=3, complete=False).draw_table.to_numpy()
    np.testing.assert_array_equal(again, plan.draw_table.to_numpy()[: len(again)])
    assert len(again) == 3


def test_speaks_both_languages(plan):
    from rich.console import Console

    for language, word in (("en", "welfare"), ("zh", "福利")):
        console = Console(width=150, record=True, file=open("/dev/null", "w"))
        console.print(plan.rich(language))
        assert word in console.export_text()


@pytest.mark.parametrize(("language", "word"), [("en", "80 % band"), ("zh", "80 % 区间")])
def test_without_draws_no_band_is_told(plan, language, word):
    from rich.console import Console

    for shown, told in ((plan, True), (replace(plan, band={}, draws=0), False)):
        console = Console(width=150, record=True, file=open("/dev/null", "w"))
        console.print(shown.rich(language))
        text = console.export_text()
        assert (word in text) == told and "+nan" not in text


def test_bad_options_are_named_together(northeast):
    from citybelt.plan.asked.brief import Brief

    with pytest.raises(InputError) as caught:
        Brief.default(northeast, budget=-1, objective="world", floor=20)
    assert len(caught.value.problems) == 3


def test_measures_and_targets_tell_the_plan(plan):
    """Every chosen lever is a measure with a lead and years; every target is kept, and what binds has a price."""
    chosen = plan.levers[plan.levers["status"] == "chosen"]
    assert set(plan.actions["lever"]) == set(chosen["name"])
    assert plan.actions["cost"].sum() == pytest.approx(plan.budget["spent"], rel=1e-6)
    assert (plan.actions["works"] >= plan.actions["begins"]).all()
    assert all(row["lead"] == max(row["payers"], key=row["payers"].get) for _, row in plan.actions.iterrows())
    assert plan.targets["kept"].all()
    assert plan.targets.loc[plan.targets["price"] > 1e-6, "binding"].all()


@pytest.mark.slow
def test_what_is_built_whole_stands_among_the_chosen(northeast):
    """Levers held at their place are still in the plan: what the chosen ones cost is what is spent."""
    plan = citybelt.plan(northeast, "whole_lines", draws=0, complete=False)
    chosen = plan.levers[plan.levers["status"] == "chosen"]
    assert chosen["cost"].sum() == pytest.approx(plan.budget["spent"], rel=1e-6)
    built = set(plan.projects.projects.loc[plan.projects.projects["chosen"], "id"])
    assert built and built <= set(chosen["name"])
    assert set(plan.levers.loc[plan.levers["status"] == "if", "name"]).isdisjoint({"placebo"})
