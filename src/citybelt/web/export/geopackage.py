"""A GeoPackage: boundaries of the home regions with every outcome, and one table of totals.

The format (OGC 12-128) is a database of SQLite with three tables that describe it; a geometry is a small head before
well-known binary. So it is written by the standard library and shapely alone.
"""

from __future__ import annotations

import sqlite3
import struct
import tempfile
from pathlib import Path
from typing import Any

from citybelt.dims import SETS
from citybelt.web import words
from citybelt.web.export.content import Content

SRS = 4326
WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]'
)
SCHEMA = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL,
  m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name));
"""


def to_gpkg(c: Content) -> bytes:
    """The layer ``regions`` and the table ``totals``."""
    import shapely

    from citybelt.geo import polygons

    shapes = polygons.shapes(c.home)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.gpkg"
        base = sqlite3.connect(path)
        try:
            base.executescript("PRAGMA application_id = 1196444487; PRAGMA user_version = 10300;" + SCHEMA)
            base.executemany(
                "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)",
                [
                    ("Undefined Cartesian", -1, "NONE", -1, "undefined"),
                    ("Undefined geographic", 0, "NONE", 0, "undefined"),
                    ("WGS 84", SRS, "EPSG", SRS, WGS84),
                ],
            )
            box = [float(v) for v in shapely.total_bounds(shapes.to_numpy())]
            outcomes = list(c.answer["regional"])
            columns = ", ".join(f'"{k}" DOUBLE' for k in outcomes)
            base.execute(
                "CREATE TABLE regions (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom BLOB, region TEXT, "
                f"name TEXT, {columns})"
            )
            marks = ", ".join("?" * (3 + len(outcomes)))
            named = ", ".join(["geom", "region", "name", *(f'"{k}"' for k in outcomes)])
            base.executemany(
                f"INSERT INTO regions ({named}) VALUES ({marks})",
                [
                    (_blob(shape), id, name, *(c.answer["regional"][k][n] for k in outcomes))
                    for n, (id, name, shape) in enumerate(zip(c.home, c.names, shapes, strict=True))
                ],
            )
            base.execute(
                "INSERT INTO gpkg_geometry_columns VALUES ('regions', 'geom', 'MULTIPOLYGON', ?, 0, 0)", (SRS,)
            )
            _describe(base, "regions", "features", c, box)
            base.execute(
                "CREATE TABLE totals (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, outcome TEXT, name TEXT, "
                "unit TEXT, cluster DOUBLE, nation DOUBLE)"
            )
            base.executemany(
                "INSERT INTO totals (outcome, name, unit, cluster, nation) VALUES (?, ?, ?, ?, ?)",
                [
                    (k, words.outcome(k, True)["name"][c.lang], words.outcome(k, True)["unit"], *(of[w] for w in SETS))
                    for k, of in c.answer["totals"].items()
                ],
            )
            _describe(base, "totals", "attributes", c, [None] * 4)
            base.commit()
        finally:
            base.close()
        return path.read_bytes()


def _describe(base: Any, name: str, kind: str, c: Content, box: list[Any]) -> None:
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, min_x, min_y, max_x, max_y, srs_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (name, kind, name, " ".join([c.title, *c.rests]), *box, SRS if kind == "features" else None),
    )


def _blob(shape: Any) -> bytes:
    """A geometry of the format: its head with the bounds, then well-known binary."""
    import shapely

    if shape.geom_type == "Polygon":
        shape = shapely.MultiPolygon([shape])
    x0, y0, x1, y1 = shape.bounds
    return b"GP\x00\x03" + struct.pack("<i4d", SRS, x0, x1, y0, y1) + shapely.to_wkb(shape, byte_order=1)
