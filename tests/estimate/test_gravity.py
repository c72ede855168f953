import numpy as np
import pandas as pd
import pytest

from citybelt.errors import InputError
from citybelt.estimate.gravity import (
    central_frictions,
    draw_frictions,
    friction_table,
    log_prior_domestic,
    ppml,
)


def simulated_flows(border: float, distance: float, seed: int, places: int = 26) -> pd.DataFrame:
    """Flows between places of five provinces: gravity times noise of mean one, with many small flows."""
    rng = np.random.default_rng(seed)
    province = rng.integers(0, 5, places)
    where = rng.uniform(0, 1000, (places, 2))
    d = np.hypot(*(where[:, None] - where[None]).transpose(2, 0, 1)) + 20
    crosses = (province[:, None] != province[None]).astype(float)
    size, demand = rng.lognormal(3, 1, places), rng.lognormal(3, 1, places)
    mean = demand[:, None] * size[None] * d**-distance * np.exp(-border * crosses)
    flow = mean * rng.gamma(4.0, 0.25, mean.shape)
    buyer, seller = np.indices(d.shape)
    return pd.DataFrame(
        {
            "flow": flow.ravel(), "buyer": buyer.ravel(), "seller": seller.ravel(),
            "log_distance": np.log(d).ravel(), "crosses": crosses.ravel(),
        }
    )  # fmt: skip


@pytest.mark.proposition("P36")
@pytest.mark.parametrize("border", [0.0, 0.8])
def test_ppml_recovers_a_border_between_provinces(border):
    """The friction that flows were made with comes back; without a border the estimate is about zero."""
    estimate = ppml(simulated_flows(border, distance=1.1, seed=3), ["log_distance", "crosses"])
    error = estimate["Std. Error"]
    assert estimate["Estimate"]["crosses"] == pytest.approx(-border, abs=3 * error["crosses"])
    assert estimate["Estimate"]["log_distance"] == pytest.approx(-1.1, abs=3 * error["log_distance"])
    assert error["crosses"] < 0.1


def test_ppml_needs_its_columns_and_flows_of_zero_or_more():
    flows = simulated_flows(0.5, 1.0, 1, places=6)
    with pytest.raises(InputError, match="no column 'language'"):
        ppml(flows, ["language"])
    flows.loc[4, "flow"] = -1.0
    with pytest.raises(InputError, match=r"row 4: 'flow' is -1\.0"):
        ppml(flows, ["log_distance"])


def test_prior_falls_with_distance_and_borders_as_stated():
    d = np.array([[10.0, 100.0, 300.0], [100.0, 20.0, 300.0], [300.0, 300.0, 30.0]])
    f = central_frictions()
    prior = np.exp(log_prior_domestic(d, np.array([0, 0, 1]), np.array([True, False]), f))
    assert prior.shape == (2, 3, 3)
    assert prior[0, 0, 1] / prior[0, 0, 2] == pytest.approx(3**f.distance_goods * np.exp(f.border))
    assert prior[1, 1, 1] / prior[1, 1, 0] == pytest.approx(5**f.distance_services * np.exp(f.home))


def test_draws_keep_to_the_stated_ranges_and_to_their_seed():
    table = friction_table()
    draws = draw_frictions(200, seed=7)
    for name, low, high in zip(table.index, table["low"], table["high"], strict=True):
        values = np.array([getattr(d, name) for d in draws])
        assert low <= values.min() < values.max() <= high
    assert draws == draw_frictions(200, seed=7)
    assert draws[0] != draw_frictions(200, seed=8)[0]


def test_unidentified_frictions_are_ranges_and_never_points():
    table = friction_table()
    assert (table["low"] < table["high"]).all()
    assert (table["low"] <= table["central"]).all() and (table["central"] <= table["high"]).all()
    assert set(table.loc[["border", "home"], "kind"]) == {"assumed"}
