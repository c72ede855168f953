"""Levers parted among players, payoffs and slopes on an economy, and three provinces that plan apart."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.path.timing import spending as by_year
from citybelt.scenario.card import KINDS
from citybelt.scenario.levers import central, costs, responses, shock
from citybelt.separate.arena import Arena
from citybelt.separate.owners import LINES, RATES, part_among, spending
from citybelt.separate.players import provinces
from citybelt.separate.rivalry import KKT, settle


@pytest.fixture(scope="module")
def territory(whole, northeast):
    found = np.zeros((3, whole.economy.base.value_added.shape[0]))
    for k, members in enumerate(provinces(northeast).values()):
        found[k, [whole.economy.home.index(r) for r in members]] = 1.0
    return found


@pytest.fixture(scope="module")
def arena(whole, territory):
    from citybelt.model.outcomes import gdp

    open_ = [lever for lever in whole.levers if not lever.conditional]
    parts, owner, _ = part_among(open_, territory)
    registered = territory[:, : len(whole.economy.home)]
    budgets = 0.005 * registered @ gdp(whole.economy, None)
    return Arena(whole.economy, parts, central(parts), owner, registered, budgets)


@pytest.fixture(scope="module")
def nash(arena):
    return settle(arena, [(0,), (1,), (2,)])


@pytest.fixture(scope="module")
def unified(arena):
    return settle(arena, [(0, 1, 2)])


def test_parts_with_the_same_effort_are_the_whole(whole, territory):
    """Every field of the shock, what is bought, served and given up; one effort a lever, each of another size."""
    parts, _, nobody = part_among(whole.levers, territory)
    # A tariff stands in the ports of the whole country; money that governments pass on stands with no one of them.
    between = [lever.id for lever in whole.levers if lever.direction.transfer is not None]
    assert between and sorted(nobody) == sorted(["tariff_rcep", *between])
    kept = [lever for lever in whole.levers if lever.id not in nobody]
    effort = {lever.id: 0.1 + 0.8 * k / len(kept) for k, lever in enumerate(kept)}
    of_parts = jnp.array([effort[lever.id.partition("@")[0]] * lever.card.upper for lever in parts])
    of_whole = jnp.array([effort[lever.id] * lever.card.upper for lever in kept])
    one, other = shock(parts, of_parts), shock(kept, of_whole)
    for name in one.__dataclass_fields__:
        if getattr(other, name) is not None:
            size = float(jnp.abs(getattr(other, name)).max())
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-13 * size, err_msg=name)
    assert float(costs(parts, of_parts).sum()) == pytest.approx(float(costs(kept, of_whole).sum()), rel=1e-12)
    # Year by year too, through two lives of most of what is built.
    of_years = [by_year(ls, jnp.tile(v, (65, 1))).sum(axis=1) for ls, v in ((parts, of_parts), (kept, of_whole))]
    np.testing.assert_allclose(*of_years, rtol=1e-12)
    assert of_years[0][30] > of_years[0][29]


def test_parts_stand_in_their_owners_territory(whole, territory):
    parts, owner, _ = part_among(whole.levers, territory)
    for lever, player in zip(parts, owner, strict=True):
        assert spending(lever, territory.shape[1]) @ territory[player] == pytest.approx(1.0)
    shared = {lever.id.partition("@")[0] for lever in parts if "@" in lever.id}
    assert {"clearance_russia", "road_harbin_dalian", "training_cluster"} <= shared
    assert "research_harbin" not in shared


def test_every_kind_with_a_rate_or_a_line_is_one_that_exists():
    assert RATES | LINES <= set(KINDS) and not RATES & LINES


def test_no_region_of_two_players(whole, territory):
    with pytest.raises(ValueError, match="two players"):
        part_among(whole.levers, np.vstack([territory, territory[:1]]))


def test_bends_are_those_of_the_levers(arena):
    import jax

    values = arena.upper * np.linspace(0.05, 0.95, len(arena.upper))
    bends = arena.bends(values)
    for make, names in ((responses, ("response", "d_response", "d2_response")), (costs, ("cost", "d_cost", "d2_cost"))):
        curve = lambda v: make(arena.levers, v, arena.effects)  # noqa: B023, E731
        first = lambda v: jax.jvp(curve, (v,), (jnp.ones_like(v),))[1]  # noqa: B023, E731
        second = jax.jvp(first, (jnp.asarray(values),), (jnp.ones(len(values)),))[1]
        full = np.asarray(curve(arena.upper))
        for order, wanted in enumerate((curve(values), first(jnp.asarray(values)), second)):
            size = arena.upper**order / full  # in parts of what the whole lever does
            ours = getattr(bends, names[order])
            np.testing.assert_allclose(ours * size, wanted * size, rtol=1e-9, atol=1e-12, err_msg=names[order])


def test_slopes_are_those_of_differences(arena):
    """A weighted sum of payoffs, along a direction of all levers at once."""
    rng = np.random.default_rng(5)
    values = arena.upper * rng.uniform(0.2, 0.8, len(arena.upper))
    weight, way = np.array([1.0, 0.3, -0.7]), arena.upper * rng.normal(size=len(arena.upper))
    seen, bends = arena.look(values, weight[None]), arena.bends(values)
    slope = (seen.rise[0] * bends.d_response + seen.fall[0] * bends.d_cost) @ way
    step = 1e-3
    up, down = (weight @ arena.look(values + s * way, weight[None]).payoffs for s in (step, -step))
    assert slope == pytest.approx((up - down) / (2 * step), rel=1e-5)


@pytest.mark.proposition("P51")
def test_nobody_gains_by_leaving_the_separate_plans(arena, nash):
    """KKT of all three, and steps of each player's levers along its budget, by whole equilibria."""
    assert (nash.kkt <= KKT).all() and len(nash.kkt) == 3
    assert (nash.cost <= arena.budgets * (1 + 1e-9)).all()
    rng = np.random.default_rng(7)
    for player in range(3):
        own = arena.owner == player
        for _ in range(6):
            other = nash.values.copy()
            other[own] = np.clip(other + 0.2 * arena.upper * rng.normal(size=len(other)), 0, arena.upper)[own]
            while arena.bends(other).cost[own].sum() > arena.budgets[player]:
                other[own] *= 0.95
            payoff = arena.look(other, np.eye(3)[[player]], nash.near).payoffs[player]
            assert payoff <= nash.payoffs[player] + 1e-7


@pytest.mark.proposition("P51")
def test_unified_plan_is_that_of_the_whole_cluster(arena, unified, best):
    """The plan of the cluster by another program; and one player who holds everything finds it too."""
    assert unified.payoffs.sum() == pytest.approx(best.point.row("ev:cluster"), rel=1e-6)
    one = replace(
        arena, owner=np.zeros_like(arena.owner), registered=arena.registered.sum(axis=0, keepdims=True),
        budgets=arena.budgets.sum(keepdims=True),
    )  # fmt: skip
    alone = settle(one, [(0,)])
    np.testing.assert_allclose(alone.values, unified.values, rtol=1e-6, atol=1e-9 * arena.upper.max())


@pytest.mark.proposition("P51")
def test_together_is_more_in_total(arena, nash, unified):
    apart = settle(arena, [(0, 1, 2)], pooled=False)
    assert nash.payoffs.sum() <= apart.payoffs.sum() + 1e-7 <= unified.payoffs.sum() + 2e-7
    assert unified.cost.sum() <= arena.budgets.sum() * (1 + 1e-9)
    assert (apart.cost <= arena.budgets * (1 + 1e-9)).all()


def test_another_start_ends_in_the_same_separate_plans(arena, nash):
    start = arena.upper * np.random.default_rng(2).uniform(0, 0.2, len(arena.upper))
    again = settle(arena, [(0,), (1,), (2,)], start=start)
    np.testing.assert_allclose(again.payoffs, nash.payoffs, rtol=1e-6)
