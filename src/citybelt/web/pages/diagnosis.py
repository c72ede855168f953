"""The diagnosis: where the cluster stands and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from citybelt.web import code
from citybelt.web.bench import Bench
from citybelt.web.pages.places import names_of
from citybelt.web.pages.sections import page, section, table
from citybelt.web.shop import Here, Plain
from citybelt.web.words import both

if TYPE_CHECKING:
    import pandas as pd

ID, TITLE = "diagnosis", both("Diagnosis", "诊断")
router = APIRouter(tags=["pages"])

#: Paragraph of the diagnosis: its title.
PARAGRAPHS = {
    "why": both("Why income lags", "收入为何落后"),
    "people": both("People", "人口"),
    "industries": both("Industries", "产业"),
    "openness": both("Openness", "开放"),
    "services": both("Producer services", "生产性服务业"),
}


@router.get("/pages/diagnosis", response_class=Plain)
def diagnosis(shop: Here) -> Any:
    """Paragraphs and tables of the diagnosis."""
    return Plain(shop.once("page:diagnosis", lambda: _page(shop.bench)))


def in_yuan(income: pd.DataFrame) -> pd.DataFrame:
    """Incomes of the diagnosis, which are in thousands of yuan, in yuan."""
    return income.assign(**{k: 1e3 * income[k] for k in ("gdp_per_head", "wage")})


def _page(bench: Bench) -> dict[str, Any]:
    from citybelt import verbs

    d, name = verbs.diagnose(bench.dataset), names_of(bench)
    said = {lang: d.answers(lang) for lang in ("en", "zh")}
    sections = [
        section(k, title, text=both(said["en"][k], said["zh"][k])) for k, title in PARAGRAPHS.items() if k in said["en"]
    ]
    sections += [
        section("gap", both("Factors of the gap", "差距的构成"), table(d.gap, {
            "factor": ("Factor", "因素", ""), "contribution": ("Contribution", "贡献", "points"),
            "low": ("Low", "下限", "points"), "high": ("High", "上限", "points"), "grade": ("Grade", "等级", ""),
        })),
        section("people_table", both("People by place", "各地人口"), table(d.people, {
            "region": ("Place", "地区", ""), "year_from": ("From", "起", ""), "year_to": ("To", "止", ""),
            "start": ("People then", "期初人口", "persons"), "end": ("People at the end", "期末人口", "persons"),
            "natural": ("Natural", "自然增长", "persons"), "migration": ("Migration", "迁移", "persons"),
            "share60_start": ("60 and over then", "期初60岁及以上", "percent"),
            "share60_end": ("at the end", "期末", "percent"), "grade": ("Grade", "等级", ""),
        }, name)),
        section("industries_table", both("Industries by city", "各市产业"), table(
            d.industries[d.industries["lq"] > 1.5].sort_values("lq", ascending=False), {
                "region": ("Place", "地区", ""), "name": ("Industry", "产业", ""),
                "share": ("Share of jobs", "就业占比", "percent"), "lq": ("Location quotient", "区位商", ""),
                "grade": ("Grade", "等级", ""),
            }, name, 200)),
        section("income", both("Income", "收入"), table(in_yuan(d.income), {
            "region": ("Place", "地区", ""), "gdp_per_head": ("GDP per head", "人均GDP", "cny"),
            "wage": ("Wage", "工资", "cny"),
            "relative": ("GDP per head, nation = 100%", "人均GDP，全国=100%", "percent"),
            "grade": ("Grade", "等级", ""),
        }, name)),
        section("trade", both("Trade dependence", "外贸依存度"), table(
            d.trade[d.trade["year"] == d.trade["year"].max()], {
                "region": ("Place", "地区", ""), "year": ("Year", "年份", ""), "definition": ("Definition", "口径", ""),
                "dependence": ("Dependence", "依存度", "percent"), "relative": ("Nation = 1", "全国=1", "ratio"),
                "grade": ("Grade", "等级", ""),
            }, name)),
        section("limits", both("What it leaves out", "未涵盖的内容"), table(d.limits, {"text": ("Limit", "局限", "")})),
    ]  # fmt: skip
    return page(TITLE, sections, code.of_world(bench, "diagnose"))
