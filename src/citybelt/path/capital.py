r"""Capital through time: what a year invests, where, in which sector, and what wear leaves of it.

    (C1)  K[n,j]   = RK[n,j] / (rho + delta[j])                            base year: income over the user cost
    (C2)  I0[n,j]  = K[n,j] (delta[j] + g[n]),   sum_j I0[n,j] = I0[n]      all capital of a place grows alike at first
    (C3)  s'[n,j]  = s[n,j] Khat[n,j] (rhat[n,j] / qhat[n])^zeta / sum      s = I0 over the nation's investment
    (C4)  log w[n,j] = log s[n,j] - log K[n,j] - zeta log( (rho + delta[j]) / mean )      the wedge that (C3) keeps
    (C5)  weight[n] = log sum_j s[n,j] Khat (rhat/qhat)^zeta - log sum_j s[n,j]
    (C6)  I[n,j]   = I[n] s'[n,j] / sum_k s'[n,k]
    (C7)  K'[n,j]  = (1 - delta[j]) K[n,j] + I[n,j] / q[n]
    (C8)  f'[n,j]  = ( (1 - delta[j]) f[n,j] K[n,j] + F[n,j] / q[n] ) / K'[n,j]           share owned abroad

    (C9)  e[t]     = log (1-b) sum_{s>0} b^(s-1) rhat[t+s]/qhat[t+s],   b = (1-delta) / (1+rho)

where investors foresee, in place of ``rhat/qhat`` (Tobin 1969: what capital is worth over what it costs).
``K`` is counted at base-year prices of investment goods, ``q`` is their price as a change, ``r`` the income of a unit
of capital. Savers put their money where it has gone before, and the more the better it pays: ``zeta`` is the
elasticity. The wedge stands for whatever made the base year's investment differ from returns (law, banks, habit);
exact hats keep it without measuring it, and (C4) shows it relative to the mean where the net return is one number.
Foreign investment ``F`` is a given total spread by (C3) with shares of its own; it is part of all investment and
changes who owns. Sources: form of (C3) as in the portfolio shares of Pellegrino, Spolaore and Wacziarg (2025);
capital by place and sector as in Kleinman, Liu and Redding (2023). Limits: the base year's stocks rest on one net
return.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.errors import InputError

Cell = Float[Array, "R J"]
Place = Float[Array, " R"]
Sector = Float[Array, " J"]
Number = Float[Array, ""] | float


def stock(income: Cell, delta: Sector, net_return: Number) -> Cell:
    """(C1) capital in billions at base-year prices from its yearly ``income`` in billions."""
    return income / (net_return + delta)


def invested(capital: np.ndarray, delta: np.ndarray, by_place: np.ndarray) -> np.ndarray:
    """(C2) investment of the base year by place and sector, billions.

    Args:
        capital: stocks [R, J], billions.
        delta: depreciation [J] a year.
        by_place: investment [R], billions.

    Raises:
        InputError: a place invests so little that one of its sectors would have to sell capital.
    """
    growth = (by_place - capital @ delta) / capital.sum(axis=1)
    out = capital * (delta + growth[:, None])
    if (out < 0).any():
        raise InputError(
            f"{int((out < 0).any(axis=1).sum())} places invest less than their slowest wear: use one depreciation rate"
        )
    return out


def log_return(income: Cell, base_income: Cell, log_K: Cell) -> Cell:
    """Log change of what a unit of capital earns; a sector without capital earns what it did."""
    earns = base_income > 0
    return jnp.where(earns, jnp.log(jnp.where(earns, income, 1.0) / jnp.where(earns, base_income, 1.0)), 0.0) - log_K


def spread(share: Cell, log_K: Cell, log_return: Cell, zeta: Number) -> Cell:
    """(C3) share of each place and sector in the nation's investment; sums to one.

    Args:
        share: the same in the base year.
        log_K, log_return: log changes of capital, and of what it earns over its price.
        zeta: elasticity of investment to returns.
    """
    pull = _pull(share, log_K, log_return, zeta)
    return pull / jnp.sum(pull)


def wedges(share: Cell, capital: Cell, delta: Sector, net_return: Number, zeta: Number) -> Cell:
    """(C4) log wedge of each place and sector against the capital-weighted mean; zero where there is no capital."""
    held = capital > 0
    weight = capital / jnp.sum(capital)
    user_cost = jnp.log(net_return + delta)
    safe = jnp.log(jnp.where(held, share, 1.0) / jnp.where(held, weight, 1.0))
    log_w = jnp.where(held, safe - zeta * user_cost, 0.0)
    return jnp.where(held, log_w - jnp.sum(weight * log_w), 0.0)


def place_weight(share: Cell, log_K: Cell, log_return: Cell, zeta: Number) -> Place:
    """(C5) log change of each place's weight in the nation's investment: ``Shock.log_I``."""
    return jnp.log(jnp.sum(_pull(share, log_K, log_return, zeta), axis=1) / jnp.sum(share, axis=1))


def ahead(log_return: Float[Array, "T N J"], discount: Sector) -> Float[Array, "T N J"]:
    """(C9) log of what capital bought in each year will earn from the next year on, relative to the base year.

    Args:
        log_return: log change of what capital earns over its price in each year; that of the last lasts for ever.
        discount: b, what wear leaves of a unit a year later, discounted.
    """
    earned = jnp.exp(log_return)

    def earlier(later, next_year):
        now = (1.0 - discount) * next_year + discount * later
        return now, now

    _, worth = jax.lax.scan(earlier, earned[-1], earned[1:], reverse=True)
    return jnp.log(jnp.concatenate([worth, earned[-1:]]))


def split(investment: Place, share: Cell, log_K: Cell, log_return: Cell, zeta: Number) -> Cell:
    """(C6) what each sector of a place gets of the place's ``investment``, billions."""
    pull = _pull(share, log_K, log_return, zeta)
    return investment[:, None] * pull / jnp.sum(pull, axis=1, keepdims=True)


def grow(log_K: Cell, capital: Cell, investment: Cell, log_q: Place, delta: Sector, trend: Number | Cell = 0.0) -> Cell:
    """(C7) next year's capital.

    Args:
        log_K: log change of capital since the base year.
        capital: capital of the base year, billions.
        investment: of this year by place and sector, billions at this year's prices.
        log_q: log change of the price of investment goods.
        delta: depreciation a year.
        trend: log growth a year of the path to which ``log_K`` is relative; zero for changes since the base year.

    Returns:
        ``log_K`` of the next year. Cells without capital stay at zero.
    """
    held = capital > 0
    now = jnp.where(held, capital, 1.0) * jnp.exp(log_K + log_q[:, None])
    factor = 1.0 - delta + jnp.where(held, investment, 0.0) / now
    return jnp.where(held, log_K + jnp.log(factor) - trend, 0.0)


def foreign(owned: Cell, log_K: Cell, later_K: Cell, capital: Cell, inflow: Cell, log_q: Place, delta: Sector) -> Cell:
    """(C8) share of capital owned abroad next year.

    Args:
        owned: the same this year.
        log_K, later_K: log change of capital since the base year, this year and next.
        capital: capital of the base year, billions.
        inflow: foreign direct investment by place and sector, billions at this year's prices.
        log_q: log change of the price of investment goods.
        delta: depreciation a year.
    """
    held = capital > 0
    safe = jnp.where(held, capital, 1.0)
    kept = (1.0 - delta) * owned * jnp.exp(log_K) + inflow * jnp.exp(-log_q)[:, None] / safe
    return jnp.where(held, kept * jnp.exp(-later_K), 0.0)


def owned_abroad(owned: Cell, income: Cell) -> Place:
    """Share of a place's capital income that leaves: ``Base.owned_abroad`` of a year."""
    return jnp.sum(owned * income, axis=1) / jnp.sum(income, axis=1)


def _pull(share: Cell, log_K: Cell, log_return: Cell, zeta: Number) -> Cell:
    return share * jnp.exp(log_K + zeta * log_return)
