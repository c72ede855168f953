"""The verbs called as a careless user calls them: every mistake is one message, before the work."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import citybelt as cb
from citybelt.errors import InputError


@pytest.mark.parametrize("world", [5, None, b"northeast", Path("northeast"), ["northeast"]])
@pytest.mark.parametrize("verb", ["load", "diagnose", "ledger", "verify", "plan", "report"])
def test_what_is_no_world_is_refused(verb, world):
    with pytest.raises(InputError, match="neither a world's name nor a loaded world"):
        getattr(cb, verb)(world)


@pytest.mark.parametrize("draws", [-1, 1.5, "3", float("nan"), None, True, 10**9])
@pytest.mark.parametrize("verb", [lambda w, d: cb.run(w, "carbon_price", draws=d), lambda w, d: cb.plan(w, draws=d)])
def test_draws_are_a_whole_number(northeast, verb, draws):
    with pytest.raises(InputError, match="is not a whole number from 0 to 100,000"):
        verb(northeast, draws)


@pytest.mark.parametrize("budget", ["0.005", [0.005], True, -1, 0, 5, float("nan")])
def test_a_budget_is_a_share(northeast, budget):
    with pytest.raises(InputError, match=r"^budget: "):
        cb.plan(northeast, budget=budget, draws=0)


@pytest.mark.parametrize("lang", [(), None, 5, "fr", ("en", "fr")])
def test_languages_are_checked_before_planning(northeast, tmp_path, lang):
    with pytest.raises(InputError, match=r"^language"):
        cb.report(northeast, out=tmp_path / "new", lang=lang)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("out", ["file", "file/below", 5])
def test_folders_are_checked_before_planning(northeast, tmp_path, out, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    with pytest.raises(InputError, match=r"is not a folder|cannot be written|is no path"):
        cb.report(northeast, out=out)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def damaged(world, name, value):
    x = world.x.copy(deep=True)
    x[name].values.flat[3] = value
    return replace(world, x=x)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("emission", np.nan),
        ("migrants", -1.0),
        ("labour_share", np.inf),
        ("capital_foreign_share", -0.1),
        ("co2", np.inf),
    ],
)
def test_holes_in_a_world_are_named(northeast, name, value):
    with pytest.raises(InputError, match=f"^northeast: {name}.*is {value:g}") as caught:
        cb.run(damaged(northeast, name, value), "carbon_price")
    assert len(caught.value.problems) == 1


def test_all_holes_at_once(northeast):
    n = northeast.x.sizes
    flows = np.full((n["region"], n["region"], n["sector"]), np.nan)
    hurt = replace(northeast, x=northeast.x.drop_vars("output").copy(deep=True), _flows=lambda draw: flows)
    hurt.x["housing"].values[:4] = -1.0
    with pytest.raises(InputError) as caught:
        cb.load(hurt)
    first = northeast.x["region"].values[0]
    assert [p.where for p in caught.value.problems] == [
        "northeast: output",
        f"northeast: housing[{first}]",
        f"northeast: trade[{first}, {first}, {northeast.x['sector'].values[0]}]",
    ]
    assert "(and 3 more)" in caught.value.problems[1].what


def test_whole_worlds_pass(northeast, china):
    assert cb.load(northeast) is northeast and cb.load(china) is china
    assert np.isnan(china.x["wage"]).any()  # a fact that only describes may be missing
    tax = damaged(northeast, "tax_rate", -0.01)
    assert cb.load(tax) is tax
