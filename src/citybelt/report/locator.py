"""Small maps that show where a city lies: one SVG for each city, cheap enough for dozens of pages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from citybelt.geo import polygons
from citybelt.report.canvas import albers, projected

LAND, LINE, MARK = "#dfe6ec", "#ffffff", "#1f5f7a"
WIDTH = 44.0  # mm
TOLERANCE = 0.25  # mm on paper; finer detail cannot be seen


@cache
def _outlines(regions: tuple[str, ...]) -> tuple[dict[str, str], float]:
    """SVG paths of the regions in a common frame of ``WIDTH``, and the height of the frame in mm."""
    import shapely

    shapes = polygons.shapes(regions).to_numpy()
    flat = projected(shapes, albers(tuple(shapely.total_bounds(shapes))))
    left, bottom, right, top = shapely.total_bounds(flat)
    scale = WIDTH / (right - left)
    flat = shapely.transform(flat, lambda p: (p - (left, top)) * (scale, -scale))
    flat = shapely.coverage_simplify(flat, TOLERANCE)  # neighbours stay joined
    return {r: _path(s) for r, s in zip(regions, flat, strict=True)}, (top - bottom) * scale


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
