"""Invented paths and hindcasts: every number is drawn at random and means nothing; names of places are real."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from citybelt.hindcast.method import Fitted
from citybelt.hindcast.output import FORECASTS, SETS, Output
from citybelt.hindcast.result import Forecast, Hindcast, Jump, Scored
from citybelt.hindcast.scores import score
from citybelt.hindcast.vintage import Variance
from citybelt.path import sums
from citybelt.path.bands import Bands, gathered
from citybelt.path.base_year import energy_names
from citybelt.path.result import QUANTITIES, Path, five_years
from citybelt.path.run import BASELINE
from citybelt.people.record import SEXES, Ages
from citybelt.scenario.scenario import load_scenario
from report.synthetic import CITIES

YEARS = np.arange(2020, 2046)
BASES = ("persistence", "closed", "closed_drift", "gravity", "migrant_share")
GROUPS = ("0-14", "15-29", "30-44", "45-59", "60-74", "75+")


def places() -> pd.DataFrame:
    """The cities of the cluster and three other places."""
    rows = [c.split() for c in CITIES.replace("\n", "").split(",")]
    rows += [["110000", "Beijing", "北京市"], ["440000", "Guangdong", "广东省"], ["650000", "Xinjiang", "新疆"]]
    table = pd.DataFrame(rows, columns=["region", "name_en", "name_zh"]).set_index("region")
    return table.assign(cluster=~table.index.isin(["110000", "440000", "650000"]))


def path(seed: int = 0, levers: bool = True, band: bool = True, whole: bool = True) -> Path:
    """A path; ``whole`` tells moves by age and energy, ``band`` has bands."""
    rng = np.random.default_rng(seed)
    table = places()
    n, years = len(table), len(YEARS)
    at = {
        "year": YEARS, "region": table.index.to_numpy(str), "name_en": ("region", table["name_en"].to_numpy(str)),
        "name_zh": ("region", table["name_zh"].to_numpy(str)),
        "province": ("region", np.array([f"{r[:2]}0000" for r in table.index])),
    }  # fmt: skip
    drift = np.exp(np.cumsum(rng.normal(0.0, 0.01, (years, n)), axis=0))
    ages = rng.uniform(500, 9000, (years, n, len(SEXES), 101)) * drift[:, :, None, None]
    persons = xr.DataArray(
        ages, {**at, "sex": list(SEXES), "age": list(Ages(1).labels)}, ("year", "region", "sex", "age")
    )
    five = five_years(persons)
    found = {}
    for name, (unit, _, _) in QUANTITIES.items():
        size = {"persons": 2e5, "bn": 300.0, "Mt": 40.0, "log": 0.1}[unit]
        found[name] = size * rng.uniform(0.5, 1.5, n) * drift
    found["people"] = ages.sum(axis=(2, 3))
    found["old"] = ages[:, :, :, 65:].sum(axis=(2, 3))
    for name in ("births", "deaths", "came", "left", "abroad"):
        found[name][0] = np.nan
    # Emissions are highest in 2031, between the ends.
    found["co2"] = (50 - 0.05 * (YEARS - 2031.0) ** 2)[:, None] * np.ones(n)
    x = xr.Dataset({k: (("year", "region"), v) for k, v in found.items()}, at)
    without = x.assign(output=x["output"] * rng.uniform(0.97, 1.0, (years, n))) if levers else x
    labels = list(five["age"].values)
    moved = rng.uniform(10, 900, (years - 1, 3, n, len(labels)))
    flows = xr.DataArray(
        moved,
        {"year": YEARS[1:], "flow": ["came", "left", "abroad"], "region": table.index.to_numpy(str), "age": labels},
        ("year", "flow", "region", "age"),
    )  # fmt: skip
    fuels, carriers = energy_names()
    energy = xr.DataArray(
        rng.uniform(50, 900, (years, 2, len(fuels))),
        {"year": YEARS, "of": ["cluster", "nation"], "fuel": list(fuels)}, ("year", "of", "fuel"),
    )  # fmt: skip
    power = xr.DataArray(
        rng.uniform(50, 900, (years, len(carriers))), {"year": YEARS, "carrier": list(carriers)}, ("year", "carrier")
    )
    cluster = table["cluster"].to_numpy(float)
    made = Path(
        scenario=load_scenario("research_push") if levers else BASELINE, world="northeast", expectations="static",
        x=x, people=five, ages=persons, without=without, cluster=cluster, residual=3e-11, passes=70, looks=1,
        flows=flows if whole else None, energy=energy if whole else None, power=power if whole else None,
    )  # fmt: skip
    return replace(made, band=_band(made, flows, energy, power)) if band else made


def _band(path: Path, flows: xr.DataArray, energy: xr.DataArray, power: xr.DataArray) -> Bands:
    """Bands as paths have them: a tenth on both sides of everything, three years beside the peak of emissions."""
    of = sums.sets(path.cluster)
    found = sums.sums_of(path.x, path.without, of, path.aged)
    at = {"of": list(of), "year": YEARS}
    shown = [2020, 2030, 2040, 2045]
    inside = path.x["region"].values[path.cluster > 0]
    people = path.people.sel(year=shown).rename(region="place").drop_vars(["name_en", "name_zh", "province"])
    both = [people.sel(place=names).sum("place").assign_coords(place=of) for of, names in
            (("cluster", inside), ("nation", path.x["region"].values))]  # fmt: skip
    one = {k: xr.DataArray(v, at, ("of", "year")) for k, v in found.items()}
    one |= {
        "people by age": xr.concat([people, *both], "place"),
        "flows": flows.sel(year=shown[1:], region=inside).sum("region"), "energy": energy, "power": power,
        "peak": xr.DataArray(np.argmax(found["co2"], axis=1) + YEARS[0], {"of": list(of)}, ("of",)),
        **{f"{k} by place": path.x[k][-1] for k in ("people", "output")},
    }  # fmt: skip
    draws = [
        {k: v + 3 * (i - 5) / 4 if k == "peak" else v * (1 + 0.1 * (i - 5) / 4) for k, v in one.items()}
        for i in range(11)
    ]
    return replace(gathered(draws, 60), solved=57)


def hindcast(seed: int = 0, high: float = 0.15, spread: float = 0.05) -> Hindcast:
    """A hindcast that is too high by ``high`` in the cluster, with bands as wide as ``spread`` (in logarithms)."""
    rng = np.random.default_rng(seed)
    table = places()
    inside = table["cluster"].to_numpy(bool)
    counted = rng.uniform(3e5, 9e6, len(table))
    counted[-2] = 1.2e8
    middle = counted * np.exp(high * inside + rng.normal(0, 0.06, len(table)))
    drawn = middle * np.exp(rng.normal(0, spread, (60, len(table))))
    low80, low50, median, high50, high80 = np.quantile(drawn, [0.1, 0.25, 0.5, 0.75, 0.9], axis=0)

    def scored(people: np.ndarray) -> Scored:
        people = people if people.ndim == 2 else people[None]
        return Scored(score(people, counted), score(people[:, inside], counted[inside]))

    simple = {name: counted * np.exp(rng.normal(0.05 * k, 0.1, len(table))) for k, name in enumerate(BASES)}
    regions = table.assign(
        people_2010=0.97 * counted, counted=counted, error_pct=100 * (median / counted - 1), low80=low80, low50=low50,
        median=median, high50=high50, high80=high80, **simple,
    )  # fmt: skip
    by_age = {g: scored(drawn * np.exp(0.1 * k - 0.2)) for k, g in enumerate(GROUPS)}
    bases = {name: scored(people) for name, people in simple.items()}
    shares = {of: {name: (scored(drawn).all, scored(drawn).cluster) for name in FORECASTS} for of in SETS}
    return Hindcast(
        world="northeast", cluster_name="NE", vintage="census", draws=60,
        own=Forecast("0123456789abcdef", scored(drawn), by_age),
        known=Forecast("fedcba9876543210", scored(middle[None] * 1.03 * np.ones((2, 1))), by_age),
        baselines=bases, baselines_by_age={name: dict.fromkeys(GROUPS, s) for name, s in bases.items()},
        coefficients={g: {"constant": 0.0, "net_moves": -0.3} for g in GROUPS},
        fitted=Fitted(1.4, 0.64, 0.67, (0.0, 0.03), 0.1, 0.3, 0.4, 0.01),
        output=Output(shares, {"constant": 0.0}, "0011223344556677"),
        vintages={"census": scored(drawn), "yearbook": scored(drawn * 1.01)},
        variance={k: Variance(0.07, 0.91, 0.02, 0.08) for k in ("all", "cluster", "cluster_total")},
        jump=Jump(2019, 39, 3.0, 11.5, 4.8, 5.6, -3.4), regions=regions,
    )  # fmt: skip
