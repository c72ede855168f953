"""How sure the results of scenarios are: the same shocks over joint draws of what is not known.

A draw takes every elasticity, every lever's effect, curvature and cost, and one of the fills of trade and people
(`citybelt.scenario.sampling`). All scenarios of one closure are solved in the same draws, so that they can be compared
draw by draw. Draws without an equilibrium are counted and left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.engine.solve import solve
from citybelt.model import outcomes
from citybelt.model.accounts import closure
from citybelt.model.spatial import SPATIAL
from citybelt.model.theory import theory
from citybelt.scenario import sampling
from citybelt.scenario.levers import Lever, shock, values_of

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.result import Progress
    from citybelt.scenario.scenario import Scenario

NAMES = (
    "welfare_change", "welfare_change_nation", "ev", "ev_nation", "people", "output", "output_nation", "co2",
    "co2_nation",
)  # fmt: skip

Band = tuple[dict[str, tuple[float, float]], int]


def bands(
    dataset: Dataset,
    scenarios: Sequence[Scenario],
    menu: Sequence[Lever],
    draws: int,
    progress: Progress | None = None,
) -> list[Band]:
    """For every scenario its central intervals by name, and the number of draws solved.

    Args:
        menu: levers, at least those that the scenarios set.
        draws: how many; each is a thread's work.
    """
    found: list[Band] = [({}, 0)] * len(scenarios)
    alike: dict[tuple, list[int]] = {}
    for at, scenario in enumerate(scenarios):
        alike.setdefault((tuple(scenario.closure.items()), tuple(scenario.elasticities.items())), []).append(at)
    for (words, overrides), members in alike.items():
        table = _draws(dataset, [scenarios[k] for k in members], menu, draws, dict(words), dict(overrides), progress)
        for k, values in zip(members, table.transpose(1, 0, 2), strict=True):
            solved = values[np.isfinite(values).all(axis=1)]
            if len(solved):
                ends = {name: (float(a), float(b)) for name, a, b in zip(NAMES, *sampling.band(solved), strict=True)}
                found[k] = (ends, len(solved))
    return found


def _draws(
    dataset: Dataset,
    scenarios: Sequence[Scenario],
    menu: Sequence[Lever],
    draws: int,
    words: dict,
    overrides: dict,
    progress: Progress | None,
) -> np.ndarray:
    """[draws, scenarios, names] outcomes, NaN where there was no equilibrium."""
    sectors = dataset.x.sector.values
    central, closed = theory(sectors, None, **overrides), closure(**words)
    mixes = [values_of(menu, s.levers) for s in scenarios]
    home = dataset.x.cluster.values[: dataset.x.sizes["residence"]]
    cluster = jnp.asarray((home == dataset.x.attrs["cluster"]) * 1.0)
    banks = sampling.fills(dataset, central, closed, draws)

    def one(k: int) -> list:
        th, effects = sampling.drawn(menu, sectors, k, **overrides)
        e = replace(banks[k % len(banks)], theory=th)
        rows = []
        for mix in mixes:
            z = _shock(tuple(menu), mix, effects) if menu else e.zeros
            s = solve(SPATIAL, e.base, th, z, e.closure)
            rows.append(np.asarray(_headline(e.base, th, z, s.accounts, cluster)) if s.solved else _MISSING)
        return rows

    stage = "draws" if len(scenarios) == 1 else "draws of scenarios"
    rows = sampling.in_threads(one, draws, stage, progress)
    return np.array(rows).reshape(draws, len(scenarios), len(NAMES))


_MISSING = np.full(len(NAMES), np.nan)
_shock = jax.jit(shock)


@jax.jit
def _headline(b, th, z, a, cluster) -> jax.Array:
    """The outcomes of ``NAMES``: welfare and output in per cent, money in billions, persons, Mt."""
    nation, h = jnp.ones_like(cluster), b.n_home
    welfare = [100 * outcomes.welfare(b, th, z, a, w) for w in (cluster, nation)]
    ev = [outcomes.equivalent_variation(b, th, z, a, w) for w in (cluster, nation)]
    people = (a.residents - b.people.sum(axis=1)).sum(axis=0) @ cluster
    value_added, real = b.value_added.sum(axis=1)[:h], outcomes.real_output(b, a)[:h]
    output = [100 * ((w * value_added) @ real / (w @ value_added) - 1) for w in (cluster, nation)]
    co2 = [outcomes.emissions(b, a)[:h] @ w for w in (cluster, nation)]
    return jnp.stack([*welfare, *ev, people, *output, *co2])
