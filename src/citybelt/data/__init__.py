"""Data of a world: the labelled dataset and its dictionary."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from citybelt.data.dataset import Dataset

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Dataset", "dictionary"]


@cache
def dictionary() -> pd.DataFrame:
    """Every variable of a dataset and every quantity of the facts: kind, name, unit, names in both languages."""
    import pandas as pd

    with (resources.files("citybelt.data") / "dictionary.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False).set_index(["kind", "name"])
