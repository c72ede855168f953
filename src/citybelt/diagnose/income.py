"""Inequality between regions, weighted by people."""

from __future__ import annotations

import numpy as np
import pandas as pd


def theil(income: np.ndarray, people: np.ndarray, group: np.ndarray) -> dict[str, float]:
    """Theil's T of income per head between regions, split into between and within groups.

    ``income`` [region] money per head, ``people`` [region] persons, ``group`` [region] labels. A region
    counts as many times as it has people; inside a region everybody is taken to have its mean, so this is
    inequality between places, not between persons. Returns total, between and within; the last two sum to
    the first exactly. Source: H. Theil (1967), Economics and Information Theory.
    """
    y, n, group = np.asarray(income, float), np.asarray(people, float), np.asarray(group)
    if (y <= 0).any() or (n <= 0).any():
        raise ValueError("Theil's index needs positive incomes and people")
    mean = y @ n / n.sum()

    def t(values: np.ndarray, weights: np.ndarray) -> float:
        m = values @ weights / weights.sum()
        return float(weights @ (values / m * np.log(values / m)) / weights.sum())

    between = within = 0.0
    for g in pd.unique(group):
        k = group == g
        part, m = n[k].sum() / n.sum(), y[k] @ n[k] / n[k].sum()
        between += part * m / mean * np.log(m / mean)
        within += part * m / mean * t(y[k], n[k])
    return {"total": t(y, n), "between": float(between), "within": float(within)}


def gini(income: np.ndarray, people: np.ndarray) -> float:
    """Gini index of income per head between regions, weighted by people; in [0, 1)."""
    y, n = np.asarray(income, float), np.asarray(people, float)
    order = np.argsort(y)
    p = np.concatenate([[0.0], np.cumsum(n[order]) / n.sum()])
    q = np.concatenate([[0.0], np.cumsum((y * n)[order]) / (y @ n)])
    return float(1.0 - np.sum(np.diff(p) * (q[1:] + q[:-1])))
