r"""Who studies where, so that after their moves as many are tertiary in each place as now.

People study from 18 on and move most at the same ages and soon after; the census counts them where they live at 25 to
29. A target (H1) that were the share there would be mixed by moves a second time: Beijing would lose its graduates.
So the targets tau are found for which a cohort, raised where those of 13 to 17 live and moving as in the base year, has
the census' shares at 25 to 29:

    (G1)  basic' = basic (1 - chance(tau)[o,a]),   tertiary' = tertiary + basic chance(tau)[o,a],   a = 18, ..., 29
    (G2)  both are moved by share[o,n,a]
    (G3)  sum_a tertiary[n,a] / sum_a (basic + tertiary)[n,a] = the base year's,   a = 25, ..., 29

tau is at most ``MOST``: moves don't depend on skill here, and a place to which graduates move rather than others can
have more of them than all of its own young. Where that binds, (G3) is missed, and the place's share of graduates falls
in the years to come. In the Northeast's world that is Beijing: 67 % instead of 77.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from citybelt.errors import NotSolvedError
from citybelt.people import schooling
from citybelt.people.record import TERTIARY, Ages, Moves

#: Ages at which nearly everybody who will has completed tertiary education; of those who are yet to begin; of study.
GRADUATES, RAISED, FIRST = slice(25, 30), slice(13, 18), 18
#: Of a cohort, at most so many study.
MOST = 0.99
STEPS, TOLERANCE = 5000, 1e-11


def targets(persons: ArrayLike, moves: Moves) -> np.ndarray:
    """(G1-G3) Share of those raised in a place, or come by the ages of study, who complete tertiary education [R].

    Args:
        persons: of the base year, by single age [R, S, 101, E].
        moves: of a year, by age.

    Raises:
        NotSolvedError: no targets were found.
    """
    p = np.asarray(persons, float)
    grown = p[:, :, GRADUATES].sum(axis=(1, 2))
    wanted = grown[:, TERTIARY] / grown.sum(axis=1)
    young = p[:, :, RAISED].sum(axis=(1, 2, 3))
    kinds = np.asarray(moves.age)
    share = np.asarray(moves.share, float).transpose(2, 1, 0)  # [M, to, from]
    into = [share[kinds[a]] for a in range(GRADUATES.stop)]
    tau = wanted.copy()
    for _ in range(STEPS):
        better = np.clip(tau + wanted - grown_up(tau, young, into), 0.0, MOST)
        if np.abs(better - tau).max() < TOLERANCE:
            return better
        tau = better
    raise NotSolvedError("No targets of study give the base year's shares of graduates where they live.")


def grown_up(tau: np.ndarray, young: np.ndarray, into: list[np.ndarray]) -> np.ndarray:
    """(G1, G2) Share of graduates among those of 25 to 29 by place [R], of a cohort ``young`` [R]."""
    chance = np.asarray(schooling.chances(jnp.asarray(tau), Ages(1)))
    basic, tertiary = young.copy(), np.zeros_like(young)
    counted = np.zeros((2, len(young)))
    for a in range(FIRST, GRADUATES.stop):
        new = basic * chance[:, a]
        basic, tertiary = into[a] @ (basic - new), into[a] @ (tertiary + new)
        if a >= GRADUATES.start:
            counted += basic, tertiary
    return counted[1] / counted.sum(axis=0)
