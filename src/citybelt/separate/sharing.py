r"""Who has to be paid for one plan to leave nobody worse off, with the payments themselves in equilibrium.

Governments pass money to each other (``Shock.transfer``). What a place gets it spends on public services and on what
governments buy; its people, wages and rents respond, and so do those of all others. So a billion paid is not a billion
gained, and the least that must change hands is found on the equilibrium,

    (G1)  min sum_g max(t_g, 0)   subject to   u_g(t) >= f_g,   sum_g t_g = 0,   -t_g <= kept part of what g spends

by linear programs on exact gradients, one equilibrium each, inside a trust region, until nothing is left to gain beyond
``CLOSE``. Inside a group
money goes to its places in proportion to what their governments spend in the base year. Floors that no transfers meet
are met as far as they can be, the sum of what is lacking the least. The payments leave levers as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from citybelt.engine.adjoint import differentiate
from citybelt.engine.solve import solve
from citybelt.errors import NotSolvedError
from citybelt.model.spatial import SPATIAL
from citybelt.separate.arena import Arena, gains

#: Floors are kept, and steps have ended, to this part of the largest payoff.
CLOSE = 1e-8
STEPS = 40
#: A government gives up no more than this part of what it spends.
GIVES = 0.5
#: What a billion below a floor counts against a billion that changes hands: more than any price of a floor.
LACK = 1e3


@dataclass(frozen=True)
class Sharing:
    """The least that changes hands (G1), all in billions a year.

    Attributes:
        received: [G] negative where paid; sums to zero.
        payoffs: [G] with the transfers; floors: [G].
        total: what changes hands; lacking: by how much floors stay unmet, summed; zero where all are met.
        worth: [G] what a group gains from a billion received when all others pay for it as their governments spend.
        steps: equilibria solved.
    """

    received: np.ndarray
    payoffs: np.ndarray
    floors: np.ndarray
    total: float
    lacking: float
    worth: np.ndarray
    steps: int


def least_transfers(
    arena: Arena, values: np.ndarray, groups: np.ndarray, floors: np.ndarray, near: Any = None
) -> Sharing:
    """(G1) at a mix of levers.

    Args:
        groups: [G, H] ones where a home region belongs to a group; no region to two.
        floors: [G] what each must have.

    Raises:
        NotSolvedError: an equilibrium was not reached, or the transfers did not settle.
    """
    e, groups, floors = arena.economy, np.asarray(groups, float), np.asarray(floors, float)
    h, n = len(e.home), len(groups)
    public = np.asarray(e.base.government)[:h]
    share = groups * public / (groups @ public)[:, None]
    most = GIVES * groups @ public
    shock, weights = arena.solve(values, near).shock, jnp.asarray(groups)

    def look(t: np.ndarray, near: Any) -> tuple[np.ndarray, np.ndarray, Any]:
        z = shock.replace(transfer=shock.transfer + jnp.asarray(t @ share))
        s = solve(SPATIAL, e.base, e.theory, z, e.closure, near).require(e.place)
        u, slopes = differentiate(gains, _with_transfers, s, jnp.asarray(t), (shock, jnp.asarray(share)), weights)
        return np.asarray(u), np.asarray(slopes), s.state

    def worse(t: np.ndarray, u: np.ndarray) -> float:
        return float(np.maximum(t, 0).sum() + LACK * np.maximum(floors - u, 0.0).sum())

    t, trust = np.zeros(n), np.inf
    u, slopes, state = look(t, near)
    size = max(float(np.abs(floors).max()), float(np.abs(u).max()), 1e-12)
    for step in range(1, STEPS + 1):
        ahead = _least(t, u, slopes, floors, most, trust, size)
        moved = float(np.abs(ahead - t).max())
        foreseen = worse(t, u) - worse(ahead, u + slopes @ (ahead - t))
        if foreseen <= CLOSE * size or moved <= 1e-4 * CLOSE * size:
            short = np.maximum(floors - u, 0.0).sum()
            worth = np.array([slopes[g] @ _given(g, public @ groups.T) for g in range(n)])
            lacking = float(short) if short > n * CLOSE * size else 0.0
            return Sharing(t, u, floors, float(np.maximum(t, 0).sum()), lacking, worth, step)
        try:
            found = look(ahead, state)
            gained = worse(t, u) - worse(ahead, found[0])
        except NotSolvedError:
            gained = -np.inf
        if gained < 0.1 * foreseen:
            trust = 0.25 * moved
            if gained <= 0:
                continue
        elif gained > 0.75 * foreseen and moved >= 0.99 * trust:
            trust = 2.0 * trust
        t, (u, slopes, state) = ahead, found
    raise NotSolvedError(f"The transfers did not settle in {STEPS} steps: the last still moved {moved:.1e} billions.")


def _with_transfers(params: Any, data: Any, theory: Any) -> tuple[Any, Any]:
    shock, share = data
    return theory, shock.replace(transfer=shock.transfer + params @ share)


def _given(group: int, public: np.ndarray) -> np.ndarray:
    """A billion for one group, paid by the others as they spend."""
    rest = np.where(np.arange(len(public)) == group, 0.0, public)
    return np.where(np.arange(len(public)) == group, 1.0, -rest / max(rest.sum(), 1e-300))


def _least(
    t: np.ndarray, u: np.ndarray, slopes: np.ndarray, floors: np.ndarray, most: np.ndarray, trust: float, size: float
) -> np.ndarray:
    """The linear program of one step: the move of each transfer, what it then receives, and what stays lacking.

    In parts of what the step may be, so that small steps are as exact as large ones.
    """
    from scipy.optimize import linprog

    n, one = len(t), np.eye(len(t))
    unit = min(size, trust)
    low, high = np.maximum(-trust, -most - t) / unit, np.minimum(trust, most.sum() - t) / unit
    for tolerance in (1e-10, 1e-7):
        found = linprog(
            np.concatenate([np.zeros(n), np.ones(n), np.full(n, LACK)]),
            A_ub=np.block([[-slopes, 0 * one, -one], [one, -one, 0 * one]]),
            b_ub=np.concatenate([u - floors, -t]) / unit,
            A_eq=np.concatenate([np.ones(n), np.zeros(2 * n)])[None],
            b_eq=[-t.sum() / unit],
            bounds=[*zip(low, high, strict=True), *[(0, None)] * (2 * n)],
            method="highs",
            options={"primal_feasibility_tolerance": tolerance, "dual_feasibility_tolerance": tolerance},
        )
        if found.success:
            return t + unit * found.x[:n]
    raise NotSolvedError(f"The transfers were not found: {found.message}")
