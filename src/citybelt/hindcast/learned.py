r"""The same forecast with its levels learned from the decade itself, outside the cluster, and judged inside it.

This isn't a forecast of 2010: it asks how much of the miss is a few numbers that every place shares, and how much is
the cluster's own. With x the central run and z that of closed cohorts, both made of data of 2010,

    (J1)  log(counted[r] / x[r]) = b0 + b1 log(x[r] / z[r]) + b2 m[r] + b3 log(y[r] / mean y) + e[r]

m is the share of residents from other provinces, y GDP a head. b is found by least squares on the places outside the
cluster, once for all people and once for every group of age. A place outside is predicted by b of the other provinces
alone, so no place takes part in its own prediction. Draws are x exp(fit + e) with e the errors of those predictions.
"""

from __future__ import annotations

import numpy as np

from citybelt.hindcast.known import Known


def traits(known: Known, central: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """The right side of (J1) [R, 4]; ``central`` and ``closed`` are people by place [R]."""
    income = np.log(known.income)
    income = income - known.total @ income / known.total.sum()
    share = known.here_other / known.total
    return np.stack([np.ones_like(share), np.log(central / closed), share, income], axis=1)


def draws(x: np.ndarray, central: np.ndarray, counted: np.ndarray, province: np.ndarray, inside: np.ndarray):
    """(J1) Draws [K, R] of people, one for each place outside that can be scored.

    Args:
        x: traits [R, 4].
        central: the central run [R].
        counted: the census [R], NaN where it isn't held.
        province: label of each place [R].
        inside: places of the cluster [R], whose counts are never read.

    Returns:
        Draws [K, R], and the coefficients learned outside [4].
    """
    use = np.isfinite(counted) & ~inside
    error = np.log(np.where(use, counted, central) / central)

    def learn(rows: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(x[rows], error[rows], rcond=None)[0]

    outside = learn(use)
    fit = x @ outside
    for p in np.unique(province[use]):
        own = (province == p) & ~inside
        fit[own] = x[own] @ learn(use & (province != p))
    apart = (error - fit)[use]
    return central * np.exp(fit + apart[:, None]), outside
