"""The ladder of a scenario: steps make the whole, the top is the run, and what has no answer says so."""

import io
import json
import types

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from citybelt import cli, verbs
from citybelt.errors import InputError
from citybelt.model.ladder import FIXED_PRICES, RUNGS
from citybelt.result import tables, to_text
from citybelt.scenario import Ladder, Scenario, run
from citybelt.scenario.ladder import OUTCOMES, SETS, ladder
from citybelt.scenario.ladder_view import RUNGS as WORDS
from citybelt.scenario.ladder_view import SILENT
from small_world import small_levers, small_world

LEVERS = {"research_harbin": 2.0, "clearance_russia": 12.0, "placebo": 1.5}


def scenario(levers):
    return Scenario(
        id="trial", name="Trial", name_zh="试验", description="A trial.", description_zh="一次试验。",
        levers=types.MappingProxyType(levers), closure={}, elasticities={}, vintage="", propositions=("P36",),
        lineage=("trial",),
    )  # fmt: skip


@pytest.fixture(scope="module")
def dataset():
    return small_world()


@pytest.fixture(scope="module")
def menu(dataset):
    return small_levers(dataset)


@pytest.fixture(scope="module")
def found(dataset, menu):
    return ladder(dataset, scenario(LEVERS), menu=menu)


@pytest.fixture(scope="module")
def priced(dataset, menu):
    """A change that buys nothing."""
    return ladder(dataset, scenario({}), menu=menu)


@pytest.mark.parametrize("of", SETS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_steps_add_up_to_the_general_equilibrium(found, outcome, of):
    steps = found.steps[found.steps["of"] == of][outcome]
    whole = found.value("people", outcome, of)
    if of == "world" and outcome not in ("output", "purchases", "value_added"):
        assert np.isnan(whole) and steps.isna().all()
    else:
        biggest = np.nanmax(np.abs(found.rungs[outcome]))
        assert steps.sum() == pytest.approx(whole, abs=1e-13 * biggest) and np.isfinite(whole)


def test_a_step_is_the_difference_to_the_rung_below_that_answers(found):
    below = found.value("inputs", "output")
    assert found.added("households", "output") == found.value("households", "output") - below
    assert found.added("delivered", "value_added") == found.value("delivered", "value_added")
    assert found.added("public", "ev", "cluster") == found.value("public", "ev", "cluster")
    assert np.isnan(found.added("bought", "value_added"))


def test_the_top_is_the_run(found, dataset, menu):
    told = run(dataset, scenario(LEVERS), menu=menu, certified=False).totals
    for of in ("cluster", "nation"):
        for outcome in ("welfare", "ev", "people"):
            # The two solves start elsewhere; people of the nation are nobody's gain.
            near = pytest.approx(told.loc[of, outcome], rel=1e-7, abs=1.0 if outcome == "people" else 0.0)
            assert found.value("people", outcome, of) == near
    added = np.asarray(dataset.x.output * (1 - dataset.x.tax_rate - dataset.x.input_coef.sum("product")))
    inside = dataset.x.cluster.values == dataset.x.attrs["cluster"]
    percent = 100 * found.value("people", "value_added", "cluster") / added.sum(axis=1)[inside].sum()
    assert percent == pytest.approx(told.loc["cluster", "output"], abs=1e-6)


def test_purchases_are_what_levers_cost_and_leak_to_the_world(found, dataset, menu):
    told = run(dataset, scenario(LEVERS), menu=menu, certified=False)
    assert found.bought == pytest.approx(told.by_lever["cost"].sum(), rel=1e-12)
    assert found.value("bought", "output", "world") == pytest.approx(found.bought)
    got = [found.value("delivered", "output", of) for of in SETS]
    assert 0 < got[0] < got[1] < got[2] <= found.bought
    for name in FIXED_PRICES:  # fixed prices know purchases alone
        assert found.value(name, "output") == found.value(name, "purchases")
    assert found.value("people", "output") != pytest.approx(found.value("people", "purchases"), rel=0.1)
    assert found.value("bought", "multiplier", "world") == pytest.approx(1.0)


def test_savings_are_beside_output_and_transfers_are_marked(found):
    table = found.savings.set_index("source")
    assert table.loc["productivity", "cluster"] > 0 and table.loc["trade_cost", "nation"] > 0
    assert list(table.index[table["transfer"]]) == ["tariffs", "carbon", "subsidies"]
    assert (table.loc[["tariffs", "carbon"], list(SETS)] == 0).all().all()


def test_what_has_no_answer_is_missing_and_never_zero(found, priced):
    document = json.loads(to_text(found.to_json()))
    for row in document["rungs"]:
        closed = row["rung"] in ("public", "people") and row["of"] != "world"
        assert (row["welfare"] is not None) == (row["ev"] is not None) == closed
        assert (row["people"] is not None) == (row["rung"] == "people" and row["of"] != "world")
    assert priced.bought == 0.0 and priced.rungs["purchases"].isna().all() and priced.rungs["multiplier"].isna().all()
    for row in json.loads(to_text(priced.to_json()))["rungs"]:
        assert (row["output"] is None) == (row["rung"] in FIXED_PRICES)
    assert "multipliers have no answer" in priced.explained()[0] and "没有答案" in priced.explained("zh")[0]


def test_changes_that_multipliers_cannot_see_are_named(dataset, menu):
    trained = ladder(dataset, scenario({"land_central": 50.0}), menu=menu)
    assert trained.silent and set(trained.silent) <= set(SILENT["en"])
    for language, word in (("en", "has no answer for changes of"), ("zh", "没有答案：")):
        assert word in trained.explained(language)[-1]
        assert SILENT[language][trained.silent[0]] in trained.explained(language)[-1]


def test_every_rung_has_words_in_both_languages(found):
    assert [*WORDS["en"]] == [*WORDS["zh"]] == list(RUNGS)
    english, chinese = found.explained(), found.explained("zh")
    assert len(english) == len(chinese) == len(RUNGS) + 2
    for line in english:
        assert line.isascii()
    assert all("nan" not in line.replace("finance", "") for line in [*english, *chinese])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("which", ["found", "priced"])
def test_eighty_cells_hold_the_ladder(request, which, language):
    thing = request.getfixturevalue(which)
    console = Console(file=io.StringIO(), width=80)
    console.print(thing.rich(language))
    text = console.file.getvalue()
    assert "…" not in text and max(map(cell_len, text.splitlines())) <= 80
    assert ("undefined" if language == "en" else "无定义") in text
    assert f"{thing.value('people', 'ev', 'cluster') + 0.0:+,.2f}" in text
    assert " nan" not in text


def test_tables_are_saved(found):
    assert isinstance(found, Ladder) and sorted(tables(found)) == ["rungs", "savings", "solved", "steps"]
    assert found.solved["passes"].tolist()[: len(FIXED_PRICES)] == [0] * len(FIXED_PRICES)
    assert found.solved["residual"].max() <= 1e-10


def test_a_bad_scenario_is_refused(dataset, menu):
    with pytest.raises(InputError, match="unknown lever"):
        ladder(dataset, scenario({"moon_base": 1.0}), menu=menu)


def test_the_command_climbs_the_ladder(monkeypatch, capfdbinary, found, dataset):
    asked = []
    monkeypatch.setattr(verbs, "load", lambda world, **_: dataset)
    monkeypatch.setattr(verbs, "ladder", lambda *args, **kwargs: asked.append((args, kwargs)) or found)
    assert cli.main(["ladder", "northeast", "trial", "--json"]) == 0
    document = json.loads(capfdbinary.readouterr().out)
    assert document["verb"] == "ladder" and document["status"] == "solved"
    assert [r["rung"] for r in document["rungs"] if r["of"] == "nation"] == list(RUNGS)
    assert asked[0][0] == (dataset, "trial") and callable(asked[0][1]["progress"])
    assert cli.main(["ladder", "northeast"]) == 2
    assert b"SCENARIO" in capfdbinary.readouterr().err
