"""The hindcast of a world: forecast, baselines and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.hindcast import baselines, known, levels, method, target, vintage
from citybelt.hindcast import output as outputs
from citybelt.hindcast.scores import Score, score
from citybelt.hindcast.vintage import Variance
from citybelt.worlds import tables
from citybelt.worlds.world import places_of

if TYPE_CHECKING:
    import pandas as pd

WORLDS = ("china", "northeast")
DRAWS = 100
#: Medians and ends of bands in the table of regions.
QUANTILES = {"low80": 0.1, "low50": 0.25, "median": 0.5, "high50": 0.75, "high80": 0.9}
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Scored:
    """Scores of all regions of a world and of its cluster."""

    all: Score
    cluster: Score

    def to_json(self) -> dict[str, Any]:
        return {"all": self.all.to_json(), "cluster": self.cluster.to_json()}


@dataclass(frozen=True)
class Forecast:
    """Scores of one forecast: all people, and by group of age."""

    method_hash: str
    total: Scored
    by_age: dict[str, Scored]

    def to_json(self) -> dict[str, Any]:
        """``coverage`` by level, then every other score, for all regions and for the cluster; then by age."""
        both = {part: getattr(self.total, part) for part in ("all", "cluster")}
        covered = {q: {p: (s.coverage or {}).get(q) for p, s in both.items()} for q in ("50", "80")}
        names = ("crps", "bias", "median_abs_error", "mean_abs_error", "places")
        return {
            "method_hash": self.method_hash,
            "coverage": covered,
            **{name: {part: getattr(s, name) for part, s in both.items()} for name in names},
            "by_age": {g: s.to_json() for g, s in self.by_age.items()},
        }


@dataclass(frozen=True)
class Jump:
    """People by the last yearbook before the census, per cent over the census: median over places."""

    year: int
    places: int
    all: float
    cluster: float
    error_all: float  # median absolute error of the method against that yearbook instead
    error_cluster: float
    bias_cluster: float


@dataclass(frozen=True)
class Run:
    """What is made from one vintage of 2010."""

    start: known.Known
    made: method.Forecast
    simple: dict[str, np.ndarray]
    taught: levels.Taught


@dataclass(frozen=True)
class Hindcast:
    """How a forecast of 2010 fared in 2020.

    ``own`` holds the scores of the method, whose levels are learned outside the cluster: a place outside is predicted
    by the other provinces. ``known`` are those of the forecast of 2010 alone, with nothing learned from the decade;
    ``baselines`` those of the simple ones. ``vintages`` has the scores of the method from people of 2010 in either
    vintage, ``variance`` their share in its spread. ``regions`` is a table: counted, quantiles, other forecasts.
    """

    world: str
    cluster_name: str
    vintage: str
    draws: int
    own: Forecast
    known: Forecast
    baselines: dict[str, Scored]
    baselines_by_age: dict[str, dict[str, Scored]]
    coefficients: dict[str, dict[str, float]]
    fitted: method.Fitted
    output: outputs.Output
    vintages: dict[str, Scored]
    variance: dict[str, Variance]
    jump: Jump
    regions: pd.DataFrame

    @property
    def total(self) -> Scored:
        return self.own.total

    @property
    def by_age(self) -> dict[str, Scored]:
        return self.own.by_age

    @property
    def method_hash(self) -> str:
        return self.own.method_hash

    @property
    def beats(self) -> dict[str, dict[str, bool]]:
        """Whether the median absolute error is below each baseline's, in all regions and in the cluster."""
        return {
            name: {p: getattr(self.total, p).median_abs_error < getattr(s, p).median_abs_error for p in PARTS}
            for name, s in self.baselines.items()
        }

    def to_json(self) -> dict[str, Any]:
        own = self.own.to_json()
        return {
            "world": self.world,
            "from": known.YEAR,
            "to": target.YEAR,
            "cluster": self.cluster_name,
            "vintage": self.vintage,
            "draws": self.draws,
            **own,
            "as_known": self.known.to_json(),
            "baselines": {
                name: {**s.to_json(), "by_age": {g: a.to_json() for g, a in self.baselines_by_age[name].items()}}
                for name, s in self.baselines.items()
            },
            "beats": self.beats,
            "learned_outside_cluster": self.coefficients,
            "output": self.output.to_json(),
            "vintages": {name: s.to_json() for name, s in self.vintages.items()},
            "variance": {of: v.to_json() for of, v in self.variance.items()},
            "yearbook_before_the_census": asdict(self.jump),
            "opened": opened(),
            "fitted": asdict(self.fitted),
            "regions": self.regions.reset_index(),
        }

    def __rich__(self) -> Any:
        from citybelt.hindcast.view import view

        return view(self)


PARTS = ("all", "cluster")


def opened() -> pd.DataFrame:
    """Every method that was ever scored in the cluster, with its scores for places of `china` as they were then."""
    import pandas as pd

    return pd.read_csv(Path(__file__).with_name("opened.csv"), dtype={"method": str}, keep_default_na=False)


def hindcast(
    world: str = "china", draws: int = DRAWS, progress: Progress | None = None, people: str = "census"
) -> Hindcast:
    """Forecast 2020 from what was known in 2010 and score it against the census of 2020.

    Args:
        world: ``china`` (every place) or ``northeast`` (its prefectures, and the other provinces as regions).
        draws: number of draws of the bands of the forecast of 2010, at least 20.
        progress: called with what is done, how much of it, and how much there is.
        people: vintage of the people of 2010, ``census`` or ``yearbook``.

    Raises:
        InputError: there is no such world or vintage, or too few draws for quantiles.
    """
    if world not in WORLDS:
        raise InputError([Problem("hindcast", f"there is no world {world!r}", f"Take one of {', '.join(WORLDS)}.")])
    vintage.check(people)
    if draws < 20:
        raise InputError([Problem("hindcast, draws", f"{draws} draws give no quantiles", "Take 20 or more.")])
    start = known.world()
    counted = target.counted(start.places)
    inside = inside_of(world, start)
    # The other vintage is run for its share of the variance: its levels, without draws of the forecast of 2010.
    runs = {
        name: made_from(vintage.of(start, name), counted, inside, draws if name == people else 0, progress)
        for name in vintage.VINTAGES
    }
    return scored(world, runs, people, counted)


def inside_of(world: str, start: known.Known) -> np.ndarray:
    """Places of the cluster [R]."""
    return start.places.units["cluster"].to_numpy() == tables.definition(world)["cluster"]


def made_from(
    start: known.Known, counted: np.ndarray, inside: np.ndarray, draws: int, progress: Progress | None = None
) -> Run:
    """Forecast of 2010, baselines and learned levels of one vintage."""
    made = method.forecast(start, draws, progress if draws else None)
    simple = baselines.all_of(start, made)
    if progress:
        progress("levels", 0, 1)
    return Run(start, made, simple, levels.of_forecast(start, made, simple["closed"], counted, inside))


def scored(world: str, runs: dict[str, Run], people: str, counted: np.ndarray) -> Hindcast:
    """Scores of the runs of both vintages against counts by place and group of age [R, G]; ``people`` is the main one.

    Args:
        world: whose regions are scored.
        runs: by vintage.
        people: the vintage whose forecasts are told.
        counted: the census.
    """
    run = runs[people]
    start = run.start
    places = places_of(world, ())
    region = places.units.loc[start.places.units.index, "region"]
    names = [r for r in places.regions.index if r in set(region)]
    member = (region.to_numpy()[None] == np.array(names)[:, None]).astype(float)
    cluster = places.regions.loc[names, "cluster"].to_numpy() == tables.definition(world)["cluster"]

    def held(by_place: np.ndarray) -> np.ndarray:  # [R, ...] -> [N, ...], NaN where a place isn't held
        told = member @ np.where(np.isnan(by_place), 0, by_place)
        told[(member @ np.isnan(by_place).any(axis=tuple(range(1, by_place.ndim)))) > 0] = np.nan
        return told

    goal = held(counted)

    def both(drawn: np.ndarray, y: np.ndarray) -> Scored:  # [K, N]
        return Scored(score(drawn, y), score(drawn[:, cluster], y[cluster]))

    def told(drawn: np.ndarray, digest: str) -> Forecast:  # [K, R, G]
        regions = np.einsum("nr,krg->kng", member, drawn)
        ages = {g: both(regions[..., i], goal[:, i]) for i, g in enumerate(target.GROUPS)}
        return Forecast(digest, both(regions.sum(axis=2), goal.sum(axis=1)), ages)

    def total(by_place: np.ndarray) -> np.ndarray:  # [..., R, G] -> [..., N]
        return by_place.sum(axis=-1) @ member.T

    plain = {name: told(levels.grouped(x)[None], "") for name, x in run.simple.items()}
    taught = {name: total(r.taught.people) for name, r in runs.items()}
    own, y = taught[people], goal.sum(axis=1)
    inside = inside_of(world, start)
    by_place = np.stack([r.taught.people.sum(axis=2) for r in runs.values()])
    known_total = total(levels.grouped(run.made.persons[1:]))
    table = _table(places.regions.loc[names], cluster, y, own)
    simple = {name: total(levels.grouped(x)) for name, x in run.simple.items()}
    yearbook = held(vintage.last_yearbook(start)[:, None])[:, 0]
    table = table.assign(
        people_2010=total(levels.grouped(start.persons.sum(axis=1))),
        as_known=np.median(known_total, axis=0),
        yearbook=yearbook,
        **simple,
    )
    return Hindcast(
        world=world,
        cluster_name=tables.definition(world)["cluster"],
        vintage=people,
        draws=len(run.made.persons) - 1,
        own=told(run.taught.people, levels.method_hash()),
        known=told(levels.grouped(run.made.persons[1:]), method.method_hash()),
        baselines={name: f.total for name, f in plain.items()},
        baselines_by_age={name: f.by_age for name, f in plain.items()},
        coefficients=run.taught.coefficients(),
        fitted=run.made.fitted,
        output=outputs.judge(start, run.made, inside),
        vintages={name: both(x, y) for name, x in taught.items()},
        variance={
            "all": vintage.variance(by_place),
            "cluster": vintage.variance(by_place[..., inside]),
            "cluster_total": vintage.variance(by_place[..., inside].sum(axis=-1, keepdims=True)),
        },
        jump=_jump(y, yearbook, np.median(own, axis=0), cluster),
        regions=table,
    )


def _table(named: pd.DataFrame, cluster: np.ndarray, counted: np.ndarray, drawn: np.ndarray) -> pd.DataFrame:
    """Names, the count, the error of the median and the quantiles of every region."""
    import pandas as pd

    quantile = np.quantile(drawn, list(QUANTILES.values()), axis=0)
    table = pd.DataFrame(
        {"name_en": named["name_en"].to_numpy(), "name_zh": named["name_zh"].to_numpy(), "cluster": cluster},
        index=pd.Index(named.index, name="region"),
    )
    table = table.assign(counted=counted, **dict(zip(QUANTILES, quantile, strict=True)))
    return table.assign(error_pct=100 * (table["median"] / table["counted"] - 1))


def _jump(counted: np.ndarray, yearbook: np.ndarray, forecast: np.ndarray, cluster: np.ndarray) -> Jump:
    """How far the last yearbook lies over the census, and the forecast over that yearbook."""
    over = 100 * (yearbook / counted - 1)
    error = np.where(np.isfinite(over), 100 * (forecast / yearbook - 1), np.nan)
    return Jump(
        vintage.LAST, int(np.isfinite(over).sum()), float(np.nanmedian(over)), float(np.nanmedian(over[cluster])),
        float(np.nanmedian(np.abs(error))), float(np.nanmedian(np.abs(error[cluster]))),
        float(np.nanmean(error[cluster])),
    )  # fmt: skip
