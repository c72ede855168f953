"""Money over time: one rate of interest for everything that is paid before it works."""

from __future__ import annotations

#: Real rate of interest a year.
RATE = 0.04


def annuity(life_years: float, lag_years: float = 0.0, rate: float = RATE) -> float:
    """Yearly payment per unit of money.

    Arguments: ``life_years`` over which an investment is paid back, 0 for a yearly expense; ``lag_years`` until
    it works (an investment is spent evenly over the lag).
    """
    if life_years == 0:
        return (1 + rate) ** lag_years
    return (1 + rate) ** (lag_years / 2) * rate / (1 - (1 + rate) ** -life_years)
