"""What each part of a plan is worth: levers in it and left out, alone and together, reforms against projects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import numpy as np

    from citybelt.plan.solved.optimise import Optimum
    from citybelt.plan.solved.problem import Problem
    from citybelt.result import Progress


@dataclass(frozen=True, eq=False)
class Worth:
    """What each part of a plan is worth.

    Attributes:
        levers: what the plan loses without each lever in use, and what one left out must become; see ``entry``.
        by_lever, by_theme: what each does alone and what it adds to the whole, with error; see ``shares``.
        package: together, the sum of each theme alone, and the interplay.
        contest: reforms against projects at equal cost; see ``contest``.
        sets, orders: equilibria solved, and orders drawn, for the shares.
        equal, equal_package: each theme with an equal part of the budget; empty where the plan uses enough themes; see
            ``packages``.
    """

    levers: pd.DataFrame
    by_lever: pd.DataFrame
    by_theme: pd.DataFrame
    package: pd.DataFrame
    contest: pd.DataFrame
    sets: int
    orders: int
    equal: pd.DataFrame = field(default_factory=pd.DataFrame)
    equal_package: pd.DataFrame = field(default_factory=pd.DataFrame)

    def sentences(self, language: str = "en") -> list[str]:
        """The headlines in words, ``en`` or ``zh``."""
        column = f"words_{language}"
        equal = [] if self.equal_package.empty else self.equal_package[column]
        return [*self.package[column], *equal, *self.contest[column].drop_duplicates()]

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        from citybelt.result import plain

        return plain(vars(self))


def worth(p: Problem, best: Optimum, fixed: np.ndarray, tell: Progress) -> Worth:
    """Find out what each part of a plan is worth.

    Args:
        best: the plan, whose point has the slopes of the goal and of bounds that bind.
        fixed: [L] levers that it may not use.

    Raises:
        NotSolvedError: an equilibrium or an optimum was not reached.
    """
    from citybelt.plan.told.contest import contest
    from citybelt.plan.told.entry import entry
    from citybelt.plan.told.packages import packages
    from citybelt.plan.told.shares import shares

    found = shares(p, best, fixed, tell)
    wide = packages(p, best, fixed, tell)
    return Worth(
        levers=entry(p, best, fixed, tell),
        by_lever=found.by_lever,
        by_theme=found.by_theme,
        package=found.package,
        contest=contest(p, best, fixed, tell),
        equal=wide.equal,
        equal_package=wide.package,
        sets=found.sets,
        orders=found.orders,
    )
