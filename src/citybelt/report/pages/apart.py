"""One plan or several: what one plan is worth, why, who changes what for it, and the same money in four shapes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from citybelt.report import findings
from citybelt.report.document import Block, Bullets, Column, Heading, Para, Row, Section, Stat, Stats, Table
from citybelt.report.inputs import Inputs, frame
from citybelt.report.pages import charts
from citybelt.report.pages.division import division
from citybelt.report.text import Language

#: Rows of the longer tables.
ROWS = 8
#: Part of the value of one plan from which money that separate plans leave idle is named.
IDLE = 0.01
PLANS = ("base", "separate", "unified")


def apart(inp: Inputs, L: Language) -> list[Section]:
    """The chapter on separate plans and one; none where they were not made."""
    made = getattr(inp.plan, "separate", None)
    if made is None:
        return []
    blocks: list[Block] = [
        Para(lead(inp, made, L), "lead"),
        parts(made, L),
        Para(L("apart.what")),
        players(made, L),
        *repetition(made, L),
        *places(inp, made, L),
        *division(inp, made, L),
        *likeness(made, L),
        *shapes(inp, made, L),
        Heading(L("apart.limits")),
        Bullets(remarks(made, L), "small"),
    ]
    return [Section("apart", title(made, L), blocks)]


def title(made: Any, L: Language) -> str:
    """ "One plan or three" for three players."""
    return L("apart.title", n=L.word("count", len(made.players)))


def lead(inp: Inputs, made: Any, L: Language) -> str:
    """What one plan is worth against as many as there are players."""
    total, worth = made.totals, made.value["unified"]
    said = L(
        "apart.lead" if worth >= 0 else "apart.lead_less", place=findings.place(inp, L), worth=L.money(abs(worth)),
        unified=L.money(total["unified"]), separate=L.money(total["separate"]), n=L.word("count", len(made.players)),
    )  # fmt: skip
    return L.sentences(said, draws(made, L))


def draws(made: Any, L: Language) -> str:
    """In which range joint draws put the value."""
    drawn = getattr(made, "draws", None)
    if drawn is None:
        return ""
    low, middle, high = (L.money(v, signed=True) for v in drawn.range)
    share = L.percent(100 * drawn.positive)
    return L("apart.draws", n=len(drawn.table), low=low, middle=middle, high=high, share=share)


def parts(made: Any, L: Language) -> Stats:
    """The value of one plan, its two parts, and how much of it is repetition avoided."""
    value, avoided = made.value, made.avoided["avoided"]
    shown = (("unified", value["unified"]), ("coordination", value["coordination"]),
             ("moving_money", value["moving_money"]), ("avoided", avoided))  # fmt: skip
    return Stats(
        [Stat(charts.short_money(v, L), L(f"apart.part_{key}"), L(f"apart.part_{key}_text")) for key, v in shown]
    )


def players(made: Any, L: Language) -> Table:
    """Budgets and gains of every player, apart and together."""
    table = made.by_player.nlargest(12, "budget") if len(made.by_player) > 12 else made.by_player
    shown = ("budget", "separate", "own_budgets", "unified", "value")
    columns = [Column(L("col.player"), width=2)]
    columns += [Column(L(f"apart.col_{key}"), "right", 1.2) for key in shown]
    texts = {key: charts.column(L, table[key] * L.billions, signed=key == "value") for key in shown}
    rows = [Row([L.of(r, "name"), *(texts[key][k] for key in shown)]) for k, (_, r) in enumerate(table.iterrows())]
    if len(table) == len(made.by_player):
        sums = made.by_player[list(shown)].sum() * L.billions
        rows.append(Row([L("col.all"), *(L.number(sums[k], 3, k == "value") for k in shown)], "total"))
    return Table(columns, rows, L("apart.players"), L("apart.players_note"))


def repetition(made: Any, L: Language) -> list[Block]:
    """How much of the value is repetition avoided, by what is repeated."""
    found = made.avoided
    topics = frame(found["topics"])
    blocks: list[Block] = [Heading(L("apart.repetition"))]
    if topics.empty:
        return [*blocks, Para(L("apart.repetition_none"))]
    idle = abs(found["idle"]) > IDLE * abs(found["value"])
    left = L("apart.repetition_idle", idle=L.money(found["idle"], signed=True)) if idle else ""
    blocks.append(
        Para(
            L.sentences(
                L(
                    "apart.repetition_text", avoided=L.money(found["avoided"], signed=True),
                    rest=L.money(found["rest"], signed=True), freed=L.money(found["freed"]),
                    removal=L.money(found["removal"], signed=True), price=L.number(found["price_of_budget"], 3),
                ),
                left,
            )
        )
    )  # fmt: skip
    topics = topics.nlargest(ROWS, "cost_repeated")
    shown = ("cost_separate", "cost_unified", "cost_repeated", "avoided")
    columns = [Column(L("apart.col_topic"), width=2.6), Column(L("apart.col_players"), "right", 0.9)]
    columns += [Column(L(f"apart.col_{key}"), "right", 1.3) for key in shown]
    texts = {key: charts.column(L, topics[key] * L.billions, signed=key == "avoided") for key in shown}
    rows = [
        Row([topic(str(r["topic"]), L), str(int(r["players"])), *(texts[key][k] for key in shown)])
        for k, (_, r) in enumerate(topics.iterrows())
    ]
    along = found["along"]
    note = L(
        "apart.repetition_note", interplay=L.money(abs(found["interplay"])), residual=L.money(abs(along["residual"])),
        along=L.money(along["repetition"], signed=True),
    )  # fmt: skip
    return [*blocks, Table(columns, rows, L("apart.repetition_table"), note)]


def topic(name: str, L: Language) -> str:
    """What is repeated: a kind of lever, and for instruments of competition the industries that it serves."""
    kind, _, group = name.partition(":")
    said = L.word("topic", kind)
    return L("apart.topic", kind=said, group=L.word("sectors", group)) if group else said


def places(inp: Inputs, made: Any, L: Language) -> list[Block]:
    """Who gains by one plan: a map of cities, and sectors."""
    table = made.by_region.set_index("region")
    gain = table["welfare_unified"] - table["welfare_separate"]
    sectors = made.by_sector
    most = sectors.loc[sectors["gain"].abs().nlargest(ROWS).index].sort_values("gain", ascending=False)
    columns = [Column(L("apart.col_sector"), width=2.4), Column(L("apart.col_most_gained"), width=1.4)]
    columns.append(Column(L("apart.col_most_lost"), width=1.4))
    columns += [Column(L(f"apart.col_output_{plan}"), "right", 1.1) for plan in PLANS[1:]]
    columns.append(Column(L("apart.col_gain"), "right", 1.3))
    gains = charts.column(L, most["gain"] * L.billions, signed=True)
    outputs = {plan: charts.column(L, most[f"output_{plan}"], signed=True) for plan in PLANS[1:]}
    rows = [
        Row(
            [
                L.of(r, "name"),
                *(findings.name(inp, L, str(r[f"most_{end}_by"])) for end in ("gained", "lost")),
                *(outputs[plan][k] for plan in PLANS[1:]),
                gains[k],
            ]
        )
        for k, (_, r) in enumerate(most.iterrows())
    ]
    blocks: list[Block] = [Heading(L("apart.places")), Table(columns, rows, L("apart.sectors"), size="small")]
    if set(inp.cities) & set(gain.index.astype(str)):
        blocks.append(charts.city_map(inp, L, gain, L("apart.map"), diverging=True))
    return blocks


def likeness(made: Any, L: Language) -> list[Block]:
    """How alike players and cities are at every level of detail: today, apart and together."""
    table = frame(made.similarity)
    if table.empty:
        return []
    columns = [Column(L("apart.col_places"), width=1), Column(L("apart.col_level"), width=1.5)]
    measures = ("cosine", "krugman")
    columns += [Column(L(f"apart.col_{m}_{plan}"), "right", 1.05) for m in measures for plan in PLANS]
    rows = [
        Row([L.of(r, "places"), L.of(r, "level"), *(L.fixed(r[f"{m}_{plan}"], 4) for m in measures for plan in PLANS)])
        for _, r in table.iterrows()
    ]
    finest = table.loc[table.groupby("places", sort=False)["industries"].idxmax()]
    said = [
        L(
            "apart.likeness_more" if r["cosine_unified"] > r["cosine_base"] else "apart.likeness_less",
            places=L.of(r, "places"), base=L.fixed(r["cosine_base"], 4), unified=L.fixed(r["cosine_unified"], 4),
            separate=L.fixed(r["cosine_separate"], 4),
        )
        for _, r in finest.iterrows()
    ]  # fmt: skip
    note = Table(columns, rows, L("apart.likeness_table"), L("apart.likeness_note"), "small")
    return [Heading(L("apart.likeness")), Para(L.sentences(*said)), note]


def shapes(inp: Inputs, made: Any, L: Language) -> list[Block]:
    """The same budget as a cluster, a belt, dispersed and at a single pole."""
    table = frame(made.shapes)
    if table.empty:
        return []
    best = table.loc[table["ev"].idxmax()]
    most = table.loc[table["ev_nation"].idxmax()]
    said = L(
        "apart.shapes_text", budget=L.money(float(table["budget"].iloc[0])), best=L.of(best, "name"),
        gain=L.money(best["ev"]), worst=L.of(table.loc[table["ev"].idxmin()], "name"),
        least=L.money(table["ev"].min()), nation=L.of(most, "name"), place=findings.place(inp, L),
    )  # fmt: skip
    shown = [("ev", L.billions), ("ev_nation", L.billions), ("output", 1.0), ("inequality", 1.0)]
    if table["people_border"].notna().any():
        shown.append(("people_border", 1.0))
    columns = [Column(L("apart.col_shape"), width=1.6), Column(L("col.n"), "right", 0.7)]
    columns += [Column(L("apart.col_largest"), "right", 1.1)]
    columns += [Column(L(f"apart.col_shape_{key}"), "right", 1.3) for key, _ in shown]
    texts = {key: charts.column(L, table[key] * scale, signed=True) for key, scale in shown}
    rows = [
        Row(
            [L.capital(L.of(r, "name")), str(int(r["cities"])), f"{100 * r['largest_share']:.0f}%"]
            + [texts[key][k] for key, _ in shown]
        )
        for k, (_, r) in enumerate(table.iterrows())
    ]
    return [
        Heading(L("apart.shapes")), Para(said), Table(columns, rows, L("apart.shapes_table"), L("apart.shapes_note")),
    ]  # fmt: skip


def remarks(made: Any, L: Language) -> list[str]:
    """What the comparison does not say, and how exact it is."""
    kkt = charts.tiny(float(pd.Series(made.separate.kkt).max()))
    found = [
        L("apart.limit_nash"),
        L("apart.limit_same"),
        L("apart.limit_exact", kkt=kkt, plans=int(made.separate_plans_found)),
    ]
    if made.ifs:
        found.append(L("apart.limit_ifs", n=len(made.ifs)))
    if made.nobody:
        found.append(L("apart.limit_nobody", nobody=len(made.nobody)))
    return found
