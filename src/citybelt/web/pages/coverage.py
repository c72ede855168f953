"""The article's propositions: computed, assumed or not attempted."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from citybelt.web import code
from citybelt.web.pages.sections import page, section, table
from citybelt.web.shop import Here, Plain
from citybelt.web.words import both

ID, TITLE = "coverage", both("Propositions", "命题")
router = APIRouter(tags=["pages"])

STATES = {"computed": "已计算", "assumed": "假定", "not attempted": "未处理"}


@router.get("/pages/coverage", response_class=Plain)
def coverage(shop: Here) -> Any:
    """The 65 propositions with where they are answered."""
    return Plain(shop.once("page:coverage", _page))


def _page() -> dict[str, Any]:
    from citybelt import verbs

    frame = verbs.coverage().table
    frame = frame.assign(state_en=frame["state"], state_zh=frame["state"].map(STATES)).drop(columns="state")
    shown = table(frame, {
        "proposition": ("Number", "编号", ""), "statement": ("Proposition", "命题", ""), "state": ("State", "状态", ""),
        "sections": ("Where", "所在", ""),
    })  # fmt: skip
    return page(TITLE, [section("all", TITLE, shown)], code.of_verb("coverage"))
