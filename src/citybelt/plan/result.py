"""The plan as an object: what is done where, what it brings to whom, what it costs whom, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from citybelt.result import plain
from citybelt.terminal import Paragraph, Sheet, report_lines

if TYPE_CHECKING:
    from citybelt.engine.certificate import Certificate
    from citybelt.plan.asked.brief import Brief
    from citybelt.plan.solved.bound import Ceiling
    from citybelt.plan.solved.optimise import Optimum
    from citybelt.plan.solved.whole_result import WholePlan
    from citybelt.plan.sure.curse import Curse
    from citybelt.plan.sure.near_tables import Near
    from citybelt.plan.sure.regret import Regret
    from citybelt.plan.told.building import Building
    from citybelt.plan.told.frontier import Frontier
    from citybelt.security.result import Stress


#: What holds a plan against others, None where it was not asked for.
COMPLETE = ("ceiling", "reach", "near", "regret", "curse", "worth", "stress", "frontier", "separate")


@dataclass(frozen=True, eq=False)
class Plan:
    """A plan for the cluster of a world.

    Welfare is the log change in per cent, money billions a year at base-year prices, ``low`` and ``high`` the ends
    of the 80 % band over joint draws of elasticities, lever effects and costs, and what is imputed.

    Attributes:
        welfare_change, welfare_change_nation: of the people registered in the cluster, and in the nation, net of
            what they pay.
        ev, ev_nation: the same as equivalent variation.
        band: by name, (low, high).
        brief: what was asked for.
        actions: who does what by when, one row a measure; targets: what the plan is held to and what it reaches.
        levers: one row a lever: name, status (chosen, left_out, if), value, unit, cost, payer, share_of_draws,
            marginal_gain (millions a year for the cluster per 100 million spent on the lever beyond the plan).
        shadow_prices: what the objective gains if the budget or a floor gives way, in words.
        by_region: one row a home region.
        best_levers: the three levers that serve each city of the cluster best per yuan.
        building: work and materials while projects are built, None if none are.
        projects: the search over whole projects, None without any.
        starts: with the projects that are built, how many starts came to a plan (tried), how many plans differ (plans),
            and by how much their goals do (spread).
        alternatives: other objectives and budgets; closure_grid: the same mix under every closure.
        draws, draws_solved, draws_replanned: asked for, solved for the band, and planned again for the shares.
        ceiling: by how much any other mix could beat the plan.
        reach: how far each target could be pushed with all others kept.
        near: plans nearly as good, and what they share.
        regret: the plan and its rivals in outside worlds.
        curse: what the plan's promise is off by, out of sample.
        worth: what each lever adds alone and with others; reforms against projects.
        stress: losses under disruptions of the five securities, now and under the plan.
        frontier: what each security costs.
        separate: plans that provinces make apart against one plan, see ``citybelt.separate``.
        paths: files of the report, once written.
    """

    world: str
    cluster: str
    vintage: str
    brief: Brief
    closure: dict[str, str]
    optimum: Optimum
    certificate: Certificate
    welfare_change: float
    welfare_change_nation: float
    ev: float
    ev_nation: float
    band: dict[str, tuple[float, float]]
    budget: dict[str, Any]
    actions: pd.DataFrame
    targets: pd.DataFrame
    building: Building | None
    projects: WholePlan | None
    starts: dict[str, Any]
    levers: pd.DataFrame
    shadow_prices: pd.DataFrame
    by_region: pd.DataFrame
    best_levers: pd.DataFrame
    alternatives: pd.DataFrame
    closure_grid: pd.DataFrame
    draws: int
    draws_solved: int
    draws_replanned: int
    draw_table: pd.DataFrame
    ceiling: Ceiling | None = None
    reach: pd.DataFrame | None = None
    near: Near | None = None
    regret: Regret | None = None
    curse: Curse | None = None
    worth: Any = None
    stress: Stress | None = None
    frontier: Frontier | None = None
    separate: Any = None
    paths: dict[str, Path] = field(default_factory=dict)

    status: str = "solved"
    band_level: int = 80

    @property
    def objective(self) -> str:
        """Whose gain was maximised."""
        return self.brief.objective

    @property
    def residual(self) -> float:
        """Largest relative residual of any market at the plan."""
        return self.optimum.point.solution.residual

    @property
    def kkt(self) -> float:
        """Residual of the first-order conditions of the plan."""
        return self.optimum.kkt

    def to_json(self) -> dict[str, Any]:
        return plain(
            {
                "world": self.world,
                "cluster": self.cluster,
                "vintage": self.vintage,
                "status": self.status,
                "objective": self.objective,
                "brief": self.brief.to_json(),
                "residual": self.residual,
                "kkt": self.kkt,
                "certificate": self.certificate.to_json(),
                "closure": self.closure,
                "welfare_change": self.welfare_change,
                "welfare_change_nation": self.welfare_change_nation,
                "ev": self.ev,
                "ev_nation": self.ev_nation,
                "band": self.band,
                "band_level": self.band_level,
                "draws": self.draws,
                "draws_solved": self.draws_solved,
                "draws_replanned": self.draws_replanned,
                "actions": self.actions,
                "targets": self.targets,
                "building": self.building,
                "projects": _projects(self.projects),
                "starts": self.starts,
                "levers": self.levers,
                "budget": self.budget,
                "shadow_prices": self.shadow_prices,
                "by_region": self.by_region,
                "best_levers": self.best_levers,
                "alternatives": self.alternatives,
                "closure_grid": self.closure_grid,
                "draw_table": self.draw_table,
                **{name: getattr(self, name) for name in COMPLETE},
                "report": self.paths,
            }
        )

    def rich(self, language: str = "en") -> Any:
        """The plan for a terminal, in ``en`` or ``zh``."""
        from rich.console import Group
        from rich.text import Text

        zh = language == "zh"
        nation, total, spent = self.welfare_change_nation, self.budget["total"], self.budget["spent"]
        head = (
            f"福利 {self.welfare_change:+.2f} %{self._band(zh)}，全国 {nation:+.3f} %；"
            f"预算每年 {10 * total:.0f} 亿元，使用 {10 * spent:.0f} 亿元"
            if zh
            else f"welfare {self.welfare_change:+.2f} %{self._band(zh)}, nation {nation:+.3f} %; "
            f"budget {total:.1f} bn a year, spent {spent:.1f}"
        )
        status = {"chosen": "入选", "left_out": "未入选", "if": "待定"} if zh else {"left_out": "left out"}
        heads = (
            ("措施", "状态", "数量", "年费用(亿元)", "入选比例")
            if zh
            else ("lever", "status", "value", "cost bn/yr", "share of draws")
        )
        rows = [
            (
                row["name_zh" if zh else "name_en"],
                status.get(row["status"], row["status"]),
                f"{row['value']:.4g} {row['unit_zh' if zh else 'unit_en']}" if row["value"] > 0 else "-",
                f"{row['cost'] * (10 if zh else 1):.2f}",
                f"{100 * row['share_of_draws']:.0f} %" if row["share_of_draws"] == row["share_of_draws"] else "",
            )
            for _, row in self.levers.iterrows()
        ]
        table = Sheet(heads, rows, title=f"{self.world} {self.vintage}", right=[2, 3, 4], yields=[2, 0])
        notes = [*self.findings(language), self.certificate.words_zh if zh else self.certificate.words_en]
        written = [Text(line) for line in report_lines(self.paths, language)]
        return Group(Text(head, style="bold"), table, *(Paragraph(note) for note in notes), *written)

    def _band(self, zh: bool) -> str:
        """The band of welfare in words; nothing where no draws were made."""
        low, high = self.band.get("welfare_change", (float("nan"),) * 2)
        if not (low == low and high == high):
            return ""
        return f"（80 % 区间 {low:+.2f} 至 {high:+.2f}）" if zh else f" (80 % band {low:+.2f} to {high:+.2f})"

    def findings(self, language: str = "en") -> list[str]:
        """What stands beside the plan, a sentence each, in ``en`` or ``zh``."""
        zh, said = language == "zh", []
        if self.projects is not None:
            said.append(self.projects.words_zh if zh else self.projects.words_en)
        if self.ceiling is not None:
            said.append(self.ceiling.words_zh if zh else self.ceiling.words_en)
        if self.curse is not None:
            mean = self.curse.table.set_index("id")["value"]
            said.append(
                f"方案按中心值承诺 {mean['claimed']:.3g}，各次抽样平均为 {mean['found']:.3g}。"
                if zh
                else f"The plan promises {mean['claimed']:.3g} at central values; its draws bring {mean['found']:.3g}."
            )
        if self.regret is not None:
            said.append(self.regret.words(language))
        if self.separate is not None:
            value, parts = self.separate.value["unified"], self.separate.totals["separate"]
            said.append(
                f"各省分别规划合计得 {10 * parts:.0f} 亿元/年，统一规划多 {10 * value:.1f} 亿元/年。"
                if zh
                else f"Provinces that plan apart reach {parts:.1f} bn a year; one plan brings {value:.2f} bn more."
            )
        return said

    def __rich__(self) -> Any:
        return self.rich()

    def _repr_html_(self) -> str:
        return self.levers.to_html(index=False)


def _projects(found: WholePlan | None) -> dict[str, Any] | None:
    """The search over whole projects without its optimum, which is the plan's."""
    if found is None:
        return None
    rest = {name: value for name, value in vars(found).items() if name != "optimum"}
    return rest | {"closed": found.closed, "words_en": found.words_en, "words_zh": found.words_zh}
