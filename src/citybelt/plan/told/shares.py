r"""What the levers of a plan do alone, all together, and through each other; and the same by theme, as one package.

    (H1)  together = sum_l alone_l + interplay,       sum_l share_l = together

``share`` is the Shapley value: what a lever adds, averaged over all orders in which levers could come. Up to EXACT
levers all sets are solved; beyond, orders are drawn, each with its reverse, in which interplay of pairs averages out
exactly, and the standard error of the rest is given. Sets are combinations of the plan's own values: nothing is planned
anew. Themes are treated as one lever each.
Sources: Shapley (1953); Mitchell, Cooper, Frank and Holmes (2022) for orders in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import numpy as np
import pandas as pd

from citybelt.plan.asked import words
from citybelt.plan.solved.optimise import equilibrium
from citybelt.plan.solved.problem import outcome
from citybelt.plan.solved.spending import spent
from citybelt.plan.sure.draws import USED
from citybelt.plan.sure.near_tables import THEMES
from citybelt.scenario.sampling import in_threads
from citybelt.scenario.shapley import EXACT, ORDERS, SEED, share_out

if TYPE_CHECKING:
    from citybelt.plan.solved.optimise import Optimum
    from citybelt.plan.solved.problem import Problem
    from citybelt.result import Progress

#: What is shared out, by row of a plan.
OUTCOMES = {"ev": "ev:cluster", "ev_nation": "ev:nation"}


@dataclass(frozen=True, eq=False)
class Shares:
    """How the gain of a plan is shared out.

    Attributes:
        by_lever: one row a lever in use and outcome (ev, ev_nation; bn CNY a year): alone, last (lost when it is taken
            out of the plan, nothing else changed), share, interplay (share less alone), error (standard error of the
            share, zero where all sets were solved), cost (P3; all of them add up to what the plan costs).
        by_theme: the same by theme, with the levers of each.
        package: one row an outcome: together, sum_alone, interplay, in words.
        sets: equilibria solved; orders: drawn for levers, 0 where all sets were solved.
    """

    by_lever: pd.DataFrame
    by_theme: pd.DataFrame
    package: pd.DataFrame
    sets: int
    orders: int


def shares(p: Problem, best: Optimum, fixed: np.ndarray, tell: Progress) -> Shares:
    """Share the gain of a plan out among its levers and among their themes.

    Args:
        best: the plan; fixed: [L] levers that it may not use.

    Raises:
        NotSolvedError: an equilibrium was not reached.
    """
    values = np.where(fixed & (p.least <= 0), 0.0, best.point.values)
    used = np.flatnonzero(values > USED * p.upper)
    themes = list(dict.fromkeys(p.levers[k].card.theme for k in used))
    bits = {k: 1 << n for n, k in enumerate(used)}
    groups = [sum(bits[k] for k in used if p.levers[k].card.theme == t) for t in themes]
    sets = _Sets(p, values, list(used), tell)
    own, orders = _shared(sets.solve, [bits[k] for k in used])
    wide, _ = _shared(sets.solve, groups)
    paid = spent(p, values, best.point.solution.accounts)
    names = [
        {"name": p.levers[k].id, "name_en": p.levers[k].card.name, "name_zh": p.levers[k].card.name_zh} for k in used
    ]
    called = [dict(zip(("name", "name_en", "name_zh"), (t, *THEMES.get(t, (t, t))), strict=True)) for t in themes]
    of = [[p.levers[k].id for k in used if p.levers[k].card.theme == t] for t in themes]
    levers = _table(names, own, [paid[k] for k in used])
    by_theme = _table(called, wide, [paid[[p.levers[k].id in ids for k in range(len(paid))]].sum() for ids in of])
    by_theme["levers"] = [", ".join(ids) for ids in of for _ in OUTCOMES]
    whole = sets.solve([sum(bits.values()), 0])
    return Shares(levers, by_theme, package(whole[0] - whole[1], wide[0], len(themes)), len(sets.found), orders)


class _Sets:
    """Outcomes of sets of levers at the plan's values, each solved once."""

    def __init__(self, p: Problem, values: np.ndarray, used: list[int], tell: Progress):
        self.p, self.values, self.used, self.tell = p, values, used, tell
        self.found: dict[int, np.ndarray] = {}

    def solve(self, asked: list[int]) -> np.ndarray:
        """[k, M] outcomes of sets, each a number whose bit i says whether lever i of those in use is on."""
        new = [s for s in dict.fromkeys(asked) if s not in self.found]
        rows = [self.p.place[row] for row in OUTCOMES.values()]

        def one(k: int) -> np.ndarray:
            on = np.zeros(len(self.values))
            on[[place for n, place in enumerate(self.used) if new[k] >> n & 1]] = 1.0
            s = equilibrium(self.p, on * self.values)
            return np.asarray(_outcome(s.base, s.theory, s.shock, s.accounts, self.p.frame))[rows]

        self.found |= dict(zip(new, in_threads(one, len(new), "sets of levers", self.tell), strict=True))
        return np.array([self.found[s] for s in asked])


_outcome = jax.jit(outcome)


Parts = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _shared(solve: Callable[[list[int]], np.ndarray], players: Sequence[int]) -> tuple[Parts, int]:
    """Alone, last, share and error [n, M] of players that are sets of levers, and how many orders were drawn."""
    n = len(players)
    join = lambda s: sum(players[i] for i in range(n) if s >> i & 1)  # noqa: E731
    if n <= EXACT:
        out = share_out(lambda asked: solve([join(s) for s in asked]), n)
        return (out.alone, out.last, out.shapley, out.error), 0
    return drawn(lambda asked: solve([join(s) for s in asked]), n), 2 * ORDERS


def drawn(solve: Callable[[list[int]], np.ndarray], n: int) -> Parts:
    """Alone, last, share and its standard error [n, M] from orders in pairs, without the interplay of each pair."""
    rng = np.random.default_rng(SEED)
    orders = [rng.permutation(n) for _ in range(ORDERS)]
    steps = lambda order: np.concatenate([[0], np.cumsum([1 << int(i) for i in order])])  # noqa: E731
    one, whole = [1 << k for k in range(n)], 2**n - 1
    walks = [[int(s) for s in steps(way)] for order in orders for way in (order, order[::-1])]
    wanted = sorted({0, whole, *one, *(whole - k for k in one), *(s for walk in walks for s in walk)})
    v = dict(zip(wanted, solve(wanted), strict=True))
    gains = np.zeros((2 * ORDERS, n, len(v[0])))
    for w, walked in enumerate(way for order in orders for way in (order, order[::-1])):
        for step, i in enumerate(walked):
            gains[w, i] = v[walks[w][step + 1]] - v[walks[w][step]]
    both = 0.5 * (gains[::2] + gains[1::2])
    alone, last = (np.array(a) for a in ([v[k] - v[0] for k in one], [v[whole] - v[whole - k] for k in one]))
    return alone, last, both.mean(axis=0), both.std(axis=0, ddof=1) / np.sqrt(ORDERS)


def _table(names: list[dict[str, str]], found: Parts, paid: Sequence[float]) -> pd.DataFrame:
    alone, last, share, error = found
    return pd.DataFrame(
        [
            {
                **head, "outcome": outcome_, "alone": alone[k, m], "last": last[k, m], "share": share[k, m],
                "interplay": share[k, m] - alone[k, m], "error": error[k, m], "cost": float(paid[k]),
            }
            for k, head in enumerate(names)
            for m, outcome_ in enumerate(OUTCOMES)
        ],
        columns=["name", "name_en", "name_zh", "outcome", "alone", "last", "share", "interplay", "error", "cost"],
    )  # fmt: skip


def package(together: np.ndarray, alone: np.ndarray, count: int, head: tuple[str, str] = ("", "")) -> pd.DataFrame:
    """What themes bring as one package against the sum of each alone.

    Args:
        together: [M]; alone: [themes, M]; count: of themes; head: what sentences begin with, by language.
    """
    rows, first = [], "as" if head[0] else "As"
    who = {"ev": ("the cluster's people", "城市群居民"), "ev_nation": ("the nation's people", "全国居民")}
    for m, name in enumerate(OUTCOMES):
        total, single = float(together[m]), float(alone[:, m].sum())
        more = total - single
        amounts = [words.money(abs(x)) for x in (total, single, more)]
        signs = ["-" if x < 0 else "" for x in (total, single)]
        rows.append(
            {
                "outcome": name,
                "together": total,
                "sum_alone": single,
                "interplay": more,
                "words_en": f"{head[0]}{first} one package the {count} themes bring {who[name][0]} "
                f"{signs[0]}{amounts[0][0]} a year; "
                f"each alone and added up, {signs[1]}{amounts[1][0]}: together {amounts[2][0]} "
                f"{'more' if more >= 0 else 'less'}.",
                "words_zh": f"{head[1]}{count}个领域作为一个整体，每年为{who[name][1]}带来{signs[0]}{amounts[0][1]}；"
                f"各自单独实施之和为{signs[1]}{amounts[1][1]}：合在一起{'多' if more >= 0 else '少'}{amounts[2][1]}。",
            }
        )
    return pd.DataFrame(rows)
