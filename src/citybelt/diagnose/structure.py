"""How alike the industries of regions are, against what chance alone would give.

Every measure of similarity rises when industries are merged: with three broad sectors all regions look
alike. So each is computed at every level of detail that the data hold, and beside it stand the values under
two stated nulls: industries shuffled within each region (the region keeps its concentration, loses its
industries), and a random set of as many regions drawn from the whole country (is this cluster more alike
than any other group of cities?). Similar does not mean wasteful: firms of one industry trade with each other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd


def shares(values: np.ndarray) -> np.ndarray:
    """Rows of [region, industry] divided by their sum; raises ValueError for an empty or negative row."""
    values = np.asarray(values, float)
    total = values.sum(axis=1, keepdims=True)
    if (values < 0).any() or (total <= 0).any() or not np.isfinite(values).all():
        raise ValueError("shares need finite values of zero or more, and no row of zeros")
    return values / total


def location_quotient(values: np.ndarray, reference: np.ndarray | None = None) -> np.ndarray:
    """Share of an industry in a region over its share in the reference; [region, industry].

    ``reference`` [industry] is the sum of the regions unless given. Industries absent from the reference
    give NaN. Source: Isard (1960), Methods of Regional Analysis.
    """
    reference = np.asarray(values, float).sum(axis=0) if reference is None else np.asarray(reference, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(reference > 0, shares(values) / (reference / reference.sum()), np.nan)


def cosine(s: np.ndarray) -> np.ndarray:
    """Similarity sum_k s_ik s_jk / sqrt(sum s_ik^2 sum s_jk^2) of all pairs; [region, region] in [0, 1].

    The similarity coefficient of UNIDO (1979), used by Chinese planning institutes.
    """
    unit = s / np.linalg.norm(s, axis=1, keepdims=True)
    return np.clip(unit @ unit.T, 0.0, 1.0)


def krugman(s: np.ndarray) -> np.ndarray:
    """Dissimilarity sum_k |s_ik - s_jk| of all pairs; [region, region] in [0, 2] (Krugman 1991)."""
    return np.abs(s[:, None, :] - s[None, :, :]).sum(axis=2)


def complementarity(demand: np.ndarray, supply: np.ndarray) -> np.ndarray:
    """How far the supply of region j fits the demand of region i: 1 - sum_k |m_ik - x_jk| / 2; in [0, 1].

    ``demand`` and ``supply`` are shares [region, industry]. Source: M. Michaely (1996), World Bank Policy
    Research Working Paper 1583.
    """
    return 1.0 - np.abs(demand[:, None, :] - supply[None, :, :]).sum(axis=2) / 2.0


def mean_pair(pairs: np.ndarray) -> float:
    """Mean over unordered pairs of distinct regions of a symmetric [region, region] matrix."""
    n = len(pairs)
    if n < 2:
        raise ValueError("a pair needs two regions")
    return float((pairs.sum() - np.trace(pairs)) / (n * (n - 1)))


def shuffled_null(s: np.ndarray, measure: Callable[[np.ndarray], np.ndarray], draws: int, seed: int) -> np.ndarray:
    """Mean pair measure when every region's shares are dealt to industries at random; [draws]."""
    rng = np.random.default_rng(seed)
    return np.array([mean_pair(measure(rng.permuted(s, axis=1))) for _ in range(draws)])


def drawn_null(pairs: np.ndarray, n: int, draws: int, seed: int) -> np.ndarray:
    """Mean pair measure of ``n`` regions drawn without replacement from the matrix of all; [draws]."""
    rng = np.random.default_rng(seed)
    out = np.empty(draws)
    for d in range(draws):
        pick = rng.choice(len(pairs), n, replace=False)
        out[d] = mean_pair(pairs[np.ix_(pick, pick)])
    return out


def similarity(values: np.ndarray, member: np.ndarray, draws: int = 400, seed: int = 0) -> dict[str, float]:
    """Similarity inside a group of regions with both nulls.

    ``values`` [region, industry] for all regions of the country, ``member`` [region] bool. Returns the mean
    pair cosine and Krugman index of the members, the mean of each null and its 10 and 90 % points (80 %
    band), and ``p_drawn``: the share of random groups at least as alike (with the usual +1 correction).
    """
    s, member = shares(values), np.asarray(member, bool)
    pairs, n = cosine(s), int(member.sum())
    own = mean_pair(pairs[np.ix_(member, member)])
    shuffled = shuffled_null(s[member], cosine, draws, seed)
    drawn = drawn_null(pairs, n, draws, seed + 1)
    return {
        "regions": n,
        "industries": s.shape[1],
        "cosine": own,
        "krugman": mean_pair(krugman(s[member])),
        "cosine_shuffled": float(shuffled.mean()),
        "cosine_shuffled_p10": float(np.quantile(shuffled, 0.1)),
        "cosine_shuffled_p90": float(np.quantile(shuffled, 0.9)),
        "cosine_drawn": float(drawn.mean()),
        "cosine_drawn_p10": float(np.quantile(drawn, 0.1)),
        "cosine_drawn_p90": float(np.quantile(drawn, 0.9)),
        "p_drawn": float((1 + (drawn >= own - 1e-12).sum()) / (1 + draws)),
    }


def specialisation(values: np.ndarray) -> pd.DataFrame:
    """For each region: Herfindahl index of its shares, entropy over its maximum (1 = evenly spread), and
    the Krugman distance to the sum of all regions."""
    s = shares(values)
    total = np.asarray(values, float).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(s > 0, s * np.log(s), 0.0).sum(axis=1) / np.log(s.shape[1])
    return pd.DataFrame(
        {
            "herfindahl": (s**2).sum(axis=1),
            "diversity": entropy,
            "krugman_to_all": np.abs(s - total / total.sum()).sum(axis=1),
        }
    )


def top_industries(quotient: np.ndarray, share: np.ndarray, k: int, smallest: float) -> list[list[int]]:
    """Columns of the ``k`` highest quotients above 1 of each region, among industries that hold at least
    ``smallest`` of it: a tiny industry can have a huge quotient by chance."""
    out = []
    for q, s in zip(quotient, share, strict=True):
        order = np.argsort(-np.nan_to_num(q), kind="stable")
        out.append([int(j) for j in order if q[j] > 1 and s[j] >= smallest][:k])
    return out


def repeats(quotient: np.ndarray, share: np.ndarray, k: int, smallest: float) -> np.ndarray:
    """How many regions count each industry among their top ``k``; [industry]."""
    count = np.zeros(quotient.shape[1], int)
    for top in top_industries(quotient, share, k, smallest):
        count[top] += 1
    return count
