r"""Self-sufficiency in tonnes, where facts carry it: grain by province, crops and oil of the nation, reserves in days.

    (M1)  grain per head              = harvest / residents
    (M2)  use per head                = (harvest + imports of the nation) / residents of the nation
    (M3)  self-sufficiency            = harvest / (residents x use per head)
    (M4)  reserve days                = 365 x stock / (residents x use per head)

What a province uses is not published: (M3) asks whether it would feed itself at what a person of the nation uses, for
food, feed, seed and industry together. Soybeans and tubers count as grain, as in China's statistics. Everything is of
the base year, under a plan as well. What is not held is given as not held.

No public table holds stocks of grain. A world whose user knows them carries a variable ``grain_stock`` (residence,
million tonnes) in its dataset; reserve days are shown then, and never without it. A variable ``grain_use`` (residence,
million tonnes a year) replaces the nation's use per head in (M3) and (M4).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from citybelt.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.data.dataset import Dataset
    from citybelt.security.kinds import Field

#: ``series(quantity, year, item=item)``: numbers by region.
Series = Callable[..., "pd.Series"]
#: Crops of the nation whose imports are held, with their name in Chinese.
CROPS = {"grain total": ("grain", "粮食"), "maize": ("maize", "玉米"), "wheat": ("wheat", "小麦")}
#: How the code of a province ends.
PROVINCE = "0000"
GRAIN = ("Self-sufficiency in grain", "粮食自给率（按实物量）")
#: Variables that a user's dataset may carry.
STOCK, USE = "grain_stock", "grain_use"


@cache
def imports() -> dict[tuple[str, int], float]:
    """Mt a year, by item and year, of the table physical.csv."""
    with (Path(__file__).parent / "physical.csv").open(encoding="utf-8", newline="") as file:
        return {(row["item"], int(row["year"])): float(row["value"]) for row in csv.DictReader(file)}


def use_per_head(harvest: float, people: float, year: int) -> float:
    """(M2) tonnes of grain a year; NaN where it is not held.

    Args:
        harvest: of the nation, Mt; people: of the nation.
    """
    return 1e6 * (harvest + imports().get(("grain imports", year), np.nan)) / people


def physical(dataset: Dataset, f: Field, series: Series | None = None) -> list[tuple[Any, ...]]:
    """Rows of ``indicators``: security, names, of what in both languages, value, unit.

    Args:
        dataset: the world; its base year and its optional variables.
        f: the world as disruptions see it.
        series: numbers of a quantity by region; the package's tables unless given.
    """
    from citybelt.worlds import NAMES, tables

    year, rows = int(dataset.base_year), []
    home = tables.definition(dataset.name)["home"] if dataset.name in NAMES else ""

    def held(quantity: str, item: str = "") -> Mapping[str, float]:
        try:
            return (series or tables.series)(quantity, year, item=item).to_dict()
        except InputError:
            return {}

    def add(security: str, en: str, zh: str, of: tuple[str, str], value: float, unit: str) -> None:
        rows.append((security, en, zh, *of, value, unit if np.isfinite(value) else "no data"))

    grain, people = held("harvest", "grain total"), held("population")
    nation = float(sum(n for place, n in people.items() if place.endswith(PROVINCE))) or np.nan
    per_head = use_per_head(grain.get(tables.NATION, np.nan), nation, year)
    provinces = list(dict.fromkeys(f.province[f.cluster > 0]))
    made = np.array([grain.get(q, np.nan) for q in provinces])
    heads = np.array([people.get(q, np.nan) for q in provinces])
    own = _self_sufficiency(made, heads, per_head)
    for q, kg, share in zip(provinces, 1e9 * made / heads, own, strict=True):
        add("food", "Grain harvested per head", "人均粮食产量", f.named(q), kg, "kg")
        add("food", *GRAIN, f.named(q), share, "share")
    whole = _self_sufficiency(made.sum(), heads.sum(), per_head)
    add("food", *GRAIN, ("the provinces of the cluster", "城市群所在省份"), float(whole), "share")
    for item, (en, zh) in CROPS.items():
        harvest = held("harvest", item).get(tables.NATION, np.nan)
        share = harvest / (harvest + imports().get((f"{en} imports", year), np.nan))
        add("food", f"Self-sufficiency in {en}", f"{zh}自给率（按实物量）", ("the nation", "全国"), share, "share")
    rows += _reserves(dataset, f, per_head)
    made_oil, used_oil = (
        held("fossil_energy", f"oil_{what}").get(home, np.nan) for what in ("production", "consumption")
    )
    add(
        "energy",
        "Self-sufficiency in oil",
        "石油自给率（按实物量）",
        ("the nation", "全国"),
        made_oil / used_oil,
        "share",
    )
    return rows


def _self_sufficiency(made: Any, heads: Any, per_head: float) -> Any:
    """(M3)"""
    return made * 1e6 / (heads * per_head)


def _reserves(dataset: Dataset, f: Field, per_head: float) -> list[tuple[Any, ...]]:
    """(M4) for a world whose user supplies stocks; nothing else."""
    x = dataset.x
    if STOCK not in x:
        return []
    inside = f.cluster > 0
    heads = np.asarray(f.economy.base.people.sum(axis=(0, 1)))
    use = np.asarray(x[USE].values, float) if USE in x else heads * per_head * 1e-6
    stock = np.asarray(x[STOCK].values, float)
    if stock.shape != heads.shape or use.shape != heads.shape:
        raise ValueError(f"{STOCK} and {USE} need one number for each of the {len(heads)} home regions")
    days = 365.0 * stock[inside].sum() / use[inside].sum()
    unit = "days" if np.isfinite(days) else "no data"
    return [("food", "Grain reserve", "粮食储备", "the cluster", "城市群", float(days), unit)]
