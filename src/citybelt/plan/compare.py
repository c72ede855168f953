"""Two plans for one world beside each other: what they do, who pays, who gains, and which does better how often.

Plans are compared where their numbers mean the same: one world, one vintage, the same regions, the same number of
draws. A draw depends on its number alone, so draws pair by number; how often one plan beats the other in the same
draw is said by ``chance`` (B1, B2), with its standard error. The likeness of two plans is the part of the money that
both spend on the same levers,

    (C1)  likeness = sum_l min(a_l, b_l) / max(sum_l a_l, sum_l b_l)

one for plans that spend alike, zero for plans that share no lever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from citybelt.errors import InputError, Problem
from citybelt.plan.asked.brief import SECURITY_WORDS
from citybelt.plan.compare_read import NUMBERS, Side, side
from citybelt.plan.sure.chance import beats
from citybelt.result import plain

if TYPE_CHECKING:
    from citybelt.plan.result import Plan

#: Values of a lever differ when they are further apart than this share of its upper bound.
APART = 0.005
#: Gains nearer than this, relative to the larger, are the noise of equilibria: a tie.
NOISE = 1e-6

_WORDS = {
    "welfare_change": ("welfare of the cluster", "城市群福利", "%"),
    "welfare_change_nation": ("welfare of the nation", "全国福利", "%"),
    "ev": ("gain of the cluster", "城市群净收益", "bn CNY/yr"),
    "ev_nation": ("gain of the nation", "全国净收益", "bn CNY/yr"),
    "total": ("budget", "预算", "bn CNY/yr"),
    "spent": ("spent", "支出", "bn CNY/yr"),
}
JOINT = ("all of these at once", "同时发生")
_UNITS_ZH = {"%": "%", "bn CNY/yr": "10亿元/年"}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Plan A beside plan B.

    Attributes:
        world, vintage: of both.
        names: name of each plan in both languages, [A, B].
        summary: welfare, gain, budget: name, words, unit, a, b, difference (a less b).
        levers: those that differ: value, cost (bn a year) and status in each plan; "" where a plan's menu lacks it.
        payers: spending by payer, bn a year.
        by_region: welfare (per cent) and gain (bn a year) of every home region.
        targets: what each plan was to reach or keep, and whether it does.
        securities: worst loss of each security, per cent, today as each plan found it (now_a, now_b) and under each
            plan; empty where no plan was held against shocks.
        chance: how often A beats B: probability, its standard error, pairs of draws, mean difference and its error.
        likeness: (C1).
    """

    world: str
    vintage: str
    names: tuple[tuple[str, str], tuple[str, str]]
    summary: pd.DataFrame
    levers: pd.DataFrame
    payers: pd.DataFrame
    by_region: pd.DataFrame
    targets: pd.DataFrame
    securities: pd.DataFrame
    chance: pd.DataFrame
    likeness: float

    @property
    def same(self) -> bool:
        """Whether the plans do not differ, in what they do or in what it brings, by more than noise."""
        tables = (self.summary, self.payers, self.by_region, self.securities)
        alike = all(np.allclose(t["a"], t["b"], rtol=NOISE, atol=NOISE, equal_nan=True) for t in tables)
        kept = self.targets["kept_a"].equals(self.targets["kept_b"])
        return alike and kept and self.levers.empty and not self.chance["mean_difference"].any()

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        return plain(vars(self) | {"same": self.same})

    def rich(self, language: str = "en") -> Any:
        """The comparison for a terminal, in ``en`` or ``zh``."""
        from citybelt.plan.compare_view import view

        return view(self, language)

    def __rich__(self) -> Any:
        return self.rich()

    def _repr_html_(self) -> str:
        return self.summary.to_html(index=False)


def compare(a: Plan | str | Path, b: Plan | str | Path) -> Comparison:
    """Two plans beside each other.

    Args:
        a, b: what ``plan`` returned, a JSON file written of it, or the folder where its plan.json lies.

    Raises:
        InputError: a file that is no plan's; plans of other worlds, vintages, regions or draws.
    """
    one, other = side(a, "A"), side(b, "B")
    _alike(one, other)
    p, q = one.document, other.document
    titles = []
    for s, role in ((one, "A"), (other, "B")):
        en, zh = s.name
        titles.append((en or f"plan {role}", zh or f"方案{role}"))
    return Comparison(
        world=str(p["world"]),
        vintage=str(p["vintage"]),
        names=(titles[0], titles[1]),
        summary=_summary(p, q),
        levers=_levers(one, other),
        payers=_payers(p, q),
        by_region=_by_region(one, other),
        targets=_targets(one, other),
        securities=_securities(one, other),
        chance=_chance(one, other),
        likeness=_likeness(one, other),
    )


def _alike(one: Side, other: Side) -> None:
    """Raise where the numbers of two plans do not mean the same."""
    p, q = one.document, other.document
    problems = []
    for key, do in (
        ("world", "Compare plans of one world."),
        ("vintage", "Make both plans with the same --vintage."),
        ("draws", "Make both plans with the same --draws."),
    ):
        if p[key] != q[key]:
            what = f"has {key} {q[key]!r}, where {one.where} has {p[key]!r}."
            problems.append(Problem(other.where, what, do))
    places, others = (set(s.rows("by_region")) for s in (one, other))
    if not problems and places != others:
        odd = sorted(places ^ others)
        what = f"the regions differ from those of {one.where}, by {', '.join(odd[:3])}{', ...' if odd[3:] else ''}."
        problems.append(Problem(other.where, what, "Make both plans with the same regions."))
    if problems:
        raise InputError(problems)


def _summary(p: Mapping[str, Any], q: Mapping[str, Any]) -> pd.DataFrame:
    rows = []
    for key, (en, zh, unit) in _WORDS.items():
        a, b = (d[key] if key in NUMBERS else d["budget"].get(key) for d in (p, q))
        a, b = (np.nan if v is None else float(v) for v in (a, b))
        rows.append((key, en, zh, unit, _UNITS_ZH[unit], a, b, a - b))
    return pd.DataFrame(rows, columns=["name", "name_en", "name_zh", "unit_en", "unit_zh", "a", "b", "difference"])


def _levers(one: Side, other: Side) -> pd.DataFrame:
    p, q = one.rows("levers"), other.rows("levers")
    rows = []
    for name in dict.fromkeys([*p, *q]):
        a, b = p.get(name), q.get(name)
        known: Any = a or b
        values = [0.0 if r is None else float(r["value"]) for r in (a, b)]
        states = ["" if r is None else str(r["status"]) for r in (a, b)]
        if abs(values[0] - values[1]) <= APART * known["upper"] and states[0] == states[1]:
            continue
        costs = [0.0 if r is None else float(r["cost"]) for r in (a, b)]
        rows.append(
            {
                "name": name,
                **{key: known[key] for key in ("name_en", "name_zh", "unit_en", "unit_zh")},
                "a": values[0],
                "b": values[1],
                "cost_a": costs[0],
                "cost_b": costs[1],
                "cost_difference": costs[0] - costs[1],
                "status_a": states[0],
                "status_b": states[1],
            }
        )
    columns = "name name_en name_zh unit_en unit_zh a b cost_a cost_b cost_difference status_a status_b".split()
    table = pd.DataFrame(rows, columns=columns)
    return table.iloc[np.argsort(-np.abs(table["cost_difference"].to_numpy(float)), kind="stable")].reset_index(
        drop=True
    )


def _payers(p: Mapping[str, Any], q: Mapping[str, Any]) -> pd.DataFrame:
    paid = [d["budget"]["by_payer"] for d in (p, q)]
    rows = [
        (payer, *PAYER_WORDS.get(payer, (payer, payer)), *(float(d.get(payer, 0.0)) for d in paid))
        for payer in dict.fromkeys([*paid[0], *paid[1]])
    ]
    table = pd.DataFrame(rows, columns=["payer", "name_en", "name_zh", "a", "b"])
    return table.assign(difference=table["a"] - table["b"])


PAYER_WORDS = {
    "centre": ("centre", "中央"),
    "province": ("provinces", "省级"),
    "city": ("cities", "市级"),
    "private": ("private", "社会资本"),
    "foreign": ("foreign", "外方"),
}


def _by_region(one: Side, other: Side) -> pd.DataFrame:
    p, q = one.rows("by_region"), other.rows("by_region")
    rows = [
        {
            "region": region,
            **{key: r[key] for key in ("name_en", "name_zh", "in_cluster")},
            "a": float(r["welfare"]),
            "b": float(q[region]["welfare"]),
            "difference": float(r["welfare"]) - float(q[region]["welfare"]),
            "ev_a": float(r["ev"]),
            "ev_b": float(q[region]["ev"]),
        }
        for region, r in p.items()
    ]
    return pd.DataFrame(rows)


def _targets(one: Side, other: Side) -> pd.DataFrame:
    p, q = one.rows("targets"), other.rows("targets")
    columns = ["row", "sense", "label_en", "label_zh", *(f"{what}_{s}" for s in "ab" for what in _TARGET)]
    rows = []
    for name in dict.fromkeys([*p, *q]):
        known: Any = p.get(name) or q.get(name)
        row = [*name, known["label_en"], known["label_zh"]]
        for found in (p.get(name), q.get(name)):
            row += [None if found is None else found.get(what) for what in _TARGET]
        rows.append(row)
    return pd.DataFrame(rows, columns=columns)


_TARGET = ("asked", "reached", "kept")


def _securities(one: Side, other: Side) -> pd.DataFrame:
    """Worst losses today and under each plan; none where neither was struck."""
    p, q = one.rows("stress.worst"), other.rows("stress.worst")
    rows = []
    for name in dict.fromkeys([*p, *q]):
        lost = [
            np.nan if r is None or r.get(what) is None else float(r[what])
            for r in (p.get(name), q.get(name))
            for what in ("loss", "loss_plan")
        ]
        words = SECURITY_WORDS.get(name, JOINT if name == "joint" else (name, name))
        rows.append((name, *words, *lost, lost[1] - lost[3]))
    return pd.DataFrame(rows, columns=["security", "name_en", "name_zh", "now_a", "a", "now_b", "b", "difference"])


def _chance(one: Side, other: Side) -> pd.DataFrame:
    """One row an objective; none where a plan has no draws."""
    p, q = one.rows("draw_table"), other.rows("draw_table")
    both = sorted(set(p) & set(q))
    columns = ["name", "name_en", "name_zh", "probability", "se", "pairs", "mean_difference", "mean_se"]
    if not both:
        return pd.DataFrame(columns=columns)
    rows = []
    for key in ("ev", "ev_nation"):
        a, b = (np.array([float(table[k][key]) for k in both]) for table in (p, q))
        b = np.where(np.abs(a - b) <= NOISE * np.maximum(np.abs(a), np.abs(b)), a, b)
        gap = a - b
        error = float(gap.std(ddof=1) / np.sqrt(len(gap))) if len(gap) > 1 else np.nan
        rows.append((key, *_WORDS[key][:2], *beats(a, b), len(both), float(gap.mean()), error))
    return pd.DataFrame(rows, columns=columns)


def _likeness(one: Side, other: Side) -> float:
    """(C1); one where neither spends."""
    a, b = ({k: float(r["cost"]) for k, r in s.rows("levers").items()} for s in (one, other))
    most = max(sum(a.values()), sum(b.values()))
    return sum(min(a[k], b[k]) for k in a.keys() & b.keys()) / most if most > 0 else 1.0
