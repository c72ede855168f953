r"""Housing and its rent.

    (H1)  log q[n] = (log C[n] - log Hres[n] + eta log k[n]) / (1 + eta)
    (H2)  log CPI[n] = aH log q[n] + (1 - aH) sum_j aC[n,j] log u[n,j]

A constant share ``aH`` of household spending ``C`` buys housing. Its supply rises with the rent over the cost of
building ``k`` (the price of investment goods, carbon apart) at elasticity ``eta``, from a stock ``Hres``. Sources:
Redding (2016); Saiz (2010) for the form of supply.
Limits: all rent is income of owners; more housing takes up no goods beyond the investment of the base year.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float


def rent(
    log_spending: Float[Array, " N"],
    log_land: Float[Array, " N"],
    log_building_cost: Float[Array, " N"],
    eta: Float[Array, ""],
) -> Float[Array, " N"]:
    """(H1) log change of the rent of a unit of housing."""
    return (log_spending - log_land + eta * log_building_cost) / (1.0 + eta)


def consumer_price(
    share_housing: Float[Array, " N"],
    basket: Float[Array, "N J"],
    log_rent: Float[Array, " N"],
    log_user_price: Float[Array, "N J"],
) -> Float[Array, " N"]:
    """(H2) log change of the consumer price index; ``basket`` sums to one over products."""
    return share_housing * log_rent + (1.0 - share_housing) * jnp.sum(basket * log_user_price, axis=1)
