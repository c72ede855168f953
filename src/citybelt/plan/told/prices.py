r"""What it is worth to a plan that a limit gives way, in words: the shadow prices of everything that was asked.

The multiplier of a bound is the gain of the goal per unit of its row. A planner reads it per unit that means something:

    (X1)  money          multiplier                                   per billion a year more
    (X2)  people, output, welfare, inequality
                         multiplier * 0.01 e^(-limit)                 per hundredth of the base year
    (X3)  CO2            multiplier / (E0 e^limit)                    per tonne, E0 the cluster's emissions
    (X4)  land, security multiplier, multiplier / 10                  per hectare, per tenth of a point of loss
    (X5)  levers, rules  multiplier / 100                             per hundredth of a lever's upper bound

Several disruptions of one security are one wish, and their multipliers add up. Prices hold at the margin: for a step
that is small beside what is still free.
Sources: Boyd and Vandenberghe (2004, section 5.6) for multipliers as slopes of the optimum.
"""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
import pandas as pd

from citybelt.plan.asked import words
from citybelt.plan.asked.wishes import Names, Wish, wishes_of
from citybelt.plan.solved.optimise import Optimum
from citybelt.plan.solved.problem import Problem

#: Part of a limit within which it is taken to bind.
BINDS = 1e-6

#: By kind of row and sense of the limit: what giving way by one unit means, in English and Chinese; {} is what the row
#: is called. A floor gives way downwards, a cap upwards.
_IF = {
    ("cost", "most"): ("If {} might spend 1 bn CNY more a year", "若{}每年可多支出10亿元"),
    ("cost", "least"): ("If {} might spend 1 bn CNY less a year", "若{}每年可少支出10亿元"),
    ("people", "least"): ("If {} might be 1 per cent of the base year fewer", "若{}的底线降低基年的1%"),
    ("people", "most"): ("If {} might be 1 per cent of the base year more", "若{}的上限提高基年的1%"),
    ("output", "least"): ("If {} might be 1 per cent of the base year less", "若{}的底线降低基年的1%"),
    ("output", "most"): ("If {} might be 1 per cent of the base year more", "若{}的上限提高基年的1%"),
    ("welfare", "least"): ("If {} might be 1 per cent of the base year lower", "若{}的底线降低基年的1%"),
    ("welfare", "most"): ("If {} might be 1 per cent of the base year higher", "若{}的上限提高基年的1%"),
    ("co2", "most"): ("If the cluster might emit one tonne of CO2 more", "若城市群可多排放1吨二氧化碳"),
    ("co2", "least"): ("If the cluster might emit one tonne of CO2 less", "若城市群可少排放1吨二氧化碳"),
    ("inequality", "most"): ("If {} might be 1 per cent of the base year higher", "若{}的上限提高基年的1%"),
    ("inequality", "least"): ("If {} might be 1 per cent of the base year lower", "若{}的底线降低基年的1%"),
    ("land", "most"): ("If one hectare of land more might be taken", "若可多占用1公顷土地"),
    ("land", "least"): ("If one hectare of land less might be taken", "若可少占用1公顷土地"),
    ("security", "most"): ("If the {} might be a tenth of a percentage point larger", "若{}可扩大0.1个百分点"),
    ("security", "least"): ("If the {} might be a tenth of a percentage point smaller", "若{}可缩小0.1个百分点"),
    ("ev", "least"): ("If the {} might be 1 bn CNY a year less", "若{}的下限每年降低10亿元"),
    ("ev", "most"): ("If the {} might be 1 bn CNY a year more", "若{}的上限每年提高10亿元"),
    ("social", "least"): ("If the {} might be 1 bn CNY a year less", "若{}的下限每年降低10亿元"),
    ("social", "most"): ("If the {} might be 1 bn CNY a year more", "若{}的上限每年提高10亿元"),
}
_LEVER = ("If the {} had to keep to its limit by 1 per cent of its bound less", "若{}的限制放宽其上限的1%")
_RULE = ('If the rule "{}" might be broken by 1 per cent of a lever\'s bound', "若“{}”这一规则可放宽措施上限的1%")


def prices(p: Problem, best: Optimum, names: Names | None = None) -> pd.DataFrame:
    """The shadow price of every wish of a plan.

    Args:
        best: the plan, whose point has the outcomes of all bounded rows.
        names: of groups of regions, as ``Places.names``.

    Returns:
        One row a wish: name ("budget" for that of all payers), row, sense, label_en, label_zh, asked, at and slack (as
        they are read, see ``words.unit``), binding, value in unit_en and unit_zh, and sentence_en, sentence_zh.
    """
    called = words.placed(p, names or {})
    rows = [_row(p, best, wish, called) for wish in wishes_of(p.bounds, called)]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "name row sense label_en label_zh asked at slack binding value unit_en unit_zh sentence_en sentence_zh"
).split()


def unit_of_price(p: Problem, wish: Wish) -> tuple[float, str, str]:
    """(X1) to (X5) Units of the row per unit that is read, and that unit in English and Chinese."""
    what = words.kind(wish.row)
    per: tuple[float, str, str] = (0.01, "per hundredth of a lever", "每1%措施")
    if what in words.MONEY:
        per = (1.0, "per bn CNY", "每10亿元")
    elif what == "co2":
        per = (1e-6 / (emitted(p) * exp(wish.limit)), "per tonne of CO2", "每吨二氧化碳")
    elif what in words.LOGS:
        per = (0.01 * exp(-wish.limit), "per 1 % of the base year", "每基年的1%")
    elif what == "land":
        per = (1.0, "per hectare", "每公顷")
    elif what == "security":
        per = (0.1, "per 0.1 % of loss", "每0.1%损失")
    return per


def emitted(p: Problem) -> float:
    """Mt of CO2 that the cluster emits in the base year."""
    base = p.economy.base
    each = np.asarray((base.emission * base.spending + base.process * base.output).sum(axis=1))
    cluster = np.asarray(p.frame.cluster)
    return float(each[: cluster.size] @ cluster)


def _row(p: Problem, best: Optimum, wish: Wish, called: dict[str, tuple[str, str]]) -> dict[str, Any]:
    found = [best.point.row(b.row) for b in wish.bounds]
    room = min(b.room(at) for b, at in zip(wish.bounds, found, strict=True))
    worst = min(found, key=lambda at: wish.sign * at)
    binding = bool(room < BINDS)
    # A row bounded on both sides has one multiplier, that of the side that binds.
    multiplier = sum(best.prices[b.row] for b in wish.bounds) if binding else 0.0
    per, unit_en, unit_zh = unit_of_price(p, wish)
    gain = multiplier * per
    asked, at = words.shown(wish.row, wish.limit), words.shown(wish.row, worst)
    value, money_en, money_zh = _read(p.goal, wish, gain)
    sentence = _sentence(p.goal, wish, called, gain, wish.sign * (at - asked), binding)
    return {
        "name": "budget" if wish.row == "cost" else wish.name,
        "row": wish.row,
        "sense": wish.bounds[0].sense,
        "label_en": wish.label[0],
        "label_zh": wish.label[1],
        "asked": asked,
        "at": at,
        "slack": wish.sign * (at - asked),
        "binding": binding,
        "value": value,
        "unit_en": f"{money_en} {unit_en}",
        "unit_zh": f"{money_zh}，{unit_zh}",
        "sentence_en": sentence[0],
        "sentence_zh": sentence[1],
    }


def _read(goal: tuple[str, ...], wish: Wish, gain: float) -> tuple[float, str, str]:
    """A price as it is read: yuan for a tonne or a hectare, else billions; per cent where the goal is no money."""
    if not words.is_money(goal):
        return 100.0 * gain, "% of the goal", "目标的%"
    if words.kind(wish.row) in ("co2", "land"):
        return 1e9 * gain, "CNY a year", "元/年"
    return gain, "bn CNY a year", "10亿元/年"


def _sentence(
    goal: tuple[str, ...], wish: Wish, called: dict[str, tuple[str, str]], gain: float, slack: float, binding: bool
) -> tuple[str, str]:
    if not binding:
        spare = words.amount_of_slack(wish.row, slack)
        return (
            f'"{wish.label[0]}" is kept with {spare[0]} to spare; giving way on it would bring nothing.',
            f"“{wish.label[1]}”有{spare[1]}的余量，放宽不带来收益。",
        )
    what = words.kind(wish.row)
    sense = wish.bounds[0].sense
    en, zh = _LEVER if what == "lever" else _IF.get((what, sense), _RULE)
    name = words.name(wish.row, called)
    if (wish.row, sense) == ("cost", "most"):
        en, zh = "If the budget were 1 bn CNY a year larger", "若预算每年增加10亿元"
    elif wish.row == "cost":
        en, zh = "If 1 bn CNY a year less might be spent", "若每年可少支出10亿元"
    elif what == "cost":
        name = called.get(wish.row.partition(":")[2], name)
    would = words.gained(goal, gain)
    return f"{en.format(name[0])}, {would[0]}.", f"{zh.format(name[1])}，{would[1]}。"
