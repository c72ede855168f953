r"""Output of 2020 from what was known in 2010, scored where a series without breaks exists.

Levels of regional GDP break: in 2016 for Liaoning, in 2018 to 2019 with the economic census everywhere. Growth as
published doesn't, since it compares two years within one book, at constant prices. What is scored is its chain:

    (Q1)  grown[r] = prod_{t=2011..2020} (1 + growth[r,t])          places whose ten rates are all published
    (Q2)  the same, with the province's index for rates of 2016 to 2020 that a place lacks       (grade D)
    (Q3)  share[r] = grown[r] Y[r,2010] / sum over scored places,   Y[r,2010] in prices of 2010

Shares are compared, so how fast the nation grew isn't judged. Forecasts of grown[r], each up to a common factor:

    known          workers[r,2020] / workers[r,2010] x exp(-(1 - exp(-10 lambda)) log y[r]),   nothing learned
    levels         log grown[r] by (E1) on `TRAITS` of 2010, learned as (J1) is: outside the cluster, and for a place
                   outside on the other provinces
    own_growth     (1 + growth[r,2010])^10
    nation         1, the nation's growth for all

workers: people of 15 to 59 by the forecast of 2010; lambda: two percent a year. Limits: rates of years before 2016 are
as reported then, and what was overstated then was in part taken back in the rates of 2016; Heilongjiang has no rates.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from citybelt.hindcast import known, levels, method, target
from citybelt.hindcast.known import Known
from citybelt.hindcast.scores import Score, score
from citybelt.worlds import tables

YEARS = tuple(range(known.YEAR + 1, target.YEAR + 1))
TRAITS = ("log_workers", "growth_2010", "log_income", "capital", "secondary")
#: Five-year classes of people of working age, 15 to 59.
WORKERS = slice(3, 12)
FORECASTS = ("levels", "known", "own_growth", "nation")
SETS = ("published", "filled")


@dataclass(frozen=True)
class Output:
    """Scores of shares in output by set of places and forecast: all of them, and those of the cluster."""

    scores: dict[str, dict[str, tuple[Score, Score]]]
    coefficients: dict[str, float]
    method_hash: str

    def to_json(self) -> dict:
        told = {
            of: {name: {"all": asdict(a), "cluster": asdict(c)} for name, (a, c) in forecasts.items()}
            for of, forecasts in self.scores.items()
        }
        return {**told, "coefficients": self.coefficients, "method_hash": self.method_hash}


def grown(start: Known, fill: bool) -> np.ndarray:
    """(Q1, Q2) Output of 2020 over that of 2010, constant prices [R]; NaN where no chain is whole."""
    rates = tables.facts("gdp_growth")
    wide = rates.pivot(index="region", columns="year", values="value").reindex(columns=YEARS) / 100
    own = wide.reindex(start.places.units.index).to_numpy()
    if fill:
        index = tables.facts("gdp_index").pivot(index="region", columns="year", values="value")
        of_province = index.reindex(columns=YEARS).reindex(start.places.units["province"]).to_numpy() / 100 - 1
        own = np.where(np.isnan(own), of_province, own)
    return np.prod(1 + own, axis=1)


def traits(start: Known, workers: np.ndarray) -> np.ndarray:
    """`TRAITS` [R, k]; ``workers`` is the forecast growth of people of working age [R]."""
    named = dict(zip(levels.TRAITS, np.moveaxis(levels.traits(start, *_ones(start))[0], 1, 0), strict=True))
    made = {i: _of_city(start, i) for i in ("", "secondary")}
    columns = [
        np.log(workers),
        _of_rest(growth(start), start),
        named["log_income"],
        named["capital"],
        _of_rest(made["secondary"] / made[""], start),
    ]
    return np.stack(columns, axis=1)


def growth(start: Known) -> np.ndarray:
    """Growth of output in 2010 [R], NaN where it isn't published."""
    rows = known.known("gdp_growth")
    rate = rows[rows["year"] == known.YEAR].set_index("region")["value"] / 100
    return rate.reindex(start.places.units.index).to_numpy()


def judge(start: Known, made: method.Forecast, inside: np.ndarray, draws: int = levels.DRAWS) -> Output:
    """(Q1-Q3) Scores of every forecast.

    Args:
        start: the world of 2010.
        made: the forecast of 2010.
        inside: places of the cluster [R].
        draws: of the forecast with levels.
    """
    workers = made.persons[0][:, WORKERS].sum(axis=1) / start.persons[:, :, WORKERS].sum(axis=(1, 2))
    x = traits(start, workers)
    together = method.RANGES["lambda"][1]
    gap = np.log(start.income)
    plain = {
        "known": workers * np.exp(-(1 - np.exp(-together * len(YEARS))) * (gap - gap.mean())),
        "own_growth": (1 + growth(start)) ** len(YEARS),
        "nation": np.ones(len(workers)),
    }
    counts = {of: grown(start, of == "filled") for of in SETS}
    base = _of_city(start, "")
    ones = np.ones((len(workers), 1))
    taught = {
        of: levels.teach(x[None], ones, y[:, None], start.province, start.total, inside, draws)
        for of, y in counts.items()
    }
    found: dict[str, dict[str, tuple[Score, Score]]] = {}
    for of, y in counts.items():
        forecasts = {"levels": taught[of].people[..., 0], **{k: v[None] for k, v in plain.items()}}
        held = np.isfinite(y * base * growth(start))
        found[of] = {}
        for name in FORECASTS:
            share = forecasts[name][:, held] * base[held]
            share = share / share.sum(axis=1, keepdims=True)
            goal = y[held] * base[held] / (y[held] * base[held]).sum()
            found[of][name] = (score(share, goal), score(share[:, inside[held]], goal[inside[held]]))
    learned = taught["published"].learned[0]
    coefficients = dict(zip(("constant", *TRAITS), map(float, learned.mean), strict=True))
    return Output(found, coefficients, method_hash())


def method_hash() -> str:
    """The hash of the method of people and of this file."""
    return hashlib.sha256(levels.method_hash().encode() + Path(__file__).read_bytes()).hexdigest()[:16]


def _ones(start: Known) -> tuple[np.ndarray, np.ndarray]:
    people = np.ones((len(start.total), len(target.GROUPS)))
    return people, people


def _of_city(start: Known, item: str) -> np.ndarray:
    """Output of 2010 by place, all or of a sector, bn CNY; NaN where it isn't held."""
    rows = known.known("gdp", item)
    rows = rows[(rows["vintage"] == "city") & (rows["year"] == known.YEAR)]
    return known._add(start.places, rows.set_index("region")[["value"]])["value"].to_numpy()


def _of_rest(value: np.ndarray, start: Known) -> np.ndarray:
    """The mean of the province, else of all, where a value isn't held."""
    table = pd.Series(value)
    mean = table.groupby(start.province).transform("mean")
    return table.fillna(mean).fillna(table.mean()).to_numpy()
