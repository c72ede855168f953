r"""Whose lever is it: a menu of levers parted among players, each with a territory.

A lever belongs to whom it stands with. One that stands in several territories is cut into parts, so that with the
same effort everywhere the parts do and cost what the whole does. With ``q_p`` the share of its spending in
territory p and ``D|p`` its direction at the places there,

    (W1)  a line         D_p = D,          value, scale, bound  times q_p     (its section, worth its kilometres)
    (W2)  an amount      D_p = D|p / q_p,  value, scale, bound  times q_p     (so many hectares, yuan, persons)
    (W3)  a rate         D_p = D|p,        unit cost            times q_p     (hours, per cent, a price)

A pair of places counts to the territory of either end, half and half where both lie in one. What a lever does outside
all territories goes with ``q_p``. A lever that does not wholly stand in territories of players, such as a national
customs regime, or one that moves money between players, belongs to none of them; it stays off in separate and unified
plans alike, so that these have the same instruments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from citybelt.scenario.card import Card
    from citybelt.scenario.direction import Direction
    from citybelt.scenario.levers import Lever

#: Kinds whose value is felt at each place by itself; the others share an amount out.
RATES = frozenset("clearance tariff registration services carbon subsidy land_price finance entry ownership".split())
#: Kinds that run through places and work as one.
LINES = frozenset({"rail", "road"})
#: Share of the spending outside all territories with which a lever still belongs to players.
OUTSIDE = 1e-9


def spending(lever: Lever, regions: int) -> np.ndarray:
    """Share of a lever's cost that is spent at each region [region]; of what is served for residents, where they live.

    Args:
        regions: how many the world has.
    """
    found = np.zeros(regions)
    if lever.purchase is not None:
        found += np.asarray(lever.purchase).sum(axis=(0, 2))
    if lever.service is not None:
        served = np.asarray(lever.service).sum(axis=0)
        found[: served.size] += served
    return found / found.sum()


def part_among(levers: Sequence[Lever], territory: np.ndarray) -> tuple[tuple[Lever, ...], np.ndarray, tuple[str, ...]]:
    """The levers of every player.

    Args:
        territory: [P, N] ones where a region belongs to a player; no region to two.

    Returns:
        the parts; [L] the player who owns each; and the ids of levers that belong to nobody.

    Raises:
        ValueError: a region belongs to two players.
    """
    territory = np.asarray(territory, float)
    if (territory.sum(axis=0) > 1).any():
        raise ValueError("no region may belong to two players")
    parts, owner, nobody = [], [], []
    for lever in levers:
        share = territory @ spending(lever, territory.shape[1])
        if share.sum() < 1 - OUTSIDE or _agreed(lever, territory):
            nobody.append(lever.id)
            continue
        for player in np.flatnonzero(share > 0):
            parts.append(_part(lever, territory, int(player), float(share[player])))
            owner.append(int(player))
    return tuple(parts), np.array(owner, int), tuple(nobody)


def _agreed(lever: Lever, territory: np.ndarray) -> bool:
    """Whether it moves money between governments that no one player stands for: no player decides it alone."""
    if lever.direction.transfer is None:
        return False
    moved = np.asarray(lever.direction.transfer)
    touched = np.abs(moved) > 0
    within = (touched <= (territory[:, : len(moved)] > 0)).all(axis=1).any()
    return not within or abs(moved.sum()) > OUTSIDE


def _part(lever: Lever, territory: np.ndarray, player: int, share: float) -> Lever:
    """(W1) to (W3) What of a lever one player holds."""
    if share > 1 - OUTSIDE:
        return lever
    card, own = lever.card, territory[player]
    rate, line = card.kind in RATES, card.kind in LINES
    amount = 1.0 if rate else share
    direction = lever.direction if line else _at(lever.direction, territory, player, share)
    inside = lambda a: None if a is None else a * own[: a.shape[-1]] / share  # noqa: E731
    return replace(
        lever,
        direction=_times(direction, 1.0 if rate or line else 1.0 / share),
        purchase=None if lever.purchase is None else lever.purchase * own[None, :, None] / share,
        service=inside(lever.service),
        withheld=inside(lever.withheld),
        scale=lever.scale * amount,
        anchor=lever.anchor * amount,
        unit_cost=lever.unit_cost * (share if rate else 1.0),
        charge_scale=lever.charge_scale * amount,
        card=replace(card, id=f"{card.id}@{player}", upper=card.upper * amount),
        hectares=lever.hectares * (share if rate else 1.0),
        capital=lever.capital * (share if rate else 1.0),
        running=lever.running * (share if rate else 1.0),
        wears=tuple((life, part * (share if rate else 1.0)) for life, part in lever.wears),
    )


def together(levers: Sequence[Lever], card: Card) -> Lever:
    """One lever that does the same at several places: levers of one kind with rates, all at one value.

    The inverse of (W3): directions and unit costs add up, and what is bought is bought in proportion to cost.

    Args:
        levers: alike but for their places; card: of the whole.
    """
    first, cost = levers[0], np.array([float(lever.unit_cost[1]) for lever in levers])
    added = lambda arrays: np.sum([np.asarray(a) for a in arrays], axis=0)  # noqa: E731
    fields = {n: added(getattr(lever.direction, n) for lever in levers) for n in first.direction.fields()}
    bought = np.tensordot(cost / cost.sum(), np.stack([np.asarray(lever.purchase) for lever in levers]), 1)
    return replace(
        first,
        direction=type(first.direction)(**fields),
        purchase=jnp.asarray(bought),
        unit_cost=jnp.asarray(added(lever.unit_cost for lever in levers)),
        hectares=sum(lever.hectares for lever in levers),
        capital=sum(lever.capital for lever in levers),
        running=sum(lever.running for lever in levers),
        wears=tuple(part for lever in levers for part in lever.wears),
        card=card,
    )


def _at(direction: Direction, territory: np.ndarray, player: int, share: float) -> Direction:
    """A direction at the places of one player, with its share of what is done at nobody's."""
    own, held = territory[player], territory.sum(axis=0)
    place = np.where(held > 0, own, share)
    ends = held[:, None] + held[None, :]
    pair = np.where(ends > 0, (own[:, None] + own[None, :]) / np.maximum(ends, 1.0), share)
    found = {}
    for name in direction.fields():
        array = getattr(direction, name)
        if name.endswith("_pair"):
            array = array * pair
        elif name == "log_mu":  # whoever opens a register holds it
            array = array * place[: array.shape[1]]
        elif name == "subsidy":  # payer, region, sector
            array = array * place[:, None]
        elif not name.endswith("_mask"):
            weight = place[: array.shape[0]]
            array = array * (weight[:, None] if array.ndim == 2 else weight)
        found[name] = array
    return type(direction)(**found)


def _times(direction: Direction, factor: float) -> Direction:
    fields = {n: getattr(direction, n) for n in direction.fields()}
    return type(direction)(**{n: a if n.endswith("_mask") else a * factor for n, a in fields.items()})
