"""Draw how a city's industry splits into sectors, where only its total is observed."""

from __future__ import annotations

import numpy as np

from citybelt.estimate.balance import biproportional


def redraw(
    output: np.ndarray,
    ratio: np.ndarray,
    province: np.ndarray,
    sectors: np.ndarray,
    spread: float,
    seed: int,
    known: np.ndarray | None = None,
) -> np.ndarray:
    """Gross output [R, J] with another split of the regions' output over some sectors.

    ``ratio`` [R, J] is value added over output, ``province`` [R] labels, ``sectors`` [J] bool those whose split is
    drawn, ``known`` [R, J] bool cells that stay. Every other cell takes lognormal noise of ``spread`` log points and is
    balanced back, so that every region's value added over these sectors and every province's in each sector stay. A
    province of one region, and cells of zero, don't change.
    """
    noise = spread * np.random.default_rng([seed, 1]).standard_normal(output.shape)
    added = output * ratio
    out = output.copy()
    for p in np.unique(province):
        cells = np.ix_(province == p, sectors)
        before = added[cells]
        if len(before) > 1:
            free = np.ones(before.shape, bool) if known is None else ~known[cells]
            drawn = np.where(free, before, 0.0)
            with np.errstate(divide="ignore"):
                prior = np.log(drawn) + noise[cells]
            table, _ = biproportional(prior[None], drawn.sum(axis=1)[None], drawn.sum(axis=0)[None])
            out[cells] = np.where(free, table[0] / ratio[cells], out[cells])
    return out
