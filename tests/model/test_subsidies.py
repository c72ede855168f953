"""Subsidies to makers and transfers between governments, against closed forms and the books."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.dims import PAYERS
from citybelt.engine.solve import solve
from citybelt.model.accounts import Shock, closure
from citybelt.model.calibrate import calibrate
from citybelt.model.economy import economy
from citybelt.model.identities import identities, money
from citybelt.model.ledger import balance, post
from citybelt.model.mechanisms import public_finance
from citybelt.model.spatial import SPATIAL
from citybelt.model.theory import theory
from citybelt.scenario.direction import Direction, Shape, combine
from economies import random_inputs, random_shock, random_theory

CITY = PAYERS.index("city")


def one_sector(materials: float):
    """One home region and three partners, one sector, balanced trade: nobody gives anything to anybody."""
    c = closure(people="fixed", land_finance="private")
    inputs = random_inputs(21, h=1, f=3, j=1, g=1, tariffs=False, carbon=False)
    trade = inputs["trade"]
    inputs["trade"] = trade + trade.transpose(1, 0, 2)
    inputs["tax_rate"] = np.zeros_like(inputs["tax_rate"])
    inputs["owned_abroad"] = np.zeros_like(inputs["owned_abroad"])
    inputs["input_coef"] = np.full((4, 1, 1), materials)
    left = (1 - materials) * inputs["trade"].sum(axis=0)
    inputs["final"] = left * inputs["final"] / inputs["final"].sum(axis=0)
    inputs["housing"] = 0.1 * inputs["final"][0].sum(axis=1)
    th = random_theory(21, 1)
    th = type(th)(**{**vars(th), "agg": jnp.zeros(1)})
    b = calibrate(**inputs, closure=c)
    np.testing.assert_allclose(b.residual, 0, atol=1e-9 * float(b.consumption.max()))
    return b, th, c


@pytest.mark.parametrize("rate", [-0.2, 0.05, 0.3])
@pytest.mark.parametrize("materials", [0.0, 0.4])
def test_a_subsidy_alike_everywhere_and_paid_where_it_is_given(rate, materials):
    """Every gate price falls by (1-s)^(1/va) and no relative price moves, so buyers stay with their sellers. Without
    materials the bill takes back what prices give, and no quantity moves. With them makers use g/(1-s) of a unit for
    a unit: output rises by (1-s)^(-g/va), and what is left for final use falls for a subsidy and for a tax alike."""
    b, th, c = one_sector(materials)
    z = Shock.zeros(b)
    z = z.replace(subsidy=z.subsidy.at[CITY].set(rate))
    s = solve(SPATIAL, b, th, z, c).require()
    a, va = s.accounts, 1 - materials
    np.testing.assert_allclose(s.state.wage, 0, atol=1e-9)
    np.testing.assert_allclose(a.log_gate, np.log(1 - rate) / va, atol=1e-9)
    volume = (1 - rate) ** (-materials / va)
    np.testing.assert_allclose(a.output / b.output * np.exp(-a.log_gate), volume, rtol=1e-9)
    final = volume * (1 - materials / (1 - rate)) / va
    assert final == pytest.approx(1.0, abs=1e-12) if materials == 0 else final < 1
    price = np.exp(np.asarray(a.log_price)[:, 0])
    np.testing.assert_allclose(a.consumption / b.consumption / price, final, rtol=1e-9)
    np.testing.assert_allclose(a.government / b.government / price, final, rtol=1e-9)
    np.testing.assert_allclose(a.levy, rate * b.output[:, 0], rtol=1e-9)  # s/(1-s) of output at the gate


def solved(seed=3, **fields):
    c = closure()
    b = calibrate(**random_inputs(seed), closure=c)
    big = random_shock(b, seed, 0.2)
    z = Shock.zeros(b).replace(**{name: getattr(big, name) for name in fields.get("only", ("subsidy", "transfer"))})
    return solve(SPATIAL, b, random_theory(seed), z, c).require()


def test_makers_get_what_payers_add_and_the_books_close():
    s = solved(only=("subsidy", "transfer", "purchase", "carbon"))
    a, z = s.accounts, s.shock
    assert max(identities(s).values()) < 1e-8
    rate = np.asarray(z.subsidy)
    made = np.asarray(a.output) / (1 - rate.sum(axis=0))
    np.testing.assert_allclose(a.subsidy, (rate * made).sum(axis=2), rtol=1e-12)
    spent = np.asarray(a.factor_income.sum(axis=(0, 2)) + a.inputs.sum(axis=1) + a.production_tax.sum(axis=1))
    np.testing.assert_allclose(made.sum(axis=1), spent + np.asarray(a.carbon_process), rtol=1e-9)
    bought = np.asarray((z.purchase * jnp.exp(a.log_user)).sum(axis=2))
    np.testing.assert_allclose(a.bill - a.subsidy, bought, rtol=1e-9)
    assert float(a.levy.sum()) == pytest.approx(float(a.bill.sum()), rel=1e-12)
    rows = post(s)
    posted = np.stack([row.amount for row in rows if row.account == "subsidy"])
    np.testing.assert_allclose(posted, a.subsidy)
    without = [row for row in rows if row.account != "subsidy"]
    gaps = balance(without, s.base.n_home).set_index("agent")["relative"]
    assert gaps["firms"].max() > 1e-3 and gaps["lever fund"].max() > 1e-3


def test_each_payer_pays_its_part_through_those_behind_it():
    """Only a city's own people pay its subsidy, and the rates of payers add up in what makers get."""
    c = closure()
    b, th = calibrate(**random_inputs(3), closure=c), random_theory(3)
    z = Shock.zeros(b)
    one = solve(SPATIAL, b, th, z.replace(subsidy=z.subsidy.at[CITY, 1].set(0.1)), c).require()
    levy = np.asarray(one.accounts.levy)
    assert levy[1] > 0 and np.abs(np.delete(levy, 1)).max() == 0
    two = z.subsidy.at[CITY, 1].set(0.06).at[PAYERS.index("centre"), 1].set(0.04)
    both = solve(SPATIAL, b, th, z.replace(subsidy=two), c).require().accounts
    np.testing.assert_allclose(both.subsidy[CITY, 1] / both.subsidy.sum(axis=0)[1], 0.6, rtol=1e-9)
    assert (np.asarray(both.levy)[: b.n_home] > 0).all() and np.abs(np.asarray(both.levy)[b.n_home :]).max() == 0


def alike_buyers():
    """Regions that all buy from the same sellers at the same shares, and whose governments buy the same things."""
    inputs = random_inputs(22, h=4, f=2, j=3, g=2, tariffs=False, carbon=False)
    rng = np.random.default_rng(22)
    buyers, sellers = rng.uniform(1, 2, 6), rng.uniform(1, 2, (6, 3)) * np.array([1.0, 2.0, 3.0])
    trade = buyers[:, None, None] * sellers
    spending, output = trade.sum(axis=1), trade.sum(axis=0)
    inputs["trade"], inputs["input_coef"] = trade, np.zeros((6, 3, 3))
    parts = np.array([0.5, 0.2, 0.3])
    inputs["final"] = parts[:, None, None] * spending
    inputs["housing"] = 0.1 * inputs["final"][0].sum(axis=1)
    labour = inputs["factor_share"][0, :4] * output[:4]
    inputs["pension"] = np.full(4, 0.1 * labour.sum() / inputs["people"][1].sum())
    c = closure(people="fixed")
    return calibrate(**inputs, closure=c), random_theory(22, 3), c


@pytest.mark.parametrize("balanced", [True, False])
def test_a_transfer_buys_public_services_and_nothing_else(balanced):
    """Where every government buys the same, no price moves: services follow the money, and a list of transfers that
    doesn't add up is balanced by what the centre shares out."""
    b, th, c = alike_buyers()
    h, government = b.n_home, np.asarray(b.government)[:4]
    transfer = np.array([0.2, -0.1, 0.05, 0.0]) * government.min()
    if balanced:
        transfer[3] = -transfer.sum()
    z = Shock.zeros(b).replace(transfer=transfer)
    s = solve(SPATIAL, b, th, z, c).require()
    a = s.accounts
    given = transfer - np.asarray(b.grant_weight) * transfer.sum()
    assert given.sum() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(s.state.price, 0, atol=1e-9)
    np.testing.assert_allclose(a.transfers[:h], given, atol=1e-9 * government.max())
    np.testing.assert_allclose(a.grants[:h], b.grant, atol=1e-8 * government.max())
    np.testing.assert_allclose(a.government[:h], government + given, rtol=1e-9)
    income = np.asarray(b.consumption / (1 - b.income_tax - b.saving))[:h]
    worth = float(th.public) * government.sum() / income.sum()
    by_place = worth * np.log1p(given / government)
    people = np.asarray(b.people)
    expected = np.einsum("gon,n->go", people, by_place) / people.sum(axis=2)
    np.testing.assert_allclose(a.log_welfare, expected, atol=1e-9)


def test_what_is_shared_as_grants_are_changes_nothing():
    """Transfers in the shares of the centre's grants are given with one hand and taken with the other."""
    c = closure()
    b, th = calibrate(**random_inputs(5), closure=c), random_theory(5)
    z = random_shock(b, 5, 0.05)
    more = z.replace(transfer=z.transfer + 0.3 * float(b.government.min()) * b.grant_weight)
    one, two = (solve(SPATIAL, b, th, each, c).require() for each in (z, more))
    np.testing.assert_allclose(two.state.price, one.state.price, atol=1e-9)
    np.testing.assert_allclose(two.accounts.log_welfare, one.accounts.log_welfare, atol=1e-9)


def test_a_transfer_in_money_that_follows_no_price_is_seen(monkeypatch):
    s = solved(only=("transfer",))
    assert money(s) < 1e-9
    monkeypatch.setattr(public_finance, "transfers", lambda transfer, weight, _: transfer - weight * transfer.sum())
    assert money(s) > 1e-4


def test_makers_can_not_be_paid_by_subsidies_alone(northeast):
    e = economy(northeast, theory(northeast.x.sector.values))
    z = e.zeros
    halves = z.subsidy.at[0, 3, 2].set(0.5).at[CITY, 3, 2].set(0.5)
    with pytest.raises(ValueError, match="below one"):
        e.solve(z.replace(subsidy=halves))


def test_directions_of_both_add_up():
    shape = Shape(regions=4, domestic=3, sectors=2)
    rng = np.random.default_rng(1)
    rates, money_ = rng.uniform(size=(5, 4, 2)), rng.normal(size=3)
    one, two = Direction(subsidy=rates), Direction(subsidy=2 * rates, transfer=money_)
    found = combine([one, two], jnp.asarray([0.1, 0.2]), shape)
    np.testing.assert_allclose(found["subsidy"], 0.5 * rates)
    np.testing.assert_allclose(found["transfer"], 0.2 * money_)
    names = {f.name for f in dataclasses.fields(Shock)}
    assert set(found) == names - {"purchase", "service"}
