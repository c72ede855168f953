"""Who moves by age, and energy by fuel: parts that add up to what the tables of the path say."""

import numpy as np
import pytest

import citybelt as cb
from citybelt.worlds import tables


@pytest.fixture(scope="module")
def ran():
    return cb.path("northeast", "baseline", to=2027)


@pytest.mark.parametrize("flow", ["came", "left", "abroad"])
def test_moves_by_age_add_up_to_all_moves(ran, flow):
    by_age = ran.flows.sel(flow=flow)
    np.testing.assert_allclose(by_age.sum("age"), ran.x[flow].sel(year=by_age["year"]), rtol=1e-9, atol=1e-6)
    assert list(by_age["year"]) == list(range(2021, 2028)) and list(by_age["age"]) == list(ran.people["age"])


def test_nobody_comes_who_has_not_left_at_the_same_age(ran):
    """Within the country every departure is an arrival, age by age."""
    sums = ran.flows.sum("region")
    np.testing.assert_allclose(sums.sel(flow="came"), sums.sel(flow="left"), rtol=1e-9, atol=1e-3)


def test_power_made_is_power_used(ran):
    used = ran.energy.sel(of="nation", fuel="power")
    made = float(tables.value("electricity", "CHN", "generation", 2020))
    assert float(ran.power.sum("carrier")[0]) == pytest.approx(made, rel=1e-12)
    np.testing.assert_allclose(ran.power.sum("carrier"), used * made / used[0], rtol=1e-9)
    assert ran.power["year"].equals(ran.energy["year"])


def test_the_cluster_uses_a_part_of_the_nations_energy(ran):
    share = ran.energy.sel(of="cluster") / ran.energy.sel(of="nation")
    assert ((share > 0.01) & (share < 0.3)).all()
