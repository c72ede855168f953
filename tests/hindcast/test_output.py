"""Output is scored on chains of published growth, and nothing of the cluster is learned."""

import numpy as np
import pandas as pd
import pytest

from citybelt.hindcast import known, method, output, result
from citybelt.worlds import tables


@pytest.fixture(scope="module")
def start():
    return known.world()


@pytest.fixture(scope="module")
def made(start):
    return method.forecast(start, 0)


def test_a_chain_is_the_product_of_ten_published_rates(start):
    grown = pd.Series(output.grown(start, False), start.places.units.index)
    rates = tables.facts("gdp_growth")
    own = rates[(rates["region"] == "210200") & rates["year"].between(2011, 2020)]["value"]
    assert len(own) == 10 and grown["210200"] == pytest.approx(np.prod(1 + own / 100))
    assert grown.notna().sum() == 160 and grown[grown.index.str[:2].isin(["21", "22", "23"])].notna().sum() == 14


def test_missing_rates_are_the_provinces(start):
    grown = pd.Series(output.grown(start, True), start.places.units.index)
    index = tables.facts("gdp_index")
    index = index[index["region"] == "220000"].set_index("year")["value"]
    rates = tables.facts("gdp_growth")
    own = rates[rates["region"] == "220100"].set_index("year")["value"]
    chain = np.prod([1 + own[t] / 100 if t in own.index else index[t] / 100 for t in range(2011, 2021)])
    assert not {2017, 2018, 2019} & set(own.index) and grown["220100"] == pytest.approx(chain)
    assert grown[grown.index.str[:2] == "23"].isna().all()  # no rates before 2018


def test_levels_that_break_are_read_nowhere(start, made, monkeypatch):
    """A level of any later year may be anything."""
    inside = result.inside_of("china", start)
    before = output.judge(start, made, inside, 40)
    facts = dict(tables._facts())
    gdp = facts["gdp"]
    facts["gdp"] = gdp.assign(value=gdp["value"].where(gdp["year"] <= 2010, 1e6))
    monkeypatch.setattr(tables, "_facts", lambda: facts)
    assert output.judge(start, made, inside, 40).scores == before.scores


def test_growth_of_the_cluster_is_not_learned_from(start, made, monkeypatch):
    inside = result.inside_of("china", start)
    before = output.judge(start, made, inside, 40)
    grown = output.grown
    monkeypatch.setattr(output, "grown", lambda s, fill: grown(s, fill) * np.where(inside, 3.0, 1.0))
    assert output.judge(start, made, inside, 40).coefficients == before.coefficients


def test_equal_growth_has_no_error_where_all_grow_alike(start, made, monkeypatch):
    monkeypatch.setattr(output, "grown", lambda s, fill: np.full(len(s.total), 2.0))
    monkeypatch.setattr(output, "FORECASTS", ("nation", "own_growth"))
    monkeypatch.setattr(output.levels, "teach", lambda x, z, y, *_: _Nothing(y))
    scores = output.judge(start, made, result.inside_of("china", start)).scores["published"]
    assert scores["nation"][0].mean_abs_error == pytest.approx(0, abs=1e-10)
    assert scores["own_growth"][0].mean_abs_error > 5


class _Nothing:
    """Levels that nobody asks for."""

    def __init__(self, y):
        self.people = y[None]
        self.learned = (type("L", (), {"mean": np.zeros(6)})(),)
