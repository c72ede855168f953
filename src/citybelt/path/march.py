r"""Year after year: people move, the year's equilibrium is solved, stocks move on. Read this first.

    1. A year older: births, deaths, schooling since the year before.                             people
    2. People expect: last year's values for ever (static), or the values that they foresee.      expectations (X)
    3. They move, then they earn where they have moved to; so they are counted.                   people.cohort (B)
    4. Stocks and levers are the year's shock.                                                    stocks (Y), timing (T)
    5. Markets clear: people, capital by sector, technology, land are where they are this year,
       and the nation saves as its ages do.                                             saving (H), model.spatial
    6. Investment and wear; research, learning and catching up; houses and land. capital (C), technology (A), land (L)
    7. Fuels, plants and emissions; what governments owe.                        energy (N), public_debt (P)

``march`` is one compiled loop over years; differentiated backwards it gives the gradient of anything to every lever in
every year. ``foresee`` looks for the path of values and returns which, expected, comes true: what people and investors
foresee is what happens.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from citybelt.engine import horizon
from citybelt.engine.implicit import equilibrium
from citybelt.model import outcomes
from citybelt.model.accounts import CAPITAL, GOVERNMENT, INVESTMENT, LAND, Base, Closure, Shock, State, Theory
from citybelt.model.spatial import SPATIAL, Accounts
from citybelt.path import burnt, capital, energy, land, newcomers, public_debt, skill, technology
from citybelt.path.energy import Energy, EnergyYear, Plants
from citybelt.path.expectations import Prospects
from citybelt.path.public_debt import Budget
from citybelt.path.saving import Saving
from citybelt.path.stocks import Stocks, Work, filled, year_shock
from citybelt.path.technology import Technology
from citybelt.people import cohort, schooling
from citybelt.people.record import Vital

#: Within a year capital stays in its sector and people where they have moved.
WITHIN_A_YEAR = Closure(specific_capital=1.0, still_people=1.0)

#: Largest difference between what was foreseen and what came, in logs; the equilibria of the years leave 1e-10.
FORESEEN = 1e-9


class Inputs(eqx.Module):
    """What each year is given: every array has a leading axis of T years."""

    levers: Shock  # what levers do and buy; None for a field of ``stocks.BETWEEN`` that is zero in every year
    vital: Vital
    abroad: Float[Array, "T S A"]  # persons who arrive from abroad in the nation, net
    study: Float[Array, "T R A"]  # chance of the basic-skilled to complete tertiary education in the year
    research: Float[Array, "T R"]  # by levers, billions at base-year prices


class Capital(eqx.Module):
    """The base year's capital and how it grows."""

    stock: Float[Array, "N J"]  # billions at base-year prices
    share: Float[Array, "N J"]  # of each place and sector in the nation's investment; of partners, in their own
    delta: Float[Array, " J"]  # wear a year
    zeta: Float[Array, ""]  # elasticity of investment to returns
    discount: Float[Array, " J"]  # of returns a year later: what wear leaves, discounted
    owned: Float[Array, "R J"]  # share owned abroad
    zeta_foreign: Float[Array, ""]  # elasticity of foreign investment to returns


class Ground(eqx.Module):
    """How houses and building land follow rents."""

    eta: Float[Array, ""]  # long-run elasticity of houses to rents over the cost of building
    wear: Float[Array, ""]  # share that is lost or rebuilt in a year
    supply: Float[Array, ""]  # long-run elasticity of building land
    speed: Float[Array, ""]  # share of its gap that closes in a year


class Power(eqx.Module):
    """Who burns what in the base year, and how it changes."""

    law: Energy
    co2: Float[Array, "R U F"]  # Mt, makers of power among the users; sectors, then households
    made: Float[Array, " C"]  # TWh by carrier
    abroad: Float[Array, " C"]  # GW added a year in the rest of the world
    products: tuple[int, ...] = eqx.field(static=True)  # sector that sells each fuel; the last makes power
    fuel_of: tuple[int, ...] = eqx.field(static=True)  # fuel of each carrier, below zero for none


class Rules(eqx.Module):
    """What stays the same through a path. Within a year houses stand where they are: ``theory.eta`` is zero."""

    base: Base
    theory: Theory
    closure: Closure
    prospects: Prospects
    work: Work
    capital: Capital
    technology: Technology
    research: Float[Array, " R"]  # share of value added
    ground: Ground
    power: Power
    interest: Float[Array, ""]  # on public debt
    grants: Float[Array, ""]  # elasticity of what the centre passes to a place to its people
    saving: Saving


class Foreseen(NamedTuple):
    """What people and investors expect at the start of each year; every array has a leading axis of T years."""

    values: Array  # [T, A, E, R] lifetime values of places
    returns: Array  # [T, N, J] log change of what capital will earn, discounted, over its price


class Year(NamedTuple):
    """What a year leaves behind: of a path every array has a leading axis of T years."""

    persons: Array  # [R, S, A, E] after people have moved
    events: cohort.Events
    entrants: Array  # [R, S, A] persons who complete tertiary education
    accounts: Accounts
    stocks: Stocks  # with which the year began
    energy: EnergyYear
    co2: Array  # [N] Mt
    budget: Budget  # of the governments of places [R], at base-year prices
    log_return: Array  # [N, J] log change of what capital earns over its price
    u: Array  # [2, R] what living in a place is worth to a person of given skill
    x: State
    left: Array  # [] residual of the equilibrium
    passes: Array  # []


@jax.jit
def march(
    rules: Rules,
    inputs: Inputs,
    start: Stocks,
    foreseen: Foreseen | None = None,
    near: State | None = None,
) -> tuple[Stocks, Year]:
    """All years of a path.

    Args:
        rules: what stays the same.
        inputs: what each year is given.
        start: stocks at the end of the base year.
        foreseen: what is expected at the start of each year; static expectations if None.
        near: states near those of each year, where searches begin; the year before if None.

    Returns:
        Stocks after the last year, and ``Year`` with a leading axis of years.
    """

    def year(stocks, now):
        given, ahead, state = now
        if state is not None:
            stocks = eqx.tree_at(lambda s: s.x, stocks, state)
        return _year(rules, given, stocks, ahead)

    return jax.lax.scan(year, start, (inputs, foreseen, near))


def _year(rules: Rules, given: Inputs, stocks: Stocks, ahead: Foreseen | None) -> tuple[Stocks, Year]:
    th, c, p = rules.theory, rules.closure, rules.prospects
    levers = filled(given.levers, rules.base)
    cost = p.cost(levers.log_mu)
    values = p.static(stocks.u, cost) if ahead is None else ahead.values

    older, births, deaths = cohort.live(stocks.persons, given.vital)
    older, entrants = schooling.study(older, given.study)
    persons, gone = cohort.move(older, p.moves, jnp.moveaxis(values, 2, 0), cost)
    brought = _brought(given.levers.log_mu, rules, stocks, older, jnp.moveaxis(values, 2, 0), gone)
    arrived = cohort.from_abroad(persons, given.abroad)
    persons = persons + arrived
    groups = rules.work.groups(persons)
    more = newcomers.served(rules.base.people, jnp.log(groups / rules.work.base), brought / groups.sum(axis=0))
    levers = levers.replace(service=levers.service * more)
    b = base_of(rules, stocks, persons)
    # Savers turn to where they expect returns: those of the year before for ever, or those that they foresee.
    k, h = rules.capital, b.n_home
    expected = stocks.log_return if ahead is None else ahead.returns
    log_I = capital.place_weight(k.share[:h], stocks.log_K[:h], expected[:h], k.zeta)
    z = year_shock(levers, persons, stocks, log_I, rules.work, b.land_public, th.agg)
    home = jnp.arange(b.shape[0]) < h
    z = z.replace(log_saving=z.log_saving + home * rules.saving.log_rate(persons))
    x, left, passes = equilibrium(SPATIAL, (th, c), (b, z), stocks.x)
    _, accounts = SPATIAL.evaluate(b, th, z, c, SPATIAL.geography(b, th, z), x)

    income, base_income = accounts.factor_income[CAPITAL], b.factor_share[CAPITAL] * b.value_added
    log_q = jnp.sum(b.basket[INVESTMENT] * accounts.log_user, axis=1)
    log_return = capital.log_return(income, base_income, z.log_K[:, None] + z.log_Kj) - log_q[:, None]
    invested = capital.split(accounts.investment, k.share, stocks.log_K, expected, k.zeta)
    log_K = capital.grow(stocks.log_K, k.stock, invested, log_q, k.delta)
    # Of all that the nation invests the same share as in the base year comes from abroad.
    abroad = k.owned * k.share[:h]
    came = (
        jnp.sum(accounts.investment[:h])
        * jnp.sum(abroad)
        * capital.spread(abroad, stocks.log_K[:h], expected[:h], k.zeta_foreign)
    )
    owned = capital.foreign(stocks.owned, stocks.log_K[:h], log_K[:h], k.stock[:h], came, log_q[:h], k.delta)
    log_ground = land.log_rent(
        accounts.factor_income[LAND, :h], b.factor_share[LAND, :h] * b.value_added[:h], z.log_H[:h], b.land_public
    )

    t = rules.technology
    # A volume: dearer or cheaper homes don't change what places do of research.
    made = outcomes.volume(b, accounts)[:h]
    knowledge = technology.knowledge(stocks.knowledge, rules.research * made + given.research, t.obsolescence)
    human = rules.work.human(persons)
    log_A = technology.step(t, stocks.log_A[:h], stocks.knowledge, knowledge, human, stocks.age + 1.0)
    log_A = jnp.concatenate([log_A, stocks.log_A[h:] + t.growth])

    u = skill.value(b, x.value, accounts, z.log_h)
    plants, used, log_factor, on_fuels = _energy(rules, levers.carbon, stocks, accounts)
    emitted, paid = (outcomes.emissions(emitting(rules, factor), accounts) for factor in (log_factor, on_fuels))
    made = (accounts.output * jnp.exp(-accounts.log_gate))[:h, rules.power.products[-1]]
    budget = _budget(rules, stocks, accounts, persons)

    after = Stocks(
        persons=persons,
        log_K=log_K,
        log_return=log_return,
        owned=owned,
        log_A=log_A,
        knowledge=knowledge,
        houses=land.houses(stocks.houses, accounts.log_rent[:h], log_q[:h], rules.ground.eta, rules.ground.wear),
        land=land.land(stocks.land, log_ground, log_q[:h], rules.ground.supply, rules.ground.speed),
        plants=plants,
        log_factor=on_fuels,
        on_power=burnt.on_power((emitted - paid)[:h], made),
        debt=budget.later,
        age=stocks.age + 1.0,
        brought=brought,
        u=u,
        x=x,
    )
    events = cohort.Events(births, deaths, *gone[:3], arrived)
    return after, Year(
        persons, events, entrants, accounts, stocks, used, emitted, budget, log_return, u, x, left, passes,
    )  # fmt: skip


def base_of(rules: Rules, stocks: Stocks, persons: Array) -> Base:
    """The base year as a year takes it: its own emission factors; grants and wealth that have followed its people;
    of capital, what is owned abroad by now."""
    b = rules.base
    log_heads = jnp.log(jnp.sum(persons, axis=(1, 2, 3)) / jnp.sum(rules.work.base, axis=0))
    followed = public_debt.follow(b.grant, b.grant_weight, log_heads, rules.grants)
    # Who moves takes along what they own, and who is left owns no more for it.
    owners = b.ownership * jnp.exp(log_heads)
    at_base_returns = (b.factor_share[CAPITAL] * b.value_added)[: b.n_home] * jnp.exp(stocks.log_K[: b.n_home])
    owned = capital.owned_abroad(stocks.owned, at_base_returns)
    process = b.process.at[: b.n_home, rules.power.products[-1]].add(stocks.on_power)
    changed = (*followed, owners / jnp.sum(owners), owned, process)
    of = lambda b: (b.grant, b.grant_weight, b.ownership, b.owned_abroad, b.process)  # noqa: E731
    return eqx.tree_at(of, emitting(rules, stocks.log_factor), changed)


def emitting(rules: Rules, log_factor: Float[Array, "R F"]) -> Base:
    """The base year with emission factors of fuels that have changed since."""
    factor = energy.emission(rules.base.emission, log_factor, rules.power.products)
    return eqx.tree_at(lambda b: b.emission, rules.base, factor)


def _brought(log_mu: Array | None, rules: Rules, stocks: Stocks, older: Array, values: Array, gone: tuple) -> Array:
    """Persons whom levers on moving have brought by the year's end."""
    heads = older.sum(axis=(1, 2, 3))
    _, left, came, _ = (x.sum(axis=(1, 2, 3)) if x.ndim == 4 else x for x in gone)
    more = jnp.zeros_like(heads)
    if log_mu is not None:
        _, otherwise = cohort.move(older, rules.prospects.moves, values)
        more = came - otherwise[2].sum(axis=(1, 2, 3))
    grown = heads / stocks.persons.sum(axis=(1, 2, 3))
    return newcomers.brought(stocks.brought, grown, left / heads, more)


def _energy(
    rules: Rules, carbon: Array, stocks: Stocks, accounts: Accounts
) -> tuple[Plants, EnergyYear, Float[Array, "R F"], Float[Array, "R F"]]:
    """Plants of the next year, what was used in this one, CO2 of fuels bought, and as they are charged a year on."""
    w = rules.power
    x = burnt.bought(rules.base, accounts, w.products)
    # One market for power at home: carbon as plants of a kind pay it, in money per kWh where carbon is Mt per TWh.
    price = 1e-3 * energy.paid(carbon[: rules.base.n_home], burnt.makers(w, x, x.paid), w.fuel_of)
    use = burnt.energy_bought(w.law.used, x)
    plants, used = energy.step(w.law, stocks.plants, x.paid, use, stocks.age + 1.0, price, w.abroad)
    return plants, used, *burnt.log_factors(w, used, x)


def _budget(rules: Rules, stocks: Stocks, accounts: Accounts, persons: Array) -> Budget:
    """What governments would owe if they kept services per head in step with output per head of the nation."""
    b, h = rules.base, rules.base.n_home
    price = jnp.exp(accounts.log_cpi[:h] @ b.consumption[:h] / jnp.sum(b.consumption[:h]))
    heads, before = jnp.sum(persons, axis=(1, 2, 3)), jnp.sum(rules.work.base, axis=0)
    made = outcomes.volume(b, accounts)[:h]  # services are a volume, so what they keep up with is one
    standard = jnp.log(jnp.sum(made) / jnp.sum(b.value_added[:h])) - jnp.log(jnp.sum(heads) / jnp.sum(before))
    log_price = jnp.sum(b.basket[GOVERNMENT] * accounts.log_user, axis=1)[:h]
    received = public_debt.revenue(accounts.local_tax, accounts.land_public, accounts.grants, accounts.transfers)[:h]
    spent = public_debt.wanted(b.government[:h], jnp.log(heads / before), log_price, standard)
    return public_debt.step(stocks.debt, received / price, spent / price, rules.interest)


def foresee(rules: Rules, inputs: Inputs, start: Stocks, guess: Year) -> tuple[Foreseen, Array, Array]:
    """The path on which what people and investors expect of every year comes true.

    Args:
        rules, inputs, start: as for ``march``.
        guess: years of a path near it, for example those of ``march`` with static expectations.

    Returns:
        What is expected at the start of each year, to be handed to ``march``; the largest difference between a year as
        foreseen and as it came (solved where it is at most ``FORESEEN``); and how often all years were solved.
    """
    path, left, looks = horizon.settle(
        _come_true, (rules, inputs, start), (guess.u, guess.log_return), guess.x, tolerance=FORESEEN
    )
    return expectations(rules, inputs, *path), left, looks


def expectations(rules: Rules, inputs: Inputs, u: Float[Array, "T 2 R"], log_return: Float[Array, "T N J"]) -> Foreseen:
    """What the values and returns of all years make people and investors expect at the start of each."""
    log_mu = inputs.levers.log_mu
    if log_mu is None:
        log_mu = jnp.zeros((len(u), u.shape[2], u.shape[2]))
    return Foreseen(
        lifetime(rules.prospects, u, rules.prospects.cost(log_mu)), capital.ahead(log_return, rules.capital.discount)
    )


def lifetime(prospects: Prospects, u: Float[Array, "T 2 R"], cost: Float[Array, "T R R"]) -> Float[Array, "T A E R"]:
    """(X1, X2) lifetime values at the start of each year; what the last year is worth lasts for ever."""
    last = prospects.static(u[-1], cost[-1])

    def earlier(later, now):
        v = prospects.before(now[0], later, now[1])
        return v, v

    # Those who move at the start of the next year bear its costs.
    _, values = jax.lax.scan(earlier, last, (u[:-1], cost[1:]), reverse=True)
    return jnp.concatenate([values, last[None]])


def _come_true(data: tuple[Rules, Inputs, Stocks], path: tuple[Array, Array], near: State) -> tuple[Any, State]:
    rules, inputs, start = data
    _, years = march(rules, inputs, start, expectations(rules, inputs, *path), near)
    return (years.u, years.log_return), years.x
