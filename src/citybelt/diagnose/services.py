"""Producer services under two definitions that writers mix: a narrow one, and one with trade and real estate.

Which industry belongs to which is a table (``tables/services.csv``), in the codes of the census of people and of
the 42-sector input-output table.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

DEFINITIONS = ("narrow", "broad")


@cache
def industries() -> pd.DataFrame:
    """One row for each producer service: ``industry`` (census code), ``io42`` codes, names, which definition."""
    import pandas as pd

    path = resources.files("citybelt.diagnose") / "tables" / "services.csv"
    with path.open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str)


def members(definition: str, scheme: str) -> list[str]:
    """Codes of one definition in the scheme ``industry`` (census letters) or ``io42``."""
    table = industries()
    rows = table[table["definition"].isin(["narrow"] if definition == "narrow" else list(DEFINITIONS))]
    return [code for cell in rows[scheme] for code in cell.split(";")]


def service_share(values: pd.Series, definition: str, scheme: str) -> float:
    """Share in percent of the definition's industries in the sum of ``values`` (index: codes of the scheme)."""
    codes = members(definition, scheme)
    missing = sorted(set(codes) - set(values.index))
    if missing:
        raise ValueError(f"values lack the industries {', '.join(missing)}")
    return float(100 * values[codes].sum() / values.sum())


def input_weighted_share(io: pd.DataFrame, year: int) -> float:
    """Value added of services weighted by the share of each one's output used as an input, percent of all.

    A definition that needs no list of industries: a service counts as far as producers buy it. ``io`` is the
    table [year, origin, row, column, value] with uses TIU and output GO.
    """
    import pandas as pd

    from .cities import sectors

    table = io[io["year"] == year]
    home = table[table["origin"] == "domestic"].pivot(index="row", columns="column", values="value")
    value = table[(table["row"] == "TVA") & (table["origin"] == "total")].set_index("column")["value"]
    products = [c for c in home.index if c.isdigit()]
    tier = {c: r["tier"] for _, r in sectors().iterrows() for c in str(r["io42"]).split(";")}
    tertiary = [c for c in products if tier[c] == "tertiary"]
    used = (home["TIU"] / home["GO"]).astype(float)
    weighted = pd.Series({c: used[c] * value[c] for c in tertiary})
    return float(100 * weighted.sum() / value[products].sum())
