r"""Research, in what stands or in a centre that is built for it.

Of a bn CNY a year of research at places that spend S together, with the published elasticity e of productivity to the
stock, wear d of the stock and interest r,

    (K1)  log A = e log(1 + v / S) d / (d + r)     in one equilibrium: the stock builds up after it is paid
    (K2)  knowledge[n,t] + share[n] v              on a path, year by year: (A1) of path/technology.py, in place of (K1)

A centre does the same once it is built, so a yuan of research is worth the same in both and is counted once on a path,
where both add to one stock. In one equilibrium each lever has a curve of its own: research and a centre of one city
used together are valued as if each were alone, which is too much by log(1 + v/S) + log(1 + w/S) - log(1 + (v + w)/S).
Centres are an "if" for that reason. S is what the province spends, placed in its cities by the value added of the
sectors that spend it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction
from citybelt.scenario.kinds.ground import BILLION, Built, Ground, per
from citybelt.scenario.money import RATE


def research(card: Card, ground: Ground) -> Built:
    """Bn CNY a year of research and development (K1, K2). The size is the elasticity of productivity to its stock."""
    at = ground.sites(card)
    weight = (ground.value_added * ground.goods(card, "spenders")).sum(axis=1)
    province = ground.dataset.x["province"].values.astype(str)
    spent = np.zeros(len(at))
    for k, n in enumerate(at):
        inside = np.flatnonzero(province[: ground.shape.domestic] == province[n])
        spent[k] = ground.fact("research_spending", province[n], 2020) * weight[n] / weight[inside].sum()
    depreciation = evidence.effects()[card.where["depreciation"]].size.central
    log_A = np.zeros((ground.shape.regions, ground.shape.sectors))
    log_A[at] = ground.goods(card) / spent.sum() * depreciation / (depreciation + RATE)
    places = ground.spread(at, spent)
    known = places[: ground.shape.domestic]
    return Built(Direction(log_A=log_A), float(spent.sum()), places, per(card, BILLION), knowledge=known)


def innovation_centre(card: Card, ground: Ground) -> Built:
    """Bn CNY a year of research at a centre that is built first: laboratories, for each yuan that they then spend a
    year, and the hectares ``land`` under them. Its upkeep is in what research spends. The effect is that of
    ``research``; that farms lose the land is in its price, not in the effect (a twentieth of a per cent of a city's
    farmland for ten billion a year)."""
    built = research(card, ground)
    hectares = evidence.costs()[card.where["land"]].price.central
    units = {cost: hectares if "per hectare" in evidence.costs()[cost].unit else BILLION for cost in card.cost}
    return replace(built, units=units, hectares=hectares)
