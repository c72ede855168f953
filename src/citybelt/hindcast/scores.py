r"""How good a forecast in bands was, in percent of what was counted.

With draws x_k and the count y of a place, e_k = 100 (x_k / y - 1), over the places that are scored:

    (K1)  coverage[q] = share of places whose y lies between the quantiles (1 - q)/2 and (1 + q)/2 of their draws
    (K2)  crps  = mean over places of  mean_k |e_k| - mean_{k,l} |e_k - e_l| / 2
    (K3)  bias  = mean of the error of the median draw, in percent;   median and mean of its size beside it

A single number has the CRPS |e|. Sources: Gneiting and Raftery (2007) for (K2).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

LEVELS = (50, 80)


@dataclass(frozen=True)
class Score:
    """One set of places. Percent, but ``places``; coverage of a forecast without bands is None."""

    places: int
    coverage: dict[str, float] | None
    crps: float
    bias: float
    median_abs_error: float
    mean_abs_error: float

    def to_json(self) -> dict:
        return asdict(self)


def crps(draws: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """(K2) By place, in percent of what was counted. ``draws`` [K, R], ``counted`` [R]."""
    e = np.sort(100 * (draws / counted - 1), axis=0)
    K = len(e)
    # Sorted, the mean distance of all pairs is a weighted sum.
    rank = 2 * np.arange(1, K + 1) - K - 1
    apart = 2 * (rank[:, None] * e).sum(axis=0) / K**2
    return np.abs(e).mean(axis=0) - apart / 2


def score(draws: np.ndarray, counted: np.ndarray) -> Score:
    """(K1-K3) of draws [K, R]; places whose count is NaN are left out. One draw is a forecast without bands."""
    held = np.isfinite(counted)
    draws, counted = draws[:, held], counted[held]
    coverage = None
    if len(draws) > 1:
        coverage = {}
        for level in LEVELS:
            low, high = np.quantile(draws, [(100 - level) / 200, (100 + level) / 200], axis=0)
            coverage[str(level)] = float(100 * ((low <= counted) & (counted <= high)).mean())
    error = 100 * (np.median(draws, axis=0) / counted - 1)
    return Score(
        int(held.sum()),
        coverage,
        float(crps(draws, counted).mean()),
        float(error.mean()),
        float(np.median(np.abs(error))),
        float(np.abs(error).mean()),
    )
