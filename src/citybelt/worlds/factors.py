"""Shares of labour, capital and land in value added, with labour following published wages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Factors:
    """Shares of value added at factor cost by place and sector, adding to one, and the fit to wages."""

    labour: np.ndarray  # [R, J]
    capital: np.ndarray
    land: np.ndarray
    correlation_before: float  # of log labour income per worker outside farming with log published wage
    correlation_after: float
    factor: np.ndarray  # [R] by which the labour share of a place was moved


def factor_shares(
    value_added: np.ndarray,
    workers: np.ndarray,
    labour: np.ndarray,
    land: np.ndarray,
    wage: np.ndarray,
    follows: np.ndarray,
    low: float,
    high: float,
    largest: float,
) -> Factors:
    """Factor shares by place and sector.

    ``value_added`` [R, J] at factor cost; ``workers`` [R] outside the sectors that don't follow wages;
    ``labour`` and ``land`` [J] national shares; ``wage`` [R] published, NaN where missing; ``follows`` [J] bool.
    In sectors that follow wages a place's labour share is the national one times a factor of the place, within
    ``low`` and ``high``, such that labour income per worker is proportional to the wage; the difference is
    capital's. No share of labour and land together exceeds ``largest``. The nation's labour income in every
    sector is unchanged. Places without a wage keep the factor one.
    """
    known = np.isfinite(wage)
    paid = value_added * follows
    before = (paid * labour).sum(axis=1) / workers
    level = (before * workers)[known].sum() / (wage * workers)[known].sum()
    factor = np.where(known, np.clip(np.where(known, wage, 1.0) * level / before, low, high), 1.0)
    most = np.maximum(largest - land, labour)
    nation = (value_added * labour).sum(axis=0)
    scale = np.ones(len(labour))
    for _ in range(100):
        share = np.where(follows, np.minimum(labour * scale * factor[:, None], most), labour)
        gap = nation / (value_added * share).sum(axis=0)
        if np.abs(gap - 1).max() < 1e-12:
            break
        scale *= gap
    after = (paid * share).sum(axis=1) / workers
    land_share = np.broadcast_to(land, value_added.shape).copy()

    def correlation(income: np.ndarray) -> float:
        return float(np.corrcoef(np.log(income[known]), np.log(wage[known]))[0, 1])

    return Factors(share, 1 - share - land_share, land_share, correlation(before), correlation(after), factor)
