"""How sure the value of one plan is: separate and unified plans made again over joint draws of what is not known.

A draw takes elasticities, effects, curvatures and costs, crossed with one of the fills of trade and people, as in the
bands of plans (``scenario.sampling``). In each both plans are made again, each from where it ended in the central
economy, the unified plan never from the separate ones. Few draws make a range, not a band: lowest, middle and highest
are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.scenario import sampling
from citybelt.separate.rivalry import Outcome, settle

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.result import Progress
    from citybelt.separate.arena import Arena

#: Share of the draws that may fail before no range is given.
FAIL = 0.25


@dataclass(frozen=True)
class Drawn:
    """One row a draw that was solved, billions a year: both totals, the value of one plan, that of each player.

    Attributes:
        table: columns ``draw``, ``separate``, ``unified``, ``value``, and ``value_`` with a player's id.
        range: lowest, middle and highest value; positive: share of draws in which one plan is worth more than nothing.
        asked: how many draws were asked for.
    """

    table: pd.DataFrame
    range: tuple[float, float, float]
    positive: float
    asked: int


def sample(
    arena: Arena, ids: list[str], dataset: Dataset, nash: Outcome, unified: Outcome, count: int, tell: Progress
) -> Drawn:
    """Both plans over ``count`` draws.

    Raises:
        NotSolvedError: more than a quarter of the draws had no such plans.
    """
    banks = sampling.fills(dataset, arena.economy.theory, arena.economy.closure, count)
    sectors, alone = dataset.x.sector.values, [(i,) for i in range(len(ids))]

    def one(k: int) -> dict[str, float] | None:
        theory, effects = sampling.drawn(arena.levers, sectors, k)
        drawn = replace(arena, economy=replace(banks[k % len(banks)], theory=theory), effects=effects)
        try:
            apart = settle(drawn, alone, start=nash.values, tolerance=1e-5)
            all_ = settle(drawn, [tuple(range(len(ids)))], start=unified.values, tolerance=1e-5)
        except NotSolvedError:
            return None
        each = dict(zip((f"value_{i}" for i in ids), map(float, all_.payoffs - apart.payoffs), strict=True))
        totals = {"separate": float(apart.payoffs.sum()), "unified": float(all_.payoffs.sum())}
        return {"draw": k, **totals, "value": totals["unified"] - totals["separate"], **each}

    found = [row for row in sampling.in_threads(one, count, "draws", tell) if row is not None]
    if len(found) < (1 - FAIL) * count:
        raise NotSolvedError(f"Only {len(found)} of {count} draws had both plans; no range is given.")
    table = pd.DataFrame(found)
    low, mid, high = np.quantile(table["value"], [0.0, 0.5, 1.0])
    return Drawn(table, (float(low), float(mid), float(high)), float((table["value"] > 0).mean()), count)
