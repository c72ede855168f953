"""The pages on what stands beside a plan: what they say and leave out, and that their columns are the real ones."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import citybelt
from citybelt.report import build
from citybelt.report.document import Cell, Grid, Row, Section, Table
from citybelt.report.pages.conflicts import conflicts
from citybelt.report.text import Language
from report.synthetic import world
from report.synthetic_plan import SOURCES

EN, ZH = Language("en"), Language("zh")
CHAPTERS = ("apart", "money", "conflicts", "sure", "securities")
BESIDE = ("actions targets reach building near regret curse ceiling worth stress frontier separate").split()


@pytest.fixture(scope="module")
def inputs():
    return build.gather(*world().everything())


@pytest.fixture(scope="module")
def sections(inputs) -> dict[str, dict[str, Section]]:
    return {L.code: {s.id: s for s in build.document(inputs, L).sections} for L in (EN, ZH)}


def texts(item: Any) -> list[str]:
    """Every text of a block, cells of tables included."""
    match item:
        case str():
            return [item.replace("**", "")]
        case Cell(text=text):
            return texts(text)
        case Row(cells=cells):
            return [t for c in cells for t in texts(c)]
        case list() | tuple():
            return [t for i in item for t in texts(i)]
    return (
        [t for name, value in vars(item).items() if name != "svg" for t in texts(value)]
        if hasattr(item, "__dict__")
        else []
    )


def tables(section: Section) -> list[Table]:
    inside = [b for g in section.blocks if isinstance(g, Grid) for c in g.columns for b in c]
    return [b for b in [*section.blocks, *inside] if isinstance(b, Table)]


def table(section: Section, caption: str) -> Table:
    return next(t for t in tables(section) if t.caption.startswith(caption))


def cell(text: str | Cell) -> str:
    return text.text if isinstance(text, Cell) else text


@pytest.mark.parametrize(
    ("code", "chapter", "sentence"),
    [
        ("en", "apart", "One plan is worth 1.0 billion yuan a year more than three: together the people of"),
        ("en", "apart", "gain 12 billion yuan a year, 11 billion yuan where each player plans"),
        ("en", "apart", "Of the value of one plan +550 million yuan a year is repetition avoided"),
        ("en", "apart", "Budgets that separate plans leave unspent make +100 million yuan."),
        ("en", "apart", "Subsidies: producer services"),
        ("en", "money", "Against separate plans Liaoning would lose by one plan (1 of 3)."),
        ("en", "money", "500 million yuan a year changing hands between governments leaves nobody worse off"),
        ("en", "money", "In the busiest year of building 5.3 billion yuan is spent on projects"),
        ("en", "money", "2028"),
        ("en", "conflicts", "Of 3 limits and targets 2 bind"),
        ("en", "conflicts", "the next 100 million yuan a year would bring the cluster 170 million yuan a year"),
        ("en", "conflicts", "Floor on output, Jilin: not binding."),
        ("en", "sure", "Of 4 plans in 5 outside worlds, the least regretted at worst is \"half the budget\""),
        ("en", "sure", "no mix beats the plan by more than 0.1"),
        ("en", "securities", "The plan lessens the worst loss of Food (2.00% to 1.80%) and Energy (3.00% to 2.90%)."),
        ("en", "securities", "Levers reach Energy most: its worst loss can fall from 6.00% to 3.00%"),
        ("en", "securities", "Self-sufficiency in grain"),
        ("en", "securities", "1,020 million t"),
        ("en", "plan", "Together in ev."),
        ("en", "plan", "Comes in if its cost falls by 36 %."),
        ("zh", "apart", "一个规划比三个规划每年多得10亿元"),
        ("zh", "apart", "补贴：生产性服务业"),
        ("zh", "money", "各级政府之间每年转移5.0亿元"),
        ("zh", "money", "与分别规划相比，统一规划使辽宁省受损（3方中1方）。"),
        ("zh", "conflicts", "3项约束和目标中2项起作用"),
        ("zh", "sure", "在5种外部情形、4个方案中，最大后悔值最小的是“预算减半”（每年9.00亿元）"),
        ("zh", "securities", "1,020百万吨"),
    ],
)  # fmt: skip
def test_it_says_what_the_numbers_say(sections, code, chapter, sentence):
    said = " ".join(texts(list(sections[code][chapter].blocks)))
    assert sentence in said


def test_a_page_is_left_out_where_nothing_was_asked_for():
    bare = build.gather(*world(beside=False).everything())
    for L in (EN, ZH):
        found = {s.id: s for s in build.document(bare, L).sections}
        assert set(CHAPTERS) & set(found) == {"money", "conflicts", "sure"}  # sure: draws stand with the levers
        assert L("sharing.title") not in texts(list(found["money"].blocks))


@pytest.mark.parametrize("missing", BESIDE)
def test_any_part_may_be_missing(missing):
    given = world()
    setattr(given.plan, missing, None)
    for section in build.document(build.gather(*given.everything()), EN).sections:
        said = " ".join(texts(list(section.blocks)))
        assert "nan" not in re.findall(r"[a-z]+", said) and "None" not in said.replace("None by the rule used.", "")


def test_no_chapter_has_an_empty_table_or_a_long_one(sections):
    for chapters in sections.values():
        for chapter in CHAPTERS:
            for t in tables(chapters[chapter]):
                assert 0 < len(t.rows) <= 24, t.caption


@pytest.mark.parametrize("L", [EN, ZH], ids=lambda L: L.code)
def test_players_add_up(sections, inputs, L):
    rows = table(sections[L.code]["apart"], L("apart.players")).rows
    read = lambda text: float(cell(text).replace("\N{MINUS SIGN}", "-"))  # noqa: E731
    total = inputs.plan.separate.totals
    for k, key in ((2, "separate"), (3, "own_budgets"), (4, "unified")):
        assert read(rows[-1].cells[k]) == pytest.approx(L.billions * total[key], rel=5e-3)
        assert sum(read(r.cells[k]) for r in rows[:-1]) == pytest.approx(L.billions * total[key], rel=2e-2)


def test_losses_of_different_securities_are_never_added(sections, inputs):
    worst = inputs.plan.stress.worst.set_index("security")
    own = worst.drop("joint")["loss"]
    rows = table(sections["en"]["securities"], EN("securities.worst")).rows
    assert [cell(r.cells[2]) for r in rows] == [EN.number(v, 3) for v in [*own, worst.loc["joint", "loss"]]]
    said = texts([r.cells for t in tables(sections["en"]["securities"]) for r in t.rows])
    assert EN.number(own.sum(), 3) not in said


def test_a_security_that_gets_worse_is_marked(sections):
    rows = table(sections["en"]["securities"], EN("securities.worst")).rows
    tones = {cell(r.cells[0]): r.cells[5].tone for r in rows}
    assert tones["Food"] == "good" and tones["Industry"] == "" and tones["Defence"] == "bad"


def test_half_of_the_way_is_read_off_the_frontier(sections):
    """Goal changes 0, -1, -4, -9 at losses 6, 5, 4, 3: half of the way, at 4.5, lies between -1 and -4."""
    rows = {cell(r.cells[0]): r for r in table(sections["en"]["securities"], EN("securities.ends")).rows}
    assert cell(rows["Energy"].cells[4]) == "\N{MINUS SIGN}2.5" and cell(rows["Energy"].cells[5]) == "\N{MINUS SIGN}9.0"
    assert cell(rows["Food"].cells[4]) == "–"


def test_disruptions_of_one_security_are_one_target(sections):
    rows = table(sections["en"]["conflicts"], EN("conflicts.targets_table")).rows
    food = [r for r in rows if "food security" in cell(r.cells[0])]
    assert len(food) == 1 and cell(food[0].cells[2]) == "5.80%"
    assert cell(rows[0].cells[3]) == "binds" and "Liaoning" in texts([r.cells for r in rows])


def test_sentences_of_limits_are_told_as_they_come(inputs):
    given = world()
    prices = given.plan.shadow_prices
    prices["row"], prices["sentence_en"], prices["sentence_zh"] = (
        prices["name"],
        "If it gave way, so.",
        "若放宽，则如此。",
    )
    found = build.gather(*given.everything())
    for L, words in ((EN, "If it gave way, so."), (ZH, "若放宽，则如此。")):
        assert texts(list(conflicts(found, L).blocks)).count(words) == int(prices["binding"].sum())


def words_of(path: Path) -> tuple[set[str], set[str]]:
    """Texts in a file's code, split at blanks, and beginnings of texts put together at run time."""
    whole, begun = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            whole |= set(node.value.split())
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            begun.add(str(node.values[0].value))
        if isinstance(node, ast.keyword) and node.arg:
            whole.add(node.arg)
    return whole, begun


def frames(plan: Any) -> dict[str, pd.DataFrame]:
    """The invented tables by name."""
    out = {}
    for name in SOURCES:
        found: Any = plan
        for part in name.split("."):
            found = getattr(found, part)
        out[name] = found
    return out


@pytest.mark.parametrize("name", [n for n in SOURCES if n != "shadow_prices"])
def test_columns_are_those_that_the_package_makes(name, inputs):
    """Pages read only the invented tables here: a column that no code makes would go unnoticed."""
    whole, begun = words_of(Path(citybelt.__file__).parent / SOURCES[name])
    for column in frames(inputs.plan)[name].columns:
        stem = re.sub(r"_(plan|separate|unified|base)$", "", str(column))
        made = {column, stem} & whole or any(b and str(column).startswith(b) for b in begun)
        assert made or (f"{{{column}" in whole), f"{name}: {column}"
