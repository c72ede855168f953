"""What a plan may speak of in a world: groups of its home regions, what they are called, and what they make.

A group is the cluster that the world is about, the part of a province that lies in it, or one home region. Names
come from the world, so that a plan can be written for any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset

CLUSTER = "cluster"


@dataclass(frozen=True, eq=False)
class Places:
    """The groups of a world.

    Attributes:
        groups: id of the group: ids of its home regions.
        names: id of the group: its name in English and Chinese, the id itself where the world has none.
        provinces: groups that are provinces of the cluster; cities: home regions of the cluster.
        gdp: of the cluster in the base year, billions.
    """

    groups: Mapping[str, tuple[str, ...]]
    names: Mapping[str, tuple[str, str]]
    provinces: tuple[str, ...]
    cities: tuple[str, ...]
    gdp: float

    def find(self, word: object) -> str | None:
        """The group that an id, or a name that only one group has, means; None where there is none."""
        text = str(word).strip()
        if text in self.groups:
            return text
        called = [id for id, both in self.names.items() if text.casefold() in (name.casefold() for name in both)]
        return called[0] if len({self.groups[id] for id in called}) == 1 else None

    def named(self, id: str) -> tuple[str, str]:
        """The name of a group in English and Chinese."""
        return self.names.get(id, (id, id))

    def near(self, word: object) -> str:
        """What to do about a word that means no group, or several."""
        from citybelt.scenario.document import nearest

        text = str(word).strip().casefold()
        several = [id for id, both in self.names.items() if text in (name.casefold() for name in both)]
        if several:
            return f"Several are called so: write the id, {' or '.join(several)}."
        words = [*self.groups, *(name for both in self.names.values() for name in both)]
        advice = nearest(str(word), words)
        return advice if advice.startswith("Did") else f"Use an id such as {', '.join(map(repr, words[:3]))}."


def places(dataset: Dataset) -> Places:
    """The groups of a world: its cluster, the provinces of the cluster, every home region."""
    from citybelt.worlds import tables

    x = dataset.x
    home = ~np.asarray(x.foreign.values, bool)
    h = int(home.sum())
    regions = [str(r) for r in x.region.values[:h]]
    where = [str(p) for p in x.province.values[:h]]
    inside = np.asarray(x.cluster.values[:h]).astype(str) == str(x.attrs["cluster"])
    provinces = tuple(sorted({p for p, member in zip(where, inside, strict=True) if member}))
    groups: dict[str, tuple[str, ...]] = {
        CLUSTER: tuple(r for r, member in zip(regions, inside, strict=True) if member)
    }
    names = {CLUSTER: ("the cluster", "城市群")}
    units = tables.units()
    for p in provinces:
        groups[p] = tuple(r for r, q, member in zip(regions, where, inside, strict=True) if member and q == p)
        names[p] = (str(units.loc[p, "name_en"]), str(units.loc[p, "name_zh"])) if p in units.index else (p, p)
    for k, r in enumerate(regions):
        if r not in groups:  # the province's part in the cluster goes before a region that bears its id
            groups[r] = (r,)
            names[r] = (str(x.name_en.values[k]), str(x.name_zh.values[k]))
    return Places(groups, names, provinces, groups[CLUSTER], _gdp(dataset, h, inside))


def _gdp(dataset: Dataset, h: int, inside: np.ndarray) -> float:
    """Output less what goes into it, and housing rents; as ``outcomes.gdp`` of the base year."""
    x = dataset.x
    made = dataset.trade().sum(axis=0) * (1.0 - x["input_coef"].values.sum(axis=2))
    return float((made.sum(axis=1) + x["housing"].values)[:h] @ inside)
