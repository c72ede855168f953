"""Two plans beside each other: against their own numbers, and nothing but an ``InputError`` for what is no plan."""

import copy
import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from citybelt.errors import InputError
from citybelt.plan.compare import compare

SECURITIES = ("food", "energy", "industrial", "ecological", "defence", "joint")


def document(shift=0.0, draws=5):
    """What the command line writes of a plan, as far as it is compared; ``shift`` moves every number of it."""
    rng = np.random.default_rng(4)
    lever = lambda k: {  # noqa: E731
        "name": f"lever_{k}", "name_en": f"Lever {k}", "name_zh": f"措施{k}", "status": "chosen" if k else "left_out",
        "unit_en": "km", "unit_zh": "公里", "value": k * (1 + shift), "upper": 10.0, "cost": 2.0 * k * (1 + shift),
    }  # fmt: skip
    place = lambda k: {  # noqa: E731
        "region": f"r{k}", "name_en": f"City {k}", "name_zh": f"城市{k}", "in_cluster": k < 3,
        "welfare": 0.1 * k + shift, "ev": 1.0 * k + shift,
    }  # fmt: skip
    draw = lambda k: {"draw": k, "ev": float(rng.normal()) + shift, "ev_nation": float(rng.normal())}  # noqa: E731
    worst = [
        {"security": s, "loss": 1.0 + k, "loss_plan": 1.0 + k + shift, "name_en": "x", "name_zh": "甲"}
        for k, s in enumerate(SECURITIES)
    ]
    return {
        "verb": "plan", "status": "solved", "world": "w", "vintage": "2020", "objective": "cluster", "draws": draws,
        "brief": {"name": f"Plan {shift:g}", "name_zh": "规划"}, "welfare_change": 0.1 + shift,
        "welfare_change_nation": 0.2, "ev": 3.0 + shift, "ev_nation": 4.0,
        "budget": {"total": 20.0, "spent": 12.0, "by_payer": {"centre": 7.0 + shift, "city": 5.0}},
        "levers": [lever(k) for k in range(4)], "by_region": [place(k) for k in range(5)],
        "targets": [{"row": "cost", "sense": "most", "label_en": "budget", "label_zh": "预算", "asked": 20.0,
                     "reached": 12.0, "kept": True}],
        "draw_table": [draw(k) for k in range(draws)], "stress": {"worst": worst, "case": "plan"},
    }  # fmt: skip


@pytest.fixture
def files(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_text(json.dumps(content), "utf-8")
        return path

    return write


def shown(found, language):
    out = io.StringIO()
    Console(file=out, width=100).print(found.rich(language))
    return out.getvalue()


def test_tables(files):
    a, b = document(0.25), document()
    found = compare(files("a.json", a), files("b.json", b))
    assert found.names == (("Plan 0.25", "规划"), ("Plan 0", "规划"))
    summary = found.summary.set_index("name")
    assert summary.loc["ev", "difference"] == pytest.approx(0.25) and summary.loc["total", "difference"] == 0
    assert list(found.levers["name"]) == ["lever_3", "lever_2", "lever_1"], "the dearest difference first"
    np.testing.assert_allclose(found.levers["cost_difference"], [1.5, 1.0, 0.5])
    assert found.likeness == pytest.approx(12 / 15)
    assert found.payers.set_index("payer").loc["centre", "difference"] == pytest.approx(0.25)
    chance = found.chance.set_index("name")
    assert chance.loc["ev", "probability"] == 1 and chance.loc["ev_nation", "probability"] == 0.5
    assert chance.loc["ev", "mean_difference"] == pytest.approx(0.25) and set(chance["pairs"]) == {5}
    loss = found.securities.set_index("security")
    assert list(loss.index) == list(SECURITIES)
    np.testing.assert_allclose(loss["now_a"], loss["now_b"])
    np.testing.assert_allclose(loss["a"] - loss["now_a"], 0.25)
    np.testing.assert_allclose(loss["difference"], 0.25)
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize(("language", "words"), [
    ("en", ["measure", "payer", "Worst loss", "now", "energy security", "all of these at once", "kept"]),
    ("zh", ["指标", "出资方", "最大损失", "目前", "能源安全", "同时发生", "达到"]),
])  # fmt: skip
def test_view(files, language, words):
    text = shown(compare(files("a.json", document(0.25)), files("b.json", document())), language)
    at = [text.index(word) for word in words]
    assert at[0] < at[1] < at[2], "each table has its own heading"
    assert text.count(words[0]) == 1 and "nan" not in text and "-0.000" not in text


@pytest.mark.parametrize(("language", "words", "chance"), [
    ("en", "The two plans are the same", "A and B are equally good in all 5 joint draws for gain of the nation"),
    ("zh", "两个方案相同", "在全部5次联合抽样中，甲与乙同样好（全国净收益）"),
])  # fmt: skip
def test_plans_that_are_the_same_are_called_so(files, language, words, chance):
    found = compare(files("a.json", document()), files("b.json", document()))
    assert found.same and found.to_json()["same"]
    text = shown(found, language)
    assert words in text and "50 %" not in text and "50%" not in text
    other = compare(files("a.json", document(0.25)), files("b.json", document()))
    assert not other.same and words not in shown(other, language)
    assert chance in shown(other, language).replace("\n", " "), "an objective in which they are always equal"


@pytest.mark.parametrize("what", ["payer", "place", "kept", "draws", "loss"])
def test_plans_that_differ_in_one_thing_are_not_the_same(files, what):
    b = document()
    if what == "payer":
        b["budget"]["by_payer"]["centre"] += 0.01
    elif what == "place":
        b["by_region"][4]["welfare"] += 0.01
    elif what == "kept":
        b["targets"][0]["kept"] = False
    elif what == "draws":
        b["draw_table"][2]["ev"] += 0.01
    else:
        b["stress"]["worst"][3]["loss_plan"] = None
    assert not compare(files("a.json", document()), files("b.json", b)).same


def test_plans_without_shocks_draws_or_targets(files):
    a, b = document(0.25, draws=0), document(draws=0)
    a["stress"] = None
    del b["stress"], b["targets"], a["draw_table"]
    found = compare(files("a.json", a), files("b.json", b))
    assert found.securities.empty and found.chance.empty
    assert "not known" in shown(found, "en")


def test_other_worlds_and_draws_are_refused_at_once(files):
    b = document() | {"world": "v", "vintage": "2019", "draws": 7}
    with pytest.raises(InputError) as error:
        compare(files("a.json", document()), files("b.json", b))
    assert len(error.value.problems) == 3
    b = document()
    b["by_region"][0]["region"] = "elsewhere"
    with pytest.raises(InputError, match="regions differ"):
        compare(files("a.json", document()), files("b.json", b))


def test_every_mistake_is_told_at_once(files):
    bad = document()
    bad["ev"], bad["levers"][2]["cost"], bad["stress"]["worst"][1]["loss_plan"] = "x", None, 1e300
    bad["by_region"][1]["region"], bad["levers"][0]["name_en"] = "r0", "\u202eabc"
    with pytest.raises(InputError) as error:
        compare(files("a.json", bad), files("b.json", document()))
    told = "\n".join(map(str, error.value.problems))
    assert len(error.value.problems) == 5
    for place in ("ev:", "levers[2].cost", "stress.worst[1].loss_plan", "by_region[1].region", "levers[0].name_en"):
        assert place in told


@pytest.mark.parametrize("content", [
    b"", b"null", b"[]", b'"a"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b'{"world": ' + b"9" * 10_000 + b"}",
    b'{"verb": "run"}', b'{"status": "error"}', b'{"ev": NaN}', b"{", b'{"stress": 3}', b'{"budget": {"by_payer": []}}',
])  # fmt: skip
def test_what_is_no_plan(tmp_path, files, content):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(InputError):
        compare(path, files("b.json", document()))


def places(value, path=()):
    """Every place inside a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inside:
        yield (*path, key)
        yield from places(part, (*path, key))


ODD = st.sampled_from(
    [None, -1, 0.5, 1e308, 10**30, True, "", "x" * 3000, "\ud800", "\x1b[31m", [], [1], {}, {"a": 1}, [[]], [None]]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.sampled_from(list(places(document()))), odd=ODD)
def test_one_odd_value_anywhere_is_told_or_harmless(files, where, odd):
    bad = copy.deepcopy(document())
    node = bad
    for key in where[:-1]:
        node = node[key]
    node[where[-1]] = odd
    try:
        found = compare(files("bad.json", bad), files("b.json", document()))
    except InputError:
        return
    assert shown(found, "en") and shown(found, "zh")
    json.dumps(found.to_json(), allow_nan=False).encode()
