"""The report: one HTML file and one PDF for each language, from a dataset, a diagnosis, runs and a plan.

`report` makes what it isn't given and writes the files; `write` takes everything ready made.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from citybelt.report.build import Report
    from citybelt.result import Progress

__all__ = ["report", "write"]


def report(
    dataset: Any,
    plan: Any,
    out: str | Path,
    lang: str | Sequence[str] = ("en", "zh"),
    progress: Progress | None = None,
) -> Report:
    """Diagnose, hold the article against data, run every scenario of the world, and write the report of a plan.

    Arguments: ``dataset`` a loaded world; ``plan`` its plan; ``out`` the folder; ``lang`` the languages.
    Returns a result whose ``paths`` names the files ("en.html", "en.pdf", ...).
    """
    from citybelt.claims import ledger
    from citybelt.coverage import coverage
    from citybelt.diagnose import diagnose
    from citybelt.scenario.scenario import scenarios
    from citybelt.scenario.simulate import run_all

    runs = run_all(dataset, scenarios(dataset.name), getattr(plan, "draws", 0), progress)
    return write(
        dataset, diagnose(dataset, progress=progress), ledger(dataset), runs, plan, coverage(), out, lang, progress
    )


def write(
    dataset: Any,
    diagnosis: Any,
    ledger: Any,
    runs: Sequence[Any],
    plan: Any,
    coverage: Any,
    out: str | Path,
    lang: str | Sequence[str] = ("en", "zh"),
    progress: Progress | None = None,
) -> Report:
    """Write the report from results that are ready (``citybelt.report.inputs`` says what is read of each).

    Files appear under their names only when all of them are whole. Raises ``InputError`` naming every table or
    column that is missing, results of another world or of other data, and files that can't be written.
    """
    from citybelt.report.build import write

    return write(dataset, diagnosis, ledger, runs, plan, coverage, out, lang, progress)
