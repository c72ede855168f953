"""Run a scenario through time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as File
from typing import TYPE_CHECKING

import numpy as np

from citybelt.errors import InputError, NotSolvedError, Problem
from citybelt.path.emitted import emitted
from citybelt.path.energy_mix import mix
from citybelt.path.flows import by_age
from citybelt.path.result import Path, five_years, tables
from citybelt.scenario.scenario import Scenario
from citybelt.scenario.simulate import opened

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.path.begin import Begin
    from citybelt.path.march import Inputs, Year
    from citybelt.result import Progress

#: The path without levers, of any world.
BASELINE = Scenario(
    "baseline",
    "Nothing new",
    "维持现状",
    "No lever is used: people age, move, invest and learn as they do.",
    "不采取任何措施：人口老龄化、迁移、投资与学习均按现有规律演变。",
    {}, {}, {}, "", (), ("baseline",),
)  # fmt: skip


#: Years after the last that people and investors foresee, at the last rates known; what comes then lasts for ever.
BEYOND = 20


def run(
    dataset: Dataset,
    scenario: str | File | Scenario,
    last: int = 2060,
    closed: bool = False,
    progress: Progress | None = None,
    draws: int = 0,
) -> Path:
    """Solve a scenario for every year from the base year to ``last``, with and without its levers.

    Args:
        dataset: an embedded world.
        scenario: ``baseline``, a name in the library, a file or a Scenario; its calendar says what is begun when, and
            what people expect.
        last: last year.
        closed: nobody comes from abroad or goes there.
        progress: told of the steps.
        draws: of what is not known, for bands; 0 for none.

    Raises:
        InputError: a bad scenario, a year that no rates reach, or draws of a path with a cap.
        NotSolvedError: naming the first year in which no equilibrium was reached or no price of carbon keeps the cap,
            or a path that doesn't come true; or too few draws with an equilibrium in every year.
    """
    from citybelt.config import configure
    from citybelt.path.begin import begin
    from citybelt.path.cap import caps, keep
    from citybelt.path.march import march
    from citybelt.scenario.simulate import sets_of

    configure()
    tell = progress or (lambda *_: None)
    scenario = BASELINE if scenario == BASELINE.id else scenario
    scenario, dataset, chosen = opened(dataset, scenario, through_time=True)
    capped = scenario.time.cap
    _within(scenario, [lever.id for lever in chosen], dataset.base_year, last)
    if capped and draws:
        what = "a price that keeps a cap is found for the central path only, so there are no bands with a cap."
        raise InputError([Problem("draws", what, "Run it without draws, or set a price of carbon instead of the cap.")])
    tell("base year", 0, 1)
    foreseen = scenario.time.expectations == "foresight"
    beyond = BEYOND if foreseen else 0
    started = begin(dataset, last, closed, scenario.closure, None, True, beyond, **scenario.elasticities)
    tell("base year", 1, 1)
    steps = 2 if chosen or capped else 1
    tell("years", 0, steps)
    plain, looks = _solved(started, started.inputs, foreseen)
    kept = ("name_en", "name_zh", "province")
    names = {k: ("region", dataset.x[k].values[: len(started.economy.home)]) for k in kept}
    without, ages = tables(started, plain, names)
    years, x, begun = plain, without, np.zeros((len(started.years), 0))
    inputs = started.inputs
    cluster, band = sets_of(started.economy, dataset)["cluster"], None
    cap = price = None
    if chosen:
        begun = scenario.time.values([lever.id for lever in chosen], scenario.levers, started.years.tolist())
        inputs = started.with_levers(tuple(chosen), begun)
    if capped:
        tell("years", 1, steps)
        cap = caps(capped, started.calendar)
        price, inputs, ahead = keep(started.rules, inputs, started.stocks, started.calendar, cap, cluster, foreseen)
        _, years = march(started.rules, inputs, started.stocks, ahead)
        _reached(years, started.calendar)
        cap, price, years = started.shown((cap, price, years))
    elif chosen:
        tell("years", 1, steps)
        years, looks = _solved(started, inputs, foreseen)
    if chosen or capped:
        x, ages = tables(started, years, names)
    tell("years", steps, steps)
    if draws:
        from citybelt.path.bands import bands

        alike = closed, scenario.closure, scenario.elasticities
        solve = lambda own, inputs: _solved(own, inputs, foreseen)[0]  # noqa: E731
        band = bands(dataset, started, chosen, begun, cluster, draws, solve, *alike, tell)
    energy, power = mix(started, years, cluster)
    return Path(
        scenario=scenario,
        world=dataset.name,
        expectations=scenario.time.expectations,
        x=x,
        people=five_years(ages),
        ages=ages,
        without=without,
        cluster=cluster,
        residual=float(np.max(years.left)),
        passes=int(np.sum(years.passes)),
        looks=int(looks),
        band=band,
        flows=by_age(years.events, np.asarray(started.years), without["region"].values),
        energy=energy,
        power=power,
        emitted=emitted(started, years, cluster, x["co2"].values, cap, price),
    )


def _solved(started: Begin, inputs: Inputs, foreseen: bool) -> tuple[Year, int]:
    """The years of a path, without those beyond its last, and how often all of them were solved."""
    from citybelt.path.march import FORESEEN, foresee, march

    _, years = march(started.rules, inputs, started.stocks)
    _reached(years, started.calendar)
    looks = 1
    if foreseen:
        ahead, left, found = foresee(started.rules, inputs, started.stocks, years)
        if not float(left) <= FORESEEN:
            raise NotSolvedError(
                f"What people foresee doesn't come true: after {int(found)} rounds a value is off by "
                f"{float(left):.1e}. Try static expectations, or smaller levers."
            )
        _, years = march(started.rules, inputs, started.stocks, ahead)
        _reached(years, started.calendar)
        looks = int(found)
    return started.shown(years), looks


def _within(scenario: Scenario, levers: Sequence[str], base: int, last: int) -> None:
    """Raise InputError where the years hold nothing of what a scenario says."""
    if last <= base:
        raise InputError([Problem("last year", f"{last} is not after the base year {base}.", "Give a later year.")])
    time = scenario.time
    begins = [min(time.steps.get(id, {time.begin: 0.0})) for id in levers] + ([min(time.cap)] if time.cap else [])
    if begins and min(begins) > last:
        what = f"nothing begins by {last}, the last year; the first thing does in {min(begins)}."
        raise InputError([Problem(f"scenario {scenario.id!r}, time", what, "Begin earlier, or go on to later years.")])


def _reached(years: Year, calendar: np.ndarray) -> None:
    from citybelt.engine.solve import TOLERANCE

    left = np.asarray(years.left)
    bad = ~(left <= TOLERANCE)
    if bad.any():
        first = int(np.argmax(bad))
        raise NotSolvedError(
            f"No equilibrium was reached in {calendar[first]}: a relative residual of {left[first]:.1e} was left. "
            "Try smaller levers, or begin them in steps."
        )
