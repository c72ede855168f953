r"""A planning problem as data: whose welfare, which levers, under what.

    max_v  min_{g in goal} O_g(v)     subject to     O_r(v) >= least_r  or  O_r(v) <= most_r,     lower <= v <= upper

Everything that a planner wants or must keep is a row with a name and a unit. Rows of the equilibrium stand in one
vector, so that one batched adjoint gives all gradients; rows of the securities come from equilibria under
disruptions (``struck``); closed rows are linear in the levers' values, such as hectares of land.

    (P1)  ev         sum income0[g,o] (What[g,o] - 1)                         equivalent variation, billions a year
    (P2)  social     sum w N (EDE(y What) - EDE(y)),   EDE(y) = (sum w N y^(1-e) / sum w N)^(1/(1-e))
    (P3)  cost       what the levers cost, by payer, billions a year at base prices; subsidies as they are paid, and all
                     that governments hand to each other (``spending``)
    (P4)  co2        log emissions of the cluster over those of the base year
    (P5)  inequality log Theil index over its base-year value,   T = sum N y/Y log(y / (Y/N))
    (P6)  people, output, welfare of a group of regions: logs over the base year

``y`` is income per head of the people of a group and origin. (P2) is the income that, given to all alike, would be
as good as what they have: at an aversion ``e`` of zero it is (P1), at large ones it looks at the poorest only.
Sources: Atkinson (1970) for (P2), Theil (1967) for (P5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.dims import PAYERS
from citybelt.model import outcomes
from citybelt.model.economy import Economy
from citybelt.plan.solved.spending import handed

if TYPE_CHECKING:
    from citybelt.plan.solved.struck import Struck
    from citybelt.scenario.levers import Effects, Lever

#: Rows of the equilibrium that every problem has; those of groups follow.
ROWS = ("ev:cluster", "ev:nation", "social", "cost", *(f"cost:{p}" for p in PAYERS), "co2", "inequality")
#: What each group of regions has.
OF_GROUP = ("people", "output", "welfare")
#: Rows that are sums of money.
MONEY = ("ev:cluster", "ev:nation", "social", "cost")
TINY = 1e-300


class Frame(eqx.Module):
    """Which home regions the rows are about."""

    cluster: Float[Array, " H"]
    groups: Float[Array, "G H"]
    social: Float[Array, "2 H"]  # weight of a person by group and origin
    aversion: Float[Array, ""]


@dataclass(frozen=True)
class Bound:
    """A row that must be at least, or at most, a value.

    Attributes:
        row: name of the row.
        sense: "least" or "most".
        value: in the row's own unit, a logarithm for rows of logs.
        label_en, label_zh: what the planner calls it; '' for its plain name.
        owner: who answers for it; by: the year by which it should hold, a label.
    """

    row: str
    sense: Literal["least", "most"]
    value: float
    label_en: str = ""
    label_zh: str = ""
    owner: str = ""
    by: int = 0

    @property
    def sign(self) -> float:
        """One where more is better, minus one where less is."""
        return 1.0 if self.sense == "least" else -1.0

    @property
    def size(self) -> float:
        """What a violation is measured against: the value of a sum, one of a logarithm."""
        return max(abs(self.value), 1.0)

    def room(self, found: float) -> float:
        """How far a row is inside, relative to ``size``; negative where it is violated."""
        return self.sign * (found - self.value) / self.size


@dataclass(frozen=True)
class Problem:
    """What is maximised, by which levers, under what.

    Attributes:
        economy: the calibrated economy.
        levers: the levers that may be used, in the order of all arrays.
        effects: their effects, costs and curvatures (a draw, or central).
        frame: which regions the rows are about.
        groups: names of the groups of regions, in the order of ``frame.groups``.
        goal: rows of which the smallest is maximised; a minus before a name turns it round.
        bounds: what must be kept.
        closed: rows that are linear in the values of levers, [L] by name.
        struck: the securities that bounds or goals speak of.
        lower: [L] least value of each lever, zero if None.
    """

    economy: Economy
    levers: tuple[Lever, ...]
    effects: Effects
    frame: Frame
    groups: tuple[str, ...]
    goal: tuple[str, ...]
    bounds: tuple[Bound, ...]
    closed: Mapping[str, np.ndarray] = field(default_factory=dict)
    struck: Struck | None = None
    lower: np.ndarray | None = None

    @cached_property
    def upper(self) -> np.ndarray:
        return np.array([lever.card.upper for lever in self.levers])

    @cached_property
    def least(self) -> np.ndarray:
        """[L] least value of each lever."""
        return np.zeros(len(self.levers)) if self.lower is None else np.asarray(self.lower, float)

    @cached_property
    def solved(self) -> tuple[str, ...]:
        """Rows of the equilibrium, in the order of ``outcome``."""
        return (*ROWS, *(f"{what}:{g}" for what in OF_GROUP for g in self.groups))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All rows: of the equilibrium, of the securities, closed ones, and each lever as a part of its bound."""
        security = () if self.struck is None else tuple(self.struck.names)
        return (*self.solved, *security, *self.closed, *(f"lever:{lever.id}" for lever in self.levers))

    @cached_property
    def place(self) -> dict[str, int]:
        """Where a row stands among all."""
        return {name: k for k, name in enumerate(self.names)}

    @cached_property
    def straight(self) -> np.ndarray:
        """[M, L] slopes of rows that are linear in the values themselves."""
        slopes = np.zeros((len(self.names), len(self.levers)))
        for name, row in self.closed.items():
            slopes[self.place[name]] = row
        for k, lever in enumerate(self.levers):
            slopes[self.place[f"lever:{lever.id}"], k] = 1.0 / lever.card.upper
        return slopes

    @cached_property
    def wanted(self) -> tuple[tuple[int, float], ...]:
        """The goal's rows with their signs."""
        return tuple((self.place[g.removeprefix("-")], -1.0 if g.startswith("-") else 1.0) for g in self.goal)

    @cached_property
    def handed(self) -> np.ndarray:
        """[rows of the equilibrium, L] what one unit of a response hands to other governments, in the rows of cost."""
        slopes = np.zeros((len(self.solved), len(self.levers)))
        first = self.place["cost"]
        slopes[first + 1 : first + 1 + len(PAYERS)] = handed(self.levers)
        slopes[first] = slopes[first + 1 : first + 1 + len(PAYERS)].sum(axis=0)
        return slopes

    @property
    def budget(self) -> float:
        """Billions a year that all payers may spend together; infinite without a bound."""
        return min((b.value for b in self.bounds if b.row == "cost" and b.sense == "most"), default=np.inf)

    def within(self, budget: float) -> Problem:
        """The same problem with another budget."""
        rest = tuple(b for b in self.bounds if (b.row, b.sense) != ("cost", "most"))
        old = next((b for b in self.bounds if (b.row, b.sense) == ("cost", "most")), Bound("cost", "most", budget))
        return replace(self, bounds=(replace(old, value=budget), *rest))

    def value(self, found: np.ndarray) -> float:
        """The goal at a vector of all rows."""
        return float(min(sign * found[k] for k, sign in self.wanted))


def outcome(b, th, z, a, frame: Frame) -> Float[Array, " M"]:
    """(P1) to (P6) Rows of the equilibrium, in the order of ``Problem.solved``.

    What governments hand to each other is not in the costs yet: it is known from responses alone (``Problem.handed``).
    """
    h = b.n_home
    heads = b.people.sum(axis=(0, 1)), a.residents.sum(axis=0)
    registered = b.people.sum(axis=2)
    real = b.income_by_origin * jnp.exp(a.log_welfare)
    ev = [outcomes.equivalent_variation(b, th, z, a, w) for w in (frame.cluster, jnp.ones_like(frame.cluster))]
    social = _social(registered * frame.social, registered, b.income_by_origin, real, frame.aversion)
    newcomers = heads[1] - a.stayed.sum(axis=0)
    cost = z.purchase.sum(axis=(1, 2)) + (z.service @ newcomers) * 1e-6 + a.subsidy.sum(axis=1)
    emitted = outcomes.emissions(b, a)[:h] @ frame.cluster
    before = b.co2[:h] @ frame.cluster
    inside = registered * frame.cluster
    theil = outcomes.theil(inside, registered, real), outcomes.theil(inside, registered, b.income_by_origin)
    va = b.value_added.sum(axis=1)[:h]
    people = jnp.log(frame.groups @ heads[1]) - jnp.log(frame.groups @ heads[0])
    output = jnp.log(frame.groups @ (va * outcomes.real_output(b, a)[:h])) - jnp.log(frame.groups @ va)
    welfare = frame.groups @ jnp.sum(registered * a.log_welfare, axis=0) / (frame.groups @ registered.sum(axis=0))
    ratio = lambda now, then: jnp.log((now + TINY) / (then + TINY))  # noqa: E731  zero over zero is no change
    whole = jnp.stack([*ev, social, cost.sum(), *cost, ratio(emitted, before), ratio(*theil)])
    return jnp.concatenate([whole, people, output, welfare])


def _social(weight: Array, persons: Array, before: Array, after: Array, aversion: Array) -> Array:
    """(P2) billions a year."""
    part = weight / jnp.sum(weight)
    power = 1.0 - aversion
    log_like = jnp.abs(power) < 1e-6
    safe = jnp.where(log_like, 1.0, power)

    def equal(income: Array) -> Array:
        each = outcomes.per_head(income, persons)
        mean = jnp.sum(part * each)
        logs = jnp.exp(jnp.sum(part * jnp.log(each / mean)))
        return mean * jnp.where(log_like, logs, jnp.sum(part * (each / mean) ** safe) ** (1.0 / safe))

    return jnp.sum(weight) * (equal(after) - equal(before))


def make(params, levers, theory):
    """The shock of responses and payments of levers, see ``scenario.levers.assemble``."""
    from citybelt.scenario.levers import assemble

    sizes, paid = params
    return theory, assemble(levers, sizes, paid)
