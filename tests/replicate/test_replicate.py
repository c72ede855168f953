"""Replications: every case on its data where there are any, and the frame around them."""

import csv
import json
import math
import shutil
from importlib import resources

import pytest

import citybelt as cb
from citybelt import cli
from citybelt.errors import InputError
from citybelt.replicate import CASES, compute
from citybelt.replicate.result import Figure, Replication, against

NAMES = [case.NAME for case in CASES]
TABLES = [c.NAME for c in CASES if (resources.files("citybelt.replicate") / f"{c.NAME}.csv").is_file()]


@pytest.fixture(scope="module")
def computed(request):
    """Each case computed once; those that need no data everywhere."""
    kept = {}
    without = {case.NAME for case in CASES if not case.FILES}

    def of(name):
        if name not in kept:
            kept[name] = cb.replicate(name, None if name in without else request.getfixturevalue("cases"))
        return kept[name]

    return of


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_holds(computed, name):
    found = computed(name)
    assert len(found.figures) >= 10
    assert not [(f.name, f.group, f.expected, f.computed) for f in found.figures if not f.holds]


def test_figures_of_the_border_are_as_exact_as_their_source(computed):
    """What is told of the case: welfare to ten digits, and both readings of the closed border."""
    by_name = {f.name: f for f in computed("mrrh_germany").figures if f.source.startswith("independent")}
    assert abs(by_name["Trade border: welfare"].difference) < 1e-8
    names = [f.name for f in computed("mrrh_germany").figures]
    assert "Both borders: welfare" in names and "Both borders, transfer to the East: welfare" in names


@pytest.mark.parametrize("name", NAMES)
def test_a_case_says_what_it_is(name):
    case = next(c for c in CASES if c.NAME == name)
    assert case.__name__.endswith(f".{name}") and case.__doc__
    english, chinese = case.TITLE
    assert english and any("\u4e00" <= c <= "\u9fff" for c in chinese)
    assert bool(case.FILES) <= bool(case.ORIGIN)


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_figures_are_whole(name):
    text = (resources.files("citybelt.replicate") / f"{name}.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({row["key"] for row in rows}) == len(rows)
    for row in rows:
        assert math.isfinite(float(row["expected"])) and float(row["within"]) > 0
        assert row["name_en"] and row["name_zh"] and row["unit"] and row["source_en"] and row["source_zh"]


def test_expected_and_computed_have_the_same_figures():
    with pytest.raises(KeyError, match="nonsense"):
        against(TABLES[0], {"nonsense": 1.0})


# The result


def figure(computed=1.0, **more):
    return Figure("a", 1.0, computed, 1e-3, "%", "a paper", **more)


@pytest.mark.parametrize(("value", "holds"), [(1.0, True), (1.0009, True), (1.002, False), (math.nan, False)])
def test_a_figure_holds_within_its_digits(value, holds):
    assert figure(value).holds is holds


def test_one_figure_decides_the_case_and_is_shown_beside_its_group(capsys):
    from rich.console import Console

    group = ("changes", "变化")
    bad = (figure(1.5, group=group), figure(9.0, group=group), figure(1.0, group=group, name_zh="甲"))
    result = Replication("toy", ("toy case", "例子"), bad)
    assert not result.holds
    Console(width=200).print(result.rich("en"))
    shown = capsys.readouterr().out
    assert "changes: 3, worst a" in shown and "1.5000" in shown and "2 of 3 figures do not hold" in shown
    Console(width=200).print(result.rich("zh"))
    assert "变化" in capsys.readouterr().out
    assert list(result.table["holds"]) == [False, False, True]
    assert "<table" in result._repr_html_()


# The verb


def test_the_list_names_files_and_where_they_are_from(capsys):
    assert cli.main(["replicate", "--list"]) == 0
    shown = capsys.readouterr().out
    assert NAMES and all(name in shown for name in NAMES)
    listed = cb.replicate()
    assert list(listed.table["case"]) == NAMES
    assert "<table" in listed._repr_html_()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command_line_shows_a_case(cases, capfd, lang):
    assert cli.main(["replicate", "gravity_can_jpn", "--data", str(cases), "--lang", lang]) == 0
    out = capfd.readouterr().out
    assert ("全部411个数字相符" if lang == "zh" else "All 411 figures hold") in out


def test_json_holds_every_figure(cases, capfd, tmp_path):
    folder = cases / "gravity_can_jpn"  # the folder of the case itself will do
    arguments = ["replicate", "gravity_can_jpn", "--data", str(folder), "--json", "--out", str(tmp_path)]
    assert cli.main(arguments) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["case"] == "gravity_can_jpn" and document["holds"] is True and len(document["figures"]) == 411
    assert (tmp_path / "replicate_table.csv").exists()


def test_a_case_that_fails_fails_the_command(monkeypatch, capsys):
    from citybelt import verbs

    result = Replication("toy", ("toy", "例"), (figure(7.0),))
    monkeypatch.setattr(verbs, "replicate", lambda name, folder: result)
    assert cli.main(["replicate", "toy"]) == 3
    assert "1 of 1 figures do not hold" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["mrrh_germany", "--list"]])
def test_a_name_or_the_list_not_both(arguments, capsys):
    assert cli.main(["replicate", *arguments]) == 2
    assert "--list" in capsys.readouterr().err


def test_an_unknown_case_names_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'mrrh_germany'"):
        compute("mrrh_german")


@pytest.mark.parametrize("case", [c for c in CASES if c.FILES], ids=lambda c: c.NAME)
def test_missing_files_are_named_in_one_message(case, tmp_path):
    for folder in (None, tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError) as caught:
            compute(case.NAME, folder)
        (problem,) = caught.value.problems
        assert all(name in str(problem) for name in case.FILES) and case.ORIGIN in problem.do


@pytest.mark.parametrize("case", [c for c in CASES if c.FILES], ids=lambda c: c.NAME)
@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"a\tb\nx\ty\n"])
def test_malformed_files_are_named(case, content, cases, tmp_path):
    for spoiled in case.FILES:
        for name in case.FILES:
            shutil.copyfile(cases / case.NAME / name, tmp_path / name)
        (tmp_path / spoiled).write_bytes(content)
        with pytest.raises(InputError) as caught:
            compute(case.NAME, tmp_path)
        assert spoiled in str(caught.value)


def test_a_hole_in_a_table_is_found(cases, tmp_path):
    folder = cases / "mrrh_germany"
    for name in ("commuting_wide.csv", "distance_matrix.csv", "labor_tidy.csv"):
        shutil.copyfile(folder / name, tmp_path / name)
    lines = (folder / "distance_matrix.csv").read_text().splitlines()
    spoiled = ",".join(["x" if k == 7 else cell for k, cell in enumerate(lines[5].split(","))])
    (tmp_path / "distance_matrix.csv").write_text("\n".join([*lines[:5], spoiled, *lines[6:]]))
    with pytest.raises(InputError, match="no number"):
        compute("mrrh_germany", tmp_path)
    (tmp_path / "distance_matrix.csv").write_text("\n".join(lines[:-1]))
    with pytest.raises(InputError, match="400 x 401 numbers, not 401 x 401"):
        compute("mrrh_germany", tmp_path)


@pytest.mark.parametrize(
    ("case", "name", "column", "at"),
    [
        ("mrrh_germany", "commuting_wide.csv", 7, "5, 7"),
        ("mrrh_germany", "distance_matrix.csv", 7, "5, 7"),
        ("mrrh_germany", "labor_tidy.csv", "median_income_workplace", "5"),
        ("gravity_can_jpn", "sample_data_set.dlm", "Y", None),
    ],
)
def test_what_cannot_be_negative_is_found_before_anything_is_solved(case, name, column, at, cases, tmp_path):
    shutil.copytree(cases / case, tmp_path, dirs_exist_ok=True)
    lines = [line.split(",") for line in (cases / case / name).read_text().splitlines()]
    place = column if isinstance(column, int) else [cell.strip('"') for cell in lines[0]].index(column)
    lines[5][place] = "-5"  # first of the exporter where exporters are grouped
    if at is None:
        lines = [lines[0], lines[5], *lines[1:5], *lines[6:]]
    (tmp_path / name).write_text("\n".join(map(",".join, lines)))
    with pytest.raises(InputError, match=rf"{name}: holds -5 at \[{at or '[0-9]+'}\], below 0\."):
        compute(case, tmp_path)
