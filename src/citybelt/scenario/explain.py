"""Why a scenario's result is what it is: by lever, by channel, and by what it leans on.

``explain`` solves a scenario and takes its result apart three times: among its levers (``shapley``), among the
channels through which they reach people (``model.channels``), and among the numbers that went in (``leaning``).
Levers and channels each add up to the whole; what is left by computing is printed beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from citybelt.dims import SETS
from citybelt.model.channels import CHANNELS, follow_channels
from citybelt.model.channels import Path as Walk
from citybelt.model.panel import REGIONAL, TOTALS, Sets, panel
from citybelt.scenario.levers import Lever, shock, values_of
from citybelt.scenario.scenario import Scenario
from citybelt.scenario.shapley import Shares, share_out

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset
    from citybelt.engine.solve import Solution
    from citybelt.model.economy import Economy
    from citybelt.result import Progress


@dataclass(frozen=True, eq=False)
class Explanation:
    """A scenario's result, taken apart.

    Welfare is a log change in per cent, money in bn CNY a year at base-year prices, people in persons, CO2 in Mt.

    Attributes:
        totals: the whole by outcome, columns cluster and nation.
        by_lever: one row a lever and outcome (of cluster and nation): alone, last (lost when it is taken out of the
            whole), share (its Shapley value; these add up to the whole), interplay (share less alone) and the standard
            error of the share, zero where all sets were solved.
        by_pair: welfare that two levers make together beyond each alone, averaged over what else is on.
        by_channel: one row a channel with its group; welfare and ev of cluster and nation. They add up to the whole.
        by_channel_region: channels of the welfare of the people of each home region, per cent.
        prices: what prices of goods add to welfare by the place's own costs and by its openness.
        elasticities, effects: how far the cluster's welfare (points of per cent) moves over the range of each.
        data: by how much it moves if an item of the data were a tenth greater.
        residual: largest gap between the channels and the whole, relative to the whole; nodes: equilibria on the path.
        orders, sets: orders of levers drawn, none where all sets were solved; sets of levers solved.
    """

    scenario: Scenario
    world: str
    vintage: str
    closure: dict[str, str]
    totals: pd.DataFrame
    by_lever: pd.DataFrame
    by_pair: pd.DataFrame
    by_channel: pd.DataFrame
    by_channel_region: pd.DataFrame
    prices: pd.DataFrame
    elasticities: pd.DataFrame
    effects: pd.DataFrame
    data: pd.DataFrame
    residual: float
    nodes: int
    orders: int
    sets: int

    def to_json(self) -> dict[str, Any]:
        """The explanation as plain data."""
        from citybelt.result import plain, tables

        head = {
            "world": self.world, "vintage": self.vintage, "scenario": self.scenario.to_json(), "closure": self.closure,
            "residual": self.residual, "nodes": self.nodes, "orders": self.orders, "sets": self.sets,
        }  # fmt: skip
        return plain(head | {k: v.reset_index() if v.index.name else v for k, v in tables(self).items()})

    def rich(self, language: str = "en") -> Any:
        """The explanation for a terminal, in ``en`` or ``zh``."""
        from citybelt.scenario.explain_view import view

        return view(self, language)

    def __rich__(self) -> Any:
        return self.rich()


def explain(
    dataset: Dataset,
    scenario: str | Path | Scenario,
    progress: Progress | None = None,
    menu: Sequence[Lever] | None = None,
) -> Explanation:
    """Solve a scenario and take its result apart.

    Args:
        dataset: the world's data.
        scenario: its name in the library, a file or a ``Scenario``; it must set a lever.
        progress: told of the steps.
        menu: the levers of the dataset if they are at hand.

    Returns:
        An ``Explanation``.

    Raises:
        InputError: a bad scenario, or one that sets no lever.
        NotSolvedError: an equilibrium or a linear system was not solved, or the channels do not add up.
    """
    from citybelt.config import configure
    from citybelt.errors import InputError, Problem
    from citybelt.model.accounts import closure
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory
    from citybelt.scenario.simulate import opened

    configure()
    tell = progress or (lambda *_: None)
    scenario, dataset, chosen = opened(dataset, scenario, menu)
    if not chosen:
        what = "sets no lever: there is nothing to explain."
        raise InputError([Problem(f"scenario {scenario.id!r}", what, "Set one under `levers`.")])
    e = economy(dataset, theory(dataset.x.sector.values, None, **scenario.elasticities), closure(**scenario.closure))
    cluster = (e.cluster == dataset.x.attrs["cluster"]).astype(float)
    sets = Sets(jnp.asarray(np.stack([cluster, np.ones_like(cluster)])), jnp.asarray(dataset.x.goods.values, float))
    values = values_of(chosen, scenario.levers)

    tell("equilibrium", 0, 1)
    whole = e.solve(shock(chosen, values))
    tell("equilibrium", 1, 1)
    shares = share_out(sets_solved(e, chosen, np.asarray(values), sets, whole, progress), len(chosen))
    tell("channels", 0, 1)
    walk = follow_channels(whole, np.asarray(sets.members))
    tell("channels", 1, 1)
    tell("what it leans on", 0, 1)
    leans = _leaning(e, dataset, whole, chosen, values, cluster, tuple(scenario.elasticities))
    tell("what it leans on", 1, 1)
    return Explanation(
        scenario=scenario,
        world=dataset.name,
        vintage=dataset.vintage,
        closure=e.closure.names,
        totals=_totals(e, whole, sets),
        by_lever=_by_lever(chosen, shares),
        by_pair=_by_pair(chosen, shares),
        by_channel=_by_channel(e, walk, np.asarray(sets.members)),
        by_channel_region=_by_channel_region(e, walk, dataset),
        prices=_prices(e, walk, np.asarray(sets.members)),
        **leans,
        residual=walk.residual,
        nodes=walk.nodes,
        orders=shares.orders,
        sets=shares.solved,
    )


def sets_solved(
    e: Economy,
    chosen: Sequence[Lever],
    values: np.ndarray,
    sets: Sets,
    whole: Solution,
    progress: Progress | None = None,
) -> Callable[[list[int]], np.ndarray]:
    """The function that ``shapley.share_out`` asks for: totals [k, M] of sets of levers, in threads.

    Each set starts at the sum of what its levers do alone, which is near where it ends. The set of all is ``whole``.
    """
    from citybelt.scenario.preview_build import panel_of, shock_of
    from citybelt.scenario.sampling import in_threads

    menu, size = tuple(chosen), len(chosen)
    cut = len(REGIONAL) * len(e.home)
    alone: dict[int, Any] = {}

    def solved(which: int, start: Any = None) -> tuple[np.ndarray, Any]:
        on = np.array([which >> k & 1 for k in range(size)])
        s = whole if on.all() else e.solve(shock_of(menu, jnp.asarray(values * on)), start)
        return np.asarray(panel_of(e.base, e.theory, s.shock, s.accounts, sets))[cut:], s.state

    def one_by_one(asked: list[int]) -> np.ndarray:
        import jax

        found: dict[int, np.ndarray] = {}
        first = [w for w in asked if w.bit_count() <= 1]
        singles = in_threads(lambda k: solved(first[k]), len(first), "levers alone", progress)
        for w, (row, state) in zip(first, singles, strict=True):
            found[w], alone[w] = row, state
        rest = [w for w in asked if w not in found]

        def together(k: int) -> np.ndarray:
            states = [alone[1 << i] for i in range(size) if rest[k] >> i & 1]
            return solved(rest[k], jax.tree.map(lambda *leaves: sum(leaves), *states))[0]

        found |= dict(zip(rest, in_threads(together, len(rest), "sets of levers", progress), strict=True))
        return np.array([found[w] for w in asked])

    return one_by_one


def cluster_welfare(b: Any, th: Any, z: Any, a: Any, cluster: Any) -> Any:
    """Log welfare of the cluster's people, per cent: the outcome whose supports are told."""
    from citybelt.model import outcomes

    return 100.0 * outcomes.welfare(b, th, z, a, cluster)


def _leaning(e: Economy, dataset: Dataset, s: Solution, chosen: Sequence[Lever], values: Any, cluster: np.ndarray,
             set_by_user: Sequence[str]) -> dict[str, pd.DataFrame]:  # fmt: skip
    from citybelt.scenario import leaning

    g = leaning.gradients(cluster_welfare, s, jnp.asarray(cluster))
    return {
        "elasticities": leaning.to_elasticities(g, e.sectors, chosen, values, set_by_user),
        "effects": leaning.to_effects(g, chosen, values),
        "data": leaning.to_data_rows(g, dataset, e),
    }


def _totals(e: Economy, s: Solution, sets: Sets) -> pd.DataFrame:
    import pandas as pd

    found = np.asarray(panel(e.base, e.theory, s.shock, s.accounts, sets))[len(REGIONAL) * len(e.home) :]
    index = pd.Index(TOTALS, name="outcome")
    return pd.DataFrame(found.reshape(len(TOTALS), len(SETS)), index=index, columns=list(SETS))


def _by_lever(chosen: Sequence[Lever], shares: Shares) -> pd.DataFrame:
    import pandas as pd

    names = [(outcome, of) for outcome in TOTALS for of in SETS]
    rows = [
        {
            "lever": lever.id, "name_en": lever.card.name, "name_zh": lever.card.name_zh, "outcome": outcome, "of": of,
            "alone": shares.alone[k, m], "last": shares.last[k, m], "share": shares.shapley[k, m],
            "interplay": shares.shapley[k, m] - shares.alone[k, m], "error": shares.error[k, m],
        }
        for k, lever in enumerate(chosen)
        for m, (outcome, of) in enumerate(names)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _by_pair(chosen: Sequence[Lever], shares: Shares) -> pd.DataFrame:
    import pandas as pd

    at = [TOTALS.index("welfare") * len(SETS) + k for k in range(len(SETS))]
    rows = [
        {
            "lever": chosen[i].id, "other": chosen[j].id,
            "name_en": f"{chosen[i].card.name} and {chosen[j].card.name}",
            "name_zh": f"{chosen[i].card.name_zh}与{chosen[j].card.name_zh}",
            "cluster": shares.pair[i, j, at[0]], "nation": shares.pair[i, j, at[1]],
            "error": shares.pair_error[i, j, at[0]],
        }
        for i in range(len(chosen))
        for j in range(i + 1, len(chosen))
    ]  # fmt: skip
    columns = ["lever", "other", "name_en", "name_zh", "cluster", "nation", "error"]
    table = pd.DataFrame(rows, columns=columns)
    order = np.argsort(-np.abs(table["cluster"].to_numpy(float)), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _aggregated(e: Economy, parts: np.ndarray, members: np.ndarray) -> np.ndarray:
    """[C, S] log welfare of sets, per cent, from parts [C, 2, H] by group and origin."""
    registered = np.asarray(e.base.people.sum(axis=2))
    return 100.0 * np.einsum("cgo,go,so->cs", parts, registered, members) / (members @ registered.sum(axis=0))


def _by_channel(e: Economy, walk: Walk, members: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    welfare = _aggregated(e, walk.channels, members)
    ev = np.einsum("cgo,so->cs", walk.money, members)
    columns = {"group": list(CHANNELS.values()), "welfare": welfare[:, 0], "welfare_nation": welfare[:, 1],
               "ev": ev[:, 0], "ev_nation": ev[:, 1]}  # fmt: skip
    return pd.DataFrame(columns, index=pd.Index(CHANNELS, name="channel"))


def _by_channel_region(e: Economy, walk: Walk, dataset: Dataset) -> pd.DataFrame:
    import pandas as pd

    parts = _aggregated(e, walk.channels, np.eye(len(e.home))).T
    table = pd.DataFrame(parts, index=pd.Index(e.home, name="region"), columns=list(CHANNELS))
    x, h = dataset.x, len(e.home)
    table.insert(0, "name_en", [str(n) for n in x.name_en.values[:h]])
    table.insert(1, "name_zh", [str(n) for n in x.name_zh.values[:h]])
    return table


def _prices(e: Economy, walk: Walk, members: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    parts = _aggregated(e, np.stack([walk.own_cost, walk.own_share]), members)
    return pd.DataFrame(parts, index=pd.Index(["own_cost", "own_share"], name="part"), columns=list(SETS))
