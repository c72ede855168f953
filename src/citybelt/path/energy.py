r"""Energy and CO2 through time: which fuels users burn, which plants make power, what is emitted.

    (N1)  s'[u,f] = s[u,f] exp( lean[f] - sigma log p[f] ) / sum_f ...              mix of fuels of a user
    (N2)  E[u,f]  = s'[u,f] E0[u] bought[u] exp( -saving years )                    energy used
    (N3)  D       = sum_u E[u,power] / (1 - sent)                                   power to be made
    (N4)  kept[c] = K[c] (1 - 1/life[c])                                            plants by carrier
          added[c] = m[c] max( D - sum_c yield[c] kept[c], 0 ) / yield[c]
          m[c]    = m0[c] (cost[c]/cost0[c])^(-mu) / sum_c ...
    (N5)  G[c]    = yield[c] K[c] min(1, D / sum of those without fuel)             wind, sun, water, atoms run first
          G[c]    = yield[c] K[c] (D - sum of the others) / sum of those with fuel
    (N6)  CO2     = sum_{u,f} e[f] E[u,f] + sum_c e[c] G[c]           processes and sinks are counted beside it
    (N7)  price[c] = sum_r p[r] CO2[r,f(c)] / sum_r CO2[r,f(c)]       carbon, as plants of a kind pay it

What users of power use includes what is lost on its way and what plants use themselves, as it does in the published
consumption of provinces; ``sent`` is what is left of power made: net exports, and what two statistics differ by.

Users are sectors of places and households; ``p`` are log changes of what they pay for a fuel, carbon included.
``bought`` is what the equilibrium buys of energy, at its prices, relative to the base year (burnt.py). Costs of plants
fall by learning.py. Nothing is lost: shares sum to one and power made is power needed. What is saved on a fuel is spent
on what replaces it, so the value of inputs stays. Sources: Stern (2012) for (N1); Wright's law for costs. Limits: one
power market; a year is one hour, so storage stands only in the yields and costs handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.path import learning

Number = Float[Array, ""] | float
User = Float[Array, "R U F"]
Carrier = Float[Array, " C"]


class Energy(eqx.Module):
    """What stays the same through a path. R places, U users in a place, F fuels of which one is power, C carriers."""

    used: User  # of the base year, in TWh
    emits: Float[Array, " F"]  # Mt per TWh burnt; zero for power
    power: Float[Array, " F"]  # 1 for power, 0 for what is burnt
    sigma: Number  # elasticity of the mix of fuels
    lean: Float[Array, " F"]  # drift of the mix a year, for example to power
    saving: Number  # of energy bought, a year
    sent: Number  # share of power made that no user at home is counted with
    yields: Carrier  # TWh a year per GW
    life: Carrier  # years
    carbon: Carrier  # Mt per TWh made
    fuelled: Carrier  # 1 where a plant burns fuel, 0 where it runs whenever it can
    mix: Carrier  # m0, of what was added around the base year
    cost: Carrier  # of a unit of power in the base year, carbon apart
    falls: Carrier  # share of that cost that falls with learning
    rate: Carrier  # learning rate
    built: Carrier  # all that was ever built by the base year, GW
    mu: Number  # elasticity of additions to cost


class Plants(NamedTuple):
    """What is handed from year to year, in GW."""

    standing: Carrier
    built: Carrier


class EnergyYear(NamedTuple):
    """What a year uses and emits."""

    used: User  # TWh
    mix: User  # share of fuels
    made: Carrier  # TWh of power
    needed: Array  # TWh of power
    added: Carrier  # GW
    cost: Carrier  # of a unit of power, carbon included
    burnt: User  # Mt of CO2, power apart
    power_co2: Carrier  # Mt of CO2

    @property
    def co2(self) -> Array:
        """Mt of CO2 of all fuels."""
        return self.burnt.sum() + self.power_co2.sum()


def mix(e: Energy, log_price: Float[Array, "R F"] | Float[Array, "R U F"], years: Number) -> User:
    """(N1) shares of fuels of each user; those of the base year where nothing has changed."""
    price = log_price if jnp.ndim(log_price) == 3 else log_price[:, None, :]
    pull = e.used * jnp.exp(e.lean * years - e.sigma * price)
    return pull / _no_less(pull.sum(axis=2, keepdims=True))


def use(e: Energy, share: User, bought: Float[Array, "R U"], years: Number) -> User:
    """(N2) energy used, TWh; ``bought`` relative to the base year."""
    return share * (e.used.sum(axis=2) * bought * jnp.exp(-e.saving * years))[:, :, None]


def costs(e: Energy, plants: Plants, carbon: Carrier | Number) -> Carrier:
    """Cost of a unit of power from a new plant, in the unit of ``cost``; ``carbon`` price per Mt in it."""
    fallen = learning.cost(e.cost * e.falls, plants.built, e.built, e.rate)
    return fallen + e.cost * (1.0 - e.falls) + carbon * e.carbon


def paid(carbon: Float[Array, " R"], burnt: Float[Array, "R F"], fuel_of: Sequence[int]) -> Carrier:
    """(N7) the price of carbon that plants of each kind pay.

    Args:
        carbon: price by place.
        burnt: what plants burn of each fuel by place, Mt of CO2.
        fuel_of: the fuel of each carrier; below zero for none, which pays nothing.
    """
    total = burnt.sum(axis=0)
    by_fuel = carbon @ burnt / _no_less(total)
    return jnp.stack([by_fuel[f] if f >= 0 else jnp.zeros(()) for f in fuel_of])


def start(e: Energy, made: Carrier) -> Plants:
    """Plants of the base year from what they made, TWh."""
    return Plants(made / e.yields, e.built)


def supply(e: Energy, plants: Plants, needed: Array, carbon: Carrier | Number, abroad: Carrier | float = 0.0):
    """(N4, N5) plants of the next year, what they make of ``needed`` TWh, what was added and the costs.

    Args:
        e, plants: what stays the same, and plants at the end of the last year.
        needed: TWh of power.
        carbon: price of carbon, of all carriers or of each.
        abroad: GW added in the rest of the world, from which costs are learnt too.
    """
    kept = plants.standing * (1.0 - 1.0 / e.life)
    price = costs(e, plants, carbon)
    chosen = e.mix * (price / e.cost) ** -e.mu
    short = jnp.maximum(needed - jnp.sum(kept * e.yields), 0.0)
    added = chosen / chosen.sum() * short / e.yields
    standing = kept + added
    able = standing * e.yields
    free, fuelled = able * (1.0 - e.fuelled), able * e.fuelled
    first = free * jnp.minimum(1.0, needed / _no_less(free.sum()))
    made = first + fuelled * jnp.maximum(needed - first.sum(), 0.0) / _no_less(fuelled.sum())
    return Plants(standing, plants.built + added + abroad), made, added, price


def step(
    e: Energy,
    plants: Plants,
    log_price: Array,
    bought: Array,
    years: Number,
    carbon: Carrier | Number = 0.0,
    abroad: Carrier | float = 0.0,
) -> tuple[Plants, EnergyYear]:
    """(N1) to (N6) one year.

    Args:
        e: what stays the same.
        plants: at the end of the year before.
        log_price: log change of what fuels cost users, carbon included, [R, F] or [R, U, F].
        bought: energy that users buy relative to the base year, [R, U], saving apart.
        years: since the base year.
        carbon: price of carbon for power, in the unit of ``cost`` times TWh per Mt.
        abroad: GW of plants added in the rest of the world.
    """
    share = mix(e, log_price, years)
    used = use(e, share, bought, years)
    needed = jnp.sum(used * e.power) / (1.0 - e.sent)
    after, made, added, price = supply(e, plants, needed, carbon, abroad)
    return after, EnergyYear(used, share, made, needed, added, price, used * e.emits, made * e.carbon)


def emission(
    factor: Float[Array, "N J"], log_change: Float[Array, "R F"], products: Sequence[int]
) -> Float[Array, "N J"]:
    """``Base.emission`` of a year: ``factor`` of the base year with its log change on the product of each fuel."""
    places = jnp.arange(log_change.shape[0])[:, None]
    return factor.at[places, jnp.asarray(list(products))].multiply(jnp.exp(log_change), unique_indices=True)


def peak_year(years: Array | np.ndarray, co2: Array | np.ndarray) -> int:
    """The year in which emissions are highest; the first of several."""
    return int(years[int(jnp.argmax(jnp.asarray(co2)))])


def neutral_year(years: Array | np.ndarray, co2: Array | np.ndarray, sinks: Array | float = 0.0) -> float | None:
    """The time from which emissions stay within ``sinks``, straight lines between years; None where they never do."""
    net = jnp.asarray(co2) - sinks
    above = jnp.flatnonzero(net > 0)
    if not len(above):
        return float(years[0])
    last = int(above[-1])
    if last + 1 == len(net):
        return None
    return float(years[last] + (years[last + 1] - years[last]) * net[last] / (net[last] - net[last + 1]))


def _no_less(x: Array) -> Array:
    return jnp.where(x > 0, x, 1.0)
