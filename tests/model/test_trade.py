"""The class of many regions and sectors against a second route, identities and finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.engine.adjoint import gradient
from citybelt.engine.certificate import certify
from citybelt.engine.solve import solve
from citybelt.errors import InputError
from citybelt.model import flows
from citybelt.model.check import trade as check
from citybelt.model.trade import TRADE, evaluate, geography
from citybelt.model.trade_accounts import Closure, Shock, State
from citybelt.model.trade_calibrate import calibrate, theory
from trade_economies import KINDS, accounts, make, shock


@pytest.mark.parametrize("kind", KINDS)
def test_base_year_comes_back(kind):
    b, th, c = make(5, **KINDS[kind])
    z = Shock.zeros(b)
    new, _ = evaluate(b, th, z, c, geography(b, th, z), State.zeros(b))
    for name, block in vars(new).items():
        assert block is None or np.abs(np.asarray(block)).max() < 1e-12, name


@pytest.mark.parametrize("kind", KINDS)
def test_two_routes_agree(kind):
    b, th, c = make(1, **KINDS[kind])
    z = shock(b, 1)
    s = solve(TRADE, b, th, z, c).require()
    assert s.steps == 1 and s.passes < 60
    found = check.equilibrium(b, th, z, c)
    a = s.accounts
    np.testing.assert_allclose(jnp.exp(s.state.wage), found.wage, rtol=1e-8)
    np.testing.assert_allclose(jnp.exp(a.log_price), found.price, rtol=1e-8)
    np.testing.assert_allclose(a.output, found.output, rtol=1e-8)
    np.testing.assert_allclose(a.income, found.income, rtol=1e-8)
    np.testing.assert_allclose(jnp.exp(a.log_cpi), found.cpi, rtol=1e-8)
    if b.settled:
        np.testing.assert_allclose(a.persons, found.persons.sum(axis=0), rtol=1e-8)
        np.testing.assert_allclose(jnp.exp(a.log_value), found.value, rtol=1e-8)
    if s.state.rental is not None:
        np.testing.assert_allclose(jnp.exp(s.state.rental), found.rental, rtol=1e-8)


@pytest.mark.parametrize("kind", ["tariffs", "nests", "stayers in a region", "free in nests"])
def test_gradient_is_that_of_differences(kind):
    """Every field of the shock and every elasticity at once, along one way."""
    b, th, c = make(2, **KINDS[kind])
    z = shock(b, 2)
    rng = np.random.default_rng(7)
    mix = jnp.asarray(rng.normal(size=b.shape[0])), jnp.asarray(rng.normal(size=b.people.shape[0]))
    s = solve(TRADE, b, th, z, c)
    _, dz, dth = gradient(_outcome, s, extra=mix, theory=True)
    way = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=leaf.shape)), (z, th))
    # A transfer that one region gets another pays; no region taxes itself.
    transfer = way[0].d_transfer - way[0].d_transfer.mean()
    tariff = way[0].d_tariff * (1 - jnp.eye(b.shape[0]))
    way = (way[0].replace(d_transfer=transfer, d_tariff=tariff), way[1])

    def at(t):
        moved_z, moved_th = jax.tree.map(lambda here, step: here + t * step, (z, th), way)
        other = solve(TRADE, b, moved_th, moved_z, c, s.state).require()
        return float(_outcome(b, moved_th, moved_z, other.accounts, mix))

    t = 4e-3
    slope = (8 * (at(t) - at(-t)) - (at(2 * t) - at(-2 * t))) / (12 * t)  # fourth order
    total = sum(float(jnp.vdot(g, w)) for g, w in zip(jax.tree.leaves((dz, dth)), jax.tree.leaves(way), strict=True))
    assert total == pytest.approx(slope, rel=1e-6)


def _outcome(b, th, z, a, mix):
    return mix[0] @ a.log_real_income + mix[1] @ a.log_welfare


@pytest.mark.parametrize("kind", ["tariffs", "stayers", "free"])
def test_money_has_no_unit_and_the_order_of_regions_no_meaning(kind):
    """All amounts a thousand times larger, regions in another order: the same answer."""
    options = KINDS[kind]
    b, th, c = make(3, **options)
    z = shock(b, 3)
    one = solve(TRADE, b, th, z, c).require()
    order = np.array([2, 4, 1, 0, 3]) if kind != "free" else np.array([4, 1, 0, 3, 2])
    n, s = b.shape[0], b.markets
    moved_b, moved_z = (_reordered(record, order, n, s) for record in (b, z))
    amounts = ("output", "labour_income", "structure_income", "spending", "transfer", "tariffs", "use")
    moved_b = type(b)(**{**vars(moved_b), **{k: 1000 * getattr(moved_b, k) for k in amounts}})
    moved_z = moved_z.replace(d_transfer=1000 * moved_z.d_transfer)
    if b.people.shape[0] == n * s:  # an origin is a market
        th = type(th)(**{**vars(th), "nu": _markets(th.nu, order, s)})
    two = solve(TRADE, moved_b, th, moved_z, c).require()
    np.testing.assert_allclose(two.state.price, one.state.price[order], atol=1e-9)
    np.testing.assert_allclose(two.state.wage, one.state.wage[order], atol=1e-9)
    np.testing.assert_allclose(two.accounts.log_real_income, one.accounts.log_real_income[order], atol=1e-9)
    np.testing.assert_allclose(two.accounts.income, 1000 * one.accounts.income[order], rtol=1e-9)


def _markets(of_market, order, s):
    """A vector [M] of markets, regions reordered."""
    return of_market.reshape(-1, s)[order].ravel()


def _reordered(record, order, n, s):
    """A record with its regions in another order; every axis of length N, or M as markets, is one of regions."""
    fields = {}
    for name, value in vars(record).items():
        if name == "flows":
            fields[name] = type(value)(
                value.share[:, order][:, :, order], value.tariff[:, order][:, :, order], value.taxed
            )
        elif not hasattr(value, "ndim"):
            fields[name] = value
        elif name in ("log_d", "d_tariff"):
            fields[name] = value[:, order][:, :, order]
        elif name in ("people", "log_mu"):
            rows = np.arange(n * s).reshape(n, s)[order].ravel() if value.shape[0] == n * s else slice(None)
            fields[name] = value[rows][:, np.arange(n * s).reshape(n, s)[order].ravel()]
        elif name == "log_people":
            fields[name] = _markets(value, order, s) if value.shape[0] == n * s else value
        elif name in ("rent_stay", "rent_pool", "pool"):
            fields[name] = value[:, order]
        else:
            fields[name] = value[order]
    return type(record)(**fields)


@pytest.mark.parametrize("kind", KINDS)
def test_books_close(kind):
    """What is paid is received: incomes are all factor payments, rents, tariffs and transfers; sellers receive what
    buyers pay less tariffs; people are conserved."""
    b, th, c = make(4, **KINDS[kind])
    z = shock(b, 4)
    s = solve(TRADE, b, th, z, c).require()
    a = s.accounts
    paid = a.labour.sum() + a.structures.sum() + a.housing.sum() + a.tariffs.sum() + a.transfer.sum()
    assert float(a.income.sum()) == pytest.approx(float(paid), rel=1e-9)
    assert float(a.received.sum()) == pytest.approx(float(a.pooled.sum()), rel=1e-9, abs=1e-12)
    assert float(a.receipts.sum() + a.tariffs.sum()) == pytest.approx(float(a.use.sum()), rel=1e-9)
    assert float(TRADE.walras(b, a)) < 1e-9
    world = float(b.labour_income.sum() + b.structure_income.sum())
    assert float(a.labour.sum() + a.structures.sum()) == pytest.approx(world, rel=1e-9)
    deficit = a.use.sum(axis=1) - a.tariffs.sum(axis=1) - a.receipts.sum(axis=1)
    rents = a.received - a.pooled
    np.testing.assert_allclose(deficit, a.transfer + rents, atol=1e-8 * world)
    if b.settled:
        assert float(a.persons.sum()) == pytest.approx(float(b.people.sum(axis=1) @ jnp.exp(z.log_people)), rel=1e-9)


@pytest.mark.parametrize("links", [False, True], ids=["labour alone", "materials"])
def test_gains_from_trade(links):
    """Arkolakis, Costinot and Rodriguez-Clare (2012): with one sector, one factor, balanced trade and no tariffs the
    gain is the own share to the power of -1/theta; materials make it -1/(theta va)."""
    n, theta, va = 4, 5.0, 0.4 if links else 1.0
    rng = np.random.default_rng(3)
    flows = rng.lognormal(0, 1, (n, n))
    flows = flows + flows.T + np.diag(rng.lognormal(2, 1, n))
    b = calibrate(flows[None], np.full((n, 1), va), np.full((n, 1, 1), 1 - va))
    np.testing.assert_allclose(b.transfer, 0, atol=1e-12)
    log_d = rng.normal(0, 0.3, (1, n, n)) * (1 - np.eye(n))
    s = solve(TRADE, b, theory(b, theta), Shock.zeros(b).replace(log_d=log_d), Closure()).require()
    own = -theta * (s.accounts.log_cost - s.accounts.log_price)[:, 0]
    np.testing.assert_allclose(s.accounts.log_real_income, -own / (theta * va), atol=1e-9)


def test_closing_the_borders_costs_what_the_formula_says():
    """Several sectors: autarky loses sum_j alpha_j log(own_j) (Leontief inverse of value added) / theta_j."""
    b, _, c = make(6)
    flows = np.asarray(b.flows.share) * np.asarray(b.use).T[:, :, None]
    flows = flows + np.swapaxes(flows, 1, 2)
    b = calibrate(flows, b.va, b.input_coef)
    theta = np.array([3.0, 4.0, 5.0, 6.0])
    n = b.shape[0]
    wall = np.broadcast_to(8.0 * (1 - np.eye(n)), (4, n, n))
    s = solve(TRADE, b, theory(b, theta), Shock.zeros(b).replace(log_d=wall), c).require()
    own = np.log(np.asarray(b.own))
    for i in range(n):
        inverse = np.linalg.inv(np.eye(4) - np.asarray(b.input_coef)[i])
        loss = np.asarray(b.final_share)[i] @ inverse @ (own[i] / theta)
        assert float(s.accounts.log_real_income[i]) == pytest.approx(loss, abs=1e-6)


def test_merging_twins_changes_nothing():
    """Two halves of a region, with the same shares, shocks and frictions within, move as the whole did."""
    trade, va, inputs = accounts(8, 3, 2)
    half = np.array([0, 0, 1, 2])
    weight = np.array([0.5, 0.5, 1, 1])
    twin = trade[:, half][:, :, half] * weight[:, None] * weight[None, :]
    people = np.random.default_rng(1).uniform(1, 2, (2, 3))
    options = {"labour_share": 0.7, "housing_share": 0.2, "rent_pool": [0.5, 0.0]}
    one = calibrate(trade, va, inputs, people=people, **options)
    two = calibrate(twin, va[half], inputs[half], people=people[:, half] * weight, **options)
    z, c = shock(one, 8), Closure("choice")
    z = z.replace(d_transfer=np.zeros(3))
    fields = {
        k: np.asarray(getattr(z, k))[half] for k in ("log_A", "log_T", "log_L", "log_H", "log_Hres", "log_B")
    }  # fmt: skip
    fields |= {"log_d": np.asarray(z.log_d)[:, half][:, :, half], "log_mu": np.asarray(z.log_mu)[:, half]}
    double = Shock.zeros(two).replace(**fields, log_people=z.log_people)
    a = solve(TRADE, one, theory(one, [4.0, 5.0], nu=2.0), z, c).require()
    t = solve(TRADE, two, theory(two, [4.0, 5.0], nu=2.0), double, c).require()
    np.testing.assert_allclose(t.state.price, a.state.price[half], atol=1e-9)
    np.testing.assert_allclose(t.accounts.log_welfare, a.accounts.log_welfare, atol=1e-9)
    np.testing.assert_allclose(t.accounts.persons, a.accounts.persons[half] * weight[:, None], rtol=1e-9)


def test_a_tariff_has_no_place_where_none_can_be():
    b, _, _ = make(0, tariffs=True)
    with pytest.raises(ValueError, match="d_tariff"):
        Shock.zeros(b).replace(d_tariff=np.zeros((4, 5, 5)))


def test_bad_accounts_name_every_problem():
    trade, va, inputs = accounts(0)
    va[0, 1] = 1.5
    with pytest.raises(InputError) as caught:
        calibrate(trade, va, inputs, rent_stay=[1.0, 0.0], market=[0, 2, 2, 0])
    words = str(caught.value)
    assert "va" in words and "region 0, sector 1" in words and "rent_stay" in words and "market" in words
    trade[1, 0] *= 0.01
    va[0, 1] = 1 - inputs[0, 1].sum()
    with pytest.raises(InputError, match="final spending of region 0 on product 1"):
        calibrate(trade, va, inputs)


def test_free_people_and_rents_for_those_who_stay_exclude_each_other():
    b, th, _ = make(1, **KINDS["stayers in a region"])
    with pytest.raises(ValueError, match="Free people"):
        solve(TRADE, b, th, Shock.zeros(b), Closure("free"))


def test_free_people_of_two_origins_in_one_market_are_refused():
    trade, va, inputs = accounts(0, 3, 2)
    with pytest.raises(InputError, match="people"):
        calibrate(trade, va, inputs, people=np.ones((2, 3)), closure=Closure("free"))


def test_certificate_of_an_economy_without_people_or_structures():
    b, th, c = make(1)
    known = certify(solve(TRADE, b, th, shock(b, 1), c), starts=2)
    assert known.residual < 1e-10 and known.walras < 1e-9 and known.determinant_sign == 1


def test_nests_at_an_elasticity_of_one_are_cobb_douglas():
    b, th, c = make(1, **KINDS["structures"])
    z = shock(b, 1)
    ones = jnp.ones(b.shape[1])
    formed = type(th)(**{**vars(th), "top": ones, "materials": ones, "final": jnp.asarray(1.0)})
    plain, nested = (solve(TRADE, b, t, z, c).require() for t in (th, formed))
    np.testing.assert_allclose(nested.state.price, plain.state.price, atol=1e-9)
    np.testing.assert_allclose(nested.accounts.log_real_income, plain.accounts.log_real_income, atol=1e-9)


def test_one_elasticity_of_choice_for_all_is_the_same_for_each():
    b, th, c = make(3, **KINDS["stayers"])
    z = shock(b, 3)
    one = type(th)(**{**vars(th), "nu": jnp.asarray([1.7])})
    each = type(th)(**{**vars(th), "nu": jnp.full(b.people.shape[0], 1.7)})
    a, e = (solve(TRADE, b, t, z, c).require() for t in (one, each))
    np.testing.assert_allclose(a.accounts.log_welfare, e.accounts.log_welfare, atol=1e-9)
    np.testing.assert_allclose(a.state.stay, e.state.stay, atol=1e-9)


def test_both_operators_agree_where_both_apply():
    """Tariffs at the border of one customs territory: the operator with tariffs on any pair, and the one of slabs."""
    rng = np.random.default_rng(2)
    n, j, home = 5, 3, 2
    share = rng.dirichlet(np.ones(n), (j, n))
    outside = ~((np.arange(n) < home)[:, None] & (np.arange(n) < home)) & ~np.eye(n, dtype=bool)
    tariff, d_tariff = rng.uniform(0, 0.2, (2, j, n, n)) * outside
    log_d, theta = jnp.asarray(rng.normal(0, 0.1, (j, n, n))), jnp.asarray([3.0, 4.0, 5.0])
    cost, spending = jnp.asarray(rng.normal(0, 0.1, (n, j))), jnp.asarray(rng.lognormal(0, 1, (n, j)))
    every = flows.Table(jnp.asarray(share), jnp.asarray(tariff), (0, 1, 2)).under(theta, log_d, jnp.asarray(d_tariff))
    slabs = flows.dense(*(jnp.asarray(a) for a in (share, tariff)), theta, log_d, jnp.asarray(d_tariff), home)
    found = []
    for operator in (every, slabs):
        attraction = operator.attraction(cost)
        access = operator.access(attraction)
        found.append((operator.price(access), *operator.sales(attraction, access, spending)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)
    paid, received = every.pairs(cost, spending)
    np.testing.assert_allclose(paid.sum(axis=2).T, spending, rtol=1e-12)
    np.testing.assert_allclose(received.sum(axis=1).T, found[0][1], rtol=1e-12)


def test_tariffs_in_some_sectors_only_are_those_of_zero_elsewhere():
    b, th, c = make(2, tariffs=True)
    z = shock(b, 2)
    everywhere = np.zeros((4, 5, 5))
    everywhere[[1, 3]] = b.flows.tariff
    moved = np.zeros((4, 5, 5))
    moved[[1, 3]] = z.d_tariff
    wide = type(b)(**{**vars(b), "flows": flows.Table(b.flows.share, jnp.asarray(everywhere), (0, 1, 2, 3))})
    one = solve(TRADE, b, th, z, c).require()
    two = solve(TRADE, wide, th, type(z)(**{**vars(z), "d_tariff": jnp.asarray(moved)}), c).require()
    np.testing.assert_allclose(one.state.wage, two.state.wage, atol=1e-10)
    assert TRADE.books(one) < 1e-9


def test_a_sector_that_a_region_does_not_have_stays_away():
    """Zero output, and with a labour market of its own zero wages and people: nothing becomes infinite."""
    trade, va, inputs = accounts(7, 3, 4)
    trade[2, :, 1] = 0.0  # region 1 makes nothing of product 2
    trade[2, 1] *= 4.0  # and buys it elsewhere
    inputs, va = 0.5 * inputs, 0.5 + 0.5 * va
    people = np.random.default_rng(0).uniform(1, 2, (2, 3, 4))
    people[:, 1, 2] = 0.0
    b = calibrate(trade, va, inputs, market=range(4), people=people.reshape(2, 12), labour_share=0.6)
    z = shock(b, 7)
    z = z.replace(d_transfer=np.zeros(3))
    c = Closure("choice", rentiers=1.0)
    s = solve(TRADE, b, theory(b, 4.0, nu=1.5), z, c).require()
    assert float(s.accounts.output[1, 2]) == 0.0 == float(s.accounts.persons[1, 2])
    found = check.equilibrium(b, theory(b, 4.0, nu=1.5), z, c)
    there = np.asarray(b.labour_income) > 0  # the wage of no one is a number without meaning
    assert not there.all()
    np.testing.assert_allclose(np.exp(s.state.wage)[there], found.wage[there], rtol=1e-8)
    np.testing.assert_allclose(s.accounts.persons, found.persons.sum(axis=0), rtol=1e-8)
    _, grad = gradient(_outcome, s, extra=(jnp.ones(3), jnp.ones(2)))
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(grad))
