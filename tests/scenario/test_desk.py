"""A desk answers as a run does, doubts what is implausible, and mends it."""

import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.scenario import movements
from citybelt.scenario.desk import Desk, fingerprint, question
from citybelt.scenario.doubts import BUDGET, doubts


@pytest.fixture(scope="module")
def desk(northeast):
    return Desk(northeast)


def asked(**levers):
    return question("q", levers, {}, {})


def test_where_a_solve_begins_changes_no_digit_that_is_shown(desk):
    first = desk.look(asked(research_dalian=2, training_cluster=50))
    cold = desk.look(asked(research_dalian=4, training_cluster=200))
    warm = desk.look(asked(research_dalian=4, training_cluster=200), first.solution.state)
    for k, of in cold.totals.items():
        assert warm.totals[k] == pytest.approx(of, rel=1e-6, abs=1e-4 if k == "people" else 1e-9)
    assert warm.solution.passes <= cold.solution.passes


def test_fingerprints_tell_changes_apart_and_nothing_else():
    one = question("a", {"x": 1, "y": 2, "z": 0}, {"capital": "fixed"}, {"nu": 2})
    same = question("b", {"y": 2.0, "x": 1.0}, {"capital": "fixed"}, {"nu": 2}, name="other")
    assert fingerprint(one) == fingerprint(same)
    for other in (asked(x=1), question("a", {"x": 1, "y": 2}, {}, {"nu": 2}), question("a", {"x": 1, "y": 2}, {}, {})):
        assert fingerprint(other) != fingerprint(one)


def test_a_plausible_mix_is_not_doubted(desk):
    assert doubts(desk, desk.look(asked())) == []
    found = doubts(desk, desk.look(asked(research_harbin=2)))
    assert not [d for d in found if d.severity == "warning"]


def test_a_mix_beyond_all_means_is_mended(desk):
    everything = {k.id: k.card.upper for k in desk.menu if k.card.theme not in ("check", "fiscal")}
    look = desk.look(asked(**everything))
    found = {d.id: d for d in doubts(desk, look)}
    assert {"budget", "bound", "assumed", "worse"} <= set(found)
    assert next(iter(found)) in ("budget", "payer", "building", "worse") and all(d.en and d.zh for d in found.values())
    mended = desk.look(asked(**found["budget"].mended))
    assert 100 * sum(mended.cost.values()) / desk.product <= BUDGET * 1.01
    assert "budget" not in {d.id for d in doubts(desk, mended)}
    less = desk.look(asked(**found["assumed"].mended))
    assert "assumed" not in {d.id for d in doubts(desk, less)}
    alone = {k: desk.look(asked(**{k: v})).totals["welfare"]["cluster"] for k, v in everything.items()}
    (worse,) = [d for d in doubts(desk, look, alone=alone) if d.id == "worse"]
    assert set(everything) - set(worse.mended) == {min(alone, key=alone.get)}
    better = desk.look(asked(**worse.mended))
    assert better.totals["welfare"]["cluster"] > look.totals["welfare"]["cluster"]


def test_research_of_one_place_on_two_curves_is_told(desk):
    """By the logarithm of the stock, which central curves are, at what Harbin spends on research."""
    spent = float(next(k.scale for k in desk.menu if k.id == "research_harbin"))
    v, w = 2.0, 3.0
    look = desk.look(asked(research_harbin=v, innovation_harbin=w, innovation_shenyang=1))
    (twice,) = [d for d in doubts(desk, look) if d.id == "twice"]
    assert twice.levers == ("research_harbin", "innovation_harbin")
    over = (np.log1p(v / spent) + np.log1p(w / spent)) / np.log1p((v + w) / spent) - 1
    assert f"{100 * over:.0f} %" in twice.en and f"{100 * over:.0f}%" in twice.zh
    apart = desk.look(asked(research_harbin=v, innovation_shenyang=w))
    assert "twice" not in {d.id for d in doubts(desk, apart)}


def test_what_shrinks_is_named(desk):
    home = desk.economy.home
    groups = {r: (f"place {r}", f"地区{r}", [k]) for k, r in enumerate(home) if desk.members[0][k]}
    look = desk.look(asked(carbon_price_cluster=200))
    found = [d.en for d in doubts(desk, look, groups) if d.id == "shrinks"]
    worst = home[int(np.argmin(np.where(desk.members[0] > 0, look.regional["output"], 0)))]
    assert any(f"place {worst} loses" in text and "output" in text for text in found)


def test_mistakes_are_all_told(desk):
    with pytest.raises(InputError) as refused:
        desk.look(question("q", {"nothing": 1, "research_dalian": 99}, {"capital": "x"}, {"nu": 99}))
    assert len(refused.value.problems) == 4


def test_the_largest_flows_are_the_largest():
    base = np.array([[9.0, 1.0, 2.0], [3.0, 9.0, 4.0], [5.0, 6.0, 9.0]])
    now = base + np.array([[5.0, 0.5, -3.0], [0.0, 5.0, 1.0], [0.0, 0.0, 5.0]])
    assert movements.largest(base, now, 2) == [(0, 2, 2.0, -1.0), (1, 2, 4.0, 5.0)]
    assert [f[:2] for f in movements.largest(base, now, 9, by_change=False)] == [
        (2, 1), (2, 0), (1, 2), (1, 0), (0, 2), (0, 1)]  # fmt: skip
    assert [f[:2] for f in movements.largest(base, now, 9, place=0, by_change=False)] == [
        (2, 0),
        (1, 0),
        (0, 2),
        (0, 1),
    ]
