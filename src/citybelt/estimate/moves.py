r"""Fill the matrix of moves between places in five years, a flow, and spread it over ages.

A census asks where people lived five years ago and publishes how many moved into and out of each province. The fill
takes these totals as known, shares each total over the province's places by stocks of people from elsewhere and of
people away, and places the flows by gravity (Deming and Stephan 1940; Willekens 1999):

    (M1)  out[o] = out_p(o) w[o] / sum_{k in p(o)} w[k],     w[o] = away[o] + back * here[o],     in[n] alike
    (M2)  flow[o,n] = a[o] b[n] distance[o,n]^(-elasticity)  between provinces, balanced to (M1)
    (M3)  the same within a province, with  in[n] = pace * here_own[n],  out[o] in proportion to w[o]

``here`` and ``away`` are stocks by registration, ``back`` how many of them return per one who leaves in the same five
years, ``pace`` moves in five years per person of the stock. Stocks shape the flows; they are never met by them. A stock
by registration, a flow in five years and a change of cohorts between two censuses are three objects; `gap` sets the
flow beside another one and nothing is balanced to both.

Who moves depends on age. With mobility m[a] of (S1), h[o] solves (M5) and destinations don't depend on age:

    (M4)  share[o,n,a] = (1 - exp(-h[o] m[a])) flow[o,n] / out[o],     share[o,o,a] = exp(-h[o] m[a])
    (M5)  sum_a persons[o,a] (1 - exp(-h[o] m[a])) = out[o]

so no share leaves 0..1, whatever the mobility, and a step of w years has h w / 5 in place of h. That differs from the
w/5-th root of the five-year matrix by those who move on or return within the five years; `root_gap` measures it.

Sources: Rogers and Castro (1981) for (S1); Rogers, Raymer and Newbold (2003) on one- and five-year moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from citybelt.errors import InputError, NotSolvedError, Problem
from citybelt.estimate.balance import biproportional

#: Years of the flows that a census counts.
STEP = 5.0
#: Origins pass in this many batches when the rate of leaving is solved.
NEWTON_STEPS = 60


@dataclass(frozen=True)
class Flows:
    """Moves of five years between places, persons."""

    between: np.ndarray  # [R, R] between provinces, grade C: totals by province are counted
    within: np.ndarray  # [R, R] between places of a province, grade D: its level is a stated ratio to a stock

    @property
    def total(self) -> np.ndarray:
        """[R, R], from, to; the diagonal is zero."""
        return self.between + self.within


@dataclass(frozen=True)
class Stocks:
    """People by registration, of R places, in persons. They shape flows."""

    here_other: np.ndarray  # residents registered in another province
    here_own: np.ndarray  # residents registered elsewhere in the province
    away: np.ndarray  # registered here, living elsewhere


def fill(
    stocks: Stocks,
    leaving: np.ndarray,
    arriving: np.ndarray,
    province: np.ndarray,
    distance: np.ndarray,
    elasticity: float = 1.3,
    back: tuple[float, float] = (0.05, 0.05),
    pace: float = 0.6,
) -> Flows:
    """(M1-M3) Flows between R places of P provinces.

    Args:
        stocks: what shapes the flows.
        leaving: moves out of each province to others, persons [P]; grade A where a census counts them.
        arriving: moves into each province from others [P]; the sums of both are equal.
        province: label of each place, 0..P-1 [R].
        distance: km [R, R].
        elasticity: fall of flows with distance.
        back: returns in the weights of those who leave and of those who arrive, per person of the other stock.
        pace: moves in five years per person registered elsewhere in the province.

    Raises:
        InputError: a value is negative or missing, or the sums differ.
        NotSolvedError: no matrix meets the totals.
    """
    _check(stocks, leaving, arriving, province, distance)
    here, away = stocks.here_other, stocks.away
    out = _spread(leaving, away + back[0] * here, province)
    into = _spread(arriving, here + back[1] * away, province)
    same = province[:, None] == province[None, :]
    own = np.eye(len(province), dtype=bool)
    pull = -elasticity * np.log(np.where(own, 1.0, distance))
    between = _meet(np.where(same, -np.inf, pull), out, into)
    alone = np.bincount(province)[province] == 1
    into = np.where(alone, 0.0, pace * stocks.here_own)
    out = _spread(np.bincount(province, into), np.where(alone, 0.0, away + back[0] * stocks.here_own), province)
    within = _meet(np.where(same & ~own, pull, -np.inf), out, into)
    return Flows(between, within)


def aggregate(flow: np.ndarray, region: np.ndarray) -> np.ndarray:
    """Flows between places [R, R] as flows between regions [N, N]; moves inside a region are staying and drop out.

    ``region`` [R] is each place's region, 0..N-1.
    """
    member = np.zeros((int(region.max()) + 1, len(region)))
    member[region, np.arange(len(region))] = 1
    total = member @ flow @ member.T
    np.fill_diagonal(total, 0.0)
    return total


def leaving_rate(flow: np.ndarray, persons: np.ndarray, mobility: np.ndarray) -> np.ndarray:
    """(M5) The rate h of leaving each region [R] at which the flows [R, R] come out of persons [R, A].

    Raises:
        NotSolvedError: more leave a region than live there at ages that move.
    """
    out = flow.sum(axis=1)
    able = persons[:, mobility > 0].sum(axis=1)
    if (out >= able).any():
        r = int(np.argmax(out / np.maximum(able, 1e-300)))
        raise NotSolvedError(f"moves: {out[r]:.6g} leave region {r}, where {able[r]:.6g} live who could.")
    h = np.zeros(len(out))
    # The left side is concave and rising in h: Newton's steps from zero never pass the root.
    for _ in range(NEWTON_STEPS):
        stay = np.exp(-h[:, None] * mobility)
        gap = out - (persons * (1 - stay)).sum(axis=1)
        h = h + gap / np.maximum((persons * mobility * stay).sum(axis=1), 1e-300)
        if (np.abs(gap) <= 1e-12 * np.maximum(out, 1.0)).all():
            return h
    raise NotSolvedError("moves: the rate of leaving doesn't meet the flows.")


def shares(flow: np.ndarray, persons: np.ndarray, mobility: np.ndarray, years: float = STEP) -> np.ndarray:
    """(M4) Of those who live in o at an age, the share who live in n after a step [R, R, A]; rows sum to one.

    Args:
        flow: moves of five years [R, R], persons.
        persons: at the start, by age [R, A].
        mobility: how readily each age moves, in any unit [A].
        years: length of the step.

    Raises:
        NotSolvedError: more leave a region than live there.
    """
    h = leaving_rate(flow, persons, mobility)
    out = flow.sum(axis=1, keepdims=True)
    where = np.divide(flow, out, out=np.zeros_like(flow), where=out > 0)
    leave = 1 - np.exp(-h[:, None] * mobility * years / STEP)
    share = where[:, :, None] * leave[:, None, :]
    share[np.arange(len(h)), np.arange(len(h))] = 1 - leave
    return share


def root_gap(five: np.ndarray, one: np.ndarray) -> float:
    """Largest difference between five yearly steps and a five-year one, as a share of persons.

    ``five`` and ``one`` are [R, R] shares of one age. Moving on and returning within five years makes it.
    """
    return float(np.abs(np.linalg.matrix_power(one, 5) - five).max())


def gap(flow: np.ndarray, other_net: np.ndarray, persons: np.ndarray) -> np.ndarray:
    """Net moves of another object less those of the flow, as a share of persons [R]: shown, never closed.

    ``other_net`` is a net stock by registration, or the residual of cohorts between censuses, in persons.
    """
    return (other_net - (flow.sum(axis=0) - flow.sum(axis=1))) / persons


def _spread(total: np.ndarray, weight: np.ndarray, province: np.ndarray) -> np.ndarray:
    """Totals of provinces over their places in proportion to weights; a total without weights is an error."""
    base = np.bincount(province, weight, len(total))
    empty = (base <= 0) & (total > 0)
    if empty.any():
        p = int(np.flatnonzero(empty)[0])
        raise InputError([Problem(f"moves, province {p}", "it has moves and no stock to share them by")])
    return weight * np.divide(total, base, out=np.zeros_like(base), where=base > 0)[province]


def _meet(prior: np.ndarray, out: np.ndarray, into: np.ndarray) -> np.ndarray:
    """Balance to departures and arrivals; where no matrix meets both, departures give way to gravity's.

    Within a province of few places, one may send away more than the others take in.
    """
    weight = np.exp(prior) * out[:, None]
    size = weight.sum(axis=0)
    gravity = (weight * np.divide(into, size, out=np.zeros_like(into), where=size > 0)).sum(axis=1)
    for towards in (0.0, 0.1, 0.3, 0.6, 1.0):
        mixed = (1 - towards) * out + towards * gravity
        try:
            return biproportional(prior[None], mixed[None], into[None])[0][0]
        except NotSolvedError:
            if towards == 1.0:
                raise
    raise AssertionError


def _check(stocks, leaving, arriving, province, distance):
    problems = []
    named = {"here_other": stocks.here_other, "here_own": stocks.here_own, "away": stocks.away}
    named |= {"leaving": leaving, "arriving": arriving, "distance": distance}
    for name, values in named.items():
        bad = ~np.isfinite(values) | (values < 0)
        if bad.any():
            where = tuple(int(k) for k in np.argwhere(bad)[0])
            problems.append(Problem(f"moves, {name} {where}", f"the value is {values[where]}", "Fill it first."))
    apart = abs(leaving.sum() - arriving.sum())
    if not problems and apart > 1e-9 * leaving.sum():
        problems.append(
            Problem("moves", f"{leaving.sum():.10g} leave provinces and {arriving.sum():.10g} arrive", "Scale one.")
        )
    if not problems and len(leaving) != province.max() + 1:
        problems.append(Problem("moves", f"{len(leaving)} totals for {province.max() + 1} provinces"))
    if problems:
        raise InputError(problems)
