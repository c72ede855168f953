"""Exported files open in other programs and hold the numbers of the answer."""

import csv
import io
import sqlite3

import pytest

CHANGE = {"levers": {"research_dalian": 4.0, "placebo": 1.0}}
NAME = "=研发 <b>&amp;"


@pytest.fixture(scope="module")
def answer(served):
    browser = served()
    return browser.post("/api/exact", json={"change": CHANGE}).json(), browser.get("/api/world").json()["home"]


def exported(browser, kind, lang="en"):
    asked = {"change": CHANGE, "name": NAME, "note": "A note.", "format": kind, "lang": lang}
    found = browser.post("/api/export", json=asked)
    assert found.status_code == 200, found.text
    assert f'.{kind}"' in found.headers["content-disposition"]
    return found.content


def test_csv(browser, answer):
    told, home = answer
    rows = list(csv.DictReader(io.StringIO(exported(browser, "csv", "zh").decode("utf-8-sig"))))
    at = {(r["id"], r["outcome"]): float(r["value"]) for r in rows}
    for outcome, values in told["regional"].items():
        assert [at[r, outcome] for r in home] == values
    assert at["cluster", "welfare"] == told["totals"]["welfare"]["cluster"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_workbook(browser, answer, lang):
    import openpyxl

    told, home = answer
    book = openpyxl.load_workbook(io.BytesIO(exported(browser, "xlsx", lang)))
    assert len(book.sheetnames) == 7
    regions = book[{"en": "Regions", "zh": "地区"}[lang]]
    rows = list(regions.iter_rows(min_row=2, values_only=True))
    assert [r[0] for r in rows] == home
    assert [r[3] for r in rows] == pytest.approx(told["regional"]["welfare"], rel=1e-12)
    totals = {r[0]: r[2] for r in book.worksheets[1].iter_rows(min_row=2, values_only=True)}
    assert totals[{"en": "Welfare", "zh": "福利"}[lang]] == pytest.approx(
        told["totals"]["welfare"]["cluster"], rel=1e-12
    )
    first = book.worksheets[0]["A1"]
    assert first.data_type == "s" and first.value == "'" + NAME


def test_geopackage(browser, answer, tmp_path):
    geopandas = pytest.importorskip("geopandas")
    told, home = answer
    path = tmp_path / "a.gpkg"
    path.write_bytes(exported(browser, "gpkg"))
    layer = geopandas.read_file(path, layer="regions")
    assert list(layer["region"]) == home and layer.crs.to_epsg() == 4326
    assert list(layer["output"]) == pytest.approx(told["regional"]["output"], rel=1e-12)
    assert layer.geometry.is_valid.mean() > 0.95 and set(layer.geom_type) == {"MultiPolygon"}
    base = sqlite3.connect(path)
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert (
        base.execute("SELECT nation FROM totals WHERE outcome = 'ev'").fetchone()[0] == told["totals"]["ev"]["nation"]
    )
    base.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_word(browser, answer, lang):
    import docx

    word = docx.Document(io.BytesIO(exported(browser, "docx", lang)))
    text = "\n".join(p.text for p in word.paragraphs)
    assert NAME in text and "A note." in text and len(word.inline_shapes) == 1
    cells = [c.text for t in word.tables for row in t.rows for c in row.cells]
    assert {"en": "Welfare", "zh": "福利"}[lang] in cells and {"en": "Placebo", "zh": "安慰剂"}[lang] in " ".join(cells)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pdf_and_html(browser, answer, lang):
    from pypdf import PdfReader

    told, _ = answer
    pdf = "".join(page.extract_text() for page in PdfReader(io.BytesIO(exported(browser, "pdf", lang))).pages)
    assert {"en": "Welfare", "zh": "福利"}[lang] in pdf
    html = exported(browser, "html", lang).decode()
    assert (
        "&lt;b&gt;&amp;amp;" in html
        and "<b>&amp;" not in html
        and "http" not in html.split("</style>")[-1].split("<svg")[0]
    )
    shown = f"{told['totals']['welfare']['cluster']:.3g}".replace("-", "\N{MINUS SIGN}")
    assert shown.lstrip("\N{MINUS SIGN}")[:5] in html


def test_other_formats_are_refused(browser):
    assert browser.post("/api/export", json={"change": CHANGE, "format": "exe"}).status_code == 422


ODD = 'a\x00\x0b\u202e\ufffe\U0010ffff #import "x" $x$ @r *b* `c` [l](javascript:alert(1)) <script>alert(1)</script>'
NOTE = '=1+1\n\x1b[31m <img src=x onerror=alert(1)> [x](file:///etc/passwd) #read("/etc/passwd") http://evil.example/'


@pytest.mark.parametrize("kind", ["csv", "xlsx", "gpkg", "html", "docx", "pdf"])
def test_whatever_a_scenario_is_called_is_only_text(browser, kind):
    import re

    import pypdf

    asked = {"change": CHANGE, "name": ODD, "note": NOTE, "format": kind}
    found = browser.post("/api/export", json=asked)
    assert found.status_code == 200, found.text
    called = found.headers["content-disposition"]
    assert "%E2%80%AE" not in called and "%00" not in called and called.endswith(f".{kind}")
    if kind == "html":
        assert not re.search(r"<script|<img[^>]*onerror|(href|src)=.?(javascript|file|http)", found.text)
    if kind == "pdf":
        pages = pypdf.PdfReader(io.BytesIO(found.content)).pages
        assert not [a for page in pages for a in page.get("/Annots") or []]
        assert "root:" not in "".join(page.extract_text() for page in pages)


def test_one_session_does_not_take_the_place_of_all(browser, monkeypatch):
    from citybelt.web import limits

    monkeypatch.setattr(limits, "EXPORTS_PER_SESSION", 0)
    refused = browser.post("/api/export", json={"change": CHANGE, "format": "csv"})
    assert refused.status_code == 429 and refused.headers["retry-after"] == "1"
