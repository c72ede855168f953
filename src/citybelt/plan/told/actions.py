"""Who does what by when, and what the plan is held to.

Dates are labels: the economy is one of a year. A measure begins in the first year of the plan and works once its lag
has passed; what it costs is annuitised over its life, see ``scenario.levers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.dims import PAYERS
from citybelt.plan.solved.optimise import Optimum
from citybelt.plan.solved.problem import Problem
from citybelt.plan.solved.spending import spent
from citybelt.plan.sure.draws import USED

if TYPE_CHECKING:
    from citybelt.plan.asked.places import Places

#: Places named with a measure, those where most of its money is spent.
PLACES = 6
#: Logarithms are told in per cent of the base year.
LOGS = ("people", "output", "welfare", "co2", "inequality")
#: A bound counts as binding when less than this part of its size is left.
TIGHT = 1e-6

_PAYER = {
    "centre": ("the centre", "中央"), "province": ("the province", "省"), "city": ("the city", "市"),
    "private": ("firms and households", "企业与居民"), "foreign": ("partners abroad", "境外伙伴"),
}  # fmt: skip


def actions(p: Problem, best: Optimum, at: Places, start: int = 0) -> pd.DataFrame:
    """One row for each measure of the plan: what, how much, where, who leads and pays, from when to when.

    Args:
        at: names of places.
        start: first year of the plan; 0 counts years from its start.

    Returns:
        ``lever``, names, ``value`` and its unit, ``cost`` (billions a year), ``lead`` (who pays most), ``payers``
        (shares), ``places``, ``begins`` and ``works`` (years).
    """
    x = best.point
    paid = spent(p, x.values, x.solution.accounts)
    rows = []
    for k, lever in enumerate(p.levers):
        card = lever.card
        if x.values[k] <= USED * card.upper:
            continue
        payers = {name: share for name, share in card.payers.items() if share > 0}
        lead = max(payers, key=lambda name: payers[name])
        where = _where(p, k)
        begins = max(start, card.project.earliest if start and card.project else 0)
        rows.append(
            {
                "lever": lever.id,
                "name_en": card.name,
                "name_zh": card.name_zh,
                "value": float(x.values[k]),
                "upper": card.upper,
                "unit_en": card.unit,
                "unit_zh": card.unit_zh,
                "cost": float(paid[k]),
                "lead": lead,
                "lead_en": _PAYER[lead][0],
                "lead_zh": _PAYER[lead][1],
                "payers": payers,
                "places": where,
                "places_en": ", ".join(at.named(r)[0] for r in where),
                "places_zh": "、".join(at.named(r)[1] for r in where),
                "begins": begins,
                "works": begins + int(np.ceil(card.lag_years)),
            }
        )
    return pd.DataFrame(rows).sort_values("cost", ascending=False, ignore_index=True) if rows else pd.DataFrame()


def _where(p: Problem, k: int) -> list[str]:
    """Home regions where most of a lever's money is spent, the largest first."""
    lever, home = p.levers[k], list(p.economy.home)
    spent = np.zeros(len(home))
    if lever.purchase is not None:
        spent += np.asarray(lever.purchase).sum(axis=(0, 2))[: len(home)]
    if lever.service is not None:
        spent += np.asarray(lever.service).sum(axis=0) * np.asarray(p.economy.base.people.sum(axis=(0, 1)))
    largest = np.argsort(-spent, kind="stable")[:PLACES]
    return [str(home[r]) for r in largest if spent[r] > 0.02 * spent.sum()]


def targets(p: Problem, best: Optimum) -> pd.DataFrame:
    """One row for each thing that the plan is held to: asked, reached, whether it binds, who answers for it.

    Returns:
        ``row``, ``sense``, ``label_en``, ``label_zh``, ``asked`` and ``reached`` (per cent of the base year for rows of
        logarithms, else the row's unit), ``kept``, ``binding``, ``price`` (gain of the goal per unit of the row),
        ``owner``, ``by``.
    """
    x, rows = best.point, []
    named = {lever.id: (lever.card.name, lever.card.name_zh) for lever in p.levers}
    for b in p.bounds:
        found = x.row(b.row)
        told = (lambda v: 100 * float(np.exp(v))) if b.row.partition(":")[0] in LOGS else float
        rows.append(
            {
                "row": b.row,
                "sense": b.sense,
                "label_en": b.label_en or _plain(b.row, named)[0],
                "label_zh": b.label_zh or _plain(b.row, named)[1],
                "asked": told(b.value),
                "reached": told(found),
                "kept": bool(b.room(found) >= -1e-8),
                "binding": bool(b.room(found) < TIGHT),
                "price": best.prices[b.row],
                "owner": b.owner,
                "by": b.by,
            }
        )
    return pd.DataFrame(rows)


def _plain(row: str, named: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Words for a row that the planner has not named; ``named`` are the levers."""
    what, _, rest = row.partition(":")
    if what == "cost" and not rest:
        return "budget of all payers", "总预算"
    if what == "cost" and rest in PAYERS:
        return f"budget of {_PAYER[rest][0]}", f"{_PAYER[rest][1]}预算"
    called = lambda id, k: named.get(id, (id, id))[k]  # noqa: E731
    if what == "after":
        later, earlier = rest.split(":")
        return f"{called(later, 0)} only with {called(earlier, 0)}", f"{called(later, 1)}须先有{called(earlier, 1)}"
    if what == "one_of":
        ids = rest.split("|")
        return (
            "at most one of " + ", ".join(called(id, 0) for id in ids),
            "至多选一：" + "、".join(called(id, 1) for id in ids),
        )
    return row, row
