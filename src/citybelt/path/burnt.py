r"""Between the equilibrium and the law of energy: which fuels are bought, and what CO2 comes of them.

    (F1)  log X[u,f]   = log spent[u] - log p[f]                     what user u buys of fuel f, in fixed shares
    (F2)  bought[u]    = sum_f E0[u,f] X[u,f] / sum_f E0[u,f]        energy bought, for (N2) of energy
    (F3)  CO2[r,f]     = sum_u e[f] E[r,u,f] + G[f] M[r,f] / sum_r M[r,f],      M[r,f] = CO2_0[r,maker,f] X[r,maker,f]
    (F4)  factor[r,f]  = CO2[r,f] / CO2_0[r,f] / ( X[r,f] / X_0[r,f] )
    (F5)  on fuels     = (F4) with G[f] / sum_r M0[r,f] in place of G[f] / sum_r M[r,f],   M0 at prices without carbon
    (F6)  on power     = ( CO2[r] by (F4) - CO2[r] by (F5) ) / power made in r

``G[f]`` is what all plants of fuel f emit, in one market; places share it by what their makers of power buy. With (F4)
the equilibrium emits from fuels what the law says, place by place: what makers buy less of at a dearer fuel is in ``X``
and isn't taken off a second time. The price of carbon is charged on (F5) and (F6) of the year before, together on all
that is emitted. On fuel alone makers can't be charged for all: spending on it is a fixed share of their costs, which
they would have to cut one for one with its price, while plants burn what the power needs. So (F5) charges fuel as if
they cut it, and (F6) the rest on power as it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from citybelt.path import energy

if TYPE_CHECKING:
    from citybelt.model.accounts import Base
    from citybelt.model.spatial import Accounts
    from citybelt.path.march import Power


class Bought(NamedTuple):
    """Log changes since the base year of home regions; R places, U users, F fuels."""

    spent: Float[Array, "R U"]  # by users on fuels
    paid: Float[Array, "R F"]  # price with carbon
    price: Float[Array, "R F"]  # without
    fuels: Float[Array, "R F"]  # all that is bought of a fuel

    @property
    def by_user(self) -> Float[Array, "R U F"]:
        """(F1)"""
        return self.spent[:, :, None] - self.paid[:, None, :]


def bought(b: Base, accounts: Accounts, products: tuple[int, ...]) -> Bought:
    """What the equilibrium buys of the products that are fuels."""
    h, at = b.n_home, jnp.asarray(products)
    inputs = jnp.log(accounts.net * accounts.output / b.output)[:h]
    eaten = jnp.log(accounts.consumption / b.consumption)[:h]
    volume = accounts.use * jnp.exp(-accounts.log_user)
    some = b.spending > 0
    fuels = jnp.log(jnp.where(some, volume, 1.0) / jnp.where(some, b.spending, 1.0))
    of = lambda x: x[:h][:, at]  # noqa: E731
    spent = jnp.concatenate([inputs, eaten[:, None]], axis=1)
    return Bought(spent, of(accounts.log_user), of(accounts.log_price), of(fuels))


def energy_bought(used: Float[Array, "R U F"], x: Bought) -> Float[Array, "R U"]:
    """(F2) relative to the base year; one for users of none."""
    total = used.sum(axis=2)
    none = total == 0
    return jnp.where(none, 1.0, jnp.sum(used * jnp.exp(x.by_user), axis=2) / jnp.where(none, 1.0, total))


def makers(w: Power, x: Bought, log_price: Float[Array, "R F"]) -> Float[Array, "R F"]:
    """(F3) M, Mt of CO2 of the fuel that makers of power buy at a price."""
    maker = w.products[-1]
    return w.co2[:, maker] * jnp.exp(x.spent[:, maker, None] - log_price)


def plants(w: Power, made: Float[Array, " C"]) -> Float[Array, " F"]:
    """(F3) G, Mt of CO2 of all plants by fuel, relative to the base year's; one where a fuel has no plants."""
    fired = jnp.asarray([[f == g for g in w.fuel_of] for f in range(len(w.products))], float)
    before, now = fired @ (w.law.carbon * w.made), fired @ (w.law.carbon * made)
    return jnp.where(before > 0, now / jnp.where(before > 0, before, 1.0), 1.0)


def log_factors(w: Power, used: energy.EnergyYear, x: Bought) -> tuple[Float[Array, "R F"], Float[Array, "R F"]]:
    """(F4, F5) log change of CO2 per unit of each fuel bought: as it is, and as fuels of the next year are charged.

    Args:
        w: who burns what in the base year.
        used: what the year uses and makes.
        x: what its equilibrium buys.
    """
    maker, law = w.products[-1], w.law
    first = law.used * law.emits
    grown = jnp.where(first > 0, used.burnt / jnp.where(first > 0, first, 1.0), jnp.exp(x.by_user))
    others = jnp.sum((w.co2 * grown).at[:, maker].set(0.0), axis=1)
    emitted = plants(w, used.made) * w.co2[:, maker].sum(axis=0)
    share = makers(w, x, x.paid)
    before = w.co2.sum(axis=1)

    def factor(all_buy: Array) -> Array:
        of_plants = emitted * share / jnp.where(all_buy > 0, all_buy, 1.0)
        now = others + of_plants
        held = (before > 0) & (now > 0)
        return jnp.where(held, jnp.log(jnp.where(held, now, 1.0) / jnp.where(held, before, 1.0)) - x.fuels, 0.0)

    return factor(share.sum(axis=0)), factor(makers(w, x, x.price).sum(axis=0))


def on_power(rest: Float[Array, " R"], made: Float[Array, " R"]) -> Float[Array, " R"]:
    """(F6) Mt per billion of power: what its makers' fuels were not charged for, over the power made."""
    return jnp.where(made > 0, rest / jnp.where(made > 0, made, 1.0), 0.0)


def first(w: Power, standing: energy.Plants) -> Float[Array, "R F"]:
    """(F5) with which a path begins: that of its first year, were nothing bought or paid otherwise; (F6) is zero."""
    r, u, f = w.co2.shape
    none = jnp.zeros((r, f))
    _, used = energy.step(w.law, standing, none, jnp.ones((r, u)), 1.0, 0.0, w.abroad)
    return log_factors(w, used, Bought(jnp.zeros((r, u)), none, none, none))[1]
