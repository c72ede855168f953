"""Two plans beside each other on a terminal or in a notebook, in English or Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from citybelt.terminal import Paragraph, Sheet

if TYPE_CHECKING:
    from citybelt.plan.compare import Comparison

#: Cities shown: those that the two plans treat most unlike.
CITIES = 12

WORDS = {
    "en": {
        "a": "A: {}", "b": "B: {}", "title": "A against B", "lever": "lever", "value": "value", "cost": "bn/yr",
        "difference": "A - B", "levers": "Levers that differ", "same": "Both plans use the same levers alike.",
        "payer": "payer", "payers": "Who pays, bn CNY a year", "city": "region", "welfare": "Welfare by place, %",
        "target": "target", "targets": "Targets kept", "yes": "kept", "no": "missed", "": "-", "measure": "measure",
        "security": "security", "securities": "Worst loss of the cluster's people, %",
        "likeness": "Of the money, {:.0f} % is spent alike.",
        "chance": "A beats B in {:.0f} % of {} joint draws for {} (standard error {:.1f}); "
        "on average by {:+.3f} bn CNY a year (standard error {:.3f}).",
        "equal": "The two plans are the same: what they do and what it brings do not differ.",
        "tie": "A and B are equally good in all {} joint draws for {}.",
        "no_draws": "The plans carry no draws in common, so how often one beats the other is not known.",
        "chosen": "", "left_out": "", "if": "if", "now": "now",
    },
    "zh": {
        "a": "甲：{}", "b": "乙：{}", "title": "甲与乙对比", "lever": "措施", "value": "数量", "cost": "亿元/年",
        "difference": "甲－乙", "levers": "不同的措施", "same": "两个方案的措施相同。",
        "payer": "出资方", "payers": "谁出资，亿元/年", "city": "地区", "welfare": "各地福利，%",
        "target": "目标", "targets": "目标实现情况", "yes": "达到", "no": "未达到", "": "-", "measure": "指标",
        "security": "安全", "securities": "城市群居民最大损失，%",
        "likeness": "两个方案有{:.0f}%的资金用途相同。",
        "chance": "在{1}次联合抽样中，甲优于乙的占{0:.0f}%（{2}，标准误{3:.1f}）；"
        "平均差{4:+.2f}亿元/年（标准误{5:.2f}）。",
        "equal": "两个方案相同：措施与结果均无差别。",
        "tie": "在全部{}次联合抽样中，甲与乙同样好（{}）。",
        "no_draws": "两个方案没有共同的抽样，无法说明优劣的概率。",
        "chosen": "", "left_out": "", "if": "待定", "now": "目前",
    },
}  # fmt: skip


def view(c: Comparison, language: str = "en") -> Any:
    """What differs: welfare, levers, who pays, places, targets, securities, and which does better how often."""
    from rich.console import Group
    from rich.text import Text

    w, zh = WORDS[language], language == "zh"
    named, money = f"name_{language}", 10.0 if zh else 1.0
    parts: list[Any] = [
        Text(f"{w['title']}, {c.world} {c.vintage}" if not zh else f"{w['title']}，{c.world} {c.vintage}")
    ]
    parts[0].stylize("bold")
    parts += [Text(w[side].format(names[zh])) for side, names in zip("ab", c.names, strict=True)]
    heads = [w["measure"], "A" if not zh else "甲", "B" if not zh else "乙", w["difference"]]
    rows = []
    for _, r in c.summary.iterrows():
        unit = r[f"unit_{language}"]
        scale = 10.0 if zh and unit != "%" else 1.0
        unit = "亿元/年" if zh and unit != "%" else unit
        digits = 3 if unit == "%" else 2
        rows.append([f"{r[named]}, {unit}" if not zh else f"{r[named]}，{unit}", *_three(r, scale, digits)])
    parts.append(Sheet(heads, rows, right=(1, 2, 3), yields=(0,)))
    if c.same:
        parts.insert(3, Paragraph(w["equal"]))
        return Group(*parts)
    for _, r in c.chance.iterrows():
        if r["mean_difference"] == 0 and not r["mean_se"] > 0:
            parts.append(Paragraph(w["tie"].format(int(r["pairs"]), r[named])))
            continue
        found = 100 * r["probability"], int(r["pairs"]), r[named], 100 * r["se"]
        parts.append(Paragraph(w["chance"].format(*found, r["mean_difference"] * money, r["mean_se"] * money)))
    if c.chance.empty:
        parts.append(Paragraph(w["no_draws"]))
    parts += [Paragraph(w["likeness"].format(100 * c.likeness)), Text("")]
    parts.append(_levers(c, w, language, money) if len(c.levers) else Paragraph(w["same"]))
    heads = [w["payer"], *heads[1:]]
    rows = [[r[named], *_three(r, money, 2)] for _, r in c.payers.iterrows()]
    parts.append(Sheet(heads, rows, title=w["payers"], right=(1, 2, 3)))
    inside = c.by_region[c.by_region["in_cluster"]]
    most = inside.loc[inside["difference"].abs().sort_values(ascending=False, kind="stable").index[:CITIES]]
    heads = [w["city"], *heads[1:]]
    rows = [[r[named], *_three(r, 1.0, 3)] for _, r in most.iterrows()]
    parts.append(Sheet(heads, rows, title=w["welfare"], right=(1, 2, 3)))
    if len(c.targets):
        heads = [w["target"], *heads[1:3]]
        rows = [[r[f"label_{language}"], *(_kept(r[f"kept_{s}"], w) for s in "ab")] for _, r in c.targets.iterrows()]
        parts.append(Sheet(heads, rows, title=w["targets"], yields=(0,)))
    if len(c.securities):
        parts.append(_securities(c, w, language))
    return Group(*parts)


def _securities(c: Comparison, w: dict[str, str], language: str) -> Sheet:
    """Losses today and under both plans; today's once where both plans found the same."""
    s, same = c.securities, np.allclose(c.securities["now_a"], c.securities["now_b"], rtol=1e-6, equal_nan=True)
    first, second = ("甲", "乙") if language == "zh" else ("A", "B")
    today = [w["now"]] if same else [f"{w['now']} {first}", f"{w['now']} {second}"]
    before = ["now_a"] if same else ["now_a", "now_b"]
    rows = [[r[f"name_{language}"], *(_number(r[k], 3) for k in before), *_three(r, 1.0, 3)] for _, r in s.iterrows()]
    heads = [w["security"], *today, first, second, w["difference"]]
    return Sheet(heads, rows, title=w["securities"], right=tuple(range(1, len(heads))))


def _levers(c: Comparison, w: dict[str, str], language: str, money: float) -> Sheet:
    rows = []
    for _, r in c.levers.iterrows():
        row = [r[f"name_{language}"]]
        for s in "ab":
            state = r[f"status_{s}"]
            used = f"{r[s]:.4g} {r[f'unit_{language}']}" if r[s] > 0 else w.get(state, "") or w[""]
            row += [used, f"{money * r[f'cost_{s}']:.2f}"]
        rows.append(row)
    first, second = ("甲", "乙") if language == "zh" else ("A", "B")
    heads = [w["lever"], first, w["cost"], second, w["cost"]]
    return Sheet(heads, rows, title=w["levers"], right=(1, 2, 3, 4), yields=(1, 3, 0))


def _three(r: pd.Series, scale: float, digits: int) -> list[str]:
    """A, B and their difference."""
    return [_number(r[key] * scale, digits, sign) for key, sign in (("a", ""), ("b", ""), ("difference", "+"))]


def _number(value: float, digits: int, sign: str = "") -> str:
    # What rounds to zero has no sign of its own.
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}" if value == value else "-"


def _kept(value: Any, w: dict[str, str]) -> str:
    return w[""] if value is None or value != value else w["yes" if value else "no"]
