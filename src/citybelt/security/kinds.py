"""Families of disruptions unfolded over a world: its partners, products, provinces, cities and links.

``stop``: home buyers get nothing of the products from a partner (from any partner where none is named).
``silence``: nobody but the city itself gets its products. ``output``: a part of output is lost at given inputs.
``price``: it costs more to make the products abroad. ``cap``: the cluster may emit no more. ``land``: a part of
the land of the sectors is set aside. ``cut``: an edge of the transport graph is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.security.change import Change
from citybelt.security.table import Family, families

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.model.economy import Economy
    from citybelt.security.routes import Routes

#: The effect of scenario/effects.csv by which a longer way makes goods dearer.
TIME = "road_time"


@dataclass(frozen=True, eq=False)
class Disruption:
    """One disruption of a world.

    Attributes:
        id: the family and the places or products that it strikes.
        family: its row of the table.
        change: what it moves.
        hit: [H] true for home regions that are struck themselves: the loss elsewhere leaves their people out.
    """

    id: str
    family: Family
    name_en: str
    name_zh: str
    change: Change
    hit: np.ndarray


@dataclass(frozen=True, eq=False)
class Field:
    """A world as disruptions see it.

    Attributes:
        economy: base year, for the sizes of shares.
        goods: [J] one where the product is a good.
        province: [H] code of each home region's province.
        cluster: [H] one for the cluster that the world is about.
        emissions: Mt of CO2 of the cluster in the base year.
        names: region, sector, province or node: its name in English and Chinese.
        routes: the transport graph.
        dearness: elasticity of the cost of goods to hours.
    """

    economy: Economy
    goods: np.ndarray
    province: np.ndarray
    cluster: np.ndarray
    emissions: float
    names: Mapping[str, tuple[str, str]]
    routes: Routes
    dearness: float

    @property
    def n_home(self) -> int:
        return len(self.economy.home)

    def named(self, label: str) -> tuple[str, str]:
        """The name in both languages; the label itself where none is known."""
        return self.names.get(label, (label, label))


def field(dataset: Dataset, e: Economy, routes: Routes) -> Field:
    """What disruptions need of a dataset."""
    from citybelt.scenario import evidence
    from citybelt.worlds import tables

    x, h, b = dataset.x, len(e.home), e.base
    cluster = (np.asarray(e.cluster).astype(str) == str(x.attrs["cluster"])).astype(float)
    sectors, units = tables.sectors(), tables.units()
    nodes = routes.network.nodes
    names: dict[str, tuple[str, str]] = {}
    for labels, en, zh in (
        (units.index, units["name_en"], units["name_zh"]),
        (nodes["node"], nodes["name_en"], nodes["name_zh"]),
        (sectors.index, sectors["name_en"], sectors["name_zh"]),
        (x.region.values, x.name_en.values, x.name_zh.values),
    ):
        names |= {str(label): (str(a), str(c)) for label, a, c in zip(labels, en, zh, strict=True)}
    co2 = np.asarray(b.co2)[:h]
    dearness = evidence.effects()[TIME].size.central
    return Field(
        e, np.asarray(x["goods"].values, float), x.province.values[:h].astype(str), cluster, float(co2 @ cluster),
        names, routes, dearness,
    )  # fmt: skip


def disruptions(f: Field, rows: Sequence[Family] | None = None) -> list[Disruption]:
    """Every disruption of the table in a world; products that the world lacks are left out."""
    return [d for row in (families() if rows is None else rows) for d in _unfold(row, f)]


def _unfold(row: Family, f: Field) -> Iterator[Disruption]:
    e, h = f.economy, f.n_home
    known = [s for s in row.sectors if s in e.sectors]
    if row.sectors and not known:
        return
    cluster = np.flatnonzero(f.cluster)
    axes: dict[str, list[tuple[str, Any]]] = {
        "partner": [(e.regions[p], [p]) for p in range(h, len(e.regions))],
        "sector": [(s, [e.sectors.index(s)]) for s in known],
        "province": [(p, np.flatnonzero(f.province == p)) for p in dict.fromkeys(f.province)],
        "city": [(e.home[c], [c]) for c in cluster],
        "cluster": [("", cluster)],
    }
    axes["link"] = [(str(edge), longer) for edge, longer in f.routes.cuts()] if "link" in row.each else []
    for chosen in product(*(axes[axis] for axis in row.each)):
        at = {axis: where for axis, (_, where) in zip(row.each, chosen, strict=True)}
        labels = {axis: label for axis, (label, _) in zip(row.each, chosen, strict=True)}
        products = at.get("sector", [e.sectors.index(s) for s in known])
        places = at.get("city", at.get("province", at.get("cluster", [])))
        hit = np.zeros(h, bool)
        hit[np.asarray(places, int)] = True
        names = [{axis: f.named(label)[k] for axis, label in labels.items()} for k in (0, 1)]
        if "link" in labels:
            names = [{"link": _link(f, int(labels["link"]), k)} for k in (0, 1)]
            labels["link"] = str(f.routes.edges["edge"].iloc[int(labels["link"])])
        size = f"{100 * row.size:g}"
        yield Disruption(
            ":".join(filter(None, [row.id, *labels.values()])),
            row,
            _sentence(row.name_en.format(**names[0], size=size)),
            row.name_zh.format(**names[1], size=size),
            MAKE[row.what](row, f, np.asarray(products, int), at),
            hit,
        )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _link(f: Field, edge: int, language: int) -> str:
    e = f.routes.edges.iloc[edge]
    mode = {"road": ("road", "公路"), "sea": ("port access", "港口通道"), "border": ("border road", "口岸通道")}
    a, b = (f.named(str(e[end]))[language] for end in ("a", "b"))
    kind = mode.get(str(e["mode"]), (str(e["mode"]),) * 2)[language]
    return f"{kind} {a} - {b}" if language == 0 else f"{a}至{b}{kind}"


def _pairs(f: Field, products: np.ndarray, buyers: np.ndarray, sellers: np.ndarray) -> np.ndarray:
    n, j = f.economy.base.shape
    stop = np.zeros((j, n, n), bool)
    stop[np.ix_(products, buyers, sellers)] = True
    return stop


def _stop(row: Family, f: Field, products: np.ndarray, at: Mapping[str, Any]) -> Change:
    h, n = f.n_home, len(f.economy.regions)
    partners = np.asarray(at.get("partner", np.arange(h, n)), int)
    return Change(stop=_pairs(f, products, np.arange(h), partners))


def _silence(row: Family, f: Field, products: np.ndarray, at: Mapping[str, Any]) -> Change:
    city = np.asarray(at["city"], int)
    others = np.setdiff1d(np.arange(len(f.economy.regions)), city)
    return Change(stop=_pairs(f, products, others, city))


def _cost(f: Field, regions: np.ndarray, products: np.ndarray, log_cost: float) -> np.ndarray:
    """[N, J] productivity of value added that raises unit cost by ``log_cost`` (V2, V3)."""
    b = f.economy.base
    tax = np.asarray(b.tax_rate)
    per = (1.0 - tax) / (1.0 - tax - np.asarray(b.input_coef).sum(axis=2))
    log_A = np.zeros(b.shape)
    where = np.ix_(np.asarray(regions, int), products)
    log_A[where] = -log_cost * per[where]
    return log_A


def _output(row: Family, f: Field, products: np.ndarray, at: Mapping[str, Any]) -> Change:
    return Change(log_A=_cost(f, at.get("province", at.get("cluster")), products, -np.log1p(-row.size)))


def _price(row: Family, f: Field, products: np.ndarray, at: Mapping[str, Any]) -> Change:
    abroad = np.asarray(at.get("partner", np.arange(f.n_home, len(f.economy.regions))), int)
    return Change(log_A=_cost(f, abroad, products, np.log1p(row.size)))


def _cap(row: Family, f: Field, products: np.ndarray, at: Mapping[str, Any]) -> Change:
    return Change(cap=(1.0 - row.size) * f.emissions)


def _land(row: Family, f: Field, products: np.ndarray, at: Mapping[str, Any]) -> Change:
    log_H = np.zeros(f.economy.base.shape)
    log_H[np.ix_(np.asarray(at["cluster"], int), products)] = np.log1p(-row.size)
    return Change(log_H=log_H)


def _cut(row: Family, f: Field, products: np.ndarray, at: Mapping[str, Any]) -> Change:
    return Change(longer=at["link"], dearness=row.size * f.dearness, goods=f.goods)


MAKE: dict[str, Callable[[Family, Field, np.ndarray, Mapping[str, Any]], Change]] = {
    "stop": _stop, "silence": _silence, "output": _output, "price": _price, "cap": _cap, "land": _land, "cut": _cut,
}  # fmt: skip
