"""What the pages read of a path: places, the years shown, sums over the cluster and the nation, bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.dims import SETS
from citybelt.report.text import Language

if TYPE_CHECKING:
    from citybelt.path.result import Path

#: Year shown between the first and the last.
MIDDLE = 2040
#: Years of age from which people count as old; the table of a path counts them so.
OLD = 65


@dataclass(frozen=True)
class Years:
    """A path as the pages see it. ``regions`` is a table of names by region, ``cities`` are those of the cluster."""

    path: Path
    cluster: str
    regions: pd.DataFrame
    cities: list[str]

    @property
    def years(self) -> np.ndarray:
        return np.asarray(self.path.years)

    @property
    def first(self) -> int:
        return int(self.years[0])

    @property
    def last(self) -> int:
        return int(self.years[-1])

    @property
    def shown(self) -> list[int]:
        """First year, the one between, last year."""
        middle = [MIDDLE] if self.first < MIDDLE < self.last else []
        return [self.first, *middle, self.last]

    @property
    def levers(self) -> bool:
        """Whether the scenario has levers, so that the path without them is another one."""
        return self.path.x is not self.path.without

    def has(self, quantity: str) -> bool:
        return quantity in self.path.x

    def total(self, of: str, quantity: str) -> np.ndarray:
        """[T] a quantity of the path's totals, of the cluster or the nation."""
        return self.path.totals[of][quantity].to_numpy(float)

    def at(self, of: str, quantity: str, year: int) -> float:
        return float(self.path.totals[of].loc[year, quantity])

    def mean(self, of: str, quantity: str, weight: str = "output") -> np.ndarray:
        """[T] mean over places of a logarithm, by what they weigh in the first year."""
        inside = np.asarray(self.path.cluster, bool) if of == "cluster" else np.ones(len(self.path.cluster), bool)
        heavy = self.path.x[weight].values[0, inside]
        return self.path.x[quantity].values[:, inside] @ heavy / heavy.sum()

    def band(self, of: str, quantity: str) -> tuple[np.ndarray, np.ndarray] | None:
        """[T] ends of the 80 % band of a total, where the path has one."""
        band = self.path.band
        if band is None or quantity not in band.totals:
            return None
        low, high = (band.totals[quantity].sel(of=of, end=end).values for end in ("low", "high"))
        return np.asarray(low, float), np.asarray(high, float)

    def pyramid_band(
        self, region: str, year: int
    ) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] | None:
        """Ends of the bands of women and of men [A], where the path has them."""
        band = self.path.band
        if band is None or year not in band.people["year"] or year == self.first:
            return None
        of = band.people.sel(place=region, year=year)
        women, men = ([of.sel(sex=sex, end=end).values for end in ("low", "high")] for sex in ("female", "male"))
        return (women[0], women[1]), (men[0], men[1])

    def moves_band(self, flow: str, year: int) -> tuple[np.ndarray, np.ndarray] | None:
        """[A] ends of the band of persons of the cluster who moved, where the path has one."""
        band = self.path.band
        if band is None or year not in band.flows["year"]:
            return None
        low, high = (band.flows.sel(flow=flow, year=year, end=end).values for end in ("low", "high"))
        return low, high

    @property
    def draws(self) -> int:
        """Draws behind the bands; 0 where there are none."""
        return 0 if self.path.band is None else self.path.band.solved

    def aged(self, of: str, quantity: str) -> np.ndarray:
        """[T] what ages do (``path.aged``), a sum over the places of the cluster or the nation."""
        inside = self.path.aged.sel(region=self.cities) if of == "cluster" else self.path.aged
        return inside[quantity].sum("region").values.astype(float)

    def place(self, quantity: str, year: int) -> pd.Series:
        """A quantity by city of the cluster in a year."""
        values = self.path.x[quantity].sel(year=year, region=self.cities).values
        return pd.Series(np.asarray(values, float), index=self.cities)

    def sums(self, quantity: str) -> pd.Series:
        """A quantity by city, summed over the years after the first."""
        values = self.path.x[quantity].sel(region=self.cities).values[1:]
        return pd.Series(np.nansum(values, axis=0), index=self.cities)

    def largest(self, n: int = 4) -> list[str]:
        """The cities with most people in the first year."""
        return list(self.place("people", self.first).sort_values(ascending=False, kind="stable").index[:n])

    def pyramid(self, region: str, year: int) -> tuple[np.ndarray, np.ndarray]:
        """Women and men [A] of a city, of the "cluster" or the "nation"."""
        people = self.path.people.sel(year=year)
        if region == "cluster":
            people = people.sel(region=self.cities)
        sums = people.sum("region") if region in SETS else people.sel(region=region)
        return sums.sel(sex="female").values, sums.sel(sex="male").values

    def moves(self, flow: str, year: int) -> np.ndarray:
        """[A] persons of the cluster who moved."""
        flows = self.path.flows
        assert flows is not None
        return flows.sel(flow=flow, year=year, region=self.cities).sum("region").values

    def name(self, L: Language, region: str) -> str:
        """A city, the cluster or the nation."""
        if region in SETS:
            return L.word("cluster", self.cluster if region == "cluster" else "000000")
        return str(self.regions.loc[region, f"name_{L.code}"])


def seen(path: Path) -> Years:
    """The path with its names."""
    from citybelt.worlds import tables

    names = {k: path.x[k].values.astype(str) for k in ("name_en", "name_zh")}
    codes = [str(r) for r in path.x["region"].values]
    regions = pd.DataFrame(names, index=pd.Index(codes, name="region"))
    cities = [code for code, inside in zip(codes, path.cluster, strict=True) if inside]
    return Years(path, str(tables.definition(path.world)["cluster"]), regions, cities)


def peak(years: np.ndarray, values: np.ndarray) -> int | None:
    """The year of the largest value, where that is neither the first nor the last."""
    at = int(np.argmax(values))
    return int(years[at]) if 0 < at < len(values) - 1 else None


def growth(values: np.ndarray) -> float:
    """Per cent a year from first to last."""
    return 100.0 * ((values[-1] / values[0]) ** (1.0 / (len(values) - 1)) - 1.0)
