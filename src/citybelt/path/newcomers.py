r"""Whom levers on moving have brought, since they are served and paid for.

A lever that opens registration pays for residents registered elsewhere. The equilibrium takes their share among the
people of a place from the base year; on a path those come on top whom the lever itself has brought,

    (O1)  X'[n] = X[n] (lived on) (1 - left[n] / heads[n]) + max(0, came[n] - came0[n])
    (O2)  served[n] = (1 - d[n]) (heads[n] - X[n]) + X[n],      d: registered where they live, of the base year's people

``came0`` are those who would have come in the year at the same values without the lever. Those whom it has brought die,
have children and move on like everybody in the place. Nobody but the lever changes the share of the others.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float


def brought(
    before: Float[Array, " R"],
    grown: Float[Array, " R"],
    left: Float[Array, " R"],
    more: Float[Array, " R"],
) -> Float[Array, " R"]:
    """(O1)

    Args:
        before: X at the end of the year before, persons.
        grown: people of the place a year older over those of the year before.
        left: share of them who leave.
        more: arrivals less those without the lever.
    """
    return before * grown * (1.0 - left) + jnp.maximum(more, 0.0)


def served(people: Float[Array, "2 R R"], log_N: Float[Array, "2 R"], share: Float[Array, " R"]) -> Float[Array, " R"]:
    """(O2) over those whom the equilibrium takes to be registered elsewhere.

    Args:
        people: of the base year by group, place of registration and of residence.
        log_N: by how much residents have changed since.
        share: X over the heads of the year.
    """
    residents = people.sum(axis=1)
    away = residents - jnp.diagonal(people, axis1=1, axis2=2)
    heads, usual = (jnp.sum(x * jnp.exp(log_N), axis=0) for x in (residents, away))
    return 1.0 + share * jnp.where(usual > 0, (heads - usual) / jnp.where(usual > 0, usual, 1.0), 0.0)
