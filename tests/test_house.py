"""Rules of the house that no reader should have to check: layers, names, sizes, words, propositions."""

import ast
import csv
import json
import re
import tomllib

import pandas as pd
import pytest

import citybelt
from checkout import ROOT, tracked_files, tracked_texts
from citybelt import coverage

PACKAGE = ROOT / "src" / "citybelt"
MODULES = sorted(PACKAGE.rglob("*.py"))

#: A module imports from its own layer and from those before it.
LAYERS = (
    ("errors", "dims", "result", "terminal", "config", "coverage"),
    ("data", "geo", "estimate", "engine"),
    ("model",),
    ("worlds", "diagnose", "claims", "replicate"),
    ("people",),
    ("scenario",),
    ("path",),
    ("security",),
    ("plan", "trade"),
    ("separate",),
    ("hindcast",),
    ("report",),
    ("verbs",),
    ("web",),
    ("cli",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

#: Packages that know no country: another one's data must run through them unchanged.
CORE = (
    "engine", "model", "estimate", "geo", "plan", "data", "scenario", "trade", "security", "separate", "people", "path",
)  # fmt: skip

#: Files that may have 400 lines and more, each with its reason.
LONG: dict[str, str] = {}


def identifier(path):
    """Name for a test's parameter."""
    return path.relative_to(ROOT).as_posix()


def imported(path):
    """The modules of citybelt that a file imports, at its top or inside a function, in full."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("citybelt."))
        elif isinstance(node, ast.ImportFrom):
            here = ["citybelt", *path.relative_to(PACKAGE).parent.parts]
            base = here[: len(here) - node.level + 1] if node.level else []
            source = ".".join([*base, *filter(None, [node.module])])
            if source == "citybelt":
                yield from (f"citybelt.{a.name}" for a in node.names if a.name in RANK)
            elif source.startswith("citybelt."):
                yield from (f"{source}.{a.name}" for a in node.names)


@pytest.mark.parametrize("path", MODULES, ids=identifier)
def test_layers(path):
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    assert own in RANK, f"{own} has no layer: place it in LAYERS"
    for name in imported(path):
        other = name.split(".")[1]
        assert RANK[other] <= RANK[own], f"{own} may not import {name}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "model" / "mechanisms").glob("*.py")), ids=identifier)
def test_mechanisms_import_no_mechanism(path):
    others = [n for n in imported(path) if n.startswith("citybelt.model.") and "flows" not in n.split(".")]
    assert not others, "a mechanism is pure equations; only the model function puts mechanisms together"


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "__init__.py"], ids=identifier)
def test_no_function_bears_the_name_of_a_module_beside_it(path):
    """Python would replace the function by the module as soon as something imports it."""
    defined = {n.name for n in ast.parse(path.read_text("utf-8")).body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    assert not defined & {p.stem for p in path.parent.iterdir() if p.suffix == ".py" or p.is_dir()}


def names_of_places():
    """English and Chinese names of all units in the embedded worlds, long enough to mean nothing else."""
    units = pd.read_parquet(PACKAGE / "worlds" / "tables" / "units.parquet")
    english = {name for name in units["name_en"] if len(name) >= 6}
    return english | set(units["name_zh"]) | {"China", "中国", "hukou", "Northeast"}


def words_of_code(path):
    """Texts and names in the code of a file with their lines; docstrings (which cite) and comments are left out."""
    tree = ast.parse(path.read_text("utf-8"))
    explained = (ast.Module, ast.FunctionDef, ast.ClassDef)
    docs = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, explained) and ast.get_docstring(n)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id.replace("_", " ")


@pytest.mark.parametrize("package", CORE)
def test_the_core_knows_no_country(package):
    places = "|".join(rf"\b{re.escape(n)}\b" if n.isascii() else re.escape(n) for n in names_of_places())
    local = re.compile(rf"{places}|^\d{{6}}(-\w+)?$")
    found = []
    for path in sorted((PACKAGE / package).rglob("*.py")):
        for line, text in words_of_code(path):
            if hit := local.search(text):
                found.append(f"{identifier(path)}:{line}: {hit[0]}")
    assert not found


@pytest.mark.parametrize("path", MODULES, ids=identifier)
def test_files_hold_one_idea(path):
    lines = len(path.read_text("utf-8").splitlines())
    assert lines < 400 or identifier(path) in LONG


@pytest.mark.parametrize("path", MODULES, ids=identifier)
def test_public_things_are_explained(path):
    tree = ast.parse(path.read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    named = [n for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")]
    assert not [n.name for n in named if not ast.get_docstring(n)]
    assert ast.get_docstring(tree) or not tree.body


def test_words_that_have_no_place_here():
    words = re.compile(
        r"/work/|/root/|/tmp/|\bTODO\b|\bFIXME\b|\bXXX\b|\b[Ii]ssue #?\d|\bCEO\b|\bchatbot\b"
        r"|\blanguage model\b|\bhelper session|\bdesign notes?\b|\bthrow-away\b|\bplaceholder\b(?!=)",
    )
    found = [
        f"{name}:{n}: {hit[0]}"
        for name, text in tracked_texts()
        if name != "tests/test_house.py" and not name.startswith("src/citybelt/web/static/")  # built by others' tools
        for n, line in enumerate(text.splitlines(), 1)
        if (hit := words.search(line))
    ]
    assert not found


def test_no_file_is_heavy():
    sizes = {name: (ROOT / name).stat().st_size for name in tracked_files()}
    assert not {n: s for n, s in sizes.items() if s > 4_000_000}
    assert sum(s for n, s in sizes.items() if n.startswith("src/citybelt/worlds/tables/")) < 12_000_000


def test_tables_speak_both_languages():
    """Where a table has a column for one language, it has the other, and they are filled alike."""
    lacking = []
    for path in sorted(PACKAGE.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for english in [c for c in (rows[0] if rows else ()) if c == "en" or c.endswith("_en")]:
            chinese = english.removesuffix("en") + "zh"
            for n, row in enumerate(rows, 2):
                if bool(row[english]) != bool(row.get(chinese)):
                    lacking.append(f"{identifier(path)}:{n}: {english}/{chinese}")
    assert not lacking


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == citybelt.__version__
    assert f"version: {citybelt.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## {citybelt.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


# Coverage of the article


def test_statements_are_complete():
    assert list(coverage.statements()) == [f"P{n}" for n in range(1, 66)]


def test_the_table_of_tests_is_fresh():
    kept = json.loads((PACKAGE / "coverage.json").read_text("utf-8"))
    assert kept == coverage.tests_by_proposition(ROOT / "tests"), "run: python -m citybelt.coverage"


def test_marks_are_found(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "test_a.py").write_text(
        "import pytest\n"
        "@pytest.mark.proposition('P7', 'P12')\ndef test_one(): pass\n"
        "@pytest.mark.proposition('P7')\nclass TestTwo:\n"
        "    def test_inner(self): pass\n"
        "    @pytest.mark.proposition('P3')\n    def test_both(self): pass\n"
        "@pytest.mark.slow\ndef test_three(): pass\n"
    )
    assert coverage.tests_by_proposition(tmp_path) == {
        "P3": ["deep/test_a.py::TestTwo::test_both"],
        "P7": [f"deep/test_a.py::{t}" for t in ("TestTwo::test_both", "TestTwo::test_inner", "test_one")],
        "P12": ["deep/test_a.py::test_one"],
    }


def test_answers_and_tests_belong_together():
    answers, tests = coverage.declared(), coverage.tests_by_proposition(ROOT / "tests")
    known = set(coverage.statements())
    assert {a.number for a in answers} <= known and set(tests) <= known
    assert {a.state for a in answers} <= {"computed", "assumed"} and all(a.section for a in answers)
    assert not sorted(set(tests) - {a.number for a in answers}), "tested, but no module declares an answer"


def test_an_answer_counts_with_its_test():
    texts = {n: {"statement_en": "a", "statement_zh": "b"} for n in ("P1", "P2", "P3", "P4")}
    answers = [
        coverage.Answer("P1", "assumed", "plan"),
        coverage.Answer("P1", "computed", "ledger"),
        coverage.Answer("P2", "assumed", "plan"),
        coverage.Answer("P3", "computed", "ledger"),
    ]
    found = coverage.combine(texts, answers, {"P1": ["t"], "P2": ["t", "u"], "P4": ["v"]}).propositions
    assert [p.state for p in found] == ["computed", "assumed", "not attempted", "not attempted"]
    assert found[0].sections == ("plan", "ledger") and found[2].sections == ()
    assert [len(p.tests) for p in found] == [1, 2, 0, 1]


def test_marks_stand_where_they_are_read():
    """`pytestmark` would hide a number from the coverage."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign):
                assert not ("pytestmark" in ast.unparse(node) and "proposition" in ast.unparse(node)), identifier(path)
