r"""What a disruption costs: to whom by origin, where by city, in what by sector.

    (L1)  loss of an origin        = log What(without) - log What(with)            per cent, over groups by persons
    (L2)  in money                 = sum_g income0[g,o] (What(without) - What(with)) billions a year, at base prices
    (L3)  of a city or a sector    = real output without less with, over the former, per cent

"Without" is the base year, or the scenario that the disruption strikes. Welfare and its weights are those of
``outcomes`` (O1, O2), so that a loss is read like any gain of a plan. Losses are positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.security.budget import price_of
from citybelt.security.change import GONE, Change, flow_left

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution
    from citybelt.model.economy import Economy
    from citybelt.security.kinds import Disruption


@dataclass(frozen=True, eq=False)
class Loss:
    """The loss of one disruption; without any number where it was not solved.

    Attributes:
        error: why there is no number; '' where it was solved.
        origin: [H] welfare of the people registered in each home region, per cent.
        money: [H] the same, billions a year.
        city: [H] real output of each home region, per cent.
        sector: [J] real output of each sector in the cluster, per cent.
        cluster, nation, elsewhere: welfare of their people, per cent; elsewhere: the cluster's but for those struck.
        output: real output of the cluster, per cent.
        residual: largest of any market; ``left``: largest part of a stopped flow that is left.
        change: the disruption solved, with the price of carbon that was found.
        price: of carbon, money per tonne; NaN where there is no budget.
    """

    error: str
    origin: np.ndarray
    money: np.ndarray
    city: np.ndarray
    sector: np.ndarray
    cluster: float
    nation: float
    elsewhere: float
    output: float
    residual: float
    left: float
    price: float
    change: Change

    @property
    def solved(self) -> bool:
        return not self.error


def measure(e: Economy, before: Solution, d: Disruption, cluster: np.ndarray) -> Loss:
    """Solve a disruption on top of an equilibrium and measure what is lost.

    Args:
        e: the economy with short-run elasticities and closure.
        before: the equilibrium that is struck.
        d: the disruption.
        cluster: [H] one for the cluster.

    Returns:
        A ``Loss``; one with an ``error`` and no numbers where the equilibrium was not reached or trade not stopped.
    """
    try:
        return _measure(e, before, d, cluster)
    except NotSolvedError as error:
        return _unsolved(e, str(error), d.change)


def _unsolved(e: Economy, error: str, change: Change) -> Loss:
    home, sectors, no = np.full(len(e.home), np.nan), np.full(len(e.sectors), np.nan), np.nan
    return Loss(error, home, home, home, sectors, no, no, no, no, no, no, no, change)


def _measure(e: Economy, before: Solution, d: Disruption, cluster: np.ndarray) -> Loss:
    b, h = e.base, len(e.home)
    change, price = d.change, np.nan
    if change.cap is None:
        after = e.solve(before.shock + change.shock(b, e.theory), before.state)
    else:
        rest = before.shock + change.shock(b, e.theory)
        paid = np.concatenate([cluster, np.zeros(b.shape[0] - h)])
        at = lambda p: e.solve(rest.replace(carbon=rest.carbon + p * paid), before.state)  # noqa: E731
        price, after = price_of(change.cap, at, cluster)
        change = change + Change(carbon=price * paid)
    left = flow_left(change.stopped(), after)
    if left > GONE:
        raise NotSolvedError(f"Trade was not stopped: {left:.1e} of a flow is left where no other seller remains.")
    persons = np.asarray(b.people.sum(axis=2))
    log = [np.asarray(s.accounts.log_welfare) for s in (before, after)]
    lost = log[0] - log[1]
    registered = persons.sum(axis=0)
    origin = 100.0 * (persons * lost).sum(axis=0) / registered
    money = (np.asarray(b.income_by_origin) * (np.exp(log[0]) - np.exp(log[1]))).sum(axis=0)
    volume = [np.asarray(s.accounts.output / b.output * np.exp(-s.accounts.log_gate))[:h] for s in (before, after)]
    added = np.asarray(b.value_added)[:h]
    made = [added * v for v in volume]
    inside = [cluster @ m for m in made]
    mean = lambda at: float(origin @ (registered * at) / (registered @ at)) if (registered @ at) > 0 else np.nan  # noqa: E731
    return Loss(
        error="",
        origin=origin,
        money=money,
        city=_lost(made[0].sum(axis=1), made[1].sum(axis=1)),
        sector=_lost(*inside),
        cluster=mean(cluster),
        nation=mean(np.ones(h)),
        elsewhere=mean(cluster * ~d.hit),
        output=float(_lost(inside[0].sum(), inside[1].sum())),
        residual=after.residual,
        left=left,
        price=price,
        change=change,
    )


def _lost(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Per cent; zero where there was nothing."""
    return 100.0 * (1.0 - np.where(before > 0, after / np.where(before > 0, before, 1.0), 1.0))
