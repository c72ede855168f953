"""What all users of a server share: the world, ready to be asked, and its answers by what is asked.

A question is a ``Change``; the same change gives the same answer, so answers are kept. In a world of many regions a
solve begins at the equilibrium that the same session saw last, which saves a third of its time; in a small one every
solve begins at the base year.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from functools import cached_property
from typing import Any

import numpy as np

from citybelt.data.dataset import Dataset
from citybelt.errors import InputError, NotSolvedError, Problem
from citybelt.scenario.desk import Desk, Look, fingerprint, question
from citybelt.scenario.scenario import Scenario
from citybelt.web import limits
from citybelt.web.schema import Change
from citybelt.web.turns import go_on

#: Home regions from which on a solve begins at the last equilibrium.
LARGE = 100
#: Whole equilibria that are kept; one of a whole country takes a hundred megabytes.
LOOKS = 4

Numbers = tuple[dict[str, np.ndarray], dict[str, dict[str, float]]]


class Kept:
    """The newest of what was used, up to a number. Safe to be used by several threads."""

    def __init__(self, most: int):
        self._most, self._held, self._lock = most, OrderedDict[Any, Any](), threading.Lock()

    def get(self, key: Any) -> Any:
        """What is kept under a key; None where nothing is."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Any, value: Any) -> None:
        """Keep something; the oldest goes where there are too many."""
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)

    def __len__(self) -> int:
        return len(self._held)


class Bench:
    """A world with a desk for each vintage that was asked for.

    Arguments: ``name`` of the world; ``options`` of ``verbs.load``, which the command line was given.
    """

    def __init__(self, name: str, **options: Any):
        from citybelt import verbs

        self.name, self.options = name, options
        self.dataset: Dataset = verbs.load(name, **options)
        self.vintage = self.dataset.vintage
        self._desks: dict[str, Desk] = {}
        self._making = threading.Lock()
        self._looks, self._numbers, self._states = Kept(LOOKS), Kept(limits.ANSWERS), Kept(limits.STATES)
        self.desk = self.desk_of("")

    def desk_of(self, vintage: str) -> Desk:
        """The desk of a vintage, '' for that of the world.

        Raises:
            InputError: an unknown vintage, or one with other regions.
        """
        from citybelt import verbs

        vintage = vintage or self.vintage
        with self._making:
            if vintage not in self._desks:
                if vintage == self.vintage:
                    dataset = self.dataset
                else:
                    dataset = verbs.load(self.name, **{**self.options, "vintage": vintage})
                    if list(dataset.x.region.values) != list(self.dataset.x.region.values):
                        what = f"the data of {vintage} have other regions."
                        raise InputError([Problem("vintage", what, f"Serve the world with --vintage {vintage}.")])
                self._desks[vintage] = Desk(dataset)
            return self._desks[vintage]

    def scenario(self, change: Change, name: str = "") -> Scenario:
        """The scenario of a change, checked.

        Raises:
            InputError: every mistake in it.
        """
        told = change.plain()
        asked = question("workbench", told["levers"], told["closure"], told["elasticities"], told["vintage"], name)
        self.desk.check(asked)
        return asked

    def look(self, change: Change, session: str = "") -> tuple[str, Look, float]:
        """The solved change: its key, what is seen, and the seconds it took to solve (zero if it was kept).

        Raises:
            InputError: every mistake in the change.
            NotSolvedError: no equilibrium was reached.
            Busy: nobody waits for it any more.
        """
        asked = self.scenario(change)
        key = fingerprint(asked)
        held = self._looks.get(key)
        if held is not None:
            return key, held, 0.0
        go_on()
        begun = time.perf_counter()
        seen = self._solved(asked, session)
        self._looks.put(key, seen)
        self._numbers.put(key, self._told(seen, change.vintage))
        return key, seen, time.perf_counter() - begun

    def numbers(self, change: Change, session: str = "") -> Numbers:
        """Every number of a change by region and in total (``figures``), without the equilibrium, which takes memory.

        Raises:
            InputError: every mistake in the change.
            NotSolvedError: no equilibrium was reached.
        """
        held = self._numbers.get(fingerprint(self.scenario(change)))
        if held is not None:
            return held
        _, seen, _ = self.look(change, session)
        return self._told(seen, change.vintage)

    def _told(self, seen: Look, vintage: str) -> Numbers:
        from citybelt.web.figures import further

        return seen.regional, seen.totals | further(self.desk_of(vintage), seen)

    def _solved(self, asked: Scenario, session: str) -> Look:
        desk = self.desk_of(asked.vintage)
        if not session or len(desk.economy.home) <= LARGE:
            return desk.look(asked)
        where = (
            session,
            asked.vintage,
            tuple(sorted(asked.closure.items())),
            tuple(sorted(asked.elasticities.items())),
        )
        start = self._states.get(where)
        try:
            seen = desk.look(asked, start)
        except NotSolvedError:
            if start is None:
                raise
            seen = desk.look(asked)
        self._states.put(where, seen.solution.state)
        return seen

    @cached_property
    def library(self) -> dict[str, str]:
        """Names of the package's scenarios by what they change."""
        from citybelt.scenario.scenario import load_scenario, scenarios

        return {fingerprint(load_scenario(name, self.name)): name for name in scenarios(self.name)}

    @property
    def home(self) -> tuple[str, ...]:
        """Ids of the home regions, in the order of all arrays."""
        return self.desk.economy.home

    @property
    def cluster(self) -> np.ndarray:
        """[H] whether a home region is in the cluster that the world is about."""
        return self.desk.members[0].astype(bool)
