"""Who plays with what: players, their budgets, and the levers and instruments of competition that each holds.

Beside its part of the world's menu each player has subsidies to makers and the price of land, by group of sectors, at
one rate in all of its cities (``scenario.instruments``). They are "ifs" in a plan, because a plan for all has little
use for them; whether players who compete reach for them is what is asked here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from citybelt.errors import InputError
from citybelt.errors import Problem as Wrong
from citybelt.separate.arena import Arena
from citybelt.separate.owners import part_among, together

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.scenario.levers import Lever

Names = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Field:
    """An arena with names.

    Attributes:
        arena: players on the economy; names: of players in both languages by id.
        topics: [L] what each lever serves: its kind, and the group of sectors of an instrument.
        nobody: levers that no player owns; ifs: those whose effects are assumed. Both stay off.
        menu: the world's levers, whole.
        dropped: kinds of instruments that the world has no numbers for.
    """

    arena: Arena
    names: Names
    topics: tuple[str, ...]
    nobody: tuple[str, ...]
    ifs: tuple[str, ...]
    menu: tuple[Lever, ...]
    dropped: tuple[str, ...]


def make_field(
    dataset: Dataset,
    budget: float,
    players: str | Mapping[str, Sequence[str]] = "provinces",
    instruments: bool = True,
) -> Field:
    """The field of a world.

    Raises:
        InputError: no lever stands in the players' territories.
    """
    from citybelt.model.economy import economy
    from citybelt.model.outcomes import gdp
    from citybelt.model.theory import theory
    from citybelt.scenario.levers import central, levers

    e = economy(dataset, theory(dataset.x.sector.values))
    groups = players if isinstance(players, Mapping) else PLAYERS[players](dataset)
    if isinstance(players, Mapping):
        names = {g: (g, g) for g in groups}
    else:
        names = names_of(dataset, list(groups))
    home = list(e.home)
    registered = np.array([[float(r in set(map(str, members))) for r in home] for members in groups.values()])
    territory = np.zeros((len(groups), e.base.value_added.shape[0]))
    territory[:, : len(home)] = registered
    menu = levers(dataset)
    ifs = tuple(lever.id for lever in menu if lever.conditional)  # off, as in the headline plan
    parts, owner, nobody = part_among([lever for lever in menu if not lever.conditional], territory)
    topics = tuple(lever.card.kind for lever in parts)
    dropped: tuple[str, ...] = ()
    if instruments:
        own, of, what, dropped = competition(dataset, groups, names)
        parts, owner, topics = (*parts, *own), np.concatenate([owner, of]).astype(int), (*topics, *what)
    if not parts:
        raise InputError([Wrong("players", "no lever stands wholly in their territories.", "Give them more regions.")])
    budgets = budget * registered @ gdp(e, None)
    arena = Arena(e, tuple(parts), central(parts), owner, registered, budgets)
    return Field(arena, names, topics, nobody, ifs, menu, dropped)


def competition(
    dataset: Dataset, groups: Mapping[str, Sequence[str]], names: Names
) -> tuple[list[Lever], np.ndarray, list[str], tuple[str, ...]]:
    """The instruments of every player, who owns each, what each serves, and the kinds that were left out."""
    from citybelt.scenario.instruments import GROUPS, instruments

    held = {str(s) for s in dataset.x.sector.values}
    sectors = {g: inside for g, (_, _, all_) in GROUPS.items() if (inside := tuple(s for s in all_ if s in held))}
    cities = [str(r) for members in groups.values() for r in members]
    made, owner, topics, dropped = [], [], [], []
    for kind in ("subsidy", "land_price") if sectors else ():
        try:
            each = {lever.id: lever for lever in instruments(dataset, (kind,), cities, sectors)}
        except InputError:  # a world without the numbers, such as built-up land
            dropped.append(kind)
            continue
        for k, (player, members) in enumerate(groups.items()):
            for group in sectors:
                ids = [f"{kind}_{r}_{group}" for r in members]
                mine = [each[i] for i in ids if i in each]
                if mine:
                    words = [GROUPS[group][0], GROUPS[group][1]]
                    card = replace(
                        mine[0].card,
                        id=f"{kind}_{group}@{k}",
                        name=_of(mine[0].card.name, dataset, members[0], names[player][0], 0),
                        name_zh=_of(mine[0].card.name_zh, dataset, members[0], names[player][1], 1),
                        description=words[0],
                        description_zh=words[1],
                    )
                    made.append(together(mine, card))
                    owner.append(k)
                    topics.append(f"{kind}:{group}")
    return made, np.array(owner, int), topics, tuple(dropped)


def _of(name: str, dataset: Dataset, city: str, player: str, language: int) -> str:
    """A name that speaks of one city, for the player who has several."""
    column = dataset.x["name_zh" if language else "name_en"].values
    own = str(column[[str(r) for r in dataset.x["region"].values].index(str(city))])
    return name.replace(own, player)


def names_of(dataset: Dataset, ids: Sequence[str]) -> Names:
    """Names in both languages of provinces and cities; the id where the package knows none."""
    from citybelt.worlds import tables

    x, units = dataset.x, tables.units()
    own = {str(r): (str(en), str(zh)) for r, en, zh in zip(x.region.values, x.name_en.values, x.name_zh.values,
                                                         strict=True)}  # fmt: skip
    known = {str(i): (str(units.loc[i, "name_en"]), str(units.loc[i, "name_zh"])) for i in ids if i in units.index}
    return {i: own.get(i) or known.get(i, (i, i)) for i in ids}


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


def unknown(dataset: Dataset, players: str | Mapping[str, Sequence[str]]) -> list[Wrong]:
    """What is wrong with players that a caller names."""
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
