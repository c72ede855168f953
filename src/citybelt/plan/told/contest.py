"""Reforms against projects at equal cost: the best plan of each kind alone, under one and the same amount of money.

A lever is what it buys most of (``sorts``): projects buy things that last, serviced land, knowledge or skills, reforms
the running of changed rules; money that is handed on, such as a subsidy, and capital of firms are neither. Each kind
is planned alone with the plan's limits and goal. Where one kind cannot make use of the whole budget, both are planned
again with what it spends, so that the comparison is at equal cost. It is made with the levers of the plan, and once
more with those that stay out because what they do is assumed, which are marked. The words give what the people of the
cluster and of the nation gain, as the two may rank the kinds differently, and name the reforms that are meant.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from citybelt.plan.asked import words
from citybelt.plan.solved.optimise import Infeasible, Optimum, maximise
from citybelt.plan.told.sorts import TWICE, sort_of

if TYPE_CHECKING:
    from citybelt.plan.solved.problem import Problem
    from citybelt.result import Progress

#: Part of an amount of money within which two are the same.
SAME = 1e-3
SORTS = {"reforms": "reform", "projects": "project"}
NAMES = {"reforms": ("reforms only", "仅改革"), "projects": ("projects only", "仅项目")}


def contest(p: Problem, best: Optimum, fixed: np.ndarray, tell: Progress) -> pd.DataFrame:
    """The best plan of reforms only and of projects only at equal cost.

    Args:
        best: the plan; fixed: [L] levers that it may not use.

    Returns:
        Two rows for the levers of the plan and two for all: name (reforms, projects), name_en, name_zh, ifs (whether
        levers whose effects are assumed take part), targets (whether the plan's targets are kept; without, where a
        kind cannot keep them alone), budget, cost (bn CNY a year), goal, ev, ev_nation, per_yuan (gain of the
        cluster's people per yuan spent by anyone), per_yuan_nation, levers, words_en, words_zh (the same for both).
        Numbers are NaN where a plan was not reached.
    """
    rows: list[dict[str, Any]] = []
    sorts = np.array([sort_of(lever.card) for lever in p.levers])
    twice = fixed & np.array([lever.card.kind in TWICE for lever in p.levers])
    for ifs in (False, True):
        tell("reforms against projects", int(ifs), 2)
        if ifs and not fixed.any():
            break
        bars = {name: (sorts != sort) | (twice if ifs else fixed) for name, sort in SORTS.items()}
        if any(bar.all() for bar in bars.values()):
            continue
        pair = _pair(p, bars, ifs)
        named = {lever.id: (lever.card.name, lever.card.name_zh) for lever in p.levers}
        barred = fixed & (sorts == "reform") & np.array([lever.conditional for lever in p.levers])
        text = _words(pair, named, [] if ifs else [lv.id for lv, out in zip(p.levers, barred, strict=True) if out], ifs)
        rows += [row | dict(zip(("words_en", "words_zh"), text, strict=True)) for row in pair]
    tell("reforms against projects", 2, 2)
    columns = [
        *"name name_en name_zh ifs targets budget cost goal ev ev_nation per_yuan per_yuan_nation levers".split()
    ]
    return pd.DataFrame(rows, columns=[*columns, "words_en", "words_zh"])


def _pair(p: Problem, bars: dict[str, np.ndarray], ifs: bool) -> list[dict[str, Any]]:
    """Both kinds at one amount of money."""
    q, found = p, _both(p, bars)
    if found is None:  # one kind cannot keep the targets alone: then neither has to
        q = replace(p, bounds=tuple(b for b in p.bounds if words.kind(b.row) == "cost"))
        found = _both(q, bars)
    if found is not None:
        least = min(o.point.row("cost") for o in found.values())
        if max(o.point.row("cost") for o in found.values()) > least * (1 + SAME):
            q = q.within(least)
            again = _both(q, bars)
            found = again if again is not None else found
    rows = []
    for name in bars:
        o = found[name] if found is not None else None
        cost, ev, nation = (np.nan,) * 3 if o is None else (o.point.row(r) for r in ("cost", "ev:cluster", "ev:nation"))
        some = cost > 0
        in_use = [] if o is None else [lv.id for k, lv in enumerate(p.levers) if o.point.values[k] > 5e-3 * p.upper[k]]
        rows.append(
            {
                "name": name, "name_en": NAMES[name][0], "name_zh": NAMES[name][1], "ifs": ifs,
                "targets": len(q.bounds) == len(p.bounds), "budget": q.budget, "cost": cost,
                "goal": np.nan if o is None else o.value, "ev": ev, "ev_nation": nation,
                "per_yuan": ev / cost if some else np.nan, "per_yuan_nation": nation / cost if some else np.nan,
                "levers": ", ".join(in_use),
            }
        )  # fmt: skip
    return rows


def _both(p: Problem, bars: dict[str, np.ndarray]) -> dict[str, Optimum] | None:
    """The best plan of each kind; None where one cannot keep the bounds.

    Raises:
        NotSolvedError: an optimum was not reached.
    """
    try:
        return {name: maximise(p, fixed=bar) for name, bar in bars.items()}
    except Infeasible:
        return None


def _words(
    pair: list[dict[str, Any]], named: dict[str, tuple[str, str]], barred: list[str], ifs: bool
) -> tuple[str, str]:
    """English and Chinese. ``barred`` are reforms that take no part because what they do is assumed."""
    reforms, projects = pair
    if not (np.isfinite(reforms["ev"]) and np.isfinite(projects["ev"])):
        return "Reforms and projects could not be compared.", "改革与项目无法比较。"
    cost = words.money(projects["cost"])
    (gain, nation), (gain_zh, nation_zh) = (
        [tuple(_signed(row[key], k) for row in pair) for key in ("ev", "ev_nation")] for k in (0, 1)
    )
    rates = [f"{row[key]:.2f}" for key in ("per_yuan", "per_yuan_nation") for row in pair]
    en = (
        f"For {cost[0]} a year, reforms alone bring the cluster's people {gain[0]} a year and projects alone "
        f"{gain[1]}: {rates[0]} and {rates[1]} yuan for each yuan; they bring the nation's people "
        f"{nation[0]} and {nation[1]}: {rates[2]} and {rates[3]}"
    )
    zh = (
        f"每年花费{cost[1]}，仅改革为城市群居民带来{gain_zh[0]}，仅项目带来{gain_zh[1]}：每花1元分别得{rates[0]}元和"
        f"{rates[1]}元；为全国居民分别带来{nation_zh[0]}和{nation_zh[1]}：每花1元分别得{rates[2]}元和{rates[3]}元"
    )
    ahead = [reforms[key] - projects[key] for key in ("ev", "ev_nation")]
    if ahead[0] * ahead[1] < 0:
        en, zh = f"{en}, so the two owners rank them differently", f"{zh}，两者排序相反"
    if not reforms["targets"]:
        en, zh = f"{en}, the plan's targets aside", f"{zh}（不计规划目标）"
    en, zh = f"{en}.", f"{zh}。"
    for ids, said, said_zh in (
        ([id for id in reforms["levers"].split(", ") if id], "The reforms used are", "所用改革为"),
        (barred, "Reforms left out because what they do is assumed", "因效应属假定而未计入的改革"),
    ):
        if ids:
            en = f"{en} {said}: {'; '.join(named[id][0] for id in ids)}."
            zh = f"{zh}{said_zh}：{'、'.join(named[id][1] for id in ids)}。"
    if ifs:
        en = f"{en} Levers whose effects are assumed take part, so these figures rest on those assumptions."
        zh = f"{zh}含效应属假定的措施，故以上数字取决于这些假定。"
    return en, zh


def _signed(value: float, language: int) -> str:
    """Money with its sign; English 0, Chinese 1."""
    return ("-" if value < 0 else "") + words.money(abs(value))[language]
