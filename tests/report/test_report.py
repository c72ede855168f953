"""The report as a whole, built from invented numbers: what it says, in both languages and both formats."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from citybelt.errors import InputError
from citybelt.report import build, render, write
from citybelt.report.document import (
    Bullets,
    Cell,
    Column,
    Document,
    Figure,
    Grid,
    Heading,
    Para,
    Row,
    Section,
    Stat,
    Stats,
    Table,
    spans,
    to_data,
)
from citybelt.report.text import Language
from report.synthetic import World, world


def squeezed(text: str) -> str:
    """Text without the spaces and line ends that setting a page puts in."""
    return re.sub(r"\s+", "", text).replace("\u200b", "")


@pytest.fixture(scope="module")
def given() -> World:
    return world()


@pytest.fixture(scope="module")
def made(given: World, tmp_path_factory) -> SimpleNamespace:
    from pypdf import PdfReader

    folder = tmp_path_factory.mktemp("report")
    told: list[tuple[str, int, int]] = []
    report = write(*given.everything(), out=folder, progress=lambda *step: told.append(step))
    pages, html = {}, {}
    for code in ("en", "zh"):
        pages[code] = [squeezed(p.extract_text()) for p in PdfReader(report.paths[f"{code}.pdf"]).pages]
        html[code] = report.paths[f"{code}.html"].read_text(encoding="utf-8")
    return SimpleNamespace(report=report, folder=folder, pages=pages, html=html, told=told)


def said(made: SimpleNamespace, code: str, text: str) -> bool:
    """Whether a sentence stands in the PDF and in the HTML."""
    bare = squeezed(re.sub(r"<[^>]+>", "", made.html[code]))
    plain = squeezed(text.replace("**", ""))
    return plain in "".join(made.pages[code]) and plain in bare.replace("&#39;", "'").replace("&#34;", '"')


def test_four_whole_files_and_nothing_else(made):
    names = {"report.en.html", "report.en.pdf", "report.zh.html", "report.zh.pdf"}
    assert {p.name for p in made.folder.iterdir()} == names
    assert {p.name for p in made.report.paths.values()} == names
    assert set(made.report.to_json()["report"]) == {"en.html", "en.pdf", "zh.html", "zh.pdf"}
    assert made.told[0] == ("report", 0, 6)
    assert made.told[-1] == ("report", 6, 6)


@pytest.mark.parametrize(
    ("code", "sentences"),
    [
        (
            "en",
            [
                "Why does Northeast China lag?",
                "How are its people changing, and why?",
                "Which industries repeat from city to city?",
                "Which reforms are worth as much as which projects?",
                "What does the plan do, and for whom?",
                "Net of its cost it changes the welfare of Northeast China by +0.43% (80% band +0.21 to +0.68)",
                "and that of the nation by +0.027%",
                "Levers whose effect is assumed, not estimated, stay out",
                "the next 100 million yuan a year would bring the cluster 170 million yuan a year",
                "Invented words on uniqueness.",
                "largest relative residual of any market is 3.2",
                "Trade of single cities is not published.",
                "What the data can't say",
            ],
        ),
        (
            "zh",
            [
                "东北为何落后？",
                "人口如何变化，原因何在？",
                "哪些产业在各市间重复？",
                "哪些改革抵得上哪些项目？",
                "规划做什么，为谁而做？",
                "扣除成本后，东北福利变化+0.43%（80%区间：+0.21至+0.68）",
                "全国福利变化+0.027%",
                "每年再增加1亿元，城市群每年增益1.7亿元",
                "关于唯一性的虚构说明。",
                "单个城市的贸易没有公布数据。",
                "数据不能说明什么",
            ],
        ),
    ],
)
def test_it_says_what_the_numbers_say(made, code, sentences):
    for sentence in sentences:
        assert said(made, code, sentence), sentence


def test_the_first_page_holds_all_five_answers(made, given):
    for code in ("en", "zh"):
        L = Language(code)
        first = made.pages[code][0]
        for key in ("q.lag", "q.people", "q.industries", "q.reforms", "q.plan"):
            assert squeezed(L(key, place=L("cluster.NE"))) in first
        for key in ("why", "people", "industries"):
            assert squeezed(given.diagnosis.answers(code)[key]) in first


def test_every_page_states_closure_vintage_band_grades_and_version(made):
    from citybelt import __version__

    for code, words in (
        (
            "en",
            [
                "closure: capital fixed by place",
                "data of 2020",
                "80% of 200 joint draws",
                "grades of data values: A",
                f"citybelt {__version__}",
            ],
        ),
        ("zh", ["闭合：资本按地固定", "数据版本2020", "联合抽样200次的80%区间", f"citybelt{__version__}"]),
    ):
        for number, page in enumerate(made.pages[code], 1):
            for word in words:
                assert squeezed(word) in page, (code, number, word)
        assert made.html[code].count("<footer>") == made.html[code].count("<section")


def test_every_city_has_a_page(made, given):
    regions = given.dataset.x
    for code in ("en", "zh"):
        names = [str(n) for n in regions[f"name_{code}"].values[:36]]
        for name in names:
            heading = {"en": "What the plan brings or costs it", "zh": "规划带来的收益与成本"}[code]
            pages = [p for p in made.pages[code] if squeezed(name) in p and squeezed(heading) in p]
            assert pages, name
        assert made.html[code].count('class="city"') == 36


def test_losers_are_named(made, given):
    table = given.plan.by_region.set_index("region")["welfare"]
    lose = [r for r in table.index if table[r] < 0 and r[:2] in ("21", "22", "23")]
    assert lose
    names = given.dataset.x["name_en"].to_series()
    page = next(p for p in made.pages["en"] if "Citiesthatlose" in p)
    assert all(squeezed(names[r]) in page for r in lose)


def test_a_plan_without_losers_says_so(tmp_path):
    made = write(*world(seed=3, losers=False).everything(), out=tmp_path, lang=("en",))
    html = made.paths["en.html"].read_text(encoding="utf-8")
    assert "No city of the cluster loses welfare." in html
    assert "Cities that lose" not in html


def test_the_page_needs_no_network(made):
    for html in made.html.values():
        assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", html)
        assert not re.search(r"@import|url\(\s*['\"]?(?!data:|#)", html)
        assert "<script" not in html
        targets = set(re.findall(r'id="([^"]+)"', html))
        assert set(re.findall(r'href="#([^"]+)"', html)) <= targets


def test_ids_of_sections_are_unique(made):
    for html in made.html.values():
        ids = re.findall(r'<section id="([^"]+)"', html)
        assert len(ids) == len(set(ids)) > 40


def test_chinese_is_set_in_the_fonts_of_the_package(made):
    from pypdf import PdfReader

    reader = PdfReader(made.report.paths["zh.pdf"])
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"].get_object()["/Font"].get_object().values()
    }
    assert fonts
    assert all("Citybelt" in name for name in fonts)
    assert all("\ufffd" not in page for page in made.pages["zh"])
    assert made.html["zh"].count("@font-face") == 2


def test_same_inputs_same_report(given):
    inputs = build.gather(*given.everything())
    one, two = (to_data(build.document(inputs, Language("zh"))) for _ in range(2))
    assert one == two


def test_the_stamp_moves_with_the_plan():
    changed = world()
    before = build.digest(build.gather(*changed.everything()))
    changed.plan.levers.loc[0, "value"] += 1.0
    assert build.digest(build.gather(*changed.everything())) != before


def test_everything_missing_is_named_at_once(tmp_path):
    given = world()
    given.plan.levers = given.plan.levers.drop(columns=["cost", "payer"])
    given.diagnosis.people = given.diagnosis.people.drop(columns="migration")
    given.coverage = pd.DataFrame({"number": [1]})
    with pytest.raises(InputError) as caught:
        write(*given.everything(), out=tmp_path)
    message = str(caught.value)
    assert "plan.levers" in message and "cost, payer" in message
    assert "diagnosis.people" in message and "migration" in message
    assert "coverage" in message
    assert not list(tmp_path.iterdir())


def test_an_unknown_language_is_refused(given, tmp_path):
    with pytest.raises(InputError, match="'fr'"):
        write(*given.everything(), out=tmp_path, lang=("fr",))


def test_a_failure_leaves_no_half_file(given, tmp_path, monkeypatch):
    old = tmp_path / "report.en.html"
    old.write_text("the report of yesterday")

    def fail(self, content):
        Path.write_text(self, "half")
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(InputError, match=r"report\.en\.html: cannot be written .disk full"):
        write(*given.everything(), out=tmp_path, lang=("en",))
    assert [p.name for p in tmp_path.iterdir()] == ["report.en.html"]
    assert old.read_text() == "the report of yesterday"


def small(*blocks) -> Document:
    return Document("en", "T", "S", "F", "C", [Section("a", "A", list(blocks))])


def test_names_cannot_break_a_page():
    """Signs that mean something to HTML or to typst are shown as they are."""
    evil = 'a <b> & "c" #panic("x") $y$ *z* _w_ [u] @v \\n'
    cell = Table([Column(evil)], [Row([evil]), Row([Cell(evil, bar=-0.5)]), Row([Cell(evil, tone="good")])], evil, evil)
    document = small(Para(evil), Bullets([evil]), cell, Grid([[Para(evil)], [Para(evil)]], (1, 2)))
    html = render.to_html(document)
    assert "<b>" not in html.replace("<b>T</b>", "")
    assert html.count("&lt;b&gt;") == 10
    from io import BytesIO

    from pypdf import PdfReader

    text = squeezed("".join(p.extract_text() for p in PdfReader(BytesIO(render.to_pdf(document))).pages))
    assert text.count(squeezed('#panic("x")')) == 10


def test_what_no_page_can_hold_is_replaced():
    """Control characters, halves of characters, and marks that turn the text round break neither picture nor page."""
    evil = "a\x1b[31m\x07\x00\ud800\u202e\ufffeb"
    shown = "a\ufffd[31m" + "\ufffd" * 5 + "b"
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text y="5">{evil}</text></svg>'
    document = small(Para(evil), Heading(evil), Stats([Stat(evil, evil)]), Figure(picture, evil, alt=evil))
    html = render.to_html(document)
    assert html.encode() and html.count(shown) == 7 and "\x1b" not in html
    assert render.to_pdf(document).startswith(b"%PDF")


def test_results_of_another_world_are_refused(given, tmp_path):
    dataset, diagnosis, ledger, _, plan, coverage = given.everything()
    other = SimpleNamespace(**{**vars(plan), "world": "atlantis", "vintage": "1066"})
    run = SimpleNamespace(world="utopia")
    with pytest.raises(InputError) as caught:
        write(dataset, diagnosis, ledger, [run], other, coverage, tmp_path / "new")
    assert [p.where for p in caught.value.problems] == [
        "report: plan.world", "report: plan.vintage", "report: run.world",
    ]  # fmt: skip
    assert not (tmp_path / "new").exists()


def test_a_plan_without_rows_is_refused(given, tmp_path):
    *before, plan, coverage = given.everything()
    empty = SimpleNamespace(**{**vars(plan), "levers": plan.levers.iloc[:0], "by_region": plan.by_region.iloc[:0]})
    with pytest.raises(InputError) as caught:
        write(*before, empty, coverage, tmp_path)
    assert [str(p).split(" Give")[0] for p in caught.value.problems] == [
        "report: plan.levers: has no rows.",
        "report: plan.by_region: has no rows.",
    ]


def test_a_temporary_folder_that_is_full(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(InputError, match="temporary folder: cannot be written"):
        render.to_pdf(small(Para("x")))


def test_a_failure_in_one_language_leaves_all_files_as_they_were(given, tmp_path, monkeypatch):
    once = build.document

    def fail(inputs, language):
        if language.code == "zh":
            raise RuntimeError("a defect")
        return once(inputs, language)

    monkeypatch.setattr(build, "document", fail)
    with pytest.raises(RuntimeError, match="a defect"):
        write(*given.everything(), out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_bold_is_the_only_markup():
    assert spans("a **b** c") == [
        {"text": "a ", "bold": False},
        {"text": "b", "bold": True},
        {"text": " c", "bold": False},
    ]
    assert spans("") == []
    with pytest.raises(TypeError):
        to_data(3)


def test_bars_of_a_table_show_sign_and_size():
    table = to_data(Table([Column("x", "right")], [Row([Cell("1", bar=1.0)]), Row([Cell("-1", bar=-0.5)])]))
    assert "#bcd7e2 50.0% 100.0%" in render._bar(table, 0, 1.0)
    assert "#f1cdb0 25.0% 50.0%" in render._bar(table, 0, -0.5)
    gains = to_data(Table([Column("x", "right")], [Row([Cell("1", bar=1.0)]), Row([Cell("2", bar=0.5)])]))
    assert "#bcd7e2 0.0% 50.0%" in render._bar(gains, 0, 0.5)


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="1 cells in a table of 2 columns"):
        Table([Column("a"), Column("b")], [Row(["only one"])])
