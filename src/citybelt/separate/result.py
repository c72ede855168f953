"""Separate plans and the unified one as an object: who gains, why, and what has to change hands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from citybelt.result import plain
from citybelt.terminal import Paragraph, Sheet

if TYPE_CHECKING:
    from citybelt.separate.cooperate import Core, Shares, Transfers
    from citybelt.separate.draws import Drawn
    from citybelt.separate.repetition import Repetition
    from citybelt.separate.rivalry import Outcome
    from citybelt.separate.sampled import SampledCore
    from citybelt.separate.tables import Shared


@dataclass(frozen=True, eq=False)
class Separate:
    """What players reach apart and together. Money is billions a year at base-year prices.

    Attributes:
        players: names in both languages by id.
        separate, own_budgets, unified: the Nash equilibrium, the joint plan that keeps each budget to its own
            territory, and the joint plan with one budget.
        separate_plans_found: how many different Nash equilibria several starts led to.
        nobody: levers that belong to no player and stay off.
        ifs: levers whose effects are assumed, which stay off too.
        instruments: whether players have subsidies and land prices; dropped: kinds of them the world has no data for.
        shapley: Shapley values with their standard errors; core: the least core and the nucleolus of the coalitions'
            values; sampled: what a sample of coalitions says of the core. None where they were not asked for.
        transfers: by floor ("no_plan", "separate", "both"), the least that changes hands where a billion of money is
            a billion of welfare; sharing: the same in equilibrium, and between all cities ("cities").
        repetition: how much of the value of one plan is repetition avoided.
        by_player, coalitions, by_region, by_sector, division (of labour), likeness (of players), similarity (at every
            level of detail), tiers (shares and links), levers, competition (rates of subsidies and land prices),
            transition (of workers), shapes (the same budget in four shapes, None where the world has no research or
            routes): tables.
        draws: both plans over joint draws; None where they were not asked for.
        ev_nation: equivalent variation of the whole nation under either.
    """

    world: str
    vintage: str
    closure: dict[str, str]
    players: dict[str, tuple[str, str]]
    separate: Outcome
    own_budgets: Outcome
    unified: Outcome
    separate_plans_found: int
    nobody: tuple[str, ...]
    ifs: tuple[str, ...]
    instruments: bool
    dropped: tuple[str, ...]
    shapley: Shares | None
    core: Core | None
    sampled: SampledCore | None
    transfers: dict[str, Transfers]
    sharing: dict[str, Shared]
    repetition: Repetition
    residual: float
    by_player: pd.DataFrame
    coalitions: pd.DataFrame
    by_region: pd.DataFrame
    by_sector: pd.DataFrame
    division: pd.DataFrame
    likeness: pd.DataFrame
    similarity: pd.DataFrame
    tiers: pd.DataFrame
    levers: pd.DataFrame
    competition: pd.DataFrame
    transition: pd.DataFrame
    shapes: pd.DataFrame | None
    draws: Drawn | None
    ev_nation: dict[str, float]

    status: str = "solved"

    @property
    def totals(self) -> dict[str, float]:
        """Billions a year of all players: apart, together with own budgets, together with one budget."""
        found = {"separate": self.separate, "own_budgets": self.own_budgets, "unified": self.unified}
        return {name: float(o.payoffs.sum()) for name, o in found.items()}

    @property
    def value(self) -> dict[str, float]:
        """The value of one plan, and its two parts: planning together, and moving money to where it brings most."""
        t = self.totals
        return {
            "unified": t["unified"] - t["separate"],
            "coordination": t["own_budgets"] - t["separate"],
            "moving_money": t["unified"] - t["own_budgets"],
        }

    @property
    def avoided(self) -> dict[str, Any]:
        """The value of one plan, its part that is repetition avoided, the rest, and what the sums leave over."""
        r = self.repetition
        return {
            "value": r.value,
            "avoided": r.avoided,
            "rest": r.rest,
            "idle": r.idle,
            "removal": r.removal,
            "filling": r.filling,
            "interplay": r.interplay,
            "price_of_budget": r.price,
            "freed": r.freed,
            "along": r.along,
            "topics": r.topics,
        }

    @property
    def transition_total(self) -> dict[str, dict[str, float]]:
        """By plan, over all regions of players: workers who change, leave and come (``outside``: from elsewhere),
        and the cost in billions."""
        columns = ["change", "leave", "come", "outside", "cost", "cost_low", "cost_high", "cost_year"]
        sums = self.transition.groupby("plan")[columns].sum()
        return {str(plan): {c: float(row[c]) for c in columns} for plan, row in sums.iterrows()}

    def to_json(self) -> dict[str, Any]:
        moved = {k: {"total": t.total, "lacking": t.lacking, "received": t.received} for k, t in self.transfers.items()}
        kkt = {"separate": self.separate.kkt, "own_budgets": self.own_budgets.kkt, "unified": self.unified.kkt}
        return plain(
            {
                "world": self.world,
                "vintage": self.vintage,
                "status": self.status,
                "closure": self.closure,
                "residual": self.residual,
                "kkt": kkt,
                "rounds": self.separate.rounds,
                "separate_plans_found": self.separate_plans_found,
                "totals": self.totals,
                "value": self.value,
                "ev_nation": self.ev_nation,
                "core": None if self.core is None else {"empty": self.core.empty, "objection": self.core.objection},
                "core_sampled": _core(self.sampled),
                "shapley_orders": None if self.shapley is None else self.shapley.orders,
                "transfers": moved,
                "sharing": {
                    floor: {"total": s.total, "lacking": s.lacking, "steps": s.steps, "places": s.table}
                    for floor, s in self.sharing.items()
                },
                "repetition": self.avoided,
                "transition_total": self.transition_total,
                "instruments": self.instruments,
                "instruments_dropped": self.dropped,
                "levers_of_nobody": self.nobody,
                "levers_if": self.ifs,
                "by_player": self.by_player,
                "coalitions": self.coalitions,
                "by_region": self.by_region,
                "by_sector": self.by_sector,
                "division": self.division,
                "likeness": self.likeness,
                "similarity": self.similarity,
                "tiers": self.tiers,
                "levers": self.levers,
                "competition": self.competition,
                "transition": self.transition,
                "shapes": self.shapes,
                "draws": _drawn(self.draws),
            }
        )

    def rich(self, language: str = "en") -> Any:
        """The comparison for a terminal, in ``en`` or ``zh``."""
        from rich.console import Group
        from rich.text import Text

        zh = language == "zh"
        unit = 10.0 if zh else 1.0
        heads: tuple[str, ...] = (
            ("地区", "预算(亿元/年)", "分别规划", "统一规划", "差额", "沙普利值", "转移支付")
            if zh
            else ("player", "budget bn/yr", "separate", "unified", "difference", "Shapley", "transfer")
        )
        columns = ["budget", "separate", "unified", "value", "shapley", "transfer_equilibrium"]
        if self.shapley is None:
            columns.remove("shapley")
            heads = heads[:5] + heads[6:]
        signed = ("value", "transfer_equilibrium")

        def cells(row: Any) -> list[str]:
            # Adding zero after rounding takes the sign from what is none.
            return [f"{round(unit * row[c], 2) + 0.0:{'+' if c in signed else ''}.2f}" for c in columns]

        rows = [(str(row["name_zh" if zh else "name_en"]), *cells(row)) for _, row in self.by_player.iterrows()]
        rows.append(("合计" if zh else "total", *cells(self.by_player[list(columns)].sum())))
        table = Sheet(
            heads, rows, title=f"{self.world} {self.vintage}", right=list(range(1, len(heads))), ends=[len(rows) - 2]
        )
        from citybelt.separate.view import sheets

        notes = map(Paragraph, self.notes(language))
        return Group(Text(self.headline(language), style="bold"), table, *notes, *sheets(self, language))

    def headline(self, language: str = "en") -> str:
        """What one plan is worth, in one sentence."""
        t, v = self.totals, self.value
        if language == "zh":
            return (
                f"分别规划每年增加福利 {10 * t['separate']:.2f} 亿元，统一规划 {10 * t['unified']:.2f} 亿元，"
                f"多出 {10 * v['unified']:.2f} 亿元：其中共同规划 {10 * v['coordination']:+.2f} 亿元，"
                f"资金跨地区使用 {10 * v['moving_money']:+.2f} 亿元"
            )
        return (
            f"separate plans bring {t['separate']:.3f} bn a year, one plan {t['unified']:.3f}: {v['unified']:+.3f}, of "
            f"which {v['coordination']:+.3f} by planning together and {v['moving_money']:+.3f} by moving money"
        )

    def notes(self, language: str = "en") -> list[str]:
        """Who would lose and what makes up for it, whether anybody would leave, how exact and what is left out."""
        zh, name = language == "zh", "name_zh" if language == "zh" else "name_en"
        losers = [str(n) for n in self.by_player.loc[self.by_player["value"] < -1e-6, name]]
        if len(losers) > 4:
            n = len(self.by_player)
            losers = [f"{n} 个地区中的 {len(losers)} 个" if zh else f"{len(losers)} of {n} players"]
        moved, kkt = self.sharing["both"], float(np.max(self.separate.kkt))
        many = self.separate_plans_found
        if zh:
            who = f"与分别规划相比，{'、'.join(losers)}受损" if losers else "与分别规划相比无人受损"
            hands = f"每年转移 {10 * moved.total:.2f} 亿元可使各方均不吃亏"
            if moved.lacking > 0:
                hands = f"仅靠转移支付不能使各方都不吃亏，仍缺 {10 * moved.lacking:.2f} 亿元"
            core = ""
            if self.core is not None:
                core = "核为空：总有联盟愿意单干。" if self.core.empty else "核非空：存在任何联盟都不愿离开的分配。"
            return [
                f"{who}；{hands}。{core}",
                f"各方一阶条件残差不超过 {kkt:.0e}；多个起点得到 {many} 个均衡。"
                f"不属于任何一方的措施不用：{'、'.join(self.nobody) or '无'}。",
            ]
        who = f"Against separate plans {' and '.join(losers)} would lose" if losers else "Nobody loses by one plan"
        hands = f"{moved.total:.3f} bn a year changing hands leaves nobody worse off"
        if moved.lacking > 0:
            hands = f"transfers alone cannot make up for it: {moved.lacking:.3f} bn a year are lacking"
        core = ""
        if self.core is not None:
            core = (
                " The core is empty: under any division some coalition would rather leave."
                if self.core.empty
                else " The core is not empty: under some divisions no coalition would rather leave."
            )
        return [
            f"{who}; {hands}.{core}",
            f"First-order residual of every player at most {kkt:.0e}; several starts led to {many} separate plan(s). "
            f"Levers of nobody stay off: {', '.join(self.nobody) or 'none'}.",
        ]

    def __rich__(self) -> Any:
        return self.rich()

    def _repr_html_(self) -> str:
        return self.by_player.to_html(index=False)


def _core(c: SampledCore | None) -> dict[str, Any] | None:
    if c is None:
        return None
    return {
        "empty_for_sure": c.empty, "least_objection_at_least": c.objection, "objection_found": c.found,
        "share_objecting_at_most": c.share, "sets": c.sets, "fresh": c.fresh, "point": c.point,
    }  # fmt: skip


def _drawn(d: Drawn | None) -> dict[str, Any] | None:
    if d is None:
        return None
    low, middle, high = d.range
    return {
        "asked": d.asked, "lowest": low, "middle": middle, "highest": high, "positive": d.positive, "table": d.table,
    }  # fmt: skip
