r"""Places between which people commute and goods are traded, by one damped loop; and its inversion by rescaling.

Changes of wages ``w`` and of commuting probabilities ``lam`` in turn, as in Monte, Redding and Rossi-Hansberg (2018):

    v = sum lam w' / R,  pi' = pi z / sum pi z,  z = L'^(1+(sigma-1)nu) (d w)^(1-sigma),  w L = sum pi' v R,
    lam' = lam (P^alpha q^(1-alpha))^-eps (w/k)^eps, summing to one

Powers of trade and commuting costs are taken once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.plain.found import Found

TOLERANCE = 1e-10


def of(b: Any, th: Any, z: Any, damping: float, rounds: int = 20_000) -> Callable[[], Found]:
    """The loop for the records of the class ``commuting``, without transfers."""
    share, wage = np.asarray(b.share)[0], np.asarray(b.wage)
    lam0 = np.asarray(b.commuters) / np.asarray(b.commuters).sum()
    eps, theta, agg, alpha, delta = (float(x) for x in (th.eps, th.theta, th.agg, th.alpha, th.delta))
    log_d, log_k, log_A = np.asarray(z.log_d), np.asarray(z.log_k), np.asarray(z.log_A)

    def loop() -> Found:
        kernel = share * np.exp(-theta * log_d)
        drawn0 = lam0 * np.exp(-eps * log_k)
        L0, R0 = lam0.sum(axis=0), lam0.sum(axis=1)
        income0 = lam0 @ wage
        paid0 = wage * L0
        w, liked = np.ones(len(wage)), np.ones(len(wage))
        for k in range(1, rounds + 1):
            pull = w**eps
            lam = drawn0 * liked[:, None] * pull
            lam /= lam.sum()
            L, income = lam.sum(axis=0) / L0, lam @ (w * wage)
            attraction = L ** (theta * agg) * np.exp(theta * log_A) * w**-theta
            reach = kernel @ attraction
            log_P = -np.log(reach) / theta
            receipts = attraction * ((income / reach) @ kernel)
            unit = (w * wage).sum() / wage.sum()
            log_q = np.log(income / income0 / unit) / (1 + delta) + np.log(unit)
            liked_new = np.exp(-eps * (alpha * log_P + (1 - alpha) * log_q))
            gap_w = np.log(receipts / (paid0 * L * w))
            gap_v = np.log(liked_new / liked) / eps
            residual = max(np.abs(gap_w).max(), np.abs(gap_v - gap_v @ R0).max())
            w = w * np.exp(damping * gap_w)
            w *= income0.sum() / (lam @ (w * wage)).sum()
            liked = liked * np.exp(damping * eps * gap_v)
            if not np.isfinite(residual):
                raise FloatingPointError("The loop ran away.")
            if residual < TOLERANCE:
                return Found(np.log(w), float(residual), k)
        raise RuntimeError(f"No rest within {rounds} rounds: {residual:.1e}.")

    return loop


def attraction(kernel: np.ndarray, bought: np.ndarray, sold: np.ndarray, rounds: int = 100_000) -> Found:
    """What draws buyers to each seller, by rescaling sellers until they sell what they do."""
    s = np.ones(len(sold))
    sold = sold * (bought.sum() / sold.sum())
    for k in range(1, rounds + 1):
        made = s * ((bought / (kernel @ s)) @ kernel)
        residual = np.abs(sold / made - 1).max()
        if residual < TOLERANCE:
            return Found(np.log(s / s.mean()), float(residual), k)
        s = s * (sold / made)
    raise RuntimeError(f"No rest within {rounds} rounds: {residual:.1e}.")
