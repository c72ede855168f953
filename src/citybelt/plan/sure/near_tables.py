"""What plans nearly as good as the best say: ranges of levers and of spending, what all share, what can be swapped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from citybelt.plan.solved.spending import spent
from citybelt.plan.sure.draws import USED

if TYPE_CHECKING:
    from citybelt.plan.solved.optimise import Optimum, Point
    from citybelt.plan.solved.problem import Problem

#: Spending that moves by less than this part of the plan's is no swap.
MOVED = 0.005
#: Levers named as what comes in for one that goes out.
INCOMERS = 3
ROLES = {
    "always": ("in every good plan", "所有好方案都包含"),
    "swappable": ("in the plan, but good plans can do without", "本方案包含，但好方案可以不用"),
    "possible": ("outside the plan, but can come in", "本方案不含，但可以进入"),
    "never": ("at most a trace in any good plan", "任何好方案中至多微量"),
    "barred": ("may not be used", "不可使用"),
    "unknown": ("not asked", "未考察"),
}
#: What (N4) may be off by where the goal is not quite concave.
SAFE = 2.0
#: Less than this part of a lever's upper bound is what solvers leave, not what plans do.
DUST = 1e-9
#: Themes of the levers that come with the package, in English and Chinese; other themes go by their own names.
THEMES = {
    "infrastructure": ("infrastructure", "基础设施"), "opening": ("opening up", "对外开放"),
    "integration": ("integration", "一体化"), "people": ("people", "人口"), "land": ("land", "土地"),
    "innovation": ("innovation", "创新"), "industry": ("industry", "产业"), "governance": ("governance", "治理"),
    "energy": ("energy", "能源"), "finance": ("finance", "金融"), "fiscal": ("public finance", "财政"),
    "project": ("own projects", "自有项目"), "check": ("checks", "检验项"),
}  # fmt: skip


@dataclass(frozen=True)
class Way:
    """A direction: what is asked for, which way, and weights [L] of a lever's value."""

    kind: str  # plan, lever, theme, group, money, apart
    name: str
    sense: str  # least or most
    weight: np.ndarray


@dataclass(frozen=True)
class Found:
    """A plan found: the way that led there, its mix [L], goal, rows by name, and cost by lever [L], billions a year."""

    way: Way
    values: np.ndarray
    goal: float
    rows: Mapping[str, float]
    cost: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """The plan as arrays, without the way."""
        rows = np.array(list(self.rows.values()))
        return {"values": self.values, "goal": np.asarray(self.goal), "rows": rows, "cost": self.cost}

    @classmethod
    def read(cls, way: Way, p: Problem, held: Mapping[str, np.ndarray]) -> Found:
        """The plan that ``arrays`` wrote, at the end of a way."""
        rows = {name: float(value) for name, value in zip(_rows(p), held["rows"], strict=True)}
        return cls(way, held["values"], held["goal"].item(), rows, held["cost"])


@dataclass(frozen=True, eq=False)
class Near:
    """Plans nearly as good as the best.

    Attributes:
        share: of the goal that may be given up; asked, answered: ways tried, and those that led to a plan.
        levers: one row a lever: name, name_en, name_zh, unit_en, unit_zh, value, least, most (units), cost,
            cost_least, cost_most (billions a year), bound (N4), sought, role (always, swappable, possible, never,
            barred, unknown) with role_en and role_zh.
        groups: spending by theme and by group of regions: kind, name, name_en, name_zh, cost, cost_least, cost_most,
            and the same as shares of what each plan spends, per cent.
        swaps: for every lever that a good plan can do without or with less: out, freed (billions a year), in, added,
            goal_lost (per cent of the best), names in both languages.
        plans: one row a plan found: id, name_en, name_zh, goal, below (per cent of the best), cost, moved (per cent of
            spending that is not where the plan has it), rank (0 the plan, then those furthest from all before; NaN the
            rest), and rows by name.
        mixes: [plans, levers] values.
    """

    share: float
    asked: int
    answered: int
    levers: pd.DataFrame
    groups: pd.DataFrame
    swaps: pd.DataFrame
    plans: pd.DataFrame
    mixes: pd.DataFrame

    def shown(self, count: int = 4) -> pd.DataFrame:
        """The plan and the ``count`` plans furthest from it and from each other."""
        return self.plans[self.plans["rank"] <= count].sort_values("rank")


def themes(p: Problem) -> dict[str, np.ndarray]:
    """[L] one for the levers of each theme, by theme."""
    names = [lever.card.theme for lever in p.levers]
    return {t: np.array([float(name == t) for name in names]) for t in dict.fromkeys(names) if t}


def groups(p: Problem) -> dict[str, np.ndarray]:
    """[L] the part of each lever's cost that is spent in each group of regions, by group."""
    h = p.economy.base.n_home
    places = np.zeros((len(p.levers), h))
    for k, lever in enumerate(p.levers):
        if lever.purchase is not None:
            places[k] = np.asarray(lever.purchase).sum(axis=(0, 2))[:h]
        elif lever.service is not None:
            # A service is paid for each newcomer of the base year.
            places[k] = np.asarray(lever.service).sum(axis=0) * newcomers(p)
        total = places[k].sum()
        places[k] /= total if total > 0 else 1.0
    members = np.asarray(p.frame.groups)
    return {g: places @ row for g, row in zip(p.groups, members, strict=True)}


def newcomers(p: Problem) -> np.ndarray:
    """[H] people of each home region who are registered elsewhere, base year."""
    people = np.asarray(p.economy.base.people).sum(axis=0)
    return people.sum(axis=0) - np.diag(people)


def _rows(p: Problem) -> list[str]:
    """Rows of a plan that are told of."""
    return [name for name in p.names if not name.startswith("lever:")]


def found_at(p: Problem, x: Point, way: Way, q: Problem | None = None) -> Found:
    """What a plan is worth; ``q`` is the problem that ``x`` is a point of, ``p`` unless given."""
    place = (q or p).place
    rows = {name: float(x.outcomes[place[name]]) for name in _rows(p)}
    outcomes = np.array([x.outcomes[place[name]] for name in p.names])
    return Found(way, x.values, p.value(outcomes), rows, spent(p, x.values, x.solution.accounts))


def tables(
    p: Problem,
    best: Optimum,
    fixed: np.ndarray,
    found: Sequence[Found],
    asked: Sequence[Way],
    bound: np.ndarray,
    share: float,
    apart: int,
    named: Callable[[str], tuple[str, str]],
) -> Near:
    """All tables; the first plan found is the plan itself."""
    labels = {lever.id: (lever.card.name, lever.card.name_zh) for lever in p.levers}
    plans = _plans(found, lambda f: _label(f.way, labels, named))
    mixes = pd.DataFrame([f.values for f in found], index=plans["id"], columns=list(labels))
    return Near(
        share, len(asked) + apart, len(found) - 1, _levers(p, fixed, found, asked, bound), _groups(p, found, named),
        _swaps(p, best, found), plans, mixes,
    )  # fmt: skip


def _label(way: Way, labels: Mapping[str, tuple[str, str]], named: Callable) -> tuple[str, str]:
    if way.kind == "plan":
        return "this plan", "本方案"
    if way.kind == "money":
        return "least spending", "花费最少"
    if way.kind == "apart":
        return f"as different as can be ({way.name})", f"差异最大的方案（{way.name}）"
    en, zh = labels[way.name] if way.kind == "lever" else called(way.kind, way.name, named)
    return (f"least {en}", f"{zh}最少") if way.sense == "least" else (f"most {en}", f"{zh}最多")


def called(kind: str, name: str, named: Callable[[str], tuple[str, str]]) -> tuple[str, str]:
    """A theme or a group of regions in English and Chinese."""
    return THEMES.get(name, (name, name)) if kind == "theme" else named(name)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Part of the spending of two plans that they don't have in common, between 0 and 1 (Bray and Curtis 1957)."""
    total = float(a.sum() + b.sum())
    return float(np.abs(a - b).sum()) / total if total > 0 else 0.0


def furthest(costs: np.ndarray) -> np.ndarray:
    """[K] order in which plans are told apart: the first, then always the one furthest from all taken before.

    Args:
        costs: [K, L] spending by plan and lever. Copies of plans taken before come last, in their order.
    """
    far = np.array([[distance(a, b) for b in costs] for a in costs])
    order, gap = [0], far[0].copy()
    while len(order) < len(costs):
        gap[order] = -1.0
        order.append(int(gap.argmax()))
        gap = np.minimum(gap, far[order[-1]])
    rank = np.empty(len(costs))
    rank[order] = np.arange(len(costs))
    return rank


def _plans(found: Sequence[Found], label: Callable[[Found], tuple[str, str]]) -> pd.DataFrame:
    first = found[0]
    below = [100 * (first.goal - f.goal) / max(abs(first.goal), 1e-300) for f in found]
    names = [label(f) for f in found]
    table = {
        "id": [
            ":".join(filter(None, (f.way.kind, f.way.name, f.way.sense))) if k else "plan" for k, f in enumerate(found)
        ],
        "name_en": [en for en, _ in names],
        "name_zh": [zh for _, zh in names],
        "goal": [f.goal for f in found],
        "below": below,
        "cost": [f.rows["cost"] for f in found],
        "moved": [100 * distance(f.cost, first.cost) for f in found],
        "rank": furthest(np.array([f.cost for f in found])),
    }
    rows = {name: [f.rows[name] for f in found] for name in first.rows if name not in table}
    return pd.DataFrame(table | rows)


def _levers(
    p: Problem, fixed: np.ndarray, found: Sequence[Found], asked: Sequence[Way], bound: np.ndarray
) -> pd.DataFrame:
    upper = p.upper
    values, costs = (np.array([getattr(f, what) for f in found]) for what in ("values", "cost"))
    dust = values < DUST * upper
    values, costs = np.where(dust, 0.0, values), np.where(dust, 0.0, costs)
    least, most = values.min(axis=0), values.max(axis=0)
    answered = {(f.way.name, f.way.sense) for f in found if f.way.kind == "lever"}
    wanted = {(w.name, w.sense) for w in asked if w.kind == "lever"}
    rows = []
    for k, lever in enumerate(p.levers):
        # An end is known where it was asked for and answered, or where the plan is at a bound already.
        known = [
            (lever.id, sense) in answered or abs(values[0, k] - end) <= 1e-6 * upper[k]
            for sense, end in (("least", p.least[k]), ("most", upper[k]))
        ]
        sought = bool(all(known) and any(name == lever.id for name, _ in wanted))
        trace = USED * upper[k]
        if fixed[k]:
            role = "barred"
        elif values[0, k] > trace:
            role = "swappable" if least[k] <= trace else "always" if known[0] else "unknown"
        else:
            role = "possible" if most[k] > trace else "never" if known[1] or SAFE * bound[k] <= trace else "unknown"
        rows.append(
            {
                "name": lever.id,
                "name_en": lever.card.name,
                "name_zh": lever.card.name_zh,
                "unit_en": lever.card.unit,
                "unit_zh": lever.card.unit_zh,
                "value": float(values[0, k]),
                "least": float(least[k]),
                "most": float(most[k]),
                "cost": float(costs[0, k]),
                "cost_least": float(costs[:, k].min()),
                "cost_most": float(costs[:, k].max()),
                "bound": float(bound[k]),
                "sought": sought,
                "role": role,
                "role_en": ROLES[role][0],
                "role_zh": ROLES[role][1],
            }
        )
    return pd.DataFrame(rows)


def _groups(p: Problem, found: Sequence[Found], named: Callable) -> pd.DataFrame:
    costs = np.array([f.cost for f in found])
    rows = []
    for kind, parts in (("theme", themes(p)), ("group", groups(p))):
        for name, part in parts.items():
            spent = costs @ part
            share = 100 * spent / np.maximum(costs.sum(axis=1), 1e-300)
            en, zh = called(kind, name, named)
            money = {"cost": spent[0], "cost_least": spent.min(), "cost_most": spent.max()}
            shares = {"share": share[0], "share_least": share.min(), "share_most": share.max()}
            numbers = {column: float(value) for column, value in (money | shares).items()}
            rows.append({"kind": kind, "name": name, "name_en": en, "name_zh": zh, **numbers})
    return pd.DataFrame(rows)


def _swaps(p: Problem, best: Optimum, found: Sequence[Found]) -> pd.DataFrame:
    """What comes in where a lever goes out: the plan that has least of it, against the plan."""
    first, place = found[0], {lever.id: k for k, lever in enumerate(p.levers)}
    little = MOVED * max(first.cost.sum(), 1e-300)
    rows = []
    for f in found:
        if f.way.kind != "lever" or f.way.sense != "least":
            continue
        out, change = place[f.way.name], f.cost - first.cost
        if -change[out] <= little:
            continue
        comers = [int(k) for k in np.argsort(-change)[:INCOMERS] if change[k] > little]
        for k in comers or [-1]:
            came = p.levers[k].card if k >= 0 else None
            gone = p.levers[out].card
            rows.append(
                {
                    "out": gone.id,
                    "out_en": gone.name,
                    "out_zh": gone.name_zh,
                    "freed": float(-change[out]),
                    "in": came.id if came else "",
                    "in_en": came.name if came else "nothing: the money is kept",
                    "in_zh": came.name_zh if came else "无：节省资金",
                    "added": float(change[k]) if came else 0.0,
                    "goal_lost": 100 * (first.goal - f.goal) / max(abs(first.goal), 1e-300),
                }
            )
    columns = ["out", "out_en", "out_zh", "freed", "in", "in_en", "in_zh", "added", "goal_lost"]
    return pd.DataFrame(rows, columns=columns)
