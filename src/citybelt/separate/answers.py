"""Propositions of the article that the comparison of one plan with several answers."""

from citybelt.coverage import Answer

ANSWERS = (
    Answer("P3", "computed", "separate: division of labour"),
    Answer("P31", "computed", "separate: competition, likeness"),
    Answer("P15", "computed", "separate: four shapes"),
    Answer("P50", "computed", "separate: coalitions, transfers"),
    Answer("P53", "computed", "separate: tiers"),
    Answer("P51", "computed", "separate: value of one plan"),
)
