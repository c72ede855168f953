r"""What a planner sees of an equilibrium at once: every outcome, and the accounts of people and of governments.

The outcomes are those of ``model.panel``, as changes from the base year. Beside them stand amounts of the year, which
a base year has as well: persons by age, what governments take and spend, incomes. All of it is one compiled function
of the accounts, so that a screen is filled in the time of a pass.

    (E1)  gap    =  real household spending per head of the cluster over that of the nation
    (E2)  Theil  =  (O5) of the real income of the cluster's people, by place of registration and age
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.model import outcomes
from citybelt.model.accounts import Base, Shock, Theory
from citybelt.model.panel import Sets, panel
from citybelt.model.spatial import Accounts

#: Accounts of governments by place, billions a year: what a place's government takes and spends, and what leaves for
#: the centre. Own taxes, land, grants and transfers add up to spending.
GOVERNMENT = ("own_taxes", "land", "grants", "transfers", "spending", "to_centre", "of_it_tariffs", "of_it_carbon")


class Amounts(NamedTuple):
    """Amounts of a year for home regions and for sets of them.

    Attributes:
        residents: [2, H] persons by group and residence.
        government: [A, S] billions, in the order of ``GOVERNMENT``.
        centre: what the centre takes; it is all handed on as grants.
        ratio: (E1); theil: (E2).
        volume: [J, S] real output of a sector over that of the base year.
        bill: [5, S] what payers pay for levers at places of the set.
        by_region: outcomes that only an exact solution has, [H] each: growth of groups of people in per cent.
    """

    residents: Float[Array, "2 H"]
    government: Float[Array, "A S"]
    centre: Float[Array, ""]
    ratio: Float[Array, ""]
    theil: Float[Array, ""]
    volume: Float[Array, "J S"]
    bill: Float[Array, "5 S"]
    by_region: dict[str, Array]


@jax.jit
def read(b: Base, th: Theory, z: Shock, a: Accounts, sets: Sets) -> tuple[Array, Amounts]:
    """The panel of outcomes, and the amounts of the year."""
    h, m = b.n_home, sets.members
    taxes = a.income_tax + a.production_tax.sum(axis=1)
    carbon, tariffs = a.carbon_fuel + a.carbon_process, a.tariffs.sum(axis=1)
    to_centre = taxes - a.local_tax + tariffs + carbon
    rows = (a.local_tax, a.land_public, a.grants, a.transfers, a.government, to_centre, tariffs, carbon)
    real = (a.consumption * jnp.exp(-a.log_cpi))[:h]
    heads = a.residents.sum(axis=0)
    per_head = (m @ real) / (m @ heads)
    registered = b.people.sum(axis=2)
    theil = outcomes.theil(registered * m[0], registered, b.income_by_origin * jnp.exp(a.log_welfare))
    added = b.value_added[:h]
    volume = (a.output / b.output * jnp.exp(-a.log_gate))[:h]
    before = b.people.sum(axis=1)
    grown = 100.0 * (a.residents / before - 1.0)
    return panel(b, th, z, a, sets), Amounts(
        residents=a.residents,
        government=jnp.stack([row[:h] for row in rows]) @ m.T,
        centre=a.centre,
        ratio=per_head[0] / per_head[-1],
        theil=theil,
        volume=((m @ (added * volume)) / (m @ added)).T,
        bill=a.bill[:, :h] @ m.T,
        by_region={"under60": grown[0], "over60": grown[1]},
    )


def levels(e: Any, dataset: Any, s: Any) -> dict[str, np.ndarray]:
    """Levels of the base year by home region, from which changes count.

    Args:
        e: the economy, dataset: its data, s: the solved base year.

    Returns:
        [H] each: persons (``people``, ``under60``, ``over60``), bn CNY (``value_added``, ``gdp``, ``public``), CNY a
        head (``spending_per_head``, ``gdp_per_head``, ``wage`` of a worker's labour income), per cent
        (``trade_dependence``), Mt (``co2``).
    """
    b, a, h = e.base, s.accounts, len(e.home)
    residents = np.asarray(a.residents)
    heads = residents.sum(axis=0)
    gdp = outcomes.gdp(e, None)
    labour = np.asarray(a.factor_income[0].sum(axis=1))[:h]
    return {
        "people": heads,
        "under60": residents[0],
        "over60": residents[1],
        "value_added": np.asarray(b.value_added.sum(axis=1))[:h],
        "gdp": gdp,
        "gdp_per_head": 1e9 * gdp / heads,
        "spending_per_head": 1e9 * np.asarray(b.consumption)[:h] / heads,
        "wage": 1e9 * labour / residents[0],
        "public": np.asarray(a.government)[:h],
        "trade_dependence": 100.0 * outcomes.trade_dependence(e, None, dataset.x.goods.values),
        "co2": np.asarray(outcomes.emissions(b, a))[:h],
    }
