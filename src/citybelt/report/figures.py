"""Charts as SVG text: bars and dots with 80 % bands, stacked bars, steps of a gap.

Every function takes labels and numbers and returns one SVG in the report's width. Letters stay letters, so that
the picture uses the report's own font, can be searched, and stays small. Colours are told apart by people with
the common kinds of colour blindness, and by their lightness.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, FAINT = "#1c2733", "#5d6b7a", "#d9dfe5"
#: Blue, orange, green, yellow, violet, grey (after Okabe and Ito 2008, darkened for print).
COLOURS = ("#2b6f8f", "#d9822b", "#4f9d84", "#e3bf52", "#8a6d9e", "#9aa5b1")
BLUE, ORANGE, GREEN, YELLOW, VIOLET, GREY = COLOURS
TEXT_WIDTH = 172.0  # mm between the margins of the page

Format = Callable[[float], str]


def bars(
    labels: Sequence[str],
    values: Sequence[float],
    low: Sequence[float] | None = None,
    high: Sequence[float] | None = None,
    axis: str = "",
    write: Format | None = None,
    colours: Sequence[str] | None = None,
    legend: Mapping[str, str] | None = None,
    width: float = TEXT_WIDTH,
    mark: float | None = None,
    compact: bool = False,
    cut: float | None = None,
) -> str:
    """Horizontal bars from the first label down, with bands as thin lines and the number at the end.

    ``low`` and ``high`` are the band's ends (NaN for none); ``colours`` one for each bar; ``legend`` name ->
    colour; ``mark`` draws a dotted line at that value; ``width`` mm; ``compact`` sets the rows closer;
    bars beyond ``cut`` are drawn shorter, with a notch, so that one of them doesn't flatten all others.
    """
    size = np.asarray(values, float)
    lower, upper = _band(low, len(size)), _band(high, len(size))
    fig, ax = _frame(labels, width, legend is not None, row=4.4 if compact else 5.2)
    y = np.arange(len(size))
    drawn = size if cut is None else np.clip(size, -cut, cut)
    ax.barh(y, np.nan_to_num(drawn), height=0.62, color=colours or BLUE, zorder=2)
    _draw_bands(ax, y, lower, upper)
    if mark is not None:
        ax.axvline(mark, color=SOFT, lw=0.8, ls=(0, (1, 2)), zorder=3)
    for row in np.flatnonzero(np.isfinite(size) & (drawn != size)):
        ax.plot([0.86 * drawn[row], 0.9 * drawn[row]], [row + 0.42, row - 0.42], color="white", lw=2.2, zorder=4)
    ends = [_ends(v, a, b) for v, a, b in zip(drawn, lower, upper, strict=True)]
    _finish(fig, ax, labels, axis, legend, _numbers(size, ends, write))
    return svg(fig)


def dots(
    labels: Sequence[str],
    series: Mapping[str, tuple[Sequence[float], Sequence[float] | None, Sequence[float] | None]],
    axis: str = "",
    width: float = TEXT_WIDTH,
    mark: float | None = 0.0,
    spans: tuple[Sequence[float], Sequence[float], str] | None = None,
    compact: bool = False,
) -> str:
    """Dots with bands: one row a label, one colour a series, name -> (values, low, high).

    ``mark`` draws a line at that value; ``spans`` (low, high, name) shades an interval in each row; ``compact``
    puts the dots of a row on one line, joined.
    """
    legend = {name: COLOURS[i] for i, name in enumerate(series)}
    if spans is not None:
        legend[spans[2]] = FAINT
    fig, ax = _frame(labels, width, len(legend) > 1, row=4.7 if compact else 5.2 + 1.6 * (len(series) - 1))
    y = np.arange(len(labels))
    if spans is not None:
        a, b = np.asarray(spans[0], float), np.asarray(spans[1], float)
        ax.barh(y, b - a, left=a, height=0.7, color=FAINT, zorder=1)
    step = 0.0 if compact or len(series) < 2 else 0.22
    if compact:
        rows = np.array([np.asarray(values, float) for values, _, _ in series.values()])
        ax.hlines(y, np.nanmin(rows, axis=0), np.nanmax(rows, axis=0), color=FAINT, lw=2.2, zorder=1)
    for i, (name, (values, low, high)) in enumerate(series.items()):
        at = y + (i - (len(series) - 1) / 2) * step
        lower, upper = _band(low, len(labels)), _band(high, len(labels))
        ax.hlines(at, lower, upper, color=legend[name], lw=1.3, zorder=2)
        marker = "oDs^"[i % 4]
        ax.plot(values, at, marker, color=legend[name], ms=4.6, mec="white", mew=0.6, zorder=3)
    if mark is not None:
        ax.axvline(mark, color=SOFT, lw=0.7, zorder=1)
    _finish(fig, ax, labels, axis, legend if len(legend) > 1 else None, [], zero=False)
    return svg(fig)


def stacked(
    labels: Sequence[str],
    parts: Mapping[str, Sequence[float]],
    axis: str = "",
    total: str | None = None,
    width: float = TEXT_WIDTH,
    colours: Sequence[str] = COLOURS,
) -> str:
    """Bars of parts: gains to the right, losses to the left of zero; ``total`` names a mark at the sum."""
    fig, ax = _frame(labels, width, True, row=4.7)
    y = np.arange(len(labels))
    right, left = np.zeros(len(labels)), np.zeros(len(labels))
    legend = {}
    for colour, (name, values) in zip(colours, parts.items(), strict=False):
        v = np.nan_to_num(np.asarray(values, float))
        ax.barh(y, v, left=np.where(v >= 0, right, left), height=0.66, color=colour, zorder=2)
        right, left = right + np.maximum(v, 0), left + np.minimum(v, 0)
        legend[name] = colour
    if total is not None:
        ax.plot(right + left, y, "D", color=INK, ms=3.4, mec="white", mew=0.6, zorder=4)
        legend[total] = INK
    _finish(fig, ax, labels, axis, legend, [])
    return svg(fig)


def steps(
    labels: Sequence[str],
    values: Sequence[float],
    axis: str = "",
    write: Format | None = None,
    width: float = TEXT_WIDTH,
) -> str:
    """Parts of a gap as steps, one after the other; the last row is their sum, drawn from zero."""
    parts = np.asarray(values, float)
    label_rows = list(labels)
    all_values = np.append(parts, parts.sum())
    all_start = np.concatenate([[0.0], np.cumsum(parts)[:-1], [0.0]])
    fig, ax = _frame(label_rows, width, False)
    y = np.arange(len(all_values))
    colours = [ORANGE if v < 0 else BLUE for v in parts] + [INK]
    ax.barh(y, all_values, left=all_start, height=0.6, color=colours, zorder=2)
    for i in range(len(parts)):
        ax.vlines(all_start[i] + all_values[i], i, i + 1, color=SOFT, lw=0.6, zorder=1)
    ends = [(min(s, s + v), max(s, s + v)) for s, v in zip(all_start, all_values, strict=True)]
    _finish(fig, ax, label_rows, axis, None, _numbers(all_values, ends, write))
    return svg(fig)


def panels(
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    x: str,
    y: str,
    first: str,
    across: int = 3,
    width: float = TEXT_WIDTH,
) -> str:
    """Small charts side by side, each a line through points (title, x values, y values) whose first is marked.

    ``x`` and ``y`` name the axes, which every chart has for itself; ``first`` names the mark.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    down = -(-len(lines) // across)
    across = min(across, len(lines))
    height = 8.0 + 42.0 * down
    fig = Figure(figsize=(width / 25.4, height / 25.4))
    FigureCanvasAgg(fig)
    cell, tall = width / across, 42.0
    for k, (title, xs, ys) in enumerate(lines):
        left, top = (k % across) * cell + 14.0, 8.0 + (k // across) * tall + 5.0
        ax = fig.add_axes((left / width, 1 - (top + 26.0) / height, (cell - 19.0) / width, 26.0 / height))
        ax.plot(xs, ys, "-o", color=BLUE, lw=1.2, ms=3.4, mec="white", mew=0.5, zorder=3)
        ax.plot(xs[:1], ys[:1], "D", color=ORANGE, ms=5.0, mec="white", mew=0.6, zorder=4)
        ax.set_title(title, fontsize=8.2, fontweight="bold", loc="left", pad=4)
        ax.grid(color=FAINT, lw=0.5, zorder=0)
        ax.margins(0.08, 0.12)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(3))
        ax.tick_params(labelsize=6.8)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
        ax.set_xlabel(x, fontsize=7.0, labelpad=1.5)
        if k % across == 0:
            ax.set_ylabel(y, fontsize=7.0, labelpad=2)
    key(fig, {first: ORANGE})
    return svg(fig)


def svg(fig: Figure) -> str:
    """The figure as one SVG element without an XML header; equal numbers give equal text. Closes the figure."""
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    fig.clear()
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # a hundredth of a point is finer than any printer; scales of glyphs keep their digits
    text = re.sub(r'(?<= d=")[^"]+', lambda m: re.sub(r"(\.\d\d)\d+", r"\1", m.group(0)), text)
    # names that every figure repeats would be double in one page; those that are referred to are kept
    used = set(re.findall(r"(?:url\(|href=\")#([^)\"]+)", text))
    text = re.sub(r' id="([^"]+)"', lambda m: m.group(0) if m.group(1) in used else "", text)
    return re.sub(r"\n\s*", "\n", text).strip()


def style() -> dict[str, Any]:
    """The settings of matplotlib under which the charts are drawn."""
    from citybelt.report import fonts

    return {
        "font.family": [fonts.register()], "font.size": 7.8, "svg.fonttype": "none", "svg.hashsalt": "citybelt",
        "axes.unicode_minus": True, "text.color": INK, "axes.labelcolor": SOFT, "xtick.color": SOFT,
        "ytick.color": INK, "axes.edgecolor": FAINT, "axes.linewidth": 0.6, "xtick.major.size": 0,
        "ytick.major.size": 0, "legend.frameon": False,
    }  # fmt: skip


def _frame(labels: Sequence[str], width: float, legend: bool, row: float = 5.2) -> tuple[Figure, Axes]:
    """A figure as high as its rows need, with room for the legend above and the axis below; mm."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    top, bottom = (7.0 if legend else 1.5), 9.5
    height = top + bottom + row * len(labels)
    fig = Figure(figsize=(width / 25.4, height / 25.4))
    FigureCanvasAgg(fig)
    ax = fig.add_axes((0.2, bottom / height, 0.78, 1 - (top + bottom) / height))
    ax.set_ylim(len(labels) - 0.45, -0.55)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.grid(axis="x", color=FAINT, lw=0.5, zorder=0)
    ax.set_axisbelow(True)
    return fig, ax


def _finish(
    fig: Figure,
    ax: Axes,
    labels: Sequence[str],
    axis: str,
    legend: Mapping[str, str] | None,
    numbers: list[tuple[int, float, str, bool]],
    zero: bool = True,
) -> None:
    """Labels, zero line, legend and numbers; the left edge moves to fit the longest label."""
    ax.set_yticks(range(len(labels)), labels)
    ax.tick_params(axis="x", labelsize=7.2)
    ax.set_xlabel(axis, fontsize=7.4, labelpad=2)
    ax.margins(x=0.04 if zero else 0.06)
    renderer = fig.canvas.get_renderer()  # type: ignore[attr-defined]
    pixels = fig.bbox.width
    widest = max((t.get_window_extent(renderer).width for t in ax.get_yticklabels()), default=0.0)
    box = ax.get_position()
    left = min((widest + 0.09 * fig.dpi) / pixels, 0.5)
    ax.set_position((left, box.y0, 0.985 - left, box.height))
    if numbers:
        low, high = ax.get_xlim()
        plot = ax.get_position().width * pixels
        room = max(_width(fig, text) for *_, text, _ in numbers) + 0.07 * fig.dpi
        share = min(room / plot, 0.3)
        need_left = any(to_left for *_, to_left in numbers)
        need_right = any(not to_left for *_, to_left in numbers)
        extent = (high - low) / (1 - share * (need_left + need_right))
        ax.set_xlim(low - extent * share * need_left, high + extent * share * need_right)
        for row, at, text, to_left in numbers:
            ax.annotate(
                text, (at, row), xytext=(-3 if to_left else 3, 0), textcoords="offset points", va="center",
                ha="right" if to_left else "left", fontsize=7.4, color=INK,
            )  # fmt: skip
    if zero and ax.get_xlim()[0] < 0 < ax.get_xlim()[1]:
        ax.axvline(0, color=SOFT, lw=0.7, zorder=3)
    if legend:
        key(fig, legend)


def key(fig: Figure, legend: Mapping[str, str]) -> None:
    """What the colours mean, in a row above."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], marker="s", ls="", ms=5, mec="none", color=colour, label=name) for name, colour in legend.items()
    ]
    fig.legend(
        handles=handles, loc="upper left", ncols=len(handles), bbox_to_anchor=(0.0, 1.0), fontsize=7.6,
        handletextpad=0.1, columnspacing=1.3, borderaxespad=0.1,
    )  # fmt: skip


def _width(fig: Figure, text: str) -> float:
    """Width of a small text in pixels."""
    mark = fig.text(0, 0, text, fontsize=7.4)
    width = mark.get_window_extent(fig.canvas.get_renderer()).width  # type: ignore[attr-defined]
    mark.remove()
    return width


def _band(values: Sequence[float] | None, n: int) -> np.ndarray:
    return np.full(n, np.nan) if values is None else np.asarray(values, float)


def _draw_bands(ax: Axes, y: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    known = np.isfinite(low) & np.isfinite(high)
    if known.any():
        ax.hlines(y[known], low[known], high[known], color=INK, lw=1.0, zorder=4)
        for end in (low, high):
            ax.plot(end[known], y[known], "|", color=INK, ms=4.5, mew=1.0, zorder=4)


def _ends(*values: float) -> tuple[float, float]:
    """Where a bar with its band begins and ends, zero included."""
    known = [v for v in values if np.isfinite(v)] + [0.0]
    return min(known), max(known)


def _numbers(
    values: np.ndarray, ends: Sequence[tuple[float, float]], write: Format | None
) -> list[tuple[int, float, str, bool]]:
    """(row, x, text, to the left) of the number at each bar's end."""
    if write is None:
        return []
    out = []
    for row, (value, (low, high)) in enumerate(zip(values, ends, strict=True)):
        if np.isfinite(value):
            out.append((row, low if value < 0 else high, write(float(value)), bool(value < 0)))
    return out


def strips(rows: Sequence[tuple[str, Sequence[float], float, str]], width: float = 118.0) -> str:
    """One line a row: all values as ticks from lowest to highest, one of them marked and named.

    Rows are (label, all values, the marked value, its text). Drawn directly, since there are many of them.
    """
    from xml.sax.saxutils import escape

    from citybelt.report import fonts

    family = fonts.register()
    pitch, left, right = 9.2, 0.5, width - 0.5
    parts = []
    for i, (label, values, own, text) in enumerate(rows):
        low, high = min(values), max(values)
        scale = (right - left) / (high - low) if high > low else 0.0
        y = i * pitch
        parts.append(f'<text x="0" y="{y + 3.0:.2f}" fill="{SOFT}">{escape(label)}</text>')
        parts.append(
            f'<text x="{width}" y="{y + 3.0:.2f}" text-anchor="end" fill="{INK}" font-weight="bold">'
            f"{escape(text)}</text>"
        )
        parts.append(f'<rect x="0" y="{y + 4.2:.2f}" width="{width}" height="2.6" fill="#eef2f5"/>')
        if low < 0 < high:
            x = left - low * scale
            parts.append(f'<path d="M{x:.2f} {y + 3.8:.2f}v3.4" stroke="{SOFT}" stroke-width="0.25"/>')
        ticks = "".join(f"M{left + (v - low) * scale:.2f} {y + 4.5:.2f}v2" for v in values)
        parts.append(f'<path d="{ticks}" stroke="#a9b6c2" stroke-width="0.35"/>')
        x = left + (own - low) * scale
        parts.append(
            f'<circle cx="{x:.2f}" cy="{y + 5.5:.2f}" r="1.25" fill="{ORANGE}" stroke="white" stroke-width="0.3"/>'
        )
    height = len(rows) * pitch
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.1f}" width="{width}mm" '
        f'height="{height:.1f}mm" font-family="{family}" font-size="2.75">{"".join(parts)}</svg>'
    )
