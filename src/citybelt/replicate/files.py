"""Reading the files of a case, with one clear message for what is missing or not as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd


def locate(folder: str | Path | None, case: str, files: Sequence[str], origin: str) -> Path | None:
    """The folder that holds the files of a case: the one given, or the one of the case's name inside it.

    Raises:
        InputError: no folder was given though files are needed, or files are missing: all of them in one message.
    """
    if not files:
        return None
    do = f"They are from {origin}"
    if folder is None:
        what = f"no folder was given; the case needs {', '.join(files)}."
        raise InputError([Problem("--data", what, do)])
    given = Path(folder)
    here = given / case if (given / case).is_dir() else given
    if missing := [name for name in files if not (here / name).is_file()]:
        raise InputError([Problem(str(here), f"lacks {', '.join(missing)}.", do)])
    return here


def table(path: Path, columns: Sequence[str], **options: Any) -> pd.DataFrame:
    """A CSV file that has at least these columns; ``options`` are those of pandas.

    Raises:
        InputError: it can't be read, or lacks columns.
    """
    import pandas as pd

    try:
        found = pd.read_csv(path, **options)
    except (ValueError, OSError) as error:  # pandas' own errors of form are ValueErrors
        raise _malformed(path, f"can't be read as a table ({error}).") from None
    if lacking := [c for c in columns if c not in found.columns]:
        raise _malformed(path, f"has no column {', '.join(lacking)}.")
    return found


def numbers(path: Path, shape: tuple[int | None, ...], values: Any, least: float = -np.inf) -> np.ndarray:
    """The values of a file as finite numbers of a shape, in which None stands for any length, none below ``least``.

    Raises:
        InputError: a cell that is no number or too small, or another shape.
    """
    try:
        array = np.asarray(values, dtype=float)
    except (ValueError, TypeError) as error:
        raise _malformed(path, f"holds a cell that is no number ({error}).") from None
    fits = array.ndim == len(shape) and all(n is None or n == m for n, m in zip(shape, array.shape, strict=True))
    if not fits:
        wanted = " x ".join("any" if n is None else str(n) for n in shape)
        raise _malformed(path, f"holds {' x '.join(map(str, array.shape))} numbers, not {wanted}.")
    if not np.isfinite(array).all():
        raise _malformed(path, f"holds no number at [{_first(~np.isfinite(array))}].")
    if (array < least).any():
        raise _malformed(path, f"holds {array[array < least][0]:g} at [{_first(array < least)}], below {least:g}.")
    return array


def _first(marks: np.ndarray) -> str:
    """The place of the first mark, counted from one."""
    return ", ".join(str(int(k) + 1) for k in np.argwhere(marks)[0])


def _malformed(path: Path, what: str) -> InputError:
    return InputError([Problem(str(path), what, "Take the file as its authors published it.")])
