r"""Invert: find what makes places sell, or employ, exactly what they do.

Let buyer (or residence) ``n`` divide ``X[n]`` over ``i`` in proportion to ``K[n,i] s[i]``. Wanted are the ``s`` with

    (I1)  y[i]  =  s[i] sum_n K[n,i] X[n] / sum_k K[n,k] s[k]

which are unique up to one scale where K connects everybody. This is the conditional equilibrium of gravity, output
and spending given, and is solved as one. In a system of places with trade cost ``d`` and commuting cost ``k``

    (I2)  A[i]  =  w[i] L[i]^-agg s[i]^(1/theta)    with K = d^-theta, X the income of residents, y wages paid
    (I3)  B[i]  =  s[i] w[i]^-eps                   with K = k^-eps,   X residents,              y workers

are the productivity and the amenity of workplaces that the data call for. Source: Monte, Redding and Rossi-Hansberg
(2018). Only ratios have a meaning; each is given with a mean of one.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.model.gravity import GRAVITY, Base, Closure, Shock, Theory
from citybelt.model.solve import Solution, solve


class Inverted(NamedTuple):
    """What was found, with the shares that follow from it."""

    values: np.ndarray  # [N] with a mean of one
    share: np.ndarray  # [N, N] of X[n] that goes to i
    solution: Solution  # with residual and passes


def attraction(kernel: np.ndarray, bought: np.ndarray, sold: np.ndarray) -> Inverted:
    """(I1) what draws buyers to each seller.

    Args:
        kernel: [N, N] by buyer and seller, not negative.
        bought: [N] spending of each buyer; sold: [N] sales of each seller, scaled to the same sum.

    Raises:
        InputError: negative numbers, someone who buys, sells or reaches nothing.
        NotSolvedError: no such attraction was found.
    """
    kernel, bought, sold = (np.asarray(a, float) for a in (kernel, bought, sold))
    square = len(bought) == len(sold) and kernel.shape == (len(bought), len(sold))
    positive = square and (kernel >= 0).all() and (bought > 0).all() and (sold > 0).all()
    if not positive or not ((kernel @ sold > 0).all() and (bought @ kernel > 0).all()):
        what = "a square kernel without negatives, and buyers and sellers of something within reach, are needed."
        raise InputError([Problem("inversion", what, "Leave out places without trade.")])
    sold = sold * (bought.sum() / sold.sum())
    # One round of proportional fitting brings the start near.
    start = sold / (kernel.T @ (bought / (kernel @ sold)))
    drawn = kernel * start
    b = Base(jnp.asarray(drawn / drawn.sum(axis=1, keepdims=True))[None], jnp.asarray(sold), jnp.asarray(bought))
    s = solve(GRAVITY, b, Theory(jnp.asarray(1.0)), Shock.zeros(b), Closure(1.0)).require()
    change = np.exp(-np.asarray(s.state.price))
    drawn = drawn * change
    found = start * change
    return Inverted(found / found.mean(), drawn / drawn.sum(axis=1, keepdims=True), s)


def productivity(
    wage: np.ndarray, workers: np.ndarray, income: np.ndarray, cost: np.ndarray, theta: float, agg: float
) -> Inverted:
    """(I2) the productivity at which every workplace sells what it pays; ``share`` is that of trade.

    Args:
        wage, workers: [N] by workplace.
        income: [N] spent by residents.
        cost: [N, N] iceberg cost of trade by buyer and seller.
        theta, agg: elasticities of trade to its cost, and of productivity to employment.

    Raises:
        InputError, NotSolvedError: as ``attraction``.
    """
    drawn = attraction(cost**-theta, income, wage * workers)
    A = wage * workers**-agg * drawn.values ** (1 / theta)
    return drawn._replace(values=A / A.mean())


def amenities(
    wage: np.ndarray, workers: np.ndarray, residents: np.ndarray, cost: np.ndarray, eps: float
) -> Inverted:  # fmt: skip
    """(I3) the amenity of workplaces at which commuting fills them; ``share`` is where residents work.

    Args:
        wage, workers: [N] by workplace.
        residents: [N] by residence.
        cost: [N, N] cost of commuting by residence and workplace.
        eps: elasticity of commuters to wages.

    Raises:
        InputError, NotSolvedError: as ``attraction``.
    """
    drawn = attraction(cost**-eps, residents, workers)
    B = drawn.values * wage**-eps
    return drawn._replace(values=B / B.mean())
