"""What a plan says: levers, prices, regions, alternatives and closures, each as one table."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
import pandas as pd

from citybelt.dims import PAYERS
from citybelt.errors import NotSolvedError
from citybelt.model import outcomes
from citybelt.plan.solved.optimise import Optimum, Point, equilibrium, maximise
from citybelt.plan.solved.problem import Problem
from citybelt.plan.solved.spending import outlays, spent
from citybelt.plan.sure.draws import USED, Draws
from citybelt.plan.told.sorts import sort_of
from citybelt.scenario.sampling import band

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.engine.solve import Solution
    from citybelt.result import Progress
    from citybelt.scenario.card import Card

#: Spent more on one lever to see which city it serves: a hundred million.
SLICE = 0.1


def totals(p: Problem, x: Point) -> tuple[float, float]:
    """Log change of welfare in per cent, of the cluster and of the nation."""
    cluster, nation = _welfare(p, x.solution)
    return float(cluster), float(nation)


def bands(sure: Draws | None) -> dict[str, tuple[float, float]]:
    """The 80 % bands of welfare (per cent) and equivalent variation (billions), of cluster and nation, by name."""
    if sure is None:
        return {}
    welfare, ev = band(100 * sure.totals), band(sure.outcomes[:, :2])
    names = ("welfare_change", "welfare_change_nation")
    out = {name: (float(welfare[0, k]), float(welfare[1, k])) for k, name in enumerate(names)}
    return out | {name: (float(ev[0, k]), float(ev[1, k])) for k, name in enumerate(("ev", "ev_nation"))}


def _bills(p: Problem, x: Point) -> np.ndarray:
    """What each payer spends at each home region, billions at the plan's prices [5, H]."""
    return np.asarray(x.solution.accounts.bill)[:, : len(p.economy.home)]


def budget(p: Problem, x: Point, share: float) -> dict:
    """Billions a year: what may be spent, what is, by whom, and how much of it the cluster's own people pay.

    ``by_payer`` is at the plan's prices, but for what governments hand to each other; the people pay bills alone.
    """
    from citybelt.scenario.money import RATE

    return {
        "total": p.budget,
        "share_of_gdp": 100 * share,
        "rate": RATE,
        "years": max(life for lever in p.levers for life in lever.card.cost.values()),
        "spent": float(x.row("cost")),
        "by_payer": dict(zip(PAYERS, (_bills(p, x).sum(axis=1) + outlays(p, x.values)).tolist(), strict=True)),
        "paid_by_cluster": float(np.asarray(x.solution.accounts.levy)[: len(p.economy.home)] @ p.frame.cluster),
    }


def lagrangian(p: Problem, best: Optimum) -> np.ndarray:
    """[L] what a unit more of each lever brings to the goal, less what the bounds that it uses are worth."""
    x = best.point
    gain = sum(w * sign * x.slopes[k] for (k, sign), w in zip(p.wanted, best.weights.values(), strict=True))
    return gain + sum(b.sign * best.prices[b.row] * x.slope(b.row) for b in p.bounds if best.prices[b.row] > 0)


def levers(
    p: Problem, best: Optimum, fixed: np.ndarray, sure: Draws | None, alone: list[dict], dataset: Dataset
) -> pd.DataFrame:
    """One row a lever, in the order: chosen by cost, left out by what it would bring, then the ifs."""
    x = best.point
    paid = spent(p, x.values, x.solution.accounts)
    priced = lagrangian(p, best)
    own = np.asarray(np.ones_like(p.frame.cluster) if "ev:nation" in p.goal else p.frame.cluster)
    income = float(np.asarray(p.economy.base.income_by_origin).sum(axis=0) @ own)
    ends = 100 * band(sure.parts) / income if sure is not None else np.full((2, len(p.levers)), np.nan)
    shares = sure.share_used if sure is not None else np.full(len(p.levers), np.nan)
    rows = []
    for k, lever in enumerate(p.levers):
        card = lever.card
        used = x.values[k] > USED * card.upper
        # What is built whole is held at its place, so it counts as fixed too, and so does what was excluded.
        status = "chosen" if used else "if" if fixed[k] and lever.conditional else "left_out"
        per_yuan = x.slopes[:2, k] / x.slope("cost")[k]
        payers = {name: share for name, share in card.payers.items() if share > 0}
        rows.append(
            {
                "name": lever.id,
                "name_en": card.name,
                "name_zh": card.name_zh,
                "description_en": card.description,
                "description_zh": card.description_zh,
                "theme": card.theme,
                "kind": sort_of(card),
                "status": status,
                "value": float(x.values[k]) if used else 0.0,
                "upper": card.upper,
                "unit": card.unit,
                "unit_en": card.unit,
                "unit_zh": card.unit_zh,
                "cost": float(paid[k]) if used else 0.0,
                "payer": ", ".join(f"{name} {100 * share:.0f} %" for name, share in payers.items()),
                "payers": payers,
                "lag_years": card.lag_years,
                "share_of_draws": float(shares[k]) if sure is not None and not fixed[k] else np.nan,
                "marginal_gain": 100 * float(per_yuan[0]),
                "marginal_gain_nation": 100 * float(per_yuan[1]),
                "net_of_prices": 100 * float(priced[k] / x.slope("cost")[k]),
                **alone[k],
                "low": ends[0, k] if used else np.nan,
                "high": ends[1, k] if used else np.nan,
                "hinges_on_split": _hinges(lever.card, dataset),
                "design": lever.design,
                "source": lever.citation,
                "cost_source": lever.cost_citation,
                **dict(
                    zip(
                        ("reason_en", "reason_zh"),
                        _reason(p, k, status, per_yuan, alone[k], bool(fixed[k])),
                        strict=True,
                    )
                ),
            }
        )
    table = pd.DataFrame(rows)
    order = table["status"].map({"chosen": 0, "left_out": 1, "if": 2})
    rank = np.where(order == 0, -table["cost"], -table["marginal_gain"])
    return table.iloc[np.lexsort((rank, order))].reset_index(drop=True)


def _hinges(card: Card, dataset: Dataset) -> bool:
    """Whether what a lever does rests on an imputed split of a city's industry into sectors."""
    sectors = card.where.get("spenders") or card.where.get("sectors") or (["metal"] if card.kind == "carbon" else [])
    return bool(sectors) and bool(dataset.hinges(list(sectors)))


def _reason(p: Problem, k: int, status: str, per_yuan: np.ndarray, alone: dict, fixed: bool) -> tuple[str, str]:
    """Why a lever is where it is, and what its numbers leave out, in both languages."""
    lever = p.levers[k]
    own = 100 * per_yuan[int("ev:nation" in p.goal)]
    caveat = (lever.card.text("caveat"), lever.card.text("caveat", "zh"))
    if status == "if":
        why = (lever.reason(), lever.reason("zh"))
    elif status == "chosen":
        why = ("", "")
    elif fixed:
        why = ("excluded, or not worth building as a whole", "已被排除，或整体建设不合算")
    elif lever.card.kind == "placebo":
        why = ("does nothing, and costs", "无作用，只有成本")
    elif lever.card.kind == "carbon":
        abated = -alone["co2_change"]
        per_tonne = [-1e3 * alone[name] / abated for name in ("ev_alone", "ev_alone_nation")]
        why = (
            f"costs the cluster {per_tonne[0]:.0f} and the nation {per_tonne[1]:.0f} yuan per tonne of CO2 avoided",
            f"每减排1吨二氧化碳，城市群损失{per_tonne[0]:.0f}元，全国损失{per_tonne[1]:.0f}元",
        )
    elif own < 0:
        why = (f"loses {-own:.0f} million for every 100 million spent", f"每投入1亿元净损失{-own / 100:.2f}亿元")
    else:
        why = (
            f"brings {own:.0f} million per 100 million, less than what the budget or a floor asks",
            f"每投入1亿元净收益{own / 100:.2f}亿元，低于预算或底线的影子价格",
        )
    return "; ".join(filter(None, (why[0], caveat[0]))), "；".join(filter(None, (why[1], caveat[1])))


def alone(p: Problem, x: Point, tell: Progress) -> list[dict]:
    """Each lever alone (an "if" at its upper bound), and what the plan loses without it; per cent of welfare."""
    rows = []
    whole = _welfare(p, x.solution)
    cluster = np.asarray(p.frame.cluster)
    base = p.economy.base
    co2 = np.asarray((base.emission * base.spending + base.process * base.output).sum(axis=1))[: cluster.size] @ cluster
    for k, lever in enumerate(p.levers):
        tell("levers", k, len(p.levers))
        used = x.values[k] > USED * lever.card.upper
        mix = np.zeros(len(p.levers))
        mix[k] = x.values[k] if used else lever.card.upper
        solution = equilibrium(p, mix)
        emitted = outcomes.emissions(base, solution.accounts)
        own = _welfare(p, solution)
        gain = np.asarray(base.income_by_origin * jnp.expm1(solution.accounts.log_welfare)).sum(axis=0)
        rest = np.where(np.arange(len(mix)) == k, 0.0, x.values)
        last = whole - _welfare(p, equilibrium(p, rest)) if used else np.zeros(2)
        rows.append(
            {
                "alone": own[0],
                "alone_nation": own[1],
                "ev_alone": float(gain @ cluster),
                "ev_alone_nation": float(gain.sum()),
                "co2_change": float(np.asarray(emitted)[: cluster.size] @ cluster - co2),
                "alone_value": mix[k],
                "alone_cost": float(spent(p, mix, solution.accounts)[k]),
                "contribution": (own[0] + last[0]) / 2 if used else np.nan,
                "contribution_nation": (own[1] + last[1]) / 2 if used else np.nan,
            }
        )
    return rows


def _welfare(p: Problem, s: Solution) -> np.ndarray:
    e = p.economy
    sets = (p.frame.cluster, jnp.ones_like(p.frame.cluster))
    return np.array([100 * float(outcomes.welfare(e.base, e.theory, s.shock, s.accounts, w)) for w in sets])


def by_region(p: Problem, x: Point, table: pd.DataFrame, sure: Draws | None, dataset: Dataset) -> pd.DataFrame:
    """Change and payment of every home region, with the band of its welfare."""
    from citybelt.model.mechanisms import public_finance

    e, a = p.economy, x.solution.accounts
    h = len(e.home)
    names = dataset.x
    table = table.copy()
    table.insert(0, "name_en", names.name_en.values[:h])
    table.insert(1, "name_zh", names.name_zh.values[:h])
    table["in_cluster"] = np.asarray(p.frame.cluster) > 0
    low, high = band(100 * sure.welfare) if sure is not None else np.full((2, h), np.nan)
    table["low"], table["high"] = low, high
    table["net"] = table["ev"]
    table["paid"] = table["levy"]
    for k, payer in enumerate(PAYERS):
        part = a.bill * (jnp.arange(len(PAYERS)) == k)[:, None]
        paid = public_finance.levy(part, a.income, e.base.province, e.base.ownership, h, e.closure.local_ownership)
        table[f"paid_{payer}"] = np.asarray(paid)[:h]
    table["spent_here"] = _bills(p, x).sum(axis=0)
    return table.reset_index()


def best_levers(p: Problem, x: Point, tell: Progress) -> pd.DataFrame:
    """For each city of the cluster the three levers that bring it most per hundred million spent beyond the plan.

    What is spent is the row "cost" (P3), so that the bill of a subsidy counts. A transfer between governments hands one
    place what it takes from another: it is not ranked.
    """
    e = p.economy
    inside = np.flatnonzero(np.asarray(p.frame.cluster))
    base = np.asarray(e.base.income_by_origin)

    def held(values: np.ndarray, s: Solution) -> tuple[np.ndarray, float]:
        gain = (base * np.expm1(np.asarray(s.accounts.log_welfare))).sum(axis=0)
        return gain, float(spent(p, values, s.accounts).sum())

    (before, paid), price, gains = held(x.values, x.solution), x.slope("cost"), []
    for k, lever in enumerate(p.levers):
        if lever.card.kind == "transfer":
            gains.append(np.full(len(before), -np.inf))
            continue
        step = min(SLICE / max(price[k], 1e-12), 0.5 * lever.card.upper)
        # A lever at its bound is stepped back instead: what the last slice brings.
        step = -step if x.values[k] + step > lever.card.upper else step
        values = x.values + step * (np.arange(len(p.levers)) == k)
        after, more = held(values, equilibrium(p, values, x.solution.state))
        gains.append((after - before) / (more - paid))
        tell("cities", k + 1, len(p.levers))
    gain = np.array(gains)
    rows = []
    for region in inside:
        for rank, k in enumerate(np.argsort(-gain[:, region])[:3], start=1):
            card = p.levers[k].card
            rows.append(
                {
                    "region": e.home[region],
                    "rank": rank,
                    "lever": p.levers[k].id,
                    "name_en": card.name,
                    "name_zh": card.name_zh,
                    "gain": 100 * float(gain[k, region]),
                    "conditional": p.levers[k].conditional,
                }
            )
    return pd.DataFrame(rows)


def alternatives(p: Problem, best: Optimum, fixed: np.ndarray, dataset: Dataset, tell: Progress) -> pd.DataFrame:
    """Other objectives and budgets, planned alike; those under which no plan keeps all bounds are left out."""
    nation = "ev:nation" in p.goal
    other, (en, zh) = ("ev:cluster", ("the cluster", "城市群")) if nation else ("ev:nation", ("the nation", "全国"))
    asked = [
        (f"best for {en}", f"以{zh}福利最优", replace(p, goal=(other,))),
        *((f"{part:g} times the budget", f"预算的{part:g}倍", p.within(p.budget * part)) for part in (0.5, 2.0)),
    ]
    found = [("this plan", "本方案", best)]
    for k, (name, name_zh, q) in enumerate(asked):
        tell("alternatives", k, len(asked))
        with suppress(NotSolvedError):
            found.append((name, name_zh, maximise(q, fixed=fixed)))
    tell("alternatives", len(asked), len(asked))
    rows = []
    for name, name_zh, optimum in found:
        welfare = _welfare(p, optimum.point.solution)
        rows.append(
            {
                "name_en": name,
                "name_zh": name_zh,
                "welfare_change": welfare[0],
                "welfare_change_nation": welfare[1],
                "ev": optimum.point.row("ev:cluster"),
                "ev_nation": optimum.point.row("ev:nation"),
                "cost": optimum.point.row("cost"),
                "kkt": optimum.kkt,
            }
        )
    return pd.DataFrame(rows)


def closure_grid(p: Problem, dataset: Dataset, best: Optimum, tell: Progress) -> pd.DataFrame:
    """The same mix under every closure: the accounts calibrated and the equilibrium solved anew."""
    from citybelt.engine.solve import solve
    from citybelt.model.accounts import closure, closures
    from citybelt.model.economy import economy
    from citybelt.model.spatial import SPATIAL

    s, rows = best.point.solution, []
    grid = closures()
    for k, names in enumerate(grid):
        tell("closures", k, len(grid))
        e = economy(dataset, p.economy.theory, closure(**names))
        found = solve(SPATIAL, e.base, e.theory, s.shock, e.closure)
        gain = _welfare(replace(p, economy=e), found) if found.solved else (np.nan, np.nan)
        rows.append(
            {
                **names,
                "closure_en": ", ".join(f"{part.replace('_', ' ')} {word}" for part, word in names.items()),
                "closure_zh": "、".join(f"{_ZH[part]}{_ZH[word]}" for part, word in names.items()),
                "welfare_change": gain[0],
                "welfare_change_nation": gain[1],
                "status": found.status,
            }
        )
    tell("closures", len(grid), len(grid))
    return pd.DataFrame(rows)


_ZH = {
    "capital": "资本", "ownership": "所有权", "people": "人口", "land_finance": "土地收益", "fixed": "不流动",
    "mobile": "可流动", "pooled": "全国共有", "local": "归本地", "public": "归政府", "private": "归居民",
}  # fmt: skip


def draw_table(p: Problem, sure: Draws | None) -> pd.DataFrame:
    """The plan's mix in every draw: number of the draw, welfare of cluster and nation (per cent), equivalent variation,
    the goal, and the goal of the plan made again for the draw."""
    names = ["draw", "welfare_change", "welfare_change_nation", "ev", "ev_nation", "goal", "again"]
    if sure is None:
        return pd.DataFrame(columns=names)
    columns = [sure.index, *(100 * sure.totals).T, *sure.outcomes[:, :2].T, sure.goal, sure.again]
    return pd.DataFrame(dict(zip(names, columns, strict=True)))
