"""What a stress test returns: losses by disruption, city, sector and origin, the worst of each set, indicators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.security.table import SECURITIES

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset
    from citybelt.scenario.scenario import Scenario
    from citybelt.security.kinds import Disruption, Field
    from citybelt.security.loss import Loss

Pair = tuple["Disruption", "Loss"]
Ends = Mapping[str, Mapping[str, Pair]]

#: What is shown of a supplier that is cut off.
LOST = ("elsewhere", "loss", "money")
#: What the numbers leave out, in words.
LIMITS = {
    "en": (
        "Losses of different securities are never added up: they are other risks, not parts of one.",
        "Suppliers of a product replace each other more easily here than in the first weeks of a real stop, and "
        "products at an elasticity of one: losses are on the low side where an input is indispensable.",
        "The scenario or plan is solved with short-run elasticities as well, so what it does in the long run shows in "
        "part.",
        "One year, without stocks: no reserves of grain or fuel are held in the data, and none soften a loss.",
        "Defence rests on open data alone: people and routes. It says nothing of forces, capacity, stocks or repair.",
    ),
    "zh": (
        "各类安全的损失从不相加：它们是不同的风险，不是一个整体的组成部分。",
        "同一产品的供应来源比现实中断供最初几周更易相互替代，不同产品之间的替代弹性为一：某种投入不可或缺时，损失偏低。",
        "情景或规划也用短期弹性求解，因此其长期作用只显示一部分。",
        "只看一年，不计库存：数据中没有粮食或燃料储备，损失也不因储备而减轻。",
        "国防安全仅依据公开数据：人口与通道，不涉及兵力、运力、储备与抢修。",
    ),
}


@dataclass(frozen=True)
class Stress:
    """Losses under every disruption of the five securities.

    Losses are positive, in per cent of welfare (log change) or of real output; ``money`` in billions a year, of the
    nation. A second ``case`` may stand beside the world as it is: columns that end in ``_scenario`` or ``_plan`` are
    those under it, and missing without one. A disruption that was not solved has an ``error`` and no numbers.

    Attributes:
        disruptions: one row each: security, names, source, loss of the cluster, the nation and elsewhere, money,
            output, carbon price, error.
        worst: one row a security, then ``joint``: the worst disruption, its loss with the range over the trade
            elasticity; under the scenario its own worst, and the change of the loss.
        by_city: worst of each security by home region of the cluster: loss of its people and of its output.
        by_sector: the same by sector of the cluster.
        critical: suppliers by what others lose when they are cut off, now, the worst first; in the second case too.
        origins, cities, sectors: every disruption (rows) by home region or sector, now.
        indicators: published indicators: security, name, what it is of, value, unit, and the value in the second case.
        case: ``scenario``, ``plan`` or '' where nothing stands beside the world as it is.
        then: origins, cities and sectors in the second case.
    """

    world: str
    vintage: str
    scenario: Scenario | None
    closure: dict[str, str]
    residual: float
    disruptions: pd.DataFrame
    worst: pd.DataFrame
    by_city: pd.DataFrame
    by_sector: pd.DataFrame
    critical: pd.DataFrame
    origins: pd.DataFrame
    cities: pd.DataFrame
    sectors: pd.DataFrame
    indicators: pd.DataFrame
    case: str = ""
    then: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    @property
    def unsolved(self) -> int:
        """Disruptions without a number, in either case."""
        errors = [c for c in self.disruptions.columns if c.startswith("error")]
        return int((self.disruptions[errors] != "").any(axis=1).sum())

    @property
    def status(self) -> str:
        return f"{self.unsolved} of {len(self.disruptions)} not solved" if self.unsolved else "solved"

    def to_json(self) -> dict[str, Any]:
        """The stress test as plain data."""
        from citybelt.result import plain

        return plain(
            {
                "world": self.world,
                "vintage": self.vintage,
                "scenario": self.scenario and self.scenario.to_json(),
                "case": self.case,
                "status": self.status,
                "closure": self.closure,
                "residual": self.residual,
                "worst": self.worst,
                "disruptions": self.disruptions,
                "by_city": self.by_city,
                "by_sector": self.by_sector,
                "critical": self.critical,
                "indicators": self.indicators,
                "limits": LIMITS,
            }
        )

    def rich(self, language: str = "en") -> Any:
        """The stress test for a terminal, in ``en`` or ``zh``."""
        from citybelt.security.view import view

        return view(self, language)

    def __rich__(self) -> Any:
        return self.rich()


def assemble(
    dataset: Dataset,
    scenario: Scenario | None,
    f: Field,
    found: Sequence[Disruption],
    losses: Mapping[str, Sequence[Loss]],
    ends: Mapping[str, Ends],
    indicators: pd.DataFrame,
) -> Stress:
    """Tables from the losses of each case: ``now``, and the second one if there is any."""
    import pandas as pd

    e = f.economy
    cluster = f.cluster > 0
    rows = []
    for k, d in enumerate(found):
        row: dict[str, Any] = {"security": d.family.security, "id": d.id, "name_en": d.name_en, "name_zh": d.name_zh}
        row |= {"source": d.family.source, "verified": d.family.verified}
        for case, of in losses.items():
            row |= _named(_numbers(of[k]), case)
        rows.append(row)
    table = pd.DataFrame(rows)
    suppliers = table[(table["security"] == "industrial") & (table["error"] == "")]
    critical = suppliers.sort_values("elsewhere", ascending=False, ignore_index=True)
    case = next((name for name in losses if name != "now"), "")
    of_critical = [*LOST, *(f"{name}_{case}" for name in LOST if case)]
    of_all = lambda name, labels, case="now": pd.DataFrame(  # noqa: E731
        [getattr(loss, name) for loss in losses[case]],
        index=pd.Index([d.id for d in found], name="id"),
        columns=labels,
    )
    return Stress(
        world=dataset.name,
        vintage=dataset.vintage,
        scenario=scenario,
        closure=e.closure.names,
        residual=float(max((s.residual for of in losses.values() for s in of if s.solved), default=np.nan)),
        disruptions=table,
        worst=_worst_table(ends),
        by_city=_by(
            ends, f, [e.home[i] for i in np.flatnonzero(cluster)], {"people": "origin", "output": "city"}, cluster
        ),
        by_sector=_by(ends, f, list(e.sectors), {"output": "sector"}, np.ones(len(e.sectors), bool)),
        critical=critical[["id", "name_en", "name_zh", *of_critical]],
        origins=of_all("origin", list(e.home)),
        cities=of_all("city", list(e.home)),
        sectors=of_all("sector", list(e.sectors)),
        indicators=indicators,
        case=case,
        then={
            "origins": of_all("origin", list(e.home), case),
            "cities": of_all("city", list(e.home), case),
            "sectors": of_all("sector", list(e.sectors), case),
        }
        if case
        else {},
    )


def _numbers(loss: Loss) -> dict[str, Any]:
    cluster_money = float(loss.money.sum()) if loss.solved else np.nan
    return {
        "loss": loss.cluster, "nation": loss.nation, "elsewhere": loss.elsewhere, "money": cluster_money,
        "output": loss.output, "carbon_price": loss.price, "error": loss.error,
    }  # fmt: skip


def _named(numbers: Mapping[str, Any], case: str) -> dict[str, Any]:
    return {k if case == "now" else f"{k}_{case}": v for k, v in numbers.items()}


def _worst_table(ends: Mapping[str, Ends]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for security in (*SECURITIES, "joint"):
        row: dict[str, Any] = {"security": security}
        for case, by_end in ends.items():
            if security not in by_end["value"]:
                continue
            d, loss = by_end["value"][security]
            other = [by_end[end][security][1].cluster for end in ("low", "high") if security in by_end[end]]
            numbers = {"id": d.id, "name_en": d.name_en, "name_zh": d.name_zh} | _numbers(loss)
            low = {"loss_low": min(other, default=np.nan), "loss_high": max(other, default=np.nan)}
            row |= _named(numbers | low, case)
        rows.append(row)
    table = pd.DataFrame(rows)
    for case in ends:
        if f"loss_{case}" in table:
            table["change"] = table[f"loss_{case}"] - table["loss"]
    return table


def _by(
    ends: Mapping[str, Ends], f: Field, labels: Sequence[str], fields: Mapping[str, str], keep: np.ndarray
) -> pd.DataFrame:
    """Losses of the worst of each security, one row a label and security."""
    import pandas as pd

    rows = []
    for security in (*SECURITIES, "joint"):
        cases = {case: by_end["value"][security][1] for case, by_end in ends.items() if security in by_end["value"]}
        for k, label in enumerate(labels):
            names = f.named(label)
            row: dict[str, Any] = {"security": security, "of": label, "name_en": names[0], "name_zh": names[1]}
            for case, loss in cases.items():
                row |= _named({name: getattr(loss, field)[keep][k] for name, field in fields.items()}, case)
            rows.append(row)
    return pd.DataFrame(rows)
