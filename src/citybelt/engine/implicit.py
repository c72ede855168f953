r"""An equilibrium as a function that can stand inside a larger computation: a year of a path through time.

``equilibrium`` finds the fixed point ``x = F(x, p)`` by the same search as ``solve``; it can be compiled into a loop
over years, and differentiated backwards there. What a later year wants of this one comes back as ``x_bar``, and

    (I - F_x)' lambda = x_bar,      p_bar = lambda' F_p                                               (V1)

is one linear system a year, whatever the number of parameters. A loop can't raise: the residual of the search is
returned for the caller to look at, and where (V1) was not solved the gradient is not a number.
Source: Griewank and Walther (2008), chapter 15.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from citybelt.engine.adjoint import LEFT
from citybelt.engine.linear import gmres
from citybelt.engine.solve import Model, fixed_point, size


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def equilibrium(model: Model, fixed: Any, params: Any, x0: Any) -> tuple[Any, jax.Array, jax.Array]:
    """The equilibrium of a year.

    Args:
        model: the class of models.
        fixed: ``(theory, closure)``, and what no gradient is asked for.
        params: ``(base, shock)``.
        x0: where the search begins, for example the year before; no gradient passes through it.

    Returns:
        The state, its largest residual (solved where it is at most ``TOLERANCE``) and the passes made.
    """
    (th, c), (b, z) = fixed, params
    x, residual, _, passes = fixed_point(model, b, th, z, c, x0)
    return x, size(residual), passes


def _forwards(model, fixed, params, x0):
    x, left, passes = equilibrium(model, fixed, params, x0)
    return (x, left, passes), (fixed, params, x)


def _backwards(model, kept, bars):
    (th, c), params, x = kept
    flat, unravel = ravel_pytree(x)
    wanted = ravel_pytree(bars[0])[0]
    step = model.steps(params[0], th, c)
    turned = jax.linear_transpose(lambda f: ravel_pytree(step(unravel(f)))[0], flat)

    def image(flat, params):
        b, z = params
        return ravel_pytree(model.evaluate(b, th, z, c, model.geography(b, th, z), unravel(flat))[0])[0]

    _, pull = jax.vjp(image, flat, params)

    def open_by(v):
        (lam,) = turned(v)
        return lam - pull(lam)[0]

    by_step, left = gmres(open_by, wanted)
    (lam,) = turned(by_step)
    solved = jnp.where(left <= LEFT, 1.0, jnp.nan)
    none = lambda tree: jax.tree.map(jnp.zeros_like, tree)  # noqa: E731
    # The adjoint of nothing is nothing, although a residual of nothing over nothing is not a number.
    lam = jnp.where(jnp.any(wanted != 0.0), solved * lam, 0.0)
    return none((th, c)), pull(lam)[1], none(x)


equilibrium.defvjp(_forwards, _backwards)
