r"""Who lives and works where: placed, drawn by tastes, or free.

``m[o,m]`` are persons of origin ``o`` in market ``m``, ``V[m]`` the change of what a market is worth to a person,
``E[o]`` by how much more it is worth at home to those who stay (rents that only they receive), ``N[o]`` the change of
the persons of an origin.

    (B1)  m'[o,m] = N m[o] w[o,m] / sum_m w,    w[o,m] = m[o,m] (V[m] E[o at home] / mu[o,m])^nu      tastes
    (B2)  What[o] = ( sum_m w[o,m] / m[o] )^(1/nu)
    (B3)  m'[o,m] = N m[o] L[m] V[m] m[o,m] / sum_m (same),         L: change of persons in the market    free

(B3) returns its own ``L`` only where ``V`` is equal wherever people of the origin live, which is what free mobility of
equal people asks; ``What`` is then that value. Sources: Redding (2016); Tombe and Zhu (2019); Allen and Arkolakis
(2014) for free people. Limits: (B3) needs markets in each of which people of one origin live.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float


def drawn(
    pull: Float[Array, "O M"],
    base: Float[Array, " O"],
    log_N: Float[Array, " O"],
    log_V: Float[Array, " M"],
    nu: Float[Array, " O"],
    home: tuple[Array, Float[Array, " O"]] | None = None,
) -> tuple[Float[Array, " M"], Float[Array, " O"] | None, Float[Array, " O"]]:
    """(B1, B2) persons in each market, those of each origin at home, and the log change of welfare.

    Args:
        pull: persons of the base year times ``mu^-nu``.
        base: persons of each origin in the base year.
        log_N: log change of the persons of an origin.
        log_V: log change of a market's value.
        nu: elasticity of choice, of each origin or [1] of all. One for all leaves two products with ``pull``; one for
            each needs a table of powers in every pass.
        home: market of each origin's home and ``log E``; None where staying earns nothing.
    """
    if nu.shape[0] == 1:
        attraction = jnp.exp(nu * log_V)
    else:
        pull, attraction = pull * jnp.exp(nu[:, None] * log_V), jnp.ones_like(log_V)
    total = pull @ attraction
    at_home = more = None
    if home is not None:
        at_home = pull[jnp.arange(pull.shape[0]), home[0]] * attraction[home[0]]
        more = at_home * jnp.expm1(nu * home[1])
        total = total + more
    peopled = total > 0
    each = jnp.where(peopled, base * jnp.exp(log_N) / jnp.where(peopled, total, 1.0), 0.0)
    ratio = jnp.where(peopled, total, 1.0) / jnp.where(peopled, base, 1.0)
    arrived = (each @ pull) * attraction
    if home is None or at_home is None or more is None:
        return arrived, None, jnp.log(ratio) / nu
    return arrived.at[home[0]].add(each * more), each * (at_home + more), jnp.log(ratio) / nu


def levelled(
    people: Float[Array, "O M"], log_N: Float[Array, " O"], log_L: Float[Array, " M"], log_V: Float[Array, " M"]
) -> tuple[Float[Array, " M"], Float[Array, " O"]]:
    """(B3) persons in each market if they follow value from where they are, and the log change of welfare."""
    here, after = jnp.exp(log_L), jnp.exp(log_L + log_V)
    total, before = people @ after, people @ here
    peopled = total > 0
    total, before = (jnp.where(peopled, t, 1.0) for t in (total, before))
    wanted = people.sum(axis=1) * jnp.exp(log_N)
    return after * ((wanted / total) @ people), jnp.log(total / before)


def placed(
    people: Float[Array, "O M"],
    log_N: Float[Array, " O"],
    log_V: Float[Array, " M"],
    log_mu: Float[Array, "O M"],
    home: tuple[Array, Float[Array, " O"]] | None = None,
) -> tuple[Float[Array, " M"], Float[Array, " O"] | None, Float[Array, " O"]]:
    """As ``drawn`` for people who stay where they are: (B1, B2) in the limit of nu to zero."""
    growth = jnp.exp(log_N)
    base = people.sum(axis=1)
    gained = people @ log_V - jnp.sum(people * log_mu, axis=1)
    stayed = None
    if home is not None:
        at_home = people[jnp.arange(people.shape[0]), home[0]]
        stayed, gained = growth * at_home, gained + at_home * home[1]
    return growth @ people, stayed, gained / jnp.where(base > 0, base, 1.0)
