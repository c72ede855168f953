"""What capital, technology and energy start from in the embedded world, against the facts it was made of."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from citybelt.errors import InputError
from citybelt.model.accounts import Closure, Shock, State
from citybelt.model.economy import economy
from citybelt.model.spatial import SPATIAL
from citybelt.model.theory import theory
from citybelt.path import base_year, burnt, energy, parameters, public_debt
from citybelt.path.begin import begin
from citybelt.path.march import Power
from citybelt.people import rules
from citybelt.scenario import evidence
from citybelt.worlds import tables


@pytest.fixture(scope="module")
def start(northeast):
    e = economy(northeast, theory(list(northeast.x["sector"].values)))
    p = parameters.parameters()
    return northeast, e.base, p, base_year.energy_start(northeast, e.base, p)


@pytest.fixture(scope="module")
def accounts(start):
    """Every amount of the base year, by one pass of the static equilibrium."""
    world, base, _, _ = start
    elasticities, z = theory(list(world.x["sector"].values)), Shock.zeros(base)
    geo = SPATIAL.geography(base, elasticities, z)
    return jax.jit(SPATIAL.evaluate)(base, elasticities, z, Closure(), geo, State.zeros(base))[1]


def test_parameters_have_sources_and_ranges_and_draws_stay_near_them():
    rows = parameters.table()
    assert rows["symbol"].is_unique
    assert (rows["low"] <= rows["value"]).all() and (rows["value"] <= rows["high"]).all()
    assert rows["grade"].isin(list("ABCD")).all() and rows["kind"].isin(["estimated", "calibrated", "assumed"]).all()
    assert (rows.loc[rows["source"] == "", "grade"] == "D").all()
    draws = pd.DataFrame([parameters.parameters(np.random.default_rng(s)) for s in range(400)])
    inside = [(draws[r.symbol].between(r.low - 1e-12, r.high + 1e-12)).mean() for r in rows.itertuples()]
    assert np.mean(inside) == pytest.approx(0.8, abs=0.05)
    assert parameters.parameters(zeta=2.0)["zeta"] == 2.0
    with pytest.raises(InputError):
        parameters.parameters(nothing=1.0)


def test_capital_pays_its_user_cost_and_meets_investment(start, accounts):
    _, base, p, _ = start
    investment = np.asarray(accounts.investment)[: base.n_home]
    K = base_year.capital_start(base, investment, p)
    np.testing.assert_allclose(K.invested.sum(axis=1), investment, rtol=1e-10)
    ratio = K.stock.sum() / float(np.asarray(base.value_added)[: base.n_home].sum())
    assert 2.0 < ratio < 4.0
    growth = K.invested.sum() / K.stock.sum() - p["delta"]
    assert 0.03 < growth < 0.1


def test_governments_of_the_base_year_spend_what_they_receive_and_owe_nothing(start, accounts):
    """Law (P) on the equilibrium's own accounts."""
    _, base, _, _ = start
    h, a = base.n_home, accounts
    received = public_debt.revenue(a.local_tax[:h], a.land_public[:h], a.grants[:h], a.transfers[:h])
    spent = public_debt.wanted(base.government[:h], jnp.zeros(h), jnp.zeros(h))
    year = public_debt.step(jnp.zeros(h), received, spent, 0.03)
    np.testing.assert_allclose(year.later, 0.0, atol=1e-9 * float(spent.sum()))
    assert float(a.centre) == pytest.approx(float(a.grants.sum()), rel=1e-10)


def test_research_of_cities_adds_up_to_their_provinces(start):
    world, base, p, _ = start
    h = base.n_home
    workers = np.asarray(base.people).sum(axis=(0, 1))[:h] / 2
    t = base_year.technology_start(world, base, p, np.ones(h), workers, 0.1)
    of_province = pd.Series(t.research).groupby(world.x["province"].values[:h]).sum()
    held = tables.series("research_spending", 2020).reindex(of_province.index)
    np.testing.assert_allclose(of_province[held.notna()], held.dropna(), rtol=1e-10)
    assert np.isfinite(t.technology.start).all() and (np.asarray(t.technology.start) > 0).all()
    # Stocks are between what grew fast and what stood still.
    assert (np.asarray(t.technology.start) < t.research / p["obsolescence"] * 1.2).all()
    assert (np.asarray(t.technology.gap) >= 0).all() and np.isfinite(t.human).all()
    # One number for what research brings, on paths and in one equilibrium.
    assert p["own"] == evidence.effects()["rd_stock"].size.central
    # Spending of the nation at constant prices: at factors of consumer prices as held for costs of 2012.
    spent = tables.facts("research_spending", item="").pivot(index="year", columns="region", values="value")
    since_2012 = (spent.loc[2020, "110000"] / spent.loc[2012, "110000"] / 1.183) ** (1 / 8) - 1
    beijing = t.research_growth[list(world.x["province"].values[:h]).index("110000")]
    assert beijing == pytest.approx(since_2012, abs=0.02)


def test_gaps_of_technology_by_hand():
    """A place with a quarter of the best's output a worker, of which a third by capital and a year of school: what is
    left is technology. The best of four is the 90 % point between the two highest; who is beyond it has no gap."""
    tfp = np.log([2.0, 1.0, 1.6, 0.5])
    workers, years, alpha = np.array([3.0, 5.0, 2.0, 7.0]), np.array([9.0, 10.0, 8.0, 11.0]), 0.4
    per_worker = np.array([50.0, 12.0, 7.0, 90.0])
    value = workers * np.exp(tfp) * per_worker**alpha * np.exp(0.1 * years) ** (1 - alpha)
    found = base_year.gaps(value, workers * per_worker, workers, years, alpha, 0.1)
    best = tfp[2] + 0.7 * (tfp[0] - tfp[2])
    np.testing.assert_allclose(found, [0.0, best - np.log(1.0), best - np.log(1.6), best - np.log(0.5)], atol=1e-12)


def test_gaps_of_places_leave_out_capital_and_schooling(start):
    """Held again place by place on the path's own start: workers of its persons, its capital and its schooling. What
    is left is less than gaps of value added a worker say, since places with less of it have less of both."""
    b = begin(start[0], 2021)
    base, h = b.rules.base, b.rules.base.n_home
    value = np.asarray(base.value_added)[:h].sum(axis=1)
    K = np.asarray(b.rules.capital.stock)[:h].sum(axis=1)
    workers, years = np.asarray(b.rules.work.base_workers), np.exp(np.asarray(b.rules.work.human(b.stocks.persons)))
    earned = np.asarray(base.factor_share[1] * base.value_added)[:h].sum() / value.sum()
    tfp = np.array([
        np.log(v) - earned * np.log(k) - (1 - earned) * (np.log(n) + rules.number("CHN", "school_return") * s)
        for v, k, n, s in zip(value, K, workers, years, strict=True)
    ])  # fmt: skip
    gap = np.asarray(b.rules.technology.gap)
    np.testing.assert_allclose(gap, np.repeat(np.maximum(np.quantile(tfp, 0.9) - tfp, 0)[:, None], gap.shape[1], 1),
                               atol=1e-9)  # fmt: skip
    labour = np.log(value / workers)
    assert gap[:, 0].mean() < 0.8 * np.maximum(np.quantile(labour, 0.9) - labour, 0).mean()


def test_schooling_of_persons_is_that_of_the_census(start):
    """Mean years of schooling of the path's persons, 15 and more, in the base year; as published by place."""
    b = begin(start[0], 2021)
    held = tables.series("mean_schooling", 2020)
    of_place = held.reindex(list(b.economy.home))
    assert of_place.notna().mean() > 0.9
    found = pd.Series(np.exp(np.asarray(b.rules.work.human(b.stocks.persons))), of_place.index)
    np.testing.assert_allclose(found[of_place.notna()], of_place.dropna(), rtol=1e-10)
    years = np.asarray(b.rules.work.years)
    assert (years[:, 1] == 16).all() and ((years[:, 0] > 4.5) & (years[:, 0] < 9.5)).all()
    # The census' own weight of tertiary education shows in its means: a point more of it is 7 to 9 months.
    grown = np.asarray(b.stocks.persons)[:, :, 15:].sum(axis=(1, 2))
    slope = np.polyfit((grown[:, 1] / grown.sum(axis=1)), found, 1)[0]
    assert slope == pytest.approx(16 - years[:, 0].mean(), abs=1.0)
    assert float(b.rules.technology.schooled) == pytest.approx(np.quantile(np.log(found), 0.9), abs=1e-12)


@pytest.mark.proposition("P58")
def test_emissions_by_user_and_fuel_meet_the_inventory(start):
    world, base, _, e = start
    h = base.n_home
    place = world.x["province"].values[:h]
    held = tables.wide("co2_fuel", 2019)
    for f, fuel in enumerate(e.fuels[:-1]):
        got = pd.Series(e.co2[:, :, f].sum(axis=1)).groupby(place).sum()
        both = held[fuel].reindex(got.index).dropna()
        np.testing.assert_allclose(got[both.index], both, rtol=1e-3)
    assert not e.co2[:, :, -1].any()


@pytest.mark.proposition("P58")
def test_the_base_year_of_energy_closes_and_its_emissions_are_the_inventory(start):
    world, base, _, e = start
    used = np.asarray(e.energy.used)
    assert (used >= 0).all() and np.isfinite(used).all()
    made = np.asarray(e.plants.standing * e.energy.yields)
    # What is published of each kind of plant and of each province, nothing scaled.
    published = tables.facts("electricity", year=2020)
    nation = published[published["region"] == "CHN"].set_index("item")["value"]
    np.testing.assert_allclose(made, nation[list(e.carriers)], rtol=1e-12)
    assert made.sum() == pytest.approx(nation["generation"], rel=1e-12)
    of_province = pd.Series(used[:, :, -1].sum(axis=1)).groupby(world.x["province"].values[: base.n_home]).sum()
    needs = tables.series("electricity", 2020, item="demand")
    np.testing.assert_allclose(of_province, needs[of_province.index], rtol=1e-12)
    needed = energy.step(e.energy, e.plants, jnp.zeros((len(used), len(e.fuels))), jnp.ones(used.shape[:2]), 0.0)[1]
    assert float(needed.needed) == pytest.approx(made.sum(), rel=1e-12)
    np.testing.assert_allclose(needed.made.sum(), made.sum(), rtol=1e-12)
    # Exports are part of what is left; losses of the grid, 5.6 %, are not: they stand in the provinces' consumption.
    exported = 1 - nation["demand"] / nation["generation"]
    assert exported < float(e.energy.sent) < 0.03
    burnt = (used * np.asarray(e.energy.emits)).sum() + (made * np.asarray(e.energy.carbon)).sum()
    assert burnt == pytest.approx(e.co2.sum(), rel=1e-10)


@pytest.mark.proposition("P58")
def test_without_growth_emissions_fall_and_with_it_later(start):
    """Forty years: emissions without growth peak at once; faster growth never peaks earlier."""
    _, base, _, e = start
    shape = (base.n_home, base.shape[1] + 1)
    years, peaks = np.arange(2021, 2061), []
    for growth in (0.0, 0.03, 0.06):
        plants, path = e.plants, []
        for t in range(1, 41):
            volume = jnp.full(shape, (1 + growth) ** t)
            plants, now = energy.step(e.energy, plants, jnp.zeros((shape[0], len(e.fuels))), volume, t)
            path.append(float(now.co2))
        assert np.isfinite(path).all()
        peaks.append(energy.peak_year(years, np.array(path)))
    assert peaks[0] <= 2022 and peaks == sorted(peaks)


@pytest.mark.proposition("P58")
def test_the_equilibrium_learns_what_plants_and_users_burn(start):
    """Coal-fired power down to half of its share, all users saving 1 % a year: emissions by hand."""
    _, base, p, e = start
    h, U = base.n_home, base.shape[1] + 1
    maker, coal = e.products[-1], e.fuels.index("coal")
    made = np.asarray(e.plants.standing * e.energy.yields)
    now = made.copy()
    fired = np.array(e.carrier_fuel) == coal
    now[fired] /= 2
    now[~fired & (np.array(e.carrier_fuel) < 0)] *= 1 + made[fired].sum() / 2 / made[np.array(e.carrier_fuel) < 0].sum()
    plain = energy.Energy(**(vars(e.energy) | {"lean": jnp.zeros(len(e.fuels)), "saving": jnp.asarray(0.01)}))
    w = Power(plain, jnp.asarray(e.co2), jnp.asarray(made), jnp.asarray(e.abroad), e.products, e.carrier_fuel)
    none, spent = jnp.zeros((h, len(e.fuels))), jnp.zeros((h, U))
    _, year = energy.step(plain, e.plants, none, jnp.ones((h, U)), 5.0)
    year = year._replace(made=jnp.asarray(now))
    factor, charged = burnt.log_factors(w, year, burnt.Bought(spent, none, none, none))
    np.testing.assert_array_equal(factor, charged)
    others = np.arange(U) != maker
    by_hand = e.co2[:, others, coal].sum(axis=1) * np.exp(-0.05) + e.co2[:, maker, coal] / 2
    np.testing.assert_allclose(e.co2[:, :, coal].sum(axis=1) * np.exp(factor[:, coal]), by_hand, rtol=1e-6)
    later = np.asarray(energy.emission(jnp.asarray(base.emission), factor, e.products))
    column = e.products[coal]
    np.testing.assert_allclose(
        later[:h, column], np.asarray(base.emission)[:h, column] * np.exp(factor[:, coal]), rtol=1e-12
    )
    untouched = [j for j in range(U - 1) if j not in e.products]
    np.testing.assert_array_equal(later[:, untouched], np.asarray(base.emission)[:, untouched])
    # With an elasticity of one other users have answered prices by themselves; what plants burn hasn't changed.
    dear = none.at[:, coal].set(0.5)
    bought = burnt.Bought(spent, dear, none, -dear)
    _, less = energy.step(plain, e.plants, dear, burnt.energy_bought(plain.used, bought), 5.0)
    again, _ = burnt.log_factors(w, less._replace(made=jnp.asarray(now)), bought)
    told = e.co2[:, :, coal].sum(axis=1) * np.exp(again[:, coal] - 0.5)
    answered = e.co2[:, others, coal].sum(axis=1) * np.exp(-0.55)
    assert told.sum() == pytest.approx(answered.sum() + e.co2[:, maker, coal].sum() / 2, rel=1e-6)
    assert p["sigma"] == 1.0


def test_what_the_equilibrium_learns_has_the_gradient_of_differences(start):
    """Through years, compiled: the factors of the equilibrium as a function of the price of carbon for power."""
    _, base, _, e = start
    h, U = base.n_home, base.shape[1] + 1
    before, price = e.plants.standing * e.energy.yields, jnp.zeros((h, len(e.fuels)))
    w = Power(e.energy, jnp.asarray(e.co2), before, jnp.asarray(e.abroad), e.products, e.carrier_fuel)

    def year(carbon, plants, t):
        plants, now = energy.step(e.energy, plants, price, jnp.full((h, U), 1.02) ** t, t, carbon)
        spent = jnp.full((h, U), t * np.log(1.02))
        factor, _ = burnt.log_factors(w, now, burnt.Bought(spent, price, price, price + t * np.log(1.02)))
        return plants, (now.co2, energy.emission(base.emission, factor, e.products).sum())

    @jax.jit
    def path(carbon):
        _, (co2, factors) = jax.lax.scan(lambda s, t: year(carbon, s, t), e.plants, jnp.arange(1.0, 11.0))
        return co2.sum(), factors.sum()

    for k in range(2):
        slope = jax.grad(lambda c, k=k: path(c)[k])(0.1)
        by_hand = (path(0.1 + 1e-5)[k] - path(0.1 - 1e-5)[k]) / 2e-5
        assert float(slope) == pytest.approx(float(by_hand), rel=1e-5) and slope < 0


def test_plants_abroad_are_those_that_its_power_needs(start):
    """A year's additions abroad raise its power from 2018 to 2021 and replace what wore out; costs fall with them."""
    _, _, p, e = start

    def of(region, year):
        held = tables.facts("electricity", year=year)
        return held[held["region"] == region].set_index("item")["value"][list(e.carriers)].to_numpy(float)

    rest = {year: of("WLD", year) - of("CHN", year) for year in (2018, 2020, 2021)}
    yields, life = np.asarray(e.energy.yields), np.asarray(e.energy.life)
    by_hand = (np.maximum(rest[2021] - rest[2018], 0) / 3 + rest[2020] / life) / yields
    np.testing.assert_allclose(e.abroad, by_hand, rtol=1e-3)
    assert p["abroad"] == 1.0
    still, plants = e.plants, e.plants
    places, users, fuels = e.co2.shape
    for t in range(1, 31):
        args = jnp.zeros((places, fuels)), jnp.ones((places, users)), t
        still, alone = energy.step(e.energy, still, *args)
        plants, now = energy.step(e.energy, plants, *args, 0.0, jnp.asarray(e.abroad))
    k = e.carriers.index("solar")
    doublings = np.log2(float(plants.built[k] / e.energy.built[k]))
    assert doublings > np.log2(float(still.built[k] / e.energy.built[k])) + 1
    before = plants.built[k] - now.added[k] - e.abroad[k]
    assert float(now.cost[k]) == pytest.approx(
        float(e.energy.cost[k] * (1 - e.energy.rate[k]) ** np.log2(before / e.energy.built[k])), rel=1e-9
    )
    assert float(now.cost[k]) < float(alone.cost[k])


def test_a_province_without_a_value_takes_the_ratio_of_the_others():
    province = np.array(["a", "a", "b", "c"])
    got = base_year.spread(pd.Series({"a": 6.0, "b": np.nan, "c": 4.0}), np.array([1.0, 2.0, 5.0, 2.0]), province)
    np.testing.assert_allclose(got, [2.0, 4.0, 10.0, 4.0])
