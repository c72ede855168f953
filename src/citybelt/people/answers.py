"""Propositions of the article that the laws of people answer."""

from citybelt.coverage import Answer

ANSWERS = (
    Answer("P9", "computed", "people: human capital"),
    Answer("P16", "computed", "people: moves"),
    Answer("P18", "computed", "people: natural change and migration"),
    Answer("P57", "computed", "people: ageing"),
)
