"""Systems of powers hold at solved equilibria; the radius is the published one; nothing else is called proven."""

from dataclasses import replace
from functools import cache

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybelt.engine.certificate import certify
from citybelt.engine.solve import solve
from citybelt.engine.uniqueness import derived, uniqueness
from citybelt.model import commuting, gravity
from citybelt.model.invert import attraction
from citybelt.model.trade import TRADE
from citybelt.model.trade_accounts import Closure, Shock
from citybelt.model.trade_calibrate import calibrate, theory
from one_sector import places

N = 5


def distances(seed=3, size=0.3, n=N):
    return np.random.default_rng(seed).normal(0, size, (n, n))


def solved(**words):
    b, th, c = places(N, seed=7, **words)
    z = Shock.zeros(b).replace(log_d=distances()[None])
    return solve(TRADE, b, th, z, c).require()


@cache
def symmetric():
    b, th, c = places(N, congestion=0.1)
    return solve(TRADE, b, th, Shock.zeros(b), c)


def holds(system, kernels, unknowns):
    """Largest spread over places of the log ratio of the two sides of each equation: zero if lambda is one number."""
    spread = []
    for left, right, kernel in zip(system.left, system.right, kernels, strict=True):
        terms = [e * np.asarray(unknowns[k]) for k, e in zip(system.unknowns, right, strict=True) if e]
        made = kernel @ np.exp(sum(terms))
        sides = sum(e * np.asarray(unknowns[k]) for k, e in zip(system.unknowns, left, strict=True) if e) - np.log(made)
        spread.append(np.ptp(sides))
    return max(spread)


TRADES = {
    "fixed with structures and own inputs": {"people": "fixed", "labour": 0.6, "va": 0.4},
    "free": {"agg": 0.1, "congestion": 0.3},
    "free with houses": {"agg": 0.05, "congestion": 0.1, "housing": 0.25, "eta": 0.6, "va": 0.5, "labour": 0.7},
    "free on one land": {"agg": 0.05, "congestion": 0.1, "housing": 0.25, "labour": 0.7, "one_land": True},
    "tastes": {"people": "choice", "housing": 0.3, "agg": 0.05},
    "origins": {"people": "choice", "origins": 3, "housing": 0.2, "eta": 0.5, "agg": 0.05, "va": 0.6},
}


@pytest.mark.parametrize("words", TRADES.values(), ids=TRADES)
def test_trade_economies_are_the_systems_claimed(words):
    s = solved(**words)
    b, th, a = s.base, s.theory, s.accounts
    system = derived(s)
    share = np.asarray(b.flows.share[0] * jnp.exp(-th.theta * s.shock.log_d[0]))
    use, output, people = np.asarray(b.use[:, 0]), np.asarray(b.output[:, 0]), np.asarray(b.people)
    bought = (share * use[:, None]).T / output[:, None]
    kernels = [bought, share, people.T / people.sum(axis=0)[:, None], people / people.sum(axis=1)[:, None]]
    unknowns = {
        "w": s.state.wage[:, 0],
        "P": a.log_price[:, 0],
        "L": np.log(a.persons[:, 0] / people.sum(axis=0)),
        "W": th.nu * a.log_welfare,
    }
    assert holds(system, kernels[: len(system.left)], unknowns) < 1e-8
    verdict = uniqueness(s)
    assert verdict.proven is (words.get("people") != "choice" or words.get("origins", 1) == 1)
    assert verdict.radius >= 1 - 1e-12, "by scale"


@pytest.mark.parametrize("conditional", [0.0, 1.0])
def test_gravity_is_the_system_claimed(conditional):
    rng = np.random.default_rng(5)
    b = gravity.base_year(rng.lognormal(0, 1, (N, N)) + 5 * np.eye(N))
    z = gravity.Shock(jnp.asarray(distances()), jnp.zeros(N), jnp.zeros(N))
    s = solve(gravity.GRAVITY, b, gravity.theory(5.0), z, gravity.Closure(conditional)).require()
    share = np.asarray(b.share[0]) * np.exp(-4.0 * distances())
    sold = (share * np.asarray(b.spending)[:, None]).T / np.asarray(b.output)[:, None]
    unknowns = {"p": s.accounts.log_price, "P": s.accounts.log_inward}
    assert holds(derived(s), [sold, share], unknowns) < 1e-8
    verdict = uniqueness(s)
    assert verdict.proven and verdict.radius == pytest.approx(1, abs=1e-12)


def commuters(still, eps=1.2, nu=0.0, transfer=False):
    rng = np.random.default_rng(11)
    people = rng.lognormal(0, 0.6, (N, N)) + 4 * np.eye(N)
    wage = rng.lognormal(0, 0.2, N)
    kernel = np.exp(-rng.uniform(0.3, 2, (N, N)) * (1 - np.eye(N)))
    bought = people @ wage
    extra = 0.1 * (bought.mean() - bought) if transfer else np.zeros(N)
    share = attraction(kernel, bought + extra, people.sum(axis=0) * wage).share
    b = commuting.base_year(people, wage, share, extra)
    th = commuting.theory(eps, 5.0, nu, 0.7, 0.5)
    z = commuting.Shock.zeros(b)
    z = commuting.Shock(z.log_A, z.log_B, z.log_H, jnp.asarray(distances(8, 0.1)), jnp.asarray(distances(9, 0.1)))
    return solve(commuting.COMMUTING, b, th, z, commuting.Closure(still)).require()


@pytest.mark.parametrize("still", [0.0, 1.0])
def test_commuting_is_the_system_claimed(still):
    s = commuters(still)
    b, th, z, a = s.base, s.theory, s.shock, s.accounts
    m = np.asarray(b.commuters) * np.exp(-float(th.eps) * np.asarray(z.log_k))
    share = np.asarray(b.share[0]) * np.exp(-float(th.theta) * np.asarray(z.log_d))
    wage, income, w = np.asarray(b.wage), np.asarray(b.income), np.asarray(s.state.wage)
    workers, residents = np.asarray(b.workers), np.asarray(b.residents)
    kernels = [
        m.T / workers[:, None], m * wage / income[:, None], share,
        (share * income[:, None]).T / (wage * workers)[:, None], m / residents[:, None],
    ]  # fmt: skip
    unknowns = {
        "w": w, "L": np.log(a.workers / workers), "Y": np.log(a.income / income), "P": a.log_price,
        "F": np.log(m @ np.exp(float(th.eps) * w) / residents),
    }  # fmt: skip
    system = derived(s)
    assert holds(system, kernels[: len(system.left)], unknowns) < 1e-8
    assert uniqueness(s).proven is (still == 0.0)


@given(
    alpha=st.floats(-0.5, 0.5), beta=st.floats(-0.8, 0.3), theta=st.floats(0.5, 12.0),
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_radius_is_that_of_allen_and_arkolakis(alpha, beta, theta):
    """Spillovers alpha on productivity and beta on amenities; the bound is alpha + beta = 0 for any geography."""
    sigma, together = theta + 1, alpha + beta
    gamma = 1 - alpha * theta - beta * sigma
    if abs(gamma) < 1e-3 or 0 < abs(together) < 1e-6:
        return
    made = np.array([[abs(1 - beta), sigma * abs(together)], [theta * abs(together), abs(1 + alpha)]]) / abs(gamma)
    expected = np.abs(np.linalg.eigvals(made)).max()
    s = symmetric()
    verdict = uniqueness(replace(s, theory=theory(s.base, theta, agg=alpha, congestion=-beta)))
    assert verdict.radius == pytest.approx(expected, rel=1e-9)
    assert verdict.proven is (together <= 0)


def refused():
    """Economies outside the theorem, and the word that says why."""
    b, th, c = places(N, seed=1, congestion=0.2)
    z = Shock.zeros(b)
    transfer = np.append(np.full(N - 1, 0.01), -0.01 * (N - 1))
    yield "transfers", b, th, z.replace(d_transfer=transfer), c
    plain = np.ones((1, N, N)), np.ones((N, 1)), np.zeros((N, 1, 1))
    rents = calibrate(*plain, people=np.ones((1, N)), labour_share=0.7, rent_pool=0.5)
    yield "rents", rents, th, z, c
    rates = np.full((1, N, N), 0.1) * (1 - np.eye(N))
    taxed = calibrate(*plain, tariff=rates, people=np.ones((1, N)))
    yield "tariffs", taxed, th, Shock.zeros(taxed), c
    yield "housing shares", *_with_housing(np.linspace(0.1, 0.3, N)), z, c
    nests = places(N, seed=1, va=0.5)[0]
    yield "nest", nests, theory(nests, 4.0, top=0.5), z, c
    two = calibrate(np.ones((2, N, N)), np.ones((N, 2)), np.zeros((N, 2, 2)))
    yield "several sectors", two, theory(two, 4.0), Shock.zeros(two), Closure("fixed")
    many, by_origin, choice = places(N, seed=1, people="choice", origins=2)
    yield "differ between people", many, theory(many, 4.0, nu=[1.0, 2.0]), Shock.zeros(many), choice
    yield "several kinds", many, by_origin, Shock.zeros(many), Closure("free")
    uneven = calibrate(np.ones((1, N, N)), *_own_inputs(np.linspace(0.5, 0.9, N)))
    yield "value added", uneven, theory(uneven, 4.0), Shock.zeros(uneven), Closure("fixed")
    island = calibrate(np.eye(N)[None], np.ones((N, 1)), np.zeros((N, 1, 1)))
    yield "linked", island, theory(island, 4.0), Shock.zeros(island), Closure("fixed")


def _with_housing(share):
    b = calibrate(np.ones((1, N, N)), np.ones((N, 1)), np.zeros((N, 1, 1)), people=np.ones((1, N)), housing_share=share)
    return b, theory(b, 4.0, congestion=0.1)


def _own_inputs(va):
    return va[:, None], (1 - va)[:, None, None]


@pytest.mark.parametrize(("word", "b", "th", "z", "c"), list(refused()), ids=[case[0] for case in refused()])
def test_what_the_theorem_does_not_cover_is_not_called_proven(word, b, th, z, c):
    assert uniqueness(symmetric()).proven
    verdict = uniqueness(replace(symmetric(), base=b, theory=th, shock=z, closure=c))
    assert not verdict.proven and word in verdict.en and verdict.zh


def test_transfers_take_commuting_out_of_the_theorem():
    verdict = uniqueness(commuters(0.0, transfer=True))
    assert not verdict.proven and "transfers" in verdict.en


def test_where_it_is_proven_one_is_found():
    for seed in range(3):
        b, th, c = places(N, seed=seed, theta=7.0, agg=0.2, congestion=0.2001)
        s = solve(TRADE, b, th, Shock.zeros(b).replace(log_d=distances(seed)[None]), c)
        found = certify(s, starts=4)
        assert found.uniqueness == "proven" and found.distinct == 1 and found.starts_solved == 4
        assert "Unique (proven)" in found.words_en and "已证明" in found.words_zh
