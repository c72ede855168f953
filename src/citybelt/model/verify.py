"""The worst residual of every identity, on every shipped scenario and closure.

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

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.model.accounts import CLOSURES, Shock, closure
from citybelt.model.economy import Economy, economy
from citybelt.model.ledger import balance, post
from citybelt.model.mechanisms import energy
from citybelt.model.solve import Solution
from citybelt.model.spatial import State, evaluate, geography
from citybelt.model.theory import theory

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset

#: Relative residual that an identity may show in a state solved to 1e-10; sums over cells gather a few of these.
TOLERANCE = 1e-8


def identities(s: Solution) -> dict[str, float]:
    """The worst relative residual of every identity in a solved equilibrium."""
    b, a = s.base, s.accounts
    h = b.n_home
    books = balance(post(s), h)["relative"].max()
    goods = np.abs(np.asarray(a.receipts / a.output) - 1).max()
    by_origin = np.asarray(a.people.sum(axis=2) / b.people.sum(axis=2))
    heads = float(a.people.sum() / b.people.sum())
    persons = max(np.abs(by_origin - 1).max(), abs(heads - 1))
    # Charged quantities from the money side: carbon paid over its price, where there is a price.
    index = jnp.exp(jnp.sum((_cpi_before_carbon(s) * b.consumption)[:h]) / jnp.sum(b.consumption[:h]))
    price = np.asarray(s.shock.carbon * index * energy.TONNES)
    paid = np.asarray(a.carbon_fuel + a.carbon_process)
    priced = price > 0
    co2 = np.abs(paid[priced] / price[priced] / np.asarray(a.emissions)[priced] - 1).max() if priced.any() else 0.0
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


@dataclass(frozen=True)
class Verification:
    """Worst residual of every identity for every scenario and closure."""

    world: str
    table: pd.DataFrame  # scenario, capital, ownership, people, land_finance, status, passes, one column an identity

    @property
    def worst(self) -> float:
        identity = self.table.drop(columns=["scenario", *CLOSURES, "status", "passes"])
        return float(np.nanmax(identity.to_numpy(float)))

    @property
    def holds(self) -> bool:
        return bool((self.table["status"] == "solved").all()) and self.worst <= TOLERANCE

    def to_json(self) -> dict:
        return {
            "world": self.world,
            "status": "holds" if self.holds else "broken",
            "worst": self.worst,
            "tolerance": TOLERANCE,
            "cases": self.table.to_dict("records"),
        }

    def __rich__(self):
        from rich.table import Table

        out = Table(title=f"{self.world}: worst relative residual by identity")
        identity = [c for c in self.table if c not in ("status", "passes", *CLOSURES)]
        for column in [*identity, "status"]:
            out.add_column(column)
        for name, rows in self.table.groupby("scenario", sort=False):
            worst = rows[identity[1:]].max()
            status = "solved" if (rows["status"] == "solved").all() else "not solved"
            out.add_row(str(name), *(f"{v:.1e}" for v in worst), status)
        return out

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="{:.1e}".format)


def closures() -> Iterator[dict[str, str]]:
    """Every closure, by names."""
    for words in product(*CLOSURES.values()):
        yield dict(zip(CLOSURES, words, strict=True))


def verify(dataset: Dataset, progress: Callable[[str, int, int], None] | None = None) -> Verification:
    """Solve every shipped scenario of a world under every closure and check every identity.

    Raises:
        InputError: a scenario file or the accounts are bad.
    """
    from citybelt.scenario.run import shocks_of_library

    shocks = {"base year": None} | shocks_of_library(dataset)
    rows, done, words = [], 0, list(closures())
    elasticities = theory(dataset.x.sector.values)
    for names in words:
        e: Economy = economy(dataset, elasticities, closure(**names))
        for title, make in shocks.items():
            z = Shock.zeros(e.base) if make is None else make
            rows.append({"scenario": title, **names} | _case(e, z))
            done += 1
            if progress:
                progress("verify", done, len(words) * len(shocks))
    return Verification(dataset.name, pd.DataFrame(rows))


def _case(e: Economy, z: Shock) -> dict:
    from citybelt.model.solve import solve

    s = solve(e.base, e.theory, z, e.closure)
    found = {"status": s.status, "passes": s.passes, "residual": s.residual}
    return found | (identities(s) if s.solved else {})
