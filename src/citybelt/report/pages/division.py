"""The division of labour: which city grows in what, under one plan and alone, and how many workers change."""

from __future__ import annotations

from typing import Any

import pandas as pd

from citybelt.report import findings
from citybelt.report.document import Block, Column, Heading, Para, Row, Table
from citybelt.report.inputs import Inputs, frame
from citybelt.report.pages import charts
from citybelt.report.text import Language

#: Cities that are listed, those with most workers who change or leave.
ROWS = 10


def division(inp: Inputs, made: Any, L: Language) -> list[Block]:
    """A map of the sector in which each city grows most, a table of the cities that change most, and the cost."""
    grown = growth(inp, frame(made.division))
    if grown.empty:
        return []
    sectors = {str(r["sector"]): L.of(r, "name", str(r["sector"])) for _, r in made.by_sector.iterrows()}
    most = {plan: grown.loc[grown.groupby("region")[plan].idxmax()].set_index("region") for plan in PLANS}
    first, alone = most["unified"]["sector"], most["separate"]["sector"]
    common = first.value_counts()
    said = L(
        "division.text", n=len(common), sector=sectors[str(common.index[0])], cities=int(common.iloc[0]),
        all=len(first), other=int((first != alone.reindex(first.index)).sum()),
    )  # fmt: skip
    blocks: list[Block] = [Heading(L("division.title")), Para(L.sentences(said, workers(made, L)))]
    if set(inp.cities) & set(first.index):
        blocks.append(charts.sector_map(inp, L, first.map(sectors), L("division.map")))
    moved = frame(made.transition)
    moved = moved[moved["plan"] == "unified"].assign(all=lambda t: t["change"] + t["leave"])
    moved = moved.assign(region=moved["region"].astype(str)).nlargest(ROWS, "all")
    columns = [Column(L("col.city"), width=1.5), Column(L("division.col_unified"), width=2.4)]
    columns += [Column(L("division.col_separate"), width=2.4), Column(L("division.col_shrinks"), width=2.4)]
    columns += [Column(L("division.col_change"), "right", 1.1), Column(L("division.col_leave"), "right", 1.1)]
    columns.append(Column(L("division.col_cost"), "right", 1.2))
    least = grown.loc[grown.groupby("region")["unified"].idxmin()].set_index("region")
    costs = charts.column(L, moved["cost_year"] * L.millions * 1e3)
    rows = [
        Row(
            [
                findings.name(inp, L, r["region"]),
                _grows(most["unified"], r["region"], "unified", sectors, L),
                _grows(most["separate"], r["region"], "separate", sectors, L),
                _grows(least, r["region"], "unified", sectors, L),
                charts.persons(r["change"], L),
                charts.persons(r["leave"], L),
                costs[k],
            ]
        )
        for k, (_, r) in enumerate(moved.iterrows())
    ]
    return [*blocks, Table(columns, rows, L("division.table"), L("division.note"), "small")]


PLANS = ("unified", "separate")


def growth(inp: Inputs, table: pd.DataFrame) -> pd.DataFrame:
    """Real output that a sector of a city gains or loses in each plan, billions a year at base-year prices."""
    if table.empty or "output" not in inp.dataset.x:
        return pd.DataFrame(columns=["region", "sector", *PLANS])
    base = inp.dataset.x["output"].to_series()
    base.index = base.index.set_levels([level.astype(str) for level in base.index.levels])
    place = pd.MultiIndex.from_arrays([table["region"].astype(str), table["sector"].astype(str)])
    made = base.reindex(place).to_numpy()
    found = table[["sector"]].assign(region=table["region"].astype(str))
    added = {p: made * table[f"output_{p}"].to_numpy() / 100 for p in PLANS}
    moved = {"change": table["output_unified"], "change_separate": table["output_separate"]}
    return found.assign(**added, **moved).dropna(subset=list(PLANS))


def _grows(most: pd.DataFrame, region: str, plan: str, sectors: dict[str, str], L: Language) -> str:
    """The sector that grows or shrinks most in a city, with its change in per cent."""
    if region not in most.index or (row := most.loc[region])[plan] == 0:
        return ""
    change = row["change" if plan == "unified" else "change_separate"]
    return f"{sectors[str(row['sector'])]} {L.percent(change, signed=True)}"


def workers(made: Any, L: Language) -> str:
    """How many workers change under one plan, and what that costs, against separate plans."""
    one, apart = made.transition_total["unified"], made.transition_total["separate"]
    return L(
        "division.workers", change=L.people(one["change"]), leave=L.people(one["leave"]), cost=L.money(one["cost"]),
        low=L.money(one["cost_low"]), high=L.money(one["cost_high"]), year=L.money(one["cost_year"]),
        apart=L.money(apart["cost_year"]),
    )  # fmt: skip
