"""The equilibrium against its own conditions, finite differences and a second method of solution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.engine.adjoint import gradient
from citybelt.engine.solve import solve
from citybelt.errors import InputError, NotSolvedError
from citybelt.model.accounts import Closure, Shock, State, closure, closures
from citybelt.model.calibrate import calibrate
from citybelt.model.identities import identities, money
from citybelt.model.ledger import balance, post
from citybelt.model.spatial import SPATIAL, evaluate, geography
from economies import random_inputs, random_shock, random_theory


def make(seed=0, words=None, **sizes):
    c = closure(**(words or {}))
    return calibrate(**random_inputs(seed, **sizes), closure=c), random_theory(seed, sizes.get("j", 4)), c


@pytest.mark.parametrize("words", list(closures()), ids=lambda w: "-".join(w.values()))
def test_base_year_comes_back(words):
    b, th, c = make(5, words)
    new, _ = evaluate(b, th, Shock.zeros(b), c, geography(b, th, Shock.zeros(b)), State.zeros(b))
    for name, block in vars(new).items():
        assert np.abs(np.asarray(block)).max() < 1e-12, name


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_identities_in_random_economies(seed):
    b, th, c = make(seed, closures()[seed % 16])
    s = solve(SPATIAL, b, th, random_shock(b, seed, 0.03), c)
    assert s.solved, (s.status, s.worst)
    worst = identities(s)
    assert max(worst.values()) < 1e-8, worst


def test_two_ways_of_solving_agree():
    b, th, c = make(1)
    z = random_shock(b, 1)
    s = solve(SPATIAL, b, th, z, c)
    geo = geography(b, th, z)

    @jax.jit
    def damped(x):  # plain iteration, no acceleration, no memory
        new, _ = evaluate(b, th, z, c, geo, x)
        return jax.tree.map(lambda old, now: 0.9 * old + 0.1 * now, x, new)

    x = State.zeros(b)
    for _ in range(1500):
        x = damped(x)
    for name, block in vars(x).items():
        np.testing.assert_allclose(block, getattr(s.state, name), atol=1e-8)


def test_order_of_regions_does_not_matter():
    inputs = random_inputs(5)
    th = random_theory(5)
    h = 5
    order = np.array([3, 1, 4, 0, 2, 6, 5])
    home = order[:h]
    moved = dict(inputs)
    for k in ("trade", "tariff"):
        moved[k] = inputs[k][np.ix_(order, order)]
    for k in ("input_coef", "tax_rate", "housing", "emission", "process"):
        moved[k] = inputs[k][order]
    for k in ("factor_share", "final"):
        moved[k] = inputs[k][:, order]
    for k in ("pension", "owned_abroad"):
        moved[k] = inputs[k][home]
    moved["people"] = inputs["people"][:, home][:, :, home]
    moved["province"] = inputs["province"][:, home]
    a, b = (calibrate(**i, closure=Closure()) for i in (inputs, moved))
    z = random_shock(a, 5)
    zm = z.replace(
        log_A=z.log_A[order], log_d=z.log_d[:, order][:, :, order], d_tariff=z.d_tariff[:, order][:, :, order],
        log_mu=z.log_mu[home][:, home], log_B=z.log_B[home], log_h=z.log_h[home], log_K=z.log_K[order],
        log_H=z.log_H[order], log_Hres=z.log_Hres[home], carbon=z.carbon[order], purchase=z.purchase[:, order],
        service=z.service[:, home], subsidy=z.subsidy[:, order], transfer=z.transfer[home],
    )  # fmt: skip
    one, two = solve(SPATIAL, a, th, z, Closure()), solve(SPATIAL, b, th, zm, Closure())
    np.testing.assert_allclose(one.state.price[order], two.state.price, atol=1e-9)
    np.testing.assert_allclose(one.accounts.log_welfare[:, home], two.accounts.log_welfare, atol=1e-9)


FIELDS = list(Shock.__dataclass_fields__)


@pytest.mark.parametrize("name", FIELDS)
def test_gradient_is_that_of_differences(name):
    b, th, c = make(2)
    z = random_shock(b, 2)
    outcome = _welfare
    _, grad = gradient(outcome, solve(SPATIAL, b, th, z, c))
    rng = np.random.default_rng(7)
    here = np.asarray(getattr(z, name))
    way = rng.normal(size=here.shape) * np.maximum(np.abs(here), 0.01)
    if name == "d_tariff":
        way = np.where(here == 0, 0.0, way)

    def at(t):
        s = solve(SPATIAL, b, th, z.replace(**{name: jnp.asarray(here + t * way)}), c)
        return float(outcome(b, th, s.shock, s.require().accounts, None))

    t = 2e-2
    slope = (8 * (at(t) - at(-t)) - (at(2 * t) - at(-2 * t))) / (12 * t)  # fourth order
    assert float(jnp.sum(getattr(grad, name) * way)) == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_gradient_to_elasticities_is_that_of_differences():
    b, th, c = make(2)
    z = random_shock(b, 2)
    _, _, grad = gradient(_welfare, solve(SPATIAL, b, th, z, c), theory=True)
    for name in ("theta", "agg", "nu", "congestion", "public", "eta"):
        here = jnp.asarray(getattr(th, name))

        def at(t, name=name, here=here):
            s = solve(SPATIAL, b, type(th)(**{**vars(th), name: here * (1 + t)}), z, c)
            return float(_welfare(b, s.theory, z, s.require().accounts, None))

        t = 2e-2
        slope = (8 * (at(t) - at(-t)) - (at(2 * t) - at(-2 * t))) / (12 * t)
        assert float(jnp.sum(getattr(grad, name) * here)) == pytest.approx(slope, rel=1e-5, abs=1e-9), name


def _welfare(b, th, z, a, extra):
    return jnp.sum(b.people.sum(axis=2) * a.log_welfare) / jnp.sum(b.people)


def test_flipping_any_posting_opens_the_books():
    b, th, c = make(4)
    rows = post(solve(SPATIAL, b, th, random_shock(b, 4), c))
    assert balance(rows, b.n_home)["relative"].max() < 1e-8
    for k, row in enumerate(rows):
        if np.abs(row.amount).max() < 1e-9:
            continue
        flipped = [*rows[:k], type(row)(row.account, row.payee, row.payer, row.amount), *rows[k + 1 :]]
        assert balance(flipped, b.n_home)["relative"].max() > 1e-6, row


def test_leaving_an_index_out_is_seen():
    """The money test fails when a grant of the base year is not indexed to prices."""
    b, th, c = make(4)
    s = solve(SPATIAL, b, th, random_shock(b, 4), c)
    assert money(s) < 1e-9
    from citybelt.model.mechanisms import public_finance

    original = public_finance.grants
    try:
        public_finance.grants = lambda base, weight, centre, centre0, index: base + weight * (centre - centre0)
        assert money(s) > 1e-3
    finally:
        public_finance.grants = original


def test_failure_is_a_status_and_gives_no_gradient():
    b, th, c = make(6)
    z = Shock.zeros(b)
    z = z.replace(purchase=z.purchase.at[2, 0, 1].set(50 * float(b.consumption[0])))
    s = solve(SPATIAL, b, th, z, c)
    assert not s.solved
    # The region whose people were to pay fifty times what they spend, not one that it dragged along.
    with pytest.raises(NotSolvedError, match=r"spending\[0\]"):
        s.require()
    with pytest.raises(NotSolvedError):
        gradient(_welfare, s)


def test_useless_lever_lowers_welfare_by_its_cost():
    """Bought by the centre in the proportions in which home incomes are spent, so that to first order no price and
    no revenue moves: what is taken from spending, saving and taxes is bought all the same, minus what it gives."""
    c = closure(people="fixed")
    b = calibrate(**random_inputs(8), closure=c)
    th = random_theory(8)
    th = type(th)(**{**vars(th), "public": jnp.asarray(0.0)})
    h = b.n_home
    share_of_income = b.consumption / (1 - b.income_tax - b.saving)
    cost = 1e-4 * float(share_of_income[:h].sum())
    keep = 1 - b.income_tax - b.saving
    goods = (keep * (1 - b.housing_share))[:, None] * b.basket[0] + b.income_tax[:, None] * b.basket[1]
    goods = goods * share_of_income[:, None]
    savings = float((b.saving * share_of_income)[:h].sum())
    goods = goods.at[:h].add((b.investment_weight * savings)[:, None] * b.basket[2, :h]).at[h:].set(0.0)
    z = Shock.zeros(b)
    z = z.replace(purchase=z.purchase.at[0].set(cost * goods / share_of_income[:h].sum()))
    s = solve(SPATIAL, b, th, z, c).require()
    lost = -float(jnp.sum(b.income_by_origin * jnp.expm1(s.accounts.log_welfare)))
    # Housing rents of the money taken away are not bought back, nor is what partners earn less on tariffs.
    assert lost == pytest.approx(cost, rel=0.15)


def test_bad_accounts_name_every_problem():
    inputs = random_inputs(0)
    inputs["final"] = inputs["final"].copy()
    inputs["final"][0, 0, 0] += 1.0
    inputs["factor_share"] = inputs["factor_share"] * 1.1
    with pytest.raises(InputError) as caught:
        calibrate(**inputs, closure=Closure())
    assert len(caught.value.problems) == 2


def test_gradient_to_trade_costs_at_the_base_year():
    """Where no trade cost is changed the kernel is not touched, yet its derivative is there."""
    b, th, c = make(2)
    z = Shock.zeros(b)
    _, grad = gradient(_welfare, solve(SPATIAL, b, th, z, c))
    way = np.random.default_rng(3).normal(size=z.log_d.shape) * 0.01

    def at(t):
        return float(
            _welfare(b, th, z, solve(SPATIAL, b, th, z.replace(log_d=jnp.asarray(t * way)), c).require().accounts, None)
        )

    slope = (8 * (at(0.5) - at(-0.5)) - (at(1.0) - at(-1.0))) / 6
    assert float(jnp.sum(grad.log_d * way)) == pytest.approx(slope, rel=1e-5)
