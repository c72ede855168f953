"""What every verb returns, as the command line sees it: JSON, a terminal view, and tables."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol


class Result(Protocol):
    """A result of a verb. Its pandas tables are plain attributes."""

    def to_json(self) -> dict[str, Any]: ...

    def __rich__(self) -> Any: ...


class Progress(Protocol):
    """Called by long work: the stage in words, steps done, steps in all."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def plain(value: Any) -> Any:
    """The value in terms of JSON: numpy numbers and arrays, tables and paths included; NaN becomes None."""
    if isinstance(value, float):  # numpy's float64 is one
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return plain(value.to_dict("records"))
    if hasattr(value, "tolist"):  # numpy and jax arrays and scalars, pandas indexes and series
        return plain(value.tolist())
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON: {value!r}")


def to_text(document: Mapping[str, Any]) -> str:
    """One JSON object as text."""
    return json.dumps(plain(document), ensure_ascii=False, allow_nan=False, indent=1)


def tables(result: Any) -> dict[str, Any]:
    """The pandas tables among a result's public attributes and properties, by name."""
    import pandas as pd

    fields = vars(result).keys() if hasattr(result, "__dict__") else ()
    kinds = (property, cached_property)
    properties = (n for n, v in vars(type(result)).items() if isinstance(v, kinds))
    names = [n for n in dict.fromkeys([*fields, *properties]) if not n.startswith("_")]
    found = {n: getattr(result, n) for n in names}
    return {n: v for n, v in found.items() if isinstance(v, pd.DataFrame)}


def save(result: Any, document: Mapping[str, Any], folder: Path, verb: str) -> list[Path]:
    """Write a result into a folder: ``verb.json``, and each of its tables as ``verb_table.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{verb}.json"]
    paths[0].write_text(to_text(document) + "\n", encoding="utf-8")
    for name, table in tables(result).items():
        paths.append(folder / f"{verb}_{name}.csv")
        # The byte order mark lets spreadsheets read the Chinese names.
        table.to_csv(paths[-1], index=table.index.name is not None or table.index.nlevels > 1, encoding="utf-8-sig")
    return paths
