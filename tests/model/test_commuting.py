"""The commuting equilibrium against plain loops, closed forms, finite differences and its own identities."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cities import random_city, random_shock, random_tables
from citybelt.engine.adjoint import gradient
from citybelt.engine.certificate import certify
from citybelt.engine.continuation import follow
from citybelt.engine.solve import attempt, solve
from citybelt.errors import InputError, NotSolvedError
from citybelt.model.check.commuting import loops
from citybelt.model.commuting import (
    COMMUTING,
    Closure,
    Shock,
    State,
    Theory,
    base_year,
    evaluate,
    geography,
    theory,
)
from citybelt.model.invert import attraction
from citybelt.model.mechanisms import commuting

MOBILE, STILL = Closure(0.0), Closure(1.0)
BOTH = pytest.mark.parametrize("closure", [MOBILE, STILL], ids=["mobile", "still"])


def in_wages(b, a):
    """Wages, prices and rents in units of the mean wage, as changes."""
    unit = float(a.wage.mean() / b.wage.mean())
    return np.asarray(a.wage / b.wage) / unit, np.exp(a.log_price) / unit, np.exp(a.log_rent) / unit


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), still=st.booleans())
def test_two_routes_agree(seed, still):
    tables, words = random_tables(seed, transfers=True)
    b, th = base_year(**tables), theory(**words)
    z = random_shock(b, seed)
    s = solve(COMMUTING, b, th, z, STILL if still else MOBILE).require()
    assert s.passes <= 60
    factors = {f: np.exp(getattr(z, f"log_{f}")) for f in "AHdk"}
    found = loops(**tables, **words, **factors, B=np.exp(z.log_B), still=still)
    wage, price, rent = in_wages(b, s.accounts)
    np.testing.assert_allclose(wage, found.wage, rtol=1e-8)
    np.testing.assert_allclose(price, found.price, rtol=1e-8)
    np.testing.assert_allclose(rent, found.rent, rtol=1e-8)
    np.testing.assert_allclose(s.accounts.residents / b.residents, found.residents, rtol=1e-8)
    np.testing.assert_allclose(s.accounts.workers / b.workers, found.workers, rtol=1e-8)
    # Utility is the same for every pair that has commuters, of the residence where people stay.
    welfare = np.broadcast_to(np.exp(s.accounts.log_welfare)[:, None], found.welfare.shape)
    used = ~np.isnan(found.welfare)
    np.testing.assert_allclose(welfare[used], found.welfare[used], rtol=1e-8)


@BOTH
def test_nothing_changes_where_nothing_is_changed(closure):
    b, th = random_city(1, transfers=True)
    z = Shock.zeros(b)
    new, a = evaluate(b, th, z, closure, geography(b, th, z), State.zeros(b))
    for block in vars(new).values():
        assert np.abs(block).max() < 1e-9
    assert np.abs(a.log_welfare).max() < 1e-12
    np.testing.assert_allclose(a.workers, b.workers, rtol=1e-12)


@BOTH
def test_what_adds_up(closure):
    b, th = random_city(2, transfers=True)
    z = random_shock(b, 2)
    s = solve(COMMUTING, b, th, z, closure).require()
    a = s.accounts
    assert COMMUTING.walras(b, a) < 1e-12
    people = float(b.commuters.sum())
    assert float(a.residents.sum()) == pytest.approx(people) == pytest.approx(float(a.workers.sum()))
    assert float(a.income.sum()) == pytest.approx(float((a.wage * a.workers).sum()), rel=1e-12)
    # The operators say what the table of pairs says.
    reach = commuting.reach(b.commuters, z.log_k, th.eps)
    pairs = commuting.pairs(reach, s.state.wage, s.state.living, z.log_B, th.eps, closure.still)
    np.testing.assert_allclose(pairs.sum(axis=1), a.residents, rtol=1e-12)
    np.testing.assert_allclose(pairs.sum(axis=0), a.workers, rtol=1e-12)
    np.testing.assert_allclose(pairs @ a.wage, a.income, rtol=1e-12)
    if closure.still:
        np.testing.assert_allclose(a.residents, b.residents, rtol=1e-12)
    else:
        assert np.ptp(a.log_welfare) < 1e-14


@BOTH
def test_units_and_order_do_not_matter(closure):
    tables, words = random_tables(3, transfers=True)
    b, th = base_year(**tables), theory(**words)
    order = np.array([4, 0, 6, 5, 2, 1, 3])
    other = base_year(
        3.0 * tables["commuters"][np.ix_(order, order)], 7.0 * tables["wage"][order],
        tables["share"][np.ix_(order, order)], 21.0 * tables["transfer"][order],
    )  # fmt: skip
    z = random_shock(b, 3)
    moved = Shock(*(getattr(z, f)[order] if f in ("log_A", "log_B", "log_H") else getattr(z, f)[order][:, order]
                    for f in vars(z)))  # fmt: skip
    one, two = (solve(COMMUTING, e, th, s, closure).require().accounts for e, s in ((b, z), (other, moved)))
    np.testing.assert_allclose(one.log_welfare[order], two.log_welfare, atol=1e-8)
    np.testing.assert_allclose(3.0 * one.workers[order], two.workers, rtol=1e-8)
    np.testing.assert_allclose(7.0 * one.wage[order], two.wage, rtol=1e-8)


# Limits


def test_twins_behave_as_the_place_that_they_make_up():
    tables, words = random_tables(4)
    n = len(tables["wage"])
    parts = np.append(np.arange(n), n - 1)  # the last place is cut into two equal halves
    weight = np.append(np.ones(n - 1), [0.5, 0.5])
    cut = base_year(
        tables["commuters"][np.ix_(parts, parts)] * np.outer(weight, weight), tables["wage"][parts],
        tables["share"][np.ix_(parts, parts)] * weight,
    )  # fmt: skip
    whole, th = base_year(**tables), theory(**words)
    z = random_shock(whole, 4)
    fine = Shock(*(getattr(z, f)[parts] if getattr(z, f).ndim == 1 else getattr(z, f)[parts][:, parts]
                   for f in vars(z)))  # fmt: skip
    # Floor space is priced in units of the mean wage over places, of which there is now one more: give it no say.
    th = Theory(**{**vars(th), "alpha": jnp.asarray(1.0)})
    one, two = (solve(COMMUTING, b, th, s, MOBILE).require() for b, s in ((whole, z), (cut, fine)))
    np.testing.assert_allclose(two.state.wage, one.state.wage[parts], atol=1e-8)
    np.testing.assert_allclose(two.accounts.log_welfare, one.accounts.log_welfare[parts], atol=1e-8)


def test_without_commuting_everyone_works_at_home():
    b, th = random_city(5)
    n = len(b.wage)
    z = random_shock(b, 5)
    z = Shock(**{**vars(z), "log_k": jnp.asarray(20.0 * (1 - np.eye(n)))})
    a = solve(COMMUTING, b, th, z, MOBILE).require().accounts
    np.testing.assert_allclose(a.residents, a.workers, rtol=1e-8)
    np.testing.assert_allclose(a.income, a.wage * a.workers, rtol=1e-8)


@BOTH
def test_autarky_has_a_closed_form(closure):
    """Without trade, commuting, spillovers and floor space a place lives from its productivity alone: its real wage
    changes by A pi^(1/theta) (Arkolakis, Costinot, Rodriguez-Clare 2012), and its share of people with that."""
    b, th = random_city(6)
    n = len(b.wage)
    th = Theory(**{**vars(th), "alpha": jnp.asarray(1.0), "agg": jnp.asarray(0.0)})
    z, apart = random_shock(b, 6), jnp.asarray(20.0 * (1 - np.eye(n)))
    z = Shock(**{**vars(z), "log_k": apart, "log_d": apart})
    a = solve(COMMUTING, b, th, z, closure).require().accounts
    eps = float(th.eps)
    real = np.exp(z.log_A) * np.diagonal(b.share[0]) ** (1 / float(th.theta))
    at_home = np.diagonal(b.commuters) * np.exp(z.log_B) * real**eps
    if closure.still:
        np.testing.assert_allclose(a.log_welfare, np.log(at_home / b.residents) / eps, atol=1e-8)
    else:
        people = float(b.commuters.sum())
        np.testing.assert_allclose(a.residents, people * at_home / at_home.sum(), rtol=1e-8)
        np.testing.assert_allclose(a.log_welfare, np.log(at_home.sum() / people) / eps, atol=1e-8)


def test_floor_space_in_elastic_supply_costs_what_labour_costs():
    b, th = random_city(7)
    th = Theory(**{**vars(th), "delta": jnp.asarray(1e12)})
    a = solve(COMMUTING, b, th, random_shock(b, 7), MOBILE).require().accounts
    np.testing.assert_allclose(in_wages(b, a)[2], 1.0, rtol=1e-10)


def test_productivity_everywhere_is_worth_the_share_of_goods():
    """Among equal places nobody moves, whatever the spillover; goods cost less by the productivity, floor space as
    much in wages as before."""
    n, h = 4, 0.7
    ring = np.full((n, n), (1 - h) / (n - 1)) + np.eye(n) * (h - (1 - h) / (n - 1))
    b = base_year(5.0 * ring, np.ones(n), ring)
    z = Shock(**{**vars(Shock.zeros(b)), "log_A": jnp.full(n, 0.01)})
    for nu in (-0.1, 0.05):
        a = solve(COMMUTING, b, theory(3.0, 4.0, nu, 0.7, 0.4), z, MOBILE).require().accounts
        np.testing.assert_allclose(a.log_welfare, 0.7 * 0.01, atol=1e-10)


# Derivatives, the path and the certificate


def _worth(b, th, z, a, extra):
    return jnp.sum(b.residents * (a.log_welfare + 0.3 * jnp.log(a.workers / b.workers) ** 2)) / jnp.sum(b.residents)


def slope(f, t=8e-3):
    return (8 * (f(t) - f(-t)) - (f(2 * t) - f(-2 * t))) / (12 * t)


@BOTH
def test_gradients_are_those_of_differences(closure):
    b, th = random_city(8, transfers=True)
    z = random_shock(b, 8)
    _, grad, grad_th = gradient(_worth, solve(COMMUTING, b, th, z, closure), theory=True)
    rng = np.random.default_rng(9)

    def at(z, th=th):
        return float(_worth(b, th, z, solve(COMMUTING, b, th, z, closure).require().accounts, None))

    for name, here in vars(z).items():
        way = jnp.asarray(rng.normal(size=here.shape))
        expected = slope(lambda t, n=name, x=here, way=way: at(Shock(**{**vars(z), n: x + t * way})))
        assert float(jnp.sum(getattr(grad, name) * way)) == pytest.approx(expected, rel=1e-6, abs=1e-8), name
    for name, here in vars(th).items():
        expected = slope(lambda t, n=name, x=here: at(z, Theory(**{**vars(th), n: x * (1 + t)})))
        assert float(getattr(grad_th, name) * here) == pytest.approx(expected, rel=1e-6, abs=1e-8), name


def test_path_and_certificate_work_on_it():
    b, th = random_city(9)
    direct = attempt(COMMUTING, b, th, random_shock(b, 9), MOBILE).require()
    np.testing.assert_allclose(follow(direct).state.wage, direct.state.wage, atol=1e-8)
    found = certify(direct, starts=3)
    assert found.determinant_sign == 1 and found.distinct == 1 and found.walras < 1e-9


def test_a_place_that_cannot_pay_its_transfer_is_named():
    tables, words = random_tables(11)
    payer, income = 2, tables["commuters"] @ tables["wage"]
    transfer = np.zeros(len(income))
    transfer[[payer, 4]] = np.array([-0.95, 0.95]) * income[payer]
    paid = tables["commuters"].sum(axis=0) * tables["wage"]
    b = base_year(
        **tables | {"share": attraction(tables["share"], income + transfer, paid).share, "transfer": transfer}
    )
    z = Shock.zeros(b)
    z = Shock(**{**vars(z), "log_A": z.log_A.at[payer].set(-12.0), "log_B": z.log_B.at[payer].set(-8.0)})
    s = solve(COMMUTING, b, theory(**words), z, MOBILE)
    assert not s.solved
    with pytest.raises(NotSolvedError, match=rf"spending\[{payer}\]"):
        s.require()


# Bad input


def test_bad_tables_name_every_problem():
    tables, words = random_tables(10)
    with pytest.raises(InputError) as caught:
        base_year(-tables["commuters"], -tables["wage"], 2 * tables["share"])
    assert len(caught.value.problems) >= 3
    with pytest.raises(InputError, match="sells"):
        base_year(tables["commuters"], tables["wage"][::-1].copy(), tables["share"])
    with pytest.raises(InputError, match="different places"):
        base_year(tables["commuters"][1:], tables["wage"], tables["share"])
    with pytest.raises(InputError, match="sigma"):
        theory(**{**words, "sigma": 0.5})
