r"""Regret: which plan one would be least sorry for, whatever the outside world does.

No probabilities are given to outside worlds. A plan's regret in a world is what the best plan for that world would
have brought more there, and a plan is judged by its largest,

    (R1)  r_ps = max_{q in K_s} g_qs - g_ps,      R_p = max_s r_ps,      chosen: the p of K with the smallest R_p

``g`` is the gain of the goal over doing nothing in the same world; ``K_s`` are the plans that keep every bound in world
s, ``K`` those that do so in all. A plan that breaks a bound may gain more than any that keeps it: its regret is then
below zero, but it is no benchmark, and cannot be chosen. Where a world has no plan in ``K_s`` it has no regret, and
nothing is chosen; what each plan misses stands beside. The candidates are the plan, the plan for the
other owner's objective, the plan of half the budget, the best plan in each outside world, near-optimal plans, and
doing nothing. Which plan is chosen depends on who stands for election: a plan that nobody would choose can change
the choice between two others (Chernoff 1954), so the table is shown whole. Sources: Savage (1951); Milnor (1954).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.optimise import Optimum, look, maximise
from citybelt.plan.solved.spending import spent
from citybelt.plan.store import Store
from citybelt.plan.sure.near_tables import distance
from citybelt.plan.sure.outside import Outside, outsides, shifted, within
from citybelt.scenario.sampling import in_threads

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.plan.solved.problem import Problem
    from citybelt.result import Progress

#: A bound that is missed by less, in parts of its size, is kept.
KEPT = 1e-6
#: First-order residual of plans made for other worlds.
TOLERANCE = 1e-5
#: Plans whose largest regrets differ by less than this part of the largest gain are equally good: the first is chosen.
NOISE = 1e-4
#: Plans that have all but this part of their spending in common are one candidate.
ALIKE = 1e-3


class Choice(NamedTuple):
    """(R1) Regret [P, S], NaN in worlds without a benchmark; the largest of each plan [P]; which is chosen, None where
    no plan keeps all bounds in all worlds."""

    regret: np.ndarray
    largest: np.ndarray
    best: int | None


@dataclass(frozen=True)
class Candidate:
    """A plan that stands for election: its id and name, and its mix [L]."""

    id: str
    name_en: str
    name_zh: str
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Regret:
    """What plans bring in outside worlds.

    Money is billions a year where the goal is; otherwise the unit of the goal.

    Attributes:
        worlds: one row a world: id, name_en, name_zh, note, source, idle (the goal where nothing is done), best (most
            that a candidate gains over that with all bounds kept, NaN if none keeps them), best_plan (its id, '' if
            none), own_plan (id of the candidate that is the plan made for it, or one that hardly differs; '' where none
            could be made).
        plans: one row a candidate: id, name_en, name_zh, cost, largest (regret, NaN where no world has a benchmark),
            worst_world (where, '' then), share (largest as per cent of what the best plan gains in
            that world), mean (gain over all worlds alike), missed (worlds in which it misses a bound), minimax (whether
            it is the choice; no plan is where each misses a bound).
        gain, regret: by plan (index) and world (columns), ids.
        mixes: value of each lever (columns) in each plan (index).
    """

    worlds: pd.DataFrame
    plans: pd.DataFrame
    gain: pd.DataFrame
    regret: pd.DataFrame
    mixes: pd.DataFrame

    @property
    def choice(self) -> str:
        """The plan with the smallest largest regret; '' where no plan keeps all bounds in all worlds."""
        chosen = self.plans.loc[self.plans["minimax"], "id"]
        return str(chosen.iloc[0]) if len(chosen) else ""

    def words(self, language: str = "en") -> str:
        """The choice in a sentence, ``en`` or ``zh``; where there is none, why."""
        zh = language == "zh"
        if not self.choice:
            fewest = self.plans.sort_values("missed", kind="stable").iloc[0]
            n, all_ = int(fewest["missed"]), len(self.worlds)
            return (
                f"没有方案能在所有外部情形下守住全部界限，因此不按后悔值作选择；失守最少的是{fewest['name_zh']}（{all_}种情形中{n}种）。"
                if zh
                else "No plan keeps all bounds in every outside world, so none is chosen by regret; the one that "
                f"misses a bound in fewest is: {fewest['name_en']} ({n} of {all_})."
            )
        row = self.plans[self.plans["minimax"]].iloc[0]
        return (
            f"在各外部情形中最大后悔值最小的方案：{row['name_zh']}。"
            if zh
            else f"Over the outside worlds the plan with the smallest largest regret is: {row['name_en']}."
        )


def minimax_regret(
    gain: np.ndarray | pd.DataFrame, noise: float = 0.0, missed: np.ndarray | pd.DataFrame | None = None
) -> Choice:
    """(R1) The plan whose largest regret is smallest; the first of several.

    Args:
        gain: [P, S] what each plan brings in each world; more is better.
        noise: difference of largest regrets that is taken for none.
        missed: [P, S] true where a plan misses a bound in a world; nowhere if None.

    Raises:
        ValueError: no plan, no world, or a number that is missing.
    """
    table = np.asarray(gain, float)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise ValueError("regret needs a finite number for every plan in every world")
    kept = np.ones(table.shape, bool) if missed is None else ~np.asarray(missed, bool)
    top = np.where(kept, table, -np.inf).max(axis=0)
    sorry = np.where(np.isfinite(top), top, np.nan) - table
    largest = np.where(np.isfinite(sorry), sorry, -np.inf).max(axis=1)
    largest = np.where(np.isfinite(largest), largest, np.nan)
    able = kept.all(axis=1)
    if not able.any():
        return Choice(sorry, largest, None)
    return Choice(sorry, largest, int(np.argmax(able & (largest <= largest[able].min() + noise))))


def regret(
    p: Problem,
    dataset: Dataset,
    best: Optimum,
    fixed: np.ndarray,
    others: Sequence[Candidate] = (),
    tell: Progress | None = None,
    worlds: Sequence[Outside] | None = None,
    store: Store | None = None,
) -> Regret:
    """Regret of the plan and of its rivals over outside worlds.

    Args:
        best: the plan; fixed: [L] levers that plans may not use.
        others: further candidates, such as near-optimal plans.
        worlds: outside worlds, those of the package's table if None.
        store: where plans made for other worlds, and what plans bring in them, are kept.

    Raises:
        NotSolvedError: a candidate's equilibrium in a world was not reached.
    """
    store = store or Store.none()
    rows = list(outsides() if worlds is None else worlds)
    goods = np.asarray(dataset.x["goods"].values, float)
    places = [within(p, o, goods) for o in rows]
    plain = within(p, outsides()[0], goods)
    nothing = np.append(p.least, 1.0)
    bounded = {b.row for b in p.bounds} | {"cost"}
    before = look(plain, nothing, rows=bounded).outcomes
    still = np.append(fixed, True)

    def made(k: int) -> tuple[Problem, np.ndarray | None]:
        """A world's problem, and the plan for it; None in the world as it is, or where none could be made."""
        q = shifted(places[k], look(places[k], nothing, rows=bounded).outcomes, before)
        if not rows[k].what:
            return q, None
        begin = np.append(best.point.values, 1.0)
        return q, _kept(
            store, f"for {rows[k].id}", lambda: maximise(q, TOLERANCE, still, look(q, begin, rows=())).point.values[:-1]
        )

    found = in_threads(made, len(rows), "outside worlds", tell)
    currency = str(getattr(dataset, "currency", ""))
    standing, own = _candidates(p, best, fixed, store), []
    for o, (_, values) in zip(rows, found, strict=True):
        if values is None:
            own.append("" if o.what else standing[0].id)
            continue
        en, zh = (o.name(language, currency) for language in ("en", "zh"))
        own.append(_stands(p, standing, Candidate(f"for:{o.id}", f"best if: {en}", f"针对“{zh}”最优", values)))
    for other in others:
        _stands(p, standing, other)
    standing.append(Candidate("nothing", "doing nothing", "不采取措施", p.least))

    def valued(k: int) -> tuple[float, bool]:
        (q, _), c = found[k % len(rows)], standing[k // len(rows)]
        reached = look(q, np.append(c.values, 1.0), rows=()).outcomes
        missed = any(b.room(reached[q.place[b.row]]) < -KEPT for b in q.bounds)
        return q.value(reached), missed

    def all_valued() -> dict[str, np.ndarray]:
        each = in_threads(valued, len(rows) * len(standing), "regret", tell)
        goal, missed = (np.array(part).reshape(len(standing), len(rows)) for part in zip(*each, strict=True))
        return {"goal": goal, "missed": missed}

    held = store.keep("regret valued", all_valued)
    return tables(p, rows, standing, held["goal"], held["missed"], own, currency)


def _kept(store: Store, name: str, make: Callable[[], np.ndarray]) -> np.ndarray | None:
    """A plan made or kept from before; None where none can be made."""

    def arrays() -> dict[str, np.ndarray]:
        try:
            return {"values": make()}
        except NotSolvedError:
            return {}

    return store.keep(f"regret {name}", arrays).get("values")


def _stands(p: Problem, standing: list[Candidate], new: Candidate) -> str:
    """Let a candidate stand unless one that hardly differs does; the id of the one that stands."""
    cost = spent(p, new.values)
    for c in standing:
        if distance(spent(p, c.values), cost) <= ALIKE:
            return c.id
    standing.append(new)
    return new.id


def _mix(p: Problem, fixed: np.ndarray, near: Optimum) -> np.ndarray:
    """The best mix of a problem, sought from a plan nearby."""
    return maximise(p, TOLERANCE, fixed, near.point).point.values


def _candidates(p: Problem, best: Optimum, fixed: np.ndarray, store: Store) -> list[Candidate]:
    """The plan, the plan for the other owner, and that of half the budget."""
    found = [Candidate("plan", "this plan", "本方案", best.point.values)]
    rival = {"ev:cluster": ("ev:nation", "the nation", "全国"), "ev:nation": ("ev:cluster", "the cluster", "城市群")}
    variants = []
    if p.goal[0] in rival:
        goal, en, zh = rival[p.goal[0]]
        variants.append(("other", f"best for {en}", f"以{zh}福利最优", replace(p, goal=(goal,))))
    if np.isfinite(p.budget):
        variants.append(("half", "half the budget", "预算减半", p.within(0.5 * p.budget)))
    for id, en, zh, q in variants:
        values = _kept(store, id, partial(_mix, q, fixed, best))
        if values is not None:  # a rival that can't be made doesn't stand
            found.append(Candidate(id, en, zh, values))
    return found


def tables(
    p: Problem,
    rows: Sequence[Outside],
    standing: Sequence[Candidate],
    goal: np.ndarray,
    missed: np.ndarray,
    own: Sequence[str],
    currency: str,
) -> Regret:
    """The tables of goals [P, S] that were reached; the last candidate does nothing."""
    gain = goal - goal[-1]
    choice = minimax_regret(gain, NOISE * float(np.abs(gain).max()), missed)
    plans, ids = [c.id for c in standing], [o.id for o in rows]
    kept = np.where(missed, -np.inf, gain)
    top = np.where(missed.all(axis=0), np.nan, kept.max(axis=0))
    worst = np.where(np.isnan(choice.regret), -np.inf, choice.regret).argmax(axis=1)
    of = {"index": pd.Index(plans, name="plan")}
    worlds = {
        "id": ids,
        "name_en": [o.name("en", currency) for o in rows],
        "name_zh": [o.name("zh", currency) for o in rows],
        "note": [o.note for o in rows],
        "source": [o.source for o in rows],
        "idle": goal[-1],
        "best": top,
        "best_plan": ["" if np.isnan(most) else plans[k] for most, k in zip(top, kept.argmax(axis=0), strict=True)],
        "own_plan": list(own),
    }
    candidates = {
        "id": plans,
        "name_en": [c.name_en for c in standing],
        "name_zh": [c.name_zh for c in standing],
        "cost": [float(spent(p, c.values).sum()) for c in standing],
        "largest": choice.largest,
        "worst_world": ["" if np.isnan(most) else ids[k] for most, k in zip(choice.largest, worst, strict=True)],
        "share": 100 * choice.largest / np.where(np.nan_to_num(top[worst]) > 0, top[worst], np.nan),
        "mean": gain.mean(axis=1),
        "missed": missed.sum(axis=1),
        "minimax": np.arange(len(plans)) == choice.best,
    }
    return Regret(
        pd.DataFrame(worlds),
        pd.DataFrame(candidates),
        pd.DataFrame(gain, columns=ids, **of),
        pd.DataFrame(choice.regret, columns=ids, **of),
        pd.DataFrame([c.values for c in standing], columns=[lever.id for lever in p.levers], **of),
    )
