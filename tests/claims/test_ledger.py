"""The ledger of the article's figures: recomputed here by hand from the facts, apart from its formulas."""

import json

import pandas as pd
import pytest

from citybelt.claims import ledger
from citybelt.claims.formula import evaluate
from citybelt.claims.result import LANGUAGES, WORDS, build, table
from citybelt.claims.verdict import VERDICTS
from citybelt.diagnose.facts import Facts, shipped
from citybelt.errors import InputError
from citybelt.result import to_text


@pytest.fixture(scope="module")
def book():
    return ledger()


def value(book, claim: str, definition: str) -> float:
    rows = book.claims
    return float(rows[(rows["claim"] == claim) & (rows["definition"] == definition)]["computed"].iloc[0])


def word(book, claim: str) -> str:
    return book.summary.set_index("claim").at[claim, "verdict"]


@pytest.mark.proposition("P41")
def test_trade_dependence_of_the_three_provinces_and_the_country(book):
    f = shipped().frame.set_index(["quantity", "item", "vintage", "year", "region"])["value"]
    trade = sum(f["goods_trade", "", "operating_unit", 2022, p] for p in ("210000", "220000", "230000"))
    everyone = shipped().rows("goods_trade", 2022, vintage="operating_unit")["value"].sum()
    rate = f["stated", "goods trade total", "cny", 2022, "000000"] / everyone
    output = sum(f["gdp", "", "preliminary", 2022, p] for p in ("210000", "220000", "230000"))
    assert value(book, "trade-ne", "unit-preliminary") == pytest.approx(100 * trade * rate / output)
    assert 20.0 < value(book, "trade-ne", "unit-revised") < value(book, "trade-ne", "unit-preliminary")
    assert value(book, "trade-ne", "place-revised") > value(book, "trade-ne", "unit-revised")
    assert word(book, "trade-ne") == "depends on the definition"
    assert value(book, "trade-nation", "customs-preliminary") == pytest.approx(34.76, abs=0.005)
    assert word(book, "trade-nation") == "confirmed"


@pytest.mark.proposition("P41")
def test_two_provinces_at_about_ten_percent(book):
    assert value(book, "trade-hlj", "customs-cny") == pytest.approx(100 * 265.15 / 1590.1, rel=1e-6)
    assert value(book, "trade-jl", "customs-cny") == pytest.approx(100 * 155.85 / 1307.02, rel=1e-6)
    # Two independent records of one total: customs in yuan, and dollars at the rate of the country's trade.
    for claim in ("trade-hlj", "trade-jl"):
        assert value(book, claim, "unit-preliminary") == pytest.approx(value(book, claim, "customs-cny"), rel=0.02)
    assert word(book, "trade-two") == word(book, "trade-hlj") == "wrong"
    assert word(book, "trade-jl") == "not confirmed"


@pytest.mark.proposition("P42")
def test_foreign_investment_share_follows_and_its_level_cannot_be_computed(book):
    assert value(book, "fdi-share", "ministry") == pytest.approx(100 * 3.6 / 144.37)
    assert word(book, "fdi-share") == "confirmed"
    assert word(book, "fdi-level") == "not computable from the data held"


@pytest.mark.proposition("P54")
def test_manufacturing_and_its_ratios(book):
    assert value(book, "ratio-output", "stated") == pytest.approx(2.8)
    assert value(book, "ratio-world", "stated") == pytest.approx(2.0, rel=0.02)
    assert value(book, "cn-manufacturing", "value-added") == pytest.approx(
        value(book, "cn-manufacturing", "statistics"), rel=0.005
    )
    assert [word(book, c) for c in ("us-manufacturing", "cn-manufacturing", "cn-world")] == ["confirmed"] * 3
    assert word(book, "us-world") == "plausible"


@pytest.mark.proposition("P54")
def test_producer_services_hang_on_the_definition(book):
    io = shipped().io
    made = io[(io["year"] == 2020) & (io["row"] == "TVA") & (io["origin"] == "total")].set_index("column")["value"]
    made = made[[c for c in made.index if c.isdigit()]]
    narrow = 100 * made[["29", "31", "32", "34", "35", "36"]].sum() / made.sum()
    assert value(book, "cn-services", "narrow") == pytest.approx(narrow)
    assert value(book, "us-services", "narrow") == pytest.approx(3.2 + 5.23 + 7.6 + 13.91)
    assert value(book, "us-services", "broad") - value(book, "us-services", "narrow") == pytest.approx(11.44 + 12.23)
    assert word(book, "us-services") == word(book, "cn-services") == "depends on the definition"
    # The same list of industries in both countries brings 2.5 times down to 1.3.
    assert word(book, "ratio-services") == "wrong"
    assert all(1.2 < v < 1.5 for v in book.claims[book.claims["claim"] == "ratio-services"]["computed"])


def test_every_row_speaks_both_languages_and_names_its_sources(book):
    for lang in LANGUAGES:
        columns = [f"{c}_{lang}" for c in ("claim", "definition", "rule", "verdict")]
        assert (book.claims[columns] != "").all().all()
    assert not book.claims["claim_zh"].str.fullmatch(r"[\x00-\x7f]*").any()
    known = set(pd.read_csv("src/citybelt/worlds/tables/sources.csv")["source"])
    computed = book.claims[book.claims["computed"].notna() & ~book.claims["definition"].eq("stated")]
    assert (computed["source"] != "").all()
    assert {s for cell in computed["source"] for s in cell.split("; ")} <= known
    assert set(book.summary["verdict"]) <= set(VERDICTS) <= set(WORDS)


def test_json_holds_every_claim(book):
    document = json.loads(to_text(book.to_json()))
    assert [c["claim"] for c in document["claims"]] == list(table("claims")["claim"])
    missing = document["claims"][5]["definitions"][0]
    assert missing["computed"] is None and missing["deviation"] is None


def test_all_errors_of_a_table_come_at_once():
    claims = table("claims").head(2).assign(decides="nowhere", tolerance="wide")
    definitions = table("definitions").head(3).copy()
    definitions.loc[2, "claim"] = "nobody"
    with pytest.raises(InputError) as raised:
        build(shipped(), claims, definitions)
    text = str(raised.value)
    assert text.count("claims.csv, line 2 (trade-ne)") == 2 and "nobody" in text
    assert "claims.csv, line 3 (trade-nation): no definition in scope" in text


@pytest.fixture
def small() -> Facts:
    frame = pd.DataFrame(
        [
            ("sales", "apples & pears", "", 2000, "x", 6.0, "orchard", "A"),
            ("sales", "nuts", "", 2000, "x", 2.0, "orchard", "B"),
            ("people", "", "old", 2000, "x", 4.0, "register", "C"),
        ],
        columns=["quantity", "item", "vintage", "year", "region", "value", "source", "grade"],
    )
    return Facts(frame, pd.DataFrame({"level": [], "cluster": [], "province": []}), frame, frame)


def test_a_formula_carries_sources_vintages_and_the_worst_grade(small):
    out = evaluate(small, "100 * sales|apples & pears+nuts||2000|x / people||old|2000|x")
    assert out.value == pytest.approx(200.0)
    assert out.sources == {"orchard", "register"} and out.vintages == {"old"} and out.grade == "C"


def test_a_missing_fact_makes_the_formula_unknown_not_zero(small):
    assert evaluate(small, "sales|nuts+figs||2000|x").value is None
    assert evaluate(small, "3 * people||new|2000|x / 2").value is None


def test_a_formula_that_cannot_be_read_names_its_place(small):
    with pytest.raises(InputError, match=r"definitions.csv, a/b: cannot read the term 'sales|nuts'"):
        evaluate(small, "2 * sales|nuts", "definitions.csv, a/b")
