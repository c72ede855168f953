"""The hindcast of a world: forecast, baselines and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.hindcast import baselines, known, learned, method, target
from citybelt.hindcast.scores import Score, score
from citybelt.worlds import tables
from citybelt.worlds.world import places_of

if TYPE_CHECKING:
    import pandas as pd

WORLDS = ("china", "northeast")
DRAWS = 100


@dataclass(frozen=True)
class Scored:
    """Scores of all regions of a world and of its cluster."""

    all: Score
    cluster: Score


@dataclass(frozen=True)
class Hindcast:
    """How a forecast of 2010 fared in 2020.

    ``total`` and ``by_age`` hold scores of the forecast, ``baselines`` those of the simple ones (total people, and
    ``by_age`` under each group). ``learned`` scores levels learned outside the cluster, by place whatever the world;
    outside it every province is predicted by the others. ``regions`` is a table: counted, quantiles, baselines.
    """

    world: str
    cluster_name: str
    draws: int
    method_hash: str
    total: Scored
    by_age: dict[str, Scored]
    baselines: dict[str, Scored]
    baselines_by_age: dict[str, dict[str, Scored]]
    learned: Scored
    learned_by_age: dict[str, Scored]
    coefficients: dict[str, float]
    fitted: method.Fitted
    regions: pd.DataFrame

    @property
    def beats(self) -> dict[str, dict[str, bool]]:
        """Whether the median absolute error is below each baseline's, in all regions and in the cluster."""
        return {
            name: {
                "all": self.total.all.median_abs_error < s.all.median_abs_error,
                "cluster": self.total.cluster.median_abs_error < s.cluster.median_abs_error,
            }
            for name, s in self.baselines.items()
        }

    def to_json(self) -> dict[str, Any]:
        def measure(scores: Scored, name: str) -> dict[str, Any]:
            return {part: getattr(getattr(scores, part), name) for part in ("all", "cluster")}

        def every(scores: Scored) -> dict[str, Any]:
            return {part: getattr(scores, part).to_json() for part in ("all", "cluster")}

        return {
            "world": self.world,
            "from": known.YEAR,
            "to": target.YEAR,
            "cluster": self.cluster_name,
            "draws": self.draws,
            "method_hash": self.method_hash,
            "coverage": {str(q): {p: c[str(q)] for p, c in measure(self.total, "coverage").items()} for q in (50, 80)},
            **{
                name: measure(self.total, name)
                for name in ("crps", "bias", "median_abs_error", "mean_abs_error", "places")
            },
            "by_age": {group: every(s) for group, s in self.by_age.items()},
            "baselines": {
                name: {**every(s), "by_age": {g: every(a) for g, a in self.baselines_by_age[name].items()}}
                for name, s in self.baselines.items()
            },
            "beats": self.beats,
            "learned_outside_cluster": {
                **every(self.learned),
                "by_age": {g: every(s) for g, s in self.learned_by_age.items()},
                "coefficients": self.coefficients,
            },
            "fitted": asdict(self.fitted),
            "regions": self.regions.reset_index(),
        }

    def __rich__(self) -> Any:
        from citybelt.hindcast.view import view

        return view(self)


def hindcast(
    world: str = "china", draws: int = DRAWS, progress: Callable[[str, int, int], None] | None = None
) -> Hindcast:
    """Forecast 2020 from what was known in 2010 and score it against the census of 2020.

    Args:
        world: ``china`` (every place) or ``northeast`` (its prefectures, and the other provinces as regions).
        draws: number of draws of the bands, at least 20.
        progress: called with what is done, how much of it, and how much there is.

    Raises:
        InputError: there is no such world, or too few draws for quantiles.
    """
    if world not in WORLDS:
        raise InputError([Problem("hindcast", f"there is no world {world!r}", f"Take one of {', '.join(WORLDS)}.")])
    if draws < 20:
        raise InputError([Problem("hindcast, draws", f"{draws} draws give no quantiles", "Take 20 or more.")])
    start = known.world()
    made = method.forecast(start, draws, progress)
    simple = baselines.all_of(start, made)
    return scored(world, start, made, simple, target.counted(start.places))


def scored(
    world: str, start: known.Known, made: method.Forecast, simple: dict[str, np.ndarray], counted: np.ndarray
) -> Hindcast:
    """Scores of a forecast and of baselines [R, A] against counts by place and group of age [R, G]."""
    import pandas as pd

    places = places_of(world, ())
    region = places.units.loc[start.places.units.index, "region"]
    names = [r for r in places.regions.index if r in set(region)]
    member = (region.to_numpy()[None] == np.array(names)[:, None]).astype(float)
    groups = {g: list(classes) for g, classes in target.GROUPS.items()}

    def grouped(people: np.ndarray) -> np.ndarray:  # [..., R, A] -> [..., G, N]
        by_group = np.stack([people[..., k].sum(axis=-1) for k in groups.values()], axis=-2)
        return by_group @ member.T

    # Draws are scored where the places that make up a region are all held.
    goal = (member @ np.where(np.isnan(counted), 0, counted)).T
    goal[:, (member @ np.isnan(counted).any(axis=1)) > 0] = np.nan
    drawn, plain = grouped(made.persons[1:]), {name: grouped(x) for name, x in simple.items()}
    cluster = places.regions.loc[names, "cluster"].to_numpy() == tables.definition(world)["cluster"]

    def both(people: np.ndarray, y: np.ndarray) -> Scored:
        people = people if people.ndim == 2 else people[None]
        return Scored(score(people, y), score(people[:, cluster], y[cluster]))

    def ages(people: np.ndarray) -> dict[str, Scored]:
        return {g: both(people[..., k, :], goal[k]) for k, g in enumerate(groups)}

    taught, taught_by_age, coefficients = _learn(world, start, made, simple, counted)
    total = drawn.sum(axis=1)
    quantile = np.quantile(total, [0.1, 0.25, 0.5, 0.75, 0.9], axis=0)
    table = pd.DataFrame(
        {
            "name_en": places.regions.loc[names, "name_en"].to_numpy(),
            "name_zh": places.regions.loc[names, "name_zh"].to_numpy(),
            "cluster": cluster,
            "people_2010": grouped(start.persons.sum(axis=1)).sum(axis=0),
            "counted": goal.sum(axis=0),
            **dict(zip(("low80", "low50", "median", "high50", "high80"), quantile, strict=True)),
            **{name: x.sum(axis=0) for name, x in plain.items()},
        },
        index=pd.Index(names, name="region"),
    )
    table.insert(5, "error_pct", 100 * (table["median"] / table["counted"] - 1))
    return Hindcast(
        world=world,
        cluster_name=tables.definition(world)["cluster"],
        draws=len(made.persons) - 1,
        method_hash=method.method_hash(),
        total=both(total, goal.sum(axis=0)),
        by_age=ages(drawn),
        baselines={name: both(x.sum(axis=0), goal.sum(axis=0)) for name, x in plain.items()},
        baselines_by_age={name: ages(x) for name, x in plain.items()},
        learned=taught,
        learned_by_age=taught_by_age,
        coefficients=coefficients,
        fitted=made.fitted,
        regions=table,
    )


def _learn(
    world: str, start: known.Known, made: method.Forecast, simple: dict[str, np.ndarray], counted: np.ndarray
) -> tuple[Scored, dict[str, Scored], dict[str, float]]:
    """Scores of `learned` by place, all people and by age, and the coefficients for all people."""
    inside = start.places.units["cluster"].to_numpy() == tables.definition(world)["cluster"]

    def of(central: np.ndarray, closed: np.ndarray, y: np.ndarray) -> tuple[Scored, np.ndarray]:
        x = learned.traits(start, central, closed)
        people, b = learned.draws(x, central, y, start.province, inside)
        return Scored(score(people, y), score(people[:, inside], y[inside])), b

    central, closed = made.persons[0], simple["closed"]
    by_age = {
        g: of(central[:, k].sum(axis=1), closed[:, k].sum(axis=1), counted[:, i])[0]
        for i, (g, k) in enumerate((g, list(k)) for g, k in target.GROUPS.items())
    }
    scores, b = of(central.sum(axis=1), closed.sum(axis=1), counted.sum(axis=1))
    names = ("constant", "net_moves", "migrant_share", "log_income")
    return scores, by_age, dict(zip(names, map(float, b), strict=True))
