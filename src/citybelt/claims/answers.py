"""Propositions of the article that the ledger answers."""

from citybelt.coverage import Answer

ANSWERS = (
    Answer("P41", "computed", "ledger"),
    Answer("P42", "computed", "ledger"),
    Answer("P54", "computed", "ledger"),
)
