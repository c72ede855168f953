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
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.model.theory import from_ranges, theory
from citybelt.path import timing
from citybelt.path.aged import aged
from citybelt.path.begin import at_pace, begin, with_moved
from citybelt.path.energy_mix import mix
from citybelt.path.flows import by_age as by_age_of
from citybelt.path.parameters import parameters
from citybelt.path.result import five_years, tables
from citybelt.path.study import targets
from citybelt.path.sums import TOTALS, sets, sums_of
from citybelt.people import schooling
from citybelt.people.record import Moves
from citybelt.scenario.levers import Effects, draw, uniforms
from citybelt.scenario.sampling import LEVEL
from citybelt.worlds.tables import definition

if TYPE_CHECKING:
    import xarray as xr

    from citybelt.data.dataset import Dataset
    from citybelt.model.accounts import Theory
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


#: What has a band in every place, in the last year.
PLACES = ("people", "output")
#: Years between those of which people and moves by age have bands.
DECADE = 10


@dataclass(frozen=True, eq=False)
class Bands:
    """80 % bands of a path.

    Attributes:
        totals: [of, end, year] ``TOTALS``, and each with ``_change`` against no levers where there are levers; ``of``
            is cluster or nation, ``end`` low, median or high.
        places: [end, region] ``PLACES`` in the last year.
        people: [end, year, place, sex, age] persons, five years of age, of every region, the cluster and the nation;
            every tenth year and the last.
        flows: [end, year, flow, age] persons of the cluster who moved (``path.flows``), in the same years.
        energy, power: [end, year, of, fuel] TWh used, [end, year, carrier] made (``path.energy_mix``).
        peak: [end, of] year in which CO2 is highest.
        draws, solved: how many draws were run, and how many had an equilibrium in every year.
    """

    totals: xr.Dataset
    places: xr.Dataset
    people: xr.DataArray
    flows: xr.DataArray
    energy: xr.DataArray
    power: xr.DataArray
    peak: xr.DataArray
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
        more = {k: getattr(self, k) for k in ("people", "flows", "energy", "power", "peak")}
        more["people"] = more["people"].sel(place=["cluster", "nation"])
        told = {
            k: {d: v[d].values for d in v.dims if d != "end"} | {"values": v.transpose(..., "end").values}
            for k, v in more.items()
        }
        return count | {"totals": by_year, "last_year_by_region": last} | told


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
    # A published response of migration is met at the draw's own elasticity of moves (F7), so not again here.
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
    return dict(zip(rows["symbol"], map(float, from_ranges(rows, rng)), strict=True))


def at_draw(dataset: Dataset, central: Begin, now: Draw, closed: bool, words: Mapping[str, str]) -> Begin:
    """The base year and the years' inputs, without levers, of a draw."""
    last = int(central.years[-1])
    own = begin(dataset, last, closed, words, like=central, paced=False, beyond=central.beyond, **now.parameters)
    fixed = eqx.tree_at(lambda th: th.eta, now.theory, jnp.zeros(()))
    rules = eqx.tree_at(
        lambda r: (r.theory, r.ground.eta, r.prospects.moves),
        own.rules,
        (fixed, now.theory.eta, at_level(own.rules.prospects.moves, now.moves)),
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
def moved(levers: tuple[Lever, ...], effects: Effects, begun: jax.Array) -> timing.Moved:
    """(U5) What levers do in each year, as `timing.moved` has it at central effects."""
    at = tuple(
        eqx.tree_at(lambda v: (v.size, v.exponent, v.charge), lever, tuple(jnp.full(3, x) for x in one))
        for lever, *one in zip(levers, effects.size, effects.exponent, effects.charge, strict=True)
    )
    dearer = effects.unit_cost / jnp.stack([lever.unit_cost[1] for lever in levers])
    return timing.moved(at, begun, dearer)


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
    nation = definition(dataset.name)["home"]
    seen: list[dict[str, Any]] = []
    why = ""
    tell("draws", 0, draws)
    for k in range(draws):
        now = drawn(k, sectors, levers, fixed or {})
        try:
            own = at_draw(dataset, central, now, closed, words or {})
            years = plain = solve(own, own.inputs)
            if levers:
                z = moved(tuple(levers), now.effects, jnp.asarray(central.lasting(begun)))
                years = solve(own, with_moved(own.inputs, z))
            seen.append(told(own, years, plain if levers else None, of, nation))
        except NotSolvedError as error:
            why = str(error)
        tell("draws", k + 1, draws)
    if len(seen) < ENOUGH * draws:
        raise NotSolvedError(
            f"Only {len(seen)} of {draws} draws have an equilibrium in every year, too few for a band. The last that "
            f"has none: {why} Run the path without draws.",
            {"draws": draws, "solved": len(seen)},
        )
    return gathered(seen, draws)


def told(
    own: Begin, years: Year, plain: Year | None, of: Mapping[str, np.ndarray], nation: str
) -> dict[str, xr.DataArray]:
    """What a draw tells, by name; ``plain`` are its years without levers."""
    import xarray as xr

    x, ages = tables(own, years, {})
    without = None if plain is None else tables(own, plain, {})[0]
    sums = sums_of(x, without, of, aged(ages, x["wages"], x["income"], nation))
    unit = {k: t.unit for k, t in TOTALS.items()} | {f"{k}_change": t.change for k, t in TOTALS.items()}
    at: dict[str, Any] = {"of": list(of), "year": x["year"].values}
    found = {k: xr.DataArray(v, at, ("of", "year"), attrs={"unit": unit[k]}) for k, v in sums.items()}
    shown = [y for y in at["year"] if (y - at["year"][0]) % DECADE == 0 or y == at["year"][-1]]
    people = five_years(ages.sel(year=shown)).transpose("year", "region", "sex", "age")
    inside = np.stack(list(of.values()))
    every = np.concatenate([people.values, np.einsum("or,trsa->tosa", inside, people.values)], axis=1)
    by_age = {"year": shown, "sex": people["sex"].values, "age": people["age"].values}
    names = [*map(str, x["region"].values), *of]
    found["people by age"] = xr.DataArray(every, by_age | {"place": names}, ("year", "place", "sex", "age"))
    moved = by_age_of(years.events, np.asarray(own.years), x["region"].values).sel(year=shown[1:])
    found["flows"] = moved.dot(xr.DataArray(of["cluster"], {"region": x["region"].values}, ("region",)))
    found["energy"], found["power"] = mix(own, years, of["cluster"])
    peak = at["year"][np.argmax(sums["co2"], axis=1)]
    found["peak"] = xr.DataArray(peak, {"of": list(of)}, ("of",), attrs={"unit": "year"})
    for k in PLACES:
        found[f"{k} by place"] = xr.DataArray(x[k].values[-1], {"region": x["region"].values}, ("region",))
    return found


def gathered(seen: Sequence[Mapping[str, xr.DataArray]], draws: int) -> Bands:
    """The bands of draws that were solved, each as ``told`` tells it, of all that were run."""
    import xarray as xr

    def band(name: str) -> xr.DataArray:
        one = seen[0][name]
        values = ends(np.array([draw[name].values for draw in seen]))
        return xr.DataArray(values, {"end": list(ENDS), **one.coords}, ("end", *one.dims), attrs=one.attrs)

    totals = xr.Dataset({k: band(k) for k in seen[0] if k.removesuffix("_change") in TOTALS})
    places = xr.Dataset({k: band(f"{k} by place") for k in PLACES})
    people, flows, energy, power, peak = map(band, ("people by age", "flows", "energy", "power", "peak"))
    return Bands(totals, places, people, flows, energy, power, peak, draws, len(seen))


def ends(values: np.ndarray) -> np.ndarray:
    """[low, median, high] of draws along the first axis."""
    return np.quantile(values, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], axis=0)
