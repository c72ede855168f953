r"""Budgets of provinces, the cluster and the nation on a path, beside those that are published for the base year.

    (G1)  taxes + grants = revenue,     owed' = owed + interest + services - revenue     of every place, so of sums
    (G2)  published[n] = that of the province * weight[n] / weight of its places,        taxes for revenue, else people

A path's budgets are those of the equilibrium and of `public_debt`, at base-year prices: governments of the base year
spend what they receive. Published ones count differently (what funds and bonds pay is ``other`` there, income from land
isn't in revenue), so they stand beside and aren't mixed in. Those of a city by (G2) are graded D.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.path.base_year import spread
from citybelt.worlds import tables

if TYPE_CHECKING:
    import xarray as xr

#: What a budget consists of, by the names of ``result.QUANTITIES``.
PARTS = ("taxes", "grants", "revenue", "services", "interest", "debt")


def budgets(x: xr.Dataset, cluster: np.ndarray) -> dict[str, pd.DataFrame]:
    """Budgets of a path.

    Args:
        x: by the names of ``result.QUANTITIES`` [year, region], the base year first.
        cluster: [region] 1 inside the cluster.

    Returns:
        ``of``: by set (``cluster``, ``nation``, code of a province) and year ``PARTS``, billions at base-year prices;
        ``published``: by region province, revenue, spending, transfers, other and grade of the base year, billions.
    """
    province = x["province"].values.astype(str)
    members = {"cluster": cluster > 0, "nation": np.ones(len(province), bool)}
    members |= {code: province == code for code in sorted(set(province))}
    year = pd.Index(x["year"].values, name="year")
    sums = {of: {k: x[k].values[:, at].sum(axis=1) for k in PARTS} for of, at in members.items()}
    table = pd.concat({of: pd.DataFrame(amounts, year) for of, amounts in sums.items()}, names=["of"])
    return {"of": table, "published": published(x)}


def published(x: xr.Dataset) -> pd.DataFrame:
    """(G2) budgets of the base year. ``other`` is spending beyond revenue and central transfers: bonds, funds and what
    was carried over, which are not told apart."""
    province, year = x["province"].values.astype(str), int(x["year"].values[0])
    people, taxes = (x[k].values[0] for k in ("people", "taxes"))
    out = pd.DataFrame({"province": province}, pd.Index(x["region"].values.astype(str), name="region"))
    for name, quantity, weight in (
        ("revenue", "budget_revenue", taxes),
        ("spending", "budget_expenditure", people),
        ("transfers", "central_transfers", people),
    ):
        out[name] = spread(tables.series(quantity, year).reindex(sorted(set(province))), weight, province)
    out["other"] = out["spending"] - out["revenue"] - out["transfers"]
    alone = out.groupby("province")["revenue"].transform("size") == 1
    return out.assign(grade=np.where(alone, "B", "D"))
