"""Propositions of the article that paths through time answer. Technology and energy rest on assumed parameters."""

from citybelt.coverage import Answer

ANSWERS = (
    Answer("P11", "assumed", "path: research, learning and catching up"),
    Answer("P24", "computed", "path: building and working"),
    Answer("P29", "assumed", "path: innovation centres"),
    Answer("P29", "assumed", "centres: reach and sites"),
    Answer("P58", "assumed", "path: energy and emissions"),
)
