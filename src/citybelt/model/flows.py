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
import numpy as np
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


class Levied(eqx.Module):
    """The operator where tariffs may stand between any two regions.

    Only sectors in which a tariff can exist keep a second kernel, ``net = K/(1+tau)``, and pay a third product:

        (F4)  tariffs[n,j] = q[n,j] ( sum_i K c^-theta - sum_i net c^-theta )

    Attributes:
        free: [F, N, N] kernel of the sectors without tariffs: sector, buyer, seller.
        gross: [T, N, N] kernel of the sectors with tariffs, as buyers pay.
        net: [T, N, N] the same, as sellers receive.
        theta: [J] trade elasticity.
        taxed: the T sectors in which tariffs may exist.
    """

    free: Float[Array, "F N N"]
    gross: Float[Array, "T N N"]
    net: Float[Array, "T N N"]
    theta: Float[Array, " J"]
    taxed: tuple[int, ...] = eqx.field(static=True)

    @property
    def _sectors(self) -> tuple[np.ndarray, np.ndarray]:
        taxed = np.asarray(self.taxed, int)
        return np.setdiff1d(np.arange(self.theta.shape[0]), taxed), taxed

    def attraction(self, log_cost: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """``c^-theta``: what makes buyers turn to a seller."""
        return jnp.exp(-self.theta * log_cost)

    def access(self, attraction: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """(F1) ``P^-theta``: all attraction within a buyer's reach."""
        return self._joined(_bought(self.free, attraction[:, self._sectors[0]]), self._gross(attraction))

    def price(self, access: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """(F1) log change of the price index of every product where it is bought."""
        return -jnp.log(access) / self.theta

    def sales(
        self, attraction: Float[Array, "N J"], access: Float[Array, "N J"], spending: Float[Array, "N J"]
    ) -> tuple[Float[Array, "N J"], Float[Array, "N J"]]:
        """(F2, F4) receipts of sellers and tariffs paid by buyers, both in the money of ``spending``."""
        free, taxed = self._sectors
        weight = spending / access
        sold = self._joined(_sold(self.free, weight[:, free]), _sold(self.net, weight[:, taxed]))
        levied = access[:, taxed] - _bought(self.net, attraction[:, taxed])
        return attraction * sold, jnp.zeros_like(weight).at[:, taxed].set(weight[:, taxed] * levied)

    def pairs(
        self, log_cost: Float[Array, "N J"], spending: Float[Array, "N J"]
    ) -> tuple[Float[Array, "J N N"], Float[Array, "J N N"]]:
        """What each buyer pays for each seller's goods, and what the seller receives: for tables, not for passes."""
        attraction = self.attraction(log_cost)
        weight = spending / self.access(attraction)
        free, taxed = self._sectors
        back = np.argsort(np.concatenate([free, taxed]), kind="stable")
        pair = jnp.einsum("nj,ij->jni", weight, attraction)
        paid, received = (jnp.concatenate([self.free, of_taxed])[back] * pair for of_taxed in (self.gross, self.net))
        return paid, received

    def _gross(self, attraction: Array) -> Array:
        return _bought(self.gross, attraction[:, self._sectors[1]])

    def _joined(self, of_free: Array, of_taxed: Array) -> Array:
        back = np.argsort(np.concatenate(self._sectors), kind="stable")
        return jnp.concatenate([of_free, of_taxed], axis=1)[:, back]


def _bought(kernel: Array, of_sellers: Array) -> Array:
    return jnp.einsum("jni,ij->nj", kernel, of_sellers)


def _sold(kernel: Array, of_buyers: Array) -> Array:
    return jnp.einsum("jni,nj->ij", kernel, of_buyers)


class Table(eqx.Module):
    """Base-year geography as a table of shares, with tariffs in some sectors between all pairs.

    Any record with the same four members can stand in its place: ``shapes`` (of the two parts of a shock to trade,
    ``log_d`` and ``d_tariff``), ``under`` (the operator of a shock), ``own`` and ``rivalry``.

    Attributes:
        share: [J, N, N] expenditure share of buyer n (second axis) on seller i, sums to one over sellers.
        tariff: [T, N, N] base ad valorem rates of the sectors in which tariffs may exist.
        taxed: these sectors; there is no room for a tariff in any other.
    """

    share: Float[Array, "J N N"]
    tariff: Float[Array, "T N N"]
    taxed: tuple[int, ...] = eqx.field(static=True)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of ``log_d`` and ``d_tariff``."""
        return {"log_d": self.share.shape, "d_tariff": self.tariff.shape}

    @property
    def own(self) -> Float[Array, "N J"]:
        """Share of what a region buys that it makes itself."""
        return jnp.diagonal(self.share, axis1=1, axis2=2).T

    def sold(self, spending: Float[Array, "N J"]) -> Float[Array, "J N N"]:
        """What sellers receive from each buyer, tariffs apart."""
        paid = self.share * spending.T[:, :, None]
        return paid.at[np.asarray(self.taxed, int)].divide(1.0 + self.tariff) if self.taxed else paid

    def rivalry(self, spending: Float[Array, "N J"]) -> Float[Array, "N J"]:
        """Share of rivals in the markets that a seller serves, weighted by its sales."""
        sold = self.sold(spending)
        total = sold.sum(axis=1)
        return (jnp.sum(sold * (1.0 - self.share), axis=1) / jnp.where(total > 0, total, 1.0)).T

    def under(self, theta: Float[Array, " J"], log_d: Float[Array, "J N N"], d_tariff: Float[Array, "T N N"]) -> Levied:
        """The operator under a change of trade costs and of tariff rates."""
        kernel = _reach(self.share, theta[:, None, None], log_d)
        taxed = np.asarray(self.taxed, int)
        free = np.setdiff1d(np.arange(len(self.share)), taxed)
        rate = self.tariff + d_tariff
        dearer = jnp.log1p(rate) - jnp.log1p(self.tariff)
        gross = kernel[taxed] * jnp.exp(-theta[taxed, None, None] * dearer)
        return Levied(kernel[free], gross, gross / (1.0 + rate), theta, self.taxed)
