"""Losses of disruptions: none from nothing, more from more, and a stop as the limit of rising trade costs."""

from dataclasses import replace
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybelt.model.accounts import closure
from citybelt.model.calibrate import calibrate
from citybelt.model.economy import Economy
from citybelt.model.mechanisms.production import unit_cost
from citybelt.security.budget import emissions_of
from citybelt.security.change import GONE, Change, flow_left
from citybelt.security.kinds import MAKE, Disruption
from citybelt.security.loss import measure
from citybelt.security.stress import joined, worst_of
from citybelt.security.table import families, short
from economies import random_inputs, random_theory

H, F, J = 5, 2, 4


def small_economy(seed=3, **changes):
    c = closure(people="fixed")
    inputs = random_inputs(seed, h=H, f=F, j=J, g=3) | changes
    labels = [f"r{k}" for k in range(H + F)]
    return Economy(
        tuple(labels), tuple(f"s{k}" for k in range(J)), tuple(labels[:H]), np.array(["us"] * 3 + [""] * 2),
        {r: r for r in labels}, calibrate(**inputs, closure=c), short(random_theory(seed, J)), c,
    )  # fmt: skip


@pytest.fixture(scope="module")
def economy():
    return small_economy()


@pytest.fixture(scope="module")
def before(economy):
    return economy.solve(economy.zeros)


CLUSTER = np.array([1.0, 1, 1, 0, 0])


def disruption(change, hit=()):
    struck = np.zeros(H, bool)
    struck[list(hit)] = True
    return Disruption("one", families()[0], "one", "一", change, struck)


def pairs(products, buyers, sellers):
    stop = np.zeros((J, H + F, H + F), bool)
    stop[np.ix_(products, buyers, sellers)] = True
    return stop


def dearer(products, buyers, sellers, log_cost):
    """A finite trade cost in place of a stop."""
    longer, goods = np.zeros((H + F, H + F)), np.zeros(J)
    longer[np.ix_(buyers, sellers)] = log_cost
    goods[products] = 1.0
    return Change(longer=longer, dearness=1.0, goods=goods)


HOME, ABROAD = range(H), [H]


@pytest.mark.parametrize(
    "nothing",
    [
        Change(),
        Change(stop=np.zeros((J, H + F, H + F), bool)),
        dearer([0], HOME, ABROAD, 0.0),
        Change(log_A=np.zeros((H + F, J)), log_H=np.zeros((H + F, J))),
        Change(cap=1e9),
    ],
    ids=["empty", "no pair", "no cost", "no fields", "a budget that does not bind"],
)
def test_nothing_costs_nothing(economy, before, nothing):
    loss = measure(economy, before, disruption(nothing), CLUSTER)
    assert loss.solved
    for numbers in (loss.origin, loss.money, loss.city, loss.sector, loss.cluster, loss.nation, loss.output):
        np.testing.assert_allclose(numbers, 0.0, atol=1e-6)


@pytest.mark.proposition("P2")
@pytest.mark.parametrize("product", range(J))
def test_a_stronger_disruption_never_costs_the_importer_less(economy, before, product):
    """Imports dearer in steps, up to the stop."""
    steps = [dearer([product], HOME, ABROAD, cost) for cost in (0.1, 0.4, 1.0, 3.0)]
    steps.append(Change(stop=pairs([product], HOME, ABROAD)))
    losses = [measure(economy, before, disruption(step), CLUSTER) for step in steps]
    assert all(loss.solved for loss in losses)
    nation = [loss.nation for loss in losses]
    assert nation[0] > 0
    assert (np.diff(nation) > 0).all()


def test_a_worse_harvest_never_costs_less(economy, before):
    lost = []
    for size in (0.05, 0.1, 0.3):
        log_A = np.zeros((H + F, J))
        log_A[:3, 0] = np.log1p(-size)
        lost.append(measure(economy, before, disruption(Change(log_A=log_A), hit=range(3)), CLUSTER).cluster)
    assert lost[0] > 0 and (np.diff(lost) > 0).all()


@pytest.mark.proposition("P2")
def test_an_embargo_is_the_limit_of_rising_trade_costs(economy, before):
    products = [0, 2]
    stopped = measure(economy, before, disruption(Change(stop=pairs(products, HOME, ABROAD))), CLUSTER)
    theta = float(economy.theory.theta[0])
    gaps = []
    for part in (1e-1, 1e-2, 1e-4, 1e-6, 1e-8):
        rising = dearer(products, HOME, ABROAD, -np.log(part) / theta)
        loss = measure(economy, before, disruption(rising), CLUSTER)
        gaps.append(np.abs(np.r_[loss.origin - stopped.origin, loss.city - stopped.city]).max())
    assert (np.diff(gaps) < 0).all()
    assert gaps[-1] < 1e-6 * np.abs(stopped.origin).max() + 1e-7


@pytest.mark.proposition("P2")
def test_losses_do_not_depend_on_the_unit_of_money(economy, before):
    inputs = random_inputs(3, h=H, f=F, j=J, g=3)
    thousand = {k: 1000.0 * inputs[k] for k in ("trade", "final", "housing", "pension")}
    thousand |= {k: inputs[k] / 1000.0 for k in ("emission", "process")}
    other = small_economy(**thousand)
    d = disruption(Change(stop=pairs([0, 2], HOME, ABROAD)))
    one, two = (measure(e, e.solve(e.zeros), d, CLUSTER) for e in (economy, other))
    for name in ("origin", "city", "sector", "cluster", "nation"):
        np.testing.assert_allclose(getattr(two, name), getattr(one, name), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(two.money, 1000.0 * one.money, rtol=1e-6)


def test_a_stop_leaves_nothing_of_the_flow(economy, before):
    change = Change(stop=pairs([1], HOME, ABROAD))
    after = economy.solve(change.shock(economy.base, economy.theory))
    # By the definition of a share: kernel times attraction, over all sellers.
    kernel = np.asarray(economy.base.share)[1] * np.exp(-np.asarray(economy.theory.theta)[1] * after.shock.log_d[1])
    share = kernel * np.exp(-np.asarray(economy.theory.theta)[1] * np.asarray(after.accounts.log_gate)[:, 1])
    share = share / share.sum(axis=1, keepdims=True)
    flow = (share * np.asarray(after.accounts.goods)[:, [1]])[:H, H]
    was = (np.asarray(economy.base.share)[1] * np.asarray(economy.base.spending)[:, [1]])[:H, H]
    left = flow_left(change.stopped(), after)
    assert 0 < left <= GONE
    np.testing.assert_allclose(left, (flow / was).max(), rtol=1e-6)


def test_a_flow_that_cannot_stop_is_an_error_and_no_number(economy, before):
    """Nobody is left who sells the product to region 0: its price would have no bound."""
    change = Change(stop=pairs([0], [0], range(H + F)))
    loss = measure(economy, before, disruption(change), CLUSTER)
    assert not loss.solved and loss.error
    assert np.isnan([loss.cluster, loss.nation, loss.output, loss.elsewhere]).all()
    assert np.isnan(loss.origin).all() and np.isnan(loss.sector).all()


def test_a_price_and_a_harvest_move_unit_cost_by_their_size(economy):
    """At given prices of everything else, by (Q1) itself."""
    b, (n, j) = economy.base, economy.base.shape
    field = SimpleNamespace(economy=economy, n_home=H)
    share_va = 1.0 - b.tax_rate - b.input_coef.sum(axis=2)
    none, same = jnp.zeros((n, 1)), jnp.zeros((n, j))

    def cost(log_A):
        return unit_cost(share_va, b.factor_share, b.input_coef, b.tax_rate, (none, none, same), log_A, same)

    row = replace(families()[0], size=0.3)
    harvest = MAKE["output"](row, field, np.array([1, 3]), {"province": np.array([0, 2])}).log_A
    expected = np.zeros((n, j))
    expected[np.ix_([0, 2], [1, 3])] = -np.log(0.7)
    np.testing.assert_allclose(cost(harvest), expected, atol=1e-12)
    price = MAKE["price"](row, field, np.array([2]), {}).log_A
    expected = np.zeros((n, j))
    expected[H:, 2] = np.log(1.3)
    np.testing.assert_allclose(cost(price), expected, atol=1e-12)


def test_who_is_cut_off_from_whom(economy):
    field, row = SimpleNamespace(economy=economy, n_home=H), replace(families()[0], size=0.1)
    products = np.array([0, 3])
    one = MAKE["stop"](row, field, products, {"partner": [H + 1]}).stop
    assert (np.argwhere(one) == [(j, n, H + 1) for j in (0, 3) for n in range(H)]).all()
    everyone = MAKE["stop"](row, field, products, {}).stop
    assert everyone.sum() == 2 * H * F and everyone[:, :H, H:][products].all()
    city = MAKE["silence"](row, field, products, {"city": [2]}).stop
    assert not city[:, 2].any(), "the city keeps what it makes"
    assert city[products][:, [0, 1, 3, 4, 5, 6], 2].all() and city.sum() == 2 * (H + F - 1)
    land = MAKE["land"](row, field, products, {"cluster": np.array([0, 1])}).log_H
    expected = np.zeros((H + F, J))
    expected[np.ix_([0, 1], products)] = np.log(0.9)
    np.testing.assert_allclose(land, expected)


def test_the_loss_elsewhere_leaves_out_those_who_are_struck(economy, before):
    d = disruption(Change(stop=pairs([0], [0, 1, 3, 4, 5, 6], [2])), hit=[2])
    loss = measure(economy, before, d, CLUSTER)
    registered = np.asarray(economy.base.people.sum(axis=(0, 2)))
    np.testing.assert_allclose(loss.cluster, np.average(loss.origin[:3], weights=registered[:3]))
    np.testing.assert_allclose(loss.elsewhere, np.average(loss.origin[:2], weights=registered[:2]))
    np.testing.assert_allclose(loss.nation, np.average(loss.origin, weights=registered))
    assert loss.elsewhere != pytest.approx(loss.cluster)


def test_changes_add_up_field_by_field(economy):
    one = Change(stop=pairs([0], HOME, ABROAD), cap=5.0)
    two = dearer([1], [0], [1], 0.2) + Change(stop=pairs([2], HOME, ABROAD), cap=3.0)
    b, th = economy.base, economy.theory
    both = one + two
    assert both.cap == 3.0
    apart = one.shock(b, th) + two.shock(b, th)
    np.testing.assert_allclose(both.shock(b, th).log_d, apart.log_d)
    with pytest.raises(ValueError, match="same goods"):
        _ = two + dearer([0], [0], [1], 0.2)


@pytest.mark.parametrize("materials", [0.0, 0.4])
def test_gains_from_trade_of_an_embargo(materials):
    """Real factor rewards fall by own share to 1/(theta va) (Arkolakis, Costinot and Rodriguez-Clare 2012), own
    shares being those among the sellers who are left."""
    c = closure(people="fixed")
    inputs = random_inputs(11, h=4, f=3, j=1, g=2, tariffs=False, carbon=False)
    inputs["tax_rate"] = np.zeros_like(inputs["tax_rate"])
    output, spending = inputs["trade"].sum(axis=0), inputs["trade"].sum(axis=1)
    inputs["input_coef"] = np.full((7, 1, 1), materials)
    inputs["final"] = (spending - materials * output) * inputs["final"] / inputs["final"].sum(axis=0)
    labels = tuple(f"r{k}" for k in range(7))
    th = short(random_theory(11, 1))
    th = type(th)(**vars(th) | {"agg": jnp.zeros(1)})
    e = Economy(labels, ("s",), labels[:4], np.array(["us"] * 4), {r: r for r in labels},
                calibrate(**inputs, closure=c), th, c)  # fmt: skip
    stop = np.zeros((1, 7, 7), bool)
    stop[0, :4, 4] = True
    s = e.solve(Change(stop=stop).shock(e.base, e.theory))
    theta = float(th.theta[0])
    bought = np.where(stop[0], 0.0, np.asarray(e.base.share)[0]) * np.exp(
        -theta * np.asarray(s.accounts.log_gate)[:, 0]
    )
    own = np.diag(bought) / bought.sum(axis=1) / np.diag(np.asarray(e.base.share)[0])
    real = np.asarray(s.state.wage - s.state.price[:, 0])
    np.testing.assert_allclose(real, -np.log(own) / (theta * (1 - materials)), atol=1e-8)
    assert (own[:4] > 1).all()


def test_a_carbon_budget_is_met_by_its_price(economy, before):
    emitted = emissions_of(before, CLUSTER)
    prices = []
    for size in (0.02, 0.1):
        loss = measure(economy, before, disruption(Change(cap=(1 - size) * emitted)), CLUSTER)
        prices.append(loss.price)
        paid = np.concatenate([CLUSTER * loss.price, np.zeros(F)])
        s = economy.solve(economy.zeros.replace(carbon=paid))
        a, b = s.accounts, economy.base
        used = np.asarray(b.emission * a.goods * jnp.exp(-a.log_price) + b.process * a.output * jnp.exp(-a.log_gate))
        np.testing.assert_allclose(used[:3].sum(), (1 - size) * emitted, rtol=1e-7)
        np.testing.assert_allclose(loss.change.carbon, paid)
    assert 0 < prices[0] < prices[1]


@pytest.mark.proposition("P2")
@given(st.lists(st.tuples(st.booleans(), st.floats(-5, 50)), max_size=8), st.integers(0, 8))
def test_merging_a_set_into_another_never_lowers_the_worst_case(losses, cut):
    class Fake:
        def __init__(self, solved, cluster):
            self.solved, self.cluster = solved, cluster

    found = [(k, Fake(*loss)) for k, loss in enumerate(losses)]
    whole = worst_of(found)
    for part in (found[:cut], found[cut:]):
        worst = worst_of(part)
        if worst is not None:
            assert whole is not None and whole[1].cluster >= worst[1].cluster and worst[1].solved


@pytest.mark.proposition("P2")
def test_joint_stress_is_solved_as_one_and_not_added_up(economy, before):
    one = disruption(Change(stop=pairs([0], HOME, ABROAD)))
    log_A = np.zeros((H + F, J))
    log_A[:3, 1] = -0.2
    two = disruption(Change(log_A=log_A), hit=range(3))
    emitted = emissions_of(before, CLUSTER)
    three = disruption(Change(cap=0.9 * emitted))
    parts = [(d, measure(economy, before, d, CLUSTER)) for d in (one, two, three)]
    both = measure(economy, before, joined(parts), CLUSTER)
    z = one.change.shock(economy.base, economy.theory) + two.change.shock(economy.base, economy.theory)
    s = economy.solve(z.replace(carbon=np.concatenate([CLUSTER * parts[2][1].price, np.zeros(F)])))
    persons = np.asarray(economy.base.people.sum(axis=2))
    by_hand = -100 * (persons * np.asarray(s.accounts.log_welfare)).sum(axis=0) / persons.sum(axis=0)
    np.testing.assert_allclose(both.origin, by_hand, atol=1e-6)
    assert abs(both.cluster - sum(loss.cluster for _, loss in parts)) > 1e-3


@pytest.mark.proposition("P6")
def test_a_loss_is_measured_from_what_is_struck(economy, before):
    """The loss under a change of its own equals the gap between the two equilibria, not the gap to the base year."""
    z = economy.zeros
    lever = z.replace(log_A=z.log_A.at[:3].set(0.05))
    struck = economy.solve(lever)
    d = disruption(Change(stop=pairs([0, 1], HOME, ABROAD)))
    loss = measure(economy, struck, d, CLUSTER)
    after = economy.solve(lever + d.change.shock(economy.base, economy.theory))
    gap = np.asarray(struck.accounts.log_welfare - after.accounts.log_welfare)
    persons = np.asarray(economy.base.people.sum(axis=2))
    np.testing.assert_allclose(loss.origin, 100 * (persons * gap).sum(axis=0) / persons.sum(axis=0), atol=1e-6)
    now = measure(economy, before, d, CLUSTER)
    assert abs(loss.cluster - now.cluster) > 1e-6
