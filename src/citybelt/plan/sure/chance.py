r"""How often one plan does better than another, when both are valued in the same draws.

    (B1)  P(A > B) = mean_k s_k,      s_k = 1 where a_k > b_k, 1/2 where they are equal, 0 elsewhere
    (B2)  se = sqrt(var(s) / K)

Common draws (number k is one and the same world for both plans) leave only what the plans do differently: the
standard error is that of the paired comparison. Where all draws agree (B2) would be zero, which they can't show: then
the error is that of half a draw the other way. Sources: Glasserman and Yao (1992) for common random numbers; Jeffreys
(1946) for the half draw.
"""

from __future__ import annotations

import numpy as np


def beats(draws_a: np.ndarray, draws_b: np.ndarray) -> tuple[float, float]:
    """(B1, B2) The probability that plan A does better than plan B, and its standard error.

    Args:
        draws_a, draws_b: [K] values of each plan by number of the draw; pairs with a NaN are left out.

    Returns:
        probability and standard error, both between 0 and 1.

    Raises:
        ValueError: arrays of different shapes, or no pair.
    """
    a, b = np.asarray(draws_a, float), np.asarray(draws_b, float)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError("both plans need one value for each of the same draws")
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    if not a.size:
        raise ValueError("there is no draw in which both plans have a value")
    score = np.where(a > b, 1.0, np.where(a == b, 0.5, 0.0))
    half = 0.5 / (a.size + 1.0)
    least = np.sqrt(half * (1.0 - half) / a.size)
    return float(score.mean()), float(max(np.sqrt(score.var() / a.size), least))
