"""The ledger: every figure of the article against every definition and vintage of it that the facts hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import pandas as pd

from citybelt.diagnose.facts import Facts
from citybelt.errors import InputError, Problem
from citybelt.terminal import Sheet

from .formula import evaluate
from .verdict import CONFIRMED, deviation, direction, grade, verdict

LANGUAGES = ("en", "zh")

#: What a verdict and a note are called in each language.
WORDS = {
    "confirmed": ("confirmed", "属实"),
    "plausible": ("plausible", "可信"),
    "not confirmed": ("not confirmed", "未能证实"),
    "wrong": ("wrong", "不符"),
    "depends on the definition": ("depends on the definition", "取决于口径"),
    "not computable from the data held": ("not computable from the data held", "现有数据无法计算"),
    "low": ("the stated figure is low under every definition", "在各种口径下原文数字均偏低"),
    "high": ("the stated figure is high under every definition", "在各种口径下原文数字均偏高"),
    "other": ("it would fit another year: {}", "与其他年份相符：{}"),
}


def table(name: str) -> pd.DataFrame:
    """A table of the ledger (``claims`` or ``definitions``) as text."""
    with (resources.files("citybelt.claims") / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False)


@dataclass(frozen=True)
class Ledger:
    """``claims``: one row for each claim and definition; ``summary``: one row for each claim."""

    claims: pd.DataFrame
    summary: pd.DataFrame

    def to_json(self) -> dict[str, Any]:
        """Plain data: claims with their definitions inside."""
        return {
            "claims": [
                row | {"definitions": self.claims[self.claims["claim"] == row["claim"]].to_dict("records")}
                for row in self.summary.to_dict("records")
            ]
        }

    def rich(self, lang: str = "en") -> Sheet:
        """The ledger as the terminal shows it; the deciding definition is marked with a star."""
        heads = {
            "en": ("", "claim", "stated", "definition", "computed", "deviation", "verdict"),
            "zh": ("", "论断", "原文", "口径", "计算值", "偏差", "结论"),
        }[lang]
        lines: list[tuple[str, ...]] = []
        ends: list[int] = []
        at = LANGUAGES.index(lang)
        for claim in self.summary.itertuples():
            rows = self.claims[self.claims["claim"] == claim.claim]
            for k, row in enumerate(rows.itertuples()):
                head = (claim.proposition, getattr(claim, f"claim_{lang}"), f"{claim.stated:g} {claim.unit}")
                known = row.computed is not None and pd.notna(row.computed)
                cells = (
                    getattr(row, f"definition_{lang}") + (" *" if row.decides else ""),
                    f"{row.computed:.2f}" if known else "-",
                    f"{100 * row.deviation:+.1f}%" if known else "-",
                    WORDS[claim.verdict][at] if not k else "",
                )
                lines.append((*(head if not k else ("", "", "")), *cells))
            ends.append(len(lines) - 1)
        return Sheet(heads, lines, right=[4, 5], yields=[6, 2, 3, 1], ends=ends)

    def __rich__(self) -> Sheet:
        return self.rich("en")

    def _repr_html_(self) -> str:
        return self.claims.to_html(index=False)


def build(facts: Facts, claims: pd.DataFrame | None = None, definitions: pd.DataFrame | None = None) -> Ledger:
    """Compute every definition of every claim and apply the rule.

    Raises InputError naming every claim without a definition, definition without a claim, formula that
    cannot be read and deciding definition that does not exist.
    """
    claims = table("claims") if claims is None else claims
    definitions = table("definitions") if definitions is None else definitions
    problems = list(_problems(claims, definitions))
    if problems:
        raise InputError(problems)
    rows, summary = [], []
    for _, claim in claims.iterrows():
        stated, tolerance = float(claim["stated"]), float(claim["tolerance"])
        decides = claim["decides"] or None
        own = definitions[definitions["claim"] == claim["claim"]]
        values: dict[str, float | None] = {}
        elsewhere: list[pd.Series] = []
        details = []
        for _, definition in own.iterrows():
            where = f"definitions.csv, {claim['claim']}/{definition['definition']}"
            out = evaluate(facts, definition["formula"], where)
            word = grade(stated, out.value, tolerance)
            if definition["scope"] == "1":
                values[definition["definition"]] = out.value
            elif word == CONFIRMED:
                elsewhere.append(definition)
            details.append(
                {
                    "definition": definition["definition"],
                    "definition_en": definition["definition_en"],
                    "definition_zh": definition["definition_zh"],
                    "in_scope": definition["scope"] == "1",
                    "decides": definition["definition"] == decides,
                    "year": int(definition["year"]),
                    "computed": out.value,
                    "deviation": None if out.value is None else deviation(stated, out.value),
                    "alone": word,
                    "vintage": ", ".join([definition["year"], *sorted(out.vintages)]),
                    "source": "; ".join(sorted(out.sources)),
                    "grade": out.grade,
                }
            )
        word = verdict(stated, values, decides, tolerance)
        head = {
            "claim": claim["claim"],
            "proposition": claim["proposition"],
            "claim_en": claim["claim_en"],
            "claim_zh": claim["claim_zh"],
            "stated": stated,
            "unit": claim["unit"],
            "tolerance": tolerance,
            "verdict": word,
            "rule_en": claim["rule_en"],
            "rule_zh": claim["rule_zh"],
        }
        way = direction(stated, values, tolerance) if word != CONFIRMED else ""
        notes = {f"note_{lang}": _note(way, elsewhere, k) for k, lang in enumerate(LANGUAGES)}
        words = {f"verdict_{lang}": WORDS[word][k] for k, lang in enumerate(LANGUAGES)}
        summary.append(head | words | notes)
        rows += [head | words | d for d in details]
    return Ledger(pd.DataFrame(rows), pd.DataFrame(summary))


def _note(way: str, elsewhere: list[pd.Series], k: int) -> str:
    parts = [WORDS[way][k]] if way else []
    if elsewhere:
        fits = (", ", "、")[k].join(d[f"definition_{LANGUAGES[k]}"] for d in elsewhere)
        parts.append(WORDS["other"][k].format(fits))
    return ("; ", "；")[k].join(parts)


def _problems(claims: pd.DataFrame, definitions: pd.DataFrame) -> Iterable[Problem]:
    known = set(claims["claim"])
    for _, d in definitions.iterrows():
        if d["claim"] not in known:
            yield Problem(f"definitions.csv, {d['claim']}/{d['definition']}", "there is no such claim.")
    for i, claim in claims.iterrows():
        where = f"claims.csv, line {int(str(i)) + 2} ({claim['claim']})"
        own = definitions[(definitions["claim"] == claim["claim"]) & (definitions["scope"] == "1")]
        if not len(own):
            yield Problem(where, "no definition in scope.", "Add one to definitions.csv with scope 1.")
        elif claim["decides"] and claim["decides"] not in set(own["definition"]):
            yield Problem(where, f"the deciding definition {claim['decides']!r} does not exist.")
        for column in ("stated", "tolerance"):
            try:
                good = float(claim[column]) > 0
            except ValueError:
                good = False
            if not good:
                yield Problem(where, f"{column} is {claim[column]!r}.", "Give a positive number.")
