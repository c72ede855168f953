"""What a page of tables is made of: sections with a title, words, a table whose columns are named in two languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from citybelt.result import plain
from citybelt.web import words
from citybelt.web.code import Code
from citybelt.web.words import Words, both

if TYPE_CHECKING:
    import pandas as pd

#: Column: name in English and Chinese, unit. ``x`` also stands for ``x_en`` and ``x_zh``, a text in both languages.
Columns = Mapping[str, tuple[str, str, str]]


def section(
    id: str, title: Words, table: dict[str, Any] | None = None, text: Words | None = None, note: Words | None = None
) -> dict[str, Any]:
    """One section of a page."""
    return {"id": id, "title": title, "text": text, "table": table, "note": note}


def table(
    frame: pd.DataFrame, columns: Columns, names: Callable[[Any], Words] | None = None, most: int = 2000
) -> dict[str, Any]:
    """Some columns of a table.

    Args:
        columns: what to show and how it is called.
        names: names of places by id, for columns called region, partner or cluster.
        most: rows at most.
    """
    shown = frame.head(most)
    rows: list[list[Any]] = []
    for record in shown.to_dict("records"):
        rows.append([_cell(record, c, names) for c in columns])
    return {
        "columns": [
            {"id": c, "name": both(en, zh), "unit": unit, "kind": _kind(shown, c)}
            for c, (en, zh, unit) in columns.items()
        ],
        "rows": plain(rows),
        "left_out": max(len(frame) - most, 0),
    }  # fmt: skip


def _cell(record: Mapping[str, Any], column: str, names: Callable[[Any], Words] | None) -> Any:
    if f"{column}_en" in record:
        return both(str(record[f"{column}_en"]), str(record[f"{column}_zh"]))
    value = record[column]
    if column == "unit":
        return words.data_unit(str(value))
    if names is not None and column in ("region", "partner", "cluster", "place"):
        return names(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return value


def _kind(frame: pd.DataFrame, column: str) -> str:
    return "number" if column in frame and frame[column].dtype.kind in "fi" else "text"


def page(title: Words, sections: Sequence[dict[str, Any]], code: Code) -> dict[str, Any]:
    """A whole page."""
    return {"title": title, "sections": list(sections), "code": code}
