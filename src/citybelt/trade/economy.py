"""An economy as its tables say it: names, accounts, elasticities and what is to change.

Axes: J sectors, N regions (the first N of a trade table buys, the second sells), M markets of all regions (region
slow), O origins of people. What an economy does not have is None or empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from citybelt.trade.settings import Settings


@dataclass(frozen=True)
class Repair:
    """Something that was mended in the tables, or found slightly off and scaled.

    Attributes:
        kind: key of ``citybelt.trade.words.REPAIRED``.
        region, sector: of the account; empty where it is none of one.
        before, after: the number as given and as used, in the unit.
        unit: of both.
    """

    kind: str
    region: str
    sector: str
    before: float
    after: float
    unit: str


@dataclass(frozen=True)
class Change:
    """What is to change. Zeros and empty fields are no change; per cent as fractions, money in the unit of flows.

    Attributes:
        tariff: [J, N, N] new rates; the old ones if None.
        trade_cost: [J, N, N] log change of the iceberg cost.
        productivity: [N, J] log change, of all inputs; factor_productivity: of value added.
        labour, structures, amenity: [N] log changes.
        transfer: [N] change of what is received from other regions; sums to zero.
        migration_cost: [O, N] log change; people: [O] log change of an origin's persons.
    """

    tariff: np.ndarray | None = None
    trade_cost: np.ndarray | None = None
    productivity: np.ndarray | None = None
    factor_productivity: np.ndarray | None = None
    labour: np.ndarray | None = None
    structures: np.ndarray | None = None
    amenity: np.ndarray | None = None
    transfer: np.ndarray | None = None
    migration_cost: np.ndarray | None = None
    people: np.ndarray | None = None


@dataclass(frozen=True)
class Economy:
    """Everything that a folder holds.

    Attributes:
        settings: of the model.
        regions, sectors: names in the order of all arrays.
        markets: labour markets of a region, by name; one unless given.
        market: [J] market in which each sector hires.
        origins: region and group of each origin of people.
        trade: [J, N, N] what sellers receive from buyers, tariffs apart.
        tariff: [J, N, N] ad valorem rates before, as fractions.
        va: [N, J] share of value added in output.
        inputs: [N, J, J] input j per unit of output of k: [n, k, j]; sums to 1 - va over j.
        theta: [J] trade elasticity; agglomeration: [J] of productivity to people.
        substitution, substitution_inputs: [J] between value added and materials, and between materials; None for 1.
        structures: [N, J] share of structures in value added.
        housing: [N] share of housing in final spending.
        people: [O, M] persons.
        change: what is to change.
        repairs: what was mended.
        rough: whether final spending is observed with errors: the accounts are then no equilibrium by themselves.
    """

    settings: Settings
    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    trade: np.ndarray
    tariff: np.ndarray
    va: np.ndarray
    inputs: np.ndarray
    theta: np.ndarray
    agglomeration: np.ndarray | None = None
    substitution: np.ndarray | None = None
    substitution_inputs: np.ndarray | None = None
    structures: np.ndarray | None = None
    housing: np.ndarray | None = None
    markets: tuple[str, ...] = ("all",)
    market: tuple[int, ...] = ()
    origins: tuple[tuple[str, str], ...] = ()
    people: np.ndarray | None = None
    change: Change = field(default_factory=Change)
    repairs: tuple[Repair, ...] = ()
    rough: bool = False
