r"""Differentiate through the equilibrium.

With ``x = F(x, z)`` and an outcome ``O(x, z)`` the implicit function theorem gives

    (I - F_x)' lambda = O_x',      dO/dz = O_z + lambda' F_z

so one linear solve, by GMRES on reverse passes, gives the gradient to every parameter at once. The other way round,

    (I - F_x) dx = F_z dz

gives the response of all outcomes to one direction of parameters. Gradients are refused where the solve failed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from citybelt.errors import NotSolvedError
from citybelt.model.linear import gmres
from citybelt.model.solve import Model, Solution

#: ``outcome(base, theory, shock, accounts, extra)``: a scalar or a vector.
Outcome = Callable[[Any, Any, Any, Any, Any], jax.Array]


@partial(jax.jit, static_argnames=("model", "outcome", "make"))
def _adjoint(model: Model, outcome, make, b, th, c, x, params, data, extra, units, count):
    """Outcomes, gradients to ``params`` of their combinations ``units``, and the worst linear residual.

    Only the first ``count`` of the units are solved for: how many are wanted is no reason to compile again.
    """
    flat, unravel = ravel_pytree(x)
    step = model.steps(b, th, c)
    turned = jax.linear_transpose(lambda f: ravel_pytree(step(unravel(f)))[0], flat)

    def run(flat, params):
        theory, z = make(params, data, th)
        new, accounts = model.evaluate(b, theory, z, c, model.geography(b, theory, z), unravel(flat))
        return ravel_pytree(new)[0], outcome(b, theory, z, accounts, extra)

    (_, values), pull = jax.vjp(run, flat, params)

    def one(unit):
        rhs = pull((jnp.zeros_like(flat), unit))[0]

        def open_by(v):
            (lam,) = turned(v)
            return lam - pull((lam, jnp.zeros_like(unit)))[0]

        by_step, left = gmres(open_by, rhs)
        return pull((turned(by_step)[0], unit))[1], left

    def next_one(k, found):
        grads, worst = found
        grad, left = one(units[k])
        return jax.tree.map(lambda all_, each: all_.at[k].set(each), grads, grad), jnp.maximum(worst, left)

    if not values.ndim:
        return values, *one(units)
    each = jax.eval_shape(one, units[0])[0]
    empty = jax.tree.map(lambda leaf: jnp.zeros((len(units), *leaf.shape), leaf.dtype), each)
    return values, *jax.lax.fori_loop(0, count, next_one, (empty, jnp.zeros(())))


def _shock_and_theory(params, data, th):
    z, theory = params
    return (th if theory is None else theory), z


def gradient(outcome: Outcome, solution: Solution, extra: Any = None, theory: bool = False) -> tuple:
    """The gradient of outcomes to every field of the shock, and on demand to every elasticity.

    Args:
        outcome: ``outcome(base, theory, shock, accounts, extra)``, a scalar or a vector [m].
        solution: a solved equilibrium.
        extra: arrays passed on to ``outcome``, for example weights.
        theory: also return the gradient to the elasticities.

    Returns:
        The value, and records of the same fields as the shock (and the theory), with a leading axis [m] for a
        vector of outcomes.

    Raises:
        NotSolvedError: the equilibrium or the linear system was not solved.
    """
    s = solution.require()
    params = (s.shock, s.theory if theory else None)
    values, (z, th) = differentiate(outcome, _shock_and_theory, s, params, extra=extra)
    return (values, z, th) if theory else (values, z)


def differentiate(
    outcome: Outcome,
    make: Callable,
    solution: Solution,
    params: Any,
    data: Any = None,
    extra: Any = None,
    units: Any = None,
) -> tuple:
    """Values of outcomes, and their gradients to the parameters from which ``make`` builds elasticities and shock.

    Args:
        make: ``make(params, data, theory) -> (theory, shock)``, at ``params`` those of the solution.
        params: a pytree of arrays, for example the values of levers.
        data: arrays that ``make`` needs but whose gradient nobody asks for.
        extra: arrays passed on to ``outcome``.
        units: [r, m] the combinations of a vector of outcomes whose gradients are wanted; each of them if None.

    Raises:
        NotSolvedError: the equilibrium or the linear system was not solved.
    """
    s = solution.require()
    shape = jax.eval_shape(outcome, s.base, s.theory, s.shock, s.accounts, extra).shape
    wanted = jnp.eye(*shape) if shape else jnp.ones(())
    count = len(wanted) if shape else 1
    if units is not None:
        count = len(units)
        wanted = jnp.zeros((max(count, len(wanted)), *shape)).at[:count].set(units)
    values, grads, left = _adjoint(
        s.model, outcome, make, s.base, s.theory, s.closure, s.state, params, data, extra, wanted, count
    )
    if shape:
        grads = jax.tree.map(lambda leaf: leaf[:count], grads)
    if not float(left) <= 1e-8:
        raise NotSolvedError(f"The adjoint system was not solved: relative residual {float(left):.1e}.")
    return values, grads
