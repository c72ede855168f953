r"""Why emissions changed: the additive logarithmic mean Divisia index, exact to the last digit.

    (D1)  C = sum_i prod_k x[k,i]                                            factors k of every cell i
    (D2)  effect[k] = sum_i L(C'[i], C[i]) log( x'[k,i] / x[k,i] ),          L(a, b) = (a - b) / (log a - log b)
    (D3)  sum_k effect[k] = C' - C                                           nothing is left over
    (D4)  CO2[u,f] = P (Q/P) (Q[u]/Q) (E[u]/Q[u]) (E[u,f]/E[u]) (CO2[u,f]/E[u,f])

persons, output per head, structure, energy intensity, mix of fuels, emission factor. A zero stands for a number so
small that it changes nothing (1e-100); logs are added, not products taken, so that several zeros cannot underflow.
Sources: Ang (2004, 2005); Ang and Liu (2007) for zeros. Limits: factors must not be negative.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

#: What stands for a zero.
NEARLY = 1e-100

#: The factors of (D4), in order.
FACTORS = ("persons", "output_per_head", "structure", "intensity", "mix", "factor")


def log_mean(a: Array, b: Array, gap: Array) -> Array:
    """(D2) logarithmic mean of ``a`` and ``b`` with ``gap = log a - log b``; their value where they are equal."""
    near = jnp.abs(gap) < 1e-3
    series = b * (1.0 + gap / 2 + gap**2 / 6 + gap**3 / 24 + gap**4 / 120)
    return jnp.where(near, series, (a - b) / jnp.where(near, 1.0, gap))


def effects(before: Float[Array, "K ..."], after: Float[Array, "K ..."]) -> Float[Array, "K ..."]:
    """(D2) contribution of every factor in every cell to the change of the product; in the unit of the product.

    Args:
        before, after: factors, not negative, whose product over the first axis is a cell's amount.

    Returns:
        Contributions; their sum over the first axis is the change of each cell.
    """
    change = _log(after) - _log(before)
    mean = log_mean(jnp.prod(after, axis=0), jnp.prod(before, axis=0), change.sum(axis=0))
    return mean * change


def kaya(
    persons: Array, output: Float[Array, " U"], energy: Float[Array, "U F"], co2: Float[Array, "U F"]
) -> Float[Array, "K U F"]:
    """(D4) the six ``FACTORS`` of emissions by user and fuel.

    Args:
        persons: number.
        output: by user, at constant prices.
        energy: by user and fuel.
        co2: the same, in the unit in which effects are wanted.
    """
    total, used = output.sum(), energy.sum(axis=1)
    parts = (
        persons,
        total / persons,
        (output / total)[:, None],
        _over(used, output)[:, None],
        _over(energy, used[:, None]),
        _over(co2, energy),
    )
    return jnp.stack([jnp.broadcast_to(p, co2.shape) for p in parts])


def _log(x: Array) -> Array:
    return jnp.log(jnp.where(x > 0, x, NEARLY))


def _over(a: Array, b: Array) -> Array:
    return jnp.where(b > 0, a / jnp.where(b > 0, b, 1.0), 0.0)
