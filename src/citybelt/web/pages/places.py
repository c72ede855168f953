"""Names of places on pages: regions of the world, provinces, clusters, the country."""

from __future__ import annotations

from collections.abc import Callable
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
