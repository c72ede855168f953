"""The game that coalitions of players play on an arena: what each is worth, exactly for few players, sampled for many.

A coalition is worth what its members get when they plan as one while each of the others plans for itself (Chander and
Tulkens 1997); beside it stands what they get while the others do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from citybelt.separate.arena import Arena
from citybelt.separate.cooperate import Core, Shares, least_core, shapley, shapley_shares
from citybelt.separate.rivalry import Outcome, settle
from citybelt.separate.sampled import SampledCore, drawn, sampled_core

if TYPE_CHECKING:
    from citybelt.result import Progress

#: Players up to which every coalition is solved.
MOST = 6


@dataclass(frozen=True)
class Game:
    """What coalitions are worth, and what follows: None, or empty, where there are too many to solve."""

    values: np.ndarray
    others_idle: np.ndarray
    shapley: Shares | None
    core: Core | None
    sampled: SampledCore | None


def play(arena: Arena, nash: Outcome, unified: Outcome, orders: int, tell: Progress) -> Game:
    """The coalitional game: exactly for few players, by drawn orders and sets for many."""
    n, none = len(arena.budgets), np.zeros(0)
    if n <= MOST:
        values, idle = coalitions(arena, nash, unified, tell)
        return Game(values, idle, Shares(shapley(values), np.zeros(n), 0), least_core(values), None)
    if not orders:
        return Game(none, none, None, None, None)
    worth = Worth(arena, nash, unified, tell, 2 * max(orders, 2) * (n + 1))
    value = shapley_shares(worth, n, MOST, orders)
    for i in range(n):
        worth(1 << i)
    core = sampled_core(dict(worth.known), n, worth, drawn(n, 2 * orders), value.values)
    return Game(none, none, value, None, core)


def coalitions(arena: Arena, nash: Outcome, unified: Outcome, tell: Progress) -> tuple[np.ndarray, np.ndarray]:
    """What each coalition gets [2^n], the others planning each for itself, and the others doing nothing."""
    n = len(arena.budgets)
    values, idle = np.zeros(2**n), np.zeros(2**n)
    for s in range(1, 2**n):
        tell("coalitions", s - 1, 2**n - 1)
        block = tuple(i for i in range(n) if s >> i & 1)
        rest = [(i,) for i in range(n) if i not in block]
        if len(block) == n:
            found = alone = unified
        else:
            found = nash if len(block) == 1 else settle(arena, [block, *rest])
            alone = settle(arena, [block])
        values[s], idle[s] = found.payoffs[list(block)].sum(), alone.payoffs[list(block)].sum()
    tell("coalitions", 2**n - 1, 2**n - 1)
    return values, idle


class Worth:
    """What a set of many players gets while each of the others plans for itself, begun where all plan apart."""

    def __init__(self, arena: Arena, nash: Outcome, unified: Outcome, tell: Progress, total: int):
        self.arena, self.nash, self.unified, self.tell, self.total = arena, nash, unified, tell, total
        self.known: dict[int, float] = {}

    def __call__(self, group: int) -> float:
        if group in self.known:
            return self.known[group]
        n = len(self.arena.budgets)
        block = tuple(i for i in range(n) if group >> i & 1)
        self.tell("coalitions", min(len(self.known), self.total), self.total)
        if len(block) in (1, n):
            found = self.nash if len(block) == 1 else self.unified
        else:
            rest = [(i,) for i in range(n) if i not in block]
            found = settle(self.arena, [block, *rest], start=self.nash.values)
        self.known[group] = float(found.payoffs[list(block)].sum())
        return self.known[group]
