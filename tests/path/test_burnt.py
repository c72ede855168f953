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
        emitted = [
            np.asarray(years.energy.burnt)[t, r].sum()
            + sum(
                float(years.energy.power_co2[t, c])
                * co2[r, maker, g] * spent[r, maker] / user[r, w.products[g]]
                / (co2[:, maker, g] * spent[:, maker] / user[:H, w.products[g]]).sum()
                for c, g in enumerate(w.fuel_of) if g >= 0
            )
            for r in range(H)
        ]  # fmt: skip
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


def test_a_price_whose_bill_is_above_what_makers_spend_on_fuel_is_charged():
    """Where plants can't leave coal within years, CO2 remains and every year still has an equilibrium."""
    rules, inputs, start = consistent(11)
    w, maker = rules.power, rules.power.products[-1]
    spend = float((rules.base.input_coef[:H, maker, w.products[0]] * rules.base.output[:H, maker]).sum())
    price = 3e3 * spend / float(w.co2[:, maker, 0].sum())
    inputs = eqx.tree_at(lambda i: i.levers.carbon, inputs, charged(paths.T, price, 1))
    _, years = march(rules, inputs, start)
    assert float(years.left.max()) < 1e-9
    # What is charged settles: it doesn't run away from one year to the next.
    assert np.abs(np.diff(np.asarray(years.stocks.log_factor), axis=0))[3:].max() < 0.3


@pytest.fixture(scope="module")
def northeast():
    return begin(cb.load("northeast"), 2024, paced=False)


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
    """300 CNY a tonne in the whole nation: CO2 of fuels of the tables is that of the law up to what provinces'
    inventories and the world's own factors differ by, and plants' CO2 falls by no more than power made does and as
    plants are built."""
    n = northeast.rules.base.shape[0]
    h = len(northeast.economy.home)
    carbon = np.zeros((4, n))
    carbon[2:, :h] = 300.0
    inputs = eqx.tree_at(lambda i: i.levers.carbon, northeast.inputs, jnp.asarray(carbon), is_leaf=lambda x: x is None)
    _, years = march(northeast.rules, inputs, northeast.stocks)
    a = years.accounts
    process = np.asarray(a.output * jnp.exp(-a.log_gate)) * np.asarray(northeast.rules.base.process)
    told = (np.asarray(years.co2) - process.sum(axis=2))[:, :h].sum(axis=1)
    plants = np.asarray(years.energy.power_co2).sum(axis=1)
    law = np.asarray(years.energy.burnt).sum(axis=(1, 2, 3)) + plants
    np.testing.assert_allclose(told, law, rtol=1e-3)
    made = np.asarray(years.energy.made).sum(axis=1)
    assert made[2] < made[1]
    assert plants[2] / plants[1] > 2 * made[2] / made[1] - 1
