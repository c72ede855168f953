r"""Paths on which everybody foresees what comes: a fixed point over all years at once.

What is expected decides what is done, forwards in time; what is done decides what should have been expected, backwards.
``settle`` looks for the path of expectations that comes back unchanged, by Anderson acceleration on the whole path:

    (H1)  e = B(F(e)),       F: years solved forwards given expectations,  B: expectations backwards given the years

Each look moves by a step, the difference itself unless a better one is known: Newton's step at the steady state, from
the derivative of (H1) to the whole path, uses the sequence-space Jacobian of Auclert, Bardoczy, Rognlie and Straub
(2021).
Sources: Fair and Taylor (1983) for the iteration over paths; Anderson (1965) for what makes it fast.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from citybelt.engine.solve import advance, begin, search, size

#: Looks at a path at most, and the largest change of an expectation that is none.
MAX_LOOKS, TOLERANCE = 300, 1e-10


@partial(jax.jit, static_argnames=("look", "limit"))
def settle(
    look: Callable[[Any, Any, Any], tuple[Any, Any]],
    data: Any,
    guess: Any,
    near: Any = (),
    newton: jax.Array | None = None,
    tolerance: float = TOLERANCE,
    limit: int = MAX_LOOKS,
) -> tuple[Any, jax.Array, jax.Array]:
    """(H1) The path of expectations that comes back unchanged.

    Args:
        look: ``look(data, path, near) -> (path, near)``, what should have been expected. Expectations in logs or in
            shares of one; ``near`` is what one look leaves to the next to save it work, and changes no result.
        data: what the path is a function of.
        guess: a path, any pytree of arrays.
        near: what the first look is left.
        newton: [n, n] what multiplies the difference, flattened, for the step; the identity if None.
        tolerance: on the largest difference of any expectation in any year.
        limit: looks at most.

    Returns:
        The path, the largest difference left (solved where it is at most ``tolerance``) and the looks taken.
    """
    flat, unravel = ravel_pytree(guess)

    def difference(flat, near):
        path = unravel(flat)
        found, near = look(data, path, near)
        return jax.tree.map(jnp.subtract, found, path), near

    def step(f):
        move = ravel_pytree(f)[0]
        return move if newton is None else newton @ move

    def once(k, s):
        return advance(lambda flat: difference(flat, s.accounts), step, k, s)

    first = begin(lambda flat: difference(flat, near), flat)._replace(accounts=near)
    k, s = search(once, first, tolerance, limit)
    return unravel(s.image - s.step), size(s.residual), k
