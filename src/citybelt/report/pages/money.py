"""Who pays and who gains: who does what by when, who pays for it, what building takes, who gains, how to share."""

from __future__ import annotations

from typing import Any

import pandas as pd

from citybelt.report import figures, findings
from citybelt.report.document import Block, Column, Figure, Heading, Para, Row, Section, Table
from citybelt.report.inputs import Inputs
from citybelt.report.pages import charts
from citybelt.report.pages.sharing import sharing
from citybelt.report.text import Language

#: Measures, projects and products that are listed.
ACTIONS, BUILT = 12, 6


def money(inp: Inputs, L: Language) -> Section:
    """The chapter on money and gains."""
    blocks: list[Block] = [
        Para(findings.plan_for_whom(inp, L), "lead"),
        *who_pays(inp, L),
        *actions(inp, L),
        *building(inp, L),
        *who_gains(inp, L),
        *sharing(inp, L),
    ]
    return Section("money", L("money.title"), blocks)


def actions(inp: Inputs, L: Language) -> list[Block]:
    """Who does what, where, from when to when."""
    table = inp.table("plan", "actions")
    if table.empty:
        return []
    dated = bool((table["begins"] >= 1000).any())
    shown = table.nlargest(ACTIONS, "cost")
    columns = [Column(L("col.lever"), width=2.7), Column(L("money.col_lead"), width=1.2)]
    columns += [Column(L("money.col_places"), width=2.4), Column(L("money.col_begins"), "right", 0.7)]
    columns += [Column(L("money.col_works"), "right", 0.8), Column(L("col.cost"), "right", 1.1)]
    costs = charts.column(L, shown["cost"] * L.billions)
    rows = [
        Row(
            [L.of(r, "name"), L.capital(L.of(r, "lead")), _where(inp, L, r)]
            + [L("money.year" if dated else "money.year_after", year=int(r[k])) for k in ("begins", "works")]
            + [costs[n]]
        )
        for n, (_, r) in enumerate(shown.iterrows())
    ]
    rest = table.drop(index=shown.index)
    note = L.sentences(
        L("money.actions_note") if dated else L("money.actions_note_after"),
        L("money.actions_rest", n=len(rest), cost=L.money(rest["cost"].sum())) if len(rest) else "",
    )
    return [Heading(L("money.actions")), Table(columns, rows, L("money.actions_table"), note, "small")]


def _where(inp: Inputs, L: Language, row: pd.Series) -> str:
    """The first places of a measure by name."""
    places = row.get("places")
    if isinstance(places, (list, tuple)) and places:
        return findings.names(inp, L, [str(p) for p in places], 3)
    return L.of(row, "places")


def who_pays(inp: Inputs, L: Language) -> list[Block]:
    """Cost by payer in words and as a chart of the chosen levers."""
    paid = findings.payers(inp)
    spent = sum(paid.values())
    if not spent:
        return []
    said = [
        L("plan.payer_part", payer=L.word("payer_from", p), amount=L.money(v), share=L.percent(100 * v / spent))
        for p, v in paid.items()
    ]
    chosen = inp.table("plan", "levers")
    chosen = chosen[chosen["status"] == "chosen"].sort_values("cost", ascending=False)
    split = [findings.cost_by_payer(r) for _, r in chosen.iterrows()]
    chart = figures.stacked(
        [L.of(r, "name", r["name"]) for _, r in chosen.iterrows()],
        {L.word("payer", p): [L.billions * s.get(p, 0.0) for s in split] for p in paid},
        axis=L("plan.payers_axis"),
    )
    return [
        Heading(L("plan.payers_title")),
        Para(L.sentences(L("plan.payers_text", spent=L.money(spent), payers=L.join(said)), *_own(inp, L, spent))),
        Figure(chart, L("plan.payers_chart")),
    ]


def _own(inp: Inputs, L: Language, spent: float) -> list[str]:
    """How much of the money the cluster's own people pay, and what they gain for each yuan of theirs."""
    own = dict(inp.plan.budget).get("paid_by_cluster")
    gain = getattr(inp.plan, "ev", None)
    if own is None or gain is None or not own > 0:
        return []
    place = findings.place(inp, L)
    return [L("plan.payers_own", place=place, own=L.money(own), share=L.percent(100 * own / spent), gain=L.money(gain))]


def building(inp: Inputs, L: Language) -> list[Block]:
    """Work and materials while projects are built."""
    made: Any = getattr(inp.plan, "building", None)
    if made is None or not len(made.projects):
        return []
    said = L(
        "money.building_text", outlay=L.money(made.outlay), jobs=L.people(1e3 * made.jobs),
        welfare=L.percent(made.welfare, signed=True), nation=L.percent(made.welfare_nation, signed=True),
        place=findings.place(inp, L),
    )  # fmt: skip
    projects = made.projects.nlargest(BUILT, "outlay")
    columns = [Column(L("money.col_project"), width=2.6), Column(L("money.col_years"), "right", 0.8)]
    columns += [Column(L("money.col_outlay"), "right", 1.2), Column(L("money.col_jobs"), "right", 1.1)]
    outlay, jobs = charts.column(L, projects["outlay"] * L.billions), _jobs(projects["jobs"], L)
    left = Table(
        columns,
        [Row([L.of(r, "name"), f"{r['years']:g}", outlay[k], jobs[k]]) for k, (_, r) in enumerate(projects.iterrows())],
        L("money.projects"),
        size="small",
    )
    materials = made.materials.nlargest(BUILT, "jobs")
    columns = [Column(L("money.col_product"), width=2), Column(L("money.col_bought"), "right", 1.1)]
    columns += [Column(L("money.col_share"), "right", 1), Column(L("money.col_price"), "right", 1)]
    columns.append(Column(L("money.col_jobs"), "right", 1))
    bought, jobs = charts.numbers(L, materials["bought"] * L.billions, 2), _jobs(materials["jobs"], L)
    share, price = charts.numbers(L, materials["share"], 2), charts.numbers(L, materials["price"], 2, signed=True)
    right = Table(
        columns,
        [
            Row([L.of(r, "name"), bought[k], share[k], price[k], jobs[k]])
            for k, (_, r) in enumerate(materials.iterrows())
        ],
        L("money.materials"),
        L("money.building_note"),
        size="small",
    )
    return [Heading(L("money.building")), Para(said), left, right]


def _jobs(thousands: pd.Series, L: Language) -> list[str]:
    """Jobs in thousands; in Chinese in ten thousands."""
    return charts.column(L, thousands * (0.1 if L.code == "zh" else 1.0))


def who_gains(inp: Inputs, L: Language) -> list[Block]:
    """Maps of welfare and people, the cities that lose, and losers outside the cluster."""
    table = inp.table("plan", "by_region")
    inside = findings.of_cities(inp, table)
    outside = table[~table["region"].astype(str).isin(inp.cities)]
    values = inside.set_index("region")
    said = [L("plan.who_text")]
    if (inside["welfare"] >= 0).all():
        said.append(L("plan.losers_none"))
    if len(outside):
        lose = outside[outside["welfare"] < -5e-6].sort_values("welfare")
        listed = findings.names(inp, L, [str(r) for r in lose["region"]], 6)
        said.append(L("plan.losers_outside" if len(lose) else "plan.losers_outside_none", names=listed))
    blocks: list[Block] = [Heading(L("plan.who")), Para(L.sentences(*said))]
    blocks += [
        charts.city_map(inp, L, values[column], L(f"plan.map_{column}"), diverging=True)
        for column in ("welfare", "people")
    ]
    if len(outside):
        everywhere = pd.concat([inside, outside]).set_index("region")["welfare"]
        blocks.append(charts.national_map(inp, L, everywhere, L("plan.map_nation")))
    losers = inside[inside["welfare"] < 0].sort_values("welfare")
    if len(losers):
        blocks.append(charts.city_table(inp, L, losers.head(ACTIONS), L("plan.losers_table"), "small"))
    return blocks
