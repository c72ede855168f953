"""Boundaries: a coverage without gaps, areas near the official ones, neighbours as in the facts."""

import numpy as np
import pandas as pd
import pytest
import shapely

from citybelt.errors import InputError
from citybelt.geo import polygons
from citybelt.geo.network import Network


@pytest.fixture(scope="module")
def cities():
    nodes = Network.load().nodes
    return nodes[(nodes["kind"] == "city") & nodes["node"].str[:2].isin(["21", "22", "23"])].set_index("node")


def test_the_northeast_has_no_gaps_and_no_overlaps(cities):
    shape = polygons.shapes(list(cities.index))
    assert len(shape) == 36
    whole = shapely.union_all(shape.to_numpy())
    assert whole.area == pytest.approx(shapely.area(shape.to_numpy()).sum(), rel=1e-9)
    holes = [r for p in shapely.get_parts(whole) for r in p.interiors]
    assert sum(shapely.Polygon(r).area for r in holes) == 0


def test_areas_stay_within_half_a_percent_of_the_detailed_map(cities):
    got = pd.Series(polygons.areas_km2(list(cities.index)), cities.index)
    assert (got / cities["area_km2"] - 1).abs().max() < 0.005
    assert got.sum() == pytest.approx(cities["area_km2"].sum(), rel=1e-3)


def test_provinces_follow_the_official_map():
    p = polygons.provinces()
    assert len(p) == 34 and {"710000", "810000", "820000"} <= set(p.index)
    lines = polygons.table().set_index("id")["geometry"]
    assert len(shapely.get_parts(lines["dashed"])) >= 9
    # South Tibet and Aksai Chin lie inside, Zengmu Ansha inside the dashed line's reach.
    assert p["540000"].contains(shapely.Point(94.5, 28.0)) and p["650000"].contains(shapely.Point(79.6, 35.2))
    assert lines["dashed"].bounds[1] < 4.0


def test_contiguity_is_symmetric_and_as_known(cities):
    ids = list(cities.index)
    near = pd.DataFrame(polygons.contiguity(ids), ids, ids)
    assert (near == near.T).all(axis=None) and not np.diag(near).any()
    assert near.at["210100", "211200"] and near.at["220100", "230100"]
    assert not near.at["210200", "230100"]
    e = Network.load().edges
    roads = e[(e["mode"] == "road") & (e["line"] == "") & e["a"].isin(ids) & e["b"].isin(ids)]
    stated = {frozenset(x) for x in zip(roads["a"], roads["b"], strict=True)}
    found = {frozenset((ids[i], ids[j])) for i, j in np.argwhere(near.to_numpy())}
    assert len(stated ^ found) <= 0.03 * len(stated)


def test_a_remainder_is_what_is_left_of_the_province():
    parts = polygons.shapes(["440000-prd", "440000-rest"])
    assert shapely.area(parts.to_numpy()).sum() == pytest.approx(polygons.provinces()["440000"].area, rel=1e-9)
    assert shapely.intersection(*parts).area == 0


def test_regions_without_a_boundary_are_named():
    with pytest.raises(InputError) as error:
        polygons.shapes(["JPN", "210100", "999999"])
    assert "'JPN'" in str(error.value) and "'999999'" in str(error.value)


def test_names_in_both_languages():
    assert polygons.names("en")["230100"] == "Harbin" and polygons.names("zh")["230100"] == "哈尔滨"
    assert polygons.names("en")["210000"] == "Liaoning" and polygons.names("zh")["222400"] == "延边"
