r"""Fuel, carbon and what emitting costs.

    (E1)  log u[n,j] = log( P[n,j] + pc[n] e[n,j] )                  user price; e per base-price unit
    (E2)  X[n,j] = Z[n,j] P/u,     carbon paid on fuel = Z - X
    (E3)  carbon paid on processes = (1 - net[n,j]) Y[n,j]
    (E4)  CO2[n] = sum_j e[n,j] X[n,j]/P[n,j] + sum_j process[n,j] Y[n,j]/o[n,j]

``e`` and ``process`` in Mt per billion of base-year money, the price in money per tonne indexed to the home
consumer price before carbon. Base-year carbon price is zero. Limits: emissions per unit of a fuel do not change.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

#: Money per tonne times Mt per billion of money, as a share of value.
TONNES = 1e-3


@jax.custom_jvp
def charged(log_price: Float[Array, "N J"], charge: Float[Array, "N J"]) -> tuple[Array, Array]:
    """(E1) log of a price with a charge on top, per unit at the base price, and the seller's share of what is paid.

    Most scenarios charge nothing, and then no logarithm is taken.
    """

    def added():
        ratio = charge * jnp.exp(-log_price)
        return log_price + jnp.log1p(ratio), 1.0 / (1.0 + ratio)

    return jax.lax.cond(jnp.any(charge != 0.0), added, lambda: (log_price, jnp.ones_like(log_price)))


@charged.defjvp
def _charged_jvp(primals, tangents):
    log_price, charge = primals
    d_log_price, d_charge = tangents
    log_full, share = charged(log_price, charge)
    by_charge = d_charge * jnp.exp(-log_price) * share
    kept = share * d_log_price
    return (log_full, share), (kept + by_charge, share * ((1.0 - share) * d_log_price - by_charge))


def emissions(
    factor: Float[Array, "N J"],
    process: Float[Array, "N J"],
    volume: Float[Array, "N J"],
    made: Float[Array, "N J"],
) -> Float[Array, " N"]:
    """(E4) Mt of CO2 emitted in each region; ``volume`` bought and ``made`` at base prices."""
    return jnp.sum(factor * volume + process * made, axis=1)
