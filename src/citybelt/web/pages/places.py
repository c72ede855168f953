"""Names on pages: places (regions of the world, provinces, clusters, the country), variables, and parts of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from citybelt.web.bench import Bench
from citybelt.web.words import Words, both


def names_of(bench: Bench) -> Callable[[Any], Words]:
    """The name of a place by its id, the id itself where it has none."""
    from citybelt.diagnose.words import Speech
    from citybelt.geo import polygons

    x = bench.dataset.x
    held = {
        str(r): both(str(en), str(zh))
        for r, en, zh in zip(x.region.values, x.name_en.values, x.name_zh.values, strict=True)
    }
    english, chinese = polygons.names("en"), polygons.names("zh")
    say = Speech("en"), Speech("zh")

    def name(id: Any) -> Words:
        key = str(id)
        if key in held:
            return held[key]
        if key in english:
            return both(english[key], chinese[key])
        return both(say[0].place(key), say[1].place(key))

    return name


#: Parts of variables that no table of the package names.
ITEMS = {
    "under60": both("under 60", "60岁以下"), "over60": both("60 and over", "60岁及以上"),
    "primary": both("primary industry", "第一产业"), "secondary": both("secondary industry", "第二产业"),
    "tertiary": both("tertiary industry", "第三产业"), "oil": both("oil", "石油"), "gas": both("gas", "天然气"),
    "process": both("processes", "工业过程"), "mean": both("mean", "均值"), "sum": both("sum", "合计"),
}  # fmt: skip


@lru_cache(1)
def _items() -> dict[str, Words]:
    from citybelt.worlds import tables

    held = tables.sectors()
    return ITEMS | {str(s): both(row["name_en"], row["name_zh"]) for s, row in held.iterrows()}


def item_name(item: Any, place: Callable[[Any], Words]) -> Words | None:
    """The name of a part of a variable, such as a sector or a partner; None where there is no part.

    Arguments: ``place``: names of places by id.
    """
    return (_items().get(str(item)) or place(item)) if item else None
