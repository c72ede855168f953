r"""An economy as a field of ``rivalry``: payoffs of players are the equivalent variation of those registered there.

Costs of levers are those of their cards, at the prices and numbers of people of the base year, so that each player's
budget is known before anybody moves. What is spent is bought in the economy and paid by whom the cards name: a
player whose levers are paid in part by the centre or by others does not feel that part of their cost.

A subsidy moves money and buys nothing, but a government has to find that money. So a budget counts its bill (Q4) as
well, at the output of the base year and for each lever alone,

    (A1)  cost_l(v) = bought_l(v) + sum_nj Y0_nj s_nj / (1 - s_nj),      s_nj = response_l(v) sum_p D_pnj

with ``D`` the rates of one unit of response, a share of what makers get. That is the bill up to the change of output
and to the rates of other levers; what is paid in the equilibrium is the bill there, and stands in its accounts.

All levers' directions are stacked by field, so that one program serves any number of levers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from citybelt.engine.adjoint import differentiate
from citybelt.engine.solve import Solution, solve
from citybelt.model.accounts import Shock
from citybelt.model.economy import Economy
from citybelt.model.spatial import SPATIAL
from citybelt.scenario.levers import Effects, Lever
from citybelt.separate.rivalry import Bends, Seen


class Stack(eqx.Module):
    """Directions, purchases and services of many levers: by field, which levers have it and what one unit does.

    ``dense`` and ``paid`` hold (levers [k], arrays [k, ...]); ``pairs`` hold (levers [k], pairs [k, N, N], sectors
    [k, J]). ``dense`` and ``pairs`` go with responses, ``paid`` with what is paid.
    """

    dense: dict[str, tuple[Any, Any]]
    pairs: dict[str, tuple[Any, Any, Any]]
    paid: dict[str, tuple[Any, Any]]

    @classmethod
    def of(cls, levers: Sequence[Lever]) -> Stack:
        """The stack of a sequence of levers."""
        dense: dict[str, tuple[Any, Any]] = {}
        pairs: dict[str, tuple[Any, Any, Any]] = {}
        paid: dict[str, tuple[Any, Any]] = {}
        names = [n for n in levers[0].direction.__dataclass_fields__ if not n.endswith(("_pair", "_mask"))]
        for name in names:
            _gather(dense, name, [getattr(lever.direction, name) for lever in levers])
        for field, prefix in (("log_d", "d"), ("d_tariff", "tariff")):
            with_it = [k for k, lever in enumerate(levers) if getattr(lever.direction, f"{prefix}_pair") is not None]
            if with_it:
                each = [np.asarray(getattr(levers[k].direction, f"{prefix}_pair")) for k in with_it]
                masks = [np.asarray(getattr(levers[k].direction, f"{prefix}_mask")) for k in with_it]
                which = np.repeat(with_it, [len(p) for p in each])
                pairs[field] = (which, np.concatenate(each), np.concatenate(masks))
        for name in ("purchase", "service", "withheld"):
            _gather(paid, name, [getattr(lever, name) for lever in levers])
        return cls(dense, pairs, paid)


def _gather(into: dict[str, tuple[Any, Any]], name: str, arrays: Sequence[Any]) -> None:
    which = [k for k, array in enumerate(arrays) if array is not None]
    if which:
        into[name] = np.array(which), np.stack([np.asarray(arrays[k]) for k in which])


def make(params: Any, data: Any, theory: Any) -> tuple[Any, Shock]:
    """The shock of responses [L] and of what is paid [L], linear in both.

    Args:
        params: responses and payments; data: the stack and a shock of zeros.
    """
    (sizes, paid), (stack, zeros) = params, data
    fields = {name: jnp.tensordot(sizes[k], unit, 1) for name, (k, unit) in stack.dense.items()}
    for name, (k, pair, mask) in stack.pairs.items():
        fields[name] = jnp.einsum("t,tj,tni->jni", sizes[k], mask, pair)
    spent = {name: jnp.tensordot(paid[k], unit, 1) for name, (k, unit) in stack.paid.items()}
    if "withheld" in spent:
        fields["log_h"] = fields.get("log_h", zeros.log_h) - spent.pop("withheld")
    return theory, zeros.replace(**fields, **spent)


_make = jax.jit(make)


def gains(b, th, z, a, registered):
    """Equivalent variation of the people registered with each player, billions a year [P]."""
    return registered @ jnp.sum(b.income_by_origin * jnp.expm1(a.log_welfare), axis=0)


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
    def stack(self) -> Stack:
        return Stack.of(self.levers)

    def bill(self, response: np.ndarray) -> np.ndarray:
        """(A1) [3, L] what responses hand to makers at the output of the base year, billions a year, and two slopes."""
        found = np.zeros((3, len(self.levers)))
        if "subsidy" in self.stack.dense:
            which, rates = self.stack.dense["subsidy"]
            rate, size = np.asarray(rates).sum(axis=1), np.asarray(response)[which, None, None]
            keep, made = 1.0 - size * rate, np.asarray(self.economy.base.output)
            parts = size * rate / keep, rate / keep**2, 2.0 * rate**2 / keep**3
            found[:, which] = [np.einsum("knj,nj->k", part, made) for part in parts]
        return found

    @cached_property
    def _curves(self) -> tuple[np.ndarray, ...]:
        field = lambda name: np.array([float(getattr(lever, name)) for lever in self.levers])  # noqa: E731
        e, scale, anchor = self.effects, field("scale"), field("anchor")
        size, power, unit, charge = (np.asarray(a) for a in (e.size, e.exponent, e.unit_cost, e.charge))
        whole = np.where(anchor > 0, anchor, 1.0)
        per_unit = np.where(anchor > 0, _bend(whole, scale, power) / whole, 1.0)
        return size / per_unit, power, scale, unit, charge, field("charge_scale")

    def bends(self, values: np.ndarray) -> Bends:
        """Responses and costs (A1) of all levers with two derivatives each, as in ``scenario.levers``."""
        size, power, scale, unit, charge, charge_scale = self._curves
        at, to = 1.0 + values / scale, 1.0 + values / charge_scale
        response = size * _bend(values, scale, power)
        first, second = size * at ** (power - 1), size * (power - 1) / scale * at ** (power - 2)
        bill, rise, bend = self.bill(response)
        return Bends(
            response,
            unit * _bend(values, charge_scale, charge) + bill,
            first,
            unit * to ** (charge - 1) + rise * first,
            second,
            unit * (charge - 1) / charge_scale * to ** (charge - 2) + rise * second + bend * first**2,
        )

    def bought(self, values: np.ndarray) -> np.ndarray:
        """[L] what is bought for every lever, its cost without the bill of subsidies."""
        bends = self.bends(np.asarray(values, float))
        return bends.cost - self.bill(bends.response)[0]

    def solve(self, values: np.ndarray, near: Any = None) -> Solution:
        """The equilibrium of a mix of all levers.

        Raises:
            NotSolvedError: naming the worst market and region.
        """
        e, values = self.economy, np.asarray(values, float)
        params = jnp.asarray(self.bends(values).response), jnp.asarray(self.bought(values))
        _, shock = _make(params, (self.stack, e.zeros), e.theory)
        return solve(SPATIAL, e.base, e.theory, shock, e.closure, near).require(e.place)

    def look(self, values: np.ndarray, weights: np.ndarray, near: Any = None) -> Seen:
        """Payoffs of all players at a mix, with the exact slopes of their weighted sums [k, P].

        Raises:
            NotSolvedError: the equilibrium or its adjoint was not solved.
        """
        values = np.asarray(values, float)
        s, bends = self.solve(values, near), self.bends(values)
        params = jnp.asarray(bends.response), jnp.asarray(self.bought(values))
        data, units = (self.stack, self.economy.zeros), np.asarray(weights, float)
        found, (rise, fall) = differentiate(gains, make, s, params, data, jnp.asarray(self.registered, float), units)
        # A response at a given cost leaves less of it to buy with by its bill.
        fall = np.asarray(fall)
        return Seen(np.asarray(found), np.asarray(rise) - fall * self.bill(bends.response)[1], fall, s.state)


def _bend(values: np.ndarray, scale: np.ndarray, power: np.ndarray) -> np.ndarray:
    """(L1) of ``scenario.levers`` in plain numbers."""
    log = np.log1p(values / scale)
    safe = np.where(power == 0, 1.0, power)
    return scale * np.where(power == 0, log, np.expm1(safe * log) / safe)
