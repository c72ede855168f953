"""How sure: what the promise is off by, what all good plans share, and which plan one would regret least."""

from __future__ import annotations

from typing import Any

import pandas as pd

from citybelt.report import figures, findings
from citybelt.report.document import Block, Cell, Column, Figure, Heading, Para, Row, Section, Stat, Stats, Table
from citybelt.report.inputs import Inputs, band, frame
from citybelt.report.pages import charts
from citybelt.report.text import Language, is_number

#: Rows of the tables.
ROWS, FEW = 12, 6
#: Per cent of spending below which a theme is left out of the chart.
TRACE = 0.1
ROLES = ("always", "swappable", "possible")
TONES = {"always": "good", "swappable": "middle", "possible": "quiet"}
#: Estimates of the optimiser's curse that make the headline and the table.
CURSE = ("shortfall", "disappointment", "knowing", "half_in", "half_out", "half_curse", "choice")


def sure(inp: Inputs, L: Language) -> list[Section]:
    """The chapter on how sure the plan is; none where nothing of it was asked for."""
    blocks = [*curse(inp, L), *safe(inp, L), *near(inp, L), *regret(inp, L), *ceiling(inp, L)]
    if not blocks:
        return []
    return [Section("sure", L("sure.title"), [Para(lead(inp, L), "lead"), *blocks])]


def lead(inp: Inputs, L: Language) -> str:
    """The band, what the draws bring on average, and how much all good plans share."""
    said = []
    low, high = band(inp.plan, "ev")
    if is_number(low):
        said.append(L("sure.band", low=L.money(low), high=L.money(high), level=getattr(inp.plan, "band_level", 80)))
    drawn = inp.table("plan", "draw_table")
    if "welfare_change" in drawn and len(drawn):
        share = 100 * float((drawn["welfare_change"] > 0).mean())
        said.append(L("sure.positive", share=L.percent(share), draws=len(drawn)))
    found = getattr(inp.plan, "near", None)
    if found is not None:
        roles = found.levers["role"].value_counts()
        said.append(
            L(
                "sure.shared" if roles.get("swappable", 0) else "sure.shared_all", always=int(roles.get("always", 0)),
                swap=int(roles.get("swappable", 0)), share=f"{100 * found.share:g}%",
            )
        )  # fmt: skip
    return L.sentences(*said) or L("sure.plain")


def curse(inp: Inputs, L: Language) -> list[Block]:
    """What the plan promises, what its draws bring, and what planning on single numbers would be off by."""
    found = getattr(inp.plan, "curse", None)
    if found is None:
        return []
    table = found.table.set_index("id")
    stats = [
        Stat(charts.goal_short(inp, L, table["value"][key]), L(f"sure.{key}"), _error(inp, L, table["se"][key]))
        for key in ("claimed", "found", "disappointment", "knowing")
        if key in table.index
    ]
    rows = table[table.index.isin(CURSE)]
    value, error = (charts.goal_column(inp, L, rows[c], c == "value") for c in ("value", "se"))
    columns = [Column(L("sure.col_estimate"), width=4), Column(charts.goal_unit(inp, L), "right", 1)]
    columns += [Column(L("sure.col_error"), "right", 1), Column(L("sure.col_share"), "right", 1)]
    body = [
        Row([L.capital(L.of(r, "label")), value[k], error[k], L.number(r["share"], 2, signed=True)])
        for k, (_, r) in enumerate(rows.iterrows())
    ]
    return [
        Heading(L("sure.curse")), Stats(stats), Table(columns, body, L("sure.curse_table"), L("sure.curse_note")),
        *rivals(inp, L, found),
    ]  # fmt: skip


def _error(inp: Inputs, L: Language, error: float) -> str:
    return L("sure.error", error=charts.goal_text(inp, L, error)) if is_number(float(error)) else ""


def rivals(inp: Inputs, L: Language, found: Any) -> list[Block]:
    """How often plans nearly as good beat the plan over the draws."""
    table = frame(found.rivals).head(FEW)
    if table.empty:
        return []
    over, error = (charts.goal_column(inp, L, table[c], c == "over") for c in ("over", "over_se"))
    columns = [Column(L("col.plan"), width=3), Column(L("sure.col_over", unit=charts.goal_unit(inp, L)), "right", 1.5)]
    columns += [Column(L("sure.col_error"), "right", 1), Column(L("sure.col_beats"), "right", 1.3)]
    rows = [
        Row([L.capital(L.of(r, "name")), over[k], error[k], _chance(r["beats"], r["beats_se"], L)])
        for k, (_, r) in enumerate(table.iterrows())
    ]
    return [Table(columns, rows, L("sure.rivals"))]


def _chance(share: float, error: float, L: Language) -> str:
    return f"{100 * share:.0f}%" + (f" ± {100 * error:.0f}" if is_number(error) and error > 0 else "")


def safe(inp: Inputs, L: Language) -> list[Block]:
    """Levers that stay in nearly all draws, and those that hinge on what isn't known."""
    table = inp.table("plan", "levers")
    table = table[(table["status"] == "chosen") & table["share_of_draws"].notna()]
    if table.empty:
        return []
    table = table.sort_values("share_of_draws", ascending=False)
    chart = figures.bars(
        [L.of(r, "name", r["name"]) for _, r in table.iterrows()],
        list(100 * table["share_of_draws"]),
        axis=L("sure.draws_axis"),
        write=lambda v: f"{v:.0f}%",
        colours=[figures.GREEN if s >= 0.9 else figures.BLUE if s >= 0.5 else figures.ORANGE
                 for s in table["share_of_draws"]],
        compact=True,
    )  # fmt: skip
    return [Figure(chart, L("sure.draws_chart"), L("sure.draws_note"))]


def near(inp: Inputs, L: Language) -> list[Block]:
    """What plans nearly as good share: levers, themes of spending, what can be swapped."""
    found = getattr(inp.plan, "near", None)
    if found is None:
        return []
    table = found.levers[found.levers["role"].isin(ROLES)]
    order = table["role"].map({role: k for k, role in enumerate(ROLES)})
    table = table.assign(order=order).sort_values(["order", "cost_most"], ascending=[True, False]).head(ROWS)
    columns = [Column(L("col.lever"), width=3), Column(L("sure.col_role"), width=1.6)]
    columns += [Column(L("sure.col_plan"), "right", 1), Column(L("sure.col_least"), "right", 1)]
    columns.append(Column(L("sure.col_most"), "right", 1))
    plan, least, most = (charts.numbers(L, table[c] * L.billions) for c in ("cost", "cost_least", "cost_most"))
    rows = [
        Row([L.of(r, "name"), Cell(L(f"sure.role_{r['role']}"), tone=TONES[r["role"]]), plan[k], least[k], most[k]])
        for k, (_, r) in enumerate(table.iterrows())
    ]
    said = L("sure.near_text", share=f"{100 * found.share:g}%", asked=int(found.asked), answered=int(found.answered))
    note = L("sure.near_note")
    blocks: list[Block] = [Heading(L("sure.near")), Para(said)]
    blocks.append(Table(columns, rows, L("sure.near_table"), note, "small"))
    themes = found.groups[(found.groups["kind"] == "theme") & (found.groups["share_most"] > TRACE)]
    if len(themes):
        themes = themes.sort_values("share", ascending=False)
        chart = figures.bars(
            [L.capital(L.of(r, "name")) for _, r in themes.iterrows()], list(themes["share"]),
            list(themes["share_least"]), list(themes["share_most"]), axis=L("sure.themes_axis"), compact=True,
        )  # fmt: skip
        blocks.append(Figure(chart, L("sure.themes")))
    return [*blocks, *swaps(found, L)]


def swaps(found: Any, L: Language) -> list[Block]:
    """What comes in where a lever goes out."""
    table = frame(found.swaps)
    if table.empty:
        return []
    rows = []
    for _, group in list(table.sort_values("freed", ascending=False).groupby("out", sort=False))[:FEW]:
        first = group.iloc[0]
        comers = [
            L("sure.comer", name=L.of(r, "in"), cost=L.money(r["added"])) if r["added"] > 0 else L.of(r, "in")
            for _, r in group.iterrows()
        ]
        rows.append(Row([L.of(first, "out"), L.number(first["freed"] * L.billions, 2), findings.listed(comers, L)]))
    columns = [Column(L("sure.col_out"), width=2), Column(L("sure.col_freed"), "right", 1)]
    columns.append(Column(L("sure.col_in"), width=3.4))
    return [Table(columns, rows, L("sure.swaps"), size="small")]


def regret(inp: Inputs, L: Language) -> list[Block]:
    """Which plan one would regret least, whatever the outside world does."""
    found = getattr(inp.plan, "regret", None)
    if found is None:
        return []
    worlds = found.worlds.set_index("id")
    plans = found.plans
    own, chosen = plans[plans["id"] == "plan"].iloc[0], plans[plans["minimax"]]
    if chosen.empty:  # no plan keeps all bounds everywhere
        said = found.words(L.code)
    else:
        choice = chosen.iloc[0]
        said = L(
            "sure.regret_own" if choice["id"] == "plan" else "sure.regret_other", choice=L.of(choice, "name"),
            largest=charts.goal_text(inp, L, own["largest"]), world=L.of(worlds.loc[own["worst_world"]], "name"),
            least=charts.goal_text(inp, L, choice["largest"]), n=len(worlds), plans=len(plans),
        )  # fmt: skip
    listed = pd.concat([plans[plans["id"].isin(("plan", "nothing"))], plans.nsmallest(FEW, "largest")])
    listed = listed.drop_duplicates("id").sort_values("largest")
    columns = [Column(L("col.plan"), width=2.6), Column(L("col.cost"), "right", 1)]
    columns += [
        Column(L(f"sure.col_{key}", unit=charts.goal_unit(inp, L)), "right", 1.1) for key in ("mean", "largest")
    ]
    columns += [Column(L("sure.col_worst_world"), width=2.6), Column(L("sure.col_missed"), "right", 0.8)]
    mean = charts.goal_column(inp, L, listed["mean"])
    largest = charts.numbers(L, charts.goal_values(inp, L, listed["largest"]), 2)
    cost = charts.column(L, listed["cost"] * L.billions)
    rows = [
        Row(
            [
                L.capital(L.of(r, "name")),
                *(text[k] for text in (cost, mean, largest)),
                L.of(worlds.loc[r["worst_world"]], "name") if r["worst_world"] else "",
                str(int(r["missed"])),
            ],
            "total" if r["minimax"] else "",
        )
        for k, (_, r) in enumerate(listed.iterrows())
    ]
    blocks: list[Block] = [Heading(L("sure.regret")), Para(said)]
    blocks.append(Table(columns, rows, L("sure.regret_table"), L("sure.regret_note"), "small"))
    if "plan" not in found.gain.index:
        return blocks
    unit = charts.goal_unit(inp, L)
    columns = [Column(L("sure.col_world"), width=3.2)]
    columns += [Column(L(f"sure.col_world_{key}", unit=unit), "right", 1.2) for key in ("best", "plan", "regret")]
    own = found.gain.loc["plan", worlds.index]
    best, plan = (charts.goal_column(inp, L, values) for values in (worlds["best"], own))
    lost = charts.numbers(L, charts.goal_values(inp, L, worlds["best"] - own), 2)
    rows = [Row([L.of(w, "name"), best[k], plan[k], lost[k]]) for k, (_, w) in enumerate(worlds[:ROWS].iterrows())]
    return [*blocks, Table(columns, rows, L("sure.worlds"), size="small")]


def ceiling(inp: Inputs, L: Language) -> list[Block]:
    """How much better any other mix could be, and what other starts and other sets of projects found."""
    found, starts = getattr(inp.plan, "ceiling", None), getattr(inp.plan, "starts", None) or {}
    said = []
    if found is not None:
        said.append(found.words_zh if L.code == "zh" else found.words_en)
    if starts.get("tried", 0) > 1:
        spread = charts.goal_text(inp, L, starts["spread"])
        said.append(L("sure.starts", tried=starts["tried"], plans=starts["plans"], spread=spread))
    projects = getattr(inp.plan, "projects", None)
    if projects is not None:
        said.append(projects.words_zh if L.code == "zh" else projects.words_en)
    return [Heading(L("sure.ceiling")), Para(L.sentences(*said, L("sure.note")))] if said else []
