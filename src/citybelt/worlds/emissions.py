"""CO2 per unit of fuel used and per unit of output, from provincial inventories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def emission_factors(
    inventory: pd.DataFrame,
    burns: Mapping[str, str],
    process: str,
    use: np.ndarray,
    output: np.ndarray,
    province: np.ndarray,
    provinces: Sequence[str],
    sectors: Sequence[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Emission per product used [R, J] and process emission per output [R, J], Mt per unit of money.

    ``inventory`` [province, fuel] Mt with a column ``process``; ``burns`` maps a fuel to the product that it is
    bought as, ``process`` names the sector of process emissions; ``use`` and ``output`` [R, J]; ``province``
    [R] numbers into ``provinces``. Regions of a province have its factors, so that its totals by fuel are met
    exactly. A province without an inventory takes the mean of the others; the third result marks its regions.
    """
    held = inventory.reindex(provinces)
    known = held.notna().all(axis=1).to_numpy()
    shape = (len(use), len(sectors))
    by_use, by_output = np.zeros(shape), np.zeros(shape)
    targets = [(by_use, use, fuel, product) for fuel, product in burns.items()]
    targets.append((by_output, output, "process", process))
    for out, base, item, name in targets:
        j = list(sectors).index(name)
        total = np.bincount(province, base[:, j], len(provinces))
        mt = held[item].to_numpy(float)
        rate = np.where(known, mt / total, np.nansum(mt[known]) / total[known].sum())
        out[:, j] = rate[province]
    return by_use, by_output, ~known[province]
