"""What levers cost by payer and by lever: against the accounts of the equilibrium, differences, and sums by hand."""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.dims import PAYERS
from citybelt.plan.solved.optimise import look, maximise
from citybelt.plan.solved.problem import Bound
from citybelt.plan.solved.spending import handed, outlays, spent
from citybelt.plan.sure.near_tables import Way, found_at
from citybelt.plan.told.shares import shares
from citybelt.scenario.direction import Direction
from citybelt.scenario.levers import central
from three_cities import H, J, N, lever, problem

CITY, PROVINCE = PAYERS.index("city"), PAYERS.index("province")
SILENT = lambda *_: None  # noqa: E731


def of(one, **payers):
    """The same lever with other payers, of its card and of what it buys."""
    bought = np.asarray(one.purchase).sum(axis=0)
    split = np.array([payers.get(p, 0.0) for p in PAYERS])
    one = eqx.tree_at(lambda x: x.purchase, one, jnp.asarray(split[:, None, None] * bought))
    return replace(one, card=replace(one.card, payers=payers))


def rate(payers, place, product, size):
    found = np.zeros((len(PAYERS), N, J))
    for payer, share in payers.items():
        found[PAYERS.index(payer), place, product] = share * size
    return Direction(subsidy=jnp.asarray(found))


@pytest.fixture(scope="module")
def mixed():
    """Two subsidies to one product, a transfer to the cluster, one within it, a service, and food of its own."""
    p = replace(problem(), struck=None)
    b = p.economy.base
    money = float(np.asarray(b.government[:H]).sum())
    served = lever("served", Direction(log_B=jnp.array([0.01, 0.0, 0.0])), 0.001 * money)
    people = np.asarray(b.people).sum(axis=0)
    new = people.sum(axis=0) - np.diagonal(people)
    share = np.zeros((len(PAYERS), H))
    share[CITY, 0] = 1e6 / new[0]
    served = replace(of(served, city=1.0), purchase=None, service=jnp.asarray(share))
    made = (
        of(lever("one", rate({"city": 1.0}, 0, 1, 0.1), 1e-5 * money), city=1.0),
        of(lever("two", rate({"city": 0.5, "centre": 0.5}, 0, 1, 0.2), 1e-5 * money), city=0.5, centre=0.5),
        of(lever("given", Direction(transfer=0.04 * money * jnp.array([1.0, 0.5, -1.5])), 1e-5 * money), province=1.0),
        of(lever("centre", Direction(transfer=0.02 * money * jnp.array([1.0, 0.0, 0.0])), 1e-5 * money), centre=1.0),
        served,
        *p.levers[1:2],
    )
    return replace(p, levers=made, effects=central(made), bounds=(Bound("cost", "most", 0.05 * money),))


MIX = np.array([0.5, 0.8, 0.6, 0.3, 0.7, 0.4])


def test_costs_of_levers_add_up_to_the_row(mixed):
    x = look(mixed, MIX, rows=())
    each, a = spent(mixed, MIX, x.solution.accounts), x.solution.accounts
    assert each.sum() == pytest.approx(x.row("cost"), rel=1e-9)
    assert sum(x.row(f"cost:{payer}") for payer in PAYERS) == pytest.approx(x.row("cost"), rel=1e-12)
    # The two subsidies share the bill of the accounts by their rates.
    sizes = [float(one.response(v)) for one, v in zip(mixed.levers, MIX, strict=True)]
    bill, rates = float(a.subsidy.sum()), np.array([0.1 * sizes[0], 0.2 * sizes[1]])
    bought = np.array([float(one.cost(v)) for one, v in zip(mixed.levers[:2], MIX, strict=False)])
    assert bill > 0
    np.testing.assert_allclose(each[:2] - bought, bill * rates / rates.sum(), rtol=1e-9)
    # A service is paid for each newcomer of the equilibrium.
    newcomers = np.asarray(a.residents.sum(axis=0) - a.stayed.sum(axis=0))
    people = np.asarray(mixed.economy.base.people).sum(axis=0)
    more = newcomers[0] / (people.sum(axis=0) - np.diagonal(people))[0]
    assert more != pytest.approx(1.0, abs=1e-4)
    assert each[4] == pytest.approx(float(mixed.levers[4].cost(MIX[4])) * more, rel=1e-9)


def test_what_is_handed_over_counts_in_full_and_for_the_payer_of_the_card(mixed):
    money = float(np.asarray(mixed.economy.base.government[:H]).sum())
    found = handed(mixed.levers)
    want = np.zeros((len(PAYERS), 6))
    want[PROVINCE, 2], want[PAYERS.index("centre"), 3] = 0.06 * money, 0.02 * money
    np.testing.assert_allclose(found, want, rtol=1e-12)
    x, still = look(mixed, MIX, rows=()), look(mixed, MIX * (np.arange(6) != 2), rows=())
    gone = float(mixed.levers[2].response(MIX[2])) * 0.06 * money
    assert outlays(mixed, MIX)[PROVINCE] == pytest.approx(gone)
    assert x.row("cost:province") - still.row("cost:province") == pytest.approx(
        gone + float(mixed.levers[2].cost(MIX[2])), rel=1e-9
    )
    # One that runs the other way costs as much again: a receipt is no licence to spend.
    back = eqx.tree_at(lambda one: one.direction.transfer, mixed.levers[2], -mixed.levers[2].direction.transfer)
    assert handed([mixed.levers[2], back]).sum() == pytest.approx(2 * 0.06 * money)


def test_slopes_of_costs_are_those_of_differences(mixed):
    x = look(mixed, MIX)
    for k in range(6):
        step = 1e-3 * (np.arange(6) == k)
        up, down = look(mixed, MIX + step, rows=()), look(mixed, MIX - step, rows=())
        for row in ("cost", "cost:city", "cost:province", "cost:centre"):
            difference = (up.row(row) - down.row(row)) / 2e-3
            assert x.slope(row)[k] == pytest.approx(difference, rel=1e-4, abs=1e-7), (k, row)


def test_a_budget_binds_on_transfers_to_the_cluster(mixed):
    """Without (S4) money from outside was to be had for its handling; now the plan keeps to what there is of it."""
    free = maximise(mixed)
    asked = 0.4 * free.point.row("cost:province")
    assert free.point.values[2] > 0 and asked > 0
    kept = maximise(replace(mixed, bounds=(*mixed.bounds, Bound("cost:province", "most", asked))))
    assert kept.prices["cost:province"] > 0
    given = float(mixed.levers[2].response(kept.point.values[2])) * handed(mixed.levers)[PROVINCE, 2]
    assert given <= asked * (1 + 1e-8)
    assert kept.point.row("cost") <= mixed.budget * (1 + 1e-8)


def test_plans_nearby_and_shares_count_what_the_problem_counts(mixed):
    best = maximise(mixed)
    found = found_at(mixed, best.point, Way("plan", "plan", "", np.zeros(6)))
    assert found.cost.sum() == pytest.approx(found.rows["cost"], rel=1e-9)
    told = shares(mixed, best, np.zeros(6, bool), SILENT)
    one = told.by_lever[told.by_lever["outcome"] == "ev"]
    assert one["cost"].sum() == pytest.approx(best.point.row("cost"), rel=1e-6)
    themes = told.by_theme[told.by_theme["outcome"] == "ev"]
    assert themes["cost"].sum() == pytest.approx(best.point.row("cost"), rel=1e-6)


def test_before_anything_moves_each_lever_is_priced_alone(mixed):
    """At the output of the base year: a rate r of what makers get is r / (1 - r) of what they sell for."""
    output = float(mixed.economy.base.output[0, 1])
    alone = spent(mixed, MIX)
    for k, size in ((0, 0.1), (1, 0.2)):
        r = size * float(mixed.levers[k].response(MIX[k]))
        assert alone[k] - float(mixed.levers[k].cost(MIX[k])) == pytest.approx(r / (1 - r) * output, rel=1e-12)
    assert alone[5] == pytest.approx(float(mixed.levers[5].cost(MIX[5])), rel=1e-12)
