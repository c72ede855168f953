"""The base year of the class ``trade`` for many places whose trade follows from distance, without a table of pairs.

Output and spending by place are given; ``distance.fit`` finds who buys from whom. There are no tariffs, structures or
pools, and one labour market; rents of housing stay with the residents. What a place spends beyond its income is its
transfer. With one sector, people who are free, a spillover (``agg``) and congestion, this is the economy of Allen and
Arkolakis (2014); with tastes (``choice``) that of Redding (2016) without land.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from citybelt.errors import InputError, Problem
from citybelt.model.distance import Distance
from citybelt.model.trade_accounts import Base

BALANCED = 1e-8


def base_of(
    flows: Distance,
    output: np.ndarray,
    use: np.ndarray,
    va: ArrayLike = 1.0,
    input_coef: ArrayLike | None = None,
    housing_share: ArrayLike = 0.0,
    people: np.ndarray | None = None,
) -> Base:
    """The base year.

    Args:
        flows: geography, fitted to the same output and use.
        output, use: [N, J] what a place makes and buys of each product, materials included.
        va: [N, J] share of value added in output.
        input_coef: [N, J, J] input j per unit of output of k: [n, k, j]; none if None.
        housing_share: [N] of final spending.
        people: [O, N] persons by origin and place; nobody, only labour, if None.

    Raises:
        InputError: shares outside their range, costs that do not sum to one, materials that exceed what is bought.
    """
    output, use = np.asarray(output, float), np.asarray(use, float)
    n, j = output.shape
    wide = lambda a, *shape: np.array(np.broadcast_to(np.asarray(a, float), shape))  # noqa: E731
    va, housing = wide(va, n, j), wide(housing_share, n)
    inputs = np.zeros((n, j, j)) if input_coef is None else wide(input_coef, n, j, j)
    persons = np.zeros((0, n)) if people is None else np.asarray(people, float)
    final = use - np.einsum("nkj,nk->nj", inputs, output)
    found = []
    if not ((va >= 0) & (va <= 1)).all() or not ((housing >= 0) & (housing < 1)).all():
        found.append(Problem("va, housing_share", "have a share outside 0 to 1."))
    if (np.abs(va + inputs.sum(axis=2) - 1.0) > BALANCED).any():
        found.append(Problem("input_coef", "and value added do not sum to one."))
    if (final < -BALANCED * use).any():
        place, product = np.argwhere(final < -BALANCED * use)[0]
        found.append(Problem(f"place {place}, product {product}", "materials exceed what is bought."))
    if persons.shape[1:] != (n,) or (persons < 0).any():
        found.append(Problem("people", f"needs [O, {n}] persons, none negative."))
    if found:
        raise InputError(found)
    final = np.maximum(final, 0.0)
    labour = (va * output).sum(axis=1, keepdims=True)
    spending = final.sum(axis=1, keepdims=True) / (1.0 - housing[:, None])
    none = np.zeros((2, n))
    arrays: dict[str, Any] = dict(
        output=output, va=va, labour_share=np.ones((n, j)), labour_income=labour,
        structure_income=np.zeros((n, 1)), input_coef=inputs,
        final_share=final / final.sum(axis=1, keepdims=True), housing_share=housing, spending=spending,
        transfer=(spending * (1.0 - housing[:, None]) - labour)[:, 0], rent_stay=none, rent_pool=none,
        pool=np.ones((1, n)), pool_weight=np.full(n, 1.0 / n), people=persons, tariffs=np.zeros(n), use=use,
        home_sales=np.asarray(flows.own) * use / output,
    )  # fmt: skip
    return Base(
        flows=flows, own=flows.own, rivalry=flows.rivalry(jnp.asarray(use)),
        market=(0,) * j, home=(), built=False, one_land=False, **{k: jnp.asarray(a) for k, a in arrays.items()},
    )  # fmt: skip
