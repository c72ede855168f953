"""What explains the misses of a hindcast: provinces, sizes of places, levels, ages, each said as the numbers say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.geo import polygons
from citybelt.report.document import Block, Bullets, Column, Row, Table
from citybelt.report.text import Language

if TYPE_CHECKING:
    from citybelt.hindcast.result import Hindcast

#: People from which a place outside the cluster is named.
LARGE = 5e6
#: An error is explained where less than this share of it is left.
LEFT = 0.8
#: Per cent too many of the oldest from which that is told.
OLD = 5.0
FIRST = 2010


def names_of(table: pd.DataFrame, L: Language) -> list[str]:
    """ "Suihua (+37%)" for every row."""
    return [
        L("hindcast.named", name=str(r[f"name_{L.code}"]), error=L.fixed(float(r["error_pct"]), 0, signed=True))
        for _, r in table.iterrows()
    ]


def regions_missed(h: Hindcast, L: Language) -> str:
    """The places of the cluster that are missed by most and by least, of the largest."""
    inside = _inside(h)
    worst = inside.loc[inside["error_pct"].abs().nlargest(4).index]
    best = inside.loc[inside["counted"].nlargest(5).index]
    return L(
        "hindcast.a_where", place=L.word("cluster", h.cluster_name), best=L.join(names_of(best, L)),
        worst=L.join(names_of(worst, L)),
    )  # fmt: skip


def misses(h: Hindcast, L: Language) -> list[Block]:
    """What explains them."""
    items = [growth(h, L), levels(h, L), jump(h, L), oldest(h, L), sizes(h, L), ages(h, L), outside(h, L)]
    return [Bullets([i for i in items if i]), provinces(h, L)]


def growth(h: Hindcast, L: Language) -> str:
    """What people gained or lost beyond births and deaths, forecast and counted."""
    inside = _inside(h)
    forecast, counted = (float((inside[k] - inside["closed"]).sum()) for k in ("median", "counted"))
    return L(
        "hindcast.less" if counted < forecast else "hindcast.more", place=L.word("cluster", h.cluster_name),
        forecast=L.scaled(forecast, signed=True), counted=L.scaled(counted, signed=True),
    )  # fmt: skip


def sizes(h: Hindcast, L: Language) -> str:
    """Whether small places are missed by more than large ones."""
    inside = _inside(h)
    large = inside["people_2010"] >= inside["people_2010"].median()
    a, b = (float(inside.loc[of, "error_pct"].abs().median()) for of in (large, ~large))
    key = "small" if b > a / LEFT else "big" if a > b / LEFT else "any"
    return L(f"hindcast.size_{key}", place=L.word("cluster", h.cluster_name), large=L.percent(a), small=L.percent(b))


def levels(h: Hindcast, L: Language) -> str:
    """How much of the cluster's error levels learned outside have mended."""
    own, known = h.total.cluster, h.known.total.cluster
    much = own.median_abs_error < LEFT * known.median_abs_error
    held, before = own.coverage or {}, known.coverage or {}
    return L(
        "hindcast.learned_much" if much else "hindcast.learned_little", place=L.word("cluster", h.cluster_name),
        first=FIRST, own=L.percent(own.median_abs_error), known=L.percent(known.median_abs_error),
        half_cluster=L.percent(held.get("50")), most_cluster=L.percent(held.get("80")),
        half_known=L.percent(before.get("50")), most_known=L.percent(before.get("80")),
    )  # fmt: skip


def jump(h: Hindcast, L: Language) -> str:
    """How far the last yearbook lies over the census."""
    j = h.jump
    return L(
        "hindcast.jump", place=L.word("cluster", h.cluster_name), year=j.year, over=L.percent(j.cluster),
        over_all=L.percent(j.all), bias=L.percent(j.bias_cluster, signed=True),
    )  # fmt: skip


def oldest(h: Hindcast, L: Language) -> str:
    """What those who hardly move say of the count itself, where they are too many."""
    bias = list(h.by_age.values())[-1].cluster.bias
    if bias < OLD:
        return ""
    place = L.word("cluster", h.cluster_name)
    return L("hindcast.ages_stay", place=place, first=FIRST, bias=L.percent(bias))


def ages(h: Hindcast, L: Language) -> str:
    """The ages that are most too many and most too few in the average place."""
    bias = {g: s.all.bias for g, s in h.by_age.items()}
    most, least = max(bias, key=lambda g: bias[g]), min(bias, key=lambda g: bias[g])
    said = [
        L(f"hindcast.age_{case}", ages=g.replace("-", "–"), bias=L.percent(abs(bias[g])),
          place=L.word("cluster", h.cluster_name), cluster=L.percent(h.by_age[g].cluster.bias, signed=True))
        for g, case in ((most, "many"), (least, "few")) if (bias[g] > 0) == (case == "many")
    ]  # fmt: skip
    return L.sentences(*said)


def outside(h: Hindcast, L: Language) -> str:
    """Large places outside the cluster that grew more, and less, than was forecast."""
    table = h.regions[h.regions["counted"].ge(LARGE) & ~h.regions["cluster"]]
    low, high = table.nsmallest(4, "error_pct"), table.nlargest(4, "error_pct")
    low, high = low[low["error_pct"] < 0], high[high["error_pct"] > 0]
    if low.empty or high.empty:
        return ""
    return L("hindcast.outside", low=L.join(names_of(low, L)), high=L.join(names_of(high, L)))


def provinces(h: Hindcast, L: Language) -> Table:
    """By province of the cluster: counted in 2010, forecast and counted beyond births and deaths."""
    inside = _inside(h)
    code = pd.Index([f"{str(r)[:2]}0000" for r in inside.index], name="province")
    sums = inside.groupby(code)[["people_2010", "closed", "median", "counted"]].sum()
    unit = 1e4 if L.code == "zh" else 1e6
    called = polygons.names(L.code)
    digits = 0 if unit == 1e4 else 1
    rows = []
    for p, r in sums.iterrows():
        parts = (r["closed"] - r["people_2010"], r["median"] - r["closed"], r["counted"] - r["closed"])
        rows.append(
            Row(
                [
                    called.get(str(p), str(p)), L.fixed(r["people_2010"] / unit, digits),
                    *(L.fixed(float(v) / unit, digits, True) for v in parts),
                    L.fixed(100 * (r["median"] / r["counted"] - 1), 0, True),
                ]
            )
        )  # fmt: skip
    keys = ("people", "natural", "forecast_moves", "counted_moves", "error")
    columns = [Column(L("col.region"), width=1.4), *(Column(L(f"hindcast.col_{k}"), "right", 1) for k in keys)]
    return Table(columns, rows, L("hindcast.provinces", unit=L("unit.large_people")), L("hindcast.provinces_note"))


def _inside(h: Hindcast) -> pd.DataFrame:
    table = h.regions
    return table[table["cluster"] & np.isfinite(table["counted"])]
