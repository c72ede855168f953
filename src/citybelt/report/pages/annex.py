"""Closure, certificate, elasticities, effects, grades, deviations, coverage, sources and version."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib import resources
from typing import Any

import pandas as pd

from citybelt.report.document import Block, Bullets, Cell, Column, Heading, Para, Row, Section, Table
from citybelt.report.inputs import Inputs
from citybelt.report.pages.limits import GRADES, variable_name
from citybelt.report.pages.scenarios import title
from citybelt.report.text import MINUS, MISSING, Language, breakable, decimals, is_number

STATE_TONES = {"computed": "good", "assumed": "middle", "not attempted": "quiet"}


def annex(inp: Inputs, L: Language, version: str, digest: str) -> Section:
    """The annex."""
    blocks = [
        *closure(inp, L),
        *certificate(inp, L),
        *elasticities(L),
        *effects(L),
        *grades(inp, L),
        *deviations(inp, L),
        *coverage(inp, L),
        *sources(L),
        Heading(L("annex.version")),
        Para(L("annex.version_text", version=version, vintage=inp.dataset.vintage, hash=digest)),
    ]
    return Section("annex", L("annex.title"), blocks)


def closure_text(owner: Any, L: Language) -> str:
    """The closure of a plan or run in words; it is given as part -> choice."""
    return choices(getattr(owner, "closure", None) or {}, L)


def choices(given: Mapping[str, str], L: Language) -> str:
    """A closure's choices, part by part, in words."""
    return L("closure.join").join(L.word(f"closure.{part}", choice) for part, choice in given.items())


def closure(inp: Inputs, L: Language) -> list[Block]:
    """The closure in words, and the headline under others."""
    blocks: list[Block] = [
        Heading(L("annex.closure")),
        Para(L("annex.closure_text", closure=closure_text(inp.plan, L))),
    ]
    grid = inp.table("plan", "closure_grid")
    if grid.empty:
        return blocks
    place = L.word("cluster", inp.cluster)
    parts = [part for part in getattr(inp.plan, "closure", None) or {} if part in grid]
    columns = [
        Column(L("col.closure"), width=5),
        Column(L("col.own", place=place), "right", 1.2),
        Column(L("col.nation"), "right", 1.2),
    ]
    rows = [
        Row(
            [
                choices({part: r[part] for part in parts}, L) if parts else L.of(r, "closure"),
                L.number(r["welfare_change"], 3, signed=True),
                L.number(r.get("welfare_change_nation"), 3, signed=True),
            ]
        )
        for _, r in grid.iterrows()
    ]
    return [*blocks, Table(columns, rows, L("annex.grid"), size="small")]


def certificate(inp: Inputs, L: Language) -> list[Block]:
    """What is known about the solution, in words."""
    c = inp.plan.certificate
    items = [
        L("annex.residual", residual=scientific(inp.plan.residual)),
        L("annex.kkt", kkt=scientific(inp.plan.kkt)),
        L("annex.walras", value=scientific(c.walras), accounts=scientific(c.ledger)),
        getattr(c, f"words_{L.code}"),
    ]
    return [Heading(L("annex.certificate")), Bullets([item for item in items if item])]


def scientific(value: Any) -> str:
    """A small number for readers: 3.1 × 10^−12 (the font has no raised digits)."""
    if not is_number(value):
        return MISSING
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e4:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} × 10^{int(exponent)}".replace("-", MINUS)


def package_table(module: str, *path: str) -> list[dict[str, str]]:
    """Rows of a CSV that ships with the package."""
    text = resources.files(module).joinpath(*path).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def elasticities(L: Language) -> list[Block]:
    """The table of elasticities with range, kind and source; equal rows of several sectors stand once."""
    sectors = {r["sector"]: L.of(r, "name") for r in package_table("citybelt.worlds", "sectors.csv")}
    merged: dict[tuple[str, ...], list[str]] = {}
    for r in package_table("citybelt.model", "elasticities.csv"):
        key = tuple(r[c] for c in ("name", "symbol", "value", "low", "high", "kind", "source"))
        merged.setdefault(key, []).append(sectors.get(r["sector"], r["sector"]))
    columns = [
        Column(L("col.parameter"), width=3.2),
        Column(L("col.symbol"), width=0.9),
        Column(L("col.value"), "right", 0.8),
        Column(L("col.range"), "right", 1.2),
        Column(L("col.kind"), width=1.1),
        Column(L("col.source"), width=3.6),
    ]
    rows = []
    for (name, symbol, value, low, high, kind, source), where in merged.items():
        listed = L.join([w for w in where if w])
        label = f"{L.word('elasticity', name)}" + (f" ({listed})" if listed else "")
        rows.append(Row([label, symbol, value, f"{low}–{high}", L.word("kind", kind), source]))
    return [Heading(L("annex.elasticities")), Table(columns, rows, size="small")]


def effects(L: Language) -> list[Block]:
    """The table of lever effects with design and source."""
    columns = [
        Column(L("col.parameter"), width=4),
        Column(L("col.value"), "right", 0.8),
        Column(L("col.range"), "right", 1.3),
        Column(L("col.unit"), width=1.5),
        Column(L("col.design"), width=1.5),
        Column(L("col.source"), width=2.8),
    ]
    tones = {"identified": "good", "associational": "middle", "assumed": "quiet"}
    rows = []
    previous = ""
    table = package_table("citybelt.scenario", "effects.csv")
    order = list(dict.fromkeys(r["lever"] for r in table))
    for r in sorted(table, key=lambda r: order.index(r["lever"])):
        if r["lever"] != previous:
            rows.append(Row([L.word("lever", r["lever"])], "group"))
            previous = r["lever"]
        design = Cell(L.word("design", r["design"]), tone=tones.get(r["design"], "quiet"))
        label = L.word("effect", r["effect"])
        source = L.word("source", r["source"])
        unit = L.word("measure", r["unit"])
        rows.append(Row([label, r["central"], f"{r['low']}–{r['high']}", unit, design, source]))
    return [Heading(L("annex.effects")), Table(columns, rows, size="small")]


def grades(inp: Inputs, L: Language) -> list[Block]:
    """How many values of each variable carry which grade."""
    table = inp.table("dataset", "provenance")
    if not {"variable", "grade"} <= set(table.columns):
        return []
    count = pd.crosstab(table["variable"], table["grade"]).reindex(columns=list(GRADES), fill_value=0)
    columns = [Column(L("col.variable"), width=3)]
    columns += [Column(f"{g}: {L(f'grade.{g}')}", "right", 1.2) for g in GRADES]
    rows = []
    for variable, r in count.iterrows():
        label = variable_name(inp, L, str(variable))
        rows.append(Row([label, *(f"{int(r[g]):,}" if r[g] else "" for g in GRADES)]))
    return [Heading(L("annex.grades")), Table(columns, rows, size="small")]


def deviations(inp: Inputs, L: Language) -> list[Block]:
    """How far the world is from every total that is known, by kind of total."""
    table = inp.table("dataset", "deviations")
    if "deviation_pct" not in table or table.empty:
        return []
    table = table.assign(exempt=table["exempt"].astype(bool), size=table["deviation_pct"].abs())
    held, spared = table[~table["exempt"]], table[table["exempt"]]
    text = L("annex.deviations_text", n=f"{len(held):,}", worst=share_of_total(held["size"].max(), L), m=len(spared))
    columns = [
        Column(L("col.total"), width=3.4),
        Column(L("col.year"), width=1.2),
        Column(L("col.values"), "right", 1.0),
        Column(L("col.largest"), "right", 1.4),
        Column(L("col.median"), "right", 1.4),
        Column(L("col.grade"), width=0.8),
        Column(L("col.binding"), width=1.4),
    ]
    rows = []
    for (total, exempt), group in table.groupby(["total", "exempt"], sort=False):
        years = sorted({str(y) for y in group["year"]})
        rows.append(
            Row(
                [
                    L.word("total", total),
                    years[0] if len(years) == 1 else f"{years[0]}–{years[-1]}",
                    f"{len(group)}",
                    share_of_total(group["size"].max(), L),
                    share_of_total(group["size"].median(), L),
                    ", ".join(sorted(set(group["grade"]))),
                    L("annex.exempt") if exempt else L("annex.bound"),
                ]
            )
        )
    return [Heading(L("annex.deviations")), Para(text), Table(columns, rows, size="small")]


def share_of_total(percent: float, L: Language) -> str:
    """A deviation in percent; below a millionth of a percent it is the arithmetic's own."""
    return L("annex.tiny") if percent < 1e-6 else f"{L.fixed(percent, min(decimals(percent, 2), 6))}%"


def coverage(inp: Inputs, L: Language) -> list[Block]:
    """The article's propositions with their state, where they show and the tests that carry their numbers."""
    table = inp.coverage
    counts = table["state"].value_counts()
    parts = [L("annex.coverage_part", n=int(n), state=L.word("state", s)) for s, n in counts.items()]
    titles = {str(getattr(run.scenario, "id", run.scenario)): title(run, L) for run in inp.runs}
    columns = [
        Column(L("col.proposition"), width=0.6),
        Column(L("col.statement"), width=4.4),
        Column(L("col.state"), width=1.7),
        Column(L("col.where"), width=2.2),
        Column(L("col.test"), width=2.8),
    ]
    rows = []
    for _, r in table.iterrows():
        tests = [t.rpartition("::")[2] for t in _listed(r.get("tests"))]
        more = f" (+{len(tests) - 1})" if len(tests) > 1 else ""
        rows.append(
            Row(
                [
                    str(r["proposition"]),
                    L.of(r, "statement"),
                    Cell(L.word("state", r["state"]), tone=STATE_TONES.get(str(r["state"]), "quiet")),
                    L("list.separator").join(section(s, titles, L) for s in _listed(r.get("sections"))),
                    breakable(tests[0]) + more if tests else "",
                ]
            )
        )
    return [
        Heading(L("annex.coverage")),
        Para(L("annex.coverage_text", n=len(table), parts=L.join(parts))),
        Table(columns, rows, size="small"),
    ]


def _listed(text: Any) -> list[str]:
    return [part for part in str(text).split("; ") if part] if isinstance(text, str) else []


def section(place: str, titles: dict[str, str], L: Language) -> str:
    """A place in the report such as "diagnosis: people" or "scenario: rcep_tariffs", in words."""
    chapter, _, part = place.partition(": ")
    word = L.word("section", chapter)
    if not part:
        return word
    return L("section.part", chapter=word, part=titles.get(part) or L.word("part", part).replace("_", " "))


def sources(L: Language) -> list[Block]:
    """Where the data come from."""
    path = resources.files("citybelt.worlds").joinpath("tables", "sources.csv")
    if not path.is_file():
        return []
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    if not rows:
        return []
    columns = [
        Column(L("col.key"), width=1.8),
        Column(L("col.source"), width=4.4),
        Column(L("col.address"), width=3.4),
        Column(L("col.licence"), width=1.4),
    ]
    keys = rows[0].keys()
    address = next((k for k in ("address", "url", "address/commit") if k in keys), None)
    body = [
        Row(
            [
                breakable(r.get("source", "")),
                r.get("citation", ""),
                breakable(r.get(address, "") if address else ""),
                r.get("licence", ""),
            ]
        )
        for r in rows
    ]
    return [Heading(L("annex.sources")), Table(columns, body, size="small")]
