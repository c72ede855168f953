"""Sorts of levers: a lever is what most of its money goes to.

Things that last, land that is serviced and knowledge make a project; capital that firms buy for themselves is capital;
what is handed on, also as a price below cost, is money; the running of changed rules makes a reform. So ``land`` and
``quota`` are projects, as both service hectares, and cheaper capital is neither a reform nor a project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from citybelt.scenario.card import Card

#: Kinds of lever whose money buys things that last, serviced land or knowledge.
PROJECTS = ("rail", "road", "research", "training", "schooling", "land", "quota", "project")
#: Kinds that hand money on.
MONEY = ("subsidy", "transfer", "land_price")
#: Kinds whose money is capital of firms.
CAPITAL = ("finance",)


def sort_of(card: Card) -> str:
    """One of "reform", "project", "money", "capital", or "check" for a lever that does nothing."""
    sorts = {"check": ("placebo",), "project": PROJECTS, "money": MONEY, "capital": CAPITAL}
    return next((sort for sort, kinds in sorts.items() if card.kind in kinds), "reform")
