"""One plan or several: what provinces reach when each plans for itself, what they reach together, and how to share it.

Each player is a set of home regions that plans for those registered there, with the levers that stand in its
territory, its own subsidies and land prices, and its share of the budget, in proportion to GDP. ``rivalry`` finds the
separate plans (Nash) and the unified one: the same levers, the budgets added up, the sum of objectives, never begun
from the separate plans. Between the two stands coordination without moving money: planned together, every budget kept
to its own territory.

A coalition is worth what its members get when they plan as one while each of the others plans for itself; beside it
stands what they get while the others do nothing. These count a billion of welfare for a billion of money; the transfers
of ``sharing`` are found in equilibrium.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from citybelt.errors import InputError, NotSolvedError
from citybelt.errors import Problem as Wrong
from citybelt.separate.arena import Arena
from citybelt.separate.cooperate import transfers
from citybelt.separate.game import play
from citybelt.separate.players import Field, make_field, unknown
from citybelt.separate.rivalry import Outcome, settle

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.result import Progress
    from citybelt.separate.result import Separate

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
    instruments: bool = True,
    draws: int = 0,
    progress: Progress | None = None,
) -> Separate:
    """Separate plans against the unified one.

    Args:
        dataset: a world.
        budget: share of each player's GDP that may be spent a year.
        players: "provinces" or "cities" of the world's cluster, or ids of home regions by name of the player.
        orders: pairs of orders from which Shapley values of more than ``game.MOST`` players are drawn, 0 for none.
        instruments: whether players have subsidies and land prices beside the menu.
        draws: joint draws in which both plans are made again, 0 for none.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: a budget out of range, or players that the world does not have.
        NotSolvedError: an equilibrium was not reached, or no unified plan as good as the separate ones was found.
    """
    from citybelt.config import configure
    from citybelt.separate import alike, tables
    from citybelt.separate.draws import sample
    from citybelt.separate.labour import transition
    from citybelt.separate.repetition import repetition
    from citybelt.separate.result import Separate

    configure()
    tell = progress or (lambda stage, done, total: None)
    _check(dataset, budget, players, orders, draws)
    tell("calibrate", 0, 1)
    field = make_field(dataset, budget, players, instruments)
    arena, names, n = field.arena, field.names, len(field.names)
    apart, together = both(arena, tell)
    nash, unified = apart[0], max(together, key=lambda o: o.payoffs.sum())
    if unified.payoffs.sum() < nash.payoffs.sum() - SAME * abs(nash.payoffs.sum()):
        raise NotSolvedError(
            f"From {STARTS} starts no unified plan was found as good as the separate plans "
            f"({unified.payoffs.sum():.3f} against {nash.payoffs.sum():.3f} billions a year)."
        )
    tell("own budgets", 0, 1)
    own = settle(arena, [tuple(range(n))], pooled=False)
    game = play(arena, nash, unified, orders, tell)
    floors = {"no_plan": np.zeros(n), "separate": nash.payoffs, "both": np.maximum(nash.payoffs, 0.0)}
    moved = {name: transfers(unified.payoffs, floor) for name, floor in floors.items()}
    solved = {name: arena.solve(o.values, o.near) for name, o in (("separate", nash), ("unified", unified))}
    tell("transfers", 0, 1)
    shared = tables.shared(arena, names, unified, solved, floors)
    tell("repetition", 0, 1)
    split = repetition(arena, field.topics, nash, unified)
    workers = dataset.x["workers"].values
    tell("shapes", 0, 1)
    return Separate(
        world=dataset.name,
        vintage=dataset.vintage,
        closure=arena.economy.closure.names,
        players=names,
        separate=nash,
        own_budgets=own,
        unified=unified,
        separate_plans_found=distinct(apart),
        nobody=field.nobody,
        ifs=field.ifs,
        instruments=instruments,
        dropped=field.dropped,
        shapley=game.shapley,
        core=game.core,
        sampled=game.sampled,
        transfers=moved,
        residual=max(s.residual for s in solved.values()),
        by_player=tables.by_player(arena, names, nash, own, unified, game, moved, shared["both"]),
        coalitions=tables.coalition_table(names, game.values, game.others_idle),
        by_region=tables.by_region(arena, names, solved, dataset),
        by_sector=tables.by_sector(arena, solved, dataset),
        division=tables.division(arena, names, solved, workers),
        likeness=alike.likeness(arena, names, solved),
        similarity=alike.similarity(arena, solved),
        tiers=alike.tiers(arena, solved),
        levers=tables.lever_table(field, nash, unified, split),
        competition=tables.competition(field, nash, unified),
        repetition=split,
        sharing=shared,
        transition=transition(arena, workers, solved),
        shapes=shapes(dataset, field),
        draws=sample(arena, list(names), dataset, nash, unified, draws, tell) if draws else None,
        ev_nation={name: tables.nation(arena, s) for name, s in solved.items()},
    )


def both(arena: Arena, tell: Progress) -> tuple[list[Outcome], list[Outcome]]:
    """Separate and unified plans from several starts."""
    n = len(arena.budgets)
    apart = from_several(arena, [(i,) for i in range(n)], "separate plans", tell)
    return apart, from_several(arena, [tuple(range(n))], "unified plan", tell)


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


def shapes(dataset: Dataset, field: Field) -> pd.DataFrame | None:
    """The sum of the players' budgets in four shapes; None where the menu holds no research or routes are unknown."""
    from citybelt.geo.network import PEOPLE, Network
    from citybelt.security.border import at_border
    from citybelt.separate.shapes import compare, instrument, weights

    e, tool = field.arena.economy, instrument(field.arena.economy, field.menu)
    inside = np.asarray(field.arena.registered.any(axis=0))
    own = [r for r, within in zip(e.home, inside, strict=True) if within]
    if tool is None:
        return None
    try:
        network = Network.load(getattr(dataset, "base_year", 2020))
        hours, km = network.times(own, PEOPLE), network.distance(own, PEOPLE)
    except (InputError, KeyError):
        return None
    people = np.asarray(e.base.people.sum(axis=(0, 1)))[inside]
    shares = {}
    for shape, share in weights(people, hours, km).items():
        shares[shape] = np.zeros(len(e.home))
        shares[shape][inside] = share
    border = at_border(e.home)
    return compare(e, tool, float(field.arena.budgets.sum()), shares, inside.astype(float), border)


def _check(dataset: Dataset, budget: float, players: Any, orders: int, draws: int) -> None:
    number = isinstance(budget, Real) and not isinstance(budget, bool)
    problems = [] if number and 0 < budget <= 0.1 else [_budget(budget)]
    for name, count in (("orders", orders), ("draws", draws)):
        if isinstance(count, bool) or not isinstance(count, Integral) or count < 0:
            problems.append(Wrong(name, f"{count!r} is not a whole number from 0 up.", "Give 0 for none, or 4."))
    problems += unknown(dataset, players)
    if problems:
        raise InputError(problems)


def _budget(budget: float) -> Wrong:
    return Wrong("budget", f"{budget!r} is not a share of GDP.", "Give a number above 0, at most 0.1.")
