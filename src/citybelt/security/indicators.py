r"""Published indicators beside the losses: concentration, own supply, value added at home, land, borders, routes.

    (I1)  concentration of imports  HHI[j] = sum_p s[p]^2,       s[p] a partner's share in the cluster's imports of j
    (I2)  own supply in value       share of what the cluster buys of a product that its own places sell
    (I3)  value added at home       v (I - A)^-1 over home regions, as a share of the same over all regions

with ``A[(i,j),(n,k)] = pi[n,i,j] g[n,k,j] / (1 + tau)``, the inputs of all regions by seller (Hirschman 1964 for I1;
Johnson and Noguera 2012 for I3). Self-sufficiency in physical units needs tonnes, which a world may not carry: it is
then given as not held, never from values. A partner that stands for many countries counts as one seller in (I1), which
is then an upper bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.security.border import at_border

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.model.accounts import Base
    from citybelt.security.kinds import Field

COLUMNS = ("security", "name_en", "name_zh", "of_en", "of_zh", "value", "unit")


def concentration(b: Base, cluster: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(I1) [J] Herfindahl index of the cluster's imports, and imports as a share of what it buys; NaN without any."""
    h = b.n_home
    bought = np.einsum("n,jni,nj->ji", cluster, np.asarray(b.share)[:, :h], np.asarray(b.spending)[:h])
    abroad = bought[:, h:]
    total = abroad.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return ((abroad / total[:, None]) ** 2).sum(axis=1), total / bought.sum(axis=1)


def own_supply(b: Base, cluster: np.ndarray) -> np.ndarray:
    """(I2) [J] share of the cluster's purchases that its own places sell."""
    h = b.n_home
    bought = np.einsum("n,jni,nj->ji", cluster, np.asarray(b.share)[:, :h], np.asarray(b.spending)[:h])
    with np.errstate(invalid="ignore"):
        return bought[:, :h] @ cluster / bought.sum(axis=1)


def content(b: Base, of: np.ndarray) -> np.ndarray:
    """(I3) [N, J] value added of the regions ``of`` [N] in a unit of output of every region and sector."""
    n, j = b.shape
    paid = np.asarray(b.share) / (1.0 + np.asarray(b.tariff))
    # [(seller i, product j), (buyer n, sector k)]
    a = np.einsum("jni,nkj->ijnk", paid, np.asarray(b.input_coef)).reshape(n * j, n * j)
    va = np.asarray(b.value_added / b.output) * of[:, None]
    return np.linalg.solve((np.eye(n * j) - a).T, va.ravel()).reshape(n, j)


def home_content(b: Base, cluster: np.ndarray) -> np.ndarray:
    """(I3) [J] share of home value added in the value added that a sector of the cluster embodies."""
    h, n = b.n_home, b.shape[0]
    home = content(b, (np.arange(n) < h).astype(float))[:h]
    whole = content(b, np.ones(n))[:h]
    made = np.asarray(b.output)[:h] * cluster[:, None]
    with np.errstate(invalid="ignore"):
        return (made * home).sum(axis=0) / (made * whole).sum(axis=0)


def indicators(f: Field) -> pd.DataFrame:
    """Every indicator: security, name and what it is of in both languages, value, unit (share, mt, people, count).

    A value that the data do not carry is missing, with the unit ``no data``.
    """
    import pandas as pd

    e, h = f.economy, f.n_home
    b, cluster = e.base, f.cluster
    hhi, imported = concentration(b, cluster)
    own, home = own_supply(b, cluster), home_content(b, cluster)
    rows: list[tuple[Any, ...]] = []

    def add(security: str, en: str, zh: str, of: str, value: float, unit: str) -> None:
        rows.append((security, en, zh, *(f.named(of) if of else ("", "")), value, unit))

    for security, sectors in _products().items():
        for s in (s for s in sectors if s in e.sectors):
            k = e.sectors.index(s)
            if security == "industrial":
                add(security, "Value added at home", "国内增加值占比", s, home[k], "share")
            else:
                add(security, "Own supply, in value", "自给率（按价值）", s, own[k], "share")
            add(security, "Imports in purchases", "进口占采购比重", s, imported[k], "share")
            add(security, "Concentration of imports (HHI)", "进口集中度（HHI）", s, hhi[k], "share")
            if security == "food":
                add(security, "Self-sufficiency, in tonnes", "自给率（按实物量）", s, np.nan, "no data")
    added, land = np.asarray(b.value_added)[:h], np.asarray(b.factor_share)[2, :h]
    add("ecological", "CO2 of the cluster", "城市群二氧化碳排放", "", f.emissions, "mt")
    share = float((cluster[:, None] * added * land).sum() / (cluster @ added).sum())
    add("ecological", "Land in value added", "土地占增加值比重", "", share, "share")
    residents = np.asarray(b.people.sum(axis=(0, 1)))
    near = at_border([r for r, inside in zip(e.home, cluster > 0, strict=True) if inside])
    people = float(residents[cluster > 0] @ near) if near is not None else np.nan
    add("defence", "People in districts at a land border", "陆地边境地区人口", "", people, _unit("people", people))
    share = people / float(residents @ cluster)
    add("defence", "Their share in the cluster", "占城市群人口比重", "", share, _unit("share", share))
    ways = f.routes.disjoint
    add(
        "defence",
        "Edges to cut to part the cluster",
        "割断城市群所需切断的边数",
        "",
        min(ways.values(), default=np.nan),
        "count",
    )
    for place in sorted(ways, key=lambda p: (ways[p], p))[:3]:
        add("defence", "Routes that share no edge", "互不重叠的通道数", place, ways[place], "count")
    return pd.DataFrame(rows, columns=list(COLUMNS))


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
