r"""Solve for the equilibrium of any class of models.

A class of models is a few plain functions (``Model``): what geography does, one pass through the equilibrium
conditions, and the step that a residual calls for. An equilibrium is a fixed point of the pass, found by Anderson
acceleration on one flat state in logs. Each pass moves by the Newton step of every region taken alone.

Where that fails, the path from the base year is followed (``continuation``), and a failure says how far it came.
Sources: Anderson (1965); Walker and Ni (2011).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from citybelt.errors import NotSolvedError

MEMORY = 16
RIDGE = 1e-13
TOLERANCE = 1e-10
MAX_PASSES = 600


class Model(NamedTuple):
    """A class of models. Base, theory, shock and closure are the class's own records; states are in log changes.

    Attributes:
        name: for messages.
        start: ``start(b)``, the state of the base year: zeros.
        geography: ``geography(b, th, z)``, what stays the same while prices move.
        evaluate: ``evaluate(b, th, z, c, geo, x) -> (new state, accounts)``, one pass through the conditions.
        steps: ``steps(b, th, c)``, a linear map from a residual to the step that it calls for.
        kept: blocks of the state that prices and amounts follow from; certificates look at these.
        walras: ``walras(b, accounts)``, relative residual of the market left out.
        positive: ``positive(b, accounts)``, amounts over their base, whose logarithms are unknowns: [region] each.
        books: ``books(solution)``, worst relative imbalance of the class's ledger; None where it has none.
    """

    name: str
    start: Callable[[Any], Any]
    geography: Callable[..., Any]
    evaluate: Callable[..., tuple[Any, Any]]
    steps: Callable[..., Callable[[Any], Any]]
    kept: tuple[str, ...]
    walras: Callable[[Any, Any], jax.Array]
    positive: Callable[[Any, Any], dict[str, jax.Array]] = lambda b, accounts: {}
    books: Callable[[Solution], float] | None = None


@dataclass(frozen=True)
class Solution:
    """An equilibrium, or the report of a failure.

    Attributes:
        status: "solved" or what went wrong, in words.
        residual: largest relative residual of any market or choice.
        worst: market and index where it stands, for messages.
        passes: passes over the kernel, those of attempts that failed included.
        state, accounts: the unknowns and all amounts; meaningless unless solved.
        steps: in how many parts the change had to be taken; 1 if at once.
    """

    model: Model
    base: Any
    theory: Any
    shock: Any
    closure: Any
    status: str
    residual: float
    worst: tuple[str, tuple[int, ...]]
    passes: int
    state: Any
    accounts: Any
    steps: int = 1

    @property
    def solved(self) -> bool:
        return self.status == "solved"

    def require(self, names: Callable[[str, tuple[int, ...]], str] | None = None) -> Solution:
        """Itself if solved.

        Raises:
            NotSolvedError: naming the worst market and region.
        """
        if self.solved:
            return self
        market, where = self.worst
        place = names(market, where) if names else f"{market}{list(where)}"
        raise NotSolvedError(
            f"The equilibrium was not reached: {self.status} after {self.passes} passes; "
            f"the worst market is {place} with a relative residual of {self.residual:.1e}. "
            "Try a smaller change, or reach it in smaller steps."
        )


class _Search(NamedTuple):
    """Where a search stands: the last image and its step, and what the steps before have shown."""

    flat: jax.Array
    image: jax.Array
    step: jax.Array
    images: jax.Array  # [MEMORY, n] differences of images
    moves: jax.Array  # [MEMORY, n] differences of steps
    gram: jax.Array  # [MEMORY, MEMORY] products of moves
    load: jax.Array  # [MEMORY] products of moves with the step
    residual: Any
    accounts: Any


def begin(look: Callable, flat: jax.Array) -> _Search:
    """A search at its first guess, without memory."""
    found = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(look, flat))
    memory, gram = jnp.zeros((MEMORY, flat.size)), jnp.zeros((MEMORY, MEMORY))
    return _Search(flat, flat, flat, memory, memory, gram, gram[0], *found)


def by_cholesky(matrix: jax.Array, vector: jax.Array) -> jax.Array:
    """The solution of one positive definite system."""
    return jax.scipy.linalg.solve(matrix, vector, assume_a="pos")


def advance(look: Callable, step: Callable, k: jax.Array, s: _Search, weigh: Callable = by_cholesky) -> _Search:
    """One pass, and where Anderson acceleration would look next; ``weigh`` solves for the weights of past moves."""
    f, accounts = look(s.flat)
    g = step(f)
    image = s.flat + g
    slot = jnp.maximum(k - 1, 0) % MEMORY
    move = jnp.where(k > 0, g - s.step, 0.0)
    images = s.images.at[slot].set(jnp.where(k > 0, image - s.image, 0.0))
    moves = s.moves.at[slot].set(move)
    # The product with the newest move is a difference of loads, but for its own; so the memory is read once.
    load = moves @ g
    row = jnp.where(k > 0, load - s.load, 0.0).at[slot].set(move @ move)
    gram = s.gram.at[slot].set(row).at[:, slot].set(row)
    scale = jnp.sqrt(jnp.maximum(jnp.diagonal(gram), 1e-300))
    scaled = gram / scale[:, None] / scale[None, :] + RIDGE * jnp.eye(MEMORY)
    gamma = weigh(scaled, load / scale) / scale
    ahead = g - jnp.where(jnp.isfinite(gamma), gamma, 0.0) @ images
    # A far start may throw the state anywhere; no price moves by more than a factor e in one pass.
    return _Search(s.flat + jnp.clip(ahead, -1.0, 1.0), image, g, images, moves, gram, load, f, accounts)


def flat_functions(
    model: Model, b: Any, th: Any, z: Any, c: Any, x0: Any
) -> tuple[jax.Array, Callable, Callable, Callable]:
    """The flat start, its inverse, the pass ``flat -> (residual, accounts)`` and the step ``residual -> flat``."""
    flat, unravel = ravel_pytree(x0)
    geo, step = model.geography(b, th, z), model.steps(b, th, c)

    def look(flat):
        x = unravel(flat)
        new, accounts = model.evaluate(b, th, z, c, geo, x)
        return jax.tree.map(jnp.subtract, new, x), accounts

    return flat, unravel, look, lambda f: ravel_pytree(step(f))[0]


def size(f: Any) -> jax.Array:
    """The largest residual of any market."""
    return jnp.max(jnp.stack([jnp.max(jnp.abs(leaf)) for leaf in jax.tree.leaves(f)]))


def search(
    once: Callable[[jax.Array, _Search], _Search], first: _Search, tolerance: float, limit: int
) -> tuple[jax.Array, _Search]:
    """``once`` after ``once`` from ``first`` until no residual exceeds ``tolerance``: how often, and where it ended."""

    def go_on(carry):
        k, s = carry
        return (k == 0) | ((size(s.residual) > tolerance) & (k < limit))

    def body(carry):
        k, s = carry
        return k + 1, once(k, s)

    return jax.lax.while_loop(go_on, body, (jnp.zeros((), int), first))


@partial(jax.jit, static_argnames="model")
def fixed_point(model: Model, b: Any, th: Any, z: Any, c: Any, x0: Any) -> tuple[Any, Any, Any, jax.Array]:
    """Anderson acceleration; returns the state, its residual by block, its accounts and the passes made."""
    flat, unravel, look, step = flat_functions(model, b, th, z, c, x0)
    k, s = search(lambda k, s: advance(look, step, k, s), begin(look, flat), TOLERANCE, MAX_PASSES)
    return unravel(s.image - s.step), s.residual, s.accounts, k


def solve(model: Model, b: Any, th: Any, z: Any, c: Any, x0: Any = None) -> Solution:
    """Solve for the equilibrium of a shock.

    Args:
        model: the class of models.
        b, th, z, c: base year, elasticities, shock, closure.
        x0: a starting guess, for example a neighbouring scenario's state; the base year by default.

    Returns:
        A ``Solution`` whose status says whether it converged to a residual of 1e-10 in every market. Where it was
        not reached at once, the change was taken in parts along the path from the base year.
    """
    from citybelt.engine.continuation import follow

    direct = attempt(model, b, th, z, c, x0)
    return direct if direct.solved else follow(direct)


def attempt(model: Model, b: Any, th: Any, z: Any, c: Any, x0: Any = None) -> Solution:
    """``solve`` at once or not at all."""
    x, f, accounts, passes = fixed_point(model, b, th, z, c, model.start(b) if x0 is None else x0)
    return judge(model, b, th, z, c, x, f, accounts, int(passes))


def judge(
    model: Model, b: Any, th: Any, z: Any, c: Any, x: Any, f: Any, accounts: Any, passes: int
) -> Solution:  # fmt: skip
    """A solution from a state and its residuals, with the worst market named."""
    worst, where, size = "", np.zeros(0, int), -1.0
    for market in type(x).__dataclass_fields__:
        if getattr(f, market) is None:  # what the economy does not have
            continue
        block = np.abs(np.asarray(getattr(f, market)))
        block = np.where(np.isfinite(block), block, np.inf)
        if block.max() > size:
            size, worst, where = float(block.max()), market, np.argwhere(block == block.max())[0]
    if not np.isfinite(size):
        status = "an amount became negative or infinite"
        # The first to break, not the many that it drags along: an amount whose logarithm there is none of.
        for market, ratio in model.positive(b, accounts).items():
            values = np.asarray(ratio)
            if (values <= 0).any():
                worst, where = market, np.array([np.nanargmin(values)])
                break
    elif size > TOLERANCE:
        status = f"no convergence within {MAX_PASSES} passes"
    else:
        status = "solved"
    return Solution(model, b, th, z, c, status, size, (worst, tuple(where.tolist())), passes, x, accounts)
