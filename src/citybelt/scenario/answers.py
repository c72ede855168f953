"""Propositions of the article that the scenarios answer: those that their files name.

An answer is assumed where one of the scenario's levers is an "if", else computed.
"""

from __future__ import annotations

from collections.abc import Iterator

from citybelt.coverage import Answer
from citybelt.scenario.card import cards_of
from citybelt.scenario.scenario import load_scenario, scenarios

WORLD = "northeast"


def _answers(world: str) -> Iterator[Answer]:
    cards = cards_of(world)
    for name in scenarios(world):
        scenario = load_scenario(name, world)
        assumed = any(cards[lever].reason() for lever in scenario.levers)
        for number in scenario.propositions:
            yield Answer(number, "assumed" if assumed else "computed", f"scenario: {scenario.id}")


ANSWERS = tuple(_answers(WORLD))
