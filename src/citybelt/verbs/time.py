"""The verbs of what happens over the years."""

from __future__ import annotations

from numbers import Integral
from pathlib import Path as File
from typing import TYPE_CHECKING

from citybelt.errors import InputError, Problem
from citybelt.result import Progress

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.hindcast.result import Hindcast
    from citybelt.path.centres import Centres
    from citybelt.path.result import Path
    from citybelt.scenario import Scenario

#: Years beyond are solved only for those who foresee them: the laws of motion are tested and drawn to this one.
LAST = 2060


def path(
    world: str | Dataset,
    scenario: str | File | Scenario,
    to: int = 2060,
    closed: bool = False,
    progress: Progress | None = None,
    draws: int = 0,
) -> Path:
    """Solve a scenario for every year from the base year on, beside the same years without its levers.

    Arguments:
        world: name of an embedded world, or a loaded one.
        scenario: name of a scenario in the package, path of a YAML file, or a `Scenario`; its ``time`` says what is
            begun when, and whether people foresee what comes.
        to: last year, from the year after the base year to 2060.
        closed: nobody comes from abroad or goes there.
        progress: called with the stage, the steps done and the steps in all.
        draws: joint draws of parameters, elasticities, births, moves and effects of levers, for 80 % bands; 0 for
            none. A draw takes 2 to 4 seconds on two cores.

    Raises:
        InputError: mistakes in the scenario, all of them, options out of range, or a year that no rates reach.
        NotSolvedError: a year without equilibrium, a path that people foresee and that doesn't come true, or too few
            draws that have one.
    """
    from citybelt import verbs
    from citybelt.path.run import run
    from citybelt.verbs.options import check_options

    check_options(draws=draws)
    if isinstance(to, bool) or not isinstance(to, Integral) or to > LAST:
        what = f"{to!r} is not a whole year up to {LAST}."
        raise InputError([Problem("last year", what, "Give the last year to solve, such as 2035.")])
    return run(verbs.load(world), scenario, last=to, closed=closed, progress=progress, draws=draws)


def centres(world: str | Dataset, count: int = 5, progress: Progress | None = None) -> Centres:
    """Where innovation centres would serve most: what a yuan of research brings by city, and the best few sites.

    Arguments:
        world: name of an embedded world, or a loaded one.
        count: sites chosen together, at most.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: no whole number of sites, or more than the cluster has cities.
        NotSolvedError: no best choice of sites was proven.
    """
    from citybelt import verbs
    from citybelt.path.centres import centres

    return centres(verbs.load(world), count, progress)


def hindcast(world: str | Dataset, vintage: str = "census", progress: Progress | None = None) -> Hindcast:
    """What would have been forecast in 2010 for 2020, and how far it was off.

    Arguments:
        world: name of an embedded world. The hindcast makes its own world of 2010: a loaded one is taken by its name,
            if nothing in it was chosen that would be lost.
        vintage: people of 2010 by the ``census`` or by the ``yearbook``.
        progress: called with the stage, the steps done and the steps in all.

    Raises:
        InputError: not an embedded world, a loaded one with choices of its own, or no such vintage.
    """
    from citybelt.config import configure
    from citybelt.hindcast import hindcast

    configure()
    return hindcast(world if isinstance(world, str) else _plain(world), progress=progress, people=vintage)


def _plain(world: Dataset) -> str:
    """The name of a loaded world without choices; ``InputError`` for one that a hindcast couldn't honour."""
    from citybelt.verbs.options import loaded
    from citybelt.worlds import load

    usual = load(loaded(world).name)
    same = list(world.x["region"].values) == list(usual.x["region"].values)
    if world.vintage != usual.vintage or world.split or not same:
        what = "a vintage of GDP, a split or regions that were chosen for today's world have no place in that of 2010."
        raise InputError([Problem("hindcast", what, f'Give the name "{world.name}".')])
    return world.name
