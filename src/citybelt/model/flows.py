r"""Geography as an operator: who buys from whom, without ever forming the shares.

Trade enters the equilibrium only through two products with one stored kernel
``K[j,n,i] = pi[n,i,j] * kappahat[n,i,j]**(-theta_j)``:

    (F1)  P[n,j]^(-theta_j)  =  sum_i K[j,n,i] c[i,j]^(-theta_j)                            price
    (F2)  sales[i,j]         =  c[i,j]^(-theta_j) sum_n K[j,n,i]/(1+tau[n,i,j]) q[n,j]       its transpose
          with q[n,j] = X[n,j] P[n,j]^theta_j
    (F3)  tariffs[n,j]       =  q[n,j] sum_i K[j,n,i] tau/(1+tau) c[i,j]^(-theta_j)

Tariffs exist only where goods cross the border of a customs territory. The first ``n_home`` regions are one
territory; every other region is one of its own. (F3) therefore needs only two slabs of the kernel, and a
pass reads the kernel twice. Source: Eaton and Kortum (2002), Caliendo and Parro (2015).
"""

from __future__ import annotations

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float


class Flows(eqx.Module):
    """The kernel of one geography and one scenario.

    Attributes:
        kernel: [J, N, N] sector, buyer, seller; expenditure shares times the change of trade cost.
        inflow: [J, H, N-H] part of the kernel taken by tariffs, home buyers from outside sellers.
        abroad: [J, N-H, N] the same for buyers outside.
        theta: [J] trade elasticity.
    """

    kernel: Float[Array, "J N N"]
    inflow: Float[Array, "J H F"]
    abroad: Float[Array, "J F N"]
    theta: Float[Array, " J"]

    def attraction(self, log_cost: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """``c^-theta``: what makes buyers turn to a seller."""
        return jnp.exp(-self.theta * log_cost)

    def access(self, attraction: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """(F1) ``P^-theta``: all attraction within a buyer's reach."""
        return jnp.einsum("jni,ij->nj", self.kernel, attraction)

    def price(self, access: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """(F1) log change of the price index of every product where it is bought."""
        return -jnp.log(access) / self.theta

    def sales(
        self, attraction: Float[Array, "N J"], access: Float[Array, "N J"], spending: Float[Array, "N J"]
    ) -> tuple[Float[Array, "N J"], Float[Array, "N J"]]:
        """(F2, F3) receipts of sellers and tariffs paid by buyers, both in the money of ``spending``."""
        home = self.inflow.shape[1]
        weight = spending / access
        taken_in = jnp.einsum("jni,nj->ij", self.inflow, weight[:home])
        taken_out = jnp.einsum("jni,nj->ij", self.abroad, weight[home:])
        taken = taken_out + jnp.pad(taken_in, ((home, 0), (0, 0)))
        receipts = attraction * (jnp.einsum("jni,nj->ij", self.kernel, weight) - taken)
        paid_home = jnp.einsum("jni,ij->nj", self.inflow, attraction[home:])
        paid_abroad = jnp.einsum("jni,ij->nj", self.abroad, attraction)
        return receipts, weight * jnp.concatenate([paid_home, paid_abroad])


@jax.custom_jvp
def _reach(share: Array, power: Array, log_d: Array) -> Array:
    """``share * exp(-power * log_d)``; an exponential of zeros would be the dearest part of most scenarios."""
    changed = jnp.vdot(log_d, log_d) != 0.0
    return jax.lax.cond(changed, lambda: share * jnp.exp(-power * log_d), lambda: share)


@partial(_reach.defjvp, symbolic_zeros=True)
def _reach_jvp(primals, tangents):
    share, power, log_d = primals
    kernel = _reach(share, power, log_d)
    d_share, d_power, d_log_d = (None if type(t) is SymbolicZero else t for t in tangents)
    parts = [
        jnp.zeros_like(kernel) if d_share is None else d_share * jnp.exp(-power * log_d),
        0.0 if d_power is None else -kernel * log_d * d_power,
        0.0 if d_log_d is None else -kernel * power * d_log_d,
    ]
    return kernel, sum(parts)


def dense(
    share: Float[Array, "J N N"],
    tariff: Float[Array, "J N N"],
    theta: Float[Array, " J"],
    log_d: Float[Array, "J N N"],
    d_tariff: Float[Array, "J N N"],
    n_home: int,
) -> Flows:
    """The operator of a table of expenditure shares under a change of trade costs and tariffs.

    Args:
        share: expenditure share of buyer n (second axis) on seller i, sums to one over sellers.
        tariff: base ad valorem rates; d_tariff: their change; both zero inside the home territory.
        theta: trade elasticity by sector.
        log_d: log change of the iceberg cost.
        n_home: regions of the home customs territory, which stand first.
    """
    power = theta[:, None, None]

    def levied(where: tuple) -> tuple[Array, Array]:
        """The slab of the kernel beyond a border at its tariffs, and the part that tariffs take of it."""
        rate = tariff[where] + d_tariff[where]
        dearer = log_d[where] + jnp.log1p(rate) - jnp.log1p(tariff[where])
        # From the shares, not from the kernel: reading what is written next would have the whole kernel copied.
        slab = share[where] * jnp.exp(-power * dearer)
        return slab, slab * rate / (1.0 + rate)

    into = (slice(None), slice(None, n_home), slice(n_home, None))
    outside = (slice(None), slice(n_home, None), slice(None))
    (slab_in, inflow), (slab_out, abroad) = levied(into), levied(outside)
    kernel = _reach(share, power, log_d)
    return Flows(kernel.at[into].set(slab_in).at[outside].set(slab_out), inflow, abroad, theta)
