"""How far targets reach: never short of the plan, and where it is asked for, it can be had and no more."""

from dataclasses import replace

import numpy as np
import pytest

from citybelt.plan.solved.optimise import Infeasible, maximise
from citybelt.plan.told.reach import reach


@pytest.fixture(scope="module")
def found(whole, fixed, best):
    return reach(whole, best, fixed, {}, lambda *_: None).set_index("row")


def asked(problem, row, value):
    return replace(problem, bounds=tuple(replace(b, value=value) if b.row == row else b for b in problem.bounds))


def test_reach_is_beyond_the_plan(found):
    assert len(found) == 6
    assert (found["reach"] >= found["at"] - 1e-6).all() and (found["goal_lost"] >= -1e-6).all()


def test_what_is_within_reach_can_be_had_and_no_more(whole, fixed, found):
    row = "people:210000"
    at, most = np.log(found.loc[row, ["at", "reach"]].astype(float) / 100)
    near = maximise(asked(whole, row, at + 0.9 * (most - at)), fixed=fixed)
    assert near.point.row(row) >= at + 0.9 * (most - at) - 1e-8
    with pytest.raises(Infeasible):
        maximise(asked(whole, row, at + 1.1 * (most - at)), fixed=fixed)
