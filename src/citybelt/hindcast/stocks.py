r"""Who has left and who has come, by place, from what the census and the register of 2010 say.

Net stock of a place: residents less registered persons, as a share of residents. There are two routes to it:

    (H6)  register:   n1 = 1 - registered / residents,           where the yearbook doesn't print residents instead
    (H7)  census:     n2 = b0 + b1 (from other provinces) + b2 (from other counties) + sum_k bk (log share of ages k)

with b fitted on the places whose register can be read (weights: residents). People of 20 to 34 who aren't there are
the trace that leaving has left. Where both are held, n = (n1 + n2) / 2: nothing tells which is better, and how far
they are apart measures how little is known. Elsewhere n = n2.

A register more than `FAR` deviations (by the median) from the census is an error of print, and isn't held either.

    (H8)  a1[r] = (here_other + x here_own) / residents - n               away, as a share of residents
          A[p] = (leaving_p / pace + sum x here_own) / residents of p     the same from what is counted by province
          a[r] = A[p] + k[p] (a1[r] - mean_p a1),   k[p] = max(0, 1 - e^2 / var_p a1),   e = deviation(n1 - n2) / 2

(H8): the level of a province comes from counted moves, since registers differ most between provinces; how far a place
is drawn to it follows from how much of the spread is noise (Efron and Morris 1975). Everywhere at least `LEAST_AWAY`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from citybelt.estimate.moves import Stocks
from citybelt.hindcast.known import Known

#: A register within this share of residents may be a copy of them.
COPIED = 0.015
#: Deviations from the census beyond which a register is an error of print.
FAR = 3.0
#: Smallest stock away, as a share of residents.
LEAST_AWAY = 0.01
#: Five-year classes whose shares tell: young workers, older ones, their parents, children, the old.
TRACES = ((4, 5, 6), (7, 8), (9, 10, 11), (1, 2), (13, 14, 15))


@dataclass(frozen=True)
class Read:
    """Stocks of moves by place, and how far the two routes to them are apart."""

    stocks: Stocks
    net: np.ndarray  # [R] n
    apart: float  # deviation of n1 - n2, share of residents
    held: np.ndarray  # [R] the register can be read


def read(known: Known, other_city: float) -> Read:
    """(H6-H8) Stocks of 2010.

    Args:
        known: the world of 2010.
        other_city: share of those registered in another county of the province who come from another place.
    """
    total = known.total
    n1 = 1 - known.registered / total
    n1 = np.where(np.abs(np.log(known.registered / total)) < COPIED, np.nan, n1)
    held = np.isfinite(n1) & (n1 > -1)
    by_age = known.persons.sum(axis=1)
    share = np.log(by_age / total[:, None]) - np.log(by_age.sum(axis=0) / total.sum())
    counted = [np.ones_like(total), known.here_other / total, known.here_own / total]
    x = np.stack([*counted, *(share[:, list(k)].mean(axis=1) for k in TRACES)], axis=1)
    n2 = _fitted(x, n1, total, held)
    far = np.abs(n1 - n2) > FAR * 1.4826 * np.median(np.abs((n1 - n2)[held]))
    held &= ~far
    n2 = _fitted(x, n1, total, held)
    apart = float(np.std((n1 - n2)[held]))
    net = np.where(held, (n1 + n2) / 2, n2)
    own = other_city * known.here_own
    share_away = _drawn_in(known, (known.here_other + own) / total - net, own, apart / 2)
    away = np.maximum(share_away, LEAST_AWAY) * total
    return Read(Stocks(known.here_other, own, away), net, apart, held)


def pace(known: Known) -> float:
    """(H10) Moves between provinces in five years per resident from another province."""
    return float(known.leaving.sum() / known.stock)


def _fitted(x: np.ndarray, n1: np.ndarray, total: np.ndarray, held: np.ndarray) -> np.ndarray:
    """(H7) [R]"""
    weight = np.sqrt(total[held])
    return x @ np.linalg.lstsq(x[held] * weight[:, None], n1[held] * weight, rcond=None)[0]


def _drawn_in(known: Known, a1: np.ndarray, own: np.ndarray, noise: float) -> np.ndarray:
    """(H8) Shares away [R] with the provinces' counted levels."""
    P, by, total = len(known.provinces), known.province, known.total

    def mean(value):
        return np.bincount(by, value * total, P) / np.bincount(by, total, P)

    level = mean(own / total) + known.leaving / pace(known) / np.bincount(by, total, P)
    apart = a1 - mean(a1)[by]
    spread = np.maximum(mean(apart**2), 1e-300)
    return level[by] + np.maximum(0.0, 1 - noise**2 / spread)[by] * apart
