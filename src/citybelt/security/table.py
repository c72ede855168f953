"""The tables behind the five securities: what is disrupted and by how much, and how people respond within a year.

``disruptions.csv`` holds one row for a family of disruptions. ``what`` is done (see ``kinds``) to the products in
``sectors``, once for ``each`` partner, product, province, city or link that the world's data hold, at a ``size`` with
its source. ``short_run.csv`` holds the elasticities that rule within a year, in the form of the model's own table.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from citybelt.model.accounts import Theory

_FOLDER = Path(__file__).parent

#: The five securities in the order of the article.
SECURITIES = ("food", "energy", "industrial", "ecological", "defence")
#: The ends of the range of an elasticity, and its value.
ENDS = ("low", "value", "high")


@dataclass(frozen=True)
class Family:
    """A row of disruptions.csv. ``size`` is a share; ``each`` the axes that it is repeated over."""

    id: str
    security: str
    what: str
    each: tuple[str, ...]
    sectors: tuple[str, ...]
    size: float
    source: str
    place: str
    verified: str
    name_en: str
    name_zh: str
    note: str


@cache
def families() -> tuple[Family, ...]:
    """Every row of disruptions.csv."""
    with (_FOLDER / "disruptions.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_family(row) for row in csv.DictReader(file))


def _family(row: dict[str, Any]) -> Family:
    lists = {name: tuple(filter(None, row[name].split(";"))) for name in ("each", "sectors")}
    return Family(**(row | lists | {"size": float(row["size"])}))


@cache
def short_run() -> dict[str, dict[str, float]]:
    """Value, low and high of every short-run elasticity, by symbol."""
    with (_FOLDER / "short_run.csv").open(encoding="utf-8", newline="") as file:
        return {row["symbol"]: {end: float(row[end]) for end in ENDS} for row in csv.DictReader(file)}


def short(th: Theory, end: str = "value") -> Theory:
    """Elasticities within a year: those of the table in place of a plan's long-run ones.

    People stay where they live by the closure, so what they would do in the long run no longer matters.

    Args:
        th: long-run elasticities.
        end: ``value``, or ``low`` and ``high`` for the ends of the trade elasticity's range.
    """
    import jax.numpy as jnp

    table = short_run()
    theta, eta = table["theta"][end], table["eta"]["value"]
    return type(th)(**vars(th) | {"theta": jnp.full(th.theta.shape, theta), "eta": jnp.asarray(eta)})
