r"""Who receives the rents of structures and of housing.

Of the rents ``R`` of a place a share ``rho`` goes to those who stay at home, ``iota`` into a pool, the rest to the
residents:

    (R1)  residents[n] = (1 - rho - iota) R[n],    stayers[n] = rho R[n],    pooled[n] = iota R[n]
    (R2)  received[n]  = people[n] sum_i pooled[i] / sum_i people[i]          handed out per resident of the pool
    (R3)  received[n]  = weight[n] sum_i pooled[i]                            handed out by fixed weights

with sums over the regions of one pool. Sources: Caliendo, Parro, Rossi-Hansberg and Sarte (2018) for (R2);
Caliendo, Dvorkin and Parro (2019) for (R3); Tombe and Zhu (2019) for those who stay; Redding (2016) for residents.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float


def divide(
    rents: Float[Array, "2 N Z"], stay: Float[Array, "2 N"], pool: Float[Array, "2 N"]
) -> tuple[Float[Array, "N Z"], Float[Array, "N Z"], Float[Array, " N"]]:
    """(R1) rents that residents have, that those who stay have, and that go into the pool."""
    left = jnp.einsum("fnz,fn->nz", rents, 1.0 - stay - pool)
    return left, jnp.einsum("fnz,fn->nz", rents, stay), jnp.einsum("fnz,fn->n", rents, pool)


def paid_out(
    pooled: Float[Array, " N"],
    pool: Float[Array, "G N"],
    weight: Float[Array, " N"],
    people: Float[Array, " N"],
    by_weight: Float[Array, ""] | float,
) -> Float[Array, " N"]:
    """(R2, R3) what each region receives from its pool; ``by_weight`` is 0 for (R2), 1 for (R3)."""
    whole = pool @ pooled
    heads = pool @ people
    per_head = pool.T @ (whole / jnp.where(heads > 0, heads, 1.0)) * people
    fixed = pool.T @ whole * weight
    return per_head + by_weight * (fixed - per_head)
