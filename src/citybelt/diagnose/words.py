"""Sentences from numbers, in the languages of the table of words; a number in a text is never typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

LANGUAGES = ("en", "zh")


@cache
def _words() -> dict[str, dict[str, str]]:
    import csv

    path = resources.files("citybelt.diagnose") / "tables" / "words.csv"
    with path.open(encoding="utf-8") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


@dataclass(frozen=True)
class Speech:
    """Formats numbers and fills templates in one language (``en`` or ``zh``)."""

    lang: str

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise ValueError(f"language {self.lang!r} is not one of {', '.join(LANGUAGES)}")

    def __call__(self, key: str, **values: object) -> str:
        """The sentence ``key`` with its places filled."""
        return _words()[key][self.lang].format(**values)

    def word(self, kind: str, label: str) -> str:
        """What a label of some kind is called, or the label itself."""
        return _words().get(f"{kind}.{label}", {}).get(self.lang, label)

    def place(self, label: str) -> str:
        """Name of a cluster, or the label itself."""
        return self.word("cluster", label)

    def number(self, value: float, digits: int = 1) -> str:
        """With a true minus sign and thousands separated."""
        text = f"{value:,.{digits}f}"
        if text.startswith("-"):
            text = "−" + text[1:] if float(text.replace(",", "")) else text[1:]
        return text

    def signed(self, value: float, digits: int = 1) -> str:
        text = self.number(value, digits)
        return text if text.startswith("−") or not value else "+" + text

    def percent(self, value: float, digits: int = 1) -> str:
        return self.number(value, digits) + "%"

    def persons(self, value: float, signed: bool = False) -> str:
        """Persons in millions, or in units of ten thousand in Chinese."""
        show = self.signed if signed else self.number
        if self.lang == "zh":
            return show(value / 1e4, 0) + "万人"
        return show(value / 1e6, 2 if abs(value) < 1e6 else 1) + " million"

    def list(self, items: Iterable[str]) -> str:
        return ("、" if self.lang == "zh" else ", ").join(items)
