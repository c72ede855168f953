r"""Where capital works and who earns its return.

    (K1)  r[n] = RK[n] / K[n]            capital fixed by place
    (K2)  r    = sum_n RK[n] / sum_n K   capital free between home regions; partners keep their own
    (K5)  r[n,j] = RK[n,j] / K[n,j]      capital that stays in its sector: its return is known from its sales
    (K3)  property[n] = omega[n] * sum_m (1 - f[m]) RK[m]         owned in a national pool
    (K4)  property[n] = (1 - f[n]) RK[n]                          owned where it works

``RK`` is capital income, ``f`` the share owned abroad. Who owns capital decides who gains more than any trade
elasticity does, so it is a named closure. Sources: Caliendo, Parro, Rossi-Hansberg and Sarte (2018) for the
pool; Kleinman, Liu and Redding (2023) for capital by place.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

Region = Float[Array, " N"]
Home = Float[Array, " H"]
Switch = Float[Array, ""] | float


def log_return(income: Region, base_income: Region, log_K: Region, n_home: int, mobile: Switch) -> Region:
    """(K1, K2) log change of the return on capital; ``mobile`` is 0 for (K1), 1 for (K2)."""
    by_place = jnp.log(income / base_income) - log_K
    stock = jnp.sum(base_income[:n_home] * jnp.exp(log_K[:n_home]))
    at_home = jnp.arange(income.shape[0]) < n_home
    one = jnp.where(at_home, jnp.log(jnp.sum(income[:n_home]) / stock), by_place)
    return by_place + mobile * (one - by_place)


def by_sector(
    log_rental: Region, log_sales: Float[Array, "N J"], log_K: Region, log_Kj: Float[Array, "N J"], specific: Switch
) -> Float[Array, "N J"]:
    """(K5) log change of the return on the capital of each sector; ``specific`` is 0 for one return in a place."""
    in_place = log_rental[:, None]
    return in_place + specific * (log_sales - log_K[:, None] - log_Kj - in_place)


def property_income(owned_at_home: Home, omega: Home, local: Switch) -> Home:
    """(K3, K4) property income received by each home region; ``local`` is 0 for (K3), 1 for (K4)."""
    pooled = omega * jnp.sum(owned_at_home)
    return pooled + local * (owned_at_home - pooled)
