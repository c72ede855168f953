r"""Who studies, how long people went to school, what that is worth in work, and who takes it along.

Of each cohort a share of each region completes tertiary education, its entrants spread over the ages of study:

    (H1)  chance[r,a] = target[r] w[a] / (1 - target[r] sum_{b<a} w[b]),   w sums to one over the ages of study
    (H2)  basic[a] -> tertiary[a]:  persons[...,basic] chance

so that a cohort that passes all ages of study ends with the target's share. Skill stays with the person:

    (H3)  tertiary' = tertiary + study - deaths + came - left + abroad,  in every region, sex and age class
    (H4)  brain drain = (left - came) of tertiary persons;  rate = that over the region's tertiary persons

    (H5)  mean years of schooling = sum of persons times years of their skill / persons, of an age and more
    (H6)  efficiency = exp(return (years - years0)),   human capital = sum of persons working times efficiency

(H6) is Mincer's (1974) return to a year of school. Sources: Barro and Lee (2013) for (H5).
Limits: two skills; who comes from abroad or another region to study counts there from the day of arrival, and those
who study still work at the participation of their age.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from citybelt.errors import InputError
from citybelt.people.cohort import Events
from citybelt.people.record import BASIC, TERTIARY, Ages


def chances(
    target: Float[Array, " R"], ages: Ages, entry: np.ndarray | None = None, first: int = 18, end: int = 22
) -> Float[Array, "R A"]:
    """(H1) Chance of the basic-skilled of an age class to take up tertiary education in a step.

    Args:
        target: share of a cohort that is tertiary once it is past the ages of study, 0..1.
        ages: age classes.
        entry: how entrants are spread over the age classes [A], any unit; without it evenly over ages ``first`` to
            under ``end``, a class that they cut counting by its years.
        first, end: ages of study in years.

    Raises:
        InputError: nobody enters at any age, or an entry is below zero.
    """
    w = ages.between(first, end) if entry is None else np.asarray(entry, float)
    if not w.sum() > 0 or np.any(w < 0):
        raise InputError("Entrants by age must not be below zero, and some must enter.")
    w = w / w.sum()
    before = np.cumsum(w) - w
    left = 1 - target[:, None] * before
    return target[:, None] * w / jnp.where(w > 0, left, 1.0)


class Study(NamedTuple):
    """People after some have taken up tertiary education, and how many did."""

    persons: Float[Array, "R S A E"]
    entrants: Float[Array, "R S A"]


def study(persons: Float[Array, "R S A E"], chance: Float[Array, "R A"] | Float[Array, "R S A"]) -> Study:
    """(H2) Turn some of the basic-skilled into tertiary ones. Taken once a step, after it or before it."""
    chance = chance[:, None] if chance.ndim == 2 else chance
    entrants = persons[..., BASIC] * chance
    return Study(persons.at[..., BASIC].add(-entrants).at[..., TERTIARY].add(entrants), entrants)


class Brain(NamedTuple):
    """(H3, H4) Where a region's tertiary persons came from and went in a step, persons [R]."""

    start: Array
    study: Array
    deaths: Array
    came: Array
    left: Array
    abroad: Array
    end: Array

    @property
    def balance(self) -> Array:
        """Tertiary arrivals less departures at home and abroad; below zero where brains drain away."""
        return self.came - self.left + self.abroad

    @property
    def rate(self) -> Array:
        """The balance over the tertiary persons at the start."""
        return self.balance / self.start


def brain(start: Float[Array, "R S A E"], events: Events, entrants: Float[Array, "R S A"]) -> Brain:
    """(H3, H4) The account of tertiary persons over a step (`cohort.step`) with those who took up study after it."""

    def of(x: Array) -> Array:
        return x[..., TERTIARY].sum(axis=(1, 2))

    flows = of(events.deaths), of(events.came), of(events.left), of(events.abroad)
    deaths, came, left, abroad = flows
    began = of(start)
    new = entrants.sum(axis=(1, 2))
    return Brain(began, new, deaths, came, left, abroad, began + new - deaths + came - left + abroad)


def mean_years(
    persons: Float[Array, "R S A E"], years: Float[Array, "R E"] | Float[Array, " E"], ages: Ages, first: int = 15
) -> Float[Array, " R"]:
    """(H5) Mean years of schooling of those of ``first`` years and more, by the years of each skill."""
    grown = jnp.einsum("rsae,a->re", persons, ages.between(first))
    return (grown * years).sum(axis=1) / grown.sum(axis=1)


def efficiency(years: Array, base: Array | float, gain: Array | float) -> Array:
    """(H6) Work of a person of so many years of school, where ``base`` years make one unit.

    ``gain`` is the rise of the logarithm of the wage for a year of school, about 0.1.
    """
    return jnp.exp(gain * (jnp.asarray(years) - base))


def human_capital(workers: Float[Array, "R S A E"], worth: Float[Array, "R E"] | Float[Array, " E"]) -> Array:
    """(H6) Units of work by region [R]: workers times the efficiency of their skill."""
    return (workers.sum(axis=(1, 2)) * worth).sum(axis=1)
