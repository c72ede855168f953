"""Explanations of scenarios of a small world: what adds up, and what the answer leans on against re-solving."""

from dataclasses import replace
from io import StringIO

import jax.numpy as jnp
import numpy as np
import pytest
from rich.console import Console

from citybelt.errors import InputError
from citybelt.model.accounts import closure
from citybelt.model.channels import CHANNELS
from citybelt.model.economy import economy
from citybelt.model.theory import theory
from citybelt.scenario import leaning
from citybelt.scenario.explain import cluster_welfare, explain
from citybelt.scenario.explain_view import CHANNEL_NAMES
from citybelt.scenario.levers import shock, values_of
from citybelt.scenario.scenario import Scenario
from small_world import small_levers, small_world

SET = {"clearance_japan_korea": 12.0, "land_central": 4000.0, "registration_central": 30.0, "border_paperwork": 40.0}


def scenario(levers=SET, **changed):
    closed, set_by_user = changed.get("closure", {}), changed.get("elasticities", {})
    return Scenario("ours", "Ours", "我们的", "", "", levers, closed, set_by_user, "", (), ("ours",))


@pytest.fixture(scope="module")
def world():
    dataset = small_world(0)
    return dataset, [lever for lever in small_levers(dataset) if lever.id in SET]


@pytest.fixture(scope="module")
def explained(world):
    dataset, menu = world
    return explain(dataset, scenario(), menu=menu)


def test_levers_add_up_to_the_whole(explained):
    shares = explained.by_lever.pivot_table(index="outcome", columns="of", values="share", aggfunc="sum")
    for outcome, row in explained.totals.iterrows():
        for of in ("cluster", "nation"):
            scale = max(abs(row[of]), explained.by_lever.query("outcome == @outcome")["share"].abs().max())
            assert shares.loc[outcome, of] == pytest.approx(row[of], abs=1e-9 * scale + 1e-2 * (outcome == "people"))
    assert explained.orders == 0 and explained.sets == 16 and not explained.by_lever["error"].any()
    welfare = explained.by_lever.query("outcome == 'welfare' and of == 'cluster'").set_index("lever")
    pairs = explained.by_pair
    for lever in SET:
        mine = pairs.loc[(pairs["lever"] == lever) | (pairs["other"] == lever), "cluster"].sum()
        assert welfare.loc[lever, "share"] == pytest.approx(welfare.loc[lever, "alone"] + mine / 2, abs=1e-12)


def test_channels_add_up_to_the_whole(explained):
    assert explained.residual < 1e-6
    for column, outcome, of in (("welfare", "welfare", "cluster"), ("welfare_nation", "welfare", "nation"),
                                ("ev", "ev", "cluster"), ("ev_nation", "ev", "nation")):  # fmt: skip
        assert explained.by_channel[column].sum() == pytest.approx(explained.totals.loc[outcome, of], rel=2e-6)
    assert list(explained.by_channel.index) == list(CHANNELS) and set(CHANNEL_NAMES) == set(CHANNELS)
    goods = ["own_factors", "other_factors", "technology", "agglomeration", "carbon", "trade_costs", "tariffs"]
    assert explained.prices["cluster"].sum() == pytest.approx(
        explained.by_channel.loc[goods, "welfare"].sum(), abs=1e-9
    )
    assert abs(explained.by_channel.loc["carbon", "welfare"]) < 1e-12
    assert explained.by_channel.loc["trade_costs", "welfare"] > 0


def test_it_shows_in_both_languages_and_as_plain_data(explained):
    document = explained.to_json()
    assert {"by_lever", "by_pair", "by_channel", "elasticities", "effects", "data", "residual"} <= set(document)
    assert document["by_channel"][0]["channel"] == "wages"
    for language, word in (("en", "By channel"), ("zh", "按渠道")):
        console = Console(file=StringIO(), width=110)
        console.print(explained.rich(language))
        assert word in console.file.getvalue()


def test_a_scenario_without_levers_is_refused(world):
    dataset, menu = world
    with pytest.raises(InputError, match="sets no lever"):
        explain(dataset, scenario({}), menu=menu)


def test_many_levers_are_shared_out_by_drawn_orders(world, monkeypatch):
    from citybelt.scenario import explain as module
    from citybelt.scenario.shapley import share_out

    dataset, menu = world
    monkeypatch.setattr(module, "share_out", lambda f, n: share_out(f, n, exact=2, orders=2))
    drawn = explain(dataset, scenario(), menu=menu)
    assert drawn.orders == 4
    shares = drawn.by_lever.query("outcome == 'ev' and of == 'nation'")["share"].sum()
    assert shares == pytest.approx(drawn.totals.loc["ev", "nation"], rel=1e-7)


@pytest.fixture(scope="module")
def supports(world):
    dataset, menu = world
    e = economy(dataset, theory(dataset.x.sector.values), closure())
    cluster = jnp.asarray((e.cluster == "NE") * 1.0)
    values = values_of(menu, SET)
    s = e.solve(shock(menu, values))
    return e, cluster, values, leaning.gradients(cluster_welfare, s, cluster)


def welfare(e, z, cluster):
    s = e.solve(z)
    return float(cluster_welfare(e.base, e.theory, z, s.accounts, cluster))


def slope(f, t):
    return (8 * (f(t) - f(-t)) - (f(2 * t) - f(-2 * t))) / (12 * t)


def test_slopes_to_elasticities_are_differences(world, supports):
    dataset, menu = world
    e, cluster, values, g = supports
    table = leaning.to_elasticities(g, e.sectors, menu, values).set_index(["symbol", "sector"])
    z = shock(menu, values)
    sectors = dataset.x.sector.values
    for symbol in ("theta_level", "agg", "nu_old_share", "eta", "public", "congestion"):
        row = table.loc[(symbol, "")]

        def at(t, symbol=symbol, value=row["value"]):
            return welfare(replace(e, theory=theory(sectors, **{symbol: value * (1 + t)})), z, cluster)

        assert row["slope"] * row["value"] == pytest.approx(slope(at, 2e-2), rel=1e-4, abs=1e-9)
        assert row["swing"] == pytest.approx(row["slope"] * (row["high"] - row["low"]))

    def with_nu(t):
        """The published response of migration is kept: the lever on migration shrinks as the elasticity grows."""
        nu = 1.5 * (1 + t)
        kept = z.replace(log_mu=z.log_mu / (1 + t))
        return welfare(replace(e, theory=theory(sectors, nu=nu)), kept, cluster)

    row = table.loc[("nu", "")]
    assert row["slope"] * row["value"] == pytest.approx(slope(with_nu, 2e-2), rel=1e-4)
    assert "nu" not in set(leaning.to_elasticities(g, e.sectors, menu, values, ("nu",))["symbol"])


def test_swings_of_effects_are_those_of_solving_to_first_order(world, supports):
    _, menu = world
    e, cluster, values, g = supports
    table = leaning.to_effects(g, menu, values).set_index(["lever", "what"])
    lever = next(lever for lever in menu if lever.id == "land_central")
    k = menu.index(lever)

    def at(t):
        moved = list(menu)
        size = lever.size[1] * (1 + t)
        moved[k] = _with_size(lever, size)
        return welfare(e, shock(moved, values), cluster)

    row = table.loc[("land_central", "effect")]
    wanted = slope(at, 2e-2) * (row["high"] - row["low"]) / row["value"]
    assert row["swing"] == pytest.approx(wanted, rel=1e-5)


def _with_size(lever, size):
    import equinox as eqx

    return eqx.tree_at(lambda x: x.size, lever, lever.size.at[1].set(size))


PICKS = [("trade", "JPN"), ("labour_share", "equip"), ("input_coef", "power"), ("migrants", "in"), ("tariff", "KOR")]


@pytest.fixture(scope="module")
def weights(world, supports):
    return leaning.to_data_rows(supports[3], world[0], supports[0])


@pytest.mark.parametrize("pick", PICKS)
def test_weights_of_data_are_differences_of_whole_recalibrations(world, supports, weights, pick):
    dataset, menu = world
    e, cluster, values, _ = supports
    table = weights
    item = next(i for i in leaning.items(dataset, e) if (i.variable, i.key) == pick)
    row = table[(table["variable"] == pick[0]) & (table["item"] == pick[1]) & (table["name_en"] == item.name_en)].iloc[
        0
    ]
    z = shock(menu, values)

    def at(t):
        return welfare(replace(e, base=leaning.recalibrated(dataset, e, item, t)), z, cluster)

    assert row["tenth"] == pytest.approx(0.1 * slope(at, 1e-2), rel=1e-3, abs=1e-7)
    assert (table["name_en"].str.len() > 0).all() and (table["name_zh"].str.len() > 0).all()


def test_data_unchanged_calibrate_to_the_same_base_year(world, supports):
    dataset, _ = world
    e = supports[0]
    item = next(iter(leaning.items(dataset, e)))
    again = leaning.recalibrated(dataset, e, item, 0.0)
    for name, leaf in vars(e.base).items():
        np.testing.assert_allclose(getattr(again, name), leaf, rtol=1e-9, atol=1e-12, err_msg=name)
