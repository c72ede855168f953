"""What conflicts: what the plan is held to and reaches, what limits cost, and how far each target could be pushed."""

from __future__ import annotations

import pandas as pd

from citybelt.report import findings
from citybelt.report.document import Block, Bullets, Cell, Column, Heading, Para, Row, Section, Table
from citybelt.report.inputs import Inputs
from citybelt.report.pages import charts
from citybelt.report.text import MISSING, Language, is_number

#: Rows of the tables.
ROWS = 12
LOGS = ("people", "output", "welfare", "co2", "inequality")
MONEY = ("ev", "social", "cost")
#: Rows that are rules among measures, which have no amount to read.
RULES = ("after", "one_of")


def conflicts(inp: Inputs, L: Language) -> Section:
    """The chapter on targets and limits."""
    blocks = [Para(lead(inp, L), "lead"), *targets(inp, L), *limits(inp, L), *reach(inp, L)]
    return Section("conflicts", L("conflicts.title"), [*blocks, Para(L("conflicts.note"), "note")])


def lead(inp: Inputs, L: Language) -> str:
    """How much the plan is held to, and what binds; the dearest limit."""
    table = inp.table("plan", "shadow_prices")
    binding = table[_binding(table)]
    if binding.empty:
        return L("conflicts.lead_free", n=len(table))
    names = [findings.limit_name(inp, L, r) for _, r in binding.iterrows()]
    key = "conflicts.lead" if len(binding) > 1 else "conflicts.lead_one"
    return L(key, n=len(table), binding=len(binding), names=findings.listed(names[:4], L))


def _binding(table: pd.DataFrame) -> pd.Series:
    return table["binding"].astype(bool) if "binding" in table else table["value"].abs() > 0


def targets(inp: Inputs, L: Language) -> list[Block]:
    """What the plan is held to: asked, reached, whether it binds, who answers for it."""
    table = inp.table("plan", "targets")
    if table.empty:
        return []
    prices = inp.table("plan", "shadow_prices")
    called = {str(r["row"]): findings.limit_name(inp, L, r) for _, r in prices.iterrows()} if "row" in prices else {}
    named = [called.get(str(r["row"])) or L.of(r, "label", str(r["row"])) for _, r in table.iterrows()]
    # What is just reached without a price costs nothing: it doesn't bind.
    table = table.assign(called=named, binding=table["binding"].astype(bool) & (table["price"] > 0))
    # The disruptions of one security are one target: the worst of them counts.
    struck = table["row"].str.startswith("security:")
    worst = table[struck].sort_values("reached").drop_duplicates(["called", "sense"], keep="last")
    table = pd.concat([table[~struck], worst])
    table = table.assign(order=~table["binding"].astype(bool)).sort_values("order", kind="stable").head(ROWS)
    owned = bool(table["owner"].astype(bool).any())
    dated = bool(table["by"].astype(bool).any())
    columns = [Column(L("conflicts.col_target"), width=3), Column(L("conflicts.col_asked"), "right", 1.5)]
    columns += [Column(L("conflicts.col_reached"), "right", 1.5), Column(L("conflicts.col_state"), width=1.1)]
    columns += [Column(L("conflicts.col_owner"), width=1.2)] if owned else []
    columns += [Column(L("conflicts.col_by"), "right", 0.7)] if dated else []
    rows = []
    for _, r in table.iterrows():
        kind = str(r["row"]).partition(":")[0]
        state = "missed" if not r["kept"] else "binding" if r["binding"] else "spare"
        cells: list[str | Cell] = [
            L.capital(r["called"]),
            sense(kind, str(r["sense"]), r["asked"], L),
            read(kind, r["reached"], L, exact=True),
            Cell(L(f"conflicts.{state}"), tone={"missed": "bad", "binding": "middle", "spare": "good"}[state]),
        ]
        cells += [_owner(inp, r["owner"], L)] if owned else []
        cells += [str(r["by"]) if r["by"] else ""] if dated else []
        rows.append(Row(cells))
    note = L("conflicts.targets_note")
    return [Heading(L("conflicts.targets")), Table(columns, rows, L("conflicts.targets_table"), note, "small")]


def _owner(inp: Inputs, owner: object, L: Language) -> str:
    """Who answers for a target: a payer, the government of a place, or whom the planner names."""
    if not owner:
        return ""
    return L.word("payer", owner) if L.has(f"payer.{owner}") else findings.name(inp, L, str(owner))


def read(kind: str, value: float, L: Language, exact: bool = False) -> str:
    """An amount of a row with its unit; a row of logarithms comes as per cent of the base year, ``exact`` to 0.01."""
    if not is_number(value):
        return MISSING
    if kind in MONEY:
        return L.amount(value, 3)
    if kind in LOGS:
        return L("conflicts.of_base", value=f"{value:.2f}" if exact else f"{value:.6g}")
    if kind in RULES:
        return ""
    return L(f"conflicts.unit_{kind}", value=L.number(value, 3)) if kind in ("land", "security") else L.number(value, 3)


def sense(kind: str, sense: str, value: float, L: Language) -> str:
    """What was asked: at least or at most so much."""
    return L(f"conflicts.{sense}", value=read(kind, value, L)) if kind not in RULES else ""


def limits(inp: Inputs, L: Language) -> list[Block]:
    """Shadow prices in words, those of limits that bind; then which limits don't."""
    table = inp.table("plan", "shadow_prices")
    binding, items = _binding(table), []
    for _, row in table[binding].iterrows():
        said = L.of(row, "sentence")
        items.append(said or findings.shadow_sentence(L, row, findings.limit_name(inp, L, row)))
    slack = [findings.limit_name(inp, L, row) for _, row in table[~binding].iterrows()]
    if slack:
        floors = table["name"].astype(str).str.partition(":")[0].isin(["people", "output"])
        every = len(slack) > 1 and not binding[floors].any() and bool(floors[~binding].all())
        items.append(L("plan.floors_none") if every else L("plan.shadow_slack", labels=findings.listed(slack, L)))
    return [Heading(L("plan.shadow_title")), Para(L("plan.shadow_text")), Bullets(items)]


def reach(inp: Inputs, L: Language) -> list[Block]:
    """How far each target could be pushed with all others kept, and what that costs the goal."""
    table = inp.table("plan", "reach")
    if table.empty:
        return []
    table = table.head(ROWS)
    columns = [Column(L("conflicts.col_target"), width=2.8)]
    columns += [Column(L(f"conflicts.col_{key}"), "right", 1.3) for key in ("asked", "at", "reach", "lost")]
    lost = charts.goal_column(inp, L, table["goal_lost"])
    rows = []
    for k, (_, r) in enumerate(table.iterrows()):
        kind = str(r["row"]).partition(":")[0]
        cells = [
            sense(kind, str(r["sense"]), r["asked"], L),
            *(read(kind, r[c], L, exact=True) for c in ("at", "reach")),
        ]
        name = findings.limit_name(inp, L, r.rename({"row": "name"}))
        rows.append(Row([L.capital(name), *cells, lost[k]]))
    unit = charts.goal_unit(inp, L)
    return [
        Heading(L("conflicts.reach")), Para(L("conflicts.reach_text")),
        Table(columns, rows, L("conflicts.reach_table"), L("conflicts.reach_note", unit=unit)),
    ]  # fmt: skip
