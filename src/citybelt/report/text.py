"""Numbers and words in English and Chinese: every sentence of the report is made here from a template and numbers.

``strings.csv`` holds one template a row in both languages; a template names its values in braces. A number
becomes text only through the functions below, so that thousands, units and signs follow the language: English
counts in thousand, million and billion, Chinese in 万 (1e4) and 亿 (1e8).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any

LANGUAGES = ("en", "zh")
MISSING = "–"
MINUS = "\N{MINUS SIGN}"


@cache
def strings() -> dict[str, dict[str, str]]:
    """Key -> language -> template, as read from ``strings.csv``."""
    text = resources.files("citybelt.report").joinpath("strings.csv").read_text(encoding="utf-8")
    return {row["key"]: {code: row[code] for code in LANGUAGES} for row in csv.DictReader(text.splitlines())}


def places(template: str) -> set[str]:
    """The names a template has in braces."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def is_number(value: Any) -> bool:
    """Whether the value can be shown: a finite number (None and NaN cannot)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def decimals(value: float, digits: int) -> int:
    """Decimals that show ``digits`` significant digits of ``value`` (none for large numbers)."""
    if not is_number(value) or value == 0:
        return 0
    magnitude = math.floor(math.log10(abs(value)))
    # 9.96 with two digits rounds up to 10, which needs one decimal less
    if round(abs(value), digits - 1 - magnitude) >= 10 ** (magnitude + 1):
        magnitude += 1
    return max(0, digits - 1 - magnitude)


def to_digits(value: float, digits: int) -> float:
    """``value`` rounded to ``digits`` significant digits."""
    if not is_number(value) or value == 0:
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def common_decimals(values: Iterable[float], digits: int = 2, most: int = 5) -> int:
    """Decimals for a column of numbers: its middle one shows ``digits`` significant digits."""
    sizes = sorted(abs(v) for v in values if is_number(v) and v != 0)
    return min(decimals(sizes[len(sizes) // 2], digits), most) if sizes else 0


@dataclass(frozen=True)
class Language:
    """One language: templates, names and numbers. ``code`` is "en" or "zh"."""

    code: str

    def __call__(self, key: str, **values: object) -> str:
        """The template ``key`` with its values filled in; KeyError names an unknown key."""
        return strings()[key][self.code].format(**values)

    def has(self, key: str) -> bool:
        """Whether there is a template ``key``."""
        return key in strings()

    def word(self, group: str, item: Any) -> str:
        """The name of ``item`` in a vocabulary, or the item itself where the vocabulary lacks it."""
        key = f"{group}.{item}"
        return self(key) if self.has(key) else str(item)

    def of(self, row: Mapping | Any, stem: str = "name", default: str = "") -> str:
        """``stem_en`` or ``stem_zh`` of a table row, else ``stem``, else ``default``."""
        for key in (f"{stem}_{self.code}", stem):
            value = row.get(key)
            if isinstance(value, str) and value:
                return value
        return default

    def fixed(self, value: float | None, decimals: int = 1, signed: bool = False) -> str:
        """A number with fixed decimals, for the columns of tables."""
        if not is_number(value):
            return MISSING
        text = f"{abs(value):,.{decimals}f}"  # type: ignore[arg-type]
        if float(text.replace(",", "")) == 0:
            return text
        return (MINUS if value < 0 else "+" if signed else "") + text  # type: ignore[operator]

    def number(self, value: float | None, digits: int = 2, signed: bool = False) -> str:
        """A number with ``digits`` significant digits, for sentences; what four decimals can't show is 0."""
        if not is_number(value):
            return MISSING
        if abs(value) < 5e-5:  # type: ignore[arg-type]
            return "0"
        places = min(decimals(value, digits), 4)  # type: ignore[arg-type]
        return self.fixed(to_digits(value, digits), places, signed)  # type: ignore[arg-type]

    def percent(self, value: float | None, digits: int = 2, signed: bool = False) -> str:
        """A percentage given in percent points."""
        text = self.number(value, digits, signed)
        return text if text == MISSING else f"{text}%"

    def scaled(self, value: float | None, digits: int = 3, signed: bool = False) -> str:
        """A count or amount in the words of the language: 98.5 million, 9850万."""
        if not is_number(value):
            return MISSING
        size = abs(to_digits(value, digits))  # type: ignore[arg-type]
        for limit, divisor, unit in self._steps():
            if size >= limit:
                return self.number(value / divisor, digits, signed) + unit  # type: ignore[operator]
        return self.number(value, digits, signed)

    def _steps(self) -> tuple[tuple[float, float, str], ...]:
        """(from which size, divided by what, unit), largest first."""
        if self.code == "zh":
            return (1e12, 1e12, "万亿"), (1e8, 1e8, "亿"), (1e4, 1e4, "万")
        million = ((1e12, 1e12, " trillion"), (1e9, 1e9, " billion"), (1e6, 1e6, " million"))
        return (*million, (1e5, 1e3, " thousand"))  # 51,900 reads better in digits

    def people(self, value: float | None, digits: int = 3, signed: bool = False) -> str:
        """Persons."""
        text = self.scaled(value, digits, signed)
        return text if text == MISSING else self("unit.people_text", number=text)

    def money(self, value: float | None, digits: int = 2, signed: bool = False) -> str:
        """Billion CNY as an amount of yuan in words."""
        text = self.scaled(None if not is_number(value) else value * 1e9, digits, signed)  # type: ignore[operator]
        return text if text == MISSING else self("unit.money_text", number=text)

    def amount(self, value: float | None, digits: int = 2) -> str:
        """Billion CNY as short as it goes: "19 bn yuan", "190亿元"."""
        text = self.money(value, digits)
        return text if self.code == "zh" else text.replace(" billion", " bn").replace(" million", " m")

    @property
    def billions(self) -> float:
        """What a table in bn CNY is multiplied by: Chinese tables are in 亿元 (1e8)."""
        return 10.0 if self.code == "zh" else 1.0

    @property
    def millions(self) -> float:
        """What a table in m CNY is multiplied by: Chinese tables are in 万元 (1e4)."""
        return 100.0 if self.code == "zh" else 1.0

    def range(self, low: float | None, high: float | None, value: float | None = None, signed: bool = True) -> str:
        """A band with decimals that fit its value (or its width): "+0.4 to +2.1"."""
        if not (is_number(low) and is_number(high)):
            return MISSING
        places = max(decimals(value, 2) if is_number(value) else 0, min(decimals(high - low, 2), 3))  # type: ignore
        return self("band.range", low=self.fixed(low, places, signed), high=self.fixed(high, places, signed))

    def with_band(self, value: float | None, low: float | None, high: float | None, level: int = 80) -> str:
        """A signed percentage with its band; the percentage alone where there is no band."""
        text = self.percent(value, signed=True)
        if not (is_number(low) and is_number(high)):
            return text
        return self("band.text", value=text, level=level, range=self.range(low, high, value))

    def capital(self, text: str) -> str:
        """A text with its first letter large."""
        return text[:1].upper() + text[1:]

    def join(self, items: Sequence[str]) -> str:
        """ "a, b and c" or "a、b和c"."""
        items = list(items)
        if len(items) < 2:
            return "".join(items)
        comma, last = ("、", "和") if self.code == "zh" else (", ", " and ")
        return comma.join(items[:-1]) + last + items[-1]

    def sentences(self, *parts: str) -> str:
        """Sentences one after the other, empty ones left out."""
        return ("" if self.code == "zh" else " ").join(p for p in parts if p)


def breakable(name: str) -> str:
    """A long technical name or address that may break after its marks."""
    for mark in ("_", "/", "::", "-", "."):
        name = name.replace(mark, mark + "\u200b")
    return name
