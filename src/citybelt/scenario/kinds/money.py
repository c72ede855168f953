"""Money: subsidies to makers, transfers between governments, the cost of capital.

A subsidy and a transfer move money that the model's ledger holds already (``docs/model/subsidies.md``); what their
cards cost is the work of handing it out, and nothing of the money itself. A cut of the user cost of capital is such a
subsidy too: what firms don't pay for capital somebody must.
"""

from __future__ import annotations

import numpy as np

from citybelt.dims import PAYERS
from citybelt.errors import InputError, Problem
from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction
from citybelt.scenario.kinds.ground import BILLION, Built, Ground, per

#: Payers who can grant something to firms.
GOVERNMENTS = ("centre", "province", "city")


def subsidy(card: Card, ground: Ground) -> Built:
    """Per cent of what makers of the sectors receive that the payers add to what buyers pay. The effect is the
    definition of the rate (equations Q2 and Q4 of the model); costs are quoted per yuan paid out at the output of
    the base year."""
    at = ground.sites(card)
    made = np.zeros((ground.shape.regions, ground.shape.sectors))
    made[at] = ground.goods(card) / 100.0
    payers = np.asarray([card.payers.get(p, 0.0) for p in PAYERS])
    paid = (ground.array("output") * made).sum(axis=1)[at]
    return Built(
        Direction(subsidy=np.einsum("p,nj->pnj", payers, made)),
        card.upper / 4,
        ground.spread(at, paid),
        per(card, paid.sum() * BILLION),
    )


def transfer(card: Card, ground: Ground) -> Built:
    """Bn CNY a year from governments to others, shared out by residents. Where ``givers`` is the centre alone, what
    is given is taken from all governments in the shares by which the centre passes on its revenue (equation G6)."""
    takers = ground.cities(card, "takers")
    people = ground.array("population").sum(axis=1)
    got = np.zeros(ground.shape.domestic)
    got[takers] = people[takers] / people[takers].sum()
    if tuple(card.where["givers"]) != ("centre",):
        givers = ground.cities(card, "givers")
        if set(givers) & set(takers):
            raise InputError([Problem(card.source, "a city both gives and takes.", "Name it once.")])
        got[givers] -= people[givers] / people[givers].sum()
    return Built(Direction(transfer=got), card.upper / 4, ground.spread(takers, people[takers]), per(card, BILLION))


def finance(card: Card, ground: Ground) -> Built:
    """Per cent off the user cost of capital of the firms there. The size is the elasticity of the stock of capital to
    it; in the long run the stock grows as investment does. All capital that is added is bought, by firms, and the work
    of lending is paid, so that no capital is free. Costs are quoted per
    yuan of yearly capital income of the base year (the stock behind it) or per yuan of the added stock.

    The cut is a grant of the governments among the card's payers, in proportion to their shares there: a subsidy of

        s_p[n,j] = share_p cut bK[n,j] va[n,j]                                                      (M1)

    of what makers receive, which is the cut times what they pay for capital, with a bill like any other (Q4). The cut
    is the value, whatever firms make of it. Firms that answer less would add less capital for the same grant; one
    response moves both, so the elasticity is not drawn, and its range is told with the evidence alone.

    Raises:
        InputError: no government pays.
    """
    at, table = ground.sites(card), evidence.costs()
    granting = np.asarray([card.payers.get(p, 0.0) * (p in GOVERNMENTS) for p in PAYERS])
    if not granting.any():
        said = "a cut of the user cost of capital is a grant, and no government pays."
        raise InputError([Problem(card.source, said, f"Name one of {', '.join(GOVERNMENTS)} among the payers.")])
    log_K = np.zeros(ground.shape.regions)
    log_K[at] = 1.0 / 100.0
    capital = np.zeros((ground.shape.regions, ground.shape.sectors))
    output = ground.array("output")[at]
    paid = (ground.array("capital_share") * ground.value_added)[at]
    capital[at] = np.where(output > 0, paid / np.where(output > 0, output, 1.0), 0.0) / 100.0
    grant = np.einsum("p,nj->pnj", granting / granting.sum(), capital) / card.size.central
    income = ground.capital_income[at]
    more = card.size.central / 100.0 * income.sum()  # of capital income, at the return of the base year
    stock = more * table[card.where["stock"]].price.central
    units = {c: (more if c == card.where["stock"] else stock) * BILLION for c in card.cost}
    return Built(Direction(log_K=log_K, subsidy=grant), card.upper, ground.spread(at, income), units, tied=True)
