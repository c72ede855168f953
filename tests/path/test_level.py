"""How large moves between regions are: the range that draws take, against the hindcast and against two censuses."""

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.hindcast import known, method, stocks, target, vital
from citybelt.path.bands import unsure
from citybelt.people import cohort
from citybelt.people.record import Moves
from citybelt.worlds import tables


@pytest.fixture(scope="module")
def start():
    return known.world()


@pytest.fixture(scope="module")
def level():
    return unsure().set_index("symbol").loc["moves", ["low", "value", "high"]].astype(float)


def test_ends_are_those_of_the_hindcast(start, level):
    """80 % of its draws of the level lie between the ends; moves as counted, which a path takes, among them."""
    fitted = method.fit(start, stocks.read(start, method.RANGES["other_city"][1]))
    ends = fitted.level * np.exp(np.array([-1, 1]) * 1.2815515655446004 * fitted.level_spread)
    np.testing.assert_allclose(level[["low", "high"]], ends, atol=0.01)
    assert level["low"] < fitted.level < level["value"] == 1.0 < level["high"]


def test_two_censuses_saw_about_half_of_the_net_moves_that_a_survey_counted(start, level):
    """Over provinces outside the Northeast, of people of 2020 less closed cohorts of 2010 in twice the moves of
    2010-15 (least squares by people): between the low end and the level as counted. In the Northeast far more."""
    relative, now = vital.births(start).relative, jnp.asarray(start.persons[..., None])
    stay = Moves.closed(len(start.total), vital.AGES)
    for year in method.STEPS:
        now = cohort.step(now, vital.rates(start, year, relative), stay)[0]
    closed, counted = np.asarray(now)[..., 0].sum(axis=(1, 2)), target.counted(start.places).sum(axis=1)
    seen = np.isfinite(counted)
    rows = tables.facts("moved_between_provinces")
    rows = rows[rows["year"] == rows["year"].max()].pivot(index="region", columns="item", values="value")
    assert rows.index.astype(str).isin(list(start.provinces)).all()
    moved = 2 * (rows["in"] - rows["out"]).set_axis(rows.index.astype(str)).reindex(start.provinces).to_numpy()
    P = len(start.provinces)
    stayed, came = (np.bincount(start.province, np.where(seen, x, 0.0), P) for x in (closed, counted - closed))
    whole = stayed > 0.7 * np.bincount(start.province, closed, P)
    inside = np.isin([p[:2] for p in start.provinces], ["21", "22", "23"])
    use = whole & ~inside
    weight = np.sqrt(stayed[use])[:, None]
    slope = np.linalg.lstsq(
        np.stack([moved / stayed, np.ones(P)], axis=1)[use] * weight, (came / stayed)[use] * weight[:, 0], rcond=None
    )[0][0]
    assert slope == pytest.approx(0.50, abs=0.02)
    assert level["low"] < slope < level["value"]
    assert came[inside].sum() == pytest.approx(3.6 * moved[inside].sum(), rel=0.02)
