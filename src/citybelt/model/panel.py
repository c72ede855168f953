r"""All outcomes of an equilibrium in one vector that can be differentiated.

The tables of ``outcomes`` are made for people and leave JAX on their way. The same numbers are here a function of the
accounts, so that one linear solve tells how all of them answer a change:

    (P1)  panel = [outcome by region: REGIONAL x home region,  outcome by set: TOTALS x set of home regions]

A set of regions is a row of ones and zeros, for example the planned cluster and the nation. Every entry is a change
from the base year and zero there.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.model import outcomes
from citybelt.model.accounts import LABOUR, Base, Shock, Theory
from citybelt.model.spatial import Accounts, geography

#: By region: per cent; billions a year for ``ev`` and ``levy``, points for trade dependence, Mt for CO2.
REGIONAL = (
    "welfare", "ev", "people", "output", "spending_per_head", "wage", "rent", "cpi", "trade_dependence_change",
    "co2_change", "levy",
)  # fmt: skip
#: By set of regions, in the same units but for people, who are persons.
TOTALS = ("welfare", "ev", "people", "output", "trade_dependence_change", "co2_change", "levy")


class Sets(eqx.Module):
    """Which home regions a total is about, and which sectors make goods."""

    members: Float[Array, "S H"]
    goods: Float[Array, " J"]


def panel(b: Base, th: Theory, z: Shock, a: Accounts, sets: Sets) -> Float[Array, " M"]:
    """(P1) every outcome as a change from the base year, region by region within an outcome."""
    h = b.n_home
    percent = lambda ratio: 100.0 * (ratio - 1.0)  # noqa: E731
    registered = b.people.sum(axis=2)
    log_welfare = registered * a.log_welfare
    ev = jnp.sum(b.income_by_origin * jnp.expm1(a.log_welfare), axis=0)
    before, after = b.people.sum(axis=(0, 1)), a.residents.sum(axis=0)
    heads = after / before
    real = outcomes.real_output(b, a)[:h]
    spending = (a.consumption / b.consumption * jnp.exp(-a.log_cpi))[:h] / heads
    labour = a.factor_income[LABOUR].sum(axis=1) / (b.factor_share[LABOUR] * b.value_added).sum(axis=1)
    wage = labour[:h] / (a.residents[0] / b.people[0].sum(axis=0)) * jnp.exp(-z.log_h - a.log_cpi[:h])
    traded, traded_base = _foreign(b, th, z, a, sets.goods), _foreign_base(b, sets.goods)
    gdp = (a.factor_income.sum(axis=(0, 2)) + a.production_tax.sum(axis=1) + a.rents - a.subsidy.sum(axis=0))[:h]
    gdp_base = ((b.value_added + b.tax_rate * b.output).sum(axis=1) + b.housing_share * b.consumption)[:h]
    co2 = (outcomes.emissions(b, a) - b.co2)[:h]
    levy = a.levy[:h]
    regional = [
        100.0 * log_welfare.sum(axis=0) / registered.sum(axis=0), ev, percent(heads), percent(real), percent(spending),
        percent(wage), percent(jnp.exp(a.log_rent - a.log_cpi)[:h]), percent(jnp.exp(a.log_cpi)[:h]),
        100.0 * (traded / gdp - traded_base / gdp_base), co2, levy,
    ]  # fmt: skip
    m, added = sets.members, b.value_added.sum(axis=1)[:h]
    totals = [
        100.0 * (m @ log_welfare.sum(axis=0)) / (m @ registered.sum(axis=0)), m @ ev, m @ (after - before),
        percent((m @ (added * real)) / (m @ added)),
        100.0 * ((m @ traded) / (m @ gdp) - (m @ traded_base) / (m @ gdp_base)), m @ co2, m @ levy,
    ]  # fmt: skip
    return jnp.concatenate([*regional, *totals])


def entry(outcome: str, region: int, n_home: int) -> int:
    """Where an outcome of a home region stands in the panel."""
    return REGIONAL.index(outcome) * n_home + region


def total(outcome: str, which: int, n_home: int, n_sets: int) -> int:
    """Where an outcome of a set of regions stands in the panel."""
    return len(REGIONAL) * n_home + TOTALS.index(outcome) * n_sets + which


def split(values: np.ndarray, n_home: int) -> tuple[np.ndarray, np.ndarray]:
    """A panel as two tables: [REGIONAL, H] and [TOTALS, S]."""
    cut = len(REGIONAL) * n_home
    return values[..., :cut].reshape(*values.shape[:-1], len(REGIONAL), n_home), values[..., cut:].reshape(
        *values.shape[:-1], len(TOTALS), -1
    )


def _foreign(b: Base, th: Theory, z: Shock, a: Accounts, goods: Array) -> Float[Array, " H"]:
    """Goods sold to and bought from partners by each home region, billions at the gate and at the border."""
    h = b.n_home
    kernel = geography(b, th, z).trade.kernel
    pull = jnp.exp(-th.theta * a.log_gate)
    weight = a.goods / jnp.einsum("jni,ij->nj", kernel, pull) * goods
    free = 1.0 / (1.0 + b.tariff + z.d_tariff)
    exports = jnp.einsum("jni,jni,nj,ij->i", kernel[:, h:, :h], free[:, h:, :h], weight[h:], pull[:h])
    imports = jnp.einsum("jni,jni,nj,ij->n", kernel[:, :h, h:], free[:, :h, h:], weight[:h], pull[h:])
    return exports + imports


def _foreign_base(b: Base, goods: Array) -> Float[Array, " H"]:
    h = b.n_home
    value = b.share / (1.0 + b.tariff) * (b.spending * goods).T[:, :, None]
    return value[:, h:, :h].sum(axis=(0, 1)) + value[:, :h, h:].sum(axis=(0, 2))
