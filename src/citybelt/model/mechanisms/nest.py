r"""A bundle of goods or inputs that replace each other at a constant elasticity.

With base-year shares ``s`` that sum to one, log price changes ``p`` and an elasticity ``sigma``,

    (X1)  P   = log( sum_k s_k exp((1-sigma) p_k) ) / (1-sigma)          price of the bundle
    (X2)  s_k' = s_k exp((1-sigma) (p_k - P))                            shares of spending

At ``sigma = 1`` both are exactly Cobb-Douglas: ``P = sum_k s_k p_k`` and ``s' = s``. (X1) is 0/0 there; written
around the mean ``m = sum_k s_k p_k``, with ``e = 1-sigma``, ``phi(x) = (exp(x)-1)/x`` and ``psi(x) = log(1+x)/x``,

    (X3)  P = m + y psi(e y),     y = sum_k s_k q_k phi(e q_k),     q_k = p_k - m

is smooth in prices and elasticity everywhere. Source: Arrow, Chenery, Minhas and Solow (1961) for the bundle.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

#: Below this both functions are read from their series, exact to the last digit there.
NEAR = 1e-3


def price(
    share: Float[Array, "*n k"], log_price: Float[Array, "*n k"], sigma: Float[Array, "*n"]
) -> Float[Array, "*n"]:
    """(X1, X3) log change of a bundle's price; the last axis is summed over.

    Args:
        share: base-year shares of spending, sum to one over the last axis.
        log_price: log change of each part's price.
        sigma: elasticity of substitution, of the other axes.
    """
    away = (1.0 - jnp.asarray(sigma))[..., None]
    mean = jnp.sum(share * log_price, axis=-1)
    beside = log_price - mean[..., None]
    y = jnp.sum(share * beside * _phi(away * beside), axis=-1)
    return mean + y * _psi(away[..., 0] * y)


def factor(
    log_price: Float[Array, "*n k"], log_bundle: Float[Array, "*n"], sigma: Float[Array, "*n"]
) -> Float[Array, "*n k"]:
    """(X2) by what each part's share of spending is multiplied."""
    return jnp.exp((1.0 - jnp.asarray(sigma))[..., None] * (log_price - log_bundle[..., None]))


def _phi(x: Array) -> Array:
    small = jnp.abs(x) < NEAR
    safe = jnp.where(small, 1.0, x)
    series = 1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0)))
    return jnp.where(small, series, jnp.expm1(safe) / safe)


def _psi(x: Array) -> Array:
    small = jnp.abs(x) < NEAR
    safe = jnp.where(small, 1.0, x)
    series = 1.0 - x * (1.0 / 2.0 - x * (1.0 / 3.0 - x * (1.0 / 4.0 - x * (1.0 / 5.0 - x / 6.0))))
    return jnp.where(small, series, jnp.log1p(safe) / safe)
