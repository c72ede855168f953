r"""Separate plans as a Nash equilibrium, the unified plan, and everything between them.

Players own levers. They are parted into blocks; each block sets its levers so that the payoffs of its members add up
to as much as possible within its budget, taking the levers of all others as given,

    (R1)  max over v_B  sum_{i in B} u_i(v_B, v_-B)   subject to   cost_B(v_B) <= budget_B,  0 <= v_B <= upper

Every player alone is the Nash equilibrium, all in one block the unified plan: same levers, same costs, the budgets
added up. One that lies between is what a coalition reaches while the others plan for themselves (the gamma rule of
Chander and Tulkens 1997). A block's best response is found by convex steps as in ``plan.solved``: responses and costs
bend in closed form, payoffs are linearised exactly. All blocks step at once from one equilibrium and the gradients of
them all, until the first-order conditions of every block hold at one and the same mix; where that circles they take
turns instead. Sources: Rosen (1965) for such equilibria; Ossa
(2019) for regions that compete by subsidies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.separate.convex import Bends, Bent, Field, Seat, Seen, first_order, overdrawn, step_of

__all__ = ["KKT", "Bends", "Field", "Outcome", "Seen", "respond", "settle"]

KKT = 1e-6
STEPS = 60
ROUNDS = 80
#: Steps without progress after which blocks that all move at once take turns instead.
CIRCLING = 12
#: Losses of a payoff, relative to its size or to its slope over a whole lever, that are noise of the equilibrium and
#: don't speak against a step.
NOISE = 1e-7


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
    seats = [Seat.of(field, block, pooled) for block in blocks]
    weights, near = np.array([s.weight for s in seats]), None
    best, best_at, part, stale, kkt = np.inf, values, 1.0, 0, np.full(len(blocks), np.inf)
    bent, last = [Bent(len(values)) for _ in seats], None
    for step in range(1, STEPS + 1):
        seen = field.look(values, weights, near)
        ahead, price = values.copy(), np.zeros(len(blocks))
        for k, seat in enumerate(seats):
            if not seat.free.any():
                kkt[k] = 0.0
                continue
            own = Seen(seen.payoffs, seen.rise[k], seen.fall[k], None)
            if last is not None:
                before = Seen(last[1].payoffs, last[1].rise[k], last[1].fall[k], None)
                bent[k].learn(field, last[0], before, values, own)
            mix, prices = step_of(field, values, own, bent[k], seat, np.inf)
            kkt[k], price[k] = first_order(field, values, own, seat, prices), prices.mean()
            ahead[seat.free] = mix[seat.free]
        if kkt.max() <= tolerance:
            return _outcome(field, blocks, values, seen, kkt, price, step, step), values
        if kkt.max() < best:
            best, best_at, stale, part = kkt.max(), values, 0, min(2.0 * part, 1.0)
        else:
            part, stale = max(0.5 * part, 0.1), stale + 1
        if stale >= CIRCLING:
            break
        last = values, seen
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
    seat = Seat.of(field, block, pooled)
    seen = _one(field.look(values, seat.weight[None], near))
    if not seat.free.any():
        return _Reply(values, seen, 0.0, 0.0, 1)
    trust, best, bent = np.inf, np.inf, Bent(len(values))
    for step in range(1, STEPS + 1):
        ahead, price = step_of(field, values, seen, bent, seat, trust)
        kkt = first_order(field, values, seen, seat, price)
        best = min(best, kkt)
        if kkt <= tolerance or (step == 1 and enough is not None and kkt <= enough):
            return _Reply(values, seen, kkt, float(price.mean()), step)
        there = _one(field.look(ahead, seat.weight[None], seen.near))
        bent.learn(field, values, seen, ahead, there)
        slope = np.abs(seen.rise * field.bends(values).d_response * field.upper)[seat.free].max()
        size = max(np.abs(seat.weight * seen.payoffs).sum(), np.abs(seat.weight * there.payoffs).sum(), slope)
        gain = seat.weight @ (there.payoffs - seen.payoffs)
        over = overdrawn(field, values, seat) - overdrawn(field, ahead, seat)
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
