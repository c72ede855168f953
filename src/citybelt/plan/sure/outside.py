r"""The world outside the planner's power, as scenarios in which a plan must stand.

``outside.csv`` holds one row a scenario: ``what`` happens ``where`` to which ``sectors``, at a ``size`` with its
source. Rows speak of partners, of the rest of the nation and of the border, never of a named country or product, so
that they hold in any world.

    (X1)  productivity   log A = log(1 + size)                     of partners, or of the rest of the nation
    (X2)  cost           log A = -log(1 + size) (1 - t)/va         so that unit cost there rises by log(1 + size)
    (X3)  barrier        log d = log(1 + size)                     across the border both ways, or between partners
    (X4)  carbon         d_tariff = size * emissions per unit of output, of what home sells to partners
    (X5)  response       nu (1 + size)                             how people respond when they choose where to live

``va`` is the share of value added in output and ``t`` the tax on it. ``goods`` are the goods of the world, ``fuels``
the products whose use emits. An outside world joins a problem as a lever that nobody sets: held at one, free of cost.
So everything that a plan is asked about (slopes, securities, prices) holds in that world as it is.

Floors and targets in logs are relative to the base year. In another world they are shifted by what happens there
without a plan: a plan answers for what it does, not for what the world does.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from citybelt.scenario.card import Bend, Card
from citybelt.scenario.direction import Direction
from citybelt.scenario.evidence import Range
from citybelt.scenario.levers import Effects, Lever

if TYPE_CHECKING:
    from citybelt.plan.solved.problem import Problem

_FILE = Path(__file__).parent / "outside.csv"
_ONE = Range(1.0, 1.0, 1.0)
#: Name of the lever that nobody sets.
HELD = "outside world"


@dataclass(frozen=True)
class Outside:
    """A row of outside.csv."""

    id: str
    what: str
    where: str
    sectors: str
    size: float
    source: str
    place: str
    verified: str
    name_en: str
    name_zh: str
    note: str

    def name(self, language: str, currency: str = "") -> str:
        """The scenario in words; ``currency`` is that of a price."""
        price = f"{self.size:g} {currency.split()[-1] if currency else ''}".strip()
        text = self.name_en if language == "en" else self.name_zh
        return text.format(size=f"{100 * abs(self.size):g}", price=price)


@cache
def outsides() -> tuple[Outside, ...]:
    """Every row of outside.csv; the first is the world as it is."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_row(row) for row in csv.DictReader(file))


def _row(row: dict[str, Any]) -> Outside:
    return Outside(**(row | {"size": float(row["size"])}))


def moved(p: Problem, o: Outside, goods: np.ndarray) -> Direction:
    """(X1) to (X4) What an outside scenario changes, every field given so that one compiled program serves all.

    Args:
        goods: [J] one where the product is a good.
    """
    b = p.economy.base
    (n, j), h = b.shape, b.n_home
    goods, home = np.asarray(goods, float), np.arange(n) < h
    cluster = np.zeros(n)
    cluster[:h] = np.asarray(p.frame.cluster)
    fuels = (np.asarray(b.emission) > 0).any(axis=0).astype(float)
    on = {"": np.ones(j), "goods": goods, "fuels": fuels}[o.sectors]
    log_A, pair, tariff = np.zeros((n, j)), np.zeros((n, n)), np.zeros((j, n, n))
    if o.what in ("productivity", "cost"):
        at = {"abroad": ~home, "rest": home & (cluster == 0)}[o.where]
        tax = np.asarray(b.tax_rate)
        per_cost = -(1 - tax) / (1 - tax - np.asarray(b.input_coef).sum(axis=2))
        log_A = np.log1p(o.size) * at[:, None] * on * (per_cost if o.what == "cost" else 1.0)
    elif o.what == "barrier":
        across = home[:, None] != home[None, :]
        between = ~home[:, None] & ~home[None, :] & ~np.eye(n, dtype=bool)
        pair = np.log1p(o.size) * {"border": across, "between": between}[o.where]
    elif o.what == "carbon":
        # Mt per billion is 1e-3 t per unit of money.
        burnt = np.einsum("nkj,nj->nk", np.asarray(b.input_coef), np.asarray(b.emission)) + np.asarray(b.process)
        rate = o.size * 1e-3 * burnt * on * home[:, None]
        tariff = rate.T[:, None, :] * ~home[None, :, None]
    return Direction(
        log_A=jnp.asarray(log_A), d_pair=jnp.asarray(pair)[None], d_mask=jnp.asarray(on)[None],
        tariff_pair=jnp.asarray(tariff), tariff_mask=jnp.eye(j),
    )  # fmt: skip


@cache
def _card() -> Card:
    """The card of the lever that nobody sets; one for all, since compiled programs go by it."""
    none: Mapping = MappingProxyType({})
    return Card(
        id=HELD, kind="placebo", name=HELD, name_zh="外部世界", description="", description_zh="", theme="", unit="",
        unit_zh="", lower=0.0, upper=1.0, payers=none, buys=none, lag_years=0.0, effect="", times=(), full=False,
        cost=none, upkeep="", response=Bend(_ONE, 1.0), charge=Bend(_ONE, 1.0), cap="held", cap_zh="", where=none,
        propositions=(),
    )  # fmt: skip


def _held(p: Problem, o: Outside, goods: np.ndarray) -> Lever:
    one = jnp.ones(3)
    return Lever(
        direction=moved(p, o, goods), purchase=None, service=None, withheld=None, size=one, exponent=one,
        scale=jnp.asarray(1.0), anchor=jnp.asarray(0.0), unit_cost=one, charge=one, charge_scale=jnp.asarray(1.0),
        card=_card(), shape=p.levers[0].shape, design="definition", citation=o.source, cost_citation="",
    )  # fmt: skip


def within(p: Problem, o: Outside, goods: np.ndarray) -> Problem:
    """The problem in an outside world, with bounds as they are; its last lever is the world, at one.

    Args:
        goods: [J] one where the product is a good.
    """
    th = p.economy.theory
    if o.what == "response":
        th = type(th)(**vars(th) | {o.where: getattr(th, o.where) * (1 + o.size)})
    effects = Effects(*(jnp.append(getattr(p.effects, f), 1.0) for f in ("size", "exponent", "unit_cost", "charge")))
    return replace(
        p,
        economy=replace(p.economy, theory=th),
        levers=(*p.levers, _held(p, o, goods)),
        effects=effects,
        closed={name: np.append(row, 0.0) for name, row in p.closed.items()},
        lower=np.append(p.least, 1.0),
    )


def shifted(q: Problem, idle: np.ndarray, before: np.ndarray) -> Problem:
    """The same problem with its bounds shifted by what the world does without a plan.

    Args:
        idle, before: [M] rows of ``q`` where nothing is done, in the outside world and in the base year. What
            levers cost and take is not the world's doing, and bounds on it stay.
    """
    security = () if q.struck is None else tuple(q.struck.names)
    worldly = {r for r in (*q.solved, *security) if r.split(":")[0] != "cost"}
    by = {r: float(idle[q.place[r]] - before[q.place[r]]) if r in worldly else 0.0 for r in {b.row for b in q.bounds}}
    return replace(q, bounds=tuple(replace(b, value=b.value + by[b.row]) for b in q.bounds))
