"""Primacy, rank and size of cities, and whether neighbours resemble each other."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from citybelt.model.theory import TENTH


@dataclass(frozen=True)
class RankSize:
    """Pareto exponent of city sizes with its standard error and 80 % band."""

    exponent: float
    standard_error: float
    n: int

    @property
    def band(self) -> tuple[float, float]:
        """80 % band of the exponent (normal approximation)."""
        half = TENTH * self.standard_error
        return self.exponent - half, self.exponent + half


def rank_size(sizes: np.ndarray) -> RankSize:
    """Exponent of P(size > S) ~ S^-zeta by the regression ln(rank - 1/2) = a - zeta ln S.

    The half corrects the bias of small samples, and the standard error is zeta sqrt(2 / n): the one that
    least squares prints is far too small, since ranks are correlated.
    Source: X. Gabaix, R. Ibragimov (2011), Journal of Business and Economic Statistics 29.
    """
    sizes = np.sort(np.asarray(sizes, float))[::-1]
    if len(sizes) < 3 or (sizes <= 0).any():
        raise ValueError("rank and size needs at least three positive sizes")
    x, y = np.log(sizes), np.log(np.arange(1, len(sizes) + 1) - 0.5)
    x = x - x.mean()
    zeta = -float(x @ y / (x @ x))
    return RankSize(zeta, zeta * float(np.sqrt(2 / len(sizes))), len(sizes))


def primacy(sizes: np.ndarray) -> dict[str, float]:
    """First city over the second, over the next three, twice over the next ten (Jefferson 1939 and the
    four- and eleven-city forms), and its share of the sum. Under Zipf's rule the first is 2, the others 1."""
    s = np.sort(np.asarray(sizes, float))[::-1]
    out = {"two_city": s[0] / s[1], "share": s[0] / s.sum()}
    if len(s) >= 4:
        out["four_city"] = s[0] / s[1:4].sum()
    if len(s) >= 11:
        out["eleven_city"] = 2 * s[0] / s[1:11].sum()
    return {k: float(v) for k, v in out.items()}


@dataclass(frozen=True)
class Neighbours:
    """Global and local Moran statistics of one variable. ``quadrant`` 1 HH, 2 LH, 3 LL, 4 HL."""

    moran: float
    expected: float
    p_value: float
    local: np.ndarray
    quadrant: np.ndarray
    significant: np.ndarray  # at a false discovery rate of 10 %


def moran(values: np.ndarray, pairs: list[tuple[int, int]], draws: int = 999, seed: int = 0) -> Neighbours:
    """Moran's I (row-standardised contiguity) and its local form, with permutation inference.

    ``values`` [region] and ``pairs`` of positions that are neighbours (once is enough). Expected value
    without any pattern is -1 / (n - 1). Local significance is controlled at a false discovery rate of 10 %
    (Benjamini, Hochberg 1995), since many tests are made. Computed by ``esda``.
    """
    from esda import Moran, Moran_Local, fdr  # heavy, so only when asked for
    from libpysal.weights import W

    neighbours: dict[int, list[int]] = {i: [] for i in range(len(values))}
    for a, b in pairs:
        if a != b:
            neighbours[a].append(b)
            neighbours[b].append(a)
    alone = [i for i, js in neighbours.items() if not js]
    if alone:
        raise ValueError(f"regions without a neighbour: {alone}")
    weights = W({i: sorted(set(js)) for i, js in neighbours.items()}, silence_warnings=True)
    weights.transform = "r"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about a default that is set right below
        np.random.seed(seed)  # noqa: NPY002  esda's global statistic draws from the legacy generator
        one = Moran(np.asarray(values, float), weights, permutations=draws)
        local = Moran_Local(np.asarray(values, float), weights, permutations=draws, seed=seed)
    two_sided = np.minimum(2 * np.asarray(local.p_sim), 1.0)
    return Neighbours(
        float(one.I),
        float(one.EI),
        float(one.p_sim),
        np.asarray(local.Is),
        np.asarray(local.q),
        np.asarray(two_sided <= fdr(two_sided, 0.10)),
    )
