"""Firms: opened services, approvals, entry, ownership, the price of carbon; and a placebo."""

from __future__ import annotations

import numpy as np

from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction
from citybelt.scenario.kinds.ground import BILLION, Built, Ground, per


def services(card: Card, ground: Ground) -> Built:
    """Standard deviations of the index of services liberalisation. The size is the log gain of productivity of
    manufacturers (Arnold and others 2016); the cost is quoted per value added of the services opened."""
    at = ground.sites(card)
    log_A = np.zeros((ground.shape.regions, ground.shape.sectors))
    log_A[at] = ground.goods(card, "users")
    opened = (ground.value_added * ground.goods(card)).sum(axis=1)[at]
    return Built(Direction(log_A=log_A), card.upper / 4, ground.spread(at, opened), per(card, opened.sum()))


def approvals(card: Card, ground: Ground) -> Built:
    """Million residents served by approval centres. The size is the log gain of productivity where one opens."""
    at = ground.sites(card)
    people = ground.array("population").sum(axis=1)[at]
    log_A = np.zeros((ground.shape.regions, ground.shape.sectors))
    log_A[at] = ground.goods(card) / (people.sum() / 1e6)
    return Built(Direction(log_A=log_A), card.upper / 4, ground.spread(at, people), per(card, 1.0))


def entry(card: Card, ground: Ground) -> Built:
    """Per cent of a reform of the registration of firms. The size is the log gain of the number of firms, weighed by
    how large entrants are. More firms are more varieties: where buyers part with the trade elasticity theta, a
    product of n varieties is as good as one whose price is log(n) / theta lower (Krugman 1980, sigma - 1 = theta).
    Productivity of value added that lowers unit cost by as much is

        log_A = log(n) / theta (1 - t) / va                                                          (E1)

    with ``va`` the share of value added in output and ``t`` the tax on it. ``residents_per_office`` says how many
    residents an office registers."""
    at, sectors = ground.sites(card), ground.goods(card).astype(bool)
    share = ground.value_added[at] / ground.array("output")[at]
    kept = 1.0 - ground.array("tax_rate")[at]
    gain = np.where(share > 0, kept / np.where(share > 0, share, 1.0), 0.0) / ground.theta
    log_A = np.zeros((ground.shape.regions, ground.shape.sectors))
    log_A[at] = np.where(sectors, gain, 0.0) / card.upper
    people = ground.array("population").sum(axis=1)[at]
    offices = people.sum() / float(card.where["residents_per_office"])
    return Built(Direction(log_A=log_A), card.upper / 4, ground.spread(at, people), per(card, offices / card.upper))


def ownership(card: Card, ground: Ground) -> Built:
    """Per cent of the output of state firms that passes to other owners. The size is the log gap of productivity
    times the share of state firms in output. Of their workers, counted by the sectors' share in labour income, the
    share ``redundant`` is resettled and paid for."""
    at = ground.sites(card)
    log_A = np.zeros((ground.shape.regions, ground.shape.sectors))
    log_A[at] = ground.goods(card) / 100.0
    wages = (ground.array("labour_share") * ground.value_added)[at]
    workers = ground.array("workers")[at] * (wages @ ground.goods(card)) / wages.sum(axis=1)
    state = evidence.effects()[card.where["state_share"]].size.central
    redundant = evidence.costs()[card.where["redundant"]].price.central
    moved = workers * state * redundant / 100.0
    return Built(Direction(log_A=log_A), card.upper / 4, ground.spread(at, moved), per(card, moved.sum()))


def carbon(card: Card, ground: Ground) -> Built:
    """CNY per tonne of CO2, paid to the government by whoever emits. The cost is that of measuring, reporting
    and verifying the emissions of the base year, reached in full at ``full_price``."""
    at = ground.sites(card)
    price = np.zeros(ground.shape.regions)
    price[at] = 1.0
    use = ground.array("consumption") + ground.array("government") + ground.array("investment")
    use += np.einsum("nkj,nk->nj", ground.array("input_coef"), ground.array("output"))
    home = ground.shape.domestic
    mt = (ground.array("emission")[:home] * use[:home]).sum(axis=1)
    mt += (ground.array("emission_process") * ground.array("output"))[:home].sum(axis=1)
    units = per(card, mt[at].sum() * 1e6 / float(card.where["full_price"]))
    return Built(Direction(carbon=price), card.upper, ground.spread(at, mt[at]), units)


def placebo(card: Card, ground: Ground) -> Built:
    """Bn CNY a year for nothing: a check that a plan leaves it out."""
    at = ground.sites(card)
    places = ground.spread(at, ground.value_added.sum(axis=1)[at])
    return Built(Direction(), card.upper, places, per(card, BILLION))
