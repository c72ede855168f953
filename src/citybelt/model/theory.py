"""Elasticities from their table, and joint draws over their ranges.

The table ``elasticities.csv`` holds value, range, source and kind (estimated, calibrated, assumed) of each. The ends
of a range are read as the points of 10 and 90 % probability of two normal halves that meet at the value (of the
logarithm where the range is positive), as for the effects of levers. One common factor moves all trade elasticities
together, since studies differ in level more than in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import numpy as np
import pandas as pd

#: What a standard normal variable exceeds with a probability of 10 %.
TENTH = 1.2815515655446004


def table() -> pd.DataFrame:
    """The table of elasticities: name, symbol, sector, value, low, high, kind, source, place, verified, note."""
    text = files("citybelt.model").joinpath("elasticities.csv")
    with text.open(encoding="utf-8") as handle:
        return pd.read_csv(handle, dtype={"sector": str}, keep_default_na=False)


def theory(sectors: Sequence[str], rng: np.random.Generator | None = None, **overrides: float):
    """Elasticities of the spatial model.

    Args:
        sectors: labels in the order of the arrays.
        rng: draw from the ranges; central values if None.
        overrides: symbols set by the user, for example ``nu=3`` or ``theta_level=0.5``.

    Returns:
        A ``Theory``.

    Raises:
        KeyError: a sector or symbol that the table does not hold.
    """
    import jax.numpy as jnp

    from citybelt.model.accounts import Theory

    rows = table()
    pick = rows["value"].to_numpy(float)
    if rng is not None:
        pick = from_ranges(rows, rng)
    values = {(s, j): v for s, j, v in zip(rows["symbol"], rows["sector"], pick, strict=True)}
    one = {s: v for (s, j), v in values.items() if j == ""}
    unknown = set(overrides) - set(one)
    if unknown:
        raise KeyError(f"no elasticity named {sorted(unknown)}; the table holds {sorted(one)}")
    one |= overrides
    theta = np.array([values["theta", j] for j in sectors]) * one["theta_level"]
    return Theory(
        theta=jnp.asarray(theta),
        agg=jnp.full(len(sectors), one["agg"]),
        nu=jnp.asarray([one["nu"], one["nu"] * one["nu_old_share"]]),
        congestion=jnp.asarray(one["congestion"]),
        public=jnp.asarray(one["public"]),
        eta=jnp.asarray(one["eta"]),
    )


def from_ranges(rows: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """A value for each row of a table, of its range: ``low`` and ``high`` are points of 10 and 90 % probability."""
    low, value, high = (rows[c].to_numpy(float) for c in ("low", "value", "high"))
    return two_halves(low, value, high, rng.normal(size=len(rows)) / TENTH)


def two_halves(low: np.ndarray, value: np.ndarray, high: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Points of distributions with two normal halves; ``z`` of one is the high end, of minus one the low end.

    Where the range is positive the halves are those of the logarithm; elsewhere no draw falls below zero.
    """
    positive = low > 0
    safe = [np.where(positive, v, 1.0) for v in (low, value, high)]
    ratio = np.where(z > 0, safe[2] / safe[1], safe[1] / safe[0])
    plain = np.maximum(value + z * np.where(z > 0, high - value, value - low), 0.0)
    return np.where(positive, safe[1] * ratio**z, plain)
