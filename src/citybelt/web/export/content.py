"""What every export holds, whatever its format: an answer's tables in one language, its doubts, what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from citybelt import __version__
from citybelt.dims import SETS
from citybelt.web import words
from citybelt.web.bench import Bench
from citybelt.web.schema import Change

HEADS = {
    "outcome": words.both("Outcome", "结果"),
    "unit": words.both("Unit", "单位"),
    "cluster": words.both("Cluster", "城市群"),
    "nation": words.both("Nation", "全国"),
    "region": words.both("Region", "地区"),
    "name": words.both("Name", "名称"),
    "lever": words.both("Lever", "措施"),
    "value": words.both("Value", "数值"),
    "cost": words.both("Cost, bn CNY a year", "费用，十亿元/年"),
    "evidence": words.both("Evidence", "证据"),
    "payer": words.both("Payer", "付费方"),
    "elsewhere": words.both("Elsewhere", "其他地区"),
    "account": words.both("Account, bn CNY a year", "账目，十亿元/年"),
    "base": words.both("base year", "基年"),
    "now": words.both("now", "现在"),
    "sector": words.both("Sector, real output %", "行业，实际产出%"),
    "in_cluster": words.both("In the cluster", "属城市群"),
}
TITLES = {
    "totals": words.both("Totals", "总计"),
    "levers": words.both("Levers", "措施"),
    "regions": words.both("Regions", "地区"),
    "sectors": words.both("Sectors", "行业"),
    "payers": words.both("Who pays", "谁付费"),
    "government": words.both("Governments", "政府账目"),
    "doubts": words.both("Doubts", "疑点"),
    "rests": words.both("What it rests on", "依据"),
    "map": words.both("Welfare by city, per cent", "各市福利变化，%"),
}


@dataclass(frozen=True)
class Sheet:
    """A table: its id and title, heads of columns, rows of texts and numbers."""

    id: str
    title: str
    heads: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Content:
    """An answer to be written into a file.

    Attributes:
        lang: en or zh; title, note: the user's; sheets: tables; doubts: sentences; rests: sentences on what it rests
            on; answer: the answer itself; home: ids of the home regions; names: of theirs.
    """

    lang: str
    title: str
    note: str
    sheets: list[Sheet]
    doubts: list[str]
    rests: list[str]
    answer: dict[str, Any]
    home: tuple[str, ...]
    names: list[str]

    def word(self, key: str) -> str:
        """A title in the language of the file."""
        return TITLES[key][self.lang]

    def sheet(self, id: str) -> Sheet:
        """One of the tables."""
        return next(s for s in self.sheets if s.id == id)


def content(bench: Bench, change: Change, answer: dict[str, Any], title: str, note: str, lang: str) -> Content:
    """The content of an answer in a language."""
    x = bench.dataset.x
    names = [str(n) for n in x[f"name_{lang}"].values[: len(bench.home)]]

    def head(*keys: str) -> tuple[str, ...]:
        return tuple(HEADS[k][lang] for k in keys)

    def sheet(id: str, heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Sheet:
        return Sheet(id, TITLES[id][lang], heads, rows)

    totals = []
    for k, of in answer["totals"].items():
        about = words.outcome(k, total=True)
        totals.append((about["name"][lang], about["unit_name"][lang], of["cluster"], of["nation"]))
    shown = [k for k in words.OUTCOMES if k in answer["regional"]]
    columns = tuple(f"{words.OUTCOMES[k][0][lang]}, {words.UNITS[words.OUTCOMES[k][2]][lang]}" for k in shown)
    regions = [
        (r, names[n], bool(bench.cluster[n]), *(answer["regional"][k][n] for k in shown))
        for n, r in enumerate(bench.home)
    ]
    cards = {lever.id: lever for lever in bench.desk.menu}
    levers = []
    for k, value in answer["change"]["levers"].items():
        card = cards[k].card
        unit = card.unit if lang == "en" else card.unit_zh
        design = words.DESIGN.get(cards[k].design, words.both("", ""))[lang]
        name = card.name if lang == "en" else card.name_zh
        levers.append((name, value, unit, answer["budget"]["levers"].get(k, 0.0), design))
    from citybelt.worlds import tables

    held = tables.sectors()
    sectors = [
        (str(held.at[s, f"name_{lang}"]), answer["sectors"]["cluster"][n], answer["sectors"]["nation"][n])
        for n, s in enumerate(map(str, x.sector.values))
    ]
    paid = [(words.PAYER[row["payer"]][lang], row["cluster"], row["elsewhere"]) for row in answer["payers"]]
    accounts = [
        (row["name"][lang], *(row[of][when] for of in SETS for when in ("base", "now"))) for row in answer["government"]
    ]
    account_heads = (
        HEADS["account"][lang],
        *(f"{HEADS[of][lang]}, {HEADS[when][lang]}" for of in SETS for when in ("base", "now")),
    )
    sheets = [
        sheet("totals", head("outcome", "unit", "cluster", "nation"), totals),
        sheet("levers", head("lever", "value", "unit", "cost", "evidence"), levers),
        sheet("regions", (*head("region", "name", "in_cluster"), *columns), regions),
        sheet("sectors", head("sector", "cluster", "nation"), sectors),
        sheet("payers", head("payer", "cluster", "elsewhere"), paid),
        sheet("government", account_heads, accounts),
    ]
    told = answer["change"]
    assumed = [f"{k}: {v}" for part in ("closure", "elasticities") for k, v in told[part].items()]
    vintage = told["vintage"] or bench.vintage
    rests = {
        "en": [
            f"World {bench.name}, base year {bench.dataset.base_year}, GDP of {vintage}; citybelt {__version__}.",
            f"Solved: largest residual {answer['residual']:.0e}.",
            "Assumptions: " + (", ".join(assumed) if assumed else "the default ones") + ".",
            "Changes against the base year, net of what the levers cost. Numbers of the model are of grade D.",
        ],
        "zh": [
            f"世界 {bench.name}，基年 {bench.dataset.base_year}，GDP 版本 {vintage}；citybelt {__version__}。",
            f"已求解：最大残差 {answer['residual']:.0e}。",
            "假设：" + ("，".join(assumed) if assumed else "默认") + "。",
            "均为相对基年的变化，已扣除措施费用。模型数字为D级。",
        ],
    }[lang]
    doubts = [w["text"][lang] for w in answer["warnings"]]
    return Content(lang, title, note, sheets, doubts, rests, answer, bench.home, names)
