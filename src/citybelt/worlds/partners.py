"""Partner economies and the tariffs between countries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from citybelt.errors import InputError, Problem
from citybelt.estimate.balance import biproportional

#: Largest share of world use of a product, the nation's aside, that is taken to be intermediate.
LARGEST_INTERMEDIATE = 0.98


@dataclass(frozen=True)
class Partners:
    """F partners, J sectors; money in the nation's currency at its prices."""

    output: np.ndarray  # [F, J]
    inputs: np.ndarray  # [J user, J product] per unit of output, the same in every partner
    final: np.ndarray  # [3, F, J] households, government, investment, at basic prices


def value_added(
    gdp: pd.Series,
    structure: pd.DataFrame,
    tier: Mapping[str, str],
    nation: pd.Series,
    factor: pd.DataFrame,
) -> pd.DataFrame:
    """Value added by partner and sector.

    ``gdp`` by partner; ``structure`` [partner, tier] shares in any unit; inside a tier sectors have the
    nation's proportions (``nation``, value added by sector) times ``factor`` [partner, sector].
    """
    shares = structure.div(structure.sum(axis=1), axis=0)
    weight = factor.reindex(index=gdp.index, columns=nation.index).fillna(1.0) * nation
    tiers = pd.Series(tier).reindex(nation.index)
    inside = weight.T.groupby(tiers).transform(lambda w: w / w.sum()).T
    return inside * shares.reindex(gdp.index)[tiers].to_numpy() * gdp.to_numpy()[:, None]


def remainder(structure: pd.DataFrame, gdp: pd.Series, held: Sequence[str]) -> pd.Series:
    """Shares of the tiers of the rest of the world: the mean of the countries ``held``, weighted by GDP."""
    weight = gdp.reindex(held)
    return structure.reindex(held).mul(weight, axis=0).sum() / weight.sum()


def partners(
    added: np.ndarray,
    ratio: np.ndarray,
    coefficients: np.ndarray,
    final_share: np.ndarray,
    split: np.ndarray,
    exports: np.ndarray,
    imports: np.ndarray,
) -> Partners:
    """Accounts of partners that close the world.

    ``added`` [F, J] value added and its ``ratio`` [J] to output; ``coefficients`` [J user, J product] of the
    nation; ``final_share`` [J] of the nation's use of each product that is final, ``split`` [3, J] of that by
    purpose; the nation's ``exports`` and ``imports`` [J] at basic prices.

    Partners use what they produce plus the nation's exports less its imports. The part that is intermediate has
    the nation's odds times one factor for all products, such that it adds up to what partners' producers spend
    on inputs; inputs by user and product are the nation's, balanced to both. Final demand is what is left,
    shared by the size of partners. So no final demand is negative.

    Raises `InputError` where the nation buys more of a product than partners make.
    """
    output = added / ratio
    supply = output.sum(axis=0) + exports - imports
    if (supply <= 0).any():
        raise InputError([Problem(f"partners, sector {int(supply.argmin())}", "the nation buys more than they make")])
    spending = (output * (1 - ratio)).sum(axis=0)
    odds = (1 - final_share) / np.maximum(final_share, 1e-6)

    def intermediate(log_factor: float) -> np.ndarray:
        x = odds * np.exp(log_factor)
        return supply * np.minimum(x / (1 + x), LARGEST_INTERMEDIATE)

    low, high = -20.0, 20.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if intermediate(middle).sum() < spending.sum() else (low, middle)
    products = intermediate(low)
    products *= spending.sum() / products.sum()
    prior = coefficients * output.sum(axis=0)[:, None]
    with np.errstate(divide="ignore"):
        table, _ = biproportional(np.log(prior)[None], spending[None], products[None])
    inputs = table[0] / output.sum(axis=0)[:, None]
    size = added.sum(axis=1) / added.sum()
    final = split[:, None, :] * ((supply - products)[None, :] * size[:, None])[None]
    return Partners(output, inputs, final)


def tariff_rates(pattern: np.ndarray, spending: np.ndarray, collected: float) -> np.ndarray:
    """Ad valorem rates [J]: the ``pattern`` [J] scaled so that duties are the share ``collected`` of imports.

    ``spending`` [J] on imports with duties in it; ``collected`` duties over imports before duties, of the
    products that the pattern covers (rate above zero).
    """
    low, high = 0.0, 10.0
    covered = pattern > 0
    for _ in range(200):
        middle = (low + high) / 2
        before = spending / (1 + middle * pattern)
        less = (before * middle * pattern).sum() < collected * before[covered].sum()
        low, high = (middle, high) if less else (low, middle)
    return low * pattern
