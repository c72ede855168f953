"""A world's data: labelled accounts with units, grades and sources, and the tables that judge them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from citybelt.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd
    import xarray

PROVENANCE = ["variable", "region", "item", "value", "unit", "year", "source", "grade"]
DEVIATIONS = ["total", "year", "region", "item", "known", "model", "deviation_pct", "grade", "exempt"]
FILLS = ["variable", "region", "item", "model", "share", "grade", "note"]


@dataclass(frozen=True)
class Dataset:
    """The data of one world. Money in billions of ``currency`` a year at prices of ``base_year``.

    Attributes:
        name: of the world.
        base_year: year of the accounts.
        vintage: which series of GDP they rest on.
        currency: unit of money.
        x: variables over region, sector, product, origin, residence, group; each with attributes ``unit``,
            ``grade`` (A observed, B adjusted, C derived, D imputed by a model), ``long_name`` and
            ``long_name_zh``. Dictionary: ``citybelt.data.dictionary()``.
        provenance: one row per value: variable, region, item, value, unit, year, source (keys of
            ``citybelt.worlds.sources()``, joined by ``;``), grade.
        deviations: every known total beside the model's: total, year, region, item, known, model,
            deviation_pct, grade, exempt (the accounts don't bind to it, the note in docs says why).
        fills: what no table holds: variable, region, item, model that filled it, share of the variable's
            value, grade, note.
        n_draws: number of alternative fills; each has a trade matrix and a matrix of people.
        split: the user's table of value added by sector, '' where the split of every region is imputed.
    """

    name: str
    base_year: int
    vintage: str
    currency: str
    x: xarray.Dataset
    provenance: pd.DataFrame
    deviations: pd.DataFrame
    fills: pd.DataFrame
    n_draws: int = 0
    split: str = ""
    _flows: Callable[[int | None], np.ndarray] = field(default=lambda draw: np.empty(0), repr=False, compare=False)
    _people: Callable[[int], np.ndarray] | None = field(default=None, repr=False, compare=False)
    draw: int | None = None

    def trade(self, draw: int | None = None) -> np.ndarray:
        """Flows [N buyer, N seller, J] at basic prices, billions of ``currency`` a year.

        ``draw`` None is the central fill (or, after `redraw`, that draw), ``0 .. n_draws - 1`` one of the bank.
        Raises ValueError for another number.
        """
        draw = self.draw if draw is None else draw
        if draw is not None and not 0 <= draw < self.n_draws:
            raise ValueError(f"there is no trade matrix {draw}: the bank holds 0 to {self.n_draws - 1}")
        return self._flows(draw)

    def redraw(self, draw: int) -> Dataset:
        """The same world with draw ``0 .. n_draws - 1`` of what is filled.

        Its trade matrix is one of the bank, and output and final demand are recomputed from it. Its people by
        registration and residence (``migrants``) are filled anew under the assumptions of that draw; residents stay
        as counted, ``registered`` follows. A dataset that was given no such fill keeps its people.

        Raises ValueError for another number.
        """
        from citybelt.data.margins import final_demand

        flows = self.trade(draw)
        before = np.stack([self.x[name].values for name in ("consumption", "government", "investment")])
        output, final = final_demand(flows, self.x["tariff"].values, self.x["input_coef"].values, before)
        names = ("consumption", "government", "investment")
        changed = {name: self.x[name].copy(data=final[k]) for k, name in enumerate(names)}
        changed["output"] = self.x["output"].copy(data=output)
        if self._people is not None:
            migrants = self._people(draw)
            changed["migrants"] = self.x["migrants"].copy(data=migrants)
            changed["registered"] = self.x["registered"].copy(data=migrants.sum(axis=1))
        return replace(self, x=self.x.assign(changed), draw=draw)

    def grades(self) -> pd.DataFrame:
        """Grade of output, home regions by sectors: D where a city's observed total is split by a model."""
        cells = self.provenance[self.provenance["variable"] == "output"]
        table = cells.pivot(index="region", columns="item", values="grade")
        return table.loc[self.x["residence"].values, self.x["sector"].values]

    def hinges(
        self,
        sectors: Collection[str],
        regions: Collection[str] | None = None,
        within: Literal["industry", "tier"] = "industry",
    ) -> bool:
        """Whether a conclusion about these sectors together rests on how an observed total is split.

        It does where they are a part, not the whole, of an industry, and value added of that part is of grade D in
        one of the regions.

        Args:
            sectors: ids of sectors, taken together.
            regions: ids of home regions; those of the cluster that the world is about unless given.
            within: ``industry``, of the 20 whose workers a census counts in every city, or ``tier``, of the three
                whose GDP is published.

        Raises:
            InputError: a sector or a region that the world doesn't have.
        """
        table = self.grades()
        if regions is None:
            cluster = self.x["cluster"].values[: len(table)]
            regions = table.index[cluster == self.x.attrs["cluster"]]
        problems = [
            Problem(f"{kind} {name!r}", "the world doesn't have it.")
            for kind, names, known in (("sector", sectors, table.columns), ("region", regions, table.index))
            for name in names
            if name not in known
        ]
        if problems:
            raise InputError(problems)
        chosen = np.isin(self.x["sector"].values, list(sectors))
        whole = self.x[f"sector_{within}"].values
        part = chosen & np.isin(whole, whole[~chosen])
        return bool((table.loc[list(regions)] == "D").to_numpy()[:, part].any())

    def __repr__(self) -> str:
        domestic = int((~self.x["foreign"]).sum())
        return (
            f"<citybelt.Dataset {self.name}, base year {self.base_year}, vintage {self.vintage}: {domestic} regions,"
            f" {self.x.sizes['region'] - domestic} partners, {self.x.sizes['sector']} sectors,"
            f" {self.n_draws} alternative fills{', split of ' + self.split if self.split else ''}>"
        )
