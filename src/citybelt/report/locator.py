"""Small maps that show where a city lies: one SVG for each city, cheap enough for dozens of pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

LAND, LINE, MARK = "#dfe6ec", "#ffffff", "#1f5f7a"
WIDTH = 44.0  # mm
TOLERANCE = 0.25  # mm on paper; finer detail cannot be seen


@cache
def _outlines(regions: tuple[str, ...]) -> tuple[dict[str, str], float]:
    """SVG paths of the regions in a common frame of ``WIDTH``, and the height of the frame in mm."""
    import numpy as np
    import pandas as pd
    import shapely
    from pyproj import Transformer

    path = resources.files("citybelt.worlds").joinpath("tables", "boundaries.parquet")
    table = pd.read_parquet(path, columns=["id", "level", "geometry"])  # type: ignore[arg-type]
    table = table[table["id"].isin(regions)].drop_duplicates("id").set_index("id")
    if table.empty:
        return {}, WIDTH
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    west, south, east, north = shapely.total_bounds(shapes)
    # an equal-area cone that touches the frame a sixth from its southern and northern edges (Snyder 1987)
    cone = (
        f"+proj=aea +lat_1={south + (north - south) / 6} +lat_2={north - (north - south) / 6} "
        f"+lon_0={(west + east) / 2} +lat_0={(south + north) / 2}"
    )
    to_plane = Transformer.from_crs("EPSG:4326", cone, always_xy=True)
    shapes = shapely.transform(shapes, lambda p: np.column_stack(to_plane.transform(p[:, 0], p[:, 1])))
    left, bottom, right, top = shapely.total_bounds(shapes)
    scale = WIDTH / (right - left)
    shapes = shapely.transform(shapes, lambda p: (p - (left, top)) * (scale, -scale))
    shapes = shapely.coverage_simplify(shapes, TOLERANCE) if _is_coverage(shapes) else shapely.simplify(shapes, TOLERANCE)
    return {region: _path(shape) for region, shape in zip(table.index, shapes, strict=True)}, (top - bottom) * scale


def _is_coverage(shapes: Sequence) -> bool:
    import shapely

    return bool(shapely.coverage_is_valid(shapes))


def _path(shape: object) -> str:
    """The outline of a polygon or of several as the ``d`` of an SVG path; specks are left out."""
    import shapely

    parts = []
    for polygon in shapely.get_parts(shape):
        if polygon.area < 4 * TOLERANCE**2:
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            points = " ".join(f"{x:.1f} {y:.1f}" for x, y in ring.coords[:-1])
            parts.append(f"M{points}Z")
    return "".join(parts)


def locator(regions: Sequence[str], region: str) -> str:
    """An SVG of all ``regions`` with one of them marked."""
    paths, height = _outlines(tuple(regions))
    others = "".join(path for name, path in paths.items() if name != region)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {WIDTH + 2} {height + 2:.1f}" '
        f'width="{WIDTH + 2}mm" height="{height + 2:.1f}mm" stroke="{LINE}" stroke-width="0.25" '
        f'stroke-linejoin="round"><path fill="{LAND}" d="{others}"/>'
        f'<path fill="{MARK}" d="{paths.get(region, "")}"/></svg>'
    )
