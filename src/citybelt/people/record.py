"""What the laws of people are given: age classes, vital rates and moves.

Persons are an array [R, S, A, E]: R regions, S sexes in the order `SEXES`, A age classes, E skills in the order
`SKILLS`. A class is as wide in years as a step of time, so that everyone leaves it in one step; the last class is
open. Five-year classes are therefore stepped five years at a time: yearly steps of them would let some persons age
by many classes in a few years (numerical diffusion), and aren't offered.
"""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from citybelt.errors import InputError

SEXES = ("female", "male")
SKILLS = ("basic", "tertiary")
FEMALE, MALE = 0, 1
BASIC, TERTIARY = 0, 1

#: First age of the open class.
OPEN = 100


@dataclass(frozen=True)
class Ages:
    """Age classes of 1 or 5 years from 0 to 99, and an open class of 100 and more.

    Raises:
        InputError: the width is neither 1 nor 5.
    """

    width: int = 1

    def __post_init__(self) -> None:
        if self.width not in (1, 5):
            raise InputError(f"Age classes are 1 or 5 years wide, not {self.width}.")

    @property
    def count(self) -> int:
        """A: 101 classes of one year, or 21 of five."""
        return OPEN // self.width + 1

    @property
    def start(self) -> np.ndarray:
        """First age of each class, years [A]."""
        return np.arange(self.count) * self.width

    @property
    def labels(self) -> tuple[str, ...]:
        """ "0", "1", ..., "100+" or "0-4", ..., "100+"."""
        last = f"{OPEN}+"
        if self.width == 1:
            return (*map(str, range(OPEN)), last)
        return (*(f"{a}-{a + self.width - 1}" for a in range(0, OPEN, self.width)), last)

    def between(self, first: float, end: float = np.inf) -> np.ndarray:
        """Share of each class's years of life that lie in ages ``first`` to under ``end`` [A], in 0..1.

        A class that an age cuts counts by its years, as if persons were spread evenly over it. The open class
        counts whole where ``end`` lies beyond its first age and ``first`` does not.
        """
        low, high = self.start, self.start + self.width
        part = np.clip(np.minimum(high, end) - np.maximum(low, first), 0, None) / self.width
        part[-1] = float(first <= OPEN < end)
        return part


class Vital(eqx.Module):
    """Vital rates of one step of time, which is as long as an age class is wide."""

    #: Probability to live through a step, from class a into a + 1; the last: to stay in the open class.
    survival: Float[Array, "R S A"]
    #: Births of the step: the share of them alive at its end, then in class 0.
    newborn: Float[Array, "R S"]
    #: Births per woman and year lived in the class.
    fertility: Float[Array, "R A"]
    #: Boys among births.
    male_share: Float[Array, ""] | Float[Array, " R"]


Kinds = tuple[int, ...] | tuple[tuple[int, ...], ...]


def _kinds(age: ArrayLike) -> Kinds:
    age = np.asarray(age)
    return tuple(age.tolist()) if age.ndim == 1 else tuple(map(tuple, age.tolist()))


class Moves(eqx.Module):
    """Where people of an origin and age live after they have moved, in the base year, and how they answer to values.

    Moves are by kind, M of them, each of which serves several age classes (or classes of age and skill): with
    twenty-one kinds of five years, the shares stay small where ages are single.
    """

    #: Of those who live in o, the share who move to n in a step; those who stay lie on the diagonal. Rows sum to one.
    share: Float[Array, "R R M"]
    #: The kind of each age class [A], or of each age class and skill [A, E]: 0..M-1. Any array of whole numbers is
    #: taken; it is kept as a tuple, since programs are compiled for it.
    age: ArrayLike = eqx.field(static=True, converter=_kinds)
    #: Elasticity of flows to the value of a place, by kind.
    nu: Float[Array, " M"]

    @classmethod
    def closed(cls, regions: int, ages: Ages) -> Moves:
        """Everyone stays where they live."""
        return cls(jnp.eye(regions)[:, :, None], np.zeros(ages.count, int), jnp.zeros(1))


def by_five_years(ages: Ages) -> np.ndarray:
    """The kind of each age class [A] where moves are known by five years of age: 0-4, ..., 100+."""
    return ages.start // 5
