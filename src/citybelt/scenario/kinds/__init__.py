"""Kinds of lever: from a card and a world to the direction of a lever and the places where it spends.

One function per kind, by theme, each with the physical meaning of a response of one and its sign. A function returns
the ``Direction`` of a response of one unit, the natural scale at which the value is felt (used where the card
gives none), weights [region] of where the money is spent, or the persons served, and how many of the items
that costs are quoted for (kilometres, persons, yuan) a unit of value takes.
"""

from __future__ import annotations

from collections.abc import Callable

from citybelt.scenario.card import Card
from citybelt.scenario.kinds.ground import BILLION, Built, Ground
from citybelt.scenario.kinds.industry import approvals, carbon, entry, ownership, placebo, services
from citybelt.scenario.kinds.land import land, land_price, quota
from citybelt.scenario.kinds.money import finance, subsidy, transfer
from citybelt.scenario.kinds.people import registration, schooling, training
from citybelt.scenario.kinds.project import project
from citybelt.scenario.kinds.science import innovation_centre, research
from citybelt.scenario.kinds.trade import border, clearance, tariff
from citybelt.scenario.kinds.transport import rail, road

BUILD: dict[str, Callable[[Card, Ground], Built]] = {
    f.__name__: f
    for f in (
        rail, road, clearance, tariff, border, registration, land, land_price, quota, research, innovation_centre,
        training, schooling, services, approvals, entry, ownership, carbon, subsidy, transfer, finance, project,
        placebo,
    )
}  # fmt: skip

__all__ = ["BILLION", "BUILD", "Built", "Ground"]
