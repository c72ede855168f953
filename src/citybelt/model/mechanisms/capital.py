r"""Where capital works and who earns its return.

    (K1)  r[n] = RK[n] / K[n]            capital fixed by place
    (K2)  r    = sum_n RK[n] / sum_n K   capital free between home regions; partners keep their own
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


def fixed_by_place(income: Region, base_income: Region, log_K: Region, n_home: int) -> Region:
    """(K1) log change of the return."""
    return jnp.log(income / base_income) - log_K


def mobile_at_home(income: Region, base_income: Region, log_K: Region, n_home: int) -> Region:
    """(K2) log change of the return: one for all home regions, each partner its own."""
    stock = jnp.sum(base_income[:n_home] * jnp.exp(log_K[:n_home]))
    home = jnp.log(jnp.sum(income[:n_home]) / stock)
    own = jnp.log(income / base_income) - log_K
    return jnp.where(jnp.arange(income.shape[0]) < n_home, home, own)


def pooled(owned_at_home: Home, omega: Home) -> Home:
    """(K3) property income received by each home region."""
    return omega * jnp.sum(owned_at_home)


def local(owned_at_home: Home, omega: Home) -> Home:
    """(K4) property income received by each home region."""
    return owned_at_home
