"""The balanced base year, the elasticities, the shock and the closure: flat frozen records of arrays.

Everything that the spatial equilibrium needs is one of four things: what was true in the base year (``Base``), how
strongly people and firms respond (``Theory``), what is changed (``Shock``), and which accounting assumption
closes an open account (``Closure``). What it finds is the ``State``. Labels stay outside.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.dims import PAYERS

LABOUR, CAPITAL, LAND = 0, 1, 2
HOUSEHOLD, GOVERNMENT, INVESTMENT = 0, 1, 2


class Base(eqx.Module):
    """The balanced base year. Money in billions of the world's currency a year.

    N regions, the H home regions first; J sectors; G provinces. Shares are dimensionless.
    """

    share: Float[Array, "J N N"]  # of buyer n's spending on product j that goes to seller i: [j, n, i]
    tariff: Float[Array, "J N N"]  # ad valorem rate
    rivalry: Float[Array, "N J"]  # share of rivals in the markets a seller serves, weighted by its sales
    output: Float[Array, "N J"]
    spending: Float[Array, "N J"]  # on goods at user prices
    input_coef: Float[Array, "N J J"]  # input j per unit of output of k: [n, k, j]
    tax_rate: Float[Array, "N J"]  # net tax on production per unit of output
    factor_share: Float[Array, "3 N J"]  # labour, capital, land in value added
    land_public: Float[Array, " J"]  # 1 where land income of the sector is public under land finance
    basket: Float[Array, "3 N J"]  # household goods, government, investment; each sums to one
    housing_share: Float[Array, " N"]  # of household spending
    consumption: Float[Array, " N"]  # household spending, housing included
    residual: Float[Array, " N"]  # D, the transfer that closes the region; sums to zero
    residual_rate: Float[Array, " H"]  # D over income
    income_tax: Float[Array, " N"]
    saving: Float[Array, " N"]
    investment_weight: Float[Array, " H"]  # share of the home savings invested in each home region
    local_tax: Float[Array, " H"]  # share of income and production taxes kept by the place
    grant: Float[Array, " H"]
    grant_weight: Float[Array, " H"]
    ownership: Float[Array, " H"]  # omega
    owned_abroad: Float[Array, " H"]  # share of capital income that leaves
    abroad_weight: Float[Array, " F"]  # which partners own it
    pension: Float[Array, " H"]  # billions per person of 60 and over
    contribution: Float[Array, ""]  # share of labour income
    people: Float[Array, "2 H H"]  # persons by group, origin, residence
    province: Float[Array, "G H"]
    emission: Float[Array, "N J"]  # Mt per billion of product used
    process: Float[Array, "N J"]  # Mt per billion of output
    service_basket: Float[Array, " J"]  # what public services for newcomers buy
    government: Float[Array, " N"]  # public consumption
    centre: Float[Array, ""]  # revenue of the centre
    spending_per_head: Float[Array, "2 H"]  # household spending, by group, billions per person

    @property
    def n_home(self) -> int:
        return self.people.shape[1]

    @property
    def shape(self) -> tuple[int, int]:
        n, j = self.output.shape
        return n, j

    @property
    def income(self) -> Float[Array, " N"]:
        """Base-year income of households in each region, billions."""
        return self.consumption / (1.0 - self.income_tax - self.saving)

    @property
    def income_by_origin(self) -> Float[Array, "2 H"]:
        """Base-year income of the people of each group and origin, billions, wherever they live."""
        h = self.n_home
        keep = 1.0 - self.income_tax[:h] - self.saving[:h]
        return jnp.einsum("gon,gn->go", self.people, self.spending_per_head / keep)

    @property
    def value_added(self) -> Float[Array, "N J"]:
        """At factor cost."""
        return (1.0 - self.tax_rate - self.input_coef.sum(axis=2)) * self.output

    @property
    def co2(self) -> Float[Array, " N"]:
        """(E4) of ``mechanisms.energy``: Mt emitted in each region in the base year."""
        return (self.emission * self.spending + self.process * self.output).sum(axis=1)


class Theory(eqx.Module):
    """Elasticities only; values, ranges and sources stand in elasticities.csv."""

    theta: Float[Array, " J"]  # trade
    agg: Float[Array, " J"]  # productivity of value added to employment
    nu: Float[Array, " 2"]  # residence to its value, by group
    congestion: Float[Array, ""]  # value of a place to residents, rents aside
    public: Float[Array, ""]  # worth of a unit of public services to residents, in units of income
    eta: Float[Array, ""]  # housing supply to its price


class Shock(eqx.Module):
    """What is changed. Zeros are the base year. All levers end here."""

    log_A: Float[Array, "N J"]  # productivity of value added
    log_d: Float[Array, "J N N"]  # iceberg cost: [j, buyer, seller]
    d_tariff: Float[Array, "J N N"]  # change of the ad valorem rate
    log_mu: Float[Array, "H H"]  # migration cost, origin by residence
    log_B: Float[Array, " H"]  # amenity
    log_h: Float[Array, " H"]  # efficiency units per worker
    log_K: Float[Array, " N"]  # capital
    log_H: Float[Array, "N J"]  # production land and resources
    log_Hres: Float[Array, " H"]  # residential land
    carbon: Float[Array, " N"]  # money per tonne of CO2
    purchase: Float[Array, "5 N J"]  # billions at base prices, by payer, place, product
    service: Float[Array, "5 H"]  # thousand a year per resident registered elsewhere, by payer
    subsidy: Float[Array, "5 N J"]  # share of what makers get for a unit that each payer adds to the gate price
    transfer: Float[Array, " H"]  # billions at base prices that a government gets from others; sums to zero
    log_N: Float[Array, "2 H"]  # persons by group and residence, of every origin alike, before anybody chooses
    log_Kj: Float[Array, "N J"]  # capital of a sector beyond that of its place, where capital is specific
    log_I: Float[Array, " H"]  # weight of a place in the nation's investment
    log_saving: Float[Array, " N"]  # share of income that is saved

    @staticmethod
    def zeros(base: Base) -> Shock:
        """No change."""
        (n, j), h, p = base.shape, base.n_home, len(PAYERS)
        shapes = {
            "log_A": (n, j), "log_d": (j, n, n), "d_tariff": (j, n, n), "log_mu": (h, h), "log_B": (h,),
            "log_h": (h,), "log_K": (n,), "log_H": (n, j), "log_Hres": (h,), "carbon": (n,),
            "purchase": (p, n, j), "service": (p, h), "subsidy": (p, n, j), "transfer": (h,),
            "log_N": (2, h), "log_Kj": (n, j), "log_I": (h,), "log_saving": (n,),
        }  # fmt: skip
        return Shock(**{name: jnp.zeros(shape) for name, shape in shapes.items()})

    def replace(self, **changes: Array) -> Shock:
        """The same shock with some fields set."""
        names = list(changes)
        return eqx.tree_at(lambda s: [getattr(s, k) for k in names], self, [changes[k] for k in names])

    def __add__(self, other: Shock) -> Shock:
        return jax.tree.map(jnp.add, self, other)


class State(eqx.Module):
    """The unknowns: log changes from the base year."""

    wage: Float[Array, " N"]  # per efficiency unit of labour
    rental: Float[Array, " N"]  # return on capital
    price: Float[Array, "N J"]  # of products where they are bought, carbon apart
    output: Float[Array, "N J"]  # value at the gate with subsidies, less what process emissions cost
    spending: Float[Array, " N"]  # of households
    public: Float[Array, " N"]  # spending of governments
    value: Float[Array, "2 H"]  # of living in a place, by group

    @staticmethod
    def zeros(base: Base) -> State:
        """The base year."""
        (n, j), h = base.shape, base.n_home
        shapes: list[Any] = [n, n, (n, j), (n, j), n, n, (2, h)]
        return State(*(jnp.asarray(np.zeros(shape)) for shape in shapes))


class Closure(eqx.Module):
    """Which accounting assumption closes each open account.

    Each is a number between 0 and 1, not a choice of code, so that one compiled program serves every closure.

    Attributes:
        mobile_capital: 0 for capital fixed by place, 1 for one return on capital in all home regions.
        specific_capital: 1 for capital that stays in its sector, as within a year of a path through time.
        local_ownership: 0 for capital income pooled over the nation, 1 for capital owned where it works.
        still_people: 0 for people who choose where to live, 1 for people who stay.
        land_public: share of the rents of housing and of public sectors' land that goes to the place's government.
    """

    mobile_capital: float = 0.0
    specific_capital: float = 0.0
    local_ownership: float = 0.0
    still_people: float = 0.0
    land_public: float = 1.0

    @property
    def names(self) -> dict[str, str]:
        """The closure in the words of ``CLOSURES``."""
        return {
            part: next(word for word, setting in words.items() if getattr(self, field) == setting)
            for part, (field, words) in CLOSURES.items()
        }


#: The accounts that can be closed in several ways: the field, and the words that a scenario file uses for its
#: values, the default first.
CLOSURES: dict[str, tuple[str, dict[str, float]]] = {
    "capital": ("mobile_capital", {"fixed": 0.0, "mobile": 1.0}),
    "ownership": ("local_ownership", {"pooled": 0.0, "local": 1.0}),
    "people": ("still_people", {"mobile": 0.0, "fixed": 1.0}),
    "land_finance": ("land_public", {"public": 1.0, "private": 0.0}),
}


def closure(**words: str) -> Closure:
    """A closure from its names, for example ``closure(capital="mobile")``.

    Raises:
        KeyError: an unknown account or word.
    """
    return Closure(**{CLOSURES[part][0]: CLOSURES[part][1][word] for part, word in words.items()})


def closures() -> list[dict[str, str]]:
    """Every closure by its names, the default first."""
    return [dict(zip(CLOSURES, words, strict=True)) for words in product(*(words for _, words in CLOSURES.values()))]
