r"""Where people choose to live.

    (M1)  m'[o,n] = reg[o] * share[o,n] (V[n]/mu[o,n])^nu / sum_n'(same)
    (M2)  What[o] = ( sum_n share[o,n] (V[n]/mu[o,n])^nu )^(1/nu)
    (M3)  log V[n] = log B[n] - congestion log R[n] + public log g[n] + log y[n] - log CPI[n]

A person of origin ``o`` (the place of registration, a stock) draws a Frechet taste for every place. ``y`` is
spending per head of the person's group, ``g`` public consumption per head, ``R`` residents; rents are in the
price index, so ``congestion`` is what is left beside them. ``public`` is the worth of public services over their
cost times their share in income: at a worth of one, a yuan of services counts as much as a yuan of income.
Sources: Redding (2016); Tombe and Zhu (2019).
Limits: stocks, not flows; the age of movers within a group does not matter.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float


def reach(stock: Float[Array, "2 H H"], log_mu: Float[Array, "H H"], nu: Float[Array, " 2"]) -> Float[Array, "2 H H"]:
    """The stock after migration costs, ``share mu^-nu``, which stays the same while values move."""
    return stock / stock.sum(axis=2, keepdims=True) * jnp.exp(-nu[:, None, None] * log_mu)


def choose(
    stock: Float[Array, "2 H H"],
    reached: Float[Array, "2 H H"],
    log_mu: Float[Array, "H H"],
    log_V: Float[Array, "2 H"],
    nu: Float[Array, " 2"],
    still: Float[Array, ""] | float,
) -> tuple[Float[Array, "2 H H"], Float[Array, "2 H"], Float[Array, "2 H"]]:
    """(M1, M2) people by group, origin and residence; residents; and the log change of welfare of each origin.

    ``still`` is 0 where people choose; at 1 they stay where they live, and welfare is (M2) in the limit of nu to 0.
    """
    registered = stock.sum(axis=2)
    pull = jnp.exp(nu[:, None] * log_V)
    total = jnp.einsum("gon,gn->go", reached, pull)
    parted = registered / total
    moved = reached * parted[:, :, None] * pull[:, None, :]
    arrived = jnp.einsum("gon,go->gn", reached, parted) * pull
    gain = jnp.log(total) / nu[:, None]
    share = stock / registered[:, :, None]
    kept = jnp.einsum("gon,gn->go", share, log_V) - jnp.sum(share * log_mu, axis=2)
    residents = arrived + still * (stock.sum(axis=1) - arrived)
    return moved + still * (stock - moved), residents, gain + still * (kept - gain)


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
