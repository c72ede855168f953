"""Make a preview: exact derivatives at the base year, exact equilibria for what they miss, draws for the error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from citybelt.dims import SETS
from citybelt.engine.response import every_pair, of_shock, respond
from citybelt.model.panel import REGIONAL, TOTALS, Sets, panel
from citybelt.scenario.levers import Lever, assemble, costs, responses
from citybelt.scenario.preview import LEVEL, Preview, powers
from citybelt.scenario.sampling import in_threads

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.model.economy import Economy
    from citybelt.result import Progress

SEED = 7
#: Draws from which the error is found.
DRAWS = 400
FEWEST = 50
#: Values at which each lever alone is solved, over its bound.
PARTS = (0.25, 0.5, 0.75, 1.0)
#: Relative residual of an equilibrium, times what it may grow by on its way to an outcome.
NOISE = 1e-7


def build(
    dataset: Dataset,
    menu: Sequence[Lever] | None = None,
    closure: Mapping[str, str] | None = None,
    elasticities: Mapping[str, float] | None = None,
    draws: int = DRAWS,
    progress: Progress | None = None,
) -> Preview:
    """The preview of a menu of levers in a world.

    Args:
        dataset: the world's data.
        menu: levers, at their central effects; all of the world if None.
        closure: words as in a scenario, the default ones if None.
        elasticities: symbols that are set, as in a scenario.
        draws: exact equilibria from which the error is found, at least fifty.
        progress: told of the steps.

    Returns:
        A ``Preview``.

    Raises:
        InputError: too few draws, or a closure or elasticity that a scenario could not set.
        NotSolvedError: the base year or one of the linear systems was not solved, or a mix of levers.
    """
    from citybelt.config import configure
    from citybelt.errors import InputError, Problem
    from citybelt.model.accounts import closure as closure_of
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory
    from citybelt.scenario.levers import levers
    from citybelt.scenario.scenario import Scenario, check

    if draws < FEWEST:
        what = f"{draws} are too few for an error that covers {100 * LEVEL:g} % of them."
        raise InputError([Problem("draws", what, f"Take {FEWEST} or more.")])
    nothing = Scenario("preview", "", "", "", "", {}, closure or {}, elasticities or {}, "", (), ("preview",))
    check(nothing, {})
    configure()
    chosen = list(levers(dataset) if menu is None else menu)
    e = economy(dataset, theory(dataset.x.sector.values, None, **(elasticities or {})), closure_of(**(closure or {})))
    made = derivatives(e, chosen, sets_of(e, dataset), dataset.name)
    return with_error(made, exact(e, chosen, sets_of(e, dataset)), draws, progress)


def sets_of(e: Economy, dataset: Dataset) -> Sets:
    """The cluster that the world is about, and the nation."""
    cluster = (e.cluster == dataset.x.attrs["cluster"]).astype(float)
    return Sets(jnp.asarray(np.stack([cluster, np.ones_like(cluster)])), jnp.asarray(dataset.x.goods.values, float))


def derivatives(e: Economy, menu: Sequence[Lever], sets: Sets, world: str) -> Preview:
    """``G`` and ``H`` of (V1) at the base year; the rest is zero.

    Raises:
        NotSolvedError: the base year or one of the linear systems was not solved.
    """
    upper = np.array([lever.card.upper for lever in menu])
    most = [np.asarray(f(menu, jnp.asarray(upper))) for f in (responses, costs)]
    curve = np.array([_curve(lever) for lever in menu])
    lever, paying, ways = [], [], []
    for k, each in enumerate(menu):
        unit = np.eye(len(menu))[k]
        nothing, straight = not each.direction.fields(), curve[k, 0] == 1 and curve[k, 2] == 1
        # A lever without a direction only costs; one whose curves are straight pays as it responds.
        parts = [(1.0, 1.0, True)] if nothing or straight else [(1.0, 0.0, False), (0.0, 1.0, True)]
        for responds, pays, is_payment in parts:
            lever.append(k)
            paying.append(is_payment)
            ways.append(assemble(menu, jnp.asarray(responds * unit * most[0]), jnp.asarray(pays * unit * most[1])))
    pairs = every_pair(len(ways))
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *ways)
    s = e.solve(e.zeros)
    found = respond(panel, of_shock, s, s.shock, stacked, pairs, None, sets)
    outcomes = found.first.shape[1]
    count = len(menu)
    return Preview(
        world=world,
        closure=",".join(e.closure.names.values()),
        levers=tuple(each.id for each in menu),
        upper=upper,
        regions=e.home,
        sets=SETS,
        regional=REGIONAL,
        totals=TOTALS,
        lever=np.array(lever),
        paying=np.array(paying),
        curve=curve,
        first=found.first,
        second=found.second,
        pairs=pairs,
        alone=np.zeros((4, count, outcomes)),
        joint=np.zeros((count * (count - 1) // 2, outcomes)),
        doubt=np.zeros((count, outcomes)),
        floor=np.zeros(outcomes),
        factor=np.zeros(outcomes),
        draws=0,
    )


def _curve(lever: Lever) -> tuple[float, ...]:
    points = (lever.exponent[1], lever.scale, lever.charge[1], lever.charge_scale)
    return tuple(float(x) for x in points)


def exact(e: Economy, menu: Sequence[Lever], sets: Sets) -> Callable[[np.ndarray], np.ndarray]:
    """``values -> outcomes`` by solving.

    The function raises NotSolvedError where there is no equilibrium.
    """
    menu = tuple(menu)

    def outcomes(values: np.ndarray) -> np.ndarray:
        s = e.solve(shock_of(menu, jnp.asarray(values)))
        return np.asarray(panel_of(e.base, e.theory, s.shock, s.accounts, sets))

    return outcomes


panel_of = jax.jit(panel)
shock_of = jax.jit(lambda menu, values: assemble(menu, responses(menu, values), costs(menu, values)))


def mixes(upper: np.ndarray, count: int, seed: int) -> np.ndarray:
    """[count, L] random mixes: half of them of all levers, half of a random part of them."""
    rng = np.random.default_rng(seed)
    values = upper * rng.uniform(size=(count, upper.size))
    few = rng.uniform(size=(count, upper.size)) < rng.uniform(size=(count, 1))
    return np.where((np.arange(count) % 2 == 0)[:, None] | few, values, 0.0)


def with_error(
    p: Preview, outcomes: Callable[[np.ndarray], np.ndarray], draws: int, progress: Progress | None = None
) -> Preview:
    """The same preview with its third order and its error, from exact equilibria.

    Args:
        outcomes: ``values -> [M]``, see ``exact``.
        draws: random mixes for ``factor``.

    Raises:
        NotSolvedError: a mix has no equilibrium.
    """
    count = len(p.levers)
    i, j = np.triu_indices(count, 1)
    eye = np.eye(count)
    nodes = np.array([part * eye * p.upper for part in PARTS])
    corners = (eye[i] + eye[j]) * p.upper
    asked = np.concatenate([*nodes, corners])

    def missed(k: int) -> np.ndarray:
        seen = p.at(asked[k])
        return outcomes(asked[k]) - seen.first - seen.second

    left = np.array(in_threads(missed, len(asked), "levers alone and in pairs", progress))
    cut = len(PARTS) * count
    singles = left[:cut].reshape(len(PARTS), count, -1)
    alone, doubt = np.zeros_like(singles), np.zeros_like(singles[0])
    for k in range(count):
        own = p.lever == k
        at = np.array([p.coordinates(values[k])[own].max() for values in nodes])
        basis = powers(at).T
        alone[:, k] = np.linalg.solve(basis, singles[:, k])
        # Through all values but the third, with one power less: what is missed there is what is not known between.
        kept = np.array([0, 1, 3])
        fewer = np.linalg.solve(basis[kept, :3], singles[kept, k])
        doubt[k] = np.abs(basis[2, :3] @ fewer - singles[2, k])
    joint = left[cut:] - singles[-1][i] - singles[-1][j]
    # Outcomes are per cent, billions, persons: what counts as nothing is relative to what levers do to each of them.
    floor = NOISE * np.abs(p.first).max(axis=0) + 1e-9
    ready = {"alone": alone, "joint": joint, "doubt": doubt, "floor": floor, "factor": np.ones_like(floor)}
    unscaled = replace(p, **ready, draws=draws)
    trials = mixes(p.upper, draws, SEED)

    def ratio(k: int) -> np.ndarray:
        seen = unscaled.at(trials[k])
        return np.abs(outcomes(trials[k]) - seen.changes) / seen.error

    ratios = np.sort(np.array(in_threads(ratio, draws, "draws for the error", progress)), axis=0)
    return replace(unscaled, factor=ratios[min(int(np.ceil((draws + 1) * LEVEL)), draws) - 1])
