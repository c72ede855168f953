"""Geography by distance, against tables of all pairs, closed forms of a ring, and finite differences."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.extend.core import jaxprs_in_params

from citybelt.engine import adjoint
from citybelt.engine.continuation import newton
from citybelt.engine.solve import solve
from citybelt.errors import InputError
from citybelt.geo.distance import great_circle_km
from citybelt.model import distance, summation
from citybelt.model.flows import Table
from citybelt.model.trade import TRADE, evaluate, geography
from citybelt.model.trade_accounts import Closure, Shock
from citybelt.model.trade_calibrate import calibrate, theory
from citybelt.model.trade_places import base_of

EARTH = 6371.0088
SLOPE = {"exponential": (1.2, 0.5, 0.9), "power": (0.4, 0.15, 0.3), "shifted": (0.6, 0.3, 0.45)}
THETA = np.array([4.0, 8.0, 5.5])


def places(n, surface, seed=0):
    """Coordinates, half of them in clusters, the table of distances between them, and within them."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(size=(7, 2))
    near = centres[rng.integers(0, 7, n // 2)] + 0.03 * rng.normal(size=(n // 2, 2))
    x = np.concatenate([rng.uniform(size=(n - n // 2, 2)), near])
    own = rng.uniform(0.2, 0.5, n) / np.sqrt(n)
    if surface == "plane":
        return x, np.hypot(*(x[:, None] - x).transpose(2, 0, 1)), own, None, 0.05
    # Over a pole and across the date line.
    x = np.stack([160.0 + 50.0 * x[:, 0], 60.0 + 40.0 * x[:, 1]], axis=1)
    over = x[:, 1] > 90.0
    x[over] = np.stack([x[over, 0] + 180.0, 180.0 - x[over, 1]], axis=1)
    x[:, 0] = (x[:, 0] + 180.0) % 360.0 - 180.0
    r = great_circle_km(x[:, None, 0], x[:, None, 1], x[:, 0], x[:, 1])
    return x, r, 4000.0 * own, EARTH, 200.0


def log_unit(r, form, scale):
    """Log cost at a slope of one, written anew."""
    return {"exponential": lambda: r, "power": lambda: np.log(r), "shifted": lambda: np.log((scale + r) / scale)}[
        form
    ]()


def world(n, surface, form, j=3, seed=0, order=14):
    """A fitted geography, the same as a table, its unit log costs [N, N] and its spending [N, J]."""
    x, r, own, radius, scale = places(n, surface, seed)
    rng = np.random.default_rng(seed + 1)
    output = rng.lognormal(0, 0.6, (n, j))
    # More of one product is bought and less of another; what a place buys in all is what it sells.
    other = rng.uniform(-0.2, 0.2, n) * output.min(axis=1)
    spending = output + (other - other.mean())[:, None] * np.array([1.0, -1.0, 0.0])[:j] * (j > 1)
    slope = np.array(SLOPE[form])[:j] / (4000.0 if radius and form == "exponential" else 1.0)
    flows = distance.fit(x, own, output, spending, THETA[:j], slope, form, radius, scale, order)
    np.fill_diagonal(r, own)
    g = log_unit(r, form, scale)
    share = np.exp(-(THETA[:j] * slope)[:, None, None] * g) * np.asarray(flows.sellers).T[:, None, :]
    share /= share.sum(axis=2, keepdims=True)
    return flows, Table(jnp.asarray(share), jnp.zeros((0, n, n)), ()), g, output, spending


def as_table(g, flows, slope=0.0, buying=0.0, selling=0.0, own=0.0):
    """The change of log cost [J, N, N] that ``distance.change`` packs, pair by pair."""
    n, j = flows.sellers.shape
    slope, buying, selling, own = (
        np.broadcast_to(a, s) for a, s in ((slope, (j,)), (buying, (n, j)), (selling, (n, j)), (own, (n, j)))
    )
    beyond = buying.T[:, :, None] + selling.T[:, None, :]
    within = own.T[:, :, None] * np.eye(n)
    steeper = (np.asarray(flows.slope) * np.expm1(slope))[:, None, None] * g
    return jnp.asarray(steeper + np.where(np.eye(n) > 0, within, beyond))


def random_change(flows, seed=3, size=0.1):
    """Arguments of ``change``."""
    rng = np.random.default_rng(seed)
    n, j = flows.sellers.shape
    cost = {k: rng.normal(0, size, (n, j)) for k in ("buying", "selling", "own")}
    return {"slope": rng.uniform(-0.3, 0.1, j), **cost}


@pytest.mark.parametrize("surface, form", [
    ("plane", "exponential"), ("plane", "power"), ("plane", "shifted"), ("sphere", "exponential"), ("sphere", "power"),
])  # fmt: skip
def test_same_as_the_table_of_all_pairs(surface, form):
    """1531 places, three sectors: leaves of a size that divides nothing, and far clusters among them."""
    flows, table, g, output, spending = world(1531, surface, form, order=12)
    assert sum(pairs.shape[1] for pairs in flows.space.tree.far) > 0
    np.testing.assert_allclose(table.sold(jnp.asarray(spending)).sum(axis=1).T, output, rtol=2e-10)
    np.testing.assert_allclose(flows.own, table.own, rtol=1e-10)
    np.testing.assert_allclose(flows.rivalry(spending), table.rivalry(jnp.asarray(spending)), rtol=1e-8)
    changed = random_change(flows)
    one = flows.under(jnp.asarray(THETA), distance.change(flows, **changed))
    two = table.under(jnp.asarray(THETA), as_table(g, flows, **changed), jnp.zeros((0, 1531, 1531)))
    rng = np.random.default_rng(5)
    attraction = one.attraction(jnp.asarray(rng.normal(0, 0.2, output.shape)))
    access = one.access(attraction)
    np.testing.assert_allclose(access, two.access(attraction), rtol=1e-10)
    np.testing.assert_allclose(one.price(access), two.price(access), atol=1e-10)
    receipts, tariffs = one.sales(attraction, access, jnp.asarray(spending))
    np.testing.assert_allclose(receipts, two.sales(attraction, access, jnp.asarray(spending))[0], rtol=1e-10)
    assert not np.asarray(tariffs).any()
    np.testing.assert_allclose(receipts.sum(axis=0), spending.sum(axis=0), rtol=1e-10)


@pytest.mark.parametrize("n", [1, 2, 37])
def test_few_places(n):
    """No tree to speak of, down to a place alone."""
    flows, table, g, _, spending = world(n, "plane", "shifted", j=2, order=4)
    changed = random_change(flows)
    one = flows.under(jnp.asarray(THETA[:2]), distance.change(flows, **changed))
    two = table.under(jnp.asarray(THETA[:2]), as_table(g, flows, **changed), jnp.zeros((0, n, n)))
    attraction = jnp.asarray(np.random.default_rng(1).lognormal(size=(n, 2)))
    access = two.access(attraction)
    np.testing.assert_allclose(one.access(attraction), access, rtol=1e-12)
    mine, theirs = (o.sales(attraction, access, jnp.asarray(spending))[0] for o in (one, two))
    np.testing.assert_allclose(mine, theirs, rtol=1e-12)


@pytest.mark.parametrize("seed, n, dimensions, order", [(0, 5, 2, 3), (1, 97, 2, 3), (2, 201, 3, 3), (3, 400, 2, 4)])
def test_every_pair_is_summed_once(seed, n, dimensions, order):
    """A constant kernel is what polynomials of any order reproduce: a sum over all others, whatever the tree."""
    x = np.random.default_rng(seed).normal(size=(n, dimensions))
    x = x / np.linalg.norm(x, axis=1, keepdims=True) if dimensions == 3 else x
    tree = summation.plant(x, lambda r: np.zeros((1, *np.shape(r))), order)
    k = summation.blocks(tree, lambda r: jnp.ones((1, *r.shape)))
    a = np.random.default_rng(seed + 1).normal(size=(n, 1))
    np.testing.assert_allclose(summation.product(tree, k, jnp.asarray(a)), a.sum() - a, atol=1e-9)


@given(*[st.floats(-180, 180), st.floats(-90, 90)] * 2)
def test_great_circles(lon_a, lat_a, lon_b, lat_b):
    """Against the haversine, which loses digits only near the antipode."""
    a, b = (distance.on_sphere(np.array([lon]), np.array([lat])) for lon, lat in ((lon_a, lat_a), (lon_b, lat_b)))
    ours = float(EARTH * summation.distance(a, b)[0])
    assert ours == pytest.approx(great_circle_km(lon_a, lat_a, lon_b, lat_b), rel=1e-9, abs=1e-3)


def test_opposite_points_are_half_a_circle_apart():
    x = distance.on_sphere(np.array([20.0]), np.array([35.0]))
    assert float(summation.distance(x, -x)[0]) == pytest.approx(np.pi, rel=1e-15)
    assert float(summation.distance(x, x)[0]) == 0.0


# A ring: everybody is like everybody else


def ring(n=2000, slope=0.8, own=0.002):
    """Coordinates on a circle of radius one, and the distances of one place to all."""
    angle = 2 * np.pi * np.arange(n) / n
    chord = 2 * np.sin(angle / 2)
    chord[0] = own
    flows = distance.fit(
        np.stack([np.cos(angle), np.sin(angle)], axis=1), own, np.ones((n, 1)), np.ones((n, 1)), 5.0, slope, order=11
    )
    return flows, chord, angle


def test_waves_on_a_ring():
    """Waves are what a kernel of distance on a ring only scales, by its sum with the wave."""
    flows, chord, angle = ring()
    assert sum(pairs.shape[1] for pairs in flows.space.tree.far) > 0
    reach = flows.under(jnp.asarray([5.0]), distance.change(flows))
    kernel = np.exp(-4.0 * chord) / np.exp(-4.0 * chord).sum()
    for wave in (0, 1, 7, 150):
        of = np.cos(wave * angle)
        found = reach.access(jnp.asarray(of[:, None]))[:, 0]
        np.testing.assert_allclose(found, (kernel @ of) * of, atol=1e-11)


def test_closed_form_of_a_ring():
    """Cheaper distance: prices fall alike by -1/theta log of what is within reach, and nobody moves."""
    flows, chord, _ = ring()
    one = np.ones((2000, 1))
    b = base_of(flows, one, one, people=one.T)
    th = theory(b, 5.0, agg=0.05, nu=2.0, congestion=0.2)
    z = Shock.zeros(b).replace(log_d=distance.change(flows, slope=-0.3))
    s = solve(TRADE, b, th, z, Closure(people="free")).require()
    before, after = (np.exp(-5.0 * slope * chord).sum() for slope in (0.8, 0.8 * np.exp(-0.3)))
    expected = -np.log(after / before) / 5.0
    np.testing.assert_allclose(s.state.price, expected, atol=1e-9)
    np.testing.assert_allclose(s.accounts.log_welfare, -expected, atol=1e-9)
    np.testing.assert_allclose(s.state.people, 0.0, atol=1e-9)


# The class of models, and derivatives


@cache
def economies(n=1200, order=12, people="choice"):
    """Two sectors with input links and people, by distance and by table, with a shock to each."""
    flows, table, g, output, use = world(n, "plane", "exponential", j=2, order=order)
    rng = np.random.default_rng(9)
    # Materials stay below what is bought of each product.
    inputs = rng.uniform(0.2, 0.4, (n, 2, 2)) * (use / output.sum(axis=1, keepdims=True))[:, None, :]
    inputs *= np.minimum(1.0, 0.7 / inputs.sum(axis=2, keepdims=True))
    va = 1.0 - inputs.sum(axis=2)
    persons = rng.lognormal(0, 0.2, (1, n))
    one = base_of(flows, output, use, va, inputs, people=persons)
    trade = np.asarray(table.share) * use.T[:, :, None]
    two = calibrate(trade, va, inputs, people=persons)
    th = theory(one, THETA[:2], agg=[0.05, 0.1], nu=3.0, congestion=0.2)
    changed = random_change(flows, size=0.05)
    log_A = rng.normal(0, 0.05, (n, 2))
    z = Shock.zeros(one).replace(log_A=log_A, log_d=distance.change(flows, **changed))
    zt = Shock.zeros(two).replace(log_A=log_A, log_d=as_table(g, flows, **changed))
    return (one, th, z, Closure(people=people)), (two, th, zt, Closure(people=people)), g


@pytest.mark.parametrize("people", ["choice", "free"])
def test_an_equilibrium_is_that_of_the_table(people):
    mine, theirs, _ = economies(people=people)
    a, b = solve(TRADE, *mine).require(), solve(TRADE, *theirs).require()
    assert a.passes <= 60 and abs(a.passes - b.passes) <= 1
    for name in ("wage", "price", "output", "spending", "people"):
        np.testing.assert_allclose(getattr(a.state, name), getattr(b.state, name), atol=1e-9)
    n = newton(TRADE, *mine, x0=jax.tree.map(lambda leaf: 0.9 * leaf, a.state)).require()
    np.testing.assert_allclose(n.state.price, a.state.price, atol=1e-9)


def national(b, th, z, a, extra):
    """Log welfare of the nation."""
    return a.log_welfare[0]


@pytest.mark.slow
def test_gradient_against_central_differences_and_the_table():
    mine, theirs, g = economies()
    b, th, z, c = mine
    _, dz, dth = adjoint.gradient(national, solve(TRADE, *mine), theory=True)
    _, dt, dth_table = adjoint.gradient(national, solve(TRADE, *theirs), theory=True)
    np.testing.assert_allclose(dth.theta, dth_table.theta, rtol=1e-6)
    slope, buying, selling, own = distance.parts(dz.log_d)
    pairs, elsewhere = np.asarray(dt.log_d), 1.0 - np.eye(1200)
    np.testing.assert_allclose(buying, (pairs * elsewhere).sum(axis=2).T, atol=1e-10)
    np.testing.assert_allclose(selling, (pairs * elsewhere).sum(axis=1).T, atol=1e-10)
    np.testing.assert_allclose(own, np.diagonal(pairs, axis1=1, axis2=2).T, atol=1e-10)
    now = np.asarray(b.flows.slope) * np.exp(np.asarray(distance.parts(z.log_d)[0]))
    np.testing.assert_allclose(slope, now * (pairs * g).sum(axis=(1, 2)), rtol=1e-6)

    h, rng = 1e-4, np.random.default_rng(2)
    for direction in (distance.change(b.flows, slope=[1.0, -0.5]), jnp.asarray(rng.normal(size=z.log_d.shape))):
        ends = [
            national(
                *(None,) * 3, solve(TRADE, b, th, z.replace(log_d=z.log_d + e * direction), c).require().accounts, None
            )
            for e in (h, -h)
        ]
        assert float(jnp.vdot(dz.log_d, direction)) == pytest.approx(
            float(ends[0] - ends[1]) / (2 * h), rel=1e-5, abs=1e-7
        )


@pytest.mark.slow
def test_second_derivatives_forward_over_reverse():
    """Of a scalar of prices and sales, along a direction of everything: by distance as by table."""
    flows, table, g, output, spending = world(1200, "plane", "shifted", j=2, order=12)
    rng = np.random.default_rng(4)
    log_cost, x = jnp.asarray(rng.normal(0, 0.1, output.shape)), jnp.asarray(spending)
    weight = jnp.asarray(rng.normal(size=output.shape))

    def scalar(reach, cost):
        attraction = reach.attraction(cost)
        access = reach.access(attraction)
        sold = reach.sales(attraction, access, x * jnp.exp(cost))[0]
        return jnp.vdot(weight, reach.price(access)) + jnp.vdot(weight, jnp.log(sold))

    def by_distance(slope, theta, cost):
        return scalar(flows.under(theta, distance.change(flows, slope=slope)), cost)

    def by_table(slope, theta, cost):
        log_d = (flows.slope * jnp.expm1(slope))[:, None, None] * jnp.asarray(g)
        return scalar(table.under(theta, log_d, jnp.zeros((0, 1200, 1200))), cost)

    at = (jnp.array([-0.1, 0.2]), jnp.asarray(THETA[:2]), log_cost)
    along = (jnp.array([0.7, -0.4]), jnp.array([0.3, 0.9]), weight)
    found, expected = (
        jax.jvp(jax.grad(f, argnums=(0, 1, 2)), at, along) for f in (by_distance, by_table)
    )  # fmt: skip
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9)
    both = jax.vmap(lambda s: by_distance(s, *at[1:]))(jnp.stack([at[0], 2 * at[0]]))
    np.testing.assert_allclose(both, [by_table(s * at[0], *at[1:]) for s in (1, 2)], rtol=1e-10)


# Size


def unfitted(n, order):
    """A geography of random places whose sellers are all alike; fine for shapes, not for numbers."""
    x = np.random.default_rng(0).uniform(size=(n, 2))
    tree = summation.plant(x, lambda r: -4.0 * r[None], order)
    space = distance.Space(tree, jnp.full(n, 0.01), 1.0, 1.0, "exponential")
    one = jnp.ones((n, 1))
    return distance.Distance(space, jnp.ones(1), jnp.full(1, 4.0), one, one)


def sizes(jaxpr):
    """The shape of every array in a program, inner programs included."""
    for equation in jaxpr.eqns:
        for variable in (*equation.invars, *equation.outvars):
            if hasattr(variable.aval, "shape"):
                yield variable.aval.shape
        for inner in jaxprs_in_params(equation.params):
            yield from sizes(inner)


def test_no_array_of_all_pairs():
    """In a pass, its derivatives both ways, and the evaluation of the kernel."""
    n = 6000
    flows = unfitted(n, order=4)
    one = np.ones((n, 1))
    b = base_of(flows, one, one, people=one.T)
    th, z, x = theory(b, 4.0, nu=2.0), Shock.zeros(b), TRADE.start(b)

    def run(z, th, x):
        return evaluate(b, th, z, Closure(people="choice"), geography(b, th, z), x)[0]

    def both_ways(z, th, x):
        out, pull = jax.vjp(run, z, th, x)
        return pull(out), jax.jvp(run, (z, th, x), (z, th, x))

    shapes = list(sizes(jax.make_jaxpr(both_ways)(z, th, x).jaxpr))
    assert len(shapes) > 500
    assert not [s for s in shapes if np.sum(np.asarray(s) >= n) > 1]
    assert max(np.prod(s) for s in shapes) < n * n / 4


def test_what_is_stored_grows_with_places_not_with_pairs():
    stored = []
    for n in (2000, 8000, 32000):
        flows = unfitted(n, order=4)
        stored.append(sum(np.prod(k.shape) for k in jax.tree.leaves(jax.eval_shape(flows.space.blocks, flows.power))))
    assert stored[1] < 5.5 * stored[0] and stored[2] < 5.0 * stored[1]


# Refusals


def test_what_is_refused():
    x, one = np.random.default_rng(0).uniform(size=(400, 2)), np.ones((400, 1))
    args = dict(own=0.05, output=one, spending=one, theta=4.0, slope=1.0)
    with pytest.raises(InputError, match="another place is"):
        distance.fit(np.concatenate([x[:399], x[:1]]), **{**args, "form": "power"})
    with pytest.raises(InputError, match="differ in sum"):
        distance.fit(x, **{**args, "spending": 2 * one})
    with pytest.raises(InputError, match=r"own.*not positive"):
        distance.fit(x, **{**args, "own": 0.0})
    with pytest.raises(InputError, match="not one of"):
        distance.fit(x, **args, form="gaussian")
    with pytest.raises(InputError, match="have shapes"):
        distance.fit(x[:399], **args)
    with pytest.raises(InputError, match="more than 3 nodes"):
        distance.fit(x, **args, order=3)


def test_a_base_year_that_does_not_add_up_is_refused():
    flows, _, _, output, use = world(37, "plane", "shifted", j=2, order=7)
    with pytest.raises(InputError, match="do not sum to one"):
        base_of(flows, output, use, va=0.5)
    with pytest.raises(InputError, match="materials exceed"):
        base_of(flows, output, use, va=0.0, input_coef=np.full((37, 2, 2), 0.5) + 0.0)
    with pytest.raises(InputError, match="persons"):
        base_of(flows, output, use, people=np.ones((1, 36)))
