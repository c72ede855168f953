"""Propositions of the article that the diagnosis answers."""

from citybelt.coverage import Answer

ANSWERS = (
    Answer("P4", "computed", "diagnosis: gap"),
    Answer("P16", "computed", "diagnosis: people"),
    Answer("P18", "computed", "diagnosis: people"),
    Answer("P31", "computed", "diagnosis: industries"),
    Answer("P34", "computed", "diagnosis: gap"),
    Answer("P41", "computed", "diagnosis: trade"),
    Answer("P54", "computed", "diagnosis: producer services"),
    Answer("P57", "computed", "diagnosis: people"),
)
