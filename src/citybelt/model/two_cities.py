r"""Two cities and one road, for a class: the forces of the large model in a world that can be solved by looking.

City ``i`` makes one variety of goods with labour. Size raises productivity, rents push people away, a slow road makes
the other city's goods dear. One of all people is shared out, ``L = (l, 1 - l)``:

    (C1)  A_i  =  a_i L_i^alpha                                       productivity rises with size
    (C2)  s_ni =  (w_i d_ni / A_i)^-theta / Phi_n,   Phi_n = sum_i (w_i d_ni / A_i)^-theta
    (C3)  w_i L_i = sum_n s_ni w_n L_n                                what a city sells is what both buy of it
    (C4)  P_n  =  Phi_n^(-1/theta),   y_n = w_n / (1 - h),   r_n = h y_n L_n      rents are spent where they are paid
    (C5)  V_n  =  y_n / (P_n^(1-h) r_n^h)                             what a resident can buy
    (C6)  log(l / (1 - l)) = nu log(V_1 / V_2)                        where people want to live

with ``d = exp(cost hours)`` between the cities and one within. For a given ``l`` the relative wage is the root of one
falling function (C3), by Newton's steps; the equilibria are the roots of (C6) in ``l``. One is stable where people who
are too many leave. Where there are several, history decides: from a share of people at the start they move towards the
nearest stable one in the direction in which they want to go. Sources: Allen and Arkolakis (2014); Redding and
Rossi-Hansberg (2017); Krugman (1991) for history. Limits: no capital, government or third place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq

from citybelt.errors import InputError, Problem

#: Trade elasticity, taste for places, iceberg cost of an hour on the road (logs).
THETA, NU, COST = 4.0, 8.0, 0.05
#: Logits of the shares among which roots of (C6) are looked for; an equal share is not among them.
GRID = np.linspace(-12.0, 12.0, 600)


@dataclass(frozen=True)
class Settings:
    """What a class may change.

    Attributes:
        hours: on the road between the cities; size: alpha of (C1); housing: h, the share of income spent on it.
        lead: log of the first city's own productivity over the second's.
        start: share of all people in the first city before anybody moves.
    """

    hours: float = 8.0
    size: float = 0.1
    housing: float = 0.15
    lead: float = 0.05
    start: float = 0.5


@dataclass(frozen=True)
class Cities:
    """An equilibrium.

    Attributes:
        people: [2] shares; wage: [2] over their mean by people; rent: [2] over the mean; value: [2] log of (C5).
        welfare: log of what a person expects who may choose, (1/nu) log sum_n V_n^nu.
        equilibria: shares of the first city in all equilibria, and whether each is stable.
    """

    people: np.ndarray
    wage: np.ndarray
    rent: np.ndarray
    value: np.ndarray
    welfare: float
    equilibria: tuple[tuple[float, bool], ...]


def relative_wage(l: Float[np.ndarray, " M"], s: Settings) -> Float[np.ndarray, " M"]:
    """Log of w_1 / w_2 that clears (C3): what both buy of the first city is what it is paid."""
    x = np.zeros(l.shape)
    far = COST * s.hours
    for _ in range(100):
        own, other = _costs(x, l, s)
        at_home = 1 / (1 + np.exp(-THETA * (other + far - own)))
        abroad = 1 / (1 + np.exp(-THETA * (other - own - far)))
        near, away = at_home * np.exp(x) * l, abroad * (1 - l)
        excess = np.log(near + away) - x - np.log(l)
        slope = (near * (1 - THETA * (1 - at_home)) - THETA * (1 - abroad) * away) / (near + away) - 1
        x = x - excess / slope
        if np.max(np.abs(excess)) < 1e-13:
            return x
    raise InputError([Problem("two cities", "have no wages that clear their markets.", "Take milder settings.")])


def _costs(log_wage: np.ndarray, l: np.ndarray, s: Settings) -> np.ndarray:
    """[2, M] log unit costs, the second city's wage being one."""
    own = log_wage - s.lead - s.size * np.log(l)
    other = -s.size * np.log1p(-l)
    return np.stack([own, other])


def values(l: Float[np.ndarray, " M"], s: Settings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[2, M] log wages, log rents and log values (C5) when a share ``l`` of people lives in the first city."""
    log_wage = np.stack([relative_wage(l, s), np.zeros(l.shape)])
    own, other = _costs(log_wage[0], l, s)
    far = COST * s.hours
    log_price = np.stack(
        [
            -np.logaddexp(-THETA * own, -THETA * (other + far)) / THETA,
            -np.logaddexp(-THETA * (own + far), -THETA * other) / THETA,
        ]
    )
    income = log_wage - np.log1p(-s.housing)
    rent = np.log(s.housing) + income + np.stack([np.log(l), np.log1p(-l)])
    return log_wage, rent, income - (1 - s.housing) * log_price - s.housing * rent


def pull(logit: Float[np.ndarray, " M"], s: Settings) -> Float[np.ndarray, " M"]:
    """By how much more than now want to live in the first city, (C6); zero in an equilibrium."""
    l = 1 / (1 + np.exp(-logit))
    _, _, value = values(l, s)
    return NU * (value[0] - value[1]) - logit


def solve(s: Settings) -> Cities:
    """The equilibrium to which people move from where they are at the start, and all others.

    Raises:
        InputError: size pays so much that everybody ends up in one city.
    """
    at = pull(GRID, s)
    turns = np.flatnonzero(np.sign(at[:-1]) != np.sign(at[1:]))
    roots = np.array([brentq(lambda x: pull(np.array([x]), s)[0], GRID[k], GRID[k + 1], xtol=1e-13) for k in turns])
    stable = at[turns] > 0
    begin = np.log(s.start / (1 - s.start))
    up = pull(np.array([begin]), s)[0] > 0
    ahead = roots[stable & ((roots > begin - 1e-9) if up else (roots < begin + 1e-9))]
    if not ahead.size:
        raise InputError([Problem("two cities", "end up as one.", "Let size pay less, or housing cost more.")])
    chosen = ahead.min() if up else ahead.max()
    l = 1 / (1 + np.exp(-np.array([chosen])))
    log_wage, rent, value = (x[:, 0] for x in values(l, s))
    people = np.array([l[0], 1 - l[0]])
    mean = lambda x: np.exp(x) / (people @ np.exp(x))  # noqa: E731
    found = tuple((float(1 / (1 + np.exp(-r))), bool(ok)) for r, ok in zip(roots, stable, strict=True))
    welfare = float(np.logaddexp.reduce(NU * value) / NU)
    return Cities(people, mean(log_wage), mean(rent), value, welfare, found)
