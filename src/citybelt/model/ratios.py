"""Ratios of amounts that may be zero because the base year has none: a zero flow stays zero."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array


def over(amount: Array, by: Array) -> Array:
    """``amount / by``, zero where ``by`` is zero."""
    there = by != 0
    return jnp.where(there, amount / jnp.where(there, by, 1.0), 0.0)


def log_ratio(new: Array, base: Array) -> Array:
    """``log(new / base)``, zero where the base year has nothing; no number where ``new`` is not positive."""
    there = base > 0
    return jnp.log(jnp.where(there, new, 1.0)) - jnp.log(jnp.where(there, base, 1.0))
