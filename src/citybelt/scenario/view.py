"""A run on the terminal or in a notebook, in English or Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from citybelt.terminal import Sheet

if TYPE_CHECKING:
    from citybelt.scenario.simulate import Run

WORDS = {
    "en": {
        "of": "", "cluster": "Cluster", "nation": "Nation", "welfare": "Welfare %", "ev": "Worth, bn CNY a year",
        "people": "People", "output": "Real output %", "trade_dependence_change": "Trade dependence, points",
        "co2_change": "CO2, Mt", "levy": "Paid, bn CNY a year", "band": "80 % band of the cluster's welfare",
        "levers": "By lever", "lever": "Lever", "value": "Value", "cost": "Cost, bn CNY a year",
        "alone": "Cluster's welfare alone %", "evidence": "Evidence", "cities": "Cities that gain and lose most",
        "city": "City", "sectors": "Real output by sector %", "payers": "Paid by, bn CNY a year", "payer": "Payer",
        "here": "For levers in the cluster", "elsewhere": "elsewhere",
        "closure": "Closure", "vintage": "Data", "solved": "Solved", "residual": "residual",
        "passes": "passes", "speaks": "Speaks to", "sector": "Sector", "draws": "draws solved",
    },
    "zh": {
        "of": "", "cluster": "城市群", "nation": "全国", "welfare": "福利%", "ev": "折合，十亿元/年",
        "people": "人口", "output": "实际产出%", "trade_dependence_change": "外贸依存度，百分点",
        "co2_change": "二氧化碳，百万吨", "levy": "付费，十亿元/年", "band": "城市群福利80%区间",
        "levers": "按措施", "lever": "措施", "value": "数值", "cost": "费用，十亿元/年",
        "alone": "单独实施城市群福利%", "evidence": "证据", "cities": "得失最大的城市",
        "city": "城市", "sectors": "各行业实际产出%", "payers": "付费方，十亿元/年", "payer": "付费方",
        "here": "用于城市群的措施", "elsewhere": "用于其他地区",
        "closure": "闭合", "vintage": "数据", "solved": "已求解", "residual": "残差",
        "passes": "遍", "speaks": "对应命题", "sector": "行业", "draws": "次抽样求解",
    },
}  # fmt: skip
TERMS_ZH = {
    "identified": "可识别", "associational": "相关", "assumed": "假定", "definition": "定义",
    "centre": "中央", "province": "省", "city": "市", "private": "企业与居民", "foreign": "境外",
    "capital": "资本", "ownership": "所有权", "people": "人口", "land_finance": "土地财政",
    "fixed": "固定", "mobile": "流动", "pooled": "全国汇总", "local": "归本地", "public": "归政府",
}  # fmt: skip


def number(value: float, digits: int = 3) -> str:
    """A number with its sign, at the digits that it deserves."""
    return f"{value:+,.{digits}f}"


def view(run: Run, language: str = "en") -> Any:
    """The run as rich tables: totals, levers, cities, sectors, payers, and what the numbers rest on."""
    from rich.console import Group
    from rich.text import Text

    w: dict[str, str] = WORDS[language]
    zh = language == "zh"
    name = "name_zh" if zh else "name_en"

    def term(word: str) -> str:
        return TERMS_ZH.get(word, word) if zh else word

    def table(title: str, heads: list[str], rows: list[list[str]], yields: Sequence[int] = (0,)) -> Sheet:
        return Sheet(heads, rows, title=title, right=range(1, len(heads)), yields=yields)

    keys = {"welfare": 3, "ev": 2, "people": 0, "output": 3, "trade_dependence_change": 3, "co2_change": 2, "levy": 2}
    totals = [[w[k], *(number(run.totals.loc[of, k], d) for of in ("cluster", "nation"))] for k, d in keys.items()]
    parts: list[Any] = [
        Text(run.scenario.text("name", language), style="bold"),
        Text(run.scenario.text("description", language)),
        table("", ["", w["cluster"], w["nation"]], totals),
    ]
    if "welfare_change" in run.band:
        low, high = run.band["welfare_change"]
        parts.append(Text(f"{w['band']}: {number(low)} … {number(high)} ({run.draws_solved}/{run.draws} {w['draws']})"))
    if len(run.by_lever):
        unit = "unit_zh" if zh else "unit"
        rows = [
            [
                str(r[name]),
                "" if r["value"] != r["value"] else f"{r['value']:,g} {r[unit]}",
                "" if r["cost"] != r["cost"] else f"{r['cost']:.2f}",
                number(r["alone"]),
                "" if r["design"] != r["design"] else term(r["design"]),
            ]
            for _, r in run.by_lever.iterrows()
        ]
        heads = [w[k] for k in ("lever", "value", "cost", "alone", "evidence")]
        parts.append(table(w["levers"], heads, rows, yields=(1, 0)))
    cities = run.by_region[run.by_region["in_cluster"]].sort_values("welfare", ascending=False)
    ends = cities if len(cities) <= 8 else cities.iloc[[0, 1, 2, 3, -4, -3, -2, -1]]
    rows = [
        [str(r[name]), number(r["welfare"]), number(r["ev"]), number(r["people_abs"], 0), number(r["output"])]
        for _, r in ends.iterrows()
    ]
    parts.append(table(w["cities"], [w[k] for k in ("city", "welfare", "ev", "people", "output")], rows))
    rows = [[str(r[name]), number(r["cluster"]), number(r["nation"])] for _, r in run.by_sector.iterrows()]
    parts.append(table(w["sectors"], [w["sector"], w["cluster"], w["nation"]], rows))
    paid = run.by_payer[run.by_payer[["cluster", "elsewhere"]].sum(axis=1) > 0]
    if len(paid):
        rows = [[term(r["payer"]), f"{r['cluster']:.2f}", f"{r['elsewhere']:.2f}"] for _, r in paid.iterrows()]
        parts.append(table(w["payers"], [w["payer"], w["here"], w["elsewhere"]], rows))
    closure = ", ".join(f"{term(part)}: {term(word)}" for part, word in run.closure.items())
    parts += [
        Text(f"{w['closure']}: {closure}"),
        Text(f"{w['vintage']}: {run.world} {run.vintage}. {w['speaks']}: {', '.join(run.propositions)}"),
        Text(f"{w['solved']}: {w['residual']} {run.residual:.0e}, {run.passes} {w['passes']}."),
    ]
    if run.certificate is not None:
        parts.append(Text(run.certificate.words_zh if zh else run.certificate.words_en))
    return Group(*parts)
