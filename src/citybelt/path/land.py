r"""Land for building and houses, which follow prices with a lag.

    (L1)  l'[n] = l[n] + speed ( supply (q[n] - k[n]) - l[n] )                    log change of building land
    (L2)  H'    = (1 - wear) H + wear H0 exp( eta (q - k) )                       houses

``q`` is the log change of the rent, ``k`` that of the cost of building, ``supply`` the long-run elasticity of land,
``speed`` the share of the gap closed in a year, ``eta`` the long-run elasticity of houses, ``wear`` the share lost and
rebuilt in a year. Steady states: ``l = supply (q - k)``, ``H = H0 exp(eta (q - k))``. The static equilibrium lets
houses follow the rent at once at ``eta`` of ``elasticities.csv``; a path holds them within the year and hands the same
``eta`` to (L2), and (L1) as the land of sectors that stand on building land. Sources: Saiz (2010) for elasticities;
Glaeser and Gyourko (2005) for houses. Limits: one kind of house; what is built costs nothing beyond the base year's
investment; farms are so much larger than towns that what they lose is not counted.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

Place = Float[Array, " R"]
Cell = Float[Array, "R J"]
Number = Float[Array, ""] | float


def land(log_land: Place, log_rent: Place, log_cost: Place, supply: Number, speed: Number) -> Place:
    """(L1) log change of building land next year."""
    return log_land + speed * (supply * (log_rent - log_cost) - log_land)


def log_rent(income: Cell, base_income: Cell, log_H: Cell, built: Float[Array, " J"]) -> Place:
    """Log change of the rent of building land: what sectors on it pay over the land there is.

    Args:
        income, base_income: of land by place and sector, this year and in the base year.
        log_H: log change of the land of each sector, levers included.
        built: 1 where a sector stands on building land.
    """
    before = jnp.sum(base_income * jnp.exp(log_H) * built, axis=1)
    held = before > 0
    now = jnp.sum(income * built, axis=1)
    return jnp.where(held, jnp.log(jnp.where(held, now, 1.0) / jnp.where(held, before, 1.0)), 0.0)


def houses(log_H: Place, log_rent: Place, log_cost: Place, eta: Number, wear: Number) -> Place:
    """(L2) log change of houses next year."""
    return jnp.log((1.0 - wear) * jnp.exp(log_H) + wear * jnp.exp(eta * (log_rent - log_cost)))
