"""Propositions of the article that the plan answers."""

from citybelt.coverage import Answer

ANSWERS = (
    Answer("P28", "computed", "plan: who pays"),
    Answer("P52", "computed", "plan: shadow prices"),
)
