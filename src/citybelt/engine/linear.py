"""Linear systems: one large that is only known by what it does to a vector, and many small ones side by side.

Source: Saad and Schultz (1986).
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

#: Largest block that is inverted by elimination.
BLOCK = 12
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


def inverses(matrix: Float[Array, "N K K"]) -> Float[Array, "N K K"]:
    """Inverses, all regions side by side: halves by their Schur complement, down to blocks that elimination inverts.

    With ``C A^-1 B`` taken off ``D`` only products are left, which run at the speed of the processor; elimination
    reads the whole table once for every column. A batch of LAPACK calls would wait for the array engine's own threads,
    and two solves at once for each other. No pivots are sought: diagonals exceed one, and a poor step costs passes,
    not exactness. Source: Golub and Van Loan (2013), section 3.2.
    """
    size = matrix.shape[1]
    if size <= BLOCK:
        return _eliminated(matrix)
    half = size // 2
    a, b, c, d = matrix[:, :half, :half], matrix[:, :half, half:], matrix[:, half:, :half], matrix[:, half:, half:]
    first = inverses(a)
    left, right = c @ first, first @ b
    rest = inverses(d - left @ b)
    below = rest @ left
    upper = jnp.concatenate([first + right @ below, -right @ rest], axis=2)
    return jnp.concatenate([upper, jnp.concatenate([-below, rest], axis=2)], axis=1)


def _eliminated(matrix: Float[Array, "N K K"]) -> Float[Array, "N K K"]:
    """Inverses by elimination of Gauss and Jordan in place."""

    def eliminate(k, a):
        pivot, row, column = a[k, k], a[k], a[:, k]
        row = row / pivot
        a = a - column[:, None] * row[None, :]
        a = a.at[:, k].set(-column / pivot).at[k].set(row)
        return a.at[k, k].set(1.0 / pivot)

    return jnp.moveaxis(jax.lax.fori_loop(0, matrix.shape[1], eliminate, jnp.moveaxis(matrix, 0, 2)), 2, 0)
