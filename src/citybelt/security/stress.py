"""Every disruption of every security, solved now and under a scenario, and the worst of each set together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.security.kinds import Disruption, Field, disruptions, field
from citybelt.security.loss import Loss, measure
from citybelt.security.result import Stress, assemble
from citybelt.security.table import ENDS, SECURITIES, Family, short

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.engine.solve import Solution
    from citybelt.geo.network import Network
    from citybelt.model.economy import Economy
    from citybelt.result import Progress
    from citybelt.scenario.levers import Effects, Lever
    from citybelt.scenario.scenario import Scenario

#: Nobody moves and nothing is built within the year that a disruption lasts.
WITHIN_A_YEAR = {"people": "fixed", "capital": "fixed"}
#: The joint disruption stands beside the securities in tables.
JOINT = "joint"


@dataclass(frozen=True, eq=False)
class Case:
    """What is struck: the base year or a scenario, under each end of the trade elasticity's range.

    Attributes:
        name: ``now``, ``scenario`` or ``plan``.
        economy, before: by end, the economy with short-run elasticities and the equilibrium that is struck.
    """

    name: str
    economy: dict[str, Economy]
    before: dict[str, Solution]


def stress(
    dataset: Dataset,
    scenario: str | Path | Scenario | None = None,
    progress: Progress | None = None,
    rows: Sequence[Family] | None = None,
    network: Network | None = None,
) -> Stress:
    """Put a world, and a scenario of it, under every disruption of the five securities.

    Args:
        dataset: the world.
        scenario: its levers and closure are struck as well; its elasticities are long-run ones and are not used.
        progress: told of the disruptions solved.
        rows: families of disruptions, those of the package unless given.
        network: routes of freight, those of the base year unless given.

    Raises:
        InputError: mistakes in the scenario, or one for other data.
        NotSolvedError: the scenario itself, without any disruption, was not solved.
    """
    loaded = None if scenario is None else _scenario(dataset, scenario)
    run = _Run(dataset, None if loaded is None else loaded.closure, network, rows, progress)
    return run.under("scenario", _shock(dataset, loaded, run.economy), loaded) if loaded is not None else run.under("")


def under(
    dataset: Dataset,
    levers: Sequence[Lever],
    values: Any,
    effects: Effects | None = None,
    tell: Progress | None = None,
    closure: Mapping[str, str] | None = None,
    rows: Sequence[Family] | None = None,
    network: Network | None = None,
) -> Stress:
    """Put a world, and the same under a plan's mix of levers, under every disruption of the five securities.

    Args:
        dataset: the world.
        levers: those of the plan.
        values: [L] in the levers' units.
        effects: of the levers, central unless given.
        tell: told of the disruptions solved.
        closure: of the plan; people and capital stay where they are within the year anyhow.
        rows, network: as in ``stress``.

    Returns:
        A ``Stress`` whose second case is the plan: columns that end in ``_plan``.

    Raises:
        NotSolvedError: the plan itself, without any disruption, was not solved within the year.
    """
    from citybelt.scenario.levers import shock

    run = _Run(dataset, closure, network, rows, tell)
    return run.under("plan", shock(levers, values, effects) if len(levers) else run.economy.zeros)


class _Run:
    """A world unfolded, ready to be struck."""

    def __init__(
        self,
        dataset: Dataset,
        words: Mapping[str, str] | None,
        network: Network | None,
        rows: Sequence[Family] | None,
        progress: Progress | None,
    ):
        from citybelt.config import configure

        configure()
        self.dataset, self.tell = dataset, progress or (lambda *_: None)
        self.economies, self.field = within_a_year(dataset, words, network)
        self.tell("routes", 0, 1)
        self.found = disruptions(self.field, rows)
        self.tell("routes", 1, 1)

    @property
    def economy(self) -> Economy:
        return self.economies["value"]

    def under(self, name: str, shock: Any = None, scenario: Scenario | None = None) -> Stress:
        """The world as it is, and beside it under a shock with a name."""
        from citybelt.security.indicators import indicators
        from citybelt.security.market import market

        shocks = [("now", self.economy.zeros), *([(name, shock)] if name else [])]
        cases = [Case(n, self.economies, {end: x.solve(z) for end, x in self.economies.items()}) for n, z in shocks]
        losses = _solve_all(cases, self.found, self.field, self.tell)
        worst = {case.name: _worst(self.found, losses[case.name]) for case in cases}
        ends = {case.name: _ends(case, self.found, worst[case.name], losses[case.name], self.field) for case in cases}
        then = market(cases[1].before["value"]) if name else None
        table = indicators(self.field, self.dataset, then, name)
        return assemble(self.dataset, scenario, self.field, self.found, losses, ends, table)


def within_a_year(
    dataset: Dataset, words: Mapping[str, str] | None = None, network: Network | None = None
) -> tuple[dict[str, Economy], Field]:
    """The economy of a world within a year, at each end of the trade elasticity's range, and what disruptions strike.

    Args:
        dataset: the world.
        words: a closure; people and capital stay where they are anyhow.
        network: routes of freight, those of the base year unless given.
    """
    from citybelt.geo.network import Network
    from citybelt.model.accounts import closure
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory
    from citybelt.security.routes import Routes

    e = economy(dataset, theory(dataset.x.sector.values, None), closure(**{**(words or {}), **WITHIN_A_YEAR}))
    economies = {end: replace(e, theory=short(e.theory, end)) for end in ENDS}
    cluster = np.asarray(e.cluster).astype(str) == str(dataset.x.attrs["cluster"])
    network = Network.load(dataset.base_year) if network is None else network
    chosen = np.concatenate([cluster, np.zeros(len(e.regions) - len(cluster), bool)])
    return economies, field(dataset, economies["value"], Routes(network, list(e.regions), chosen))


def worst_of(found: Iterable[tuple[Disruption, Loss]]) -> tuple[Disruption, Loss] | None:
    """The disruption of a set from which the cluster loses most; None where none was solved."""
    solved = [pair for pair in found if pair[1].solved]
    return max(solved, key=lambda pair: pair[1].cluster, default=None)


def joined(parts: Sequence[tuple[Disruption, Loss]]) -> Disruption:
    """Several disruptions at once, as they were solved: a carbon budget as the price that met it."""
    change = replace(parts[0][1].change, cap=None)
    for _, loss in parts[1:]:
        change = change + replace(loss.change, cap=None)
    family = replace(parts[0][0].family, id=JOINT, security=JOINT)
    hit = np.logical_or.reduce([d.hit for d, _ in parts])
    return Disruption(JOINT, family, "The worst of each set at once", "各类最坏情形同时发生", change, hit)


def _solve_all(
    cases: Sequence[Case], found: Sequence[Disruption], f: Field, tell: Callable[[str, int, int], Any]
) -> dict[str, list[Loss]]:
    out: dict[str, list[Loss]] = {}
    done, total = 0, len(cases) * len(found)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:  # a solve keeps about one core busy
        for case in cases:
            e, before = case.economy["value"], case.before["value"]
            out[case.name] = []
            for loss in pool.map(lambda d, e=e, s=before: measure(e, s, d, f.cluster), found):
                out[case.name].append(loss)
                done += 1
                tell("disruptions", done, total)
    return out


def _worst(found: Sequence[Disruption], losses: Sequence[Loss]) -> dict[str, tuple[Disruption, Loss]]:
    """By security; a security none of whose disruptions was solved is left out."""
    pairs = list(zip(found, losses, strict=True))
    sets = {s: worst_of(pair for pair in pairs if pair[0].family.security == s) for s in SECURITIES}
    return {s: pair for s, pair in sets.items() if pair is not None}


def _ends(
    case: Case, found: Sequence[Disruption], worst: dict[str, tuple[Disruption, Loss]], losses: Sequence[Loss], f: Field
) -> dict[str, dict[str, tuple[Disruption, Loss]]]:
    """The worst of each security and all of them jointly, at each end of the trade elasticity's range."""
    out: dict[str, dict[str, tuple[Disruption, Loss]]] = {"value": dict(worst)}
    for end in ENDS:
        e, before = case.economy[end], case.before[end]
        if end != "value":
            out[end] = {s: (d, measure(e, before, d, f.cluster)) for s, (d, _) in worst.items()}
        parts = [pair for pair in out[end].values() if pair[1].solved]
        if len(parts) == len(worst) > 1:
            d = joined(parts)
            out[end][JOINT] = (d, measure(e, before, d, f.cluster))
    return out


def _scenario(dataset: Dataset, scenario: str | Path | Scenario) -> Scenario:
    from citybelt.scenario.card import cards_of
    from citybelt.scenario.scenario import Scenario, check, load_scenario

    loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario, dataset.name)
    check(loaded, cards_of(dataset.name))
    if loaded.vintage not in ("", dataset.vintage):
        what = f"asks for the data of {loaded.vintage}, and the world is loaded with those of {dataset.vintage}."
        do = f"Load the world with vintage={loaded.vintage!r}."
        raise InputError([Problem(f"scenario {loaded.id!r}", what, do)])
    return loaded


def _shock(dataset: Dataset, scenario: Scenario, e: Economy) -> Any:
    from citybelt.scenario.card import cards_of
    from citybelt.scenario.levers import levers, shock, values_of

    wanted = [id for id, value in scenario.levers.items() if value]
    if not wanted:
        return e.zeros
    chosen = levers(dataset, {id: cards_of(dataset.name)[id] for id in wanted})
    return shock(chosen, values_of(chosen, scenario.levers))
