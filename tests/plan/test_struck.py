"""Losses as rows of a plan: against the stress test's own measure, finite differences and the two equilibria."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.plan.solved.struck import CLOSE, MOST, Struck
from citybelt.scenario.levers import assemble, costs, responses
from citybelt.security.change import Change
from citybelt.security.loss import measure
from three_cities import CLUSTER, FOOD, disruptions, economies, problem, stop


@pytest.fixture(scope="module")
def posed():
    return problem()


@pytest.fixture(scope="module")
def struck(posed):
    """Every disruption is a row."""
    return replace(posed.struck, active=tuple(range(len(posed.struck.found))))


MIX = np.array([0.3, 0.5, 0.7, 0.05])


def parts(p, values):
    values = jnp.asarray(values)
    sizes, paid = responses(p.levers, values, p.effects), costs(p.levers, values, p.effects)
    return sizes, paid, assemble(p.levers, sizes, paid)


@pytest.fixture(scope="module")
def here(posed, struck):
    sizes, paid, z = parts(posed, MIX)
    return struck.look(posed.levers, sizes, paid, z)


@pytest.mark.proposition("P6")
def test_a_row_is_what_the_stress_test_measures_under_the_plan(posed, struck, here):
    _, _, z = parts(posed, MIX)
    before = struck.economy.solve(z)
    measured = [measure(struck.economy, before, d, CLUSTER) for d in struck.found]
    np.testing.assert_allclose(here[0], [loss.cluster for loss in measured], atol=1e-6)
    assert min(here[0]) > 0 and struck.names[0] == "security:food:food:one"
    assert here[3]["budget"].price == pytest.approx(measured[-1].price, rel=1e-6)
    assert measured[-1].price > 0


@pytest.mark.proposition("P52")
@pytest.mark.parametrize("seed", [0, 1])
def test_slopes_are_those_of_differences(posed, struck, here, seed):
    """Along random directions of all responses and payments at once; the budget of carbon by its own price."""
    rng = np.random.default_rng(seed)
    sizes, paid, _ = parts(posed, MIX)
    way = rng.normal(size=len(MIX)) * sizes, rng.normal(size=len(MIX)) * paid

    def lost(step):
        s, c = sizes + step * way[0], paid + step * way[1]
        return struck.look(posed.levers, s, c, assemble(posed.levers, s, c), here[3])[0]

    step = 1e-2
    slope = (8 * (lost(step) - lost(-step)) - (lost(2 * step) - lost(-2 * step))) / (12 * step)
    told = here[1] @ np.asarray(way[0]) + here[2] @ np.asarray(way[1])
    np.testing.assert_allclose(told, slope, rtol=1e-4, atol=1e-5 * np.abs(told).max())


def test_a_look_nearby_ends_where_one_from_afar_does(posed, struck, here):
    """Started from another mix's equilibria and price of carbon, or from the base year."""
    sizes, paid, z = parts(posed, 1.4 * MIX)
    near = struck.look(posed.levers, sizes, paid, z, here[3])
    afar = struck.look(posed.levers, sizes, paid, z)
    for one, other in zip(near[:3], afar[:3], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6 * np.abs(other).max())


def test_a_budget_that_the_plan_keeps_anyhow_costs_nothing_and_has_no_slope(posed, struck):
    values = np.array([0.0, 0.0, 0.0, 1.0])
    sizes, paid, _ = parts(posed, values)
    lost, by_size, by_paid, near = struck.look(
        posed.levers, 40.0 * sizes, paid, assemble(posed.levers, 40 * sizes, paid)
    )
    k = struck.names.index("security:ecological:budget")
    assert lost[k] == 0.0 and near["budget"].price == 0.0
    np.testing.assert_allclose(np.r_[by_size[k], by_paid[k]], 0.0, atol=1e-8)
    assert np.abs(by_size[:k]).max() > 1e-3


def test_rows_are_the_worst_and_those_that_come_close(posed):
    struck = posed.struck
    for security in struck.securities:
        own = [(struck.losses[k], k) for k, d in enumerate(struck.found) if d.family.security == security]
        worst, at = max(own)
        assert at in struck.active and f"security:{security}:{struck.found[at].id}" in struck.of_security(security)
        near = {k for loss, k in own if loss >= (1 - CLOSE) * worst}
        rows = {k for k in struck.active if struck.found[k].family.security == security}
        assert rows <= near and len(rows) == min(len(near), MOST)
    assert [b.row for b in struck.bounds("food", 3.0)] == list(struck.of_security("food"))
    assert {(b.sense, b.value, b.owner) for b in struck.bounds("food", 3.0, owner="x")} == {("most", 3.0, "x")}


def test_what_becomes_the_worst_under_a_plan_joins_the_rows(posed):
    """One partner's food is dear in the base year; a plan that opens trade with it alone makes it the worst stop."""
    _, year = economies()
    e = [d for d in disruptions(1.0) if d.id in ("food:one", "food:two")]
    struck = Struck.among(year, CLUSTER, ["food"], e)
    first = int(np.argmax(struck.losses))
    struck = replace(struck, active=(first,))
    same, losses = struck.screen(year.zeros)
    assert same is struck
    np.testing.assert_allclose(losses, struck.losses)
    z = year.zeros
    # The other partner's goods reach the cluster at a third of the cost.
    other = 3 + (1 if struck.found[first].id == "food:one" else 0)
    cheap = z.replace(log_d=z.log_d.at[FOOD, :3, other].set(-6.0))
    wider, losses = struck.screen(cheap)
    assert int(np.argmax(losses)) != first and set(wider.active) == {0, 1}
    assert wider.screen(cheap)[0] is wider


def test_a_security_that_is_unknown_or_empty_is_refused():
    _, year = economies()
    with pytest.raises(InputError, match="no disruption"):
        Struck.among(year, CLUSTER, ["food", "defence"], disruptions(1.0))
    with pytest.raises(InputError, match="'hunger'"):
        Struck.of(None, ["hunger"])


def test_nothing_struck_loses_nothing_whatever_the_plan(posed):
    _, year = economies()
    d = replace(disruptions(1.0)[0], change=Change(stop=stop(FOOD, []).stop))
    struck = Struck.among(year, CLUSTER, ["food"], [d])
    sizes, paid, z = parts(posed, MIX)
    lost, by_size, by_paid, _ = struck.look(posed.levers, sizes, paid, z)
    np.testing.assert_allclose(np.r_[lost, by_size.ravel(), by_paid.ravel()], 0.0, atol=1e-7)
