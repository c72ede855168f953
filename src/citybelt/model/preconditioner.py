r"""Newton's step of every region taken alone.

The pass is a map of many markets, and iterating it plainly would overshoot: sales answer a cost with the trade
elasticity. Its derivative is far too large to invert, but most of what makes it hard to iterate happens inside a
region: its wage and return, its prices, its outputs. With everything else held at the base year,

    (N1)  dc[j] = va/(1-t) (bL dw + bK dr + bH dY[j]) + sum_k g[j,k]/(1-t) dP[k]                  cost
    (N2)  dP[j] = s[j] dc[j]                                           s: own share of what is bought here
    (N3)  dY[j] = -theta[j] rho[j] dc[j] + m[j] sum_k phi[j,k] dY[k]
    (N4)  dw = sum_j labour[j] dY[j],    dr = sum_j capital[j] dY[j]

where ``rho`` is the share of rivals in a seller's markets, ``m`` the share of its sales made at home, ``phi`` the
share of what is bought here that makers of ``k`` buy, and the weights in (N4) are shares in factor income. Their
matrix ``F`` is small, so ``(I - F)^-1`` is formed outright; it turns the residual of the equilibrium into a step.
A place that more people value more pays less per head; (N5) is that step alone:

    (N5)  dV[n] / (1 + nu[g] * (share of residents with somewhere else to go))

It decides how many passes are made, never where they end. Source: block Jacobi, Saad (2003), chapter 10.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from citybelt.model.accounts import Base, Closure, Theory
from citybelt.model.spatial import State


class Steps(eqx.Module):
    """The step of every region alone, linear in the residual.

    Attributes:
        markets: [N, S, S] on the wage, return, prices and outputs of a region, S = 2 + 2J.
        value: [2, H] on the value of living in a place.
    """

    markets: Float[Array, "N S S"]
    value: Float[Array, "2 H"]

    def __call__(self, residual: Float[Array, " X"]) -> Float[Array, " X"]:
        """The step that a flat residual calls for; see ``pack``."""
        n, s, _ = self.markets.shape
        markets, rest = residual[: n * s].reshape(n, s), residual[n * s :]
        value = rest[2 * n :] * self.value.ravel()
        return jnp.concatenate([jnp.einsum("nst,nt->ns", self.markets, markets).ravel(), rest[: 2 * n], value])

    @property
    def T(self) -> Steps:
        """Its transpose."""
        return Steps(jnp.swapaxes(self.markets, 1, 2), self.value)


def pack(x: State) -> Float[Array, " X"]:
    """A state as one vector, region by region first."""
    markets = jnp.concatenate([x.wage[:, None], x.rental[:, None], x.price, x.output], axis=1)
    return jnp.concatenate([markets.ravel(), x.spending, x.public, x.value.ravel()])


def unpack(flat: Float[Array, " X"], b: Base) -> State:
    """The state of a vector."""
    n, j = b.shape
    markets, rest = flat[: n * (2 + 2 * j)].reshape(n, -1), flat[n * (2 + 2 * j) :]
    wage, rental, price, output = jnp.split(markets, (1, 2, 2 + j), axis=1)
    return State(wage[:, 0], rental[:, 0], price, output, rest[:n], rest[n : 2 * n], rest[2 * n :].reshape(2, -1))


def steps(b: Base, th: Theory, c: Closure) -> Steps:
    """(N1) to (N5) at the base year."""
    _, j = b.shape
    own = lambda table: jnp.diagonal(table, axis1=1, axis2=2).T  # noqa: E731
    labour, capital, land = b.factor_share * b.value_added / b.output / (1.0 - b.tax_rate)
    inputs = b.input_coef / (1.0 - b.tax_rate)[:, :, None]
    of_cost = [labour[:, :, None], capital[:, :, None], inputs, land[:, :, None] * jnp.eye(j)]
    cost = jnp.concatenate(of_cost, axis=2)
    at_home = own(b.share) / (1.0 + own(b.tariff)) * b.spending / b.output
    bought_by = jnp.swapaxes(b.input_coef * b.output[:, :, None], 1, 2) / b.spending[:, :, None]
    price = own(b.share)[:, :, None] * cost
    output = -(th.theta * b.rivalry)[:, :, None] * cost
    output = output.at[:, :, 2 + j :].add(at_home[:, :, None] * bought_by)
    paid = b.factor_share[:2] * b.value_added
    returns = jnp.einsum("fnj,njs->nfs", paid / paid.sum(axis=2, keepdims=True), output)
    # With mobile capital a region's own income hardly moves the one return.
    returns = returns.at[:, 1].multiply(1.0 - c.mobile_capital)
    alone = jnp.concatenate([returns, price, output], axis=1)
    share = b.people / b.people.sum(axis=2, keepdims=True)
    elsewhere = jnp.sum(b.people * (1.0 - share), axis=1) / b.people.sum(axis=1)
    value = 1.0 / (1.0 + (1.0 - c.still_people) * th.nu[:, None] * elsewhere)
    return Steps(jnp.linalg.inv(jnp.eye(2 + 2 * j) - alone), value)
