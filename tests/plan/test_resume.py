"""What is held against a plan goes on from kept pieces: the same numbers, and nothing finished is made again."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from citybelt.errors import NotSolvedError
from citybelt.plan.solved.bound import Ceiling, bound
from citybelt.plan.solved.optimise import look, maximise
from citybelt.plan.solved.problem import Bound
from citybelt.plan.store import Store
from citybelt.plan.sure import curse as of_curse
from citybelt.plan.sure import near as of_near
from citybelt.plan.sure import regret as of_regret
from citybelt.plan.sure.draws import sample
from citybelt.plan.sure.outside import outsides
from citybelt.plan.sure.regret import Candidate
from citybelt.plan.told.reach import reach as of_reach
from citybelt.plan.told.worth import Worth
from citybelt.plan.told.worth import worth as of_worth
from citybelt.scenario import sampling
from three_cities import problem

FREE = np.zeros(4, bool)


class Labels(dict):
    """Sectors and goods of three cities, as a world's dataset holds them."""

    sector = SimpleNamespace(values=np.array(["agr", "food", "oilgas", "chem"]))


WORLD = SimpleNamespace(x=Labels(goods=SimpleNamespace(values=np.array([1.0, 0.0, 1.0, 1.0]))), currency="bn CNY")


@pytest.fixture(scope="module")
def three():
    return replace(problem(), struck=None)


@pytest.fixture(scope="module")
def top(three):
    return maximise(three)


class Names(dict):
    """Every group by its own name."""

    def __missing__(self, key):
        return key, key


def refuse(*_, **__):
    raise AssertionError("a finished piece is made again")


def same(one, other, tables):
    for name in tables:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def test_plans_nearly_as_good(three, top, tmp_path, monkeypatch):
    store, plain = Store(tmp_path, "k"), of_near.near(three, top, FREE, outsiders=4)
    calls = []

    def dies(*arguments):
        calls.append(1)
        if len(calls) > 3:
            raise RuntimeError("killed")
        return maximise(*arguments)

    monkeypatch.setattr(of_near, "maximise", dies)
    with pytest.raises(RuntimeError):
        of_near.near(three, top, FREE, outsiders=4, store=store)
    kept = len(list(store.folder.iterdir()))
    assert kept >= 1
    monkeypatch.setattr(of_near, "maximise", maximise)
    again = of_near.near(three, top, FREE, outsiders=4, store=store)
    assert len(list(store.folder.iterdir())) > kept
    monkeypatch.setattr(of_near, "maximise", refuse)
    for found in (again, of_near.near(three, top, FREE, outsiders=4, store=store)):
        same(found, plain, ("levers", "groups", "swaps", "plans", "mixes"))
        assert (found.asked, found.answered) == (plain.asked, plain.answered)


def test_ways_that_led_nowhere_are_not_sought_again(three, top, tmp_path, monkeypatch):
    def fails(*_):
        raise NotSolvedError("none")

    monkeypatch.setattr(of_near, "maximise", fails)
    store = Store(tmp_path, "k")
    with pytest.raises(NotSolvedError, match="Only 0 of"):
        of_near.near(three, top, FREE, outsiders=0, store=store)
    monkeypatch.setattr(of_near, "maximise", refuse)
    with pytest.raises(NotSolvedError, match="Only 0 of"):
        of_near.near(three, top, FREE, outsiders=0, store=store)


def test_regret_and_curse(three, top, tmp_path, monkeypatch):
    rows = [o for o in outsides() if o.id in ("same", "decoupling")]
    rival = Candidate("rival", "rival", "对手", 0.5 * top.point.values)
    monkeypatch.setattr(sampling, "fills", lambda *_: [three.economy])
    sure = sample(three, WORLD, top.point, FREE, 4)

    def made(store):
        return (
            of_regret.regret(three, WORLD, top, FREE, [rival], worlds=rows, store=store),
            of_curse.curse(three, WORLD, top, FREE, sure, 4, [rival], banks=[three.economy], store=store),
        )

    plain, first = made(None), made(Store(tmp_path, "k"))
    monkeypatch.setattr(of_regret, "maximise", refuse)
    monkeypatch.setattr(of_curse, "look", refuse)
    monkeypatch.setattr(of_curse, "best_on_average", refuse)
    for regret, curse in (first, made(Store(tmp_path, "k"))):
        same(regret, plain[0], ("worlds", "plans", "gain", "regret", "mixes"))
        same(curse, plain[1], ("table", "rivals"))
        np.testing.assert_array_equal(curse.elsewhere, plain[1].elsewhere)


def test_ceiling_reach_and_worth(three, top, tmp_path):
    """What is kept whole: the same records, table by table, and none of it made again."""
    q = replace(three, bounds=(*three.bounds, Bound("people:cluster", "least", -0.001)))
    tell = lambda *_: None  # noqa: E731
    top = replace(top, point=look(q, top.point.values, top.point.solution.state))
    kinds = {
        "ceiling": (lambda: bound(q, top, FREE, tell), Ceiling),
        "reach": (lambda: of_reach(q, top, FREE, Names(), tell),),
        "worth": (lambda: of_worth(q, top, FREE, tell), Worth),
    }
    store, plain = Store(tmp_path, "k"), {}
    for name, (make, *kind) in kinds.items():
        plain[name] = store.record(name, make, *kind)
        again = store.record(name, refuse, *kind)
        assert type(again) is type(plain[name])
        parts = [vars(x) if kind else {"": x} for x in (plain[name], again)]
        for key, one in parts[0].items():
            if isinstance(one, pd.DataFrame):
                pd.testing.assert_frame_equal(one, parts[1][key], check_exact=True, obj=f"{name}.{key}")
            else:
                assert repr(one) == repr(parts[1][key])
    assert len(list(store.folder.iterdir())) == 3
    assert len(plain["reach"]) and len(plain["worth"].by_lever) and not np.isnan(plain["ceiling"].curvature)
