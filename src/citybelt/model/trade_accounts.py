"""The records of the class ``trade``: base year, elasticities, shock, closure, unknowns and amounts.

Axes: N regions, J sectors, S labour markets of a region, M = N S of them in all (region slow), O origins of people,
Z households of a region (one, or one for each of its labour markets), G pools of rents, T sectors with tariffs. Money
is in any one unit, shares and elasticities have none.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

People = Literal["fixed", "choice", "free"]


class Base(eqx.Module):
    """The base year, usually from ``trade_calibrate.calibrate``.

    An economy without structures has ``labour_share`` one and ``built`` false; one without people has no rows in
    ``people``, and labour is then counted in units that stay where they are.
    """

    flows: Any  # geography as an operator: flows.Table, or a record with the same members
    output: Float[Array, "N J"]  # what sellers receive
    va: Float[Array, "N J"]  # share of value added in output
    labour_share: Float[Array, "N J"]  # of value added; structures earn the rest
    labour_income: Float[Array, "N S"]
    structure_income: Float[Array, "N S"]
    input_coef: Float[Array, "N J J"]  # input j per unit of output of k: [n, k, j]; sums to 1 - va over j
    final_share: Float[Array, "N J"]  # of final spending on goods; sums to one
    housing_share: Float[Array, " N"]  # of final spending
    spending: Float[Array, "N Z"]  # final spending of a region's people, housing included: their income
    transfer: Float[Array, " N"]  # received from other regions; sums to zero
    rent_stay: Float[Array, "2 N"]  # share of rents of structures, of housing that goes to those who stay at home
    rent_pool: Float[Array, "2 N"]  # that goes to the pool; the residents of the market or region have the rest
    pool: Float[Array, "G N"]  # one where a region is in a pool
    pool_weight: Float[Array, " N"]  # fixed share in its pool
    people: Float[Array, "O M"]  # persons by origin and market
    tariffs: Float[Array, " N"]  # revenue
    use: Float[Array, "N J"]  # all spending on a product
    home_sales: Float[Array, "N J"]  # share of a seller's receipts from its own region
    own: Float[Array, "N J"]  # share of a region in what it buys
    rivalry: Float[Array, "N J"]  # share of rivals in the markets that a seller serves
    market: tuple[int, ...] = eqx.field(static=True)  # labour market of each sector
    home: tuple[int, ...] = eqx.field(static=True)  # market where each origin is registered; () if it earns nothing
    built: bool = eqx.field(static=True)  # whether structures earn a share of value added
    one_land: bool = eqx.field(static=True)  # whether housing stands on the land of its market's producers

    @property
    def shape(self) -> tuple[int, int]:
        n, j = self.output.shape
        return n, j

    @property
    def markets(self) -> int:
        """S, labour markets of a region."""
        return max(self.market) + 1

    @property
    def sorting(self) -> np.ndarray:
        """[J, S] one where a sector hires in a market."""
        return np.eye(self.markets)[np.asarray(self.market)]

    @property
    def settled(self) -> bool:
        """Whether there are people, not only units of labour."""
        return self.people.shape[0] > 0

    @property
    def residents(self) -> Float[Array, "N S"]:
        """Persons in each market."""
        return self.people.sum(axis=0).reshape(self.shape[0], self.markets)

    @property
    def stayers(self) -> Float[Array, " O"]:
        """Persons of each origin who are where they are registered."""
        return self.people[np.arange(len(self.home)), np.asarray(self.home, int)]

    @property
    def housing_rents(self) -> Float[Array, "N Z"]:
        return self.housing_share[:, None] * self.spending


class Theory(eqx.Module):
    """Elasticities. The three of nests are None for Cobb-Douglas, whose nests are then not formed."""

    theta: Float[Array, " J"]  # trade
    agg: Float[Array, " J"]  # productivity of value added to people at work in the region
    nu: Float[Array, " O"]  # of the choice of a market to its value; [1] for one number for all origins
    congestion: Float[Array, ""]  # of the value of a region to its people, downwards; rents apart
    eta: Float[Array, ""]  # housing supply to its price
    top: Float[Array, " J"] | None = None  # between value added and materials
    materials: Float[Array, " J"] | None = None  # between materials
    final: Float[Array, ""] | None = None  # between final goods


class Shock(eqx.Module):
    """What is changed. Zeros are the base year."""

    log_A: Float[Array, "N J"]  # productivity of value added
    log_T: Float[Array, "N J"]  # productivity of output
    log_d: Any  # iceberg cost: [j, buyer, seller] for a table
    d_tariff: Any  # change of the ad valorem rate: [t, buyer, seller] for a table
    d_transfer: Float[Array, " N"]  # change of the transfer received; sums to zero
    log_L: Float[Array, "N S"]  # units of labour, per person where there are people
    log_H: Float[Array, "N S"]  # structures, or land
    log_Hres: Float[Array, " N"]  # residential land
    log_B: Float[Array, "N S"]  # amenity
    log_mu: Float[Array, "O M"]  # migration cost
    log_people: Float[Array, " O"]  # persons of an origin

    @staticmethod
    def zeros(base: Base) -> Shock:
        """No change."""
        (n, j), s, (o, m) = base.shape, base.markets, base.people.shape
        shapes = {
            "log_A": (n, j), "log_T": (n, j), **base.flows.shapes, "d_transfer": (n,), "log_L": (n, s),
            "log_H": (n, s), "log_Hres": (n,), "log_B": (n, s), "log_mu": (o, m), "log_people": (o,),
        }  # fmt: skip
        return Shock(**{name: jnp.zeros(shape) for name, shape in shapes.items()})

    def replace(self, **changes: Any) -> Shock:
        """The same shock with some fields set.

        Raises:
            ValueError: a field of another shape; a tariff in a sector that has no room for one shows here.
        """
        for name, value in changes.items():
            if np.shape(value) != np.shape(getattr(self, name)):
                raise ValueError(f"{name} has shape {np.shape(value)}, not {np.shape(getattr(self, name))}")
        names = list(changes)
        values = [jnp.asarray(changes[k], float) for k in names]
        return eqx.tree_at(lambda s: [getattr(s, k) for k in names], self, values)

    def __add__(self, other: Shock) -> Shock:
        return jax.tree.map(jnp.add, self, other)


class Closure(eqx.Module):
    """What people can do, and who receives what does not belong to a place.

    Attributes:
        people: "fixed" where they are; "choice" of a market by Frechet tastes, impossible where the base year has
            nobody; "free", one taste and equal utility wherever people of an origin live.
        pool_by_weight: 0 for pools handed out per resident, 1 by fixed weights.
        rentiers: 0 if pools, transfers and tariff revenue reach the people whose utility moves them, by heads; 1 if
            they go to others, who spend alike.
    """

    people: People = eqx.field(static=True, default="fixed")
    pool_by_weight: float | Array = 0.0
    rentiers: float | Array = 0.0


class State(eqx.Module):
    """The unknowns: log changes from the base year. What an economy does not have is None."""

    wage: Float[Array, "N S"]  # per unit of labour
    rental: Float[Array, "N S"] | None  # of structures
    price: Float[Array, "N J"]  # where products are bought
    output: Float[Array, "N J"]  # value
    spending: Float[Array, "N Z"]
    people: Float[Array, "N S"] | None  # persons in each market
    stay: Float[Array, " O"] | None  # persons who are where they are registered

    @staticmethod
    def zeros(base: Base) -> State:
        """The base year."""
        (n, _), s = base.shape, base.markets
        flat = lambda *shape: jnp.asarray(np.zeros(shape))  # noqa: E731
        return State(
            wage=flat(n, s),
            rental=flat(n, s) if base.built or base.one_land else None,
            price=flat(*base.shape),
            output=flat(*base.shape),
            spending=flat(*base.spending.shape),
            people=flat(n, s) if base.settled else None,
            stay=flat(len(base.home)) if base.home else None,
        )


class Accounts(NamedTuple):
    """Every amount and price of the year; amounts in the money of the base year, prices in log changes."""

    output: Array  # [N, J]
    receipts: Array  # [N, J] what buyers pay to sellers; equals output at an equilibrium
    use: Array  # [N, J] spending on a product
    final: Array  # [N, J] of it for final use
    tariffs: Array  # [N, J] by buyer
    labour: Array  # [N, S] income
    structures: Array  # [N, S] rents
    housing: Array  # [N, Z] rents
    pooled: Array  # [N] rents paid into pools
    received: Array  # [N] and received from them
    transfer: Array  # [N]
    income: Array  # [N, Z]
    persons: Array  # [N, S]
    log_cost: Array  # [N, J] unit cost
    log_price: Array  # [N, J]
    log_rent: Array  # [N, Z] of housing
    log_goods: Array  # [N] price of final goods
    log_cpi: Array  # [N, Z] with housing
    log_real_income: Array  # [N] of a region as a whole
    log_value: Array  # [N, S] of living and working in a market; zeros where there are no people
    log_welfare: Array  # [O] of the people of an origin
