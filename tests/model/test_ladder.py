"""Every rung between the money spent and the equilibrium, held to what it must be in its limits."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.engine.solve import solve
from citybelt.model.accounts import Shock, State, Theory, closure
from citybelt.model.calibrate import calibrate
from citybelt.model.economy import Economy
from citybelt.model.ladder import FIXED_PRICES, FREED, LADDER, RUNGS, Rung, climb, rung, worth
from citybelt.model.multiplier import Multiplier, demand_only
from citybelt.model.spatial import SPATIAL
from economies import random_inputs, random_shock, random_theory

SIZES = {"h": 5, "f": 2, "j": 4, "g": 3}
CENTRE, PROVINCE, CITY, PRIVATE, FOREIGN = range(5)


def world(seed, land=1.0, words=None, **changes):
    """A random world with its share of land in value added scaled."""
    inputs = random_inputs(seed, **{**SIZES, **changes})
    labour, returns, ground = inputs["factor_share"]
    inputs["factor_share"] = np.stack([labour + (1 - land) * ground, returns, land * ground])
    c = closure(**(words or {}))
    return calibrate(**inputs, closure=c), random_theory(seed, changes.get("j", SIZES["j"])), c


def purchases(b, seed, payers=(CITY, PRIVATE), share=0.02):
    """Home levers that buy a share of household spending, paid by these payers."""
    rng = np.random.default_rng(seed)
    z = Shock.zeros(b)
    bought = np.zeros(z.purchase.shape)
    h = b.n_home
    for payer in payers:
        bought[payer, :h] = rng.uniform(0, 1, (h, b.shape[1]))
    return z.replace(purchase=bought * share * float(np.asarray(b.consumption)[:h].sum()) / bought.sum())


def economy(b, th, c):
    n, j, h = *b.shape, b.n_home
    regions = tuple(f"r{k}" for k in range(n))
    return Economy(
        regions, tuple(f"s{k}" for k in range(j)), regions[:h], np.array([""] * h), {r: r for r in regions}, b, th, c
    )


def blocks(x):
    return {name: np.asarray(getattr(x, name)) for name in State.__dataclass_fields__}


# The ends


@pytest.mark.parametrize("words", [{}, {"capital": "mobile", "land_finance": "private"}, {"people": "fixed"}])
@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_held_is_the_equilibrium(seed, words):
    b, th, c = world(seed, words=words)
    z = random_shock(b, seed, 0.05)
    own, ours = solve(SPATIAL, b, th, z, c).require(), solve(LADDER, b, th, z, rung(c, "people")).require()
    for name, block in blocks(own.state).items():
        np.testing.assert_allclose(blocks(ours.state)[name], block, atol=1e-9)
    for name, amount in own.accounts._asdict().items():
        np.testing.assert_allclose(getattr(ours.accounts, name), amount, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("seed", [0, 1])
def test_everything_held_leaves_the_impulse(seed):
    b, th, c = world(seed)
    z = demand_only(random_shock(b, seed, 0.1))
    s = solve(LADDER, b, th, z, rung(c, "nothing")).require()
    assert all(not block.any() for block in blocks(s.state).values())
    m = Multiplier(b)
    np.testing.assert_allclose(s.accounts.receipts - b.output, m.delivered(m.demand(z)), atol=1e-10)
    np.testing.assert_allclose(np.asarray(s.accounts.bill), m.bill(z), atol=1e-12)
    np.testing.assert_array_equal(s.accounts.output, b.output)


@pytest.mark.parametrize("name", FREED)
def test_what_a_rung_holds_stays_at_the_base_year(name):
    b, th, c = world(2)
    s = solve(LADDER, b, th, random_shock(b, 2, 0.05), rung(c, name)).require()
    free = {
        "output": ("output",),
        "households": ("spending",),
        "prices": ("price",),
        "factors": ("wage", "rental"),
        "public": ("public", "value"),
    }
    order = ["nothing", *FREED]
    for freed_by, names in free.items():
        for block in names:
            moved = np.abs(blocks(s.state)[block]).max() > 1e-6
            assert moved == (order.index(freed_by) <= order.index(name)), (name, block)
    residents = np.asarray(s.accounts.residents)
    np.testing.assert_allclose(residents, np.asarray(b.people).sum(axis=1), rtol=1e-12)


def test_a_rung_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no rung 'roof'"):
        rung(closure(), "roof")


# Fixed prices


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("name", ["output", "households", "paid"])
def test_the_linear_system_and_the_pass_agree_at_fixed_prices(seed, name):
    """Two routes to the multiplier: GMRES on products with shares, and the equilibrium with prices held."""
    b, th, c = world(seed)
    z = purchases(b, seed)
    m = Multiplier(b)
    impulse = m.demand(z) - (m.withdrawn(z) if name == "paid" else 0.0)
    linear = m.output(m.delivered(impulse), households=name != "output")
    s = solve(LADDER, b, th, z, rung(c, name)).require()
    gap = np.abs(np.asarray(s.accounts.output - b.output) - linear).max()
    assert gap < 1e-7 * np.abs(linear).max()


def test_payers_by_income_share_by_the_incomes_of_the_base_year_in_the_linear_system():
    """The pass shares the centre's bill by incomes after the change: equal up to the square of a small change."""
    b, th, c = world(4)
    gaps = []
    for share in (1e-2, 1e-3):
        z = purchases(b, 4, (CENTRE, PROVINCE, FOREIGN), share)
        m = Multiplier(b)
        linear = m.output(m.delivered(m.demand(z) - m.withdrawn(z)), households=True)
        s = solve(LADDER, b, th, z, rung(c, "paid")).require()
        gaps.append(np.abs(np.asarray(s.accounts.output - b.output) - linear).max() / np.abs(linear).max())
    assert gaps[0] < 0.02 and gaps[1] < 0.2 * gaps[0]


def test_with_elastic_factors_and_no_land_partial_equilibrium_is_the_multiplier():
    """Then no cost moves with demand, no price, no share; with land it does, and the two part by as much."""
    distance = []
    for land in (1.0, 0.5, 0.1, 0.0):
        b, th, c = world(5, land)
        z = purchases(b, 5)
        m = Multiplier(b)
        linear = m.output(m.delivered(m.demand(z) - m.withdrawn(z)), households=True)
        s = solve(LADDER, b, th, z, rung(c, "prices")).require()
        volume = np.asarray(b.output * (s.accounts.output / b.output * jnp.exp(-s.accounts.log_gate) - 1))
        distance.append(np.abs(volume - linear).max() / np.abs(linear).max())
    assert distance[0] > distance[1] > distance[2] > distance[3]
    assert distance[0] > 0.05 and distance[3] < 1e-7


# Prices


def test_prices_of_one_good_made_from_labour_alone():
    """Wages held, demand given in money: prices and sales of Eaton and Kortum in closed form."""
    inputs = random_inputs(6, h=4, f=3, j=1, g=2, tariffs=False, carbon=False)
    for name in ("tax_rate", "input_coef"):
        inputs[name] = np.zeros_like(inputs[name])
    spent = inputs["trade"].sum(axis=1)
    inputs["final"] = inputs["final"] / inputs["final"].sum(axis=0) * spent
    inputs["factor_share"] = np.array([0.6, 0.4, 0.0])[:, None, None] * np.ones((3, 7, 1))
    c = closure()
    b = calibrate(**inputs, closure=c)
    th = random_theory(6, 1)
    z = random_shock(b, 6, 0.2)
    z = Shock.zeros(b).replace(log_A=z.log_A, log_d=z.log_d)
    given = Rung(rung(c, "prices").closure, households=0.0, paid=0.0, factors=0.0, incomes=0.0, public=0.0)
    s = solve(LADDER, b, th, z, given).require()
    theta = float(th.theta[0])
    attract = np.asarray(b.share)[0] * np.exp(theta * (np.asarray(z.log_A)[:, 0] - np.asarray(z.log_d)[0]))
    price = -np.log(attract.sum(axis=1)) / theta
    sales = (attract / attract.sum(axis=1, keepdims=True)).T @ spent[:, 0]
    np.testing.assert_allclose(s.state.price[:, 0], price, atol=1e-9)
    np.testing.assert_allclose(s.accounts.output[:, 0], sales, rtol=1e-9)
    # Firms hire whom they want at the wage of the base year: as much more labour as sales.
    np.testing.assert_allclose(
        s.accounts.factor_income[0, :, 0] / (0.6 * b.output[:, 0]), sales / b.output[:, 0], rtol=1e-9
    )


# Scarcity


@pytest.mark.parametrize("seed", [0, 7])
def test_scarce_factors_crowd_out_what_a_multiplier_promises(seed):
    """At full employment a purchase moves output between uses; it makes hardly any."""
    b, th, c = world(seed, words={"people": "fixed"})
    th = Theory(**{**vars(th), "agg": jnp.zeros(SIZES["j"])})
    z = purchases(b, seed, (FOREIGN,))
    found = {a.name: a for a in climb(economy(b, th, c), z)}
    total = {name: abs(found[name].value_added.sum()) for name in ("households", "factors", "public", "people")}
    assert total["factors"] < 0.1 * total["households"]
    assert total["people"] < 0.1 * total["households"]
    np.testing.assert_allclose(found["factors"].labour, 0.0, atol=1e-9)
    np.testing.assert_allclose(found["people"].labour, 0.0, atol=1e-9)
    assert np.abs(found["prices"].labour).max() > 1e-3
    # With people fixed by the closure the last step adds nothing.
    np.testing.assert_allclose(found["people"].output, found["public"].output, atol=1e-7)


def test_labour_is_at_work_where_skills_and_people_put_it():
    b, th, c = world(8)
    z = random_shock(b, 8, 0.1)
    found = {a.name: a for a in climb(economy(b, th, c), z)}
    h = b.n_home
    np.testing.assert_allclose(found["factors"].labour[:h], np.expm1(z.log_h), atol=1e-8)
    moved = np.asarray(found["people"].budgets.residents[0]) / np.asarray(b.people)[0].sum(axis=0)
    np.testing.assert_allclose(found["people"].labour[:h], moved * np.exp(z.log_h) - 1, atol=1e-8)
    assert abs(found["people"].people.sum()) < 1e-6 * np.asarray(b.people).sum()


# What has an answer


def test_every_rung_answers_in_order_and_what_it_has_no_answer_for_is_none():
    b, th, c = world(9)
    e = economy(b, th, c)
    z = random_shock(b, 9, 0.05)
    found = list(climb(e, z))
    assert [a.name for a in found] == list(RUNGS)
    everybody = np.ones(b.n_home)
    for a in found:
        defined = worth(b, th, z, a, everybody) is not None
        assert defined == (a.name in ("public", "people"))
        assert (a.people is not None) == (a.name == "people")
        assert a.output is not None and a.residual <= 1e-10
    assert found[0].value_added is None and found[0].labour is None
    top = e.solve(z)
    assert worth(b, th, z, found[-1], everybody) == pytest.approx(
        worth(b, th, z, list(climb(e, z, top))[-1], everybody)
    )


def test_where_nothing_is_bought_no_multiplier_answers():
    b, th, c = world(10)
    z = random_shock(b, 10, 0.05)
    z = z.replace(purchase=0 * z.purchase, service=0 * z.service)
    found = {a.name: a for a in climb(economy(b, th, c), z)}
    for name in FIXED_PRICES:
        assert found[name][1:6] == (None,) * 5
    assert np.abs(found["prices"].output).max() > 0


def test_the_base_year_is_every_rungs_answer_to_no_change():
    b, th, c = world(11)
    for a in climb(economy(b, th, c), Shock.zeros(b)):
        if a.output is not None:
            np.testing.assert_allclose(a.output, 0.0, atol=1e-8)
            assert worth(b, th, Shock.zeros(b), a, np.ones(b.n_home)) in (None, pytest.approx((0.0, 0.0), abs=1e-8))


def test_levers_are_paid_for_by_those_who_pay():
    """The step that pays takes more where the payers live: a city's own lever costs its own shops."""
    b, th, c = world(12)
    own = eqx.tree_at(lambda z: z.purchase, Shock.zeros(b), jnp.zeros((5, *b.shape)).at[CITY, 0, 1].set(0.1))
    far = eqx.tree_at(lambda z: z.purchase, Shock.zeros(b), jnp.zeros((5, *b.shape)).at[FOREIGN, 0, 1].set(0.1))
    e = economy(b, th, c)
    lost = []
    for z in (own, far):
        answers = climb(e, z)
        found = {}
        for a in answers:
            found[a.name] = a
            if a.name == "paid":
                break
        lost.append(found["households"].output - found["paid"].output)
    assert lost[0].sum() > 0 and lost[1].sum() > 0
    assert lost[0][0] > 3 * lost[1][0] and lost[1][b.n_home :].sum() > 3 * lost[0][b.n_home :].sum()
