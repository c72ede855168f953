"""What every verb checks before it works."""

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING

from citybelt.errors import InputError, Problem

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset

#: More draws than this fit neither in memory nor in anybody's patience.
MOST_DRAWS = 100_000


def loaded(world: Dataset) -> Dataset:
    """The world itself, checked: ``InputError`` for what is none, and for every mistake in its tables."""
    from citybelt.data.check import check
    from citybelt.data.dataset import Dataset

    if not isinstance(world, Dataset):
        what = f"a {type(world).__name__} is neither a world's name nor a loaded world."
        raise InputError([Problem("world", what, 'Give a name such as "northeast", or what `load` returned.')])
    return check(world)


def check_options(draws: int, budget: float = 1.0) -> None:
    """Raise ``InputError`` for options of the wrong kind; what a budget may be the planner knows."""
    problems = []
    if isinstance(draws, bool) or not isinstance(draws, Integral) or not 0 <= draws <= MOST_DRAWS:
        what = f"{draws!r} is not a whole number from 0 to {MOST_DRAWS:,}."
        problems.append(Problem("draws", what, "Give 0 for none, or 200 for a band."))
    if isinstance(budget, bool) or not isinstance(budget, Real):
        problems.append(Problem("budget", f"{budget!r} is not a number.", "Give a share of GDP, such as 0.005."))
    if problems:
        raise InputError(problems)
