r"""Investors who look ahead: what they save of capital's return when they know the returns to come.

    (V1)  R[t]        = 1 - delta + r[t] / p[t]
    (V2)  1/s[t]      = 1 + beta^psi ( R[t+1]^((psi-1)/psi) s[t+1]^(-1/psi) )^psi
                      = 1 + beta^psi R[t+1]^(psi-1) / s[t+1]
    (V3)  s           = 1 - beta^psi R^(psi-1)                      where R stays, as after the last year
    (V4)  K[t+1]      = (1 - s[t]) R[t] K[t],    c[t] = s[t] R[t] K[t]

``s`` is the share of wealth consumed, ``psi`` the elasticity of intertemporal substitution, ``beta`` the discount
factor. With ``psi = 1`` the share is ``1 - beta`` whatever comes: ``K[t+1] = beta R[t] K[t]``. (V2) is the Euler
equation ``c[t+1] = (beta R[t+1])^psi c[t]`` with (V4). Source: Kleinman, Liu and Redding (2023). Limits: capital is
owned and invested where it works; returns are known with certainty.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from citybelt.errors import InputError

Number = Float[Array, ""] | float


def gross_return(rental: Array, price: Array, delta: Array | float) -> Array:
    """(V1) what a unit of capital is worth a year on, with its earnings, per unit of what it costs."""
    return 1.0 - delta + rental / price


def steady_share(R: Array, beta: Number, psi: Number) -> Array:
    """(V3) share of wealth consumed when the gross return stays at ``R``; positive only where wealth has a value."""
    return 1.0 - beta**psi * R ** (psi - 1.0)


def consumed(R: Float[Array, "T ..."], beta: Number, psi: Number) -> Float[Array, "T ..."]:
    """(V2, V3) share of wealth consumed in each year when the returns ``R`` of all years are known.

    Args:
        R: gross returns; that of the last year lasts for ever.
        beta: discount factor.
        psi: elasticity of intertemporal substitution.
    """
    last = steady_share(R[-1], beta, psi)

    def earlier(later: Array, ahead: Array) -> tuple[Array, Array]:
        now = 1.0 / (1.0 + beta**psi * ahead ** (psi - 1.0) / later)
        return now, now

    _, shares = jax.lax.scan(earlier, last, R[1:], reverse=True)
    return jnp.concatenate([shares, last[None]])


def wealth(
    start: Float[Array, " ..."], R: Float[Array, "T ..."], share: Float[Array, "T ..."]
) -> Float[Array, "U ..."]:
    """(V4) capital at the start of each year and after the last; U = T + 1."""
    steps = jnp.cumsum(jnp.log1p(-share) + jnp.log(R), axis=0)
    return start * jnp.exp(jnp.concatenate([jnp.zeros_like(steps[:1]), steps]))


def check(R: Array, beta: float, psi: float) -> None:
    """Refuse returns at which putting off consumption for ever would be best.

    Raises:
        InputError: the share consumed in the long run is not positive.
    """
    if not bool(jnp.all(steady_share(R, beta, psi) > 0)):
        raise InputError("discount factor and last return leave nothing to consume: lower one of them")
