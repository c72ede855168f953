"""The census of 2020: opened to score forecasts, and outside the cluster to learn levels from; never to make a forecast
of 2010."""

from __future__ import annotations

import numpy as np

from citybelt.hindcast.known import BANDS, SEXES
from citybelt.worlds import tables
from citybelt.worlds.places import Places

YEAR = 2020
#: Groups of age that are scored, by five-year class.
GROUPS = {
    "0-14": range(0, 3),
    "15-29": range(3, 6),
    "30-44": range(6, 9),
    "45-59": range(9, 12),
    "60-74": range(12, 15),
    "75+": range(15, 21),
}


def counted(places: Places) -> np.ndarray:
    """People of 2020 by place and group of age [R, G] within the boundaries that those of 2010 were restated to.

    NaN where a place or one of its units isn't held in both.
    """
    total = places.add(tables.series("population_comparable", YEAR).to_frame("value"))["value"].to_numpy()
    before = places.add(tables.series("population_comparable", 2010).to_frame("value"))["value"].to_numpy()
    ages = tables.wide("population_age_sex", YEAR)
    bands = {
        name: [f"{s}:{b}" for s in SEXES for b in BANDS if _lower(b) // 5 in classes]
        for name, classes in GROUPS.items()
    }
    sums = ages.assign(**{name: ages[items].sum(axis=1) for name, items in bands.items()})[list(GROUPS)]
    by_age = places.add(sums).to_numpy()
    by_age = by_age * (total / by_age.sum(axis=1))[:, None]
    return np.where(np.isfinite(before)[:, None], by_age, np.nan)


def _lower(band: str) -> int:
    return int(band.split("-")[0].rstrip("+"))
