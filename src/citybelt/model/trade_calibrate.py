"""The base year of the class ``trade`` from trade, technology and people, balanced or refused.

What is not given does not exist: no tariffs, structures, housing or people. Final spending is what is left of spending
when materials are paid; the transfer is what a region spends beyond its income.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from citybelt.errors import InputError, Problem
from citybelt.model.flows import Table
from citybelt.model.mechanisms import rents
from citybelt.model.trade_accounts import Base, Closure, Theory

#: Largest relative gap at which given accounts count as balanced.
BALANCED = 1e-8
#: The same for accounts taken as observed, which are rounded.
ROUGH = 1e-3
MAX_ROUNDS = 1000


def calibrate(
    trade: ArrayLike,
    va: ArrayLike,
    input_coef: ArrayLike,
    *,
    tariff: ArrayLike | None = None,
    taxed: Sequence[int] | None = None,
    labour_share: ArrayLike = 1.0,
    housing_share: ArrayLike = 0.0,
    market: Sequence[int] | None = None,
    people: ArrayLike | None = None,
    home: Sequence[int] = (),
    one_land: bool = False,
    rent_stay: ArrayLike = 0.0,
    rent_pool: ArrayLike = 0.0,
    pool: ArrayLike | None = None,
    pool_weight: ArrayLike | None = None,
    closure: Closure | None = None,
    as_observed: bool = False,
) -> Base:
    """The base year.

    Args:
        trade: [J, N, N] what buyer n (second axis) pays for product j of seller i, tariffs included.
        va: [N, J] share of value added in output.
        input_coef: [N, J, J] input j per unit of output of k: [n, k, j]; sums to 1 - va over j.
        tariff: [J, N, N] ad valorem rates, zero within a region.
        taxed: sectors in which tariffs may exist; those with one in the base year if None.
        labour_share: [N, J] of value added; structures earn the rest.
        housing_share: [N] of final spending.
        market: labour market of each sector; one for all if None.
        people: [O, M] persons by origin and market (region slow).
        home: market where each origin is registered, where rents go to those who stay.
        one_land: housing stands on the land of its market's producers, and people of different markets are different
            households.
        rent_stay, rent_pool: [2] or [2, N] share of the rents of structures and of housing that goes to those who
            stay, and into the pool.
        pool: [G, N] one where a region is in a pool; one pool of all if None.
        pool_weight: [N] fixed share in its pool; by its rents paid in if None.
        closure: how pools are handed out in the base year; for free people also that origins do not share a market.
        as_observed: take accounts that do not balance: negative final spending counts as zero and the rest is shared
            as it is, and cost shares may miss one, as in Caliendo and Parro (2015). The base year is then no
            equilibrium, and effects are those between two solutions.

    Raises:
        InputError: naming every account that is negative, incomplete or does not balance.
    """
    trade, va, input_coef = (np.asarray(a, float) for a in (trade, va, input_coef))
    n, j = va.shape
    market = tuple(int(m) for m in market) if market is not None else (0,) * j
    s, c = max(market) + 1, closure or Closure()
    wide = lambda a, *shape: np.array(np.broadcast_to(np.asarray(a, float), shape))  # noqa: E731
    by_source = lambda a: wide(np.reshape(a, (2, 1)) if np.ndim(a) == 1 else a, 2, n)  # noqa: E731
    labour_share, housing_share = wide(labour_share, n, j), wide(housing_share, n)
    rent_stay, rent_pool = by_source(rent_stay), by_source(rent_pool)
    rates = np.zeros((j, n, n)) if tariff is None else np.asarray(tariff, float)
    sectors = tuple(int(k) for k in (np.flatnonzero(rates.any(axis=(1, 2))) if taxed is None else taxed))
    pool = np.ones((1, n)) if pool is None else np.asarray(pool, float)
    persons = np.zeros((0, n * s)) if people is None else np.asarray(people, float)
    _check(
        trade, va, input_coef, rates, sectors, labour_share, housing_share, rent_stay, rent_pool, pool, persons,
        market, home, one_land, as_observed, c.people == "free",
    )  # fmt: skip

    paid = trade / (1.0 + rates)
    output, use = paid.sum(axis=1).T, trade.sum(axis=2).T
    tariffs = (trade - paid).sum(axis=(0, 2))
    bought = use - np.einsum("nkj,nk->nj", input_coef, output)
    # The same as the sum of `bought` where cost shares sum to one; transfers then add up to zero where they don't.
    goods = (use - (1.0 - va) * output).sum(axis=1)
    short = bought < -BALANCED * goods[:, None]
    if not as_observed and short.any():
        raise InputError([
            Problem(f"final spending of region {r} on product {k}", f"is {bought[r, k]:.4g}: materials exceed it.")
            for r, k in np.argwhere(short)
        ])  # fmt: skip
    bought = np.maximum(bought, 0.0)
    bought_share = bought / bought.sum(axis=1, keepdims=True)

    sorting = np.eye(s)[np.asarray(market)]
    labour, structures = (labour_share * va * output) @ sorting, ((1.0 - labour_share) * va * output) @ sorting
    total = goods / (1.0 - housing_share)
    pooled = np.sum(rent_pool * np.stack([structures.sum(axis=1), housing_share * total]), axis=0)
    if pool_weight is None:
        whole = pool.T @ (pool @ pooled)
        pool_weight = np.where(whole > 0, pooled / np.where(whole > 0, whole, 1.0), pool.T @ (1.0 / pool.sum(axis=1)))
    heads = persons.sum(axis=0).reshape(n, s)
    by_weight = float(c.pool_by_weight) if len(persons) else 1.0
    at = jnp.asarray
    received = np.asarray(rents.paid_out(at(pooled), at(pool), at(pool_weight), at(heads.sum(axis=1)), by_weight))
    # What a region has beside its labour and the rents that it keeps, and what each of its households spends.
    kept, lodging = 1.0 - rent_pool[0], (1.0 - rent_pool[1]) * housing_share
    other = total * (1.0 - lodging) - labour.sum(axis=1) - kept * structures.sum(axis=1)
    counted = heads if len(persons) else labour
    by_zone = labour + kept[:, None] * structures + counted / counted.sum(axis=1, keepdims=True) * other[:, None]
    spending = (by_zone if one_land else by_zone.sum(axis=1, keepdims=True)) / (1.0 - lodging)[:, None]
    share = trade / np.where(use.T > 0, use.T, 1.0)[:, :, None]
    share = np.where((use.T > 0)[:, :, None], share, np.eye(n))
    flows = Table(jnp.asarray(share), jnp.asarray(rates[list(sectors)].reshape(-1, n, n)), sectors)
    if as_observed:
        final = (1.0 - housing_share)[:, None] * spending.sum(axis=1, keepdims=True) * bought_share
        use, output = _demanded(flows, final, input_coef)
    home_sales = flows.own * use / np.where(output > 0, output, 1.0)
    fields: dict[str, Any] = dict(
        flows=flows, output=output, va=va, labour_share=labour_share,
        labour_income=labour, structure_income=structures, input_coef=input_coef,
        final_share=bought_share, housing_share=housing_share, spending=spending,
        transfer=other - received - tariffs, rent_stay=rent_stay,
        rent_pool=rent_pool, pool=pool, pool_weight=pool_weight, people=persons, tariffs=tariffs, use=use,
        home_sales=home_sales, own=flows.own, rivalry=flows.rivalry(jnp.asarray(use)),
        market=market, home=tuple(int(m) for m in home),
        built=bool((labour_share < 1.0).any()), one_land=one_land,
    )  # fmt: skip
    arrays = {k: jnp.asarray(v) for k, v in fields.items() if isinstance(v, np.ndarray)}
    return Base(**{**fields, **arrays})


def _demanded(flows: Table, final: np.ndarray, input_coef: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Use and output [N, J] that given final spending calls for at the shares of the base year."""
    use = final
    for _ in range(MAX_ROUNDS):
        output = np.asarray(flows.sold(jnp.asarray(use)).sum(axis=1)).T
        more = final + np.einsum("nkj,nk->nj", input_coef, output)
        if np.abs(more - use).max() <= BALANCED * use.max():
            return more, output
        use = more
    raise InputError("materials use up more than is made: no output meets final spending.")


def theory(
    base: Base,
    theta: ArrayLike,
    *,
    agg: ArrayLike = 0.0,
    nu: ArrayLike = 1.0,
    congestion: float = 0.0,
    eta: float = 0.0,
    top: ArrayLike | None = None,
    materials: ArrayLike | None = None,
    final: float | None = None,
) -> Theory:
    """Elasticities of an economy, one number standing for all sectors or origins where one is given.

    Args:
        base: the economy.
        theta: [J] of trade.
        agg: [J] of the productivity of value added to people at work in the region.
        nu: [O] of the choice of a market to its value; one number for all is faster.
        congestion: of the value of a region to its people, downwards.
        eta: of housing supply to its price.
        top, materials, final: [J], [J], [] of substitution in the three nests; Cobb-Douglas if None.
    """
    j, o = base.shape[1], base.people.shape[0]
    by_sector = lambda a: jnp.asarray(np.broadcast_to(np.asarray(a, float), j))  # noqa: E731
    return Theory(
        theta=by_sector(theta),
        agg=by_sector(agg),
        nu=jnp.asarray(np.reshape(np.asarray(nu, float), 1) if np.ndim(nu) == 0 else np.broadcast_to(nu, o), float),
        congestion=jnp.asarray(float(congestion)),
        eta=jnp.asarray(float(eta)),
        top=None if top is None else by_sector(top),
        materials=None if materials is None else by_sector(materials),
        final=None if final is None else jnp.asarray(float(final)),
    )


def _check(
    trade: np.ndarray, va: np.ndarray, input_coef: np.ndarray, rates: np.ndarray, taxed: Sequence[int],
    labour_share: np.ndarray, housing_share: np.ndarray, rent_stay: np.ndarray, rent_pool: np.ndarray,
    pool: np.ndarray, people: np.ndarray, market: Sequence[int], home: Sequence[int], one_land: bool,
    as_observed: bool, free: bool,
) -> None:  # fmt: skip
    """Raise ``InputError`` with every problem found."""
    (n, j), s = va.shape, max(market) + 1
    shapes = {
        "trade": (trade, (j, n, n)), "input_coef": (input_coef, (n, j, j)), "tariff": (rates, (j, n, n)),
        "pool": (pool, (len(pool), n)), "people": (people, (len(people), n * s)),
    }  # fmt: skip
    found = [
        Problem(name, f"has shape {array.shape}, not {shape}.")
        for name, (array, shape) in shapes.items()
        if array.shape != shape
    ]
    if found:
        raise InputError(found)
    shares = {
        "va": va, "labour_share": labour_share, "housing_share": housing_share, "rent_stay": rent_stay,
        "rent_pool": rent_pool, "rent_stay + rent_pool": rent_stay + rent_pool,
    }  # fmt: skip
    for name, array in shares.items():
        if not ((array >= 0) & (array <= 1)).all():
            found.append(Problem(name, "has a share outside 0 to 1."))
    for name, array in {"trade": trade, "input_coef": input_coef, "people": people}.items():
        least = -np.inf if as_observed and name == "input_coef" else 0.0
        if not (np.isfinite(array) & (array >= least)).all():
            found.append(Problem(name, "has a negative or infinite entry."))
    costs = va + input_coef.sum(axis=2)
    off = (np.abs(costs - 1.0) > (ROUGH if as_observed else BALANCED)) & (trade.sum(axis=1).T > 0)
    if off.any():
        region, sector = np.argwhere(off)[0]
        what = f"value added and inputs sum to {costs[region, sector]:.8g} of output, not to one."
        found.append(Problem(f"region {region}, sector {sector}", what))
    if rates[:, np.arange(n), np.arange(n)].any():
        found.append(Problem("tariff", "a region taxes what it buys from itself."))
    beyond = set(np.flatnonzero(rates.any(axis=(1, 2)))) - set(taxed)
    if beyond:
        found.append(Problem("taxed", f"leaves out sectors {sorted(beyond)}, which have tariffs in the base year."))
    if not ((pool == 0) | (pool == 1)).all() or (pool.sum(axis=0) > 1).any():
        found.append(
            Problem("pool", "a region is in one pool or in none: entries are 0 or 1, columns sum to one at most.")
        )
    if set(market) != set(range(s)) or len(market) != j:
        found.append(Problem("market", f"names a labour market from 0 on for each of the {j} sectors."))
    if len(home) not in (0, len(people)):
        found.append(Problem("home", f"has {len(home)} entries for {len(people)} origins."))
    if free and ((people > 0).sum(axis=0) > 1).any():
        found.append(Problem("people", "free people of two origins share a market, which leaves open who lives there."))
    if rent_stay.any() and not home:
        found.append(Problem("rent_stay", "goes to those who stay at home, but no home is given."))
    if one_land and len(people) == 0 and s > 1:
        found.append(Problem("one_land", "needs people in each market."))
    if found:
        raise InputError(found)
