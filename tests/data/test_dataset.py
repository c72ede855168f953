"""The labelled worlds: identities of the accounts, grades, sources, vintages, options."""

import numpy as np
import pandas as pd
import pytest

import citybelt as cb
from citybelt import worlds
from citybelt.data import dictionary
from citybelt.data.margins import final_demand
from citybelt.errors import InputError
from citybelt.worlds import tables

FINAL = ("consumption", "government", "investment")


def assert_accounts_hold(data, flows):
    x = data.x
    np.testing.assert_array_equal(flows.sum(axis=0), x["output"].values)
    bought = (flows * (1 + x["tariff"].values)).sum(axis=1)
    inputs = np.einsum("nkj,nk->nj", x["input_coef"].values, x["output"].values)
    spent = sum(x[name].values for name in FINAL) + inputs
    np.testing.assert_allclose(spent, bought, rtol=1e-12)
    for name in FINAL:
        assert (x[name].values >= 0).all(), name
    assert (x["output"].values > 0).all()
    added = 1 - x["tax_rate"].values - x["input_coef"].values.sum(axis=2)
    assert (added > 0).all()
    shares = sum(x[f"{f}_share"].values for f in ("labour", "capital", "land"))
    np.testing.assert_allclose(shares, 1.0, rtol=1e-12)


@pytest.mark.parametrize("name", worlds.NAMES)
def test_every_purchase_is_sold_and_every_person_counted(name, request):
    data = request.getfixturevalue(name)
    assert_accounts_hold(data, data.trade())
    x = data.x
    people = x["migrants"].values
    np.testing.assert_allclose(people.sum(axis=0), x["population"].values, rtol=1e-9)
    np.testing.assert_allclose(people.sum(axis=1), x["registered"].values, rtol=1e-9)
    assert (people >= 0).all()
    assert x["population"].sum() == 1_409_778_724
    home = int((~x["foreign"]).sum())
    assert not x["foreign"].values[:home].any() and x["foreign"].values[home:].all()
    assert list(x["region"].values[:home]) == sorted(x["region"].values[:home]) == list(x["residence"].values)


@pytest.mark.parametrize("name", worlds.NAMES)
def test_known_totals_are_met_unless_exempt(name, request):
    table = request.getfixturevalue(name).deviations
    binding = table[~table["exempt"]]
    assert (binding["deviation_pct"].abs() < 0.1).all()
    for total in (
        "output",
        "gdp_share",
        "population",
        "employed persons",
        "co2",
        "exports",
        "imports",
        "goods_trade_share",
        "partner_trade_share",
        "residents_from_other_provinces",
    ):
        assert (binding["total"] == total).any(), total
    assert binding.query("total == 'goods_trade_share'")["region"].nunique() == 31
    assert set(table["grade"]) <= set("ABCD")
    late = table.query("total == 'partner_trade_share' and year != 2020")
    assert late["exempt"].all() and (late["grade"] == "D").all()


def test_the_partners_without_a_total_of_the_year_are_exempt(northeast):
    partners = northeast.deviations.query("total == 'partner_trade_share'").set_index("region")
    assert partners.loc[["JPN", "KOR"], "exempt"].sum() == 0
    assert partners.loc[["RUS", "MNG", "ROW"], "exempt"].all()


def test_every_variable_is_in_the_dictionary_with_unit_grade_and_both_names(northeast):
    names = dictionary().loc["variable"]
    assert set(northeast.x.data_vars) == set(names.index)
    for name, variable in northeast.x.data_vars.items():
        about = variable.attrs
        assert about["unit"] == names.at[name, "unit"] and about["grade"] in set("ABCD")
        assert about["long_name"] and about["long_name_zh"] and about["long_name"] != about["long_name_zh"]
        assert list(variable.dims) == names.at[name, "dims"].split()
        assert int(about["year"]) > 2000


def test_provenance_covers_every_variable_and_its_sources_resolve(northeast):
    table = northeast.provenance
    assert set(table["variable"]) == set(northeast.x.data_vars)
    assert set(table["grade"]) <= set("ABCD")
    keys = {key for text in table["source"] for key in text.split(";")}
    assert keys <= set(worlds.sources().index)
    assert worlds.sources().index.is_unique
    daqing = table.query("variable == 'output' and region == '230600' and item == 'oilgas'")
    assert daqing["grade"].tolist() == ["D"]
    assert daqing["value"].iloc[0] == northeast.x["output"].sel(region="230600", sector="oilgas").item()
    qinghai = table.query("variable == 'gdp3' and region == '630000'")
    assert (qinghai["grade"] == "D").all() and len(qinghai) == 3


def test_regions_are_those_of_the_definition(northeast):
    x = northeast.x
    assert int((x["cluster"] == "NE").sum()) == 36
    assert list(x["region"].values[-5:]) == ["JPN", "KOR", "RUS", "MNG", "ROW"]
    assert set(x["cluster"].sel(region=["440000-prd", "310000", "110000"]).values) == {"PRD", "YRD", "BTH"}
    assert len(np.unique(x["province"].values)) == 31
    assert x["area_km2"].sel(region="210100").item() == pytest.approx(12_900, rel=0.05)


def test_eastern_inner_mongolia_can_be_switched_in(northeast):
    wide = cb.load("northeast", inner_mongolia=True)
    assert wide.x.sizes["region"] == northeast.x.sizes["region"] + 4
    parts = ["150000-rest", "150400", "150500", "150700", "152200"]
    for name in ("population", "workers"):
        whole = northeast.x[name].sel(residence="150000").values
        np.testing.assert_allclose(wide.x[name].sel(residence=parts).sum("residence").values, whole)
    whole = northeast.x["output"].sel(region="150000").values
    np.testing.assert_allclose(wide.x["output"].sel(region=parts).sum("region").values, whole, rtol=1e-9)
    assert_accounts_hold(wide, wide.trade())


def test_vintages_differ_in_gdp_only(northeast):
    other = cb.load("northeast", vintage="2021")
    same = [
        "input_coef",
        "tax_rate",
        "tariff",
        "population",
        "registered",
        "workers",
        "migrants",
        "hours_road",
        "employment_industry",
        "wage",
        "co2",
        "pension_benefit",
    ]
    for name in same:
        np.testing.assert_array_equal(other.x[name].values, northeast.x[name].values, err_msg=name)
    assert not np.allclose(other.x["gdp3"].values, northeast.x["gdp3"].values)
    assert not np.allclose(other.x["output"].values, northeast.x["output"].values)
    assert_accounts_hold(other, other.trade())
    published = other.deviations.query("total == 'gdp_share'")
    assert (published["year"] == 2021).all()


def test_worlds_of_different_detail_agree(northeast, china):
    inside = northeast.x["province"].to_series()
    wholes = [r for r in inside.index if inside[r] == r]
    for name in ("population", "workers"):
        fine, coarse = (w.x[name].sum([d for d in w.x[name].dims if d != "residence"]) for w in (china, northeast))
        by_province = fine.to_series().groupby(china.x["province"].to_series()).sum()
        np.testing.assert_allclose(coarse.sel(residence=wholes).values, by_province[wholes].values)
    home = china.x["output"].values[: china.x.sizes["residence"]]
    by_province = pd.DataFrame(home).groupby(china.x["province"].values).sum()
    np.testing.assert_allclose(northeast.x["output"].sel(region=wholes).values, by_province.loc[wholes], rtol=1e-6)


def test_another_trade_matrix_keeps_value_added_by_city_and_balances(northeast):
    if not northeast.n_draws:
        pytest.skip("no bank of trade matrices is shipped")
    assert northeast.n_draws >= 20
    with pytest.raises(ValueError, match="trade matrix"):
        northeast.trade(northeast.n_draws)
    drawn = northeast.redraw(3)
    assert_accounts_hold(drawn, drawn.trade())
    home = northeast.x.sizes["residence"]
    before, after = (d.x["output"].values for d in (northeast, drawn))
    added = 1 - northeast.x["input_coef"].values.sum(axis=2)
    np.testing.assert_allclose((after * added).sum(axis=1), (before * added).sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(after.sum(axis=0), before.sum(axis=0), rtol=1e-9)
    np.testing.assert_allclose(
        drawn.x["consumption"].values[:home], northeast.x["consumption"].values[:home], rtol=1e-4, atol=1e-9
    )
    assert np.abs(drawn.trade() / northeast.trade().clip(1e-12) - 1).max() > 0.05


def test_final_demand_that_inputs_exceed_is_refused():
    flows = np.full((2, 2, 2), 1.0)
    coef = np.full((2, 2, 2), 0.9)
    with pytest.raises(InputError, match="region 0, product 0"):
        final_demand(flows, np.zeros((2, 2, 2)), coef, np.ones((3, 2, 2)))


@pytest.mark.parametrize(
    ("name", "vintage", "message"),
    [
        ("norteast", "2020", "Did you mean 'northeast'"),
        ("northeast", "2020-revise", "Did you mean '2020-revised'"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(name, vintage, message):
    with pytest.raises(InputError, match=message):
        worlds.load(name, vintage)
    with pytest.raises(InputError) as caught:
        worlds.load("x", "y")
    assert len(caught.value.problems) == 2


def test_china_has_no_switch(china):
    with pytest.raises(InputError, match="no option"):
        worlds.load("china", inner_mongolia=True)


def test_a_part_of_an_industry_hinges_on_its_split_and_a_whole_one_does_not(northeast):
    """Held against the concordance to the industries that the census counts, and the grades of provenance."""
    sectors = tables.sectors()
    for _, inside in sectors.groupby("industries20"):
        members = list(inside.index)
        assert not northeast.hinges(members)
        assert all(northeast.hinges([s]) == (len(members) > 1) for s in members)
    assert northeast.hinges(["chem", "trade"]) and not northeast.hinges([]) and not northeast.hinges(sectors.index)
    assert northeast.hinges(["trade"], within="tier") and not northeast.hinges(["agr"], within="tier")
    grades = northeast.grades()
    assert grades.shape == (northeast.x.sizes["residence"], 21) and set(grades["agr"]) == {"C"}
    cells = northeast.provenance.query("variable == 'output' and region == '230600' and item == 'oilgas'")
    assert grades.loc["230600", "oilgas"] == cells["grade"].item()
    with pytest.raises(InputError) as caught:
        northeast.hinges(["cars"], ["1"])
    assert len(caught.value.problems) == 2


def test_a_users_values_end_the_hinge(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("region,sector,value_added\n210100,coal,1\n210100,othmin,2\n210200,coal,1\n")
    data = cb.load("northeast", split=file)
    assert not data.hinges(["coal"], ["210100", "210200"]) and not data.hinges(["coal", "othmin"], ["210100"])
    assert data.hinges(["coal", "othmin"], ["210200"]) and data.hinges(["oilgas"], ["210100"])
    assert data.hinges(["coal"]) and data.hinges(["equip"], ["210100"])
