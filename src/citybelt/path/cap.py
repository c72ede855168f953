r"""A cap on the cluster's emissions in every year, and the price of carbon that keeps it.

    (K1)  E[t](p[t]) <= cap[t],     p[t] >= 0,     p[t] (cap[t] - E[t]) = 0
    (K2)  cap[t] on a straight line between the years that are named; none before the first, the last after it

``E[t]`` are emissions of the year's equilibrium, given what the years before have left: prices are found year by year,
as ``engine.shadow`` does. Where people foresee, prices and what is foreseen are found in turn until both stand.
Everyone in the cluster pays the same, on top of what levers charge; the state receives it. What is bought of fuels and
the mix of users answer at once, plants as they are built: a price of one year lowers emissions of the next too.
"""

from __future__ import annotations

from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from citybelt.engine import shadow
from citybelt.engine.solve import TOLERANCE
from citybelt.errors import NotSolvedError
from citybelt.path.march import FORESEEN, Foreseen, Inputs, Rules, Year, foresee, march
from citybelt.path.stocks import Stocks

#: Relative accuracy with which a whole path keeps its cap.
KEPT = 1e-7
#: How often prices and what is foreseen are found in turn.
ROUNDS = 20


def caps(named: Mapping[int, float], years: np.ndarray) -> np.ndarray:
    """(K2) Mt by year; infinite where there is no cap."""
    at = sorted(named)
    line = np.interp(years, at, [named[year] for year in at])
    return np.where(years < at[0], np.inf, line)


def charged(inputs: Inputs, price: np.ndarray, cluster: np.ndarray, regions: int) -> Inputs:
    """Inputs in which the cluster pays ``price`` [T] more for carbon."""
    pays = np.zeros(regions)
    pays[: len(cluster)] = cluster
    more = jnp.asarray(np.asarray(price)[:, None] * pays)
    return eqx.tree_at(lambda i: i.levers.carbon, inputs, inputs.levers.carbon + more)


def keep(
    rules: Rules, inputs: Inputs, start: Stocks, years: np.ndarray, cap: np.ndarray, cluster: np.ndarray, seen: bool
) -> tuple[np.ndarray, Inputs, Foreseen | None]:
    """(K1) the price by year, the inputs in which it is paid, and what is foreseen if anything is.

    Args:
        rules, inputs, start: as for ``march``.
        years: T of them, for what is told.
        cap: [T] Mt, as ``caps`` gives it.
        cluster: [R] 1 where the cap counts and is paid for.
        seen: whether people foresee.

    Raises:
        NotSolvedError: a year has no equilibrium, or no price meets its cap; or prices and what is foreseen don't
            settle.
    """
    n = rules.base.shape[0]
    emitted = lambda year: float(np.asarray(year.co2)[0, : len(cluster)] @ cluster)  # noqa: E731

    def by_year(ahead: Foreseen | None) -> np.ndarray:
        price, stocks = np.zeros(len(years)), start
        for t, year in enumerate(years):
            given, view = jax.tree.map(lambda leaf, t=t: leaf[t : t + 1], (inputs, ahead))

            def at(p: float, given=given, view=view, stocks=stocks, year=year) -> tuple[Stocks, Year]:
                after, now = march(rules, charged(given, np.array([p]), cluster, n), stocks, view)
                if not float(now.left[0]) <= TOLERANCE:
                    raise NotSolvedError(f"No equilibrium was reached in {year} at a price of carbon of {p:,.0f}.")
                return after, now

            if not np.isfinite(cap[t]):
                stocks, _ = at(0.0)
                continue
            first = 1.5 * price[t - 1] if t and price[t - 1] > 1.0 else shadow.FIRST_PRICE
            amount = lambda found: emitted(found[1])  # noqa: E731
            price[t], (stocks, _) = shadow.price_of(cap[t], at, amount, "The cap", f"Mt in {year}", first)
        return price

    ahead, left = None, np.inf
    for _ in range(ROUNDS if seen else 1):
        price = by_year(ahead)
        paid = charged(inputs, price, cluster, n)
        if seen:
            _, guess = march(rules, paid, start, ahead)
            ahead, off, _ = foresee(rules, paid, start, guess)
            if not float(off) <= FORESEEN:
                raise NotSolvedError(f"What people foresee under the cap doesn't come true: off by {float(off):.1e}.")
        _, found = march(rules, paid, start, ahead)
        left = missed(found, price, cap, cluster)
        if left <= KEPT:
            return price, paid, ahead
    raise NotSolvedError(f"Prices that keep the cap were not found: emissions are off by {left:.1e}.")


def missed(years: Year, price: np.ndarray, cap: np.ndarray, cluster: np.ndarray) -> float:
    """The largest relative distance from (K1) of any year."""
    emitted = np.asarray(years.co2)[:, : len(cluster)] @ cluster
    over = emitted / cap - 1.0
    return float(np.max(np.where(price > 0, np.abs(over), np.maximum(over, 0.0)), initial=0.0))
