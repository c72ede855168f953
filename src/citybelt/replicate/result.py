"""What a replication returns: each figure that others published beside the one computed here.

A figure holds if the two differ by no more than the digits that its source gives, or than both solutions are exact.
Figures of one kind, such as one for each country, form a group; the terminal shows a group in one line.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from citybelt.terminal import Sheet

if TYPE_CHECKING:
    import pandas as pd

WORDS = {
    "en": {
        "heads": ("figure", "expected", "computed", "difference", "within", "holds"),
        "yes": "yes", "no": "NO", "group": "{group}: {count}, worst {name}", "unit": "{name}, {unit}",
        "all": "All {count} figures hold.", "some": "{bad} of {count} figures do not hold.",
    },
    "zh": {
        "heads": ("数字", "应为", "计算值", "差", "容差", "相符"),
        "yes": "是", "no": "否", "group": "{group}：{count}个，差别最大的是{name}", "unit": "{name}（{unit}）",
        "all": "全部{count}个数字相符。", "some": "{count}个数字中有{bad}个不符。",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One number that others published or produced, and ours.

    Attributes:
        name: what it is, in English.
        expected: their number.
        computed: ours.
        within: largest absolute difference at which the two agree, in the unit of the figure.
        unit: of all three; "1" for a pure number.
        source: where their number stands.
        name_zh, source_zh: the two in Chinese; the English text if empty.
        group: what the figures of one kind are called, in English and Chinese; empty for a figure of its own.
    """

    name: str
    expected: float
    computed: float
    within: float
    unit: str
    source: str
    name_zh: str = ""
    source_zh: str = ""
    group: tuple[str, str] = ("", "")

    @property
    def difference(self) -> float:
        """Ours less theirs."""
        return self.computed - self.expected

    @property
    def holds(self) -> bool:
        """Whether the two agree; a number that isn't finite never does."""
        return abs(self.difference) <= self.within

    @property
    def strain(self) -> float:
        """The difference in parts of what is allowed."""
        return abs(self.difference) / self.within if math.isfinite(self.difference) else math.inf


@dataclass(frozen=True)
class Replication:
    """A case with all its figures.

    Attributes:
        name: of the case.
        title: in English and Chinese.
        figures: in the order of the case.
    """

    name: str
    title: tuple[str, str]
    figures: tuple[Figure, ...]

    @property
    def holds(self) -> bool:
        """Whether every figure holds."""
        return all(f.holds for f in self.figures)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each figure."""
        import pandas as pd

        rows = [
            {
                "group_en": f.group[0],
                "group_zh": f.group[1],
                "figure_en": f.name,
                "figure_zh": f.name_zh or f.name,
                "expected": f.expected,
                "computed": f.computed,
                "difference": f.difference,
                "within": f.within,
                "unit": f.unit,
                "holds": f.holds,
                "source_en": f.source,
                "source_zh": f.source_zh or f.source,
            }
            for f in self.figures
        ]
        return pd.DataFrame(rows)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        title = dict(zip(("en", "zh"), self.title, strict=True))
        return {"case": self.name, "title": title, "holds": self.holds, "figures": self.table}

    def rich(self, lang: str = "en") -> Any:
        """The figures as the terminal shows them, by source; of a group the worst, and each that does not hold."""
        from rich.console import Group

        words, at = WORDS[lang], ("en", "zh").index(lang)
        sources: dict[str, dict[tuple[str, ...], list[Figure]]] = {}
        for k, f in enumerate(self.figures):
            groups = sources.setdefault(_in(at, f.source, f.source_zh), {})
            groups.setdefault(f.group if any(f.group) else (str(k),), []).append(f)
        sheets = []
        for source, groups in sources.items():
            rows = []
            for members in groups.values():
                worst = max(members, key=lambda f: f.strain)
                name = _in(at, worst.name, worst.name_zh)
                if len(members) > 1:
                    name = str(words["group"]).format(group=worst.group[at], count=len(members), name=name)
                rows.append(_row(worst, name, words))
                others = (f for f in members if f is not worst and not f.holds)
                rows += [_row(f, _in(at, f.name, f.name_zh), words) for f in others]
            sheets.append(Sheet(words["heads"], rows, title=source, right=[1, 2, 3, 4], yields=[0]))
        bad = sum(not f.holds for f in self.figures)
        verdict = str(words["some" if bad else "all"]).format(count=len(self.figures), bad=bad)
        return Group(self.title[at], "", *sheets, verdict)

    def __rich__(self) -> Any:
        return self.rich("en")

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False)


def _in(at: int, english: str, chinese: str) -> str:
    return chinese if at and chinese else english


def _row(f: Figure, name: str, words: Mapping[str, Any]) -> Sequence[str]:
    digits = max(0, min(12, 1 - math.floor(math.log10(f.within)))) if f.within > 0 else 12
    numbers = (f"{f.expected:.{digits}f}", f"{f.computed:.{digits}f}", f"{f.difference:.0e}", f"{f.within:.0e}")
    name = str(words["unit"]).format(name=name, unit=f.unit) if f.unit != "1" else name
    return (name, *numbers, words["yes" if f.holds else "no"])


def against(case: str, computed: Mapping[str, float]) -> list[Figure]:
    """The figures of a case's table ``<case>.csv`` beside what was computed, by key.

    Args:
        case: name of the case.
        computed: our numbers by the table's column ``key``; the two must hold the same keys.

    Raises:
        KeyError: keys that only one of the two has.
    """
    text = (resources.files("citybelt.replicate") / f"{case}.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    if odd := {row["key"] for row in rows} ^ set(computed):
        raise KeyError(f"{case}: {sorted(odd)} are expected or computed, not both")
    return [
        Figure(
            name=row["name_en"],
            expected=float(row["expected"]),
            computed=float(computed[row["key"]]),
            within=float(row["within"]),
            unit=row["unit"],
            source=row["source_en"],
            name_zh=row["name_zh"],
            source_zh=row["source_zh"],
            group=(row["group_en"], row["group_zh"]),
        )
        for row in rows
    ]


def by_place(
    group: tuple[str, str], expected: ArrayLike, computed: ArrayLike, within: float, source: tuple[str, str],
    unit: str = "1",
) -> list[Figure]:  # fmt: skip
    """One figure for each place, or one alone where both are single numbers, of a case without a table.

    Args:
        group: what the figures are, in English and Chinese; the name where there is only one.
        expected, computed: [N], or numbers; a single one stands for all places.
        within: largest absolute difference, in ``unit``.
        source: where the expected come from, in English and Chinese.
        unit: of all.
    """
    pairs = np.broadcast_arrays(np.asarray(expected, float), np.asarray(computed, float))
    alone = pairs[0].ndim == 0
    return [
        Figure(
            name=group[0] if alone else f"place {k + 1}", expected=float(e), computed=float(c), within=within,
            unit=unit, source=source[0], name_zh=group[1] if alone else f"地点{k + 1}", source_zh=source[1],
            group=("", "") if alone else group,
        )
        for k, (e, c) in enumerate(zip(*(a.ravel() for a in pairs), strict=True))
    ]  # fmt: skip


@dataclass(frozen=True)
class Cases:
    """The cases that can be replicated: ``table`` has name, titles, files needed and where they are from."""

    table: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"cases": self.table}

    def rich(self, lang: str = "en") -> Sheet:
        """The cases as the terminal shows them."""
        heads, files, origin = {
            "en": (("case", "what it holds against"), "files", "from"),
            "zh": (("案例", "内容"), "所需文件", "来源"),
        }[lang]
        rows: list[tuple[str, str]] = []
        ends = []
        for r in self.table.itertuples():
            rows.append((r.case, getattr(r, f"title_{lang}")))
            if r.files:
                rows += [("", f"{files}: {', '.join(r.files)}"), ("", f"{origin}: {r.origin}")]
            ends.append(len(rows) - 1)
        return Sheet(heads, rows, ends=ends[:-1])

    def __rich__(self) -> Sheet:
        return self.rich("en")

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False)
