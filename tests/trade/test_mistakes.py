"""Every kind of mistake in a folder is told with file, line and column; several at once; never a traceback."""

import errno
import os
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import citybelt as cb
from citybelt.trade.files import FORMS
from citybelt.trade.read import read
from citybelt.trade.sample import example


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder without mistakes."""
    folder = tmp_path_factory.mktemp("trade") / "whole"
    example(folder)
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    """A copy of it, to be spoilt."""
    return shutil.copytree(whole, tmp_path / "mine")


def spoil(folder, name, old, new, count=1):
    """Replace a text in a file that must be there."""
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text, f"{name} has no {old!r}"
    path.write_text(text.replace(old, new, count), "utf-8")


def line(folder, name, start):
    """Number and text of the first line that starts so."""
    lines = (folder / name).read_text("utf-8").splitlines()
    return next((n, text) for n, text in enumerate(lines, 1) if text.startswith(start))


def mistakes(folder):
    """The problems of a folder."""
    with pytest.raises(cb.InputError) as caught:
        read(folder)
    return caught.value.problems


def cell(folder, name, start, value):
    """Put another value at the end of the line that starts so; its number."""
    n, text = line(folder, name, start)
    path = folder / name
    lines = path.read_text("utf-8").splitlines()
    lines[n - 1] = ",".join([*text.split(",")[:-1], value])
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return n


#: File, first cells of a line, what its last cell becomes, the column, and a part of the message.
CELLS = [
    ("flows.csv", "mining,Synthia,Drawburg", "-3", "value", "-3 is negative"),
    ("flows.csv", "mining,Synthia,Drawburg", "", "value", "the cell is empty"),
    ("flows.csv", "mining,Synthia,Drawburg", "n/a", "value", "'n/a' is not a number"),
    ("flows.csv", "mining,Synthia,Drawburg", '"1,234.5"', "value", "Write 1234.5"),
    ("flows.csv", "mining,Synthia,Drawburg", "1_000", "value", "'1_000' is not a number"),
    ("flows.csv", "mining,Synthia,Drawburg", "inf", "value", "'inf' is not a number"),
    ("flows.csv", "mining,Synthia,Drawburg", "１２", "value", "'１２' is not a number"),
    ("value_added.csv", "Seedland,textiles", "1.2", "share", "1.2 is not from 0 to 1"),
    ("value_added.csv", "Seedland,textiles", "45%", "share", "Write 45"),
    ("inputs.csv", "Seedland,textiles,mining", "-0.1", "share", "-0.1 is not from 0 to 1"),
    ("tariffs.csv", "farming,Synthia,Randomia", "-5", "percent", "-5 is negative or above"),
    ("tariffs_new.csv", "farming,Synthia,Randomia", "free", "percent", "'free' is not a number"),
    ("structures.csv", "Drawburg,services", "30", "share", "30 is not from 0 to 1"),
    ("people.csv", "Synthia,,Synthia,country", "nan", "persons", "'nan' is not a number"),
    ("elasticities.csv", "machines", "x", "agglomeration", "'x' is not a number"),
    ("shocks.csv", "productivity,Seedland", "-100", "value", "-100 is not above -100"),
    ("regions.csv", "Randomia", "1.5", "housing", "1.5 is not from 0 to 1"),
]


@pytest.mark.parametrize(("name", "start", "value", "column", "part"), CELLS)
def test_a_bad_number_is_named(folder, name, start, value, column, part):
    n = cell(folder, name, start, value)
    (problem,) = mistakes(folder)
    assert problem.where == f"{folder / name}, line {n}, column {column}"
    assert part in str(problem)


@pytest.mark.parametrize("value", ["0", "-4", "abc", ""])
def test_an_elasticity_must_be_above_zero(folder, value):
    n, text = line(folder, "elasticities.csv", "mining")
    spoil(folder, "elasticities.csv", text, f"mining,{value},0.01")
    (problem,) = mistakes(folder)
    assert problem.where.endswith(f"elasticities.csv, line {n}, column theta") and problem.do


#: File, text, what it becomes, column, and the advice.
LABELS = [
    ("flows.csv", "mining,Synthia,Drawburg", "mining,Sinthia,Drawburg", "importer", "Did you mean 'Synthia'?"),
    ("flows.csv", "mining,Synthia,Drawburg", "mining,Synthia,drawburg", "exporter", "Did you mean 'Drawburg'?"),
    ("inputs.csv", "Seedland,mining,textiles", "Seedland,mining,textile", "input", "Did you mean 'textiles'?"),
    ("value_added.csv", "Seedland,mining", "Seedland,minning", "sector", "Did you mean 'mining'?"),
    ("tariffs.csv", "mining,Synthia,Drawburg", "mining,Synthia,Drawberg", "exporter", "Did you mean 'Drawburg'?"),
    ("tariffs_new.csv", "mining,Synthia", "mining,", "importer", "the cell is empty"),
    ("structures.csv", "Drawburg,mining", "Drawburg,zzz", "sector", "Known are farming"),
    ("labour.csv", "mining,", "minin,", "sector", "Did you mean 'mining'?"),
    ("people.csv", "Synthia,,Synthia,country", "Synthia,,Synthia,contry", "market", "Did you mean 'country'?"),
    ("shocks.csv", "productivity,Seedland", "productivty,Seedland", "field", "Did you mean 'productivity'?"),
    ("shocks.csv", "productivity,Seedland", "productivity,Seedlnd", "region", "Did you mean 'Seedland'?"),
]


@pytest.mark.parametrize(("name", "old", "new", "column", "part"), LABELS)
def test_an_unknown_label_names_the_nearest(folder, name, old, new, column, part):
    n, _ = line(folder, name, old)
    spoil(folder, name, old, new)
    found = mistakes(folder)
    told = [p for p in found if p.where == f"{folder / name}, line {n}, column {column}"]
    assert len(told) == 1 and part in str(told[0])
    # What the row was to say is then missing, where a row for every cell is asked for; nothing else is told.
    assert all("there is no row for" in p.what and str(folder / name) in p.where for p in found if p not in told)


def test_a_row_given_twice_and_a_row_missing(folder):
    n, _ = line(folder, "flows.csv", "mining,Synthia,Drawburg")
    spoil(folder, "flows.csv", "mining,Synthia,Noiseport", "mining,Synthia,Drawburg")
    twice, missing = mistakes(folder)
    assert twice.where.endswith(f"flows.csv, line {n + 1}") and f"on line {n} already" in twice.what
    assert missing.where.endswith("flows.csv, columns sector, importer, exporter")
    assert "mining, Synthia, Noiseport" in missing.what and "missing_rows: zero" in missing.do


@pytest.mark.parametrize("name", [n for n, form in FORMS.items() if form.required])
def test_a_table_that_must_be_there(folder, name):
    (folder / name).unlink()
    assert f"{folder / name}: the file is missing." in "\n".join(map(str, mistakes(folder)))


def test_a_misspelt_file_is_not_passed_over(folder):
    (folder / "tariffs.csv").rename(folder / "tarifs.csv")
    (problem,) = mistakes(folder)
    assert problem.where.endswith("tarifs.csv") and "'tariffs.csv'" in problem.do


def test_results_in_the_folder_are_no_tables(folder):
    (folder / "trade_by_region.csv").write_text("anything", "utf-8")
    read(folder)


HEADS = [
    ("flows.csv", "sector,importer,exporter,value", "sector,importer,exporter,values", "value", "Rename 'values'"),
    ("flows.csv", "sector,importer,exporter,value", "sector,importer,exporter,value,value", "value", "twice"),
    ("regions.csv", "region,housing", "region,houssing", "houssing", "Did you mean 'housing'?"),
    ("value_added.csv", "region,sector,share", "region,sector,amount", "value", "none of the columns value and share"),
    ("elasticities.csv", "sector,theta", "sector;theta", "", ""),
]


@pytest.mark.parametrize(("name", "old", "new", "column", "part"), HEADS)
def test_headings(folder, name, old, new, column, part):
    spoil(folder, name, old, new)
    found = [p for p in mistakes(folder) if f"{folder / name}, line 1" in p.where]
    assert found and part in "\n".join(map(str, found)) and column in "\n".join(p.where for p in found)


FORMS_OF_FILES = [
    (b"", "the file is empty"),
    (b"\n \n", "the file is empty"),
    (b"sector,importer,exporter,value\n", "there are no rows"),
    (b"PK\x03\x04 anything", "this is a workbook"),
    ("sector,importer,exporter,value\n农业,甲,乙,1".encode("gbk"), "line 2: the text is not in UTF-8"),
    (b"sector;importer;exporter;value\n1;2;3;4\n", "Separate columns by commas"),
    (b"sector,importer,exporter,value\nfarming,Synthia\n", "line 2: 2 cells under 4 columns"),
    (b"sector,importer,exporter,value\0\n", "this is not a text file"),
    (b'sector,importer,exporter,value\n"farming,Synthia,Synthia,1\n', "a quote opens in this row and never closes"),
]


@pytest.mark.parametrize(("content", "part"), FORMS_OF_FILES)
def test_files_that_are_no_tables(folder, content, part):
    (folder / "flows.csv").write_bytes(content)
    assert part in "\n".join(map(str, mistakes(folder)))


SETTINGS = [
    ("money: million", "monney: million", "'money' is missing"),
    ("people: choice", "people: chioce", "Did you mean 'choice'?"),
    ("taste: 1.5", "taste: -1", "'taste' is -1"),
    ("taste: 1.5", "taste: [", "not valid YAML"),
    ("shares: refuse", "shares: mend", "'shares' cannot be 'mend'"),
    ("shares: refuse", "share: refuse", "unknown key 'share'"),
    ("persons: thousand persons", "", "the unit of people.csv is not said"),
]


@pytest.mark.parametrize(("old", "new", "part"), SETTINGS)
def test_settings(folder, old, new, part):
    spoil(folder, "model.yaml", old, new)
    found = mistakes(folder)
    assert part in "\n".join(map(str, found)) and all("model.yaml" in p.where for p in found)


def test_people_who_move_need_their_table(folder):
    (folder / "people.csv").unlink()
    (problem,) = mistakes(folder)
    assert problem.where.endswith("model.yaml") and "no people.csv" in problem.what


def test_free_people_of_several_origins(folder):
    spoil(folder, "model.yaml", "people: choice", "people: free")
    (problem,) = mistakes(folder)
    assert problem.where.endswith("people.csv, column persons") and "several origins" in problem.what


def test_nobody_at_work_where_wages_are_paid(folder):
    path = folder / "people.csv"
    rows = [t for t in path.read_text("utf-8").splitlines() if ",Drawburg,town," not in t]
    path.write_text("\n".join(rows), "utf-8")
    (problem,) = mistakes(folder)
    assert "Drawburg, town has value added, and nobody at work there" in problem.what


SHOCKS = [
    ("transfer,Synthia,,,5", "value", "sum to 5, not to zero"),
    ("tariff,Synthia,Synthia,mining,5", "partner", "no tariff from itself"),
    ("tariff,Synthia,Randomia,farming,5", "field", "tariffs_new.csv sets too"),
    ("amenity,Synthia,,mining,5", "sector", "'amenity' takes no sector"),
    ("productivity,*,,machines,5", "", "line 2 sets already"),
    ("productivity,Synthia,,,5", "sector", "the cell is empty"),
    ("tariff,Synthia,Randomia,services,-5", "value", "-5 is negative"),
]


@pytest.mark.parametrize(("row", "column", "part"), SHOCKS)
def test_shocks(folder, row, column, part):
    path = folder / "shocks.csv"
    path.write_text(path.read_text("utf-8") + row + "\n", "utf-8")
    (problem,) = mistakes(folder)
    assert problem.where == f"{path}, line 3" + (f", column {column}" if column else "")
    assert part in str(problem)


def test_deficits_are_held_against_flows(folder):
    e = read(folder)
    deficit = e.trade.sum(axis=(0, 2)) - e.trade.sum(axis=(0, 1))
    deficit[1] += 100
    rows = [f"{r},{d:.6f}" for r, d in zip(e.regions, deficit, strict=True)]
    (folder / "regions.csv").write_text("\n".join(["region,deficit", *rows]), "utf-8")
    (problem,) = mistakes(folder)
    assert problem.where.endswith("regions.csv, line 3, column deficit") and "Randomia" in problem.what
    spoil(folder, "model.yaml", "deficits: refuse", "deficits: flows")
    (repair,) = read(folder).repairs
    assert repair.kind == "deficit_of_flows" and repair.before - repair.after == pytest.approx(100, abs=1e-4)


def test_value_added_beyond_sales(folder):
    e = read(folder)
    output = e.trade.sum(axis=1).T
    value = e.va * output
    value[3, 2] = 1.5 * output[3, 2]
    rows = [f"{r},{s},{value[n, j]:.9g}" for n, r in enumerate(e.regions) for j, s in enumerate(e.sectors)]
    (folder / "value_added.csv").write_text("\n".join(["region,sector,value", *rows]), "utf-8")
    (problem,) = mistakes(folder)
    assert problem.where.endswith(f"value_added.csv, line {3 * len(e.sectors) + 4}, column value")
    assert "Drawburg, textiles" in problem.what


def test_all_at_once(folder):
    """One mistake in each of many files, and every one is told."""
    at = {name: cell(folder, name, start, value) for name, start, value in (
        ("flows.csv", "mining,Synthia,Drawburg", "-3"), ("value_added.csv", "Seedland,textiles", "x"),
        ("inputs.csv", "Seedland,textiles,mining", ""), ("tariffs.csv", "farming,Synthia,Randomia", "5%"),
        ("structures.csv", "Drawburg,services", "30"), ("people.csv", "Synthia,,Synthia,country", "-1"),
        ("shocks.csv", "productivity", "many"), ("elasticities.csv", "machines", "x"), ("regions.csv", "Synthia", "2"),
    )}  # fmt: skip
    spoil(folder, "model.yaml", "taste: 1.5", "taste: none")
    found = mistakes(folder)
    for name, n in at.items():
        assert any(p.where.startswith(f"{folder / name}, line {n}, column ") for p in found), name
    assert any("model.yaml" in p.where for p in found) and len(found) == len(at) + 1


def test_many_of_one_kind_are_counted(folder):
    path = folder / "flows.csv"
    head, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([head, *(row.rsplit(",", 1)[0] + ",?" for row in rows)]), "utf-8")
    found = mistakes(folder)
    assert len(found) == 9 and f"and {len(rows) - 8} more" in found[-1].what


TEXT = st.one_of(
    st.sampled_from(["", "-1", "0", "1e400", "nan", "*", "Synthia", '"', ",,", "\n", "=1+1", "１", "\ufeff", "\0"]),
    st.text(max_size=6),
    st.floats(allow_nan=True).map(str),
)  # fmt: skip


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_no_corruption_ends_in_a_traceback(whole, tmp_path_factory, data):
    """Cells, lines and bytes are overwritten at random: the folder is refused in words, or still holds numbers."""
    folder = shutil.copytree(whole, tmp_path_factory.mktemp("corrupt") / "mine")
    spoilt = set()
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(p.name for p in folder.iterdir())))
        path = folder / name
        rows = path.read_bytes().split(b"\n")
        k = data.draw(st.integers(0, len(rows) - 1))
        cells = rows[k].split(b",")
        at = data.draw(st.integers(0, len(cells) - 1))
        kind = data.draw(st.sampled_from(["cell", "line", "drop", "twice", "bytes"]))
        new = data.draw(TEXT).encode("utf-8", "surrogatepass")
        if kind == "cell":
            rows[k] = b",".join([*cells[:at], new, *cells[at + 1 :]])
        elif kind == "line":
            rows[k] = new
        elif kind == "drop":
            del rows[k]
        elif kind == "twice":
            rows.insert(k, rows[k])
        else:
            rows[k] = data.draw(st.binary(max_size=8))
        path.write_bytes(b"\n".join(rows))
        spoilt.add(name)
    try:
        e = read(folder)
    except cb.InputError as error:
        assert error.problems and all(p.what and p.where for p in error.problems)
        return
    for name in ("trade", "va", "inputs", "tariff", "theta"):
        assert np.isfinite(getattr(e, name)).all(), name
    assert (e.trade >= 0).all() and (e.theta > 0).all() and np.allclose(e.va + e.inputs.sum(axis=2), 1)
    assert all(np.isfinite(v).all() for v in vars(e.change).values() if v is not None)


def test_what_is_no_plain_file_is_neither_waited_for_nor_read_without_end(folder):
    for name in ("flows.csv", "regions.csv", "inputs.csv", "labour.csv", "model.yaml"):
        (folder / name).unlink()
    os.mkfifo(folder / "flows.csv")
    (folder / "regions.csv").symlink_to("regions.csv")
    (folder / "inputs.csv").mkdir()
    (folder / "labour.csv").symlink_to("/dev/zero")
    os.mkfifo(folder / "model.yaml")
    said = {p.where.removeprefix(f"{folder}/"): p.what for p in mistakes(folder)}
    assert said == {
        "flows.csv": "this is a pipe or device, not a file.",
        "regions.csv": f"it can't be read: {os.strerror(errno.ELOOP)}.",
        "inputs.csv": "this is a folder, not a file.",
        "labour.csv": "this is a pipe or device, not a file.",
        "model.yaml": "is not a plain file.",
    }


def test_a_quote_that_never_closes_is_told_where_it_opens(folder):
    n, text = line(folder, "flows.csv", "mining,Synthia,Randomia")
    spoil(folder, "flows.csv", text, text.replace("Synthia", '"Synthia'))
    (said,) = mistakes(folder)
    assert said.where == f"{folder}/flows.csv, line {n}"
    assert said.what == "a quote opens in this row and never closes."


@pytest.mark.parametrize("name", ["labour.csv", "people.csv"])
def test_a_table_that_cannot_be_read_is_not_said_to_be_missing_as_well(folder, name):
    (folder / name).write_text("", "utf-8")
    (said,) = mistakes(folder)
    assert (said.where, said.what) == (f"{folder}/{name}", "the file is empty.")


def test_names_that_would_move_the_cursor_or_hide_are_refused(folder):
    spoil(folder, "regions.csv", "Synthia", "Syn\x1b[2Jthia")
    spoil(folder, "elasticities.csv", "farming", "farm\u202eing")
    assert {(p.where.removeprefix(f"{folder}/"), p.what) for p in mistakes(folder)} == {
        ("regions.csv, line 2, column region", "'Syn\\x1b[2Jthia' holds a character that cannot be seen."),
        ("elasticities.csv, line 2, column sector", "'farm\\u202eing' holds a character that cannot be seen."),
    }


def test_a_column_without_a_name_is_told_by_its_place(folder):
    path = folder / "labour.csv"
    path.write_text("".join(f"{row},\n" for row in path.read_text("utf-8").splitlines()), "utf-8")
    (said,) = mistakes(folder)
    assert said.where == f"{path}, line 1, cell 3" and said.what == "the column has no name."


def test_no_name_is_no_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    for nothing in ("", "\0", "model.yaml"):
        (said,) = mistakes(nothing)
        assert said.what == "there is no such folder."
