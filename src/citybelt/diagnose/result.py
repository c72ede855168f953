"""The diagnosis of one cluster: tables, and what they say in words."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import pandas as pd

from citybelt.terminal import Paragraph, Sheet

from . import texts
from .words import LANGUAGES, Speech

if TYPE_CHECKING:
    from rich.console import Group

#: Order of the paragraphs of the first page.
ANSWERS = ("why", "people", "industries", "openness", "services")


@dataclass(frozen=True)
class Diagnosis:
    """Tables of one cluster against the others and the country. Regions are cities of the cluster, its
    provinces, clusters by label, and 000000 for the country; percent in points, people in persons."""

    name: str
    cluster: str
    clusters: tuple[str, ...]
    year: int
    names: pd.DataFrame  # name_en, name_zh of the cluster's cities
    provinces: pd.DataFrame  # name_en, name_zh of its provinces
    gap: pd.DataFrame
    gaps: pd.DataFrame
    context: pd.DataFrame
    people: pd.DataFrame
    ages: pd.DataFrame
    cohorts: pd.DataFrame
    three_objects: pd.DataFrame
    pull: pd.DataFrame
    similarity: pd.DataFrame
    repeats: pd.DataFrame
    industries: pd.DataFrame
    specialisation: pd.DataFrame
    products: pd.DataFrame
    complementarity: pd.DataFrame
    overlap: dict[str, float]
    hierarchy: pd.DataFrame
    neighbours: pd.DataFrame
    income: pd.DataFrame
    disposable_income: pd.DataFrame
    inequality: pd.DataFrame
    trade: pd.DataFrame
    trade_products: pd.DataFrame
    services: pd.DataFrame
    services_by_industry: pd.DataFrame
    limits: pd.DataFrame
    method: pd.DataFrame

    def answers(self, lang: str = "en") -> dict[str, str]:
        """One paragraph for each question, every number taken from the tables."""
        say = Speech(lang)
        return {key: getattr(texts, key)(self, say) for key in ANSWERS}

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: v for k, v in values.items() if isinstance(v, pd.DataFrame)}

    def to_json(self) -> dict[str, Any]:
        """Plain data: every table as records, and the paragraphs in both languages."""
        named = ("names", "provinces")
        records = {
            k: (t.rename_axis("region").reset_index() if k in named else t).to_dict("records")
            for k, t in self.tables.items()
        }
        return {
            "name": self.name,
            "cluster": self.cluster,
            "year": self.year,
            "answers": {lang: self.answers(lang) for lang in LANGUAGES},
            "overlap": dict(self.overlap),
            **records,
        }

    def rich(self, lang: str = "en") -> Group:
        """What the terminal shows: the paragraphs, the factors of the gap, and the limits."""
        from rich.console import Group

        say = Speech(lang)
        titles = {"en": ("factor", "points", "low", "high"), "zh": ("因素", "百分点", "下限", "上限")}[lang]
        rows = [
            (row.__getattribute__(f"factor_{lang}"), *map(say.signed, (row.contribution, row.low, row.high)))
            for row in self.gap.itertuples()
        ]
        title = f"{say.place(self.cluster)} - {say('factor.total')} ({self.year})"
        table = Sheet(titles, rows, title=title, right=[1, 2, 3], yields=[0])
        paragraphs = [Paragraph(p + "\n") for p in self.answers(lang).values()]
        missing = [Paragraph(f"- {t}") for t in self.limits[f"text_{lang}"]]
        return Group(*paragraphs, table, *missing)

    def __rich__(self) -> Group:
        return self.rich("en")

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{p}</p>" for p in self.answers("en").values())
        return paragraphs + self.gap.to_html(index=False, float_format="{:.1f}".format)
