r"""Separate plans as a Nash equilibrium, the unified plan, and everything between them.

Players own levers. They are parted into blocks; each block sets its levers so that the payoffs of its members add up
to as much as possible within its budget, taking the levers of all others as given,

    (R1)  max over v_B  sum_{i in B} u_i(v_B, v_-B)   subject to   cost_B(v_B) <= budget_B,  0 <= v_B <= upper

Every player alone is the Nash equilibrium, all in one block the unified plan: same levers, same costs, the budgets
added up. One that lies between is what a coalition reaches while the others plan for themselves (the gamma rule of
Chander and Tulkens 1997). A block's best response is found by convex steps as in ``plan.optimise``: responses and costs
bend in closed form, payoffs are linearised exactly. All blocks step at once from one equilibrium and the gradients of
them all, until the first-order conditions of every block hold at one and the same mix; where that circles they take
turns instead. Sources: Rosen (1965) for such equilibria; Ossa
(2019) for regions that compete by subsidies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from citybelt.errors import NotSolvedError

KKT = 1e-6
STEPS = 60
ROUNDS = 80
#: Steps without progress after which blocks that all move at once take turns instead.
CIRCLING = 12
#: Losses of a payoff, relative to its size, that are noise of the equilibrium and don't speak against a step.
NOISE = 1e-7


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


@dataclass(frozen=True)
class Outcome:
    """Where blocks of players end up.

    Attributes:
        blocks: the players of each.
        values: [L]; payoffs: [P]; cost: [P] of each player's levers.
        kkt: [block] first-order residual at the common mix.
        price: [block] gain of the block per unit more of its budget; the mean over budgets that are kept apart.
        rounds: how often every block had its turn; steps: mixes looked at.
    """

    blocks: tuple[tuple[int, ...], ...]
    values: np.ndarray
    payoffs: np.ndarray
    cost: np.ndarray
    kkt: np.ndarray
    price: np.ndarray
    rounds: int
    steps: int
    near: Any = None


@dataclass(frozen=True)
class _Reply:
    values: np.ndarray
    seen: Seen
    kkt: float
    price: float
    steps: int


class _Seat(NamedTuple):
    """What a block optimises: weights of payoffs [P], its levers [L], its purses [purse, L] and what is in them."""

    weight: np.ndarray
    free: np.ndarray
    held: np.ndarray
    limits: np.ndarray

    @classmethod
    def of(cls, field: Field, block: Sequence[int], pooled: bool) -> _Seat:
        weight = np.isin(np.arange(len(field.budgets)), block).astype(float)
        free = np.isin(field.owner, block)
        with_levers = [i for i in block if (field.owner == i).any()]
        purses = [np.isin(field.owner, [i]) for i in with_levers]
        limits = np.array([field.budgets[i] for i in with_levers])
        if pooled or not purses:
            purses, limits = [free], np.array([field.budgets[list(block)].sum()])
        return cls(weight, free, np.array(purses, float), limits)


def settle(
    field: Field,
    blocks: Sequence[Sequence[int]],
    pooled: bool = True,
    start: np.ndarray | None = None,
    tolerance: float = KKT,
) -> Outcome:
    """The mix at which no block wants to move.

    Args:
        blocks: sets of players; levers of players in none stay at zero.
        pooled: whether the members of a block share one budget, or each keeps to its own.
        start: [L] a mix to begin with; nothing done by default.
        tolerance: KKT residual of every block to reach.

    Raises:
        NotSolvedError: naming the block whose conditions hold worst.
    """
    values = np.zeros(len(field.upper)) if start is None else np.asarray(start, float)
    values = np.where(np.isin(field.owner, [i for b in blocks for i in b]), values, 0.0)
    if len(blocks) > 1:
        found, values = _all_at_once(field, blocks, pooled, values, tolerance)
        if found is not None:
            return found
    return _by_turns(field, blocks, pooled, values, tolerance)


def _all_at_once(
    field: Field, blocks: Sequence[Sequence[int]], pooled: bool, values: np.ndarray, tolerance: float
) -> tuple[Outcome | None, np.ndarray]:
    """Every block steps at the same time from one look at the field; None, and the best mix, where that circles."""
    seats = [_Seat.of(field, block, pooled) for block in blocks]
    weights, near = np.array([s.weight for s in seats]), None
    best, best_at, part, stale, kkt = np.inf, values, 1.0, 0, np.full(len(blocks), np.inf)
    for step in range(1, STEPS + 1):
        seen = field.look(values, weights, near)
        ahead, price = values.copy(), np.zeros(len(blocks))
        for k, seat in enumerate(seats):
            if not seat.free.any():
                kkt[k] = 0.0
                continue
            own = Seen(seen.payoffs, seen.rise[k], seen.fall[k], None)
            mix, prices = _model(field, values, own, seat, np.inf)
            kkt[k], price[k] = _kkt(field, values, own, seat, prices), prices.mean()
            ahead[seat.free] = mix[seat.free]
        if kkt.max() <= tolerance:
            return _outcome(field, blocks, values, seen, kkt, price, step, step), values
        if kkt.max() < best:
            best, best_at, stale = kkt.max(), values, 0
        else:
            part, stale = max(0.5 * part, 0.1), stale + 1
        if stale >= CIRCLING:
            break
        values, near = values + part * (ahead - values), seen.near
    return None, best_at


def _by_turns(
    field: Field, blocks: Sequence[Sequence[int]], pooled: bool, values: np.ndarray, tolerance: float
) -> Outcome:
    near, looks = None, 0
    kkt, price = np.full(len(blocks), np.inf), np.zeros(len(blocks))
    for turn in range(1, ROUNDS + 1):
        moved = False
        for k, block in enumerate(blocks):
            # Alone among others a block goes beyond what is asked, lest the others' last moves undo it.
            goal = tolerance if len(blocks) == 1 else 0.1 * tolerance
            reply = respond(field, block, values, pooled, near, goal, enough=tolerance)
            moved |= reply.steps > 1
            values, near, looks = reply.values, reply.seen.near, looks + reply.steps
            kkt[k], price[k] = reply.kkt, reply.price
        if not moved or len(blocks) == 1:
            return _outcome(field, blocks, values, reply.seen, kkt, price, turn, looks)
    worst = blocks[int(np.argmax(kkt))]
    raise NotSolvedError(
        f"The separate plans did not settle: after {ROUNDS} rounds players {list(worst)} still move. "
        "Give smaller budgets, or fewer levers."
    )


def _outcome(
    field: Field, blocks: Sequence[Sequence[int]], values: np.ndarray, seen: Seen, kkt: np.ndarray, price: np.ndarray,
    rounds: int, steps: int,
) -> Outcome:  # fmt: skip
    cost = np.bincount(field.owner, field.bends(values).cost, len(field.budgets))
    held = tuple(tuple(b) for b in blocks)
    return Outcome(held, values, seen.payoffs, cost, kkt.copy(), price, rounds, steps, seen.near)


def respond(
    field: Field,
    block: Sequence[int],
    values: np.ndarray,
    pooled: bool = True,
    near: Any = None,
    tolerance: float = KKT,
    enough: float | None = None,
) -> _Reply:
    """(R1) The best response of one block.

    Args:
        enough: residual at which a block that has not moved yet stays where it is.

    Raises:
        NotSolvedError: the first-order conditions were not reached.
    """
    seat = _Seat.of(field, block, pooled)
    seen = _one(field.look(values, seat.weight[None], near))
    if not seat.free.any():
        return _Reply(values, seen, 0.0, 0.0, 1)
    trust, best = np.inf, np.inf
    for step in range(1, STEPS + 1):
        ahead, price = _model(field, values, seen, seat, trust)
        kkt = _kkt(field, values, seen, seat, price)
        best = min(best, kkt)
        if kkt <= tolerance or (step == 1 and enough is not None and kkt <= enough):
            return _Reply(values, seen, kkt, float(price.mean()), step)
        there = _one(field.look(ahead, seat.weight[None], seen.near))
        size = max(np.abs(seat.weight * seen.payoffs).sum(), np.abs(seat.weight * there.payoffs).sum())
        gain = seat.weight @ (there.payoffs - seen.payoffs)
        over = _over(field, values, seat) - _over(field, ahead, seat)
        if gain + 2.0 * price @ over < -NOISE * size:
            trust = 0.5 * np.max(np.abs(ahead - values) / field.upper)
            if trust < 1e-9:
                break
            continue
        values, seen = ahead, there
    raise NotSolvedError(
        f"No plan of players {list(block)} met the first-order conditions: KKT residual {best:.1e} "
        f"after {STEPS} steps. Give a smaller budget, or fewer levers."
    )


def _one(seen: Seen) -> Seen:
    return Seen(seen.payoffs, seen.rise[0], seen.fall[0], seen.near)


def _over(field: Field, values: np.ndarray, seat: _Seat) -> np.ndarray:
    """How far each budget is overdrawn."""
    return np.maximum(seat.held @ field.bends(values).cost - seat.limits, 0.0)


def _model(field: Field, at: np.ndarray, seen: Seen, seat: _Seat, trust: float) -> tuple[np.ndarray, np.ndarray]:
    """Maximise the payoff that is linear in responses and costs; values and prices of budgets.

    Given the price of its budget each lever stands alone, so that a budget asks for one number only: the price at
    which what is spent falls to what there is.
    """
    low = np.where(seat.free, np.maximum(0.0, at - trust * field.upper), at)
    high = np.where(seat.free, np.minimum(field.upper, at + trust * field.upper), at)
    price, mix = np.zeros(len(seat.limits)), at
    for k, purse in enumerate(seat.held > 0):
        price[k], mix = _spend(field, seen, mix, purse, seat.limits[k], low, high)
    return mix, price


def _spend(
    field: Field, seen: Seen, rest: np.ndarray, purse: np.ndarray, limit: float, low: np.ndarray, high: np.ndarray
) -> tuple[float, np.ndarray]:
    """The price at which one budget is just spent, zero where it is not, and the mix of its levers there."""
    from scipy.optimize import brentq

    def at_price(price: float) -> np.ndarray:
        return np.where(purse, _each_alone(field, seen, price, low, high), rest)

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


def _each_alone(field: Field, seen: Seen, price: float, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Where each lever's slope, less what it costs at a price of the budget, is zero: Newton steps in a bracket."""
    fall, v, scale = seen.fall - price, 0.5 * (low + high), field.upper

    def slope(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bends = field.bends(x)
        return seen.rise * bends.d_response + fall * bends.d_cost, seen.rise * bends.d2_response + fall * bends.d2_cost

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


def _kkt(field: Field, at: np.ndarray, seen: Seen, seat: _Seat, price: np.ndarray) -> float:
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
