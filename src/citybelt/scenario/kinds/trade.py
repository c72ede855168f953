"""Borders: hours of clearance, tariffs, and paperwork between provinces."""

from __future__ import annotations

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction
from citybelt.scenario.kinds.ground import BILLION, Built, Ground, per, term

HOURS_PER_DAY = 24.0


def clearance(card: Card, ground: Ground) -> Built:
    """Hours cut from the clearance of imports from partners, and of exports to them in proportion to the
    hours that each takes now. The size is log cost per day (Hummels and Schaur 2013) times the share of the hours
    that delays goods; costs are quoted per crossing or per yuan of the trade that is cleared faster, and grow in
    proportion to the hours cut."""
    home, partners = ground.sites(card), ground.index(card.where["partners"], card, home=False)
    hours = float(card.where["import_hours"])
    pair = np.zeros((ground.shape.regions,) * 2)
    pair[np.ix_(home, partners)] = -1.0 / HOURS_PER_DAY
    pair[np.ix_(partners, home)] = -float(card.where["export_hours"]) / hours / HOURS_PER_DAY
    goods, trade = ground.goods(card), ground.dataset.trade()
    through = trade[np.ix_(home, partners)] @ goods + (trade[np.ix_(partners, home)] @ goods).T  # [home, partner]
    counts = {"crossing": float(card.where["crossings"]), "trade": through.sum() * BILLION}
    table = evidence.costs()
    units = {c: counts["trade" if "of trade" in table[c].unit else "crossing"] / hours for c in card.cost}
    through = through.sum(axis=1)
    return Built(Direction(**term(pair, ground.goods(card))), hours, ground.spread(home, through), units)


def tariff(card: Card, ground: Ground) -> Built:
    """Percent of the tariffs in force that are taken away, on both sides, the same for every sector. The size is
    the share of trade that claims the preference."""
    partners = ground.index(card.where["partners"], card, home=False)
    at_home = np.arange(ground.shape.domestic)
    cut = -_both_ways(ground, at_home, partners)[:, :, None] * ground.array("tariff") * ground.goods(card) / 100.0
    taxed = np.flatnonzero(cut.any(axis=(0, 1)))
    if not taxed.size:
        raise InputError([Problem(card.source, "there is no tariff to cut.", "Remove the lever in this world.")])
    through = ground.dataset.trade()[np.ix_(at_home, partners)].sum(axis=(1, 2))
    return Built(
        Direction(tariff_pair=np.moveaxis(cut[:, :, taxed], 2, 0), tariff_mask=np.eye(ground.shape.sectors)[taxed]),
        card.upper,
        ground.spread(at_home, through),
        per(card, float(card.where["crossings"]) / card.upper),
    )


def border(card: Card, ground: Ground) -> Built:
    """Million residents of places that join a common register. The size is the iceberg cost between provinces
    that goes when every place of the cluster has joined."""
    at = ground.sites(card)
    people = ground.array("population").sum(axis=1)[at].sum() / 1e6
    across = _across(ground, at)
    pair = np.zeros((ground.shape.regions,) * 2)
    pair[np.ix_(at, at)] = -across / people
    trade = (ground.dataset.trade()[np.ix_(at, at)] * ground.goods(card)).sum(axis=2) * across
    return Built(
        Direction(**term(pair, ground.goods(card))),
        card.upper / 4,
        ground.spread(at, trade.sum(axis=1)),
        per(card, 1.0),
    )


def _both_ways(ground: Ground, home: np.ndarray, partners: np.ndarray) -> np.ndarray:
    pair = np.zeros((ground.shape.regions,) * 2)
    pair[np.ix_(home, partners)] = 1.0
    pair[np.ix_(partners, home)] = 1.0
    return pair


def _across(ground: Ground, at: np.ndarray) -> np.ndarray:
    """[place, place] one where two places lie in different provinces."""
    province = ground.dataset.x["province"].values.astype(str)[at]
    return (province[:, None] != province[None, :]).astype(float)
