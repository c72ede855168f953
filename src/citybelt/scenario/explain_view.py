"""An explanation on the terminal or in a notebook, in English or Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from citybelt.scenario.view import number
from citybelt.terminal import Sheet

if TYPE_CHECKING:
    from citybelt.scenario.explain import Explanation

WORDS = {
    "en": {
        "title": "Why",
        "whole": "Welfare of the cluster {cluster} %, of the nation {nation} %; worth {ev} bn CNY a year",
        "levers": "By lever, cluster's welfare %", "lever": "Lever", "alone": "Alone", "last": "Lost without it",
        "share": "Share", "interplay": "Interplay", "error": "± of the share", "sum": "Together",
        "pairs": "Pairs that work with or against each other, %", "pair": "Pair", "cluster": "Cluster",
        "nation": "Nation", "channels": "By channel, welfare %", "channel": "Channel", "ev": "Worth, bn CNY a year",
        "elasticities": "Elasticities that it leans on", "elasticity": "Elasticity", "range": "Range",
        "swing": "Moves welfare by, points", "effects": "Effects of levers that it leans on", "effect": "Effect",
        "evidence": "Evidence", "data": "Data that it leans on", "item": "Item", "grade": "Grade",
        "tenth": "A tenth more moves welfare by, points",
        "exact": "All {sets} sets of levers were solved: shares are exact.",
        "drawn": "Shares are means over {orders} orders of levers, {sets} sets solved.",
        "residual": "Channels add up to the whole but for {residual:.0e} of it ({nodes} equilibria on the path).",
    },
    "zh": {
        "title": "原因", "whole": "城市群福利 {cluster}%，全国 {nation}%；折合 {ev} 十亿元/年",
        "levers": "按措施分解城市群福利，%", "lever": "措施", "alone": "单独", "last": "去掉后损失", "share": "份额",
        "interplay": "交互作用", "error": "份额误差", "sum": "合计",
        "pairs": "相互促进或抵消的措施，%", "pair": "措施对",
        "cluster": "城市群", "nation": "全国", "channels": "按渠道分解福利，%", "channel": "渠道",
        "ev": "折合，十亿元/年",
        "elasticities": "所依赖的弹性", "elasticity": "弹性", "range": "区间", "swing": "福利变动，百分点",
        "effects": "所依赖的措施效应", "effect": "效应", "evidence": "证据", "data": "所依赖的数据", "item": "数据项",
        "grade": "等级", "tenth": "增加一成时福利变动，百分点", "exact": "已求解全部{sets}个措施组合，份额精确。",
        "drawn": "份额为{orders}个措施次序的平均，共求解{sets}个组合。",
        "residual": "各渠道之和与总变化相差{residual:.0e}（路径上求解{nodes}个均衡）。",
    },
}  # fmt: skip

#: Names of channels, of what is uncertain about a lever, and of parts of prices.
CHANNEL_NAMES = {
    "wages": ("Wages", "工资"),
    "own_factors": ("Prices of labour, capital and land at home", "本地要素价格"),
    "other_factors": ("Prices of labour, capital and land elsewhere", "外地要素价格"),
    "skills": ("Skills of workers", "劳动者技能"),
    "technology": ("Productivity that levers bring", "措施带来的生产率"),
    "agglomeration": ("Agglomeration", "集聚"),
    "trade_costs": ("Trade costs", "贸易成本"),
    "tariffs": ("Tariffs", "关税"),
    "carbon": ("Carbon price in prices", "价格中的碳价"),
    "subsidies": ("Subsidies in prices", "价格中的补贴"),
    "capital_income": ("Income from capital", "资本收入"),
    "land_income": ("Income from land", "土地收入"),
    "housing_received": ("Rents of dwellings received", "收取的住房租金"),
    "housing_paid": ("Rents of dwellings paid", "支付的住房租金"),
    "services": ("Public services per head", "人均公共服务"),
    "government_transfers": ("Transfers between governments", "政府间转移支付"),
    "pensions": ("Pensions", "养老金"),
    "transfers": ("Other transfers", "其他转移"),
    "bills": ("Bills of the levers", "措施费用"),
    "congestion": ("Crowding", "拥挤"),
    "amenities": ("Amenities", "宜居"),
    "migration_costs": ("Costs of living away from home", "异地居住成本"),
    "choice": ("Choice among places", "择地而居"),
}
WHAT_NAMES = {
    "effect": ("size", "效应大小"), "curvature": ("curvature", "效应曲率"), "unit_cost": ("cost", "费用"),
    "charge": ("curvature of the cost", "费用曲率"),
}  # fmt: skip
#: Per cent of welfare below which a channel is a rounding error and not shown.
NOTHING = 1e-9
#: Rows of long tables that are shown.
SHOWN = 8


def view(x: Explanation, language: str = "en") -> Any:
    """The explanation as rich tables: the whole, levers, pairs, channels, and what it leans on."""
    from rich.console import Group
    from rich.text import Text

    from citybelt.scenario.view import TERMS_ZH

    w = WORDS[language]
    zh = language == "zh"
    which, name = int(zh), "name_zh" if zh else "name_en"

    def term(word: str) -> str:
        return TERMS_ZH.get(word, word) if zh else word

    def table(title: str, heads: list[str], rows: list[list[str]]) -> Sheet:
        return Sheet([w[k] for k in heads], rows, title=w[title], right=range(1, len(heads)), yields=(0,))

    whole = {of: number(x.totals.loc["welfare", of]) for of in ("cluster", "nation")}
    parts: list[Any] = [
        Text(f"{w['title']}: {x.scenario.text('name', language)}", style="bold"),
        Text(w["whole"].format(**whole, ev=number(x.totals.loc["ev", "cluster"], 2))),
    ]
    own = x.by_lever[(x.by_lever["outcome"] == "welfare") & (x.by_lever["of"] == "cluster")]
    own = own.sort_values("share", ascending=False)
    keys = ["alone", "last", "share", "interplay", "error"]
    rows = [
        [str(r[name]), *(number(r[k]) for k in keys[:3]), number(r["interplay"], 4), f"{r['error']:.4f}"]
        for _, r in own.iterrows()
    ]
    rows.append([w["sum"], "", "", number(own["share"].sum()), "", ""])
    parts.append(table("levers", ["lever", *keys], rows))
    said = w["drawn"] if x.orders else w["exact"]
    parts.append(Text(said.format(orders=x.orders, sets=x.sets)))
    if len(x.by_pair):
        pairs = x.by_pair.head(SHOWN)
        rows = [[str(r[name]), number(r["cluster"], 4), number(r["nation"], 4)] for _, r in pairs.iterrows()]
        parts.append(table("pairs", ["pair", "cluster", "nation"], rows))
    moved = x.by_channel[(x.by_channel[["welfare", "welfare_nation"]].abs() > NOTHING).any(axis=1)]
    rows = [
        [CHANNEL_NAMES[str(k)][which], number(r["welfare"]), number(r["welfare_nation"]), number(r["ev"], 2)]
        for k, r in moved.iterrows()
    ]
    total = x.by_channel[["welfare", "welfare_nation", "ev"]].sum()
    rows.append([w["sum"], number(total["welfare"]), number(total["welfare_nation"]), number(total["ev"], 2)])
    parts.append(table("channels", ["channel", "cluster", "nation", "ev"], rows))
    parts.append(Text(w["residual"].format(residual=x.residual, nodes=x.nodes)))
    rows = [
        [f"{r['symbol']} {r['sector']}".strip(), f"{r['value']:g} ({r['low']:g}…{r['high']:g})", number(r["swing"], 4)]
        for _, r in x.elasticities.head(SHOWN).iterrows()
    ]
    parts.append(table("elasticities", ["elasticity", "range", "swing"], rows))
    rows = [
        [f"{r[name]}: {WHAT_NAMES[r['what']][which]}", term(r["design"]), number(r["swing"], 4)]
        for _, r in x.effects.head(SHOWN).iterrows()
    ]
    parts.append(table("effects", ["effect", "evidence", "swing"], rows))
    rows = [[str(r[name]), str(r["grade"]), number(r["tenth"], 4)] for _, r in x.data.head(SHOWN).iterrows()]
    parts.append(table("data", ["item", "grade", "tenth"], rows))
    return Group(*parts)
