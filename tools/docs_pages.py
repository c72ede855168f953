"""Pages of the documentation that are made from the tables when it is built: levers, scenarios, parameters."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "citybelt"

WORDS = {
    "en": {
        "levers": "Levers",
        "levers_intro": "What a plan can choose from, made from the table of levers of the Northeast "
        "(`src/citybelt/scenario/library/northeast/levers.yaml`). Every lever has a unit, bounds, a cost that bends, "
        "payers and an effect with its source. Costs are at prices of 2020. A lever whose effect, or every cost, is "
        "assumed stays out of the headline plan and shows as \"if\".",
        "lever": "lever", "unit": "unit", "upper": "at most", "payers": "who pays", "lag": "years until it works",
        "effect": "effect", "design": "design", "propositions": "propositions", "none": "none: it is itself a price",
        "sectors": "buys from", "cost": "cost", "times": "of which", "if": "an \"if\" because", "caveat": "mind",
        "not_drawn": "What bands leave out",
        "parameters": "Parameters",
        "parameters_intro": "The elasticities of the model, made from `src/citybelt/model/elasticities.csv`. Kind: "
        "estimated (in the paper named), calibrated (derived from it) or assumed.",
        "columns": ("name", "symbol", "sector", "value", "range", "kind", "source"),
        "centre": "centre", "province": "province", "city": "city", "private": "private", "foreign": "foreign",
    },
    "zh": {
        "levers": "政策杠杆",
        "levers_intro": "规划可以选用的手段，由东北的杠杆表（`src/citybelt/scenario/library/northeast/levers.yaml`）"
        "自动生成。每个杠杆都有单位、上限、递增的成本、出资方以及有出处的效应。成本按2020年价格。"
        "效应或全部成本属于假设的杠杆不进入主方案，"
        "列为“待定”。",
        "lever": "杠杆", "unit": "单位", "upper": "上限", "payers": "谁出资", "lag": "见效年数",
        "effect": "效应", "design": "证据类型", "propositions": "命题", "none": "无：它本身就是价格",
        "sectors": "购自", "cost": "成本", "times": "其中", "if": "列为“待定”的原因", "caveat": "注意",
        "not_drawn": "区间未包含的内容",
        "parameters": "参数",
        "parameters_intro": "模型的弹性，由 `src/citybelt/model/elasticities.csv` 自动生成。"
        "类型：estimated（论文估计）、calibrated（由论文推得）、assumed（假设）。",
        "columns": ("名称", "符号", "行业", "值", "区间", "类型", "来源"),
        "centre": "中央", "province": "省", "city": "市", "private": "社会资本", "foreign": "外方",
    },
}  # fmt: skip


def on_files(files, config):
    """Hook of mkdocs: add the generated pages in both languages."""
    from mkdocs.structure.files import File

    for language, folder in (("en", ""), ("zh", "zh/")):
        for name, make in (("levers", levers_page), ("parameters", parameters_page)):
            files.append(File.generated(config, f"{folder}{name}.md", content=make(language)))
    return files


def on_post_page(output, page, config):
    """Hook of mkdocs: a Chinese page says that it is one, so that a browser picks Chinese shapes of characters."""
    return output.replace('<html lang="en"', '<html lang="zh-Hans"', 1) if page.url.startswith("zh/") else output


def levers_page(language: str) -> str:
    """Every lever with its unit, bounds, payers, lag, effect and costs."""
    from citybelt.scenario import evidence
    from citybelt.scenario.card import cards_of
    from citybelt.scenario.levers import NOT_DRAWN

    words, effects, costs = WORDS[language], evidence.effects(), evidence.costs()
    cards = cards_of("northeast")
    text = [f"# {words['levers']}\n", words["levers_intro"] + "\n"]
    for card in cards.values():
        effect = effects.get(card.effect)
        rows = [
            (words["unit"], card.text("unit", language)),
            (words["upper"], f"{card.upper:g}"),
            (words["payers"], _join(f"{words[p]} {s:.0%}" for p, s in card.payers.items())),
            (words["lag"], f"{card.lag_years:g}"),
            (words["effect"], _effect(effect) if effect else words["none"]),
            (words["times"], "<br>".join(_effect(effects[e]) for e in card.times)),
            (words["design"], effect.design if effect else ""),
            (words["if"], card.reason(language)),
            (words["caveat"], card.text("caveat", language)),
            (words["cost"], "<br>".join(_cost(costs[c]) for c in [*card.cost, *filter(None, [card.upkeep])])),
            (words["propositions"], _join(card.propositions)),
        ]
        text += [f"## {card.text('name', language)}\n", f"`{card.id}`: {card.text('description', language)}\n"]
        text += ["| | |", "|---|---|", *(f"| {a} | {_cell(b)} |" for a, b in rows if b), ""]
    text += [f"## {words['not_drawn']}\n", *(f"- {line}" for line in NOT_DRAWN[language]), ""]
    return "\n".join(text)


def parameters_page(language: str) -> str:
    """The elasticities, one row each."""
    words = WORDS[language]
    text = [f"# {words['parameters']}\n", words["parameters_intro"] + "\n"]
    text += [_row(words["columns"]), "|" + "---|" * len(words["columns"])]
    with (PACKAGE / "model" / "elasticities.csv").open(encoding="utf-8", newline="") as stream:
        for r in csv.DictReader(stream):
            interval = f"{r['low']} – {r['high']}"
            text.append(_row((r["name"], r["symbol"], r["sector"], r["value"], interval, r["kind"], r["source"])))
    return "\n".join(text) + "\n"


def _effect(effect) -> str:
    size = effect.size
    return f"{effect.parameter}: {size.central:g} ({size.low:g} – {size.high:g}) {effect.unit}. {effect.citation}"


def _cost(cost) -> str:
    price = cost.price
    return f"{cost.item}: {price.central:g} ({price.low:g} – {price.high:g}) {cost.unit}. {cost.source}"


def _join(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"
