r"""The optimiser's curse: how much of what a plan promises is the luck of the numbers that it was made with.

Whoever picks the best of many plans by estimates picks, on average, one whose estimate is too high. The plan is
therefore valued with numbers that it was not made with. With ``G_k(v)`` the goal of mix v in draw k, ``v*`` the plan
at central values, and ``v_k`` the plan made again in draw k,

    (U1)  shortfall         G(v*) at central values  -  mean_k G_k(v*)
    (U2)  disappointment    mean_k [ G_k(v_k) - G_k(v*) ]  -  mean_k [ G_j(k)(v_k) - G_j(k)(v*) ]
    (U3)  worth of knowing  mean_k [ G_k(v_k) - G_k(v*) ]
    (U4)  of averaging      mean_A [ G_k(v_A) - G_k(v*) ]  -  mean_B [ G_k(v_A) - G_k(v*) ]

(U1) is what a promise made at central values is off by, on average over everything that is not known. (U2) is the
expected disappointment of whoever takes one draw's numbers for the truth: what the plan promises there less what it
brings in another draw j(k), each as a gain over v* in the same draw, which leaves only what the plans do differently.
(U3) is the mean of the best less the best of the mean: what planning after all is known would add. (U4) makes the plan
again on one half A of the draws (``average``) and values it on the other half B, both ways round. Each draw comes
once as k and once as j in (U2), so that its mean is that of all draws; standard errors are those of paired draws.

Given rivals (near-optimal plans, say) are valued in every draw too: how often each beats the plan, and what the choice
of the best of them by half the draws is off by (``best_of_several``). Sources: Smith and Winkler (2006); Thaler (1988)
for the winner's curse; Mak, Morton and Wood (1999) for bounds by halves of a sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.optimise import Optimum, look
from citybelt.plan.store import Store
from citybelt.plan.sure.average import best_on_average
from citybelt.plan.sure.chance import beats
from citybelt.scenario import sampling

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.model.economy import Economy
    from citybelt.plan.solved.problem import Problem
    from citybelt.plan.sure.draws import Draws
    from citybelt.plan.sure.regret import Candidate
    from citybelt.result import Progress

SEED = 61
#: Draws in each half of (U4) at most.
HALF = 48


class Estimate(NamedTuple):
    """A mean and its standard error."""

    value: float
    se: float


@dataclass(frozen=True, eq=False)
class Curse:
    """What a plan's promise is off by.

    Attributes:
        table: one row an estimate: id, label_en, label_zh, value, se (standard error, NaN where there is none), share
            (per cent of what is claimed). In the unit of the goal: billions a year where it is money.
        rivals: one row a rival: id, name_en, name_zh, mean, se, over (mean gain over the plan) and over_se, beats
            (probability that it beats the plan) and beats_se, chosen (how often it is the best on half the draws).
        elsewhere: [K] the goal of the plan made again in each draw, valued in another; NaN where none was made.
        other: [K] number of that other draw.
    """

    table: pd.DataFrame
    rivals: pd.DataFrame
    elsewhere: np.ndarray
    other: np.ndarray

    def row(self, id: str) -> Estimate:
        """An estimate by its id."""
        found = self.table.set_index("id").loc[id]
        return Estimate(float(found["value"]), float(found["se"]))


LABELS = {
    "claimed": ("what the plan promises at central values", "方案按中心值承诺的收益"),
    "found": ("what it brings on average over the draws", "各次抽样下的平均收益"),
    "shortfall": ("promise less average", "承诺与平均之差"),
    "again": ("plans made again in each draw, valued in it", "按每次抽样重做的方案，在该抽样下的收益"),
    "elsewhere": ("the same plans, valued in another draw", "同样的方案，在另一抽样下的收益"),
    "disappointment": ("expected disappointment of planning on one draw", "按单次抽样规划的预期失望"),
    "knowing": ("worth of knowing the draw before planning", "事先知道真实情况的价值"),
    "half_in": ("plan made on half the draws, over this one, on that half", "按一半抽样重做的方案比本方案多得，同一半"),
    "half_out": ("the same on the other half", "同上，另一半"),
    "half_curse": ("expected disappointment of that gain", "该收益的预期失望"),
    "choice": ("expected disappointment of picking the best plan on half the draws", "按一半抽样选优的预期失望"),
}  # fmt: skip


def estimate(differences: np.ndarray) -> Estimate:
    """Mean and standard error of independent numbers [K]; NaN are left out.

    Raises:
        ValueError: fewer than two numbers.
    """
    x = np.asarray(differences, float)
    x = x[np.isfinite(x)]
    if x.size < 2:
        raise ValueError("a standard error needs two draws")
    return Estimate(float(x.mean()), float(x.std(ddof=1) / np.sqrt(x.size)))


def disappointment(again: np.ndarray, goal: np.ndarray, elsewhere: np.ndarray, goal_elsewhere: np.ndarray) -> Estimate:
    """(U2) Expected disappointment of plans made on one draw each.

    Args:
        again: [K] what each plan promises in its draw; elsewhere: what it brings in another.
        goal, goal_elsewhere: [K] what one and the same plan brings in the two draws.
    """
    return estimate((np.asarray(again) - goal) - (np.asarray(elsewhere) - goal_elsewhere))


def best_of_several(values: np.ndarray, splits: int = 200, seed: int = SEED) -> tuple[Estimate, np.ndarray]:
    """The curse of choosing the best of several plans by its mean over half the draws.

    Args:
        values: [C, K] what each plan brings in each draw, the same draws for all.
        splits: random halves that the choice is made on, each also the other way round.

    Returns:
        the mean of what the chosen plan promises on its half less what it brings on the other, and [C] how often each
        plan is chosen. The standard error is that of the sampling of draws, by leaving out one draw at a time,
        which errs on the high side.

    Raises:
        ValueError: fewer than two plans or four draws, or a number that is missing.
    """
    table = np.asarray(values, float)
    if table.ndim != 2 or len(table) < 2 or table.shape[1] < 4 or not np.isfinite(table).all():
        raise ValueError("a choice needs at least two plans with a number in each of four draws or more")
    count = table.shape[1]
    rng = np.random.default_rng(seed)
    halves = np.array([rng.permutation(count) < count // 2 for _ in range(splits)])
    halves = np.concatenate([halves, ~halves]).astype(float)
    gap, chosen = _gap(table, halves)
    left = np.empty(count)
    for k in range(count):
        keep = np.arange(count) != k
        left[k] = _gap(table[:, keep], halves[:, keep])[0]
    se = np.sqrt((count - 1) / count * ((left - left.mean()) ** 2).sum())
    return Estimate(gap, float(se)), np.bincount(chosen, minlength=len(table)) / len(chosen)


def _gap(table: np.ndarray, halves: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean over halves of promise less what is found, and the plan chosen on each half."""
    inside = halves @ table.T / halves.sum(axis=1, keepdims=True)
    outside = (1 - halves) @ table.T / (1 - halves).sum(axis=1, keepdims=True)
    chosen = inside.argmax(axis=1)
    each = np.arange(len(halves))
    return float((inside - outside)[each, chosen].mean()), chosen


def curse(
    p: Problem,
    dataset: Dataset,
    best: Optimum,
    fixed: np.ndarray,
    sure: Draws,
    count: int,
    rivals: Sequence[Candidate] = (),
    tell: Progress | None = None,
    halves: bool = True,
    banks: Sequence[Economy] | None = None,
    store: Store | None = None,
) -> Curse:
    """(U1) to (U4) for a plan and its draws.

    Args:
        best: the plan; fixed: [L] levers that plans may not use.
        sure: the plan's draws, of which ``count`` were asked for.
        rivals: other plans to value in every draw.
        halves: whether to make the plan again on halves of the draws (U4), which takes longest; left out where bounds
            on securities stand or where no such plan was reached.
        banks: the economies that draws go through in turn, from ``sampling.fills``; made unless given.
        store: where finished values are kept.

    Raises:
        NotSolvedError: fewer than two plans could be valued elsewhere.
    """
    store = store or Store.none()
    sectors = dataset.x.sector.values
    if banks is None:
        banks = sampling.fills(dataset, p.economy.theory, p.economy.closure, count)

    def drawn(k: int) -> Problem:
        th, effects = sampling.drawn(p.levers, sectors, int(k))
        return replace(p, economy=replace(banks[int(k) % len(banks)], theory=th), effects=effects)

    at = np.flatnonzero(sure.planned)
    to = _others(len(at))

    def valued(number: int, mix: np.ndarray) -> float:
        q = drawn(number)
        try:
            return q.value(look(q, mix, best.point.solution.state, rows=()).outcomes)
        except NotSolvedError:
            return np.nan

    def all_of(numbers: np.ndarray, mixes: np.ndarray, stage: str) -> np.ndarray:
        def made() -> dict[str, np.ndarray]:
            each = sampling.in_threads(lambda k: valued(numbers[k], mixes[k]), len(numbers), stage, tell)
            return {"goal": np.array(each, float)}

        return store.keep(f"curse {stage}", made)["goal"]

    found = all_of(sure.index[at[to]], sure.values[at], "elsewhere")
    if np.isfinite(found).sum() < 2:
        raise NotSolvedError("Plans made again could not be valued in other draws.")
    elsewhere, other = np.full(len(sure.index), np.nan), np.full(len(sure.index), -1)
    elsewhere[at], other[at] = found, sure.index[at[to]]
    again, goal, there = sure.again[at], sure.goal[at], sure.goal[at[to]]
    shortfall = estimate(best.value - sure.goal)
    rows = {
        "claimed": Estimate(best.value, np.nan),
        "found": estimate(sure.goal),
        "shortfall": shortfall,
        "again": estimate(again),
        "elsewhere": estimate(found),
        "disappointment": disappointment(again, goal, found, there),
        "knowing": estimate(again - goal),
    }
    if halves and p.struck is None:

        def averaged() -> dict[str, np.ndarray]:
            try:
                draws = [drawn(k) for k in sure.index[: 2 * HALF]]
                return {id: np.array(e) for id, e in _halves(p, best, fixed, draws, sure.goal[: 2 * HALF]).items()}
            except NotSolvedError:
                return {}  # the rows are left out

        rows |= {id: Estimate(*map(float, e)) for id, e in store.keep("curse halves", averaged).items()}
    values = np.array(
        [sure.goal, *(all_of(sure.index, np.tile(c.values, (len(sure.index), 1)), f"draws of {c.id}") for c in rivals)]
    )
    whole = np.isfinite(values).all(axis=0)
    chosen = np.full(len(values), np.nan)
    if rivals and whole.sum() >= 4:
        rows["choice"], chosen = best_of_several(values[:, whole])
    size = max(abs(best.value), 1e-300)
    table = pd.DataFrame(
        [
            {"id": id, "label_en": LABELS[id][0], "label_zh": LABELS[id][1], "value": e.value, "se": e.se,
             "share": 100 * e.value / size}
            for id, e in rows.items()
        ]
    )  # fmt: skip
    return Curse(table, _rivals(rivals, values, chosen), elsewhere, other)


def _rivals(rivals: Sequence[Candidate], values: np.ndarray, chosen: np.ndarray) -> pd.DataFrame:
    """Each rival over the draws [C, K], the plan first."""
    rows = []
    for c, brought, often in zip(rivals, values[1:], chosen[1:], strict=True):
        mean, over, wins = estimate(brought), estimate(brought - values[0]), beats(brought, values[0])
        rows.append(
            {"id": c.id, "name_en": c.name_en, "name_zh": c.name_zh, "mean": mean.value, "se": mean.se,
             "over": over.value, "over_se": over.se, "beats": wins[0], "beats_se": wins[1], "chosen": float(often)}
        )  # fmt: skip
    columns = ["id", "name_en", "name_zh", "mean", "se", "over", "over_se", "beats", "beats_se", "chosen"]
    return pd.DataFrame(rows, columns=columns)


def _others(count: int, seed: int = SEED) -> np.ndarray:
    """[K] another number for each number, each once: a random round trip."""
    tour = np.random.default_rng(seed).permutation(count)
    to = np.empty(count, int)
    to[tour] = np.roll(tour, -1)
    return to


def _halves(
    p: Problem, best: Optimum, fixed: np.ndarray, draws: Sequence[Problem], goal: np.ndarray
) -> dict[str, Estimate]:
    """(U4) both ways round; ``goal`` [K] is that of the plan in each draw."""
    half = np.random.default_rng(SEED).permutation(len(draws)) < len(draws) // 2
    inside, outside, gaps = [], [], []
    for made in (half, ~half):
        mix = best_on_average(p, [q for q, one in zip(draws, made, strict=True) if one], best, fixed)

        def gain(k: int, mix: np.ndarray = mix) -> float:
            x = look(draws[k], mix, best.point.solution.state, rows=())
            return draws[k].value(x.outcomes) - float(goal[k])

        more = np.array(sampling.in_threads(gain, len(draws), "", None))
        inside.append(estimate(more[made]))
        outside.append(estimate(more[~made]))
        gaps.append(Estimate(inside[-1].value - outside[-1].value, float(np.hypot(inside[-1].se, outside[-1].se))))
    # The two ways round share all draws: their errors are taken as one, not as independent.
    mean = lambda parts: Estimate(*(float(np.mean(part)) for part in zip(*parts, strict=True)))  # noqa: E731
    return {"half_in": mean(inside), "half_out": mean(outside), "half_curse": mean(gaps)}
