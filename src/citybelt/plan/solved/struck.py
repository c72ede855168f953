r"""Securities as rows of a plan: what the cluster would lose under their worst disruptions, with exact slopes.

A disruption ``d`` strikes what the plan has made of the year, with the elasticities and the closure of a year:

    (K1)  L_d(v) = 100 ( W(z(v)) - W(z(v) + c_d) ),   W log welfare of the cluster's people, z the shock of the plan
    (K2)  dL_d   = 100 ( W_z(before) - W_z(after) ) z_v,     each W_z from one adjoint system
    (K3)  a budget of carbon:  E(z, p) = cap  gives  p_v = -E_v / E_p,  so that  dL = ( L_z + L_p p_z ) z_v

The loss of a security is the largest of many ``L_d``, which has kinks. So every disruption that comes near the worst
is a row of its own, and a bound on the security binds each of them: rows are smooth, and multipliers add up to the
price of the security. Which disruptions those are is found by solving all of them, at the base year and again under
the plan (``screen``); one that is worst only there joins the rows, and the plan is made again.

The price of the budget of carbon is found by Broyden's update of the last slope, each equilibrium starting from the
one before. Where the plan itself stays below the budget, the loss and its slopes are zero.
Sources: Danskin (1967) for the slope of a maximum; Broyden (1965).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.engine.adjoint import differentiate
from citybelt.engine.response import of_shock
from citybelt.engine.shadow import ACCURACY
from citybelt.errors import InputError, NotSolvedError
from citybelt.errors import Problem as Wrong
from citybelt.model.outcomes import emissions, welfare
from citybelt.security.budget import emissions_of, price_of
from citybelt.security.change import GONE, flow_left
from citybelt.security.loss import measure
from citybelt.security.table import SECURITIES

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.engine.solve import Solution
    from citybelt.geo.network import Network
    from citybelt.model.accounts import Shock, State
    from citybelt.model.economy import Economy
    from citybelt.plan.solved.problem import Bound
    from citybelt.result import Progress
    from citybelt.scenario.levers import Lever
    from citybelt.security.kinds import Disruption
    from citybelt.security.table import Family

#: A disruption is a row if its loss comes within this part of the worst of its security.
CLOSE = 0.15
#: Rows of a security at most, when they are first chosen.
MOST = 3
#: Steps to the price of a budget of carbon before it is sought by bracketing.
STEPS = 8


class Near(NamedTuple):
    """What an earlier look leaves for one nearby: the state of a row, its price of carbon and dE/dp there."""

    state: State
    price: float = 0.0
    slope: float = 0.0


@dataclass(frozen=True, eq=False)
class Struck:
    """Securities of a cluster, ready to be looked at under any mix of levers.

    Attributes:
        economy: with the elasticities and the closure of a year.
        cluster: [H] one for the cluster.
        securities: which of the five.
        found: every disruption of theirs.
        losses: [D] at the base year, per cent; NaN where a disruption was not solved.
        active: numbers of the disruptions that are rows, by security.
    """

    economy: Economy
    cluster: np.ndarray
    securities: tuple[str, ...]
    found: tuple[Disruption, ...]
    losses: np.ndarray
    active: tuple[int, ...]

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        securities: Sequence[str] = SECURITIES,
        closure: Mapping[str, str] | None = None,
        rows: Sequence[Family] | None = None,
        network: Network | None = None,
        tell: Progress | None = None,
    ) -> Struck:
        """Unfold the disruptions of some securities over a world and solve them all once.

        Args:
            dataset: the world.
            securities: of the five.
            closure: of the plan; people and capital stay where they are within the year anyhow.
            rows: families of disruptions, those of the package unless given.
            network: routes of freight, those of the base year unless given.
            tell: told of the disruptions solved.

        Raises:
            InputError: an unknown security, or one without any disruption in this world.
            NotSolvedError: no disruption of a security was solved.
        """
        from citybelt.security.kinds import disruptions
        from citybelt.security.stress import within_a_year

        unknown = [s for s in securities if s not in SECURITIES]
        if unknown:
            known = f"One of: {', '.join(SECURITIES)}."
            raise InputError([Wrong(f"security {s!r}", "is unknown.", known) for s in unknown])
        economies, field = within_a_year(dataset, closure, network)
        found = tuple(d for d in disruptions(field, rows) if d.family.security in securities)
        return cls.among(economies["value"], field.cluster, securities, found, tell)

    @classmethod
    def among(
        cls,
        economy: Economy,
        cluster: np.ndarray,
        securities: Sequence[str],
        found: Sequence[Disruption],
        tell: Progress | None = None,
    ) -> Struck:
        """The same from an economy and its disruptions."""
        kept = tuple(s for s in SECURITIES if s in securities)
        empty = [s for s in kept if not any(d.family.security == s for d in found)]
        if empty:
            raise InputError([Wrong(f"security {s!r}", "this world has no disruption of it.") for s in empty])
        plain = cls(economy, np.asarray(cluster, float), kept, tuple(found), np.full(len(found), np.nan), ())
        losses = plain.all_losses(economy.zeros, tell)
        return replace(plain, losses=losses, active=plain.near_worst(losses))

    @cached_property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Security and disruption of every row."""
        return tuple((self.found[k].family.security, self.found[k].id) for k in self.active)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the rows among those of a plan."""
        return tuple(f"security:{security}:{id}" for security, id in self.rows)

    def of_security(self, security: str) -> tuple[str, ...]:
        """Names of the rows of one security."""
        return tuple(name for name, (own, _) in zip(self.names, self.rows, strict=True) if own == security)

    def worst(self, security: str, losses: np.ndarray | None = None) -> float:
        """The worst loss of a security, per cent; today's unless losses [D] under a plan are given."""
        losses = self.losses if losses is None else losses
        return float(np.nanmax([x for x, d in zip(losses, self.found, strict=True) if d.family.security == security]))

    def disruption(self, name: str) -> Disruption:
        """The disruption of a row."""
        return self.found[self.active[self.names.index(name)]]

    def bounds(self, security: str, most: float, **said: Any) -> tuple[Bound, ...]:
        """A bound on a security, per cent: one for every row of it.

        Args:
            said: further fields of each ``Bound``, such as its labels.
        """
        from citybelt.plan.solved.problem import Bound

        return tuple(Bound(name, "most", most, **said) for name in self.of_security(security))

    def look(
        self, levers: Sequence[Lever], sizes: Any, paid: Any, shock: Shock, near: Mapping[str, Near] | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Near]]:
        """(K1) to (K3) The loss of every row under a mix of levers, and its slopes.

        Args:
            levers: those of the plan.
            sizes, paid: [L] their responses and payments.
            shock: the shock that these make.
            near: what an earlier look nearby returned.

        Returns:
            Loss [M] per cent, slopes to responses and to payments [M, L] each, and what helps the next look.

        Raises:
            NotSolvedError: an equilibrium was not reached, or trade not stopped.
        """
        near = near or {}
        start = near["before"].state if "before" in near else None
        before = self.economy.solve(shock, start)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # a solve keeps about one core busy
            first = pool.submit(self._slope, before)
            parts = list(pool.map(lambda k: self._row(k, before, near.get(self.found[k].id)), self.active))
            was, falls = first.result()
        fields = jax.tree.map(
            lambda one, *rest: 100.0 * (one[None] - jnp.stack(rest)), falls, *(slopes for _, slopes, _ in parts)
        )
        by_size, by_paid = _by_lever(tuple(levers), jnp.asarray(sizes), jnp.asarray(paid), fields)
        lost = 100.0 * (was - np.array([now for now, _, _ in parts]))
        kept = {self.found[k].id: here for k, (_, _, here) in zip(self.active, parts, strict=True)}
        return lost, np.asarray(by_size), np.asarray(by_paid), kept | {"before": Near(before.state)}

    def _slope(self, s: Solution) -> tuple[float, Shock]:
        """Log welfare of the cluster and its slope to every field of the shock."""
        values, grads = differentiate(_measures, of_shock, s, s.shock, extra=self.cluster, units=np.eye(2)[:1])
        return float(values[0]), jax.tree.map(lambda leaf: leaf[0], grads)

    def _row(self, k: int, before: Solution, near: Near | None) -> tuple[float, Shock, Near]:
        """What the cluster has after a disruption, its slope to every field of the plan's shock, and where it is."""
        d, e = self.found[k], self.economy
        if d.change.cap is not None:
            return self._capped(d, before, near)
        start = before.state if near is None else near.state
        after = e.solve(before.shock + d.change.shock(e.base, e.theory), start)
        left = flow_left(d.change.stopped(), after)
        if left > GONE:
            raise NotSolvedError(f"{d.name_en}: trade was not stopped, {left:.1e} of a flow is left.")
        return *self._slope(after), Near(after.state)

    def _capped(self, d: Disruption, before: Solution, near: Near | None) -> tuple[float, Shock, Near]:
        """(K3) A budget of carbon, met by a price for everybody in the cluster."""
        e, cap = self.economy, float(d.change.cap or 0.0)
        if emissions_of(before, self.cluster) <= cap * (1.0 + ACCURACY):
            return *self._slope(before), Near(before.state)
        rest = before.shock + d.change.shock(e.base, e.theory)
        who = jnp.asarray(np.concatenate([self.cluster, np.zeros(e.base.shape[0] - len(self.cluster))]))
        at = lambda p, x0: e.solve(rest.replace(carbon=rest.carbon + p * who), x0)  # noqa: E731
        price, after = self._price(cap, at, before, near)
        values, grads = differentiate(_measures, of_shock, after, after.shock, extra=self.cluster)
        by_price = np.asarray(grads.carbon @ who)
        share = by_price[0] / by_price[1]
        slope = jax.tree.map(lambda leaf: leaf[0] - share * leaf[1], grads)
        return float(values[0]), slope, Near(after.state, price, float(by_price[1]))

    def _price(self, cap: float, at: Any, before: Solution, near: Near | None) -> tuple[float, Solution]:
        """The price that meets a budget, and its equilibrium."""
        if near is not None and near.slope < 0:
            price, slope, state = near.price, near.slope, near.state
            over, last = None, 0.0
            for _ in range(STEPS):
                s = at(price, state)
                now = emissions_of(s, self.cluster) - cap
                if abs(now) <= ACCURACY * cap:
                    return price, s
                if over is not None and price != last:
                    slope = (now - over) / (price - last)
                if not slope < 0:
                    break
                over, last, state = now, price, s.state
                price = max(price - now / slope, 0.0)
        return price_of(cap, lambda p: at(p, before.state), self.cluster)

    def all_losses(self, shock: Shock, tell: Progress | None = None) -> np.ndarray:
        """[D] per cent, the loss under every disruption on top of a shock; NaN where one was not solved.

        Raises:
            NotSolvedError: the equilibrium before any disruption was not reached.
        """
        before = self.economy.solve(shock)
        lost = []
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            each = pool.map(lambda d: measure(self.economy, before, d, self.cluster).cluster, self.found)
            for number in each:
                lost.append(number)
                if tell is not None:
                    tell("disruptions", len(lost), len(self.found))
        return np.array(lost)

    def near_worst(self, losses: np.ndarray) -> tuple[int, ...]:
        """Disruptions whose loss is the worst of their security or comes close to it, by security.

        Raises:
            NotSolvedError: no disruption of a security was solved.
        """
        chosen: list[int] = []
        for security in self.securities:
            own = np.array([k for k, d in enumerate(self.found) if d.family.security == security])
            own = own[np.isfinite(losses[own])]
            if not len(own):
                raise NotSolvedError(f"No disruption of the security {security!r} was solved.")
            own = own[np.argsort(-losses[own], kind="stable")][:MOST]
            worst = losses[own[0]]
            chosen += [int(k) for k in own if losses[k] >= worst - CLOSE * abs(worst)]
        return tuple(chosen)

    def screen(self, shock: Shock, tell: Progress | None = None) -> tuple[Struck, np.ndarray]:
        """Solve every disruption on top of a plan, and let those join the rows that are worse than any row there.

        Args:
            shock: of the plan.
            tell: told of the disruptions solved.

        Returns:
            Itself if every worst one is a row already, else one with more rows; and [D] the losses under the plan.
        """
        losses = self.all_losses(shock, tell)
        more = [k for k in self.near_worst(losses) if self._worst_of(k, losses) and k not in self.active]
        order = {s: n for n, s in enumerate(self.securities)}
        both = sorted((*self.active, *more), key=lambda k: order[self.found[k].family.security])
        return (replace(self, active=tuple(both)) if more else self), losses

    def having(self, names: Sequence[str]) -> Struck:
        """The same with further rows, by their names; names of other securities are passed over."""
        wanted = {name.split(":", 2)[2] for name in names}
        more = {k for k, d in enumerate(self.found) if d.id in wanted}
        order = {s: n for n, s in enumerate(self.securities)}
        both = sorted({*self.active, *more}, key=lambda k: (order[self.found[k].family.security], k))
        return replace(self, active=tuple(both)) if more - {*self.active} else self

    def _worst_of(self, k: int, losses: np.ndarray) -> bool:
        security = self.found[k].family.security
        rows = [losses[r] for r in self.active if self.found[r].family.security == security]
        return bool(losses[k] > np.nanmax(rows)) if np.isfinite(rows).any() else True


def _measures(b: Any, th: Any, z: Any, a: Any, cluster: jax.Array) -> jax.Array:
    """Log welfare of the cluster's people, and its emissions in Mt."""
    return jnp.stack([welfare(b, th, z, a, cluster), emissions(b, a)[: cluster.size] @ cluster])


@jax.jit
def _by_lever(levers: tuple[Lever, ...], sizes: jax.Array, paid: jax.Array, fields: Shock) -> tuple:
    """Slopes to the fields of a shock, with a leading axis of rows, as slopes to responses and payments."""
    from citybelt.scenario.levers import assemble

    _, pull = jax.vjp(lambda s, p: assemble(levers, s, p), sizes, paid)
    return jax.vmap(pull)(fields)
