r"""How all outcomes answer a few changes: first and second order, by forward solves.

Along a direction ``u`` of the parameters ``p`` the fixed point ``x = F(x, p)`` moves by

    (I - F_x) x_u  = F_p u                                                                            (R1)
    (I - F_x) x_uv = D2F[(x_u, u), (x_v, v)]                                                          (R2)

and an outcome ``O(x, p)`` by

    O_u  = O_x x_u + O_p u                                                                            (R3)
    O_uv = O_x x_uv + D2O[(x_u, u), (x_v, v)]                                                         (R4)

``D2`` is the exact second derivative along two straight lines, taken by differentiating a derivative. All systems
share one operator, which is linearised once, and all outcomes share each solve: the work grows with the number of
directions and not with that of outcomes. The systems are solved one after the other by GMRES, preconditioned by the
step of every region alone. Side by side they would need several times as long, since all of them then wait for the
slowest and the Krylov bases no longer fit into the processor's cache. Source: Griewank and Walther (2008), chapters
3, 5 and 15.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from citybelt.engine.adjoint import LEFT, Outcome, placed
from citybelt.engine.linear import gmres
from citybelt.engine.solve import Model, Solution
from citybelt.errors import NotSolvedError


class Response(NamedTuple):
    """Outcomes and their derivatives along K directions.

    Attributes:
        values: [M] outcomes at the point.
        first: [K, M] derivatives along each direction.
        second: [P, M] along each pair of directions asked for; empty where none was.
        states: [K, n] what the flat state does along each direction.
    """

    values: np.ndarray
    first: np.ndarray
    second: np.ndarray
    states: np.ndarray


@partial(jax.jit, static_argnames=("model", "outcome", "make"))
def _respond(model: Model, outcome, make, b, th, c, x, params, data, extra, ways, one, two):
    flat, unravel = ravel_pytree(x)
    step = model.steps(b, th, c)
    turn = lambda f: ravel_pytree(step(unravel(f)))[0]  # noqa: E731

    def run(flat, params):
        base, theory, shock = placed(make(params, data, th), b)
        geo = model.geography(base, theory, shock)
        new, accounts = model.evaluate(base, theory, shock, c, geo, unravel(flat))
        return ravel_pytree(new)[0], outcome(base, theory, shock, accounts, extra)

    (_, values), push = jax.linearize(run, flat, params)
    still = jax.tree.map(jnp.zeros_like, params)
    by_state = lambda v: push(v, still)  # noqa: E731

    def answered(rhs, direct):
        """The state that a push on the markets calls for, and outcomes with it."""
        by_step, left = gmres(lambda v: turn(v) - by_state(turn(v))[0], rhs)
        moved = turn(by_step)
        return moved, direct + by_state(moved)[1], left

    states, first, left = jax.lax.map(lambda way: answered(*push(jnp.zeros_like(flat), way)), ways)
    if one is None:
        return values, first, jnp.zeros((0, values.size)), states, jnp.max(left)

    def bend(pair):
        u, v = ((states[k], jax.tree.map(lambda leaf, k=k: leaf[k], ways)) for k in pair)
        return jax.jvp(lambda *at: jax.jvp(run, at, u)[1], (flat, params), v)[1]

    _, second, left_second = jax.lax.map(lambda pair: answered(*bend(pair)), (one, two))
    return values, first, second, states, jnp.maximum(jnp.max(left), jnp.max(left_second))


def respond(
    outcome: Outcome,
    make: Callable,
    solution: Solution,
    params: Any,
    ways: Any,
    pairs: np.ndarray | None = None,
    data: Any = None,
    extra: Any = None,
) -> Response:
    """First derivatives of a vector of outcomes along directions, and second ones along pairs of them.

    Args:
        outcome: ``outcome(base, theory, shock, accounts, extra)``, a vector [M].
        make: ``make(params, data, theory) -> (theory, shock)`` or ``(base, theory, shock)``, at ``params`` those of
            the solution.
        solution: a solved equilibrium.
        params: a pytree of arrays.
        ways: a pytree like ``params`` with a leading axis [K].
        pairs: [P, 2] numbers of directions; none if None.
        data: arrays that ``make`` needs.
        extra: arrays passed on to ``outcome``.

    Returns:
        A ``Response`` in numpy arrays.

    Raises:
        NotSolvedError: the equilibrium or one of the linear systems was not solved.
    """
    s = solution.require()
    one, two = (None, None) if pairs is None else map(jnp.asarray, np.asarray(pairs, int).T)
    *found, left = _respond(
        s.model, outcome, make, s.base, s.theory, s.closure, s.state, params, data, extra, ways, one, two
    )
    if not float(left) <= LEFT:
        raise NotSolvedError(f"The response was not solved: relative residual {float(left):.1e}.")
    return Response(*(np.asarray(a) for a in found))


def every_pair(count: int) -> np.ndarray:
    """[P, 2] all pairs of ``count`` directions, each with itself included, by rows of the upper triangle."""
    return np.stack(np.triu_indices(count), axis=1)


def quadratic(first: np.ndarray, second: np.ndarray, pairs: np.ndarray, step: np.ndarray) -> np.ndarray:
    """[M] what the first and second order say for a step [K]: ``first u + u' second u / 2``.

    Args:
        second: [P, M] along ``pairs``, each unordered pair once.
    """
    return step @ first + pair_weights(pairs, step) @ second


def pair_weights(pairs: np.ndarray, step: np.ndarray) -> np.ndarray:
    """[P] what multiplies the second derivative of each pair: half of a square, the whole of a product."""
    one, two = pairs.T
    return np.where(one == two, 0.5, 1.0) * step[one] * step[two]


def of_shock(params: Any, data: Any, th: Any) -> tuple:
    """The ``make`` whose parameters are the shock itself: directions are then shocks."""
    return th, params
