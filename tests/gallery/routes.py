"""What hard economies are held against: nested loops, identities written out, and values known in the limit."""

import numpy as np

from citybelt.model import outcomes
from citybelt.model.check import commuting as commuting_loops
from citybelt.model.check import gravity as gravity_loops
from citybelt.model.check import spatial as spatial_loops
from citybelt.model.check import trade as trade_loops


def _near(found, expected, rtol=1e-7):
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=rtol)


def _relative(log):
    log = np.asarray(log)
    return np.exp(log - log[0])


def gravity(s):
    """Prices and resistances by proportional loops in levels."""
    b, z, sigma = s.base, s.shock, float(s.theory.theta) + 1
    output, spending = np.asarray(b.output), np.asarray(b.spending)
    factor = (np.asarray(b.share[0]) / output).T  # any factor of sellers or buyers may stand in it
    after = factor * np.exp((1 - sigma) * np.asarray(z.log_d)).T
    if s.closure.conditional:
        found = gravity_loops.conditional(after, output, spending, sigma)
        before = gravity_loops.conditional(factor, output, spending, sigma)
        _near(_relative(s.accounts.log_inward), _relative(np.log(found.inward / before.inward)))
        return
    found = gravity_loops.full(
        factor, after, output, spending, sigma, endowment=np.exp(z.log_Q), phi=np.exp(z.log_phi)
    )  # fmt: skip
    _near(_relative(s.accounts.log_price), _relative(np.log(found.price)))


def commuting(s):
    """Wages, residents and workers by damped loops."""
    b, th, z, a = s.base, s.theory, s.shock, s.accounts
    sigma = float(th.theta) + 1
    found = commuting_loops.loops(
        *(np.asarray(x) for x in (b.commuters, b.wage, b.share[0])), transfer=np.asarray(b.transfer),
        eps=float(th.eps), sigma=sigma, nu=float(th.agg) - 1 / (sigma - 1), alpha=float(th.alpha),
        delta=float(th.delta), still=bool(s.closure.still), damping=min(0.25, 1.0 / float(th.eps)),
        **{k: np.exp(np.asarray(getattr(z, f"log_{k}"))) for k in "ABHdk"},
    )  # fmt: skip
    _near(a.residents / b.residents, found.residents)
    _near(a.workers / b.workers, found.workers)
    _near(a.wage / b.wage * (b.wage.mean() / a.wage.mean()), found.wage)


def trade(s, **how):
    """Wages, prices, output, incomes and people by nested loops."""
    nu = np.broadcast_to(np.asarray(s.theory.nu), len(s.base.people))  # one for each origin
    theory = s.theory.__class__(**(vars(s.theory) | {"nu": nu}))
    found, a = trade_loops.equilibrium(s.base, theory, s.shock, s.closure, **how), s.accounts
    there = np.asarray(s.base.output) > 0
    works = np.asarray(s.base.labour_income) > 0
    _near(np.exp(np.asarray(s.state.wage))[works], found.wage[works])
    _near(np.exp(a.log_price), found.price)
    _near(np.asarray(a.output)[there], found.output[there])
    _near(a.income, found.income)
    if s.base.settled:
        _near(a.persons, found.persons.sum(axis=0))


def spatial(s):
    """Prices, wages, output, people and public consumption by nested loops."""
    found, a = spatial_loops.equilibrium(s.base, s.theory, s.shock, s.closure), s.accounts
    _near(np.exp(s.state.wage), found.wage)
    _near(np.exp(s.state.price), found.price)
    _near(a.output, found.output)
    _near(a.consumption, found.consumption)
    _near(a.government, found.government)
    _near(a.residents, found.residents)


def loops(s, **how):
    """The second route of the class of a solution."""
    {"gravity": gravity, "commuting": commuting, "trade": trade, "spatial": spatial}[s.model.name](s, **how)


# Identities, written out


def clearing(s):
    """Gravity: shares from prices, sales that equal output, trade between any two halves that balances."""
    b, z, theta = s.base, s.shock, float(s.theory.theta)
    p, share = np.exp(np.asarray(s.accounts.log_price)), np.asarray(b.share[0])
    pull = share * (np.exp(np.asarray(z.log_d)) * p) ** -theta
    worth = np.asarray(b.output) * np.exp(np.asarray(z.log_Q)) * p
    spent = worth * np.asarray(b.spending) / np.asarray(b.output) * np.exp(np.asarray(z.log_phi))
    flows = pull / pull.sum(axis=1, keepdims=True) * (spent * worth.sum() / spent.sum())[:, None]
    _near(flows.sum(axis=0), worth, 1e-9)
    if not np.asarray(z.log_phi).any() and np.allclose(b.spending, b.output):
        _near(flows[:3, 3:].sum(), flows[3:, :3].sum(), 1e-6)


def markets(s):
    """Trade without structures, housing or nests: shares, prices, flows, incomes and wages from costs."""
    b, th, z, a = s.base, s.theory, s.shock, s.accounts
    get = lambda k: np.asarray(getattr(b, k))  # noqa: E731
    rate = np.zeros(b.flows.share.shape)
    before = rate.copy()
    for t, j in enumerate(b.flows.taxed):
        before[j] = b.flows.tariff[t]
        rate[j] = before[j] + np.asarray(z.d_tariff)[t]
    dearer = np.exp(np.asarray(z.log_d)) * (1 + rate) / (1 + before)
    theta, people = np.asarray(th.theta), np.ones(b.shape[0])
    if b.settled:
        people = np.asarray(a.persons).sum(axis=1) / get("residents").sum(axis=1)
    wage, log_p = np.exp(np.asarray(s.state.wage)[:, np.asarray(b.market)]), np.asarray(a.log_price)
    va = wage / (np.exp(np.asarray(z.log_A)) * people[:, None] ** np.asarray(th.agg))
    cost = va ** get("va") * np.exp(np.einsum("nkj,nj->nk", get("input_coef"), log_p)) / np.exp(np.asarray(z.log_T))
    pull = np.asarray(b.flows.share) * (cost.T[:, None, :] * dearer) ** -theta[:, None, None]
    _near(pull.sum(axis=2).T, np.exp(-theta * log_p), 1e-8)
    flows = pull / pull.sum(axis=2, keepdims=True) * np.asarray(a.use).T[:, :, None]
    _near((flows / (1 + rate)).sum(axis=1).T, a.output, 1e-8)
    tariffs = (flows - flows / (1 + rate)).sum(axis=(0, 2))
    earned = (get("va") * np.asarray(a.output)).sum(axis=1)
    income = np.asarray(a.income).sum(axis=1)
    own = get("housing_share") * income * (1 - get("rent_pool")[1] - get("rent_stay")[1])
    _near(earned + own + tariffs + get("transfer") + np.asarray(z.d_transfer) + np.asarray(a.received), income, 1e-8)
    _near(np.asarray(a.use).sum(), income.sum() - np.asarray(a.housing).sum()
          + ((1 - get("va")) * np.asarray(a.output)).sum(), 1e-8)  # fmt: skip


def people_choose(s):
    """Trade: persons by tastes over values, values equal to income per head over prices."""
    b, th, z, a = s.base, s.theory, s.shock, s.accounts
    value = np.asarray(a.log_value).ravel()
    drawn = np.asarray(b.people) * np.exp(np.asarray(th.nu)[:, None] * (value - np.asarray(z.log_mu)))
    who = np.asarray(b.people).sum(axis=1) * np.exp(np.asarray(z.log_people))
    _near((drawn / drawn.sum(axis=1, keepdims=True) * who[:, None]).sum(axis=0), np.asarray(a.persons).ravel(), 1e-7)
    markets(s)


def books(s):
    """Public accounts, energy and land: every account of the ledger closes, in every region."""
    assert s.model.books(s) < 1e-9


def carbon_paid(s):
    """What carbon brings is its price times what is emitted."""
    books(s)
    b, z, a, h = s.base, s.shock, s.accounts, s.base.n_home
    basket, price = np.asarray(b.basket[0]), np.asarray(s.state.price)
    # The home consumer price before carbon, to which the price of a tonne is tied.
    rent, share, c = np.asarray(a.log_rent), np.asarray(b.housing_share), np.asarray(b.consumption)
    cpi = share * rent + (1 - share) * (basket * price).sum(axis=1)
    level = np.exp(cpi[:h] @ c[:h] / c[:h].sum())
    paid = np.asarray(a.carbon_fuel + a.carbon_process)[:h]
    _near(paid, np.asarray(z.carbon)[:h] * level * np.asarray(outcomes.emissions(b, a))[:h] * 1e-3)


# Values known in the limit


def autarky_of_endowments(s):
    """What a place loses with all of its trade follows from its share at home (Arkolakis and others 2012)."""
    own = np.diagonal(np.asarray(s.base.share[0]))
    np.testing.assert_allclose(s.accounts.log_real_output, np.log(own) / float(s.theory.theta), atol=1e-4)
    clearing(s)


def autarky_of_sectors(s):
    """The same with materials: losses by product add up along the inverse of the table of inputs."""
    b = s.base
    own = np.asarray(b.flows.own)
    lost = -np.log(own) / np.asarray(s.theory.theta)
    price = np.array([np.linalg.solve(np.eye(b.shape[1]) - g, x) for g, x in zip(b.input_coef, lost, strict=True)])
    earned = np.log(np.asarray(b.labour_income)[:, 0] / np.asarray(b.spending)[:, 0])
    expected = earned - (np.asarray(b.final_share) * price).sum(axis=1)
    np.testing.assert_allclose(s.accounts.log_real_income, expected, atol=1e-5)


def goes_home(s):
    """Commuting that costs a thousand times more: people work where they live."""
    np.testing.assert_allclose(s.accounts.residents, s.accounts.workers, rtol=1e-5)
    loops(s)


def equally_well_off(s):
    """Free people: utility is one number."""
    assert np.ptp(np.asarray(s.accounts.log_value)) < 1e-9
    loops(s)


def owes_more_than_the_world_earns(s):
    """What the first region must pay exceeds all value added, of which no region has more than the whole."""
    earned = float(s.base.labour_income.sum())
    assert -float((s.base.transfer + s.shock.d_transfer)[0]) > 1.2 * earned
