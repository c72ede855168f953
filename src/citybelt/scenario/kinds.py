"""Kinds of lever: from a card and a world to the direction of a lever and the places where it spends.

One function per kind, each with the physical meaning of a response of one and its sign. A function returns
the ``Direction`` of a response of one unit, the natural scale at which the value is felt (used where the card
gives none), weights [region] of where the money is spent, or the persons served, and how many of the items
that costs are quoted for (kilometres, persons, yuan) a unit of value takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.scenario import evidence
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction, Shape
from citybelt.scenario.money import RATE, annuity, migration_elasticity

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset
    from citybelt.geo.network import Network

HOURS_PER_DAY = 24.0
MINUTES_PER_HOUR = 60.0
BILLION = 1e9


@dataclass(frozen=True)
class Built:
    """What a kind makes of a card: direction, natural scale, where it spends, whom it serves."""

    direction: Direction
    scale: float
    places: np.ndarray  # [region] weights of the purchase, sum to one
    units: dict[str, float]  # by cost: how many of its items (persons, km, yuan, tonnes) a unit of value takes
    served: np.ndarray | None = None  # [residence] persons served instead of a purchase
    withheld: np.ndarray | None = None  # [residence] log efficiency units given up for a unit of value


@dataclass(frozen=True)
class Ground:
    """A world as the kinds of lever need it."""

    dataset: Dataset
    network: Network = field(repr=False)
    fact: Callable[[str, str, int], float] = field(repr=False)  # of quantity, region and year

    @cached_property
    def regions(self) -> list[str]:
        return [str(r) for r in self.dataset.x["region"].values]

    @cached_property
    def sectors(self) -> list[str]:
        return [str(s) for s in self.dataset.x["sector"].values]

    @cached_property
    def shape(self) -> Shape:
        domestic = int((~self.dataset.x["foreign"].values.astype(bool)).sum())
        return Shape(len(self.regions), domestic, len(self.sectors))

    def array(self, name: str) -> np.ndarray:
        return np.asarray(self.dataset.x[name].values, float)

    @cached_property
    def value_added(self) -> np.ndarray:
        """[region, sector] at factor cost, bn CNY."""
        share = 1.0 - self.array("tax_rate") - self.array("input_coef").sum(axis=2)
        return share * self.array("output")

    @cached_property
    def goods_hours(self) -> np.ndarray:
        """[buyer, seller] shortest hours of freight."""
        return self.network.times(self.regions)

    @cached_property
    def people_hours(self) -> np.ndarray:
        """[region, region] shortest hours of passengers."""
        from citybelt.geo.network import PEOPLE

        return self.network.times(self.regions, PEOPLE)

    def along(self, legs: pd.DataFrame) -> np.ndarray:
        """[region] weights of the regions that the legs run through, half of each leg to either end."""
        rows, weight = self.network.weights(self.regions)
        region_of = {}
        for place, row in enumerate(rows):
            region_of[self.network.nodes["region"].iloc[row]] = int(weight[:, place].argmax())
        place_of = dict(zip(self.network.nodes["node"], self.network.nodes["region"], strict=True))
        places = np.zeros(self.shape.regions)
        for end in ("a", "b"):
            for node, km in zip(legs[end], legs["length_km"], strict=True):
                unit = place_of[node] or place_of.get(node.partition("/")[0], "")
                if unit in region_of:  # a stop outside every city leaves its half to the other end
                    places[region_of[unit]] += km / 2
        return places / places.sum()

    def index(self, ids: Sequence[str], card: Card, home: bool = True) -> np.ndarray:
        """Places of regions in the arrays; a region the world lacks is a problem of the card."""
        known = {r: k for k, r in enumerate(self.regions[: self.shape.domestic] if home else self.regions)}
        missing = [r for r in ids if r not in known]
        if missing:
            raise InputError(
                [
                    Problem(card.source, f"the world {self.dataset.name!r} has no region {r!r}.", "Correct the id.")
                    for r in missing
                ]
            )
        return np.asarray([known[r] for r in ids], int)

    def sites(self, card: Card) -> np.ndarray:
        """Domestic regions that the card names, one by one or as a cluster."""
        if "regions" in card.where:
            return self.index(card.where["regions"], card)
        label = card.where.get("cluster")
        inside = self.dataset.x["cluster"].values[: self.shape.domestic].astype(str) == label
        if not inside.any():
            raise InputError(
                [Problem(card.source, f"no region lies in the cluster {label!r}.", "Name regions or a cluster.")]
            )
        return np.flatnonzero(inside)

    def goods(self, card: Card, key: str = "sectors") -> np.ndarray:
        """[sector] one where the card names the sector."""
        return np.asarray([s in card.where[key] for s in self.sectors], float)

    def spread(self, at: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """[region] weights that sum to one, proportional to ``weight`` at the places."""
        places = np.zeros(self.shape.regions)
        places[at] = weight / weight.sum()
        return places

    @cached_property
    def newcomers(self) -> np.ndarray:
        """[residence] residents registered elsewhere, persons."""
        people = self.array("migrants").sum(axis=2)
        return people.sum(axis=0) - np.diagonal(people)


def _term(pair: np.ndarray, mask: np.ndarray) -> dict[str, Any]:
    return {"d_pair": pair[None], "d_mask": mask[None]}


def _both_ways(ground: Ground, home: np.ndarray, partners: np.ndarray) -> np.ndarray:
    pair = np.zeros((ground.shape.regions,) * 2)
    pair[np.ix_(home, partners)] = 1.0
    pair[np.ix_(partners, home)] = 1.0
    return pair


def _per(card: Card, count: float) -> dict[str, float]:
    """The same count for every cost of the card."""
    return {cost: count for cost in card.cost}


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
    return Built(Direction(log_A=log_A), km / 4, ground.along(legs), _per(card, 1.0))


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
    return Built(Direction(**_term(pair, ground.goods(card))), km / 4, ground.along(legs), _per(card, 1.0))


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
    return Built(Direction(**_term(pair, ground.goods(card))), hours, ground.spread(home, through), units)


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
        _per(card, float(card.where["crossings"]) / card.upper),
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
        Direction(**_term(pair, ground.goods(card))),
        card.upper / 4,
        ground.spread(at, trade.sum(axis=1)),
        _per(card, 1.0),
    )


def _across(ground: Ground, at: np.ndarray) -> np.ndarray:
    """[place, place] one where two places lie in different provinces."""
    province = ground.dataset.x["province"].values.astype(str)[at]
    return (province[:, None] != province[None, :]).astype(float)


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
    units = _per(card, served.sum() / 100.0)
    return Built(Direction(log_mu=mu), card.upper / 4, ground.spread(at, served[at]), units, served)


def land(card: Card, ground: Ground) -> Built:
    """Hectares of urban construction land, shared out over the cities by what they have; agriculture loses them.
    The size is the part of the quota that is used."""
    at = ground.sites(card)
    urban = np.asarray([ground.fact("population_urban", ground.regions[k], 2020) for k in at])
    built = urban * float(card.where["m2_per_head"]) / 1e4  # ha
    area = ground.array("area_km2")[at] * 100.0  # ha
    residential = np.zeros(ground.shape.domestic)
    residential[at] = 1.0 / built.sum()
    production = np.zeros((ground.shape.regions, ground.shape.sectors))
    production[at] = ground.goods(card) / built.sum()
    production[at] -= np.outer(built / built.sum() / area, ground.goods(card, "farm_sectors"))
    return Built(
        Direction(log_H=production, log_Hres=residential), card.upper / 4, ground.spread(at, built), _per(card, 1.0)
    )


def research(card: Card, ground: Ground) -> Built:
    """Bn CNY a year of research and development. The size is the elasticity of productivity to the stock of it.
    What a province spends is placed in its cities by the value added of the sectors that spend it.
    In the long run the stock grows as spending does; a stock that depreciates at d is worth d / (d + r) of
    that at the rate of interest r, since it builds up after it is paid."""
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
    return Built(Direction(log_A=log_A), float(spent.sum()), ground.spread(at, spent), _per(card, BILLION))


def training(card: Card, ground: Ground) -> Built:
    """Thousand workers a year who get a year of schooling. The size is the log gain of efficiency per trained
    worker; a gain that lasts T years is worth its discounted years. Teaching is bought; while they learn, trainees
    are away from work for a part of the year, which costs the city their labour."""
    at = ground.sites(card)
    workers = ground.array("workers")[at]
    years = (1 - (1 + RATE) ** -float(card.where["years"])) / RATE
    log_h = np.zeros(ground.shape.domestic)
    log_h[at] = 1000.0 * years / workers.sum()
    away = evidence.costs()[card.where["away"]].price.central * annuity(0, card.lag_years)
    withheld = np.zeros(ground.shape.domestic)
    withheld[at] = 1000.0 * away / workers.sum()
    places = ground.spread(at, workers)
    return Built(Direction(log_h=log_h), card.upper / 4, places, _per(card, 1000.0), withheld=withheld)


def services(card: Card, ground: Ground) -> Built:
    """Standard deviations of the index of services liberalisation. The size is the log gain of productivity of
    manufacturers (Arnold and others 2016); the cost is quoted per value added of the services opened."""
    at = ground.sites(card)
    log_A = np.zeros((ground.shape.regions, ground.shape.sectors))
    log_A[at] = ground.goods(card, "users")
    opened = (ground.value_added * ground.goods(card)).sum(axis=1)[at]
    return Built(Direction(log_A=log_A), card.upper / 4, ground.spread(at, opened), _per(card, opened.sum()))


def approvals(card: Card, ground: Ground) -> Built:
    """Million residents served by approval centres. The size is the log gain of productivity where one opens."""
    at = ground.sites(card)
    people = ground.array("population").sum(axis=1)[at]
    log_A = np.zeros((ground.shape.regions, ground.shape.sectors))
    log_A[at] = ground.goods(card) / (people.sum() / 1e6)
    return Built(Direction(log_A=log_A), card.upper / 4, ground.spread(at, people), _per(card, 1.0))


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
    units = _per(card, mt[at].sum() * 1e6 / float(card.where["full_price"]))
    return Built(Direction(carbon=price), card.upper, ground.spread(at, mt[at]), units)


def placebo(card: Card, ground: Ground) -> Built:
    """Bn CNY a year for nothing: a check that a plan leaves it out."""
    at = ground.sites(card)
    places = ground.spread(at, ground.value_added.sum(axis=1)[at])
    return Built(Direction(), card.upper, places, _per(card, BILLION))


BUILD: dict[str, Callable[[Card, Ground], Built]] = {
    f.__name__: f
    for f in (
        rail, road, clearance, tariff, border, registration, land, research, training, services, approvals, carbon,
        placebo,
    )
}  # fmt: skip
