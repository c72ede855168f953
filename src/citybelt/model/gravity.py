r"""Structural gravity with endowments: multilateral resistances, and the full equilibrium of exchange.

Every place ``i`` owns a quantity of its own variety and sells it at a price ``p`` before trade costs ``d``. Buyers
hold one constant elasticity of substitution ``sigma`` over origins. With ``theta = sigma - 1`` and shares ``pi`` of
the base year, in changes from it:

    (V1)  P[n]^(-theta)  =  sum_i pi[n,i] (d[n,i] p[i])^(-theta)                      inward resistance
    (V2)  Y'[i]          =  Y[i] Q[i] p[i]^m                                          value of output
    (V3)  E'[n]          =  phi[n] Y'[n] E[n]/Y[n],  scaled so that the world spends what it earns
    (V4)  sales[i]       =  p[i]^(-theta) sum_n pi[n,i] d[n,i]^(-theta) P[n]^theta E'[n]  =  Y'[i]
    (V5)  Pi[i]^(-theta) =  sum_n pi[n,i] d[n,i]^(-theta) P[n]^theta e'[n]  over the same in the base year,
                            e' = E' over the world's output                           outward resistance

``m`` is 1 in the full equilibrium, where the value of an endowment moves with its price. It is 0 in the conditional
one, where output and expenditure stay and (V4) sets ``p = 1/Pi``: resistances alone adjust. Imbalances ``E/Y`` are
kept, or changed by ``phi``. World output is the numeraire; only relative prices have a meaning.

Sources: Anderson and van Wincoop (2003); Anderson, Larch and Yotov (2018). Limits: one good; no input links.
"""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.engine.solve import Model
from citybelt.errors import InputError, Problem
from citybelt.model.flows import Flows, dense


class Base(eqx.Module):
    """The base year: N places, money in any one unit."""

    share: Float[Array, "1 N N"]  # of buyer n's spending that goes to seller i: [0, n, i]
    output: Float[Array, " N"]
    spending: Float[Array, " N"]


class Theory(eqx.Module):
    """The elasticity."""

    theta: Float[Array, ""]  # of trade to its cost, sigma - 1


class Shock(eqx.Module):
    """What is changed. Zeros are the base year."""

    log_d: Float[Array, "N N"]  # iceberg cost [buyer, seller]; a change g of log trade itself is -g/theta
    log_Q: Float[Array, " N"]  # endowment; in the conditional equilibrium the value of output
    log_phi: Float[Array, " N"]  # spending over output

    @staticmethod
    def zeros(base: Base) -> Shock:
        """The base year."""
        n = base.output.shape[0]
        return Shock(*(jnp.asarray(np.zeros(shape)) for shape in ((n, n), n, n)))


class Closure(eqx.Module):
    """``conditional``: 0 for the full equilibrium, 1 for output and expenditure as they are."""

    conditional: float = 0.0


class State(eqx.Module):
    """The unknowns, as log changes."""

    price: Float[Array, " N"]  # p

    @staticmethod
    def zeros(base: Base) -> State:
        """The base year."""
        return State(jnp.asarray(np.zeros(base.output.shape)))


class Accounts(NamedTuple):
    """What an equilibrium says of each place [N]; logs are changes."""

    output: Array  # Y', in the money of the base year
    spending: Array  # E'
    receipts: Array  # sales at p
    log_price: Array  # p
    log_inward: Array  # P, the price index of buyers
    log_outward: Array  # Pi
    log_real_output: Array  # Q p/P
    log_welfare: Array  # E'/P


def base_year(flows: np.ndarray) -> Base:
    """The base year of a table of trade.

    Args:
        flows: [N, N] value sold to buyer n (first axis) by seller i, sales at home included.

    Raises:
        InputError: a negative flow, a place that sells or buys nothing.
    """
    flows = np.asarray(flows, float)
    output, spending = flows.sum(axis=0), flows.sum(axis=1)
    bad = (flows < 0).any() or not np.isfinite(flows).all() or (output <= 0).any() or (spending <= 0).any()
    if flows.ndim != 2 or flows.shape[0] != flows.shape[1] or bad:
        what = "must be a square table of flows that are not negative, in which everyone sells and buys."
        raise InputError([Problem("flows", what, "Leave out places without trade.")])
    return Base(*(jnp.asarray(a) for a in ((flows / spending[:, None])[None], output, spending)))


def geography(b: Base, th: Theory, z: Shock) -> Flows:
    """The operator of trade under the shock."""
    n = b.output.shape[0]
    return dense(b.share, jnp.zeros((1, n, n)), th.theta[None], z.log_d[None], jnp.zeros((1, n, n)), n)


def evaluate(b: Base, th: Theory, z: Shock, c: Closure, geo: Flows, x: State) -> tuple[State, Accounts]:
    """One pass through (V1) to (V4): prices rise where more would be bought than there is."""
    moves = 1.0 - c.conditional
    output = b.output * jnp.exp(z.log_Q + moves * x.price)
    wanted = b.spending / b.output * jnp.exp(z.log_phi) * output
    spending = wanted * (jnp.sum(output) / jnp.sum(wanted))
    attraction = geo.attraction(x.price[:, None])
    access = geo.access(attraction)
    receipts = geo.sales(attraction, access, spending[:, None])[0][:, 0]
    log_inward = geo.price(access)[:, 0]

    # A common factor of all prices moves no market; their mean, weighted by output, is held.
    level = jnp.log(jnp.sum(b.output * jnp.exp(x.price)) / jnp.sum(b.output))
    price = x.price + jnp.log(receipts / output) - level
    world = jnp.log(jnp.sum(output) / jnp.sum(b.output))
    accounts = Accounts(
        output, spending, receipts, x.price, log_inward,
        log_outward=-(jnp.log(receipts / b.output) - world) / th.theta - x.price,
        log_real_output=x.price + z.log_Q - log_inward,
        log_welfare=jnp.log(spending / b.spending) - log_inward,
    )  # fmt: skip
    return State(price), accounts


class Steps(eqx.Module):
    """The step of every place taken alone: its own sales answer its price with ``theta`` on rivals' markets."""

    price: Float[Array, " N"]

    def __call__(self, f: State) -> State:
        """The step that a residual calls for, linear in it."""
        return State(f.price * self.price)


def steps(b: Base, th: Theory, c: Closure) -> Steps:
    """The steps at the base year."""
    share, moves = b.share[0], 1.0 - c.conditional
    sold = share * b.spending[:, None]
    sold = sold / sold.sum(axis=0)
    rivalry, at_home = 1.0 - jnp.sum(sold * share, axis=0), jnp.diagonal(sold)
    return Steps(1.0 / (th.theta * rivalry + moves * (1.0 - at_home)))


def _walras(b: Base, a: Accounts) -> Array:
    return jnp.abs(jnp.sum(a.output - a.receipts)) / jnp.sum(a.output)


#: Places with an endowment each.
GRAVITY = Model("gravity", State.zeros, geography, evaluate, steps, kept=("price",), walras=_walras)


def theory(sigma: float) -> Theory:
    """The elasticity of substitution ``sigma`` above one.

    Raises:
        InputError: it is not.
    """
    if not sigma > 1:
        raise InputError([Problem("sigma", f"{sigma} is not above one.", "Estimates lie between 3 and 10.")])
    return Theory(jnp.asarray(float(sigma - 1)))
