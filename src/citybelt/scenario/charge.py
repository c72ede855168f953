"""What a unit of a lever costs: prices times counts, as yearly payments and as what is spent (L4 of ``levers.py``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.evidence import Range
from citybelt.scenario.money import annuity

#: Investments that are paid for once and don't wear: nobody is resettled twice, no field is won back twice.
ONCE = ("resettled_worker", "quota_reclaim")


class Charge(NamedTuple):
    """Of a first unit, bn CNY."""

    yearly: np.ndarray  # [low, central, high] a year: investments as equal payments, upkeep, expenses
    capital: float  # of its investments, undiscounted, at the central price
    running: float  # a year besides: upkeep and expenses
    wears: tuple[tuple[float, float], ...]  # of the investments, by life in years, what wears
    invested: float  # share of the investments in the central yearly payments


def unit(card: Card, units: Mapping[str, float]) -> Charge:
    """The charge of a card, ``units`` being how many of the items of each cost a unit of value takes."""
    ends = lambda r: np.array([r.low, r.central, r.high])  # noqa: E731
    if card.project:
        once = sum(card.project.total.values()) / card.upper
        yearly = annuity(card.project.life, card.lag_years) + card.project.upkeep
        spent = once * card.project.overrun.central
        wears = ((float(card.project.life), spent),)
        return Charge(once * yearly * ends(card.project.overrun), spent, spent * card.project.upkeep, wears, 1.0)
    table = evidence.costs()
    upkeep = ends(table[card.upkeep].price if card.upkeep else Range(0.0, 0.0, 0.0))
    total, capital, running, invested = np.zeros(3), 0.0, 0.0, 0.0
    worn = []
    for id, life in card.cost.items():
        price = table[id].price * table[id].in_billions * units[id]
        each = annuity(life, card.lag_years)
        if life and card.building_years:
            each = annuity(life, card.building_years) * annuity(0, card.lag_years)
        total = total + ends(price) * (each + (upkeep if life else 0.0))
        capital += price.central if life else 0.0
        running += price.central * (float(upkeep[1]) if life else 1.0)
        invested += price.central * each if life else 0.0
        if life and id not in ONCE:
            worn.append((float(life), float(price.central)))
    return Charge(total, float(capital), float(running), tuple(worn), float(invested / total[1]) if total[1] else 0.0)
