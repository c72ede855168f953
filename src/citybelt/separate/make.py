"""One plan or several: what provinces reach when each plans for itself, what they reach together, and how to share it.

Each player is a set of home regions that plans for those registered there, with the levers that stand in its
territory and its share of the budget, in proportion to GDP. ``rivalry`` finds the separate plans (Nash) and the
unified one: the same levers, the budgets added up, the sum of objectives, never begun from the separate plans. Between
the two stands coordination without moving money: planned together, every budget kept to its own territory.

A coalition is worth what its members get when they plan as one while each of the others plans for itself; beside it
stands what they get while the others do nothing. Shares and transfers count a billion of welfare for a billion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from citybelt.errors import InputError, NotSolvedError
from citybelt.errors import Problem as Wrong
from citybelt.separate.arena import Arena
from citybelt.separate.cooperate import Shares, least_core, shapley, shapley_shares, transfers
from citybelt.separate.rivalry import Outcome, settle

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.result import Progress
    from citybelt.separate.result import Separate

#: Players up to which every coalition is solved.
MOST = 6
#: Mixes from which the separate and the unified plans are sought, the first of them nothing done.
STARTS = 3
SEED = 23
#: Payoffs that differ by more than this part of the total are of another plan.
SAME = 1e-4


def separate(
    dataset: Dataset,
    budget: float = 0.005,
    players: str | Mapping[str, Sequence[str]] = "provinces",
    orders: int = 0,
    progress: Progress | None = None,
) -> Separate:
    """Separate plans against the unified one.

    Args:
        dataset: a world.
        budget: share of each player's GDP that may be spent a year.
        players: "provinces" or "cities" of the world's cluster, or ids of home regions by name of the player.
        orders: pairs of orders from which Shapley values of more than ``MOST`` players are drawn, 0 for none.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: a budget out of range, or players that the world does not have.
        NotSolvedError: an equilibrium was not reached, or no unified plan as good as the separate ones was found.
    """
    from citybelt.config import configure
    from citybelt.separate.result import Separate
    from citybelt.separate.tables import (
        by_player,
        by_region,
        by_sector,
        coalition_table,
        division,
        lever_table,
        likeness,
    )

    configure()
    tell = progress or (lambda stage, done, total: None)
    problems = [] if 0 < budget <= 0.1 else [_budget(budget)]
    if isinstance(orders, bool) or not isinstance(orders, Integral) or orders < 0:
        problems.append(Wrong("orders", f"{orders!r} is not a whole number from 0 up.", "Give 0 for none, or 4."))
    problems += _unknown(dataset, players)
    if problems:
        raise InputError(problems)
    tell("calibrate", 0, 1)
    arena, names, nobody, ifs = make_arena(dataset, budget, players)
    n = len(names)
    alone, all_ = [(i,) for i in range(n)], [tuple(range(n))]
    apart = from_several(arena, alone, "separate plans", tell)
    together = from_several(arena, all_, "unified plan", tell)
    nash = apart[0]
    unified = max(together, key=lambda o: o.payoffs.sum())
    if unified.payoffs.sum() < nash.payoffs.sum() - SAME * abs(nash.payoffs.sum()):
        raise NotSolvedError(
            f"From {STARTS} starts no unified plan was found as good as the separate plans "
            f"({unified.payoffs.sum():.3f} against {nash.payoffs.sum():.3f} billions a year)."
        )
    tell("own budgets", 0, 1)
    own = settle(arena, all_, pooled=False)
    values, others_idle, value, core = np.zeros(0), np.zeros(0), None, None
    if n <= MOST:
        values, others_idle = coalitions(arena, nash, unified, tell)
        value, core = Shares(shapley(values), np.zeros(n), 0), least_core(values)
    elif orders:
        value = shapley_shares(Worth(arena, nash, unified, tell, 2 * max(orders, 2) * n), n, MOST, orders)
    floors = {"no_plan": np.zeros(n), "separate": nash.payoffs, "both": np.maximum(nash.payoffs, 0.0)}
    moved = {name: transfers(unified.payoffs, floor) for name, floor in floors.items()}
    solved = {name: arena.solve(o.values, o.near) for name, o in (("separate", nash), ("unified", unified))}
    return Separate(
        world=dataset.name,
        vintage=dataset.vintage,
        closure=arena.economy.closure.names,
        players=names,
        separate=nash,
        own_budgets=own,
        unified=unified,
        separate_plans_found=distinct(apart),
        nobody=nobody,
        ifs=ifs,
        shapley=value,
        core=core,
        transfers=moved,
        residual=max(s.residual for s in solved.values()),
        by_player=by_player(arena, names, nash, own, unified, value, core, moved),
        coalitions=coalition_table(names, values, others_idle),
        by_region=by_region(arena, names, solved, dataset),
        by_sector=by_sector(arena, solved, dataset),
        division=division(arena, names, solved),
        likeness=likeness(arena, names, solved),
        levers=lever_table(arena, names, nash, unified),
        ev_nation={name: _nation(arena, s) for name, s in solved.items()},
    )


def make_arena(
    dataset: Dataset, budget: float, players: str | Mapping[str, Sequence[str]] = "provinces"
) -> tuple[Arena, dict[str, tuple[str, str]], tuple[str, ...], tuple[str, ...]]:
    """The field of a world, names of the players in both languages by id, the levers that nobody owns, and the ifs."""
    from citybelt.model.economy import economy
    from citybelt.model.outcomes import gdp
    from citybelt.model.theory import theory
    from citybelt.scenario.levers import central, levers
    from citybelt.separate.owners import part_among

    e = economy(dataset, theory(dataset.x.sector.values))
    groups = players if isinstance(players, Mapping) else PLAYERS[players](dataset)
    if isinstance(players, Mapping):
        names = {g: (g, g) for g in groups}
    else:
        from citybelt.worlds import tables

        units = tables.units()
        names = {g: (str(units.loc[g, "name_en"]), str(units.loc[g, "name_zh"])) for g in groups}
    home = list(e.home)
    registered = np.array([[float(r in set(map(str, members))) for r in home] for members in groups.values()])
    territory = np.zeros((len(groups), e.base.value_added.shape[0]))
    territory[:, : len(home)] = registered
    menu = levers(dataset)
    ifs = tuple(lever.id for lever in menu if lever.conditional)  # off, as in the headline plan
    parts, owner, nobody = part_among([lever for lever in menu if not lever.conditional], territory)
    if not parts:
        raise InputError([Wrong("players", "no lever stands wholly in their territories.", "Give them more regions.")])
    budgets = budget * registered @ gdp(e, None)
    return Arena(e, parts, central(parts), owner, registered, budgets), names, nobody, ifs


def provinces(dataset: Dataset) -> dict[str, list[str]]:
    """The home regions of each province of the world's cluster."""
    x = dataset.x
    found: dict[str, list[str]] = {}
    for region, province, cluster in zip(x.residence.values, x.province.values, x.cluster.values, strict=False):
        if cluster == x.attrs["cluster"]:
            found.setdefault(str(province), []).append(str(region))
    return dict(sorted(found.items()))


def cities(dataset: Dataset) -> dict[str, list[str]]:
    """Each home region of the world's cluster by itself."""
    return {region: [region] for members in provinces(dataset).values() for region in members}


#: Players that go by a name.
PLAYERS = {"provinces": provinces, "cities": cities}


def from_several(arena: Arena, blocks: list, stage: str, tell: Progress) -> list[Outcome]:
    """Where blocks end up from nothing done and from mixes drawn at random."""
    rng, found = np.random.default_rng(SEED), []
    for k in range(STARTS):
        tell(stage, k, STARTS)
        start = arena.upper * rng.uniform(0, 0.3, len(arena.upper)) if k else None
        found.append(settle(arena, blocks, start=start))
    tell(stage, STARTS, STARTS)
    return found


def distinct(found: Sequence[Outcome]) -> int:
    """How many different plans are among several."""
    kept: list[np.ndarray] = []
    for o in found:
        size = SAME * np.abs(o.payoffs).sum()
        if not any(np.abs(o.payoffs - k).max() <= size for k in kept):
            kept.append(o.payoffs)
    return len(kept)


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


@dataclass
class Worth:
    """What a set of many players gets while each of the others plans for itself, begun where all plan apart."""

    arena: Arena
    nash: Outcome
    unified: Outcome
    tell: Progress
    total: int
    done: int = 0

    def __call__(self, group: int) -> float:
        n = len(self.arena.budgets)
        block = tuple(i for i in range(n) if group >> i & 1)
        self.tell("coalitions", min(self.done, self.total), self.total)
        self.done += 1
        if len(block) in (1, n):
            found = self.nash if len(block) == 1 else self.unified
        else:
            rest = [(i,) for i in range(n) if i not in block]
            found = settle(self.arena, [block, *rest], start=self.nash.values)
        return float(found.payoffs[list(block)].sum())


def _nation(arena: Arena, s) -> float:
    """Equivalent variation of everybody registered in the nation, billions a year."""
    gain = np.expm1(np.asarray(s.accounts.log_welfare))
    return float((np.asarray(arena.economy.base.income_by_origin) * gain).sum())


def _budget(budget: float) -> Wrong:
    return Wrong("budget", f"{budget} is not a share of GDP.", "Give a number above 0, at most 0.1.")


def _unknown(dataset: Dataset, players: str | Mapping[str, Sequence[str]]) -> list[Wrong]:
    if not isinstance(players, Mapping):
        known = ", ".join(PLAYERS)
        wrong = Wrong("players", f"{players!r} is unknown.", f"Choose one of {known}, or name groups of regions.")
        return [] if players in PLAYERS else [wrong]
    home, problems = {str(r) for r in dataset.x.residence.values}, []
    if not players:
        problems.append(Wrong("players", "there are none.", "Give at least one."))
    for name, regions in players.items():
        if isinstance(regions, str) or not len(regions):
            problems.append(Wrong(f"players[{name!r}]", "has no list of regions.", "Give ids of home regions."))
            continue
        missing = sorted({str(r) for r in regions} - home)
        if missing:
            what = f"the world {dataset.name!r} has no home region {', '.join(missing)}."
            problems.append(Wrong(f"players[{name!r}]", what, "Correct the ids."))
    given = sorted(str(r) for regions in players.values() if not isinstance(regions, str) for r in set(regions))
    for twice in sorted({a for a, b in pairwise(given) if a == b}):
        problems.append(Wrong("players", f"region {twice} belongs to two players.", "Give it to one."))
    return problems
