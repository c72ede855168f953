"""Run a scenario: solve it, and say what it does to whom, by city, by sector, by lever and by payer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.scenario.card import cards_of
from citybelt.scenario.levers import Lever, costs, levers, shock, values_of
from citybelt.scenario.scenario import Scenario, check, load_scenario

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset
    from citybelt.engine.certificate import Certificate
    from citybelt.engine.solve import Solution
    from citybelt.model.economy import Economy
    from citybelt.result import Progress


@dataclass(frozen=True, eq=False)
class Run:
    """A solved scenario and its explanation.

    Changes are in per cent, money in bn CNY a year at base-year prices, people in persons, CO2 in Mt. Welfare is
    net of what the levers cost.

    Attributes:
        totals: index cluster, nation; welfare, ev (equivalent variation), people, output, trade_dependence (per
            cent of value added) and its change, co2 and its change, cost.
        residual: largest relative residual of any market; passes over the trade kernel; certificate, None if none
            was asked for.
        by_region, by_sector: one row a home region; a sector of the cluster and of the nation.
        by_region_sector: change of real output, regions by sectors.
        by_lever: value, cost, and the cluster's welfare with that lever alone; then their interaction.
        by_payer: what each payer pays for levers at places of the cluster, and elsewhere.
        band: 80 % intervals of the totals by name, empty without draws.
    """

    scenario: Scenario
    world: str
    vintage: str
    closure: dict[str, str]
    residual: float
    passes: int
    certificate: Certificate | None
    totals: pd.DataFrame
    by_region: pd.DataFrame
    by_sector: pd.DataFrame
    by_region_sector: pd.DataFrame
    by_lever: pd.DataFrame
    by_payer: pd.DataFrame
    band: dict[str, tuple[float, float]]
    draws: int
    draws_solved: int

    @property
    def status(self) -> str:
        return "solved"

    @property
    def welfare_change(self) -> float:
        """Log change of the cluster's welfare, per cent."""
        return float(self.totals.loc["cluster", "welfare"])

    @property
    def welfare_change_nation(self) -> float:
        """Log change of the nation's welfare, per cent."""
        return float(self.totals.loc["nation", "welfare"])

    @property
    def propositions(self) -> tuple[str, ...]:
        return self.scenario.propositions

    @property
    def title_en(self) -> str:
        return self.scenario.name

    @property
    def title_zh(self) -> str:
        return self.scenario.name_zh

    @property
    def description_en(self) -> str:
        return self.scenario.description

    @property
    def description_zh(self) -> str:
        return self.scenario.description_zh

    def to_json(self) -> dict[str, Any]:
        """The run as plain data."""
        from citybelt.result import plain

        return plain(
            {
                "world": self.world,
                "vintage": self.vintage,
                "scenario": self.scenario.to_json(),
                "status": self.status,
                "residual": self.residual,
                "passes": self.passes,
                "certificate": self.certificate and self.certificate.to_json(),
                "closure": self.closure,
                "welfare_change": self.welfare_change,
                "welfare_change_nation": self.welfare_change_nation,
                "band": self.band,
                "draws": self.draws,
                "draws_solved": self.draws_solved,
                "totals": self.totals.reset_index(),
                "levers": self.by_lever,
                "payers": self.by_payer,
                "by_region": self.by_region.reset_index(),
                "by_sector": self.by_sector.reset_index(),
            }
        )

    def rich(self, language: str = "en") -> Any:
        """The run for a terminal, in ``en`` or ``zh``."""
        from citybelt.scenario.view import view

        return view(self, language)

    def __rich__(self) -> Any:
        return self.rich()


def run(
    dataset: Dataset,
    scenario: str | Path | Scenario,
    draws: int = 0,
    progress: Progress | None = None,
    menu: Sequence[Lever] | None = None,
    certified: bool = True,
) -> Run:
    """Solve a scenario and explain it.

    Arguments: ``dataset``; ``scenario``, its name in the library, a file or a Scenario; ``draws``, joint draws of
    elasticities, lever effects and what is imputed, for the 80 % bands, 0 for none; ``progress``, told of the steps;
    ``menu``, the levers of the dataset if they are at hand; ``certified``, whether to look for other equilibria, which
    takes longer than the rest.
    A scenario that asks for a vintage is run on that; the run tells the vintage used. A dataset loaded with another
    vintage than that of its base year was chosen, and is not exchanged.
    Raises InputError for a bad scenario, or one of another vintage than the one chosen; NotSolvedError naming the
    worst market where no equilibrium was reached.
    """
    import pandas as pd

    from citybelt.config import configure
    from citybelt.engine.certificate import certify
    from citybelt.model import outcomes
    from citybelt.model.accounts import closure
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory

    configure()
    scenario, dataset, chosen = opened(dataset, scenario, menu)
    tell = progress or (lambda *_: None)

    tell("equilibrium", 0, 1)
    e = economy(dataset, theory(dataset.x.sector.values, None, **scenario.elasticities), closure(**scenario.closure))
    values = values_of(chosen, scenario.levers)
    solution = e.solve(shock(chosen, values) if chosen else e.zeros)
    tell("equilibrium", 1, 1)
    alone = []
    for k in range(len(chosen)):
        only = values * (np.arange(len(chosen)) == k)
        alone.append(e.solve(shock(chosen, only)) if len(chosen) > 1 else solution)
        tell("levers alone", k + 1, len(chosen))
    certificate = None
    if certified:
        tell("certificate", 0, 1)
        certificate = certify(solution)
        tell("certificate", 1, 1)
    who = sets_of(e, dataset)
    goods = dataset.x.goods.values
    totals = pd.DataFrame({name: _totals(e, solution, at, goods) for name, at in who.items()}).T
    band: dict[str, tuple[float, float]] = {}
    solved = 0
    if draws:
        from citybelt.scenario.bands import bands

        ((band, solved),) = bands(dataset, [scenario], chosen, draws, progress)
    by_region = _named(outcomes.by_region(e, solution, goods), dataset, who["cluster"])
    return Run(
        scenario=scenario,
        world=dataset.name,
        vintage=dataset.vintage,
        closure=e.closure.names,
        residual=solution.residual,
        passes=solution.passes,
        certificate=certificate,
        totals=totals.rename_axis("of"),
        by_region=by_region,
        by_sector=_by_sector(e, solution, who),
        by_region_sector=outcomes.by_region_sector(e, solution),
        by_lever=_by_lever(e, chosen, values, alone, solution, who),
        by_payer=_by_payer(e, solution, who),
        band=band,
        draws=draws,
        draws_solved=solved,
    )


def run_all(
    dataset: Dataset,
    scenarios: Sequence[str | Path | Scenario],
    draws: int = 0,
    progress: Progress | None = None,
    menu: Sequence[Lever] | None = None,
) -> list[Run]:
    """Solve several scenarios, uncertified, with bands over the same draws for all.

    Raises as ``run`` does.
    """
    from citybelt.scenario.bands import bands

    menu = levers(dataset) if menu is None else menu
    loaded = [s if isinstance(s, Scenario) else load_scenario(s, dataset.name) for s in scenarios]
    runs = []
    for k, scenario in enumerate(loaded):
        runs.append(run(dataset, scenario, menu=menu, certified=False))
        if progress:
            progress("scenarios", k + 1, len(loaded))
    if not draws:
        return runs
    here = [k for k, s in enumerate(loaded) if s.vintage in ("", dataset.vintage)]
    found = bands(dataset, [loaded[k] for k in here], menu, draws, progress)
    for k, (band, solved) in zip(here, found, strict=True):
        runs[k] = replace(runs[k], band=band, draws=draws, draws_solved=solved)
    return runs


def opened(
    dataset: Dataset, scenario: str | Path | Scenario, menu: Sequence[Lever] | None = None, through_time: bool = False
) -> tuple[Scenario, Dataset, list[Lever]]:
    """A scenario read and checked, the world of the vintage that it asks for, and the levers that it sets.

    Arguments: as those of ``run``; ``through_time``, whether levers count that its calendar alone names.
    Raises InputError for a bad scenario.
    """
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario, dataset.name)
    check(scenario, cards_of(dataset.name) if menu is None else {lever.id: lever.card for lever in menu})
    if scenario.vintage and scenario.vintage != dataset.vintage:
        dataset, menu = _of_vintage(dataset, scenario), None
    wanted = [id for id, value in scenario.levers.items() if value]
    if through_time:
        wanted += [id for id, steps in scenario.time.steps.items() if id not in wanted and any(steps.values())]
    if menu is None:
        menu = levers(dataset, {id: cards_of(dataset.name)[id] for id in wanted})
    return scenario, dataset, [lever for lever in menu if lever.id in wanted]


def _of_vintage(dataset: Dataset, scenario: Scenario) -> Dataset:
    """The same world with the GDP that the scenario asks for."""
    from citybelt import worlds

    where = f"scenario {scenario.id!r}"
    if dataset.vintage != str(dataset.base_year):
        what = f"asks for the data of {scenario.vintage}, and the world is loaded with those of {dataset.vintage}."
        do = f"Load the world with vintage={scenario.vintage!r}, or set the scenario's to {dataset.vintage!r}."
        raise InputError([Problem(where, what, do)])
    other = worlds.load(dataset.name, vintage=scenario.vintage, split=dataset.split or None)
    if list(other.x.region.values) != list(dataset.x.region.values):
        what = f"asks for the data of {scenario.vintage}, with other regions."
        raise InputError([Problem(where, what, f"Load the world with vintage={scenario.vintage!r} yourself.")])
    return other


def sets_of(e: Economy, dataset: Dataset) -> dict[str, np.ndarray]:
    """[home] ones for the cluster that the world is about, and for the nation."""
    return {"cluster": (e.cluster == dataset.x.attrs["cluster"]).astype(float), "nation": np.ones(len(e.home))}


def _totals(e: Economy, s: Solution, at: np.ndarray, goods: np.ndarray) -> dict[str, float]:
    from citybelt.model import outcomes

    out = outcomes.summary(e, s, at)
    h = len(e.home)
    b, a = e.base, s.accounts
    before = sum(outcomes.foreign_trade(e, None, goods)) @ at / (outcomes.gdp(e, None) @ at)
    after = sum(outcomes.foreign_trade(e, s, goods)) @ at / (outcomes.gdp(e, s) @ at)
    co2 = np.asarray(b.co2)[:h] @ at
    return {
        **out,
        "trade_dependence": 100 * after,
        "trade_dependence_change": 100 * (after - before),
        "co2_change": out["co2"] - co2,
        "levy": float(np.asarray(a.levy)[:h] @ at),
    }


def _named(table: pd.DataFrame, dataset: Dataset, cluster: np.ndarray) -> pd.DataFrame:
    """The table with names in both languages and the region's cluster membership in front."""
    x = dataset.x
    names = {str(r): (str(en), str(zh)) for r, en, zh in zip(
        x.region.values, x.name_en.values, x.name_zh.values, strict=True)}  # fmt: skip
    table.insert(0, "name_en", [names[r][0] for r in table.index])
    table.insert(1, "name_zh", [names[r][1] for r in table.index])
    table.insert(2, "in_cluster", cluster.astype(bool))
    return table


def _by_sector(e: Economy, s: Solution, who: dict[str, np.ndarray]) -> pd.DataFrame:
    """Change of real output of each sector in per cent, cluster and nation."""
    import pandas as pd

    from citybelt.worlds import tables

    h = len(e.home)
    value_added = np.asarray(e.base.value_added)[:h]
    volume = np.asarray(s.accounts.output / e.base.output * np.exp(-s.accounts.log_gate))[:h]
    change = {
        name: 100 * ((at[:, None] * value_added * volume).sum(axis=0) / (at @ value_added) - 1)
        for name, at in who.items()
    }
    names = tables.sectors().loc[list(e.sectors)]
    columns = {"name_en": names["name_en"].to_numpy(), "name_zh": names["name_zh"].to_numpy(), **change}
    return pd.DataFrame(columns, index=pd.Index(e.sectors, name="sector"))


def _by_lever(
    e: Economy,
    chosen: Sequence[Lever],
    values: Any,
    alone: Sequence[Solution],
    together: Solution,
    who: dict[str, np.ndarray],
) -> pd.DataFrame:
    """Each lever alone, and what they do together beyond the sum: the interaction."""
    import pandas as pd

    from citybelt.model.outcomes import summary

    keys = ("alone", "alone_nation", "ev", "ev_nation")

    def effects(s: Solution) -> dict[str, float]:
        own, all_ = summary(e, s, who["cluster"]), summary(e, s, who["nation"])
        return dict(zip(keys, (own["welfare"], all_["welfare"], own["ev"], all_["ev"]), strict=True))

    rows: list[dict[str, Any]] = []
    paid = costs(chosen, values) if chosen else ()
    for lever, value, cost, s in zip(chosen, values, paid, alone, strict=True):
        rows.append(
            {
                "lever": lever.id,
                "name_en": lever.card.name,
                "name_zh": lever.card.name_zh,
                "value": float(value),
                "unit": lever.card.unit,
                "unit_zh": lever.card.unit_zh,
                "cost": float(cost),
                "design": lever.design,
                "conditional": lever.conditional,
            }
            | effects(s)
        )
    if len(rows) > 1:
        whole = effects(together)
        rows.append(
            {
                "lever": "interaction",
                "name_en": "Interaction",
                "name_zh": "交互作用",
            }
            | {k: whole[k] - sum(r[k] for r in rows) for k in keys}
        )
    columns = ["lever", "name_en", "name_zh", "value", "unit", "unit_zh", "cost", "design", "conditional", *keys]
    return pd.DataFrame(rows, columns=columns)


def _by_payer(e: Economy, s: Solution, who: dict[str, np.ndarray]) -> pd.DataFrame:
    """Bn CNY a year by payer, for levers at places inside the cluster and elsewhere."""
    import pandas as pd

    from citybelt.dims import PAYERS

    bill = np.asarray(s.accounts.bill)
    inside = np.zeros(bill.shape[1])
    inside[: len(e.home)] = who["cluster"]
    return pd.DataFrame({"payer": PAYERS, "cluster": bill @ inside, "elsewhere": bill @ (1 - inside)})
