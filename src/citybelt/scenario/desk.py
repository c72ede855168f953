"""A world at hand for questions: any mix of levers is answered in the time of some passes.

``run`` opens a world, finds levers and elasticities, solves each lever alone and looks for other equilibria. A ``Desk``
keeps what does not change between questions (levers, calibrated economies, compiled programs) and answers one: the
equilibrium and what is read off it. Its numbers are those of ``run``.

A solve may begin at the state of the question before, which is mostly near; where it ends, no residual exceeds that
of a solve from the base year.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.dims import PAYERS, SETS
from citybelt.model.panel import REGIONAL, TOTALS, split
from citybelt.scenario.card import cards_of
from citybelt.scenario.levers import Lever, costs, levers
from citybelt.scenario.scenario import Scenario, check
from citybelt.scenario.seen import GOVERNMENT, Amounts, read

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.engine.solve import Solution
    from citybelt.model.accounts import State
    from citybelt.model.economy import Economy

#: Calibrated economies that are kept; one of a whole country takes some tens of megabytes.
ECONOMIES = 12

_costs = jax.jit(costs)


@dataclass(frozen=True, eq=False)
class Look:
    """A solved question and what is read off it.

    Attributes:
        regional: by outcome, [H]; totals: by outcome, values of cluster and nation; changes from the base year.
        now, base: amounts of the year and of the base year.
        cost: [L] bn CNY a year by lever of the desk.
    """

    scenario: Scenario
    solution: Solution
    economy: Economy
    regional: dict[str, np.ndarray]
    totals: dict[str, dict[str, float]]
    now: Amounts
    base: Amounts
    cost: dict[str, float]

    def payers(self) -> list[dict[str, Any]]:
        """What each payer pays for levers at places of the cluster and elsewhere, bn CNY a year."""
        bill = np.asarray(self.solution.accounts.bill).sum(axis=1)
        inside = np.asarray(self.now.bill)[:, 0]
        rows = zip(PAYERS, inside, bill - inside, strict=True)
        return [{"payer": p, "cluster": float(c), "elsewhere": float(max(o, 0.0))} for p, c, o in rows]

    def government(self) -> list[dict[str, Any]]:
        """Accounts of governments, base year and now, bn CNY a year."""
        before, after = np.asarray(self.base.government), np.asarray(self.now.government)
        return [
            {"id": row} | {of: {"base": float(before[k, s]), "now": float(after[k, s])} for s, of in enumerate(SETS)}
            for k, row in enumerate(GOVERNMENT)
        ]

    def ages(self, members: np.ndarray) -> dict[str, dict[str, dict[str, float]]]:
        """Persons under 60 and from 60 on, base year and now."""
        before, after = (np.asarray(x.residents) @ members.T for x in (self.base, self.now))
        return {
            group: {of: {"base": float(before[g, s]), "now": float(after[g, s])} for s, of in enumerate(SETS)}
            for g, group in enumerate(("under60", "over60"))
        }

    def sectors(self) -> dict[str, np.ndarray]:
        """Change of real output by sector in per cent, cluster and nation."""
        volume = 100.0 * (np.asarray(self.now.volume) - 1.0)
        return {of: volume[:, s] for s, of in enumerate(SETS)}


class Desk:
    """A world with its levers, ready to be asked. Safe to be used by several threads.

    Attributes:
        dataset: the world; menu: its levers, L; members: [2, H] one in the cluster, one in the nation.
    """

    def __init__(self, dataset: Dataset, menu: tuple[Lever, ...] | None = None):
        from citybelt.config import configure
        from citybelt.scenario.preview_build import sets_of

        configure()
        self.dataset = dataset
        self.menu = tuple(levers(dataset)) if menu is None else tuple(menu)
        self._cards = {lever.id: lever.card for lever in self.menu} if menu is not None else cards_of(dataset.name)
        self._lock = threading.Lock()
        self._economies: OrderedDict[tuple, tuple[Economy, Solution, Amounts]] = OrderedDict()
        nothing = question("base", {}, {}, {})
        e = self._calibrated(nothing)
        self.sets = sets_of(e, dataset)
        self.members = np.asarray(self.sets.members)
        self.economy, self.base, _ = self.at(nothing)

    def _calibrated(self, scenario: Scenario) -> Economy:
        from citybelt.model.accounts import closure
        from citybelt.model.economy import economy
        from citybelt.model.theory import theory

        th = theory(self.dataset.x.sector.values, None, **scenario.elasticities)
        return economy(self.dataset, th, closure(**scenario.closure))

    def at(self, scenario: Scenario) -> tuple[Economy, Solution, Amounts]:
        """The economy under the assumptions of a scenario, its base year solved and read.

        Raises:
            NotSolvedError: the base year is no equilibrium under them.
        """
        key = (tuple(sorted(scenario.closure.items())), tuple(sorted(scenario.elasticities.items())))
        with self._lock:
            if key in self._economies:
                self._economies.move_to_end(key)
                return self._economies[key]
        e = self._calibrated(scenario)
        base = e.solve(e.zeros)
        _, amounts = read(e.base, e.theory, base.shock, base.accounts, self.sets)
        with self._lock:
            self._economies[key] = e, base, amounts
            while len(self._economies) > ECONOMIES:
                self._economies.popitem(last=False)
        return e, base, amounts

    @cached_property
    def product(self) -> float:
        """Gross product of the cluster in the base year, bn CNY."""
        from citybelt.model import outcomes

        return float(outcomes.gdp(self.economy, None) @ self.members[0])

    def check(self, scenario: Scenario) -> None:
        """Raise ``InputError`` with every mistake of a scenario."""
        check(scenario, self._cards)

    def values(self, settings: Mapping[str, float]) -> np.ndarray:
        """[L] values in the order of the menu, zero where a lever is not set."""
        return np.array([float(settings.get(lever.id, 0.0) or 0.0) for lever in self.menu])

    def solve(self, scenario: Scenario, start: State | None = None) -> Solution:
        """The equilibrium of a scenario.

        Raises:
            InputError: mistakes in the scenario, all of them.
            NotSolvedError: naming the worst market and region.
        """
        from citybelt.scenario.preview_build import shock_of

        self.check(scenario)
        e, base, _ = self.at(scenario)
        values = self.values(scenario.levers)
        if not values.any():
            return base
        return e.solve(shock_of(self.menu, jnp.asarray(values)), start)

    def look(self, scenario: Scenario, start: State | None = None) -> Look:
        """Solve a scenario and read it.

        Args:
            scenario: what is changed; its vintage must be that of the world.
            start: a state to begin at, the base year's if None.

        Raises:
            InputError: mistakes in the scenario, all of them.
            NotSolvedError: no equilibrium was reached.
        """
        s = self.solve(scenario, start)
        e, _, before = self.at(scenario)
        found, now = jax.device_get(read(e.base, e.theory, s.shock, s.accounts, self.sets))
        regional, totals = split(found, len(e.home))
        paid = np.asarray(_costs(self.menu, jnp.asarray(self.values(scenario.levers))))
        return Look(
            scenario=scenario,
            solution=s,
            economy=e,
            regional=dict(zip(REGIONAL, regional, strict=True)) | now.by_region,
            totals={
                name: dict(zip(SETS, map(float, row), strict=True)) for name, row in zip(TOTALS, totals, strict=True)
            },
            now=now,
            base=before,
            cost={lever.id: float(c) for lever, c in zip(self.menu, paid, strict=True) if c},
        )


def question(
    id: str,
    levers: Mapping[str, float],
    closure: Mapping[str, str],
    elasticities: Mapping[str, float],
    vintage: str = "",
    name: str = "",
) -> Scenario:
    """A scenario asked at a desk, without a file; zero stands for a lever that is not set."""
    held = {k: float(v) for k, v in levers.items() if v != 0}
    return Scenario(id, name, name, "", "", held, dict(closure), dict(elasticities), vintage, (), (id,))


def fingerprint(scenario: Scenario) -> str:
    """What a scenario changes, as a short text that is the same for the same changes in any order."""
    held = {k: v for k, v in scenario.levers.items() if v}
    parts = [sorted(held.items()), sorted(scenario.closure.items()), sorted(scenario.elasticities.items())]
    text = json.dumps([*parts, scenario.vintage], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
