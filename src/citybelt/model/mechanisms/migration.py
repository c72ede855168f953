r"""Where people choose to live.

    (M1)  m'[o,n] = reg[o] * share[o,n] (V[n]/mu[o,n])^nu / sum_n'(same)
    (M2)  What[o] = ( sum_n share[o,n] (V[n]/mu[o,n])^nu )^(1/nu)
    (M3)  log V[n] = log B[n] - congestion log R[n] + public log g[n] + log y[n] - log CPI[n]

A person of origin ``o`` (the place of registration, a stock) draws a Frechet taste for every place. ``y`` is
spending per head of the person's group, ``g`` public consumption per head, ``R`` residents; rents are in the
price index, so ``congestion`` is what is left beside them. ``public`` is the worth of public services over their
cost times their share in income: at a worth of one, a yuan of services counts as much as a yuan of income.
The utility that people draw is Frechet again: (M2) is the factor by which its every quantile changes, and its mean
where ``nu`` is above one; at or below one, as for people over 60, there is no mean.
Sources: Redding (2016); Tombe and Zhu (2019).
Limits: stocks, not flows; the age of movers within a group does not matter.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


class Reach(NamedTuple):
    """What distance does to the choice of a place, and stays the same while values move."""

    pull: Float[Array, "2 H H"]  # stock times mu^-nu, by group, origin, residence
    stock: Float[Array, "2 H H"]  # persons before they choose: those of the base year, changed by log_N
    registered: Float[Array, "2 H"]
    residents: Float[Array, "2 H"]
    cost: Float[Array, "2 H"]  # mean log mu of those who stay where they live


def reach(
    stock: Float[Array, "2 H H"], log_N: Float[Array, "2 H"], log_mu: Float[Array, "H H"], nu: Float[Array, " 2"]
) -> Reach:
    """The stock of the year, and the stock after migration costs. ``log_N`` is how the persons of each group and
    residence have changed since the base year; every origin's part in them is what it was."""
    stock = stock * jnp.exp(log_N)[:, None, :]
    registered = stock.sum(axis=2)
    pull, cost = _costs(stock, log_mu, nu)
    return Reach(pull, stock, registered, stock.sum(axis=1), cost / registered)


def _costs(stock: Array, log_mu: Array, nu: Array) -> tuple[Array, Array]:
    return stock * jnp.exp(-nu[:, None, None] * log_mu), jnp.einsum("gon,on->go", stock, log_mu)


def choose(
    reached: Reach, log_V: Float[Array, "2 H"], nu: Float[Array, " 2"], still: Float[Array, ""] | float
) -> tuple[Float[Array, "2 H"], Float[Array, "2 H"], Float[Array, "2 H"]]:
    """(M1, M2) residents, those of them registered where they live, and the log change of welfare of each origin.

    ``still`` is 0 where people choose; at 1 they stay where they live, and welfare is (M2) in the limit of nu to 0.
    Two products with one stored matrix; the matrix of movers itself is formed by ``moved`` where it is asked for.
    """
    attraction = jnp.exp(nu[:, None] * log_V)
    total = jnp.einsum("gon,gn->go", reached.pull, attraction)
    parted = reached.registered / total
    arrived = jnp.einsum("gon,go->gn", reached.pull, parted) * attraction
    stayed = jnp.diagonal(reached.pull, axis1=1, axis2=2) * parted * attraction
    gain = -jnp.log(parted) / nu[:, None]
    at_home = jnp.diagonal(reached.stock, axis1=1, axis2=2)
    # Only those who stay by assumption live off the mean of their places' values.
    mean = lambda: jnp.einsum("gon,gn->go", reached.stock, log_V) / reached.registered  # noqa: E731
    kept = jax.lax.cond(still != 0.0, mean, lambda: jnp.zeros_like(gain)) - reached.cost
    return (
        arrived + still * (reached.residents - arrived),
        stayed + still * (at_home - stayed),
        gain + still * (kept - gain),
    )


def moved(
    reached: Reach, log_V: Float[Array, "2 H"], nu: Float[Array, " 2"], still: Float[Array, ""] | float
) -> Float[Array, "2 H H"]:
    """(M1) persons by group, origin and residence."""
    chosen = reached.pull * jnp.exp(nu[:, None] * log_V)[:, None, :]
    chosen = chosen * (reached.registered / chosen.sum(axis=2))[:, :, None]
    return chosen + still * (reached.stock - chosen)


def place_value(
    log_B: Float[Array, " H"],
    log_residents: Float[Array, " H"],
    log_public: Float[Array, " H"],
    log_real_spending: Float[Array, "2 H"],
    congestion: Float[Array, ""],
    public: Float[Array, ""],
) -> Float[Array, "2 H"]:
    """(M3) log change of the value of living in a place, by group."""
    return log_B - congestion * log_residents + public * log_public + log_real_spending
