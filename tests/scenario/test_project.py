"""A planner's own projects: what a file or a table says is what the economy feels and what it costs."""

import csv
import dataclasses
import math
import re
import zipfile

import jax.numpy as jnp
import numpy as np
import pytest

from citybelt.errors import InputError
from citybelt.geo.network import Network
from citybelt.scenario import evidence
from citybelt.scenario.card import cards_of, sector_ids
from citybelt.scenario.document import Document
from citybelt.scenario.instruments import GROUPS
from citybelt.scenario.levers import shock
from citybelt.scenario.money import annuity
from citybelt.scenario.project import project_cards, rules, types
from citybelt.scenario.project_table import COLUMNS, project_table
from small_world import ABROAD, HOME, small_levers, small_world

PORT = """
port:
  name: {en: "A port", zh: "港口"}
  type: port
  regions: ["210200", "210100"]
  cost: {centre: 4, city: 8}
  build_years: 4
  life: 25
  brings:
    productivity: {sectors: [transp], percent: 3}
    travel: {cities: ["210200", "210100", "230100"], minutes: 20, sectors: manufacturing}
    housing_land: 300
    industry_land: {sectors: manufacturing, hectares: 500}
    skills: 0.5
    amenity: 0.2
    clearance: {partners: [JPN, KOR], hours: 4, sectors: [equip, elec]}
  source: "a study of 2024"
  design: associational
  range: {cost: [0.9, 1, 1.3], effect: [0.8, 1, 1.1]}
  after: [hsr_harbin_yichun]
  not_with: [hsr_shenyang_baihe]
  earliest: 2027
"""


def at(region):
    return [*HOME, *ABROAD].index(region)


def of(sector):
    return sector_ids().index(sector)


@pytest.fixture(scope="module")
def dataset():
    return small_world()


@pytest.fixture
def cards(tmp_path):
    def read(text):
        path = tmp_path / "projects.yaml"
        path.write_text(text, encoding="utf-8")
        doc = Document(path)
        found = project_cards(doc, doc.root, sector_ids(), HOME)
        doc.finish()
        return found

    return read


@pytest.fixture
def port(cards, dataset):
    (one,) = small_levers(dataset, cards=cards(PORT))
    return one


def test_a_project_costs_what_its_planner_says(port):
    yearly = annuity(25, 4) + float(types()["port"]["upkeep"])
    assert float(port.cost(100.0)) == pytest.approx(12 * yearly)
    assert [float(c) for c in port.unit_cost * 100] == pytest.approx([12 * yearly * f for f in (0.9, 1, 1.3)])
    z = shock([port], jnp.array([100.0]))
    by_payer = np.asarray(z.purchase).sum(axis=(1, 2))
    np.testing.assert_allclose(by_payer, 12 * yearly * np.array([1 / 3, 0, 2 / 3, 0, 0]))
    products = np.asarray(z.purchase).sum(axis=(0, 1)) / by_payer.sum()
    assert products[of("constr")] == pytest.approx(0.65) and products[of("equip")] == pytest.approx(0.25)


LAND = """
district:
  name: {en: "A new district", zh: "新区"}
  type: housing
  regions: ["210200", "210100"]
  cost: {city: 2}
  build_years: 2
  brings:
    housing_land: HOMES
    industry_land: {sectors: all, hectares: FIRMS}
"""


def test_land_for_housing_and_firms_as_they_share_it_is_a_quota_of_as_much(cards, dataset):
    card = cards_of("northeast")["land_central"]
    where = {**card.where, "regions": ("210200", "210100")}
    (quota,) = small_levers(dataset, cards={"q": dataclasses.replace(card, upper=2000.0, where=where)})
    hectares = float(quota.response(2000.0))
    text = LAND.replace("HOMES", repr(0.65 * hectares)).replace("FIRMS", repr(0.35 * hectares))
    (one,) = small_levers(dataset, cards=cards(text))
    whole, like = shock([one], jnp.array([100.0])), shock([quota], jnp.array([2000.0]))
    np.testing.assert_allclose(np.asarray(whole.log_Hres), np.asarray(like.log_Hres), rtol=1e-12)
    named = [of(s) for s in (*card.where["sectors"], "agr")]
    np.testing.assert_allclose(np.asarray(whole.log_H)[:, named], np.asarray(like.log_H)[:, named], rtol=1e-12)
    assert float(whole.log_Hres[at("210200")]) == pytest.approx(math.log1p(hectares / 2 / (3e6 * 105 / 1e4)))
    assert one.hectares * 100 == pytest.approx(hectares)


def test_land_for_sectors_that_a_region_does_not_have_is_refused(cards):
    less = small_world()
    less.x["land_share"][at("210200"), of("petro")] = 0.0
    text = LAND.replace("sectors: all", "sectors: [petro]").replace("HOMES", "10").replace("FIRMS", "10")
    with pytest.raises(InputError, match=r"sectors that have none in 210200\."):
        small_levers(less, cards=cards(text))


@pytest.mark.proposition("P21")
def test_while_it_is_built_its_total_is_spent_in_equal_years(port):
    assert port.card.build_years == 4
    np.testing.assert_allclose(port.total(100.0), [4, 0, 8, 0, 0])
    out = np.asarray(port.outlay(100.0))
    np.testing.assert_allclose(out.sum(axis=(1, 2)), [1, 0, 2, 0, 0])
    assert out.sum(axis=(0, 2))[[at("210200"), at("210100")]].sum() == pytest.approx(3.0)
    np.testing.assert_allclose(np.asarray(port.outlay(40.0)), 0.4 * out)


def test_a_project_brings_what_it_says_in_physical_units(port, dataset):
    z, x = shock([port], jnp.array([100.0])), dataset.x
    dalian, shenyang, harbin = at("210200"), at("210100"), at("230100")
    assert float(z.log_A[dalian, of("transp")]) == pytest.approx(math.log(1.03))
    assert not np.asarray(z.log_A)[:, of("equip")].any() and not np.asarray(z.log_A)[harbin].any()
    assert float(z.log_h[shenyang]) == pytest.approx(math.log(1.005))
    assert float(z.log_B[shenyang]) == pytest.approx(math.log(1.002)) and float(z.log_B[harbin]) == 0.0
    # Freight: twenty minutes off today's hours, by the elasticity of the roads.
    hours = Network.load(2020).times([*HOME, *ABROAD])
    size = evidence.effects()["road_time"].size.central
    expected = size * math.log(1 - (20 / 60) / hours[harbin, dalian])
    assert float(z.log_d[of("chem"), harbin, dalian]) == pytest.approx(expected)
    assert float(z.log_d[of("agr"), harbin, dalian]) == float(z.log_d[of("chem"), dalian, dalian]) == 0.0
    # Clearance: four hours of a day that costs 1.1 per cent, of which 0.65 delays goods.
    day = 0.0112 * 0.65
    assert float(z.log_d[of("elec"), dalian, at("JPN")]) == pytest.approx(-day * 4 / 24)
    assert float(z.log_d[of("elec"), at("KOR"), shenyang]) == pytest.approx(-day * 4 / 24)
    assert float(z.log_d[of("elec"), harbin, at("JPN")]) == float(z.log_d[of("chem"), dalian, at("JPN")]) == 0.0
    # Land: both cities are built up alike in the small world.
    built = 3e6 * 105 / 1e4
    assert float(z.log_Hres[dalian]) == pytest.approx(math.log1p(150 / (0.65 * built)))
    va = (1 - x["tax_rate"].values - x["input_coef"].values.sum(axis=2)) * x["output"].values
    rents = (x["land_share"].values * va)[dalian]
    made = [of(s) for s in GROUPS["manufacturing"][2]]
    stands = 0.35 * built * rents[made].sum() / np.delete(rents, of("agr")).sum()
    assert float(z.log_H[dalian, of("metal")]) == pytest.approx(math.log1p(250 / stands))
    assert float(z.log_H[dalian, of("agr")]) == pytest.approx(math.log1p(-400 / (x["area_km2"].values[dalian] * 100)))
    assert port.hectares * 100 == pytest.approx(800)


def test_a_part_of_a_project_brings_its_share(port):
    whole, half = (shock([port], jnp.array([v])) for v in (100.0, 50.0))
    for name in ("log_A", "log_d", "log_H", "log_h", "purchase"):
        np.testing.assert_allclose(getattr(half, name), np.asarray(getattr(whole, name)) / 2, atol=1e-18)


def test_travel_in_per_cent_is_a_fall_of_the_price(cards, dataset):
    text = PORT.replace("minutes: 20, sectors: manufacturing", "percent: 2")
    (one,) = small_levers(dataset, cards=cards(text))
    z = shock([one], jnp.array([100.0]))
    assert float(z.log_d[of("agr"), at("210100"), at("230100")]) == pytest.approx(math.log(0.98))


def test_minutes_longer_than_a_way_are_refused(cards, dataset):
    with pytest.raises(InputError, match=r"cuts 900 minutes off ways of which one takes \d+"):
        small_levers(dataset, cards=cards(PORT.replace("minutes: 20", "minutes: 900")))


def test_what_is_stated_without_a_source_is_an_if(cards, port, dataset):
    assert not port.conditional and port.design == "associational" and port.citation == "a study of 2024"
    text = PORT.replace('  source: "a study of 2024"\n  design: associational\n', "")
    text = text.replace("  range: {cost: [0.9, 1, 1.3], effect: [0.8, 1, 1.1]}\n", "")
    (one,) = small_levers(dataset, cards=cards(text))
    assert one.conditional and one.design == "assumed" and "stated by the planner" in one.reason() and one.reason("zh")
    assert [float(s) for s in one.size] == [0.5, 1.0, 1.2]
    overrun = [float(c / one.unit_cost[1]) for c in one.unit_cost]
    assert overrun == pytest.approx([0.95, 1.0, 1.34])


def test_projects_say_what_they_come_after_and_exclude(cards):
    assert rules(cards(PORT)) == (
        ("port",),
        {"port": ("hsr_harbin_yichun",)},
        (("hsr_shenyang_baihe", "port"),),
    )
    loose = PORT.replace("  earliest: 2027", "  whole: false")
    assert rules(cards(loose))[0] == ()


def test_every_type_buys_products_that_exist_and_sum_to_one():
    for name, row in types().items():
        shares = dict(item.split(":") for item in row["buys"].split(";"))
        assert set(shares) <= set(sector_ids()), name
        assert sum(map(float, shares.values())) == pytest.approx(1)
        assert float(row["life"]) > 0 and float(row["overrun_low"]) <= 1 <= float(row["overrun_high"])
        assert row["source"] and (row["url"] or row["source"] == "assumed")
    assert float(types()["rail"]["overrun_high"]) == 1.45 and float(types()["road"]["overrun_high"]) == 1.20


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("type: port", "type: prot", 4, "Did you mean 'port'?"),
        ('["210200", "210100"]', '["210200", "999999"]', 5, "'999999' is not the id of a home region"),
        ('["210200", "210100"]', "[]", 5, "'regions' needs a region"),
        ("centre: 4", "center: 4", 6, "unknown payer 'center'. Did you mean 'centre'?"),
        ("cost: {centre: 4, city: 8}", "cost: {centre: 0}", 6, "costs nothing"),
        ("cost: {centre: 4, city: 8}", "cost: {}", 6, "costs nothing"),
        ("centre: 4", "centre: -4", 6, "'centre' must be zero or more"),
        ("build_years: 4", "build_years: 0", 7, "'build_years' must be positive"),
        ("build_years: 4", "bild_years: 4", 7, "Did you mean 'build_years'?"),
        ("[transp]", "[transport]", 10, "'transport' is not a sector"),
        (
            "minutes: 20, sectors: manufacturing",
            "minutes: 20, sectors: manufacture",
            11,
            "Did you mean 'manufacturing'?",
        ),
        ("minutes: 20,", "minutes: 20, percent: 2,", 11, "either minutes or percent"),
        ('cities: ["210200", "210100", "230100"]', 'cities: ["210200"]', 11, "needs 2 regions"),
        ("minutes: 20,", "percent: 100,", 11, "can't fall by all of it"),
        ("skills: 0.5", "skills: -100", 14, "out of range"),
        ("partners: [JPN, KOR], ", "", 16, "'partners' is missing"),
        ('  source: "a study of 2024"\n', "", 17, "without a source"),
        ("cost: [0.9, 1, 1.3]", "cost: [1.9, 1, 1.3]", 19, "in order"),
        ("cost: [0.9, 1, 1.3]", "cost: 1", 19, "in order"),
        ("after: [hsr_harbin_yichun]", "after: hsr_harbin_yichun", 20, "'after' must be a list"),
        ("earliest: 2027", "earliest: 27", 22, "no year"),
        ("earliest: 2027", "whole: maybe", 22, "true or false"),
    ],
)
def test_mistakes_are_told_with_their_line(cards, old, new, line, says):
    assert old in PORT
    with pytest.raises(InputError) as caught:
        cards(PORT.replace(old, new))
    told = [p for p in caught.value.problems if says in str(p)]
    assert told, str(caught.value)
    assert int(told[0].where.split(":")[1]) == line


def test_a_project_that_brings_nothing_is_refused(cards):
    start, end = PORT.index("  brings:"), PORT.index("  source:")
    with pytest.raises(InputError, match="'brings' is missing"):
        cards(PORT[:start] + PORT[end:])
    with pytest.raises(InputError, match="must be a mapping"):
        cards("port: 3\n")


# -- tables

ROW = {
    "id": "port", "name_en": "A port", "name_zh": "港口", "type": "port", "regions": "210200; 210100",
    "cost_centre": "4", "cost_city": "8", "build_years": "4", "life": "25", "productivity_percent": "3",
    "productivity_sectors": "transp", "travel_cities": "210200;210100;230100", "travel_minutes": "20",
    "travel_sectors": "manufacturing", "housing_land": "300", "industry_land_hectares": "500",
    "industry_land_sectors": "manufacturing", "skills": "0.5", "amenity": "0.2", "clearance_partners": "JPN;KOR",
    "clearance_hours": "4", "clearance_sectors": "equip;elec", "source": "a study of 2024", "design": "associational",
    "after": "hsr_harbin_yichun", "not_with": "hsr_shenyang_baihe", "earliest": "2027", "whole": "yes",
}  # fmt: skip


def written(path, *rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(rows[0])
        out.writerows(row.values() for row in rows)
    return path


def book(path, *rows):
    """A workbook as Excel writes it: texts shared, numbers plain."""
    from openpyxl import Workbook

    made = Workbook()
    made.active.append(list(rows[0]))
    for row in rows:
        made.active.append([float(v) if v.replace(".", "", 1).isdigit() else v for v in row.values()])
    made.save(path)
    return path


@pytest.mark.parametrize("write", ["csv", "xlsx"])
def test_a_table_says_the_same_as_a_file(tmp_path, cards, write):
    if write == "xlsx":
        pytest.importorskip("openpyxl")
    path = (written if write == "csv" else book)(tmp_path / f"projects.{write}", ROW)
    table = project_table(path)
    (one,) = project_cards(table, table.root, sector_ids(), HOME).values()
    table.finish()
    (same,) = cards(PORT.replace("  range: {cost: [0.9, 1, 1.3], effect: [0.8, 1, 1.1]}\n", "")).values()
    for name in ("id", "name_zh", "payers", "buys", "lag_years", "upper", "where", "project"):
        assert getattr(one, name) == getattr(same, name), name


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("cost_city", "eight", "'city' must be a finite number, not 'eight'"),
        ("regions", "210200; 999999", "'999999' is not the id of a home region"),
        ("name_zh", "", "'zh' is missing"),
        ("industry_land_sectors", "manufacture", "Did you mean 'manufacturing'?"),
        ("whole", "perhaps", "true or false"),
        ("travel_minutes", "", "either minutes or percent"),
    ],
)
def test_mistakes_of_a_table_are_told_with_their_cell(tmp_path, key, value, says):
    path = written(tmp_path / "projects.csv", ROW, {**ROW, "id": "other", key: value})
    table = project_table(path)
    project_cards(table, table.root, sector_ids(), HOME)
    (told,) = [p for p in table.problems if says in str(p)]
    column = [k for k in ROW if k == key or (not value and k.partition("_")[0] == key.partition("_")[0])]
    letters = {(chr(65 + k) if k < 26 else "A" + chr(39 + k)): word for k, word in enumerate(ROW)}
    cell = told.where.rpartition(" ")[2]
    assert cell.endswith("3") and letters[cell[:-1]] in column


def test_bad_tables_are_refused(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        project_table(tmp_path / "none.csv")
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04nonsense")
    with pytest.raises(InputError, match="no workbook that can be read"):
        project_table(tmp_path / "bad.xlsx")
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w") as packed:
        packed.writestr("xl/worksheets/sheet1.xml", '<!DOCTYPE x [<!ENTITY a "aa">]><worksheet>&a;</worksheet>')
    with pytest.raises(InputError, match="no workbook that can be read"):
        project_table(tmp_path / "bomb.xlsx")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="is empty"):
        project_table(tmp_path / "empty.csv")
    table = project_table(written(tmp_path / "odd.csv", {"idd": "x", "life": "3", "life ": "4"}))
    said = [str(p) for p in table.problems]
    assert any("cell A1" in s and "unknown column 'idd'" in s for s in said)
    assert any("cell C1" in s and "there already" in s for s in said) and any("no column 'id'" in s for s in said)
    table = project_table(written(tmp_path / "twice.csv", {"id": "x"}, {"id": "x"}))
    assert "cell A3" in str(table.problems[0])


@pytest.mark.parametrize("number", ["", "0x1", "-1", "²", "9" * 5000])
def test_odd_numbers_of_rows_are_refused(tmp_path, number):
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cell = '<c r="A1" t="inlineStr"><is><t>id</t></is></c>'
    with zipfile.ZipFile(tmp_path / "odd.xlsx", "w") as packed:
        sheet = f'<worksheet xmlns="{name}"><sheetData><row r="{number}">{cell}</row></sheetData></worksheet>'
        packed.writestr("xl/worksheets/sheet1.xml", sheet)
    with pytest.raises(InputError, match="no workbook that can be read"):
        project_table(tmp_path / "odd.xlsx")


def test_every_column_has_its_place():
    assert len(set(COLUMNS.values())) == len(COLUMNS)


def test_a_plan_file_names_its_table(tmp_path, dataset):
    from citybelt.plan.asked.brief import load_brief

    written(tmp_path / "mine.csv", ROW)
    plan = tmp_path / "plan.yaml"
    plan.write_text("name: {en: A, zh: 甲}\nprojects: mine.csv\n", encoding="utf-8")
    brief = load_brief(plan, dataset)
    (one,) = brief.projects.values()
    assert brief.whole == ("port",) and brief.after == {"port": ("hsr_harbin_yichun",)}
    assert brief.not_with == (("hsr_shenyang_baihe", "port"),)
    assert one.id == "port" and one.project.total == {"centre": 4.0, "city": 8.0}
    for name, says in (("none.csv", "there is no file 'none.csv'"), ("../mine.csv", "is no table beside")):
        plan.write_text(f"name: {{en: A, zh: 甲}}\nprojects: {name}\n", encoding="utf-8")
        with pytest.raises(InputError, match=says) as caught:
            load_brief(plan, dataset)
        assert caught.value.problems[0].where.endswith(":2:11")
    written(tmp_path / "mine.csv", {**ROW, "cost_city": "eight"})
    plan.write_text("name: {en: A, zh: 甲}\nprojects: mine.csv\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.csv: cell G2"):
        load_brief(plan, dataset)


@pytest.mark.parametrize("page", ["docs/projects.md", "docs/zh/projects.md"])
def test_examples_of_the_documentation_are_read(tmp_path, dataset, page):
    from checkout import ROOT
    from citybelt.plan.asked.brief import load_brief

    text = (ROOT / page).read_text("utf-8")
    plan, table = (re.search(rf"```{kind}\n(.*?)```", text, re.S).group(1) for kind in ("yaml", "csv"))
    (tmp_path / "plan.yaml").write_text(plan, "utf-8")
    (tmp_path / "mine.csv").write_text(table, "utf-8")
    (tmp_path / "second.yaml").write_text("name: {en: A, zh: 甲}\nprojects: mine.csv\n", "utf-8")
    for name in ("plan", "second"):
        cards = load_brief(tmp_path / f"{name}.yaml", dataset).projects
        (one,) = small_levers(dataset, cards=cards)
        assert float(shock([one], jnp.array([100.0])).log_A.max()) == pytest.approx(math.log(1.03))
        assert sum(one.card.project.total.values()) == 12
    keys = {*COLUMNS, *types(), "hectares", "percent", "minutes", "partners", "hours", "range", "buys"}
    words = {w for w in keys if not w.startswith("cost_")}
    assert not [w for w in words if w not in text]
