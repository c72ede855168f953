"""Why an outcome is what it is: by lever, its equation, and the rows of data under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from citybelt.dims import SETS
from citybelt.errors import InputError, Problem
from citybelt.model.panel import TOTALS
from citybelt.scenario.levers import Lever
from citybelt.scenario.shapley import share_out
from citybelt.web import words
from citybelt.web.bench import Bench
from citybelt.web.describe import evidence
from citybelt.web.schema import Change

#: Levers up to which every set of them is solved; beyond, orders are drawn.
EXACT = 6
#: Orders of levers that are drawn beyond, each with its reverse.
ORDERS = 3

#: Outcome: its equation in symbols, where it stands in the code, and the variables of the data that it leans on.
EQUATIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "welfare": ("100 · Σ m log Ŵ / Σ m", "model/outcomes.py (O1)", ("registered", "output", "consumption")),
    "ev": ("Σ m · income₀ · (Ŵ − 1)", "model/outcomes.py (O2)", ("consumption", "registered")),
    "people": ("100 · (Σ m′ / Σ m − 1)", "model/mechanisms/migration.py", ("population", "registered")),
    "output": ("100 · (Σ VA₀ · (Y′/Y) / p_gate / Σ VA₀ − 1)", "model/outcomes.py (O3)", ("output", "input_coef")),
    "spending_per_head": ("100 · (C′/C / CPI / (m′/m) − 1)", "model/panel.py (P1)", ("consumption", "population")),
    "wage": ("100 · (w′/w / CPI − 1)", "model/mechanisms/production.py", ("labour_share", "workers")),
    "rent": ("100 · (r′/r / CPI − 1)", "model/mechanisms/housing.py", ("housing",)),
    "cpi": ("100 · (Π p^basket · r^housing − 1)", "model/mechanisms/housing.py", ("consumption", "housing")),
    "trade_dependence_change": ("100 · Δ((X + M) / GDP)", "model/outcomes.py (O4)", ("output", "tariff")),
    "co2_change": (
        "Δ Σ e · use / p + process · output / p", "model/mechanisms/energy.py", ("emission", "emission_process"),
    ),
    "levy": ("Σ bills shared by who stands behind each payer", "model/mechanisms/public_finance.py", ("consumption",)),
}  # fmt: skip


def why(bench: Bench, change: Change, outcome: str, of: str, session: str = "") -> dict[str, Any]:
    """Take an outcome apart among levers, and say what it rests on.

    Args:
        outcome: one of the panel; of: ``cluster``, ``nation``, or the id of a home region.

    Raises:
        InputError: an unknown outcome or place, or mistakes in the change.
        NotSolvedError: an equilibrium was not reached.
    """
    at = _entry(bench, outcome, of)
    numbers = bench.numbers(change, session)
    pick = _picker(outcome, at)
    asked = bench.scenario(change)
    desk = bench.desk_of(change.vintage)
    chosen = [lever for lever in desk.menu if asked.levers.get(lever.id)]
    equation, where, leans = EQUATIONS[outcome]
    value = pick(*numbers)
    return {
        "outcome": outcome, "of": of, "value": value,
        "unit": words.outcome(outcome, total=of in SETS)["unit"], "name": words.OUTCOMES[outcome][0],
        "about": words.OUTCOMES[outcome][1],
        "equation": {"text": equation, "where": where},
        "levers": _shares(bench, change, chosen, pick, value, session),
        "evidence": [{"lever": lever.id} | e for lever in chosen if (e := evidence(lever))],
        "sources": [row for name in leans for row in rows_of(bench, name, "" if of in SETS else of, most=12)],
        "variables": list(leans),
        "deeper": {"kind": "explain", "change": change.plain()} if chosen else None,
    }  # fmt: skip


def _entry(bench: Bench, outcome: str, of: str) -> int | str:
    problems = []
    if outcome not in EQUATIONS:
        problems.append(Problem("outcome", f"there is no outcome {outcome!r}.", f"One of: {', '.join(EQUATIONS)}."))
    elif of in SETS and outcome not in TOTALS:
        problems.append(Problem("of", f"{outcome!r} is known of a place only.", "Give the id of a home region."))
    if of not in SETS and of not in bench.home:
        problems.append(Problem("of", f"there is no place {of!r}.", "Give cluster, nation or a home region's id."))
    if problems:
        raise InputError(problems)
    return of if of in SETS else bench.home.index(of)


def _picker(outcome: str, at: int | str) -> Callable[..., float]:
    def pick(regional: dict[str, Any], totals: dict[str, Any]) -> float:
        return float(totals[outcome][at] if isinstance(at, str) else regional[outcome][at])

    return pick


def _shares(
    bench: Bench, change: Change, chosen: list[Lever], pick: Callable[..., float], value: float, session: str
) -> list[dict[str, Any]]:  # fmt: skip
    """Each lever's Shapley value of the outcome; they add up to it."""
    if not chosen:
        return []
    told = change.plain()

    def solve_sets(asked: list[int]) -> np.ndarray:
        rows = []
        for which in asked:
            some = {lever.id: told["levers"][lever.id] for k, lever in enumerate(chosen) if which >> k & 1}
            rows.append([pick(*bench.numbers(Change(**(told | {"levers": some})), session))])
        return np.array(rows)

    shares = share_out(solve_sets, len(chosen), EXACT, ORDERS)
    found = [
        {
            "id": lever.id, "name": words.both(lever.card.name, lever.card.name_zh),
            "share": float(shares.shapley[k, 0]), "alone": float(shares.alone[k, 0]),
            "interplay": float(shares.shapley[k, 0] - shares.alone[k, 0]), "error": float(shares.error[k, 0]),
        }
        for k, lever in enumerate(chosen)
    ]  # fmt: skip
    return sorted(found, key=lambda row: -abs(row["share"]))


def rows_of(bench: Bench, variable: str, region: str = "", most: int = 200) -> list[dict[str, Any]]:
    """Rows of provenance of a variable, the largest values first, with names, citations and addresses."""
    from citybelt.result import plain
    from citybelt.worlds import sources

    table = bench.dataset.provenance
    rows = table[table["variable"] == variable]
    if region:
        rows = rows[rows["region"].isin([region, ""])]
    rows = rows.reindex(rows["value"].abs().sort_values(ascending=False, kind="stable").index).head(most)
    known = sources()
    about = bench.dataset.x[variable].attrs if variable in bench.dataset.x else {}
    named = words.both(about.get("long_name", variable), about.get("long_name_zh", variable))
    out = []
    for row in rows.to_dict("records"):
        keys = [k for k in str(row["source"]).split(";") if k]
        cited = [
            {"id": k, "citation": str(known.at[k, "citation"]), "url": str(known.at[k, "address"])}
            for k in keys
            if k in known.index
        ]
        out.append(plain(row) | {"name": named, "cited": cited})
    return out
