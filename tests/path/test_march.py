"""Paths through time: steady states, people without economics, years one by one, foresight, derivatives."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import paths
from citybelt.engine.solve import solve
from citybelt.model import outcomes
from citybelt.model.spatial import SPATIAL
from citybelt.path.march import FORESEEN, base_of, foresee, lifetime, march
from citybelt.path.run import BEYOND
from citybelt.path.stocks import year_shock
from citybelt.people import cohort, schooling


def gain(inputs, seed=1, size=0.05):
    rng = np.random.default_rng(seed)
    return rng.normal(0, size, inputs.levers.log_A.shape) * (np.arange(paths.T) >= 3)[:, None, None]


@pytest.mark.parametrize("seed", range(2))
def test_from_a_steady_state_nothing_moves(seed):
    rules, inputs, start = paths.world(seed)
    last, years = march(rules, inputs, start)
    assert float(years.left.max()) < 1e-10
    np.testing.assert_allclose(years.u, 0.0, atol=1e-9)
    for leaf in jax.tree.leaves(
        (last.x, last.log_K, last.log_return, last.log_A, last.houses, last.land, last.log_factor)
    ):
        np.testing.assert_allclose(leaf, 0.0, atol=1e-9)
    np.testing.assert_allclose(last.owned, start.owned, rtol=1e-9)
    np.testing.assert_allclose(last.knowledge, start.knowledge, rtol=1e-9)
    np.testing.assert_allclose(last.plants.standing, start.plants.standing, rtol=1e-9)
    debt = np.abs(np.asarray(last.debt)) / np.asarray(rules.base.government)[: len(last.debt)]
    assert debt.max() < 1e-8
    heads = np.asarray(start.persons).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(np.asarray(last.persons).sum(axis=(1, 2, 3)), heads, rtol=1e-9)


def test_people_without_an_answer_to_values_are_a_projection():
    """Where moves don't answer to values the path of people is the plain projection from any age pyramid."""
    rules, inputs, start = paths.world(1, stationary=False)
    deaf = eqx.tree_at(lambda r: r.prospects.moves.nu, rules, jnp.zeros(21))
    _, years = march(deaf, paths.with_productivity(inputs, gain(inputs)), start)
    one = jax.tree.map(lambda leaf: leaf[0], inputs.vital)
    # The projection moves first and then lives on; begun with a year of life, it is the path until its last moves.
    older, _, _ = cohort.live(start.persons, one)
    plain = cohort.project(older, one, deaf.prospects.moves, paths.T).sum(axis=4)
    aged = np.stack([np.asarray(cohort.live(p, one)[0]) for p in years.persons]).sum(axis=4)
    np.testing.assert_allclose(aged, plain, rtol=1e-12, atol=1e-9)


def test_closed_borders_conserve_people():
    rules, inputs, start = paths.world(2, stationary=False)
    last, years = march(rules, paths.with_productivity(inputs, gain(inputs, 2)), start)
    born, died = np.asarray(years.events.births).sum(), np.asarray(years.events.deaths).sum()
    before, after = float(start.persons.sum()), float(last.persons.sum())
    assert after == pytest.approx(before + born - died, rel=1e-12)
    np.testing.assert_allclose(years.events.came.sum(axis=(1,)), years.events.left.sum(axis=(1,)), rtol=1e-9)


def later(rules, stocks, persons, s, expected=None, research=0.0):
    """Stocks a year on, in levels and by loops: capital from investment, knowledge, productivity, houses; and what
    capital earned over its price. Investors expect last year's for ever, unless [N, J] is expected."""
    b, a, k, t, h = rules.base, s.accounts, rules.capital, rules.technology, rules.base.n_home
    n, j = b.shape
    log_K, log_A = np.asarray(stocks.log_K), np.asarray(stocks.log_A)
    income, base_income = np.asarray(a.factor_income[1]), np.asarray(b.factor_share[1] * b.value_added)
    price = np.exp(np.sum(np.asarray(b.basket[2]) * np.asarray(a.log_user), axis=1))
    rate = income / base_income / np.exp(log_K)
    K, pull = np.asarray(k.stock) * np.exp(log_K), np.zeros((n, j))
    grown = np.zeros((n, j))
    earned = rate / price[:, None]
    wanted = np.exp(np.asarray(stocks.log_return if expected is None else expected))
    for m in range(n):
        pull[m] = np.asarray(k.share)[m] * np.exp(log_K[m]) * wanted[m] ** float(k.zeta)
        invested = float(a.investment[m]) * pull[m] / pull[m].sum()
        grown[m] = np.log(((1 - np.asarray(k.delta)) * K[m] + invested / price[m]) / np.asarray(k.stock)[m])

    sold = np.asarray(a.output / b.output) / np.exp(np.asarray(a.log_gate))
    made = np.array([float(np.asarray(b.value_added)[m] @ sold[m]) for m in range(h)])
    Z, Z0, reach = np.asarray(stocks.knowledge), np.asarray(t.start), np.asarray(t.reach)
    knowledge = (1 - t.obsolescence) * Z + np.asarray(rules.research) * made + np.asarray(research)
    productivity, since = log_A + float(t.growth), float(stocks.age) + 1.0
    grown_up, usual = np.asarray(persons)[:, :, 15:], (1 + float(t.research_growth)) ** since
    for m in range(h):
        own = t.own * np.log(Z[m] / (Z0[m] * usual))
        own_after = t.own * np.log(knowledge[m] / (Z0[m] * usual * (1 + float(t.research_growth))))
        known = own + t.learn * np.log(reach[m] @ Z / (reach[m] @ Z0 * usual))
        school = sum(grown_up[m, ..., e].sum() * float(rules.work.years[m, e]) for e in range(2)) / grown_up[m].sum()
        speed = min(t.catch_up * (school / np.exp(float(t.schooled))) ** float(t.schooling), 1.0)
        goal = since * float(t.growth) + t.closing * np.asarray(t.gap)[m] + known
        productivity[m] += own_after - own + speed * (goal - log_A[m])
    wear, eta = float(rules.ground.wear), float(rules.ground.eta)
    rent = np.exp(np.asarray(a.log_rent)[:h])
    houses = np.log((1 - wear) * np.exp(np.asarray(stocks.houses)) + wear * (rent / price[:h]) ** eta)

    # Foreign investment: in all the share of the base year, spread by returns at an elasticity of its own.
    by_place = np.asarray(k.share)[:h] * float(np.sum(a.investment[:h]))
    draw = np.asarray(k.owned) * np.asarray(k.share)[:h] * np.exp(log_K[:h]) * wanted[:h] ** float(k.zeta_foreign)
    came = np.sum(np.asarray(k.owned) * by_place) * draw / draw.sum() / price[:h, None]
    worn = (1 - np.asarray(k.delta)) * np.asarray(stocks.owned) * K[:h]
    owned = (worn + came) / (np.asarray(k.stock)[:h] * np.exp(grown[:h]))
    built, ground = np.asarray(b.land_public), np.zeros(h)
    before, paid = np.asarray(b.factor_share[2] * b.value_added)[:h], np.asarray(a.factor_income[2])[:h]
    for m in range(h):
        per_hectare = (paid[m] * built).sum() / (before[m] * built).sum() / np.exp(float(stocks.land[m]))
        goal = float(rules.ground.supply) * np.log(per_hectare / price[m])
        ground[m] = float(stocks.land[m]) + float(rules.ground.speed) * (goal - float(stocks.land[m]))
    after = eqx.tree_at(
        lambda q: (q.log_K, q.log_return, q.log_A, q.age, q.knowledge, q.houses, q.land, q.owned),
        stocks,
        tuple(map(jnp.asarray, (
            grown, np.log(earned), productivity, float(stocks.age) + 1.0, knowledge, houses, ground, owned,
        ))),
    )  # fmt: skip
    return after, np.log(earned)


def of_given_skill(b, s):
    """[2, R] log change of what a place is worth to a person who works as the people under 60 of the base year did, in
    levels, at the wage of a unit of work; and to an old person who has the nation's mean pension."""
    a, h, log = s.accounts, b.n_home, np.asarray(s.state.value).copy()
    young, all_heads = np.asarray(a.residents)[0], np.asarray(a.residents).sum(axis=0)
    before = np.asarray(b.people).sum(axis=1)[0]
    for n in range(h):
        kept = 1 - float(b.contribution)
        others = [x[n] for x in (a.property_income, a.land_private, a.residual)]
        shared = (sum(map(float, others)) - float(a.levy[n])) / all_heads[n]
        there = kept * float(a.factor_income[0, n].sum()) / young[n]
        base = kept * float((b.factor_share[0] * b.value_added)[n].sum()) / before[n]
        log[0, n] += np.log((base * np.exp(float(s.state.wage[n])) + shared) / (there + shared))
    # The old bring the nation's mean pension, at what pensions have become of those of the base year.
    old, first = np.asarray(a.residents)[1], np.asarray(b.people)[1].sum(axis=0)
    mean = sum(float(b.pension[n]) * first[n] for n in range(h)) / first.sum()
    factor = float(np.sum(a.pensions[:h])) / sum(float(b.pension[n]) * old[n] for n in range(h))
    for n in range(h):
        shared = (
            sum(float(x[n]) for x in (a.property_income, a.land_private, a.residual)) - float(a.levy[n])
        ) / all_heads[n]
        keep = 1 - float(b.income_tax[n]) - float(b.saving[n])
        then = float(b.spending_per_head[1, n]) / keep - float(b.pension[n])
        drawn = (float(a.pensions[n]) / old[n] + shared) / (float(b.pension[n]) + then)
        log[1, n] += np.log((mean * factor + shared) / (mean + then) / drawn)
    return jnp.asarray(log)


def one_by_one(rules, inputs, start, values, returns=None):
    """The path by the solver of a single year, with lifetime values [T, A, E, R] and expected returns given."""
    stocks, found = start, []
    for t in range(len(values)):
        given = jax.tree.map(lambda leaf, t=t: leaf[t], inputs)
        older = schooling.study(cohort.live(stocks.persons, given.vital)[0], given.study).persons
        V = jnp.moveaxis(values[t], 2, 0)
        persons, _ = cohort.move(older, rules.prospects.moves, V, given.levers.log_mu)
        k, h = rules.capital, rules.base.n_home
        wanted = np.exp(np.asarray(stocks.log_return if returns is None else returns[t])[:h])
        drawn = np.asarray(k.share)[:h] * np.exp(np.asarray(stocks.log_K)[:h]) * wanted ** float(k.zeta)
        log_I = np.log(drawn.sum(axis=1) / np.asarray(k.share)[:h].sum(axis=1))
        z = year_shock(
            given.levers, persons, stocks, jnp.asarray(log_I), rules.work, rules.base.land_public, rules.theory.agg
        )
        base_income = np.asarray(rules.base.factor_share[1] * rules.base.value_added)[:h]
        worth = base_income * np.exp(np.asarray(stocks.log_K)[:h])
        leaves = (np.asarray(stocks.owned) * worth).sum(axis=1) / worth.sum(axis=1)
        count = np.asarray(persons).sum(axis=(0, 1, 3))
        first = np.asarray(start.persons).sum(axis=(0, 1, 3))
        older = count[65:].sum() / count[15:65].sum() - first[65:].sum() / first[15:65].sum()
        home = np.arange(rules.base.shape[0]) < h
        z = z.replace(log_saving=jnp.asarray(-0.8 * older * home))
        b = eqx.tree_at(lambda b: b.owned_abroad, base_of(rules, stocks, persons), jnp.asarray(leaves))
        s = solve(SPATIAL, b, rules.theory, z, rules.closure).require()
        after, earned = later(rules, stocks, persons, s, None if returns is None else returns[t], given.research)
        u = of_given_skill(rules.base, s)
        found.append((persons, u, earned))
        stocks = eqx.tree_at(lambda k: (k.persons, k.u), after, (persons, u))
    return found


def test_density_is_that_of_workers_relative_to_the_nation():
    """What (Y3) and the model make of productivity together, by loops; alike decline of all ages changes nothing."""
    rules, inputs, start = paths.world(8, stationary=False)
    work, agg, h = rules.work, np.asarray(rules.theory.agg), rules.base.n_home
    assert agg.any()
    levers, log_I = jax.tree.map(lambda leaf: leaf[0], inputs.levers), jnp.zeros(h)
    given, factor = np.asarray(start.persons), np.random.default_rng(8).lognormal(0, 0.3, (h, 1, 101, 1))

    def density(persons):
        z = year_shock(levers, jnp.asarray(persons), start, log_I, work, rules.base.land_public, rules.theory.agg)
        s = solve(SPATIAL, rules.base, rules.theory, z, rules.closure).require()
        # The model multiplies its own persons under 60, and adds the shock.
        under = np.asarray(s.accounts.residents)[0] / np.asarray(rules.base.people).sum(axis=1)[0]
        return np.asarray(z.log_A)[:h] + agg * np.log(under)[:, None], np.asarray(z.log_A)[h:]

    part = np.asarray(work.part)
    count = lambda persons, r: sum((persons[r, ..., e] * part).sum() for e in range(2))  # noqa: E731
    now = given * factor
    nation = sum(count(now, r) for r in range(h)) / sum(count(given, r) for r in range(h))
    home, partners = density(now)
    for r in range(h):
        np.testing.assert_allclose(home[r], agg * np.log(count(now, r) / count(given, r) / nation), atol=1e-10)
    assert not partners.any()
    np.testing.assert_allclose(density(0.6 * given)[0], 0.0, atol=1e-10)


def test_each_year_is_an_equilibrium_of_the_solver():
    rules, inputs, start = paths.world(3, stationary=False)
    inputs = paths.with_productivity(inputs, gain(inputs, 3))
    of = lambda r: (r.technology.growth, r.technology.research_growth, r.technology.closing)  # noqa: E731
    rules = eqx.tree_at(of, rules, (jnp.asarray(0.02), 0.03, 0.3))
    more = np.random.default_rng(3).uniform(0, 1, inputs.research.shape) * float(start.knowledge.mean())
    inputs = eqx.tree_at(lambda i: i.research, inputs, jnp.asarray(more))
    _, years = march(rules, inputs, start)
    p, cost = rules.prospects, inputs.levers.log_mu
    seen = jnp.concatenate([start.u[None], years.u[:-1]])
    values = jnp.stack([p.static(u, c) for u, c in zip(seen, cost, strict=True)])
    for t, (persons, u, earned) in enumerate(one_by_one(rules, inputs, start, values)):
        np.testing.assert_allclose(years.persons[t], persons, rtol=1e-8)
        np.testing.assert_allclose(years.u[t], u, atol=1e-8)
        np.testing.assert_allclose(years.log_return[t], earned, atol=1e-8)


@pytest.mark.parametrize("beta", [0.0, 0.8])
def test_what_is_foreseen_comes_true(beta):
    """The values on which people move, and the returns for which investors invest, are those of the years to come, by
    the solver of single years."""
    rules, inputs, start = paths.world(4, beta=beta, stationary=False)
    inputs = paths.with_productivity(inputs, gain(inputs, 4, 0.1))
    (values, returns), left, _ = foresee(rules, inputs, start, march(rules, inputs, start)[1])
    assert float(left) <= FORESEEN
    found = one_by_one(rules, inputs, start, values, returns)
    u, earned = jnp.stack([value for _, value, _ in found]), np.exp(np.stack([rate for *_, rate in found]))
    discount, worth = np.asarray(rules.capital.discount), np.zeros_like(earned)
    for t in range(paths.T):  # what a unit bought in year t earns from the next year on, by its definition
        for s in range(400):
            worth[t] += (1 - discount) * discount**s * earned[min(t + 1 + s, paths.T - 1)]
    np.testing.assert_allclose(np.exp(returns), worth, rtol=1e-7)
    np.testing.assert_allclose(lifetime(rules.prospects, u, inputs.levers.log_mu), values, atol=1e-7)
    if beta == 0:  # myopic: only the year itself counts
        group = np.asarray(rules.prospects.group)
        np.testing.assert_allclose(values[:, :, 0], np.asarray(u)[:, group], atol=1e-7)


def test_people_move_before_what_they_foresee():
    """A place that will be richer from the fourth year on is moved to in the first, and not by those who don't know."""
    rules, inputs, start = paths.world(5)
    rise = np.zeros(inputs.levers.log_A.shape)
    rise[3:, 2] = 0.2
    inputs = paths.with_productivity(inputs, rise)
    _, blind = march(rules, inputs, start)
    ahead, left, _ = foresee(rules, inputs, start, blind)
    assert float(left) <= FORESEEN
    _, seeing = march(rules, inputs, start, ahead)
    here = lambda years: np.asarray(years.persons)[:, 2].sum(axis=(1, 2, 3))  # noqa: E731
    before = float(start.persons[2].sum())
    np.testing.assert_allclose(here(blind)[:3], before, rtol=1e-9)
    assert (np.diff(here(seeing)[:4], prepend=before) > 1e-5 * before).all()
    # So is capital: it is built there before it earns more.
    built = lambda years: np.asarray(years.stocks.log_K)[:4, 2].mean(axis=1)  # noqa: E731
    assert (built(seeing)[2:] > built(blind)[2:] + 1e-3).all()


def test_what_comes_after_what_is_foreseen_hardly_matters():
    """With as many years beyond the last as a path has, people of a place and capital of a sector in the years shown
    are those of a path foreseen twice as far, within 0.1 %; without years beyond they are off by more than what comes
    after these years weighs less."""
    shown, found = 4, {}
    rules, inputs, start = paths.world(4, beta=0.96, stationary=False, years=shown + 2 * BEYOND)
    rules = eqx.tree_at(lambda r: r.prospects.moves.nu, rules, jnp.full(21, 0.06))  # as readily as in the Northeast
    first = lambda tree, years=shown: jax.tree.map(lambda leaf: leaf[:years], tree)  # noqa: E731
    _, blind = march(rules, inputs, start)
    for beyond in (0, BEYOND, 2 * BEYOND):
        given, guess = first((inputs, blind), shown + beyond)
        ahead, left, _ = foresee(rules, given, start, guess)
        assert float(left) <= FORESEEN
        _, years = march(rules, first(inputs), start, first(ahead))
        found[beyond] = np.log(np.asarray(years.persons).sum(axis=(2, 3, 4))), np.asarray(years.stocks.log_K)
    for k in range(2):
        off = [np.abs(found[b][k] - found[2 * BEYOND][k]).max() for b in (BEYOND, 0)]
        assert off[0] < 1e-3 and off[0] < 0.96**BEYOND * off[1]


def test_gradient_to_every_year_by_differences():
    rules, inputs, start = paths.world(6, stationary=False)
    weight = jnp.asarray(np.random.default_rng(6).normal(size=(paths.T, 2, paths.SIZES["h"])))

    def outcome(log_A):
        _, years = march(rules, paths.with_productivity(inputs, log_A), start)
        return jnp.sum(weight * years.u)

    at = jnp.asarray(gain(inputs, 6))
    slope = np.asarray(jax.grad(outcome)(at))
    h = 1e-4
    for place in ((0, 2, 3), (4, 1, 6), (7, 8, 0), (8, 5, 2)):
        by_hand = float(outcome(at.at[place].add(h)) - outcome(at.at[place].add(-h))) / (2 * h)
        assert slope[place] == pytest.approx(by_hand, rel=1e-5, abs=1e-9)


def test_emissions_and_budgets_follow_from_the_year():
    """Carbon is charged at factors of last year's energy; debts by the identity of each year; plants at
    home and abroad are counted, and pay carbon where they burn."""
    rules, inputs, start = paths.world(7, stationary=False)
    carbon = np.zeros(inputs.levers.carbon.shape)
    carbon[3:, 2], carbon[3:, 4] = 60.0, 20.0
    inputs = eqx.tree_at(lambda i: i.levers.carbon, inputs, jnp.asarray(carbon))
    _, years = march(rules, paths.with_productivity(inputs, gain(inputs, 7, 0.1)), start)
    w, b, a, h = rules.power, rules.base, years.accounts, rules.base.n_home
    for t in range(paths.T):
        factor = np.asarray(b.emission).copy()
        factor[:h, w.products] *= np.exp(np.asarray(start.log_factor if t == 0 else years.stocks.log_factor[t]))
        added = np.exp(np.asarray(a.log_user[t])) - np.exp(np.asarray(a.log_price[t]))
        due = carbon[t][:, None] * factor
        np.testing.assert_allclose(added[due == 0], 0.0, atol=1e-14)
        if t >= 3:  # one price index turns money of the base year into that of the year
            index = added[due > 0] / due[due > 0] / 1e-3
            np.testing.assert_allclose(index, index[0], rtol=1e-9)
            assert index[0] == pytest.approx(1.0, abs=0.3)
    owed = np.zeros(h)
    for t in range(paths.T):
        np.testing.assert_allclose(years.budget.debt[t], owed, rtol=1e-9, atol=1e-9)
        owed = owed * 1.03 + np.asarray(years.budget.spending[t] - years.budget.revenue[t])
    # Governments of the year spend what they receive, in the same money.
    price = np.exp(np.asarray(a.log_cpi)[:, :h] @ np.asarray(b.consumption[:h]) / float(b.consumption[:h].sum()))
    np.testing.assert_allclose(years.budget.revenue, np.asarray(a.government)[:, :h] / price[:, None], rtol=1e-9)
    # Services that are wanted: those of the base year a head, by the nation's volume a head, at what governments pay.
    heads = np.asarray(years.persons).sum(axis=(2, 3, 4)) / np.asarray(rules.work.base).sum(axis=0)
    volume = np.asarray(b.value_added * a.output / b.output / np.exp(a.log_gate))[:, :h].sum(axis=(1, 2))
    nation = np.asarray(years.persons).sum(axis=(1, 2, 3, 4)) / float(rules.work.base.sum())
    afforded = volume / float(b.value_added[:h].sum()) / nation
    paid = np.exp(np.sum(np.asarray(b.basket[1]) * np.asarray(a.log_user), axis=2))[:, :h]
    wanted = np.asarray(b.government)[:h] * heads * paid * afforded[:, None] / price[:, None]
    np.testing.assert_allclose(years.budget.spending, wanted, rtol=1e-9)
    # Power that is made is power that is used and lost.
    used = np.asarray(years.energy.used)[..., -1].sum(axis=(1, 2))
    np.testing.assert_allclose(np.asarray(years.energy.made).sum(axis=1), used / 0.95, rtol=1e-9)
    before = np.cumsum(np.asarray(years.energy.added) + np.asarray(w.abroad), axis=0)[:-1]
    np.testing.assert_allclose(years.stocks.plants.built[1:], start.plants.built + before, rtol=1e-12)
    maker, law = w.products[-1], w.law
    for t in range(paths.T):
        spent = np.asarray(a.output[t] * a.net[t] / b.output)[:h, maker]
        for c, f in enumerate(w.fuel_of):
            burnt = spent / np.exp(np.asarray(a.log_user[t, :h, w.products[f]])) * np.asarray(w.co2)[:, maker, f]
            price = 1e-3 * burnt @ carbon[t, :h] / burnt.sum() if f >= 0 else 0.0
            assert float(years.energy.cost[t, c]) == pytest.approx(float(law.cost[c] + price * law.carbon[c]), rel=1e-9)


def test_homes_alone_change_what_is_earned_at_consumer_prices_and_not_what_is_made():
    """Where housing has a fixed share of spending, more homes make them cheaper and leave all else as it is: what is
    made is the same, and real income is up by the share of housing times the log of homes. Homes are more here and
    fewer there, so that the nation's consumer prices, to which money from abroad is tied, are as they were."""
    rules, inputs, start = paths.world(5, stationary=False)
    b, h = rules.base, rules.base.n_home
    weight = np.asarray(b.housing_share * b.consumption)[:h]
    homes = np.random.default_rng(5).normal(0, 0.3, h)
    homes -= weight @ homes / weight.sum()
    more = eqx.tree_at(lambda i: i.levers.log_Hres, inputs, inputs.levers.log_Hres.at[0].set(homes))
    years = [march(rules, given, start)[1] for given in (inputs, more)]
    a = [jax.tree.map(lambda leaf: leaf[0], y.accounts) for y in years]
    np.testing.assert_allclose(outcomes.volume(b, a[1]), outcomes.volume(b, a[0]), rtol=1e-8)
    earned = [np.log(np.asarray(of.factor_income).sum(axis=(0, 2))) - np.asarray(of.log_cpi) for of in a]
    np.testing.assert_allclose((earned[1] - earned[0])[:h], homes * np.asarray(b.housing_share)[:h], atol=1e-8)
    # So places do as much research.
    np.testing.assert_allclose(years[1].stocks.knowledge[1], years[0].stocks.knowledge[1], rtol=1e-8)
