"""What the equilibrium buys and what the law of energy burns: emissions by hand, place by place, and their totals."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

import citybelt as cb
import paths
from citybelt.path import burnt, energy
from citybelt.path.begin import begin
from citybelt.path.march import march

H = paths.SIZES["h"]


def charged(years: int, price: float, first: int, places=slice(H)):
    carbon = np.zeros((years, H + paths.SIZES["f"]))
    carbon[first:, places] = price
    return jnp.asarray(carbon)


def consistent(seed: int):
    """A world whose base year counts the same CO2 in the equilibrium and in the law; energy is saved and turns to
    power."""
    rules, inputs, start = paths.world(seed, stationary=False)
    b, w = rules.base, rules.power
    maker = w.products[-1]
    emission = np.zeros(b.emission.shape)
    for f, product in enumerate(w.products):
        emission[:H, product] = np.asarray(w.co2[:, :, f]).sum(axis=1) / np.asarray(b.spending)[:H, product]
    carbon = [float(w.co2[:, maker, f].sum() / w.made[c]) if f >= 0 else 0.0 for c, f in enumerate(w.fuel_of)]
    rules = eqx.tree_at(
        lambda r: (r.base.emission, r.power.law.carbon, r.power.law.saving, r.power.law.lean),
        rules,
        (jnp.asarray(emission), jnp.asarray(carbon), 0.02, jnp.array([0.0, 0.0, 0.03])),
    )
    return rules, inputs, eqx.tree_at(lambda s: s.log_factor, start, burnt.first(rules.power, start.plants))


def fuels(rules, years):
    """[T, R] Mt of the tables, processes apart."""
    a = years.accounts
    made = np.asarray(a.output * jnp.exp(-a.log_gate)) * np.asarray(rules.base.process)
    return (np.asarray(years.co2) - made.sum(axis=2))[:, :H]


def by_fuel(rules, years, t):
    """[R, F] Mt of a year by the law: users' own, and of plants what their makers buy of all that makers do."""
    w, a = rules.power, years.accounts
    h, maker = w.co2.shape[0], w.products[-1]
    spent = np.asarray(a.net * a.output / rules.base.output)[t, :h, maker]
    found = np.asarray(years.energy.burnt)[t].sum(axis=1)
    for f, product in enumerate(w.products):
        plants = sum(float(years.energy.power_co2[t, c]) for c, g in enumerate(w.fuel_of) if g == f)
        buys = np.asarray(w.co2)[:, maker, f] * spent / np.exp(np.asarray(a.log_user)[t, :h, product])
        found[:, f] += plants * buys / (buys.sum() or 1.0)
    return found


@pytest.mark.parametrize(("price", "places"), [(0.0, slice(H)), (400.0, slice(H)), (400.0, slice(1, 3))])
def test_tables_and_the_law_emit_the_same(price, places):
    """Whatever carbon costs and wherever, in the year in which it is first charged as well."""
    rules, inputs, start = consistent(8)
    inputs = eqx.tree_at(lambda i: i.levers.carbon, inputs, charged(paths.T, price, 3, places))
    _, years = march(rules, inputs, start)
    assert float(years.left.max()) < 1e-9
    law = np.asarray(years.energy.burnt).sum(axis=(1, 2, 3)) + np.asarray(years.energy.power_co2).sum(axis=1)
    np.testing.assert_allclose(fuels(rules, years).sum(axis=1), law, rtol=1e-9)


def test_emissions_and_charges_of_every_place_by_hand():
    """Quantities bought, plants' fuel over the places of makers, factors: in loops, from the accounts."""
    rules, inputs, start = consistent(9)
    inputs = eqx.tree_at(lambda i: i.levers.carbon, inputs, charged(paths.T, 250.0, 2))
    _, years = march(rules, inputs, start)
    b, w, a, law = rules.base, rules.power, years.accounts, rules.power.law
    maker, co2, used = w.products[-1], np.asarray(w.co2), np.asarray(law.used)
    for t in (0, 2, paths.T - 1):
        get = lambda name, t=t: np.asarray(getattr(a, name))[t]  # noqa: E731
        spent = np.append(
            (get("net") * get("output") / np.asarray(b.output))[:H],
            (get("consumption") / np.asarray(b.consumption))[:H, None],
            axis=1,
        )
        user, seller = np.exp(get("log_user")), np.exp(get("log_price"))
        for r in range(H):
            for u in set(range(used.shape[1])) - {maker}:
                buys = sum(used[r, u, f] * spent[r, u] / user[r, p] for f, p in enumerate(w.products))
                total = np.asarray(years.energy.used)[t, r, u].sum()
                assert total == pytest.approx(buys * np.exp(-0.02 * (t + 1)), rel=1e-12)
        for f, product in enumerate(w.products[:2]):
            buys = co2[:, maker, f] * spent[:, maker] / user[:H, product]
            untaxed = co2[:, maker, f] * spent[:, maker] / seller[:H, product]
            plants = sum(float(years.energy.power_co2[t, c]) for c, g in enumerate(w.fuel_of) if g == f)
            others = np.asarray(years.energy.burnt)[t, :, :, f].sum(axis=1)
            volume = get("use")[:H, product] / user[:H, product]
            if t < paths.T - 1:
                factor = np.asarray(b.emission)[:H, product] * np.exp(np.asarray(years.stocks.log_factor)[t + 1, :, f])
                np.testing.assert_allclose(factor * volume, others + plants * buys / untaxed.sum(), rtol=1e-10)
        emitted = by_fuel(rules, years, t).sum(axis=1)
        np.testing.assert_allclose(fuels(rules, years)[t], emitted, rtol=1e-10)


def test_with_an_elasticity_of_one_users_burn_what_they_buy():
    """Without saving and drift the law is the equilibrium's own, fuel by fuel."""
    rules, inputs, start = consistent(10)
    law = lambda r: (r.power.law.saving, r.power.law.lean, r.power.law.sigma)  # noqa: E731
    rules = eqx.tree_at(law, rules, (0.0, jnp.zeros(3), 1.0))
    inputs = eqx.tree_at(lambda i: i.levers.carbon, inputs, charged(paths.T, 300.0, 1))
    _, years = march(rules, inputs, start)
    a, w = years.accounts, rules.power
    bought = np.asarray(a.net * a.output / rules.base.output / jnp.exp(a.log_user[:, :, w.products[0], None]))[:, :H]
    first = np.asarray(w.law.used)[None, :, :-1, 0]
    np.testing.assert_allclose(np.asarray(years.energy.used)[:, :, :-1, 0], first * bought, rtol=1e-12)


def test_all_that_is_emitted_is_charged_a_year_later():
    """What fuels and power of a year would pay at the factors charged the year after is its CO2, place by place."""
    rules, inputs, start = consistent(12)
    inputs = eqx.tree_at(lambda i: i.levers.carbon, inputs, charged(paths.T, 250.0, 2, slice(1, 4)))
    _, years = march(rules, inputs, start)
    b, w, a = rules.base, rules.power, years.accounts
    volume = np.asarray(a.use * jnp.exp(-a.log_user))[:, :H, w.products]
    made = np.asarray(a.output * jnp.exp(-a.log_gate))[:, :H]
    process = np.asarray(b.process)[:H]
    first = np.asarray(b.emission)[:H, w.products]
    for t in range(paths.T - 1):
        of_fuels = (first * np.exp(np.asarray(years.stocks.log_factor)[t + 1]) * volume[t]).sum(axis=1)
        of_power = np.asarray(years.stocks.on_power)[t + 1] * made[t, :, w.products[-1]]
        total = of_fuels + of_power + (process * made[t]).sum(axis=1)
        np.testing.assert_allclose(total, np.asarray(years.co2)[t, :H], rtol=1e-10)
    # Without a price makers cut nothing, and nothing is left for power to pay.
    np.testing.assert_allclose(years.stocks.on_power[:3], 0.0, atol=1e-12)
    assert (np.asarray(years.stocks.on_power)[3:].max(axis=0) > 0).any()


def test_a_price_whose_bill_is_above_what_makers_spend_on_fuel_is_paid_in_full():
    """Plants can't leave coal within years and spending on it has a fixed share. Yet every year has an equilibrium, and
    once what is charged has settled all pay the price on what they emit."""
    rules, inputs, start = consistent(11)
    w, maker, coal = rules.power, rules.power.products[-1], rules.power.products[0]
    spend = float((rules.base.input_coef[:H, maker, coal] * rules.base.output[:H, maker]).sum())
    price = 3e3 * spend / float(w.co2[:, maker, 0].sum())
    inputs = eqx.tree_at(lambda i: i.levers.carbon, inputs, charged(paths.T, price, 1))
    _, years = march(rules, inputs, start)
    assert float(years.left.max()) < 1e-9
    a = years.accounts
    paid = np.asarray(a.carbon_fuel + a.carbon_process)[:, :H]
    # The unit of account of a year, from what carbon adds to the price of coal.
    added = np.asarray(jnp.exp(a.log_user) - jnp.exp(a.log_price))[:, 0, coal]
    factor = np.asarray(rules.base.emission)[0, coal] * np.exp(np.asarray(years.stocks.log_factor)[:, 0, 0])
    due = (added / factor)[:, None] * np.asarray(years.co2)[:, :H]
    late = slice(paths.T // 2, None)
    np.testing.assert_allclose(paid[late].sum(axis=1), due[late].sum(axis=1), rtol=0.02)


@pytest.fixture(scope="module")
def northeast():
    return begin(cb.load("northeast"), 2027, paced=False)


def test_a_path_begins_with_the_law_of_its_first_year(northeast):
    """Saving and drift don't skip the first year: at base-year prices CO2 charged is that of the law after a year."""
    w = northeast.rules.power
    shape = w.co2.shape
    none = jnp.zeros((shape[0], shape[2]))
    _, now = energy.step(w.law, northeast.stocks.plants, none, jnp.ones(shape[:2]), 1.0, 0.0, w.abroad)
    told = w.co2.sum(axis=1) * jnp.exp(northeast.stocks.log_factor)
    assert float(told.sum()) == pytest.approx(float(now.co2), rel=1e-9)
    assert float(now.co2) < 0.995 * float(w.co2.sum())


def test_a_price_of_carbon_is_counted_once(northeast):
    """300 CNY a tonne in the whole nation: CO2 of fuels of the tables changes place by place as that of the law, and
    plants' CO2 falls by no more than power made does and as plants are built."""
    w, b = northeast.rules.power, northeast.rules.base
    n = b.shape[0]
    h = len(northeast.economy.home)
    carbon = np.zeros((7, n))
    carbon[2:, :h] = 300.0
    inputs = eqx.tree_at(lambda i: i.levers.carbon, northeast.inputs, jnp.asarray(carbon), is_leaf=lambda x: x is None)
    _, years = march(northeast.rules, inputs, northeast.stocks)
    a = years.accounts
    process = np.asarray(a.output * jnp.exp(-a.log_gate)) * np.asarray(b.process)
    told = (np.asarray(years.co2) - process.sum(axis=2))[:, :h]
    first = np.asarray(w.co2).sum(axis=1)
    tables = np.asarray(b.emission * b.spending)[:h][:, w.products]
    for year in range(4):
        grown = by_fuel(northeast.rules, years, year) / np.where(first > 0, first, 1.0)
        np.testing.assert_allclose(told[year], (tables * grown).sum(axis=1), rtol=1e-9)
    plants = np.asarray(years.energy.power_co2).sum(axis=1)
    made = np.asarray(years.energy.made).sum(axis=1)
    assert made[2] < made[1]
    assert plants[2] / plants[1] > 2 * made[2] / made[1] - 1
