"""Random and simple populations for the tests of people; all dimensions differ in size."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq

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


def leslie(vital, width):
    """The matrix of a step for women and men of one region, from the rates alone."""
    A = vital.survival.shape[2]
    s, f = np.asarray(vital.survival)[0], np.asarray(vital.fertility)[0]
    matrix = np.zeros((2 * A, 2 * A))
    for sex in (0, 1):
        for a in range(A):
            matrix[sex * A + min(a + 1, A - 1), sex * A + a] += s[sex, a]
    exposure = (np.eye(A) + matrix[:A, :A]) / 2
    boys = float(vital.male_share)
    for sex, part in ((0, 1 - boys), (1, boys)):
        matrix[sex * A, :A] += width * (f @ exposure) * part * float(vital.newborn[0, sex])
    return matrix


def lotka(hazard, births, first=15, end=50):
    """Growth rate from the integral of Euler and Lotka, girls being half of births."""
    net = lambda r: quad(lambda x: np.exp(-(r + hazard) * x) * births / 2, first, end)[0] - 1  # noqa: E731
    return brentq(net, -0.1, 0.1, xtol=1e-14)


def growth(width_of, hazard=0.012, births=0.11):
    vital = constant(hazard, width_of, fertility=births)
    return np.log(np.abs(np.linalg.eigvals(leslie(vital, width_of.width))).max()) / width_of.width
