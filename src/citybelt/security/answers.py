"""Propositions of the article that the stress test answers."""

from citybelt.coverage import Answer

ANSWERS = (
    Answer("P2", "computed", "stress: five securities"),
    Answer("P6", "computed", "stress: now and under a scenario"),
)
