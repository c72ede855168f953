r"""The spatial equilibrium by a second route: nested, damped loops in levels, for checking only.

The solver looks for all unknowns at once, in logs, with accelerated steps and without ever forming a trade share.
Here they are found one after the other, in the order in which they depend on each other, from the same equations
written again; nothing is shared with the first route but the records that it reads.

    people        values of places -> residents                 until values come back            (M1)-(M3)
      factors     wages, returns, rents of land                 until what is earned by each
                                                                pays for what there is of it      (K1)-(K2)
        prices    prices -> costs -> prices                     until prices come back            (Q1)-(Q2), (F1)
        sales     sales -> incomes -> spending -> sales         until money comes back            (F2), (G1)-(G5)

Land of a sector is fixed, so its rent is what it earns over what there is of it:

    (L1)  rent[n,j] = bH va net Y / H,  relative to the base year:  net[n,j] Yhat[n,j] / Hhat[n,j]

Other numbers are those of the mechanisms. Source of the loops: Alvarez and Lucas (2007); Caliendo and Parro (2015).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from citybelt.model.accounts import Base, Closure, Shock, Theory
from citybelt.model.check.parts import change, follow, unsolved

#: Relative change in a round at which each loop ends, from the outermost to the two innermost.
TOLERANCE = {"people": 1e-11, "factors": 1e-12, "prices": 1e-13}
#: Rounds that each loop may take.
BUDGET = {"people": 600, "factors": 500, "prices": 500, "sales": 500}
#: While a loop is still far from its end, the loops within it need only be so much nearer to theirs.
NEARER = 0.1


class Equilibrium(NamedTuple):
    """What the loops found. Prices are relative to the base year, money in billions a year."""

    price: np.ndarray  # [N, J] of products where they are bought, carbon apart
    wage: np.ndarray  # [N] per efficiency unit
    rental: np.ndarray  # [N] return on capital
    output: np.ndarray  # [N, J] value at the gate
    consumption: np.ndarray  # [N] household spending, rents included
    government: np.ndarray  # [N] public consumption
    levy: np.ndarray  # [N] what people pay for levers
    emissions: np.ndarray  # [N] Mt
    residents: np.ndarray  # [2, H] persons
    log_welfare: np.ndarray  # [2, H] by group and origin
    rounds: int  # of the innermost loops


class _Given(NamedTuple):
    """The four records as plain arrays, and what follows from them before any loop."""

    b: Any
    th: Any
    z: Any
    c: Closure
    h: int
    reach: np.ndarray  # [J, N, N] base shares times the change of trade costs and tariffs to the power -theta
    rate: np.ndarray  # [J, N, N] tariffs
    share_va: np.ndarray  # [N, J] of value added in output
    earned: np.ndarray  # [3, N, J] base income of labour, capital, land
    income: np.ndarray  # [H] base income of households


class _Prices(NamedTuple):
    price: np.ndarray  # [N, J]
    user: np.ndarray  # [N, J] with carbon
    gate: np.ndarray  # [N, J] at the factory gate
    net: np.ndarray  # [N, J] costs over the gate price
    level: float  # home consumer price before carbon, to which nominal amounts are tied
    cpi: np.ndarray  # [N]


class _Sales(NamedTuple):
    output: np.ndarray  # [N, J]
    consumption: np.ndarray  # [N]
    government: np.ndarray  # [N]
    per_head: np.ndarray  # [2, H] spending of a person of each group
    levy: np.ndarray  # [N]
    goods: np.ndarray  # [N, J] bought, before carbon


class _Guess(NamedTuple):
    """Where the loops stand; each starts where it ended before."""

    labour: np.ndarray  # [N] what factors earn
    capital: np.ndarray  # [N]
    land: np.ndarray  # [N, J]
    price: np.ndarray
    output: np.ndarray
    consumption: np.ndarray
    government: np.ndarray


def equilibrium(b: Base, th: Theory, z: Shock, c: Closure) -> Equilibrium:
    """The equilibrium of a shock by nested loops.

    Args:
        b, th, z: base year, elasticities, shock.
        c: a closure whose accounts are closed in one way or the other, not in between.

    Raises:
        NotSolvedError: a loop used up its rounds, or an amount became negative.
        ValueError: a closure between two named ones.
    """
    if {c.mobile_capital, c.local_ownership, c.still_people} - {0.0, 1.0} or c.specific_capital:
        raise ValueError("the loops know only the named closures, with capital free between sectors")
    g = _given(b, th, z, c)
    labour, capital, land = g.earned
    rest = np.ones_like(land), g.b.output, g.b.consumption, g.b.government
    guess = _Guess(labour.sum(axis=1), capital.sum(axis=1), land, *rest)
    part = lambda size: type(z)(**{name: size * np.asarray(f, float) for name, f in vars(z).items()})  # noqa: E731
    find = lambda size, at: _people(_given(b, th, part(size), c), *at[1:])  # noqa: E731
    start: tuple[Any, _Guess, np.ndarray] = (None, guess, np.ones((2, g.h)))
    return follow(find, start)[0]


def _people(g: _Given, guess: _Guess, value: np.ndarray) -> tuple[Any, _Guess, np.ndarray]:
    """The equilibrium where values of places come back from where people live, and where a search near it begins."""
    step, gap, rounds = _step_of_people(g), 1.0, 0
    for _ in range(BUDGET["people"]):
        close = max(TOLERANCE["factors"], NEARER * gap)
        moved, log_welfare = _settle(g, value)
        guess, p, s, more = _factors(g, moved, guess, close)
        rounds += more
        ratio = _value(g, moved, p, s) / value
        before, gap = gap, change(ratio)
        step = 0.7 * step if gap > before else step  # it went too far
        if gap <= TOLERANCE["people"] and close == TOLERANCE["factors"]:
            emitted = np.sum(g.b.emission * s.goods / p.price + g.b.process * s.output / p.gate, axis=1)  # (E4)
            found = Equilibrium(
                p.price, *_factor_prices(g, moved, guess)[:2], s.output, s.consumption, s.government, s.levy,
                emitted, moved.sum(axis=1), log_welfare, rounds,
            )  # fmt: skip
            return found, guess, value
        value = value * ratio**step
    raise unsolved("people", gap, BUDGET["people"])


def _plain(record: Any) -> Any:
    """A record with plain arrays in its fields."""
    return type(record)(**{name: np.asarray(value, float) for name, value in vars(record).items()})


def _given(b: Any, th: Any, z: Any, c: Closure) -> _Given:
    b, th, z = map(_plain, (b, th, z))
    h = b.people.shape[1]
    rate = b.tariff + z.d_tariff
    dearer = np.exp(z.log_d) * (1 + rate) / (1 + b.tariff)
    share_va = 1 - b.tax_rate - b.input_coef.sum(axis=2)
    reach = b.share * dearer ** -th.theta[:, None, None]
    income = b.consumption[:h] / (1 - b.income_tax[:h] - b.saving[:h])
    return _Given(b, th, z, c, h, reach, rate, share_va, b.factor_share * share_va * b.output, income)


def _settle(g: _Given, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M1, M2) persons by group, origin and residence, and the log of welfare by group and origin."""
    people, nu = g.b.people * np.exp(g.z.log_N)[:, None, :], g.th.nu[:, None, None]
    registered = people.sum(axis=2, keepdims=True)
    worth = value[:, None, :] / np.exp(g.z.log_mu)
    if g.c.still_people:
        return people, np.sum(people / registered * np.log(worth), axis=2)
    drawn = people / registered * worth**nu
    total = drawn.sum(axis=2, keepdims=True)
    return registered * drawn / total, (np.log(total) / nu)[:, :, 0]


def _value(g: _Given, moved: np.ndarray, p: _Prices, s: _Sales) -> np.ndarray:
    """(M3) what a place is worth to each group."""
    b, h = g.b, g.h
    heads = moved.sum(axis=(0, 1)) / b.people.sum(axis=(0, 1))
    services = (s.government / b.government / np.prod(p.user ** b.basket[1], axis=1))[:h] / heads
    worth = g.th.public * b.government[:h].sum() / g.income.sum()
    real = s.per_head / b.spending_per_head / p.cpi[:h]
    return np.exp(g.z.log_B) * heads**-g.th.congestion * services**worth * real


def _step_of_people(g: _Given) -> np.ndarray:
    """How far to go towards the values found.

    A value that is one per cent too high draws nu per cent of those who have somewhere else to live. They take a
    place's value down by one per cent each through what is shared by heads, and by congestion; so a round finds a
    value too low by the product of the two, and the step that ends at the right one is 1 / (1 + product).
    """
    people = g.b.people
    if g.c.still_people:
        return np.ones((2, g.h))
    elsewhere = 1 - np.sum(people**2 / people.sum(axis=2, keepdims=True), axis=1) / people.sum(axis=1)
    return 1 / (1 + g.th.nu[:, None] * elsewhere * (1 + g.th.congestion))


def _factors(g: _Given, moved: np.ndarray, at: _Guess, close: float) -> tuple[_Guess, _Prices, _Sales, int]:
    """Earnings of factors that come back from what is sold at the costs that they make; prices and sales there."""
    steps, gap, rounds = _steps(g), 1.0, 0
    for _ in range(BUDGET["factors"]):
        near = max(TOLERANCE["prices"], NEARER * gap)
        p, more = _prices(g, moved, at, near)
        s, again = _sales(g, moved, p, at, near)
        rounds += more + again
        labour, capital, land = g.b.factor_share * g.share_va * p.net * s.output  # (Q3)
        old, new = at[:3], (labour.sum(axis=1), capital.sum(axis=1), land)
        gap = max(change(s.consumption / at.consumption), *(change(b / a) for a, b in zip(old, new, strict=True)))
        if gap <= close and near <= max(NEARER * close, TOLERANCE["prices"]):
            return at, p, s, rounds
        labour, capital, land = (a * (b / a) ** step for a, b, step in zip(old, new, steps, strict=True))
        # The numeraire is world value added at factor cost.
        scale = g.earned.sum() / (labour.sum() + capital.sum() + land.sum())
        labour, capital, land = scale * labour, scale * capital, scale * land
        at = _Guess(labour, capital, land, p.price, s.output, s.consumption, s.government)
    raise unsolved("factors", gap, BUDGET["factors"])


def _factor_prices(g: _Given, moved: np.ndarray, at: _Guess) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What factors earn over what there is of them: wages, returns (K1, K2) and rents of land (L1)."""
    h = g.h
    labour, capital = g.earned[0].sum(axis=1), g.earned[1].sum(axis=1) * np.exp(g.z.log_K)
    labour[:h] *= _workers(g, moved) * np.exp(g.z.log_h)
    rental = at.capital / capital
    if g.c.mobile_capital:
        rental[:h] = at.capital[:h].sum() / capital[:h].sum()
    return at.labour / labour, rental, at.land / (g.earned[2] * np.exp(g.z.log_H))


def _workers(g: _Given, moved: np.ndarray) -> np.ndarray:
    """[H] people under 60 of a place over those of the base year: they work."""
    return moved[0].sum(axis=0) / g.b.people[0].sum(axis=0)


def _steps(g: _Given) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far to go towards what factors are found to earn: [N] for labour, for capital, [N, J] for land.

    Where all factors of a region are one per cent too dear, a product's cost is too high by the share of it that
    arises in the region, inputs bought at home included. Buyers then turn away by the trade elasticity times the
    share of rivals, and a round finds earnings too low by that much; the step 1 / (1 + that) ends at the right ones.
    """
    b = g.b
    keep = (1 - b.tax_rate)[:, :, None]
    own = np.einsum("jnn->nj", b.share)
    from_home = np.eye(b.output.shape[1]) - b.input_coef / keep * own[:, None, :]
    local = np.linalg.solve(from_home, g.share_va[:, :, None] / keep)[:, :, 0]
    sold = b.share / (1 + b.tariff) * b.spending.T[:, :, None]
    rivals = np.sum(sold * (1 - b.share), axis=1) / sold.sum(axis=1)
    turned = g.th.theta * rivals.T * local
    labour, capital = (1 / (1 + np.average(turned, axis=1, weights=paid)) for paid in g.earned[:2])
    return labour, capital, 1 / (1 + turned)


def _prices(g: _Given, moved: np.ndarray, at: _Guess, close: float) -> tuple[_Prices, int]:
    """Prices that come back from their costs; no damping, since inputs are less than all of cost."""
    b, th, z, h = g.b, g.th, g.z, g.h
    labour, capital, land = b.factor_share
    wage, rental, rent_of_land = _factor_prices(g, moved, at)
    bundle = wage[:, None] ** labour * rental[:, None] ** capital * rent_of_land**land / np.exp(z.log_A)
    bundle[:h] /= _workers(g, moved)[:, None] ** th.agg  # (A1)
    value_added = bundle ** (g.share_va / (1 - b.tax_rate))
    inputs = b.input_coef / (1 - b.tax_rate)[:, :, None]
    ground = at.consumption / b.consumption
    ground[:h] /= np.exp(z.log_Hres)
    weight = b.consumption[:h] / b.consumption[:h].sum()
    price = at.price
    for k in range(BUDGET["prices"]):
        building = np.prod(price ** b.basket[2], axis=1)
        rent = (ground * building**th.eta) ** (1 / (1 + th.eta))  # (H1)
        before_carbon = _consumer_price(b, rent, price)
        index = np.prod(before_carbon[:h] ** weight)
        charge = (z.carbon * index * 1e-3)[:, None]  # a tonne's price in thousands: factors are Mt per billion
        user = price + charge * b.emission  # (E1)
        cost = value_added * np.exp(np.einsum("nkj,nj->nk", inputs, np.log(user)))  # (Q1)
        gate = (cost + charge * b.process) * (1 - z.subsidy.sum(axis=0))  # (Q2)
        drawn = np.matmul(g.reach, (gate**-th.theta).T[:, :, None])[:, :, 0].T
        found = drawn ** (-1 / th.theta)  # (F1)
        gap, price = change(found / price), found
        if gap <= close:
            return _Prices(price, user, gate, cost / gate, index, _consumer_price(b, rent, user)), k + 1
    raise unsolved("prices", gap, BUDGET["prices"])


def _consumer_price(b: Any, rent: np.ndarray, price: np.ndarray) -> np.ndarray:
    """(H2) of prices with or without carbon."""
    goods = np.prod(price ** b.basket[0], axis=1)
    return rent**b.housing_share * goods ** (1 - b.housing_share)


def _sales(g: _Given, moved: np.ndarray, p: _Prices, at: _Guess, close: float) -> tuple[_Sales, int]:
    """Sales that come back from the spending that they pay for; no damping, since money only goes round."""
    b, h, transfer = g.b, g.h, g.z.transfer
    share = g.reach * (p.gate.T[:, None, :] / p.price.T[:, :, None]) ** -g.th.theta[:, None, None]
    received = np.ascontiguousarray((share / (1 + g.rate)).transpose(0, 2, 1))
    border = 1 - received.sum(axis=1).T  # tariffs in what a buyer pays
    levers, bill = _levers(g, moved, p)
    rate = g.z.subsidy / (1 - g.z.subsidy.sum(axis=0))  # (Q4) over what buyers pay
    for_households, for_government, for_investment = b.basket
    output, consumption, government = at.output, at.consumption, at.government
    for k in range(BUDGET["sales"]):
        paid = p.net * output
        got = _incomes(g, moved.sum(axis=1), at, consumption, p.level)
        aid = np.sum(rate * output, axis=2)
        levy = _levy(g, bill + aid, got.income)
        left = got.income - levy  # divided in fixed shares
        tax, saving = b.income_tax * left, b.saving * np.exp(g.z.log_saving) * left
        spent = left - tax - saving
        weight = b.investment_weight * np.exp(g.z.log_I)
        investment = _beside(weight / weight.sum() * saving[:h].sum(), saving[h:])
        use = (
            (spent * (1 - b.housing_share))[:, None] * for_households
            + government[:, None] * for_government
            + investment[:, None] * for_investment
            + np.einsum("nkj,nk->nj", b.input_coef, paid)
            + levers
        )
        goods = use * p.price / p.user  # (E2)
        sold = np.matmul(received, goods.T[:, :, None])[:, :, 0].T  # (F2)
        # Tariffs and carbon (F3, E2, E3) go to the centre at home, and to the government of a partner.
        outer = np.sum(border * goods + use - goods + output - paid, axis=1) + aid.sum(axis=0)
        taxes = tax + np.sum(b.tax_rate * paid, axis=1)
        local = _beside(b.local_tax * taxes[:h], taxes[h:])
        centre = np.sum(taxes[:h] - local[:h] + outer[:h])  # (G1)
        given = b.grant + transfer  # from the centre, as if it handed on what governments pass to each other
        grants = given * p.level + b.grant_weight * (centre - p.level * (b.centre + transfer.sum()))  # (G2, G6)
        public = local + got.public_land + _beside(grants, outer[h:])  # (G3)
        ratios = sold / output, spent / consumption, public / government
        gap = max(map(change, ratios))
        output, consumption, government = sold, spent, public
        if gap <= close:
            return _Sales(output, consumption, government, _per_head(g, moved, got, levy), levy, goods), k + 1
    raise unsolved("sales", gap, BUDGET["sales"])


class _Incomes(NamedTuple):
    wages: np.ndarray  # [N] less contributions
    pensions: np.ndarray  # [N]
    shared: np.ndarray  # [N] property, land and the residual
    income: np.ndarray  # [N] all of it
    public_land: np.ndarray  # [N]


def _incomes(g: _Given, residents: np.ndarray, at: _Guess, consumption: np.ndarray, level: float) -> _Incomes:
    """Who receives what factors earn, rents, pensions and the residual."""
    b, h, n = g.b, g.h, len(g.b.output)
    labour, capital, land = at[:3]
    rents = b.housing_share * consumption
    public_land = g.c.land_public * (rents + land @ b.land_public)
    public_land[h:] = 0.0
    left = b.owned_abroad * capital[:h]
    kept = capital[:h] - left
    owners = kept if g.c.local_ownership else b.ownership * kept.sum()  # (K3, K4)
    property_income = _beside(owners, capital[h:] + b.abroad_weight * left.sum())
    contributions = b.contribution * _beside(labour[:h], np.zeros(n - h))
    due = b.pension * residents[1]
    pensions = _beside(due * contributions.sum() / due.sum(), np.zeros(n - h))  # (G4)
    wages, shared = labour - contributions, property_income + rents + land.sum(axis=1) - public_land
    before = wages + pensions + shared
    # D = rate M + part x with M = before + D: a share of income and a part of what lacks, by base-year income.
    rate, part = b.residual_rate, g.income / g.income.sum()
    own, part = rate * before[:h] / (1 - rate), part / (1 - rate)
    x = (level * b.residual[:h].sum() - own.sum()) / part.sum()
    residual = _beside(own + part * x, level * b.residual[h:])
    return _Incomes(wages, pensions, shared + residual, before + residual, public_land)


def _per_head(g: _Given, moved: np.ndarray, got: _Incomes, levy: np.ndarray) -> np.ndarray:
    """Wages feed people under 60, pensions those over, the rest and the cost of levers is shared by heads."""
    h = g.h
    own = np.stack([got.wages[:h], got.pensions[:h]]) / moved.sum(axis=1)
    keep = 1 - g.b.income_tax[:h] - (g.b.saving * np.exp(g.z.log_saving))[:h]
    return keep * (own + (got.shared - levy)[:h] / moved.sum(axis=(0, 1)))


def _levers(g: _Given, moved: np.ndarray, p: _Prices) -> tuple[np.ndarray, np.ndarray]:
    """What levers buy, [N, J] at user prices, and the bills by payer and place."""
    b, z, h = g.b, g.z, g.h
    # Registered elsewhere, and what is spent on each, in thousands.
    newcomers = sum(group.sum(axis=0) - np.diagonal(group) for group in moved)
    service = z.service * newcomers * 1e3 / 1e9 * np.prod(p.user[:h] ** b.service_basket, axis=1)
    bill = np.sum(z.purchase * p.user, axis=2)
    bill[:, :h] += service
    bought = z.purchase.sum(axis=0) * p.user
    bought[:h] += service.sum(axis=0)[:, None] * b.service_basket
    return bought, bill


def _levy(g: _Given, bill: np.ndarray, income: np.ndarray) -> np.ndarray:
    """(G5) what the people behind each payer pay; owners pay as they earn."""
    b, h = g.b, g.h
    centre, province, city, private, foreign = bill
    levy = city + _beside(np.zeros(h), province[h:])  # a partner has no provinces
    for member in b.province > 0:
        levy[:h][member] += province[:h][member].sum() * income[:h][member] / income[:h][member].sum()
    levy += _beside(centre.sum() * income[:h] / income[:h].sum(), foreign.sum() * income[h:] / income[h:].sum())
    return levy + (private if g.c.local_ownership else _beside(b.ownership * private.sum(), np.zeros(len(levy) - h)))


def _beside(at_home: np.ndarray, abroad: np.ndarray) -> np.ndarray:
    return np.concatenate([at_home, abroad])
