"""What levers take from the table of elasticities: the real rate of interest and the migration elasticity."""

from __future__ import annotations

from functools import cache

#: Real rate of interest a year, for everything that is paid before it works: ``discount`` of the table.
RATE = 0.04


def annuity(life_years: float, lag_years: float = 0.0, rate: float = RATE) -> float:
    """Yearly payment per unit of money.

    Arguments: ``life_years`` over which an investment is paid back, 0 for a yearly expense; ``lag_years`` until
    it works (an investment is spent evenly over the lag).
    """
    if life_years == 0:
        return (1 + rate) ** lag_years
    return (1 + rate) ** (lag_years / 2) * rate / (1 - (1 + rate) ** -life_years)


def worth(years: float, rate: float = RATE) -> float:
    """What one a year is worth at the start, paid at the end of each of ``years`` years."""
    return (1 - (1 + rate) ** -years) / rate


@cache
def migration_elasticity() -> float:
    """Central elasticity of where people live to the value of a place (``nu``)."""
    from citybelt.model.theory import table

    return float(table().set_index("symbol").loc["nu", "value"])
