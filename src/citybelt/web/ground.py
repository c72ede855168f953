"""The map as paths in one equal-area coordinate system, ready for SVG: regions, borders, the lines of the official map.

The whole country is projected once (Albers), so that the cluster is a part of the same picture; detail follows the
cluster, where the page looks closest. Shared borders stay shared when they are thinned.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from citybelt.geo import polygons
from citybelt.geo.network import Network
from citybelt.report.canvas import albers, projected

#: Width of the picture in its own units, and the detail kept in the cluster, in these units.
WIDTH, DETAIL = 1600.0, 0.35
#: Lon/lat in which other countries' land is kept.
AROUND = (60.0, -5.0, 165.0, 70.0)


class Ground:
    """Paths and points of a world's map, made once."""

    def __init__(self, home: tuple[str, ...], inside: np.ndarray):
        import shapely

        t = polygons.table()
        frame = _frame(t, "country")
        self._project = albers(frame.bounds)
        around = projected([shapely.segmentize(shapely.box(*frame.bounds), 0.5)], self._project)[0]
        x0, y0, x1, y1 = around.bounds
        self._scale, self._x0, self._y1 = WIDTH / (x1 - x0), x0, y1
        self.height = round((y1 - y0) * self._scale, 1)
        shapes = self._flat(polygons.shapes(home).to_numpy())
        fine = shapely.coverage_simplify(shapes, DETAIL)
        rough = shapely.coverage_simplify(shapes, 2 * DETAIL)
        kept = [f if i else r for f, r, i in zip(fine, rough, inside, strict=True)]
        centre = [shapely.maximum_inscribed_circle(g, 1.0).coords[0] for g in kept]
        self.regions = [
            {"id": str(r), "d": path(g), "x": round(c[0], 1), "y": round(c[1], 1)}
            for r, g, c in zip(home, kept, centre, strict=True)
        ]
        provinces = polygons.provinces()
        outlines = shapely.coverage_simplify(self._flat(provinces.to_numpy()), DETAIL)
        self.provinces = [{"id": str(c), "d": path(g)} for c, g in zip(provinces.index, outlines, strict=True)]
        self.lines = [
            {"id": str(r.id), "kind": str(r.id), "d": path(shapely.simplify(self._flat([r.geometry])[0], DETAIL))}
            for r in t[t["level"] == "line"].itertuples()
        ]
        near = shapely.box(*AROUND)
        self.land = []
        for level in ("land", "neighbour"):
            for r in t[t["level"] == level].itertuples():
                cut = shapely.intersection(shapely.make_valid(r.geometry), near)
                flat = shapely.make_valid(shapely.simplify(self._flat([cut])[0], 2 * DETAIL))
                if d := path(flat):
                    self.land.append({"id": str(r.id), "kind": level, "name": _named(r), "d": d})
        self.labels = []
        for level in ("sea", "label"):
            for r in t[t["level"] == level].itertuples():
                x, y = self.at(*shapely.get_parts(r.geometry)[0].coords[0])
                self.labels.append({"name": _named(r), "kind": "sea" if level == "sea" else "place", "x": x, "y": y})
        box = shapely.total_bounds(np.array(kept, object)[inside])
        pad = 0.05 * max(box[2] - box[0], box[3] - box[1])
        self.frames = {
            "cluster": [round(float(v), 1) for v in (box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad)],
            "nation": [0.0, 0.0, WIDTH, self.height],
        }
        corner = self._flat([shapely.segmentize(_frame(t, "inset"), 0.5)])[0].bounds
        self.frames["inset"] = [round(float(v), 1) for v in corner]

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a place lies in the picture."""
        x, y = self._project.transform(lon, lat)
        return round((x - self._x0) * self._scale, 1), round((self._y1 - y) * self._scale, 1)

    def _flat(self, geometries: Any) -> np.ndarray:
        import shapely

        flat = projected(geometries, self._project)
        origin = np.array([self._x0, self._y1])
        return shapely.transform(flat, lambda p: (p - origin) * np.array([self._scale, -self._scale]))

    def to_json(self) -> dict[str, Any]:
        """The map as plain data."""
        names = polygons.names("en"), polygons.names("zh")
        return {
            "width": WIDTH, "height": self.height, "unit_km": round(1e-3 / self._scale, 3),
            "projection": {"en": "Albers equal-area projection.", "zh": "阿尔伯斯等积投影。"},
            "note": {"en": names[0].get("ground", ""), "zh": names[1].get("ground", "")},
            "frames": self.frames, "regions": self.regions, "provinces": self.provinces, "lines": self.lines,
            "land": self.land, "labels": self.labels,
        }  # fmt: skip


def _frame(t: Any, name: str) -> Any:
    return t.loc[(t["level"] == "frame") & (t["id"] == name), "geometry"].iloc[0]


def _named(row: Any) -> dict[str, str]:
    return {"en": str(row.name_en), "zh": str(row.name_zh)}


def path(geometry: Any) -> str:
    """The ``d`` of an SVG path of polygons and lines, to a tenth of a unit; '' of nothing."""
    import shapely

    out = []
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            rings = [part.exterior, *part.interiors]
        elif part.geom_type in ("LineString", "LinearRing"):
            rings = [part]
        else:
            continue
        for ring in rings:
            points = np.round(np.asarray(ring.coords), 1)
            closed = part.geom_type == "Polygon"
            points = points[:-1] if closed else points
            keep = np.r_[True, (np.diff(points, axis=0) != 0).any(axis=1)]
            points = points[keep]
            if len(points) < (3 if closed else 2):
                continue
            steps = np.round(np.diff(points, axis=0), 1)
            text = "M" + _pair(points[0]) + "l" + " ".join(_pair(p) for p in steps)
            out.append(text + ("z" if closed else ""))
    return "".join(out)


def _pair(p: np.ndarray) -> str:
    return ",".join(f"{v:.1f}".removesuffix(".0").replace("-0.", "-.") or "0" for v in p)


@cache
def network(ground: Ground, year: int, levers: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Nodes and links of the transport network in the picture.

    Args:
        levers: line of the network and the lever that builds it.
    """
    held = Network.load(year)
    opened = set(held.open_edges["edge"])
    by_line = dict(levers)
    nodes = {}
    for n in held.nodes.itertuples():
        if n.country == "CHN" or n.kind != "abroad":
            x, y = ground.at(float(n.lon), float(n.lat))
            if -200 < x < WIDTH + 200 and -200 < y < ground.height + 200:
                nodes[str(n.node)] = {"id": str(n.node), "kind": str(n.kind), "name": _named(n), "x": x, "y": y}
    edges = [
        {
            "id": str(e.edge), "a": str(e.a), "b": str(e.b), "mode": str(e.mode), "line": str(e.line or ""),
            "km": round(float(e.length_km), 1), "hours": None if e.hours != e.hours else round(float(e.hours), 2),
            "open": e.edge in opened, "lever": by_line.get(str(e.line)),
        }
        for e in held.edges.itertuples()
        if str(e.a) in nodes and str(e.b) in nodes and e.mode != "car"
    ]  # fmt: skip
    used = {v for e in edges for v in (e["a"], e["b"])}
    return {"nodes": [n for k, n in nodes.items() if k in used], "edges": edges}
