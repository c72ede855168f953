r"""Newton's method, for guesses near an equilibrium and for those far from any.

``newton`` solves its linear systems by what they do to a vector,

    (I - F_x) dx = F(x) - x,     GMRES preconditioned by the step of every region alone,

with the longest of the steps 1, 1/2, 1/4 ... that makes the largest residual smaller. ``settle`` forms the Jacobian of
a small economy and goes along the adjustment ``dx/dt = F(x) - x`` in steps of time ``h``,

    (I/h + I - F_x) dx = F(x) - x,

which grow as the residual falls, until they are Newton's, but never beyond the time in which the adjustment runs away
along some direction: a longer step would turn it around. It follows the path that wages, prices and people would take,
and so ends at an equilibrium to which they come back, where Newton's method may end at any or at none.
Sources: Knoll and Keyes (2004); Kelley and Keyes (1998) for the steps of time.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from citybelt.engine.linear import MAX_LINEAR, gmres
from citybelt.engine.solve import TOLERANCE, Model, Solution, flat_functions, judge

MAX_NEWTON = 30
#: Unknowns up to which a Jacobian is formed and factored at every step.
SMALL = 300
#: Steps of time at most, the first of them, and the shortest.
MAX_TIMES, FIRST_TIME, SHORTEST_TIME = 100, 1.0, 1e-4
#: A step of time at most, in units of that in which a deviation grows by the factor e.
AWAY = 0.7


@partial(jax.jit, static_argnames="model")
def _newton(model: Model, b: Any, th: Any, z: Any, c: Any, x0: Any) -> tuple[Any, Any, Any, jax.Array]:
    """Newton's method with a line search; returns what ``fixed_point`` returns."""
    flat, unravel, look, step = flat_functions(model, b, th, z, c, x0)
    residual = lambda flat: ravel_pytree(look(flat)[0])[0]  # noqa: E731
    move = lambda f: step(unravel(f))  # noqa: E731

    def size(f):
        return jnp.where(jnp.all(jnp.isfinite(f)), jnp.max(jnp.abs(f)), jnp.inf)

    def shorten(carry, flat, way):
        length, _, tries = carry
        length = 0.5 * length
        return length, size(residual(flat + length * way)), tries + 1

    def body(carry):
        k, passes, flat, f, _ = carry
        _, push = jax.linearize(residual, flat)
        by_step, _ = gmres(lambda v: -push(move(v)), f)
        way = jnp.clip(move(by_step), -1.0, 1.0)
        before = size(f)
        start = (jnp.ones(()), size(residual(flat + way)), jnp.ones((), int))
        length, after, tries = jax.lax.while_loop(
            lambda s: ~(s[1] < before) & (s[2] < 12), lambda s: shorten(s, flat, way), start
        )
        ahead = flat + length * way
        # A linear solve costs at most its basis in passes; what the line search looked at counts too.
        return k + 1, passes + MAX_LINEAR + tries, ahead, residual(ahead), after < before

    def go_on(carry):
        k, _, _, f, better = carry
        return better & (k < MAX_NEWTON) & (size(f) > TOLERANCE) & jnp.isfinite(size(f))

    f0 = residual(flat)
    start = (jnp.zeros((), int), jnp.ones((), int), flat, f0, jnp.ones((), bool))
    _, passes, flat, f, _ = jax.lax.while_loop(go_on, body, start)
    return unravel(flat), unravel(f), look(flat)[1], passes


def newton(model: Model, b: Any, th: Any, z: Any, c: Any, x0: Any) -> Solution:
    """The equilibrium by Newton's method from a guess near it.

    Args:
        model: the class of models.
        b, th, z, c: base year, elasticities, shock, closure.
        x0: the guess.

    Returns:
        A ``Solution`` with its status, as ``solve``.
    """
    x, f, accounts, passes = _newton(model, b, th, z, c, x0)
    return judge(model, b, th, z, c, x, f, accounts, int(passes))


@partial(jax.jit, static_argnames="model")
def jacobian(model: Model, b: Any, th: Any, z: Any, c: Any, x: Any) -> jax.Array:
    """I - F_x at a state, dense."""
    flat, _, look, _ = flat_functions(model, b, th, z, c, x)
    _, push = jax.linearize(lambda flat: -ravel_pytree(look(flat)[0])[0], flat)
    return jax.lax.map(push, jnp.eye(flat.size), batch_size=64).T


@partial(jax.jit, static_argnames="model")
def _residual(model: Model, b: Any, th: Any, z: Any, c: Any, x: Any) -> tuple[Any, Any]:
    flat, _, look, _ = flat_functions(model, b, th, z, c, x)
    return look(flat)


def settle(model: Model, b: Any, th: Any, z: Any, c: Any, x0: Any) -> Solution:
    """The equilibrium to which wages, prices and people would go from a guess, however far; small economies only.

    Args:
        model: the class of models.
        b, th, z, c: base year, elasticities, shock, closure.
        x0: the guess.

    Returns:
        A ``Solution`` with its status, as ``solve``.

    Raises:
        MemoryError: too many unknowns to form the Jacobian at every step.
    """
    start, unravel = ravel_pytree(x0)
    flat = np.asarray(start)
    if flat.size > SMALL:
        raise MemoryError(f"{flat.size} unknowns")
    given = model, b, th, z, c
    x, time, passes = x0, FIRST_TIME, 1
    f, accounts = _residual(*given, x)
    gap = _flat(f)
    while np.abs(gap).max() > TOLERANCE and passes < MAX_TIMES and time > SHORTEST_TIME:
        matrix = np.asarray(jacobian(*given, x))
        passes += 1
        runs_away = max(-np.linalg.eigvals(matrix).real.min(), 0.0)
        time = min(time, AWAY / max(runs_away, 1e-300))
        ahead = flat + np.clip(np.linalg.solve(matrix + np.eye(flat.size) / time, gap), -1.0, 1.0)
        there = unravel(jnp.asarray(ahead))
        f_there, accounts_there = _residual(*given, there)
        after = _flat(f_there)
        ratio = float(np.linalg.norm(after) / np.linalg.norm(gap))
        if not ratio < 2.0:  # infinite and undefined ones too
            time *= 0.25
            continue
        # Where the adjustment runs away, residuals must grow before they fall.
        time *= 2.0 if runs_away else float(np.clip(1.0 / max(ratio, 1e-300), 0.5, 10.0))
        x, f, accounts, flat, gap = there, f_there, accounts_there, ahead, after
    return judge(*given, x, f, accounts, passes)


def _flat(f: Any) -> np.ndarray:
    return np.asarray(ravel_pytree(f)[0])
