"""Charts over years, ages and places, as SVG text: lines with bands, pyramids, layers, points against a diagonal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from citybelt.report.figures import BLUE, COLOURS, FAINT, INK, ORANGE, SOFT, TEXT_WIDTH, key, svg
from citybelt.report.text import MINUS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Values of a line, a layer, or points.
Numbers: TypeAlias = Sequence[float] | np.ndarray | pd.Series


@dataclass(frozen=True)
class Line:
    """Values over the x of a chart, with the ends of a band where there is one; ``dashed`` for what is compared."""

    name: str
    y: Numbers
    low: Numbers | None = None
    high: Numbers | None = None
    dashed: bool = False


@dataclass(frozen=True)
class Panel:
    """One of several small charts. ``marks`` are x values with a word, drawn as dotted lines."""

    title: str
    x: Numbers
    lines: Sequence[Line]
    marks: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Pyramid:
    """People of a place by sex and age, in several years: name -> (female, male), the first one filled.

    ``bands`` has the ends of a band for some of the years: name -> (female low, high), (male low, high).
    """

    title: str
    years: Mapping[str, tuple[Numbers, Numbers]]
    bands: Mapping[str, tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]] = field(default_factory=dict)


def curves(
    panels: Sequence[Panel],
    across: int = 3,
    x: str = "",
    width: float = TEXT_WIDTH,
    tall: float = 46.0,
    zero: bool = False,
    level: float | None = None,
) -> str:
    """Small charts of lines side by side; a name has one colour in all of them.

    ``x`` names the axis below, ``zero`` has every chart reach zero, ``level`` is drawn across all of them.
    """
    names = list(dict.fromkeys(line.name for panel in panels for line in panel.lines))
    colour = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    legend = colour if len(names) > 1 else {}
    fig, axes = _grid([p.title for p in panels], across, width, tall, 7.0 if legend else 1.0, 5.0 if x else 2.0)
    for ax, panel in zip(axes, panels, strict=True):
        xs = np.asarray(panel.x, float)
        for line in panel.lines:
            if line.low is not None and line.high is not None:
                ax.fill_between(xs, line.low, line.high, color=colour[line.name], alpha=0.18, lw=0, zorder=2)
            style: Any = (0, (3, 1.5)) if line.dashed else "-"
            ax.plot(xs, np.asarray(line.y, float), color=colour[line.name], lw=1.4, ls=style, zorder=3)
        if level is not None:
            ax.axhline(level, color=SOFT, lw=0.6, zorder=1)
        if zero:
            low, high = ax.get_ylim()
            ax.set_ylim(min(low, 0.0), max(high, 0.0))
        if ax.get_ylim()[0] < 0 < ax.get_ylim()[1]:
            ax.axhline(0, color=SOFT, lw=0.6, zorder=1)
        for k, (text, at) in enumerate(panel.marks.items()):
            ax.axvline(at, color=SOFT, lw=0.8, ls=(0, (1, 2)), zorder=2)
            right = at > 0.5 * (xs[0] + xs[-1])
            ax.annotate(
                text, (at, 0.03 + 0.1 * k), xycoords=("data", "axes fraction"), xytext=(-2 if right else 2, 0),
                textcoords="offset points", ha="right" if right else "left", fontsize=6.6, color=SOFT,
            )  # fmt: skip
        ax.margins(x=0.02)
        _ticks(ax)
        ax.set_xlabel(x, fontsize=7.0, labelpad=1.5)
    if legend:
        key(fig, legend)
    return svg(fig)


def pyramids(
    panels: Sequence[Pyramid],
    ages: Sequence[str],
    female: str,
    male: str,
    across: int = 3,
    width: float = TEXT_WIDTH,
    tall: float = 62.0,
) -> str:
    """Population pyramids: men to the left, women to the right; the first year filled, later ones as outlines."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.years))
    colour = dict(zip(names, ("#b9cfdb", ORANGE, INK, COLOURS[2]), strict=False))
    fig, axes = _grid([p.title for p in panels], across, width, tall, 7.0, 2.0)
    edges = np.arange(len(ages) + 1, dtype=float)
    for k, (ax, panel) in enumerate(zip(axes, panels, strict=True)):
        reached = [*panel.years.values(), *((f[1], m[1]) for f, m in panel.bands.values())]
        most = max(float(np.max(v)) for pair in reached for v in pair)
        for name, ends in panel.bands.items():
            for (low, high), sign in zip(ends, (1.0, -1.0), strict=True):
                ax.barh(
                    edges[:-1] + 0.5, sign * (np.asarray(high, float) - low), left=sign * np.asarray(low, float),
                    height=1.0, color=colour[name], alpha=0.22, lw=0, zorder=2.5,
                )  # fmt: skip
        for i, (name, (women, men)) in enumerate(panel.years.items()):
            for side in (np.asarray(women, float), -np.asarray(men, float)):
                if i == 0:
                    ax.barh(edges[:-1] + 0.5, side, height=0.9, color=colour[name], zorder=2)
                else:
                    ax.stairs(
                        side, edges, orientation="horizontal", baseline=None, color=colour[name], lw=1.2, zorder=3
                    )
        ax.axvline(0, color="white", lw=0.9, zorder=4)
        ax.set_xlim(-1.08 * most, 1.08 * most)
        ax.set_ylim(0, len(ages) + 1.6)
        ax.set_yticks(range(0, len(ages), 4), [a.split("-")[0].rstrip("+") for a in ages[::4]])
        for text, at in ((male, 0.02), (female, 0.98)):
            ax.text(at, 0.985, text, transform=ax.transAxes, ha="left" if at < 0.5 else "right", va="top",
                    fontsize=6.8, color=SOFT)  # fmt: skip
        _ticks(ax, vertical=False, sized=True)
        if k % across:
            ax.tick_params(axis="y", labelleft=True)
    key(fig, colour)
    return svg(fig)


def layers(
    x: Numbers, parts: Mapping[str, Numbers], width: float = TEXT_WIDTH, tall: float = 58.0,
    title: str = "", colours: Sequence[str] = COLOURS,
) -> str:  # fmt: skip
    """Amounts over years as layers on one another, the first at the bottom."""
    fig, (ax,) = _grid([title], 1, width, tall, 7.0, 2.0)
    shades = [*colours, "#c48f65", "#7fa7c9", "#b7c98a", "#5f6b77"]
    ax.stackplot(
        np.asarray(x, float),
        *[np.asarray(v, float) for v in parts.values()],
        colors=shades[: len(parts)],
        lw=0,
        zorder=2,
    )
    ax.margins(x=0.0)
    _ticks(ax)
    key(fig, dict(zip(parts, shades, strict=False)))
    return svg(fig)


def against(
    x: Numbers,
    y: Numbers,
    low: Numbers,
    high: Numbers,
    inside: Sequence[bool],
    legend: tuple[str, str],
    axes: tuple[str, str],
    names: Mapping[int, str],
    log: bool = True,
    width: float = 82.5,
) -> str:
    """Points with their bands over a logarithmic x; those ``inside`` in another colour.

    ``log`` has y logarithmic as well, with the diagonal, else zero is drawn. ``legend`` names the points inside and the
    others, ``axes`` x and y, ``names`` some points by number.
    """
    fig, (ax,) = _grid([""], 1, width, 0.92 * width, 7.0, 5.0, left=13.0)
    xs, ys = np.asarray(x, float), np.asarray(y, float)
    inner = np.asarray(inside, bool)
    ax.set_xscale("log")
    ends = float(xs.min()) * 0.75, float(xs.max()) * 1.35
    if log:
        ax.set_yscale("log")
        ax.plot(ends, ends, color=SOFT, lw=0.8, zorder=1)
        ax.set_ylim(ends)
    else:
        ax.axhline(0, color=SOFT, lw=0.8, zorder=1)
    ax.set_xlim(ends)
    for of, colour, order in ((~inner, BLUE, 2), (inner, ORANGE, 3)):
        ax.vlines(xs[of], np.asarray(low)[of], np.asarray(high)[of], color=colour, lw=0.7, alpha=0.45, zorder=order)
        ax.plot(xs[of], ys[of], "o", color=colour, ms=3.2, mec="white", mew=0.4, zorder=order + 2)
    middle = np.sqrt(ends[0] * ends[1])
    for number, name in names.items():
        right = xs[number] > middle
        ax.annotate(
            name, (xs[number], ys[number]), xytext=(-4 if right else 4, 0), textcoords="offset points", va="center",
            ha="right" if right else "left", fontsize=6.4, zorder=8,
            bbox={"fc": "#ffffffb0", "ec": "none", "pad": 0.4},
        )  # fmt: skip
    for axis in (ax.xaxis, ax.yaxis)[: 1 + log]:
        axis.set_major_formatter(_written)
        axis.set_minor_formatter(lambda v, _: "")
    if not log:
        ax.yaxis.set_major_formatter(_written)
    ax.tick_params(labelsize=6.8, which="both", length=0)
    ax.set_xlabel(axes[0], fontsize=7.0, labelpad=1.5)
    ax.set_ylabel(axes[1], fontsize=7.0, labelpad=2)
    key(fig, {legend[0]: ORANGE, legend[1]: BLUE})
    return svg(fig)


def _grid(
    titles: Sequence[str], across: int, width: float, tall: float, top: float, foot: float, left: float = 12.0
) -> tuple[Figure, list[Axes]]:
    """A figure with a plot for each title, ``tall`` mm each with its title and numbers; mm throughout."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    across = min(across, len(titles))
    down = -(-len(titles) // across)
    height = top + tall * down
    fig = Figure(figsize=(width / 25.4, height / 25.4))
    FigureCanvasAgg(fig)
    cell = width / across
    axes = []
    above, below = (7.0 if any(titles) else 1.5), 4.0 + foot
    for k, title in enumerate(titles):
        x0, y0 = (k % across) * cell + left, top + (k // across) * tall + above
        inner = tall - above - below
        ax = fig.add_axes((x0 / width, 1 - (y0 + inner) / height, (cell - left - 3.0) / width, inner / height))
        ax.set_title(title, fontsize=7.9, fontweight="bold", loc="left", pad=6, x=-left / (cell - left - 3.0) + 0.03)
        ax.grid(color=FAINT, lw=0.5, zorder=0)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
        axes.append(ax)
    return fig, axes


def _written(value: float, _: Any = None) -> str:
    text = f"{abs(value):,.6g}"
    return (MINUS if value < 0 else "") + text


def _sizes(value: float, _: Any = None) -> str:
    return f"{abs(value):,.6g}"


def _ticks(ax: Axes, vertical: bool = True, sized: bool = False) -> None:
    """Few numbers on each axis; ``sized`` writes sizes without signs along x."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    write: Callable = FuncFormatter(_written)
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(_sizes if sized else lambda v, _: f"{v:.6g}".replace("-", MINUS)))
    if vertical:
        ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
        ax.yaxis.set_major_formatter(write)
    ax.tick_params(labelsize=6.8)
