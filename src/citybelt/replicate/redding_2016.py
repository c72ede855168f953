r"""Redding (2016): goods trade and people who move, held against the formulas of that model.

The economy is synthetic: places strewn over a square, productivity ``A``, land ``H`` and amenity ``B`` drawn with a
seed. A share ``alpha`` of income buys goods, the rest land, whose rents the residents have. Goods are made by labour
under constant returns (Eaton and Kortum: ``A^theta`` scales productivity) or increasing returns (Krugman:
``sigma = 1 + theta``, varieties in proportion to people). People are all alike, or have Frechet tastes of elasticity
``eps``; alike is the limit ``1/eps = 0``. World people are one. Constants that no place differs in are left out.

Derived here from spending ``v L = w L / alpha`` (rents come back) and land ``r H = (1-alpha) v L``:

    (R1)  P = w / (A L^a) own^(1/theta)                      a = 0 constant, a = 1/theta increasing returns
    (R2)  V = v / (P^alpha r^(1-alpha)) = (A L^a own^(-1/theta))^alpha (H/L)^(1-alpha)
    (R3)  U = B V L^(-1/eps)                                 from L = (B V)^eps / sum_i (B_i V_i)^eps = (B V / U)^eps
    (R4)  Uhat = ownhat^(-alpha/theta) Lhat^(-k),            k = 1/eps + (1-alpha) - alpha a
    (R5)  L = (q/U)^(1/k),   U = (sum_i q_i^(1/k))^k,        q = B (A own^(-1/theta))^alpha H^(1-alpha)

(R4) is the same in every place though neither own shares nor people change alike; from autarky ``own = 1`` it is
the gain from trade. In autarky (R5) is a closed form, else it gives people from own shares alone. With ``k <= 0``
people would crowd into one place. On a ring of equal places, costs ``exp(tau steps)``,

    (R6)  L = 1/n,   1/own = sum over places of exp(-theta tau steps),   U from (R2, R3)

Between two places let ``x = A1^theta L1^(a theta) w1^-theta / (the same of 2)`` and ``f = d^-theta``. Then
``own1 = x/(x+f)``, ``own2 = 1/(1+xf)``, (R5) gives ``L1/L2``, the definition of ``x`` gives ``w1/w2``, and

    (R7)  w1 L1 (1 - own1) = w2 L2 (1 - own2)                trade balances: one equation in x

Increasing returns are the class with ``agg = 1/(sigma-1)``. That this is Krugman's economy is shown in levels: with
``L / (sigma F)`` varieties priced ``sigma/(sigma-1) w/A``, demand for each must be what breaks even,

    (R8)  A F (sigma-1) = sum_n d p^-sigma d^-sigma P_n^(sigma-1) w_n L_n

and the same people, wages and utility are those of constant returns with productivity ``A L^a`` held fixed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from citybelt.replicate.even import Levels, Places, levels
from citybelt.replicate.result import Figure, by_place

NAME = "redding_2016"
TITLE = (
    "Trade and people who move: Redding (2016) against its own formulas, synthetic economies",
    "贸易与人口流动：Redding（2016）与其自身公式对照，合成经济",
)
FILES: tuple[str, ...] = ()
ORIGIN = ""

SEED, N = 2016, 24
THETA, ALPHA, EPS = 4.0, 0.65, 3.0
#: How many times dearer trade is behind walls; hardly 1e-7 of spending crosses them.
WALL = 100.0
#: Of logarithms and shares. The solver stops at a residual of 1e-10.
EXACT = 1e-9
#: Of a limit that walls come close to.
LIMIT = 1e-6
TAU, FIXED_COST = 0.15, 0.7

VERSIONS = {
    ("constant returns, people alike", "规模报酬不变，人人相同"): (0.0, None),
    ("constant returns, tastes", "规模报酬不变，偏好各异"): (0.0, EPS),
    ("increasing returns, people alike", "规模报酬递增，人人相同"): (1.0 / THETA, None),
    ("increasing returns, tastes", "规模报酬递增，偏好各异"): (1.0 / THETA, EPS),
}


def figures(folder: Path | None = None) -> list[Figure]:
    """Gains from trade, people, a ring, two places and Krugman's varieties, in four versions of the model."""
    found = []
    for title, (agg, nu) in VERSIONS.items():
        economy = synthetic(agg, nu)
        opened, closed = levels(economy), levels(replace(economy, cost=economy.cost * _wall(N)))
        found += _formulas(title, economy, opened, closed)
        found += _ring(title, economy)
        found += _two(title, economy)
        if agg:
            found += _varieties(title, economy, opened)
    return found


def synthetic(agg: float, nu: float | None) -> Places:
    """The economy, the same in all versions."""
    draw = np.random.default_rng(SEED)
    at = draw.uniform(size=(N, 2))
    cost = np.exp(0.8 * np.hypot(*(at[:, None] - at).T))
    A, H, B = draw.lognormal(0, 0.2, N), draw.lognormal(0, 0.4, N), draw.lognormal(0, 0.2, N)
    return Places(cost, A, H, B, THETA, ALPHA, agg, 0.0, nu)


def log_quality(p: Places, own: ArrayLike) -> np.ndarray:
    """log ``q`` of (R5), [N]."""
    goods = np.log(p.A) - np.log(own) / p.theta
    return np.log(p.B) + p.alpha * goods + (1.0 - p.alpha) * np.log(p.H)


def crowding(p: Places) -> float:
    """``k`` of (R4)."""
    tastes = 0.0 if p.nu is None else 1.0 / p.nu
    return tastes + (1.0 - p.alpha) - p.alpha * p.agg


def settled(p: Places, own: ArrayLike) -> tuple[np.ndarray, float]:
    """(R5) log people [N] and log utility, from own shares."""
    k = crowding(p)
    log_q = log_quality(p, own)
    log_U = k * np.log(np.exp(log_q / k).sum())
    return (log_q - log_U) / k, float(log_U)


class Two(NamedTuple):
    """Two places: people, wages and own shares [2], and log utility."""

    people: np.ndarray
    wage: np.ndarray
    own: np.ndarray
    log_welfare: float


def two_places(p: Places) -> Two:
    """(R7) by one scalar root; the two pay each other the same cost."""
    from scipy.optimize import brentq

    f = float(p.cost[0, 1]) ** -p.theta
    A = np.asarray(p.A, float)

    def at(log_x: float) -> tuple[float, Two]:
        x = np.exp(log_x)
        own = np.array([x / (x + f), 1.0 / (1.0 + x * f)])
        log_L, log_U = settled(p, own)
        L = np.exp(log_L)
        pull = (A[0] / A[1] * (L[0] / L[1]) ** p.agg) ** p.theta
        w = np.array([(pull / x) ** (1.0 / p.theta), 1.0])
        w = w / (w @ L)
        bill = w * L * (1.0 - own)
        return float(np.log(bill[0] / bill[1])), Two(L, w, own, log_U)

    return at(brentq(lambda log_x: at(log_x)[0], -30.0, 30.0, xtol=1e-15, rtol=1e-15))[1]


def _wall(n: int) -> np.ndarray:
    return np.where(np.eye(n), 1.0, WALL)


def _formulas(title: tuple[str, str], p: Places, opened: Levels, closed: Levels) -> list[Figure]:
    """(R4, R5) in the synthetic economy."""
    gain = opened.log_welfare - closed.log_welfare
    formula = -p.alpha / p.theta * np.log(opened.own / closed.own) - crowding(p) * np.log(opened.people / closed.people)
    log_L, log_U = settled(p, opened.own)
    log_L0, log_U0 = settled(p, 1.0)
    from_walls = -p.alpha / p.theta * np.log(opened.own) - crowding(p) * (np.log(opened.people) - log_L0)
    of = _named(title, "formulas (R4, R5)", "公式(R4, R5)")
    limit = _named(title, "limit of no trade, to 1e-6", "无贸易的极限，精确到1e-6")
    gains = ("Gain from walls to trade, log, by own share and people", "由隔绝到贸易的收益（对数），按自给份额与人口")
    full = ("Gain from autarky, log, by own share and people", "由自给自足起的收益（对数），按自给份额与人口")
    people = ("People, log, from own shares", "人口（对数），由自给份额得出")
    utility = ("Utility, log, from own shares", "效用（对数），由自给份额得出")
    return [
        *by_place(gains, formula, gain, EXACT, of),
        *by_place(people, log_L, np.log(opened.people), EXACT, of),
        *by_place(utility, log_U, opened.log_welfare, EXACT, of),
        *by_place(full, from_walls, gain, LIMIT, limit),
        *by_place(("People in autarky, log", "自给自足时的人口（对数）"), log_L0, np.log(closed.people), LIMIT, limit),
        *by_place(("Utility in autarky, log", "自给自足时的效用（对数）"), log_U0, closed.log_welfare, LIMIT, limit),
    ]  # fmt: skip


def _ring(title: tuple[str, str], p: Places) -> list[Figure]:
    """(R6)."""
    at = np.arange(N)
    away = np.abs(at[:, None] - at)
    steps = np.minimum(away, N - away)
    ring = Places(np.exp(TAU * steps), theta=p.theta, alpha=p.alpha, agg=p.agg, nu=p.nu)
    step = np.exp(-p.theta * TAU)
    half = N // 2  # N is even: two places at each number of steps, one opposite
    own = 1.0 / (1.0 + 2.0 * step * (1.0 - step ** (half - 1)) / (1.0 - step) + step**half)
    _, log_U = settled(replace(ring, A=np.ones(N), H=np.ones(N), B=np.ones(N)), own)
    found = levels(ring)
    of = _named(title, "ring of equal places (R6)", "相同地点构成的环(R6)")
    return [
        *by_place(("People on the ring, log", "环上的人口（对数）"), -np.log(N), np.log(found.people), EXACT, of),
        *by_place(("Wage on the ring, log", "环上的工资（对数）"), 0.0, np.log(found.wage), EXACT, of),
        *by_place(("Own share on the ring", "环上的自给份额"), own, found.own, EXACT, of),
        *by_place(("Utility on the ring, log", "环上的效用（对数）"), log_U, found.log_welfare, EXACT, of),
    ]  # fmt: skip


def _two(title: tuple[str, str], p: Places) -> list[Figure]:
    """(R7), between two unlike places."""
    cost = np.where(np.eye(2), 1.0, 1.6)
    pair = replace(p, cost=cost, A=np.array([1.3, 0.9]), H=np.array([0.8, 1.5]), B=np.array([1.1, 1.0]))
    root, found = two_places(pair), levels(pair)
    of = _named(title, "two places, scalar root (R7)", "两个地点，一元方程的根(R7)")
    people, wages = (
        ("People of two places, log", "两地的人口（对数）"),
        ("Wages of two places, log", "两地的工资（对数）"),
    )
    return [
        *by_place(people, np.log(root.people), np.log(found.people), EXACT, of),
        *by_place(wages, np.log(root.wage), np.log(found.wage), EXACT, of),
        *by_place(("Own shares of two places", "两地的自给份额"), root.own, found.own, EXACT, of),
        *by_place(("Utility of two places, log", "两地的效用（对数）"), root.log_welfare, found.log_welfare, EXACT, of),
    ]  # fmt: skip


def _varieties(title: tuple[str, str], p: Places, found: Levels) -> list[Figure]:
    """(R8), and constant returns at the productivity that increasing returns end with."""
    sigma, A, w, L = 1.0 + p.theta, np.asarray(p.A), found.wage, found.people
    markup, number = sigma / (sigma - 1.0), L / (sigma * FIXED_COST)
    price = p.cost * markup * w / A
    P = (number * price ** (1.0 - sigma)).sum(axis=1) ** (1.0 / (1.0 - sigma))
    sold = (p.cost * price**-sigma * (P ** (sigma - 1.0) * w * L)[:, None]).sum(axis=0)
    # The price index less the constants that the class leaves out; rent less (1-alpha)/alpha, income less 1/alpha.
    P = P / (markup * (sigma * FIXED_COST) ** (1.0 / (sigma - 1.0)))
    tastes = 0.0 if p.nu is None else 1.0 / p.nu
    log_U = np.log(p.B) + np.log(w) - p.alpha * np.log(P) - (1.0 - p.alpha) * np.log(w * L / p.H) - tastes * np.log(L)
    fixed = levels(replace(p, A=A * L**p.agg, agg=0.0))
    krugman = _named(title, "Krugman's varieties (R8)", "Krugman的产品种类(R8)")
    same = _named(title, "increasing returns against constant", "规模报酬递增与不变对照")
    return [
        *by_place(("Demand for a variety over break-even output", "每种产品的需求与保本产量之比"),
                  1.0, sold / (A * FIXED_COST * (sigma - 1.0)), EXACT, krugman),
        *by_place(("Utility, log, from prices of varieties and of land", "效用（对数），由产品与土地的价格得出"),
                  log_U, found.log_welfare, EXACT, krugman),
        *by_place(("People, log, at productivity held fixed", "人口（对数），生产率固定"),
                  np.log(L), np.log(fixed.people), EXACT, same),
        *by_place(("Wages, log, at productivity held fixed", "工资（对数），生产率固定"),
                  np.log(w), np.log(fixed.wage), EXACT, same),
        *by_place(("Utility, log, at productivity held fixed", "效用（对数），生产率固定"),
                  found.log_welfare, fixed.log_welfare, EXACT, same),
    ]  # fmt: skip


def _named(title: tuple[str, str], english: str, chinese: str) -> tuple[str, str]:
    return f"{title[0]}: {english}", f"{title[1]}：{chinese}"
