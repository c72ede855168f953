"""How far each target of a plan could be pushed with all others kept, and what the goal would be left with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.plan.asked import words
from citybelt.plan.asked.wishes import Names, wishes_of
from citybelt.plan.solved.optimise import Optimum, maximise
from citybelt.plan.solved.problem import Problem

if TYPE_CHECKING:
    from citybelt.result import Progress

#: Rows that are targets; limits of money and rules among levers are none.
TARGETS = ("people", "output", "welfare", "co2", "inequality", "land", "security")
#: First-order residual at which a reach is known.
ENOUGH = 1e-4


def reach(p: Problem, best: Optimum, fixed: np.ndarray, names: Names, tell: Progress) -> pd.DataFrame:
    """The most of each target that the levers and budgets can reach while every other target is kept.

    Args:
        best: the plan; fixed: [L] levers that it may not use.
        names: of groups of regions, as ``Places.names``.

    Returns:
        One row a target: row, label_en, label_zh, sense, asked, at (the plan) and reach as they are read in unit_en and
        unit_zh, and goal_lost, what the goal has less there. A target that could not be pushed is left out.
    """
    rows = []
    wishes = [w for w in wishes_of(p.bounds, names) if words.kind(w.row) in TARGETS]
    for k, wish in enumerate(wishes):
        tell("reach", k, len(wishes))
        rest = tuple(b for b in p.bounds if b not in wish.bounds)
        try:
            found = maximise(replace(p, goal=wish.goal, bounds=rest), ENOUGH, fixed, best.point)
        except NotSolvedError:
            continue
        row = max(wish.bounds, key=lambda b: -b.sign * found.point.row(b.row)).row
        en, zh = words.unit(wish.row)
        rows.append(
            {
                "row": wish.name,
                "label_en": wish.label[0],
                "label_zh": wish.label[1],
                "sense": wish.bounds[0].sense,
                "asked": words.shown(wish.row, wish.limit),
                "at": words.shown(row, best.point.row(row)),
                "reach": words.shown(row, found.point.row(row)),
                "unit_en": en,
                "unit_zh": zh,
                "goal_lost": best.value - p.value(found.point.outcomes),
            }
        )
    tell("reach", len(wishes), len(wishes))
    return pd.DataFrame(rows)
