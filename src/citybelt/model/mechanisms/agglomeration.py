r"""Spillovers of density.

    (A1)  log A[i,j] = shock + agg_j * log E[i]

``E`` is the change of people at work in the place; land area does not change, so employment and density move
alike. Source: Combes and Gobillon (2015). Limits: no spillover between places; that belongs to technology.
"""

from __future__ import annotations

from jaxtyping import Array, Float


def productivity(
    log_A: Float[Array, "N J"], agg: Float[Array, " J"], log_employment: Float[Array, " N"]
) -> Float[Array, "N J"]:
    """(A1) log change of the productivity of value added."""
    return log_A + agg * log_employment[:, None]
