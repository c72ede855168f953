"""How the gain of one plan can be shared: Shapley values, what coalitions could claim, the least transfers."""

from __future__ import annotations

from typing import Any

from citybelt.report import findings
from citybelt.report.document import Block, Column, Heading, Para, Row, Table
from citybelt.report.inputs import Inputs
from citybelt.report.pages import charts
from citybelt.report.text import Language

#: Players and cities that are listed.
ROWS = 12
#: Gains and transfers below this, billions a year, are none.
NOTHING = 1e-6


def sharing(inp: Inputs, L: Language) -> list[Block]:
    """Who loses by one plan against separate ones, and what would make up for it; none where that was not asked for."""
    made = getattr(inp.plan, "separate", None)
    if made is None:
        return []
    table = made.by_player
    losers = table[table["value"] < -NOTHING]
    first = L("sharing.losers_none")
    if len(losers):
        names = L.join([L.of(r, "name") for _, r in losers.head(4).iterrows()])
        more = "sharing.losers_more" if len(losers) > 4 else "sharing.losers"
        first = L(more, names=names, n=len(losers), all=len(table))
    said = L.sentences(first, transfers(made, L), core(made, L))
    return [Heading(L("sharing.title")), Para(said), players(made, L), *cities(inp, made, L)]


def transfers(made: Any, L: Language) -> str:
    """The least that changes hands so that nobody is worse off than without a plan or with separate ones."""
    moved = made.sharing["both"]
    if moved.lacking > 0:
        return L("sharing.lacking", lacking=L.money(moved.lacking), total=L.money(moved.total))
    return L("sharing.moved", total=L.money(moved.total)) if moved.total > NOTHING else L("sharing.moved_none")


def core(made: Any, L: Language) -> str:
    """Whether any division keeps every coalition."""
    if made.core is not None:
        return L("sharing.core_empty" if made.core.empty else "sharing.core_whole")
    sample = made.sampled
    if sample is None:
        return ""
    if sample.empty:
        return L("sharing.core_empty")
    return L(
        "sharing.core_sampled", sets=sample.sets, fresh=sample.fresh, found=L.money(sample.found),
        share=L.percent(100 * sample.share),
    )  # fmt: skip


def players(made: Any, L: Language) -> Table:
    """What each player has apart and together, its Shapley value with error, and what it would receive."""
    table = made.by_player
    if len(table) > ROWS:
        table = table.loc[table["value"].abs().nlargest(ROWS).index]
    shown = ["separate", "unified", "value", "shapley", "core", "transfer_equilibrium"]
    shown = [key for key in shown if table[key].notna().any()]
    texts = {k: charts.column(L, table[k] * L.billions, k in ("value", "transfer_equilibrium")) for k in shown}
    unsure = "shapley" in shown and bool((table["shapley_error"] > 0).any())
    if unsure:
        errors = charts.column(L, table["shapley_error"] * L.billions)
        texts["shapley"] = [f"{v} ± {e}" for v, e in zip(texts["shapley"], errors, strict=True)]
    columns = [Column(L("col.player"), width=1.8)]
    columns += [Column(L(f"sharing.col_{key}"), "right", 1.5 if unsure and key == "shapley" else 1.1) for key in shown]
    rows = [Row([L.of(r, "name"), *(texts[key][k] for key in shown)]) for k, (_, r) in enumerate(table.iterrows())]
    note = L.sentences(L("sharing.note"), L("sharing.note_error") if unsure else "")
    return Table(columns, rows, L("sharing.table"), note)


def cities(inp: Inputs, made: Any, L: Language) -> list[Block]:
    """Which cities would pay and receive most, so that no city is worse off; the largest of both."""
    moved = made.sharing.get("cities")
    if moved is None or moved.total <= NOTHING:
        return []
    table = moved.table.assign(place=moved.table["place"].astype(str))
    half = ROWS // 3
    least = max(NOTHING, 0.002 * moved.total)
    gets = table[table["received"] > least].nlargest(half, "received")
    pays = table[table["received"] < -least].nsmallest(half, "received")
    columns = [Column(L("col.city"), width=1.6), Column(L("sharing.col_transfer_equilibrium"), "right", 1)]
    columns += [Column(L("sharing.col_with"), "right", 1), Column(L("sharing.col_floor"), "right", 1)]
    rows = []
    for key, part in (("receive", gets), ("pay", pays)):
        if part.empty:
            continue
        rows.append(Row([L(f"sharing.{key}")], "group"))
        got = charts.column(L, part["received"] * L.billions, signed=True)
        end, floor = (charts.column(L, part[c] * L.billions) for c in ("with_transfers", "floor"))
        rows += [
            Row([findings.name(inp, L, r["place"]), got[k], end[k], floor[k]])
            for k, (_, r) in enumerate(part.iterrows())
        ]
    short = L("sharing.lacking_cities", lacking=L.money(moved.lacking)) if moved.lacking > 0 else ""
    text = L.sentences(L("sharing.cities_text", total=L.money(moved.total), n=len(table)), short)
    return [Para(text), Table(columns, rows, L("sharing.cities_table"), size="small")]
