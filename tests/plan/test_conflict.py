"""Conflicts of targets against linear programs, enumeration of all sets, closed forms, and real plans."""

from dataclasses import dataclass, replace
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.optimise import Infeasible
from citybelt.plan.solved.problem import Bound
from citybelt.plan.told.conflict import conflict


@dataclass(frozen=True)
class Toy:
    """A problem whose rows are linear in levers between zero and one."""

    rows: dict
    goal: tuple
    bounds: tuple
    levers: tuple = ()
    groups: tuple = ("a", "b", "c", "d", "e")


def quiet(*_):
    pass


def lines(q, bounds):
    """Bounds as A x <= b, in parts of their sizes."""
    A = [-b.sign * np.asarray(q.rows[b.row]) / b.size for b in bounds]
    width = len(next(iter(q.rows.values())))
    return np.array(A).reshape(len(bounds), width), np.array([-b.sign * b.value / b.size for b in bounds])


def elastic(q, bounds, upper=1.0):
    """The least sum of violations and the violations themselves, by a linear program of its own."""
    A, b = lines(q, bounds)
    k, n = A.shape
    found = linprog(
        np.r_[np.zeros(n), np.ones(k)], A_ub=np.column_stack([A, -np.eye(k)]), b_ub=b,
        bounds=[(0, u) for u in np.broadcast_to(upper, n)] + [(0, None)] * k,
    )  # fmt: skip
    return found.fun, found.x[n:] * np.array([b.size for b in bounds]), found.x[:n]


def solve(q, fixed=None, tolerance=0.0, begin=None):
    """What ``maximise`` does, for a ``Toy``."""
    n = len(next(iter(q.rows.values())))
    A, b = lines(q, q.bounds)
    goal = np.array([(-1 if g.startswith("-") else 1) * np.asarray(q.rows[g.removeprefix("-")]) for g in q.goal])
    upper = np.where(fixed, 0.0, 1.0) if fixed is not None else np.ones(n)
    found = linprog(
        np.r_[np.zeros(n), -1.0],
        A_ub=np.vstack([np.column_stack([A, np.zeros(len(A))]), np.column_stack([-goal, np.ones(len(goal))])]),
        b_ub=np.r_[b, np.zeros(len(goal))],
        bounds=[(0, u) for u in upper] + [(None, None)],
    )
    point = lambda x: SimpleNamespace(row=lambda name: float(np.dot(q.rows.get(name, np.zeros(n)), x)))  # noqa: E731
    if found.status == 2:
        _, over, x = elastic(q, q.bounds, upper)
        lacking = {b.row: gap for b, gap in zip(q.bounds, over, strict=True) if gap > 1e-12}
        raise Infeasible("no", lacking, point(x))
    return SimpleNamespace(value=found.x[-1], point=point(found.x[:n]))


def possible(q, bounds):
    return elastic(q, bounds)[0] < 1e-9


THREE = Toy(
    rows={"cost": [1.0, 1.0], "output:a": [1.0, 0.0], "output:b": [0.0, 1.0]},
    goal=("output:a",),
    bounds=(Bound("cost", "most", 1.0), Bound("output:a", "least", 0.8), Bound("output:b", "least", 0.5)),
)


def test_three_targets_by_hand():
    """x + y <= 1, x >= 0.8, y >= 0.5: give the budget 1.3, or let x be 0.5, or let y be 0.2."""
    c = conflict(THREE, None, quiet, solve=solve)
    assert set(c.subset["row"]) == {"cost", "output:a", "output:b"} and c.money
    by_hand = {"cost": 1.3, "output:a": 100 * np.exp(0.5), "output:b": 100 * np.exp(0.2)}
    assert len(c.ways) == 3 and c.beyond.empty
    for way in c.ways.itertuples():
        assert abs(way.value - by_hand[way.row]) <= 0.02 * abs(way.change)
        assert way.change == pytest.approx(way.value - way.asked)
        assert possible(THREE, c.bounds[way.way])
    assert not possible(THREE, THREE.bounds)
    # The plan under a way out and what it costs: the goal is x, all that is left of the budget.
    costs = c.ways.set_index("row")["cost"]
    assert costs["cost"] == pytest.approx(c.ways.set_index("row")["value"]["cost"]) and costs["output:a"] == 1.0


def test_words_are_the_planners_own_and_never_only_infeasible():
    own = replace(THREE, bounds=(*THREE.bounds[:2], Bound("output:b", "least", 0.5, "half of the east", "东部过半")))
    c = conflict(own, None, quiet, {"a": ("Westland", "西地")}, solve=solve)
    en, zh = (" ".join(c.sentences(language)) for language in ("en", "zh"))
    assert "half of the east" in en and "东部过半" in zh and "output of Westland at least 222.5541 %" in en
    assert "a budget of 1 bn CNY a year" in en and "每年10亿元的预算" in zh and "Any one of these would do" in en
    assert "西地产出" in zh and "infeasible" not in en.lower() and "1.301 bn CNY a year" in en
    told = c.to_json()
    assert len(told["ways"]) == 3 and told["sentences_zh"] == c.sentences("zh")


def test_a_target_beyond_all_levers_is_said_to_be():
    """Two levers of at most one each: no money lifts their sum to three; the kept-out lever reaches two and a half."""
    rows = {"cost": [1.0, 1.0, 1.0], "output:a": [1.0, 1.0, 0.5]}
    q = Toy(rows, ("output:a",), (Bound("cost", "most", 9.0), Bound("output:a", "least", 3.0)))
    c = conflict(q, np.array([False, False, True]), quiet, solve=solve)
    row = c.beyond.iloc[0]
    assert row["reach"] == pytest.approx(100 * np.exp(2.0)) and row["reach_if"] == pytest.approx(100 * np.exp(2.5))
    assert list(c.subset["row"]) == ["output:a"] and not c.money and list(c.ways["row"]) == ["output:a"]
    text = " ".join(c.sentences())
    assert "out of reach" in text and "at any cost" in text and "still not enough" in text
    assert "More money alone does not help." in text and "仅增加资金无济于事。" in c.sentences("zh")


def failing(*rows):
    """The toy's optimiser, but for the sets of targets on just these rows, for which it has no answer."""

    def asked(q, **more):
        if {b.row for b in q.bounds} in [set(names) for names in rows] and more.get("tolerance"):
            raise NotSolvedError("No plan met the first-order conditions.")
        return solve(q, **more)

    return asked


def test_what_the_optimiser_has_no_answer_for_is_said_and_not_taken_for_met():
    """Without the east the others can be met, but the optimiser fails there: the east may be in the conflict or not."""
    c = conflict(THREE, None, quiet, {"b": ("Eastland", "东地")}, solve=failing(("cost", "output:a")))
    en, zh = (" ".join(c.sentences(language)) for language in ("en", "zh"))
    assert len(c.undecided) == 1 and "output of a" in c.undecided[0][0] and " + " in c.undecided[0][1]
    assert "The optimiser had no answer for: a budget of 1 bn CNY a year + output of a at least" in en
    assert "优化器对以下目标没有给出答案：每年10亿元的预算 + a产出不低于" in zh
    assert set(c.subset["row"]) == {"cost", "output:a", "output:b"} and len(c.to_json()["undecided"]) == 1
    # With every answer there is nothing undecided.
    assert conflict(THREE, None, quiet, solve=solve).undecided == ()


def test_targets_that_it_has_no_answer_for_at_all_are_not_said_to_be_met():
    with pytest.raises(NotSolvedError, match="not known if they conflict"):
        conflict(THREE, None, quiet, solve=failing(("cost", "output:a", "output:b")))


def test_bounds_that_can_be_met_are_refused():
    with pytest.raises(ValueError, match="can be met"):
        conflict(replace(THREE, bounds=THREE.bounds[:2]), None, quiet, solve=solve)


def test_a_security_gives_way_as_one_target():
    """Two disruptions of one security, worst losses 3 - x and 2.5 - y, x + y <= 1: asked 1.5, possible 2.25."""
    rows = {"cost": [1.0, 1.0, 0.0], "security:food:p": [-1.0, 0.0, 3.0], "security:food:q": [0.0, -1.0, 2.5]}
    one = Bound("one", "least", 1.0)  # a rule: the last lever is the constant
    bounds = (Bound("cost", "most", 1.0), one, *(Bound(f"security:food:{d}", "most", 1.5) for d in "pq"))
    q = Toy(rows | {"one": [0.0, 0.0, 1.0]}, ("-cost",), bounds)
    c = conflict(q, None, quiet, solve=solve)
    assert "one" not in set(c.subset["row"])
    ways = c.ways.set_index("row")
    assert ways.loc["security:food:p", "value"] == pytest.approx(2.25, abs=0.01)
    eased = [b.value for b in c.bounds[ways.loc["security:food:p", "way"]] if b.row.startswith("security")]
    assert len(set(eased)) == 1 and possible(q, c.bounds[ways.loc["security:food:p", "way"]])


@pytest.mark.parametrize("beta", [0.3, 0.45])
def test_two_targets_on_a_curved_frontier(beta):
    """a = log(1 + x), b = log(1 + y), x + y <= B: with b kept, a reaches log(2 + B - e^b), and so on."""
    budget, alpha = 0.6, 0.4
    bend = {"output:a": lambda v: np.log1p(v[0]), "output:b": lambda v: np.log1p(v[1]), "cost": lambda v: v[0] + v[1]}

    def curved(q, fixed=None, tolerance=0.0, begin=None):
        sign = -1 if q.goal[0].startswith("-") else 1
        aim = lambda v: -sign * bend[q.goal[0].removeprefix("-")](v)  # noqa: E731
        room = [{"type": "ineq", "fun": lambda v, b=b: b.sign * (bend[b.row](v) - b.value)} for b in q.bounds]
        found = minimize(
            aim,
            [0.3, 0.3],
            bounds=[(0, 9)] * 2,
            constraints=room,
            method="SLSQP",
            options=dict(ftol=1e-14, maxiter=500),
        )
        point = SimpleNamespace(row=lambda name: float(bend.get(name, lambda v: 0.0)(found.x)))
        over = {b.row: -b.sign * (point.row(b.row) - b.value) for b in q.bounds}
        if max(over.values(), default=0.0) > 1e-7:
            raise Infeasible("no", {row: gap for row, gap in over.items() if gap > 1e-7}, point)
        return SimpleNamespace(value=-float(found.fun), point=point)

    asked = {"output:a": alpha, "output:b": beta}
    bounds = (Bound("cost", "most", budget), *(Bound(row, "least", value) for row, value in asked.items()))
    c = conflict(Toy({}, ("output:a",), bounds), None, quiet, solve=curved)
    closed = {
        "cost": np.expm1(alpha) + np.expm1(beta),
        "output:a": 100 * (2 + budget - np.exp(beta)),
        "output:b": 100 * (2 + budget - np.exp(alpha)),
    }
    assert set(c.ways["row"]) == set(closed)
    for way in c.ways.itertuples():
        short = 0.0 <= way.value - closed[way.row] if way.sense == "most" else way.value <= closed[way.row]
        assert short and abs(way.value - closed[way.row]) <= 0.02 * abs(way.change)


def all_conflicts(q):
    """Every smallest set of bounds without a plan, by trying all sets."""
    found = []
    for size in range(1, len(q.bounds) + 1):
        for group in combinations(q.bounds, size):
            if not any(set(small) <= set(group) for small in found) and not possible(q, group):
                found.append(group)
    return found


@st.composite
def crowded(draw):
    """Six random targets on three levers that can't all be met."""
    number = st.integers(-4, 8).map(lambda n: n / 4)
    names = ["cost", *(f"output:{g}" for g in "abcde")]
    rows = {name: draw(st.lists(number, min_size=3, max_size=3)) for name in names}
    rows["cost"] = [1.0, 0.5, 2.0]
    bounds = (
        Bound("cost", "most", draw(st.sampled_from([0.5, 1.0, 2.0]))),
        *(Bound(f"output:{g}", "least", draw(st.integers(-3, 9)) / 5 + 0.03) for g in "abcde"),
    )
    return Toy(rows, ("output:a",), bounds)


@settings(max_examples=40, deadline=None)
@given(crowded())
def test_conflicts_and_ways_against_enumeration(q):
    if possible(q, q.bounds):
        return
    c = conflict(q, None, quiet, solve=solve)
    every = [{b.row for b in group} for group in all_conflicts(q)]
    assert set(c.subset["row"]) in every
    alone = set.intersection(*every)
    pairs = [{a.row, b.row} for a, b in combinations(q.bounds, 2) if all({a.row, b.row} & e for e in every)]
    sizes = c.ways.groupby("way").size()
    assert len(sizes)
    if alone:
        assert set(c.ways["row"]) == alone and (sizes == 1).all()
    elif pairs:
        assert (sizes == 2).all()
        assert all(set(part["row"]) in pairs for _, part in c.ways.groupby("way"))
    for number, part in c.ways.groupby("way"):
        assert possible(q, c.bounds[number])
        for k in range(len(part)):  # each of them a little less easy: no plan
            row = part.iloc[k]
            back = row["asked"] if len(part) > 2 else row["value"] - 0.03 * row["change"]
            tight = np.log(back / 100) if row["row"] != "cost" else back
            less = tuple(replace(b, value=tight) if b.row == row["row"] else b for b in c.bounds[number])
            assert len(part) > 2 or not possible(q, less)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(2, 9), min_size=3, max_size=3))
def test_last_resort_is_the_elastic_solution(gaps):
    """Three levers whose rows are each out of reach: no pair will do, all three give way by what is lacking."""
    rows = {f"output:{g}": np.eye(3)[k] for k, g in enumerate("abc")}
    bounds = (Bound(f"output:{g}", "least", 1 + gap / 7) for g, gap in zip("abc", gaps, strict=True))
    q = Toy(rows, ("output:a",), tuple(bounds))
    c = conflict(q, None, quiet, solve=solve)
    total, over, _ = elastic(q, q.bounds)
    for number, part in c.ways.groupby("way"):
        eased = [old.value - new.value for old, new in zip(q.bounds, c.bounds[number], strict=True)]
        np.testing.assert_allclose(eased, over, rtol=0.05)
        parts = sum(e / b.size for e, b in zip(eased, q.bounds, strict=True))
        assert total <= parts <= 1.05 * total and len(part) == 3


def test_ways_out_on_the_northeast(whole, fixed):
    """Every way makes a plan; a little less of it, in the direction of what was asked, makes none."""
    from citybelt.plan.solved.optimise import maximise

    asked = (Bound("people:230000", "least", np.log(1.0004)), Bound("output:220000", "least", np.log(1.012)))
    rest = tuple(b for b in whole.bounds if b.row not in {a.row for a in asked} | {"cost"})
    q = replace(whole, bounds=(Bound("cost", "most", 15.0), *rest, *asked))
    c = conflict(q, fixed, quiet)
    assert set(c.subset["row"]) == {"cost", *(a.row for a in asked)}
    assert set(c.ways["row"]) == set(c.subset["row"]) and c.money
    for way in c.ways.itertuples():
        plan = maximise(replace(q, bounds=c.bounds[way.way]), fixed=fixed)
        assert plan.value == pytest.approx(way.goal, rel=1e-6)
        assert plan.point.row("cost") == pytest.approx(way.cost, rel=1e-6)
        back = way.value - 0.03 * way.change
        tight = back if way.row == "cost" else np.log(back / 100)
        less = tuple(replace(b, value=tight) if b.row == way.row else b for b in c.bounds[way.way])
        with pytest.raises(Infeasible):
            maximise(replace(q, bounds=less), fixed=fixed)
