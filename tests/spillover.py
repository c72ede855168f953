"""Players with one lever each that helps or harms the others: a game that can be solved with pencil and paper."""

from dataclasses import dataclass

import numpy as np

from citybelt.separate.rivalry import Bends, Seen


@dataclass(frozen=True)
class Spillover:
    """Each player i has one lever x_i, whose cost c_i = k_i x_i^2 / 2 it pays alone:

        u_i = a_i x_i + sum_j h_ij x_j + g x_i sum_{j != i} x_j - c_i,      h_ii = 0

    Best response: k_i x_i = a_i + g sum_{j != i} x_j, so that Nash is linear. The unified plan asks
    k_i x_i = a_i + sum_j h_ji + 2 g sum_{j != i} x_j.
    """

    a: np.ndarray
    h: np.ndarray
    g: float
    k: np.ndarray
    budgets: np.ndarray
    upper: np.ndarray

    @property
    def owner(self):
        return np.arange(len(self.a))

    def bends(self, x):
        zero = np.zeros_like(x)
        return Bends(x, self.k * x**2 / 2, zero + 1, self.k * x, zero, self.k + zero)

    def look(self, x, weights, near):
        others = x.sum() - x
        u = self.a * x + self.h @ x + self.g * x * others - self.k * x**2 / 2
        cross = weights * others + (weights @ x)[:, None] - weights * x
        return Seen(u, weights * self.a + weights @ self.h + self.g * cross, -weights, near)


def economy(n=2, a=(1.0, 0.6), h=((0, 0.5), (0.2, 0)), g=0.1, k=(1.0, 1.5), budgets=None, upper=None):
    full = lambda value, default: np.full(n, default) if value is None else np.array(value, float)  # noqa: E731
    return Spillover(np.array(a), np.array(h, float), g, np.array(k), full(budgets, 50.0), full(upper, 9.0))
