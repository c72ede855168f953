"""A ladder on the terminal or in a notebook, and its steps in words, in English or Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from citybelt.scenario.view import TERMS_ZH, number
from citybelt.terminal import Paragraph, Sheet

if TYPE_CHECKING:
    from citybelt.scenario.ladder import Ladder

#: Name of each rung, and what it frees.
RUNGS = {
    "en": {
        "bought": ("Purchases", "what levers buy, counted where they buy it"),
        "delivered": ("Orders to sellers", "imports leak: sellers elsewhere and customs get their share"),
        "inputs": ("Multiplier, type I", "sellers buy inputs, and their sellers too"),
        "households": ("Multiplier, type II", "wages are spent"),
        "paid": ("Multiplier, levers paid for", "those who pay for the levers spend and invest less"),
        "prices": ("Partial equilibrium", "costs and prices answer, and buyers turn to what became cheaper"),
        "factors": ("+ wages and returns", "labour and capital are scarce: one use crowds out another"),
        "incomes": ("+ incomes and saving", "all other income is earned and spent, all saving invested"),
        "public": ("+ public accounts", "governments spend what they receive"),
        "people": ("General equilibrium", "people move, and density works on productivity"),
    },
    "zh": {
        "bought": ("采购", "措施的采购额，记在采购地"),
        "delivered": ("卖方订单", "进口漏出：一部分归外地卖方和海关"),
        "inputs": ("第一类乘数", "卖方购买投入，逐级上溯"),
        "households": ("第二类乘数", "工资用于消费"),
        "paid": ("扣除付费的乘数", "付费者减少消费与投资"),
        "prices": ("局部均衡", "成本与价格变动，买方转向变便宜的货源"),
        "factors": ("加工资与回报", "劳动与资本有限：一种用途挤出另一种"),
        "incomes": ("加收入与储蓄", "其余收入全部取得并使用，储蓄全部投资"),
        "public": ("加公共账户", "政府支出其全部收入"),
        "people": ("一般均衡", "人口迁移，密度影响生产率"),
    },
}
WORDS = {
    "en": {
        "rung": "Model", "cluster": "cluster", "nation": "nation", "output": "Output", "value_added": "Value added",
        "work": "Work", "welfare": "Welfare %", "ev": "Worth", "undefined": "undefined",
        "steps": "What each step adds", "step": "Step", "why": "Because", "savings":
        "Resources saved on the flows of the base year, bn CNY a year", "source": "By", "transfer": "a transfer",
        "productivity": "productivity", "trade_cost": "trade cost", "tariffs": "tariffs", "carbon": "carbon price",
        "subsidies": "subsidies",
        "purchases": "Of purchases alone",
        "units": "Output, value added and worth in bn CNY a year at base-year prices; work in base-year workers.",
        "order": "What a step adds depends on the order of the steps; together they make the whole difference.",
        "welfare_note": "Welfare is defined where every budget is closed; people are held below the top.",
        "vintage": "Data", "closure": "Closure",
    },
    "zh": {
        "rung": "模型", "cluster": "城市群", "nation": "全国", "output": "产出", "value_added": "增加值",
        "work": "用工", "welfare": "福利%", "ev": "折合", "undefined": "无定义",
        "steps": "每一步增加的数额", "step": "步骤", "why": "原因", "savings":
        "按基年流量节约的资源，十亿元/年", "source": "来源", "transfer": "属转移",
        "productivity": "生产率", "trade_cost": "贸易成本", "tariffs": "关税", "carbon": "碳价", "subsidies": "补贴",
        "purchases": "采购之产出",
        "units": "产出、增加值与折合为十亿元/年，按基年价格；用工为基年劳动者人数。",
        "order": "每一步的数额取决于步骤的次序；各步之和等于全部差额。",
        "welfare_note": "只有各账户都平衡时福利才有定义；在最高一级以下人口不动。",
        "vintage": "数据", "closure": "闭合",
    },
}  # fmt: skip
#: The sentences of an explanation.
TEXT = {
    "en": {
        "leak": "Levers buy {bought:,.2f} bn CNY a year, {inside:,.2f} of it inside the cluster. By the base year's "
        "shares sellers inside get {cluster:,.2f}, in the rest of the nation {rest:,.2f}, abroad {abroad:,.2f}, and "
        "customs {customs:,.2f}.",
        "multiplier": "Of the purchases alone: for every 1.00 bought the type II multiplier promises {households:,.2f} "
        "of the nation's output, and {paid:,.2f} once the levers are paid for; with prices that answer it is "
        "{prices:,.2f}, with scarce factors {factors:,.2f}, in general equilibrium {people:,.2f}.",
        "nothing_bought": "The scenario buys nothing, so the multipliers have no answer.",
        "step": "{title}: {why}. Output {nation:+,.2f} bn CNY a year in the nation, {cluster:+,.2f} in the cluster.",
        "top": "In general equilibrium output moves by {output[1]:+,.2f} in the nation and {output[0]:+,.2f} in the "
        "cluster, and all is worth {ev[1]:+,.2f} to the nation and {ev[0]:+,.2f} to the cluster, costs paid. Counted "
        "on the flows of the base year the nation saves {saved:,.2f} directly, and pays {bought:,.2f}.",
        "silent": "A multiplier has no answer for changes of {what}.", "and": ", ",
    },
    "zh": {
        "leak": "措施每年采购{bought:,.2f}十亿元，其中{inside:,.2f}在城市群内采购。按基年份额，"
        "城市群内卖方得到{cluster:,.2f}，国内其他地区{rest:,.2f}，境外{abroad:,.2f}，海关{customs:,.2f}。",
        "multiplier": "仅就采购而言：每采购1.00，第二类乘数给出全国产出{households:,.2f}，扣除付费后为{paid:,.2f}；"
        "价格变动时为{prices:,.2f}，要素有限时为{factors:,.2f}，一般均衡为{people:,.2f}。",
        "nothing_bought": "此情景没有采购，乘数没有答案。",
        "step": "{title}：{why}。产出：全国{nation:+,.2f}，城市群{cluster:+,.2f}（十亿元/年）。",
        "top": "一般均衡下产出全国{output[1]:+,.2f}，城市群{output[0]:+,.2f}；付费之后折合全国{ev[1]:+,.2f}，"
        "城市群{ev[0]:+,.2f}。按基年流量，全国直接节约{saved:,.2f}，付费{bought:,.2f}（十亿元/年）。",
        "silent": "乘数对以下变动没有答案：{what}。", "and": "、",
    },
}  # fmt: skip
#: What a multiplier has no answer for.
SILENT = {
    "en": {
        "log_h": "skills", "log_K": "capital", "log_H": "production land", "log_mu": "costs of moving",
        "log_B": "amenities", "log_Hres": "residential land", "transfer": "transfers between governments",
    },
    "zh": {
        "log_h": "技能", "log_K": "资本", "log_H": "生产用地", "log_mu": "迁移成本", "log_B": "宜居",
        "log_Hres": "居住用地", "transfer": "政府间转移支付",
    },
}  # fmt: skip


def _finite(value: float) -> bool:
    return value == value


def _whole(value: float, digits: int = 2) -> float:
    """The value as it is printed, without the sign of what rounds to nothing."""
    return round(value, digits) + 0.0


def explained(found: Ladder, language: str = "en") -> list[str]:
    """The differences between rungs in words and numbers, a sentence each; what has no answer is said to have none."""
    text = TEXT[language]
    both = lambda rung, outcome: (found.value(rung, outcome, "cluster"), found.value(rung, outcome))  # noqa: E731
    if found.bought:
        made = [found.value("delivered", "output", of) for of in ("cluster", "nation", "world")]
        rest, abroad, customs = (_whole(x) for x in (made[1] - made[0], made[2] - made[1], found.bought - made[2]))
        lines = [
            text["leak"].format(
                bought=found.bought, inside=found.value("bought", "output", "cluster"), cluster=made[0],
                rest=rest, abroad=abroad, customs=customs,
            ),
            text["multiplier"].format(**{name: _whole(found.value(name, "multiplier")) for name in RUNGS["en"]}),
        ]  # fmt: skip
    else:
        lines = [text["nothing_bought"]]
    for name, (title, why) in RUNGS[language].items():
        step = [found.added(name, "output", of) for of in ("cluster", "nation")]
        if name != "bought" and _finite(step[1]):
            lines.append(text["step"].format(title=title, why=why, cluster=step[0], nation=step[1]))
    saved = found.savings[~found.savings["transfer"]]["nation"].sum()
    output, ev = both("people", "output"), both("people", "ev")
    lines.append(text["top"].format(output=output, ev=ev, saved=saved, bought=found.bought))
    if found.silent:
        lines.append(text["silent"].format(what=text["and"].join(SILENT[language][field] for field in found.silent)))
    return lines


def view(found: Ladder, language: str = "en") -> Any:
    """The ladder as rich tables: every rung, what each step adds, what is saved directly, and the words."""
    from rich.console import Group
    from rich.text import Text

    w, names, zh = WORDS[language], RUNGS[language], language == "zh"

    def cell(rung: str, outcome: str, of: str, digits: int = 2) -> str:
        value = found.value(rung, outcome, of)
        return number(_whole(value, digits), digits) if _finite(value) else w["undefined"]

    head = lambda k, of: f"{w[of]}{w[k]}" if zh else f"{w[k]}, {w[of]}"  # noqa: E731

    def answers(columns: list[tuple[str, str, int]]) -> Sheet:
        rows = [[names[r][0], *(cell(r, k, of, d) for k, of, d in columns)] for r in names]
        heads = [w["rung"], *(head(k, of) for k, of, _ in columns)]
        return Sheet(heads, rows, right=range(1, len(heads)), yields=(0,))

    outputs = [head("output", of) for of in ("cluster", "nation")]
    added = [
        [*names[r], *(number(_whole(found.added(r, "output", of)), 2) for of in ("cluster", "nation"))]
        for r in names
        if _finite(found.added(r, "output"))
    ]
    saved = []
    for _, r in found.savings[found.savings["world"] != 0].iterrows():
        title = w[r["source"]] + (f" ({w['transfer']})" if r["transfer"] else "")
        saved.append([title, number(r["cluster"], 2), number(r["nation"], 2)])
    parts: list[Any] = [
        Text(found.scenario.text("name", language), style="bold"),
        Paragraph(found.scenario.text("description", language)),
        answers([("output", "cluster", 2), ("output", "nation", 2), ("purchases", "nation", 2), ("work", "nation", 0)]),
        answers([("value_added", "nation", 2), ("welfare", "cluster", 3), ("ev", "cluster", 2), ("ev", "nation", 2)]),
        Paragraph(f"{w['units']} {w['welfare_note']}"),
        Text(""),
        Sheet([w["step"], w["why"], *outputs], added, title=w["steps"], right=(2, 3), yields=(1, 0)),
        Paragraph(w["order"]),
        Text(""),
    ]
    if saved:
        heads = [w["source"], w["cluster"], w["nation"]]
        parts += [Paragraph(w["savings"]), Sheet(heads, saved, right=(1, 2), yields=(0,))]
    told = explained(found, language)
    parts += [Paragraph(line) for line in (told[:2] if found.bought else told[:1])]
    parts += [Paragraph(line) for line in told[-2 if found.silent else -1 :]]
    term = lambda word: TERMS_ZH.get(word, word) if zh else word  # noqa: E731
    closure = ", ".join(f"{term(part)}: {term(word)}" for part, word in found.closure.items())
    parts += [Paragraph(f"{w['closure']}: {closure}"), Text(f"{w['vintage']}: {found.world} {found.vintage}.")]
    return Group(*parts)
