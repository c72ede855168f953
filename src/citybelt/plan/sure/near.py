r"""Plans nearly as good: how far each lever can go while the goal stays within one per cent of the best.

The best plan is one number; what matters to those who decide is which of its parts they are free to change. All plans

    N = { v feasible :  goal(v) >= (1 - share) goal(best) }                                            (N1)

are asked for the least and the most of every lever, of what is spent on each theme and in each group of regions, for
the cheapest, and for those that differ most,

    min / max  v_l / upper_l,      min / max  sum_l w_l v_l      over N                                (N2)
    min  sum_l u_l w_l v_l   over N,   u_l: share of lever l in the spending of all plans before       (N3)
    v_l  <=  share goal(best) / (-dL/dv_l)                                                             (N4)

``w_l`` is what a unit of the lever costs on average at its upper bound, in the theme or group asked for. (N4) says,
without looking for it, how far a lever that the plan leaves out can come in where the goal is concave: ``L`` is the
Lagrangian of the plan. Levers that it keeps out, with room for a goal that is not quite concave, are not asked for.
A lever whose least is above zero stands in every good plan; one whose most is a trace in none. Each number of (N2) is
an optimum by first-order conditions, so it bounds N where N is convex, and else a part of it. Levers that were not
asked for have the range that other plans happen to have (``sought`` is false).

Sources: Brill, Chang and Hopkins (1982) for modelling to
generate alternatives and (N3); DeCarolis (2011); Lombardi, Pickering, Colombo and Pfenninger (2020) for (N3) repeated
in space.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from citybelt.errors import NotSolvedError
from citybelt.plan.asked.places import CLUSTER
from citybelt.plan.solved.optimise import Optimum, look, maximise
from citybelt.plan.solved.problem import Bound, Problem
from citybelt.plan.solved.spending import spent
from citybelt.plan.store import Store
from citybelt.plan.sure.draws import USED
from citybelt.plan.sure.near_tables import SAFE, Found, Near, Way, found_at, groups, tables, themes
from citybelt.scenario.sampling import in_threads

if TYPE_CHECKING:
    from citybelt.result import Progress

#: How much of the goal a plan may give up and still be nearly as good.
SHARE = 0.01
#: First-order residual of the plans found; their goal and cost are exact at any.
TOLERANCE = 1e-4
#: Name of the closed row that a direction looks along.
AIM = "aim"


def near(
    p: Problem,
    best: Optimum,
    fixed: np.ndarray,
    tell: Progress | None = None,
    share: float = SHARE,
    outsiders: int = 6,
    apart: int = 3,
    named: Callable[[str], tuple[str, str]] | None = None,
    store: Store | None = None,
) -> Near:
    """Plans within ``share`` of the best.

    Args:
        best: the plan; fixed: [L] levers that plans may not use.
        share: of the goal that may be given up.
        outsiders: how many levers that the plan leaves out are asked how far they can come in, those first for which
            (N4) leaves most.
        apart: plans that are made as different as can be, one after the other.
        named: name of a group of regions in English and Chinese, see ``places.Places.named``.
        store: where plans that were found are kept.

    Raises:
        NotSolvedError: fewer than half of the ways led to a plan.
    """
    q = within(p, best, share)
    bound = reach(p, best, share)
    ways = _ways(p, best, fixed, bound, outsiders)
    start = found_at(p, best.point, Way("plan", "plan", "", np.zeros(len(p.levers))))
    store = store or Store.none()
    each = in_threads(lambda k: _along(q, p, best, fixed, ways[k], store), len(ways), "near", tell)
    found = [start, *filter(None, each)]
    price, before = spent(p, p.upper) / p.upper, [start]
    for k in range(apart):
        so_far = np.sum([f.cost for f in before], axis=0)
        way = Way("apart", str(k + 1), "least", price * so_far / max(so_far.sum(), 1e-300))
        other = _along(q, p, best, fixed, way, store)
        if other is None:
            break
        before.append(other)
        found.append(other)
    if len(found) - 1 < 0.5 * (len(ways) + apart):
        raise NotSolvedError(f"Only {len(found) - 1} of {len(ways) + apart} ways led to a plan that is nearly as good.")
    return tables(p, best, fixed, found, ways, bound, share, apart, named or (lambda name: (name, name)))


def within(p: Problem, best: Optimum, share: float) -> Problem:
    """(N1) The problem with a floor under its goal."""
    least = best.value - share * abs(best.value)
    floors = [
        Bound(g.removeprefix("-"), "most", -least) if g.startswith("-") else Bound(g, "least", least) for g in p.goal
    ]
    return replace(p, bounds=(*p.bounds, *floors))


def _ways(p: Problem, best: Optimum, fixed: np.ndarray, bound: np.ndarray, outsiders: int) -> list[Way]:
    """(N2) Two ways for a lever of the plan, one for the strongest outside, two for themes and groups."""
    v, upper = best.point.values, p.upper
    free = ~fixed & (upper > p.least) & np.array([bool(lever.direction.fields()) for lever in p.levers])
    used = free & (v > USED * upper)
    ways = []
    for k in np.flatnonzero(used):
        one = np.eye(len(v))[k] / upper[k]
        ways.append(Way("lever", p.levers[k].id, "least", one))
        if v[k] < upper[k] * (1 - 1e-6):
            ways.append(Way("lever", p.levers[k].id, "most", one))
    left = [k for k in np.argsort(-bound / upper) if free[k] and not used[k] and SAFE * bound[k] > USED * upper[k]][
        :outsiders
    ]
    ways += [Way("lever", p.levers[k].id, "most", np.eye(len(v))[k] / upper[k]) for k in left]
    price = spent(p, upper) / upper * free
    for kind, parts in (("theme", themes(p)), ("group", groups(p))):
        for name, part in parts.items():
            weight = price * part
            if name != CLUSTER and (weight[used] > 0).any() and np.ptp(part[free]) > 0:
                ways += [Way(kind, name, sense, weight) for sense in ("least", "most")]
    return [*ways, Way("money", "all", "least", price)]


def reach(p: Problem, best: Optimum, share: float) -> np.ndarray:
    """(N4) [L] How far each lever can go at most in a plan nearly as good; its upper bound where (N4) says nothing."""
    x = best.point
    weight = {g.removeprefix("-"): (-w if g.startswith("-") else w) for g, w in best.weights.items()}
    for row, price in best.prices.items():
        if price > 0:
            # A row that is bounded on both sides has the price of the side that it is at.
            binding = min((b for b in p.bounds if b.row == row), key=lambda b: abs(b.room(x.outcomes[p.place[row]])))
            weight[row] = weight.get(row, 0.0) + binding.sign * price
    slopes = x.slopes[[p.place[row] for row in weight]]
    if not np.isfinite(slopes).all():
        slopes = look(p, x.values, x.solution.state, set(weight), x.near).slopes[[p.place[row] for row in weight]]
    fall = -(np.array(list(weight.values())) @ slopes)
    room = share * abs(best.value) / np.where(fall > 0, fall, np.nan)
    return np.fmin(x.values + np.where(np.isnan(room), np.inf, room), p.upper)


def _along(q: Problem, p: Problem, best: Optimum, fixed: np.ndarray, way: Way, store: Store) -> Found | None:
    """(N2, N3) The plan at the end of a way, made or kept from before; None where none was found."""
    held = store.array(f"near {way.kind} {way.name} {way.sense}")
    if held is None:
        found = _sought(q, p, best, fixed, way)
        arrays = {} if found is None else found.arrays()
        store.put(f"near {way.kind} {way.name} {way.sense}", **arrays)
        return found
    return Found.read(way, p, held) if held else None


def _sought(q: Problem, p: Problem, best: Optimum, fixed: np.ndarray, way: Way) -> Found | None:
    goal = AIM if way.sense == "most" else f"-{AIM}"
    scale = max(float(way.weight @ p.upper), 1e-300)
    aimed = replace(q, goal=(goal,), closed={**q.closed, AIM: way.weight / scale})
    try:
        made = maximise(aimed, TOLERANCE, fixed, best.point)
    except NotSolvedError:
        return None
    return found_at(p, made.point, way, aimed)
