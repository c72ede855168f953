"""People: who may live where with which services, and what they learn."""

from __future__ import annotations

import numpy as np

from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction
from citybelt.scenario.kinds.ground import Built, Ground, per
from citybelt.scenario.money import annuity, migration_elasticity, worth


def registration(card: Card, ground: Ground) -> Built:
    """Percent of residents registered elsewhere who get the services of locals. The size is the log change of
    migration to a city that is open in full; over the migration elasticity it is the log cut of the cost of
    migrating. Everyone registered elsewhere who lives there, new or not, is served and paid for, with resources:
    transfers of social security buy nothing."""
    at = ground.sites(card)
    mu = np.zeros((ground.shape.domestic,) * 2)
    mu[:, at] = -1.0 / 100.0 / migration_elasticity()
    np.fill_diagonal(mu, 0.0)
    served = np.zeros(ground.shape.domestic)
    served[at] = ground.newcomers[at]
    units = per(card, served.sum() / 100.0)
    return Built(Direction(log_mu=mu), card.upper / 4, ground.spread(at, served[at]), units, served)


def training(card: Card, ground: Ground) -> Built:
    """Thousand workers a year who get a year of schooling. The size is the log gain of efficiency per trained
    worker; a gain that lasts T years is worth its discounted years, and on a path adds up over them. Teaching is
    bought; while they learn, trainees are away from work for a part of the year, which costs the city their labour."""
    at = ground.sites(card)
    workers = ground.array("workers")[at]
    years = float(card.where["years"])
    log_h = np.zeros(ground.shape.domestic)
    log_h[at] = 1000.0 * worth(years) / workers.sum()
    away = evidence.costs()[card.where["away"]].price.central * annuity(0, card.lag_years)
    withheld = np.zeros(ground.shape.domestic)
    withheld[at] = 1000.0 * away / workers.sum()
    places = ground.spread(at, workers)
    units = per(card, 1000.0)
    return Built(Direction(log_h=log_h), card.upper / 4, places, units, withheld=withheld, lasts=years)


def schooling(card: Card, ground: Ground) -> Built:
    """Thousand places for the young at vocational schools, each a year of schooling every year. As ``training``, but
    the gain lasts for a working life and begins when the young leave school, ``lag_years`` after they enter."""
    return training(card, ground)
