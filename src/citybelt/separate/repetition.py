r"""How much of the value of one plan is repetition avoided: the same thing done by several players, each for itself.

A lever's topic is what it serves: its kind, and for subsidies and land prices the group of sectors. A topic is
repeated where more than one player uses it under separate plans, and the repetition is what each does of it beyond what
the unified plan has this player do. With ``N`` the separate and ``U`` the unified mix,

    (E1)  R = N with the repetition cut back to U,      O = U with the repetition left as in N
    (E2)  removal      1/2 [W(R) - W(N) + W(U) - W(O)],     filling    1/2 [W(O) - W(N) + W(U) - W(R)]
    (E3)  avoided = removal + p freed,     rest = filling - p added,     idle = p (added - freed)

(E2) is the Shapley value of two players: the parts sum to ``W(U) - W(N)`` whatever the order, and the orders differ by
the interplay ``W(U) - W(R) - W(O) + W(N)``. ``W`` adds up what the players gain. Even a repetition may do some good,
so that its removal alone can lose; what it frees is money, and money is worth its price ``p`` in the unified plan,
what one more billion of the budget brings there. So (E3) charges every billion at ``p``: ``freed`` is what the
repetition costs, ``added`` what all else costs more under one plan; ``idle`` is what budgets that are not spent in
full leave over, nothing where both plans spend all. The three parts of (E3) sum to the value of one plan.

Along the straight line between both mixes the value falls to single levers,

    (E4)  a_l = (U_l - N_l) int_0^1 dW/dv_l (N + t (U - N)) dt

with exact gradients at the nodes of Gauss and Legendre; what the sum lacks of ``W(U) - W(N)`` is the residual. (E2) and
(E4) answer slightly different questions, and agree where little bends. Sources: Shapley (1953); Aumann and Shapley
(1974).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from citybelt.separate.arena import Arena
from citybelt.separate.rivalry import Outcome

NODES = 5
#: A lever is used in a plan from this share of its upper bound.
USED = 0.005


@dataclass(frozen=True)
class Repetition:
    """(E1) to (E4), billions a year.

    Attributes:
        value: ``W(U) - W(N)``; avoided, rest, idle: its three parts (E3).
        removal, filling: the parts before money is charged (E2); interplay: by how much the orders differ.
        price: p; freed: what the repetition costs a year.
        along: the sum of (E4) over the repetition, the rest, and what the quadrature lacks.
        topics: one row a topic that is repeated: players, cost in both plans, cost of the repetition, ``removal`` (E4)
            and ``avoided``, with the money freed.
        levers: [L] (E4) of every lever; repeated: [L] whether it is cut back.
    """

    value: float
    avoided: float
    rest: float
    idle: float
    removal: float
    filling: float
    interplay: float
    price: float
    freed: float
    along: dict[str, float]
    topics: pd.DataFrame
    levers: np.ndarray
    repeated: np.ndarray


def repeated(arena: Arena, topics: Sequence[str], nash: np.ndarray, unified: np.ndarray) -> np.ndarray:
    """[L] levers that several players use for one topic under separate plans, and that one plan uses less."""
    names, used = np.asarray(topics), nash > USED * arena.upper
    several = {t for t in set(names[used]) if len(set(arena.owner[used & (names == t)])) > 1}
    return used & np.isin(names, list(several)) & (unified < nash - USED * arena.upper)


def repetition(arena: Arena, topics: Sequence[str], nash: Outcome, unified: Outcome) -> Repetition:
    """Take the value of one plan apart.

    Args:
        topics: [L] what each lever serves.

    Raises:
        NotSolvedError: an equilibrium on the way was not reached.
    """
    n, u = nash.values, unified.values
    cut = repeated(arena, topics, n, u)
    everybody = np.ones((1, len(arena.budgets)))
    total = lambda values, near: float(arena.look(values, everybody, near).payoffs.sum())  # noqa: E731
    before, after = float(nash.payoffs.sum()), float(unified.payoffs.sum())
    less, left = before, after
    if cut.any():
        less = total(np.where(cut, u, n), nash.near)
        left = total(np.where(cut, n, u), unified.near)
    removal = 0.5 * (less - before + after - left)
    each = _along(arena, n, u, nash.near)
    cost = {name: arena.bends(v).cost for name, v in (("separate", n), ("unified", u))}
    freed = np.where(cut, cost["separate"] - cost["unified"], 0.0)
    added = float((cost["unified"] - cost["separate"])[~cut].sum())
    price, names, rows = float(unified.price.mean()), np.asarray(topics), []
    for topic in sorted(set(names[cut])):
        mine = names == topic
        rows.append(
            {
                "topic": topic,
                "players": len(set(arena.owner[mine & (n > USED * arena.upper)])),
                "cost_separate": float(cost["separate"][mine].sum()),
                "cost_unified": float(cost["unified"][mine].sum()),
                "cost_repeated": float(freed[mine].sum()),
                "removal": float(each[mine & cut].sum()),
                "avoided": float(each[mine & cut].sum() + price * freed[mine].sum()),
            }
        )
    columns = ["topic", "players", "cost_separate", "cost_unified", "cost_repeated", "removal", "avoided"]
    money = float(freed.sum())
    return Repetition(
        value=after - before,
        avoided=removal + price * money,
        rest=after - before - removal - price * added,
        idle=price * (added - money),
        removal=removal,
        filling=after - before - removal,
        interplay=after - less - left + before,
        price=price,
        freed=money,
        along={
            "repetition": float(each[cut].sum()),
            "rest": float(each[~cut].sum()),
            "residual": after - before - float(each.sum()),
        },
        topics=pd.DataFrame(rows, columns=columns),
        levers=each,
        repeated=cut,
    )


def _along(arena: Arena, start: np.ndarray, end: np.ndarray, near) -> np.ndarray:
    """(E4)"""
    at, weights = np.polynomial.legendre.leggauss(NODES)
    found, everybody = np.zeros(len(start)), np.ones((1, len(arena.budgets)))
    for node, weight in zip(0.5 * (at + 1.0), 0.5 * weights, strict=True):
        values = start + node * (end - start)
        seen, bends = arena.look(values, everybody, near), arena.bends(values)
        found += weight * (seen.rise[0] * bends.d_response + seen.fall[0] * bends.d_cost) * (end - start)
        near = seen.near
    return found
