r"""The same money in four shapes: cluster, belt, dispersal, single pole.

Each shape names cities and gives them money by their people; all spend the same on the same instrument, paid by the
centre, so that nothing differs but where. Shapes are read off the world's own people and network:

    large        at least ``LARGE`` of the people of the largest city
    cluster      within ``NEAR`` hours of a large city
    belt         on the way between two large ones: the detour over it is at most ``DETOUR``
    dispersal    every city
    single pole  the largest city

The instrument is research, whose return the world's own cards hold: of money ``m_n`` in city n,

    (F1)  log A_nj = k bend(m_n; s VA_n, a) / VA_n     for the sectors that learn from it

with ``VA_n`` their value added, ``k`` the value added that a first billion brings on average over the cluster, ``s``
research over value added, and ``a`` the curvature of the cards. Where a place starts from makes no difference to the
return; so with one trade cost everywhere, no spillovers and little money all shapes bring the same, and with equal
cities at equal distances they are the same whatever the money. What differs is geography, and how much bends at one
place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.dims import PAYERS
from citybelt.model import outcomes
from citybelt.model.economy import Economy

if TYPE_CHECKING:
    from citybelt.engine.solve import Solution
    from citybelt.scenario.levers import Lever

LARGE = 0.5
NEAR = 1.5
DETOUR = 1.05
#: Cities as large as the largest, up to rounding.
SAME = 1 - 1e-9

NAMES = {
    "cluster": ("cluster", "城市群"),
    "belt": ("belt", "发展带"),
    "dispersal": ("dispersal", "分散布局"),
    "single_pole": ("single pole", "单极"),
}


@dataclass(frozen=True)
class Instrument:
    """(F1) What the money buys and brings.

    Attributes:
        gain: k, value added that a first billion a year brings, billions a year.
        intensity: s; exponent: a.
        learns: [J] ones for sectors that learn.
        buys: [J] what the money is spent on, sums to one.
    """

    gain: float
    intensity: float
    exponent: float
    learns: np.ndarray
    buys: np.ndarray


def instrument(economy: Economy, menu: Sequence[Lever]) -> Instrument | None:
    """The instrument of a menu: its research levers taken together; None where it has none."""
    base = np.asarray(economy.base.value_added)
    worth = spent = area = 0.0
    learns = buys = np.zeros(base.shape[1])
    power = 0.0
    for lever in menu:
        if lever.card.kind != "research" or lever.direction.log_A is None:
            continue
        log_A = np.asarray(lever.direction.log_A) * float(lever.size[1])
        own = float(lever.scale)
        here = float((base * (log_A != 0)).sum())
        # What is spent now multiplies what a billion beyond it brings: the return at the cluster's mean intensity.
        worth += own * float((base * log_A).sum()) / float(lever.unit_cost[1])
        spent, area = spent + own * float(lever.unit_cost[1]), area + here
        learns = np.maximum(learns, (log_A != 0).any(axis=0))
        if lever.purchase is not None:
            buys = buys + own * np.asarray(lever.purchase).sum(axis=(0, 1))
        power += own * float(lever.exponent[1])
    if not spent or not buys.sum():
        return None
    scale = sum(float(lever.scale) for lever in menu if lever.card.kind == "research")
    return Instrument(worth / scale, spent / area, power / scale, learns.astype(float), buys / buys.sum())


def weights(people: np.ndarray, hours: np.ndarray, km: np.ndarray) -> dict[str, np.ndarray]:
    """Share of the money that each city gets under each shape; [n] by shape.

    Args:
        people: [n] residents; hours, km: [n, n] between cities by the ways that people travel.
    """
    people = np.asarray(people, float)
    large = people >= LARGE * people.max() * SAME
    near = large | (np.where(large[None, :], hours, np.inf).min(axis=1) <= NEAR)
    way = large.copy()
    for a in np.flatnonzero(large):
        for b in np.flatnonzero(large):
            if a < b:
                way |= km[a] + km[:, b] <= DETOUR * km[a, b]
    chosen = {
        "cluster": near,
        "belt": way,
        "dispersal": np.ones_like(large),
        "single_pole": people >= people.max() * SAME,
    }
    return {shape: people * mask / (people * mask).sum() for shape, mask in chosen.items()}


def spend(economy: Economy, tool: Instrument, money: np.ndarray) -> Solution:
    """(F1) The equilibrium with so much money in each home region [H], billions a year, paid by the centre.

    Raises:
        NotSolvedError: it was not reached.
    """
    base = np.asarray(economy.base.value_added)
    h = len(economy.home)
    area = (base * tool.learns).sum(axis=1)[:h]
    scale = tool.intensity * area
    grown = np.log1p(money / scale)
    if tool.exponent:
        grown = np.expm1(tool.exponent * grown) / tool.exponent
    log_A = np.zeros_like(base)
    log_A[:h] = np.outer(tool.gain * scale * grown / area, tool.learns)
    bought = np.zeros((len(PAYERS), *base.shape))
    bought[PAYERS.index("centre"), :h] = np.outer(money, tool.buys)
    return economy.solve(economy.zeros.replace(log_A=jnp.asarray(log_A), purchase=jnp.asarray(bought)))


def compare(
    economy: Economy, tool: Instrument, budget: float, shares: dict[str, np.ndarray], inside: np.ndarray,
    border: np.ndarray | None = None,
) -> pd.DataFrame:  # fmt: skip
    """One row a shape: what the same budget brings.

    Args:
        budget: billions a year; shares: [H] by shape, as ``weights`` over the home regions of the cluster.
        inside: [H] ones for the cluster.
        border: [H] true for districts at a land border; None where that is not known.

    Returns:
        ``ev`` of the cluster's people and ``ev_nation``, billions a year; ``welfare`` and ``output`` in per cent;
        ``inequality``, the change of the Theil index of real income over the cluster's people in per cent;
        ``people_border``, per cent, NaN where unknown; ``cities`` with money and ``largest_share`` of it.

    Raises:
        NotSolvedError: an equilibrium was not reached.
    """
    b, rows = economy.base, []
    persons = np.asarray(b.people.sum(axis=2)) * inside
    income = np.asarray(b.income_by_origin)
    before = np.asarray(b.people.sum(axis=(0, 1)))
    for shape, share in shares.items():
        s = spend(economy, tool, budget * share)
        gain = np.asarray(s.accounts.log_welfare)
        ev = income * np.expm1(gain)
        whole = outcomes.summary(economy, s, inside)
        after = np.asarray(s.accounts.residents.sum(axis=0))
        people = np.nan
        if border is not None and (border * inside).any():
            people = 100 * float((after * border * inside).sum() / (before * border * inside).sum() - 1)
        change = theil(persons, income * np.exp(gain)) / theil(persons, income) - 1
        rows.append(
            {
                "shape": shape,
                "name_en": NAMES[shape][0],
                "name_zh": NAMES[shape][1],
                "cities": int((share > 0).sum()),
                "largest_share": float(share.max()),
                "budget": budget,
                "ev": float((ev * inside).sum()),
                "ev_nation": float(ev.sum()),
                "welfare": whole["welfare"],
                "output": whole["output"],
                "inequality": 100 * float(change),
                "people_border": people,
            }
        )
    return pd.DataFrame(rows)


def theil(persons: np.ndarray, income: np.ndarray) -> float:
    """Theil's (1967) index of income per head over groups of people."""
    use = persons > 0
    each = income[use] / persons[use]
    mean = (persons[use] * each).sum() / persons[use].sum()
    return float((persons[use] * each / mean * np.log(each / mean)).sum() / persons[use].sum())
