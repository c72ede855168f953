r"""Government accounts through time: what comes in, what goes out, what is owed since the base year.

    (P1)  revenue[n]  = local taxes + land + grants + transfers
    (P2)  spending[n] = what services kept per head cost at this year's prices
    (P3)  balance[n]  = revenue[n] - spending[n] - i B[n]
    (P4)  B'[n]       = B[n] - balance[n]                                   owed, since the base year: B = 0 there
    (P5)  grants[n]   = m[n] grants0[n] + a[n] sum_k (1 - m[k]) grants0[k],      m = (persons / persons0)^g
          a[n]        = m[n] a0[n] / sum_k m[k] a0[k]                 who shares what is left, and a rise of the centre

The static equilibrium has no debt: governments spend what they receive. So (P2) asks what a government would spend to
keep up services, and ``B`` is what it would owe if it did: a pressure, not a forecast, and no level of debt is known or
assumed for the base year. Levers are paid as they are bought. Source: the budget identity, as in Bohn (1998). Limits:
one interest rate; funds and enterprises of cities are not in these accounts.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

Place = Float[Array, " R"]
Number = Float[Array, ""] | float


class Budget(NamedTuple):
    """Amounts of a year by place, billions at the prices in which `step` is given them."""

    revenue: Array
    spending: Array
    interest: Array
    debt: Array  # at the start of the year
    later: Array  # at its end

    @property
    def balance(self) -> Array:
        """(P3) what is left over, or is lacking where negative."""
        return self.revenue - self.spending - self.interest


def revenue(local_tax: Place, land: Place, grants: Place, transfers: Place) -> Place:
    """(P1) what the governments of places receive: ``Accounts.local_tax, land_public, grants, transfers``."""
    return local_tax + land + grants + transfers


def follow(grants: Place, weight: Place, log_heads: Place, g: Number) -> tuple[Place, Place]:
    """(P5) grants of a sum that is given, and their weights, when they follow people.

    Args:
        grants: of the base year, net: below zero for a place that pays more than it gets.
        weight: ``a0``, by which places share what the centre gets beyond the base year; sums to one.
        log_heads: log change of persons.
        g: elasticity; 0 where nothing follows.
    """
    m = jnp.exp(g * log_heads)
    share = weight * m / jnp.sum(weight * m)
    return m * grants + share * jnp.sum((1.0 - m) * grants), share


def wanted(base: Place, log_heads: Place, log_price: Place, log_standard: Number = 0.0) -> Place:
    """(P2) spending that keeps services per head.

    Args:
        base: public consumption of the base year, billions.
        log_heads: log change of persons to be served.
        log_price: log change of the price of what governments buy.
        log_standard: log change of services per head that is wanted, for example as output per head grows.
    """
    return base * jnp.exp(log_heads + log_price + log_standard)


def step(debt: Array, received: Array, spent: Array, interest: Number) -> Budget:
    """(P3, P4) a year's account; ``debt`` at its start, ``interest`` on it over the year."""
    paid = interest * debt
    return Budget(received, spent, paid, debt, debt + spent + paid - received)
