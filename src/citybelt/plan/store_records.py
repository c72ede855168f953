"""Results as text that a store can keep: tables, arrays and plain values, and records of them by name.

Nothing is executed when a text is read: what is made of it are tables, arrays, plain values, and records of the classes
that the reader names. Numbers come back bit by bit, since Python writes floats in as many digits as tell them apart;
only what is no number may lose its sign.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

_PLAIN = (bool, int, float, str, type(None))


def encode(value: Any) -> str:
    """A result as text.

    Raises:
        TypeError: it holds what is no table, array, plain value or record of these.
    """
    return json.dumps(_told(value), ensure_ascii=False)


def decode(text: str, *kinds: type) -> Any:
    """What a text of ``encode`` tells.

    Args:
        kinds: classes of the records in it.

    Raises:
        ValueError, KeyError, TypeError: it is no such text, or tells of another class.
    """
    return _made(json.loads(text), {kind.__name__: kind for kind in kinds})


def _told(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in _PLAIN:
        return value
    if isinstance(value, pd.DataFrame):
        columns = [[_told(name), *_column(value.iloc[:, k])] for k, name in enumerate(value.columns)]
        return {"table": columns, "columns": _index(value.columns), "rows": _index(value.index)}
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return {"array": value.ravel().tolist(), "dtype": value.dtype.str, "shape": value.shape}
    if isinstance(value, Mapping):
        return {"mapping": [[_told(k), _told(v)] for k, v in value.items()]}
    if type(value) in (tuple, list):
        return {type(value).__name__: [_told(part) for part in value]}
    if is_dataclass(value) and not isinstance(value, type):
        held = {f.name: _told(getattr(value, f.name)) for f in fields(value) if f.init}
        return {"record": type(value).__name__, "fields": held}
    raise TypeError(f"a {type(value).__name__} is not kept")


def _column(values: pd.Series) -> list:
    if str(values.dtype) not in ("object", "str", "bool") and values.dtype.kind not in "if":
        raise TypeError(f"a column of {values.dtype} is not kept")
    return [str(values.dtype), [_told(x) for x in values.tolist()]]


def _index(index: pd.Index) -> list:
    if isinstance(index, pd.MultiIndex):
        raise TypeError("levels of an index are not kept")
    if isinstance(index, pd.RangeIndex):
        return ["range", [index.start, index.stop, index.step], _told(index.name)]
    return [*_column(index.to_series()), _told(index.name)]


def _made(told: Any, kinds: Mapping[str, type]) -> Any:
    if not isinstance(told, dict):
        return told
    if "table" in told:
        rows = _labels(told["rows"], kinds)
        columns = [pd.Series([_made(x, kinds) for x in held], rows, dtype) for _, dtype, held in told["table"]]
        table = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=rows)
        table.columns = _labels(told["columns"], kinds)
        return table
    if "array" in told:
        return np.array(told["array"], told["dtype"]).reshape(told["shape"])
    if "mapping" in told:
        return {_made(k, kinds): _made(v, kinds) for k, v in told["mapping"]}
    if "record" in told:
        return kinds[told["record"]](**{name: _made(value, kinds) for name, value in told["fields"].items()})
    ((kind, parts),) = told.items()
    return {"tuple": tuple, "list": list}[kind](_made(part, kinds) for part in parts)


def _labels(told: list, kinds: Mapping[str, type]) -> pd.Index:
    dtype, held, name = told
    if dtype == "range":
        return pd.RangeIndex(*held, name=_made(name, kinds))
    return pd.Index([_made(x, kinds) for x in held], dtype=dtype, name=_made(name, kinds))
