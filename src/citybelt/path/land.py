r"""Land for building and houses, which follow prices with a lag.

    (L1)  l'[n] = l[n] + speed ( supply (q[n] - k[n]) - l[n] )                    log change of building land
    (L2)  H'    = (1 - wear) H + wear H0 exp( eta (q - k) )                       houses

``q`` is the log change of the rent, ``k`` that of the cost of building, ``supply`` the long-run elasticity of land,
``speed`` the share of the gap closed in a year, ``eta`` the long-run elasticity of houses, ``wear`` the share lost and
rebuilt in a year. Steady states: ``l = supply (q - k)``, ``H = H0 exp(eta (q - k))``. The static equilibrium lets
houses follow the rent at once at its own ``eta``; a path may hand it (L1) as the land under them (``log_Hres``), or
set that ``eta`` to zero and hand it (L2). Sources: Saiz (2010) for elasticities; Glaeser and Gyourko (2005) for houses.
Limits: one kind of house; what is built costs nothing beyond the base year's investment.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

Place = Float[Array, " R"]
Number = Float[Array, ""] | float


def land(log_land: Place, log_rent: Place, log_cost: Place, supply: Number, speed: Number) -> Place:
    """(L1) log change of building land next year."""
    return log_land + speed * (supply * (log_rent - log_cost) - log_land)


def houses(log_H: Place, log_rent: Place, log_cost: Place, eta: Number, wear: Number) -> Place:
    """(L2) log change of houses next year."""
    return jnp.log((1.0 - wear) * jnp.exp(log_H) + wear * jnp.exp(eta * (log_rent - log_cost)))
