r"""Follow the equilibrium from the base year where a change can't be reached at once.

The change is scaled, ``z(t) = t z``. At t = 0 the base year is the equilibrium; each step predicts along the last
two equilibria and corrects, first by Anderson acceleration and then by Newton's method,

    (I - F_x) dx = F(x) - x,     GMRES preconditioned by the step of every region alone,

with the longest of the steps 1, 1/2, 1/4 ... that makes the largest residual smaller. A step that fails is halved,
one that succeeds is doubled. Sources: Allgower and Georg (1990); Knoll and Keyes (2004).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from citybelt.model.linear import gmres
from citybelt.model.solve import TOLERANCE, Model, Solution, attempt, flat_functions, judge

FIRST_STEP = 0.25
SHORTEST_STEP = 1e-3
MAX_STEPS = 60
MAX_NEWTON = 30


@partial(jax.jit, static_argnames="model")
def _newton(model: Model, b: Any, th: Any, z: Any, c: Any, x0: Any) -> tuple[Any, Any, Any, jax.Array]:
    """Newton's method with a line search; returns what ``_fixed_point`` returns."""
    flat, unravel, look, step = flat_functions(model, b, th, z, c, x0)
    residual = lambda flat: ravel_pytree(look(flat)[0])[0]  # noqa: E731
    move = lambda f: step(unravel(f))  # noqa: E731

    def size(f):
        return jnp.where(jnp.all(jnp.isfinite(f)), jnp.max(jnp.abs(f)), jnp.inf)

    def shorten(carry, flat, way, before):
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
            lambda s: ~(s[1] < before) & (s[2] < 12), lambda s: shorten(s, flat, way, before), start
        )
        ahead = flat + length * way
        # A linear solve costs at most its basis in passes; what the line search looked at counts too.
        return k + 1, passes + 48 + tries, ahead, residual(ahead), after < before

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


def follow(failed: Solution) -> Solution:
    """The equilibrium at the end of the path from the base year; the failure with how far it came otherwise.

    Args:
        failed: a solution that was not reached at once.

    Returns:
        A ``Solution``; ``steps`` says in how many parts the change was taken.
    """
    model, b, th, c = failed.model, failed.base, failed.theory, failed.closure
    scaled = lambda t: jax.tree.map(lambda leaf: t * leaf, failed.shock)  # noqa: E731
    start = attempt(model, b, th, scaled(0.0), c)
    passes, steps = failed.passes + start.passes, 0
    if not start.solved:
        return replace(failed, passes=passes, status=f"{failed.status}; the base year is no equilibrium either")
    t, step, x, behind, s = 0.0, FIRST_STEP, start.state, None, start
    while t < 1.0 and step >= SHORTEST_STEP and steps < MAX_STEPS:
        ahead = min(1.0, t + step)
        guess = x
        if behind is not None:
            stretch = (ahead - t) / (t - behind[0])
            guess = jax.tree.map(lambda now, then, a=stretch: now + a * (now - then), x, behind[1])
        tried = attempt(model, b, th, scaled(ahead), c, guess)
        passes += tried.passes
        if not tried.solved:
            tried = newton(model, b, th, scaled(ahead), c, guess)
            passes += tried.passes
        steps += 1
        if tried.solved:
            behind, t, x, step, s = (t, x), ahead, tried.state, 2.0 * step, tried
        else:
            step = 0.5 * (ahead - t)
    if t == 1.0:
        return replace(s, shock=failed.shock, passes=passes, steps=steps)
    # The market named is the one that the whole change breaks.
    came = f"the path from the base year was followed to {100 * t:.1f} % of the change"
    return replace(failed, passes=passes, steps=steps, status=f"{failed.status}; {came}")
