r"""Land: more of it, cheaper, or moved from one city to another.

Construction land is taken from farmland around the city and serves production and housing alike. With ``b`` hectares
built up, of which a share ``f`` for production, and land income ``R`` of a sector (Cobb-Douglas demand),

    (N1)  land        d log H = ha / b  in every sector and for housing,   d log H[agr] = -ha / farmland
    (N2)  land_price  d log H = -d log price  at given value added; hectares = f b R[sectors] / R[all but farms] d log H
    (N3)  quota       (N1) for the buyers, minus (N1) for the sellers; hectares sum to zero

What a city loses by selling land below its price is in its budget by itself: land income is public, and falls where
land spreads. Limits: one density of building in a city; land of one sector does not serve another; farmland is lost in
proportion to the area of the region, whatever its quality.
"""

from __future__ import annotations

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction
from citybelt.scenario.kinds.ground import Built, Ground, per
from citybelt.scenario.money import annuity


def land(card: Card, ground: Ground) -> Built:
    """Hectares of urban construction land, shared out over the cities by what they have; agriculture loses them.
    The size is the part of the quota that is used."""
    at = ground.sites(card)
    built = ground.built_up(at, float(card.where["m2_per_head"]))
    production, residential = _spread(card, ground, at, built)
    return Built(
        Direction(log_H=production, log_Hres=residential),
        card.upper / 4,
        ground.spread(at, built),
        per(card, 1.0),
        hectares=1.0,
    )


def _spread(card: Card, ground: Ground, at: np.ndarray, built: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N1) [region, sector] and [residence] for one hectare, shared out over places by what is built up there."""
    residential = np.zeros(ground.shape.domestic)
    residential[at] = 1.0 / built.sum()
    production = np.zeros((ground.shape.regions, ground.shape.sectors))
    production[at] = ground.goods(card) / built.sum()
    production[at] -= np.outer(built / built.sum() / ground.farmland(at), ground.goods(card, "farm_sectors"))
    return production, residential


def land_price(card: Card, ground: Ground) -> Built:
    """Per cent (of logarithms) by which a city sells land to sectors below today's price. (N2): by definition of
    Cobb-Douglas demand their land grows by as much at given value added; the hectares are serviced and paid for, and
    taken from farms. ``production`` is the share of construction land on which firms stand."""
    at = ground.sites(card)
    urban = ~ground.goods(card, "farm_sectors").astype(bool)
    chosen = ground.goods(card) * urban
    if not chosen.any():
        raise InputError([Problem(card.source, "no sector of the lever stands on urban land.", "Name others.")])
    share = evidence.effects()[card.where["production"]].size.central
    rents = ground.land_income[at]
    firms = share * ground.built_up(at, float(card.where["m2_per_head"]))  # ha on which firms stand
    taken = firms * (rents @ chosen) / (rents @ urban) / 100.0  # ha for a per cent
    production = np.zeros((ground.shape.regions, ground.shape.sectors))
    production[at] = chosen / 100.0
    production[at] -= np.outer(taken / ground.farmland(at), ground.goods(card, "farm_sectors"))
    total = float(taken.sum())
    return Built(
        Direction(log_H=production), card.upper / 4, ground.spread(at, taken), per(card, total), hectares=total
    )


def quota(card: Card, ground: Ground) -> Built:
    """Hectares of construction land that sellers turn back into fields and buyers build on. Buyers' governments pay
    the price to those of the sellers, once, as equal yearly payments over the life of the land's servicing. Buyers
    service land; sellers reclaim it."""
    table, where = evidence.costs(), card.where
    buyers, sellers = ground.cities(card, "buyers"), ground.cities(card, "sellers")
    if set(buyers) & set(sellers):
        raise InputError([Problem(card.source, "a city both sells and buys.", "Name it once.")])
    m2 = float(where["m2_per_head"])
    production, places = np.zeros((ground.shape.regions, ground.shape.sectors)), np.zeros(ground.shape.regions)
    residential, paid = np.zeros(ground.shape.domestic), np.zeros(ground.shape.domestic)
    price = table[where["price"]].price.central * table[where["price"]].in_billions
    price *= annuity(max(card.cost.values()), card.lag_years)
    for at, sign, costs in ((buyers, 1.0, card.cost.keys() - {where["reclaim"]}), (sellers, -1.0, {where["reclaim"]})):
        built = ground.built_up(at, m2)
        p, r = _spread(card, ground, at, built)
        production, residential = production + sign * p, residential + sign * r
        paid[at] = -sign * price * built / built.sum()
        places += ground.spread(at, built) * sum(table[c].price.central for c in costs)
    return Built(
        Direction(log_H=production, log_Hres=residential, transfer=paid),
        card.upper / 4,
        places / places.sum(),
        per(card, 1.0),
    )
