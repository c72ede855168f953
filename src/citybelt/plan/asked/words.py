"""Rows of a plan in the words and units of its planner, in English and Chinese.

Inside, rows about people, output, welfare, emissions and inequality are logarithms over the base year. A planner reads
them as per cent of the base year; money in billions a year (in Chinese, as is usual there, in units of a hundred
million); land in hectares; a security as the worst loss in per cent; a lever as per cent of its upper bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, log
from typing import TYPE_CHECKING

from citybelt.plan.asked.brief import SECURITY_WORDS

if TYPE_CHECKING:
    from citybelt.plan.solved.problem import Bound, Problem

#: Kinds of row that are logarithms over the base year.
LOGS = ("people", "output", "welfare", "co2", "inequality")
#: Kinds of row that are money, billions a year.
MONEY = ("ev", "social", "cost")
#: Kinds of row that are per cent as they stand, or become so times a hundred.
PER_CENT = {"security": 1.0, "lever": 100.0}
#: Rows that a planner may ask for and give way on; the others are rules among levers.
ASKED = (*LOGS, *MONEY, *PER_CENT, "land")

#: What each payer is called: who may spend.
PAYER_WORDS = {
    "centre": ("the central government", "中央政府"),
    "province": ("the provinces", "省级政府"),
    "city": ("the cities", "市级政府"),
    "private": ("firms and households", "企业和居民"),
    "foreign": ("foreign payers", "外方"),
}
_NAMES = {
    "people": ("people of {}", "{}人口"),
    "output": ("output of {}", "{}产出"),
    "welfare": ("welfare of {}", "{}福利"),
    "co2": ("emissions of CO2", "二氧化碳排放"),
    "inequality": ("inequality of income", "收入不平等"),
    "land": ("land taken", "占用土地"),
    "security": ("worst loss of {}", "{}最大损失"),
    "ev": ("gain of {}", "{}的收益"),
    "social": ("weighted gain", "加权收益"),
    "cost": ("what {} may spend", "{}的支出"),
    "lever": ("use of {}", "{}的使用"),
}
_GROUPS = {"cluster": ("the cluster", "城市群"), "nation": ("the nation", "全国")}


def kind(row: str) -> str:
    """The part of a row's name before the colon."""
    return row.partition(":")[0]


def placed(p: Problem, names: Mapping[str, tuple[str, str]] | None = None) -> dict[str, tuple[str, str]]:
    """English and Chinese names of what rows speak of, by id.

    Args:
        names: of groups of regions, as ``Places.names``; the table of units and the ids themselves where silent.
    """
    from citybelt.worlds import tables

    units = tables.units()
    found = {g: (str(units.loc[g, "name_en"]), str(units.loc[g, "name_zh"])) for g in p.groups if g in units.index}
    levers = {lever.id: (lever.card.name, lever.card.name_zh) for lever in p.levers}
    return {**levers, **found, **_GROUPS, **PAYER_WORDS, **SECURITY_WORDS, **(names or {})}


def name(row: str, names: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """What a row is called."""
    what, of = kind(row), row.partition(":")[2]
    of = of.partition(":")[0] if what == "security" else of  # the disruption follows
    if row == "cost":
        return "the budget", "预算"
    if what == "after":
        later, earlier = (names.get(part, (part, part)) for part in of.split(":"))
        return f"{later[0]} only with {earlier[0]}", f"{later[1]}须先有{earlier[1]}"
    if what == "one_of":
        each = [names.get(part, (part, part)) for part in of.split("|")]
        return f"only one of {', '.join(n[0] for n in each)}", f"{'、'.join(n[1] for n in each)}只取其一"
    if what not in _NAMES:
        return names.get(row, (row, row))
    both = names.get(of, (of, of))
    return _NAMES[what][0].format(both[0]), _NAMES[what][1].format(both[1])


def shown(row: str, value: float) -> float:
    """A value of a row in the unit in which it is read."""
    what = kind(row)
    if what in LOGS:
        return 100.0 * exp(value)
    return value * PER_CENT.get(what, 1.0)


def inner(row: str, read: float) -> float:
    """The value of a row that reads so; minus infinity for none of the base year."""
    what = kind(row)
    if what in LOGS:
        return log(read / 100.0) if read > 0 else -float("inf")
    return read / PER_CENT.get(what, 1.0)


def unit(row: str) -> tuple[str, str]:
    """The unit in which a row is read."""
    what = kind(row)
    if what in LOGS:
        return "% of the base year", "基年的%"
    if what in MONEY:
        return "bn CNY a year", "10亿元/年"
    if what == "land":
        return "ha", "公顷"
    if what == "lever":
        return "% of its upper bound", "上限的%"
    return ("%", "%") if what == "security" else ("", "")


def amount(row: str, read: float, places: int | None = None) -> tuple[str, str]:
    """An amount in the unit in which a row is read, as text.

    Args:
        places: digits after the point; four digits in all if None.
    """
    what = kind(row)
    if what in LOGS:
        text = f"{read:.7g}" if places is None else _digits(read, places)
        return f"{text} % of the base year", f"基年的{text}%"
    if what in MONEY:
        less = None if places is None else max(places - 1, 0)
        return f"{_digits(read, places)} bn CNY a year", f"每年{_digits(10 * read, less)}亿元"
    if what == "land":
        return f"{_digits(read, places)} ha", f"{_digits(read, places)}公顷"
    if what == "lever":
        return f"{_digits(read, places)} % of its upper bound", f"上限的{_digits(read, places)}%"
    sign = " %" if what == "security" else ""
    return f"{_digits(read, places)}{sign}", f"{_digits(read, places)}{sign.strip()}"


def _digits(value: float, places: int | None) -> str:
    if places is not None:
        text = f"{value:.{max(places, 0)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if abs(value) >= 1000:
        return f"{value:.0f}"
    text = f"{value:.4g}"
    return "0" if float(text) == 0 else text


def amount_of_slack(row: str, slack: float) -> tuple[str, str]:
    """What is left between a row and its limit, as read, as text."""
    if kind(row) in LOGS:
        return f"{_digits(slack, None)} per cent of the base year", f"基年{_digits(slack, None)}%"
    return amount(row, slack)


def asked(b: Bound, names: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """A bound as the planner put it: its label, else words made from its row."""
    called, read = name(b.row, names), amount(b.row, shown(b.row, b.value))
    if b.row == "cost" and b.sense == "most":
        return b.label_en or f"a budget of {read[0]}", b.label_zh or f"{read[1]}的预算"
    en = f"{called[0]} {'at least' if b.sense == 'least' else 'at most'} {read[0]}"
    zh = f"{called[1]}{'不低于' if b.sense == 'least' else '不高于'}{read[1]}"
    return b.label_en or en, b.label_zh or zh


def money(value: float) -> tuple[str, str]:
    """Billions as text, in the unit that suits the amount."""
    size = abs(value)
    if size >= 0.1:
        en = f"{_digits(size, None)} bn CNY"
    else:
        en = f"{_digits(1e3 * size, None)} million CNY" if size >= 1e-4 else f"{_digits(1e9 * size, None)} CNY"
    if size >= 1e-2:
        return en, f"{_digits(10 * size, None)}亿元"
    return en, f"{_digits(1e5 * size, None)}万元" if size >= 1e-6 else f"{_digits(1e9 * size, None)}元"


def gained(goal: tuple[str, ...], value: float) -> tuple[str, str]:
    """What a gain of the goal means, as a part of a sentence.

    Args:
        value: billions a year where the goal is money, else a logarithm.
    """
    first = goal[0].removeprefix("-")
    gain = value >= 0
    en, zh = money(value)
    if len(goal) == 1 and kind(first) == "ev":
        who = "people registered in the cluster" if first == "ev:cluster" else "the people of the nation"
        whose = "城市群户籍居民" if first == "ev:cluster" else "全国居民"
        return f"{who} would {'gain' if gain else 'lose'} {en} a year", f"{whose}每年{'多得' if gain else '少得'}{zh}"
    up = gain != goal[0].startswith("-")
    more = ("more", "增加") if up else ("less", "减少")
    if kind(first) in MONEY:
        what = {"ev": ("the smallest gain", "最小的收益"), "cost": ("the cost", "费用")}
        called = what.get(kind(first), ("the weighted gain of people", "居民加权收益"))
        return f"{called[0]} would be {en} a year {more[0]}", f"{called[1]}每年{more[1]}{zh}"
    read = _digits(100 * abs(value), None)
    if all(kind(g) == "welfare" for g in goal):
        which = (
            ("the welfare of the place that gains least", "增幅最小之地的福利")
            if len(goal) > 1
            else ("welfare", "福利")
        )
        return f"{which[0]} would be {read} per cent {'higher' if up else 'lower'}", f"{which[1]}{more[1]}{read}%"
    return f"the goal would be {read} per cent {'higher' if up else 'lower'}", f"目标值{more[1]}{read}%"


def is_money(goal: tuple[str, ...]) -> bool:
    """Whether the goal is a sum of money."""
    return all(kind(g.removeprefix("-")) in MONEY for g in goal)
