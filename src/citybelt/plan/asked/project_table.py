"""The table of projects that a plan file names: a CSV file or an Excel workbook beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from citybelt.errors import InputError
from citybelt.scenario.document import Document, shown
from citybelt.scenario.project_table import Table, project_table

ENDINGS = (".csv", ".xlsx")


def table(doc: Document, node: Any, key: str) -> Table:
    """The table whose name stands at ``key``; an empty one where it cannot be read, with the problem in ``doc``.

    Args:
        doc: the plan file; node: the mapping in which the name stands.
    """
    name, where = str(node[key]), doc.at(node, key, value=True)
    path = doc.path.parent / name
    if Path(name).name != name or not name.lower().endswith(ENDINGS):
        what = f"{shown(name)} is no table beside this file."
        doc.problem(where, what, f"Give the name of a file that ends in {' or '.join(ENDINGS)}.")
    elif not path.is_file():
        doc.problem(where, f"there is no file {shown(name)} beside this one.", "Correct the name.")
    else:
        try:
            return project_table(path)
        except InputError as error:
            doc.problems += error.problems
    return Table(path, empty=True)
