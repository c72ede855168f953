r"""What a nation saves as it ages.

    (H1)  d     = persons of 65 and more / persons of 15 to 64,    of the nation
    (H2)  s'[t] = s exp( -e ( d[t] - d[0] ) )                      share of income that home saves; d[0] the base year's

Savings are pooled over the nation, so one ratio moves one rate. Without it a nation that saves 45 % of its income goes
on to do so when half of its adults are old, until capital earns less than it wears. Sources: the life cycle of
Modigliani and Brumberg (1954); Loayza, Schmidt-Hebbel and Serven (2000) for old people in the saving rates of nations.
Limits: rates answer to ages alone, not to returns; partners save as in the base year.
"""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from citybelt.people.record import Ages


class Saving(eqx.Module):
    """How the saving rate answers to ages."""

    fall: Float[Array, ""]  # e
    first: Float[Array, ""]  # d of the base year

    def log_rate(self, persons: Float[Array, "R S A E"]) -> Float[Array, ""]:
        """(H2) log change of the share of income that is saved; ``persons`` by single ages."""
        return -self.fall * (ratio(persons) - self.first)


def ratio(persons: Float[Array, "R S A E"]) -> Float[Array, ""]:
    """(H1)"""
    count, ages = persons.sum(axis=(0, 1, 3)), Ages(1)
    return count @ jnp.asarray(ages.between(65), float) / (count @ jnp.asarray(ages.between(15, 65), float))
