"""The hindcast: how far the method missed, against simple forecasts, by place and by age, and what explains it.

Every number and every verdict here is computed from the hindcast, so that a better or worse one reads differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.report import curves, figures
from citybelt.report.document import (
    Answer,
    Block,
    Bullets,
    Cell,
    Column,
    Figure,
    Grid,
    Heading,
    Para,
    Row,
    Section,
    Stat,
    Stats,
    Table,
)
from citybelt.report.pages import charts
from citybelt.report.pages.hindcast_misses import misses, regions_missed
from citybelt.report.pages.hindcast_more import opened, output, vintages
from citybelt.report.text import Language

if TYPE_CHECKING:
    from citybelt.hindcast.result import Hindcast
    from citybelt.hindcast.scores import Score

#: Coverage that counts as right, by level of the band: ten points on either side.
AIMS = {"50": (40.0, 60.0), "80": (70.0, 90.0)}
SETS = ("all", "cluster")
#: Of the two censuses.
YEARS = (2010, 2020)


@dataclass(frozen=True)
class Scored:
    """The cluster of a hindcast as maps of cities read it."""

    regions: pd.DataFrame
    cities: list[str]


def hindcast(h: Hindcast, L: Language) -> list[Section]:
    """All chapters."""
    missed = [*misses(h, L), *output(h, L, YEARS)]
    return [
        front(h, L),
        scores(h, L),
        Section("places", L("hindcast.places_title"), [*places(h, L), *by_age(h, L)]),
        Section("misses", L("hindcast.misses_title"), missed),
        Section("honest", L("hindcast.honest_title"), honest(h, L)),
    ]


def front(h: Hindcast, L: Language) -> Section:
    """Four figures and five answers."""
    one, place = h.total, L.word("cluster", h.cluster_name)
    won = sum(b["all"] for b in h.beats.values())
    stats = Stats(
        (
            Stat(L.percent(one.all.median_abs_error), L("hindcast.stat_error"),
                 L("hindcast.stat_cluster", place=place, value=L.percent(one.cluster.median_abs_error))),
            Stat(L.percent(one.all.bias, signed=True), L("hindcast.stat_bias"),
                 L("hindcast.stat_cluster", place=place, value=L.percent(one.cluster.bias, signed=True))),
            Stat(L("front.winners_value", n=won, all=len(h.beats)), L("hindcast.stat_beats"),
                 L("hindcast.stat_cluster", place=place,
                   value=L("front.winners_value", n=sum(b["cluster"] for b in h.beats.values()), all=len(h.beats)))),
            Stat(L.percent(covered(one.all, "80")), L("hindcast.stat_band"),
                 L("hindcast.stat_cluster", place=place, value=L.percent(covered(one.cluster, "80")))),
        )
    )  # fmt: skip
    answers = [
        Answer(L("hindcast.q_error"), error_text(h, L)),
        Answer(L("hindcast.q_simple"), simple_text(h, L)),
        Answer(L("hindcast.q_bands"), bands_text(h, L)),
        Answer(L("hindcast.q_where"), regions_missed(h, L)),
        Answer(L("hindcast.q_use"), L("hindcast.a_use")),
    ]
    return Section("short", L("front.short"), [stats, *answers], kind="front")


def covered(s: Score, level: str) -> float:
    """Share of places in a band, per cent; NaN of a forecast without bands."""
    return float("nan") if s.coverage is None else s.coverage[level]


def error_text(h: Hindcast, L: Language) -> str:
    """How far off, and in which direction."""
    one = h.total
    return L.sentences(
        L(
            "hindcast.a_error", places=one.all.places, all=L.percent(one.all.median_abs_error),
            place=L.word("cluster", h.cluster_name), cities=one.cluster.places,
            cluster=L.percent(one.cluster.median_abs_error),
        ),
        L(
            "hindcast.a_high" if one.cluster.bias > 0 else "hindcast.a_low", place=L.word("cluster", h.cluster_name),
            bias=L.percent(abs(one.cluster.bias)), all=L.percent(one.all.bias, signed=True),
        ),
    )  # fmt: skip


def simple_text(h: Hindcast, L: Language) -> str:
    """Which of the simple forecasts it beats, in all places and in the cluster."""

    def told(part: str) -> str:
        won = [L(f"hindcast.base_{n}") for n, b in h.beats.items() if b[part]]
        lost = [L(f"hindcast.base_{n}") for n, b in h.beats.items() if not b[part]]
        where = (
            L("hindcast.in_all") if part == "all" else L("hindcast.in_cluster", place=L.word("cluster", h.cluster_name))
        )
        case = "both" if won and lost else "won" if won else "lost"
        return L(f"hindcast.beats_{case}", where=where, won=L.join(won), lost=L.join(lost), n=len(h.beats))

    crps = sum(h.total.all.crps < s.all.crps for s in h.baselines.values())
    return L.sentences(*(told(part) for part in SETS), L("hindcast.beats_crps", n=crps, all=len(h.baselines)))


def verdict(share: float, level: str) -> str:
    """Whether bands are "narrow", "right" or "wide"."""
    low, high = AIMS[level]
    return "narrow" if share < low else "wide" if share > high else "right"


def bands_text(h: Hindcast, L: Language) -> str:
    """What the bands held, and whether that is what they should hold."""
    found = {verdict(covered(h.total.all, level), level) for level in AIMS}
    case = found.pop() if len(found) == 1 else "mixed"
    return L(
        f"hindcast.bands_{case}",
        half=L.percent(covered(h.total.all, "50")), most=L.percent(covered(h.total.all, "80")),
        place=L.word("cluster", h.cluster_name), half_cluster=L.percent(covered(h.total.cluster, "50")),
        most_cluster=L.percent(covered(h.total.cluster, "80")),
    )  # fmt: skip


def scores(h: Hindcast, L: Language) -> Section:
    """The method beside simple forecasts, and the coverage of its bands."""
    blocks: list[Block] = [
        Para(L("hindcast.scores_text", first=YEARS[0], last=YEARS[1], place=L.word("cluster", h.cluster_name))),
        table(h, L),
        Heading(L("hindcast.coverage")),
        Figure(coverage(h, L), L("hindcast.coverage_chart"), L("hindcast.coverage_note")),
    ]
    return Section("scores", L("hindcast.scores_title"), blocks)


def table(h: Hindcast, L: Language) -> Table:
    """Median and mean error, bias and CRPS of every forecast: all places, then the cluster."""
    rows: list[Row] = []
    forecasts = [
        (f"**{L('hindcast.own')}**", h.total),
        (L.capital(L("hindcast.known", first=YEARS[0])), h.known.total),
        *((L.capital(L(f"hindcast.base_{n}")), s) for n, s in h.baselines.items()),
    ]  # fmt: skip
    for part in SETS:
        rows.append(Row([_set(h, L, part)], "group"))
        parts = [(name, getattr(s, part)) for name, s in forecasts]
        worst = max(s.median_abs_error for _, s in parts)
        for name, s in parts:
            rows.append(
                Row(
                    [
                        name, Cell(L.fixed(s.median_abs_error), bar=s.median_abs_error / worst),
                        L.fixed(s.mean_abs_error), L.fixed(s.bias, signed=True), L.fixed(s.crps),
                        L.fixed(covered(s, "50"), 0), L.fixed(covered(s, "80"), 0),
                    ]
                )
            )  # fmt: skip
    heads = ("median", "mean", "bias", "crps", "half", "most")
    columns = [
        Column(L("hindcast.col_forecast"), width=2.6),
        *(Column(L(f"hindcast.col_{k}"), "right", 1) for k in heads),
    ]
    return Table(columns, rows, L("hindcast.table"), L("hindcast.table_note"))


def coverage(h: Hindcast, L: Language) -> str:
    """Shares of places within the bands, beside what was aimed at."""
    rows = [(level, part) for level in AIMS for part in SETS]
    labels = [L("hindcast.in_band", level=level, where=_set(h, L, part)) for level, part in rows]
    forecasts = ((L("hindcast.own_plain"), h.total), (L("hindcast.known", first=YEARS[0]), h.known.total))
    series = {
        L.capital(name): ([covered(getattr(s, part), level) for level, part in rows], None, None)
        for name, s in forecasts
    }
    low, high = ([AIMS[level][end] for level, _ in rows] for end in (0, 1))
    return figures.dots(
        labels, series, axis=L("hindcast.share_axis"), mark=None, spans=(low, high, L("hindcast.aim")), compact=False
    )


def places(h: Hindcast, L: Language) -> list[Block]:
    """Predicted against counted, the error against size, and maps of the error."""
    from citybelt.report import maps

    table = h.regions[h.regions["counted"].notna()]
    inside = table[table["cluster"]]
    cities = Scored(table[["name_en", "name_zh"]], [str(r) for r in inside.index])
    values = h.regions["error_pct"]
    nation = maps.national_map(
        values, title="", unit="%", lang=L.code, diverging=True, labels=False, breaks=_breaks(values)
    )
    return [
        Para(L("hindcast.places_text")),
        Grid(
            [
                [Figure(against(h, L, errors=False), L("hindcast.scatter"))],
                [Figure(against(h, L, errors=True), L("hindcast.scatter_error"))],
            ],
            (1, 1),
        ),
        charts.city_map(
            cities, L, inside["error_pct"], L("hindcast.map", place=L.word("cluster", h.cluster_name)), True
        ),
        Figure(figures.svg(nation), L("hindcast.nation_map"), width=0.85),
    ]


def against(h: Hindcast, L: Language, errors: bool) -> str:
    """Every place with its band, by what was counted: the forecast, or its error in per cent."""
    table = h.regions[h.regions["counted"].notna()]
    size = table["counted"] / (1e4 if L.code == "zh" else 1e6)
    shown = {k: 100 * (table[k] / table["counted"] - 1) if errors else size * table[k] / table["counted"]
             for k in ("median", "low80", "high80")}  # fmt: skip
    named = _named(table, errors)
    short = charts.short_names({r: str(table.loc[r, f"name_{L.code}"]) for r in named})
    up = L("hindcast.error_axis") if errors else L("hindcast.predicted_axis", unit=L("unit.large_people"))
    return curves.against(
        size, shown["median"], shown["low80"], shown["high80"], table["cluster"].tolist(),
        (L.word("cluster", h.cluster_name), L("hindcast.others")),
        (L("hindcast.counted_axis", unit=L("unit.large_people")), up),
        {int(table.index.get_loc(r)): short[r] for r in named}, log=not errors,
    )  # fmt: skip


def _named(table: pd.DataFrame, errors: bool) -> list[str]:
    """Places to name: those missed by most, or the largest, the smallest and the largest of the cluster."""
    if errors:
        return [*table["error_pct"].nlargest(3).index, table["error_pct"].idxmin()]
    return [table["counted"].idxmax(), table["counted"].idxmin(), table["counted"][table["cluster"]].idxmax()]


def _breaks(values: pd.Series) -> list[float]:
    """Class limits that are the same for any hindcast, wide enough for all errors."""
    most = float(np.ceil(np.nanmax(np.abs(values)) / 10) * 10) + 10
    return [-max(most, 30.0), -20.0, -10.0, 0.0, 10.0, 20.0, max(most, 30.0)]


def by_age(h: Hindcast, L: Language) -> list[Block]:
    """Bias by age in all places and in the cluster, and the scores."""
    groups = list(h.by_age)
    labels = [g.replace("-", "–") for g in groups]
    series = {_set(h, L, p): ([getattr(h.by_age[g], p).bias for g in groups], None, None) for p in SETS}
    picture = figures.dots(labels, series, axis=L("hindcast.bias_axis"), mark=0.0, width=70.0)
    rows = []
    for p in SETS:
        rows.append(Row([_set(h, L, p)], "group"))
        for label, g in zip(labels, groups, strict=True):
            s = getattr(h.by_age[g], p)
            held = [L.fixed(covered(s, level), 0) for level in AIMS]
            rows.append(Row([label, L.fixed(s.median_abs_error), L.fixed(s.bias, signed=True), *held]))
    heads = [Column(L(f"hindcast.col_{k}"), "right", 1) for k in ("median", "bias", "half", "most")]
    table = Table([Column(L("hindcast.col_age"), width=0.8), *heads], rows, L("hindcast.age_table"), size="small")
    chart = Figure(picture, L("hindcast.age_chart"), L("hindcast.age_note"))
    return [Heading(L("hindcast.age_title")), Grid([[chart], [table]], (70, 95))]


def honest(h: Hindcast, L: Language) -> list[Block]:
    """What keeps the hindcast honest, how often the cluster was opened, and how it is made."""
    f = h.fitted
    keep = [L("hindcast.honest_read", first=YEARS[0], last=YEARS[1]),
            L("hindcast.honest_hash", hash=h.method_hash, known=h.known.method_hash), L("hindcast.honest_knew"),
            L("hindcast.honest_bounds")]  # fmt: skip
    made = [L(f"hindcast.made_{k}") for k in ("places", "births", "moves", "level", "values", "learned", "bands")]
    fitted = L(
        "hindcast.fitted", nu=L.number(f.nu, 3), pace=L.number(f.pace), level=L.number(f.level),
        spread=L.number(f.level_spread), places=L.number(f.moves_spread), provinces=L.number(f.province_spread),
    )  # fmt: skip
    return [
        Bullets(keep), *opened(h, L), *vintages(h, L, YEARS), Heading(L("hindcast.made_title")), Bullets(made),
        Para(fitted, "note"),
    ]  # fmt: skip


def _set(h: Hindcast, L: Language, part: str) -> str:
    return L.capital(L("hindcast.all_places")) if part == "all" else L.word("cluster", h.cluster_name)
