"""What the hindcast returns, for both worlds."""

import json
from dataclasses import replace

import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.hindcast import baselines, hindcast, known, levels, method, target, vintage
from citybelt.hindcast.result import inside_of, made_from, opened, scored
from citybelt.result import to_text


@pytest.fixture(scope="module")
def counted():
    return target.counted(known.world().places)


@pytest.fixture(scope="module")
def runs(counted):
    start = known.world()
    inside = inside_of("china", start)
    return {
        name: made_from(vintage.of(start, name), counted, inside, 20 if name == "census" else 0)
        for name in vintage.VINTAGES
    }


@pytest.fixture(scope="module", params=["china", "northeast"])
def result(request, runs, counted):
    return scored(request.param, runs, "census", counted)


def test_the_document_has_its_keys(result):
    document = json.loads(to_text(result.to_json()))
    for of in (document, document["as_known"]):
        assert set(of["coverage"]) == {"50", "80"}
        for name in ("crps", "bias", "median_abs_error", "mean_abs_error"):
            assert set(of[name]) == {"all", "cluster"}
        assert set(of["by_age"]) == set(target.GROUPS)
    assert set(document["baselines"]) == set(baselines.NAMES)
    assert document["method_hash"] == levels.method_hash()
    assert document["as_known"]["method_hash"] == method.method_hash()
    assert document["cluster"] == "NE" and document["vintage"] == "census"
    assert set(document["vintages"]) == set(vintage.VINTAGES) and set(document["variance"]) == {
        "all",
        "cluster",
        "cluster_total",
    }


def test_every_method_that_was_opened_is_told_and_the_last_is_this_one(result, root):
    told = opened()
    assert method.method_hash() in set(told["method"]) and told["method"].iloc[-1] == result.method_hash
    own, known_then = told.iloc[-1], told[told["method"] == method.method_hash()].iloc[0]
    assert own["median_abs_error"] == pytest.approx(result.total.cluster.median_abs_error, abs=0.05)
    assert own["in80"] == pytest.approx(result.total.cluster.coverage["80"], abs=0.5)
    if result.world == "china":
        assert own["median_abs_error_all"] == pytest.approx(result.total.all.median_abs_error, abs=0.05)
    # Twenty draws here, a hundred there.
    assert known_then["median_abs_error"] == pytest.approx(result.known.total.cluster.median_abs_error, abs=1.0)
    for page in ("docs/hindcast.md", "docs/zh/hindcast.md"):
        text = (root / page).read_text(encoding="utf-8")
        assert all(m in text for m in told["method"])


def test_regions_add_up_to_the_places(result, runs):
    run = runs["census"]
    assert result.regions["people_2010"].sum() == pytest.approx(run.start.total.sum(), rel=1e-12)
    assert result.regions["closed"].sum() == pytest.approx(run.simple["closed"].sum(), rel=1e-12)
    assert result.regions["cluster"].sum() == 36
    assert result.total.cluster.places == 36


def test_scores_are_those_of_the_table(result):
    table = result.regions[result.regions["counted"].notna()]
    error = 100 * (table["persistence"] / table["counted"] - 1)
    assert result.baselines["persistence"].all.bias == pytest.approx(error.mean())
    assert result.baselines["persistence"].all.median_abs_error == pytest.approx(error.abs().median())
    assert result.known.total.all.bias == pytest.approx((100 * (table["as_known"] / table["counted"] - 1)).mean())
    inside = (table["low80"] <= table["counted"]) & (table["counted"] <= table["high80"])
    assert result.total.all.coverage["80"] == pytest.approx(100 * inside.mean())
    assert (table["low80"] <= table["low50"]).all() and (table["high50"] <= table["high80"]).all()
    over = 100 * (table["yearbook"] / table["counted"] - 1)
    assert result.jump.cluster == pytest.approx(over[table["cluster"]].median())


def test_the_census_of_2020_is_whole(runs, counted):
    start = runs["census"].start
    held = np.isfinite(counted).all(axis=1)
    missing = list(start.places.units.index[~held])
    assert missing == ["460000-rest", "650000-rest"]
    # 1,409.8 million were counted with soldiers' families of all places; the two that are left out are small.
    assert counted[held].sum() == pytest.approx(1.4e9, rel=0.005)


def test_a_forecast_of_the_count_itself_has_no_error(runs, counted):
    run = runs["census"]
    classes = np.zeros((len(counted), 21))
    for k, group in enumerate(target.GROUPS.values()):
        classes[:, list(group)] = np.nan_to_num(counted[:, k : k + 1], nan=1.0) / len(group)
    perfect = replace(run.made, persons=np.stack([classes] * 3))
    taught = replace(run.taught, people=np.stack([np.nan_to_num(counted, nan=1.0)] * 3))
    found = scored("china", {"census": replace(run, made=perfect, taught=taught)}, "census", counted)
    for forecast in (found.own, found.known):
        assert forecast.total.all.crps == pytest.approx(0, abs=1e-9)
        assert all(s.all.median_abs_error == pytest.approx(0, abs=1e-9) for s in forecast.by_age.values())


def test_the_terminal_shows_every_forecast(result):
    from rich.console import Console

    console = Console(width=160, record=True, file=open("/dev/null", "w"))
    console.print(result)
    text = console.export_text()
    for name in (*baselines.NAMES, "own_growth", "as known in 2010"):
        assert name.replace("_", " ") in text
    assert result.method_hash in text


def test_wrong_worlds_vintages_and_too_few_draws_are_refused():
    with pytest.raises(InputError, match="no world"):
        hindcast("mars")
    with pytest.raises(InputError, match="no vintage '2019'"):
        hindcast("china", people="2019")
    with pytest.raises(InputError, match="quantiles"):
        hindcast("china", draws=5)
