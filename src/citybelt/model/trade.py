r"""Many regions and sectors with input links, tariffs, labour markets, structures, housing and people who may move.

What a paper leaves out is left out of the data: no structures, no people, one labour market, nobody's rents pooled.
Caliendo and Parro (2015), Redding (2016), Allen and Arkolakis (2014), Caliendo, Parro, Rossi-Hansberg and Sarte
(2018), the static part of Caliendo, Dvorkin and Parro (2019), and Tombe and Zhu (2019) are this class with their
data. ``evaluate`` takes a guess of all unknowns as log changes from the base year, walks through

    (T1)  v[n,j] = lambda w[n,s] + (1-lambda) r[n,s] - log A - agg log people          price of value added, s of j
    (T2)  c[n,j] = nest(v; prices of materials) - log T                                unit cost
    (T3)  P, sales, tariffs of ``flows``
    (T4)  use[n,j] = (1-h) a[n,j] I[n] + sum_k g[n,k,j] Y[n,k]
    (T5)  I[n] = labour + rents kept + rents from the pool + tariffs + transfer
    (T6)  w L = lambda va Y,   r H = (1-lambda) va Y (+ h I where housing stands on the same land)
    (T7)  V = B (income per head / CPI) people^-congestion,    people by ``mobility``

and returns what markets and people make of the guess; lower-case letters are logs, shares move in CES nests. World
value added is the numeraire.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from citybelt.engine.solve import Model, Solution
from citybelt.model.mechanisms import agglomeration, housing, mobility, nest, rents
from citybelt.model.ratios import log_ratio, over
from citybelt.model.trade_accounts import Accounts, Base, Closure, Shock, State, Theory
from citybelt.model.trade_steps import steps


class Geography(NamedTuple):
    """What distance does in a scenario, and stays the same while prices move."""

    trade: Any
    pull: Array  # [O, M] persons times mu^-nu


def geography(b: Base, th: Theory, z: Shock) -> Geography:
    """The operators of trade and of residence in a scenario."""
    pull = b.people * jnp.exp(-th.nu[:, None] * z.log_mu) if b.settled else b.people
    return Geography(b.flows.under(th.theta, z.log_d, z.d_tariff), pull)


def evaluate(b: Base, th: Theory, z: Shock, c: Closure, geo: Geography, x: State) -> tuple[State, Accounts]:
    """One pass through the equilibrium conditions.

    Args:
        b, th, z, c: base year, elasticities, shock, closure.
        geo: the operators of the shock, from ``geography``.
        x: the guess.

    Returns:
        What markets and people make of the guess (equal to it at an equilibrium), and all amounts.
    """
    sorting = b.sorting
    persons = b.residents if x.people is None else b.residents * jnp.exp(x.people)
    heads = persons.sum(axis=1)
    log_heads = log_ratio(heads, b.residents.sum(axis=1))

    # (T1, T2) Unit costs, and the shares of value added and of materials in them.
    log_va = _value_added(b, x) - agglomeration.productivity(z.log_A, th.agg, log_heads)
    log_cost, va, input_coef = _technology(b, th, log_va, x.price)
    log_cost = log_cost - z.log_T

    # (T3) Prices.
    attraction = geo.trade.attraction(log_cost)
    access = geo.trade.access(attraction)
    log_price = geo.trade.price(access)

    # What consumers pay.
    spending = b.spending * jnp.exp(x.spending)
    log_goods, final_share = _basket(b, th, x.price)
    if b.one_land:
        assert x.rental is not None
        log_rent = x.rental
    else:
        log_rent = housing.rent(x.spending[:, 0], z.log_Hres, log_goods, th.eta)[:, None]
    share = b.housing_share[:, None]
    log_cpi = share * log_rent + (1.0 - share) * log_goods[:, None]

    # (T4) What is bought of everybody, and what sellers receive of it.
    output = b.output * jnp.exp(x.output)
    final = jnp.sum((1.0 - share) * spending, axis=1, keepdims=True) * final_share
    use = final + jnp.einsum("nkj,nk->nj", input_coef, output)
    receipts, tariffs = geo.trade.sales(attraction, access, use)

    # (T5) Incomes.
    labour = (b.labour_share * va * output) @ sorting
    structures = ((1.0 - b.labour_share) * va * output) @ sorting
    transfer = b.transfer + z.d_transfer
    got = _incomes(b, c, labour, structures, share * spending, tariffs.sum(axis=1), transfer, persons)

    # (T7) People.
    log_value, log_welfare, moved, stayed = _people(b, th, z, c, geo, x, got, persons, log_heads, log_cpi)

    # (T6) What the guess should have been.
    earned = va * receipts
    scale = jnp.sum(b.labour_income + b.structure_income) / jnp.sum(earned)
    log_L = z.log_L if x.people is None else z.log_L + x.people
    rental = None
    if x.rental is not None:
        paid, base = scale * ((1.0 - b.labour_share) * earned) @ sorting, b.structure_income
        if b.one_land:
            paid, base = paid + share * spending, base + b.housing_rents
        rental = jnp.where(base > 0, log_ratio(paid, base) - z.log_H, 0.0)
    wages = scale * (b.labour_share * earned) @ sorting
    new = State(
        wage=jnp.where(b.labour_income > 0, log_ratio(wages, b.labour_income) - log_L, 0.0),
        rental=rental,
        price=log_price,
        output=log_ratio(scale * receipts, b.output),
        spending=log_ratio(got.income, b.spending),
        people=None if moved is None else log_ratio(moved, b.residents),
        stay=None if stayed is None else log_ratio(stayed, b.stayers),
    )
    weight = b.spending / b.spending.sum(axis=1, keepdims=True)
    real = log_ratio(got.income.sum(axis=1), b.spending.sum(axis=1)) - jnp.sum(weight * log_cpi, axis=1)
    return new, Accounts(
        output, receipts, use, final, tariffs, labour, structures, share * spending, got.pooled, got.received,
        transfer, got.income, persons, log_cost, log_price, log_rent, log_goods, log_cpi, real, log_value, log_welfare,
    )  # fmt: skip


def _value_added(b: Base, x: State) -> Array:
    """Log price of labour and structures by sector."""
    market = np.asarray(b.market)
    labour = b.labour_share * x.wage[:, market]
    return labour if x.rental is None else labour + (1.0 - b.labour_share) * x.rental[:, market]


def _technology(b: Base, th: Theory, log_va: Array, log_price: Array) -> tuple[Array, Array, Array]:
    """(T2) log unit cost before ``T``, share of value added [N, J], and of each input [N, J, J]."""
    if th.top is None and th.materials is None:
        return b.va * log_va + jnp.einsum("nkj,nj->nk", b.input_coef, log_price), b.va, b.input_coef
    one = jnp.ones(b.shape[1])
    top, materials = (one if th.top is None else th.top), (one if th.materials is None else th.materials)
    within = over(b.input_coef, (1.0 - b.va)[:, :, None])
    of_each = log_price[:, None, :]
    log_bundle = nest.price(within, of_each, materials)
    parts, share = jnp.stack([log_va, log_bundle], axis=-1), jnp.stack([b.va, 1.0 - b.va], axis=-1)
    log_cost = nest.price(share, parts, top)
    moved = nest.factor(parts, log_cost, top)
    among = nest.factor(of_each, log_bundle, materials)
    return log_cost, b.va * moved[..., 0], b.input_coef * among * moved[..., 1:]


def _basket(b: Base, th: Theory, log_price: Array) -> tuple[Array, Array]:
    """Log price of final goods [N], and the share of each [N, J]."""
    if th.final is None:
        return jnp.sum(b.final_share * log_price, axis=1), b.final_share
    log_goods = nest.price(b.final_share, log_price, th.final)
    return log_goods, b.final_share * nest.factor(log_price, log_goods, th.final)


class _Incomes(NamedTuple):
    """Incomes of regions, and the parts of them that people share by heads."""

    income: Array  # [N, Z]
    pooled: Array  # [N]
    received: Array  # [N]
    labour: Array  # [N, S]
    residents: Array  # [N, Z] rents
    stayers: Array  # [N, Z] rents
    other: Array  # [N] from the pool, tariffs, transfer


def _zoned(b: Base, of_market: Array) -> Array:
    """By household of a region: one for each market, or one for all."""
    return of_market if b.one_land else of_market.sum(axis=1, keepdims=True)


def _incomes(
    b: Base, c: Closure, labour: Array, structures: Array, housing_rents: Array, tariffs: Array, transfer: Array,
    persons: Array,
) -> _Incomes:  # fmt: skip
    """(T5)."""
    both = jnp.stack([_zoned(b, structures), housing_rents])
    residents, stayers, pooled = rents.divide(both, b.rent_stay, b.rent_pool)
    # Without people there are no heads to hand out by, and one household in each region.
    counted = persons if b.settled else labour
    heads = counted.sum(axis=1)
    received = rents.paid_out(pooled, b.pool, b.pool_weight, heads, c.pool_by_weight if b.settled else 1.0)
    other = tariffs + transfer + received
    income = _zoned(b, labour) + residents + stayers + over(_zoned(b, counted), heads[:, None]) * other[:, None]
    return _Incomes(income, pooled, received, labour, residents, stayers, other)


def _per_head(
    b: Base, c: Closure, got: _Incomes, wage: Array, persons: Array, stayers: Array
) -> tuple[Array, Array | None]:
    """Income of a person in each market [N, S], and by how much more those who stay have, as a log [O]."""
    heads = persons.sum(axis=1, keepdims=True)
    other = (1.0 - c.rentiers) * over(got.other[:, None], heads)
    each = wage + over(got.residents, _zoned(b, persons)) + other
    if not b.home:
        return each, None
    home = np.asarray(b.home)
    zone = home if b.one_land else home // b.markets
    of_zone = jnp.zeros(got.stayers.size).at[zone].add(stayers)
    return each, jnp.log1p(over(over(got.stayers.ravel(), of_zone)[zone], each.ravel()[home]))


def _people(
    b: Base, th: Theory, z: Shock, c: Closure, geo: Geography, x: State, got: _Incomes, persons: Array,
    log_heads: Array, log_cpi: Array,
) -> tuple[Array, Array, Array | None, Array | None]:  # fmt: skip
    """(T7) log value of markets, log welfare of origins, persons in each market, persons who stay."""
    if not b.settled:
        return jnp.zeros_like(persons), jnp.zeros(0), None, None
    wage0 = over(b.labour_income, b.residents)
    got0 = _incomes(
        b, c, b.labour_income, b.structure_income, b.housing_rents, b.tariffs, b.transfer, b.residents
    )  # fmt: skip
    base, more0 = _per_head(b, c, got0, wage0, b.residents, b.stayers)
    stay = b.stayers if x.stay is None else b.stayers * jnp.exp(x.stay)
    each, more = _per_head(b, c, got, wage0 * jnp.exp(x.wage + z.log_L), persons, stay)
    log_value = z.log_B - th.congestion * log_heads[:, None] + log_ratio(each, base) - log_cpi
    home = None
    if more is not None and more0 is not None:
        home = jnp.asarray(b.home), more - more0
    flat, stayed = log_value.ravel(), None
    if c.people == "fixed":
        moved, stayed, welfare = mobility.placed(b.people, z.log_people, flat, z.log_mu, home)
    elif c.people == "choice":
        registered = b.people.sum(axis=1)
        moved, stayed, welfare = mobility.drawn(geo.pull, registered, z.log_people, flat, th.nu, home)
    else:
        assert x.people is not None
        if home is not None:
            raise ValueError("Free people earn alike wherever they live: rents cannot go to those who stay.")
        moved, welfare = mobility.levelled(b.people, z.log_people, x.people.ravel(), flat)
    return log_value, welfare, moved.reshape(persons.shape), stayed


def _walras(b: Base, a: Accounts) -> Array:
    return jnp.abs(jnp.sum(a.output - a.receipts)) / jnp.sum(a.output)


def _positive(b: Base, a: Accounts) -> dict[str, Array]:
    return {"spending": (a.income / b.spending).min(axis=1)}


def _books(s: Solution) -> float:
    """Worst gap between what a region spends abroad beyond its sales and what it receives, over world income."""
    a = s.accounts
    deficit = a.use.sum(axis=1) - a.tariffs.sum(axis=1) - a.receipts.sum(axis=1)
    return float(jnp.abs(deficit - a.transfer - a.received + a.pooled).max() / a.income.sum())


#: Regions and sectors in exact hats, with whatever people can do.
TRADE = Model(
    "trade", State.zeros, geography, evaluate, steps, kept=("wage", "rental", "people", "stay"), walras=_walras,
    positive=_positive, books=_books,
)  # fmt: skip
