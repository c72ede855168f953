"""What is said of a plan with whole projects: how far it was searched, which sets were planned, what each is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.master import Best

if TYPE_CHECKING:
    from citybelt.plan.solved.whole import Search

#: Parts of the goal's size below which two plans are equally good.
TIE = 1e-5


@dataclass(frozen=True, eq=False)
class WholePlan:
    """The best set of whole projects that was found, and what any other could bring.

    Attributes:
        optimum: the plan of the set.
        chosen: [L] true for projects that are built.
        bound: goal that no other set is forecast to pass; gap: how far that is above the plan, at least zero.
        linear_error: the most by which an equilibrium was better than the first linear forecast said, in the goal's
            unit; bent_error: the same of the last bent one (NaN where none was made).
        parts: the goal if projects could be built in part.
        sets: 2^N; nodes: mixed-integer programs solved; planned: sets planned in full; measured: equilibria at which
            forecasts were held against what was found.
        unsolved: sets whose plan was not found, which count in the bound by their forecasts.
        table: one row a set that was planned, best first: chosen (ids, blanks between), value (the goal), forecast,
            beyond (value less forecast), status (solved, infeasible, not_solved), words_en, words_zh.
        projects: one row a project: id, chosen, value_turned (goal of the best plan found with the opposite choice,
            NaN where there is none), lost (how much less that is), words_en, words_zh.
    """

    optimum: Any
    chosen: np.ndarray
    bound: float
    gap: float
    linear_error: float
    bent_error: float
    parts: float
    sets: int
    nodes: int
    planned: int
    measured: int
    unsolved: int
    tie: float
    table: pd.DataFrame
    projects: pd.DataFrame

    @property
    def closed(self) -> bool:
        """Whether no set that is left is forecast to be better than the plan."""
        return self.gap <= self.tie

    @property
    def words_en(self) -> str:
        how = (
            f"{self.planned} of {self.sets} sets of whole projects were planned in full; forecasts of the others were "
            f"held against {self.measured} equilibria and raised by the worst error found."
        )
        if self.planned >= self.sets:
            return f"All {self.sets} sets of whole projects were planned in full."
        if self.closed:
            return f"{how} None of the others is forecast to beat the plan."
        return f"{how} The search was not closed: another set may bring up to {self.gap:.3g} more."

    @property
    def words_zh(self) -> str:
        how = (
            f"共 {self.sets} 种整体项目组合，对其中 {self.planned} 种做了完整规划；其余组合的预测值用 {self.measured} "
            "个均衡解核对，并按所见最大误差上调。"
        )
        if self.planned >= self.sets:
            return f"全部 {self.sets} 种整体项目组合都做了完整规划。"
        if self.closed:
            return f"{how}其余组合的预测值均不超过本规划。"
        return f"{how}搜索尚未收口：其他组合至多可能再增加 {self.gap:.3g}。"


class Tried(NamedTuple):
    """A set that was planned: the set [N], what was forecast, the optimum (None with a status), the last point."""

    x: np.ndarray
    forecast: float
    optimum: Any
    status: str
    point: Any


def result(s: Search, wish: Best | None) -> WholePlan:
    """Put together what a search found; ``wish``: the best set that was not planned, None if none is left.

    Raises:
        NotSolvedError: no set has a plan.
    """
    best = s.best
    if best is None:
        raise NotSolvedError("No set of whole projects keeps all bounds. Loosen a bound, or leave projects out.")
    value, tie = best.optimum.value, TIE * s.size
    failed = [t for t in s.tried if t.status == "not_solved"]
    bound = max([value, *(t.forecast for t in failed), *([wish.bound] if wish is not None else [])])
    gap = 0.0 if bound <= value + tie else bound - value
    goals = [i for i, a in enumerate(s.asks) if a.value is None]
    chosen = np.zeros(len(s.p.upper), bool)
    chosen[s.at] = best.x
    return WholePlan(
        best.optimum, chosen, max(bound, value), gap,
        linear_error=float(s.first.over[goals].max()),
        bent_error=float(s.bent.over[goals].max()) if s.bent is not None else float("nan"),
        parts=s.parts, sets=2 ** (len(s.at) - len(s.must)), nodes=s.nodes, planned=len(s.tried), measured=len(s.seen),
        unsolved=len(failed), tie=tie, table=_table(s), projects=_projects(s, best),
    )  # fmt: skip


def _table(s: Search) -> pd.DataFrame:
    words = {
        "solved": ("planned in full", "已完整规划"),
        "infeasible": ("cannot keep the bounds", "无法满足约束"),
        "not_solved": ("no plan was found", "未求得规划"),
    }
    ids = np.array([s.p.levers[l].id for l in s.at])
    rows = [
        {
            "chosen": " ".join(ids[t.x]),
            "value": t.optimum.value if t.optimum is not None else np.nan,
            "forecast": t.forecast,
            "beyond": t.optimum.value - t.forecast if t.optimum is not None else np.nan,
            "status": t.status,
            "words_en": words[t.status][0],
            "words_zh": words[t.status][1],
        }
        for t in s.tried
    ]
    return pd.DataFrame(rows).sort_values("value", ascending=False, na_position="last", ignore_index=True)


def _projects(s: Search, best: Tried) -> pd.DataFrame:
    value, rows = best.optimum.value, []
    for k, l in enumerate(s.at):
        other = [t for t in s.tried if t.x[k] != best.x[k]]
        turned = max((t.optimum.value for t in other if t.optimum is not None), default=np.nan)
        lost = value - turned
        en, zh = _lost(bool(best.x[k]), lost, TIE * s.size)
        if np.isnan(turned) and k not in s.must:
            open_ = any(t.status == "not_solved" for t in other) or s.ask({k: int(not best.x[k])}) is not None
            en, zh = ("No plan with the opposite choice was found.", "未求得与此相反的规划。") if open_ else (en, zh)
        rows.append(
            {"id": s.p.levers[l].id, "chosen": bool(best.x[k]), "value_turned": turned, "lost": lost,
             "words_en": en, "words_zh": zh}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["id", "chosen", "value_turned", "lost", "words_en", "words_zh"])


def _lost(built: bool, lost: float, tie: float) -> tuple[str, str]:
    if np.isnan(lost):
        return (
            ("The bounds cannot be kept without it.", "缺少该项目则无法满足约束。")
            if built
            else ("The bounds cannot be kept with it.", "建设该项目则无法满足约束。")
        )
    if abs(lost) <= tie:
        return "The best plans found with and without it are equally good.", "建与不建，所得最优规划同样好。"
    amount = f"{lost:.3g}"
    if built:
        return f"The best plan found without it is {amount} lower.", f"不建该项目，所得最优规划低 {amount}。"
    return f"The best plan found with it is {amount} lower.", f"建设该项目，所得最优规划低 {amount}。"
