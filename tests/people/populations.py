"""Random and simple populations for the tests of people; all dimensions differ in size."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st

from citybelt.people.record import Ages, Moves, Vital


def population(seed, regions=3, ages=21, skills=2, kinds=4):
    """Persons, vital rates and moves drawn at random; kinds of moves by age and skill where they are many."""
    rng = np.random.default_rng(seed)
    persons = rng.lognormal(6, 2, (regions, 2, ages, skills))
    vital = Vital(
        survival=jnp.asarray(rng.uniform(0.2, 1, (regions, 2, ages))),
        newborn=jnp.asarray(rng.uniform(0.5, 1, (regions, 2))),
        fertility=jnp.asarray(rng.uniform(0, 0.2, (regions, ages))),
        male_share=jnp.asarray(rng.uniform(0.45, 0.55, regions)),
    )
    share = rng.dirichlet(np.ones(regions) * 0.7, (kinds, regions))
    age = rng.integers(0, kinds, ages if seed % 2 else (ages, skills))
    moves = Moves(jnp.asarray(np.moveaxis(share, 0, 2)), age, jnp.asarray(rng.uniform(0, 3, kinds)))
    return jnp.asarray(persons), vital, moves


SEEDS = st.integers(0, 10**6)
REGIONS = st.sampled_from([1, 3, 7])
AGES = st.sampled_from([11, 26])
KINDS = st.sampled_from([2, 4])


def constant(hazard, ages, regions=1, fertility=0.0, first=15, end=50):
    """Vital rates of a constant hazard, and of a constant fertility between two ages (children per woman and year)."""
    survival = jnp.full((regions, 2, ages.count), np.exp(-hazard * ages.width))
    newborn = jnp.full((regions, 2), -np.expm1(-hazard * ages.width) / (hazard * ages.width))
    rates = jnp.broadcast_to(jnp.asarray(fertility * ages.between(first, end)), (regions, ages.count))
    return Vital(survival, newborn, rates, jnp.asarray(0.5))


class Fine(Ages):
    """Age classes of any width, for limits of fine steps."""

    def __post_init__(self):
        pass

    @property
    def count(self):
        return round(100 / self.width) + 1


def near(expected, rel=None, abs=None):
    """pytest.approx of arrays of either kind."""
    return pytest.approx(np.asarray(expected), rel=rel, abs=abs)
