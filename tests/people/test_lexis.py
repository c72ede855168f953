"""How far steps of one and five years are from continuous time, and how the error falls as steps are refined.

Rates are smooth functions of age and constant in time. A step of w years uses their integrals over classes of w years;
steps of 0.05 years stand for continuous time. A class's survival is that of a life table, in which persons within it
are spread as if the population were stationary: that, and births at the mean of women before and after, is the error.
"""

from itertools import pairwise

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm

from citybelt.people.cohort import project
from citybelt.people.record import Ages, Moves, Vital
from people.populations import Fine, growth, lotka, near

YEARS = 30


def hazard(x, scale=1.0):
    """Gompertz, at rates of a population that lives about 78 years, with some deaths of infants."""
    return scale * (4e-5 * np.exp(0.095 * x) + 0.01 * np.exp(-2 * x))


def alive(x, scale=1.0):
    return np.exp(-scale * (4e-5 / 0.095 * np.expm1(0.095 * x) + 0.005 * (1 - np.exp(-2 * x))))


def density(x):
    """Persons by year of age at the start: a wave of births, thinned by age."""
    return (1 + 0.4 * np.sin(2 * np.pi * x / 27)) * np.exp(-np.maximum(x - 55, 0) / 18)


def births(x):
    return 1.7 / 5.5 / np.sqrt(2 * np.pi) * np.exp(-(((x - 28) / 5.5) ** 2) / 2)


def integral(f, edges):
    """Of a function over each class, by Gauss's rule of ten points in pieces of at most half a year."""
    nodes, weights = np.polynomial.legendre.leggauss(10)
    out = []
    for a, b in pairwise(edges):
        cut = np.linspace(a, b, max(2, int(2 * (b - a)) + 1))
        h = np.diff(cut)[:, None]
        out.append((f(cut[:-1, None] + h * (nodes + 1) / 2) * weights * h / 2).sum())
    return np.array(out)


def population(width, death=(1.0,), fertility=(1.0,)):
    """Persons and vital rates of regions that differ by factors on hazards and on births."""
    ages = Fine(width)
    edges = np.append(ages.start, 100 + width)
    persons = integral(density, np.append(edges[:-1], 112.0))
    survival, newborn = [], []
    for scale in death:
        L = integral(lambda x, k=scale: alive(x, k), edges)
        T = integral(lambda x, k=scale: alive(x, k), np.array([100.0, 100 + width, 130]))
        survival.append([*(L[1:] / L[:-1]), T[1] / T.sum()])
        newborn.append(L[0] / width)
    f = integral(births, edges) / width
    R = len(death)
    vital = Vital(
        jnp.broadcast_to(jnp.asarray(survival)[:, None], (R, 2, ages.count)),
        jnp.broadcast_to(jnp.asarray(newborn)[:, None], (R, 2)),
        jnp.asarray(np.outer(fertility, f)),
        jnp.asarray(0.512),
    )
    return jnp.asarray(np.broadcast_to(persons[None, None, :, None], (R, 2, ages.count, 1))), vital, ages


def closed(width):
    """Population, and children under 15 and the old of 65 and more, after thirty years without moves."""
    persons, vital, ages = population(width)
    end = project(persons, vital, Moves.closed(1, ages), round(YEARS / width))[-1].sum(axis=(0, 1, 3))
    return np.array([end.sum(), end @ ages.between(0, 15), end @ ages.between(65)])


def moving(width, death=(1.0, 1.3), fertility=(1.25, 0.8), rate=0.02):
    """Population of two regions that differ in births and deaths and exchange people at a constant rate."""
    persons, vital, ages = population(width, death, fertility)
    share = expm(width * rate * np.array([[-1.0, 1.0], [0.3, -0.3]]))
    moves = Moves(jnp.asarray(share)[:, :, None], np.zeros(ages.count, int), jnp.ones(1))
    return np.asarray(project(persons, vital, moves, round(YEARS / width))[-1].sum(axis=(1, 2, 3)))


def errors(figures, widths):
    exact = figures(0.05)
    return np.array([np.abs(figures(w) / exact - 1) for w in widths])


def test_births_and_deaths_are_of_second_order():
    coarse, middle, fine = errors(closed, (5, 2.5, 1.25))
    for order in (np.log2(coarse / middle), np.log2(middle / fine)):
        assert order == near([2, 2, 2], abs=0.12)


@pytest.mark.parametrize(
    ("width", "all_ages", "young", "old"), [(Ages(1).width, 5e-5, 1e-3, 5e-5), (Ages(5).width, 1e-3, 2e-2, 1.5e-3)]
)
def test_errors_after_thirty_years_are_as_documented(width, all_ages, young, old):
    (found,) = errors(closed, (width,))
    assert (found < [all_ages, young, old]).all()


def test_moves_are_of_first_order():
    """They come at the start of a step, so births and deaths are those of the destination for half a step too long."""
    coarse, middle, fine = errors(moving, (5, 2.5, 1.25))
    for order in (np.log2(coarse / middle), np.log2(middle / fine)):
        assert order == near([1, 1], abs=0.3)
    (yearly,) = errors(moving, (1,))
    assert (coarse < 6e-3).all() and (yearly < 1.5e-3).all()


def test_growth_is_of_second_order():
    """Against the integral of Euler and Lotka itself."""
    exact = lotka(0.012, 0.11)
    miss = [abs(growth(Fine(w)) - exact) for w in (5, 2.5, 1.25)]
    assert np.log2([miss[0] / miss[1], miss[1] / miss[2]]) == near([2, 2], abs=1e-3)
