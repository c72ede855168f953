"""The ladder of a scenario: what the multiplier, partial and general equilibrium answer, and why they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.scenario.levers import Lever, shock, values_of
from citybelt.scenario.scenario import Scenario
from citybelt.scenario.simulate import opened, sets_of

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset
    from citybelt.model.accounts import Shock
    from citybelt.model.economy import Economy
    from citybelt.model.ladder import Answer
    from citybelt.result import Progress

#: Outcomes of a rung. Money in bn CNY a year at base-year prices, work in workers of the base year, people in
#: persons, welfare in per cent of log change, ev in bn CNY a year.
OUTCOMES = ("output", "purchases", "value_added", "work", "people", "welfare", "ev")
SETS = ("cluster", "nation", "world")


@dataclass(frozen=True, eq=False)
class Ladder:
    """One question, answered by every model of the ladder.

    Attributes:
        rungs: a row a rung and set (cluster, nation, world): output, purchases (output of the levers' purchases and
            their payment alone), value_added, work, people, welfare, ev; missing where the rung has no answer, never
            zero. ``multiplier`` is ``purchases`` over all that is bought.
        steps: what each rung adds to the one below that has an answer; the steps of an outcome add up to its
            general equilibrium.
        savings: resources saved on the flows of the base year, which a multiplier counts beside output; a
            transfer is what buyers save and governments lose.
        bought: what levers buy in all places, which is what they cost.
        silent: changes that a multiplier says nothing about, as fields of the shock.
        solved: passes and largest residual of each rung; a linear system makes no passes.
    """

    scenario: Scenario
    world: str
    vintage: str
    closure: dict[str, str]
    rungs: pd.DataFrame
    steps: pd.DataFrame
    savings: pd.DataFrame
    bought: float
    silent: tuple[str, ...]
    solved: pd.DataFrame

    def value(self, rung: str, outcome: str, of: str = "nation") -> float:
        """One cell of ``rungs``, NaN where the rung has no answer."""
        return float(self.rungs.set_index(["rung", "of"]).loc[(rung, of), outcome])

    def added(self, rung: str, outcome: str, of: str = "nation") -> float:
        """One cell of ``steps``, NaN where the rung has no answer."""
        return float(self.steps.set_index(["rung", "of"]).loc[(rung, of), outcome])

    def explained(self, language: str = "en") -> list[str]:
        """The differences between rungs in words and numbers."""
        from citybelt.scenario.ladder_view import explained

        return explained(self, language)

    def to_json(self) -> dict[str, Any]:
        """The ladder as plain data; null where a rung has no answer."""
        from citybelt.result import plain

        return plain(
            {
                "world": self.world,
                "vintage": self.vintage,
                "scenario": self.scenario.to_json(),
                "status": "solved",
                "closure": self.closure,
                "bought": self.bought,
                "rungs": self.rungs,
                "steps": self.steps,
                "savings": self.savings,
                "silent": self.silent,
                "solved": self.solved,
                "explained": {"en": self.explained("en"), "zh": self.explained("zh")},
            }
        )

    def rich(self, language: str = "en") -> Any:
        """The ladder for a terminal, in ``en`` or ``zh``."""
        from citybelt.scenario.ladder_view import view

        return view(self, language)

    def __rich__(self) -> Any:
        return self.rich()


def ladder(
    dataset: Dataset,
    scenario: str | Path | Scenario,
    progress: Progress | None = None,
    menu: Sequence[Lever] | None = None,
) -> Ladder:
    """Answer a scenario by every model of the ladder.

    Arguments: ``dataset``; ``scenario``, its name in the library, a file or a Scenario; ``progress``, told of the
    rungs; ``menu``, the levers of the dataset if they are at hand.
    Raises InputError for a bad scenario; NotSolvedError naming the worst market of a rung that was not reached.
    """
    import pandas as pd

    from citybelt.config import configure
    from citybelt.model.accounts import closure
    from citybelt.model.economy import economy
    from citybelt.model.ladder import RUNGS, climb
    from citybelt.model.multiplier import Multiplier, demand_only, silent
    from citybelt.model.theory import theory

    configure()
    scenario, dataset, chosen = opened(dataset, scenario, menu)
    e = economy(dataset, theory(dataset.x.sector.values, None, **scenario.elasticities), closure(**scenario.closure))
    z = shock(chosen, values_of(chosen, scenario.levers)) if chosen else e.zeros

    multiplier = Multiplier(e.base)
    bought = float(multiplier.demand(z).sum())

    def told(z: Shock, stage: str) -> list[Answer]:
        answers: list[Answer] = []
        for found in climb(e, z):
            answers.append(found)
            if progress:
                progress(stage, len(answers), len(RUNGS))
        return answers

    answers = told(z, "rungs")
    alone = told(demand_only(z), "purchases alone") if bought else None
    who, workers = sets_of(e, dataset), dataset.x.workers.values
    rungs = pd.DataFrame([_row(e, z, found, of, who, workers) for found in answers for of in SETS])
    missing = [float("nan")] * len(rungs)
    of_purchases = [float(a.output @ _inside(e, of, who)) for a in alone for of in SETS] if alone else missing
    rungs.insert(3, "purchases", of_purchases)
    rungs["multiplier"] = rungs["purchases"] / bought if bought else missing
    saved = multiplier.savings(z)
    return Ladder(
        scenario=scenario,
        world=dataset.name,
        vintage=dataset.vintage,
        closure=e.closure.names,
        rungs=rungs,
        steps=steps(rungs),
        savings=pd.DataFrame(
            [
                {"source": source, "transfer": source in ("tariffs", "carbon", "subsidies")}
                | {of: float(amount @ _inside(e, of, who)) for of in SETS}
                for source, amount in saved.items()
            ]
        ),
        bought=bought,
        silent=tuple(silent(z)),
        solved=pd.DataFrame([{"rung": a.name, "passes": a.passes, "residual": a.residual} for a in answers]),
    )


def steps(rungs: pd.DataFrame) -> pd.DataFrame:
    """What each rung adds, outcome by outcome, to the last rung below that has an answer; missing where it has none.

    Arguments: ``rungs``, a row a rung and set, from below.
    """
    table = rungs[["rung", "of", *OUTCOMES]].copy()
    for of in SETS:
        at = table["of"] == of
        part = table.loc[at, list(OUTCOMES)]
        table.loc[at, list(OUTCOMES)] = part - part.ffill().shift(fill_value=0.0).fillna(0.0)
    return table


def _inside(e: Economy, of: str, who: dict[str, np.ndarray]) -> np.ndarray:
    """[N] ones for the regions of a set."""
    n, h = len(e.regions), len(e.home)
    return np.ones(n) if of == "world" else np.pad(who[of], (0, n - h))


def _row(
    e: Economy, z: Shock, found: Answer, of: str, who: dict[str, np.ndarray], workers: np.ndarray
) -> dict[str, Any]:
    """What a rung says of one set of regions. Workers, people and welfare are known at home only."""
    from citybelt.model.ladder import worth

    at = _inside(e, of, who)
    home = at[: len(e.home)]
    missing = float("nan")
    add = lambda x: missing if x is None else float(x @ at)  # noqa: E731
    known = lambda x, weight: missing if x is None or of == "world" else float(x[: len(home)] @ (home * weight))  # noqa: E731
    value = None if of == "world" else worth(e.base, e.theory, z, found, home)
    return {
        "rung": found.name,
        "of": of,
        "output": add(found.output),
        "value_added": add(found.value_added),
        "work": known(found.labour, workers),
        "people": known(found.people, 1.0),
        "welfare": missing if value is None else 100 * value[0],
        "ev": missing if value is None else value[1],
    }
