"""What is in the world: known totals, variables with grades, fills and sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from citybelt.web import code
from citybelt.web.bench import Bench
from citybelt.web.pages.places import item_name, names_of
from citybelt.web.pages.sections import page, section, table
from citybelt.web.shop import Here, Plain
from citybelt.web.words import Words, both

if TYPE_CHECKING:
    import pandas as pd

ID, TITLE = "data", both("Data", "数据")
router = APIRouter(tags=["pages"])


@router.get("/pages/data", response_class=Plain)
def data(shop: Here) -> Any:
    """Totals with deviations, variables with grades, what was filled, sources."""
    return Plain(shop.once("page:data", lambda: _page(shop.bench)))


def _named(frame: pd.DataFrame, column: str, name: Callable[[str], Words | None]) -> pd.DataFrame:
    """A table whose codes in a column are names in both languages."""
    said = [name(v) or both("", "") for v in frame[column]]
    return frame.drop(columns=column).assign(**{f"{column}_{lang}": [w[lang] for w in said] for lang in ("en", "zh")})


def _variable(bench: Bench, variable: str) -> Words:
    if variable == "trade":  # the shares of trade, which the data hold as ``share``
        return both("trade between places", "地区间贸易")
    about = bench.dataset.x[variable].attrs if variable in bench.dataset.x else {}
    return both(str(about.get("long_name", variable)), str(about.get("long_name_zh", variable)))


def _parts(item: str, name: Callable[[str], Words]) -> Words | None:
    """A part of a variable, or places by their codes, of which ``-rest`` is what is left of a province."""
    if not item[:1].isdigit():
        return item_name(item, name)
    said = []
    for each in item.split(";"):
        place = name(each.removesuffix("-rest"))
        said.append(both(f"rest of {place['en']}", f"{place['zh']}其余") if each.endswith("-rest") else place)
    return both(", ".join(p["en"] for p in said), "、".join(p["zh"] for p in said))


def _page(bench: Bench) -> dict[str, Any]:
    from citybelt import verbs
    from citybelt.worlds.overview import total_names

    o, name = verbs.overview(bench.dataset), names_of(bench)
    totals = _named(o.totals, "total", total_names().get)
    totals = _named(totals, "item", lambda v: item_name(v, name))
    fills = _named(o.fills, "variable", lambda v: _variable(bench, v))
    fills = _named(fills, "item", lambda v: _parts(v, name)).assign(share=100 * o.fills["share"])
    grades = both(
        "Grades: A observed, B adjusted, C derived, D imputed by a model.", "等级：A观测，B调整，C推导，D模型填补。"
    )
    sections = [
        section("variables", both("Variables", "变量"), table(o.variables, {
            "name": ("Variable", "变量", ""), "unit": ("Unit", "单位", ""), "year": ("Year", "年份", ""),
            "grade": ("Grade", "等级", ""), "values_A": ("A", "A", ""), "values_B": ("B", "B", ""),
            "values_C": ("C", "C", ""), "values_D": ("D", "D", ""), "source": ("Source", "来源", ""),
        }), note=grades),
        section("totals", both("Known totals", "已知总量"), table(totals, {
            "total": ("Total", "总量", ""), "region": ("Place", "地区", ""), "item": ("Item", "项目", ""),
            "year": ("Year", "年份", ""), "known": ("Known", "已知值", ""), "model": ("Model", "模型值", ""),
            "deviation_pct": ("Deviation", "偏差", "percent"), "grade": ("Grade", "等级", ""),
        }, name), note=both("Money in bn CNY, people in persons, emissions in Mt, shares of one.",
                       "金额为十亿元，人口为人，排放为百万吨，占比以1为全部。")),
        section("fills", both("What no table holds", "由模型填补的内容"), table(fills, {
            "variable": ("Variable", "变量", ""), "region": ("Place", "地区", ""), "item": ("Item", "项目", ""),
            "model": ("Model", "模型", ""), "share": ("Share", "份额", "percent"), "note": ("Note", "说明", ""),
        }, name)),
        section("sources", both("Sources", "来源"), table(o.sources, {
            "source": ("Key", "代号", ""), "citation": ("Citation", "出处", ""), "address": ("Address", "网址", ""),
            "licence": ("Licence", "许可", ""),
        })),
    ]  # fmt: skip
    return page(TITLE, sections, code.of_world(bench, "overview", "data"))
