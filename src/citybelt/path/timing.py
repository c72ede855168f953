r"""When a lever is paid for, and when it works.

A scenario through time says to which value ``v[t]`` a lever has been begun by year ``t``. It works when it is built,
and is paid for as it is spent, not as a yearly payment with interest:

    (T1)  works[t]  = v[t - B]                              B years of building and of waiting; zero before the first
    (T2)  spent[t]  = sum_{k<B} max(0, K(v[t-k]) - K(v[t-k-1])) / B  +  running(r[t])

``K`` is the undiscounted cost of what is built; an addition is spent evenly over its B years, and what is given up
pays nothing back. ``running`` is upkeep and what a lever costs a year anyhow: of what is built once it works
(``r = works``), of a yearly expense from its first year, since that is what brings it about (``r = v``). All spending
on building adds up to ``K`` of the value reached: nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.scenario.levers import bend

if TYPE_CHECKING:
    from citybelt.scenario.levers import Lever


def years_to_build(lever: Lever) -> int:
    """B of (T1): whole years from the first spending until the lever works; at least one where anything is built."""
    lag = max(lever.card.lag_years, lever.card.build_years or 0.0)
    return max(int(np.ceil(lag)), 1 if lever.capital else 0)


def working(levers: Sequence[Lever], values: Float[Array, "T L"]) -> Float[Array, "T L"]:
    """(T1) the value at which each lever works in each year, from the value to which it has been begun."""
    return jnp.stack([_later(values[:, k], years_to_build(lever)) for k, lever in enumerate(levers)], axis=1)


def responses(levers: Sequence[Lever], values: Float[Array, "T L"]) -> Float[Array, "T L"]:
    """What multiplies the direction of each lever in each year, at central effects."""
    at = working(levers, values)
    return jnp.stack([lever.response(at[:, k]) for k, lever in enumerate(levers)], axis=1)


def spending(levers: Sequence[Lever], values: Float[Array, "T L"]) -> Float[Array, "T L"]:
    """(T2) what each lever takes in each year, billions at base-year prices."""
    at, paid = working(levers, values), []
    for k, lever in enumerate(levers):
        bent = lambda v, lever=lever: bend(v, lever.charge_scale, lever.charge[1])  # noqa: E731
        running = lever.running * bent(at[:, k] if lever.capital else values[:, k])
        if lever.capital:
            built = lever.capital * bent(values[:, k])
            added = jnp.maximum(jnp.diff(built, prepend=0.0), 0.0)
            years = years_to_build(lever)
            running = running + sum(_later(added, back) for back in range(years)) / years
        paid.append(running)
    return jnp.stack(paid, axis=1)


def _later(values: Array, years: int) -> Array:
    """The values of some years ago, zero before the first."""
    return values if not years else jnp.concatenate([jnp.zeros(min(years, len(values))), values[:-years]])
