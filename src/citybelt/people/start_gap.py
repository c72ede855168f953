r"""What parts a national run from a census from the medium variant: an account of every person, year by year.

With P0 the persons of a run at its start, M0 those that the variant seems to start from (`start_medium`), D = M0 - P0,
and V the variant as published, all of the nation, in persons at the end of year t:

    (W16) V[t] - P[t] = sum_g D[g]                        base, by age at the start
                      + (alive_t(D) - D)                  those of them who have died since
                      + born_t(D)                         children, and children's children, that they had and who live
                      + sum (V.abroad - P.abroad)         moves abroad
                      + sum (V.births - M.births)         births that the method counts otherwise from the same base
                      - sum (V.deaths - M.deaths)         deaths likewise
                      + V[0] - M0 + rounding              what is left: the variant's own books don't close to a person

alive and born follow D with the run's own rates, which is exact since a closed run is linear in persons; M is the run
from M0. Ages of the base are those of `AGES`. Source: as for `start`.
"""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.people import cohort, start_rates
from citybelt.people.record import Moves
from citybelt.people.start import Start, start

#: First ages of the groups in which the base is told apart; the last is open.
AGES = (0, 15, 31, 60)
TERMS = ("base", "died", "born", "abroad", "births", "deaths", "rest")


def run(begun: Start) -> tuple[np.ndarray, np.ndarray]:
    """Persons by sex at the start and at each year's end [1 + T, S]; births, deaths and moves abroad of each [T, 3]."""
    step, moves = jax.jit(cohort.step), Moves.closed(len(begun.regions), begun.ages)
    persons, people, events = begun.persons, [begun.persons.sum(axis=(0, 2, 3))], []
    for t, year in enumerate(begun.years):
        persons, told = step(persons, begun.at(int(year)), moves, 0.0, 0.0, begun.abroad[t])
        people.append(persons.sum(axis=(0, 2, 3)))
        events.append([told.births.sum(), told.deaths.sum(), told.abroad.sum()])
    return np.array(people), np.array(events)


def apart(base: Literal["census", "national", "medium"] = "census", last: int = 2050) -> pd.DataFrame:
    """(W16) Persons by which the medium variant lies above a run, by year: ``gap``, its terms, and the base by age.

    Args:
        base: of the run, see `start`.
        last: the last year.
    """
    begun, other = start("nation", last=last, base=base), start("nation", last=last, base="medium")
    people, events = run(begun)
    theirs, told = run(other)
    held = start_rates.medium()
    years = [int(y) for y in begun.years]
    missing = other.persons - begun.persons
    alive, born = _followed(missing, begun)
    published = held.loc[years, ["abroad", "births", "deaths"]].cumsum()
    table = pd.DataFrame(index=pd.Index(years, name="year"))
    table["gap"] = held.loc[years, "total"] - people[1:].sum(axis=1)
    by_age = np.asarray(missing.sum(axis=(0, 1, 3)))
    for low, high in zip(AGES, (*AGES[1:], len(by_age)), strict=True):
        name = f"base {low}-{high - 1}" if high < len(by_age) else f"base {low}+"
        table[name] = by_age[low:high].sum()
    table["base"] = by_age.sum()
    table["died"] = alive - by_age.sum()
    table["born"] = born
    table["abroad"] = published["abroad"] - events[:, 2].cumsum()
    table["births"] = published["births"] - told[:, 0].cumsum()
    table["deaths"] = -(published["deaths"] - told[:, 1].cumsum())
    closed = held.at[begun.year, "total"] + published["births"] - published["deaths"] + published["abroad"]
    rounding = held.loc[years, "total"] - closed
    return table.assign(rest=held.at[begun.year, "total"] - theirs[0].sum() + rounding)


def _followed(missing: jnp.ndarray, begun: Start) -> tuple[np.ndarray, np.ndarray]:
    """Of persons [R, S, A, E] without moves: those who still live, and their descendants, at each year's end [T]."""
    live = jax.jit(cohort.live)
    now, alive, born = missing, [], []
    for t, year in enumerate(begun.years):
        now = live(now, begun.at(int(year)))[0]
        by_age = np.asarray(now.sum(axis=(0, 1, 3)))
        # Nobody alive at the start is younger than the years since.
        born.append(by_age[: t + 1].sum())
        alive.append(by_age[t + 1 :].sum())
    return np.array(alive), np.array(born)
