r"""What a unit costs to make, and what its makers earn.

Value added is a Cobb-Douglas bundle of labour, capital and land; materials are Cobb-Douglas on top. Output is
taxed at a constant rate ``t`` of its value, so the shares of what remains are divided by ``1 - t``:

    (Q1)  log c[i,j]  = va/(1-t) * (bL log w + bK log r + bH log h - log A - agg_j log E) + sum_k g/(1-t) log u[i,k]
    (Q2)  log o[i,j]  = log( c[i,j] + pc[i] * process[i,j] ) + log(1 - s),      net[i,j] = c[i,j] / o[i,j]
    (Q3)  factor income = b * va * net * Y
    (Q4)  subsidy of payer p = s_p / (1 - s) * Y,     s = sum_p s_p

``u`` is the user price of inputs, ``h`` the rent of the sector's land (its income by (Q3) over the land there is),
``E`` employment of the place, ``o`` the price at the factory gate when process emissions are charged and subsidies
paid, ``Y`` output at that price. Buyers pay ``o``, makers receive ``o / (1 - s)``: ``s_p`` is the share of what makers
receive that payer p adds. A subsidy of less than zero is a tax that its payers share out. Spillovers multiply value
added, since the elasticities they come from were estimated on wages or value added. Sources: Caliendo and Parro
(2015); Combes and Gobillon (2015) on ``agg``; Ossa (2019), "A quantitative analysis of subsidy competition in the
U.S.", on subsidies to output that residents pay for.
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


def aid(subsidy: Float[Array, "P N J"]) -> Float[Array, "N J"]:
    """(Q2) log of what makers receive over what buyers pay at the gate, from the rates ``s_p`` of all payers."""
    return -jnp.log1p(-subsidy.sum(axis=0))


def subsidies(
    subsidy: Float[Array, "P N J"], output: Float[Array, "N J"], log_aid: Float[Array, "N J"]
) -> Float[Array, "P N"]:
    """(Q4) what each payer adds in each region, from output at the gate."""
    return jnp.einsum("pnj,nj->pn", subsidy, output * jnp.exp(log_aid))
