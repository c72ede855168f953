r"""Division of labour: which place grows in what, and what it costs the workers who have to change.

Workers of a place go to its sectors as its wage bill does, for one wage is paid in a place,

    (L1)  jobs_nj = workers_n  lambda_nj,     lambda the sector's share in labour income of the base year
    (L2)  jobs'_nj = jobs_nj  (labour income'_nj / labour income_nj) / (wage'_n h'_n)

with ``h'`` the efficiency that training adds to a worker. Of what sectors of a place lose, D, and gain, C,

    (L3)  change sector there: min(D, C),     leave: max(D - C, 0),     come: max(C - D, 0)

the fewest moves that lead from one to the other; turnover that goes on anyway is not in it, nor are people who move
for other reasons than work. Each of those who change or leave loses ``YEARS`` of the mean pay of the place, once. Those
who come to the players' places N from home regions elsewhere lose it as well, of the mean pay where they leave,

    (L4)  from outside_n = come_n max(0, 1 - sum_N leave / sum_N come)

parted among places as all who come; workers of regions outside who change sector there, or leave it for another one
outside, are not counted. The size of the loss:
Davis and von Wachter (2011) find 1.4 years of pay before displacement (present value over twenty years at 5 per cent)
in the United States for men with three years of tenure in mass layoffs while unemployment is below 6 per cent, and 2.8
years above 8 per cent. Losses in China are large and lasting too (Tian, Gong and Zhai 2022, on the reform of
state-owned firms; Ge and Lehmann 2013, who find none for migrants), but no present value is published; that the
American one holds here is assumed, and so is half of it at the lower end, since most of those who move in such a plan
would do so by choice. The loss is turned into a yearly amount for ever at the real rate of interest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.model.accounts import LABOUR
from citybelt.scenario.money import RATE

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution
    from citybelt.separate.arena import Arena

#: Years of pay that a worker who has to change loses: low, central, high.
YEARS = (0.7, 1.4, 2.8)


def jobs(arena: Arena, workers: np.ndarray, s: Solution | None = None) -> np.ndarray:
    """(L1), (L2) [H, J] workers by place and sector; in the base year without a solution.

    Args:
        workers: [H] of the base year.
    """
    b, h = arena.economy.base, len(arena.economy.home)
    paid = np.asarray(b.factor_share[LABOUR] * b.value_added)[:h]
    found = workers[:, None] * paid / paid.sum(axis=1, keepdims=True)
    if s is None:
        return found
    now = np.asarray(s.accounts.factor_income)[LABOUR][:h]
    per_worker = np.exp(np.asarray(s.state.wage)[:h] + np.asarray(s.shock.log_h))
    ratio = np.where(paid > 0, now / np.where(paid > 0, paid, 1.0), 1.0)
    return found * ratio / per_worker[:, None]


def moves(before: np.ndarray, after: np.ndarray) -> dict[str, np.ndarray]:
    """(L3) [H] workers who change sector where they are, who leave and who come.

    Args:
        before, after: [H, J] workers by place and sector.
    """
    change = after - before
    lost, gained = np.maximum(-change, 0).sum(axis=1), np.maximum(change, 0).sum(axis=1)
    return {
        "change": np.minimum(lost, gained),
        "leave": np.maximum(lost - gained, 0.0),
        "come": np.maximum(gained - lost, 0.0),
    }


def from_outside(leave: np.ndarray, come: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """(L4) [H] of the workers who come to places of players, those who leave other home regions.

    Args:
        leave, come: [H] workers; inside: [H] whether a place is a player's.
    """
    arrived = float(come[inside].sum())
    share = max(0.0, 1.0 - float(leave[inside].sum()) / arrived) if arrived > 0 else 0.0
    return np.where(inside, come * share, 0.0)


def transition(arena: Arena, workers: np.ndarray, solved: dict[str, Solution]) -> pd.DataFrame:
    """One row a region of a player and a plan: workers who change, leave and come, and what that costs.

    Args:
        workers: [H] of the base year.

    Returns:
        ``change``, ``leave``, ``come`` in workers, and ``outside`` of those who come (L4); ``pay`` a year of the mean
        worker, thousands, and ``pay_outside`` where those from outside leave; ``cost`` once and ``cost_year``,
        billions, with ``cost_low`` and ``cost_high`` once. Against the base year.
    """
    b, h = arena.economy.base, len(arena.economy.home)
    paid = np.asarray(b.factor_share[LABOUR] * b.value_added)[:h].sum(axis=1)
    before, rows, inside = jobs(arena, workers), [], arena.registered.sum(axis=0) > 0
    for plan, s in solved.items():
        moved = moves(before, jobs(arena, workers, s))
        outside = from_outside(moved["leave"], moved["come"], inside)
        left = np.where(inside, 0.0, moved["leave"])
        elsewhere = float(left @ (paid / workers) / left.sum()) if left.sum() > 0 else 0.0
        for n in np.flatnonzero(inside):
            pay = float(paid[n] / workers[n])
            lost = float(moved["change"][n] + moved["leave"][n]) * pay + float(outside[n]) * elsewhere
            low, central, high = (years * lost for years in YEARS)
            rows.append(
                {
                    "region": arena.economy.home[n],
                    "plan": plan,
                    **{name: float(m[n]) for name, m in moved.items()},
                    "outside": float(outside[n]),
                    "pay": 1e6 * pay,
                    "pay_outside": 1e6 * elsewhere,
                    "cost": central,
                    "cost_low": low,
                    "cost_high": high,
                    "cost_year": central * RATE,
                }
            )
    return pd.DataFrame(rows)
