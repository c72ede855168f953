"""Second derivatives and responses against differences of exact first ones, and against each other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.engine.adjoint import differentiate, gradient, hessian_products, to_data
from citybelt.engine.response import every_pair, quadratic, respond
from citybelt.engine.solve import solve
from citybelt.errors import NotSolvedError
from citybelt.model.accounts import Shock, closure
from citybelt.model.calibrate import calibrate
from citybelt.model.panel import REGIONAL, TOTALS, Sets, panel, split
from citybelt.model.spatial import SPATIAL
from economies import random_inputs, random_shock, random_theory


def make_world(seed=2, words=None):
    c = closure(**(words or {}))
    return calibrate(**random_inputs(seed), closure=c), random_theory(seed), c


def welfare(b, th, z, a, extra):
    return jnp.sum(b.people.sum(axis=2) * a.log_welfare) / jnp.sum(b.people)


def scaled(params, data, _):
    """Lengths along shocks, and factors on elasticities: parameters of size one."""
    shocks, th = data
    z, grown = jax.tree.map(lambda leaf: jnp.einsum("k...,k->...", leaf, params["shock"]), shocks), params["theory"]
    return type(th)(**{k: v * jnp.exp(grown[k]) for k, v in vars(th).items()}), z


def two_shocks(b):
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), random_shock(b, 2, 0.05), random_shock(b, 3, 0.05))


def at(b, c, params, data):
    theory, z = scaled(params, data, None)
    return solve(SPATIAL, b, theory, z, c).require()


def fourth_order(f, t):
    return jax.tree.map(lambda *y: (8 * (y[0] - y[1]) - (y[2] - y[3])) / (12 * t), f(t), f(-t), f(2 * t), f(-2 * t))


START = {
    "shock": jnp.array([0.7, -0.4]),
    "theory": {k: 0.0 for k in ("theta", "agg", "nu", "congestion", "public", "eta")},
}


@pytest.mark.parametrize("words", [{}, {"capital": "mobile", "land_finance": "private"}, {"people": "fixed"}])
def test_hessian_products_are_differences_of_gradients(words):
    b, th, c = make_world(2, words)
    data = two_shocks(b), th
    rng = np.random.default_rng(5)
    way = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(size=np.shape(leaf))), START)
    theory, z = scaled(START, data, None)
    s = solve(SPATIAL, b, theory, z, c)
    value, grad, products = hessian_products(
        welfare, scaled, s, START, jax.tree.map(lambda leaf: leaf[None], way), data
    )

    def gradient_at(t):
        params = jax.tree.map(lambda p, v: p + t * v, START, way)
        return differentiate(welfare, scaled, at(b, c, params, data), params, data)[1]

    slope = fourth_order(gradient_at, 4e-3)
    size = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(slope))
    for found, wanted in zip(jax.tree.leaves(products), jax.tree.leaves(slope), strict=True):
        np.testing.assert_allclose(found[0], wanted, rtol=1e-6, atol=1e-6 * size)
    direct, (plain) = differentiate(welfare, scaled, s, START, data)
    assert float(value) == pytest.approx(float(direct), rel=1e-14)
    for one, two in zip(jax.tree.leaves(grad), jax.tree.leaves(plain), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-14)


def test_hessians_are_symmetric_and_the_same_forwards_and_backwards():
    b, th, c = make_world(4)
    data = two_shocks(b), th
    theory, z = scaled(START, data, None)
    s = solve(SPATIAL, b, theory, z, c)
    flat, unravel = jax.flatten_util.ravel_pytree(START)
    ways = jax.vmap(unravel)(jnp.eye(flat.size))
    _, grad, products = hessian_products(welfare, scaled, s, START, ways, data)
    hessian = np.asarray(jax.vmap(lambda p: jax.flatten_util.ravel_pytree(p)[0])(products))
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-7, atol=1e-9 * np.abs(hessian).max())
    pairs = every_pair(flat.size)
    vector = lambda *args: welfare(*args)[None]  # noqa: E731
    found = respond(vector, scaled, s, START, ways, pairs, data)
    np.testing.assert_allclose(
        found.second[:, 0], hessian[tuple(pairs.T)], rtol=1e-6, atol=1e-8 * np.abs(hessian).max()
    )
    np.testing.assert_allclose(found.first[:, 0], jax.flatten_util.ravel_pytree(grad)[0], rtol=1e-8, atol=1e-12)


def sets_of(b):
    rng = np.random.default_rng(3)
    members = np.stack([np.arange(b.n_home) % 2, np.ones(b.n_home)])
    return Sets(jnp.asarray(members), jnp.asarray(rng.integers(0, 2, b.shape[1]) * 1.0).at[0].set(1.0))


def lengths(params, data, th):
    return th, jax.tree.map(lambda leaf: jnp.einsum("k...,k->...", leaf, params), data)


def test_responses_of_every_outcome_are_differences():
    b, th, c = make_world(2)
    data, sets, here = two_shocks(b), sets_of(b), jnp.array([0.6, -0.3])
    s = solve(SPATIAL, b, th, lengths(here, data, th)[1], c)
    pairs = every_pair(2)
    found = respond(panel, lengths, s, here, jnp.eye(2), pairs, data, sets)
    assert found.first.shape == (2, len(REGIONAL) * b.n_home + len(TOTALS) * 2)

    def there(t, k):
        point = here + t * jnp.eye(2)[k]
        s = solve(SPATIAL, b, th, lengths(point, data, th)[1], c)
        return respond(panel, lengths, s, point, jnp.eye(2), pairs, data, sets)

    def scale_of(derivatives):
        """By outcome, the largest over regions and sets: the nation's people do not change at all."""
        parts = (np.abs(part).max(axis=(0, 2)) for part in split(derivatives, b.n_home))
        return np.concatenate([np.repeat(size, n) for size, n in zip(parts, (b.n_home, 2), strict=True)])

    for k in range(2):
        slope = fourth_order(lambda t, k=k: there(t, k).values, 2e-2)
        assert (np.abs(found.first[k] - slope) / scale_of(found.first)).max() < 1e-6
        bend = fourth_order(lambda t, k=k: there(t, k).first, 1e-2)
        for other in range(2):
            row = np.flatnonzero((pairs == sorted((k, other))).all(axis=1))[0]
            assert (np.abs(found.second[row] - bend[other]) / scale_of(found.second)).max() < 1e-6


def test_the_second_order_leaves_a_third_order_error():
    b, th, c = make_world(6)
    data, sets = two_shocks(b), sets_of(b)
    zero, pairs = jnp.zeros(2), every_pair(2)
    at_base = respond(
        panel, lengths, solve(SPATIAL, b, th, lengths(zero, data, th)[1], c), zero, jnp.eye(2), pairs, data, sets
    )
    np.testing.assert_allclose(at_base.values, 0, atol=1e-6)
    errors = []
    for t in (1.0, 0.5):
        step = t * np.array([0.8, 0.6])
        s = solve(SPATIAL, b, th, lengths(jnp.asarray(step), data, th)[1], c).require()
        exact = np.asarray(panel(b, th, s.shock, s.accounts, sets))
        errors.append(np.abs(exact - quadratic(at_base.first, at_base.second, pairs, step)).max())
    assert 6 < errors[0] / errors[1] < 10  # eight, if the rest is of third order


def test_gradients_to_the_base_year_are_differences():
    b, th, c = make_world(2)
    z = random_shock(b, 2, 0.05)
    s = solve(SPATIAL, b, th, z, c)
    _, grad, by_theory, by_shock = to_data(welfare, s)
    rng = np.random.default_rng(8)
    for name in (
        "share",
        "people",
        "factor_share",
        "input_coef",
        "consumption",
        "ownership",
        "basket",
        "housing_share",
    ):
        here = np.asarray(getattr(b, name))
        way = here * rng.normal(size=here.shape)

        def value(t, name=name, here=here, way=way):
            moved = type(b)(**{**vars(b), name: jnp.asarray(here + t * way)})
            return np.asarray(welfare(moved, th, z, solve(SPATIAL, moved, th, z, c).require().accounts, None))

        slope = fourth_order(value, 5e-3)
        assert float(jnp.sum(getattr(grad, name) * way)) == pytest.approx(float(slope), rel=1e-5, abs=1e-8), name
    _, plain_shock, plain_theory = gradient(welfare, s, theory=True)
    np.testing.assert_allclose(by_shock.log_A, plain_shock.log_A, rtol=1e-9)
    np.testing.assert_allclose(by_theory.theta, plain_theory.theta, rtol=1e-9)


def test_what_is_not_solved_has_no_derivatives():
    b, th, c = make_world(2)
    bad = Shock.zeros(b)
    bad = bad.replace(purchase=bad.purchase.at[2, 0, 1].set(50 * float(b.consumption[0])))
    failed = solve(SPATIAL, b, th, bad, c)
    assert not failed.solved
    with pytest.raises(NotSolvedError):
        respond(panel, lengths, failed, jnp.zeros(2), jnp.eye(2), None, two_shocks(b), sets_of(b))
    with pytest.raises(NotSolvedError):
        hessian_products(welfare, lengths, failed, jnp.zeros(2), jnp.eye(2), two_shocks(b))


def test_a_vector_of_outcomes_needs_a_combination():
    b, th, c = make_world(2)
    s = solve(SPATIAL, b, th, Shock.zeros(b), c)
    with pytest.raises(ValueError, match="which combination"):
        hessian_products(panel, lengths, s, jnp.zeros(2), jnp.eye(2), two_shocks(b), sets_of(b))


def test_linear_systems_left_open_are_refused(monkeypatch):
    from citybelt.engine import adjoint, response

    b, th, c = make_world(2)
    data = two_shocks(b)
    s = solve(SPATIAL, b, th, lengths(jnp.ones(2), data, th)[1], c)
    for module in (adjoint, response):
        monkeypatch.setattr(module, "LEFT", 1e-16)
    with pytest.raises(NotSolvedError, match="was not solved"):
        respond(panel, lengths, s, jnp.ones(2), jnp.eye(2), every_pair(2), data, sets_of(b))
    s = solve(SPATIAL, b, *scaled(START, (data, th), None), c)
    way = jax.tree.map(lambda leaf: jnp.ones((1, *jnp.shape(leaf))), START)
    with pytest.raises(NotSolvedError, match="was not solved"):
        hessian_products(welfare, scaled, s, START, way, (data, th))
