"""An economy as a field of ``rivalry``: payoffs of players are the equivalent variation of those registered there.

Costs of levers are those of their cards, at the prices and numbers of people of the base year, so that each player's
budget is known before anybody moves. What is spent is bought in the economy and paid by whom the cards name: a
player whose levers are paid in part by the centre or by others does not feel that part of their cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.engine.adjoint import differentiate
from citybelt.engine.solve import Solution, solve
from citybelt.model.economy import Economy
from citybelt.model.spatial import SPATIAL
from citybelt.plan.problem import make
from citybelt.scenario.levers import Effects, Lever
from citybelt.separate.rivalry import Bends, Seen


def gains(b, th, z, a, registered):
    """Equivalent variation of the people registered with each player, billions a year [P]."""
    return registered @ jnp.sum(b.income_by_origin * jnp.expm1(a.log_welfare), axis=0)


@jax.jit
def _shock(levers, sizes, paid, theory):
    return make((sizes, paid), levers, theory)


@dataclass(frozen=True)
class Arena:
    """Players, their levers and budgets, on an economy.

    Attributes:
        levers, effects: of all players, in the order of all arrays.
        owner: [L] who holds each lever.
        registered: [P, H] ones where a home region is a player's.
        budgets: [P] billions a year.
    """

    economy: Economy
    levers: tuple[Lever, ...]
    effects: Effects
    owner: np.ndarray
    registered: np.ndarray
    budgets: np.ndarray

    @cached_property
    def upper(self) -> np.ndarray:
        return np.array([lever.card.upper for lever in self.levers])

    @cached_property
    def _curves(self) -> tuple[np.ndarray, ...]:
        field = lambda name: np.array([float(getattr(lever, name)) for lever in self.levers])  # noqa: E731
        e, scale, anchor = self.effects, field("scale"), field("anchor")
        size, power, unit, charge = (np.asarray(a) for a in (e.size, e.exponent, e.unit_cost, e.charge))
        whole = np.where(anchor > 0, anchor, 1.0)
        per_unit = np.where(anchor > 0, _bend(whole, scale, power) / whole, 1.0)
        return size / per_unit, power, scale, unit, charge, field("charge_scale")

    def bends(self, values: np.ndarray) -> Bends:
        """Responses and costs of all levers with two derivatives each; the closed form of ``scenario.levers``."""
        size, power, scale, unit, charge, charge_scale = self._curves
        at, to = 1.0 + values / scale, 1.0 + values / charge_scale
        return Bends(
            size * _bend(values, scale, power),
            unit * _bend(values, charge_scale, charge),
            size * at ** (power - 1),
            unit * to ** (charge - 1),
            size * (power - 1) / scale * at ** (power - 2),
            unit * (charge - 1) / charge_scale * to ** (charge - 2),
        )

    def solve(self, values: np.ndarray, near: Any = None) -> Solution:
        """The equilibrium of a mix of all levers.

        Raises:
            NotSolvedError: naming the worst market and region.
        """
        e, bends = self.economy, self.bends(np.asarray(values, float))
        sizes, paid = jnp.asarray(bends.response), jnp.asarray(bends.cost)
        _, shock = _shock(self.levers, sizes, paid, e.theory)
        return solve(SPATIAL, e.base, e.theory, shock, e.closure, near).require(e.place)

    def look(self, values: np.ndarray, weight: np.ndarray, near: Any = None) -> Seen:
        """Payoffs of all players at a mix, with the exact slopes of their weighted sum.

        Raises:
            NotSolvedError: the equilibrium or its adjoint was not solved.
        """
        s, bends = self.solve(values, near), self.bends(np.asarray(values, float))
        params = jnp.asarray(bends.response), jnp.asarray(bends.cost)
        units = np.asarray(weight, float)[None]
        found, (rise, fall) = differentiate(
            gains, make, s, params, self.levers, jnp.asarray(self.registered, float), units
        )
        return Seen(np.asarray(found), np.asarray(rise)[0], np.asarray(fall)[0], s.state)


def _bend(values: np.ndarray, scale: np.ndarray, power: np.ndarray) -> np.ndarray:
    """(L1) of ``scenario.levers`` in plain numbers."""
    log = np.log1p(values / scale)
    safe = np.where(power == 0, 1.0, power)
    return scale * np.where(power == 0, log, np.expm1(safe * log) / safe)
