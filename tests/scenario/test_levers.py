"""Levers: what bends, what is zero at zero, what sums to one, and what each unit is worth by hand."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from citybelt.errors import InputError
from citybelt.geo.network import PEOPLE, Network
from citybelt.scenario import evidence
from citybelt.scenario.card import LIBRARY, cards_of, read_cards, sector_ids
from citybelt.scenario.direction import combine
from citybelt.scenario.evidence import Range
from citybelt.scenario.levers import assemble, bend, build, central, costs, draw, shock, uniforms, values_of
from citybelt.scenario.money import annuity, migration_elasticity
from small_world import ABROAD, HOME, RESEARCH, small_levers, small_world

CARDS = cards_of("northeast")


@pytest.fixture(scope="module")
def dataset():
    return small_world()


@pytest.fixture(scope="module")
def menu(dataset):
    return small_levers(dataset)


@pytest.fixture(scope="module")
def lever(menu):
    return {one.id: one for one in menu}


def at(region):
    return [*HOME, *ABROAD].index(region)


def of(sector):
    return sector_ids().index(sector)


# -- curvature


@settings(deadline=None)
@given(st.floats(-2, 4), st.floats(0.1, 50), st.floats(0, 200))
def test_bend_is_the_power_that_it_says_and_has_slope_one_at_zero(exponent, scale, value):
    by_hand, _ = quad(lambda x: (1 + x / scale) ** (exponent - 1), 0, value)
    assert np.isclose(float(bend(value, scale, exponent)), by_hand, rtol=1e-7, atol=1e-12)
    assert np.isclose(float(jax.grad(bend)(0.0, scale, exponent)), 1.0)


@pytest.mark.parametrize("exponent", [-0.5, 0.0, 3e-5, 0.7])
def test_bend_has_the_right_slope_to_its_exponent_at_zero_too(exponent):
    h = 1e-3
    by_difference = (float(bend(7.0, 4.0, exponent + h)) - float(bend(7.0, 4.0, exponent - h))) / (2 * h)
    assert np.isclose(float(jax.grad(bend, 2)(7.0, 4.0, exponent)), by_difference, rtol=1e-5)


@pytest.mark.parametrize("id", CARDS)
@settings(max_examples=15, deadline=None)
@given(share=st.tuples(st.floats(0, 1), st.floats(0, 1)), u=st.floats(0.02, 0.98))
def test_costs_are_convex_and_responses_concave_on_every_draw(id, menu, share, u):
    k = [one.id for one in menu].index(id)
    e = draw(menu, jnp.full((len(menu), 4), u))
    one = menu[k]
    low, high = sorted(x * one.card.upper for x in share)
    mid = (low + high) / 2
    cost = [float(one.cost(v, e.unit_cost[k], e.charge[k])) for v in (low, mid, high)]
    response = [float(one.response(v, e.size[k], e.exponent[k])) for v in (low, mid, high)]
    assert cost[1] <= (cost[0] + cost[2]) / 2 * (1 + 1e-9) + 1e-12
    assert response[1] >= (response[0] + response[2]) / 2 * (1 - 1e-9) - 1e-12
    assert 0 <= cost[0] <= cost[2]


def test_every_lever_bends_or_says_what_caps_it(menu):
    for one in menu:
        card = one.card
        assert 0 < card.upper < math.inf
        assert card.response.exponent.central < 1 or card.charge.exponent.central > 1 or (card.cap and card.cap_zh)
        assert float(one.unit_cost[0]) > 0, "no lever is free"


def test_a_straight_lever_without_a_cap_is_refused_by_its_constructor(lever):
    straight = dataclasses.replace(lever["placebo"].card, cap="")
    with pytest.raises(ValueError, match="linear cost without a cap"):
        dataclasses.replace(lever["placebo"], card=straight)
    with pytest.raises(ValueError, match="without a cost"):
        dataclasses.replace(lever["placebo"], unit_cost=jnp.zeros(3))
    with pytest.raises(ValueError, match="finite upper bound"):
        dataclasses.replace(lever["placebo"], card=dataclasses.replace(straight, upper=math.inf))


def test_an_effect_of_a_whole_programme_is_met_by_the_whole_programme(menu):
    for one in menu:
        if one.card.full:
            assert np.isclose(float(one.response(one.card.upper)), float(one.size[1]) * one.card.upper)
            e = draw([one], jnp.array([[0.7, 0.2, 0.5, 0.5]]))
            assert np.isclose(
                float(one.response(one.card.upper, e.size[0], e.exponent[0])), float(e.size[0]) * one.card.upper
            )


# -- shocks


@pytest.mark.parametrize("id", CARDS)
def test_nothing_happens_at_zero_and_the_derivative_is_right(id, lever):
    one = lever[id]
    z = shock([one], jnp.zeros(1))
    assert all(float(jnp.abs(field).max()) == 0.0 for field in jax.tree.leaves(z))

    def total(v):
        weights = jax.tree.map(lambda a: jnp.cos(jnp.arange(a.size)).reshape(a.shape), shock([one], jnp.ones(1)))
        return sum(jnp.vdot(a, w) for a, w in zip(*map(jax.tree.leaves, (shock([one], v), weights)), strict=True))

    v, h = jnp.array([one.card.upper * 0.37]), one.card.upper * 1e-4
    by_difference = float(total(v + h) - total(v - h)) / (2 * h)
    assert np.isclose(float(jax.grad(total)(v)[0]), by_difference, rtol=1e-6)


def test_derivatives_to_a_draw_of_effects(menu):
    values = jnp.asarray([0.4 * one.card.upper for one in menu])
    weights = jax.tree.map(lambda a: jnp.sin(1.0 + jnp.arange(a.size)).reshape(a.shape), shock(menu, values))

    def total(e):
        return sum(
            jnp.vdot(a, w) for a, w in zip(*map(jax.tree.leaves, (shock(menu, values, e), weights)), strict=True)
        )

    e = draw(menu, jnp.full((len(menu), 4), 0.45))
    grad = jax.grad(total)(e)
    way = jax.tree.map(lambda a: jnp.cos(jnp.arange(a.size)).reshape(a.shape) * a, e)
    h = 1e-5
    ahead, back = (jax.tree.map(lambda a, d, s=s: a + s * h * d, e, way) for s in (1, -1))
    slope = sum(jnp.vdot(g, d) for g, d in zip(*map(jax.tree.leaves, (grad, way)), strict=True))
    assert np.isclose(float(slope), float(total(ahead) - total(back)) / (2 * h), rtol=1e-5)


def test_a_mix_is_the_sum_of_its_levers(menu):
    values = jnp.asarray([one.card.upper * (0.1 + 0.04 * k) for k, one in enumerate(menu)])
    whole = shock(menu, values)
    parts = [shock([one], v[None]) for one, v in zip(menu, values, strict=True)]
    total = jax.tree.map(lambda *a: sum(a), *parts)
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(total), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)


def test_what_is_bought_is_what_is_paid(menu, dataset):
    values = jnp.asarray([0.5 * one.card.upper for one in menu])
    z, paid = shock(menu, values), costs(menu, values)
    bought = sum(float(c) for one, c in zip(menu, paid, strict=True) if one.purchase is not None)
    assert np.isclose(float(z.purchase.sum()), bought)
    people = dataset.x["migrants"].values.sum(axis=2)
    newcomers = people.sum(axis=0) - np.diagonal(people)
    served = float(z.service.sum(axis=0) @ newcomers) * 1e-6
    assert np.isclose(served, sum(float(c) for one, c in zip(menu, paid, strict=True) if one.service is not None))


def test_patterns_sum_to_one(menu):
    for one in menu:
        assert (one.purchase is None) != (one.service is None)
        if one.purchase is not None:
            assert np.isclose(float(one.purchase.sum()), 1.0)
            assert float(one.purchase.min()) >= 0
            assert not float(jnp.abs(one.purchase[:, len(HOME) :]).sum()), "nothing is bought abroad by a pattern"


def test_the_placebo_costs_and_does_nothing(lever):
    one = lever["placebo"]
    assert not one.direction.fields()
    assert float(one.cost(2.0)) == pytest.approx(2.0)
    z = shock([one], jnp.array([2.0]))
    assert float(z.purchase.sum()) == pytest.approx(2.0)
    assert not one.conditional, "it stands for selection, so that a plan can leave it out"


# -- physical meaning, by hand


@pytest.mark.proposition("P64")
def test_a_day_at_the_border_is_worth_what_the_source_says(lever):
    """Hummels and Schaur: a day costs 0.6 to 2.1 per cent of the value, of which 0.65 is taken to delay goods;
    exports clear in 1.78 hours of 34.91."""
    one = lever["clearance_japan_korea"]
    z = shock([one], jnp.array([24.0]))
    j, n = of("equip"), at("210200")
    day = 0.65 * math.sqrt(0.006 * 0.021)
    assert float(z.log_d[j, n, at("JPN")]) == pytest.approx(-day, rel=3e-3)
    assert float(z.log_d[j, at("JPN"), n]) == pytest.approx(-day * 1.78 / 34.91, rel=3e-3)
    for where in (
        (of("fin"), n, at("JPN")),
        (of("oilgas"), n, at("JPN")),
        (of("petro"), n, at("JPN")),
        (j, n, at("RUS")),
        (j, at("110000"), at("JPN")),
        (j, n, at("220100")),
    ):
        assert float(z.log_d[where]) == 0.0


@pytest.mark.proposition("P36")
def test_a_faster_road_shortens_only_what_it_touches(lever, dataset):
    one = lever["road_harbin_dalian"]
    assert one.card.upper == pytest.approx(966.0, abs=1.0)
    z = shock([one], jnp.array([one.card.upper]))
    j, size = of("agr"), evidence.effects()["road_time"].size.central
    harbin, dalian = at("230100"), at("210200")
    # 60 km/h becomes 75 on the corridor: the hours between its ends fall by up to a fifth.
    most = size * math.log(60 / 75)
    assert most <= float(z.log_d[j, harbin, dalian]) <= 0.9 * most
    assert float(z.log_d.max()) <= 0.0
    assert float(z.log_d[j, at("230800"), at("231200")]) == 0.0
    np.testing.assert_allclose(z.log_d[j], z.log_d[j].T, atol=1e-3)


@pytest.mark.proposition("P21")
def test_a_line_raises_market_potential_by_its_own_hours(lever, dataset):
    one = lever["hsr_harbin_yichun"]
    z = shock([one], jnp.array([one.card.upper]))
    net = Network.load(2020)
    built = net.edit(line="Harbin-Yichun", open=True)
    regions = [*HOME, *ABROAD]
    x = dataset.x
    va = (1 - x["tax_rate"].values - x["input_coef"].values.sum(axis=2)) * x["output"].values
    potential = []
    for network in (net, built):
        hours = network.times(regions, PEOPLE)[: len(HOME), : len(HOME)]
        potential.append(0.5 ** (hours * 2.0) @ va.sum(axis=1)[: len(HOME)])  # halves every 30 minutes
    log_A = np.asarray(z.log_A)[: len(HOME), of("elec")]
    np.testing.assert_allclose(log_A, 0.038 * np.log(potential[1] / potential[0]), rtol=2e-3, atol=1e-9)
    assert log_A[at("230700")] > 0
    assert not np.asarray(z.log_A)[:, of("agr")].any()
    assert not np.asarray(z.log_A)[len(HOME) :].any()


@pytest.mark.proposition("P29")
def test_research_has_its_elasticity_at_the_base_year(lever, dataset):
    """A per cent more research in Harbin raises productivity by the elasticity, less the wait for the stock."""
    one = lever["research_harbin"]
    j = [of(s) for s in one.card.where["spenders"]]
    x = dataset.x
    va = ((1 - x["tax_rate"].values - x["input_coef"].values.sum(axis=2)) * x["output"].values)[:, j].sum(axis=1)
    harbin, province = at("230100"), [at(r) for r in HOME if r.startswith("23")]
    now = RESEARCH["230000"] * va[harbin] / va[province].sum()
    z = shock([one], jnp.array([now * 0.01]))
    wait = 0.15 / (0.15 + 0.04)
    size = evidence.effects()["rd_stock"].size.central
    assert float(z.log_A[harbin, of("equip")]) == pytest.approx(size * wait * math.log(1.01), rel=1e-9)
    assert float(z.log_A[harbin, of("social")]) == 0.0
    assert float(jnp.abs(z.log_A).sum(axis=1)[at("210100")]) == 0.0


@pytest.mark.proposition("P62")
def test_tariffs_fall_by_the_share_that_is_claimed(lever, dataset):
    one = lever["tariff_rcep"]
    z = shock([one], jnp.array([86.0]))
    rates, j, n, partner = dataset.x["tariff"].values, of("chem"), at("210100"), at("KOR")
    used = evidence.effects()["tariff_use"].size.central
    assert float(z.d_tariff[j, n, partner]) == pytest.approx(-0.86 * used * rates[n, partner, j])
    assert float(z.d_tariff[j, partner, n]) == pytest.approx(-0.86 * used * rates[partner, n, j])
    assert float(z.d_tariff[j, n, at("RUS")]) == 0.0
    assert one.conditional and one.card.assumed


def test_borders_fall_only_between_provinces_of_the_cluster(lever, dataset):
    one = lever["border_paperwork"]
    z = shock([one], jnp.array([one.card.upper]))
    people = dataset.x["population"].values.sum(axis=1)[1:].sum() / 1e6
    j, expected = of("food"), -0.02 * one.card.upper / people
    assert float(z.log_d[j, at("210100"), at("230100")]) == pytest.approx(expected)
    assert float(z.log_d[j, at("210100"), at("210200")]) == 0.0
    assert float(z.log_d[j, at("110000"), at("210200")]) == 0.0


@pytest.mark.proposition("P16")
def test_registration_pays_for_everyone_registered_elsewhere(lever, dataset):
    one = lever["registration_central"]
    z = shock([one], jnp.array([100.0]))
    harbin = at("230100")
    # The source: 1.5 percentage points more migrants, on 27 of a hundred people; over an elasticity of 1.5.
    assert float(z.log_mu[at("110000"), harbin]) == pytest.approx(-math.log(1 + 1.5 / 27) / 1.5, rel=2e-3)
    assert float(z.log_mu[harbin, harbin]) == 0.0
    assert float(jnp.abs(z.log_mu[:, at("110000")]).sum()) == 0.0
    # 55 per cent of 8.8 thousand CNY a person and year of 2012, with the interest of the lag.
    each = np.asarray(z.service).sum(axis=0)
    assert each[harbin] == pytest.approx(0.55 * 8.8 * 1.183 * 1.04, rel=0.02)
    assert each[at("110000")] == 0.0


@pytest.mark.proposition("P13")
def test_land_comes_from_farms(lever, dataset):
    one = lever["land_central"]
    z = shock([one], jnp.array([1000.0]))
    built = 4 * 3e6 * 105 / 1e4  # ha in the four cities
    used, most = (0.9 * float(bend(v, one.scale, one.exponent[1])) for v in (1000.0, one.card.upper))
    harbin = at("230100")
    chord = used / most  # of the logarithm at the upper bound
    assert float(z.log_Hres[harbin]) == pytest.approx(chord * np.log1p(most / built))
    assert float(z.log_H[harbin, of("equip")]) == pytest.approx(chord * np.log1p(most / built))
    farms = dataset.x["area_km2"].values[harbin] * 100
    assert float(z.log_H[harbin, of("agr")]) == pytest.approx(chord * np.log1p(-most / 4 / farms))


@pytest.mark.proposition("P9")
def test_training_is_worth_its_discounted_years(lever, dataset):
    one = lever["training_cluster"]
    z = shock([one], jnp.array([1e-3]))  # one worker
    workers = dataset.x["workers"].values[1:].sum()
    years = sum(1.04**-t for t in range(1, 21))
    away = 0.5 * 1.04  # half a year of work, with the interest of the lag
    assert float(z.log_h[at("210100")]) == pytest.approx((0.038 * years - away) / workers, rel=1e-3)
    assert float(z.log_h[at("110000")]) == 0.0
    # Only teaching is bought: 22,568 CNY for a student of 2020.
    assert float(z.purchase.sum()) * 1e9 == pytest.approx(22568 * 1.04, rel=1e-9)


def test_work_forgone_grows_with_those_who_learn_and_not_with_what_they_gain(lever, dataset):
    one = lever["training_cluster"]
    workers = dataset.x["workers"].values[1:].sum()
    for thousands in (1.0, 300.0):
        z = assemble([one], jnp.zeros(1), costs([one], jnp.array([thousands])))
        assert float(z.log_h[at("230100")]) == pytest.approx(-0.5 * 1.04 * thousands * 1000 / workers)


@pytest.mark.proposition("P58")
def test_the_price_of_carbon_is_its_value(lever):
    z = shock([lever["carbon_price_cluster"]], jnp.array([50.0]))
    assert float(z.carbon[at("230100")]) == pytest.approx(50.0)
    assert float(z.carbon[at("110000")]) == float(z.carbon[at("JPN")]) == 0.0


@pytest.mark.proposition("P54")
def test_services_and_approvals_act_on_manufacturers(lever):
    z = shock([lever["services_cluster"]], jnp.array([1e-6]))
    assert float(z.log_A[at("220100"), of("equip")]) == pytest.approx(0.06e-6, rel=1e-4)
    assert float(z.log_A[at("220100"), of("bizserv")]) == 0.0
    z = shock([lever["approvals_cluster"]], jnp.array([98.0]))
    assert float(z.log_A[at("220100"), of("agr")]) == 0.0


# -- evidence


def test_annuity_pays_back_what_was_lent():
    payment, balance = annuity(17, rate=0.05), 1.0
    for _ in range(17):
        balance = balance * 1.05 - payment
    assert balance == pytest.approx(0.0, abs=1e-12)
    assert annuity(0, 2) == pytest.approx(1.04**2)
    assert annuity(10, 4) == pytest.approx(annuity(10) * 1.04**2)


def test_costs_by_hand(lever):
    rail = lever["hsr_harbin_yichun"]
    billions = 0.108 * 318 * 1.115  # at prices of 2020
    assert float(rail.cost(318.0)) == pytest.approx(billions * (annuity(30, 5) + 0.01))
    assert float(rail.cost(159.0)) == pytest.approx(float(rail.cost(318.0)) / 2)
    assert float(lever["research_dalian"].cost(2.0)) == pytest.approx(2.0 * 1.04**3)
    assert float(lever["approvals_cluster"].cost(10.0)) == pytest.approx(10 * 0.04 * 1.04)


def test_clearance_costs_grow_with_crossings_and_with_trade(lever, dataset):
    one, table = lever["clearance_russia"], evidence.costs()
    goods = [of(s) for s in one.card.where["sectors"]]
    inside, russia = [at(r) for r in HOME[1:]], at("RUS")
    trade = dataset.trade()
    traded = trade[inside, russia][:, goods].sum() + trade[russia, inside][:, goods].sum()
    works, running = (table[f"clearance_{c}"].price.central / 1e3 for c in ("capital", "running"))
    whole = 4 * (works * annuity(10, 2) + running * 1.04**2) + traded * 1.5e-4 * 1.04**2
    # The first hour of 34.91 costs its share.
    assert float(one.unit_cost[1]) == pytest.approx(whole / 34.91)


@given(*(st.floats(0.01, 10), st.floats(0, 2), st.floats(0, 2)) * 2)
def test_a_product_of_ranges_has_the_spread_of_independent_logarithms(a, da, ua, b, db, ub):
    r = Range(a * math.exp(-da), a, a * math.exp(ua)) * Range(b * math.exp(-db), b, b * math.exp(ub))
    assert r.central == pytest.approx(a * b)
    assert math.log(r.central / r.low) ** 2 == pytest.approx(da**2 + db**2, abs=1e-9)
    assert math.log(r.high / r.central) ** 2 == pytest.approx(ua**2 + ub**2, abs=1e-9)
    with pytest.raises(ValueError, match="positive"):
        r * Range(0.0, 1.0, 2.0)


def test_what_levers_share_is_drawn_once(menu):
    u = dict(zip([one.id for one in menu], uniforms(menu, np.random.default_rng(1)), strict=True))
    SIZE, EXPONENT, COST, CHARGE = range(4)
    research = [u[f"research_{city}"] for city in ("shenyang", "dalian", "changchun", "harbin")]
    assert all((row == research[0]).all() for row in research)
    assert (u["clearance_russia"] == u["clearance_japan_korea"]).all()
    line, fast = u["hsr_harbin_yichun"], u["hsr_shenyang_baihe"]
    assert line[SIZE] == fast[SIZE] and line[CHARGE] == fast[CHARGE] and line[COST] != fast[COST]
    assert line[COST] == u["hsr_mudanjiang_jiamusi"][COST]
    apart = {one.card.effect: u[one.id] for one in menu if one.card.effect}
    for k in (SIZE, EXPONENT):
        assert len({row[k] for row in apart.values()}) == len(apart)
    table = np.array(list(u.values()))
    assert ((0 < table) & (table < 1)).all()
    e = draw(menu, jnp.asarray(table))
    sizes = {float(size) for one, size in zip(menu, e.size, strict=True) if one.card.kind == "research"}
    assert len(sizes) == 1
    assert not (uniforms(menu, np.random.default_rng(2)) == table).any()
    assert uniforms([], np.random.default_rng(1)).shape == (0, 4)


@given(nu=st.floats(0.5, 4))
@settings(max_examples=10, deadline=None)
def test_the_published_response_of_migration_holds_whatever_the_elasticity(menu, nu):
    """The lever's cut of the cost times the elasticity of the draw is the log change that was published."""
    u = jnp.full((len(menu), 4), 0.5)
    plain, drawn = draw(menu, u), draw(menu, u, nu)
    for k, one in enumerate(menu):
        if one.card.kind == "registration":
            mu = float(one.response(100.0, drawn.size[k])) * float(-one.direction.log_mu.min())
            assert mu * nu == pytest.approx(evidence.effects()["registration_move"].size.central)
            assert float(draw(menu, u, migration_elasticity()).size[k]) == pytest.approx(float(plain.size[k]))
        else:
            assert float(drawn.size[k]) == float(plain.size[k])


def test_a_lever_is_an_if_for_a_reason_in_both_languages(menu):
    ifs = {one.id for one in menu if one.conditional}
    assert ifs == {
        "tariff_rcep", "border_paperwork", "land_central", "services_cluster", "approvals_cluster", "quota_trade",
        "land_price_dalian", "land_price_harbin", "entry_cluster", "ownership_cluster", "finance_cluster",
        "subsidy_equip_shenyang", "subsidy_equip_changchun", "transfer_liaoning_heilongjiang", "transfer_centre_north",
        "innovation_shenyang", "innovation_dalian", "innovation_changchun", "innovation_harbin",
    }  # fmt: skip
    for one in menu:
        assert bool(one.reason()) == bool(one.reason("zh")) == (one.id in ifs)
        assert bool(one.card.caveat) == bool(one.card.caveat_zh)
        unsourced = all(evidence.costs()[c].assumed for c in one.card.cost)
        assert one.conditional or not (unsourced or one.design == "assumed")


def test_draws_hold_their_quantiles_and_centre(menu):
    def drawn(u):
        return draw(menu, jnp.full((len(menu), 4), u))

    for u, point in ((0.1, 0), (0.5, 1), (0.9, 2)):
        e = drawn(u)
        for k, one in enumerate(menu):
            assert float(e.size[k]) == pytest.approx(float(one.size[point]), rel=1e-9, abs=1e-12)
            assert float(e.unit_cost[k]) == pytest.approx(float(one.unit_cost[point]))
            assert float(e.exponent[k]) == pytest.approx(min(float(one.exponent[point]), 1.0), abs=1e-12)
    extreme = drawn(0.9999)
    assert bool((extreme.exponent <= 1).all()) and bool((drawn(0.0001).charge >= 1).all())
    assert bool((drawn(0.0001).unit_cost > 0).all())
    np.testing.assert_allclose(jax.tree.leaves(drawn(0.5)), jax.tree.leaves(central(menu)), rtol=1e-12, atol=1e-14)


def test_enough_levers_stand_for_selection_and_rest_on_published_estimates(menu):
    headline = [one for one in menu if not one.conditional]
    assert len(menu) >= 12 and len(headline) >= 12
    published = [one for one in headline if one.design in ("identified", "associational")]
    assert len(published) >= 9
    assert len({one.card.effect for one in menu if one.design in ("identified", "associational")}) >= 7
    assert all(one.citation for one in published) and all(one.cost_citation for one in menu)
    used = {one.card.effect for one in menu if one.card.effect}
    assert all(evidence.effects()[e].use == "parameter" for e in used), "a check is never an input"


def test_values_keep_the_order_of_the_levers(menu):
    values = values_of(menu, {"placebo": 2.0, "research_dalian": 1.0})
    assert {one.id: float(v) for one, v in zip(menu, values, strict=True) if v} == {
        "research_dalian": 1.0,
        "placebo": 2.0,
    }


def test_directions_multiply_out_as_outer_products(lever):
    ones = [lever["clearance_russia"], lever["road_harbin_dalian"]]
    fields = combine([one.direction for one in ones], jnp.array([2.0, -3.0]), ones[0].shape)
    by_hand = sum(
        s * np.einsum("tj,tni->jni", one.direction.d_mask, one.direction.d_pair)
        for one, s in zip(ones, (2.0, -3.0), strict=True)
    )
    np.testing.assert_allclose(fields["log_d"], by_hand)


# -- bad cards


@pytest.fixture
def table(tmp_path):
    source = (LIBRARY / "northeast" / "levers.yaml").read_text(encoding="utf-8")
    start = source.index("  placebo:\n")
    good = "levers:\n" + source[start:]

    def write(old, new):
        assert old in good
        path = tmp_path / "levers.yaml"
        path.write_text(good.replace(old, new), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    cap: {en", "    capp: {en", "both linear and no cap"),
        ("    cap: {en", "    capp: {en", "unknown key 'capp'. Did you mean 'cap'?"),
        ("upper: 5", "upper: -5", "the bounds must run from 0 up"),
        ("kind: placebo", "kind: placeboo", "Did you mean 'placebo'?"),
        ("payers: {province: 1.0}", "payers: {province: 0.7}", "sum to 0.7, not 1"),
        ("payers: {province: 1.0}", "payers: {provence: 1.0}", "unknown payer 'provence'. Did you mean 'province'?"),
        ("buys: {social: 1}", "buys: {socal: 1}", "unknown sector 'socal'. Did you mean 'social'?"),
        ("cost: {placebo: 0}", "cost: {plcebo: 0}", "unknown cost 'plcebo'. Did you mean 'placebo'?"),
        ("cost: {placebo: 0}", "effect: rail_acces\n    cost: {placebo: 0}", "Did you mean 'rail_access'?"),
        ("cost: {placebo: 0}", "response: {exponent: [1, 2, 3]}\n    cost: {placebo: 0}", "may not bend upwards"),
        ("cost: {placebo: 0}", "charge: {exponent: [0.5, 1, 2]}\n    cost: {placebo: 0}", "may not bend downwards"),
        (
            "cost: {placebo: 0}",
            "charge: {exponent: [3, 2, 1]}\n    cost: {placebo: 0}",
            "must be [low, central",
        ),
        ("cost: {placebo: 0}", "charge: {exponent: 2, scale: 0}\n    cost: {placebo: 0}", "must be positive"),
        ("where: {cluster: NE}", "where: {clustr: NE}", "Did you mean 'cluster'?"),
        ("propositions: [P60]", "propositions: [P99]", "'P99' is not a proposition"),
        ("  placebo:\n    kind", "  nothing: 3\n  placebo:\n    kind", "lever 'nothing' must be a mapping"),
    ],
)
def test_bad_cards_are_refused_with_their_line(table, old, new, says):
    with pytest.raises(InputError) as caught:
        read_cards(table(old, new), sector_ids())
    found = [p for p in caught.value.problems if says in str(p)]
    assert found and found[0].where.split(":")[1].isdigit()


def test_a_card_of_another_place_is_refused_in_this_world(dataset, table):
    cards = read_cards(table("where: {cluster: NE}", 'where: {regions: ["999999"]}'), sector_ids())
    with pytest.raises(InputError, match="has no region '999999'"):
        small_levers(dataset, cards=cards)
    cards = read_cards(table("where: {cluster: NE}", "where: {cluster: XX}"), sector_ids())
    with pytest.raises(InputError, match="no region lies in the cluster 'XX'"):
        small_levers(dataset, cards=cards)


def test_no_tariff_no_lever(dataset):
    from citybelt.scenario.kinds import Ground
    from small_world import fact

    free = small_world()
    free.x["tariff"] *= 0
    with pytest.raises(InputError, match="no tariff to cut"):
        build(CARDS["tariff_rcep"], Ground(free, Network.load(2020), fact))
