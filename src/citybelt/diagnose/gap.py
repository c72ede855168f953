"""Why one region's output per head differs from another's: an exact accounting, not a cause.

Output per head is a product of ratios summed over sectors,

    y = sum_s  (A / P) (W / A) (W_s / W) (Y_s / W_s),

persons of working age A among residents P, workers W among them, the sector mix of workers, and output per
worker within each sector. Two splits of ln(y1 / y0) into these four are computed: the logarithmic mean
Divisia index (Ang 2015), and the average over all orders in which the factors can be exchanged (Shapley
1953; Shorrocks 2013). Both add up exactly; where they differ, the difference shows how far the split is a
matter of convention.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
import pandas as pd

#: The four factors, in the order of the product.
FACTORS = ("age", "employment", "mix", "productivity")


def log_mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Logarithmic mean (a - b) / (ln a - ln b) of positive arrays of one shape; a where both are equal."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if (a <= 0).any() or (b <= 0).any():
        raise ValueError("the logarithmic mean needs positive numbers")
    ratio = np.log(a / b)
    # (a - b) / ln(a / b) loses digits when a is close to b; b * (e^x - 1) / x does not.
    return b * np.where(ratio == 0, 1.0, np.expm1(ratio) / np.where(ratio == 0, 1.0, ratio))


@dataclass(frozen=True)
class Accounts:
    """What the split needs of one region: residents, persons of working age, workers and output by sector.

    ``workers`` and ``output`` have shape [sector]; persons in persons, output in any one money unit.
    """

    residents: float
    working_age: float
    workers: np.ndarray
    output: np.ndarray

    def ratios(self) -> dict[str, np.ndarray]:
        """The four factors, each broadcast to [sector]; their product summed is output per head."""
        workers, output = np.asarray(self.workers, float), np.asarray(self.output, float)
        one = np.ones_like(workers)
        return {
            "age": one * self.working_age / self.residents,
            "employment": one * workers.sum() / self.working_age,
            "mix": workers / workers.sum(),
            "productivity": output / workers,
        }

    @property
    def per_head(self) -> float:
        return float(np.sum(self.output) / self.residents)


def lmdi(low: Accounts, high: Accounts) -> pd.DataFrame:
    """Split ln(y_high / y_low) by the logarithmic mean Divisia index.

    Returns a table [factor, sector] of log points; its total is ln of the ratio of output per head, exactly.
    Raises ValueError when a sector has no workers or no output in either region.
    Source: B. W. Ang (2015), LMDI decomposition approach, Energy Policy 86, model I.
    """
    a, b = high.ratios(), low.ratios()
    va = np.prod(list(a.values()), axis=0)
    vb = np.prod(list(b.values()), axis=0)
    weight = log_mean(va, vb) / log_mean(va.sum(), vb.sum())
    return pd.DataFrame({f: weight * np.log(a[f] / b[f]) for f in FACTORS}).T


def shapley(outcome: Callable[[Sequence[np.ndarray]], float], low: Sequence, high: Sequence) -> np.ndarray:
    """Contribution of each argument to outcome(high) - outcome(low), averaged over all orders of exchange.

    Adds up exactly for any outcome. Cost n! evaluations at most (2^n distinct ones are kept).
    Source: A. Shorrocks (2013), Journal of Economic Inequality 11.
    """
    n = len(low)
    seen: dict[int, float] = {}

    def value(mask: int) -> float:
        if mask not in seen:
            seen[mask] = float(outcome([high[k] if mask >> k & 1 else low[k] for k in range(n)]))
        return seen[mask]

    total = np.zeros(n)
    for order in permutations(range(n)):
        mask = 0
        for k in order:
            total[k] += value(mask | 1 << k) - value(mask)
            mask |= 1 << k
    return total / factorial(n)


def shapley_gap(low: Accounts, high: Accounts) -> pd.Series:
    """The same four factors by the average over all orders; log points, total ln(y_high / y_low)."""
    a, b = high.ratios(), low.ratios()
    parts = shapley(
        lambda factors: np.log(np.prod(factors, axis=0).sum()),
        [b[f] for f in FACTORS],
        [a[f] for f in FACTORS],
    )
    return pd.Series(parts, index=list(FACTORS))


def gap_table(regions: dict[str, Accounts], against: str) -> pd.DataFrame:
    """The gap of every region to the one named ``against``, one row for each region.

    Columns: ``per_head`` (money per person), ``gap`` (ln of the ratio), the four factors by LMDI, and
    ``<factor>_shapley``; the four of either kind sum to ``gap``. Log points.
    """
    base = regions[against]
    rows = {}
    for name, accounts in regions.items():
        parts, orders = lmdi(base, accounts).sum(axis=1), shapley_gap(base, accounts)
        rows[name] = {
            "per_head": accounts.per_head,
            "gap": float(np.log(accounts.per_head / base.per_head)),
            **parts.to_dict(),
            **{f"{f}_shapley": orders[f] for f in FACTORS},
        }
    return pd.DataFrame(rows).T
