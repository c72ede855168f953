r"""Differentiate through the equilibrium, backwards: one outcome, every parameter.

With ``x = F(x, p)`` and an outcome ``O(x, p)`` the implicit function theorem gives

    (I - F_x)' lambda = O_x',      g = O_p + lambda' F_p                                              (D1)

so one linear solve, by GMRES on reverse passes, gives the gradient ``g`` to every parameter at once. Its own
derivative along a direction ``v`` of the parameters needs two more solves,

    (I - F_x) x_v = F_p v                                                                             (D2)
    (I - F_x)' lambda_v = d/dv [O_x + lambda' F_x]',    H v = d/dv [O_p + lambda' F_p] + lambda_v' F_p    (D3)

where ``d/dv`` differentiates along ``(x_v, v)`` at a fixed ``lambda``. (D3) is the exact product of the Hessian with
``v``, forward over reverse; the Hessian is never formed. Derivatives are refused where the equilibrium or a linear
system was not solved. Forwards, a few directions to all outcomes: ``response``. Source: Griewank and Walther (2008),
chapters 5 and 15.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from citybelt.engine.linear import gmres
from citybelt.engine.solve import Model, Solution
from citybelt.errors import NotSolvedError

#: ``outcome(base, theory, shock, accounts, extra)``: a scalar or a vector.
Outcome = Callable[[Any, Any, Any, Any, Any], jax.Array]
#: Relative residual of a linear system beyond which its solution is refused.
LEFT = 1e-8


def placed(made: tuple, b: Any) -> tuple:
    """Base, elasticities and shock from what ``make`` returned, whose base year may be that of the solution."""
    return made if len(made) == 3 else (b, *made)


def _runner(model: Model, outcome, make, b, th, c, unravel, data, extra) -> Callable:
    """``(flat state, parameters) -> (image, outcomes)``."""

    def run(flat, params):
        base, theory, z = placed(make(params, data, th), b)
        new, accounts = model.evaluate(base, theory, z, c, model.geography(base, theory, z), unravel(flat))
        return ravel_pytree(new)[0], outcome(base, theory, z, accounts, extra)

    return run


@partial(jax.jit, static_argnames=("model", "outcome", "make"))
def _adjoint(model: Model, outcome, make, b, th, c, x, params, data, extra, units, count):
    """Outcomes, gradients to ``params`` of their combinations ``units``, and the worst linear residual.

    Only the first ``count`` of the units are solved for: how many are wanted is no reason to compile again.
    """
    flat, unravel = ravel_pytree(x)
    step = model.steps(b, th, c)
    turned = jax.linear_transpose(lambda f: ravel_pytree(step(unravel(f)))[0], flat)
    run = _runner(model, outcome, make, b, th, c, unravel, data, extra)
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


@partial(jax.jit, static_argnames=("model", "outcome", "make"))
def _products(model: Model, outcome, make, b, th, c, x, params, data, extra, unit, ways):
    """The outcome, its gradient and the Hessian's products with ``ways``, and the worst linear residual."""
    flat, unravel = ravel_pytree(x)
    step = model.steps(b, th, c)
    turn = lambda f: ravel_pytree(step(unravel(f)))[0]  # noqa: E731
    turned = jax.linear_transpose(turn, flat)
    run = _runner(model, outcome, make, b, th, c, unravel, data, extra)
    (_, values), pull = jax.vjp(run, flat, params)
    none = jnp.zeros_like(unit)

    def backwards(rhs):
        by_step, left = gmres(lambda v: turned(v)[0] - pull((turned(v)[0], none))[0], rhs)
        return turned(by_step)[0], left

    _, push = jax.linearize(lambda f: run(f, params)[0], flat)

    def forwards(rhs):
        by_step, left = gmres(lambda v: turn(v) - push(turn(v)), rhs)
        return turn(by_step), left

    lam, left = backwards(pull((jnp.zeros_like(flat), unit))[0])

    def slopes(flat, params):
        return jax.vjp(run, flat, params)[1]((lam, unit))

    def one(way):
        moved, left_forwards = forwards(jax.jvp(lambda p: run(flat, p)[0], (params,), (way,))[1])
        by_state, by_params = jax.jvp(slopes, (flat, params), (moved, way))[1]
        lam_way, left_backwards = backwards(by_state)
        rest = pull((lam_way, none))[1]
        return jax.tree.map(jnp.add, by_params, rest), jnp.maximum(left_forwards, left_backwards)

    products, lefts = jax.lax.map(one, ways)
    return values, pull((lam, unit))[1], products, jnp.maximum(left, jnp.max(lefts))


def _shock_and_theory(params, data, th):
    z, theory = params
    return (th if theory is None else theory), z


def _everything(params, data, th):
    return params


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


def to_data(outcome: Outcome, solution: Solution, extra: Any = None) -> tuple:
    """The gradient of an outcome to every number of the base year, every elasticity and every field of the shock.

    The base year is taken cell by cell, as it stands in its record. A change of the data moves many cells together,
    because accounts have to balance; its effect is the sum of the gradient times what it does to each cell.

    Args:
        outcome: as in ``gradient``.
        solution: a solved equilibrium.
        extra: arrays passed on to ``outcome``.

    Returns:
        The value, and records of the fields of the base year, of the elasticities and of the shock.

    Raises:
        NotSolvedError: the equilibrium or the linear system was not solved.
    """
    s = solution.require()
    values, (b, th, z) = differentiate(outcome, _everything, s, (s.base, s.theory, s.shock), extra=extra)
    return values, b, th, z


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
        make: ``make(params, data, theory) -> (theory, shock)``, at ``params`` those of the solution; or
            ``(base, theory, shock)`` where the base year depends on the parameters too.
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
    _refuse(left)
    return values, grads


def hessian_products(
    outcome: Outcome,
    make: Callable,
    solution: Solution,
    params: Any,
    ways: Any,
    data: Any = None,
    extra: Any = None,
    unit: Any = None,
) -> tuple:
    """(D3) An outcome, its gradient, and the exact products of its Hessian with directions of the parameters.

    The cost is one linear solve, and two more for every direction, however many parameters there are.

    Args:
        outcome, make, params, data, extra: as in ``differentiate``.
        ways: a pytree like ``params`` with a leading axis [k], one for each direction.
        unit: [m] the combination of a vector of outcomes; not needed for a scalar.

    Returns:
        The value or values, the gradient (a pytree like ``params``), and the products (with a leading axis [k]).

    Raises:
        NotSolvedError: the equilibrium or a linear system was not solved.
        ValueError: a vector of outcomes without ``unit``.
    """
    s = solution.require()
    shape = jax.eval_shape(outcome, s.base, s.theory, s.shock, s.accounts, extra).shape
    if shape and unit is None:
        raise ValueError(f"the outcome is a vector of {shape[0]}: say by `unit` which combination is wanted")
    one = jnp.ones(()) if unit is None else jnp.asarray(unit, float)
    *found, left = _products(
        s.model, outcome, make, s.base, s.theory, s.closure, s.state, params, data, extra, one, ways
    )
    _refuse(left)
    return tuple(found)


def _refuse(left: Any) -> None:
    if not float(left) <= LEFT:
        raise NotSolvedError(f"The adjoint system was not solved: relative residual {float(left):.1e}.")
