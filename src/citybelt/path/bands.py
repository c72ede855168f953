r"""How sure a path is: the same years over joint draws of what is not known.

Draw number k takes, by its number alone (its random numbers are those of ``SEED`` and k),

    (U1)  every parameter of the laws of motion and every elasticity of the static model, within its range
    (U2)  births:      fertility[t] (1 + (f - 1) min(t / 10, 1))
    (U3)  moves:       share[o,n] m off the diagonal; those who stay make up the rest
    (U4)  from abroad: arrivals a
    (U5)  effect, curvature and cost of every lever

f, m and a stand in ``unsure.csv``. The path is run with and without levers in the same draw, so a change against
no levers is one of the same world. A band goes from the 10 to the 90 % point of the draws that were solved, and
holds what the model doesn't know of its numbers, not what it leaves out: trade and people of the base year as filled,
mortality, errors of single places, and any law that is wrong. See the hindcast for how far that can go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.model.theory import theory, two_halves
from citybelt.path import timing
from citybelt.path.begin import at_pace, begin, of_years
from citybelt.path.parameters import parameters
from citybelt.path.result import tables
from citybelt.path.study import targets
from citybelt.people import schooling
from citybelt.people.record import Moves
from citybelt.scenario.levers import Effects, draw, uniforms
from citybelt.scenario.sampling import LEVEL

if TYPE_CHECKING:
    import xarray as xr

    from citybelt.data.dataset import Dataset
    from citybelt.model.accounts import Shock, Theory
    from citybelt.path.begin import Begin
    from citybelt.path.march import Inputs, Year
    from citybelt.result import Progress
    from citybelt.scenario.levers import Lever

SEED = 2060
#: Fewer draws solved than this share, and there is no band.
ENOUGH = 0.9
#: Years until births are what a draw makes of them.
SLOW = 10
ENDS = ("low", "median", "high")


class Total(NamedTuple):
    """A total with a band: its unit and words, those of its change against no levers, how it is shown."""

    unit: str
    en: str
    zh: str
    change: str
    change_en: str
    change_zh: str
    scale: float = 1.0
    digits: int = 0


TOTALS = {
    "people": Total("persons", "People, m", "人口，百万", "%", "change by levers, %", "措施引起的变化，%", 1e-6, 2),
    "old_share": Total("%", "65+, %", "65岁以上，%", "points", "change, points", "变化，百分点", 1.0, 1),
    "migration": Total("persons", "Moved in, net, k", "净迁入，千人", "persons", "change, k", "变化，千人", 1e-3, 0),
    "output": Total("bn", "Value added, bn", "增加值，十亿元", "%", "change, %", "变化，%"),
    "co2": Total("Mt", "CO2, Mt", "二氧化碳，百万吨", "%", "change, %", "变化，%"),
}
#: What has a band in every place, in the last year.
PLACES = ("people", "output")


@dataclass(frozen=True, eq=False)
class Bands:
    """80 % bands of a path.

    Attributes:
        totals: [of, end, year] ``TOTALS``, and each with ``_change`` against no levers where there are levers; ``of``
            is cluster or nation, ``end`` low, median or high.
        places: [end, region] ``PLACES`` in the last year.
        draws, solved: how many draws were run, and how many had an equilibrium in every year.
    """

    totals: xr.Dataset
    places: xr.Dataset
    draws: int
    solved: int

    def to_json(self) -> dict[str, Any]:
        """[low, median, high] by year, and by region in the last year."""
        by_year = {
            of: {k: self.totals[k].sel(of=of).transpose("year", "end").values for k in self.totals}
            for of in self.totals["of"].values
        }
        last = {k: self.places[k].transpose("region", "end").values for k in self.places}
        count = {"draws": self.draws, "solved": self.solved, "level": LEVEL, "seed": SEED}
        return count | {"totals": by_year, "last_year_by_region": last}


@dataclass(frozen=True)
class Draw:
    """What one draw takes (U1-U5)."""

    parameters: dict[str, float]
    theory: Theory
    births: float
    moves: float
    abroad: float
    effects: Effects


def drawn(k: int, sectors: Sequence[str], levers: Sequence[Lever], fixed: Mapping[str, float]) -> Draw:
    """(U1-U5) Draw number k.

    Args:
        k: its number.
        sectors: labels of sectors.
        levers: whose effects and costs are drawn.
        fixed: what the user has set of parameters and elasticities: it is the same in all draws.
    """
    rng = numbers(k)
    central = parameters()
    p = parameters(rng, **{s: v for s, v in fixed.items() if s in central})
    th = theory(sectors, rng, **{s: v for s, v in fixed.items() if s not in central})
    people = _of_people(rng)
    none = Effects(*[jnp.zeros(0)] * 4)
    # A published response of migration is met at the draw's own elasticity of moves (X3), so not again here.
    effects = draw(levers, jnp.asarray(uniforms(levers, rng))) if levers else none
    return Draw(p, th, people["births"], people["moves"], people["abroad"], effects)


def numbers(k: int) -> np.random.Generator:
    """The random numbers of draw number k."""
    return np.random.default_rng((SEED, k))


def unsure() -> pd.DataFrame:
    """What is drawn of people: a table like that of `parameters.table`."""
    with files("citybelt.path").joinpath("unsure.csv").open(encoding="utf-8") as handle:
        return pd.read_csv(handle, keep_default_na=False)


def _of_people(rng: np.random.Generator) -> dict[str, float]:
    rows = unsure()
    low, value, high = (rows[c].to_numpy(float) for c in ("low", "value", "high"))
    z = rng.normal(size=len(rows)) / 1.2815515655446004
    return dict(zip(rows["symbol"], map(float, two_halves(low, value, high, z)), strict=True))


def at_draw(dataset: Dataset, central: Begin, now: Draw, closed: bool, words: Mapping[str, str]) -> Begin:
    """The base year and the years' inputs, without levers, of a draw."""
    own = begin(dataset, int(central.years[-1]), closed, words, like=central, paced=False, **now.parameters)
    fixed = eqx.tree_at(lambda th: th.eta, now.theory, jnp.zeros(()))
    rules = eqx.tree_at(
        lambda r: (r.theory, r.prospects.moves),
        own.rules,
        (fixed, at_level(own.rules.prospects.moves, now.moves)),
    )
    fertility = own.start.vital.fertility[0]
    rules = at_pace(rules, own.start.persons, fertility, now.parameters["horizon"])
    tau = targets(own.start.persons, rules.prospects.moves)
    study = jnp.broadcast_to(schooling.chances(jnp.asarray(tau), own.start.ages), own.inputs.study.shape)
    inputs = eqx.tree_at(
        lambda i: (i.vital.fertility, i.abroad, i.study),
        own.inputs,
        (more_births(own.inputs.vital.fertility, now.births), own.inputs.abroad * now.abroad, study),
    )
    return replace(own, rules=rules, inputs=inputs)


def more_births(fertility: jax.Array, factor: float) -> jax.Array:
    """(U2) [T, R, A]"""
    reached = jnp.minimum((1.0 + jnp.arange(len(fertility))) / SLOW, 1.0)
    return fertility * (1.0 + (factor - 1.0) * reached)[:, None, None]


def at_level(moves: Moves, level: float) -> Moves:
    """(U3) All moves between regions multiplied by ``level``."""
    stay = jnp.eye(moves.share.shape[0])[:, :, None]
    away = moves.share * (1.0 - stay)
    # Nobody has more than one move to make.
    factor = jnp.minimum(level, 1.0 / jnp.maximum(away.sum(axis=1, keepdims=True), 1e-300))
    away = factor * away
    return eqx.tree_at(lambda m: m.share, moves, away + stay * (1.0 - away.sum(axis=1, keepdims=True)))


@jax.jit
def shocks(levers: tuple[Lever, ...], effects: Effects, begun: jax.Array) -> Shock:
    """(U5) The shock of each year, as `begin.shocks` makes it at central effects."""
    at = tuple(
        eqx.tree_at(lambda v: (v.size, v.exponent, v.charge), lever, tuple(jnp.full(3, x) for x in one))
        for lever, *one in zip(levers, effects.size, effects.exponent, effects.charge, strict=True)
    )
    dearer = effects.unit_cost / jnp.stack([lever.unit_cost[1] for lever in levers])
    return of_years(levers, timing.responses(at, begun), timing.spending(at, begun) * dearer)


def bands(
    dataset: Dataset,
    central: Begin,
    levers: Sequence[Lever],
    begun: np.ndarray,
    cluster: np.ndarray,
    draws: int,
    solve: Callable[[Begin, Inputs], Year],
    closed: bool = False,
    words: Mapping[str, str] | None = None,
    fixed: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Bands:
    """80 % bands of a path, over draws of what is not known.

    Args:
        dataset: an embedded world.
        central: where the central path begins.
        levers: of the scenario, none for a path without.
        begun: [T, L] the value to which each lever has been begun.
        cluster: [R] 1 inside the cluster.
        draws: how many, at least one.
        solve: the years of a path.
        closed, words, fixed: borders, closures and what the user has set, as for `begin`.
        progress: told of the draws.

    Raises:
        NotSolvedError: fewer than ``ENOUGH`` of the draws had an equilibrium in every year.
    """
    tell = progress or (lambda *_: None)
    sectors, of = list(central.economy.sectors), sets(cluster)
    sums, places, why = [], [], ""
    tell("draws", 0, draws)
    for k in range(draws):
        now = drawn(k, sectors, levers, fixed or {})
        try:
            own = at_draw(dataset, central, now, closed, words or {})
            x = without = _table(own, solve(own, own.inputs))
            if levers:
                z = shocks(tuple(levers), now.effects, jnp.asarray(begun))
                x = _table(own, solve(own, eqx.tree_at(lambda i: i.levers, own.inputs, z)))
            sums.append(sums_of(x, without if levers else None, of))
            places.append(np.stack([x[name].values[-1] for name in PLACES]))
        except NotSolvedError as error:
            why = str(error)
        tell("draws", k + 1, draws)
    if len(sums) < ENOUGH * draws:
        raise NotSolvedError(
            f"Only {len(sums)} of {draws} draws have an equilibrium in every year, too few for a band. The last that "
            f"has none: {why} Run the path without draws.",
            {"draws": draws, "solved": len(sums)},
        )
    years, regions = x["year"].values, x["region"].values
    return gathered(sums, np.array(places), years, regions, draws)


def gathered(
    sums: Sequence[Mapping[str, np.ndarray]], places: np.ndarray, years: np.ndarray, regions: np.ndarray, draws: int
) -> Bands:
    """The bands of draws that were solved: ``sums`` by name [of, year], ``places`` [draw, name, region]."""
    import xarray as xr

    found = {k: ends(np.array([s[k] for s in sums])) for k in sums[0]}
    unit = {k: t.unit for k, t in TOTALS.items()} | {f"{k}_change": t.change for k, t in TOTALS.items()}
    at = {"end": list(ENDS), "of": ["cluster", "nation"], "year": years}
    totals = xr.Dataset({k: (tuple(at), v, {"unit": unit[k]}) for k, v in found.items()}, at)
    last = ends(places)
    by_place = {k: (("end", "region"), last[:, i]) for i, k in enumerate(PLACES)}
    return Bands(totals, xr.Dataset(by_place, {"end": list(ENDS), "region": regions}), draws, len(sums))


def sets(cluster: np.ndarray) -> dict[str, np.ndarray]:
    """Weights of places [R] in the totals."""
    return {"cluster": cluster, "nation": np.ones_like(cluster)}


def ends(values: np.ndarray) -> np.ndarray:
    """[low, median, high] of draws along the first axis."""
    return np.quantile(values, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], axis=0)


def _table(own: Begin, years: Year) -> xr.Dataset:
    none = np.zeros((len(own.years), len(own.economy.home)))
    return tables(own, years, none, {})[0]


def sums_of(x: xr.Dataset, without: xr.Dataset | None, of: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """``TOTALS`` [of, year], with their changes against a path without levers."""
    now = totals_of(x, of)
    if without is None:
        return now
    plain = totals_of(without, of)
    for k, total in TOTALS.items():
        now[f"{k}_change"] = 100 * (now[k] / plain[k] - 1) if total.change == "%" else now[k] - plain[k]
    return now


def totals_of(x: xr.Dataset, of: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """``TOTALS`` [of, year] of the tables of a path."""
    add = lambda k: np.stack([x[k].values @ at for at in of.values()])  # noqa: E731
    people = add("people")
    return {
        "people": people,
        "old_share": 100 * add("old") / people,
        "migration": add("came") - add("left") + add("abroad"),
        "output": add("output"),
        "co2": add("co2"),
    }
