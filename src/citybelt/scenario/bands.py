"""How sure the results of scenarios are: the same shocks over joint draws of what is not known.

A draw takes every elasticity, every lever's effect, curvature and cost, and one of the imputed trade matrices. All
scenarios of one closure are solved in the same draws, so that they can be compared draw by draw. A draw depends on
its number alone; draws without an equilibrium are counted and left out.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.model import outcomes
from citybelt.model.accounts import closure
from citybelt.model.economy import Economy, economy
from citybelt.model.solve import solve
from citybelt.model.theory import theory
from citybelt.scenario.levers import Lever, draw, shock, uniforms, values_of

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.result import Progress
    from citybelt.scenario.scenario import Scenario

NAMES = (
    "welfare_change", "welfare_change_nation", "ev", "ev_nation", "people", "output", "output_nation", "co2",
    "co2_nation",
)  # fmt: skip
SEED = 2024

Band = tuple[dict[str, tuple[float, float]], int]


def bands(
    dataset: Dataset,
    scenarios: Sequence[Scenario],
    menu: Sequence[Lever],
    draws: int,
    progress: Progress | None = None,
    level: float = 0.8,
) -> list[Band]:
    """For every scenario its central intervals by name, and the number of draws solved.

    Args:
        menu: levers, at least those that the scenarios set.
        draws: how many; each is a thread's work.
        level: probability inside the interval.
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
                low, high = np.quantile(solved, [(1 - level) / 2, (1 + level) / 2], axis=0)
                ends = {name: (float(a), float(b)) for name, a, b in zip(NAMES, low, high, strict=True)}
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
    banks = min(dataset.n_draws, draws)

    def one(k: int) -> list:
        rng = np.random.default_rng((SEED, k))
        th = theory(sectors, rng, **overrides)
        e: Economy = replace(fills[k % len(fills)], theory=th)
        effects = draw(menu, jnp.asarray(uniforms(menu, rng)), th.nu[0]) if menu else None
        rows = []
        for mix in mixes:
            z = _shock(tuple(menu), mix, effects) if menu else e.zeros
            s = solve(e.base, th, z, e.closure)
            rows.append(np.asarray(_headline(e.base, th, z, s.accounts, cluster)) if s.solved else _MISSING)
        return rows

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        which = range(banks) if banks else [None]
        fills = list(pool.map(lambda fill: economy(dataset, central, closed, draw=fill), which))
        jobs = [pool.submit(one, k) for k in range(draws)]
        for k, job in enumerate(jobs):
            job.result()
            if progress:
                progress("draws" if len(scenarios) == 1 else "draws of scenarios", k + 1, draws)
    return np.array([job.result() for job in jobs]).reshape(draws, len(scenarios), len(NAMES))


_MISSING = np.full(len(NAMES), np.nan)
_shock = jax.jit(shock)


@jax.jit
def _headline(b, th, z, a, cluster) -> jax.Array:
    """The outcomes of ``NAMES``: welfare and output in per cent, money in billions, persons, Mt."""
    nation, h = jnp.ones_like(cluster), b.n_home
    welfare = [100 * outcomes.welfare(b, th, z, a, w) for w in (cluster, nation)]
    ev = [outcomes.equivalent_variation(b, th, z, a, w) for w in (cluster, nation)]
    people = (a.people - b.people).sum(axis=(0, 1)) @ cluster
    value_added, real = b.value_added.sum(axis=1)[:h], outcomes.real_output(b, a)[:h]
    output = [100 * ((w * value_added) @ real / (w @ value_added) - 1) for w in (cluster, nation)]
    co2 = [a.emissions[:h] @ w for w in (cluster, nation)]
    return jnp.stack([*welfare, *ev, people, *output, *co2])
