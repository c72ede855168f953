"""How people changed between two censuses ten years apart: births, deaths and moves.

No register of moves by city is published, so moves are what is left when a cohort is carried forward: those
aged a at the first census should be found aged a + 10 at the second, less those who died. Mortality comes
from a life table; what life table and censuses of the whole country disagree on is coverage (children are
missed at the first census and found at the second), so the same correction is made everywhere. Children born
between the censuses are natural change, except those who moved with their mothers (Hamilton and Henderson
1944). The parts add up to the change exactly, at every place and for every cohort.

Arrays have shape [region, sex, age] with 18 ages: 0-4, 5-9, ..., 80-84, 85 and over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: First age of each group; the last is open.
AGES = np.arange(0, 90, 5)
FEMALE = 1  # position on the sex axis: (male, female)


def life_table_years(mx: np.ndarray) -> np.ndarray:
    """Person-years lived L by five-year group for death rates at ages 0, 1, 5, 10, ..., 100+.

    ``mx`` [..., 22] deaths per person-year; returns [..., 21] for 0-4, 5-9, ..., 95-99, 100+, radix 1.
    Death rates are constant within an interval (Preston, Heuveline and Guillot 2001, chapter 3).
    """
    mx = np.asarray(mx, float)
    hazard = np.array([1.0, 4.0] + [5.0] * 19) * mx[..., :-1]
    alive = np.exp(-np.cumsum(np.concatenate([np.zeros((*mx.shape[:-1], 1)), hazard], axis=-1), axis=-1))
    years = -np.diff(alive, axis=-1) / mx[..., :-1]
    last = alive[..., -1:] / mx[..., -1:]
    return np.concatenate([years[..., :1] + years[..., 1:2], years[..., 2:], last], axis=-1)


def survival10(mx_first: np.ndarray, mx_second: np.ndarray) -> np.ndarray:
    """Share of each of the 18 age groups alive ten years later.

    Five years under the rates of the first period, then five under the second; both [..., 22]. Returns
    [..., 18]; the last group is open at both ends.
    """

    def step(years: np.ndarray, start: int) -> np.ndarray:
        return years[..., start + 1 : start + 18] / years[..., start : start + 17]

    one, two = life_table_years(mx_first), life_table_years(mx_second)
    closed = step(one, 0) * step(two, 1)

    def tail(years: np.ndarray, start: int) -> np.ndarray:
        return years[..., start:].sum(axis=-1)

    last = tail(one, 18) / tail(one, 17) * tail(two, 19) / tail(two, 18)
    return np.concatenate([closed, last[..., None]], axis=-1)


def carry(people: np.ndarray) -> np.ndarray:
    """Add up what each age group becomes ten years later: [..., 18 starting ages] to [..., 16 ages from 10].

    The three oldest groups all end in 85 and over.
    """
    return np.concatenate([people[..., :15], people[..., 15:].sum(axis=-1, keepdims=True)], axis=-1)


@dataclass(frozen=True)
class Change:
    """Parts of the change of each region between two censuses, persons; all [region] unless said.

    change = natural + migration, natural = births - deaths + coverage, migration = cohorts + children.
    """

    start: np.ndarray
    end: np.ndarray
    births: np.ndarray  # children aged 0-9 at the second census, less those who moved in
    deaths: np.ndarray  # of people counted at the first census
    coverage: np.ndarray  # people the first census missed and the second found, net
    cohorts: np.ndarray  # moves of people aged 10 and over at the second census
    children: np.ndarray  # moves of children aged 0-9
    by_age: np.ndarray  # moves by age at the second census [region, 18]
    expected: np.ndarray  # people by age at the second census had nobody moved [region, 18]

    @property
    def natural(self) -> np.ndarray:
        return self.births - self.deaths + self.coverage

    @property
    def migration(self) -> np.ndarray:
        return self.cohorts + self.children

    @property
    def change(self) -> np.ndarray:
        return self.end - self.start


def split_change(
    first: np.ndarray,
    second: np.ndarray,
    mx_first: np.ndarray,
    mx_second: np.ndarray,
    mortality: np.ndarray | None = None,
    move_children: bool = True,
) -> Change:
    """Split the change of every region into natural change and moves.

    ``first`` and ``second`` [region, sex, 18] persons on the same boundaries; the regions together are taken
    to be closed. ``mx_first``, ``mx_second`` [sex, 22] death rates of the two five-year periods in the
    country; ``mortality`` [region] multiplies them at each place (ones unless given). ``move_children``
    False books all children under ten as born where they live. Moves sum to zero over the regions.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    k = np.ones(len(first)) if mortality is None else np.asarray(mortality, float)
    k = k[:, None, None]
    alive = survival10(k * mx_first, k * mx_second)
    survivors = carry(alive * first)
    # One correction a sex and age for the whole country: its censuses agree with each other by construction.
    with np.errstate(invalid="ignore", divide="ignore"):
        coverage = second[..., 2:].sum(axis=0) / survivors.sum(axis=0)
    expected = coverage * survivors
    moves = second[..., 2:] - expected

    young = second[..., :2].sum(axis=1)  # [region, 2]: aged 0-4 and 5-9
    child_moves = np.zeros_like(young)
    if move_children:
        # With moves spread evenly over ten years, a quarter of the children now under five were born before
        # their mother moved, and three quarters of those now five to nine.
        for column, (weight, low, high) in enumerate(((0.25, 3, 9), (0.75, 4, 10))):
            mothers = second[:, FEMALE, low:high].sum()
            ratio = young[:, column].sum() / mothers
            child_moves[:, column] = weight * ratio * moves[:, FEMALE, low - 2 : high - 2].sum(axis=1)
    by_age = np.concatenate([child_moves, moves.sum(axis=1)], axis=1)
    return Change(
        start=first.sum(axis=(1, 2)),
        end=second.sum(axis=(1, 2)),
        births=young.sum(axis=1) - child_moves.sum(axis=1),
        deaths=((1 - alive) * first).sum(axis=(1, 2)),
        coverage=(expected - survivors).sum(axis=(1, 2)),
        cohorts=moves.sum(axis=(1, 2)),
        children=child_moves.sum(axis=1),
        by_age=by_age,
        expected=np.concatenate([young - child_moves, expected.sum(axis=1)], axis=1),
    )


def relative_mortality(
    people: np.ndarray, mx: np.ndarray, deaths_permille: np.ndarray, spread: float = 0.5
) -> np.ndarray:
    """Mortality of each region relative to the country, given its age structure; [region], mean about 1.

    ``deaths_permille`` [region] crude death rates of one census. Local reports of deaths are incomplete, so
    only the ratio to the country is used, and ``spread`` shrinks it towards one in logs (one half: a stated
    compromise between no information and full trust). Missing rates give 1.
    """
    old = life_table_years(mx)[:, 17:]
    last = (mx[:, 18:] * old).sum(axis=1, keepdims=True) / old.sum(axis=1, keepdims=True)
    five = np.concatenate([mx[:, :1] * 0.2 + mx[:, 1:2] * 0.8, mx[:, 2:18], last], axis=1)
    expected = (people * five).sum(axis=(1, 2))
    size = people.sum(axis=(1, 2))
    known = np.isfinite(deaths_permille)
    observed = np.where(known, deaths_permille, 0.0) / 1000 * size
    country = observed[known].sum() / expected[known].sum()
    with np.errstate(divide="ignore"):
        ratio = np.where(known, observed / expected / country, 1.0)
    return np.where(ratio > 0, ratio, 1.0) ** spread


def age_structure(people: np.ndarray) -> dict[str, np.ndarray]:
    """Shares by age and dependency of [region, sex, 18] persons; percent of residents.

    ``dependency`` is those under 15 and of 60 and over, for each hundred aged 15 to 59.
    """
    age = np.asarray(people, float).sum(axis=1)
    total = age.sum(axis=1)
    young, working, old, older = age[:, :3].sum(1), age[:, 3:12].sum(1), age[:, 12:].sum(1), age[:, 13:].sum(1)
    return {
        "share0_14": 100 * young / total,
        "share15_59": 100 * working / total,
        "share60": 100 * old / total,
        "share65": 100 * older / total,
        "dependency": 100 * (young + old) / working,
    }
