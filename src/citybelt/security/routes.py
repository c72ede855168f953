r"""The transport graph under attack: the way round every cut edge, and routes that share no edge.

Cutting the edge from a to b of length w moves only those pairs whose shortest way used it,

    (T1)  D[s,a] + w + D[b,t] = D[s,t].

Only these are found again: from their starting points or, on the reversed graph, from their ends, whichever are
fewer. The number of routes between two cities that share no edge is the largest flow with a capacity of one on every
edge (Menger 1927); the smallest over all cities, to any one of them, is how many edges must be cut to part the
cluster. Limits: open data on freight routes at one date; nothing is known here of capacity, bridges, power, repair,
stocks or forces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from citybelt.geo.distance import harmonic, internal_km
from citybelt.geo.network import GOODS

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_matrix

    from citybelt.geo.network import Network

#: A pair used the edge if its way over it is longer by no more than this, in hours.
SAME = 1e-7
#: A stored zero would read as no edge.
TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Routes:
    """Freight routes between the regions of a world.

    Attributes:
        network: the transport graph.
        regions: labels of the world's regions.
        chosen: [N] one for the regions whose edges may be cut.
    """

    network: Network
    regions: Sequence[str]
    chosen: np.ndarray

    @cached_property
    def edges(self) -> pd.DataFrame:
        """Open edges of freight with hours there and back, and the rows of their ends in the nodes."""
        e = self.network.open_edges
        e = e[e["mode"].isin(GOODS)].reset_index(drop=True)
        number = dict(zip(self.network.nodes["node"], range(len(self.network.nodes)), strict=True))
        both = (e["hours"] + e["handling_hours"]).to_numpy(float)
        return e.assign(
            i=e["a"].map(number), j=e["b"].map(number),
            there=np.maximum(both + e["clearance_out_hours"], TINY),
            back=np.maximum(both + e["clearance_in_hours"], TINY),
        )  # fmt: skip

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        return self.network.weights(self.regions)

    @cached_property
    def own(self) -> np.ndarray:
        """Rows of the nodes that are places of the chosen regions."""
        places, weight = self._places
        return places[(weight[self.chosen.astype(bool)] > 0).any(axis=0)]

    @cached_property
    def trunk(self) -> np.ndarray:
        """Rows of ``edges`` with an end in a chosen region."""
        return np.flatnonzero(self.edges["i"].isin(self.own) | self.edges["j"].isin(self.own))

    def _graph(self, without: int | None = None) -> csr_matrix:
        """Hours from node to node, the quickest of parallel edges."""
        from scipy.sparse import coo_matrix

        keep = np.arange(len(self.edges)) != (-1 if without is None else without)
        e = self.edges[keep]
        i, j = e["i"].to_numpy(), e["j"].to_numpy()
        a, b = np.r_[i, j], np.r_[j, i]
        hours = np.r_[e["there"], e["back"]]
        order = np.lexsort((hours, b, a))
        a, b, hours = a[order], b[order], hours[order]
        first = np.r_[True, (np.diff(a) != 0) | (np.diff(b) != 0)]
        n = len(self.network.nodes)
        return coo_matrix((hours[first], (a[first], b[first])), shape=(n, n)).tocsr()

    @cached_property
    def _base(self) -> tuple[np.ndarray, np.ndarray]:
        """Hours from each place to each node, and from each node to each place [place, node]."""
        from scipy.sparse.csgraph import dijkstra

        graph, places = self._graph(), self._places[0]
        return dijkstra(graph, indices=places), dijkstra(graph.T.tocsr(), indices=places)

    def _hours(self, between: np.ndarray) -> np.ndarray:
        """[N, N] hours, buyer by seller, from hours between places [from, to]."""
        places, weight = self._places
        shortest = between.T.copy()
        own = internal_km(self.network.nodes["area_km2"].to_numpy(float)[places]) / self.network.road_kmh
        np.fill_diagonal(shortest, own)
        return harmonic(shortest, weight)

    @cached_property
    def hours(self) -> np.ndarray:
        """[N, N] shortest hours of freight, buyer by seller."""
        return self._hours(self._base[0][:, self._places[0]])

    def cut(self, edge: int) -> np.ndarray:
        """[N, N] shortest hours of freight with one edge gone; infinite where no way is left."""
        from scipy.sparse.csgraph import dijkstra

        out, back = self._base
        places = self._places[0]
        e = self.edges.iloc[edge]
        now = out[:, places].copy()
        graph, turned = None, None
        for a, b, w in ((e["i"], e["j"], e["there"]), (e["j"], e["i"], e["back"])):
            used = out[:, [a]] + w + back[:, b][None, :] <= out[:, places] + SAME
            rows, columns = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
            if not len(rows):
                continue
            graph = self._graph(edge) if graph is None else graph
            if len(rows) <= len(columns):
                now[rows] = dijkstra(graph, indices=places[rows])[:, places]
            else:
                turned = graph.T.tocsr() if turned is None else turned
                now[:, columns] = dijkstra(turned, indices=places[columns])[:, places].T
        return self._hours(now)

    def cuts(self) -> Iterator[tuple[int, np.ndarray]]:
        """Every trunk edge whose loss makes some way longer, with the log change of hours [N, N]."""
        for edge in self.trunk:
            after = self.cut(int(edge))
            with np.errstate(invalid="ignore"):
                longer = np.log(after / self.hours)
            longer = np.where(np.isnan(longer) | (longer < 1e-12), 0.0, longer)
            if longer.any():
                yield int(edge), longer

    @cached_property
    def disjoint(self) -> dict[str, int]:
        """By place of the chosen regions: routes to the place with most people that share no edge."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import maximum_flow

        i, j = self.edges["i"].to_numpy(), self.edges["j"].to_numpy()
        n = len(self.network.nodes)
        ones = np.ones(2 * len(i), np.int32)
        graph = coo_matrix((ones, (np.r_[i, j], np.r_[j, i])), shape=(n, n)).tocsr()
        nodes = self.network.nodes
        hub = int(self.own[np.argmax(nodes["weight"].to_numpy(float)[self.own])])
        return {
            str(nodes["node"].iloc[k]): int(maximum_flow(graph, hub, int(k)).flow_value) for k in self.own if k != hub
        }
