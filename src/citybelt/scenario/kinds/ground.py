"""A world as the kinds of lever need it, and what a kind makes of a card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.scenario.card import Card
from citybelt.scenario.direction import Direction, Shape

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset
    from citybelt.geo.network import Network

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
    knowledge: np.ndarray | None = None  # [residence] share of what is spent that on a path adds to knowledge there,
    # in place of the productivity of the direction
    lasts: float = 0.0  # years that the effect of a year's spending lasts; 0 for as long as the lever stands
    hectares: float = 0.0  # land that a unit of value takes, less what it gives back
    tied: bool = False  # what is bought and granted goes with the effect, as with capital of firms: it is not drawn


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
    def land_income(self) -> np.ndarray:
        """[region, sector] of production land, bn CNY."""
        return self.array("land_share") * self.value_added

    @cached_property
    def capital_income(self) -> np.ndarray:
        """[region] gross, bn CNY a year."""
        return (self.array("capital_share") * self.value_added).sum(axis=1)

    @cached_property
    def theta(self) -> np.ndarray:
        """[sector] central trade elasticities."""
        from citybelt.model.theory import theory

        return np.asarray(theory(self.sectors).theta, float)

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

    def cities(self, card: Card, key: str) -> np.ndarray:
        """Domestic regions that a list of the card names, one by one or by their province."""
        province = self.dataset.x["province"].values[: self.shape.domestic].astype(str)
        found = [
            np.flatnonzero(province == id) if id in province and id not in self.regions else self.index([id], card)
            for id in card.where[key]
        ]
        return np.unique(np.concatenate(found))

    def built_up(self, at: np.ndarray, m2_per_head: float) -> np.ndarray:
        """[place] hectares of urban construction land, from urban residents."""
        urban = np.asarray([self.fact("population_urban", self.regions[k], 2020) for k in at])
        return urban * m2_per_head / 1e4

    def farmland(self, at: np.ndarray) -> np.ndarray:
        """[place] hectares that agriculture stands on: all of the region."""
        return self.array("area_km2")[at] * 100.0

    def log_farms(self, card: Card, at: np.ndarray, hectares: np.ndarray) -> np.ndarray:
        """[place] log change of farmland that hectares are taken from, or given back to where negative.

        Raises:
            InputError: they are all that there is, or more.
        """
        whole = self.farmland(at)
        if (hectares >= whole).any():
            k = int(np.argmax(hectares / whole))
            what = f"takes {hectares[k]:,.0f} of the {whole[k]:,.0f} hectares of {self.regions[at[k]]}."
            raise InputError([Problem(card.source, what, "Take less, or share it among more cities.")])
        return np.log1p(-hectares / whole)

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


def term(pair: np.ndarray, mask: np.ndarray) -> dict[str, Any]:
    """Iceberg costs of one pair of places and one set of sectors, as the fields of a direction."""
    return {"d_pair": pair[None], "d_mask": mask[None]}


def per(card: Card, count: float) -> dict[str, float]:
    """The same count for every cost of the card."""
    return {cost: count for cost in card.cost}
