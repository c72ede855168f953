"""An answer as the page shows it."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from citybelt.dims import SETS
from citybelt.model.panel import REGIONAL, TOTALS
from citybelt.result import plain
from citybelt.scenario.desk import Look
from citybelt.scenario.doubts import Doubt, doubts
from citybelt.scenario.preview import Glance, Preview
from citybelt.web import code, words
from citybelt.web.bench import Bench
from citybelt.web.describe import provinces
from citybelt.web.schema import Change


def exact(bench: Bench, change: Change, session: str = "", made: Preview | None = None) -> dict[str, Any]:
    """The exact answer to a change; ``made`` is the preview if there is one, for the doubts.

    Raises:
        InputError: every mistake in the change.
        NotSolvedError: no equilibrium was reached.
    """
    key, look, seconds = bench.look(change, session)
    desk = bench.desk_of(change.vintage)
    return {
        "kind": "exact", "key": key, "change": change.plain(), "passes": look.solution.passes,
        "residual": look.solution.residual, "ms": round(1e3 * seconds, 1),
        "regional": plain(look.regional),
        "totals": look.totals,
        "sectors": plain(look.sectors()),
        "ages": look.ages(desk.members),
        "gap": {
            "ratio": {"base": float(look.base.ratio), "now": float(look.now.ratio)},
            "theil": {"base": float(look.base.theil), "now": float(look.now.theil)},
        },
        "payers": look.payers(),
        "budget": budget(bench, look.cost),
        "government": [row | {"name": words.GOVERNMENT[row["id"]]} for row in look.government()],
        "centre": {"base": float(look.base.centre), "now": float(look.now.centre)},
        "warnings": [warning(d, change) for d in doubts(desk, look, groups(bench), _alone(made, look))],
        "code": code.of_change(bench, change),
    }  # fmt: skip


def _alone(made: Preview | None, look: Look) -> dict[str, float] | None:
    """Welfare of the cluster by each lever alone, where derivatives are stored for it."""
    if made is None or look.scenario.closure or look.scenario.elasticities or look.scenario.vintage:
        return None
    if not set(look.scenario.levers) <= set(made.levers):
        return None
    entry = len(made.regional) * len(made.regions) + made.totals.index("welfare") * len(made.sets)
    return dict(zip(made.levers, made.singly(look.scenario.levers, entry).tolist(), strict=True))


def previewed(bench: Bench, made: Preview, change: Change) -> dict[str, Any]:
    """The approximate answer from stored derivatives, with its error.

    Raises:
        InputError: every mistake in the change.
    """
    asked = bench.scenario(change)
    seen: Glance = made.at(asked.levers)
    h, cut = len(bench.home), len(REGIONAL) * len(bench.home)

    def parts(values: np.ndarray) -> dict[str, Any]:
        regional, totals = values[:cut].reshape(-1, h), values[cut:].reshape(-1, len(SETS))
        return {
            "regional": plain(dict(zip(REGIONAL, regional, strict=True))),
            "totals": {k: dict(zip(SETS, map(float, v), strict=True)) for k, v in zip(TOTALS, totals, strict=True)},
        }

    cost = {
        lever.id: float(lever.cost(jnp.asarray(asked.levers[lever.id])))
        for lever in bench.desk.menu
        if lever.id in asked.levers
    }
    return {
        "kind": "preview", "change": change.plain(), **parts(seen.changes), "error": parts(seen.error),
        "budget": budget(bench, cost),
    }  # fmt: skip


def budget(bench: Bench, cost: dict[str, float]) -> dict[str, Any]:
    """What levers cost a year, in billions and in per cent of the cluster's gross product."""
    product, spent = bench.desk.product, sum(cost.values())
    return {"spent": spent, "gdp": product, "share": 100 * spent / product, "levers": cost}


def groups(bench: Bench) -> dict[str, tuple[str, str, list[int]]]:
    """Provinces of the cluster: names and numbers of their home regions in it."""
    of = bench.dataset.x.province.values
    return {
        p["id"]: (p["name"]["en"], p["name"]["zh"], np.flatnonzero((of == p["id"]) & bench.cluster).tolist())
        for p in provinces(bench)
        if p["in_cluster"]
    }


def warning(d: Doubt, change: Change) -> dict[str, Any]:
    """A doubt with the change that would mend it."""
    fix = None
    if d.mended is not None:
        fix = {"text": words.both(d.fix_en, d.fix_zh), "change": change.plain() | {"levers": d.mended}}
    return {"id": d.id, "severity": d.severity, "text": words.both(d.en, d.zh), "levers": list(d.levers), "fix": fix}
