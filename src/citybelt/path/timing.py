r"""When a lever is paid for, when it works, and what it adds to stocks.

A scenario through time says to which value ``v[t]`` a lever has been begun by year ``t``. It works when it is built,
and is paid for as it is spent, not as a yearly payment with interest:

    (T1)  works[t]  = v[t - B]                              B years of building and of waiting; zero before the first
    (T2)  built[t]  = sum_{k<B} b[t-k] / B,                 spent[t] = built[t] + running(r[t])
          b[t]      = max(0, K(v[t]) - K(v[t-1])) + b[t-L]            begun, and begun again at the end of a life L
    (T3)  effect[t] = response(works[t])                    but of what a year's spending brings that lasts T years
          effect[t] = sum_{k<T} response(works[t-k]) / D(T),   D(T) = (1 - (1+r)^-T) / r
    (T4)  research[n,t] = share[n] running(r[t])            in place of the productivity of one equilibrium

``K`` is the undiscounted cost of what is built; an addition is spent evenly over its B years, and what is given up
pays nothing back. ``running`` is upkeep and what a lever costs a year anyhow: of what is built once it works
(``r = works``), of a yearly expense from its first year, since that is what brings it about (``r = v``). All spending
on building adds up to ``K`` of the value reached, and once more for every life ``L`` of it that has ended, unless the
lever is given up by then: at the rate of interest that is worth the static lever's yearly payments. A centre that is
built for research adds to knowledge once it works, by what it spends a year, and buys other things while it is built.

In one equilibrium the effect of training is that of one year's trainees times ``D(T)``, the discounted years for which
they work with it. On a path (T3) they do so year by year, and those of T years at once at most: discounted, the path's
effects of one year of training are the static lever's. Where schools are built first, those who sit in them work with
what they learnt from the next year on. Research adds to knowledge (A1 of technology.py), which others learn and which
wears. Limits: the trained stay where they were trained, in relation to the workers of the base year.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.path.stocks import GIVEN, only
from citybelt.scenario.levers import assemble, bend
from citybelt.scenario.money import annuity, worth

if TYPE_CHECKING:
    from citybelt.model.accounts import Shock
    from citybelt.scenario.levers import Lever

#: Fields of a direction by the field of the shock that they make.
PAIRS = {"d_pair": "log_d", "d_mask": "log_d", "tariff_pair": "d_tariff", "tariff_mask": "d_tariff"}


class Moved(NamedTuple):
    """What levers do in each year: both have a leading axis of T years."""

    levers: Shock  # without the fields of ``stocks.BETWEEN`` that no lever moves
    research: Array  # [T, R] billions that they add to research


def moved(levers: Sequence[Lever], values: Float[Array, "T L"], dearer: Array | float = 1.0) -> Moved:
    """What levers do in each year at the effects and costs of their central columns.

    Args:
        levers: at least one.
        values: to which they have been begun.
        dearer: factor of what is paid, of each lever [L] or of all.
    """
    sizes, (built, running) = responses(levers, values), phases(levers, values)
    plain = tuple(_through_time(lever) for lever in levers)
    names = {PAIRS.get(name, name) for lever in plain for name in lever.direction.fields()}
    names |= GIVEN
    alike = jnp.asarray([lever.phases is None for lever in levers])  # what building buys is added below otherwise
    paid = (jnp.where(alike, built, 0.0) + running) * dearer
    shock = jax.lax.map(lambda now: only(assemble(plain, *now), names), (sizes, paid))
    research = jnp.zeros((len(values), levers[0].shape.domestic))
    for k, lever in enumerate(levers):
        if lever.withheld is not None:
            away = learning(lever, values[:, k])[:, None] * lever.withheld
            shock = eqx.tree_at(lambda s: s.log_h, shock, shock.log_h - away)
        if lever.phases is not None:
            bought = (built * dearer)[:, k, None, None, None] * lever.phases[0]
            shock = eqx.tree_at(lambda s: s.purchase, shock, shock.purchase + bought)
        if lever.knowledge is not None:
            research = research + running[:, k, None] * lever.knowledge
    return Moved(shock, research)


def _through_time(lever: Lever) -> Lever:
    """The lever without what a path does in its own way: work withheld by years, knowledge by its stock, and what it
    buys as of what is built."""
    direction = lever.direction
    if lever.knowledge is not None:
        direction = eqx.tree_at(lambda d: d.log_A, direction, None, is_leaf=lambda leaf: leaf is None)
    bought = lever.purchase if lever.phases is None else lever.phases[1]
    change = (direction, None, bought)
    fields = lambda v: (v.direction, v.withheld, v.purchase)  # noqa: E731
    return eqx.tree_at(fields, lever, change, is_leaf=lambda leaf: leaf is None)


def years_to_build(lever: Lever) -> int:
    """B of (T1): whole years from the first spending until the lever works; at least one where anything is built."""
    return max(int(np.ceil(lever.card.build_years or lever.card.lag_years)), 1 if lever.capital else 0)


def working(levers: Sequence[Lever], values: Float[Array, "T L"]) -> Float[Array, "T L"]:
    """(T1) the value at which each lever works in each year, from the value to which it has been begun."""
    return jnp.stack([_later(values[:, k], years_to_build(lever)) for k, lever in enumerate(levers)], axis=1)


def responses(levers: Sequence[Lever], values: Float[Array, "T L"]) -> Float[Array, "T L"]:
    """(T3) what multiplies the direction of each lever in each year, at central effects."""
    at = working(levers, values)
    return jnp.stack([_effect(lever, at[:, k]) for k, lever in enumerate(levers)], axis=1)


def _effect(lever: Lever, at: Float[Array, " T"]) -> Float[Array, " T"]:
    each = lever.response(at)
    if not lever.lasts:
        return each
    if lever.capital:
        each = _later(each, 1)
    kept = np.clip(lever.lasts - np.arange(len(at)), 0.0, 1.0)
    return jnp.convolve(each, jnp.asarray(kept))[: len(at)] / worth(lever.lasts)


def learning(lever: Lever, values: Float[Array, " T"]) -> Float[Array, " T"]:
    """What multiplies the work withheld by a lever in each year: those who learn, without interest on their time."""
    sits = _later(values, years_to_build(lever)) if lever.capital else values
    interest = annuity(0, lever.card.lag_years)
    return lever.unit_cost[1] * bend(sits, lever.charge_scale, lever.charge[1]) / interest


def spending(levers: Sequence[Lever], values: Float[Array, "T L"]) -> Float[Array, "T L"]:
    """(T2) what each lever takes in each year, billions at base-year prices."""
    built, running = phases(levers, values)
    return built + running


def phases(levers: Sequence[Lever], values: Float[Array, "T L"]) -> tuple[Float[Array, "T L"], Float[Array, "T L"]]:
    """(T2) what each lever takes in each year for building and besides, billions at base-year prices."""
    at, building, afterwards = working(levers, values), [], []
    for k, lever in enumerate(levers):
        bent = lambda v, lever=lever: bend(v, lever.charge_scale, lever.charge[1])  # noqa: E731
        afterwards.append(lever.running * bent(at[:, k] if lever.capital else values[:, k]))
        built = lever.capital * bent(values[:, k])
        begun = jnp.maximum(jnp.diff(built, prepend=0.0), 0.0)
        begun = begun + jnp.where(built > 0, _again(begun, lever), 0.0)
        years = max(years_to_build(lever), 1)
        building.append(sum(_later(begun, back) for back in range(years)) / years)
    return jnp.stack(building, axis=1), jnp.stack(afterwards, axis=1)


def _again(begun: Float[Array, " T"], lever: Lever) -> Float[Array, " T"]:
    """(T2) of what was begun, that which is begun again at the end of its life, of every life since."""
    again = jnp.zeros_like(begun)
    for life, part in lever.wears:
        ends = range(max(round(life), 1), len(begun), max(round(life), 1))
        again = again + part / lever.capital * sum((_later(begun, end) for end in ends), jnp.zeros_like(begun))
    return again


def _later(values: Array, years: int) -> Array:
    """The values of some years ago, zero before the first."""
    return values if not years else jnp.concatenate([jnp.zeros(min(years, len(values))), values[:-years]])
