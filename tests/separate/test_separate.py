"""Separate plans of the Northeast's provinces against one plan: accounts of who gains, and careless calls."""

import json

import numpy as np
import pytest

import citybelt
from citybelt.errors import InputError
from citybelt.result import to_text
from citybelt.separate.cooperate import in_core
from citybelt.separate.make import distinct
from citybelt.separate.players import provinces
from citybelt.separate.rivalry import KKT


@pytest.fixture(scope="module")
def found(northeast):
    return citybelt.separate(northeast, draws=2)


@pytest.fixture(scope="module")
def menu(northeast):
    """Without subsidies and land prices of their own."""
    return citybelt.separate(northeast, instruments=False, draws=0)


@pytest.mark.proposition("P51")
def test_one_plan_is_worth_no_less(found):
    t = found.totals
    assert t["separate"] <= t["own_budgets"] + 1e-6 <= t["unified"] + 2e-6
    assert found.value["unified"] == pytest.approx(found.value["coordination"] + found.value["moving_money"])
    assert found.separate.kkt.max() <= KKT and found.unified.kkt.max() <= KKT and found.residual <= 1e-10


@pytest.mark.proposition("P51")
def test_players_are_the_sum_of_their_cities(found):
    table = found.by_player.set_index("player")
    cities = found.by_region.groupby("player")[["ev_separate", "ev_unified", "value"]].sum()
    for ours, theirs in (("separate", "ev_separate"), ("unified", "ev_unified"), ("value", "value")):
        np.testing.assert_allclose(table[ours], cities.loc[table.index, theirs], rtol=1e-8, atol=1e-10)
    assert len(found.by_region) == 36
    spent = found.levers.groupby("player")[["cost_separate", "cost_unified"]].sum()
    np.testing.assert_allclose(table["cost_unified"], spent.loc[table.index, "cost_unified"], rtol=1e-3)
    assert (table["cost_separate"] <= table["budget"] * (1 + 1e-9)).all()
    assert table["cost_unified"].sum() <= table["budget"].sum() * (1 + 1e-9)


@pytest.mark.proposition("P50")
def test_shares_and_transfers_add_up_and_nobody_loses(found):
    table, total = found.by_player, found.totals["unified"]
    assert table["shapley"].sum() == pytest.approx(total) and table["core"].sum() == pytest.approx(total)
    for name, floor in (("no_plan", 0.0), ("separate", table["separate"]), ("both", table["separate"].clip(lower=0))):
        moved = table[f"transfer_{name}"]
        assert moved.sum() == pytest.approx(0.0, abs=1e-9)
        if found.transfers[name].lacking == 0:
            assert (table["unified"] + moved >= floor - 1e-9).all()
    # Against separate plans there is always enough, as one plan is worth no less.
    assert found.transfers["separate"].lacking == 0


@pytest.mark.proposition("P50")
def test_coalitions_stand_between_the_two(found):
    values = dict(zip(found.coalitions["players"], found.coalitions["value"], strict=True))
    ids = list(found.players)
    for k, i in enumerate(ids):
        assert values[i] == pytest.approx(found.separate.payoffs[k])
    assert values[", ".join(ids)] == pytest.approx(found.totals["unified"])
    game = np.zeros(8)
    for name, value in values.items():
        game[sum(1 << ids.index(i) for i in name.split(", "))] = value
    assert in_core(game, found.by_player["core"].to_numpy()) is not found.core.empty


@pytest.mark.proposition("P3")
def test_division_of_labour_adds_up_to_sectors_and_cities(found, northeast):
    """Output of a sector, and of a city, is the mean over its cells by value added of the world's tables."""
    x = northeast.x
    added = ((1 - x.tax_rate - x.input_coef.sum("product")) * x.output).to_series()
    places = found.division[["region", "sector"]].itertuples(index=False)
    cells = found.division.assign(added=[added[tuple(place)] for place in places])
    for table, key in ((found.by_sector, "sector"), (found.by_region, "region")):
        for plan in ("output_separate", "output_unified"):
            weighed = (cells[plan] * cells["added"]).groupby(cells[key]).sum() / cells.groupby(key)["added"].sum()
            np.testing.assert_allclose(table.set_index(key)[plan].loc[weighed.index], weighed, rtol=1e-5, atol=1e-8)


@pytest.mark.proposition("P31")
def test_likeness_of_the_base_year_is_that_of_the_data(found, northeast):
    """By hand from the tables of the world; and equal industries are equal."""
    x = northeast.x
    added = ((1 - x.tax_rate - x.input_coef.sum("product")) * x.output).values
    groups = provinces(northeast)
    ids = [str(r) for r in x.region.values]
    mix = np.array([added[[ids.index(r) for r in members]].sum(axis=0) for members in groups.values()])
    mix /= mix.sum(axis=1, keepdims=True)
    for _, row in found.likeness.iterrows():
        one, other = (mix[list(groups).index(row[k])] for k in ("one", "other"))
        cosine = one @ other / np.sqrt((one @ one) * (other @ other))
        assert row["cosine_base"] == pytest.approx(cosine, rel=1e-6)
        assert row["krugman_base"] == pytest.approx(np.abs(one - other).sum(), rel=1e-6)
        assert 0 < row["cosine_unified"] <= 1 and 0 <= row["krugman_unified"] <= 2


def test_levers_of_nobody_and_ifs_stay_off(found):
    assert found.nobody == () and "tariff_rcep" in found.ifs
    assert "services_cluster" in found.ifs and not set(found.ifs) & set(found.levers["lever"])
    placebo = found.levers[found.levers["lever"] == "placebo"]
    assert len(placebo) == 3 and (placebo[["value_separate", "value_unified"]] == 0).all(axis=None)


def test_json_is_complete_and_plain(found):
    made = json.loads(to_text(found.to_json()))
    for key in (
        "by_player",
        "coalitions",
        "by_region",
        "by_sector",
        "likeness",
        "levers",
        "transfers",
        "core",
        "kkt",
        "levers_if",
        "sharing",
        "repetition",
        "transition",
        "transition_total",
        "similarity",
        "competition",
        "shapes",
        "draws",
    ):
        assert made[key], key
    assert made["status"] == "solved" and made["value"]["unified"] > 0
    assert [p["name_en"] for p in made["by_player"]] == ["Liaoning", "Jilin", "Heilongjiang"]


def test_speaks_both_languages(found):
    from rich.console import Console

    for language, words in (("en", ("separate", "Jilin", "core")), ("zh", ("统一规划", "吉林省", "核"))):
        console = Console(width=150, record=True, file=open("/dev/null", "w"))
        console.print(found.rich(language))
        text = console.export_text()
        assert (
            all(word in text for word in words)
            and "-0.00" not in text.split("total" if language == "en" else "合计")[1]
        )


def test_any_groups_may_play_and_one_is_the_unified_plan(northeast, menu):
    """A single player who holds the whole cluster: nothing to win by one plan, and the same total."""
    everybody = [r for members in provinces(northeast).values() for r in members]
    one = citybelt.separate(northeast, players={"all": everybody}, instruments=False, draws=0)
    assert one.value["unified"] == pytest.approx(0.0, abs=1e-6)
    assert one.totals["separate"] == pytest.approx(menu.totals["unified"], rel=1e-5)


@pytest.mark.proposition("P50")
def test_many_players_are_shared_out_by_drawn_orders(northeast, menu, monkeypatch):
    """Three provinces taken for too many: drawn shares add up and lie where the exact ones do."""
    from citybelt.separate import game as module

    monkeypatch.setattr(module, "MOST", 2)
    drawn = citybelt.separate(northeast, orders=3, instruments=False, draws=0)
    exact = menu.by_player["shapley"].to_numpy()
    assert drawn.shapley.orders == 6 and drawn.core is None and drawn.coalitions.empty
    assert drawn.shapley.values.sum() == pytest.approx(drawn.totals["unified"])
    # Reversed pairs leave little to chance, but coalitions are begun elsewhere and settle to 1e-6.
    np.testing.assert_allclose(drawn.shapley.values, exact, atol=1e-4 + 4 * drawn.shapley.error.max())
    without = citybelt.separate(northeast, instruments=False, draws=0)
    assert without.shapley is None and without.by_player["shapley"].isna().all()
    assert json.loads(to_text(without.to_json()))["core"] is None and without.rich("zh") and without.rich()


def test_plans_are_counted_by_what_they_bring(found):
    assert found.separate_plans_found == 1 and distinct([found.separate, found.separate]) == 1
    assert distinct([found.separate, found.unified]) == 2


@pytest.mark.parametrize(
    ("players", "part"),
    [
        ({}, "there are none"),
        ("towns", "'towns' is unknown"),
        (None, "None is unknown"),
        ({"a": ["210100"], "b": ["nowhere"]}, "no home region nowhere"),
        ({"a": "210100"}, "no list of regions"),
        ({"a": []}, "no list of regions"),
        ({"a": ["210100"], "b": ["210100", "220100"]}, "210100 belongs to two players"),
    ],
)
def test_players_that_cannot_be_are_named(northeast, players, part):
    with pytest.raises(InputError, match=part):
        citybelt.separate(northeast, players=players)


@pytest.mark.parametrize("budget", [0, -1, 0.5, "0.005", None, float("nan")])
def test_a_budget_is_a_share(northeast, budget):
    with pytest.raises(InputError, match=r"^budget: "):
        citybelt.separate(northeast, budget=budget)


def test_a_city_without_levers_has_none_but_its_instruments(northeast):
    with pytest.raises(InputError, match="no lever stands wholly"):
        citybelt.separate(northeast, players={"a": ["230700"]}, instruments=False)


@pytest.mark.parametrize("orders", [-1, 1.5, "3", None, True])
def test_orders_are_a_whole_number(northeast, orders):
    with pytest.raises(InputError, match=r"^orders: "):
        citybelt.separate(northeast, orders=orders)


@pytest.mark.parametrize("draws", [-1, 1.5, "3", None, True])
def test_draws_are_a_whole_number(northeast, draws):
    with pytest.raises(InputError, match=r"^draws: "):
        citybelt.separate(northeast, draws=draws)


@pytest.mark.proposition("P50")
def test_transfers_in_equilibrium_leave_nobody_worse_off(found):
    """Provinces, and their cities, have no less than without a plan and under separate plans; payments add up."""
    for floor, share in found.sharing.items():
        t = share.table
        assert t["received"].sum() == pytest.approx(0, abs=1e-9)
        assert t["received"].clip(lower=0).sum() == pytest.approx(share.total)
        assert (t["with_transfers"] >= t["floor"] - 1e-6).all() is not (share.lacking > 0), floor
    both = found.sharing["both"].table.set_index("place")
    table = found.by_player.set_index("player")
    np.testing.assert_allclose(both["floor"], table["separate"].clip(lower=0))
    np.testing.assert_allclose(both["received"], table["transfer_equilibrium"])
    cities = found.sharing["cities"].table.set_index("place")
    np.testing.assert_allclose(cities["floor"], found.by_region.set_index("region")["ev_separate"].clip(lower=0))
    assert len(cities) == 36


@pytest.mark.proposition("P51")
def test_the_value_of_one_plan_falls_to_repetition_and_the_rest(found):
    r = found.repetition
    assert r.value == pytest.approx(found.value["unified"])
    assert r.avoided + r.rest + r.idle == pytest.approx(r.value)
    assert abs(r.along["residual"]) < 1e-4 * r.value
    levers = found.levers
    assert levers["worth"].sum() == pytest.approx(r.value, rel=1e-4)
    repeated = levers[levers["repeated"]]
    assert set(repeated["topic"]) == set(r.topics["topic"])
    assert (repeated["cost_separate"] - repeated["cost_unified"]).sum() == pytest.approx(r.freed, rel=0.02)


@pytest.mark.proposition("P31")
def test_similarity_at_every_level_agrees_with_pairs(found):
    """Sectors of the players are the mean of the pairs; coarser levels look more alike; cities less."""
    table = found.similarity.set_index(["places", "level"])
    assert set(table.index) == {(p, lv) for p in ("players", "cities") for lv in ("sectors", "groups", "tiers")}
    for plan in ("base", "separate", "unified"):
        for measure in ("cosine", "krugman"):
            mean = found.likeness[f"{measure}_{plan}"].mean()
            assert table.loc[("players", "sectors"), f"{measure}_{plan}"] == pytest.approx(mean)
        assert (table.loc["cities", f"cosine_{plan}"] < table.loc["players", f"cosine_{plan}"]).all()
        assert table.loc[("players", "tiers"), f"cosine_{plan}"] > table.loc[("players", "sectors"), f"cosine_{plan}"]


@pytest.mark.proposition("P3")
def test_jobs_of_the_division_of_labour_are_those_of_the_transition(found):
    """What a city's sectors gain and lose is who comes and who leaves."""
    for plan in ("separate", "unified"):
        net = found.division.groupby("region")[f"jobs_{plan}"].sum()
        moved = found.transition[found.transition["plan"] == plan].set_index("region")
        np.testing.assert_allclose(net, (moved["come"] - moved["leave"]).loc[net.index], rtol=1e-6, atol=1e-3)
    assert found.transition_total["unified"]["cost"] > 0


@pytest.mark.proposition("P15")
def test_shapes_spend_the_same(found):
    shapes = found.shapes.set_index("shape")
    np.testing.assert_allclose(shapes["budget"], found.by_player["budget"].sum())
    assert shapes.loc["dispersal", "cities"] == 36 and shapes.loc["single_pole", "cities"] == 1
    assert 1 < shapes.loc["cluster", "cities"] < 36 and 1 < shapes.loc["belt", "cities"] < 36
    assert shapes["ev"].nunique() == 4 and np.isfinite(shapes.select_dtypes("number")).all(axis=None)


def test_draws_make_both_plans_again(found):
    d = found.draws
    assert len(d.table) == 2 == d.asked and d.range[0] <= d.range[1] <= d.range[2]
    np.testing.assert_allclose(d.table["value"], d.table["unified"] - d.table["separate"])
    each = d.table[[f"value_{i}" for i in found.players]].sum(axis=1)
    np.testing.assert_allclose(each, d.table["value"], rtol=1e-9)


def test_instruments_stand_beside_the_menu(found, menu):
    """With more to choose from everybody together gains no less, and the table of competition is theirs."""
    assert found.totals["unified"] >= menu.totals["unified"] - 1e-6
    assert len(found.competition) and menu.competition.empty and set(found.competition["player"]) == set(found.players)
    table = found.levers[found.levers["topic"].str.contains(":")]
    np.testing.assert_allclose(table["cost_unified"], found.competition["cost_unified"], atol=1e-3)


@pytest.mark.proposition("P51")
def test_an_instrument_in_use_brings_its_player_what_money_is_worth(found):
    """First-order conditions, read off the table: inside its bounds a last billion brings the price of the budget; at
    zero no more, at the upper bound no less."""
    price = found.by_player.set_index("player")["price_of_budget"]
    for _, row in found.competition.iterrows():
        left, part = row["own"] - price[row["player"]], row["rate_separate"] / row["upper"]
        assert left < 1e-4 if part < 1e-6 else left > -1e-4 if part > 1 - 1e-6 else abs(left) < 1e-4
    inside = found.competition["rate_separate"].between(0.5, 49.5)
    assert inside.any()


@pytest.mark.proposition("P53")
def test_tiers_add_up_and_links_are_those_of_leontief(found, northeast):
    """Shares sum to one; by hand the links of all tiers of the base year, weighed by value added, from the tables."""
    table, x = found.tiers, northeast.x
    assert len(table) == 3
    for plan in ("base", "separate", "unified"):
        assert table[f"share_{plan}"].sum() == pytest.approx(1)
        assert (table[f"across_{plan}"] < table[f"links_{plan}"] - 1).all() and (table[f"across_{plan}"] > 0).all()
    inside = np.isin(x.region.values.astype(str), found.by_region["region"].to_numpy())
    inputs = x.input_coef.transpose("region", "sector", "product").values[inside]
    added = ((1 - x.tax_rate - x.input_coef.sum("product")) * x.output).values[inside]
    total = weight = 0.0
    for a, v in zip(inputs, added, strict=True):
        total += v @ np.linalg.solve(np.eye(len(v)) - a, np.ones(len(v)))  # what a maker's sale sets off, in all
        weight += v.sum()
    assert (table["share_base"] * table["links_base"]).sum() == pytest.approx(total / weight, rel=1e-6)


def test_the_value_by_sector_is_that_of_its_cities(found):
    gain = found.division.groupby("sector")["gain"].sum()
    np.testing.assert_allclose(found.by_sector.set_index("sector")["gain"].loc[gain.index], gain, atol=1e-9)
