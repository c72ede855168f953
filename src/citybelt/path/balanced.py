r"""Balanced growth in closed form: what paths must come to when nothing changes but by constant rates.

    (G1)  Z = S / (omega + n)                                 research grows at n a year: so does knowledge
    (G2)  gamma = g + (own + learn) log( (1+n) / (1+nbar) )   growth of productivity in every place; g where n = nbar
    (G3)  goal - a = learn log( (1+n) / (1+nbar) ) / lambda[n]    how far a place stays behind its goal, for ever
    (G4)  K = I / (delta + n)                                 investment grows at n: so does capital
    (G5)  half-life of a gap = log 2 / -log(1 - lambda)

Laws A of technology.py and C of capital.py; places where people learn slowly stay further behind, at the same growth.
Tests hold the laws to them.
"""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float

from citybelt.path.technology import Technology, speed

Place = Float[Array, " R"]
Number = Float[Array, ""] | float


def stock(flow: Array, wear: Number, growth: Number) -> Array:
    """(G1, G4) stock at the start of a year whose flow is ``flow``, with which it grows at ``growth`` a year."""
    return flow / (wear + growth)


def growth_rate(t: Technology, research: Number) -> Array:
    """(G2) log growth of productivity a year when research grows at the rate ``research`` everywhere."""
    return jnp.asarray(t.growth + (t.own + t.learn) * _beyond(t, research))


def distance(t: Technology, human: Place, research: Number) -> Place:
    """(G3) log distance of each place to its goal on the balanced path."""
    return t.learn * _beyond(t, research) / speed(t, human)


def _beyond(t: Technology, research: Number) -> Array:
    """Log growth of research beyond what is in the frontier's."""
    return jnp.log1p(jnp.asarray(research)) - jnp.log1p(t.research_growth)


def half_life(rate: Number) -> Array:
    """(G5) years in which half of a gap closes."""
    return jnp.log(2.0) / -jnp.log1p(-jnp.asarray(rate))
