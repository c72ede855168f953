"""The verbs of citybelt, the same for Python and for the command line.

Each takes a world by name (``"northeast"``, ``"china"``) or a loaded `Dataset`, and returns a result with
``to_json()``, a view for terminals and notebooks, and pandas tables as attributes. A verb raises
`InputError` for bad input and `NotSolvedError` where no equilibrium or plan was reached; it never returns
numbers that have not converged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from citybelt.result import Progress, folder
from citybelt.verbs.options import check_options, loaded
from citybelt.verbs.time import centres as centres
from citybelt.verbs.time import hindcast as hindcast
from citybelt.verbs.time import path as path

if TYPE_CHECKING:
    from citybelt.claims.result import Ledger
    from citybelt.coverage import Coverage
    from citybelt.data.dataset import Dataset
    from citybelt.diagnose.result import Diagnosis
    from citybelt.hindcast.result import Hindcast
    from citybelt.path.result import Path as Years
    from citybelt.plan import Plan
    from citybelt.plan.asked.brief import Brief
    from citybelt.plan.compare import Comparison
    from citybelt.plan.store import Work
    from citybelt.replicate.result import Cases, Replication
    from citybelt.report.build import Report
    from citybelt.scenario import Ladder, Run, Scenario
    from citybelt.scenario.explain import Explanation
    from citybelt.scenario.preview import Preview
    from citybelt.scenario.verify import Verification
    from citybelt.security.result import Stress
    from citybelt.separate.result import Separate
    from citybelt.trade import Economy, Trade
    from citybelt.worlds.overview import Overview

#: The languages of reports, the first one for the terminal.
LANGUAGES = ("en", "zh")


def load(
    world: str | Dataset, vintage: str = "2020", inner_mongolia: bool = False, split: str | Path | None = None
) -> Dataset:
    """A world's data: labelled arrays, with the provenance of every value.

    Arguments:
        world: name of an embedded world, ``"northeast"`` or ``"china"``; a loaded one passes through if it is whole.
        vintage: which GDP, ``"2019"``, ``"2020"``, ``"2021"`` or ``"2020-revised"``.
        inner_mongolia: in ``northeast``, whether the four eastern prefectures of Inner Mongolia are regions.
        split: a CSV file of value added by region and sector that replaces the imputed split.

    Raises:
        InputError: a name that isn't known, mistakes in the file, or a loaded world with holes in its tables.
    """
    if not isinstance(world, str):
        return loaded(world)
    from citybelt import worlds

    return worlds.load(world, vintage=vintage, inner_mongolia=inner_mongolia, split=split)


def overview(world: str | Dataset) -> Overview:
    """What is in a world: totals with their deviations, grades, fills and sources."""
    from citybelt.worlds.overview import Overview

    return Overview(load(world))


def diagnose(world: str | Dataset, progress: Progress | None = None) -> Diagnosis:
    """Where the cluster stands: people, ages, income, sectors, repetition, sizes of cities, trade, services."""
    from citybelt.diagnose import diagnose

    return diagnose(load(world), progress=progress)


def run(world: str | Dataset, scenario: str | Path | Scenario, draws: int = 0, progress: Progress | None = None) -> Run:
    """Solve a scenario and explain it, by city, by sector and by lever.

    Arguments:
        world: name of a world, or a loaded one.
        scenario: name of a scenario in the package, path of a YAML file, or a `Scenario`.
        draws: joint draws of elasticities, effects and imputed flows for an 80 % band; 0 for none.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: mistakes in the scenario, all of them.
        NotSolvedError: no equilibrium was reached.
    """
    check_options(draws=draws)
    from citybelt.scenario import run

    return run(load(world), scenario, draws=draws, progress=progress)


def explain(world: str | Dataset, scenario: str | Path | Scenario, progress: Progress | None = None) -> Explanation:
    """Why a scenario does what it does: by lever, by channel, and by the numbers that it leans on.

    Arguments:
        world: name of a world, or a loaded one.
        scenario: name of a scenario in the package, path of a YAML file, or a `Scenario`; it must set a lever.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: mistakes in the scenario, all of them, or no lever in it.
        NotSolvedError: an equilibrium was not reached, or the channels do not add up to the whole.
    """
    from citybelt.scenario.explain import explain

    return explain(load(world), scenario, progress=progress)


def preview(
    world: str | Dataset,
    closure: Mapping[str, str] | None = None,
    elasticities: Mapping[str, float] | None = None,
    draws: int = 400,
    progress: Progress | None = None,
) -> Preview:
    """Stored derivatives that tell in a millisecond what any mix of levers does, and how far off that may be.

    Arguments:
        world: name of a world, or a loaded one.
        closure, elasticities: as in a scenario; the default ones where silent.
        draws: exact equilibria from which the error is found, at least 50.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: a closure or an elasticity that a scenario could not set either, or too few draws.
        NotSolvedError: an equilibrium was not reached.
    """
    check_options(draws=draws)
    from citybelt.scenario.preview_build import build

    return build(load(world), closure=closure, elasticities=elasticities, draws=draws, progress=progress)


def ladder(world: str | Dataset, scenario: str | Path | Scenario, progress: Progress | None = None) -> Ladder:
    """Answer a scenario by the multiplier, by partial and by general equilibrium, and say why they differ.

    Arguments:
        world: name of a world, or a loaded one.
        scenario: name of a scenario in the package, path of a YAML file, or a `Scenario`.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: mistakes in the scenario, all of them.
        NotSolvedError: a model of the ladder was not solved.
    """
    from citybelt.scenario.ladder import ladder

    return ladder(load(world), scenario, progress=progress)


def plan(
    world: str | Dataset,
    brief: str | Path | Brief | None = None,
    budget: float | None = None,
    draws: int = 200,
    objective: str | None = None,
    floor: float | None = None,
    progress: Progress | None = None,
    resume: str | Path | Work | None = None,
    complete: bool = True,
) -> Plan:
    """The mix of levers that serves an objective best, under budgets and targets.

    Arguments:
        world: name of a world, or a loaded one.
        brief: what is asked for: name of a plan in the package, path of a YAML file, or a `Brief`; by default the
            welfare of the cluster within half a per cent of its GDP, no province losing residents or output.
        budget: share of the cluster's GDP that may be spent a year; the brief's if None, as of the next two.
        objective: whose gain is maximised, "cluster", "nation", "maximin:provinces" or "maximin:cities".
        floor: residents and output that each province of the cluster must keep, relative to the base year.
        draws: joint draws of elasticities, effects and imputed flows for the 80 % bands.
        progress: called with the stage, the steps done and the steps in all.
        resume: folder where finished pieces are kept while the plan is made, so that a call that was killed goes on
            where it was; nothing is kept if None.
        complete: whether to hold the plan against others as well, which takes minutes: plans of the provinces apart,
            plans nearly as good, outside worlds, the five securities, each lever's part.

    Raises:
        InputError: options out of range; every mistake of a plan file.
        NotSolvedError: the targets can't be met together, and what would make room; or the optimiser or an equilibrium
            on its way didn't converge.
    """
    check_options(draws=draws, budget=1.0 if budget is None else budget)
    from citybelt.plan import plan
    from citybelt.plan.asked.brief import brief_for
    from citybelt.plan.store import Store, Work

    dataset = load(world)
    asked = brief_for(brief, dataset).revised(dataset, budget, objective, floor)
    work = resume if isinstance(resume, Work) or resume is None else Work(resume)
    store = Store.of(work.folder if work else None, dataset, asked, draws)
    if work:
        work.store = store
    made = plan(dataset, asked, draws=draws, progress=progress, store=store, complete=complete)
    if complete:
        made = replace(made, separate=_apart(dataset, asked, progress))
    if work is not resume:  # nobody else says when all is done
        store.clear()
    return made


def _apart(dataset: Dataset, brief: Brief, progress: Progress | None) -> Separate | None:
    """The plans that the provinces of a plan's cluster make apart, with its budget; None where it has only one."""
    from citybelt.plan.asked.places import places
    from citybelt.separate.make import separate

    at = places(dataset)
    if len(at.provinces) < 2:
        return None
    return separate(dataset, budget=brief.budget(at) / at.gdp, progress=progress)


def compare(a: str | Path | Plan, b: str | Path | Plan) -> Comparison:
    """Two plans beside each other: levers, payers, places, targets, and which does better in how many draws.

    Arguments:
        a, b: what `plan` returned, the JSON file that the command line wrote of it, or the folder where that lies.

    Raises:
        InputError: a file that is no plan's; plans of other worlds, vintages, regions or numbers of draws.
    """
    from citybelt.plan.compare import compare

    return compare(a, b)


def separate(
    world: str | Dataset,
    budget: float = 0.005,
    players: str | Mapping[str, Sequence[str]] = "provinces",
    orders: int = 0,
    instruments: bool = True,
    draws: int = 8,
    progress: Progress | None = None,
) -> Separate:
    """What provinces reach when each plans for its own people, what one plan reaches, and how to share the difference.

    Arguments:
        world: a name, or a loaded one; budget: share of each player's GDP a year, of which one plan has the sum.
        players: "provinces" or "cities" of the world's cluster, or ids of home regions by name of the player.
        orders: pairs of orders from which Shapley values of more than six players are drawn, 0 for none.
        instruments: whether each player has subsidies and land prices of its own; draws: joint draws of both plans.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: a budget out of range, or players that the world does not have.
        NotSolvedError: an equilibrium was not reached, or no one plan as good as the separate ones was found.
    """
    from citybelt.separate.make import separate

    return separate(load(world), budget, players, orders, instruments, draws, progress)


_plan = plan  # `report` has an argument of that name


def stress(
    world: str | Dataset, scenario: str | Path | Scenario | None = None, progress: Progress | None = None
) -> Stress:
    """What the cluster loses within a year under every disruption of the five securities.

    Arguments:
        world: name of a world, or a loaded one.
        scenario: struck as well, beside the world as it is: a name, the path of a YAML file, or a `Scenario`.
        progress: called with the stage, the steps done and the steps in all.

    Returns:
        Losses by disruption, origin, city and sector, the worst of each set and all of these at once. A disruption
        that was not solved is an entry with an error and no numbers.

    Raises:
        InputError: mistakes in the scenario, all of them.
        NotSolvedError: the world under the scenario, without any disruption, was not solved.
    """
    from citybelt.security.stress import stress

    return stress(load(world), scenario, progress=progress)


def ledger(world: str | Dataset) -> Ledger:
    """The article's figures against data, each under every definition and vintage held, with a verdict."""
    from citybelt.claims import ledger

    return ledger(load(world))


def coverage() -> Coverage:
    """Propositions 1 to 65 of the article: computed, assumed or not attempted, where shown, which test."""
    from citybelt.coverage import coverage

    return coverage()


def verify(world: str | Dataset, progress: Progress | None = None) -> Verification:
    """The worst residual of every identity on every scenario and closure in the package."""
    from citybelt.scenario.verify import verify

    return verify(load(world), progress=progress)


def report(
    world: str | Dataset,
    plan: Plan | Years | Hindcast | None = None,
    out: str | Path | None = None,
    lang: str | Sequence[str] = LANGUAGES,
    progress: Progress | None = None,
) -> Report:
    """Write the report, one HTML and one PDF file for each language.

    Arguments:
        world: name of a world, or a loaded one.
        plan: what to report: a plan, made first where none is given; what `path` or `hindcast` returned.
        out: folder for the files, ``out/<world>`` unless given.
        lang: languages, of ``"en"`` and ``"zh"``, or one of them.
        progress: called with the stage, the steps done and the steps in all.

    Returns:
        A result whose ``paths`` names the files.

    Raises:
        InputError: a language that isn't known, a folder that can't be written, a plan, path or hindcast of other data.
    """
    from citybelt.report import report, single
    from citybelt.report.build import languages

    # Before minutes of work, not after.
    lang = languages(lang)
    name = world if isinstance(world, str) else loaded(world).name
    if single.stem(plan):  # a result that carries all that its report needs
        return single.write(plan, out if out is not None else Path("out") / name, lang, progress, world=name)
    dataset = load(world)
    where = folder(out if out is not None else Path("out") / name)
    if plan is None:
        plan = _plan(dataset, progress=progress)
    return report(dataset, plan, out=where, lang=lang, progress=progress)


def replicate(name: str | None = None, folder: str | Path | None = None) -> Replication | Cases:
    """A result that others published, computed anew from their data: every figure beside theirs.

    Arguments:
        name: of the case; the list of cases if None.
        folder: where its files are; ``cb.replicate()`` says which files a case needs and where they are from.

    Raises:
        InputError: a case that isn't known; files that are missing or malformed.
        NotSolvedError: an equilibrium was not reached.
    """
    from citybelt.replicate import cases, compute

    return cases() if name is None else compute(name, folder)


def trade(folder: str | Path | Economy, starts: int = 6, progress: Progress | None = None) -> Trade:
    """Your own trade model, from a folder of plain tables: solved before and after a change, and certified.

    ``cb.trade.example(folder)`` writes a complete folder of synthetic numbers to start from.

    Arguments:
        folder: with model.yaml and tables in CSV, see the page "Your own trade model"; or an `Economy`.
        starts: far starts from which other equilibria are sought, 0 for none.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: every mistake in the folder, with file, line and column.
        NotSolvedError: an equilibrium was not reached.
    """
    from citybelt.trade import compute
    from citybelt.trade.equilibrium import check_options as check_starts

    check_starts(starts)
    return compute(folder, starts=starts, progress=progress)
