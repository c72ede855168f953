r"""The persons that the medium variant seems to start from, where its ages are not held: told by what it says of them.

A projection's births, deaths and moves of every year, its totals by sex in one later year, and the shape of a census
above the ages of those births:

    (W14) born since the first year held:  births of each year, lived on with the nation's death rates and moves
    (W15) older:  P[s,a] = census[s,a] exp( x[s] + y (a - 60) / 10 ),   x by sex and y so that both sexes of the later
          year and the sum of deaths until it are met

Persons of a census and of a projection differ: who was missed, who is counted abroad or in arms, and how old people
say they are. What a run from the census misses of a medium variant is told apart by it: this base, or the method.
Source: inverse projection as of Lee (1974), with a tilt in place of his mortality index.
Limits: grade D; the tilt is one number for both sexes and all ages.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from citybelt.errors import InputError
from citybelt.people import start_base, start_rates
from citybelt.people.record import FEMALE, MALE, SEXES, Ages
from citybelt.people.start_rates import SINGLE, Nation


def _survival(rates: Nation) -> tuple[np.ndarray, np.ndarray]:
    survival, newborn = start_rates.survival(jnp.asarray(rates.m), Ages(1))
    return np.asarray(survival), np.asarray(newborn)


def _onwards(
    persons: np.ndarray, t: int, births: float, rates: Nation, survival: np.ndarray, newborn: np.ndarray, upto: int
) -> tuple[np.ndarray, float]:
    """Persons [S, 101] after year t with given births, and its deaths; moves abroad only at ages below ``upto``."""
    here = persons + rates.abroad[t] * (SINGLE < upto)
    alive = here * survival[t]
    boys = rates.male_share[t]
    born = births * np.where(np.arange(len(SEXES)) == MALE, boys, 1 - boys)
    after = np.concatenate([(born * newborn[t])[:, None], alive[:, :-1]], axis=1)
    after[:, -1] += alive[:, -1]
    return after, float(here.sum() + births - after.sum())


def persons(year: int) -> np.ndarray:
    """(W14, W15) Persons at the end of a census year by sex and single age [S, 101], as the medium variant has them.

    Raises:
        InputError: no such persons meet what is held.
    """
    held = start_rates.medium()
    begun, met = int(held.index.min()), int(held[SEXES[FEMALE]].dropna().index[0])
    rates = start_rates.nation(begun, met)
    lived = _survival(rates)
    young = np.zeros((len(SEXES), len(SINGLE)))
    for t, y in enumerate(range(begun, year + 1)):
        young, _ = _onwards(young, t, held["births"][y], rates, *lived, upto=t)
    old = start_base.persons(year)[0].sum(axis=0) * (SINGLE > year - begun)
    target = np.array([*(held.at[met, s] for s in SEXES), held["deaths"].loc[year + 1 : met].sum()])

    def at(x: np.ndarray) -> np.ndarray:
        return young + old * np.exp(x[:2, None] + x[2] * (SINGLE - 60) / 10)

    def told(x: np.ndarray) -> np.ndarray:
        now, died = at(x), 0.0
        for y in range(year + 1, met + 1):
            now, deaths = _onwards(now, y - begun, held["births"][y], rates, *lived, upto=len(SINGLE))
            died += deaths
        return np.log(np.array([*now.sum(axis=1), died]) / target)

    x = np.zeros(3)
    for _ in range(20):
        miss = told(x)
        if np.abs(miss).max() < 1e-12:
            return at(x)
        slope = np.stack([(told(x + 1e-5 * e) - told(x - 1e-5 * e)) / 2e-5 for e in np.eye(3)], axis=1)
        x = x - np.linalg.solve(slope, miss)
    raise InputError("No persons of that year meet the medium variant's totals and deaths.")
