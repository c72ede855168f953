"""Instruments of competition, made for every city and group of sectors: subsidies and the price of land.

A library holds such levers for a few cities by name. Where cities or provinces compete, each needs the same instruments
everywhere; here they are made from a world, by the rules of their kinds (``kinds/money.py``, ``kinds/land.py``). A city
pays for its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.scenario.card import Bend, Card
from citybelt.scenario.evidence import Range
from citybelt.scenario.kinds import Ground
from citybelt.scenario.levers import Lever, build

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset

#: Coarse groups of sectors: name, words, sectors.
GROUPS: Mapping[str, tuple[str, str, tuple[str, ...]]] = MappingProxyType(
    {
        "manufacturing": ("manufacturing", "制造业", ("consumer", "petro", "chem", "metal", "equip", "elec")),
        "services": ("producer services", "生产性服务业", ("transp", "info", "fin", "bizserv")),
        "food": ("farming and food", "农业与食品", ("agr", "food")),
    }
)

#: Of each kind: words, unit, upper bound, bend of the response, what is bought, lag, cost, further places.
_KINDS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "subsidy": {
            "name": ("Subsidy to {group} in {city}", "{city}{group}补贴"),
            "unit": ("% of what makers receive", "占生产者所得的%"),
            "theme": "fiscal",
            "upper": 15.0,
            "buys": {"social": 0.8, "bizserv": 0.2},
            "lag": 0.0,
            "cost": {"subsidy_admin": 0.0},
            "where": {},
        },
        "land_price": {
            "name": ("Cheaper land for {group} in {city}", "{city}{group}用地优惠"),
            "unit": ("% more land, as its price is cut so far", "用地增加%（地价降到相应水平）"),
            "theme": "land",
            "upper": 65.0,  # a price 39 % below today's
            "response": Bend(Range(0.0, 0.0, 0.0), 100.0),
            "buys": {"constr": 0.9, "bizserv": 0.1},
            "lag": 2.0,
            "cost": {"land_ha": 30.0},
            "where": {"m2_per_head": 105.0, "production": "production_land", "farm_sectors": ("agr",)},
        },
    }
)
_CHARGE = Range(1.0, 1.2, 2.0)
_LIMIT = ("It is made for the study of competition.", "为研究地区竞争而设。")


def instruments(
    dataset: Dataset,
    kinds: Sequence[str] = ("subsidy", "land_price"),
    cities: Sequence[str] | None = None,
    sectors: Mapping[str, Sequence[str]] | None = None,
    fact: Callable[[str, str, int], float] | None = None,
) -> tuple[Lever, ...]:
    """A lever of each kind for every city and group of sectors.

    Args:
        dataset: the world.
        kinds: of "subsidy" and "land_price".
        cities: ids of home regions; those of the planned cluster if None.
        sectors: group: its sectors; ``GROUPS`` if None. The price of land leaves farms out, and a group of farms alone.
        fact: one known number by quantity, region and year; those of the package unless given.

    Returns:
        Levers with ids ``kind_city_group``, in the order of kinds, cities and groups. Each is an "if".

    Raises:
        InputError: a region that the world lacks, or a number that is not held.
        KeyError: a kind or a sector that is not known.
    """
    from citybelt.worlds import tables

    x = dataset.x
    if fact is None:
        fact = lambda quantity, region, year: tables.value(quantity, region, "", year)  # noqa: E731
    if cities is None:
        cities = [str(r) for r in x["region"].values[x["cluster"].values == x.attrs["cluster"]]]
    groups = {k: v[2] for k, v in GROUPS.items()} if sectors is None else {k: tuple(v) for k, v in sectors.items()}
    unknown = {s for group in groups.values() for s in group} - {str(s) for s in x["sector"].values}
    if unknown:
        raise KeyError(f"no sector named {sorted(unknown)}")
    no_network: Any = None  # no instrument runs over it
    ground = Ground(dataset, no_network, fact)
    names = {str(r): (str(en), str(zh)) for r, en, zh in zip(*_names(dataset), strict=True)}
    made = []
    for kind in kinds:
        farms = set(_KINDS[kind]["where"].get("farm_sectors", ()))
        for city in cities:
            for group, members in groups.items():
                if set(members) - farms:
                    made.append(build(_card(kind, city, names.get(city, (city, city)), group, members), ground))
    return tuple(made)


def _names(dataset: Dataset) -> tuple[np.ndarray, ...]:
    return tuple(dataset.x[key].values for key in ("region", "name_en", "name_zh"))


def _card(kind: str, city: str, named: tuple[str, str], group: str, members: tuple[str, ...]) -> Card:
    of, words = _KINDS[kind], GROUPS.get(group, (group, group, ()))
    name, name_zh = (of["name"][k].format(group=words[k], city=named[k]) for k in (0, 1))
    straight = Range(1.0, 1.0, 1.0)
    return Card(
        id=f"{kind}_{city}_{group}",
        kind=kind,
        name=name,
        name_zh=name_zh,
        description=name,
        description_zh=name_zh,
        theme=of["theme"],
        unit=of["unit"][0],
        unit_zh=of["unit"][1],
        lower=0.0,
        upper=of["upper"],
        payers=MappingProxyType({"city": 1.0}),
        buys=MappingProxyType(of["buys"]),
        lag_years=of["lag"],
        effect="",
        times=(),
        full=False,
        cost=MappingProxyType(of["cost"]),
        upkeep="",
        response=of.get("response", Bend(straight)),
        charge=Bend(_CHARGE),
        cap="",
        cap_zh="",
        where=MappingProxyType({**of["where"], "regions": (city,), "sectors": members}),
        propositions=("P31", "P51"),
        assumed=_LIMIT[0],
        assumed_zh=_LIMIT[1],
        source=f"{kind} of {city}",
    )
