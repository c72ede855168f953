"""The overview of a world says what the dataset holds, in both languages."""

import io
import json

import numpy as np
import pytest

from citybelt.result import tables, to_text
from citybelt.verbs import overview


@pytest.fixture(scope="module")
def view(northeast):
    return overview(northeast)


def test_document_holds_totals_grades_fills_and_sources(view, northeast):
    document = json.loads(to_text(view.to_json()))
    assert [r["region"] for r in document["regions"]] == northeast.x["region"].values.tolist()
    assert {v["variable"] for v in document["variables"]} == set(northeast.x.data_vars)
    assert len(document["totals"]) == len(northeast.deviations) and len(document["fills"]) == len(northeast.fills)
    bound = [t for t in document["totals"] if not t["exempt"] and t["known"]]
    known, model = (np.array([t[k] for t in bound]) for k in ("known", "model"))
    assert document["largest_deviation_pct"] == pytest.approx(100 * np.abs(model / known - 1).max(), abs=1e-6)


def test_every_value_counts_under_one_grade(view):
    counts = view.variables[[f"values_{g}" for g in "ABCD"]].to_numpy()
    assert counts.sum() == len(view.provenance) and (counts.sum(axis=1) > 0).all()


def test_every_source_used_is_cited(view):
    used = {k for text in view.provenance["source"] for k in text.split(";")}
    assert set(view.sources["source"]) == used and (view.sources["citation"] != "").all()


@pytest.mark.parametrize(("lang", "word"), [("en", "residents"), ("zh", "常住人口")])
def test_words_of_the_language(view, lang, word):
    from rich.console import Console

    console = Console(width=200, record=True, file=io.StringIO())
    console.print(view.rich(lang))
    text = console.export_text()
    assert word in text
    totals = {t for t in view.totals["total"].unique()}
    if lang == "zh":
        assert not [t for t in totals if f"\n{t} " in text or f"：{t} " in text], "a total without a Chinese name"


def test_tables_for_files(view):
    assert set(tables(view)) == {"totals", "provenance", "fills", "regions", "variables", "sources"}


def test_a_total_that_nobody_knows_is_on_neither_side(view):
    """The rest of the world's share of trade is made, not known: both sums are those of the partners that are."""
    x = view.totals[view.totals["total"] == "partner_trade_share"]
    assert x["known"].isna().any() and x["model"].notna().all()
    rows = [row for row in view._totals("en") if row[0].endswith("partners' shares of foreign trade")]
    assert len(rows) == x["exempt"].nunique()
    assert [row[4] for row in rows] == [row[5] for row in rows]  # they agree to the six digits shown
    assert sum(int(row[2]) for row in rows) == x["known"].notna().sum()
