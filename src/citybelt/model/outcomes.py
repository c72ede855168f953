"""What a planner reads off an equilibrium: welfare, people, output, openness, CO2.

Scalar outcomes that are maximised or differentiated are functions of the accounts in JAX; tables for people are
made from the same functions.

    (O1)  log welfare of a set of origins  =  sum reg[g,o] log What[g,o] / sum reg[g,o]
    (O2)  equivalent variation             =  sum_g,o,n m[g,o,n] income0[g,n] (What[g,o] - 1)
    (O3)  real output of a region          =  sum_j VA0[n,j] (Y'/Y / gate price) / sum_j VA0[n,j]
    (O4)  trade dependence                 =  goods sold to and bought from partners over gross product
    (O5)  Theil index                      =  sum m/M y/ybar log(y/ybar), y income per head, m persons

(O1) weighs persons registered in the base year; (O2) is money at base-year prices: the income that would have to
be given to everybody in the base year, in proportion to income, to make them as well off as in the counterfactual.
Income is divided in fixed shares between spending, saving and taxes, so a yuan of it counts the same whether a
lever brings it or costs it; saving is spending later (Weitzman 1976). Both are net of the cost of levers, which is
paid inside the accounts.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from citybelt.engine.solve import Solution
from citybelt.model.accounts import Base, Shock, Theory
from citybelt.model.economy import Economy
from citybelt.model.mechanisms import energy
from citybelt.model.spatial import Accounts, geography


def welfare(b: Base, th: Theory, z: Shock, a: Accounts, origins: Float[Array, " H"]) -> Array:
    """(O1) log change of welfare of the people registered in ``origins`` (ones and zeros)."""
    weight = b.people.sum(axis=2) * origins
    return jnp.sum(weight * a.log_welfare) / jnp.sum(weight)


def equivalent_variation(b: Base, th: Theory, z: Shock, a: Accounts, origins: Float[Array, " H"]) -> Array:
    """(O2) billions a year at base-year prices for the people registered in ``origins``."""
    return jnp.sum(origins * b.income_by_origin * jnp.expm1(a.log_welfare))


def real_output(b: Base, a: Accounts) -> Float[Array, " N"]:
    """(O3) real value added of each region, relative to the base year."""
    return volume(b, a) / jnp.sum(b.value_added, axis=1)


def volume(b: Base, a: Accounts) -> Float[Array, " N"]:
    """(O3) real value added of each region, billions at base-year prices."""
    return jnp.sum(b.value_added * a.output / b.output * jnp.exp(-a.log_gate), axis=1)


def emissions(b: Base, a: Accounts) -> Float[Array, " N"]:
    """Mt of CO2 emitted in each region."""
    return energy.emissions(b.emission, b.process, a.goods * jnp.exp(-a.log_price), a.output * jnp.exp(-a.log_gate))


def theil(inside: Array, persons: Array, income: Array) -> Array:
    """(O5) Theil's index of income per head between places and groups, weighted by the persons ``inside``."""
    each = per_head(income, persons)
    mean = jnp.sum(inside * each) / jnp.sum(inside)
    return jnp.sum(inside * each / mean * jnp.log(each / mean)) / jnp.sum(inside)


def per_head(income: Array, persons: Array) -> Array:
    """Income of a person; one where there is nobody, whose weight is zero."""
    return jnp.where(persons > 0, income / jnp.where(persons > 0, persons, 1.0), 1.0)


def foreign_trade(e: Economy, s: Solution | None, goods: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exports and imports of home regions with partners, billions at the gate and at the border.

    Args:
        s: a solution; the base year if None.
        goods: [J] one where the sector makes goods.
    """
    b, h = e.base, len(e.home)
    if s is None:
        share, spending, rate = b.share, b.spending, b.tariff
    else:
        flows = geography(b, e.theory, s.shock).trade
        cost = jnp.exp(-e.theory.theta * s.accounts.log_gate)
        share = flows.kernel * cost.T[:, None, :]
        share = share / share.sum(axis=2, keepdims=True)
        spending, rate = s.accounts.goods, b.tariff + s.shock.d_tariff
    value = np.asarray(share / (1 + rate)) * np.asarray(spending).T[:, :, None] * goods[:, None, None]
    return value[:, h:, :h].sum(axis=(0, 1)), value[:, :h, h:].sum(axis=(0, 2))


def gdp(e: Economy, s: Solution | None) -> np.ndarray:
    """Value added of each home region with housing rents and taxes on production less subsidies, billions."""
    b, h = e.base, len(e.home)
    if s is None:
        total = (b.value_added + b.tax_rate * b.output).sum(axis=1) + b.housing_share * b.consumption
    else:
        a = s.accounts
        total = a.factor_income.sum(axis=(0, 2)) + a.production_tax.sum(axis=1) + a.rents - a.subsidy.sum(axis=0)
    return np.asarray(total)[:h]


def trade_dependence(e: Economy, s: Solution | None, goods: np.ndarray) -> np.ndarray:
    """(O4) of each home region, a ratio."""
    exports, imports = foreign_trade(e, s, goods)
    return (exports + imports) / gdp(e, s)


def by_region(e: Economy, s: Solution, goods: np.ndarray) -> pd.DataFrame:
    """One row a home region: welfare of its registered people, residents, workers' wage, output, prices, trade, CO2.

    Changes in per cent unless the column says otherwise; ``ev`` and ``levy`` in billions a year, ``co2`` in Mt.
    """
    b, a, h = e.base, s.accounts, len(e.home)
    weight = np.asarray(b.people.sum(axis=2))
    log_welfare = (weight * np.asarray(a.log_welfare)).sum(axis=0) / weight.sum(axis=0)
    before, after = np.asarray(b.people.sum(axis=(0, 1))), np.asarray(a.residents.sum(axis=0))
    dependence = trade_dependence(e, None, goods), trade_dependence(e, s, goods)
    real_spending = np.asarray(a.consumption / b.consumption * jnp.exp(-a.log_cpi))[:h] * before / after
    base_co2 = np.asarray(b.co2)[:h]
    percent = lambda ratio: 100 * (np.asarray(ratio) - 1)  # noqa: E731
    return pd.DataFrame(
        {
            "welfare": 100 * log_welfare,
            "ev": np.asarray(b.income_by_origin * jnp.expm1(a.log_welfare)).sum(axis=0),
            "people": percent(after / before),
            "people_abs": after - before,
            "output": percent(real_output(b, a))[:h],
            "spending_per_head": percent(real_spending),
            "wage": percent(jnp.exp(s.state.wage - a.log_cpi))[:h],
            "rent": percent(jnp.exp(a.log_rent - a.log_cpi))[:h],
            "cpi": percent(jnp.exp(a.log_cpi))[:h],
            "trade_dependence": 100 * dependence[1],
            "trade_dependence_change": 100 * (dependence[1] - dependence[0]),
            "co2": np.asarray(emissions(b, a))[:h],
            "co2_change": np.asarray(emissions(b, a))[:h] - base_co2,
            "levy": np.asarray(a.levy)[:h],
        },
        index=pd.Index(e.home, name="region"),
    )


def by_region_sector(e: Economy, s: Solution) -> pd.DataFrame:
    """Change of real output in per cent, home regions by sectors."""
    volume = s.accounts.output / e.base.output * jnp.exp(-s.accounts.log_gate)
    table = 100 * (np.asarray(volume)[: len(e.home)] - 1)
    return pd.DataFrame(table, index=pd.Index(e.home, name="region"), columns=pd.Index(e.sectors, name="sector"))


def summary(e: Economy, s: Solution, origins: np.ndarray) -> dict[str, float]:
    """Welfare (per cent of log change), equivalent variation, people and output of a set of home regions."""
    b, a, h = e.base, s.accounts, len(e.home)
    args = (b, e.theory, s.shock, a, jnp.asarray(origins, float))
    va = np.asarray(b.value_added.sum(axis=1))[:h] * origins
    residents = np.asarray(b.people.sum(axis=(0, 1))), np.asarray(a.residents.sum(axis=0))
    return {
        "welfare": 100 * float(welfare(*args)),
        "ev": float(equivalent_variation(*args)),
        "people": float(((residents[1] - residents[0]) * origins).sum()),
        "output": 100 * float((va * np.asarray(real_output(b, a))[:h]).sum() / va.sum() - 1),
        "co2": float((np.asarray(emissions(b, a))[:h] * origins).sum()),
    }
