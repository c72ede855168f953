r"""Newton's step of every region taken alone.

Iterating the pass plainly would overshoot: sales answer a cost with the trade elasticity. Its derivative is far too
large to invert, but most of what makes it hard to iterate happens inside a region, around its unit costs. With
everything else held at the base year, and a residual ``f`` in each market,

    (N1)  dc[j] = va/(1-t) (bL dw + bK dr + bH dY[j]) + sum_k g[j,k]/(1-t) dP[k]          unit cost
    (N2)  dP[j] = f_P[j] + s[j] dc[j]                              s: own share of what is bought here
    (N3)  dY[j] = f_Y[j] - theta[j] rho[j] dc[j]                   rho: share of rivals in a seller's markets
    (N4)  dw = f_w - sum_j L[j] theta[j] rho[j] dc[j],             L: shares of sectors in labour income
          dr = f_r - sum_j R[j] theta[j] rho[j] dc[j]              R: in capital income

Put into (N1) they leave one system of J equations a region, ``(I - D) dc = (N1) at f``, whose inverse is formed once.
A place that more people value more pays less per head; that step alone is

    (N5)  dV[n] = f_V[n] / (1 + nu[g] * share of residents with somewhere else to go)

The step decides how many passes are made, never where they end. Source: block Jacobi, Saad (2003), section 10.3.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from citybelt.engine.linear import inverses
from citybelt.model.accounts import CAPITAL, LABOUR, LAND, Base, Closure, State, Theory


class Steps(eqx.Module):
    """The derivatives of (N1) to (N5) at the base year."""

    factor: Float[Array, "3 N J"]  # of unit cost to the wage, the return and land rents
    inputs: Float[Array, "N J J"]  # of unit cost to prices: [n, j, k]
    inverse: Float[Array, "N J J"]  # (I - D)^-1
    own: Float[Array, "N J"]  # of the price to unit cost
    sales: Float[Array, "N J"]  # of output to unit cost, less than zero
    weight: Float[Array, "2 N J"]  # of the wage and the return to outputs
    value: Float[Array, "2 H"]

    def __call__(self, f: State) -> State:
        """The step that a residual calls for, linear in it."""
        wage, rental = f.wage[:, None], f.rental[:, None]
        cost = self.factor[LABOUR] * wage + self.factor[CAPITAL] * rental + self.factor[LAND] * f.output
        cost = cost + jnp.einsum("njk,nk->nj", self.inputs, f.price)
        cost = jnp.einsum("njk,nk->nj", self.inverse, cost)
        sales = self.sales * cost
        return State(
            wage=f.wage + jnp.sum(self.weight[LABOUR] * sales, axis=1),
            rental=f.rental + jnp.sum(self.weight[CAPITAL] * sales, axis=1),
            price=f.price + self.own * cost,
            output=f.output + sales,
            spending=f.spending,
            public=f.public,
            value=f.value * self.value,
        )


def steps(b: Base, th: Theory, c: Closure) -> Steps:
    """The steps of an economy, from base-year shares and elasticities."""
    factor = b.factor_share * b.value_added / b.output / (1.0 - b.tax_rate)
    # The return on capital that stays in its sector answers sales as land rents do.
    held = c.specific_capital * factor[CAPITAL]
    factor = factor.at[CAPITAL].add(-held).at[LAND].add(held)
    inputs = b.input_coef / (1.0 - b.tax_rate)[:, :, None]
    own = jnp.diagonal(b.share, axis1=1, axis2=2).T
    sales = -th.theta * b.rivalry
    paid = b.factor_share[:2] * b.value_added
    # With mobile capital a region's own income hardly moves the one return.
    weight = paid / paid.sum(axis=2, keepdims=True) * jnp.stack([1.0, 1.0 - c.mobile_capital])[:, None, None]
    by_factor = jnp.einsum("fnj,fnk->njk", factor[:2], weight) + factor[LAND][:, :, None] * jnp.eye(b.shape[1])
    by_cost = inputs * own[:, None, :] + by_factor * sales[:, None, :]
    share = b.people / b.people.sum(axis=2, keepdims=True)
    elsewhere = jnp.sum(b.people * (1.0 - share), axis=1) / b.people.sum(axis=1)
    value = 1.0 / (1.0 + (1.0 - c.still_people) * th.nu[:, None] * elsewhere)
    return Steps(factor, inputs, inverses(jnp.eye(b.shape[1]) - by_cost), own, sales, weight, value)
