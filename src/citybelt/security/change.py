r"""What a disruption changes, kept small: it becomes a shock of the spatial model only when it is solved.

    (V1)  a stop of trade      log d = log(1/FLOW)/theta         so that the kernel shrinks by FLOW
    (V2)  output lost          log A = log(1 - size) (1 - t)/va  so that unit cost rises by -log(1 - size)
    (V3)  dearer abroad        log A = -log(1 + size) (1 - t)/va of the partners
    (V4)  land set aside       log H = log(1 - size)
    (V5)  a longer way         log d = elasticity log(hours after / hours before), goods only

``va`` is the share of value added in output and ``t`` the tax on it, so that (V2, V3) move unit cost at given prices
of everything else, by (Q1) of ``production``. A stop is a large finite cost: whether the flow has gone is
looked at in the equilibrium, where prices have moved as well (``flow_left``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution
    from citybelt.model.accounts import Base, Shock, Theory

#: What is left of the kernel of a stopped flow.
FLOW = 1e-12
#: A flow has stopped when no more than this part of its base-year value is left.
GONE = 1e-6


@dataclass(frozen=True, eq=False)
class Change:
    """Fields that a disruption moves; None where it moves none.

    Attributes:
        stop: [J, N, N] true where trade stops: product, buyer, seller.
        longer: [N, N] log change of hours, buyer by seller; infinite where no way is left.
        dearness: elasticity of the iceberg cost of goods to hours.
        goods: [J] one where the product is a good, which ``longer`` bears on.
        log_A: [N, J] productivity of value added.
        log_H: [N, J] land of production.
        cap: emissions allowed to the cluster, Mt; met by a carbon price.
        carbon: [N] money per tonne, once the price is known.
    """

    stop: np.ndarray | None = None
    longer: np.ndarray | None = None
    dearness: float = 0.0
    goods: np.ndarray | None = None
    log_A: np.ndarray | None = None
    log_H: np.ndarray | None = None
    cap: float | None = None
    carbon: np.ndarray | None = None

    def __add__(self, other: Change) -> Change:
        """Both at once. Two budgets of carbon do not add up: the tighter one binds.

        Raises:
            ValueError: both make ways longer, of other goods or at another elasticity.
        """
        ways = [c for c in (self, other) if c.longer is not None]
        alike = self.dearness == other.dearness and np.array_equal(np.asarray(self.goods), np.asarray(other.goods))
        if len(ways) == 2 and not alike:
            raise ValueError("longer ways add up only for the same goods and the same elasticity")
        sums = {k: _sum(getattr(self, k), getattr(other, k)) for k in ("longer", "log_A", "log_H", "carbon")}
        stops = [c.stop for c in (self, other) if c.stop is not None]
        caps = [c.cap for c in (self, other) if c.cap is not None]
        return Change(
            stop=np.logical_or.reduce(stops) if stops else None,
            dearness=ways[0].dearness if ways else 0.0,
            goods=ways[0].goods if ways else None,
            cap=min(caps) if caps else None,
            **sums,
        )

    def stopped(self) -> np.ndarray | None:
        """[J, N, N] every flow that must be gone."""
        stop = self.stop
        if self.longer is not None and self.goods is not None and np.isinf(self.longer).any():
            cut = np.isinf(self.longer)[None] & (self.goods > 0)[:, None, None]
            stop = cut if stop is None else stop | cut
        return stop

    def shock(self, b: Base, th: Theory) -> Shock:
        """The change as a shock of the spatial model."""
        from citybelt.model.accounts import Shock

        z = Shock.zeros(b)
        fields: dict[str, Any] = {}
        if self.longer is not None and self.goods is not None:
            reached = np.where(np.isinf(self.longer), 0.0, self.longer)
            fields["log_d"] = self.dearness * self.goods[:, None, None] * reached
        if (stop := self.stopped()) is not None:
            cost = -np.log(FLOW) / np.asarray(th.theta)[:, None, None]
            fields["log_d"] = np.where(stop, cost, fields.get("log_d", 0.0))
        fields |= {k: v for k in ("log_A", "log_H", "carbon") if (v := getattr(self, k)) is not None}
        return z.replace(**fields)


def _sum(a: np.ndarray | None, b: np.ndarray | None) -> np.ndarray | None:
    return b if a is None else a if b is None else a + b


def flow_left(stop: np.ndarray | None, s: Solution) -> float:
    """The largest part of a stopped flow's base-year value that an equilibrium still has.

    Args:
        stop: [J, N, N] flows that must be gone, from ``Change.stopped``.
        s: an equilibrium.
    """
    if stop is None:
        return 0.0
    b, a = s.base, s.accounts
    j, n, i = np.nonzero(np.asarray(stop) & (np.asarray(b.share) > 0))
    if not len(j):
        return 0.0
    theta, log_d = np.asarray(s.theory.theta), np.asarray(s.shock.log_d)
    change = np.asarray(a.log_gate)[i, j] + log_d[j, n, i] - np.asarray(a.log_price)[n, j]
    spent = np.asarray(a.goods)[n, j] / np.asarray(b.spending)[n, j]
    return float((spent * np.exp(-theta[j] * change)).max())
