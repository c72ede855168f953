"""Shadow prices against differences of whole plans, for every kind of limit, and in words."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from citybelt.plan.solved.optimise import maximise
from citybelt.plan.solved.problem import Bound
from citybelt.plan.told.prices import emitted, prices
from three_cities import problem

#: Row, sense, limit as a part of what the plan has without it, step as a part of the limit, unit per unit of the row.
CASES = {
    "cost": ("most", 0.95, 0.02, lambda p, v: 1.0),
    "cost:province": ("most", 0.8, 0.02, lambda p, v: 1.0),
    "people:230000": ("least", 1.08, 0.01, lambda p, v: 0.01 / np.exp(v)),
    "output:220000": ("least", 1.1, 0.01, lambda p, v: 0.01 / np.exp(v)),
    "welfare:210000": ("least", 1.02, 0.003, lambda p, v: 0.01 / np.exp(v)),
    "co2": ("most", 0.7, 0.02, lambda p, v: 1e9 * 1e-6 / (emitted(p) * np.exp(v))),
    "inequality": ("most", 0.9, 0.01, lambda p, v: 0.01 / np.exp(v)),
    "land": ("most", 0.8, 0.02, lambda p, v: 1e9),
    "lever:research_harbin": ("most", 0.8, 0.02, lambda p, v: 0.01),
}


@pytest.mark.proposition("P52")
@pytest.mark.parametrize("row", CASES)
def test_price_is_a_difference_of_plans(whole, fixed, best, row):
    sense, part, step, unit = CASES[row]
    place = [lever.id for lever in whole.levers].index("research_harbin")
    hectares = 30.0 * (np.arange(len(whole.levers)) == place)
    p = replace(whole, closed={**whole.closed, "land": hectares})
    free = maximise(p, fixed=fixed)
    limit = part * free.point.row(row)
    kept = tuple(b for b in p.bounds if b.row != row)

    def plan(value):
        q = replace(p, bounds=(*kept, Bound(row, sense, value)))
        return q, maximise(q, fixed=fixed)

    q, middle = plan(limit)
    table = prices(q, middle).set_index("row")
    found = table.loc[row]
    move = step * abs(limit) * (1 if sense == "most" else -1)
    slope = (plan(limit + move)[1].value - plan(limit - move)[1].value) / (2 * abs(move))
    assert found["binding"] and found["value"] > 0
    assert found["value"] == pytest.approx(slope * unit(p, limit), rel=0.01)
    assert found["slack"] == pytest.approx(0.0, abs=1e-4) and found["asked"] == pytest.approx(found["at"], rel=1e-6)


@pytest.mark.proposition("P52")
def test_slack_limits_have_no_price_and_taking_them_away_changes_nothing(whole, fixed, best):
    table = prices(whole, best)
    slack = table[~table["binding"]]
    assert len(slack) == 6 and (slack["value"] == 0).all() and (slack["slack"] > 0).all()
    without = replace(whole, bounds=tuple(b for b in whole.bounds if b.row == "cost"))
    assert maximise(without, fixed=fixed).value == pytest.approx(best.value, rel=1e-9)


def test_sentences_name_the_limit_the_amount_and_the_people(whole, fixed, best):
    plain = replace(whole, bounds=tuple(replace(b, label_en="", label_zh="") for b in whole.bounds))
    table = prices(plain, best, {"210000": ("Southland", "南地")}).set_index("name")
    budget = table.loc["budget"]
    assert budget["sentence_en"].startswith(
        "If the budget were 1 bn CNY a year larger, people registered in the cluster"
    )
    assert f"{budget['value']:.4g} bn CNY a year." in budget["sentence_en"]
    assert f"{10 * budget['value']:.4g}亿元。" in budget["sentence_zh"]
    floor = table.loc["people:210000"]
    assert "Southland" in floor["sentence_en"] and "南地" in floor["sentence_zh"] and "to spare" in floor["sentence_en"]
    assert prices(whole, best)["label_en"].str.len().min() > 0
    assert table[["sentence_en", "sentence_zh", "unit_en", "unit_zh"]].map(len).min().min() > 0


def test_other_goals_are_read_in_their_own_unit(whole, fixed, best):
    """Of the province that gains least, the price of the budget is per cent of welfare."""
    goal = tuple(f"welfare:{g}" for g in ("210000", "220000", "230000"))
    q = replace(whole, goal=goal)
    found = maximise(q, fixed=fixed)
    row = prices(q, found).set_index("name").loc["budget"]
    step = 0.02 * whole.budget
    up, down = (maximise(q.within(whole.budget + d), fixed=fixed).value for d in (step, -step))
    assert row["value"] == pytest.approx(100 * (up - down) / (2 * step), rel=0.01)
    assert "place that gains least" in row["sentence_en"] and "%" in row["unit_en"]


#: What a limit that binds is said to give way to: a floor downwards, a cap upwards.
WAYS = {
    ("people:a", "least"): ("might be 1 per cent of the base year fewer", "底线降低"),
    ("people:a", "most"): ("might be 1 per cent of the base year more", "上限提高"),
    ("output:a", "least"): ("might be 1 per cent of the base year less", "底线降低"),
    ("output:a", "most"): ("might be 1 per cent of the base year more", "上限提高"),
    ("welfare:a", "most"): ("might be 1 per cent of the base year higher", "上限提高"),
    ("inequality", "most"): ("might be 1 per cent of the base year higher", "上限提高"),
    ("inequality", "least"): ("might be 1 per cent of the base year lower", "底线降低"),
    ("co2", "least"): ("emit one tonne of CO2 less", "少排放"),
    ("land", "least"): ("hectare of land less", "少占用"),
    ("ev:nation", "most"): ("1 bn CNY a year more", "上限每年提高"),
    ("cost", "most"): ("If the budget were 1 bn CNY a year larger", "预算每年增加"),
    ("cost", "least"): ("If 1 bn CNY a year less might be spent", "每年可少支出"),
    ("cost:city", "least"): ("the cities might spend 1 bn CNY less", "市级政府每年可少支出"),
    ("lever:open", "most"): ("keep to its limit by 1 per cent of its bound less", "限制放宽"),
    ("lever:open", "least"): ("keep to its limit by 1 per cent of its bound less", "限制放宽"),
}


@pytest.mark.parametrize(("row", "sense"), WAYS)
def test_words_say_which_way_a_limit_gives(row, sense):
    p = replace(problem(), struck=None, bounds=(Bound(row, sense, 0.1),))
    at = SimpleNamespace(row=lambda name: 0.1)
    found = prices(p, SimpleNamespace(point=at, prices={row: 2.0})).iloc[0]
    en, zh = WAYS[row, sense]
    assert found["binding"] and en in found["sentence_en"] and zh in found["sentence_zh"]
