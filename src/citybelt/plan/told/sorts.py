"""Sorts of levers: a lever is what it buys most of, and money only where it buys next to nothing.

Things that last, land that is serviced, knowledge and skills make a project; capital that firms buy for themselves is
capital; the running of changed rules, with the services and the resettling that they call for, makes a reform. A lever
that hands money on and buys only the work of handing it on is money. What is handed on beside something that is bought
does not count: ``finance`` grants more than it buys, yet what it buys is capital of firms, and ``land``, ``quota`` and
``land_price`` are projects, as all three service hectares, though ``land_price`` forgoes more than that costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from citybelt.scenario.card import Card

#: Kinds of lever that buy things that last, serviced land, knowledge or skills.
PROJECTS = (
    "rail", "road", "research", "innovation_centre", "training", "schooling", "land", "quota", "land_price", "project",
)  # fmt: skip
#: Kinds that hand money on and buy only the work of doing so.
MONEY = ("subsidy", "transfer")
#: Kinds that buy capital of firms.
CAPITAL = ("finance",)

#: Kinds that do what another kind does, on a curve of their own: where levers that are an "if" take part, they do not.
TWICE = ("innovation_centre",)


def sort_of(card: Card) -> str:
    """One of "reform", "project", "money", "capital", or "check" for a lever that does nothing."""
    sorts = {"check": ("placebo",), "project": PROJECTS, "money": MONEY, "capital": CAPITAL}
    return next((sort for sort, kinds in sorts.items() if card.kind in kinds), "reform")
