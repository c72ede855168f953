"""The page on regret: the choice, or that there is none."""

from types import SimpleNamespace

import numpy as np
import pytest

from citybelt.report.document import Para, Table
from citybelt.report.pages import sure
from citybelt.report.text import LANGUAGES, MISSING, Language
from report import synthetic_plan


@pytest.mark.parametrize("code", LANGUAGES)
def test_without_a_plan_that_keeps_its_bounds_the_page_says_so(code):
    found = synthetic_plan.regret(np.random.default_rng(1))
    plan = SimpleNamespace(regret=found, brief=SimpleNamespace(objective="cluster"))
    inp = SimpleNamespace(plan=plan)
    chosen = next(b for b in sure.regret(inp, Language(code)) if isinstance(b, Para))
    assert found.words(code) not in chosen.text
    found.plans["minimax"], found.plans["missed"] = False, 2
    found.worlds.loc[0, "best"] = float("nan")
    blocks = sure.regret(inp, Language(code))
    none = next(b for b in blocks if isinstance(b, Para))
    assert none.text == found.words(code)
    worlds = [b for b in blocks if isinstance(b, Table)][-1]
    assert worlds.rows[0].cells[1] == worlds.rows[0].cells[3] == MISSING and worlds.rows[1].cells[1] != MISSING
