"""Elasticities and rates of the laws of motion, from their table.

``parameters.csv`` holds value, range, unit, kind (estimated, calibrated, assumed), source, grade and whether the source
was read (``verified``) of each. Ends of a range are points of 10 and 90 % probability, as for the elasticities.
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd

from citybelt.errors import InputError
from citybelt.model.theory import from_ranges


def table() -> pd.DataFrame:
    """name, symbol, low, value, high, unit, kind, source, grade, verified, note."""
    with files("citybelt.path").joinpath("parameters.csv").open(encoding="utf-8") as handle:
        return pd.read_csv(handle, keep_default_na=False)


def parameters(rng: np.random.Generator | None = None, **overrides: float) -> dict[str, float]:
    """Values by symbol.

    Args:
        rng: draw from the ranges; central values if None.
        overrides: values set by the user.

    Raises:
        InputError: a symbol that the table does not hold.
    """
    rows = table()
    pick = rows["value"].to_numpy(float)
    if rng is not None:
        pick = from_ranges(rows, rng)
        pick = np.where(rows["unit"] == "share", np.minimum(pick, 1.0), pick)
    values = dict(zip(rows["symbol"], map(float, pick), strict=True))
    if unknown := set(overrides) - set(values):
        raise InputError(f"no parameter named {sorted(unknown)}; the table holds {sorted(values)}")
    return values | overrides
