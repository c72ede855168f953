"""The article's propositions: computed, assumed or not attempted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from citybelt.web import code
from citybelt.web.bench import Bench
from citybelt.web.pages.sections import page, section, table
from citybelt.web.shop import Here, Plain
from citybelt.web.words import both

ID, TITLE = "coverage", both("Propositions", "命题")
router = APIRouter(tags=["pages"])

#: What stands before the colon of where a proposition is answered, and what behind it, in Chinese.
PARTS = {
    "annex": "附录", "diagnosis": "诊断", "ledger": "文中数字核对", "path": "逐年", "people": "人口", "plan": "规划",
    "scenario": "情景", "separate": "分省规划", "stress": "压力测试",
}  # fmt: skip
ANSWERS = {
    "closure": "闭合", "gap": "差距", "industries": "产业", "people": "人口", "producer services": "生产性服务业",
    "trade": "贸易", "building and working": "建设与运营", "energy and emissions": "能源与排放",
    "innovation centres": "创新中心", "research, learning and catching up": "研发、学习与追赶", "ageing": "老龄化",
    "human capital": "人力资本", "moves": "迁移", "natural change and migration": "自然变动与迁移",
    "reforms against projects": "改革与项目比较", "shadow prices": "影子价格", "themes as one package": "主题组合",
    "who pays": "谁出资", "worlds that turn out otherwise": "其他可能的世界",
    "coalitions, transfers": "联盟与转移支付", "competition, likeness": "竞争与相似度", "division of labour": "分工",
    "four shapes": "四种形态", "tiers": "层级", "value of one plan": "统一规划的价值", "five securities": "五大安全",
    "now and under a scenario": "现状与情景下",
}  # fmt: skip
STATES = {"computed": "已计算", "assumed": "假定", "not attempted": "未处理"}


@router.get("/pages/coverage", response_class=Plain)
def coverage(shop: Here) -> Any:
    """The 65 propositions with where they are answered."""
    return Plain(shop.once("page:coverage", lambda: _page(shop.bench)))


def where(sections: str, scenarios: Mapping[str, tuple[str, str]], lang: str) -> str:
    """Where a proposition is answered, in a language; ``scenarios`` are names by id."""
    out = []
    for part in filter(None, map(str.strip, sections.split(";"))):
        verb, _, rest = part.partition(": ")
        named = scenarios.get(rest, (rest, ANSWERS.get(rest, rest)))[lang == "zh"]
        verb = PARTS.get(verb, verb) if lang == "zh" else verb
        out.append(f"{verb}{'：' if lang == 'zh' else ': '}{named}" if rest else verb)
    return ("；" if lang == "zh" else "; ").join(out)


def _page(bench: Bench) -> dict[str, Any]:
    from citybelt import verbs
    from citybelt.scenario.scenario import load_scenario, scenarios

    frame = verbs.coverage().table
    held = {s: load_scenario(s, bench.name) for s in scenarios(bench.name)}
    names = {s: (each.name, each.name_zh) for s, each in held.items()}
    said = {f"sections_{lang}": [where(s, names, lang) for s in frame["sections"]] for lang in ("en", "zh")}
    states = {"state_en": frame["state"], "state_zh": frame["state"].map(STATES)}
    frame = frame.drop(columns=["state", "sections"]).assign(**states, **said)
    shown = table(frame, {
        "proposition": ("Number", "编号", ""), "statement": ("Proposition", "命题", ""), "state": ("State", "状态", ""),
        "sections": ("Where", "所在", ""),
    })  # fmt: skip
    return page(TITLE, [section("all", TITLE, shown)], code.of_verb("coverage"))
