"""The ground every map stands on: projection, land, sea, neighbours, borders, scale bar, labels, legend."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from citybelt.geo import polygons
from citybelt.report import fonts

SEA, LAND, HOME = "#e6eef4", "#dcdcda", "#f1f0ee"  # water, other countries, the rest of the country
INK, GREY, QUIET, FAINT = "#222222", "#6b6b6b", "#858585", "#9a9a9a"
BORDER = "#4d4d4d"
MM = 1 / 25.4
TEXT = {
    "km": {"en": "km", "zh": "公里"},
    "no_data": {"en": "no data", "zh": "无数据"},
    "projection": {"en": "Albers equal-area projection.", "zh": "阿尔伯斯等积投影。"},
}


def word(key: str, lang: str) -> str:
    """A word of ``TEXT`` in English or Chinese (``zh``)."""
    return TEXT[key]["zh" if lang == "zh" else "en"]


def join(parts: Sequence[str], lang: str) -> str:
    """Sentences side by side, with a space in English."""
    return ("" if lang == "zh" else " ").join(p for p in parts if p)


@dataclass
class Canvas:
    """A figure with one map. ``xy`` projects lon/lat; shapes are thinned to what the size can show."""

    figure: Any
    axes: Any
    lang: str
    project: Any  # pyproj Transformer
    bounds: tuple[float, float, float, float]  # of the map, metres
    shapes: pd.Series  # projected regions
    taken: list = field(default_factory=list)  # boxes of labels in display units
    drawn: list = field(default_factory=list)  # every shape with its style
    land: Any = None  # all land near the frame, projected

    def xy(self, lon, lat) -> tuple[np.ndarray, np.ndarray]:
        return self.project.transform(np.asarray(lon, float), np.asarray(lat, float))


def albers(bounds: tuple[float, float, float, float]):
    """Albers equal-area for lon/lat bounds: parallels a sixth in from south and north (Snyder 1987)."""
    from pyproj import Transformer

    west, south, east, north = bounds
    step = (north - south) / 6
    crs = (f"+proj=aea +lat_1={south + step:.3f} +lat_2={north - step:.3f} +lat_0={(south + north) / 2:.3f} "
           f"+lon_0={(west + east) / 2:.3f} +datum=WGS84 +units=m")  # fmt: skip
    return Transformer.from_crs("EPSG:4326", crs, always_xy=True)


def projected(geometries, project) -> np.ndarray:
    """Geometries in lon/lat taken through a pyproj Transformer."""
    import shapely

    return shapely.transform(
        np.asarray(geometries, dtype=object), lambda p: np.column_stack(project.transform(p[:, 0], p[:, 1]))
    )


def path_of(geometry):
    """matplotlib path of a polygon or a line, holes included."""
    import shapely
    from matplotlib.path import Path

    rings = []
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            rings += [np.asarray(part.exterior.coords), *(np.asarray(r.coords) for r in part.interiors)]
        else:
            rings.append(np.asarray(part.coords))
    if not rings:
        return Path(np.zeros((0, 2)))
    codes = [
        np.r_[Path.MOVETO, np.full(len(r) - 2, Path.LINETO),
              Path.CLOSEPOLY if geometry.geom_type.endswith("Polygon") else Path.LINETO] for r in rings
    ]  # fmt: skip
    return Path(np.concatenate(rings), np.concatenate(codes))


def draw(canvas: Canvas, geometry, *, face="none", edge="none", width=0.0, order=1.0, hatch=None, linestyle="-"):
    """Add a projected shape, cut to a little more than the frame; the whole of it stays for an inset."""
    style = dict(facecolor=face, edgecolor=edge, linewidth=width, zorder=order, hatch=hatch, linestyle=linestyle)
    canvas.drawn.append((geometry, style))
    paint(canvas.axes, geometry, canvas.bounds, style)


def paint(axes, geometry, bounds, style) -> None:
    """Put the part of a shape within bounds (and a margin, so that cuts stay out of sight) on the axes."""
    import shapely
    from matplotlib.patches import PathPatch

    x0, y0, x1, y1 = bounds
    room = 0.02 * (x1 - x0)
    seen = shapely.box(x0 - room, y0 - room, x1 + room, y1 + room)
    if not shapely.within(geometry, seen):
        geometry = shapely.intersection(geometry, seen)
        if style["facecolor"] != "none":
            geometry = shapely.MultiPolygon(_polygons(geometry))
    if not geometry.is_empty:
        axes.add_patch(PathPatch(path_of(geometry), joinstyle="round", **style))


def open_canvas(
    regions: Sequence[str], *, title: str, subtitle: str = "", lang: str = "en", width_mm: float = 170.0,
    frame: tuple[float, float, float, float] | None = None, side_mm: float = 42.0, note: str = "",
    outlines: bool = True,
) -> Canvas:  # fmt: skip
    """A canvas whose frame holds these regions (or the lon/lat ``frame``), ground drawn, regions not yet.

    ``side_mm`` of the width stay free for the legend. Title, subtitle and note stand outside the map.
    """
    import shapely
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    family = fonts.register()
    raw = polygons.shapes(regions)
    west, south, east, north = frame or shapely.total_bounds(raw.to_numpy())
    lonlat = (west, south, east, north)
    project = albers(lonlat)
    flat = projected(raw, project)
    box = shapely.box(*lonlat) if frame else None
    inside = projected([shapely.segmentize(box, 0.5)], project) if frame else flat
    x0, y0, x1, y1 = shapely.total_bounds(inside)
    pad = 0.0 if frame else 0.035 * max(x1 - x0, y1 - y0)
    bounds = (x0 - pad, y0 - pad, x1 + pad, y1 + pad)

    map_mm = width_mm - side_mm - 8
    high_mm = map_mm * (bounds[3] - bounds[1]) / (bounds[2] - bounds[0])
    top_mm, foot_mm = (17.0 if subtitle else 12.5 if title else 3.0), 9.0
    total_mm = high_mm + top_mm + foot_mm
    figure = Figure(figsize=(width_mm * MM, total_mm * MM), dpi=150, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((4 / width_mm, foot_mm / total_mm, map_mm / width_mm, high_mm / total_mm))
    axes.set(xlim=bounds[::2], ylim=bounds[1::2], aspect="equal", xticks=[], yticks=[], facecolor=SEA)
    for spine in axes.spines.values():
        spine.set(color=FAINT, linewidth=0.6)
    tone: dict[str, Any] = dict(fontfamily=family, va="top", ha="left")
    figure.text(4 / width_mm, 1 - 3.5 / total_mm, title, fontsize=12.5, fontweight="bold", color=INK, **tone)
    if subtitle:
        figure.text(4 / width_mm, 1 - 10.5 / total_mm, subtitle, fontsize=8.5, color=GREY, **tone)
    footer = join([note, polygons.names(lang)["ground"], word("projection", lang)], lang)
    figure.text(4 / width_mm, (foot_mm - 2.5) / total_mm, footer, fontsize=6, color=GREY, **tone)

    thin = 0.6 * (bounds[2] - bounds[0]) / (map_mm / 25.4 * 72)  # half a point: no one sees less
    flat = shapely.coverage_simplify(flat, thin)
    canvas = Canvas(figure, axes, lang, project, bounds, pd.Series(flat, raw.index, dtype=object))
    _ground(canvas, lonlat, thin, outlines)
    return canvas


def _ground(canvas: Canvas, lonlat, thin: float, outlines: bool) -> None:
    """Land, neighbours, the other provinces, the national border and the lines of the official map."""
    import shapely

    # Clip in lon/lat first: far-off land would wrap around in the projection.
    west, south, east, north = lonlat
    near = shapely.box(west - 40, max(south - 20, -5), east + 40, min(north + 20, 78))
    t = polygons.table()
    land = []
    for level, order, width in (("land", 0.1, 0.0), ("neighbour", 0.2, 0.7)):
        for g in t.loc[t["level"] == level, "geometry"]:
            flat = projected([shapely.intersection(g, near)], canvas.project)[0]
            flat = shapely.MultiPolygon(_polygons(shapely.make_valid(shapely.simplify(shapely.make_valid(flat), thin))))
            land.append(flat)
            draw(canvas, flat, face=LAND, edge="#ffffff" if width else "none", width=width, order=order)
    provinces = polygons.provinces()
    hit = shapely.intersects(provinces.to_numpy(), near)
    flat = shapely.coverage_simplify(projected(provinces[hit], canvas.project), thin)
    home = shapely.union_all(flat)
    canvas.land = shapely.union_all([*land, home])
    draw(canvas, home, face=HOME, order=0.3)
    border = shapely.boundary(home)
    if outlines:
        inner = shapely.difference(shapely.union_all(shapely.boundary(flat)), border)
        draw(canvas, shapely.line_merge(inner), edge="#b5b0a6", width=0.5, order=0.4)
    draw(canvas, border, edge=BORDER, width=0.9, order=3.2)
    for name, style in (("dashed", "-"), ("undetermined", (0, (3, 2)))):
        line = projected(t.loc[t["id"] == name, "geometry"], canvas.project)[0]
        draw(canvas, line, edge=BORDER, width=1.0, order=3.2, linestyle=style)


def _polygons(geometry) -> list:
    import shapely

    return [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]


def province_lines(canvas: Canvas, regions: Sequence[str]) -> None:
    """Heavier lines between the provinces that the regions lie in."""
    import shapely

    for stem in sorted({r[:2] for r in regions}):
        part = canvas.shapes[[r for r in regions if r.startswith(stem)]].to_numpy()
        draw(canvas, shapely.union_all(part), edge=BORDER, width=0.9, order=3.0)


def neighbour_labels(canvas: Canvas) -> None:
    """Names of seas, neighbouring countries and the other provinces in the frame, in grey."""
    import shapely

    frame = shapely.box(*canvas.bounds)
    called = polygons.names(canvas.lang)
    t = polygons.table()
    for row in t[(t["level"] == "sea") | (t["level"] == "label")].itertuples():
        water = row.level == "sea"
        for point in shapely.get_parts(row.geometry):  # the first place that is in the frame and free
            x, y = canvas.xy(point.x, point.y)
            style = "italic" if water and canvas.lang != "zh" else "normal"
            if _free_text(
                canvas, x, y, called[row.id], size=7.5, color="#7d93a3" if water else QUIET, style=style, afloat=water
            ):
                break
    own = {str(r)[:2] for r in canvas.shapes.index}
    others = polygons.provinces()
    others = others[[str(c)[:2] not in own for c in others.index]]
    abroad = t[t["level"] == "neighbour"].set_index("id")["geometry"]
    for code, shape in pd.concat([abroad, others]).items():
        seen = shapely.intersection(shapely.make_valid(projected([shape], canvas.project)[0]), frame)
        if seen.area > 0.012 * frame.area:
            p = shapely.maximum_inscribed_circle(seen, 5000).coords[0]
            _free_text(canvas, p[0], p[1], called[str(code)], size=7.5, color=QUIET)


def _free_text(canvas: Canvas, x, y, text, *, size, color, weight="normal", style="normal", halo=None,
               ha="center", va="center", order=4.0, dx=0.0, dy=0.0, afloat=False) -> bool:  # fmt: skip
    """Write where nothing stands yet and the frame holds it; say whether it was written."""
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import offset_copy

    where = offset_copy(canvas.axes.transData, fig=canvas.figure, x=dx, y=dy, units="points")
    artist = canvas.axes.text(
        x, y, text, fontsize=size, color=color, fontweight=weight, style=style, ha=ha, va=va, zorder=order,
        fontfamily=fonts.FAMILY, transform=where, linespacing=1.05,
        path_effects=[withStroke(linewidth=2.0, foreground=halo)] if halo else None,
    )  # fmt: skip
    renderer = canvas.figure.canvas.get_renderer()
    box = artist.get_window_extent(renderer)
    frame = canvas.axes.get_window_extent(renderer)
    outside = not (frame.x0 + 3 < box.x0 and box.x1 < frame.x1 - 3 and frame.y0 + 3 < box.y0 and box.y1 < frame.y1 - 3)
    aground = False
    if afloat:
        import shapely

        low, high = canvas.axes.transData.inverted().transform([[box.x0, box.y0], [box.x1, box.y1]])
        aground = shapely.intersects(canvas.land, shapely.box(*low, *high))
    if outside or aground or any(box.overlaps(b) for b in canvas.taken):
        artist.remove()
        return False
    canvas.taken.append(box.expanded(1.02, 1.05))
    return True


def city_labels(canvas: Canvas, points: pd.DataFrame, *, size: float = 7.0, dots: bool = True) -> list[str]:
    """Names beside points, most important first, each at the first of eight places that is free.

    ``points``: columns lon, lat, name, indexed by region, in order of importance. Returns those written.
    """
    renderer = canvas.figure.canvas.get_renderer()
    x, y = canvas.xy(points["lon"], points["lat"])
    inside = (x > canvas.bounds[0]) & (x < canvas.bounds[2]) & (y > canvas.bounds[1]) & (y < canvas.bounds[3])
    if dots:
        canvas.axes.plot(x[inside], y[inside], "o", ms=2.6, mfc="white", mec=INK, mew=0.7, zorder=3.6)
        pixels = canvas.axes.transData.transform(np.c_[x, y])
        r = 2.2 * renderer.dpi / 72
        from matplotlib.transforms import Bbox

        canvas.taken += [Bbox([[px - r, py - r], [px + r, py + r]]) for px, py in pixels[inside]]
    d = 3.2 if dots else 0.0
    sides = ((1, 0), (0, 1), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
    places = [(d * u, d * v, ("center", "left", "right")[u], ("center", "bottom", "top")[v]) for u, v in sides]
    if not dots:
        steps = ((0, 0), (0, 5), (0, -5), (5, 0), (-5, 0), (0, 10), (0, -10), (10, 0), (-10, 0))
        places = [(float(u), float(v), "center", "center") for u, v in steps]
    far = [
        (r * np.cos(a), r * np.sin(a))
        for r in (9, 13, 17, 21, 26, 31)
        for a in np.pi / 4 * np.array([0, 4, 1, 7, 3, 5, 2, 6])
    ]
    written = []
    for n, (region, name) in enumerate(points["name"].items()):
        if not inside[n]:
            continue
        look: dict[str, Any] = dict(size=size, color=INK, halo="white", order=5.0)
        for dx, dy, ha, va in places:
            if _free_text(canvas, x[n], y[n], name, ha=ha, va=va, dx=dx, dy=dy, **look):
                written.append(str(region))
                break
        else:  # crowded: further off, with a leader
            for dx, dy in far if dots else []:
                ha = "left" if dx > 0.1 else "right" if dx < -0.1 else "center"
                if _free_text(canvas, x[n], y[n], name, ha=ha, dx=dx, dy=dy, **look):
                    start = canvas.axes.transData.transform((x[n], y[n]))
                    end = canvas.axes.transData.inverted().transform(
                        start + np.array([dx, dy]) * canvas.figure.dpi / 72
                    )
                    canvas.axes.plot([x[n], end[0]], [y[n], end[1]], color=INK, lw=0.5, zorder=3.55)
                    written.append(str(region))
                    break
    return written


def scale_bar(canvas: Canvas) -> None:
    """A bar of a round length, a fifth of the map or less, in the lower corner that the regions leave freer."""
    import shapely
    from matplotlib.patches import Rectangle
    from matplotlib.transforms import Bbox

    x0, y0, x1, y1 = canvas.bounds
    limit = (x1 - x0) / 5 / 1000
    power = 10 ** np.floor(np.log10(limit))
    km = max(m for m in (1, 2, 5) if m * power <= limit) * power
    half, tall = km * 500, 0.006 * (y1 - y0)
    margin, low = 0.035 * (x1 - x0), y0 + 0.03 * (y1 - y0)
    starts = (x0 + margin, x1 - margin - 2.45 * half)
    corners = [shapely.box(s - margin, y0, s + 2.6 * half, low + 8 * tall) for s in starts]
    home = shapely.union_all(canvas.shapes.to_numpy())
    left = starts[int(np.argmin([shapely.intersection(home, c).area for c in corners]))]
    for k, shade in enumerate((INK, "white")):
        canvas.axes.add_patch(Rectangle((left + k * half, low), half, tall, fc=shade, ec=INK, lw=0.6, zorder=6))
    wide = canvas.axes.get_window_extent().width / canvas.figure.dpi > 3.9  # inches: room for a figure in the middle
    for k, label in enumerate(("0", f"{km / 2:g}" if wide else "", f"{km:g} {word('km', canvas.lang)}")):
        canvas.axes.annotate(label, (left + k * half, low + tall), (0, 2), textcoords="offset points", ha="center",
                             va="bottom", fontsize=6.5, color=INK, fontfamily=fonts.FAMILY, zorder=6)  # fmt: skip
    low_left, high_right = canvas.axes.transData.transform([[left, low], [left + 2.5 * half, low + 5 * tall]])
    canvas.taken.append(Bbox([low_left, high_right]))


def legend(canvas: Canvas, entries: Sequence[tuple[Any, str]], heading: str) -> None:
    """Swatches and their meaning in the free column right of the map."""
    from matplotlib.font_manager import FontProperties

    box = canvas.axes.get_position()
    drawn = canvas.figure.legend(
        [h for h, _ in entries], [t for _, t in entries], title=heading, loc="upper left", frameon=False,
        bbox_to_anchor=(box.x1 + 0.015, box.y1 + 0.004), borderaxespad=0, handlelength=1.9, handleheight=1.15,
        labelspacing=0.45, alignment="left", prop=FontProperties(family=fonts.FAMILY, size=7.5),
    )  # fmt: skip
    drawn.get_title().set(fontfamily=fonts.FAMILY, fontsize=8, fontweight="bold", color=INK)
    for text in drawn.get_texts():
        text.set_color(INK)


def to_svg(figure) -> str:
    """The figure as SVG whose text is drawn as paths (needs no font) and whose numbers are short."""
    import matplotlib

    out = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "citybelt"}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"(?<=[\dz])\s+(?=[MLCQz])|(?<=[MLCQ]) ", "", text)
    # glyphs are scaled by small numbers: two decimals would set them too large or too close
    return re.sub(
        r"scale\([^)]*\)|-?\d+\.\d{2,}",
        lambda m: m[0] if m[0].startswith("scale") else f"{float(m[0]):.2f}".rstrip("0").rstrip("."),
        text,
    )


def to_png(figure, dpi: int = 200) -> bytes:
    """The figure as a PNG picture."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=dpi)
    return out.getvalue()
