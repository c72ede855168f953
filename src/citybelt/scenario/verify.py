"""Check every identity on every shipped scenario of a world under every closure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.engine.solve import solve
from citybelt.model.accounts import CLOSURES, Shock, closure, closures
from citybelt.model.economy import Economy, economy
from citybelt.model.identities import TOLERANCE, identities
from citybelt.model.spatial import SPATIAL
from citybelt.model.theory import theory
from citybelt.scenario.levers import levers, shock, values_of
from citybelt.scenario.scenario import load_scenario, scenarios

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.result import Progress


@dataclass(frozen=True)
class Verification:
    """Worst residual of every identity for every scenario and closure."""

    world: str
    table: pd.DataFrame  # scenario, capital, ownership, people, land_finance, status, passes, one column an identity

    @property
    def worst(self) -> float:
        identity = self.table.drop(columns=["scenario", *CLOSURES, "status", "passes"])
        return float(np.nanmax(identity.to_numpy(float)))

    @property
    def holds(self) -> bool:
        return bool((self.table["status"] == "solved").all()) and self.worst <= TOLERANCE

    def to_json(self) -> dict:
        return {
            "world": self.world,
            "status": "holds" if self.holds else "broken",
            "worst": self.worst,
            "tolerance": TOLERANCE,
            "cases": self.table.to_dict("records"),
        }

    def __rich__(self):
        from rich import box
        from rich.table import Table

        title = f"{self.world}: worst relative residual by identity"
        out = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        identity = [c for c in self.table if c not in ("status", "passes", *CLOSURES)]
        for column in [*identity, "status"]:
            out.add_column(column, overflow="fold", min_width=5 if column != "scenario" else None)
        for name, rows in self.table.groupby("scenario", sort=False):
            worst = rows[identity[1:]].max()
            status = "solved" if (rows["status"] == "solved").all() else "not solved"
            out.add_row(str(name), *(f"{v:.0e}" for v in worst), status)
        return out

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="{:.1e}".format)


def verify(dataset: Dataset, progress: Progress | None = None) -> Verification:
    """Solve every shipped scenario of a world under every closure and check every identity.

    Raises:
        InputError: a scenario file or the accounts are bad.
    """
    from citybelt.config import configure

    configure()
    menu = levers(dataset)
    mixes: dict[str, Mapping[str, float]] = {"base year": {}} | {
        name: load_scenario(name, dataset.name).levers for name in scenarios(dataset.name)
    }
    elasticities = theory(dataset.x.sector.values)
    rows: list[dict] = []
    words = closures()
    for names in words:
        e = economy(dataset, elasticities, closure(**names))
        for title, settings in mixes.items():
            z = shock(menu, values_of(menu, settings)) if settings else Shock.zeros(e.base)
            rows.append({"scenario": title, **names} | _case(e, z))
            if progress:
                progress("verify", len(rows), len(words) * len(mixes))
    return Verification(dataset.name, pd.DataFrame(rows))


def _case(e: Economy, z: Shock) -> dict:
    s = solve(SPATIAL, e.base, e.theory, z, e.closure)
    found = {"status": s.status, "passes": s.passes, "residual": s.residual}
    return found | (identities(s) if s.solved else {})
