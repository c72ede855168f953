r"""Costs that fall with experience.

    (W1)  c[t] = floor + (c0 - floor) ( X[t] / X0 )^(-b),     b = -log2( 1 - rate )            Wright's law
    (W2)  X[t+1] = X[t] + additions[t]

``rate`` is the fall of cost with every doubling of all that was ever built. Sources: Wright (1936); Rubin, Azevedo,
Jaramillo and Yeh (2015). Limits: what the rest of the world builds is handed in with the additions.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array


def exponent(rate: Array | float) -> Array:
    """(W1) b from the learning rate, the share by which a doubling lowers cost."""
    return -jnp.log2(1.0 - jnp.asarray(rate))


def cost(first: Array, built: Array, built0: Array, rate: Array | float, floor: Array | float = 0.0) -> Array:
    """(W1) cost of a unit after ``built`` units, when it was ``first`` after ``built0``."""
    return floor + (first - floor) * (built / built0) ** -exponent(rate)
