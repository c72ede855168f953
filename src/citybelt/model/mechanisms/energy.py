r"""Fuel, carbon and what emitting costs.

    (E1)  log u[n,j] = log( P[n,j] + pc[n] e[n,j] )                  user price; e per base-price unit
    (E2)  X[n,j] = Z[n,j] P/u,     carbon paid on fuel = Z - X
    (E3)  carbon paid on processes = (1 - net[n,j]) Y[n,j]
    (E4)  CO2[n] = sum_j e[n,j] X[n,j]/P[n,j] + sum_j process[n,j] Y[n,j]/o[n,j]

``e`` and ``process`` in Mt per billion of base-year money, the price in money per tonne indexed to the home
consumer price. Base-year carbon price is zero. Limits: emissions per unit of a fuel do not change.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

#: Money per tonne times Mt per billion of money, as a share of value.
TONNES = 1e-3


def user_price(price: Float[Array, "N J"], charge: Float[Array, "N J"]) -> Float[Array, "N J"]:
    """(E1) what users pay for a product over its base price, its carbon included."""
    return price + charge


def emissions(
    factor: Float[Array, "N J"],
    process: Float[Array, "N J"],
    volume: Float[Array, "N J"],
    made: Float[Array, "N J"],
) -> Float[Array, " N"]:
    """(E4) Mt of CO2 emitted in each region; ``volume`` bought and ``made`` at base prices."""
    return jnp.sum(factor * volume + process * made, axis=1)
