r"""Invert: find what makes places sell, or employ, exactly what they do.

Let buyer (or residence) ``n`` divide ``X[n]`` over ``i`` in proportion to ``K[n,i] s[i]``. Wanted are the ``s`` with

    (I1)  y[i]  =  s[i] sum_n K[n,i] X[n] / sum_k K[n,k] s[k]

which are unique up to one scale where K connects everybody. They are where a convex function of the logs is least,

    (I2)  f(log s)  =  sum_n X[n] log sum_i K[n,i] s[i]  -  sum_i y[i] log s[i]

so that Newton's method with a line search finds them from anywhere. Its linear systems are solved by conjugate
gradients from products with K alone. In a system of places with trade cost ``d`` and commuting cost ``k``

    (I3)  A[i]  =  w[i] L[i]^-agg s[i]^(1/theta)    with K = d^-theta, X the income of residents, y wages paid
    (I4)  B[i]  =  s[i] w[i]^-eps                   with K = k^-eps,   X residents,              y workers

are the productivity and the amenity of workplaces that the data call for. Only ratios have a meaning; each is given
with a mean of one. With K the factor of trade in a gravity equation, X spending and y output, the multilateral
resistances of buyers and sellers (Anderson and van Wincoop 2003) are

    (I5)  P[n]^-theta  =  sum_i K[n,i] s[i],      Pi[i]^theta  =  s[i] / (y[i] / sum y)

up to the scale of ``s``, which the P of one place fixes.
Sources: Monte, Redding and Rossi-Hansberg (2018); Nocedal and Wright (2006), chapter 7.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from citybelt.errors import InputError, NotSolvedError, Problem

TOLERANCE = 1e-11
MAX_NEWTON, MAX_GRADIENTS = 100, 200
#: A linear system is solved to the residual of the equations, but no further than this.
LINEAR = 1e-2
#: No attraction moves by more than this in logs at once.
FARTHEST = 3.0


class Inverted(NamedTuple):
    """What was found, with the shares that follow from it."""

    values: np.ndarray  # [N] with a mean of one
    share: np.ndarray  # [N, N] of X[n] that goes to i
    residual: float  # the largest relative gap between what is sold and what should be
    passes: int  # products with K and its transpose


def attraction(kernel: np.ndarray, bought: np.ndarray, sold: np.ndarray) -> Inverted:
    """(I1) what draws buyers to each seller.

    Args:
        kernel: [N, N] by buyer and seller, not negative.
        bought: [N] spending of each buyer; sold: [N] sales of each seller, scaled to the same sum.

    Raises:
        InputError: negative numbers, someone who buys, sells or reaches nothing.
        NotSolvedError: there is no such attraction, for example between parts that nothing connects.
    """
    kernel, bought, sold = (np.asarray(a, float) for a in (kernel, bought, sold))
    square = len(bought) == len(sold) and kernel.shape == (len(bought), len(sold))
    positive = square and (kernel >= 0).all() and (bought > 0).all() and (sold > 0).all()
    if not positive or not ((kernel @ sold > 0).all() and (bought @ kernel > 0).all()):
        what = "a square kernel without negatives, and buyers and sellers of something within reach, are needed."
        raise InputError([Problem("inversion", what, "Leave out places without trade.")])
    sold = sold * (bought.sum() / sold.sum())
    # One round of proportional fitting brings the start near.
    here = _Place(kernel, bought, sold, np.log(sold / (kernel.T @ (bought / (kernel @ sold)))))
    passes = 2
    for _ in range(MAX_NEWTON):
        if here.residual < TOLERANCE:
            values = np.exp(here.log - here.log.max())
            share = kernel * values / (kernel @ values)[:, None]
            return Inverted(values / values.mean(), share, here.residual, passes)
        way, used = _newton(here)
        slope, length = float(here.gap @ way), min(1.0, FARTHEST / float(np.abs(way).max()))
        ahead = here.moved(length * way)
        while not ahead.height <= here.height + 1e-4 * length * slope + 1e-14 * abs(here.height) and length > 1e-6:
            length *= 0.5
            passes += 1
            ahead = here.moved(length * way)
        here, passes = ahead, passes + used + 1
    worst = int(np.abs(here.gap / sold).argmax())
    raise NotSolvedError(
        f"No attraction makes everyone sell what they do: place {worst} is off by {here.residual:.1e} after {passes} "
        "passes. Parts of the kernel that nothing connects must balance by themselves."
    )


class _Place:
    """(I2) at one point: its value ``height``, its gradient ``gap``, and what its second derivative needs."""

    def __init__(self, kernel: np.ndarray, bought: np.ndarray, sold: np.ndarray, log: np.ndarray) -> None:
        self.kernel, self.bought, self.sold, self.log = kernel, bought, sold, log - log.max()
        self.s = np.exp(self.log)
        self.access = kernel @ self.s
        self.made = self.s * (kernel.T @ (bought / self.access))
        self.gap = self.made - sold
        self.residual = float(np.abs(self.gap / sold).max())
        self.height = float(bought @ np.log(self.access) - sold @ self.log)

    def moved(self, way: np.ndarray) -> _Place:
        return _Place(self.kernel, self.bought, self.sold, self.log + way)

    def curve(self, v: np.ndarray) -> np.ndarray:
        """The second derivative times ``v``."""
        drawn = self.kernel @ (self.s * v) / self.access
        return self.made * v - self.s * (self.kernel.T @ (self.bought / self.access * drawn))


def _newton(here: _Place) -> tuple[np.ndarray, int]:
    """Newton's step by conjugate gradients, preconditioned by each place alone, and the products that it took."""
    own = here.s**2 * (here.kernel.T**2 @ (here.bought / here.access**2))
    alone = np.maximum(here.made - own, 1e-12 * here.made)
    way, left = np.zeros_like(here.gap), -here.gap
    scaled = left / alone
    ahead, size = scaled, left @ scaled
    enough = size * min(0.1, max(LINEAR, here.residual)) ** 2
    for k in range(1, MAX_GRADIENTS + 1):
        bent = here.curve(ahead)
        curvature = float(ahead @ bent)
        if curvature <= 1e-14 * float(ahead @ (here.made * ahead)):  # flat: parts that nothing connects
            return (way if k > 1 else ahead), k
        length = size / curvature
        way, left = way + length * ahead, left - length * bent
        scaled = left / alone
        before, size = size, left @ scaled
        if size <= enough:
            break
        ahead = scaled + size / before * ahead
    return way, k


def productivity(
    wage: np.ndarray, workers: np.ndarray, income: np.ndarray, cost: np.ndarray, theta: float, agg: float
) -> Inverted:
    """(I3) the productivity at which every workplace sells what it pays; ``share`` is that of trade.

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
    """(I4) the amenity of workplaces at which commuting fills them; ``share`` is where residents work.

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


class Resistances(NamedTuple):
    """Levels of both resistances, and the trade that they say there is."""

    inward: np.ndarray  # [N] P
    outward: np.ndarray  # [N] Pi
    flows: np.ndarray  # [N, N] by buyer and seller


def resistances(
    factor: np.ndarray, output: np.ndarray, spending: np.ndarray, theta: float, reference: int = 0
) -> Resistances:
    """(I5) multilateral resistances of a gravity equation; ``gravity.base_year`` takes the flows.

    Args:
        factor: [N, N] of trade by buyer and seller, for example ``exp`` of its determinants times their coefficients.
        output, spending: [N] of each place; spending is scaled to the world's output.
        theta: elasticity of trade to its cost, sigma - 1.
        reference: the place whose inward resistance is one.

    Raises:
        InputError, NotSolvedError: as ``attraction``.
    """
    found = attraction(factor, spending, output)
    reach = factor @ found.values
    inward = (reach / reach[reference]) ** (-1 / theta)
    outward = (found.values / reach[reference] / (output / output.sum())) ** (1 / theta)
    return Resistances(inward, outward, found.share * (spending * (output.sum() / spending.sum()))[:, None])
