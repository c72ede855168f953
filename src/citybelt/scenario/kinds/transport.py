"""Lines and corridors: shortest times over the network with the whole project built, shared out over its length."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction
from citybelt.scenario.kinds.ground import Built, Ground, per, term

MINUTES_PER_HOUR = 60.0


def rail(card: Card, ground: Ground) -> Built:
    """Kilometres of a new passenger line. With the whole line built, shortest passenger times are found again;
    market potential is the sum over places of value added times exp(-decay minutes), and the size is the
    elasticity of productivity to it (Ahlfeldt and Feddersen 2018). Travellers' own savings of time are not
    counted, so what a line brings is a lower bound. A part of the line brings its share of the kilometres."""
    from citybelt.geo.network import PEOPLE

    net, line = ground.network, card.where["line"]
    legs = net.edges[net.edges["line"] == line]
    after = net.edit(line=line, open=True).times(ground.regions, PEOPLE)
    decay = evidence.effects()[card.where["decay"]].size.central * MINUTES_PER_HOUR
    home, km = ground.shape.domestic, float(legs["length_km"].sum())
    value_added = ground.value_added.sum(axis=1)[:home]
    potential = [np.exp(-decay * hours[:home, :home]) @ value_added for hours in (ground.people_hours, after)]
    log_A = np.zeros((ground.shape.regions, ground.shape.sectors))
    log_A[:home] = np.outer(np.log(potential[1] / potential[0]) / km, ground.goods(card))
    return Built(Direction(log_A=log_A), km / 4, ground.along(legs), per(card, 1.0))


def road(card: Card, ground: Ground) -> Built:
    """Kilometres of a corridor raised to a higher speed. With the whole corridor built, shortest freight times
    are found again; the size is the elasticity of the iceberg cost of goods to them. A part of the corridor brings
    its share of the kilometres."""
    net, cities = ground.network, card.where["cities"]
    wanted = {frozenset(pair) for pair in pairwise(cities)}
    roads = net.edges[net.edges["mode"] == "road"]
    legs = roads.loc[[frozenset(ends) in wanted for ends in zip(roads["a"], roads["b"], strict=True)]]
    if len(legs) < len(wanted):
        raise InputError([Problem(card.source, "not every pair of cities in a row has a road.", "Name neighbours.")])
    after = net.edit(list(legs["edge"]), speed_kmh=float(card.where["speed_kmh"])).times(ground.regions)
    km = float(legs["length_km"].sum())
    pair = np.log(after / ground.goods_hours) / km
    return Built(Direction(**term(pair, ground.goods(card))), km / 4, ground.along(legs), per(card, 1.0))
