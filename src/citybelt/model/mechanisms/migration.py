r"""Where people choose to live.

    (M1)  m'[o,n] = reg[o] * share[o,n] (V[n]/mu[o,n])^nu / sum_n'(same)
    (M2)  What[o] = ( sum_n share[o,n] (V[n]/mu[o,n])^nu )^(1/nu)
    (M3)  log V[n] = log B[n] - congestion log R[n] + public log g[n] + log y[n] - log CPI[n]

A person of origin ``o`` (the place of registration, a stock) draws a Frechet taste for every place. ``y`` is
spending per head of the person's group, ``g`` public consumption per head, ``R`` residents; rents are in the
price index, so ``congestion`` is what is left beside them. Sources: Redding (2016); Tombe and Zhu (2019).
Limits: stocks, not flows; the age of movers within a group does not matter.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float


def choose(
    stock: Float[Array, "H H"], log_V: Float[Array, " H"], log_mu: Float[Array, "H H"], nu: Float[Array, ""]
) -> tuple[Float[Array, "H H"], Float[Array, " H"]]:
    """(M1, M2) people by origin and residence, and the log change of welfare of each origin."""
    registered = stock.sum(axis=1, keepdims=True)
    pull = nu * (log_V[None, :] - log_mu)
    log_sum = logsumexp(pull, b=stock / registered, axis=1)
    return stock * jnp.exp(pull - log_sum[:, None]), log_sum / nu


def stay(
    stock: Float[Array, "H H"], log_V: Float[Array, " H"], log_mu: Float[Array, "H H"], nu: Float[Array, ""]
) -> tuple[Float[Array, "H H"], Float[Array, " H"]]:
    """People kept where they live: (M2) in the limit of nu to zero, weighted by where people are."""
    share = stock / stock.sum(axis=1, keepdims=True)
    return stock, jnp.sum(share * (log_V[None, :] - log_mu), axis=1)


def place_value(
    log_B: Float[Array, " H"],
    log_residents: Float[Array, " H"],
    log_public: Float[Array, " H"],
    log_real_spending: Float[Array, " H"],
    congestion: Float[Array, ""],
    public: Float[Array, ""],
) -> Float[Array, " H"]:
    """(M3) log change of the value of living in a place."""
    return log_B - congestion * log_residents + public * log_public + log_real_spending
