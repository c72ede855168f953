"""What the diagnosis knows of every city of the country, gathered from the facts on one set of boundaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pandas as pd

from .facts import COUNTRY, Facts
from .gap import Accounts

TIERS = ("primary", "secondary", "tertiary")
CITY_LEVELS = ("prefecture", "municipality", "county_directly_administered")
#: A city's people at the first census are restated when new boundaries change them by more than this share.
BOUNDARY = 0.002
#: The restated table leaves out some special zones; it is used where it meets the second census this closely.
AGREES = 0.005


@dataclass(frozen=True)
class Cities:
    """City-level facts of a country; R cities, in the order of ``units``.

    ``units`` holds name_en, name_zh, province, cluster by city. People are [R, 2 sexes, 18 ages] persons, at
    both censuses on the boundaries of the second; ``boundary`` [R] is the restatement (1: unchanged).
    ``employed`` [R, industry] persons of the census long form times ten; ``gdp`` [R, 3 tiers] bn CNY.
    NaN marks what is not held.
    """

    facts: Facts
    focus: str
    years: tuple[int, int]
    units: pd.DataFrame
    first: np.ndarray
    second: np.ndarray
    boundary: np.ndarray
    employed: pd.DataFrame
    gdp: pd.DataFrame
    wage: pd.Series
    urban: pd.Series

    @property
    def residents(self) -> np.ndarray:
        """Residents at the second census, [R] persons."""
        return self.second.sum(axis=(1, 2))

    @property
    def working_age(self) -> np.ndarray:
        """Residents of 15 to 59 at the second census, [R] persons."""
        return self.second[:, :, 3:12].sum(axis=(1, 2))

    def member(self, label: str) -> np.ndarray:
        """[R] bool: cities of a cluster, of a province, or (label 000000) of the country."""
        if label == COUNTRY:
            return np.ones(len(self.units), bool)
        return np.asarray((self.units["cluster"] == label) | (self.units["province"] == label))

    @property
    def clusters(self) -> list[str]:
        """The cluster that the diagnosis is about, then the ones it is held against."""
        others = [c for c in self.units["cluster"].unique() if c and c != self.focus]
        return [self.focus, *sorted(others)]

    def whole_provinces(self, label: str) -> list[str]:
        """Provinces all of whose cities belong to a cluster; facts by province speak of these only."""
        inside = self.member(label)
        provinces = self.units.groupby("province").indices
        return sorted(str(p) for p, members in provinces.items() if inside[members].all())

    def is_whole(self, label: str) -> bool:
        """Whether a cluster is made up of whole provinces."""
        whole = self.units["province"].isin(self.whole_provinces(label)).to_numpy()
        return bool(whole[self.member(label)].all())

    @property
    def provinces(self) -> list[str]:
        """Whole provinces of the cluster that the diagnosis is about."""
        return self.whole_provinces(self.focus)

    @property
    def groups(self) -> list[str]:
        """Clusters, provinces of the focus, country."""
        return [*self.clusters, *self.provinces, COUNTRY]

    def by_group(self, summary: Callable[[np.ndarray], dict], cities: bool = True) -> pd.DataFrame:
        """``summary(mask)`` for each city of the focus (if asked for) and each group, as rows."""
        rows = {}
        if cities:
            for i in np.flatnonzero(self.member(self.focus)):
                rows[self.units.index[i]] = summary(np.arange(len(self.units)) == i)
        rows |= {g: summary(self.member(g)) for g in self.groups}
        return pd.DataFrame(rows).T.infer_objects().rename_axis("region").reset_index()

    def accounts(self, mask: np.ndarray, gdp: pd.DataFrame | None = None) -> Accounts:
        """Residents, working age, workers and output by tier of the cities in ``mask`` that hold them all."""
        output = (self.gdp if gdp is None else gdp).to_numpy()
        workers = by_tier(self.employed).to_numpy()
        use = mask & np.isfinite(output).all(axis=1) & (workers.sum(axis=1) > 0)
        if not use.any():
            raise ValueError("no city of the group has both output and workers")
        return Accounts(
            float(self.residents[use].sum()),
            float(self.working_age[use].sum()),
            workers[use].sum(axis=0),
            output[use].sum(axis=0),
        )


def sectors() -> pd.DataFrame:
    """The produced sectors with their tier and their codes in the 42-sector table and the census."""
    path = resources.files("citybelt.worlds") / "sectors.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str)


def by_tier(employed: pd.DataFrame) -> pd.DataFrame:
    """Workers by industry summed to the three tiers; [R, 3]."""
    tier = {code: row["tier"] for _, row in sectors().iterrows() for code in str(row["industries20"]).split(";")}
    # Industries of no sector (international bodies) have no output in the accounts.
    known = [c for c in employed.columns if c in tier]
    sums = employed[known].T.groupby([tier[c] for c in known]).sum().T
    return sums[list(TIERS)]


def people_by_age(facts: Facts, year: int) -> tuple[pd.Index, np.ndarray]:
    """Cities and persons [R, 2 sexes (male, female), 18 ages] of one census."""
    table = facts.table("population_age_sex", year)
    groups = {c: (c[0], min(int(c[2:].split("-")[0].rstrip("+")) // 5, 17)) for c in table.columns}
    out = np.zeros((len(table), 2, 18))
    for column, (sex, age) in groups.items():
        out[:, "MF".index(sex), age] += table[column].fillna(0).to_numpy()
    return table.index, out


def city_gdp(facts: Facts, year: int, units: pd.DataFrame, residents: pd.Series) -> pd.DataFrame:
    """Output by tier [R, 3] in bn CNY; where all cities of a province report, they are brought to the total
    that the province's account states for the year (if one is held), since cities count differently."""
    out = facts.table("gdp", year, "city").reindex(units.index)[list(TIERS)]
    stated = facts.rows("gdp", year, "")
    stated = stated[stated["vintage"].str.startswith("yearbook")].set_index("region")["value"]
    for province, members in units.groupby("province").groups.items():
        held = out.loc[members].notna().all(axis=1)
        covered = residents[members][held].sum() / residents[members].sum()
        if province in stated.index and covered > 0.999:
            out.loc[members] *= stated[province] / out.loc[members].to_numpy()[held].sum()
    return out


def boundary_factor(facts: Facts, years: tuple[int, int], units: pd.Index, counted: np.ndarray) -> np.ndarray:
    """People of the first census on the boundaries of the second over those counted, [R]; 1 if unchanged.

    ``counted`` [R, 2] persons at both censuses as counted.
    """
    then = facts.series("population_comparable", years[0]).reindex(units).to_numpy()
    now = facts.series("population_comparable", years[1]).reindex(units).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        factor, same = then / counted[:, 0], np.abs(now / counted[:, 1] - 1) < AGREES
    return np.where(same & (np.abs(factor - 1) > BOUNDARY), factor, 1.0)


def gather(facts: Facts, focus: str, clusters: pd.Series | None = None, base_year: int = 2020) -> Cities:
    """Bring the facts of all cities held at both censuses together.

    ``clusters`` (label by unit) overrides the labels of the units table, so a world that widens its cluster
    is diagnosed as wide as it is.
    """
    counted_in = facts.rows("population_age_sex")["year"]
    years = (int(counted_in.min()), int(counted_in.max()))
    units = facts.units[facts.units["level"].isin(CITY_LEVELS)].copy()
    units["cluster"] = units["cluster"].fillna("").astype(object)
    if clusters is not None:
        known = clusters[clusters.index.isin(units.index)]
        units.loc[known.index, "cluster"] = known.to_numpy()
    before, first = people_by_age(facts, years[0])
    after, second = people_by_age(facts, years[1])
    both = [u for u in units.index if u in before and u in after]
    units = units.loc[both]
    first, second = first[before.get_indexer(both)], second[after.get_indexer(both)]
    counted = np.stack([first.sum((1, 2)), second.sum((1, 2))], axis=1)
    factor = boundary_factor(facts, years, units.index, counted)
    residents = pd.Series(counted[:, 1], index=units.index)
    employed = 10 * facts.table("employed_sample", years[1]).reindex(units.index).fillna(0.0)
    return Cities(
        facts=facts,
        focus=focus,
        years=years,
        units=units[["name_en", "name_zh", "province", "cluster"]],
        first=first * factor[:, None, None],
        second=second,
        boundary=factor,
        employed=employed,
        gdp=city_gdp(facts, base_year, units, residents),
        wage=facts.series("wage", base_year).reindex(units.index),
        urban=facts.series("population_urban", years[1]).reindex(units.index),
    )
