r"""Taxes, grants, pensions, and who pays for a lever.

    (G1)  centre'  = sum of shared taxes + tariffs + carbon
    (G2)  grant[n] = grant0[n] I + a[n] (centre' - I centre0)             a sums to one
    (G3)  G[n]     = local taxes + public land income + grant[n] + I T[n]
    (G4)  pension per head b[n] = b0[n] * (rho sum W) / (sum_m b0[m] R60[m])     pay as you go over the nation
    (G5)  levy[n]  = own city's bill + the province's, the centre's bill by income + owners[n]
          owners[n] = (1 - local) omega[n] sum_m private[m] + local private[n]
    (G6)  T[n]     = transfer[n] - a[n] sum_m transfer[m]                 between governments; sums to zero

``I`` is the home consumer price, so that doubling every price doubles every amount. Levers are bought by their
payer and paid by the people who stand behind that payer: the residents of a city, a province or the nation, the
owners of capital, or the partners. Owners pay as they earn: by their shares where capital income is pooled over the
nation (K3), each for its own place, a partner's too, where capital is owned where it works (K4). A transfer between
governments takes from some what it gives to others; what a list of transfers doesn't balance itself is taken from all
as the centre shares its grants. Limits: one tax rate on income; no debt in a static year; owners abroad pay nothing of
private bills, home owners pay their part too.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

Home = Float[Array, " H"]
Switch = Float[Array, ""] | float


def grants(
    base: Home, weight: Home, centre: Float[Array, ""], centre0: Float[Array, ""], index: Float[Array, ""]
) -> Home:
    """(G2) what the centre passes to each home region's government."""
    return base * index + weight * (centre - index * centre0)


def transfers(transfer: Home, weight: Home, index: Float[Array, ""]) -> Home:
    """(G6) what each home region's government gets from others, at current prices; adds up to zero."""
    return index * (transfer - weight * jnp.sum(transfer))


def pensions(base: Home, pensioners: Home, contributions: Float[Array, ""]) -> Home:
    """(G4) pensions received in each home region; they add up to ``contributions``."""
    wanted = base * pensioners
    return wanted * (contributions / jnp.sum(wanted))


def levy(
    bill: Float[Array, "5 N"],
    income: Float[Array, " N"],
    province: Float[Array, "G H"],
    omega: Home,
    n_home: int,
    local: Switch,
) -> Float[Array, " N"]:
    """(G5) what the people of each region pay for the levers.

    Args:
        bill: cost by payer (centre, province, city, private, foreign) and place of the purchase.
        income: income by which the centre's, a province's and the partners' bills are shared.
        province: one where home region h belongs to province g.
        omega: share of each home region in the nation's capital, by which private bills are shared.
        local: 0 for capital income pooled over the nation, 1 for capital owned where it works, as in (K3, K4).
    """
    _, by_province, city, private, _ = bill
    total = bill.sum(axis=1)
    home_income = income[:n_home]
    owed, earned = province @ by_province[:n_home], province @ home_income
    home = (
        city[:n_home]
        + home_income * (province.T @ (owed / earned) + total[0] / jnp.sum(home_income))
        + (1.0 - local) * omega * total[3]
        + local * private[:n_home]
    )
    own = city + by_province + local * private
    outside = own[n_home:] + income[n_home:] / jnp.sum(income[n_home:]) * total[4]
    return jnp.concatenate([home, outside])
