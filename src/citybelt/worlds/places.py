"""Which units there are, and how they are grouped into the regions of a world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from citybelt.errors import InputError, Problem

LABELS = ["name_en", "name_zh", "cluster"]


@dataclass(frozen=True)
class Places:
    """The units for which accounts are made, and the regions that they add up to.

    ``units`` is indexed by the code of the place (small units are merged into one per province) with columns
    province, cluster, name_en, name_zh, region; ``member`` maps every unit of the census to its place;
    ``regions`` is indexed by region (domestic in the order of codes) with province, cluster, names.
    """

    units: pd.DataFrame
    member: pd.Series
    regions: pd.DataFrame

    def add(self, by_unit: pd.DataFrame) -> pd.DataFrame:
        """Sum values of census units over places; NaN where a unit of the place has none."""
        row = self.units.index.get_indexer(self.member)
        out = np.zeros((len(self.units), by_unit.shape[1]))
        np.add.at(out, row, by_unit.reindex(self.member.index).to_numpy(float))
        return pd.DataFrame(out, self.units.index, by_unit.columns)


def merge_units(units: pd.DataFrame, merge: Mapping[str, Any]) -> tuple[pd.DataFrame, pd.Series]:
    """Census units -> places: the small ones of a province become one remainder."""
    census = units[~units["level"].isin(["province", "country"])]
    small = (census["level"] == merge["level"]) | census.index.isin(merge["units"])
    member = pd.Series(census.index, census.index).where(~small, census["province"] + merge["suffix"])
    kept = census[~small]
    province = units[units["level"] == "province"]
    codes = sorted(set(census.loc[small, "province"]))
    rest = pd.DataFrame(
        {
            "level": "remainder",
            "province": codes,
            "cluster": "",
            "name_en": [merge["name_en"].format(province.at[c, "name_en"]) for c in codes],
            "name_zh": [merge["name_zh"].format(province.at[c, "name_zh"]) for c in codes],
        },
        index=[c + merge["suffix"] for c in codes],
    )
    columns = ["level", "province", "cluster", "name_en", "name_zh"]
    return pd.concat([kept[columns], rest]).sort_index(), member


def group(
    units: pd.DataFrame, merge: Mapping[str, Any], world: Mapping[str, Any], options: tuple[str, ...] = ()
) -> Places:
    """The regions of a world, from its definition.

    Raises `InputError` naming an option that the world doesn't have, or a code that is not a unit.
    """
    places, member = merge_units(units, merge)
    offered = world.get("option", {})
    problems = [
        Problem(f"world {world['name']}", f"it has no option {o!r}", f"It has: {', '.join(offered) or 'none'}.")
        for o in options
        if o not in offered
    ]
    cities = world["cities_of"]
    own = places["province"].isin(cities) if isinstance(cities, list) else pd.Series(True, places.index)
    region = places["province"].where(~own, pd.Series(places.index, places.index))
    names = units[units["level"].isin(["province", "municipality"])]
    label = dict(zip(names.index, names[LABELS].itertuples(index=False, name=None), strict=True))
    label |= dict(zip(places.index[own], places.loc[own, LABELS].itertuples(index=False, name=None), strict=True))
    for part in world["split"]:
        inside = (places["province"] == part["province"]) & (places["cluster"] == part["cluster"])
        rest = (places["province"] == part["province"]) & ~inside
        region[inside], region[rest] = part["region"], part["rest"]
        label[part["region"]] = (part["name_en"], part["name_zh"], part["cluster"])
        label[part["rest"]] = (part["rest_en"], part["rest_zh"], "")
    for option in options:
        chosen = offered.get(option, {"cities": []})
        unknown = [c for c in chosen["cities"] if c not in places.index]
        problems += [Problem(f"world {world['name']}, option {option}", f"{c} is not a unit") for c in unknown]
        for city in [c for c in chosen["cities"] if c in places.index]:
            province = places.at[city, "province"]
            region[region == province] = chosen["rest"]
            region[city] = city
            label[city] = tuple(places.loc[city, LABELS])
            label[chosen["rest"]] = (chosen["rest_en"], chosen["rest_zh"], "")
    if problems:
        raise InputError(problems)
    places = places.assign(region=region)
    codes = sorted(set(region))
    province = places.groupby("region")["province"].first()
    regions = pd.DataFrame(
        {
            "province": province.reindex(codes),
            "cluster": [label[c][2] for c in codes],
            "name_en": [label[c][0] for c in codes],
            "name_zh": [label[c][1] for c in codes],
        },
        index=codes,
    )
    return Places(places, member, regions)
