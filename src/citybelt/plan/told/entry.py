r"""What each lever is worth to a plan: what goes if it is taken out, and what one left out must become to come in.

With multipliers m of the goal's rows and of the bounds, a unit more of lever l at its least value changes the goal by

    (E1)  net_l = R_l + C_l + V_l,      R_l = sum m_r S_rl s'_l,   C_l = sum m_r C_rl c'_l,   V_l = sum m_r V_rl

R through its response, C through its payment, V through rows that are linear in it (``optimise``, S1). So it comes in

    (E2)  when its cost falls to     -(R + V) / C    of what it is,   where paying for it costs the goal (C < 0)
    (E3)  or its effect rises to     -(C + V) / R    of what it is,   where what it does serves the goal (R > 0)

Both are exact for the first unit. Where the cost follows the effect, as that of capital that firms add, no rise of the
effect brings a lever in, since C grows with R. ``if_free`` is no such slope: the plan is made anew with a lever that
costs nothing. ``lost`` is what a plan made anew without a lever in use falls short by.
Source: reduced costs as in Bertsimas and Tsitsiklis (1997, chapter 4), here at a point of a nonlinear plan.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.plan.asked import words
from citybelt.plan.solved.optimise import Optimum, curves, maximise
from citybelt.plan.sure.draws import USED

if TYPE_CHECKING:
    from citybelt.plan.solved.problem import Problem
    from citybelt.result import Progress

#: First-order residual of plans made anew: gains are then known to about as much.
ENOUGH = 1e-5
#: States of levers that the plan uses, and of those that it may not use.
INSIDE = ("chosen", "built")
OUTSIDE = ("if", "barred")


def entry(p: Problem, best: Optimum, fixed: np.ndarray, tell: Progress) -> pd.DataFrame:
    """What every lever of a problem is worth to its plan.

    Args:
        best: the plan, whose point has the slopes of the goal and of bounds that bind.
        fixed: [L] levers that the plan may not use.

    Returns:
        One row a lever: name, name_en, name_zh, status (chosen, built, left_out, if, barred); net, gain of the goal per
        billion spent on it beyond the plan, at the plan's prices; lost, if_free and if_allowed (one that may not be
        used, at today's cost), gains of the goal by plans made anew, NaN where none was asked for or reached; cost_cut
        and effect_rise, per cent, of one not in use, NaN where no such change brings it in; words_en, words_zh.
    """
    used = (best.point.values > USED * p.upper) & ~fixed
    response, payment, straight = parts(p, best)
    rows = []
    for k, lever in enumerate(p.levers):
        tell("worth of levers", k, len(p.levers))
        barred = "built" if p.least[k] > 0 else "if" if lever.conditional else "barred"
        status = barred if fixed[k] else "chosen" if used[k] else "left_out"
        bars = fixed.copy()
        bars[k] = status == "chosen"
        begin = best.point if status != "chosen" else None
        free = eqx.tree_at(lambda e: e.unit_cost, p.effects, p.effects.unit_cost.at[k].set(0.0))
        row: dict[str, Any] = {
            "name": lever.id,
            "name_en": lever.card.name,
            "name_zh": lever.card.name_zh,
            "status": status,
            "net": float((response + payment + straight)[k] / best.point.slope("cost")[k]),
            "lost": -_gain(p, best, bars, begin) if status == "chosen" else np.nan,
            "if_free": np.nan if status in INSIDE else _gain(replace(p, effects=free), best, bars, begin),
            "if_allowed": _gain(p, best, bars, begin) if status in OUTSIDE else np.nan,
            "cost_cut": np.nan,
            "effect_rise": np.nan,
        }
        if status not in INSIDE:
            row |= changes(response[k], payment[k], straight[k], lever.tied)
        rows.append(row | dict(zip(("words_en", "words_zh"), _words(row, p.goal), strict=True)))
    tell("worth of levers", len(p.levers), len(p.levers))
    return pd.DataFrame(rows)


def parts(p: Problem, best: Optimum) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(E1) What a unit more of each lever brings the goal by its response, its payment and linear rows, [L] each."""
    x = best.point
    _, _, slope_size, slope_paid = (np.asarray(a) for a in curves(p.levers, p.effects, jnp.asarray(x.values)))
    by_row: dict[int, float] = {}
    for (k, sign), weight in zip(p.wanted, best.weights.values(), strict=True):
        by_row[k] = by_row.get(k, 0.0) + sign * weight
    for row, price in best.prices.items():
        if price > 0:
            # Of a row bounded on both sides the price is that of the side that binds.
            side = max((b for b in p.bounds if b.row == row), key=lambda b: -abs(b.room(x.row(row))))
            by_row[p.place[row]] = by_row.get(p.place[row], 0.0) + side.sign * price
    rows, m = list(by_row), np.array(list(by_row.values()))
    return m @ x.response_slope[rows] * slope_size, m @ x.payment_slope[rows] * slope_paid, m @ p.straight[rows]


def changes(response: float, payment: float, straight: float, tied: bool = False) -> dict[str, float]:
    """(E2), (E3) Per cent by which cost must fall or effect rise; below zero where the lever would come in as it is.

    Args:
        tied: whether cost and grant go with the effect.
    """
    serves = response + straight > 0 and payment < 0
    return {
        "cost_cut": 100.0 * (1.0 + (response + straight) / payment) if serves else np.nan,
        "effect_rise": 100.0 * (-(payment + straight) / response - 1.0) if response > 0 and not tied else np.nan,
    }


def _gain(p: Problem, best: Optimum, bars: np.ndarray, begin: Any) -> float:
    """What a plan made anew has more than this one; NaN where it was not reached."""
    try:
        return maximise(p, ENOUGH, bars, begin).value - best.value
    except NotSolvedError:
        return float("nan")


def _words(row: dict[str, Any], goal: tuple[str, ...]) -> tuple[str, str]:
    """What a lever is worth, in a sentence of each language."""
    lost, cut, rise = row["lost"], row["cost_cut"], row["effect_rise"]
    if row["status"] == "built":
        return "Built whole.", "整体建设。"
    if row["status"] == "chosen":
        if not np.isfinite(lost):
            return "Without it no plan meets the targets.", "没有它，任何规划都不能满足各项目标。"
        would = words.gained(goal, -lost)
        return f"Without it {would[0]}.", f"没有它，{would[1]}。"
    free = words.gained(goal, row["if_free"]) if np.isfinite(row["if_free"]) else ("", "")
    if np.isfinite(cut) and cut <= 0 and row["status"] in OUTSIDE:
        if not np.isfinite(row["if_allowed"]):
            return "It would be used if it were let in.", "若允许启用，规划会采用它。"
        would = words.gained(goal, row["if_allowed"])
        return f"If it were let in, {would[0]}.", f"若允许启用，{would[1]}。"
    if np.isfinite(cut) and cut < 100:
        cut = max(cut, 0.0)
        en, zh = f"Comes in if its cost falls by {cut:.0f} %", f"成本降低{cut:.0f}%即可入选"
        if np.isfinite(rise) and rise > 0:
            en += f" or its effect rises by {rise:.0f} %"
            zh += f"，或效应提高{rise:.0f}%"
    else:
        en, zh = "Would not come in at any cost", "无论成本多低都不会入选"
    if free[0] and row["if_free"] > 0 and cut < 100:
        return f"{en}; if it were free, {free[0]}.", f"{zh}；若无成本，{free[1]}。"
    return f"{en}.", f"{zh}。"
