r"""Solve for the equilibrium, and differentiate through it.

The equilibrium is a fixed point of one pass, found by Anderson acceleration on one flat state in logs. Each pass
moves by the Newton step of every region taken alone, see ``preconditioner``.

The gradient uses the implicit function theorem: with ``x = F(x, z)`` and an outcome ``O(x, z)``,

    (I - F_x)' lambda = O_x',      dO/dz = O_z + lambda' F_z

so one linear solve, by GMRES on reverse passes, gives the gradient to every parameter at once. Sources: Anderson
(1965); Walker and Ni (2011); Saad and Schultz (1986). Gradients are refused where the solve failed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from citybelt.errors import NotSolvedError
from citybelt.model.accounts import Base, Closure, Shock, Theory
from citybelt.model.preconditioner import steps
from citybelt.model.spatial import Accounts, State, evaluate, geography

MEMORY = 16
RIDGE = 1e-13
TOLERANCE = 1e-10
MAX_PASSES = 600


@dataclass(frozen=True)
class Solution:
    """An equilibrium, or the report of a failure.

    Attributes:
        status: "solved" or what went wrong, in words.
        residual: largest relative residual of any market or choice.
        worst: market and index where it stands, for messages.
        passes: passes over the kernel.
        state, accounts: the unknowns and all amounts; meaningless unless solved.
    """

    base: Base
    theory: Theory
    shock: Shock
    closure: Closure
    status: str
    residual: float
    worst: tuple[str, tuple[int, ...]]
    passes: int
    state: State
    accounts: Accounts

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
            "Try a smaller change, or reach it in steps through a parent scenario."
        )


@jax.jit
def _fixed_point(b: Base, th: Theory, z: Shock, c: Closure, x0: State) -> tuple[State, State, Accounts, int]:
    """Anderson acceleration; returns the state, its residual by block, its accounts and the passes made."""
    geo = geography(b, th, z)
    step = steps(b, th, c)
    flat0, unravel = ravel_pytree(x0)

    def look(flat):
        new, accounts = evaluate(b, th, z, c, geo, unravel(flat))
        return ravel_pytree(new)[0] - flat, accounts

    def body(carry):
        k, flat, last_image, last_g, images, moves, gram, _, _ = carry
        f, accounts = look(flat)
        g, _ = ravel_pytree(step(unravel(f)))
        slot = jnp.maximum(k - 1, 0) % MEMORY
        move = jnp.where(k > 0, g - last_g, 0.0)
        images = images.at[slot].set(jnp.where(k > 0, flat + g - last_image, 0.0))
        moves = moves.at[slot].set(move)
        row, load = moves @ move, moves @ g
        gram = gram.at[slot].set(row).at[:, slot].set(row)
        scale = jnp.sqrt(jnp.maximum(jnp.diagonal(gram), 1e-300))
        scaled = gram / scale[:, None] / scale[None, :] + RIDGE * jnp.eye(MEMORY)
        gamma = jax.scipy.linalg.solve(scaled, load / scale, assume_a="pos") / scale
        ahead = g - jnp.where(jnp.isfinite(gamma), gamma, 0.0) @ images
        # A far start may throw the state anywhere; no price moves by more than a factor e in one pass.
        return k + 1, flat + jnp.clip(ahead, -1.0, 1.0), flat + g, g, images, moves, gram, f, accounts

    def go_on(carry):
        k, *_, f, _ = carry
        return (k == 0) | ((jnp.max(jnp.abs(f)) > TOLERANCE) & (k < MAX_PASSES))

    memory = jnp.zeros((MEMORY, flat0.size))
    zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), jax.eval_shape(lambda: look(flat0)[1]))
    start = (0, flat0, flat0, flat0, memory, memory, jnp.zeros((MEMORY, MEMORY)), flat0, zeros)
    k, _, image, g, _, _, _, f, accounts = jax.lax.while_loop(go_on, body, start)
    return unravel(image - g), unravel(f), accounts, k


def solve(b: Base, th: Theory, z: Shock, c: Closure, x0: State | None = None) -> Solution:
    """Solve for the equilibrium of a shock.

    Args:
        b, th, z, c: base year, elasticities, shock, closure.
        x0: a starting guess, for example a neighbouring scenario's state; the base year by default.

    Returns:
        A ``Solution`` whose status says whether it converged to a residual of 1e-10 in every market.
    """
    x, f, accounts, passes = _fixed_point(b, th, z, c, State.zeros(b) if x0 is None else x0)
    worst, where, size = "", np.zeros(0, int), -1.0
    for market in State.__dataclass_fields__:
        block = np.abs(np.asarray(getattr(f, market)))
        block = np.where(np.isfinite(block), block, np.inf)
        if block.max() > size:
            size, worst, where = float(block.max()), market, np.argwhere(block == block.max())[0]
    if not np.isfinite(size):
        status = "an amount became negative or infinite"
        # The first to break, not the many that it drags along: an amount whose logarithm there is none of.
        for market, amount, base in (
            ("spending", accounts.consumption, b.consumption), ("public", accounts.government, b.government)
        ):  # fmt: skip
            ratio = np.asarray(amount / base)
            if (ratio <= 0).any():
                worst, where = market, np.array([np.nanargmin(ratio)])
                break
    elif size > TOLERANCE:
        status = f"no convergence within {MAX_PASSES} passes"
    else:
        status = "solved"
    return Solution(b, th, z, c, status, size, (worst, tuple(where.tolist())), int(passes), x, accounts)


MAX_LINEAR = 48
LINEAR_TOLERANCE = 1e-11


def gmres(matvec: Callable, rhs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """GMRES with classical Gram-Schmidt twice; returns the solution and its relative residual."""
    size = rhs.shape[0]
    norm_rhs = jnp.maximum(jnp.linalg.norm(rhs), 1e-300)

    def arnoldi(carry):
        i, basis, hess, turns, e, _ = carry
        w = matvec(basis[i])
        coef = basis @ w
        w = w - coef @ basis
        again = basis @ w
        w = w - again @ basis
        norm = jnp.linalg.norm(w)
        basis = basis.at[i + 1].set(w / jnp.maximum(norm, 1e-300))
        column = (coef + again).at[i + 1].set(norm)

        def turn(m, column):
            c, s = turns[m]
            a, d = column[m], column[m + 1]
            return column.at[m].set(c * a + s * d).at[m + 1].set(-s * a + c * d)

        column = jax.lax.fori_loop(0, i, turn, column)
        radius = jnp.maximum(jnp.hypot(column[i], column[i + 1]), 1e-300)
        c, s = column[i] / radius, column[i + 1] / radius
        column = column.at[i].set(radius).at[i + 1].set(0.0)
        e = e.at[i + 1].set(-s * e[i]).at[i].set(c * e[i])
        return i + 1, basis, hess.at[i].set(column), turns.at[i].set(jnp.stack([c, s])), e, jnp.abs(e[i + 1])

    def go_on(carry):
        i, *_, left = carry
        return (i < MAX_LINEAR) & (left > LINEAR_TOLERANCE)

    basis = jnp.zeros((MAX_LINEAR + 1, size)).at[0].set(rhs / norm_rhs)
    hess, e = jnp.zeros((MAX_LINEAR, MAX_LINEAR + 1)), jnp.zeros(MAX_LINEAR + 1).at[0].set(1.0)
    start = (0, basis, hess, jnp.zeros((MAX_LINEAR, 2)), e, jnp.ones(()))
    i, basis, hess, _, e, left = jax.lax.while_loop(go_on, arnoldi, start)
    used = jnp.arange(MAX_LINEAR) < i
    upper = jnp.where(used[:, None] & used, hess[:, :-1].T, jnp.eye(MAX_LINEAR))
    y = jax.scipy.linalg.solve_triangular(upper, jnp.where(used, e[:-1], 0.0))
    return norm_rhs * y @ basis[:-1], left


Outcome = Callable[[Base, Theory, Shock, Accounts, Any], jax.Array]


@partial(jax.jit, static_argnames=("outcome", "make"))
def _adjoint(outcome, make, b, th, c, x, params, data, extra, units, count):
    """Outcomes, gradients to ``params`` of their combinations ``units``, and the worst linear residual.

    Only the first ``count`` of the units are solved for: how many are wanted is no reason to compile again.
    """
    flat, unravel = ravel_pytree(x)
    step = steps(b, th, c)
    turned = jax.linear_transpose(lambda f: ravel_pytree(step(unravel(f)))[0], flat)

    def run(flat, params):
        theory, z = make(params, data, th)
        new, accounts = evaluate(b, theory, z, c, geography(b, theory, z), unravel(flat))
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


def gradient(
    outcome: Outcome, solution: Solution, extra: Any = None, theory: bool = False
) -> tuple[jax.Array, Shock] | tuple[jax.Array, Shock, Theory]:
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
        outcome, make, s.base, s.theory, s.closure, s.state, params, data, extra, wanted, count
    )
    if shape:
        grads = jax.tree.map(lambda leaf: leaf[:count], grads)
    if not float(left) <= 1e-8:
        raise NotSolvedError(f"The adjoint system was not solved: relative residual {float(left):.1e}.")
    return values, grads
