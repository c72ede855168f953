r"""What a place is good at, and how close to it a new line of work would be.

    (R1)  RCA[n,j] = ( x[n,j] / sum_j x ) / ( sum_n x / sum x ),   M = 1 where RCA >= 1        strengths
    (R2)  phi[j,k] = min( P(j|k), P(k|j) ) = sum_n M[n,j] M[n,k] / max( ubiquity j, ubiquity k )
    (R3)  density[n,j] = sum_{k != j} M[n,k] phi[j,k] / sum_{k != j} phi[j,k]                   in 0..1

Lines that the same places are good at are close; a line is close to a place that is good at those close to it.
Sources: Balassa (1965); Hidalgo, Klinger, Barabasi and Hausmann (2007). Limits: being close is no proof that it pays.
"""

from __future__ import annotations

import numpy as np


def strengths(x: np.ndarray) -> np.ndarray:
    """(R1) true where a place has more of a line than the average place; empty places and lines have none."""
    total = x.sum()
    expected = x.sum(axis=1, keepdims=True) * x.sum(axis=0, keepdims=True) / total
    return (x >= expected) & (x > 0)


def proximity(strong: np.ndarray) -> np.ndarray:
    """(R2) how often those who are good at one line are good at the other, [lines, lines]; ones on the diagonal."""
    M = strong.astype(float)
    both = M.T @ M
    often = np.diag(both)
    most = np.maximum(often[:, None], often[None, :])
    return np.divide(both, most, out=np.zeros_like(both), where=most > 0)


def density(strong: np.ndarray, close: np.ndarray) -> np.ndarray:
    """(R3) relatedness density of places and lines, between 0 and 1; zero for a line that is close to none."""
    other = close * (1.0 - np.eye(len(close)))
    total = other.sum(axis=1)
    return np.divide(strong.astype(float) @ other.T, total, out=np.zeros(strong.shape), where=total > 0)
