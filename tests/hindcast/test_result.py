"""What the hindcast returns, for both worlds."""

import json

import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.hindcast import baselines, hindcast, known, method, target
from citybelt.hindcast.result import scored
from citybelt.result import to_text


@pytest.fixture(scope="module")
def parts():
    start = known.world()
    made = method.forecast(start, 20)
    return start, made, baselines.all_of(start, made), target.counted(start.places)


@pytest.fixture(scope="module", params=["china", "northeast"])
def result(request, parts):
    return scored(request.param, *parts)


def test_the_document_has_its_keys(result):
    document = json.loads(to_text(result.to_json()))
    assert set(document["coverage"]) == {"50", "80"}
    for name in ("crps", "bias", "median_abs_error"):
        assert set(document[name]) == {"all", "cluster"}
    assert set(document["baselines"]) == set(baselines.NAMES)
    assert set(document["by_age"]) == set(target.GROUPS)
    assert document["method_hash"] == method.method_hash()
    assert document["cluster"] == "NE"


def test_regions_add_up_to_the_places(result, parts):
    start, _, simple, _ = parts
    assert result.regions["people_2010"].sum() == pytest.approx(start.total.sum(), rel=1e-12)
    assert result.regions["closed"].sum() == pytest.approx(simple["closed"].sum(), rel=1e-12)
    assert result.regions["cluster"].sum() == 36
    assert result.total.cluster.places == 36


def test_scores_are_those_of_the_table(result):
    table = result.regions[result.regions["counted"].notna()]
    error = 100 * (table["persistence"] / table["counted"] - 1)
    assert result.baselines["persistence"].all.bias == pytest.approx(error.mean())
    assert result.baselines["persistence"].all.median_abs_error == pytest.approx(error.abs().median())
    inside = (table["low80"] <= table["counted"]) & (table["counted"] <= table["high80"])
    assert result.total.all.coverage["80"] == pytest.approx(100 * inside.mean())
    assert (table["low80"] <= table["low50"]).all() and (table["high50"] <= table["high80"]).all()


def test_the_census_of_2020_is_whole(parts):
    start, _, _, counted = parts
    held = np.isfinite(counted).all(axis=1)
    missing = list(start.places.units.index[~held])
    assert missing == ["460000-rest", "650000-rest"]
    # 1,409.8 million were counted with soldiers' families of all places; the two that are left out are small.
    assert counted[held].sum() == pytest.approx(1.4e9, rel=0.005)


def test_a_forecast_of_the_count_itself_has_no_error(parts):
    start, made, simple, counted = parts
    classes = np.zeros((len(counted), 21))
    for k, group in enumerate(target.GROUPS.values()):
        classes[:, list(group)] = np.nan_to_num(counted[:, k : k + 1], nan=1.0) / len(group)
    perfect = method.Forecast(np.stack([classes] * 3), made.fitted, made.births, made.flow, made.net_stock)
    found = scored("china", start, perfect, simple, counted)
    assert found.total.all.crps == pytest.approx(0, abs=1e-9)
    assert all(s.all.median_abs_error == pytest.approx(0, abs=1e-9) for s in found.by_age.values())


def test_the_terminal_shows_every_baseline(result):
    from rich.console import Console

    console = Console(width=160, record=True, file=open("/dev/null", "w"))
    console.print(result)
    text = console.export_text()
    for name in baselines.NAMES:
        assert name.replace("_", " ") in text
    assert result.method_hash in text


def test_wrong_worlds_and_too_few_draws_are_refused():
    with pytest.raises(InputError, match="no world"):
        hindcast("mars")
    with pytest.raises(InputError, match="quantiles"):
        hindcast("china", draws=5)
