r"""Published indicators beside the losses: concentration, own supply, value added at home, land, borders, routes.

    (I1)  concentration of imports  HHI[j] = sum_p s[p]^2,       s[p] a partner's share in the cluster's imports of j
    (I2)  own supply in value       share of what the cluster buys of a product that its own places sell
    (I3)  value added at home       v (I - A)^-1 over home regions, as a share of the same over all regions

with ``A[(i,j),(n,k)] = pi[n,i,j] g[n,k,j] / (1 + tau)``, the inputs of all regions by seller (Hirschman 1964 for I1;
Johnson and Noguera 2012 for I3). A partner that stands for many countries counts as one seller in (I1), which is then
an upper bound. Self-sufficiency in tonnes is never made from values (see ``physical``): where it is not held, it is
given as not held. Under a scenario or a plan, indicators of value, people and CO2 are those of its equilibrium;
those in tonnes and of routes are of the base year and are not repeated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.security.border import at_border
from citybelt.security.table import SECURITIES

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset
    from citybelt.model.accounts import Base
    from citybelt.security.kinds import Field
    from citybelt.security.market import Market
    from citybelt.security.physical import Series

COLUMNS = ("security", "name_en", "name_zh", "of_en", "of_zh", "value", "unit")


def concentration(b: Base | Market, cluster: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(I1) [J] Herfindahl index of the cluster's imports, and imports as a share of what it buys; NaN without any."""
    h = b.n_home
    bought = np.einsum("n,jni,nj->ji", cluster, np.asarray(b.share)[:, :h], np.asarray(b.spending)[:h])
    abroad = bought[:, h:]
    total = abroad.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return ((abroad / total[:, None]) ** 2).sum(axis=1), total / bought.sum(axis=1)


def own_supply(b: Base | Market, cluster: np.ndarray) -> np.ndarray:
    """(I2) [J] share of the cluster's purchases that its own places sell."""
    h = b.n_home
    bought = np.einsum("n,jni,nj->ji", cluster, np.asarray(b.share)[:, :h], np.asarray(b.spending)[:h])
    with np.errstate(invalid="ignore"):
        return bought[:, :h] @ cluster / bought.sum(axis=1)


def content(b: Base | Market, of: np.ndarray) -> np.ndarray:
    """(I3) [N, J] value added of the regions ``of`` [N] in a unit of output of every region and sector."""
    n, j = b.shape
    paid = np.asarray(b.share) / (1.0 + np.asarray(b.tariff))
    # [(seller i, product j), (buyer n, sector k)]
    a = np.einsum("jni,nkj->ijnk", paid, np.asarray(b.input_coef)).reshape(n * j, n * j)
    va = np.asarray(b.value_added / b.output) * of[:, None]
    return np.linalg.solve((np.eye(n * j) - a).T, va.ravel()).reshape(n, j)


def home_content(b: Base | Market, cluster: np.ndarray) -> np.ndarray:
    """(I3) [J] share of home value added in the value added that a sector of the cluster embodies."""
    h, n = b.n_home, b.shape[0]
    home = content(b, (np.arange(n) < h).astype(float))[:h]
    whole = content(b, np.ones(n))[:h]
    made = np.asarray(b.output)[:h] * cluster[:, None]
    with np.errstate(invalid="ignore"):
        return (made * home).sum(axis=0) / (made * whole).sum(axis=0)


def indicators(
    f: Field, dataset: Dataset, then: Market | None = None, case: str = "scenario", series: Series | None = None
) -> pd.DataFrame:
    """Every indicator: security, name and what it is of in both languages, value, unit.

    Units are share, mt, people, count, kg and days; a value that the data do not carry is missing, with ``no data``.

    Args:
        f: the world as disruptions see it.
        dataset: the world.
        then: a second equilibrium, whose values stand in the column ``value_`` and the name of the ``case``.
        series: facts in tonnes by region; the package's tables unless given.
    """
    import pandas as pd

    from citybelt.security.market import base_year
    from citybelt.security.physical import physical

    routes, near = _routes(f), at_border([r for r, inside in zip(f.economy.home, f.cluster > 0, strict=True) if inside])
    now = _of_market(f, base_year(f.economy.base), near)
    fixed = [*physical(dataset, f, series), *routes]
    table = pd.DataFrame([*now, *fixed], columns=list(COLUMNS))
    if then is not None:
        moved = [row[-2] for row in _of_market(f, then, near)]
        table[f"value_{case}"] = [*moved, *([np.nan] * len(fixed))]
    order = {security: k for k, security in enumerate(SECURITIES)}
    return table.sort_values("security", key=lambda c: c.map(order), kind="stable", ignore_index=True)


def _of_market(f: Field, m: Market, near: np.ndarray | None) -> list[tuple[Any, ...]]:
    """Rows of what an equilibrium moves."""
    e, h, cluster = f.economy, f.n_home, f.cluster
    hhi, imported = concentration(m, cluster)
    own, home = own_supply(m, cluster), home_content(m, cluster)
    rows: list[tuple[Any, ...]] = []

    def add(security: str, en: str, zh: str, of: str, value: float, unit: str) -> None:
        rows.append((security, en, zh, *(f.named(of) if of else ("", "")), float(value), _unit(unit, value)))

    for security, sectors in _products().items():
        for s in (s for s in sectors if s in e.sectors):
            k = e.sectors.index(s)
            if security == "industrial":
                add(security, "Value added at home", "国内增加值占比", s, home[k], "share")
            else:
                add(security, "Own supply, in value", "自给率（按价值）", s, own[k], "share")
            add(security, "Imports in purchases", "进口占采购比重", s, imported[k], "share")
            add(security, "Concentration of imports (HHI)", "进口集中度（HHI）", s, hhi[k], "share")
    added, land = m.value_added[:h], m.factor_share[2, :h]
    add("ecological", "CO2 of the cluster", "城市群二氧化碳排放", "", float(m.emitted[:h] @ cluster), "mt")
    share = float((cluster[:, None] * added * land).sum() / (cluster @ added).sum())
    add("ecological", "Land in value added", "土地占增加值比重", "", share, "share")
    people = float(m.residents[cluster > 0] @ near) if near is not None else np.nan
    add("defence", "People in districts at a land border", "陆地边境地区人口", "", people, "people")
    add("defence", "Their share in the cluster", "占城市群人口比重", "", people / float(m.residents @ cluster), "share")
    return rows


def _routes(f: Field) -> list[tuple[Any, ...]]:
    """Rows of the transport graph: how many edges to cut to part the cluster, and the places easiest to cut off."""
    ways = f.routes.disjoint
    least = float(min(ways.values(), default=np.nan))
    rows: list[tuple[Any, ...]] = [
        (
            "defence",
            "Edges to cut to part the cluster",
            "割断城市群所需切断的边数",
            "",
            "",
            least,
            _unit("count", least),
        )
    ]
    for place in sorted(ways, key=lambda p: (ways[p], p))[:3]:
        of = f.named(place)
        rows.append(("defence", "Routes that share no edge", "互不重叠的通道数", *of, float(ways[place]), "count"))
    return rows


def _unit(unit: str, value: float) -> str:
    return unit if np.isfinite(value) else "no data"


def _products() -> dict[str, tuple[str, ...]]:
    """Products that each security is about, from the table of disruptions."""
    from citybelt.security.table import families

    found: dict[str, dict[str, None]] = {"food": {}, "energy": {}, "industrial": {}}
    for row in families():
        if row.security in found and row.what in ("stop", "price"):
            found[row.security] |= dict.fromkeys(row.sectors)
    return {k: tuple(v) for k, v in found.items()}
