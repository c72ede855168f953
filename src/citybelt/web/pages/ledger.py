"""The article's figures against data, with verdicts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from citybelt.web import code
from citybelt.web.bench import Bench
from citybelt.web.pages.sections import page, section, table
from citybelt.web.shop import Here, Plain
from citybelt.web.words import both

ID, TITLE = "ledger", both("Ledger of claims", "数字核对")
router = APIRouter(tags=["pages"])


@router.get("/pages/ledger", response_class=Plain)
def ledger(shop: Here) -> Any:
    """Every figure with what the data say under each definition."""
    return Plain(shop.once("page:ledger", lambda: _page(shop.bench)))


def _page(bench: Bench) -> dict[str, Any]:
    from citybelt import verbs

    found = verbs.ledger(bench.dataset)
    claims = found.claims.assign(deviation=100 * found.claims["deviation"])
    sections = [
        section("summary", both("Verdicts", "结论"), table(found.summary, {
            "claim": ("Claim", "表述", ""), "stated": ("Stated", "原文数字", ""), "unit": ("Unit", "单位", ""),
            "verdict": ("Verdict", "结论", ""), "note": ("Note", "说明", ""),
            "proposition": ("Proposition", "命题", ""),
        })),
        section("claims", both("Under every definition and vintage", "各口径与版本"), table(claims, {
            "claim": ("Claim", "表述", ""), "definition": ("Definition", "口径", ""), "year": ("Year", "年份", ""),
            "stated": ("Stated", "原文数字", ""), "computed": ("Computed", "计算值", ""), "unit": ("Unit", "单位", ""),
            "deviation": ("Deviation", "偏差", "percent"),
            "source": ("Source", "来源", ""), "grade": ("Grade", "等级", ""),
        })),
    ]  # fmt: skip
    return page(TITLE, sections, code.of_world(bench, "ledger"))
