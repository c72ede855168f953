"""Numbers as words in both languages, and the strings of the report."""

from __future__ import annotations

import ast
import re
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybelt.report import figures, fonts, text
from citybelt.report.text import LANGUAGES, Language, places, strings

EN, ZH = Language("en"), Language("zh")
SOURCE = Path(text.__file__).parent
UNITS = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "万": 1e4, "亿": 1e8, "万亿": 1e12}


def parse(words: str) -> float:
    """Read a number back from words: the inverse that the report itself never needs."""
    found = re.fullmatch(r"([+\u2212]?)([\d,.]+)\s*(thousand|million|billion|trillion|万亿|万|亿)?", words)
    assert found, words
    value = float(found[2].replace(",", "")) * UNITS.get(found[3], 1.0)
    return -value if found[1] == "\u2212" else value


@pytest.mark.parametrize("L", [EN, ZH], ids=lambda L: L.code)
@given(st.floats(min_value=-1e13, max_value=1e13).filter(lambda v: abs(v) > 1), st.integers(2, 4))
def test_a_number_in_words_is_the_number(L: Language, value: float, digits: int):
    assert parse(L.scaled(value, digits)) == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))
    assert parse(L.number(value, digits)) == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (98_510_000, "98.5 million", "9,850万"),
        (996_900, "997 thousand", "99.7万"),
        (1.4098e9, "1.41 billion", "14.1亿"),
        (51_900, "51,900", "5.19万"),
        (9_996, "10,000", "1.00万"),
        (0.0, "0", "0"),
    ],
)
def test_counts_follow_the_language(value, english, chinese):
    assert EN.scaled(value) == english
    assert ZH.scaled(value) == chinese


def test_money_percent_and_bands():
    assert EN.money(25.6) == "26 billion yuan"
    assert ZH.money(25.6) == "260亿元"
    assert ZH.money(0.034) == "3,400万元"
    assert EN.amount(25.6) == "26 bn yuan"
    assert EN.percent(-0.4321, signed=True) == "−0.43%"
    assert EN.percent(9.96) == "10%"
    assert "80% band +0.21 to +0.68" in EN.with_band(0.43, 0.21, 0.68)
    assert "80%区间：+0.21至+0.68" in ZH.with_band(0.43, 0.21, 0.68)
    assert EN.with_band(0.43, float("nan"), float("nan")) == "+0.43%"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_not_known_shows_as_a_dash(value):
    for L in (EN, ZH):
        assert {L.number(value), L.percent(value), L.scaled(value), L.money(value), L.fixed(value)} == {"–"}


def test_a_rounded_zero_has_no_sign():
    assert EN.percent(-3e-7, signed=True) == "0%"
    assert EN.fixed(-0.004, 2, signed=True) == "0.00"


def test_lists():
    assert EN.join(["a", "b", "c"]) == "a, b and c"
    assert ZH.join(["甲", "乙", "丙"]) == "甲、乙和丙"
    assert EN.join([]) == ""


def test_every_string_speaks_both_languages_with_the_same_values():
    for key, row in strings().items():
        assert all(row[code].strip() or key == "cluster." for code in LANGUAGES), key
        if key != "list.more":  # Chinese counts all, English the rest
            assert places(row["en"]) == places(row["zh"]), key
        assert not re.search(r"[一-鿿]", row["en"]), key


def used_keys() -> tuple[set[str], set[str]]:
    """Keys that the code asks for: whole ones, and beginnings of those put together at run time."""
    whole, begun = set(), set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "word":
                if isinstance(node.args[0], ast.Constant):
                    begun.add(f"{node.args[0].value}.")
    return whole, begun


def test_every_string_asked_for_exists():
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "L" and node.args:
                if isinstance(node.args[0], ast.Constant):
                    assert node.args[0].value in strings(), f"{path.name}: {node.args[0].value}"


def test_no_string_is_left_over():
    whole, begun = used_keys()
    prefixes = tuple(b for b in begun if b.count(".") and not b.endswith(" "))
    unused = [k for k in strings() if k not in whole and not k.startswith(prefixes)]
    assert unused == []


@pytest.mark.parametrize(
    ("module", "file", "column", "group"),
    [
        ("citybelt.scenario", "effects.csv", "effect", "effect"),
        ("citybelt.scenario", "effects.csv", "unit", "measure"),
        ("citybelt.scenario", "effects.csv", "lever", "lever"),
        ("citybelt.scenario", "effects.csv", "design", "design"),
        ("citybelt.model", "elasticities.csv", "name", "elasticity"),
        ("citybelt.model", "elasticities.csv", "kind", "kind"),
    ],
)
def test_the_words_of_the_evidence_tables_are_translated(module, file, column, group):
    from citybelt.report.pages.annex import package_table

    words = {row[column] for row in package_table(module, file)}
    assert words
    translated = {key.partition(".")[2] for key in strings() if key.startswith(f"{group}.")}
    assert words - translated == set()
    if group in ("effect", "elasticity"):  # the words of the others serve other tables too
        assert translated - words == set()


def test_the_fonts_hold_every_letter_of_the_report():
    from fontTools.ttLib import TTFont

    letters = {c for row in strings().values() for c in "".join(row.values())}
    letters |= set("0123456789×·–−→ζν²^+")
    for path in fonts.FOLDER.glob("*.otf"):
        with TTFont(path) as font:
            assert letters - {chr(c) for c in font.getBestCmap()} - {"\u200b"} == set(), path.name


def shapes(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def test_charts_are_pictures_that_repeat_exactly():
    import matplotlib

    with matplotlib.rc_context(figures.style()):
        made = [
            lambda: figures.bars(["a", "城市"], [1.0, -2.0], [0.5, np.nan], [1.5, np.nan], write=EN.number),
            lambda: figures.dots(["a", "b"], {"x": ([1, 2], None, None), "y": ([2, np.nan], [1, np.nan], [3, np.nan])}),
            lambda: figures.stacked(["a", "b"], {"x": [1, -2], "y": [-3, 4]}, total="sum"),
            lambda: figures.steps(["a", "b", "sum"], [1.0, -3.0], write=EN.number),
            lambda: figures.panels(
                [("a", [2, 1], [0, -1]), ("城", [3, 2, 1], [0, -1, -4])], "x", "y", "here", across=2
            ),
            lambda: figures.strips([("income", [1.0, 2.0, 4.0], 4.0, "4")]),
        ]
        for make in made:
            first = make()
            assert first == make()
            root = shapes(first)
            assert root.tag.endswith("svg")
            assert "nan" not in first.lower().replace("nanum", "")
        assert "城市" in made[0]()  # letters stay letters
        assert "−2.0" in made[0]()
        assert "−2.0" in made[3]()  # the last step is the sum of the parts


def test_a_strip_puts_the_highest_value_at_its_right_end():
    marks = [
        float(e.get("cx"))
        for own in (1.0, 2.5, 4.0)
        for e in shapes(figures.strips([("a", [1.0, 2.5, 4.0], own, "")], width=101.0)).iter()
        if e.tag.endswith("circle")
    ]
    assert marks == pytest.approx([0.5, 50.5, 100.5])


def test_licence_of_the_fonts_ships():
    assert (
        "SIL OPEN FONT LICENSE" in resources.files("citybelt.report").joinpath("fonts", "OFL.txt").read_text().upper()
    )
