"""Propositions of the article that the equilibrium answers."""

from citybelt.coverage import Answer

ANSWERS = (
    Answer("P12", "computed", "annex: closure"),
    Answer("P43", "computed", "annex: closure"),
)
