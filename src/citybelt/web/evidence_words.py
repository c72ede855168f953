"""Chinese for what the tables of evidence say in English: parameters, what costs, units. Citations stay as written."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files

from citybelt.web.words import Words, both


def told(text: str) -> Words:
    """A parameter, item or unit of the tables of evidence in both languages, itself where there is no Chinese."""
    return both(text, _chinese().get(text, text))


@lru_cache(1)
def _chinese() -> dict[str, str]:
    held = files("citybelt.web").joinpath("evidence_zh.csv").read_text("utf-8")
    return {row["english"]: row["chinese"] for row in csv.DictReader(held.splitlines())}
