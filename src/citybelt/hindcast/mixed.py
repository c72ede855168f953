r"""A regression over places whose errors are partly shared by a province, with coefficients drawn towards zero.

For places r of provinces p, standardised covariates x and sizes P over their geometric mean,

    (E1)  y[r] = a + sum_k b[k] x[r,k] + u[p(r)] + v[r],
          b ~ N(0, s_b^2),  u ~ N(0, s_u^2),  v ~ N(0, s_v^2 P[r]^-g),  a flat
    (E2)  V = s_b^2 x x' + s_u^2 z z' + s_v^2 diag(P^-g),   z says which province a place is of
    (E3)  s_b, s_u, s_v, g maximise  -(log det V + log 1'V^-1 1 + (y - a)' V^-1 (y - a)) / 2,   a = 1'V^-1 y / 1'V^-1 1
    (E4)  given y, c = (a, b) is normal:  precision H = X' W^-1 X + diag(0, 1 / s_b^2),  mean H^-1 X' W^-1 y,
          X = (1, x),  W = V without its first term

so how far coefficients are drawn to zero, and how much of an error all places of a province share, come out of the data
alone. A province that isn't among the rows has a u of its own: what is predicted for it is as unsure as provinces are
unlike, and more so where its covariates are far from those of the rows. Sources: Lindley and Smith (1972) for (E1);
Patterson and Thompson (1971) for (E3). Limits: normal errors; provinces next to each other share nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from citybelt.errors import NotSolvedError

#: Where the search of (E3) begins, and the range of each: logarithms of s_b, s_u, s_v, then g.
BEGIN = (-3.0, -3.0, -2.7, 0.2)
RANGE = ((-9.0, 2.0), (-9.0, 2.0), (-9.0, 2.0), (0.0, 1.0))


@dataclass(frozen=True)
class Rows:
    """What a regression learns from: n places."""

    y: np.ndarray  # [n]
    x: np.ndarray  # [n, k], standardised
    province: np.ndarray  # [n]
    size: np.ndarray  # [n], over the geometric mean


@dataclass(frozen=True)
class Learned:
    """What (E1) has learned: coefficients with the constant first, and the four spreads."""

    mean: np.ndarray  # [1 + k]
    cov: np.ndarray  # [1 + k, 1 + k]
    shrink: float  # s_b
    shared: float  # s_u
    own: float  # s_v
    fall: float  # g
    searched: np.ndarray  # [4], where (E3) ended

    def deviation(self, size: np.ndarray) -> np.ndarray:
        """Of v for places of a size."""
        return self.own * size ** (-self.fall / 2)


def learn(rows: Rows, begin: tuple[float, ...] = BEGIN) -> Learned:
    """(E2-E4) What the rows say; ``begin`` is where the search of (E3) begins.

    Raises:
        NotSolvedError: no maximum of (E3) was found.
    """
    found = minimize(unlikely, begin, (rows,), method="L-BFGS-B", bounds=RANGE)
    # L-BFGS-B stops on lines that can't fall further by rounding: that is a maximum too.
    if not np.isfinite(found.fun) or (not found.success and found.status != 2):
        raise NotSolvedError(f"hindcast: spreads of the errors weren't found ({found.message}).")
    s_b, s_u, s_v = np.exp(found.x[:3])
    X = np.column_stack([np.ones(len(rows.y)), rows.x])
    WX = _without_shared(rows, s_u, s_v, found.x[3], X)
    prior = np.diag([0.0, *np.full(rows.x.shape[1], s_b**-2.0)])
    cov = np.linalg.inv(X.T @ WX + prior)
    return Learned(cov @ (WX.T @ rows.y), cov, float(s_b), float(s_u), float(s_v), float(found.x[3]), found.x)


def unlikely(h: np.ndarray, rows: Rows) -> float:
    """(E3) with its sign turned, at logarithms of s_b, s_u, s_v and at g."""
    s_b, s_u, s_v = np.exp(h[:3])
    X = np.column_stack([np.ones(len(rows.y)), s_b * rows.x])
    WX = _without_shared(rows, s_u, s_v, h[3], X)
    # V^-1 = W^-1 - W^-1 B (1 + B' W^-1 B)^-1 B' W^-1 with B = s_b x.
    inner = np.eye(rows.x.shape[1]) + X[:, 1:].T @ WX[:, 1:]
    low = np.linalg.cholesky(inner)

    def product(left: np.ndarray, right: np.ndarray) -> float:
        return float(left @ right)

    one_x = np.linalg.solve(low, WX[:, 1:].sum(axis=0))
    y_x = np.linalg.solve(low, WX[:, 1:].T @ rows.y)
    Wy = _without_shared(rows, s_u, s_v, h[3], rows.y[:, None])[:, 0]
    one_one = WX[:, 0].sum() - product(one_x, one_x)
    one_y = WX[:, 0] @ rows.y - product(one_x, y_x)
    y_y = rows.y @ Wy - product(y_x, y_x)
    var = s_v**2 * rows.size ** -h[3]
    many = np.bincount(rows.province, 1 / var)
    log_det = np.log(var).sum() + np.log1p(s_u**2 * many).sum() + 2 * np.log(np.diag(low)).sum()
    return 0.5 * (log_det + np.log(one_one) + y_y - one_y**2 / one_one)


def _without_shared(rows: Rows, s_u: float, s_v: float, fall: float, of: np.ndarray) -> np.ndarray:
    """W^-1 times columns [n, m]: a diagonal and one shared number a province."""
    weight = rows.size**fall / s_v**2
    count = int(rows.province.max()) + 1
    many = np.bincount(rows.province, weight, count)
    sums = np.stack([np.bincount(rows.province, weight * c, count) for c in of.T], axis=1)
    shared = (s_u**2 / (1 + s_u**2 * many))[:, None] * sums
    return weight[:, None] * (of - shared[rows.province])
