"""Many scenarios of one world side by side: one pass moves a batch of them, and every core has a batch.

What scenarios have in common is read once for all: a kernel that none of them changes is multiplied with all prices
at once. A batch goes on until its last scenario has converged. One that cannot be reached like this is solved alone,
along the path from the base year. A start known to first order saves passes, the more the smaller the changes are;
so does the memory of moves that the first batch ends with, since markets answer one scenario much as another.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice, repeat
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.engine.continuation import follow
from citybelt.engine.linear import inverses
from citybelt.engine.solve import MAX_PASSES, TOLERANCE, Model, Solution, advance, begin, flat_functions, judge, size

#: Few enough for the kernels of a batch to stay near the processor.
BATCH = 4

#: Moves of images and of steps, and products of the latter, with a leading axis of scenarios; see ``solve.advance``.
Memory = tuple[jax.Array, jax.Array, jax.Array]


def _by_elimination(matrix: jax.Array, vector: jax.Array) -> jax.Array:
    # A batch of LAPACK calls in two threads at once would wait for each other.
    return inverses(matrix[None])[0] @ vector


@partial(jax.jit, static_argnames=("model", "axes", "count"))
def _fixed_points(
    model: Model, b: Any, th: Any, parts: tuple, c: Any, starts: Any, memory: Memory | None, axes: tuple, count: int
) -> tuple[Any, Any, Any, jax.Array, Memory]:
    """As ``solve._fixed_point`` for shocks whose leaf k has a leading axis of scenarios where ``axes[k]`` is 0."""
    leaves, outline = jax.tree.flatten(parts)
    each = jax.tree.unflatten(outline, axes)

    def functions(z, x0):
        return flat_functions(model, b, th, z, c, x0)

    def first(z, x0):
        flat, _, look, _ = functions(z, x0)
        return begin(look, flat)

    def body(carry):
        k, searches = carry

        def one(z, x0, s):
            _, _, look, step = functions(z, x0)
            return advance(look, step, k, s, _by_elimination)

        return k + 1, jax.vmap(one, (each, 0, 0))(parts, starts, searches)

    def go_on(carry):
        k, s = carry
        return (k == 0) | (jnp.any(jax.vmap(size)(s.residual) > TOLERANCE) & (k < MAX_PASSES))

    one = jax.tree.unflatten(outline, [leaf[0] if axis == 0 else leaf for leaf, axis in zip(leaves, axes, strict=True)])
    unravel = functions(one, jax.tree.map(lambda leaf: leaf[0], starts))[1]
    searches = jax.vmap(first, (each, 0))(parts, starts)
    if memory is not None:
        searches = searches._replace(images=memory[0], moves=memory[1], gram=memory[2])
    k, s = jax.lax.while_loop(go_on, body, (jnp.zeros((), int), searches))
    return jax.vmap(unravel)(s.image - s.step), s.residual, s.accounts, k, (s.images, s.moves, s.gram)


def _axes(columns: list) -> tuple[int | None, ...]:
    """None for the largest fields, those between pairs of regions, where no scenario of the batch changes them."""
    largest = max(column[0].size for column in columns)
    pairs = [column for column in columns if column[0].size == largest]
    shared = all(np.array_equal(leaf, column[0]) for column in pairs for leaf in column[1:])
    return tuple(None if shared and column[0].size == largest else 0 for column in columns)


def _solve_batch(
    model: Model, b: Any, th: Any, shocks: list, c: Any, starts: list, batch: int, memory: Memory | None
) -> tuple[list[Solution], Memory | None]:
    """The solutions of a batch, and the memory of its moves if all of them were reached side by side."""
    # A last batch that is short is filled up: another size would compile again.
    fill = lambda taken: taken + [taken[-1]] * (batch - len(taken))  # noqa: E731
    rows = [jax.tree.leaves(z) for z in fill(shocks)]
    columns = [[np.asarray(leaf) for leaf in column] for column in zip(*rows, strict=True)]
    axes = _axes(columns)
    leaves = [column[0] if axis is None else np.stack(column) for column, axis in zip(columns, axes, strict=True)]
    z = jax.tree.unflatten(jax.tree.structure(shocks[0]), leaves)
    x0 = jax.tree.map(lambda *column: np.stack(column), *fill(starts))
    *found, moves = _fixed_points(model, b, th, z, c, x0, memory, axes, batch)
    found = jax.tree.map(np.asarray, found)
    solutions, at_once = [], True
    for k, shock in enumerate(shocks):
        x, f, accounts = (jax.tree.map(lambda leaf, k=k: leaf[k], part) for part in found[:3])
        alone = judge(model, b, th, shock, c, x, f, accounts, int(found[3]))
        at_once = at_once and alone.solved
        solutions.append(alone if alone.solved else follow(alone))
    return solutions, moves if at_once else None


def solve_many(
    model: Model,
    b: Any,
    th: Any,
    shocks: Iterable[Any],
    c: Any,
    starts: Iterable[Any] | None = None,
    batch: int = BATCH,
) -> Iterator[Solution]:
    """Solve for the equilibria of many shocks, in order.

    Args:
        model: the class of models.
        b, th, c: base year, elasticities, closure, the same for all.
        shocks: any number of them, made as they are needed. Trade costs and tariffs that are the same in a
            batch are kept once.
        starts: a starting guess for each, for example its response to first order; the base year by default.
        batch: how many move side by side.

    Yields:
        A ``Solution`` of each shock, as ``solve`` gives it.
    """
    shocks, starts = iter(shocks), repeat(model.start(b)) if starts is None else iter(starts)
    running: deque[Future] = deque()
    cores = os.cpu_count() or 1
    memory: Memory | None = None

    def ahead(count: int) -> None:
        while len(running) < count and (taken := list(islice(shocks, batch))):
            near = list(islice(starts, len(taken)))
            running.append(pool.submit(_solve_batch, model, b, th, taken, c, near, batch, memory))

    with ThreadPoolExecutor(cores) as pool:
        # The first batch alone: every other begins with its memory, whatever the number of cores.
        ahead(1)
        while running:
            solutions, moves = running.popleft().result()
            memory = memory or moves
            ahead(cores + 1)
            yield from solutions
