"""More of the hindcast: shares in output, vintages of the people of 2010, and every method that was ever opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from citybelt.geo import polygons
from citybelt.report.document import Block, Cell, Column, Heading, Para, Row, Table
from citybelt.report.text import Language

if TYPE_CHECKING:
    from citybelt.hindcast.result import Hindcast
    from citybelt.hindcast.scores import Score

#: The set of places whose scores are shown, and the one within it whose rates are all published.
SHOWN, WHOLE = "filled", "published"
#: The province whose series breaks within the decade.
BROKEN = "210000"


def output(h: Hindcast, L: Language, years: tuple[int, int]) -> list[Block]:
    """Shares in output beside simple forecasts."""
    shown, whole = h.output.scores[SHOWN], h.output.scores[WHOLE]
    place = L.word("cluster", h.cluster_name)
    (n, m), (full, full_m) = ([s.places for s in of["nation"]] for of in (shown, whole))
    text = L(
        "hindcast.output_text", place=place, liaoning=polygons.names(L.code).get(BROKEN, BROKEN), n=n, m=m, full=full,
        full_m=full_m,
    )  # fmt: skip
    rows: list[Row] = []
    for part, head in enumerate((L.capital(L("hindcast.all_places")), place)):
        rows.append(Row([head], "group"))
        worst = max(s[part].median_abs_error for s in shown.values())
        for name, both in shown.items():
            said = L.capital(L(f"hindcast.output_{name}", first=years[0]))
            rows.append(Row([said, *_cells(both[part], L, worst)]))
    table = Table(_columns("forecast", L), rows, L("hindcast.output_table"), L("hindcast.output_note", place=place))
    return [Heading(L("hindcast.output_title")), Para(text), table]


def vintages(h: Hindcast, L: Language, years: tuple[int, int]) -> list[Block]:
    """What the vintage of people makes of the variance, and the scores from either."""
    place = L.word("cluster", h.cluster_name)
    every, inside, total = (h.variance[k] for k in ("all", "cluster", "cluster_total"))
    text = L(
        "hindcast.vintage_text", first=years[0], last=years[1], place=place, share=L.percent(100 * every.vintage),
        cluster=L.percent(100 * inside.vintage), total=L.percent(100 * total.vintage),
        both=L.percent(100 * every.together),
    )  # fmt: skip
    rows: list[Row] = []
    for part, head in (("all", L.capital(L("hindcast.all_places"))), ("cluster", place)):
        rows.append(Row([head], "group"))
        scores = {name: getattr(s, part) for name, s in h.vintages.items()}
        worst = max(s.median_abs_error for s in scores.values())
        for name, s in scores.items():
            rows.append(Row([L.capital(L(f"hindcast.vintage_{name}", first=years[0])), *_cells(s, L, worst)]))
    table = Table(_columns("vintage", L, first=years[0]), rows, L("hindcast.vintage_table"))
    return [Heading(L("hindcast.vintage_title", first=years[0])), Para(text), table]


def opened(h: Hindcast, L: Language) -> list[Block]:
    """Every method that was scored in the cluster."""
    from citybelt.hindcast.result import opened as told

    place = L.word("cluster", h.cluster_name)
    rows = [
        Row(
            [
                r["method"] or "–", r[f"what_{L.code}"], L.fixed(float(r["median_abs_error"])),
                L.fixed(float(r["bias"]), signed=True), L.fixed(float(r["in50"]), 0), L.fixed(float(r["in80"]), 0),
            ]
        )
        for _, r in told().iterrows()
    ]  # fmt: skip
    heads = [Column(L(f"hindcast.col_{k}"), "right", 0.8) for k in ("median", "bias", "half", "most")]
    columns = [Column(L("hindcast.col_method"), width=1.5), Column(L("hindcast.col_what"), width=3), *heads]
    table = Table(columns, rows, L("hindcast.opened_table", place=place), size="small")
    return [Heading(L("hindcast.opened_title", place=place)), Para(L("hindcast.opened_text", place=place)), table]


def _columns(key: str, L: Language, **words: int) -> list[Column]:
    heads = ("median", "bias", "crps", "half", "most")
    named = Column(L(f"hindcast.col_{key}", **words), width=2.6)
    return [named, *(Column(L(f"hindcast.col_{k}"), "right", 1) for k in heads)]


def _cells(s: Score, L: Language, worst: float) -> list[str | Cell]:
    held = s.coverage or {}
    return [
        Cell(L.fixed(s.median_abs_error), bar=s.median_abs_error / worst), L.fixed(s.bias, signed=True),
        L.fixed(s.crps), L.fixed(held.get("50", float("nan")), 0), L.fixed(held.get("80", float("nan")), 0),
    ]  # fmt: skip
