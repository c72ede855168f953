r"""What a unit costs to make, and what its makers earn.

Value added is a Cobb-Douglas bundle of labour, capital and land; materials are Cobb-Douglas on top. Output is
taxed at a constant rate ``t`` of its value, so the shares of what remains are divided by ``1 - t``:

    (Q1)  log c[i,j]  = va/(1-t) * (bL log w + bK log r + bH log h - log A - agg_j log E) + sum_k g/(1-t) log u[i,k]
    (Q2)  log o[i,j]  = log( c[i,j] + pc[i] * process[i,j] ),      net[i,j] = c[i,j] / o[i,j]
    (Q3)  factor income = b * va * net * Y

``u`` is the user price of inputs, ``h`` the rent of the sector's land (its income by (Q3) over the land there is),
``E`` employment of the place, ``o`` the price at the factory gate when process emissions are charged. Spillovers
multiply value added, since the elasticities they come from were estimated on wages or value added. Sources: Caliendo
and Parro (2015); Combes and Gobillon (2015) on ``agg``.
Limits: unit elasticity between inputs; land of one sector does not serve another.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float


def unit_cost(
    share_va: Float[Array, "N J"],
    share_factor: Float[Array, "F N J"],
    input_coef: Float[Array, "N J J"],
    tax_rate: Float[Array, "N J"],
    log_factor_price: tuple[Array, Array, Array],
    log_productivity: Float[Array, "N J"],
    log_user_price: Float[Array, "N J"],
) -> Float[Array, "N J"]:
    """(Q1) log change of unit cost; ``share_va`` and ``input_coef`` are shares of output value before tax, prices of
    factors are [N, 1] where one price rules in a region."""
    factors = sum(share * price for share, price in zip(share_factor, log_factor_price, strict=True))
    inputs = jnp.einsum("nkj,nj->nk", input_coef, log_user_price)
    return (share_va * (factors - log_productivity) + inputs) / (1.0 - tax_rate)
