"""The worst residual of every identity of an equilibrium.

    books      every agent of the ledger receives what it pays
    goods      what sellers receive is what they produce
    persons    people by origin stay as many as were registered; residents add up to them
    co2        emissions by fuel and process add up to what the carbon price is charged on
    walras     the market left out clears
    numeraire  world value added is that of the base year
    money      doubling every price and amount doubles them all: nothing real depends on the unit of money
    base       with no shock nothing changes: the scenario "base year"

``money`` is checked on one pass: a state with every nominal log raised by log 2 must come back raised by log 2,
so no nominal amount can have been left without an index.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.engine.solve import Solution
from citybelt.model import outcomes
from citybelt.model.accounts import State
from citybelt.model.ledger import balance, post
from citybelt.model.mechanisms import energy, migration
from citybelt.model.spatial import evaluate, geography

#: Relative residual that an identity may show in a state solved to 1e-10; sums over cells gather a few of these.
TOLERANCE = 1e-8


def identities(s: Solution) -> dict[str, float]:
    """The worst relative residual of every identity in a solved equilibrium."""
    b, a = s.base, s.accounts
    h = b.n_home
    books = balance(post(s), h)["relative"].max()
    goods = np.abs(np.asarray(a.receipts / a.output) - 1).max()
    reached = geography(b, s.theory, s.shock).residence
    moved = migration.moved(reached, s.state.value, s.theory.nu, s.closure.still_people)
    by_origin, by_residence = moved.sum(axis=2) / reached.registered, moved.sum(axis=1) / a.residents
    persons = max(float(jnp.abs(ratio - 1).max()) for ratio in (by_origin, by_residence))
    # Charged quantities from the money side: carbon paid over its price, where there is a price.
    index = jnp.exp(jnp.sum((_cpi_before_carbon(s) * b.consumption)[:h]) / jnp.sum(b.consumption[:h]))
    price = np.asarray(s.shock.carbon * index * energy.TONNES)
    paid = np.asarray(a.carbon_fuel + a.carbon_process)
    priced = price > 0
    co2 = (
        np.abs(paid[priced] / price[priced] / np.asarray(outcomes.emissions(b, a))[priced] - 1).max()
        if priced.any()
        else 0.0
    )
    return {
        "books": float(books),
        "goods": float(goods),
        "persons": float(persons),
        "co2": float(co2),
        "walras": float(jnp.abs(jnp.sum(a.output - a.receipts)) / jnp.sum(a.output)),
        "numeraire": abs(float(a.factor_income.sum() / b.value_added.sum()) - 1),
        "money": money(s),
    }


def _cpi_before_carbon(s: Solution) -> jax.Array:
    b = s.base
    goods = jnp.sum(b.basket[0] * s.state.price, axis=1)
    return b.housing_share * s.accounts.log_rent + (1 - b.housing_share) * goods


def money(s: Solution) -> float:
    """How far one pass is from being homogeneous of degree one in money, at an equilibrium."""
    b, x, two = s.base, s.state, jnp.log(2.0)
    nominal = State(
        x.wage + two, x.rental + two, x.price + two, x.output + two, x.spending + two, x.public + two, x.value
    )
    new, _ = evaluate(b, s.theory, s.shock, s.closure, geography(b, s.theory, s.shock), nominal)
    # Wages, returns and output come back normalised by the numeraire; the rest shows any unindexed amount.
    gaps = (
        new.price - nominal.price,
        new.spending - nominal.spending,
        new.public - nominal.public,
        new.value - x.value,
    )
    return max(float(jnp.abs(gap).max()) for gap in gaps)
