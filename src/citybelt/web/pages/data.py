"""What is in the world: known totals, variables with grades, fills and sources."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from citybelt.web import code
from citybelt.web.bench import Bench
from citybelt.web.pages.places import names_of
from citybelt.web.pages.sections import page, section, table
from citybelt.web.shop import Here, Plain
from citybelt.web.words import both

ID, TITLE = "data", both("Data", "数据")
router = APIRouter(tags=["pages"])


@router.get("/pages/data", response_class=Plain)
def data(shop: Here) -> Any:
    """Totals with deviations, variables with grades, what was filled, sources."""
    return Plain(shop.once("page:data", lambda: _page(shop.bench)))


def _page(bench: Bench) -> dict[str, Any]:
    from citybelt import verbs

    o, name = verbs.overview(bench.dataset), names_of(bench)
    grades = both(
        "Grades: A observed, B adjusted, C derived, D imputed by a model.", "等级：A观测，B调整，C推导，D模型填补。"
    )
    sections = [
        section("variables", both("Variables", "变量"), table(o.variables, {
            "name": ("Variable", "变量", ""), "unit": ("Unit", "单位", ""), "year": ("Year", "年份", ""),
            "grade": ("Grade", "等级", ""), "values_A": ("A", "A", ""), "values_B": ("B", "B", ""),
            "values_C": ("C", "C", ""), "values_D": ("D", "D", ""), "source": ("Source", "来源", ""),
        }), note=grades),
        section("totals", both("Known totals", "已知总量"), table(o.totals, {
            "total": ("Total", "总量", ""), "region": ("Place", "地区", ""), "item": ("Item", "项目", ""),
            "year": ("Year", "年份", ""), "known": ("Known", "已知值", ""), "model": ("Model", "模型值", ""),
            "deviation_pct": ("Deviation", "偏差", "percent"), "grade": ("Grade", "等级", ""),
        }, name)),
        section("fills", both("What no table holds", "由模型填补的内容"), table(o.fills, {
            "variable": ("Variable", "变量", ""), "region": ("Place", "地区", ""), "item": ("Item", "项目", ""),
            "model": ("Model", "模型", ""), "share": ("Share", "份额", ""), "note": ("Note", "说明", ""),
        }, name)),
        section("sources", both("Sources", "来源"), table(o.sources, {
            "source": ("Key", "代号", ""), "citation": ("Citation", "出处", ""), "address": ("Address", "网址", ""),
            "licence": ("Licence", "许可", ""),
        })),
    ]  # fmt: skip
    return page(TITLE, sections, code.of_world(bench, "overview", "data"))
