"""Margins of a trade matrix: what its flows leave for output and final demand."""

from __future__ import annotations

import numpy as np

from citybelt.errors import InputError, Problem


def final_demand(
    flows: np.ndarray, tariff: np.ndarray, input_coef: np.ndarray, split: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Output [N, J] and final demand by purpose [3, N, J] that a trade matrix implies.

    ``flows`` [N buyer, N seller, J] at basic prices, ``tariff`` of the same shape, ``input_coef``
    [N, J user, J product] per unit of output; ``split`` [3, N, J] final demand before, whose proportions by
    purpose are kept in every region and product. Purchases at users' prices (with tariffs) then equal final
    demand and inputs to rounding error.

    Raises `InputError` naming the cells where inputs exceed purchases.
    """
    output = flows.sum(axis=0)
    bought = (flows * (1 + tariff)).sum(axis=1)
    left = bought - np.einsum("nkj,nk->nj", input_coef, output)
    total = split.sum(axis=0)
    short = (left < 0) | ((total <= 0) & (left > 1e-9 * bought))
    if short.any():
        raise InputError(
            [
                Problem(f"trade matrix, region {n}, product {j}", f"inputs leave {left[n, j]:.3g} for final demand")
                for n, j in np.argwhere(short)[:10]
            ]
        )
    share = np.divide(split, total, out=np.zeros_like(split), where=total > 0)
    final = share * left
    # What the three don't exhaust by rounding goes to the largest, so that they add up to what is left.
    rest = left - final.sum(axis=0)
    largest = final.argmax(axis=0)
    np.put_along_axis(final, largest[None], np.take_along_axis(final, largest[None], 0) + rest[None], 0)
    return output, final
