"""Maps: values by region, by province, words by region, and links of the transport network.

Every function returns a matplotlib ``Figure`` that needs no system font; ``canvas.to_svg`` and ``to_png`` turn
it into text or bytes. Classes are few and get darker with the value; below zero they are also hatched, so
that a map can be read in grey and by the colour-blind (palettes after Brewer 2003).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from citybelt.geo import polygons
from citybelt.geo.network import Network
from citybelt.report import fonts
from citybelt.report.canvas import (
    GREY,
    Canvas,
    city_labels,
    draw,
    legend,
    neighbour_labels,
    open_canvas,
    paint,
    province_lines,
    scale_bar,
    to_png,
    to_svg,
    word,
)

__all__ = ["choropleth", "class_breaks", "kinds", "national_map", "network_map", "to_png", "to_svg"]

SEQUENTIAL = ["#eef3c7", "#bfe0c0", "#7fc4bd", "#3f97b0", "#25649a", "#14306b"]  # light to dark (as YlGnBu)
BELOW = ["#8c4a12", "#c9833a", "#f0c78f"]  # strong to weak fall (brown, as in BrBG / PuOr)
ABOVE = ["#c7dff0", "#6aa8d3", "#1f5f9e"]  # weak to strong rise (blue)
HATCH = "////"


# -- classes ---------------------------------------------------------------------------------------------------


def class_breaks(values: Sequence[float], *, diverging: bool = False, classes: int = 5) -> list[float]:
    """Round class limits, first and last outside the data.

    Sequential: quantiles rounded to two digits. Diverging: zero, and the terciles of the sizes on each side.
    """
    v = np.asarray(values, float)
    v = v[np.isfinite(v)]
    if v.size == 0:
        return [0.0, 1.0]
    low, high = float(v.min()), float(v.max())
    if diverging:
        size = np.abs(v[v != 0]) if (v != 0).any() else np.ones(1)
        steps = sorted({_round(q) for q in np.quantile(size, [1 / 3, 2 / 3])} - {0.0})
        inner = [-s for s in reversed(steps)] + [0.0] + steps
        inner = [b for b in inner if low < b < high] or [0.0]
    else:
        inner = sorted({_round(q) for q in np.quantile(v, np.linspace(0, 1, classes + 1)[1:-1])})
        inner = [b for b in inner if low < b < high]
    if low == high:
        return [low, high]
    ends = min(_round(low, np.floor), low), max(_round(high, np.ceil), high)
    return [ends[0], *(b for b in inner if ends[0] < b < ends[1]), ends[1]]


def _round(x: float, to: Callable = np.round, digits: int = 2) -> float:
    """``x`` to so many leading digits."""
    if x == 0:
        return 0.0
    unit = 10.0 ** (np.floor(np.log10(abs(x))) - digits + 1)
    return float(f"{to(round(x / unit, 6)) * unit:.12g}")


def _label(a: float, b: float, diverging: bool, lang: str) -> str:
    def show(x: float) -> str:
        text = f"{x:,.6g}" if abs(x) >= 1 else f"{x:.2g}"
        return ("+" if diverging and x > 0 else "") + text.replace("-", "−")

    between = (" 至 " if lang == "zh" else " to ") if diverging else " – "
    return show(a) + between + show(b)


def _styles(breaks: Sequence[float], diverging: bool) -> list[tuple[str, str | None]]:
    """Face colour and hatch of each class between two breaks."""
    mids = [(a + b) / 2 for a, b in pairwise(breaks)]
    if not diverging:
        pick = np.linspace(0, len(SEQUENTIAL) - 1, max(len(mids), 2)).round().astype(int)
        return [(SEQUENTIAL[k], None) for k in pick[: len(mids)]]
    below, above = sum(m < 0 for m in mids), sum(m >= 0 for m in mids)
    return [(c, HATCH) for c in BELOW[len(BELOW) - below :]] + [(c, None) for c in ABOVE[:above]]


def _fill(canvas: Canvas, values: pd.Series, breaks: Sequence[float], diverging: bool, unit: str) -> None:
    """Colour each region by its class and write the legend with the number of regions in each class."""
    from matplotlib.patches import Patch

    styles = _styles(breaks, diverging)
    number = np.clip(np.searchsorted(breaks, values.to_numpy(float), side="right") - 1, 0, len(styles) - 1)
    known = np.isfinite(values.to_numpy(float))
    look: dict[str, Any] = dict(edgecolor="white", linewidth=0.0)
    for shape, k, ok in zip(canvas.shapes, number, known, strict=True):
        face, hatch = styles[k] if ok else ("#ffffff", "....")
        draw(canvas, shape, face=face, edge="white", width=0.6, order=2.0)
        if hatch:  # a hatch takes the colour of the edge, so it needs a patch of its own
            draw(canvas, shape, edge="#00000055", hatch=hatch, order=2.1)
    entries = []
    for k in reversed(range(len(styles))):
        face, hatch = styles[k]
        patch = Patch(facecolor=face, hatch=hatch, **look | ({"edgecolor": "#00000055"} if hatch else {}))
        entries.append(
            (patch, f"{_label(breaks[k], breaks[k + 1], diverging, canvas.lang)}  ({(known & (number == k)).sum()})")
        )
    if not known.all():
        blank = Patch(facecolor="white", hatch="....", edgecolor="#00000055", linewidth=0)
        entries.append((blank, f"{word('no_data', canvas.lang)}  ({(~known).sum()})"))
    legend(canvas, entries, unit)


def _points(regions: Sequence[str], lang: str, names: Mapping[str, str] | None, seats: bool = False) -> pd.DataFrame:
    """Where regions stand and what they are called, most residents first.

    The seat, unless it stands on other ground (Jagdaqi) and ``seats`` is off: then a point inside.
    """
    from shapely import Point

    nodes = Network.load().nodes.set_index("node")
    called = polygons.names(lang) | dict(names or {})
    rows = {}
    for r in regions:
        shape = polygons.shapes([r]).iloc[0]
        weight = 0.0
        q = shape.representative_point()
        if r in nodes.index:
            p = nodes.loc[r]
            weight, seat = float(p["weight"]), Point(p["lon"], p["lat"])
            q = seat if seats or shape.buffer(0.05).contains(seat) else q
        rows[r] = (q.x, q.y, called.get(r, r), weight)
    points = pd.DataFrame.from_dict(rows, orient="index", columns=["lon", "lat", "name", "weight"])
    return points.sort_values("weight", ascending=False, kind="stable")


def _regions(regions: Any) -> list[str]:
    """Region ids of a list, or those of a Dataset that are neither whole provinces nor abroad."""
    if hasattr(regions, "x"):
        r = regions.x["region"].to_numpy().astype(str)[~regions.x["foreign"].to_numpy()]
        small = [i for i in r if not i.endswith("0000") and "-" not in i]
        return small or list(r)
    return [str(r) for r in regions]


# -- maps ------------------------------------------------------------------------------------------------------


def choropleth(
    regions: Any, values: pd.Series, *, title: str, unit: str, lang: str = "en", diverging: bool = False,
    subtitle: str = "", note: str = "", labels: int | Sequence[str] | None = None,
    breaks: Sequence[float] | None = None, names: Mapping[str, str] | None = None, width_mm: float = 170.0,
):  # fmt: skip
    """Values by region in classes, the regions filling the frame.

    ``regions``: ids with boundaries, or a Dataset (its cities). ``values``: Series by region id; missing or
    NaN shows as no data. ``diverging``: colours part at zero. ``labels``: how many names to try (all by
    default, largest city first), or which. ``breaks``: class limits, else ``class_breaks``.
    Returns a matplotlib Figure. Raises InputError for regions without a boundary.
    """
    ids = _regions(regions)
    values = values.reindex(ids).astype(float)
    canvas = open_canvas(ids, title=title, subtitle=subtitle, lang=lang, note=note, width_mm=width_mm)
    limits = list(breaks) if breaks is not None else class_breaks(values, diverging=diverging)
    _fill(canvas, values, limits, diverging, unit)
    province_lines(canvas, ids)
    scale_bar(canvas)
    points = _points(ids, lang, names)
    if labels is not None:
        points = points.iloc[:labels] if isinstance(labels, int) else points.loc[list(labels)]
    city_labels(canvas, points)
    neighbour_labels(canvas)
    return canvas.figure


def national_map(
    values: pd.Series, *, title: str, unit: str, lang: str = "en", diverging: bool = False, subtitle: str = "",
    note: str = "", breaks: Sequence[float] | None = None, names: Mapping[str, str] | None = None,
    labels: bool = True, width_mm: float = 170.0,
):  # fmt: skip
    """Values by province (or any regions) over the whole country, with the inset of the official map.

    Provinces that ``values`` leaves out show as no data.
    """
    import shapely

    held = [str(r) for r in values.index]
    covered = {r[:2] for r in held}
    ids = held + [c for c in polygons.provinces().index if c[:2] not in covered]
    values = values.rename(index=str).reindex(ids).astype(float)
    canvas = open_canvas(ids, title=title, subtitle=subtitle, lang=lang, note=note, frame=_frame("country").bounds,
                         width_mm=width_mm, outlines=False)  # fmt: skip
    limits = list(breaks) if breaks is not None else class_breaks(values, diverging=diverging)
    _fill(canvas, values, limits, diverging, unit)
    _inset(canvas)
    scale_bar(canvas)
    if labels:
        called = polygons.names(lang) | dict(names or {})
        room = 4e-4 * (canvas.bounds[2] - canvas.bounds[0]) * (canvas.bounds[3] - canvas.bounds[1])
        large = canvas.shapes[[shape.area > room for shape in canvas.shapes]]
        spots = [shapely.maximum_inscribed_circle(shape, 5000).coords[0] for shape in large]
        lon, lat = canvas.project.transform(*np.transpose(spots), direction="INVERSE")
        points = pd.DataFrame({"lon": lon, "lat": lat, "name": [called.get(r, r) for r in large.index],
                               "area": [shape.area for shape in large]}, index=large.index)  # fmt: skip
        city_labels(canvas, points.sort_values("area"), size=6.0, dots=False)
    neighbour_labels(canvas)
    return canvas.figure


def _frame(name: str):
    t = polygons.table()
    return t.loc[(t["level"] == "frame") & (t["id"] == name), "geometry"].iloc[0]


def _inset(canvas: Canvas) -> None:
    """The part of the country that the frame cuts off (the South China Sea), boxed in the lower right corner."""
    import shapely

    corner = shapely.segmentize(_frame("inset"), 0.5)
    cx, cy = canvas.xy(*np.asarray(corner.exterior.coords).T)
    bounds = (cx.min(), cy.min(), cx.max(), cy.max())
    box = canvas.axes.get_position()
    high = 0.32 * box.height
    page = canvas.figure.get_figheight() / canvas.figure.get_figwidth()
    wide = high * page * (bounds[2] - bounds[0]) / (bounds[3] - bounds[1])
    inset = canvas.figure.add_axes((box.x1 - wide, box.y0, wide, high))
    inset.set(xlim=bounds[::2], ylim=bounds[1::2], xticks=[], yticks=[], facecolor=canvas.axes.get_facecolor())
    for spine in inset.spines.values():
        spine.set(color=GREY, linewidth=0.7)
    for geometry, style in canvas.drawn:
        paint(inset, geometry, bounds, style | {"linewidth": 0.8 * style["linewidth"]})
    inset.text(0.5, 0.03, polygons.names(canvas.lang)["inset"], transform=inset.transAxes, ha="center", va="bottom",
               fontsize=5.5, color=GREY, fontfamily=fonts.FAMILY)  # fmt: skip
    canvas.taken.append(inset.get_window_extent(canvas.figure.canvas.get_renderer()))


#: Fills of ``kinds``, told apart by lightness or hatch as well as by hue (after Tol 2021, light).
KINDS = [("#77aadd", None), ("#ee8866", None), ("#eedd88", None), ("#44bb99", None), ("#aaaa00", "...."),
         ("#ffaabb", "////"), ("#99ddff", "\\\\\\\\"), ("#bbcc33", "xxxx")]  # fmt: skip
REST = ("#e3e1dc", None)


def kinds(
    regions: Any, values: pd.Series, *, title: str, lang: str = "en", other: str = "", subtitle: str = "",
    note: str = "", names: Mapping[str, str] | None = None, width_mm: float = 170.0, labels: int | None = None,
):  # fmt: skip
    """Regions by a word for each, the commonest words in their own colours and the others in one.

    ``values``: words by region id; a region without one shows as no data. ``other``: what the rest is called.
    ``labels``: how many names to try, all by default.
    Returns a matplotlib Figure. Raises InputError for regions without a boundary.
    """
    from matplotlib.patches import Patch

    ids = _regions(regions)
    values = values.reindex(ids)
    counts = values.value_counts()
    kept = list(counts.index[: len(KINDS)])
    canvas = open_canvas(ids, title=title, subtitle=subtitle, lang=lang, note=note, width_mm=width_mm, side_mm=46)
    look = {word_: KINDS[k] for k, word_ in enumerate(kept)}
    for region, shape in canvas.shapes.items():
        missing = pd.isna(values[region])
        face, hatch = ("#ffffff", "....") if missing else look.get(values[region], REST)
        draw(canvas, shape, face=face, edge="white", width=0.6, order=2.0)
        if hatch:
            draw(canvas, shape, edge="#00000055", hatch=hatch, order=2.1)
    entries = [
        (Patch(facecolor=look[k][0], hatch=look[k][1], edgecolor="#00000055", linewidth=0), _wrap(f"{k} ({counts[k]})"))
        for k in kept
    ]
    rest = int(counts.iloc[len(kept) :].sum())
    if rest:
        entries.append((Patch(facecolor=REST[0], linewidth=0), f"{other}  ({rest})"))
    if values.isna().any():
        blank = Patch(facecolor="white", hatch="....", edgecolor="#00000055", linewidth=0)
        entries.append((blank, f"{word('no_data', lang)}  ({int(values.isna().sum())})"))
    province_lines(canvas, ids)
    scale_bar(canvas)
    city_labels(canvas, _points(ids, lang, names).iloc[:labels])
    neighbour_labels(canvas)
    legend(canvas, entries, "")
    return canvas.figure


#: Colour and width of links by class, from the least to the most.
LINKS = [("#e2b48f", 1.1), ("#d9822b", 1.9), ("#a03c0c", 2.9)]
ROAD = "#cfc7b8"


def network_map(
    network: Network, regions: Any, values: pd.Series, *, title: str, unit: str, lang: str = "en",
    modes: Sequence[str] = ("road", "sea", "border"), top: int | None = None, other: str = "", subtitle: str = "",
    note: str = "", names: Mapping[str, str] | None = None, width_mm: float = 170.0,
):  # fmt: skip
    """Links of the network by what hangs on them, in three classes; the others are thin.

    ``values``: Series by edge; ``top``: how many of the largest are drawn so; ``other``: what the rest is called. Links
    are drawn straight between the places they join.
    """
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    ids = _regions(regions)
    canvas = open_canvas(ids, title=title, subtitle=subtitle, lang=lang, note=note, width_mm=width_mm)
    for shape in canvas.shapes:
        draw(canvas, shape, face="#fbfaf7", edge="#e0dbd0", width=0.4, order=2.0)
    province_lines(canvas, ids)
    at = network.nodes.set_index("node")
    x, y = canvas.xy(at["lon"], at["lat"])
    number = pd.Series(np.arange(len(at)), at.index)

    def add(edges: pd.DataFrame, **style) -> None:
        i, j = number[edges["a"]].to_numpy(), number[edges["b"]].to_numpy()
        lines = np.stack([np.c_[x[i], y[i]], np.c_[x[j], y[j]]], axis=1)
        canvas.axes.add_collection(LineCollection(list(lines), capstyle="round", **style))

    shown = network.open_edges[lambda e: e["mode"].isin(modes)]
    # Sea lanes and links to far countries would cross the whole map.
    add(shown[(shown["mode"] == "road") & ~shown["line"].isin(["access", "direct"])], color=ROAD, lw=0.6, zorder=2.5)
    values = values[values > 0].nlargest(top if top is not None else len(values))
    found = shown.assign(value=shown["edge"].map(values)).dropna(subset=["value"])
    entries = []
    breaks = class_breaks(found["value"], classes=len(LINKS))
    place = np.clip(np.searchsorted(breaks, found["value"], side="right") - 1, 0, max(len(breaks) - 2, 0))
    for k in reversed(range(len(breaks) - 1)):
        colour, wide = LINKS[len(LINKS) - (len(breaks) - 1) + k]
        part = found[place == k]
        add(part, color=colour, lw=wide, zorder=3.3 + 0.1 * k)
        label = f"{_label(breaks[k], breaks[k + 1], False, lang)}  ({len(part)})"
        entries.append((Line2D([], [], color=colour, lw=wide), label))
    entries.append((Line2D([], [], color=ROAD, lw=0.6), other))
    scale_bar(canvas)
    city_labels(canvas, _points(ids, lang, names, seats=True))
    neighbour_labels(canvas)
    legend(canvas, entries, unit)
    return canvas.figure


def _wrap(text: str, width: int = 27) -> str:
    """Legend text on two lines where it is long (Latin text breaks at spaces)."""
    import textwrap

    return "\n".join(textwrap.wrap(text, width)) if " " in text else text
