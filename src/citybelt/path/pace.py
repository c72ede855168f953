r"""How readily people move in a year, so that after some years as many live elsewhere as the static model says.

The static elasticity ``nu`` belongs to where those registered in a place have come to live: a stock. A path has moves
of a year, which answer to lifetime values by ``nu_flow`` (B1). One number makes them agree. Place k is worth one log
point more a year, for ever and as everybody expects; moves, births and deaths are the base year's. By place n and age
a, per log point and per unit of ``nu_flow``,

    (F1)  w[a,n,k]  = 1{n=k} + beta s[a] sum_m share[n,m,a+1] w[a+1,m,k]                    what it adds to a life in n
    (F2)  dP[a,n,k] = sum_o share[o,n,a] ( dP'[a,o,k] + P'[a,o] ( w[a,n,k] - sum_m share[o,m,a] w[a,m,k] ) )
    (F3)  gain[t]   = sum_k sum_{a<60} dP[a,k,k] / sum_k sum_{a<60} P[a,k]                          after t years

P', dP' are persons a year older, with those born; the mean is over places by their people. In the static model, of
those registered in o, m[o,n] live in n, and the same log point makes the people of the place more by

    (F4)  nu open,    open = 1 - sum_on m[o,n]^2 / reg[o] / sum_on m[o,n]

``open`` is well below one, since most people live where they are registered and few of them weigh a move. So

    (F5)  nu_flow = nu open / gain[horizon]

which is exact at the base year: (F1) doesn't depend on ``nu_flow``, and (F2) is linear in it. Where all places gain
alike nobody moves.

Levers on moving are known by stocks too: by how much more people of a place come from elsewhere once it is open. A move
into k is a log point cheaper, for ever and as everybody expects:

    (F6)  w and dP as above, with  w[a+1,m,k] + 1{m=k, n!=k}  for  w[a+1,m,k]  and no  1{n=k}  in (F1), and with
          w[a,n,k] + 1{n=k, o!=k}  for  w[a,n,k]  of those who come from o in (F2);  eased[t] as gain[t]
    (F7)  costly = nu0 freed / (nu_flow eased[horizon]),    freed = sum_{o!=n} m[o,n] (1 - m[o,n] / reg[o]) / sum_on m

is the lifetime value of a log unit of moving cost in the static model, at the ``nu0`` by which levers turn a response
into a cost: so many people more live in the place after the same horizon as the static model says, whatever ``nu``.
Both are means over places, so what a place is worth and what it costs to come keep their proportion in each. Sources:
Caliendo, Dvorkin and Parro (2019) for the values; Tombe and Zhu (2019) for ``nu``.
Limits: one number for all ages; in the years after the horizon people go on moving, while the static model doesn't.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from citybelt.errors import InputError
from citybelt.people.record import OPEN, Moves

#: Ages that the static elasticity is about.
YOUNG = (0, 60)
#: Years of the oldest age that count.
OLDEST = 40


def worth(moves: Moves, survival: ArrayLike, beta: float, of_moves: bool = False) -> np.ndarray:
    """(F1) What a log point a year of place k, for ever, adds to the lifetime value of place n [A, n, k].

    Args:
        moves: of a step, by age; a step is as long as an age class is wide.
        survival: chance to live through a step by age [A].
        beta: discount factor of a year.
        of_moves: (F6) of every move into place k instead, off the cost of it.

    Raises:
        InputError: moves by skill.
    """
    share, s = _shares(moves), np.asarray(survival, float)
    A, R, width = len(share), share.shape[1], _width(moves)
    once = np.eye(R) * (0.0 if of_moves else sum(beta**k for k in range(width)))
    saved = share * (1 - np.eye(R)) if of_moves else np.zeros(A)
    weight = beta**width * s
    value = np.empty((A, R, R))
    value[-1] = once
    for _ in range(OLDEST // width):
        value[-1] = once + weight[-1] * (share[-1] @ value[-1] + saved[-1])
    for a in range(A - 2, -1, -1):
        value[a] = once + weight[a] * (share[a + 1] @ value[a + 1] + saved[a + 1])
    return value


def gains(
    moves: Moves,
    survival: ArrayLike,
    beta: float,
    persons: ArrayLike,
    steps: int,
    fertility: ArrayLike | None = None,
    ages: tuple[int, int] = YOUNG,
    of_moves: bool = False,
) -> np.ndarray:
    """(F1-F3) Relative change of a place's people after 1, ..., steps, per log point a year and unit of ``nu_flow``.

    Args:
        moves, survival, beta: as of ``worth``.
        persons: in the base year, by region and age [R, A].
        steps: how many.
        fertility: births per woman and year [R, A]; half of all persons are women. No births if None.
        ages: first of those who are counted, and the first of those who are no longer.
        of_moves: (F6) per log point off the cost of every move into the place.
    """
    share, s = _shares(moves), np.asarray(survival, float)
    value, width = worth(moves, survival, beta, of_moves), _width(moves)
    here = np.eye(share.shape[1])
    into = np.ascontiguousarray(share.transpose(0, 2, 1))
    people = np.asarray(persons, float).T[..., None]  # [A, R, 1]
    change = np.zeros_like(share)
    meant = share @ value
    if of_moves:
        meant += share * (1 - here)
    counted = slice(ages[0] // width, -(-ages[1] // width))
    found = np.empty(steps)
    for t in range(steps):
        people, change = (_lived(x, s, fertility, width) for x in (people, change))
        flow = share * people
        people = flow.sum(axis=1)[..., None]
        change = into @ change + people * value - flow.transpose(0, 2, 1) @ meant
        if of_moves:
            change += (flow * (1 - here)).sum(axis=1)[..., None] * here
        now = change[counted].sum(axis=0)
        found[t] = np.trace(now) / people[counted].sum()
    return found


def elasticity(
    moves: Moves,
    survival: ArrayLike,
    beta: float,
    nu: float,
    horizon: float,
    persons: ArrayLike,
    fertility: ArrayLike | None = None,
    of_moves: bool = False,
) -> float:
    """(F5) The elasticity of moves to lifetime values at which a log point a year makes a place's people more by
    ``nu`` log points after ``horizon`` years.

    Args:
        moves, survival, beta, persons, fertility: as of ``gains``.
        nu: wanted of all people of a place; the static elasticity times ``openness`` where most stay where they are.
        horizon: years, above zero; between steps the change is linear in time.
        of_moves: (F7) a log point off the cost of every move into a place does so instead; ``nu`` times ``freed``.

    Raises:
        InputError: a horizon that isn't above zero, or nobody who moves.
    """
    if not horizon > 0:
        raise InputError(f"The horizon of moves must be above zero years, not {horizon:g}.")
    at = horizon / _width(moves)
    held = gains(moves, survival, beta, persons, int(np.ceil(at)), fertility, of_moves=of_moves)
    gain = float(np.interp(at, np.arange(len(held) + 1), np.concatenate([[0.0], held])))
    if not gain > 0:
        raise InputError("Nobody moves in the base year, so moves can't answer to values.")
    return nu / gain


def openness(stock: ArrayLike) -> float:
    """(F4) Share of a log point of ``nu`` that the people of a place answer with in the static model.

    Args:
        stock: persons by place of registration and of residence [H, H].
    """
    m = np.asarray(stock, float)
    return float(1 - (m**2 / m.sum(axis=1, keepdims=True)).sum() / m.sum())


def freed(stock: ArrayLike) -> float:
    """(F7) Share of a log point of ``nu`` that the people of a place answer with to the cost of moves into it.

    Args:
        stock: persons by place of registration and of residence [H, H].
    """
    m = np.asarray(stock, float)
    moved = m * (1 - m / m.sum(axis=1, keepdims=True))
    return float((moved.sum() - np.trace(moved)) / m.sum())


def _lived(x: np.ndarray, survival: np.ndarray, fertility: ArrayLike | None, width: int) -> np.ndarray:
    """A step older [A, R, K]: survivors, and children of those who were there, half of them women."""
    alive = x * survival[:, None, None]
    older = np.zeros_like(x)
    older[1:] = alive[:-1]
    older[-1] += alive[-1]
    if fertility is not None:
        rates = np.asarray(fertility, float).T[..., None]
        older[0] = width * (rates * (x + older)).sum(axis=0) / 4
    return older


def _shares(moves: Moves) -> np.ndarray:
    """[A, from, to]"""
    kinds = np.asarray(moves.age)
    if kinds.ndim != 1:
        raise InputError("The pace of moves is found where they are by age, not by skill too.")
    return np.ascontiguousarray(np.asarray(moves.share, float).transpose(2, 0, 1)[kinds])


def _width(moves: Moves) -> int:
    return OPEN // (len(np.asarray(moves.age)) - 1)
