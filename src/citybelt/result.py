"""What every verb returns, as the command line sees it: JSON, a terminal view, and tables."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import is_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from citybelt.errors import InputError, Problem


class Result(Protocol):
    """A result of a verb. Its pandas tables are plain attributes."""

    def to_json(self) -> dict[str, Any]: ...

    def __rich__(self) -> Any: ...


class Progress(Protocol):
    """Called by long work: the stage in words, steps done, steps in all."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def plain(value: Any) -> Any:
    """The value in terms of JSON: numbers and arrays, tables, paths and records included; NaN becomes None."""
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
    if hasattr(value, "to_json"):
        return plain(value.to_json())
    if is_dataclass(value) and not isinstance(value, type):
        return plain(vars(value))
    raise TypeError(f"{type(value).__name__} has no form in JSON: {value!r}")


def to_text(document: Mapping[str, Any]) -> str:
    """One JSON object as text."""
    return json.dumps(plain(document), ensure_ascii=False, allow_nan=False, indent=1)


def to_bytes(document: Mapping[str, Any]) -> bytes:
    """One JSON object as a line-terminated file; half a surrogate pair stays as its escape, which JSON reads."""
    return to_text(document).encode("utf-8", "backslashreplace") + b"\n"


def folder(path: str | Path) -> Path:
    """The folder, made if missing, before long work ends in it.

    Raises:
        InputError: it can't be made or written to.
    """
    try:
        where = Path(path)
        where.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=where):
            pass
    except FileExistsError:
        raise InputError([Problem(str(path), "is not a folder.", "Choose another folder for the files.")]) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    except (TypeError, ValueError) as error:
        raise InputError([Problem(f"folder {path!r}", f"is no path ({error}).", "Give a folder's name.")]) from None
    return where


def put(files: Mapping[Path, bytes]) -> list[Path]:
    """Write beside the targets and rename once all are written: nobody ever reads half a file, nor a new file of a
    set whose others had no room.

    Raises:
        InputError: a file can't be written.
    """
    halves = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in files}
    path = Path()
    try:
        for path, half in halves.items():
            half.write_bytes(files[path])
        for path, half in halves.items():
            half.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        for half in halves.values():
            with suppress(OSError):  # the folder has gone or is closed to us: nothing was left there either
                half.unlink(missing_ok=True)
    return list(files)


def _unwritable(path: str | Path, error: OSError) -> InputError:
    what = f"cannot be written ({error.strerror or error})."
    return InputError([Problem(str(path), what, "Choose another folder, or make room there.")])


def _no_formula(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: names of projects are whatever a plan file says."""
    if not isinstance(cell, str) or not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or len(cell) < 2:
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def tables(result: Any) -> dict[str, Any]:
    """The pandas tables among a result's public attributes and properties, by name."""
    import pandas as pd

    fields = vars(result).keys() if hasattr(result, "__dict__") else ()
    kinds = (property, cached_property)
    properties = (n for n, v in vars(type(result)).items() if isinstance(v, kinds))
    names = [n for n in dict.fromkeys([*fields, *properties]) if not n.startswith("_")]
    found = {n: getattr(result, n) for n in names}
    return {n: v for n, v in found.items() if isinstance(v, pd.DataFrame)}


def save(result: Any, document: Mapping[str, Any], where: Path, verb: str) -> list[Path]:
    """Write a result into a folder: ``verb.json``, each of its tables as ``verb_table.csv``, and what it attaches.

    Raises:
        InputError: a file can't be written.
    """
    files = {f"{verb}.json": to_bytes(document)}
    for name, table in tables(result).items():
        text = table.map(_no_formula).to_csv(index=table.index.name is not None or table.index.nlevels > 1)
        # The byte order mark lets spreadsheets read the Chinese names.
        files[f"{verb}_{name}.csv"] = text.encode("utf-8-sig", "backslashreplace")
    files |= result.attached() if hasattr(result, "attached") else {}
    where = folder(where)
    return put({where / name: content for name, content in files.items()})
