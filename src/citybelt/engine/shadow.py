r"""The least price at which an amount stays within its cap: the shadow price of the cap.

    (B1)  E(p) <= cap,      p >= 0,      p (cap - E(p)) = 0

``E`` falls with the price. The root is found by doubling and then by Brent's method (Brent 1973). A cap that does not
bind costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from citybelt.errors import NotSolvedError

Found = TypeVar("Found")

#: Relative accuracy of the amount.
ACCURACY = 1e-8
FIRST_PRICE = 50.0
HIGHEST_PRICE = 1e6


def price_of(
    cap: float,
    at: Callable[[float], Found],
    amount: Callable[[Found], float],
    what: str = "The budget",
    unit: str = "Mt",
    first: float = FIRST_PRICE,
) -> tuple[float, Found]:
    """The price that keeps an amount at a cap, and what was found at it.

    Args:
        cap: above zero, in the unit of ``amount``.
        at: what is found at a price; raises where there is nothing.
        amount: of what was found.
        what, unit: how the cap and its unit are called where it is not met.
        first: a price above the answer, as far as one is known.

    Raises:
        NotSolvedError: no price up to a million meets the cap.
    """
    from scipy.optimize import brentq

    found: dict[float, Found] = {}

    def excess(price: float) -> float:
        if price not in found:
            found[price] = at(price)
        return amount(found[price]) / cap - 1.0

    low, high = 0.0, first
    if excess(low) <= ACCURACY:
        return 0.0, found[0.0]
    while excess(high) > 0:
        low, high = high, 2.0 * high
        if high > HIGHEST_PRICE:
            raise NotSolvedError(f"No carbon price up to {HIGHEST_PRICE:,.0f} keeps emissions at {cap:.4g} {unit}.")
    brentq(excess, low, high, xtol=1e-9, rtol=4e-15, maxiter=60)
    price = min(found, key=lambda p: abs(amount(found[p]) - cap))
    if abs(amount(found[price]) / cap - 1.0) > ACCURACY:
        raise NotSolvedError(f"{what} of {cap:.4g} {unit} was not met to {ACCURACY:g}.")
    return price, found[price]
