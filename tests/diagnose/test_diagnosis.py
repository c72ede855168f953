"""The diagnosis from the shipped facts: identities, totals known from elsewhere, and both languages."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from citybelt.diagnose import cities as cities_
from citybelt.diagnose import diagnose, diagnose_cities, gap_tables, people_tables, structure_tables
from citybelt.diagnose.facts import COUNTRY, shipped
from citybelt.diagnose.other_tables import exchange_rates
from citybelt.diagnose.words import LANGUAGES, Speech
from citybelt.errors import InputError
from citybelt.result import tables, to_text


@pytest.fixture(scope="module")
def cities():
    return cities_.gather(shipped(), "NE")


@pytest.fixture(scope="module")
def moves(cities):
    return people_tables.Moves(cities)


@pytest.fixture(scope="module")
def diagnosis(cities):
    return diagnose_cities(cities)


@pytest.mark.proposition("P4")
@pytest.mark.proposition("P34")
def test_factors_add_up_to_the_gap_and_the_country_has_none(diagnosis):
    gap = diagnosis.gap.set_index("factor")
    parts = gap.drop("total")
    for column in ("contribution", "log_points"):
        assert parts[column].sum() == pytest.approx(gap.at["total", column], abs=1e-9)
    income = diagnosis.income.set_index("region")["gdp_per_head"]
    assert np.exp(gap.at["total", "log_points"]) == pytest.approx(income["NE"] / income[COUNTRY], rel=2e-3)
    assert (gap["low"] <= gap["contribution"] + 1e-9).all() and (gap["contribution"] <= gap["high"] + 1e-9).all()
    placebo = diagnosis.gaps.set_index("region").loc[COUNTRY].drop("per_head")
    assert placebo.abs().max() < 1e-12


@pytest.mark.proposition("P18")
def test_people_of_the_three_provinces_meet_the_published_census(diagnosis):
    people = diagnosis.people.set_index("region")
    # Census bulletin of 2021: the three provinces held 98.51 million, 10.99 million fewer than in 2010.
    assert people.at["NE", "end"] == pytest.approx(98.51e6, abs=0.02e6)
    assert people.at["NE", "change"] == pytest.approx(-10.99e6, abs=0.03e6)
    np.testing.assert_allclose(people["natural"] + people["migration"], people["change"], atol=1e-3)
    births = people["births"] - people["deaths"] + people["coverage"]
    np.testing.assert_allclose(births, people["natural"], atol=1e-3)
    assert abs(people.at[COUNTRY, "migration"]) < 1


def test_cities_sum_to_provinces_and_provinces_to_the_cluster(diagnosis):
    people = diagnosis.people.set_index("region")
    columns = ["start", "end", "natural", "migration", "births"]
    own = people.loc[diagnosis.names.index, columns].sum()
    np.testing.assert_allclose(own, people.loc["NE", columns], rtol=1e-9)
    np.testing.assert_allclose(people.loc[diagnosis.provinces.index, columns].sum(), people.loc["NE", columns])


@pytest.mark.proposition("P18")
def test_the_young_leave_at_higher_rates_and_the_range_holds_the_centre(diagnosis):
    rate = diagnosis.cohorts[diagnosis.cohorts["region"] == "NE"].set_index("age")["rate"]
    assert rate[[25, 30]].max() < rate[[40, 45, 50, 55]].min()
    people = diagnosis.people
    assert (people["migration_low"] <= people["migration"]).all()
    assert (people["migration"] <= people["migration_high"]).all()


@pytest.mark.proposition("P16")
def test_people_move_towards_output_over_the_country(diagnosis, cities, moves):
    row = diagnosis.pull.set_index("region").loc[COUNTRY]
    assert 0 < row["low"] < row["correlation"] < row["high"] < 1
    shuffled = replace(cities, gdp=cities.gdp.sample(frac=1, random_state=1).set_axis(cities.gdp.index))
    placebo = people_tables.pull(shuffled, moves, 50).set_index("region").loc[COUNTRY]
    assert abs(placebo["correlation"]) < 0.2


@pytest.mark.proposition("P57")
def test_ages_add_up_and_agree_with_the_bands_of_the_census(diagnosis):
    ages = diagnosis.ages.set_index("region")
    for end in ("start", "end"):
        total = ages[[f"share0_14_{end}", f"share15_59_{end}", f"share60_{end}"]].sum(axis=1)
        np.testing.assert_allclose(total, 100, rtol=1e-12)
    band = shipped().table("population_band", 2020)
    for province in diagnosis.provinces.index:
        share = 100 * band.at[province, "60+"] / band.loc[province, ["0-14", "15-59", "60+"]].sum()
        assert ages.at[province, "share60_end"] == pytest.approx(share, abs=0.02)


def test_new_boundaries_are_restated_and_marked(diagnosis, cities):
    people = diagnosis.people.set_index("region")
    assert people.index[people["boundary_changed"]].tolist() == ["220100", "220300"]
    restated = shipped().series("population_comparable", 2010)
    for city in ("220100", "220300"):
        assert people.at[city, "start"] == pytest.approx(restated[city], rel=1e-9)
    # Moving a county between two cities leaves their province as it was counted.
    counted = shipped().series("population", 2010)
    assert people.at["220000", "start"] == pytest.approx(counted["220000"], rel=1e-4)


def test_a_year_that_prints_residents_as_registered_does_not_pass(cities):
    spiked = shipped().series("registered_population", 2020)["231200"]
    steady = pd.Series(people_tables.registered_around(shipped(), 2020, cities.units.index), index=cities.units.index)
    near = [shipped().series("registered_population", y)["231200"] for y in (2019, 2021)]
    assert spiked < 0.8 * min(near)
    assert min(near) <= steady["231200"] <= max(near)
    assert steady["220100"] == pytest.approx(shipped().series("registered_population", 2021)["220100"], rel=0.01)


@pytest.mark.proposition("P31")
def test_similarity_falls_with_detail_for_the_same_provinces(diagnosis):
    own = diagnosis.similarity.set_index(["cluster", "level"])
    for cluster in ("NE", "YRD"):
        levels = [k for k in own.loc[cluster].index if k.startswith("provinces")]
        by_detail = own.loc[cluster].loc[levels].sort_values("n")
        assert by_detail["mean"].is_monotonic_decreasing
        assert by_detail["krugman"].is_monotonic_increasing
    assert ((own["low"] <= own["mean"]) & (own["mean"] <= own["high"])).all()


def test_a_world_adds_its_own_sectors_and_what_it_imputed(cities):
    import xarray as xr

    rng = np.random.default_rng(0)
    regions = ["210100", "210200", "220100", "230100", "230200", "JPN"]
    n, j = len(regions), 3
    output = rng.lognormal(0, 1, (n, j))
    inputs = rng.uniform(0, 0.2, (n, j, j))
    x = xr.Dataset(
        {
            "output": (("region", "sector"), output),
            "input_coef": (("region", "sector", "product"), inputs),
            **{k: (("region", "product"), np.zeros((n, j))) for k in ("consumption", "government", "investment")},
        },
        coords={
            "region": regions,
            "sector": list("abc"),
            "cluster": ("region", ["NE"] * 5 + [""]),
            "foreign": ("region", [False] * 5 + [True]),
        },
        attrs={"cluster": "NE"},
    )
    x["output"].attrs = {"grade": "D", "long_name": "Gross output", "long_name_zh": "总产出"}
    fills = pd.DataFrame([{"variable": "trade", "model": "gravity", "grade": "D"}])
    world = SimpleNamespace(name="toy", base_year=2020, x=x, fills=fills)
    d = diagnose(world)
    own = d.similarity[d.similarity["level"] == "sectors3"].iloc[0]
    assert own["units"] == 5 and own["grade"] == "D" and np.isnan(own["null_drawn"])
    # Demand is inputs alone here: the fit of supply to it, pair by pair, by hand.
    demand = np.array([[sum(inputs[r, k, p] * output[r, k] for k in range(j)) for p in range(j)] for r in range(5)])
    m, s = demand / demand.sum(1, keepdims=True), output[:5] / output[:5].sum(1, keepdims=True)
    fit = np.array([[1 - np.abs(m[a] - s[b]).sum() / 2 for b in range(5)] for a in range(5)])
    row = d.complementarity.set_index("region").loc["220100"]
    others = [0, 1, 3, 4]
    assert row["own"] == pytest.approx(fit[2, 2]) and row["others"] == pytest.approx(fit[2, others].mean())
    assert row["partner"] == regions[others[int(np.argmax(fit[2, others]))]]
    assert d.limits["text_en"].iloc[-1].endswith("Gross output, Flows of goods and services between regions.")
    assert "总产出、地区间货物与服务流量" in d.limits["text_zh"].iloc[-1]


def test_industries_and_their_roles_are_consistent(diagnosis):
    rows = diagnosis.industries
    np.testing.assert_allclose(rows.groupby("region")["share"].sum(), 100, rtol=1e-9)
    assert (rows.groupby("region")["role"].apply(lambda r: (r != "").sum()) <= structure_tables.TOP).all()
    assert (rows[rows["role"] != ""]["lq"] > 1).all()
    often = rows[rows["role"] == "repeats"].groupby("industry")["region"].count()
    top = diagnosis.repeats.set_index("industry")["top"]
    assert (often == top[often.index]).all() and (often >= 12).all()


@pytest.mark.proposition("P41")
def test_trade_by_both_definitions_agrees_over_the_country(diagnosis):
    t = diagnosis.trade[diagnosis.trade["gdp_vintage"] == "revised"]
    wide = t.pivot(index=["region", "year"], columns="definition", values="dependence")
    country = wide.loc[COUNTRY]
    np.testing.assert_allclose(country["operating unit"], country["destination and source"], rtol=2e-3)
    # Head offices: the capital trades far more by operating unit.
    assert (wide.loc["110000"]["operating unit"] > 2 * wide.loc["110000"]["destination and source"]).all()
    latest = t[(t["year"] == 2022) & (t["definition"] == "operating unit")].set_index("region")
    below = (latest["dependence"][latest["rank"].notna()] < latest.at["220000", "dependence"]).sum()
    assert latest.at["220000", "rank"] == 1 + below and np.isnan(latest.at["NE", "rank"])
    # The ratio relative to the country needs no exchange rate.
    relative = (
        t["dependence"]
        / t.merge(t[t["region"] == COUNTRY], on=["year", "definition"], how="left", suffixes=("", "_country"))[
            "dependence_country"
        ].to_numpy()
    )
    np.testing.assert_allclose(relative, t["relative"], rtol=1e-9)


def test_exchange_rates_lie_near_each_other_whatever_they_come_from():
    rates = exchange_rates(shipped())
    assert set(rates["how"]) == {"trade", "output"}
    assert rates["rate"].between(6.2, 7.3).all()


@pytest.mark.proposition("P54")
def test_producer_services_hang_on_the_definition(diagnosis):
    share = diagnosis.services.set_index(["region", "basis", "year", "definition"])["share"].unstack()
    assert (share["broad"] > 1.6 * share["narrow"]).all()
    parts = diagnosis.services_by_industry.groupby("region")["share"].sum()
    np.testing.assert_allclose(parts, share["broad"].xs("employment", level="basis").droplevel("year")[parts.index])


def test_theil_splits_add_up(diagnosis):
    t = diagnosis.inequality
    np.testing.assert_allclose(t["between"] + t["within"], t["total"], atol=1e-12)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_answers_take_their_numbers_from_the_tables(diagnosis, lang):
    say, answers = Speech(lang), diagnosis.answers(lang)
    gap = diagnosis.gap.set_index("factor")["contribution"]
    assert say.percent(abs(gap["total"])) in answers["why"]
    assert all(say.signed(v) in answers["why"] for v in gap.drop("total"))
    assert say.persons(diagnosis.people.set_index("region").at["NE", "end"]) in answers["people"]
    shenyang = {"en": "Shenyang", "zh": "沈阳"}[lang]
    assert shenyang in answers["people"]
    # No place for a number was left open, and no missing value was spoken.
    assert not any(re.search(r"[{}]|nan", text) for text in answers.values())
    assert (diagnosis.limits[f"text_{lang}"] != "").all()


def test_answers_change_with_the_numbers(diagnosis):
    richer = diagnosis.gap.assign(contribution=-diagnosis.gap["contribution"])
    text = replace(diagnosis, gap=richer).answers("en")["why"]
    assert "above the country's" in text and "below" not in text


def test_limits_are_found_in_the_facts_not_typed(cities):
    facts = shipped()
    objects = pd.DataFrame(
        {"region": ["NE"], "cohort_residual": [0.0], "flow_five_years": [1e6], "stock_start": [0.0], "stock_end": [0.0]}
    )
    from citybelt.diagnose.texts import limits

    before = limits(cities, objects, None)
    assert "goods_trade" in set(before["topic"])
    held = facts.rows("goods_trade", 2020, vintage="operating_unit").head(1)
    own = cities.units.index[cities.member("NE")]
    more = pd.concat([held.assign(region=city, year=2024) for city in own])
    richer = replace(facts, frame=pd.concat([facts.frame, more], ignore_index=True))
    after = limits(replace(cities, facts=richer), objects, None)
    assert "goods_trade" not in set(after["topic"])


def test_result_is_plain_json_and_lists_its_tables(diagnosis):
    document = json.loads(to_text(diagnosis.to_json()))
    assert document["cluster"] == "NE" and set(document["answers"]) == set(LANGUAGES)
    assert len(document["people"]) == len(diagnosis.people)
    assert {"gap", "people", "similarity"} <= set(tables(diagnosis))


def test_an_unknown_cluster_is_refused_by_name():
    import xarray as xr

    x = xr.Dataset(coords={"region": ["210100"], "cluster": ("region", ["NE"])})
    world = SimpleNamespace(name="toy", base_year=2020, x=x, fills=None)
    with pytest.raises(InputError, match=r"world toy: no region of cluster 'XX'. Held: NE"):
        diagnose(world, cluster="XX")


def test_output_meets_the_stated_total_only_where_all_cities_report(cities):
    stated = shipped().rows("gdp", 2020, "", "yearbook2021").set_index("region")["value"]
    sums = cities.gdp.sum(axis=1).groupby(cities.units["province"]).sum()
    for province in ("210000", "220000", "230000", "440000"):
        assert sums[province] == pytest.approx(stated[province], rel=1e-9)
    assert sums["630000"] < 0.5 * stated["630000"]  # most of its cities report nothing


def test_gap_in_percent_keeps_proportions():
    parts = pd.Series({"a": -0.1, "b": 0.3})
    out = gap_tables.percent(parts)
    assert out.sum() == pytest.approx(100 * np.expm1(0.2)) and out["a"] / out["b"] == pytest.approx(-1 / 3)
    assert gap_tables.percent(pd.Series({"a": 0.1, "b": -0.1})).tolist() == pytest.approx([10.0, -10.0])


def test_a_cluster_that_is_part_of_a_province_is_diagnosed_without_province_facts():
    d = diagnose_cities(cities_.gather(shipped(), "PRD"))
    assert len(d.names) == 9 and d.provinces.empty and d.products.empty and not d.overlap
    assert "not made up of whole ones" in d.answers("en")["openness"]
    assert "Two records measure" in d.answers("en")["people"]
    assert not any("nan" in text for text in d.answers("zh").values())


def test_a_widened_cluster_counts_its_new_cities():
    wide = pd.Series("NE", index=["150400", "150500", "150700", "152200"])
    d = diagnose_cities(cities_.gather(shipped(), "NE", wide))
    assert len(d.names) == 40 and d.provinces.index.tolist() == ["210000", "220000", "230000"]
    assert np.isnan(d.three_objects.set_index("region").at["NE", "flow_five_years"])
    assert d.three_objects.set_index("region").at["210000", "flow_five_years"] < 0
