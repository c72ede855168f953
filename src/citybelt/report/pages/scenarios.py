"""The scenarios side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd

from citybelt.report import figures, findings
from citybelt.report.document import Block, Column, Figure, Heading, Para, Row, Section, Table
from citybelt.report.inputs import Inputs, band, frame
from citybelt.report.text import Language, is_number


def scenarios(inp: Inputs, L: Language) -> Section:
    """A table and a chart of all runs, then each run in a few lines."""
    if not inp.runs:
        return Section("scenarios", L("scenarios.title"), [Para(L("scenarios.none"))])
    place = findings.place(inp, L)
    runs = sorted(inp.runs, key=lambda run: -run.welfare_change)
    labels = [title(run, L) for run in runs]
    own = [band(run, "welfare_change") for run in runs]
    nation = [band(run, "welfare_change_nation") for run in runs]
    chart = figures.dots(
        labels,
        {
            place: ([r.welfare_change for r in runs], [b[0] for b in own], [b[1] for b in own]),
            L("series.nation"): (
                [r.welfare_change_nation for r in runs], [b[0] for b in nation], [b[1] for b in nation]
            ),
        },
        axis=L("scenarios.axis") if any(is_number(low) for low, _ in own) else L("col.welfare"),
    )  # fmt: skip
    banded = any(is_number(low) for low, _ in own)
    columns = [
        Column(L("col.scenario"), width=4.0),
        Column(L("col.propositions"), width=1.8),
        Column(L("col.own", place=place), "right", 1.2),
        *([Column(L("col.band", level=80), "right", 1.5)] if banded else []),
        Column(L("col.nation"), "right", 1.2),
        Column(L("col.people"), "right", 1.1),
        Column(L("col.output"), "right", 1.1),
    ]
    rows = []
    for run, label, ends in zip(runs, labels, own, strict=True):
        rows.append(
            Row(
                [
                    label,
                    ", ".join(getattr(run, "propositions", None) or ()),
                    L.number(run.welfare_change, 3, signed=True),
                    *([L.range(*ends, run.welfare_change)] if banded else []),
                    L.number(run.welfare_change_nation, 3, signed=True),
                    L.number(cluster_change(inp, run, "people"), 2, signed=True),
                    L.number(cluster_change(inp, run, "output"), 2, signed=True),
                ]
            )
        )
    blocks: list[Block] = [
        Para(L("scenarios.text"), "lead"),
        Table(columns, rows, L("scenarios.table"), size="small"),
        Figure(chart, L("scenarios.chart", place=place)),
    ]
    for run, label in zip(runs, labels, strict=True):
        blocks += [Heading(label, 3), Para(describe(inp, L, run))]
    return Section("scenarios", L("scenarios.title"), blocks)


def title(run: Any, L: Language) -> str:
    """A scenario's title in the language."""
    return getattr(run, f"title_{L.code}", None) or getattr(run, "title", None) or str(run.scenario)


def cluster_change(inp: Inputs, run: Any, key: str) -> float:
    """Percent change of people or output of the whole cluster, from its cities weighted by the base year."""
    table = frame(run.by_region)
    if key not in table:
        return float("nan")
    change = table.set_index(table["region"].astype(str))[key].reindex(inp.cities)
    weight = inp.facts("population" if key == "people" else "output").reindex(inp.cities)
    known = change.notna() & weight.notna()
    return float((change * weight)[known].sum() / weight[known].sum()) if known.any() else float("nan")


def describe(inp: Inputs, L: Language, run: Any) -> str:
    """What a scenario does, where it tells most, and what each of its levers does."""
    table = findings.of_cities(inp, frame(run.by_region)).sort_values("welfare", ascending=False)
    regions = [str(r) for r in table["region"]]
    said = [getattr(run, f"description_{L.code}", None) or ""]
    if regions:
        said.append(
            L(
                "scenarios.result",
                place=findings.place(inp, L),
                own=L.with_band(run.welfare_change, *band(run, "welfare_change")),
                nation=L.percent(run.welfare_change_nation, signed=True),
                best=_listed(inp, L, table.head(3)),
                worst=_listed(inp, L, table.tail(2).iloc[::-1]),
            )
        )
    levers = frame(getattr(run, "by_lever", None))
    if len(levers) > 1 and "alone" in levers:
        parts = []
        for _, r in levers.iterrows():
            value = L.percent(r["alone"], signed=True)
            if r["lever"] == "interaction":
                parts.append(L("scenarios.interaction", value=value))
            else:
                parts.append(L("scenarios.lever", name=L.of(r, "name", r["lever"]), alone=value))
        said.append(L("scenarios.levers", parts=L.join(parts)))
    return L.sentences(*said)


def _listed(inp: Inputs, L: Language, rows: pd.DataFrame) -> str:
    parts = [f"{findings.name(inp, L, r['region'])} {L.percent(r['welfare'], signed=True)}" for _, r in rows.iterrows()]
    return L.join(parts)
