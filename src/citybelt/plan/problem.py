"""A planning problem as data: whose welfare, which levers, which budget, which floors.

    max_v  EV(v)     subject to   cost(v) <= budget,   outcome_k(v) >= floor_k,   0 <= v <= upper

``EV`` is the equivalent variation of the people registered in the planned regions, or in the whole nation, net of
what they pay. Outcomes of an equilibrium stand in one vector, so that one batched adjoint gives all gradients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.model import outcomes
from citybelt.model.economy import Economy

if TYPE_CHECKING:
    from citybelt.scenario.levers import Effects, Lever

OBJECTIVES = ("cluster", "nation")
#: Where the cost stands among the outcomes, between the objectives and the floors.
COST = len(OBJECTIVES)


class Weights(eqx.Module):
    """Which home regions an outcome is about."""

    cluster: Float[Array, " H"]
    provinces: Float[Array, "P H"]


@dataclass(frozen=True)
class Problem:
    """Whose welfare is maximised, by which levers, under what.

    Attributes:
        economy: the calibrated economy.
        levers: the levers that may be used, in the order of all arrays.
        effects: their effects, costs and curvatures (a draw, or central).
        weights: the planned regions and their provinces.
        provinces: names of the provinces that have floors.
        objective: "cluster" or "nation".
        budget: billions a year at base prices, all payers together.
        floor: residents and output of each province relative to the base year, [2, P].
    """

    economy: Economy
    levers: tuple[Lever, ...]
    effects: Effects
    weights: Weights
    provinces: tuple[str, ...]
    objective: str
    budget: float
    floor: np.ndarray

    @property
    def upper(self) -> np.ndarray:
        return np.array([lever.card.upper for lever in self.levers])

    @property
    def names(self) -> list[str]:
        """Outcomes in the order of their vector."""
        return [*OBJECTIVES, "cost", *(f"people:{p}" for p in self.provinces), *(f"output:{p}" for p in self.provinces)]


def outcome(b, th, z, a, weights: Weights) -> Float[Array, " M"]:
    """EV of the cluster and of the nation, cost (billions a year), log people and log output of each province."""
    heads = b.people.sum(axis=(0, 1)), a.residents.sum(axis=0)
    va = b.value_added.sum(axis=1)[: b.n_home]
    real = outcomes.real_output(b, a)[: b.n_home]
    newcomers = heads[1] - a.stayed.sum(axis=0)
    cost = jnp.sum(z.purchase) + jnp.sum(z.service * newcomers) * 1e-6
    ev = [outcomes.equivalent_variation(b, th, z, a, w) for w in (weights.cluster, jnp.ones_like(weights.cluster))]
    people = jnp.log(weights.provinces @ heads[1]) - jnp.log(weights.provinces @ heads[0])
    output = jnp.log(weights.provinces @ (va * real)) - jnp.log(weights.provinces @ va)
    return jnp.concatenate([jnp.stack([*ev, cost]), people, output])


def make(params, levers, theory):
    """The shock of responses and payments of levers, see ``scenario.levers.assemble``."""
    from citybelt.scenario.levers import assemble

    sizes, paid = params
    return theory, assemble(levers, sizes, paid)
