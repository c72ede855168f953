"""Trade against output: two definitions of a province's trade, several vintages of its output.

Trade is booked either where the firm that declares it is registered (operating unit) or where the goods go
and come from (destination and source). Head offices make the first large in capitals; production is better
seen in the second. A ratio therefore always names which trade, which output and which exchange rate.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def dependence(trade_usd: pd.Series, output_cny: pd.Series, rate: float) -> pd.Series:
    """Exports plus imports over output, percent. Trade bn USD, output bn CNY, rate CNY per USD."""
    return 100 * trade_usd * rate / output_cny


def implied_rate(trade_cny: float, trade_usd: float) -> float:
    """CNY per USD implied by one total in both currencies (trade-weighted mean of the year)."""
    return trade_cny / trade_usd


def rank_from_lowest(values: pd.Series) -> pd.Series:
    """Rank of each region, 1 the lowest; missing values have none."""
    return values.rank(method="min").where(np.isfinite(values))
