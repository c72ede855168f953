"""Why an outcome is what it is: by lever, its equation, and the rows of data under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from citybelt.dims import SETS
from citybelt.errors import InputError, Problem
from citybelt.scenario.levers import Lever
from citybelt.scenario.shapley import share_out
from citybelt.web import words
from citybelt.web.bench import Bench
from citybelt.web.describe import cost_rows, evidence
from citybelt.web.figures import Figure, figure, ids
from citybelt.web.pages.places import item_name, names_of
from citybelt.web.schema import Change

#: Levers up to which every set of them is solved; beyond, orders are drawn.
EXACT = 6
#: Orders of levers that are drawn beyond, each with its reverse.
ORDERS = 3


def why(bench: Bench, change: Change, outcome: str, of: str, session: str = "") -> dict[str, Any]:
    """Take an outcome apart among levers, and say what it rests on.

    Args:
        outcome: one of the panel; of: ``cluster``, ``nation``, or the id of a home region.

    Raises:
        InputError: an unknown outcome or place, or mistakes in the change.
        NotSolvedError: an equilibrium was not reached.
    """
    asked_of = _known(bench, outcome, of)
    numbers = bench.numbers(change, session)
    pick = _picker(outcome, of if of in SETS else bench.home.index(of))
    asked = bench.scenario(change)
    desk = bench.desk_of(change.vintage)
    chosen = [lever for lever in desk.menu if asked.levers.get(lever.id)]
    value = pick(*numbers)
    return {
        "outcome": outcome, "of": of, "value": value, "unit": asked_of.unit, "name": asked_of.name,
        "about": asked_of.about, "equation": {"text": asked_of.equation, "where": asked_of.where},
        "levers": _shares(bench, change, chosen, pick, value, session),
        "evidence": _evidence(chosen, outcome == "budget"),
        "sources": [
            row for name in asked_of.leans for row in rows_of(bench, name, of, most=12, item=asked_of.item)
        ],
        "variables": list(asked_of.leans),
        "deeper": {"kind": "explain", "change": change.plain()} if chosen else None,
    }  # fmt: skip


def _known(bench: Bench, outcome: str, of: str) -> Figure:
    found = figure(outcome, of in SETS)
    problems = []
    if found is None and outcome not in ids():
        problems.append(Problem("outcome", f"there is no outcome {outcome!r}.", f"One of: {', '.join(ids())}."))
    elif found is None and of in SETS:
        problems.append(Problem("of", f"{outcome!r} is known of a place only.", "Give the id of a home region."))
    elif found is None:
        problems.append(Problem("of", f"{outcome!r} is known of cluster and nation only.", "Give one of them."))
    if of not in SETS and of not in bench.home:
        problems.append(Problem("of", f"there is no place {of!r}.", "Give cluster, nation or a home region's id."))
    if problems or found is None:
        raise InputError(problems)
    return found


def _evidence(chosen: list[Lever], costs: bool) -> list[dict[str, Any]]:
    """Rows that the levers rest on, each once with all levers that do: of their effects, or of their costs."""
    held: dict[str, dict[str, Any]] = {}
    for lever in chosen:
        rows = (
            [row | {"parameter": row["item"], "citation": row["source"]} for row in cost_rows(lever)]
            if costs
            else [e for e in [evidence(lever)] if e]
        )
        for row in rows:
            held.setdefault(row["id"], row | {"levers": []})["levers"].append(
                words.both(lever.card.name, lever.card.name_zh)
            )
    return list(held.values())


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


def rows_of(bench: Bench, variable: str, of: str = "", most: int = 200, item: str = "") -> list[dict[str, Any]]:
    """Rows of provenance of a variable, the largest values first, with names, citations and addresses.

    Args:
        of: ``cluster`` or a place, whose rows are wanted; all rows for anything else.
        most: rows at most; item: the part of the variable that is wanted, all if empty.
    """
    from citybelt.result import plain
    from citybelt.worlds import sources

    table = bench.dataset.provenance
    rows = table[table["variable"] == variable]
    if of and of != "nation":
        inside = [r for r, here in zip(bench.home, bench.cluster, strict=True) if here] if of == "cluster" else [of]
        rows = rows[rows["region"].isin([*inside, ""])]
    if item:
        rows = rows[rows["item"].isin([item, ""])]
    rows = rows.reindex(rows["value"].abs().sort_values(ascending=False, kind="stable").index).head(most)
    known, place = sources(), names_of(bench)
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
        out.append(
            plain(row)
            | {"name": named, "cited": cited, "unit_name": words.data_unit(row["unit"])}
            | {"place": place(row["region"]) if row["region"] else None, "item_name": item_name(row["item"], place)}
        )
    return out
