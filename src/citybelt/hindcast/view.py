"""The hindcast at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from citybelt.hindcast.result import Hindcast, Scored


def view(result: Hindcast) -> Any:
    """Scores of the forecast beside those of the baselines, all regions / cluster, percent."""
    from rich.console import Group
    from rich.table import Table

    table = Table(title=f"{result.world}, 2010 to 2020: all regions / {result.cluster_name}, percent")
    table.add_column("forecast")
    for name in ("median abs. error", "bias", "crps", "in 50 % band", "in 80 % band"):
        table.add_column(name, justify="right")
    table.add_row("this method", *_cells(result.total))
    for name, scores in result.baselines.items():
        table.add_row(name.replace("_", " "), *_cells(scores))
    table.add_row("levels learned outside", *_cells(result.learned))
    ages = Table(title="By age, this method")
    ages.add_column("ages")
    for name in ("median abs. error", "bias", "crps", "in 50 % band", "in 80 % band"):
        ages.add_column(name, justify="right")
    for group, scores in result.by_age.items():
        ages.add_row(group, *_cells(scores))
    return Group(table, ages, f"method {result.method_hash}, {result.draws} draws")


def _cells(scores: Scored) -> list[str]:
    both = (scores.all, scores.cluster)
    cells = [" / ".join(f"{getattr(s, name):.1f}" for s in both) for name in ("median_abs_error", "bias", "crps")]
    for level in ("50", "80"):
        cells.append(" / ".join("-" if s.coverage is None else f"{s.coverage[level]:.0f}" for s in both))
    return cells
