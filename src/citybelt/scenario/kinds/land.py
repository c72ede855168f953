r"""Land: more of it, cheaper, or moved from one city to another.

Construction land is taken from farmland around the city and serves production and housing alike. With ``b`` hectares
built up, of which a share ``f`` for production, and land income ``R`` of a sector (Cobb-Douglas demand),

    (N1)  land        d log H = log(1 + ha / b)  in every sector and for housing
                      d log H[agr] = log(1 - ha / farmland)
    (N2)  land_price  d log H = log(1 + v / 100) = -d log price,  for v per cent more land, at given value added
                      ha = f b R[sectors] / R[all but farms] v / 100
    (N3)  quota       (N1) for the buyers; d log H = log(1 - ha / b), d log H[agr] = log(1 + ha / farmland) for sellers

so that the hectares that are built on are those that are bought and those that farms lose, and those of a quota sum to
zero; with (N4) this holds at the upper bound alone. The curve of cheaper land is that of levers with the exponent 0 and
the scale 100 (L1). A shock is linear in a lever's response, so the logarithms of the others, which differ from place to
place, and those of farms are replaced by their chords, from nothing to the upper bound U (where the response is r(U),
at the central effect and central bend),

    (N4)  log(1 +- ha(r) / b)  ~  r / r(U)  log(1 +- ha(r(U)) / b)

A chord is exact at U and lies on the careful side below: logarithms are concave, so gains of land are understated and
losses overstated. Farms overstate most under cheaper land, whose hectares bend upwards in the response: with little of
the farmland taken, the first hectare that is built on takes (U / 100) / log(1 + U / 100) from farms, 1.30 at a bound of
65, and the excess is gone at U. A draw whose effect exceeds the central one goes past U, where a gain's chord is above
its curve.

What a city loses by selling land below its price is in its budget by itself: land income is public, and falls where
land spreads. Limits: one density of building in a city; land of one sector does not serve another; farmland is lost in
proportion to the area of the region, whatever its quality.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction
from citybelt.scenario.kinds.ground import Built, Ground, per
from citybelt.scenario.levers import bend
from citybelt.scenario.money import annuity


def land(card: Card, ground: Ground) -> Built:
    """Hectares of urban construction land, shared out over the cities by what they have; agriculture loses them.
    The size is the part of the quota that is used; the whole quota is paid for and counts as land taken.

    Raises:
        InputError: at the upper bound a city would take all of its farmland, or more.
    """
    at = ground.sites(card)
    built = ground.built_up(at, float(card.where["m2_per_head"]))
    production, residential = _chord(card, ground, at, built, 1.0)
    return Built(
        Direction(log_H=production, log_Hres=residential),
        card.upper / 4,
        ground.spread(at, built),
        per(card, 1.0),
        hectares=1.0,
    )


def _reach(card: Card) -> float:
    """r(U): the response at the upper bound, at the central effect and bend; see (L2) of ``levers.py``."""
    if card.full:
        return card.size.central * card.upper
    scale, exponent = card.response.scale or card.upper / 4, card.response.exponent.central
    return card.size.central * float(bend(*(jnp.asarray(x) for x in (card.upper, scale, exponent))))


def _chord(card: Card, ground: Ground, at: np.ndarray, built: np.ndarray, sign: float) -> tuple[np.ndarray, np.ndarray]:
    """(N1), (N3) and (N4): [region, sector] and [residence] for a response of one, that of r(U) being shared out over
    places by what is built up there; taken from farms (``sign`` 1) or given back to them (-1)."""
    most = _reach(card)
    hectares = sign * most * built / built.sum()
    if (hectares <= -built).any():
        what = f"sells {most:,.0f} hectares at its upper bound, and the sellers have {built.sum():,.0f} built up."
        raise InputError([Problem(card.source, what, "Lower `upper`, or name more sellers.")])
    city, farms = np.log1p(hectares / built) / most, ground.log_farms(card, at, hectares) / most
    residential = np.zeros(ground.shape.domestic)
    residential[at] = city
    production = np.zeros((ground.shape.regions, ground.shape.sectors))
    production[at] = np.outer(city, ground.goods(card)) + np.outer(farms, ground.goods(card, "farm_sectors"))
    return production, residential


def land_price(card: Card, ground: Ground) -> Built:
    """Per cent by which the land of sectors grows since a city sells it below today's price. (N2): by definition of
    Cobb-Douglas demand land times its price stays at given value added; the hectares are serviced and paid for, and
    taken from farms. ``production`` is the share of construction land on which firms stand. The card bends the response
    with the exponent 0 at the scale 100.

    Raises:
        InputError: no sector stands on urban land, or at the upper bound a city would take all of its farmland.
    """
    at = ground.sites(card)
    urban = ~ground.goods(card, "farm_sectors").astype(bool)
    chosen = ground.goods(card) * urban
    if not chosen.any():
        raise InputError([Problem(card.source, "no sector of the lever stands on urban land.", "Name others.")])
    share = evidence.effects()[card.where["production"]].size.central
    rents = ground.land_income[at]
    firms = share * ground.built_up(at, float(card.where["m2_per_head"]))  # ha on which firms stand
    most = _reach(card)
    taken = firms * (rents @ chosen) / (rents @ urban) * np.expm1(most / 100.0)  # ha at the upper bound
    production = np.zeros((ground.shape.regions, ground.shape.sectors))
    production[at] = chosen / 100.0
    production[at] += np.outer(ground.log_farms(card, at, taken) / most, ground.goods(card, "farm_sectors"))
    each = float(taken.sum()) / card.upper
    return Built(Direction(log_H=production), card.upper / 4, ground.spread(at, taken), per(card, each), hectares=each)


def quota(card: Card, ground: Ground) -> Built:
    """Hectares of construction land that sellers turn back into fields and buyers build on. Buyers' governments pay
    the price to those of the sellers, once, as equal yearly payments over the life of the land's servicing. Buyers
    service land; sellers reclaim it.

    Raises:
        InputError: a city both sells and buys, or at the upper bound sellers sell all that they have built up, or more.
    """
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
        p, r = _chord(card, ground, at, built, sign)
        production, residential = production + p, residential + r
        paid[at] = -sign * price * built / built.sum()
        places += ground.spread(at, built) * sum(table[c].price.central for c in costs)
    return Built(
        Direction(log_H=production, log_Hres=residential, transfer=paid),
        card.upper / 4,
        places / places.sum(),
        per(card, 1.0),
    )
