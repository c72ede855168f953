"""A user's table in place of the imputed split: what holds, what comes back, and every way to get it wrong."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import citybelt as cb
from citybelt import cli
from citybelt.errors import InputError
from citybelt.scenario.simulate import _of_vintage
from citybelt.worlds import sources, tables
from citybelt.worlds.overview import Overview
from citybelt.worlds.split import COLUMNS, Split, applied, read

REGIONS = {"210100": ("Shenyang", "沈阳市"), "210200": ("Dalian", "大连市"), "220100": ("Changchun", "长春市")}
SECTORS = {
    "farm": ("Farms", "农业"),
    "steel": ("Steel", "钢铁"),
    "cars": ("Cars", "汽车"),
    "shops": ("Shops", "商店"),
}
TIER = np.array(["primary", "secondary", "secondary", "tertiary"])
HEAD = ",".join(COLUMNS)


def written(folder, text, encoding="utf-8"):
    file = folder / "mine.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return file


def problems(folder, text, encoding="utf-8"):
    with pytest.raises(InputError) as caught:
        read(written(folder, text, encoding), REGIONS, SECTORS)
    return [str(p).removeprefix(str(folder / "mine.csv")) for p in caught.value.problems]


# -- the file --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_columns_come_in_any_order_beside_others_and_blank_lines(tmp_path, encoding):
    text = 'note,value_added,sector,region\n"a, b",12.5,cars,210100\n\n,0, steel ,210200\n'
    split = read(written(tmp_path, text, encoding), REGIONS, SECTORS)
    assert split.rows == ((2, "210100", "cars", 12.5), (4, "210200", "steel", 0.0))
    table = split.table(list(REGIONS), list(SECTORS))
    assert table[0, 2] == 12.5 and table[1, 1] == 0 and np.isnan(table).sum() == 10


def test_every_mistake_is_reported_at_once_with_its_line_and_column(tmp_path):
    rows = [
        "Shenyang,cars,1", "210100,car,-2", "210100,steel,much", "210100,shops,", "210100,farm,nan", "210200,cars,3",
        "210200,cars,4", "210200,steel", "9,x,1",
    ]  # fmt: skip
    found = problems(tmp_path, "\n".join([HEAD, *rows]))
    for line, words in [
        (2, "column region: there is no region 'Shenyang' in this world. Did you mean '210100' (Shenyang)?"),
        (3, "column sector: there is no sector 'car' in this world. Did you mean 'cars' (Cars)?"),
        (3, "column value_added: -2 is negative. Give bn CNY a year, such as 12.5."),
        (4, "column value_added: 'much' is not a number. Give bn CNY a year, such as 12.5."),
        (5, "column value_added: the cell is empty. Give bn CNY a year, such as 12.5."),
        (6, "column value_added: 'nan' is not a number. Give bn CNY a year, such as 12.5."),
        (8, "210200 cars stands on line 7 already. Keep one of them."),
        (9, "2 cells under 3 columns. Quote cells that hold a comma."),
        (10, "column region: there is no region '9' in this world. Ids are such as 210100, 210200, 220100."),
        (10, "column sector: there is no sector 'x' in this world. Ids are such as farm, steel, cars."),
    ]:
        where = f", line {line}, " if words.startswith("column") else f", line {line}: "
        assert where + words in found
    assert len(found) == 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        (HEAD + "\n", "there are no rows under the heading"),
        ("region,sector,value\n210100,cars,1\n", "there is no column 'value_added'. Rename 'value'."),
        ("region;sector;value_added\n210100;cars;1\n", "Separate columns by commas."),
        (HEAD + ",sector\n210100,cars,1,cars\n", "column sector: the column is there twice"),
        ("region,sector,value_added\n沈阳,cars,1\n".encode("gb18030"), "line 2: the text is not in UTF-8"),
        (f"{HEAD}\n".encode("utf-16"), "line 1: the text is not in UTF-8"),
        (b"PK\x03\x04 a workbook", "this is a workbook"),
        (b"a\x00b", "this is not a text file"),
        (f'{HEAD}\n210100,cars,"{"1" * 140_000}"\n', "field larger than field limit"),
    ],
)
def test_files_that_are_no_table_are_refused(tmp_path, text, message):
    (only,) = problems(tmp_path, text)
    assert message in only


def test_several_columns_can_be_missing_and_the_file_too(tmp_path):
    assert len(problems(tmp_path, "a,b\n1,2\n")) == 3
    with pytest.raises(InputError, match="No such file"):
        read(tmp_path / "none.csv", REGIONS, SECTORS)


# -- the rule --------------------------------------------------------------------------------------------------


def split_of(values):
    rows = ((n + 2, r, s, v) for n, ((r, s), v) in enumerate(values.items()))
    return Split("mine.csv", tuple(rows))


def put(added, values):
    return applied(added, split_of(values), TIER, list(REGIONS), list(SECTORS), 1e-4)


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_given_values_stay_and_tiers_and_the_nation_hold(seed):
    rng = np.random.default_rng(seed)
    regions, tier = [str(r) for r in range(7)], np.repeat(["primary", "secondary", "tertiary"], [1, 5, 3])
    sectors = [f"s{j}" for j in range(9)]
    added = rng.lognormal(0, 0.5, (7, 9))
    mine = {(str(r), f"s{j}"): added[r, j] * rng.uniform(0.5, 1.3) for r, j in ((0, 1), (0, 2), (3, 4), (3, 7))}
    out = applied(added, split_of(mine), tier, regions, sectors, 1e-4)
    for (r, s), value in mine.items():
        assert out[int(r), sectors.index(s)] == value
    for t in set(tier):
        np.testing.assert_allclose(out[:, tier == t].sum(1), added[:, tier == t].sum(1), rtol=1e-9)
    np.testing.assert_allclose(out.sum(0), added.sum(0), rtol=1e-9)
    # As near as possible to what was imputed: cross ratios of cells that nobody gave are unchanged.
    odds = lambda x: x[1, 3] * x[2, 5] / (x[1, 5] * x[2, 3])  # noqa: E731
    assert odds(out) == pytest.approx(odds(added), rel=1e-7)
    np.testing.assert_allclose(out[:, 0], added[:, 0], rtol=1e-9)
    assert (out > 0).all()


def test_a_tier_that_is_given_whole_takes_the_total_of_the_table():
    added = np.random.default_rng(0).uniform(1, 4, (3, 4))
    out = put(added, {("210100", "steel"): 3.0, ("210100", "cars"): 1.0, ("220100", "farm"): 0.9})
    assert out[0, 1:3].tolist() == [3.0, 1.0] and out[2, 0] == 0.9
    np.testing.assert_allclose(out.sum(0), added.sum(0), rtol=1e-12)
    # The others keep their proportions in the total of the tier.
    np.testing.assert_allclose(out[1, 1:3].sum() / out[2, 1:3].sum(), added[1, 1:3].sum() / added[2, 1:3].sum())
    np.testing.assert_array_equal(out[:, 3], added[:, 3])


def test_a_given_zero_becomes_a_trace():
    added = np.random.default_rng(1).uniform(1, 4, (3, 4))
    out = put(added, {("210100", "cars"): 0.0})
    assert out[0, 2] == pytest.approx(1e-4 * added[0, 1:3].sum())
    assert out[0, 1:3].sum() == pytest.approx(added[0, 1:3].sum())


def test_rows_that_leave_nothing_are_refused_with_what_to_do():
    added = np.ones((3, 4))
    with pytest.raises(InputError) as caught:
        put(added, {("210100", "cars"): 2.5, ("210200", "farm"): 9.0, ("220100", "shops"): 0.5})
    text = str(caught.value)
    assert len(caught.value.problems) == 2
    assert "mine.csv, line 2: the rows of 210100 add up to 2.5 and its secondary sector has 2." in text
    assert "(missing: steel)" in text
    assert "the rows of farm add up to 9 and the nation has 3. Check the unit" in text
    with pytest.raises(InputError, match="Scale them, or leave a region out"):
        put(added, {(r, "farm"): 0.5 for r in REGIONS})
    same = put(added, {(r, "farm"): v for r, v in zip(REGIONS, (0.5, 1.0, 1.5), strict=True)})
    assert same[:, 0].tolist() == [0.5, 1.0, 1.5]


def test_values_that_no_split_can_meet_are_refused():
    added = np.array([[1.0, 5.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    # Two regions have no cars, and the third can't make all of the nation's.
    with pytest.raises(InputError, match="can't both hold"):
        put(added, {("210100", "cars"): 0.001, ("210200", "cars"): 0.001})


# -- a world ---------------------------------------------------------------------------------------------------

MINE = {("210100", "equip"): 120.5, ("210100", "elec"): 10.0, ("230600", "oilgas"): 90.0, ("210200", "coal"): 0.0}


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    rows = "\n".join(f"{r},{s},{v}" for (r, s), v in MINE.items())
    return written(tmp_path_factory.mktemp("split"), f"{HEAD}\n{rows}\n")


@pytest.fixture(scope="module")
def changed(mine):
    return cb.load("northeast", split=mine)


def added_of(data):
    return (1 - data.x["input_coef"].sum("product")) * data.x["output"]


def test_the_world_holds_the_given_values_and_every_total(northeast, changed):
    before, after = added_of(northeast), added_of(changed)
    for (region, sector), value in MINE.items():
        if value:
            assert after.sel(region=region, sector=sector).item() == pytest.approx(value, rel=1e-7)
    assert 0 < after.sel(region="210200", sector="coal").item() < 0.1
    tier = tables.sectors()["tier"].to_numpy()
    home = northeast.x.sizes["residence"]
    for t in set(tier):
        now, then = (data[:home, tier == t].sum("sector") for data in (after, before))
        np.testing.assert_allclose(now, then, rtol=1e-7)
    np.testing.assert_allclose(after[:home].sum("region"), before[:home].sum("region"), rtol=1e-7)
    binding = changed.deviations[~changed.deviations["exempt"]]
    assert binding["deviation_pct"].abs().max() < 0.1
    assert (binding["total"] == "value_added_given").sum() == 3 and (binding["total"] == "gdp_share").sum() == 31


def test_trade_balances_again(changed):
    flows, x = changed.trade(), changed.x
    np.testing.assert_array_equal(flows.sum(axis=0), x["output"].values)
    spent = sum(x[name].values for name in ("consumption", "government", "investment"))
    spent = spent + np.einsum("nkj,nk->nj", x["input_coef"].values, x["output"].values)
    np.testing.assert_allclose((flows * (1 + x["tariff"].values)).sum(axis=1), spent, rtol=1e-12)


def test_provenance_fills_and_sources_name_the_file(northeast, changed, mine):
    cells = changed.provenance.query("variable == 'output'").set_index(["region", "item"])
    for key in MINE:
        assert cells.loc[key, "grade"] == "B" and cells.loc[key, "source"] == "user table mine.csv"
    assert cells.loc[("210100", "chem"), "grade"] == "D"
    row = changed.fills[changed.fills["model"] == "user table mine.csv"].iloc[0]
    assert row["region"] == "210100;210200;230600" and 0 < row["share"] < 0.01
    named = Overview(changed).sources.set_index("source")
    assert named.loc["user table mine.csv", "citation"] == str(mine)
    assert set(named.index) - {"user table mine.csv"} <= set(sources().index)
    assert changed.split == str(mine) and "split of" in repr(changed) and northeast.split == ""


def test_a_draw_splits_the_others_only(northeast, changed):
    drawn, central = added_of(changed.redraw(5)), added_of(changed)
    for region, sector in MINE:
        now, then = (data.sel(region=region, sector=sector).item() for data in (drawn, central))
        assert now == pytest.approx(then, rel=1e-7)
    now, then = (data.sel(region="210100", sector="chem").item() for data in (drawn, central))
    assert abs(now / then - 1) > 0.01


def test_a_total_that_the_table_replaces_is_exempt(tmp_path, northeast):
    data = cb.load("northeast", split=written(tmp_path, f"{HEAD}\n210100,agr,40\n"))
    assert added_of(data).sel(region="210100", sector="agr").item() == pytest.approx(40, rel=1e-7)
    assert data.deviations.query("total == 'gdp_share'")["exempt"].all()
    assert not northeast.deviations.query("total == 'gdp_share'")["exempt"].any()


def test_a_scenario_on_another_vintage_keeps_the_table(changed):
    other = _of_vintage(changed, SimpleNamespace(id="late", vintage="2021"))
    assert other.vintage == "2021" and other.split == changed.split
    assert added_of(other).sel(region="210100", sector="equip").item() == pytest.approx(120.5, rel=1e-7)


def test_the_command_line_reads_it_and_refuses_bad_ones(tmp_path, mine, capfd):
    assert cli.main(["data", "northeast", "--split", str(mine), "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert any(row["source"] == "user table mine.csv" for row in document["sources"])
    bad = written(tmp_path, f"{HEAD}\n210100,equipment,1\n999999,equip,-1\nJPN,equip,1\n")
    assert cli.main(["data", "northeast", "--split", str(bad), "--json"]) == 2
    document = json.loads(capfd.readouterr().out)
    assert len(document["errors"]) == 4 and "equip" in document["errors"][0]["do"]
