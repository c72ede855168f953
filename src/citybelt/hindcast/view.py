"""The hindcast at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from citybelt.hindcast.result import Hindcast, Scored

HEADS = ("median abs. error", "bias", "crps", "in 50 % band", "in 80 % band")


def view(result: Hindcast) -> Any:
    """Scores of the forecast beside those of the baselines, all regions / cluster, percent."""
    from rich.console import Group
    from rich.table import Table

    from citybelt.hindcast.result import Scored

    table = Table(title=f"{result.world}, 2010 to 2020: all regions / {result.cluster_name}, percent")
    table.add_column("forecast")
    for name in HEADS:
        table.add_column(name, justify="right")
    table.add_row("this method, levels learned outside", *_cells(result.total))
    table.add_row("as known in 2010, nothing learned", *_cells(result.known.total))
    for name, scores in result.baselines.items():
        table.add_row(name.replace("_", " "), *_cells(scores))
    ages = Table(title="By age, this method")
    ages.add_column("ages")
    for name in HEADS:
        ages.add_column(name, justify="right")
    for group, scores in result.by_age.items():
        ages.add_row(group, *_cells(scores))
    made = Table(title="Share in output, places without breaks in the series")
    for name in ("forecast", *HEADS):
        made.add_column(name, justify="left" if name == "forecast" else "right")
    for name, (every, cluster) in result.output.scores["filled"].items():
        made.add_row(name.replace("_", " "), *_cells(Scored(every, cluster)))
    share = result.variance["all"].vintage
    last = (
        f"method {result.method_hash}, people of 2010 by the {result.vintage}; "
        f"the vintage makes {100 * share:.0f} % of the variance of people in 2020"
    )
    return Group(table, ages, made, last)


def _cells(scores: Scored) -> list[str]:
    both = (scores.all, scores.cluster)
    cells = [" / ".join(f"{getattr(s, name):.1f}" for s in both) for name in ("median_abs_error", "bias", "crps")]
    for level in ("50", "80"):
        cells.append(" / ".join("-" if s.coverage is None else f"{s.coverage[level]:.0f}" for s in both))
    return cells
