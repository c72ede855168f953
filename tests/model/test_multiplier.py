"""The multiplier at fixed prices against pymrio, closed forms and the first-order answer of the equilibrium."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from citybelt.errors import NotSolvedError
from citybelt.model.accounts import Shock, closure
from citybelt.model.calibrate import calibrate
from citybelt.model.multiplier import Multiplier, demand_only, silent
from citybelt.model.spatial import SPATIAL
from economies import random_inputs, random_shock, random_theory

SIZES = {"h": 5, "f": 2, "j": 4, "g": 3}


def world(seed=0, **changes):
    inputs = {**random_inputs(seed, **{**SIZES, **changes})}
    return calibrate(**inputs, closure=closure()), inputs


def transactions(b, inputs):
    """The input-output table of a base year as statisticians print it: intermediate sales and final demand."""
    n, j = b.shape
    used = np.einsum("nkj,nk->nkj", inputs["input_coef"], np.asarray(b.output))  # by n's sector k, of product j
    gate = np.asarray(b.share) / (1 + np.asarray(b.tariff))
    sales = np.einsum("jni,nkj->ijnk", gate, used).reshape(n * j, n * j)
    final = np.einsum("jni,nj->ijn", gate, inputs["final"].sum(axis=0)).reshape(n * j, n)
    index = pd.MultiIndex.from_product([range(n), range(j)], names=["region", "sector"])
    return pd.DataFrame(sales, index, index), pd.DataFrame(final, index, range(n))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_type_one_is_what_pymrio_gives_for_the_same_table(seed):
    pymrio = pytest.importorskip("pymrio")
    b, inputs = world(seed)
    sales, final = transactions(b, inputs)
    x = pymrio.calc_x(sales, final)
    np.testing.assert_allclose(x["indout"].to_numpy(), np.asarray(b.output).ravel(), rtol=1e-12)
    inverse = pymrio.calc_L(pymrio.calc_A(sales, x)).to_numpy()
    rng = np.random.default_rng(seed)
    impulse = rng.normal(0, 1, b.shape)
    ours = Multiplier(b).output(impulse)
    np.testing.assert_allclose(ours.ravel(), inverse @ impulse.ravel(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
def test_type_two_is_pymrio_with_households_as_industries(seed):
    pymrio = pytest.importorskip("pymrio")
    b, inputs = world(seed)
    sales, final = transactions(b, inputs)
    n, j = b.shape
    a = pymrio.calc_A(sales, pymrio.calc_x(sales, final)).to_numpy()
    # A household industry in each region: its inputs are goods, its product is labour of the region.
    keep = 1 - np.asarray(b.income_tax) - np.asarray(b.saving)
    kept = np.where(np.arange(n) < b.n_home, 1 - float(b.contribution), 1.0)
    per_wage = (keep * kept * (1 - np.asarray(b.housing_share)))[:, None] * np.asarray(b.basket[0])
    gate = np.asarray(b.share) / (1 + np.asarray(b.tariff))
    buys = np.einsum("jni,nj->ijn", gate, per_wage).reshape(n * j, n)
    wages = np.zeros((n, n, j))
    wages[np.arange(n), np.arange(n)] = np.asarray(b.factor_share[0] * b.value_added / b.output)
    whole = np.block([[a, buys], [wages.reshape(n, n * j), np.zeros((n, n))]])
    inverse = pymrio.calc_L(pd.DataFrame(whole)).to_numpy()[: n * j, : n * j]
    impulse = np.random.default_rng(seed).uniform(0, 1, b.shape)
    ours = Multiplier(b).output(impulse, households=True)
    np.testing.assert_allclose(ours.ravel(), inverse @ impulse.ravel(), rtol=1e-11)


def test_a_closed_region_has_the_multiplier_of_textbooks():
    """One home region that trades with nobody, one good: 1 / (1 - a) and 1 / (1 - a - c l)."""
    inputs = random_inputs(4, h=1, f=2, j=1, g=1, tariffs=False)
    apart = np.eye(3)[:, :, None] * inputs["trade"].sum(axis=1)[:, None, :]
    spent = inputs["trade"].sum(axis=1)
    # Output is now what was spent at home; materials as before, what is left is final demand.
    left = spent - np.einsum("nkj,nk->nj", inputs["input_coef"], spent)
    inputs["final"] = inputs["final"] / inputs["final"].sum(axis=0) * left
    b = calibrate(**{**inputs, "trade": apart}, closure=closure())
    m = Multiplier(b)
    impulse = np.array([[1.7], [0.0], [0.0]])
    a = float(inputs["input_coef"][0, 0, 0])
    wages = float(inputs["factor_share"][0, 0, 0]) * (1 - float(inputs["tax_rate"][0, 0]) - a)
    keep = 1 - float(b.income_tax[0]) - float(b.saving[0])
    spends = keep * (1 - float(b.contribution)) * (1 - float(b.housing_share[0]))
    np.testing.assert_allclose(m.output(impulse), impulse / (1 - a), rtol=1e-12)
    np.testing.assert_allclose(m.output(impulse, True), impulse / (1 - a - spends * wages), rtol=1e-12)


def test_nothing_leaks_nothing_answers():
    """Where all of output is wages and all of wages is spent, a multiplier would be infinite."""
    b, _ = world(5, tariffs=False, carbon=False)
    zero = jnp.zeros_like
    b = eqx.tree_at(
        lambda b: (b.income_tax, b.saving, b.contribution, b.housing_share, b.tax_rate, b.factor_share),
        b,
        (zero(b.income_tax), zero(b.saving), zero(b.contribution), zero(b.housing_share), zero(b.tax_rate),
         zero(b.factor_share).at[0].set(1.0)),
    )  # fmt: skip
    with pytest.raises(NotSolvedError, match="nothing leaks"):
        Multiplier(b).output(np.ones(b.shape), households=True)
    assert np.isfinite(Multiplier(b).output(np.ones(b.shape))).all()


def test_money_is_neither_made_nor_lost():
    """What is bought reaches sellers or customs; what a sector sells more covers its inputs, taxes and factors."""
    b, _ = world(6)
    m, z = Multiplier(b), random_shock(b, 6)
    bought = m.demand(z)
    duty = np.einsum("jni,jni,nj->", m.delivery, np.asarray(b.tariff), bought)
    assert np.isclose(m.delivered(bought).sum() + duty, bought.sum(), rtol=1e-12)
    np.testing.assert_allclose(m.bill(z).sum(axis=0), bought.sum(axis=1), rtol=1e-12)
    x = m.output(m.delivered(bought))
    used = np.einsum("nkj,nk->nj", m.input_coef, x)
    np.testing.assert_allclose(x, m.delivered(bought + used), rtol=1e-11)


def test_payers_withdraw_what_levers_cost_less_what_taxes_and_rents_lose():
    b, _ = world(7)
    z = demand_only(random_shock(b, 7))
    m = Multiplier(b)
    gone = m.withdrawn(z).sum()
    assert 0 < gone < m.bill(z).sum()
    # Where nobody pays income tax or rents, every yuan withdrawn is one of goods.
    free = eqx.tree_at(lambda b: (b.income_tax, b.housing_share), b, (0 * b.income_tax, 0 * b.housing_share))
    assert np.isclose(Multiplier(free).withdrawn(z).sum(), Multiplier(free).bill(z).sum(), rtol=1e-12)


def small(b, **fields):
    """A change of a millionth of the random one in the fields named."""
    big = random_shock(b, 8)
    return Shock.zeros(b).replace(**{name: 1e-6 * getattr(big, name) for name in fields["only"]})


@pytest.mark.parametrize(
    ("field", "source"),
    [("log_A", "productivity"), ("log_d", "trade_cost"), ("d_tariff", "tariffs"), ("subsidy", "subsidies")],
)
def test_savings_are_what_prices_fall_by_on_the_flows_of_the_base_year(field, source):
    """One pass of the equilibrium from the base year: costs and prices move, quantities don't."""
    b, _ = world(8)
    th = random_theory(8)
    th = eqx.tree_at(lambda th: th.agg, th, 0 * th.agg)
    z = small(b, only=[field])
    new, a = SPATIAL.evaluate(b, th, z, closure(), SPATIAL.geography(b, th, z), SPATIAL.start(b))
    if source == "productivity":
        # The pass moves costs of makers; what a lower cost saves is its share in output before tax.
        expected = -np.asarray((1 - b.tax_rate) * b.output * a.log_gate).sum(axis=1)
    elif source == "subsidies":
        expected = -np.asarray(b.output * a.log_gate).sum(axis=1)
    else:
        expected = -np.asarray(b.spending * new.price).sum(axis=1)
    if source == "trade_cost":
        # Of what buyers save, duties on the same goods are lost to governments: what customs took of each flow.
        duty = np.asarray(b.share * b.spending.T[:, :, None] * b.tariff / (1 + b.tariff))
        expected = expected + (duty * np.asarray(z.log_d)).sum(axis=(0, 2))
    found = Multiplier(b).savings(z)
    np.testing.assert_allclose(found[source], expected, rtol=1e-4)
    assert not any(v.any() for k, v in found.items() if k != source)


def test_a_carbon_price_costs_its_price_times_emissions():
    b, _ = world(9)
    z = Shock.zeros(b).replace(carbon=np.full(b.shape[0], 40.0))
    emitted = np.asarray((b.emission * b.spending + b.process * b.output).sum(axis=1))
    np.testing.assert_allclose(Multiplier(b).savings(z)["carbon"], -0.04 * emitted, rtol=1e-12)


def test_what_fixed_prices_cannot_see_is_named():
    b, _ = world(10)
    z = random_shock(b, 10)
    assert silent(z) == ["log_h", "log_K", "log_H", "log_mu", "log_B", "log_Hres", "transfer"]
    assert silent(demand_only(z)) == [] and Multiplier(b).demand(demand_only(z)).sum() > 0
    assert all(not np.asarray(v).any() for v in Multiplier(b).savings(demand_only(z)).values())
