"""Gravity: the prior that a fill starts from, its unidentified parameters, and PPML on observed flows.

A fill needs a prior because flows inside a country are rarely observed. Its parameters come from the
literature, stand in ``fills_frictions.csv`` with range and source, and those that no data here identify (the cost of
a border between provinces, home bias) are drawn, never used as a point alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from citybelt.errors import InputError, Problem
from citybelt.geo.distance import great_circle_km

if TYPE_CHECKING:
    import pandas as pd

    from citybelt.geo.network import Network

#: Distance that a gateway effect is measured against, km: being closer than this is as good as being there.
GATEWAY_KM = 100.0


@dataclass(frozen=True)
class Frictions:
    """Parameters of the gravity prior; meaning, unit, range and source of each in ``fills_frictions.csv``."""

    distance_goods: float
    distance_services: float
    border: float
    home: float
    home_abroad: float
    gateway: float
    customs_noise: float
    split: float
    seed: int = 0


def friction_table() -> pd.DataFrame:
    """The table of friction parameters: low, central, high, unit, kind, source, place and note by name."""
    import pandas as pd

    with (files("citybelt.worlds") / "tables" / "fills_frictions.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, index_col="name", keep_default_na=False)


def central_frictions() -> Frictions:
    """The central value of every friction."""
    return Frictions(**friction_table()["central"].astype(float))


def draw_frictions(n: int, seed: int) -> list[Frictions]:
    """``n`` independent draws: each parameter triangular over its range with the central value as mode."""
    table = friction_table()
    rng = np.random.default_rng(seed)
    low, mode, high = (table[c].to_numpy(float) for c in ("low", "central", "high"))
    draws = rng.triangular(low, mode, high, (n, len(table)))
    return [
        Frictions(**dict(zip(table.index, map(float, row), strict=True)), seed=seed + 1 + k)
        for k, row in enumerate(draws)
    ]


def log_prior_domestic(
    distance: np.ndarray, province: np.ndarray, goods: np.ndarray, frictions: Frictions
) -> np.ndarray:
    """Logarithm of the gravity prior between domestic regions, [J, N, N] (symmetric, without masses).

    ``distance`` [N, N] km with the distance within a region on the diagonal, ``province`` [N] labels, ``goods`` [J].
    """
    fall = np.where(goods, frictions.distance_goods, frictions.distance_services)
    crossing = frictions.border * (province[:, None] != province[None, :]) - frictions.home * np.eye(len(province))
    return -fall[:, None, None] * np.log(distance)[None] - crossing[None]


def gateway_km(network: Network, regions: Sequence[str], country: str) -> np.ndarray:
    """Great circle to the nearest sea port or land crossing of ``country`` by region, [N] km.

    Regions of several places take the mean over places with the network's weights.
    """
    places, weight = network.weights(regions)
    nodes = network.nodes
    gates = nodes[nodes["kind"].isin(["port", "crossing"]) & (nodes["country"] == country)]
    at = nodes.iloc[places]
    km = great_circle_km(
        at["lon"].to_numpy()[:, None], at["lat"].to_numpy()[:, None], gates["lon"].to_numpy(), gates["lat"].to_numpy()
    )
    return weight @ km.min(axis=1)


def ppml(
    flows: pd.DataFrame, regressors: Sequence[str], flow: str = "flow", buyer: str = "buyer", seller: str = "seller"
) -> pd.DataFrame:
    """Estimate gravity on observed flows by Poisson pseudo-maximum likelihood with buyer and seller effects.

    ``flows`` has one row for each pair (zeros included). Returns estimate, standard error (robust to
    heteroskedasticity), p-value and 95 % interval by regressor. For users who hold observed flows: a friction
    estimated on flows that a model filled returns the filler's own parameter.

    Raises `InputError` for missing columns or negative flows, `ImportError` without pyfixest.

    Source: Santos Silva and Tenreyro (2006); fixed effects as in Fally (2015).
    """
    problems = [
        Problem("flows", f"there is no column '{c}'", f"Columns are {', '.join(map(str, flows.columns))}.")
        for c in (flow, buyer, seller, *regressors)
        if c not in flows.columns
    ]
    if not problems and not (flows[flow] >= 0).all():
        row = flows.index[~(flows[flow] >= 0)][0]
        problems.append(Problem(f"flows, row {row}", f"'{flow}' is {flows[flow][row]}", "Flows are zero or more."))
    if problems:
        raise InputError(problems)
    import pyfixest

    fit = pyfixest.fepois(f"{flow} ~ {' + '.join(regressors)} | {buyer} + {seller}", data=flows, vcov="HC1")
    return fit.tidy()
