r"""Where people live and where they work.

    (J1)  m'[n,i]  =  W^-eps m[n,i] B[n] (w[i] / (k[n,i] V[n]))^eps               everyone chooses a pair
    (J2)  W^eps    =  sum_n,i m[n,i] B[n] (w[i] / (k[n,i] V[n]))^eps / sum_n,i m[n,i]

A person draws a Frechet taste for every pair of residence ``n`` and workplace ``i``, with ``w`` the wage, ``k`` the
cost of commuting, ``V`` the cost of living and ``B`` amenities, all as changes; ``m`` are the commuters of the base
year. ``W`` is the change of the utility drawn, of its every quantile and, where ``eps`` is above one, of its mean, the
same for everyone. People who can't move choose a workplace only:

    (J3)  m'[n,i]  =  R[n] m[n,i] (w[i]/k[n,i])^eps / sum_i(same),
          W[n]^eps =  B[n] V[n]^-eps sum_i m[n,i] (w[i]/k[n,i])^eps / R[n]

Residents, workers and incomes follow from three products with one stored matrix; (J1) itself is formed by ``pairs``
where it is asked for. Source: Monte, Redding and Rossi-Hansberg (2018).
Limits: a zero flow stays zero; one kind of people, who earn where they work and spend where they live.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float


class Reach(NamedTuple):
    """What distance does to the choice of a pair, and stays the same while wages move."""

    pull: Float[Array, "N N"]  # commuters times k^-eps, residence by workplace
    residents: Float[Array, " N"]  # of the base year


class Choice(NamedTuple):
    """What people choose, by place."""

    residents: Float[Array, " N"]
    workers: Float[Array, " N"]
    income: Float[Array, " N"]  # of residents
    log_welfare: Float[Array, " N"]  # by residence of the base year


def reach(commuters: Float[Array, "N N"], log_k: Float[Array, "N N"], eps: Float[Array, ""]) -> Reach:
    """The commuters after the change of commuting costs."""
    return Reach(commuters * jnp.exp(-eps * log_k), commuters.sum(axis=1))


def choose(
    reached: Reach,
    wage: Float[Array, " N"],
    log_w: Float[Array, " N"],
    log_V: Float[Array, " N"],
    log_B: Float[Array, " N"],
    eps: Float[Array, ""],
    still: Float[Array, ""] | float,
) -> Choice:
    """(J1 to J3) residents, workers, incomes and welfare; ``wage`` in money, logs are changes.

    ``still`` is 0 where people choose the pair, 1 where they keep their residence.
    """
    weight, near, earned, log_W = _weights(reached, wage, log_w, log_V, log_B, eps, still)
    workers = jnp.exp(eps * log_w) * (weight @ reached.pull)
    return Choice(weight * near, workers, weight * earned, log_W)


def pairs(
    reached: Reach,
    log_w: Float[Array, " N"],
    log_V: Float[Array, " N"],
    log_B: Float[Array, " N"],
    eps: Float[Array, ""],
    still: Float[Array, ""] | float,
) -> Float[Array, "N N"]:
    """(J1, J3) persons by residence and workplace."""
    weight, *_ = _weights(reached, jnp.ones_like(log_w), log_w, log_V, log_B, eps, still)
    return weight[:, None] * reached.pull * jnp.exp(eps * log_w)


def _weights(reached, wage, log_w, log_V, log_B, eps, still) -> tuple[Array, Array, Array, Array]:
    """What multiplies each row of ``pull``; its sums over workplaces, without and with wages; welfare."""
    draw = jnp.exp(eps * log_w)
    near, earned = (reached.pull @ jnp.stack([draw, draw * wage], axis=1)).T
    liked = jnp.exp(log_B - eps * log_V)
    moved = jnp.sum(liked * near) / jnp.sum(reached.residents)
    free, kept = liked / moved, reached.residents / near
    log_free = jnp.log(moved) / eps
    log_kept = (log_B - jnp.log(kept)) / eps - log_V
    return free + still * (kept - free), near, earned, log_free + still * (log_kept - log_free)
