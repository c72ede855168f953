"""What the report reads: the few attributes and table columns of the objects it is given, checked once.

The report computes no economics. It reads tables (pandas) from a dataset, a diagnosis, the claims ledger, runs, a
plan and the coverage of propositions, and says which column is missing where one is. Percent are percent points,
money is bn CNY a year, people are persons; ``low`` and ``high`` are the ends of the 80 % band.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from citybelt.errors import InputError, Problem

#: Columns that must be there, by object and table. Tables not listed are optional, and so are other columns.
REQUIRED: dict[tuple[str, str], tuple[str, ...]] = {
    ("diagnosis", "gap"): ("factor", "contribution"),
    ("diagnosis", "people"): ("region", "year_from", "year_to", "start", "end", "change", "natural", "migration"),
    ("diagnosis", "income"): ("region", "gdp_per_head", "relative"),
    ("diagnosis", "similarity"): ("level", "cluster", "mean"),
    ("diagnosis", "repeats"): ("industry", "cities", "share"),
    ("diagnosis", "industries"): ("region", "industry", "share", "lq", "role"),
    ("diagnosis", "trade"): ("region", "year", "definition", "dependence"),
    ("diagnosis", "services"): ("region", "definition", "share"),
    ("diagnosis", "hierarchy"): ("cluster", "first", "primacy2", "zeta", "se", "n"),
    ("plan", "levers"): ("name", "status", "value", "cost", "payer", "share_of_draws", "marginal_gain"),
    ("plan", "by_region"): ("region", "welfare", "people", "output"),
    ("plan", "shadow_prices"): ("name", "value"),
}
LEDGER = ("claim", "proposition", "stated", "unit", "computed", "vintage", "verdict", "alone")
COVERAGE = ("proposition", "state")


class Cities(Protocol):
    """What names and maps of cities need: a table of names by region, and which of them are the cluster's cities."""

    @property
    def regions(self) -> pd.DataFrame: ...

    @property
    def cities(self) -> list[str]: ...


@dataclass(frozen=True)
class Inputs:
    """Everything the pages read. Tables are pandas frames; ``cities`` are the regions of the planned cluster."""

    dataset: Any
    diagnosis: Any
    plan: Any
    runs: tuple[Any, ...]
    ledger: pd.DataFrame
    coverage: pd.DataFrame
    regions: pd.DataFrame  # index region: name_en, name_zh, cluster, province, lon, lat, foreign
    cities: list[str]
    cluster: str

    def table(self, owner: str, name: str) -> pd.DataFrame:
        """The table ``name`` of ``dataset``, ``diagnosis`` or ``plan``; empty where there is none."""
        return frame(getattr(getattr(self, owner), name, None))

    def facts(self, name: str) -> pd.Series:
        """A variable of the dataset over domestic regions (NaN where missing), summed over its other dimension."""
        data = self.dataset.x
        if name not in data:
            return pd.Series(float("nan"), index=self.regions.index)
        values = data[name]
        first = values.dims[0]
        if values.ndim > 1:
            values = values.sum(values.dims[1], min_count=1)
        return pd.Series(values.values, index=[str(r) for r in data[first].values])


def frame(table: Any) -> pd.DataFrame:
    """Any table-like object (frame, list of records, mapping of columns, None) as a frame."""
    if table is None:
        return pd.DataFrame()
    if isinstance(table, pd.DataFrame):
        return table.reset_index() if any(table.index.names) else table
    return pd.DataFrame(table)


def band(owner: Any, key: str) -> tuple[float, float]:
    """The band of an outcome of a run or plan: (low, high), NaN where there is none."""
    bands = getattr(owner, "band", None) or {}
    low_high = bands.get(key) if isinstance(bands, Mapping) else None
    if low_high is None or len(low_high) != 2:
        return float("nan"), float("nan")
    return float(low_high[0]), float(low_high[1])


def gather(dataset: Any, diagnosis: Any, ledger: Any, runs: Sequence[Any], plan: Any, coverage: Any) -> Inputs:
    """Check what the report was given and put it together.

    Raises ``InputError`` naming every table and column that is missing and every result of another world, all at
    once.
    """
    owners = {"diagnosis": diagnosis, "plan": plan}
    problems = [p for name, owner in owners.items() for p in _foreign(dataset, name, owner)]
    problems += [p for run in runs for p in _foreign(dataset, "run", run, ("world",))]
    for (owner, name), columns in REQUIRED.items():
        table = frame(getattr(owners[owner], name, None))
        lacking = [c for c in columns if c not in table.columns]
        if lacking:
            problems.append(_lacks(f"{owner}.{name}", lacking))
        elif owner == "plan" and name != "shadow_prices" and table.empty:
            problems.append(Problem(f"report: plan.{name}", "has no rows.", "Give the report this table in full."))
    claims = frame(getattr(ledger, "claims", ledger))
    notes = frame(getattr(ledger, "summary", None))
    if {"claim", "note_en", "note_zh"} <= set(notes.columns) and "claim" in claims:
        claims = claims.merge(notes[["claim", "note_en", "note_zh"]], on="claim", how="left")
    covered = frame(getattr(coverage, "table", coverage))
    for label, table, columns in (("ledger", claims, LEDGER), ("coverage", covered, COVERAGE)):
        lacking = [c for c in columns if c not in table.columns]
        if lacking:
            problems.append(_lacks(label, lacking))
    if problems:
        raise InputError(problems)
    regions = region_table(dataset)
    planned = set(frame(plan.by_region)["region"].astype(str))
    own = regions[~regions["foreign"] & (regions["cluster"] != "") & regions.index.isin(planned)]
    cluster = getattr(plan, "cluster", None) or ("NE" if (own["cluster"] == "NE").any() else "")
    cities = list(own.index[own["cluster"] == cluster]) if cluster else list(own.index)
    return Inputs(dataset, diagnosis, plan, tuple(runs), claims, covered, regions, cities, cluster)


def _foreign(dataset: Any, label: str, owner: Any, traits: Sequence[str] = ("world", "vintage")) -> list[Problem]:
    """What a result says of its world and data, where that isn't what the dataset says (a run may have its own GDP)."""
    own = {"world": dataset.name, "vintage": dataset.vintage}
    return [
        Problem(
            f"report: {label}.{trait}",
            f"is {value!r}, the dataset's is {own[trait]!r}.",
            f"Make the {label} from the dataset that you report on.",
        )
        for trait in traits
        if isinstance(value := getattr(owner, trait, None), str) and value != own[trait]
    ]


def _lacks(where: str, columns: list[str]) -> Problem:
    return Problem(f"report: {where}", f"has no column {', '.join(columns)}.", "Give the report this table in full.")


def region_table(dataset: Any) -> pd.DataFrame:
    """The region coordinates of a dataset as a table indexed by region id."""
    data = dataset.x
    index = [str(r) for r in data["region"].values]
    columns = {}
    for name, missing in (
        ("name_en", ""), ("name_zh", ""), ("cluster", ""), ("province", ""), ("foreign", False),
        ("lon", float("nan")), ("lat", float("nan")),
    ):  # fmt: skip
        if name not in data.coords and name not in data:
            columns[name] = pd.Series(missing, index=index)
            continue
        values = pd.Series(data[name].values, index=[str(r) for r in data[data[name].dims[0]].values])
        columns[name] = values.reindex(index).fillna(missing)
    table = pd.DataFrame(columns, index=index)
    table.index.name = "region"
    for name in ("name_en", "name_zh"):
        table[name] = table[name].where(table[name] != "", table.index)
    return table
