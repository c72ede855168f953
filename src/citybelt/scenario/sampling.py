"""Joint draws of what is not known, for bands of scenarios and plans alike.

Draw number k takes every elasticity, every lever's effect, curvature and cost, and one of the n draws of what is
filled, number k modulo n: a trade matrix of the bank with its split of industry, and a matrix of people by registration
and residence. So parameters and fills are crossed, and a draw depends on its number alone.

Levers keep the prices per person or unit that the central data give them. What a lever pays for newcomers is a price
for each of them, so its bill follows the people of the draw.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import jax.numpy as jnp
import numpy as np

from citybelt.model.accounts import Closure, Theory
from citybelt.model.economy import Economy, economy
from citybelt.model.theory import theory
from citybelt.scenario.levers import Effects, Lever, draw, uniforms

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.result import Progress

SEED = 2024
LEVEL = 0.8  # probability inside a band

Found = TypeVar("Found")


def fills(dataset: Dataset, central: Theory, closed: Closure, count: int) -> list[Economy]:
    """The economies that ``count`` draws go through in turn: one for each fill, or the central one without a bank."""
    which: Sequence[int | None] = range(min(dataset.n_draws, count)) or [None]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda fill: economy(dataset, central, closed, fill), which))


def drawn(menu: Sequence[Lever], sectors: Sequence[str], k: int, **overrides: float) -> tuple[Theory, Effects]:
    """Elasticities and effects of levers of draw number k."""
    rng = np.random.default_rng((SEED, k))
    th = theory(sectors, rng, **overrides)
    if not menu:
        return th, Effects(*[jnp.zeros(0)] * 4)
    return th, draw(menu, jnp.asarray(uniforms(menu, rng)), th.nu[0])


def in_threads(one: Callable[[int], Found], count: int, stage: str, progress: Progress | None) -> list[Found]:
    """``one(k)`` for every draw number, in order, one thread a core."""
    tell = progress or (lambda stage, done, total: None)
    tell(stage, 0, count)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = []
        for result in pool.map(one, range(count)):
            found.append(result)
            tell(stage, len(found), count)
    return found


def band(values: np.ndarray) -> np.ndarray:
    """The central interval of the draws (first axis), [2, ...]."""
    return np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
