"""Boundaries of the official map (simplified, shared borders stay shared), areas and contiguity."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from citybelt.geo.places import members


@cache
def table() -> pd.DataFrame:
    """Every boundary of the package: id, level, name_en, name_zh, geometry (shapely, lon/lat), source.

    Levels: city, province (names only), line (the dashed line and undetermined borders), land and neighbour
    (context), sea and label (points where the name may stand), frame (of the
    national map and its inset), note.
    """
    import shapely

    with (files("citybelt.worlds") / "tables" / "boundaries.parquet").open("rb") as f:
        frame = pd.read_parquet(f)
    return frame.assign(geometry=shapely.from_wkb(frame["geometry"].to_numpy()))


@cache
def _cities() -> tuple[pd.DataFrame, np.ndarray]:
    """Cities and their clusters (the network's, empty where it has no such place)."""
    from citybelt.geo.network import Network

    cities = table().query("level == 'city'").reset_index(drop=True)
    nodes = Network.load().nodes
    cluster = cities["id"].map(nodes.set_index("node")["cluster"]).fillna("").to_numpy(str)
    return cities, cluster


@cache
def names(lang: str = "en") -> dict[str, str]:
    """Short names of cities, provinces and neighbours by id, in English or Chinese (``zh``)."""
    column = "name_zh" if lang == "zh" else "name_en"
    named = table().query("name_en != ''")
    return dict(zip(named["id"], named[column], strict=True))


def shapes(regions: Sequence[str]) -> pd.Series:
    """Polygon of each region in lon/lat, as a Series of shapely geometries with the regions as index.

    Regions as in ``citybelt.geo.places.members``; partners abroad have none.
    Raises InputError naming every region without a boundary.
    """
    import shapely

    cities, cluster = _cities()
    member = members(regions, cities["id"].tolist(), cluster.tolist())
    geometry = cities["geometry"].to_numpy()
    merged = [geometry[m][0] if m.sum() == 1 else shapely.coverage_union_all(geometry[m]) for m in member]
    return pd.Series(merged, index=[str(r) for r in regions], name="geometry", dtype=object)


@cache
def provinces() -> pd.Series:
    """Polygon of every province-level unit, Taiwan, Hong Kong and Macao included, by code."""
    codes = sorted({c[:2] + "0000" for c in _cities()[0]["id"]})
    return shapes(codes)


def contiguity(regions: Sequence[str]) -> np.ndarray:
    """Whether two regions share a border, [N, N] bool (rook contiguity; the diagonal is False)."""
    import shapely

    shape = shapes(regions).to_numpy()
    tree = shapely.STRtree(shape)
    i, j = tree.query(shape, predicate="intersects")
    border = shapely.length(shapely.intersection(shapely.boundary(shape[i]), shapely.boundary(shape[j])))
    near = np.zeros((len(shape), len(shape)), bool)
    near[i, j] = border > 0
    np.fill_diagonal(near, False)
    return near | near.T


def areas_km2(regions: Sequence[str]) -> np.ndarray:
    """Geodesic area of each region on WGS84, [N], km2, from the simplified boundaries."""
    import shapely
    from pyproj import Geod

    earth = Geod(ellps="WGS84")
    return np.array(
        [sum(abs(earth.geometry_area_perimeter(shapely.orient_polygons(p))[0]) for p in shapely.get_parts(s))
         for s in shapes(regions)]
    ) / 1e6  # fmt: skip
