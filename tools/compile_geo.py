"""Compile the transport graph and the boundaries that the package ships.

    python tools/compile_geo.py --facts FOLDER [--only graph|boundaries]

Reads the facts folder (units, adjacency, census, high-speed lines, sea distances, clearance times, trade
partners) and the small tables beside this script (``tools/geo/*.csv``), writes ``nodes.parquet``,
``edges.parquet`` and ``boundaries.parquet`` under ``src/citybelt/worlds/tables``.

Lengths are great circles times a circuity, or sourced line lengths. The road distances of the facts folder
derive from OpenStreetMap (ODbL): they calibrate the one circuity and check the result, and are not shipped.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from citybelt.geo.distance import great_circle_km
from geo import boundaries

HERE = Path(__file__).parent / "geo"
TABLES = Path(__file__).parent.parent / "src" / "citybelt" / "worlds" / "tables"

# Parameters of the graph: value, grade, source. They are stated again in docs/geography.md.
TRUCK_KMH = 60.0  # China Green Freight Assessment (CATARC Beijing, 2013), finding 6: trunk haulage about 60 km/h
SHIP_KMH = 14.1 * 1.852  # Clarksons Research, container ships in the first half of 2020 (TradeWinds, July 2020)
STATION_HOURS = 0.5  # assumed: way to the station and wait, at each end
PORT_HOURS = 24.0  # assumed: stay in port and transhipment, at each end
DETOUR = 1.10  # two cities with a common neighbour get their own link where every way round is longer than this
ISLANDS = [("330900", "330200", "road"), ("460100", "440800", "road"), ("460300", "469005", "sea")]


def read(path: Path) -> pd.DataFrame:
    """A CSV table with every cell as text (codes keep their zeros)."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def build_nodes(facts: Path) -> pd.DataFrame:
    """Places of the graph: units, ports, crossings, stations off the seats, cities abroad."""
    units = read(facts / "units_prefecture.csv")
    census = read(facts / "prefecture_census.csv").query("year == '2020'").set_index("adcode")["population"]
    seats = read(HERE / "seats.csv").set_index("adcode")
    rows = []
    for u in units.itertuples():
        moved = u.adcode in seats.index
        seat = seats.loc[u.adcode] if moved else u
        rows.append(
            dict(node=u.adcode, kind="city", region=u.adcode, country="CHN", cluster=u.cluster,
                 name_en=u.name_en, name_zh=u.name_zh, lon=float(seat.lon), lat=float(seat.lat),
                 area_km2=float(u.area_km2_tianditu), weight=float(census.get(u.adcode, 0) or 0),
                 source=seat.source if moved else u.lonlat_src,
                 grade="C" if "label point" in u.lonlat_src and not moved else "A")
        )  # fmt: skip
    blank = dict(region="", cluster="", area_km2=np.nan, weight=0.0)
    for p in read(HERE / "ports.csv").itertuples():
        home = p.at.isdigit()
        rows.append(blank | dict(node=p.port, kind="port", country="CHN" if home else p.at, name_en=p.name_en,
                                 name_zh=p.name_zh, lon=float(p.lon), lat=float(p.lat), source=p.source,
                                 grade="B"))  # fmt: skip
    for c in read(HERE / "crossings.csv").itertuples():
        rows.append(blank | dict(node=c.crossing, kind="crossing", country="CHN", name_en=c.name_en,
                                 name_zh=c.name_zh, lon=float(c.lon), lat=float(c.lat), source=c.source,
                                 grade="A"))  # fmt: skip
    rows.append(blank | dict(node="baihe", kind="station", country="CHN", name_en="Baihe (Changbaishan)",
                             name_zh="二道白河(长白山)", lon=128.1105, lat=42.4246, grade="A",
                             source="GeoNames 2037511 (CC BY 4.0)"))  # fmt: skip
    area = boundaries.country_areas_km2()
    abroad = read(HERE / "places_abroad.csv")
    people = abroad.population.astype(float).groupby(abroad.partner).transform("sum")
    for a, total in zip(abroad.itertuples(), people, strict=True):
        w = float(a.population)
        rows.append(blank | dict(node=a.place, kind="abroad", region=a.partner, country=a.partner,
                                 name_en=a.name_en, name_zh=a.name_zh, lon=float(a.lon), lat=float(a.lat),
                                 area_km2=area[a.partner] * w / total, weight=w, source=a.source,
                                 grade="B"))  # fmt: skip
    trade = read(facts / "china_trade_partners.csv").query("year == '2017'").set_index("partner")["total"]
    ports = read(HERE / "ports.csv").set_index("port")
    others = read(HERE / "row_partners.csv")
    total = trade[others.listed_as].astype(float).sum()
    for r in others.itertuples():
        p, w = ports.loc[r.port], float(trade[r.listed_as])
        rows.append(blank | dict(node=f"ROW-{r.partner}", kind="abroad", region="ROW", country=r.partner,
                                 name_en=p.name_en, name_zh=p.name_zh, lon=float(p.lon), lat=float(p.lat),
                                 area_km2=area["ROW"] * w / total, weight=w,
                                 source="weight: trade with China 2017, bn USD; place: main port",
                                 grade="C"))  # fmt: skip
    return pd.DataFrame(rows)


def road_links(nodes: pd.DataFrame, facts: Path) -> pd.DataFrame:
    """Pairs of units joined by a road: neighbours, and pairs two steps apart whose way round is long.

    The second kind keeps off the sea and off foreign land (at least 95 % of the straight line over China).
    """
    city = nodes[nodes.kind == "city"].reset_index(drop=True)
    number = pd.Series(city.index, city.node)
    near = read(facts / "prefecture_adjacency.csv")
    near = near[near.adcode_a.isin(number.index) & near.adcode_b.isin(number.index)]
    i = number[[*near.adcode_a, *(a for a, _, m in ISLANDS if m == "road")]].to_numpy()
    j = number[[*near.adcode_b, *(b for _, b, m in ISLANDS if m == "road")]].to_numpy()
    lon, lat = city.lon.to_numpy(), city.lat.to_numpy()

    def straight(i, j):
        return great_circle_km(lon[i], lat[i], lon[j], lat[j])

    n = len(city)
    graph = coo_matrix((straight(i, j), (i, j)), shape=(n, n)).tocsr()
    graph = graph.maximum(graph.T)
    step = (graph > 0).astype(int)
    two = ((step @ step) > 0).tocoo()
    r, c = two.row[two.row < two.col], two.col[two.row < two.col]
    keep = (np.asarray(graph[r, c]).ravel() == 0) & (dijkstra(graph, directed=False)[r, c] > DETOUR * straight(r, c))
    r, c = r[keep], c[keep]
    on_land = boundaries.share_over_china(lon[r], lat[r], lon[c], lat[c]) >= 0.95
    i, j = np.r_[i, r[on_land]], np.r_[j, c[on_land]]
    return pd.DataFrame({"a": city.node.to_numpy()[i], "b": city.node.to_numpy()[j], "km": straight(i, j),
                         "line": np.where(np.arange(len(i)) < len(near) + 2, "", "direct")})  # fmt: skip


def circuity(links: pd.DataFrame, facts: Path) -> float:
    """Road km per straight km of a link, such that way lengths on the graph meet the OSM ones on average.

    Mean log ratio over every pair of cities whose OSM road distance is of good quality. (ODbL: the one
    figure is a produced work; the distances stay outside.)
    """
    check = read(facts / "road_rail_distance.csv").query("road_quality == 'ok'")
    name = sorted({*links.a, *links.b})
    number = pd.Series(range(len(name)), name)
    m = coo_matrix((links.km, (number[links.a], number[links.b])), shape=(len(name),) * 2).tocsr()
    km = dijkstra(m, directed=False)[number[check.adcode_o], number[check.adcode_d]]
    return float(np.exp(np.mean(np.log(check.road_km.astype(float) / km))))


class Edges:
    """Collects rows; lengths between two nodes default to the great circle times the circuity."""

    def __init__(self, nodes: pd.DataFrame, circuity: float):
        self.at = nodes.set_index("node")[["lon", "lat"]].astype(float)
        self.circuity = circuity
        self.rows: list[dict] = []

    def straight(self, a: str, b: str) -> float:
        p, q = self.at.loc[a], self.at.loc[b]
        return float(great_circle_km(p.lon, p.lat, q.lon, q.lat))

    def add(self, a, b, mode, *, line="", km=None, kmh=np.nan, hours=None, waiting=0.0, out=0.0, back=0.0,
            gate="", opened=np.nan, source="", grade="C"):  # fmt: skip
        km = self.straight(a, b) * self.circuity if km is None else km
        hours = km / kmh if hours is None else hours
        self.rows.append(
            dict(edge=f"{mode}:{line + ':' if line else ''}{a}-{b}", a=a, b=b, mode=mode, line=line,
                 length_km=km, speed_kmh=km / hours if hours > 0 else np.nan, hours=hours,
                 handling_hours=waiting, clearance_out_hours=out, clearance_in_hours=back, gate=gate,
                 opened=opened, source=source, grade=grade)
        )  # fmt: skip


def add_rail(edges: Edges, facts: Path, stations: set[tuple[str, str]]) -> None:
    """Conventional rail (one speed from the stated times before high speed) and high-speed lines."""
    before = [("210100;210500;210600", 3.5), ("220100;220200", 1.5), ("230100;230600;230200", 3.0),
              ("230100;230800", 5 + 44 / 60), ("230100;231000", 4 + 17 / 60)]  # fmt: skip
    km = sum(edges.straight(a, b) for way, _ in before for a, b in pairs(way)) * edges.circuity
    rail_kmh = km / sum(h for _, h in before)
    for r in read(HERE / "rail_northeast.csv").itertuples():
        for a, b in pairs(r.nodes):
            stations |= {(a, "rail"), (b, "rail")}
            edges.add(a, b, "rail", line=r.line, kmh=rail_kmh, grade="D",
                      source="route known, length great circle x circuity, speed from the times stated"
                      " before five high-speed lines opened")  # fmt: skip

    ne = read(facts / "hsr_lines_northeast.csv").set_index("line")
    lines = []
    for r in read(HERE / "hsr_routes.csv").itertuples():
        f = ne.loc[r.as_in_facts]
        way = sum(edges.straight(a, b) for a, b in pairs(r.nodes))
        length = float(r.length_km or f.length_km)
        if r.as_in_facts == "Beijing-Shenyang":  # opened in two sections: share the length by great circles
            whole = [x for x in read(HERE / "hsr_routes.csv").itertuples() if x.as_in_facts == r.as_in_facts]
            length *= way / sum(edges.straight(a, b) for x in whole for a, b in pairs(x.nodes))
        top = f.operating_speed_kmh.split(" ")[0].split("-")[-1] or f.design_speed_kmh
        lines.append((r.line, r.nodes, length, float(top), r.hours, (r.opened or f.opened)[:4],
                      r.source or f.source))  # fmt: skip
    for r in read(HERE / "hsr_national.csv").itertuples():
        way = sum(edges.straight(a, b) for a, b in pairs(r.nodes))
        length = float(r.length_km or way * edges.circuity)
        lines.append((r.line, r.nodes, length, float(r.speed_kmh), r.hours, r.opened[:4], r.source))
    # Share of the top speed that a train keeps on average, from the lines with a stated time.
    kept = [length / float(h) / top for _, _, length, top, h, _, _ in lines if h]
    kept_share = float(np.mean(kept))
    for line, nodes, length, top, stated, opened, source in lines:
        way = sum(edges.straight(a, b) for a, b in pairs(nodes))
        hours = float(stated) if stated else length / (top * kept_share)
        year = float(opened) if opened.isdigit() else np.nan
        for a, b in pairs(nodes):
            stations |= {(a, "hsr"), (b, "hsr")}
            share = edges.straight(a, b) / way
            edges.add(a, b, "hsr", line=line, km=length * share, hours=hours * share, opened=year,
                      source=source, grade="B" if stated else "C")  # fmt: skip


def pairs(way: str) -> list[tuple[str, str]]:
    return list(pairwise(way.split(";")))


def add_sea(edges: Edges, nodes: pd.DataFrame, facts: Path, clear_out: float, clear_in: float) -> None:
    """Ports to their units, lanes between ports, ports abroad to the places they serve."""
    ports = read(HERE / "ports.csv").set_index("port")
    note = "port handling assumed"
    for p in ports.itertuples():
        if p.at.isdigit():
            edges.add(p.at, p.Index, "sea", kmh=TRUCK_KMH, waiting=PORT_HOURS, source=note, grade="D")
    for a in read(HERE / "places_abroad.csv").itertuples():
        for port in ports.index[ports["at"] == a.partner]:
            edges.add(port, a.place, "sea", kmh=TRUCK_KMH, waiting=PORT_HOURS, source=note, grade="D")
    for r in read(HERE / "row_partners.csv").itertuples():
        edges.add(r.port, f"ROW-{r.partner}", "sea", kmh=TRUCK_KMH, waiting=PORT_HOURS, source=note, grade="D")
    held = read(facts / "sea_distance.csv")
    held = held[(held.locode_o < held.locode_d) | (held.country_d != "CN")]
    lanes = [(r.locode_o, r.locode_d, r.sea_km, r.quality == "ok") for r in held.itertuples()]
    lanes += [(r.port_o, r.port_d, r.sea_km, True) for r in read(HERE / "sea_lanes.csv").itertuples()]
    for a, b, km, good in lanes:
        if a in ports.index and b in ports.index:
            home = ports["at"][b].isdigit()  # a lane inside the country clears nothing
            gate = ports["at"][a] if ports["at"][a].isdigit() and not home else ""
            edges.add(a, b, "sea", km=float(km), kmh=SHIP_KMH, out=0.0 if home else clear_out,
                      back=0.0 if home else clear_in, gate=gate,
                      source="searoute 1.6.0 (Apache-2.0) between port coordinates",
                      grade="C" if good else "D")  # fmt: skip
    for a, b, mode in ISLANDS:
        if mode == "sea":
            edges.add(a, b, "sea", kmh=SHIP_KMH, waiting=2 * PORT_HOURS, source=note, grade="D")


def build_edges(nodes: pd.DataFrame, facts: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every edge, and the nodes with the stations that the rail edges need."""
    links = road_links(nodes, facts)
    factor = circuity(links, facts)
    print(f"{len(links)} road links, circuity {factor:.4f}")
    edges = Edges(nodes, factor)
    for r in links.itertuples():
        edges.add(r.a, r.b, "road", line=r.line, kmh=TRUCK_KMH, source="great circle x circuity")
    crossings = read(HERE / "crossings.csv")
    for c in crossings.itertuples():
        edges.add(c.unit, c.crossing, "road", kmh=TRUCK_KMH, source="great circle x circuity")
    edges.add("222400", "baihe", "road", kmh=TRUCK_KMH, source="great circle x circuity")

    stations: set[tuple[str, str]] = set()
    add_rail(edges, facts, stations)
    for row in edges.rows:  # trains run between stations, which the places reach by an access edge
        if row["mode"] in ("rail", "hsr"):
            row["a"], row["b"] = f"{row['a']}/{row['mode']}", f"{row['b']}/{row['mode']}"
    home = nodes.set_index("node")
    extra = []
    for place, mode in sorted(stations):
        p = home.loc[place]
        extra.append(dict(node=f"{place}/{mode}", kind="station", region="", country="CHN", cluster="",
                          name_en=p.name_en, name_zh=p.name_zh, lon=p.lon, lat=p.lat, area_km2=np.nan,
                          weight=0.0, source="at the seat", grade="C"))  # fmt: skip
        edges.add(place, f"{place}/{mode}", mode, km=0.0, hours=0.0, waiting=STATION_HOURS, line="access",
                  source="access and wait assumed", grade="D")  # fmt: skip

    clear = read(facts / "customs_clearance_time.csv").set_index("period").loc["2020-12"]
    clear_out, clear_in = float(clear.export_hours), float(clear.import_hours)
    add_sea(edges, nodes, facts, clear_out, clear_in)
    for c in crossings.itertuples():
        for b in nodes.node[(nodes.kind == "abroad") & (nodes.country == c.abroad)]:
            edges.add(c.crossing, b, "border", kmh=TRUCK_KMH, out=clear_out, back=clear_in, gate=c.unit,
                      source="great circle x circuity; national clearance time of December 2020",
                      grade="D")  # fmt: skip
    nodes = pd.concat([nodes, pd.DataFrame(extra)], ignore_index=True)
    table = pd.DataFrame(edges.rows)
    for column in ("length_km", "hours", "speed_kmh"):
        table[column] = table[column].round(4)
    return nodes, table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--facts", type=Path, required=True, help="folder with the compiled facts")
    parser.add_argument("--out", type=Path, default=TABLES)
    parser.add_argument("--only", choices=["graph", "boundaries"])
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if args.only != "boundaries":
        nodes, edges = build_edges(build_nodes(args.facts), args.facts)
        nodes.to_parquet(args.out / "nodes.parquet", index=False, compression="zstd")
        edges.to_parquet(args.out / "edges.parquet", index=False, compression="zstd")
    if args.only != "graph":
        boundaries.compile_boundaries(args.facts).to_parquet(
            args.out / "boundaries.parquet", index=False, compression="zstd"
        )


if __name__ == "__main__":
    main()
