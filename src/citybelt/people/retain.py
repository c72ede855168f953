r"""How much of a region's departures would have to stay for it to reach a population.

    (N1)  persons(T; rho) of the region = target,   a share rho of those of the chosen ages who'd leave stays instead

``rho`` is found by Brent's method; population rises in it. Nothing says how people are made to stay: (N1) measures
the size of the task.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float
from scipy.optimize import brentq

from citybelt.errors import NotSolvedError
from citybelt.people.cohort import project
from citybelt.people.record import Moves, Vital


def kept(moves: Moves, region: int, share: Array | float, kinds: Float[Array, " M"] | float = 1.0) -> Moves:
    """The moves where ``share`` of those who'd leave a region stay, for kinds of moves that count (0..1 each)."""
    row = moves.share[region]
    leave = jnp.where(jnp.arange(row.shape[0])[:, None] == region, 0.0, row)
    held = share * jnp.broadcast_to(jnp.asarray(kinds, float), moves.nu.shape)
    stay = row[region] + (leave * held).sum(axis=0)
    return eqx.tree_at(lambda m: m.share, moves, moves.share.at[region].set((leave * (1 - held)).at[region].set(stay)))


def retention(
    persons: Float[Array, "R S A E"],
    vital: Vital,
    moves: Moves,
    steps: int,
    region: int,
    target: float,
    kinds: Float[Array, " M"] | float = 1.0,
    abroad: Array | float = 0.0,
) -> float:
    """(N1) Share of a region's departures that must stay for ``target`` persons after ``steps`` steps.

    Args:
        persons, vital, moves, steps, abroad: see `cohort.project`; rates and values stay those of the base year.
        region: which region.
        target: persons wanted there at the end.
        kinds: which kinds of moves (ages) are held back, 0..1 each.

    Returns:
        The share, 0 to 1; below zero where the region would be larger than the target and more would have to leave.

    Raises:
        NotSolvedError: not even if all of them stay, or if twice as many leave, is the target met.
    """

    @jax.jit
    def miss(share: Array) -> Array:
        later = project(persons, vital, kept(moves, region, share, kinds), steps, abroad=abroad)
        return later[-1, region].sum() - target

    low, high = float(miss(jnp.asarray(-1.0))), float(miss(jnp.asarray(1.0)))
    if low > 0 or high < 0:
        raise NotSolvedError(
            f"Region {region} ends with {target + low:.0f} persons if twice as many leave, and with {target + high:.0f}"
            f" if nobody of those ages does; it can't be brought to {target:.0f}.",
            {"region": region, "target": target, "least": target + low, "most": target + high},
        )
    return brentq(lambda share: float(miss(jnp.asarray(share))), -1.0, 1.0, xtol=1e-14, rtol=1e-14)
