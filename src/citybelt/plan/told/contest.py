"""Reforms against projects at equal cost: the best plan of each kind alone, under one and the same amount of money.

A lever is what most of its money goes to (``sorts``): projects buy things that last, serviced land or knowledge,
reforms the running of changed rules; what is handed on, such as a subsidy, and capital of firms are neither. Each kind
is planned alone with the plan's limits and goal. Where one kind cannot make use of the whole budget, both are planned
again with what it spends, so that the comparison is at equal cost. It is made with the levers of the plan, and once
more with those that stay out because what they do is assumed, which are marked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from citybelt.plan.asked import words
from citybelt.plan.solved.optimise import Infeasible, Optimum, maximise
from citybelt.plan.told.sorts import sort_of

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
    for ifs in (False, True):
        tell("reforms against projects", int(ifs), 2)
        if ifs and not fixed.any():
            break
        bars = {name: (sorts != sort) | (False if ifs else fixed) for name, sort in SORTS.items()}
        if any(bar.all() for bar in bars.values()):
            continue
        pair = _pair(p, bars, ifs)
        text = _words(pair, ifs)
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


def _words(pair: list[dict[str, Any]], ifs: bool) -> tuple[str, str]:
    reforms, projects = pair
    if not (np.isfinite(reforms["ev"]) and np.isfinite(projects["ev"])):
        return "Reforms and projects could not be compared.", "改革与项目无法比较。"
    cost, gains = words.money(projects["cost"]), [words.money(abs(row["ev"])) for row in pair]
    signs = ["-" if row["ev"] < 0 else "" for row in pair]
    en = (
        f"For {cost[0]} a year, reforms alone bring the cluster's people {signs[0]}{gains[0][0]} a year and projects "
        f"alone {signs[1]}{gains[1][0]}: {reforms['per_yuan']:.2f} and {projects['per_yuan']:.2f} yuan for each yuan"
    )
    zh = (
        f"每年花费{cost[1]}，仅改革为城市群居民带来{signs[0]}{gains[0][1]}，仅项目带来{signs[1]}{gains[1][1]}："
        f"每花1元分别得{reforms['per_yuan']:.2f}元和{projects['per_yuan']:.2f}元"
    )
    if not reforms["targets"]:
        en, zh = f"{en}, the plan's targets aside", f"{zh}（不计规划目标）"
    if ifs:
        en, zh = f"{en}; levers whose effects are assumed take part", f"{zh}；含效应属假定的措施"
    return f"{en}.", f"{zh}。"
