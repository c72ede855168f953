"""Many scenarios of one world side by side: one pass moves all of them.

A pass through a small world is so short that starting its hundred operations takes as long as doing them; side by
side the starts are shared, and what scenarios have in common is read once for all: a kernel that none of them
changes is multiplied with all prices at once. All go on until the last has converged. One that cannot be reached
like this is solved alone, along the path from the base year.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import jax
import jax.numpy as jnp

from citybelt.model.continuation import follow
from citybelt.model.solve import MAX_PASSES, TOLERANCE, Model, Solution, advance, begin, flat_functions, judge, size

BATCH = 8


@partial(jax.jit, static_argnames=("model", "axes", "count"))
def _fixed_points(
    model: Model, b: Any, th: Any, parts: tuple, c: Any, x0: Any, axes: tuple, count: int
) -> tuple[Any, Any, Any, jax.Array]:
    """As ``solve._fixed_point`` for shocks whose leaf k has a leading axis of scenarios where ``axes[k]`` is 0."""
    leaves, outline = jax.tree.flatten(parts)
    each = jax.tree.unflatten(outline, axes)

    def functions(z):
        return flat_functions(model, b, th, z, c, x0)

    def first(z):
        flat, _, look, _ = functions(z)
        return begin(look, flat)

    def body(carry):
        k, searches = carry

        def one(z, s):
            _, _, look, step = functions(z)
            return advance(look, step, k, s)

        return k + 1, jax.vmap(one, (each, 0))(parts, searches)

    def go_on(carry):
        k, s = carry
        return (k == 0) | (jnp.any(jax.vmap(size)(s.residual) > TOLERANCE) & (k < MAX_PASSES))

    one = jax.tree.unflatten(outline, [leaf[0] if axis == 0 else leaf for leaf, axis in zip(leaves, axes, strict=True)])
    unravel = functions(one)[1]
    k, s = jax.lax.while_loop(go_on, body, (jnp.zeros((), int), jax.vmap(first, (each,), axis_size=count)(parts)))
    return jax.vmap(unravel)(s.image - s.step), s.residual, s.accounts, k


def solve_many(
    model: Model, b: Any, th: Any, shocks: Iterable[Any], c: Any, x0: Any = None, batch: int = BATCH
) -> Iterator[Solution]:
    """Solve for the equilibria of many shocks, in order.

    Args:
        model: the class of models.
        b, th, c: base year, elasticities, closure, the same for all.
        shocks: any number of them, made as they are asked for. A field that is the very same array in all shocks of
            a batch is kept once.
        x0: a starting guess for all; the base year by default.
        batch: how many move side by side.

    Yields:
        A ``Solution`` of each shock, as ``solve`` gives it.
    """
    start = model.start(b) if x0 is None else x0
    shocks = iter(shocks)
    while taken := list(islice(shocks, batch)):
        # A last batch that is short is filled up: another size would compile again.
        rows = [jax.tree.leaves(z) for z in taken + [taken[-1]] * (batch - len(taken))]
        axes = tuple(None if all(leaf is column[0] for leaf in column) else 0 for column in zip(*rows, strict=True))
        columns = zip(zip(*rows, strict=True), axes, strict=True)
        leaves = [column[0] if axis is None else jnp.stack(column) for column, axis in columns]
        z = jax.tree.unflatten(jax.tree.structure(taken[0]), leaves)
        found = _fixed_points(model, b, th, z, c, start, axes, batch)
        for k, shock in enumerate(taken):
            x, f, accounts = (jax.tree.map(lambda leaf, k=k: leaf[k], part) for part in found[:3])
            alone = judge(model, b, th, shock, c, x, f, accounts, int(found[3]))
            yield alone if alone.solved else follow(alone)
