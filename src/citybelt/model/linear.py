"""Linear systems that are only known by what they do to a vector. Source: Saad and Schultz (1986)."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

MAX_LINEAR = 48
LINEAR_TOLERANCE = 1e-10


def gmres(matvec: Callable, rhs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """GMRES with classical Gram-Schmidt twice; returns the solution and its relative residual."""
    size = rhs.shape[0]
    norm_rhs = jnp.maximum(jnp.linalg.norm(rhs), 1e-300)

    def arnoldi(carry):
        i, basis, hess, turns, e, _ = carry
        w = matvec(basis[i])
        coef = basis @ w
        w = w - coef @ basis
        again = basis @ w
        w = w - again @ basis
        norm = jnp.linalg.norm(w)
        basis = basis.at[i + 1].set(w / jnp.maximum(norm, 1e-300))
        column = (coef + again).at[i + 1].set(norm)

        def turn(m, column):
            c, s = turns[m]
            a, d = column[m], column[m + 1]
            return column.at[m].set(c * a + s * d).at[m + 1].set(-s * a + c * d)

        column = jax.lax.fori_loop(0, i, turn, column)
        radius = jnp.maximum(jnp.hypot(column[i], column[i + 1]), 1e-300)
        c, s = column[i] / radius, column[i + 1] / radius
        column = column.at[i].set(radius).at[i + 1].set(0.0)
        e = e.at[i + 1].set(-s * e[i]).at[i].set(c * e[i])
        return i + 1, basis, hess.at[i].set(column), turns.at[i].set(jnp.stack([c, s])), e, jnp.abs(e[i + 1])

    def go_on(carry):
        i, *_, left = carry
        return (i < MAX_LINEAR) & (left > LINEAR_TOLERANCE)

    basis = jnp.zeros((MAX_LINEAR + 1, size)).at[0].set(rhs / norm_rhs)
    hess, e = jnp.zeros((MAX_LINEAR, MAX_LINEAR + 1)), jnp.zeros(MAX_LINEAR + 1).at[0].set(1.0)
    start = (0, basis, hess, jnp.zeros((MAX_LINEAR, 2)), e, jnp.ones(()))
    i, basis, hess, _, e, left = jax.lax.while_loop(go_on, arnoldi, start)
    used = jnp.arange(MAX_LINEAR) < i
    upper = jnp.where(used[:, None] & used, hess[:, :-1].T, jnp.eye(MAX_LINEAR))
    y = jax.scipy.linalg.solve_triangular(upper, jnp.where(used, e[:-1], 0.0))
    return norm_rhs * y @ basis[:-1], left
