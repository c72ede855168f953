"""Runs: what is told adds up, and a scenario does what its equilibrium does."""

import dataclasses
import json
import types

import numpy as np
import pytest
from rich.console import Console

from citybelt.dims import PAYERS
from citybelt.errors import InputError
from citybelt.scenario import Scenario, run
from citybelt.scenario.levers import costs, shock, values_of
from citybelt.scenario.scenario import check
from small_world import HOME, small_levers, small_world

LEVERS = {"research_harbin": 2.0, "clearance_russia": 12.0, "border_paperwork": 60.0, "placebo": 1.5}


def scenario(levers=LEVERS, **changes):
    given = dict(
        id="trial", name="Trial", name_zh="试验", description="A trial.", description_zh="一次试验。",
        levers=types.MappingProxyType(levers), closure={}, elasticities={}, vintage="", propositions=("P36",),
        lineage=("trial",),
    )  # fmt: skip
    return Scenario(**{**given, **changes})


@pytest.fixture(scope="module")
def dataset():
    return small_world()


@pytest.fixture(scope="module")
def menu(dataset):
    return small_levers(dataset)


@pytest.fixture(scope="module")
def solved(dataset, menu):
    return run(dataset, scenario(), menu=menu)


def test_nothing_changed_changes_nothing(dataset, menu):
    nothing = run(dataset, scenario({}), menu=menu, certified=False)
    assert nothing.totals.loc[["cluster", "nation"], ["welfare", "ev", "output", "co2_change"]].abs().max().max() < 1e-7
    assert nothing.by_lever.empty and nothing.certificate is None
    assert nothing.by_payer[["cluster", "elsewhere"]].to_numpy().sum() == 0.0


def test_interaction_is_the_whole_less_the_sum_of_each_alone(solved):
    table = solved.by_lever.set_index("lever")
    assert list(table.index) == [*sorted(LEVERS, key=list(table.index).index), "interaction"]
    for alone, of, total in (
        ("alone", "cluster", "welfare"), ("alone_nation", "nation", "welfare"), ("ev", "cluster", "ev"),
        ("ev_nation", "nation", "ev"),
    ):  # fmt: skip
        assert np.isclose(table[alone].sum(), solved.totals.loc[of, total], rtol=1e-12)
    assert abs(table.loc["interaction", "alone"]) < 0.2 * table["alone"].drop("interaction").abs().sum()


def test_a_lever_alone_is_its_own_run(solved, dataset, menu):
    alone = run(dataset, scenario({"research_harbin": 2.0}), menu=menu, certified=False)
    told = solved.by_lever.set_index("lever").loc["research_harbin"]
    assert np.isclose(alone.welfare_change, told["alone"], atol=1e-8)
    assert len(alone.by_lever) == 1, "one lever has no interaction"


@pytest.mark.proposition("P60")
def test_the_placebo_costs_welfare_about_what_it_costs(solved):
    told = solved.by_lever.set_index("lever").loc["placebo"]
    assert told["cost"] == pytest.approx(1.5)
    assert -2.0 * told["cost"] < told["ev_nation"] < -0.5 * told["cost"]


def test_payers_pay_what_the_levers_cost(solved, menu):
    chosen = [one for one in menu if one.id in LEVERS]
    values = values_of(chosen, LEVERS)
    paid = float(costs(chosen, values).sum())
    by_payer = solved.by_payer.set_index("payer").sum(axis=1)
    assert list(by_payer.index) == list(PAYERS)
    assert by_payer.sum() == pytest.approx(paid, rel=0.05)  # at the prices of the counterfactual
    shares = np.asarray(shock(chosen, values).purchase.sum(axis=(1, 2))) / paid
    np.testing.assert_allclose(by_payer / by_payer.sum(), shares, atol=0.01)
    assert solved.totals.loc["nation", "levy"] == pytest.approx(by_payer.sum(), rel=1e-9)


def test_regions_add_up_to_the_totals(solved):
    table = solved.by_region
    assert list(table.index) == list(HOME)
    inside = table[table["in_cluster"]]
    for of, part in (("cluster", inside), ("nation", table)):
        assert part["ev"].sum() == pytest.approx(solved.totals.loc[of, "ev"], rel=1e-9)
        assert part["co2_change"].sum() == pytest.approx(solved.totals.loc[of, "co2_change"], abs=1e-9)
        assert part["people_abs"].sum() == pytest.approx(solved.totals.loc[of, "people"], abs=1e-3)
    assert abs(solved.totals.loc["nation", "people"]) < 1e-3


def test_sectors_and_regions_tell_the_same_output(solved, dataset):
    x = dataset.x
    value_added = ((1 - x["tax_rate"].values - x["input_coef"].values.sum(axis=2)) * x["output"].values)[: len(HOME)]
    change = solved.by_region_sector.to_numpy()
    inside = solved.by_region["in_cluster"].to_numpy()
    whole = (value_added * change).sum() / value_added.sum()
    by_sector = (solved.by_sector["nation"] * value_added.sum(axis=0)).sum() / value_added.sum()
    by_region = (solved.by_region["output"] * value_added.sum(axis=1)).sum() / value_added.sum()
    assert whole == pytest.approx(by_sector) == pytest.approx(by_region)
    own = (value_added * change)[inside].sum() / value_added[inside].sum()
    assert own == pytest.approx(solved.totals.loc["cluster", "output"], rel=1e-9)


def test_closure_elasticities_and_certificate_are_told(dataset, menu):
    mobile = run(dataset, scenario(closure={"capital": "mobile"}, elasticities={"nu": 2.0}), menu=menu, certified=False)
    fixed = run(dataset, scenario(), menu=menu, certified=False)
    assert mobile.closure["capital"] == "mobile" and fixed.closure["capital"] == "fixed"
    assert abs(mobile.welfare_change - fixed.welfare_change) > 1e-5


def test_a_run_as_json_and_on_the_terminal_in_both_languages(solved):
    document = json.loads(json.dumps(solved.to_json(), allow_nan=False))
    assert {"status", "residual", "certificate", "welfare_change", "welfare_change_nation", "band", "levers"} <= set(
        document
    )
    assert document["status"] == "solved" and document["residual"] < 1e-10
    assert document["levers"][0]["lever"] in LEVERS and len(document["by_region"]) == len(HOME)
    said = {}
    for language in ("en", "zh"):
        console = Console(width=200, record=True, file=open("/dev/null", "w"))
        console.print(solved.rich(language))
        said[language] = console.export_text()
    assert "Interaction" in said["en"] and "capital: fixed" in said["en"] and "P36" in said["en"]
    assert "交互作用" in said["zh"] and "资本: 固定" in said["zh"]
    assert f"{solved.welfare_change:+.3f}" in said["en"] and f"{solved.welfare_change:+.3f}" in said["zh"]
    assert solved.certificate.words_en in said["en"].replace("\n", " ") or "not proven" in said["en"]


def test_bands_hold_the_draws_and_repeat(dataset, menu):
    told = []
    once = run(dataset, scenario(), draws=6, menu=menu, certified=False, progress=lambda *step: told.append(step))
    again = run(dataset, scenario(), draws=6, menu=menu, certified=False)
    assert once.band == again.band and once.draws_solved == 6
    low, high = once.band["welfare_change"]
    assert low < high
    assert ("draws", 6, 6) in told and ("equilibrium", 1, 1) in told


def test_a_lever_left_at_zero_is_not_built(dataset, menu):
    idle = run(dataset, scenario({"placebo": 0.0}), menu=menu, certified=False)
    assert idle.by_lever.empty


def test_a_scenario_of_another_vintage_is_run_on_that(dataset, menu, monkeypatch):
    from citybelt import worlds

    def load(name, vintage, split=None):
        return types.SimpleNamespace(**{**vars(dataset), "vintage": vintage, "x": other})

    monkeypatch.setattr(worlds, "load", load)
    wanted = scenario({}, vintage="2021")
    other = dataset.x
    chosen = types.SimpleNamespace(**{**vars(dataset), "vintage": "2019"})
    with pytest.raises(InputError, match="asks for the data of 2021, and the world is loaded with those of 2019"):
        run(chosen, wanted, certified=False)
    assert run(chosen, scenario({}, vintage="2019"), certified=False).vintage == "2019"
    assert run(dataset, wanted, certified=False).vintage == "2021"
    assert run(dataset, scenario({}), certified=False).vintage == "2020"
    other = dataset.x.isel(region=slice(1, None))
    with pytest.raises(InputError, match="asks for the data of 2021, with other regions"):
        run(dataset, wanted, certified=False)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"levers": {"placebbo": 1.0}}, "levers, 'placebbo': unknown lever 'placebbo'. Did you mean 'placebo'?"),
        ({"levers": {"placebo": 99.0}}, "levers, 'placebo': 'placebo' is 99, outside its bounds 0 to 5"),
        ({"levers": {"placebo": "2"}}, "levers, 'placebo': 'placebo' must be a finite number, not '2'."),
        ({"levers": {"placebo": 10**400}}, "levers, 'placebo': 'placebo' must be a finite number"),
        ({"levers": [1.0]}, "levers: must be a mapping, not a list."),
        ({"closure": {"capitol": "mobile"}}, "closure, 'capitol': unknown account of the closure"),
        ({"closure": {"capital": 1.0}}, "closure, 'capital': 'capital' cannot be 1.0. Use one of: fixed, mobile."),
        ({"elasticities": {"mu": 2.0}}, "elasticities, 'mu': unknown elasticity 'mu'. Did you mean 'nu'?"),
        ({"elasticities": {"nu": -5.0}}, "elasticities, 'nu': 'nu' is -5, outside its bounds"),
        ({"elasticities": {"nu": float("nan")}}, "elasticities, 'nu': 'nu' must be a finite number, not nan."),
        ({"vintage": "1999"}, "vintage: cannot be '1999'."),
        ({"propositions": ("P66",)}, "propositions: 'P66' is not a proposition P1 to P65."),
    ],
)
def test_a_scenario_made_by_hand_is_checked_like_a_file(dataset, menu, changes, says):
    also = {"closure": {"people": "gone"}, "levers": {}} | changes  # one more mistake: all are told at once
    with pytest.raises(InputError) as caught:
        run(dataset, dataclasses.replace(scenario(), **also), menu=menu)
    said = [str(problem) for problem in caught.value.problems]
    assert len(said) == 2 - ("closure" in changes)
    assert any(s.startswith(f"scenario 'trial', {says}") for s in said), said


def test_numbers_of_numpy_are_numbers(menu):
    check(scenario({"placebo": np.float32(1.5), "research_harbin": np.int64(2)}), {one.id: one.card for one in menu})


def test_trade_dependence_of_the_whole_is_that_of_its_regions(solved, dataset, menu):
    from citybelt.model import outcomes
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory
    from citybelt.worlds import tables

    e = economy(dataset, theory(dataset.x.sector.values))
    goods = tables.sectors().loc[list(e.sectors), "goods"].to_numpy(float)
    trade = sum(outcomes.foreign_trade(e, None, goods))
    gdp = trade / outcomes.trade_dependence(e, None, goods)
    inside = solved.by_region["in_cluster"].to_numpy()
    before = solved.totals.loc["cluster", "trade_dependence"] - solved.totals.loc["cluster", "trade_dependence_change"]
    assert before == pytest.approx(100 * trade[inside].sum() / gdp[inside].sum(), rel=1e-9)
