r"""Gravity once more, by nested loops in levels: a second route for tests, never for use.

From Anderson and van Wincoop (2003), with ``T[i,j]`` the cost factor of trade from ``i`` to ``j``, shares ``s`` of the
world's output and ``e`` of its spending:

    P[j]^(1-sigma)   =  sum_i T[i,j] s[i] Pi[i]^(sigma-1)
    Pi[i]^(1-sigma)  =  sum_j T[i,j] e[j] P[j]^(sigma-1)

and, in the full equilibrium, prices of endowments from ``sum_j X[i,j] = p[i] Y[i]`` with the base year's
``b[i]^(1-sigma) = s[i] Pi[i]^(sigma-1)``. The first place's P is one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from citybelt.errors import NotSolvedError


class Found(NamedTuple):
    """Levels by place, P of the first place being one."""

    inward: np.ndarray
    outward: np.ndarray
    price: np.ndarray  # p over that of the base year, up to a common factor
    flows: np.ndarray  # [seller, buyer]


def conditional(T: np.ndarray, output: np.ndarray, spending: np.ndarray, sigma: float) -> Found:
    """Resistances at given output and spending.

    Raises:
        NotSolvedError: the loop did not come to rest.
    """
    s, e = output / output.sum(), spending / spending.sum()
    P = np.ones(len(s))
    for _ in range(100_000):
        outward = (T @ (e * P ** (sigma - 1))) ** (1 / (1 - sigma))
        new = (T.T @ (s * outward ** (sigma - 1))) ** (1 / (1 - sigma))
        new = new / new[0]
        error, P = np.abs(new / P - 1).max(), new
        if error < 1e-14:
            outward = (T @ (e * P ** (sigma - 1))) ** (1 / (1 - sigma))
            flows = T * np.outer(output * outward ** (sigma - 1), e * P ** (sigma - 1))
            return Found(P, outward, np.ones(len(s)), flows)
    raise NotSolvedError(f"The resistances did not come to rest: last change {error:.1e}.")


def full(
    T: np.ndarray,
    T_new: np.ndarray,
    output: np.ndarray,
    spending: np.ndarray,
    sigma: float,
    endowment: np.ndarray | float = 1.0,
    phi: np.ndarray | float = 1.0,
) -> Found:
    """The endowment equilibrium at new cost factors, endowments and imbalances (the last two as changes).

    Raises:
        NotSolvedError: the loop did not come to rest.
    """
    base = conditional(T, output, spending, sigma)
    b = (output / output.sum()) * base.outward ** (sigma - 1)
    ratio = spending / spending.sum() * output.sum() / output * phi
    p, error = np.ones(len(output)), np.inf
    for _ in range(200_000):
        earned = p * endowment * output
        spent = ratio * earned
        spent = spent * earned.sum() / spent.sum()
        reach = b * p ** (1 - sigma)
        P = (T_new.T @ reach) ** (1 / (1 - sigma))
        flows = reach[:, None] * T_new * (P ** (sigma - 1) * spent)
        new = p * (flows.sum(axis=1) / earned) ** 0.2
        new = new / new[0]
        error, p = np.abs(new / p - 1).max(), new
        if error < 1e-15:
            outward = (T_new @ (spent / earned.sum() * P ** (sigma - 1))) ** (1 / (1 - sigma))
            return Found(P / P[0], outward * P[0], p, flows)
    raise NotSolvedError(f"The prices did not come to rest: last change {error:.1e}.")
