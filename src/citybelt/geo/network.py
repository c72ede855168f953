"""The transport graph: shortest times and distances between regions, and edits of its edges.

Nodes are cities, stations, ports, border crossings and places abroad; an edge carries its length, its hours
under way, hours of handling, and at the border the hours of customs clearance out of and into the country.
Every change of travel time in a scenario is an edit of edges, followed by shortest paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from citybelt.errors import InputError, Problem
from citybelt.geo.distance import harmonic, internal_km
from citybelt.geo.places import members, nearest

#: Modes that goods move by: trucks, ships, and trucks or trains over a land border.
GOODS = ("road", "sea", "border")
#: Modes that people move by. Cars use the roads, at ``CAR_PER_TRUCK`` times the speed of trucks.
PEOPLE = ("car", "rail", "hsr", "sea", "border")
MODES = ("road", "car", "rail", "hsr", "sea", "border")

#: 120 km/h for cars over 100 km/h for trucks: the limits on motorways of the regulation that implements the
#: Road Traffic Safety Law of China, article 78 (2004).
CAR_PER_TRUCK = 1.2


@cache
def _table(name: str) -> pd.DataFrame:
    with (files("citybelt.worlds") / "tables" / f"{name}.parquet").open("rb") as f:
        return pd.read_parquet(f)


@dataclass(frozen=True)
class Network:
    """Nodes, edges and the year whose network is open. Frozen: an edit returns a new network.

    ``nodes``: node, kind, region, country, cluster, name_en, name_zh, lon, lat, area_km2, weight, source,
    grade. ``edges``: edge, a, b, mode, line, length_km, speed_kmh, hours, handling_hours,
    clearance_out_hours, clearance_in_hours, gate (the unit where goods are cleared), opened (year, NaN if
    always), source, grade. Edges go both ways; ``a`` is the home side where clearance applies.
    """

    nodes: pd.DataFrame
    edges: pd.DataFrame
    year: int = 2020
    #: Mean speed of trucks on the roads as first built, the speed of trips within a place; an edit carries it on,
    #: since a corridor somewhere does not speed up trips within every place.
    road_kmh: float = np.nan

    def __post_init__(self) -> None:
        if np.isnan(self.road_kmh):
            roads = self.edges[self.edges["mode"] == "road"]
            if len(roads):
                object.__setattr__(self, "road_kmh", float(roads["length_km"].sum() / roads["hours"].sum()))

    @staticmethod
    def load(year: int = 2020) -> Network:
        """The network of the package as it was at the end of ``year``; later lines are candidates."""
        return Network(_table("nodes"), _table("edges"), year)

    @property
    def open_edges(self) -> pd.DataFrame:
        """Edges in service: those opened by ``year`` and those added by an edit."""
        opened = self.edges["opened"]
        return self.edges[opened.isna() & ~self._planned | (opened <= self.year)]

    @property
    def candidates(self) -> pd.DataFrame:
        """Edges of lines that opened later or are not open yet: what ``edit(line=..., open=True)`` adds."""
        return self.edges.drop(index=self.open_edges.index)

    @property
    def _planned(self) -> pd.Series:
        return (self.edges["mode"] == "hsr") & (self.edges["line"] != "access") & self.edges["opened"].isna()

    # -- edits ---------------------------------------------------------------------------------------------

    def edit(
        self,
        edges: str | Iterable[str] | None = None,
        *,
        line: str | None = None,
        gate: str | Iterable[str] | None = None,
        speed_kmh: float | None = None,
        hours: float | None = None,
        handling_hours: float | None = None,
        clearance_out_hours: float | None = None,
        clearance_in_hours: float | None = None,
        faster: float | None = None,
        open: bool = False,
    ) -> Network:
        """A network with some edges changed.

        Choose the edges by exactly one of ``edges`` (one id or several), ``line`` or ``gate`` (units where
        goods are cleared). ``speed_kmh`` sets the speed, ``hours`` the hours of all chosen edges together
        (shared by their present hours), ``faster`` divides hours under way by a factor, the other hours set
        their column, and ``open`` puts candidates into service.

        Raises InputError when nothing matches or a value is not positive.
        """
        chosen = self._choose(edges, line, gate)
        values = dict(speed_kmh=speed_kmh, hours=hours, faster=faster, handling_hours=handling_hours,
                      clearance_out_hours=clearance_out_hours,
                      clearance_in_hours=clearance_in_hours)  # fmt: skip
        bad = [
            Problem(f"edit of the network, {k}", f"{v} is not allowed.", "Give a number above zero.")
            for k, v in values.items()
            if v is not None and not (v > 0 or (v == 0 and k.startswith(("handling", "clearance"))))
        ]
        if bad:
            raise InputError(bad)
        t = self.edges.copy()
        if speed_kmh is not None:
            t.loc[chosen, "hours"] = t.loc[chosen, "length_km"] / speed_kmh
        if hours is not None:
            t.loc[chosen, "hours"] *= hours / t.loc[chosen, "hours"].sum()
        if faster is not None:
            t.loc[chosen, "hours"] /= faster
        for column in ("handling_hours", "clearance_out_hours", "clearance_in_hours"):
            if values[column] is not None:
                t.loc[chosen, column] = values[column]
        if open:
            t.loc[chosen, "opened"] = float(self.year)
        moving = chosen & (t["hours"] > 0)
        t.loc[moving, "speed_kmh"] = t.loc[moving, "length_km"] / t.loc[moving, "hours"]
        return replace(self, edges=t)

    def add(self, a: str, b: str, mode: str, *, length_km: float, speed_kmh: float, line: str = "new") -> Network:
        """A network with one more edge between two nodes, in service at once.

        Rail and high-speed edges run between stations: where a place has none, one is added with the access
        time that the other stations of that mode have.
        """
        problems = [
            Problem(f"new edge, node {n!r}", "no such node.", nearest(n, self.nodes["node"]))
            for n in (a, b)
            if n not in set(self.nodes["node"])
        ]
        if mode not in MODES or mode == "car":
            problems.append(Problem("new edge, mode", f"{mode!r} is not a mode.", f"Use one of {MODES}."))
        if not (length_km > 0 and speed_kmh > 0):
            problems.append(Problem("new edge", "length and speed must be above zero."))
        if problems:
            raise InputError(problems)
        nodes, rows = self.nodes, []
        if mode in ("rail", "hsr"):
            access = self.edges[(self.edges["line"] == "access") & (self.edges["mode"] == mode)].iloc[0]
            for n in (a, b):
                station = f"{n}/{mode}"
                if station not in set(nodes["node"]):
                    row = nodes[nodes["node"] == n].assign(node=station, kind="station", region="", weight=0.0)
                    nodes = pd.concat([nodes, row], ignore_index=True)
                    rows.append(access.to_dict() | {"edge": f"{mode}:access:{n}-{station}", "a": n, "b": station})
            a, b = f"{a}/{mode}", f"{b}/{mode}"
        rows.append({"edge": f"{mode}:{line}:{a}-{b}", "a": a, "b": b, "mode": mode, "line": line,
                     "length_km": length_km, "speed_kmh": speed_kmh, "hours": length_km / speed_kmh,
                     "handling_hours": 0.0, "clearance_out_hours": 0.0, "clearance_in_hours": 0.0, "gate": "",
                     "opened": float(self.year), "source": "scenario", "grade": "D"})  # fmt: skip
        return replace(self, nodes=nodes, edges=pd.concat([self.edges, pd.DataFrame(rows)], ignore_index=True))

    def _choose(self, edges, line, gate) -> pd.Series:
        given = [x is not None for x in (edges, line, gate)]
        if sum(given) != 1:
            raise InputError("edit of the network: give exactly one of edges, line and gate.")
        column, wanted = next(
            (c, [v] if isinstance(v, str) else list(v))
            for c, v in (("edge", edges), ("line", line), ("gate", gate))
            if v is not None
        )
        unknown = sorted(set(wanted) - set(self.edges[column]))
        if unknown or not wanted:
            raise InputError(
                [Problem(f"edit of the network, {column} {u!r}", "no such edge.", nearest(u, self.edges[column]))
                 for u in unknown] or "edit of the network: no edge given."
            )  # fmt: skip
        return self.edges[column].isin(wanted)

    # -- shortest paths ------------------------------------------------------------------------------------

    def times(self, regions: Sequence[str], modes: Sequence[str] = GOODS) -> np.ndarray:
        """Shortest hours [N, N], buyer (arrival) by seller (departure), clearance at the border included.

        Regions of several places take the weighted harmonic mean; within a place, its internal distance at
        the mean speed of all roads before any edit. ``inf`` where these modes do not reach.
        """
        return self._between(regions, modes, "hours")

    def distance(self, regions: Sequence[str], modes: Sequence[str] = GOODS) -> np.ndarray:
        """Shortest distance [N, N] in km: roads inside the country, ports and sea lanes overseas."""
        return self._between(regions, modes, "km")

    def weights(self, regions: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Row numbers of the places [P] in ``nodes`` and their weights in each region [N, P], rows sum to 1.

        Regions as in ``citybelt.geo.places.members``. Weights are residents (census 2020; GeoNames abroad);
        for ROW, trade with the country.

        Raises InputError naming every region that is unknown or empty.
        """
        nodes = self.nodes
        member = members(regions, nodes["region"].tolist(), nodes["cluster"].tolist())
        places = np.flatnonzero(member.any(axis=0))
        w = member[:, places] * np.maximum(nodes["weight"].to_numpy(float)[places], 1.0)
        return places, w / w.sum(axis=1, keepdims=True)

    def _between(self, regions: Sequence[str], modes: Sequence[str], what: str) -> np.ndarray:
        places, weight = self.weights(regions)
        shortest = self._shortest(places, modes, what)
        own = internal_km(self.nodes["area_km2"].to_numpy(float)[places])
        if what == "hours":
            own = own / (self.road_kmh * (CAR_PER_TRUCK if "car" in modes else 1.0))
        np.fill_diagonal(shortest, own)
        return harmonic(shortest, weight)

    def _shortest(self, places: np.ndarray, modes: Sequence[str], what: str) -> np.ndarray:
        """Shortest [arrival, departure] between places, over open edges of these modes."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import dijkstra

        unknown = [m for m in modes if m not in MODES]
        if unknown:
            raise InputError([Problem(f"mode {m!r}", "no such mode.", f"Use {MODES}.") for m in unknown])
        e = self.open_edges
        mode = e["mode"].to_numpy(str)
        e = e[np.isin(mode, modes) | ((mode == "road") & ("car" in modes))]
        number = pd.Series(np.arange(len(self.nodes)), self.nodes["node"])
        a, b = number[e["a"]].to_numpy(), number[e["b"]].to_numpy()
        if what == "km":
            there = back = e["length_km"].to_numpy(float)
        else:
            move = e["hours"].to_numpy(float)
            if "car" in modes:
                move = np.where(e["mode"] == "road", move / CAR_PER_TRUCK, move)
            both = move + e["handling_hours"].to_numpy(float)
            there = both + e["clearance_out_hours"].to_numpy(float)
            back = both + e["clearance_in_hours"].to_numpy(float)
        tiny = 1e-9  # a stored zero would read as no edge
        table = pd.DataFrame({"i": np.r_[a, b], "j": np.r_[b, a], "v": np.maximum(np.r_[there, back], tiny)})
        table = table.groupby(["i", "j"], sort=False)["v"].min()  # parallel edges: the best one
        i, j = (table.index.get_level_values(k).to_numpy() for k in (0, 1))
        n = len(self.nodes)
        graph = coo_matrix((table.to_numpy(), (i, j)), shape=(n, n)).tocsr()
        from_to = dijkstra(graph, directed=True, indices=places)[:, places]
        return from_to.T.copy()

    def line_hours(self, a: str, b: str, modes: Sequence[str] = ("rail", "hsr")) -> float:
        """Hours on trains from one station to another ('210200/hsr'), without the way to the station."""
        index = self.nodes.index[self.nodes["node"].isin([a, b])].to_numpy()
        return float(self._shortest(index, modes, "hours").max()) if len(index) == 2 else np.nan
