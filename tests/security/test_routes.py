"""Cut edges and edge-disjoint routes: by hand on a tiny graph, and against the network without the edge."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from citybelt.geo.network import Network
from citybelt.security.border import NEAR, at_border
from citybelt.security.routes import Routes

INF = np.inf


def tiny(*more):
    """A triangle a-b-c (1, 1 and 3 hours), d hanging on a (1 hour), abroad behind a border on c (2 hours)."""
    nodes = pd.DataFrame(
        {
            "node": list("abcdx"), "kind": ["city"] * 4 + ["abroad"], "region": list("abcdx"),
            "country": "", "cluster": ["us"] * 4 + [""], "name_en": list("abcdx"), "name_zh": list("甲乙丙丁外"),
            "lon": 0.0, "lat": 0.0, "area_km2": 100.0, "weight": [5.0, 4.0, 3.0, 2.0, 1.0],
        }
    )  # fmt: skip
    rows = [("a", "b", 1.0, "road"), ("b", "c", 1.0, "road"), ("a", "c", 3.0, "road"), ("a", "d", 1.0, "road"),
            ("c", "x", 2.0, "border"), *more]  # fmt: skip
    edges = pd.DataFrame(
        [
            {"edge": f"{mode}:{a}-{b}", "a": a, "b": b, "mode": mode, "line": "", "length_km": 100 * hours,
             "speed_kmh": 100.0, "hours": hours, "handling_hours": 0.0,
             "clearance_out_hours": 4.0 * (mode == "border"), "clearance_in_hours": 7.0 * (mode == "border"),
             "gate": "c" if mode == "border" else None, "opened": np.nan}
            for a, b, hours, mode in rows
        ]
    )  # fmt: skip
    return Routes(Network(nodes, edges), list("abcdx"), np.array([1, 1, 1, 1, 0]))


def off_diagonal(table):
    return np.where(np.eye(len(table), dtype=bool), 0.0, table)


def test_hours_by_hand():
    """Buyer by seller: what comes from abroad waits seven hours, what goes there four."""
    expected = [
        [0, 1, 2, 1, 11],
        [1, 0, 1, 2, 10],
        [2, 1, 0, 3, 9],
        [1, 2, 3, 0, 12],
        [8, 7, 6, 9, 0],
    ]
    np.testing.assert_allclose(off_diagonal(tiny().hours), expected, atol=1e-6)


@pytest.mark.proposition("P2")
@pytest.mark.parametrize(
    ("edge", "expected"),
    [
        ("road:a-b", [[0, 4, 3, 1, 12], [4, 0, 1, 5, 10], [3, 1, 0, 4, 9], [1, 5, 4, 0, 13], [9, 7, 6, 10, 0]]),
        (
            "road:a-d",
            [[0, 1, 2, INF, 11], [1, 0, 1, INF, 10], [2, 1, 0, INF, 9], [INF, INF, INF, 0, INF], [8, 7, 6, INF, 0]],
        ),
        ("road:a-c", [[0, 1, 2, 1, 11], [1, 0, 1, 2, 10], [2, 1, 0, 3, 9], [1, 2, 3, 0, 12], [8, 7, 6, 9, 0]]),
    ],
)  # fmt: skip
def test_a_cut_by_hand(edge, expected):
    routes = tiny()
    row = int(np.flatnonzero(routes.edges["edge"] == edge)[0])
    np.testing.assert_allclose(off_diagonal(routes.cut(row)), expected, atol=1e-6)


def test_only_edges_that_lengthen_a_way_are_disruptions():
    routes = tiny()
    found = {routes.edges["edge"].iloc[edge]: longer for edge, longer in routes.cuts()}
    assert set(found) == {"road:a-b", "road:b-c", "road:a-d", "border:c-x"}
    assert np.isinf(found["border:c-x"][4, :4]).all() and np.isfinite(found["road:b-c"]).all()
    np.testing.assert_allclose(found["road:a-b"][0, 1], np.log(4.0), atol=1e-6)


@pytest.mark.proposition("P2")
@pytest.mark.parametrize("more", [("b", "d", 2.5, "road"), ("c", "d", 9.0, "road"), ("a", "x", 6.0, "border")])
def test_another_route_never_makes_a_cut_worse(more):
    without, richer = tiny(), tiny(more)
    for row, edge in enumerate(without.edges["edge"]):
        now = int(np.flatnonzero(richer.edges["edge"] == edge)[0])
        assert (richer.cut(now) <= without.cut(row) + 1e-9).all()
    fewer = without.disjoint
    assert all(ways >= fewer[place] for place, ways in richer.disjoint.items())


def test_routes_that_share_no_edge_by_hand():
    assert tiny().disjoint == {"b": 2, "c": 2, "d": 1}


def test_districts_at_a_border(northeast):
    """The prefectures of the three provinces that touch a neighbour, as any atlas has them."""
    x = northeast.x
    inside = (x.cluster.values == x.attrs["cluster"]) & ~x.foreign.values
    regions = [str(r) for r in x.region.values[inside]]
    names = dict(zip(regions, x.name_zh.values[inside], strict=True))
    expected = set(
        "丹东市 通化市 白山市 延边朝鲜族自治州 牡丹江市 鸡西市 双鸭山市 佳木斯市 "
        "鹤岗市 伊春市 黑河市 大兴安岭地区".split()
    )
    for near in (0.02, NEAR, 0.1):
        found = at_border(regions, near)
        assert {names[r] for r, at in zip(regions, found, strict=True) if at} == expected
    assert at_border(["nowhere"]) is None


def test_cuts_agree_with_the_network_without_the_edge(northeast):
    network = Network.load(northeast.base_year)
    regions = [str(r) for r in northeast.x.region.values]
    cluster = (northeast.x.cluster.values == northeast.x.attrs["cluster"]) & ~northeast.x.foreign.values
    routes = Routes(network, regions, cluster)
    np.testing.assert_allclose(routes.hours, network.times(regions), rtol=1e-9)
    for edge in routes.trunk[:: len(routes.trunk) // 6]:
        without = replace(network, edges=network.edges[network.edges["edge"] != routes.edges["edge"].iloc[edge]])
        np.testing.assert_allclose(routes.cut(int(edge)), without.times(regions), rtol=1e-9)
