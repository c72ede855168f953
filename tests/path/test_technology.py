"""Technology against balanced growth in closed form, finite differences, plain loops and enumeration."""

from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from citybelt.errors import InputError
from citybelt.path import adoption, balanced, centres, relatedness
from citybelt.path.technology import (
    Technology,
    first_stock,
    gain,
    goal,
    influence,
    knowledge,
    reach,
    reach_of,
    speed,
    step,
)

R, J = 6, 4


def place(seed=0, **changes):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 8, (R, 2))
    hours = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    values = dict(
        reach=reach(jnp.asarray(hours), 5.0), start=jnp.asarray(rng.lognormal(2, 1, R)),
        gap=jnp.asarray(rng.uniform(0, 1, (R, J))), own=0.08, learn=0.1, catch_up=0.05, schooling=0.8, schooled=2.3,
        obsolescence=0.15, growth=0.01, closing=0.0, research_growth=0.02,
    )  # fmt: skip
    human = jnp.asarray(rng.uniform(2.0, 2.5, R))
    return Technology(**(values | changes)), human


def run(t, human, growth, years, research=None):
    """Research that grows at one rate from what keeps stocks growing at it."""
    a, Z = jnp.zeros((R, J)), t.start
    S = t.start * (t.obsolescence + growth) if research is None else research
    rows = []
    for year in range(years):
        rows.append((a, Z))
        after = knowledge(Z, S * (1 + growth) ** year, t.obsolescence)
        a, Z = step(t, a, Z, after, human, year), after
    return rows


@pytest.mark.proposition("P11")
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 0.1))
def test_balanced_growth_is_that_of_the_closed_form(seed, n):
    """Places that differ grow at one rate, at constant distances to their goals."""
    t, human = place(seed, catch_up=0.2)
    rows = run(t, human, n, 600)
    (a0, Z0), (a1, Z1) = rows[-2:]
    np.testing.assert_allclose(Z1 / Z0, 1 + n, rtol=1e-9)
    np.testing.assert_allclose(a1 - a0, balanced.growth_rate(t, n), atol=1e-9)
    behind = goal(t, Z1, 599) - a1
    np.testing.assert_allclose(behind, jnp.broadcast_to(balanced.distance(t, human, n)[:, None], (R, J)), atol=1e-8)
    np.testing.assert_allclose(Z1, balanced.stock(t.start * (0.15 + n) * (1 + n) ** 599, 0.15, n), rtol=1e-9)


@pytest.mark.proposition("P11")
def test_research_that_grows_as_in_the_frontier_is_counted_once():
    """At the growth of research that is in the frontier's, all places grow with it, from the first year on."""
    t, human = place()
    assert float(balanced.growth_rate(t, 0.02)) == pytest.approx(0.01)
    for year, (a, Z) in enumerate(run(t, human, 0.02, 30)):
        np.testing.assert_allclose(Z, t.start * 1.02**year, rtol=1e-12)
        np.testing.assert_allclose(a, t.growth * year, atol=1e-13)
    np.testing.assert_allclose(balanced.distance(t, human, 0.02), 0.0, atol=1e-15)
    # Research that stands still lets productivity fall behind, by what research brings.
    assert float(balanced.growth_rate(t, 0.0)) == pytest.approx(0.01 - 0.18 * np.log(1.02))


@pytest.mark.proposition("P29")
def test_own_research_works_at_once_and_that_of_others_is_learnt():
    """A lasting step of knowledge at one place: its own productivity jumps by the elasticity, others' creeps up."""
    t, human = place(2, research_growth=0.0, growth=0.0, learn=0.1)
    up = t.start.at[1].mul(1.5)
    a, rows = step(t, jnp.zeros((R, J)), t.start, up, human, 0.0), []
    for year in range(1, 40):
        rows.append(a)
        a = step(t, a, up, up, human, float(year))
    jump = np.zeros(R)
    jump[1] = 0.08 * np.log(1.5)
    np.testing.assert_allclose(rows[0], np.repeat(jump[:, None], J, axis=1), atol=1e-15)
    heard = 0.1 * np.log((t.reach @ up) / t.absorbed)
    for year, now in enumerate(rows):
        way = 1 - (1 - speed(t, human)) ** year
        np.testing.assert_allclose(now[:, 0], jump + way * heard, rtol=1e-12, atol=1e-15)


def test_gaps_close_at_the_rate_of_the_place():
    t, human = place(closing=0.6, research_growth=0.0)
    a = run(t, human, 0.0, 21)[20][0]
    left = (1 - speed(t, human)) ** 20
    np.testing.assert_allclose(a - t.growth * 20, 0.6 * t.gap * (1 - left)[:, None], rtol=1e-12)
    slow, fast = speed(t, jnp.zeros(R)), speed(t, jnp.full(R, 9.0))
    assert (slow < fast).all() and (fast <= 1).all()
    assert float(balanced.half_life(0.05)) == pytest.approx(np.log(0.5) / np.log(0.95))


def test_stocks_of_steady_growth():
    S, g = jnp.asarray([2.0, 5.0]), jnp.asarray([0.05, 0.12])
    past = sum(S * (1 + g) ** -(k + 1.0) * (1 - 0.15) ** k for k in range(800))  # all former research, worn
    np.testing.assert_allclose(first_stock(S, g, 0.15), past, rtol=1e-12)


@pytest.mark.proposition("P29")
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_influence_adds_up_to_one_over_the_nation(seed):
    t, _ = place(seed)
    value = jnp.asarray(np.random.default_rng(seed + 1).lognormal(3, 1, R))
    np.testing.assert_allclose(influence(t, t.start, value).sum(axis=0), 1.0, rtol=1e-12)
    out = reach_of(t, t.start, value)
    assert ((out > 0) & (out < 1)).all()
    # Without learning from others nothing leaves the place, without own use all of it does.
    np.testing.assert_allclose(reach_of(place(seed, learn=0.0)[0], t.start, value), 0.0, atol=1e-14)
    np.testing.assert_allclose(reach_of(place(seed, own=0.0)[0], t.start, value), 1.0, atol=1e-14)


@pytest.mark.proposition("P29")
def test_a_centre_adds_what_influence_says():
    """A little more research for ever, run to its end, against the derivative; others gain the more, the nearer."""
    t, human = place(3, catch_up=0.3, research_growth=0.0)
    value, site, more = jnp.asarray(np.random.default_rng(4).lognormal(3, 1, R)), 2, 1e-5
    S = t.start * t.obsolescence
    less, with_it = (run(t, human, 0.0, 400, S.at[site].add(x))[-1][0][:, 0] for x in (-more, more))
    added = value * (with_it - less) / (2 * more / t.obsolescence)
    np.testing.assert_allclose(added, gain(t, t.start, value)[:, site], rtol=1e-5)
    np.testing.assert_allclose(added / added.sum(), influence(t, t.start, value)[:, site], rtol=1e-5)


@pytest.mark.proposition("P29")
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_sites_of_centres_are_those_of_enumeration(count):
    rng = np.random.default_rng(count)
    demand, sites = 9, 7
    served_by = np.exp(-rng.uniform(0, 10, (demand, sites)) / 3)
    weight = rng.lognormal(0, 1, demand)
    best = max(combinations(range(sites), count), key=lambda s: centres.served(served_by, weight, list(s)))
    found = centres.best_sites(served_by, weight, count)
    assert tuple(found) == best
    with pytest.raises(InputError):
        centres.best_sites(served_by, weight, 8)


def test_travel_time_brings_knowledge():
    hours = jnp.asarray([[0.0, 5.0, 10.0], [5.0, 0.0, 2.0], [10.0, 2.0, 0.0]])
    D = reach(hours, 5.0)
    np.testing.assert_allclose(
        D, [[0, np.exp(-1), np.exp(-2)], [np.exp(-1), 0, np.exp(-0.4)], [np.exp(-2), np.exp(-0.4), 0]]
    )


def test_gradients_are_those_of_differences():
    t, human = place(5)

    def last(extra):
        return run(t, human, 0.03, 12, t.start * 0.18 + extra)[-1][0].sum()

    slope = jax.grad(last)(jnp.zeros(R))
    steps = 1e-5 * jnp.eye(R)
    by_hand = [(last(s) - last(-s)) / 2e-5 for s in steps]
    np.testing.assert_allclose(slope, by_hand, rtol=1e-6)


@pytest.mark.proposition("P11")
@pytest.mark.parametrize("p,q", [(0.03, 0.38), (0.01, 0.6), (0.05, 0.1)])
def test_parameters_of_adoption_are_found_again(p, q):
    shares = [0.0]
    for _ in range(15):
        shares.append(float(adoption.adopt(jnp.asarray(shares[-1]), p, q)))
    np.testing.assert_allclose(adoption.recover(np.array(shares)), (p, q), rtol=1e-9)
    # The closed form solves the equation in continuous time.
    t = np.linspace(0, 20, 9)
    solved = solve_ivp(lambda _, F: (p + q * F) * (1 - F), (0, 20), [0.0], t_eval=t, rtol=1e-11, atol=1e-12).y[0]
    np.testing.assert_allclose(adoption.curve(jnp.asarray(t), p, q), solved, atol=1e-9)
    top = float(adoption.peak(p, q))
    new = jax.vmap(jax.grad(lambda s: adoption.curve(s, p, q)))(jnp.asarray([top - 0.5, top, top + 0.5]))
    assert new[1] > new[0] and new[1] > new[2]


def test_a_flat_curve_tells_nothing():
    with pytest.raises(InputError):
        adoption.recover(np.full(6, 0.3))


@pytest.mark.proposition("P27")
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_relatedness_lies_between_zero_and_one(seed):
    """Against the definitions, cell by cell."""
    rng = np.random.default_rng(seed)
    x = rng.lognormal(0, 1, (7, 5)) * (rng.uniform(size=(7, 5)) < 0.8)
    x[:, 0] += 0.1
    x[0] += 0.1
    M = relatedness.strengths(x)
    close = relatedness.proximity(M)
    near = relatedness.density(M, close)
    assert ((near >= 0) & (near <= 1 + 1e-12)).all()
    for j in range(5):
        for n in range(7):
            if x[n].sum() > 0:
                assert M[n, j] == (x[n, j] / x[n].sum() / (x[:, j].sum() / x.sum()) >= 1 - 1e-15)
        for k in range(5):
            both = sum(M[n, j] and M[n, k] for n in range(7))
            chances = [both / c if c else 0.0 for c in (M[:, j].sum(), M[:, k].sum())]
            assert close[j, k] == pytest.approx(min(chances), abs=1e-14)
        others = [k for k in range(5) if k != j]
        total = sum(close[j, k] for k in others)
        for n in range(7):
            by_hand = sum(M[n, k] * close[j, k] for k in others) / total if total else 0.0
            assert near[n, j] == pytest.approx(by_hand, abs=1e-14)


@pytest.mark.proposition("P27")
def test_who_is_good_at_everything_is_close_to_everything():
    M = np.ones((2, 4), bool)
    M[1, 2:] = False
    near = relatedness.density(M, relatedness.proximity(M))
    np.testing.assert_allclose(near[0], 1.0)
    assert (near[1] < 1).all()


@pytest.mark.proposition("P27")
def test_relatedness_is_that_of_another_library():
    theirs = pytest.importorskip("econcomplex")
    x = np.random.default_rng(11).lognormal(0, 1.2, (12, 9))
    M = relatedness.strengths(x)
    np.testing.assert_allclose(
        100 * relatedness.density(M, relatedness.proximity(M)), theirs.relatedness_density(x), rtol=1e-12
    )
