r"""A planner's own project: everything that it brings once it is built, per cent of it that is built.

    productivity, skills, amenity   log(1 + percent / 100) at its regions
    travel        percent           log(1 - percent / 100) of the iceberg cost of goods between each two cities
    travel        minutes           road_time log((hours - minutes / 60) / hours)          (Li and others 2012)
    clearance     hours             -clearance_day clearance_delay hours / 24              (Hummels and Schaur 2013)
    land          hectares          log(1 + hectares over those of housing, or of the sectors, there), and
                                    log(1 - hectares over farmland) of farms

Hectares are shared out over the regions of the project by what is built up there. Firms stand on the share ``f`` of
what is built up (as in ``land``) and housing on the rest, so that ``1 - f`` of some hectares for housing and ``f`` of
them for all firms are what a quota of as many is. A ``percent`` of travel is the fall
of the delivered price of goods. Limits: travellers' own time is not counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction
from citybelt.scenario.kinds.ground import Built, Ground

HOURS_PER_DAY = 24.0
M2_PER_HEAD = 105.0  # urban construction land, as of the levers of land
FARMS = "agr"


def project(card: Card, ground: Ground) -> Built:
    """Per cent of a project that is built."""
    at = ground.index(card.where["regions"], card)
    brings: dict[str, Any] = dict(card.where["brings"])
    n, home, j = ground.shape
    fields: dict[str, np.ndarray] = {}
    pairs, masks = [], []
    if "productivity" in brings:
        part = brings["productivity"]
        fields["log_A"] = np.zeros((n, j))
        fields["log_A"][at] = part["log"] * _mask(ground, part)
    for name, field in (("skills", "log_h"), ("amenity", "log_B")):
        if name in brings:
            fields[field] = np.zeros(home)
            fields[field][at] = brings[name]
    if "travel" in brings:
        pairs.append(_travel(card, ground, brings["travel"]))
        masks.append(_mask(ground, brings["travel"]))
    if "clearance" in brings:
        pairs.append(_clearance(card, ground, at, brings["clearance"]))
        masks.append(_mask(ground, brings["clearance"]))
    if pairs:
        fields |= {"d_pair": np.array(pairs), "d_mask": np.array(masks)}
    hectares = _land(card, ground, at, brings, fields)
    weight = ground.value_added.sum(axis=1)[at]
    return Built(
        Direction(**{k: v if k == "d_mask" else v / card.upper for k, v in fields.items()}),
        card.upper,
        ground.spread(at, weight),
        {},
        hectares=hectares / card.upper,
    )


def _mask(ground: Ground, part: dict[str, Any]) -> np.ndarray:
    return np.asarray([s in part["sectors"] for s in ground.sectors], float)


def _travel(card: Card, ground: Ground, part: dict[str, Any]) -> np.ndarray:
    cities = ground.index(part["cities"], card)
    pair = np.zeros((ground.shape.regions,) * 2)
    within = np.ix_(cities, cities)
    if "log" in part:
        pair[within] = part["log"]
    else:
        hours, cut = ground.goods_hours[within], part["minutes"] / 60.0
        apart = ~np.eye(len(cities), dtype=bool)
        if (hours[apart] <= cut).any():
            shortest = 60 * hours[apart].min()
            what = f"cuts {part['minutes']:g} minutes off ways of which one takes {shortest:.0f}."
            raise InputError([Problem(card.source, what, "Cut less, or name fewer cities.")])
        size = evidence.effects()["road_time"].size.central
        pair[within] = size * np.log(np.where(apart, 1.0 - cut / np.where(apart, hours, 1.0), 1.0))
    np.fill_diagonal(pair, 0.0)
    return pair


def _clearance(card: Card, ground: Ground, at: np.ndarray, part: dict[str, Any]) -> np.ndarray:
    """Both ways, between the project's regions and the partners."""
    partners = ground.index(part["partners"], card, home=False)
    effects = evidence.effects()
    day = effects["clearance_day"].size.central * effects["clearance_delay"].size.central
    pair = np.zeros((ground.shape.regions,) * 2)
    cut = -day * part["hours"] / HOURS_PER_DAY
    pair[np.ix_(at, partners)], pair[np.ix_(partners, at)] = cut, cut
    return pair


def _land(card: Card, ground: Ground, at: np.ndarray, brings: dict[str, Any], fields: dict[str, np.ndarray]) -> float:
    """Hectares that the project takes; what they add to ``fields``."""
    taken = float(brings.get("housing_land", 0.0)) + float(brings.get("industry_land", {}).get("hectares", 0.0))
    if not taken:
        return 0.0
    built = ground.built_up(at, M2_PER_HEAD)
    share, for_firms = built / built.sum(), evidence.effects()["production_land"].size.central
    farms = np.asarray([s == FARMS for s in ground.sectors])
    production = np.zeros((ground.shape.regions, ground.shape.sectors))
    production[np.ix_(at, np.flatnonzero(farms))] += ground.log_farms(card, at, taken * share)[:, None]
    if "housing_land" in brings:
        fields["log_Hres"] = np.zeros(ground.shape.domestic)
        fields["log_Hres"][at] = np.log1p(brings["housing_land"] * share / ((1.0 - for_firms) * built))
    if "industry_land" in brings:
        part = brings["industry_land"]
        chosen = _mask(ground, part).astype(bool) & ~farms
        rents = ground.land_income[at]
        stands = for_firms * built * rents[:, chosen].sum(axis=1) / rents[:, ~farms].sum(axis=1)
        if not (stands > 0).all():
            nowhere = ", ".join(ground.regions[k] for k in at[~(stands > 0)])
            said = f"brings land to sectors that have none in {nowhere}."
            raise InputError([Problem(card.source, said, "Name other sectors, or other regions.")])
        production[np.ix_(at, np.flatnonzero(chosen))] = np.log1p(part["hectares"] * share / stands)[:, None]
    fields["log_H"] = production
    return taken
