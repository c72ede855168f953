"""A stress test on the terminal or in a notebook, in English or Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from citybelt.security.result import LIMITS
from citybelt.security.table import SECURITIES
from citybelt.terminal import Paragraph, Sheet

if TYPE_CHECKING:
    from citybelt.security.result import Stress

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "food": "Food", "energy": "Energy", "industrial": "Industry", "ecological": "Ecology", "defence": "Defence",
        "joint": "All at once", "then": {"scenario": "under the scenario", "plan": "under the plan"},
        "title": "Five securities: what the cluster loses within a year",
        "worst": "The worst of each set", "security": "Security", "disruption": "Disruption",
        "loss": "Welfare lost %", "range": "Range", "money": "Nation, bn CNY", "output": "Output lost %",
        "nation": "Nation %",
        "change": "Change",
        "second": {"scenario": "Under the scenario %", "plan": "Under the plan %"},
        "value_then": {"scenario": "Under the scenario", "plan": "Under the plan"},
        "critical": "Suppliers whose loss hurts others most",
        "elsewhere": "Others lose %", "cities": "Cities that lose most", "city": "City", "indicators": "Indicators",
        "indicator": "Indicator", "of": "Of", "value": "Value", "error": "Not solved", "no data": "no data",
        "price": "CO2 price, CNY/t", "set": "The worst three of each set", "limits": "Mind",
        "mt": "Mt", "kg": "kg", "days": "days", "people": "people",
        "people_lost": "Its people lose %", "count": "", "share": "",
    },
    "zh": {
        "food": "粮食", "energy": "能源", "industrial": "产业", "ecological": "生态", "defence": "国防",
        "joint": "同时发生", "then": {"scenario": "情景下", "plan": "规划下"}, "title": "五大安全：城市群一年内的损失",
        "worst": "各类最坏情形", "security": "安全", "disruption": "冲击",
        "loss": "福利损失%", "range": "区间", "money": "全国，十亿元", "output": "产出损失%", "nation": "全国%",
        "second": {"scenario": "情景下%", "plan": "规划下%"}, "change": "变化",
        "value_then": {"scenario": "情景下", "plan": "规划下"}, "critical": "断供对他人伤害最大的供应方",
        "elsewhere": "他人损失%", "cities": "损失最大的城市", "city": "城市", "indicators": "指标",
        "indicator": "指标", "of": "对象", "value": "数值", "error": "未求解", "no data": "无数据",
        "price": "碳价，元/吨", "set": "各类最坏的三种情形", "limits": "注意",
        "mt": "百万吨", "kg": "公斤", "days": "天", "people": "人",
        "people_lost": "居民损失%", "count": "", "share": "",
    },
}  # fmt: skip


def view(stress: Stress, language: str = "en") -> Any:
    """The worst of each set, the next ones, critical suppliers, cities, indicators, and what to mind."""
    from rich.console import Group
    from rich.text import Text

    w = WORDS[language]
    name = f"name_{language}"
    case = stress.case
    parts: list[Any] = [Text(w["title"], style="bold")]
    if stress.scenario is not None:
        parts.append(Text(stress.scenario.text("name", language)))
    heads = [w[k] for k in ("security", "disruption", "loss", "range")]
    heads += [w["second"][case], w["change"]] if case else [w["output"], w["money"]]
    rows = []
    for _, r in stress.worst.iterrows():
        if not isinstance(r.get(name), str):
            continue
        what = r[name]
        if case and isinstance(r[f"{name}_{case}"], str) and r[f"id_{case}"] != r["id"]:
            what += f" ({w['then'][case]}: {r[f'{name}_{case}']})"
        row = [w[r["security"]], what, _n(r["loss"]), f"{_n(r['loss_low'])} … {_n(r['loss_high'])}"]
        more = (f"loss_{case}", 3, ""), ("change", 3, "+")
        row += [_n(r[k], d, s) for k, d, s in (more if case else (("output", 3, ""), ("money", 1, "")))]
        rows.append(row)
    parts.append(Sheet(heads, rows, title=w["worst"], right=range(2, len(heads)), yields=(1,)))
    parts.append(_sets(stress, w, name))
    heads = [w["disruption"], w["elsewhere"], w["loss"]]
    rows = [[r[name], _n(r["elsewhere"]), _n(r["loss"])] for _, r in stress.critical.head(8).iterrows()]
    parts.append(Sheet(heads, rows, title=w["critical"], right=(1, 2), yields=(0,)))
    parts.append(_cities(stress, w, name))
    rows = []
    for _, r in stress.indicators.iterrows():
        unit = str(r["unit"])
        row = [w[r["security"]], r[name], r[f"of_{language}"], _value(r["value"], unit, w)]
        if case:
            then = r[f"value_{case}"]
            row.append("" if pd.isna(then) else _value(then, unit, w))
        rows.append(row)
    heads = [w[k] for k in ("security", "indicator", "of", "value")] + ([w["value_then"][case]] if case else [])
    parts.append(Sheet(heads, rows, title=w["indicators"], right=(3, 4)[: 1 + bool(case)], yields=(1, 2)))
    for _, r in stress.disruptions.iterrows():
        for column in ("error", f"error_{case}"):
            if r.get(column):
                parts.append(Text(f"{w['error']}: {r[name]}: {r[column]}", style="red"))
    parts.append(Text(w["limits"], style="bold"))
    parts += [Paragraph(f"- {text}") for text in LIMITS[language]]
    return Group(*parts)


def _sets(stress: Stress, w: dict[str, Any], name: str) -> Sheet:
    """The worst three disruptions of each security."""
    rows, ends = [], []
    for security in SECURITIES:
        own = stress.disruptions[stress.disruptions["security"] == security]
        for _, r in own.sort_values("loss", ascending=False).head(3).iterrows():
            price = _n(r["carbon_price"], 0) if pd.notna(r["carbon_price"]) else ""
            rows.append([w[security], r[name], _n(r["loss"]), _n(r["nation"]), price])
        ends.append(len(rows) - 1)
    heads = [w["security"], w["disruption"], w["loss"], w["nation"], w["price"]]
    return Sheet(heads, rows, title=w["set"], right=(2, 3, 4), yields=(1,), ends=ends[:-1])


def _cities(stress: Stress, w: dict[str, Any], name: str) -> Sheet:
    """Two cities for each security: those whose people lose most from its worst disruption."""
    rows = []
    for security in (*SECURITIES, "joint"):
        own = stress.by_city[stress.by_city["security"] == security]
        if "people" not in own or own["people"].isna().all():
            continue
        for _, r in own.sort_values("people", ascending=False).head(2).iterrows():
            rows.append([w[security], r[name], _n(r["people"]), _n(r["output"])])
    heads = [w[k] for k in ("security", "city", "people_lost", "output")]
    return Sheet(heads, rows, title=w["cities"], right=(2, 3), yields=(1,))


def _n(value: float, digits: int = 3, sign: str = "") -> str:
    return "" if pd.isna(value) else f"{value:{sign},.{digits}f}"


def _value(value: float, unit: str, w: dict[str, Any]) -> str:
    if pd.isna(value):
        return w["no data"]
    if unit == "share":
        return f"{value:.3f}"
    return f"{value:,.0f} {w[unit]}".rstrip() if unit != "mt" else f"{value:,.1f} {w[unit]}"
