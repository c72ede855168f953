"""Tables on a terminal: whatever its width, nothing is cut, and names and numbers stay whole as long as they can."""

import io
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

import citybelt
from citybelt import verbs
from citybelt.terminal import GAP, NARROWEST, Paragraph, Sheet, report_lines, wrapped

WIDTH = 80  # of a terminal that nobody has widened


def shown(thing, width=WIDTH):
    """The lines on a terminal of so many cells."""
    console = Console(file=io.StringIO(), width=width)
    console.print(thing)
    return console.file.getvalue().splitlines()


def column(lines, widths, k):
    """What stands in one column, spaces left out."""
    start = sum(widths[:k]) + GAP * k
    kept = []
    for line in lines:
        at = 0
        for letter in line:
            if start <= at < start + widths[k] and letter != " ":
                kept.append(letter)
            at += cell_len(letter)
    return "".join(kept)


words = st.text(st.sampled_from("abcXYZ019.-省市，的"), min_size=1, max_size=18)
texts = st.lists(words, min_size=1, max_size=4).map(" ".join)


@given(st.data(), st.integers(1, 5), st.integers(1, 4), st.integers(34, 120))
def test_every_letter_of_every_cell_is_shown(data, columns, rows, width):
    heads = data.draw(st.lists(texts, min_size=columns, max_size=columns))
    cells = [data.draw(st.lists(texts, min_size=columns, max_size=columns)) for _ in range(rows)]
    order = data.draw(st.permutations(range(columns)))
    sheet = Sheet(heads, cells, yields=order[: columns // 2], right=order[1:])
    widths, lines = sheet.widths(width), shown(sheet, width)
    room = max(width, columns * NARROWEST + GAP * (columns - 1))
    assert sum(widths) + GAP * (columns - 1) <= room
    assert max(map(cell_len, lines)) <= width or width < room
    if width >= room:
        for k in range(columns):
            text = "".join([heads[k], *(row[k] for row in cells)]).replace(" ", "")
            assert column(lines, widths, k).replace("─", "") == text


def test_the_least_important_column_gives_room_first():
    rows = [("Local services for newcomers", "hours cut per shipment", "12.5"), ("Clearance", "-", "0.3")]
    sheet = Sheet(("lever", "unit", "cost"), rows, right=[2], yields=[1, 0])
    full = [28, 22, 4]
    assert sheet.widths(200) == full
    assert sheet.widths(sum(full) + 2 * GAP - 5) == [28, 17, 4]
    assert sheet.widths(sum(full) + 2 * GAP - 12) == [24, 14, 4]
    assert shown(sheet, 50)[2:5] == [
        "Local services for newcomers  hours cut per   12.5",
        "                              shipment" + " " * 12,
        "Clearance                     -                0.3",
    ]


@given(st.lists(st.text("ab1 的省，。（）", max_size=30), max_size=3).map("\n".join), st.integers(6, 30))
def test_wrapping_loses_nothing(text, width):
    assert wrapped(text, width).replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")


def test_chinese_lines_begin_with_no_closing_mark_and_end_with_no_opening_one():
    text = "按境内目的地和货源地，修订后产出（见附录），初步核算"
    for width in range(8, 50):
        lines = wrapped(text, width).split("\n")
        assert max(map(cell_len, lines)) <= width
        assert not [line for line in lines if line[0] in "，）" or line[-1] in "（"]
    assert wrapped("- 两次普查之间，区划有变", 12) == "- 两次普查之\n间，区划有变"
    paragraph = Paragraph("按境内目的地和货源地，修订后产出。" * 9)
    console = Console(file=io.StringIO(), width=40, soft_wrap=True)
    console.print(paragraph)
    assert console.file.getvalue() == paragraph.text + "\n", "a pipe gets it whole"
    assert len(shown(paragraph, 40)) > 5


def test_markup_in_a_cell_is_a_text():
    assert "[red]" in "\n".join(shown(Sheet(("a", "b"), [("[red]", "[/]")])))


def levers():
    """The menu of the Northeast as the table of a plan."""
    from citybelt.scenario.card import cards_of

    cards = cards_of("northeast").values()
    told = [{f"{k}_{lang}": c.text(k, lang) for k in ("name", "unit") for lang in ("en", "zh")} for c in cards]
    return pd.DataFrame(told).assign(status="left_out", value=1234.5, cost=10.37, share_of_draws=1.0)


def a_plan(lang):
    from citybelt.plan.result import Plan

    known = dict(
        world="northeast", vintage="2020", band={}, welfare_change=0.1, welfare_change_nation=0.1,
        budget={"total": 25.0, "spent": 25.0}, levers=levers(), paths={"en.html": Path("out/northeast/report.en.html")},
        certificate=SimpleNamespace(words_en="", words_zh=""),
    )  # fmt: skip
    return Plan(**dict.fromkeys(f.name for f in fields(Plan)) | known).rich(lang)


def a_run(lang):
    from citybelt.scenario.view import view

    table = levers().rename(columns={"unit_en": "unit"}).assign(alone=-0.3833, design="associational")
    keys = ("welfare", "ev", "people", "output", "trade_dependence_change", "co2_change", "levy")
    totals = pd.DataFrame(1234567.8, index=["cluster", "nation"], columns=list(keys))
    cities = {"name_en": ["Da Hinggan Ling"], "name_zh": ["大兴安岭地区"], "in_cluster": [True]}
    numbers = {key: [-1234.567] for key in ("welfare", "ev", "people_abs", "output")}
    sectors = pd.DataFrame({"name_en": ["Machinery and transport equipment"], "name_zh": ["机械"]})
    return view(
        SimpleNamespace(
            scenario=SimpleNamespace(text=lambda *_: "a scenario"), totals=totals, band={}, by_lever=table,
            by_region=pd.DataFrame(cities | numbers), by_sector=sectors.assign(cluster=0.1, nation=np.pi),
            by_payer=pd.DataFrame({"payer": ["centre"], "cluster": [1.0], "elsewhere": [0.0]}), closure={},
            world="northeast", vintage="2020", propositions=["P1"], residual=1e-12, passes=9, certificate=None,
        ),
        lang,
    )  # fmt: skip


VIEWS = {
    "data": lambda world, lang: verbs.overview(world).rich(lang),
    "ledger": lambda world, lang: citybelt.ledger(world).rich(lang),
    "coverage": lambda world, lang: citybelt.coverage().rich(lang),
    "diagnose": lambda world, lang: citybelt.diagnose(world).rich(lang),
    "plan": lambda world, lang: a_plan(lang),
    "run": lambda world, lang: a_run(lang),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("verb", VIEWS)
def test_eighty_cells_hold_every_word_and_number(northeast, verb, lang):
    thing = VIEWS[verb](northeast, lang)
    lines = shown(thing)
    assert "…" not in "".join(lines) and max(map(cell_len, lines)) <= WIDTH
    sheets = [s for s in getattr(thing, "renderables", [thing]) if isinstance(s, Sheet)]
    assert sheets
    for sheet in sheets:
        printed = set(" ".join(shown(sheet)).split())
        cells = " ".join(str(c) for row in [sheet.heads, *sheet.rows] for c in row)
        assert not [w for w in cells.split() if w.isascii() and w not in printed]


def test_a_report_is_listed_in_words():
    paths = {"en.html": Path("out/report.en.html"), "zh.pdf": Path("out/report.zh.pdf")}
    assert report_lines(paths) == [
        "report, English, HTML: out/report.en.html",
        "report, Chinese, PDF: out/report.zh.pdf",
    ]
    assert report_lines(paths, "zh") == [
        "报告，英文，HTML：out/report.en.html",
        "报告，中文，PDF：out/report.zh.pdf",
    ]
    assert "report, English, HTML: out/northeast/report.en.html" in "\n".join(shown(a_plan("en")))
