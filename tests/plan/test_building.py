"""Work while building: workers are counted once, money once, and nothing works yet."""

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.plan.asked.places import places
from citybelt.plan.solved.optimise import look
from citybelt.plan.told.building import building, jobs_of

RAIL, CLEARANCE = "hsr_harbin_yichun", "clearance_russia"


@pytest.fixture(scope="module")
def mix(whole):
    ids = [lever.id for lever in whole.levers]
    return look(whole, whole.upper * np.isin(ids, [RAIL, CLEARANCE, "research_harbin"]), rows=["cost"])


@pytest.mark.proposition("P24")
def test_all_final_use_takes_all_workers(northeast, whole):
    """Whoever works, works for somebody's final use in the end."""
    b, h = whole.economy.base, whole.economy.base.n_home
    workers = np.asarray(northeast.x["workers"].values, float)[:h]
    use = np.asarray(b.spending - jnp.einsum("nkj,nk->nj", b.input_coef, b.output))
    found = jobs_of(b, workers, use)
    np.testing.assert_allclose(1e3 * found.sum(axis=1), workers, rtol=1e-9)
    # And half of it half of them: nothing is scarce in a count at base-year prices.
    np.testing.assert_allclose(jobs_of(b, workers, 0.5 * use), 0.5 * found, rtol=1e-9)


@pytest.mark.proposition("P24")
def test_money_of_projects_is_spent_once(northeast, whole, mix):
    found = building(whole, mix, northeast, places(northeast))
    # Research is a yearly expense and is not built.
    assert set(found.projects["lever"]) == {RAIL, CLEARANCE}
    np.testing.assert_allclose(found.projects["total"], found.projects["years"] * found.projects["outlay"], rtol=1e-12)
    for total in (found.materials["bought"].sum(), sum(found.payers.values()), found.places["outlay"].sum()):
        assert total == pytest.approx(found.outlay, rel=1e-9)
    assert found.projects["jobs"].sum() == pytest.approx(found.jobs, rel=1e-9)
    assert found.materials["jobs"].sum() == pytest.approx(found.jobs, rel=1e-9)
    # The length of the line times the price of a kilometre, from the tables of costs.
    from citybelt.scenario.evidence import costs

    line = found.projects.set_index("lever").loc[RAIL]
    price = costs()["rail_km_250"]
    assert line["total"] == pytest.approx(318 * price.price.central * price.in_billions, rel=1e-9)


def test_a_year_of_building_costs_and_brings_nothing_yet(northeast, whole, mix):
    found = building(whole, mix, northeast, places(northeast))
    assert found.residual <= 1e-10
    assert found.welfare_nation < 0
    # What is bought most is dearer while it is.
    assert found.materials.loc[found.materials["bought"].idxmax(), "price"] > 0


def test_nothing_built_is_no_phase(northeast, whole):
    assert (
        building(whole, look(whole, np.zeros(len(whole.levers)), rows=["cost"]), northeast, places(northeast)) is None
    )
