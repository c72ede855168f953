"""Elasticities from their table, and joint draws over their ranges.

The table ``elasticities.csv`` holds value, range, source and kind (estimated, calibrated, assumed) of each. A draw
takes every elasticity from a triangular distribution over its range with the mode at its value; one common factor
moves all trade elasticities together, since studies differ in level more than in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import numpy as np
import pandas as pd


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
        low, high = rows["low"].to_numpy(float), rows["high"].to_numpy(float)
        pick = np.where(high > low, rng.triangular(low, pick, np.maximum(high, low + 1e-12)), pick)
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
