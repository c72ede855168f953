r"""One convex step of a block of players: what it would do if payoffs bent as responses, costs and secants do.

Payoffs are linearised in responses and costs, whose curves are known in closed form,

    u(v') = u(v) + sum_l rise_l (s_l(v') - s_l(v)) + fall_l (c_l(v') - c_l(v)) + curve_l (v'_l - v_l)^2 / 2       (V1)

with ``curve`` the part of the bend that is the equilibrium's own, a secant of the slope between two looks. Given the
price of its budget each lever then stands alone, so that a budget asks for one number only: the price at which what is
spent falls to what there is. At a mix that comes back unchanged the first-order conditions are those of the true
problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

#: Parts of a lever's bound from which a move says how its slope bends.
LEARN = 1e-7


class Bends(NamedTuple):
    """Responses, costs, and their first and second derivatives to the levers' values, each [L]."""

    response: np.ndarray
    cost: np.ndarray
    d_response: np.ndarray
    d_cost: np.ndarray
    d2_response: np.ndarray
    d2_cost: np.ndarray


class Seen(NamedTuple):
    """Payoffs at a mix, and the exact slopes of weighted sums of them.

    Attributes:
        payoffs: [P]; rise, fall: [k, L] slopes of k weighted sums to each lever's response and to what it costs.
        near: whatever helps to solve a mix nearby.
    """

    payoffs: np.ndarray
    rise: np.ndarray
    fall: np.ndarray
    near: Any


class Field(Protocol):
    """What the players play on: an economy, or a closed form.

    Attributes:
        upper: [L] bounds; owner: [L] the player who holds each lever; budgets: [P].
    """

    @property
    def upper(self) -> np.ndarray: ...

    @property
    def owner(self) -> np.ndarray: ...

    @property
    def budgets(self) -> np.ndarray: ...

    def bends(self, values: np.ndarray) -> Bends: ...

    def look(self, values: np.ndarray, weights: np.ndarray, near: Any) -> Seen: ...


class Seat(NamedTuple):
    """What a block optimises: weights of payoffs [P], its levers [L], its purses [purse, L] and what is in them."""

    weight: np.ndarray
    free: np.ndarray
    held: np.ndarray
    limits: np.ndarray

    @classmethod
    def of(cls, field: Field, block: Sequence[int], pooled: bool) -> Seat:
        """The seat of a block of players, with one purse or one for each."""
        weight = np.isin(np.arange(len(field.budgets)), block).astype(float)
        free = np.isin(field.owner, block)
        with_levers = [i for i in block if (field.owner == i).any()]
        purses = [np.isin(field.owner, [i]) for i in with_levers]
        limits = np.array([field.budgets[i] for i in with_levers])
        if pooled or not purses:
            purses, limits = [free], np.array([field.budgets[list(block)].sum()])
        return cls(weight, free, np.array(purses, float), limits)


class Bent:
    """What a payoff bends beyond responses and costs, by lever: secants of its slope between two looks.

    A lever whose response and cost are straight, such as a rate of subsidy, has its optimum where the equilibrium
    turns; without this a convex step would go from bound to bound.
    """

    def __init__(self, levers: int):
        self.curve = np.zeros(levers)

    def learn(self, field: Field, old: np.ndarray, before: Seen, new: np.ndarray, after: Seen) -> None:
        """Compare the slopes at ``new`` with what the slopes at ``old`` foresaw."""
        bends, moved = field.bends(new), new - old
        foreseen = before.rise * bends.d_response + before.fall * bends.d_cost
        found = after.rise * bends.d_response + after.fall * bends.d_cost
        use = np.abs(moved) > LEARN * field.upper
        secant = (found - foreseen) / np.where(use, moved, 1.0)
        self.curve = np.where(use, np.minimum(secant, 0.0), self.curve)


class Slopes(NamedTuple):
    """Of one payoff at a mix: to responses, to costs, and how the slope to a value bends beyond those; each [L]."""

    rise: np.ndarray
    fall: np.ndarray
    curve: np.ndarray
    at: np.ndarray


def overdrawn(field: Field, values: np.ndarray, seat: Seat) -> np.ndarray:
    """How far each budget is overdrawn."""
    return np.maximum(seat.held @ field.bends(values).cost - seat.limits, 0.0)


def step_of(
    field: Field, at: np.ndarray, seen: Seen, bent: Bent, seat: Seat, trust: float
) -> tuple[np.ndarray, np.ndarray]:
    """Maximise the payoff that is linear in responses and costs; values and prices of budgets.

    Given the price of its budget each lever stands alone, so that a budget asks for one number only: the price at
    which what is spent falls to what there is.
    """
    low = np.where(seat.free, np.maximum(0.0, at - trust * field.upper), at)
    high = np.where(seat.free, np.minimum(field.upper, at + trust * field.upper), at)
    price, mix = np.zeros(len(seat.limits)), at
    slopes = Slopes(seen.rise, seen.fall, bent.curve, at)
    for k, purse in enumerate(seat.held > 0):
        price[k], mix = _spend(field, slopes, mix, purse, seat.limits[k], low, high)
    return mix, price


def _spend(
    field: Field, slopes: Slopes, rest: np.ndarray, purse: np.ndarray, limit: float, low: np.ndarray, high: np.ndarray
) -> tuple[float, np.ndarray]:
    """The price at which one budget is just spent, zero where it is not, and the mix of its levers there."""
    from scipy.optimize import brentq

    def at_price(price: float) -> np.ndarray:
        return np.where(purse, _each_alone(field, slopes, price, low, high), rest)

    def over(mix: np.ndarray) -> float:
        return float(field.bends(mix).cost[purse].sum() - limit)

    free, most = at_price(0.0), 1.0
    if over(free) <= 0:
        return 0.0, free
    while over(at_price(most)) > 0:
        most *= 4.0
        if most > 1e30:  # what may not be undone this far costs too much already
            return most, at_price(most)
    price = brentq(lambda p: over(at_price(p)), 0.0, most, xtol=1e-300, rtol=1e-14)
    mix = at_price(price)
    if abs(over(mix)) <= 1e-12 * limit:
        return price, mix
    # A lever whose effect and cost are both straight is wanted in full or not at all; it gets what is left.
    less, more = at_price(price * (1 + 1e-12)), at_price(price * (1 - 1e-12))
    if over(more) <= 0 or over(less) >= 0:
        return price, mix
    part = brentq(lambda t: over(less + t * (more - less)), 0.0, 1.0, xtol=1e-16)
    return price, less + part * (more - less)


def _each_alone(field: Field, s: Slopes, price: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where each lever's slope, less what it costs at a price of the budget, is zero: Newton steps in a bracket."""
    fall, v, scale = s.fall - price, 0.5 * (low + high), field.upper

    def slope(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bends = field.bends(x)
        first = s.rise * bends.d_response + fall * bends.d_cost + s.curve * (x - s.at)
        return first, s.rise * bends.d2_response + fall * bends.d2_cost + s.curve

    # Beside a bound, for the slope of a cost may be zero or without limit there.
    down, up = slope(low)[0] <= 0, slope(high)[0] >= 0
    least, most = low.copy(), high.copy()
    for _ in range(80):
        first, second = slope(v)
        least, most = np.where(first > 0, v, least), np.where(first > 0, most, v)
        with np.errstate(divide="ignore", invalid="ignore"):
            ahead = v - first / second
        inside = (ahead > least) & (ahead < most) & (second < 0)
        ahead = np.where(inside, ahead, 0.5 * (least + most))
        done = np.abs(ahead - v) <= 1e-15 * scale
        v = ahead
        if (done | down | up).all():
            break
    return np.where(down, low, np.where(up, high, v))


def first_order(field: Field, at: np.ndarray, seen: Seen, seat: Seat, price: np.ndarray) -> float:
    """How far a mix is from the first-order conditions of a block: stationarity, feasibility, complementarity."""
    free, limits = seat.free, seat.limits
    bends, scale = field.bends(at), field.upper[free]
    ds, dc = bends.d_response[free], bends.d_cost[free]
    gain, loss = seen.rise[free] * ds * scale, seen.fall[free] * dc * scale
    slope = gain + loss
    # Not relative to the slope itself, which is zero where no budget binds.
    size = max(np.abs(gain).max(), np.abs(loss).max(), 1e-300)
    gradient = slope - (price @ seat.held[:, free]) * dc * scale
    u = at[free] / scale
    stationary = np.abs(np.clip(u + gradient / size, 0.0, 1.0) - u).max()
    room = (limits - seat.held @ bends.cost) / limits
    complementary = np.abs(price * limits * room).max() / size
    return float(max(stationary, -room.min(), complementary))
