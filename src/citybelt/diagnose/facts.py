"""Reading the long table of facts that the package ships: one quantity at a time, labelled by region."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COUNTRY = "000000"


@dataclass(frozen=True)
class Facts:
    """The facts [quantity, region, item, year, vintage, value, unit, source, grade], the units they are
    about (index: unit), the input-output table [year, origin, row, column, value], and the edges [a, b,
    mode] between units."""

    frame: pd.DataFrame
    units: pd.DataFrame
    io: pd.DataFrame
    edges: pd.DataFrame

    def rows(
        self,
        quantity: str,
        year: int | None = None,
        item: str | None = None,
        vintage: str | None = None,
        region: str | None = None,
    ) -> pd.DataFrame:
        """All facts of a quantity, narrowed by whatever is given."""
        out = self._of(quantity)
        for column, wanted in (("year", year), ("item", item), ("vintage", vintage), ("region", region)):
            if wanted is not None:
                out = out[out[column] == wanted]
        return out

    def series(self, quantity: str, year: int, item: str = "", vintage: str = "") -> pd.Series:
        """Values by region; a region held twice raises ValueError."""
        out = self.rows(quantity, year, item, vintage).set_index("region")["value"].astype(float)
        if out.index.has_duplicates:
            twice = ", ".join(out.index[out.index.duplicated()].unique()[:3])
            raise ValueError(f"{quantity} {item} {year} {vintage}: more than one value for {twice}")
        return out

    def table(self, quantity: str, year: int, vintage: str = "") -> pd.DataFrame:
        """Values [region, item]; missing combinations are NaN."""
        rows = self.rows(quantity, year, vintage=vintage)
        return rows.pivot(index="region", columns="item", values="value").astype(float)

    def value(self, quantity: str, region: str, year: int, item: str = "", vintage: str = "") -> float | None:
        """One value, or None when it is not held."""
        rows = self.rows(quantity, year, item, vintage, region)
        return float(rows["value"].iloc[0]) if len(rows) else None

    def value_added(self, year: int) -> pd.Series:
        """National value added by product of the input-output table, bn CNY of that year."""
        rows = self.io[(self.io["year"] == year) & (self.io["row"] == "TVA") & (self.io["origin"] == "total")]
        out = rows.set_index("column")["value"].astype(float)
        return out[[c for c in out.index if c.isdigit()]]

    def _of(self, quantity: str) -> pd.DataFrame:
        return self._cut.get(quantity, self.frame.iloc[:0])

    @cached_property
    def _cut(self) -> dict[str, pd.DataFrame]:
        """The table cut by quantity, once: a filter over all rows for every look-up would be slow."""
        return {str(q): rows for q, rows in self.frame.groupby("quantity")}


@cache
def shipped() -> Facts:
    """The facts that come with the package."""
    import pandas as pd

    tables = resources.files("citybelt.worlds") / "tables"

    def read(name: str) -> pd.DataFrame:
        with resources.as_file(tables / name) as path:
            return pd.read_parquet(path)

    return Facts(
        read("facts.parquet"),
        read("units.parquet").set_index("unit"),
        read("io.parquet"),
        read("edges.parquet")[["a", "b", "mode"]],
    )
