"""The command line: grammar, clean JSON on standard output, exit codes, and an import that costs nothing."""

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import citybelt
from citybelt import cli, verbs
from citybelt.errors import InputError, NotSolvedError, Problem
from citybelt.result import plain, save, tables, to_text


def citybelt_process(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "citybelt.cli", *arguments], capture_output=True, **options)


@dataclass(frozen=True)
class Answer:
    """A result with the kinds of values that results have."""

    people: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"region": ["a", "b"], "people": [3, np.nan]}))
    name: str = "toy"

    def to_json(self):
        return {"value": np.float64(1.5), "missing": np.array([1.0, np.nan]), "people": self.people}

    def __rich__(self):
        return "an answer in words"


@pytest.fixture
def toy(monkeypatch):
    """Replaces the verbs by toys; the calls are kept in ``calls``."""
    calls = {}

    def verb(name, result):
        def call(*args, **kwargs):
            calls[name] = (args, kwargs)
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(verbs, name, call)

    verb("load", Answer())
    return SimpleNamespace(calls=calls, verb=verb)


@pytest.mark.parametrize("heavy", ["jax", "pandas", "matplotlib", "xarray", "scipy", "numpy"])
def test_import_and_help_stay_light(heavy):
    code = (
        "import sys, citybelt, citybelt.cli\n"
        "try: citybelt.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        f"assert {heavy!r} not in sys.modules"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    assert "citybelt" in child.stdout and "VERB" in child.stdout


@pytest.mark.parametrize("name", [n for n in citybelt.__all__])
def test_every_public_name_resolves(name):
    assert getattr(citybelt, name) is not None


def test_a_verb_stays_callable_when_its_package_is_imported():
    code = (
        "import citybelt as cb\n"
        "import citybelt.coverage\n"
        "import citybelt.coverage as module\n"
        "assert module is cb.coverage and module.Answer\n"
        "assert len(cb.coverage().propositions) == 65"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr


def test_unknown_attribute():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = citybelt.nonsense


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["plam", "northeast"], "plan"),
        (["plan"], "WORLD"),
        (["run", "northeast"], "SCENARIO"),
        (["plan", "northeast", "--draws", "many"], "'many' is not a whole number such as 200"),
        (["trade", "mine", "--starts", "-1"], "'-1' is not a whole number such as 200"),
        (["plan", "northeast", "--budget", "-1"], "'-1' is not per cent of GDP"),
        (["plan", "northeast", "--budget", "50"], "at most 10"),
        (["plan", "northeast", "--budget", "nan"], "'nan' is not per cent of GDP"),
        (["data", "northeast", "--vint", "2019"], "--vint"),
        (["plan", "northeast", "--lang", "fr"], "zh"),
        (["data", "northeast", "--nonsense"], "--nonsense"),
    ],
)
def test_bad_usage_is_bad_input(capfdbinary, arguments, part):
    assert cli.main([*arguments, "--json"]) == 2
    out, err = capfdbinary.readouterr()
    document = json.loads(out)
    assert document["status"] == "error"
    assert part in json.dumps(document["errors"], ensure_ascii=False)
    assert part in err.decode()
    assert "Traceback" not in err.decode()


def test_unknown_world_names_the_nearest(capfdbinary):
    assert cli.main(["data", "northest", "--json"]) == 2
    out, err = capfdbinary.readouterr()
    assert "northeast" in json.dumps(json.loads(out)["errors"])
    assert "northeast" in err.decode()


def test_json_is_alone_on_standard_output(toy, capfdbinary):
    import ctypes

    libc = ctypes.CDLL(None)

    def noisy(*args, progress, **kwargs):
        print("from Python")
        libc.puts(b"from a compiled library")
        libc.fflush(None)
        progress("stage", 0, 2)
        progress("stage", 2, 2)
        return Answer()

    toy.verb("run", None)
    verbs.run = noisy
    assert cli.main(["run", "northeast", "anything", "--json"]) == 0
    out, err = capfdbinary.readouterr()
    document = json.loads(out)
    assert out.count(b"\n}") == 1 and document["verb"] == "run" and document["status"] == "ok"
    assert document["value"] == 1.5 and document["missing"] == [1.0, None]
    assert document["people"] == [{"region": "a", "people": 3.0}, {"region": "b", "people": None}]
    assert b"from Python" in err and b"from a compiled library" in err and b"stage 2/2" in err


@pytest.mark.parametrize(
    ("error", "code", "part"),
    [
        (InputError([Problem("a.yaml:3", "wrong.", "Mend it."), Problem("a.yaml:7", "worse.")]), 2, "a.yaml:7"),
        (NotSolvedError("goods of food in Dalian: residual 0.1"), 3, "Dalian"),
        (RuntimeError("a defect"), 1, "a defect"),
    ],
)
def test_failures_have_a_code_and_one_json_object(toy, capfdbinary, error, code, part):
    toy.verb("verify", error)
    assert cli.main(["verify", "northeast", "--json"]) == code
    out, err = capfdbinary.readouterr()
    document = json.loads(out)
    assert document["status"] == "error"
    assert any(part in " ".join(e.values()) for e in document["errors"])
    assert part in err.decode()


@pytest.mark.parametrize(("holds", "code"), [(True, 0), (False, 3)])
def test_broken_identities_are_a_failure(toy, capfd, holds, code):
    toy.verb("verify", SimpleNamespace(holds=holds, to_json=lambda: {"status": "holds" if holds else "broken"}))
    assert cli.main(["verify", "northeast", "--json"]) == code
    assert json.loads(capfd.readouterr().out)["status"] == ("holds" if holds else "broken")


def test_words_for_people(toy, capfd):
    toy.verb("overview", Answer())
    assert cli.main(["data", "northeast"]) == 0
    out, _ = capfd.readouterr()
    assert "an answer in words" in out
    with pytest.raises(json.JSONDecodeError):
        json.loads(out)


def test_options_reach_the_verbs(toy, tmp_path, capfd):
    written = {"en_pdf": tmp_path / "report.pdf"}
    toy.verb("plan", Answer())
    toy.verb("report", SimpleNamespace(paths=written))
    arguments = ["--budget", "0.25%", "--draws", "7", "--vintage", "2019", "--inner-mongolia", "--lang", "zh"]
    arguments += ["--split", "mine.csv"]
    assert cli.main(["plan", "northeast", *arguments, "--out", str(tmp_path), "--json"]) == 0
    assert toy.calls["load"] == (("northeast",), {"vintage": "2019", "inner_mongolia": True, "split": Path("mine.csv")})
    assert toy.calls["plan"][1]["budget"] == 0.0025 and toy.calls["plan"][1]["draws"] == 7
    assert toy.calls["report"][1]["out"] == tmp_path and toy.calls["report"][1]["lang"] == ("zh",)
    assert json.loads(capfd.readouterr().out)["report"] == {"en_pdf": str(tmp_path / "report.pdf")}
    assert json.loads((tmp_path / "plan.json").read_text("utf-8"))["value"] == 1.5
    assert pd.read_csv(tmp_path / "plan_people.csv")["region"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("command", "verb"),
    [(["run", "northeast", "mine", "--to", "2030"], "path"), (["hindcast", "northeast"], "hindcast")],
)
def test_what_happens_over_the_years_has_a_report_where_there_is_a_folder(toy, tmp_path, capfd, command, verb):
    toy.verb(verb, Answer())
    toy.verb("report", SimpleNamespace(paths={"en.pdf": tmp_path / "x.en.pdf"}))
    assert cli.main([*command, "--json"]) == 0 and "report" not in toy.calls
    assert cli.main([*command, "--out", str(tmp_path), "--lang", "en"]) == 0
    assert toy.calls["report"][0][1].name == "toy"
    assert toy.calls["report"][1]["out"] == tmp_path and toy.calls["report"][1]["lang"] == ("en",)
    assert "x.en.pdf" in capfd.readouterr().out
    assert json.loads((tmp_path / f"{command[0]}.json").read_text("utf-8"))["report"] == {
        "en.pdf": str(tmp_path / "x.en.pdf")
    }


def test_a_hindcast_has_a_vintage_of_its_own_and_loads_no_world(toy, capfd):
    toy.verb("hindcast", Answer())
    assert cli.main(["hindcast", "northeast", "--vintage", "yearbook", "--json"]) == 0
    args, options = toy.calls["hindcast"]
    assert args == ("northeast",) and options["vintage"] == "yearbook" and "load" not in toy.calls
    capfd.readouterr()
    for option in (["--vintage", "2019"], ["--split", "mine.csv"], ["--inner-mongolia"]):
        assert cli.main(["hindcast", "northeast", *option, "--json"]) == 2
        assert option[0] in capfd.readouterr().out


def test_a_loaded_world_is_a_name_to_a_hindcast_unless_something_was_chosen(monkeypatch, northeast):
    asked = []
    monkeypatch.setattr("citybelt.hindcast.hindcast", lambda world, **options: asked.append((world, options)))
    verbs.hindcast(northeast)
    assert asked[0][0] == "northeast" and asked[0][1]["people"] == "census"
    for chosen in (verbs.load("northeast", vintage="2019"), verbs.load("northeast", inner_mongolia=True)):
        with pytest.raises(InputError, match="no place"):
            verbs.hindcast(chosen)
    assert len(asked) == 1


def test_a_plan_file_reaches_the_planner_and_names_its_folder(toy, tmp_path, capfd, monkeypatch, northeast):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours.yaml").write_text("name: {en: Ours, zh: 我们的}\nbudget: {total: 20}\n", "utf-8")
    toy.verb("load", northeast)
    toy.verb("plan", Answer())
    toy.verb("report", SimpleNamespace(paths={}, to_json=lambda: {"report": {}}))
    assert cli.main(["plan", "northeast", "ours.yaml", "--json"]) == 0
    (world, brief), options = toy.calls["plan"]
    assert world is northeast and brief.name_zh == "我们的" and brief.total == 20
    assert options["budget"] is options["objective"] is options["floor"] is None
    assert json.loads(capfd.readouterr().out) == json.loads(Path("out/northeast/ours/plan.json").read_text("utf-8"))
    assert cli.main(["report", "northeast", "ours.yaml", "--out", "there", "--json"]) == 0
    assert json.loads(Path("there/plan.json").read_text("utf-8"))["verb"] == "plan", "what compare reads"
    assert cli.main(["plan", "northeast", "theirs.yaml", "--json"]) == 2
    assert sorted(p.name for p in Path("out/northeast").iterdir()) == ["ours"], "nothing is made for no plan"


def test_coverage_as_a_process(tmp_path):
    child = citybelt_process("coverage", "--json", "--out", str(tmp_path))
    assert child.returncode == 0, child.stderr.decode()
    document = json.loads(child.stdout)
    assert sum(document["counts"].values()) == len(document["propositions"]) == 65
    assert json.loads((tmp_path / "coverage.json").read_text("utf-8")) == document


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_coverage_in_both_languages(lang):
    child = citybelt_process("coverage", "--lang", lang)
    assert child.returncode == 0, child.stderr.decode()
    text = child.stdout.decode()
    assert "P65" in text and (("命题" in text) == (lang == "zh"))


@pytest.mark.parametrize("json_", ["", "--json"])
@pytest.mark.parametrize("reader", ["| head -1", "| true", "2>&1 | true"])
def test_a_reader_that_stops_early_is_no_error(json_, reader):
    child = shell(f"citybelt coverage {json_} {reader}; exit ${{PIPESTATUS[0]}}")
    assert child.returncode == 0 and b"Traceback" not in child.stderr


def shell(command, **options):
    script = command.replace("citybelt", f"{sys.executable} -m citybelt.cli")
    return subprocess.run(["/bin/bash", "-c", script], capture_output=True, **options)


@pytest.mark.parametrize("json_", ["", "--json"])
@pytest.mark.parametrize(("to", "code"), [("> /dev/full", 2), (">&-", 0), ("2>&-", 0), (">&- 2>&-", 0)])
def test_streams_that_are_full_or_closed(json_, to, code):
    child = shell(f"citybelt coverage {json_} {to}")
    assert child.returncode == code and b"Traceback" not in child.stderr + child.stdout
    if code:
        assert b"standard output: cannot be written (No space left on device)" in child.stderr
    elif json_ and ">&- " not in to + " ":
        assert json.loads(child.stdout)["verb"] == "coverage"


def test_an_error_with_closed_streams_keeps_its_code():
    assert shell("citybelt data northest --json >&- 2>&-").returncode == 2
    child = shell("citybelt data northest --json 2>&-")
    assert child.returncode == 2 and json.loads(child.stdout)["status"] == "error"


def test_work_goes_on_when_nobody_reads_its_progress(tmp_path):
    child = shell(f"citybelt data northeast --json --out {tmp_path} 2> >(exit); exit $?")
    assert child.returncode == 0 and json.loads(child.stdout)["status"] == "ok"
    assert json.loads((tmp_path / "data.json").read_text("utf-8")) == json.loads(child.stdout)


def test_ctrl_c_leaves_one_json_object(toy, capfdbinary):
    toy.verb("verify", None)
    verbs.verify = lambda *args, **kwargs: signal.raise_signal(signal.SIGINT)
    assert cli.main(["verify", "northeast", "--json"]) == 130
    out, err = capfdbinary.readouterr()
    assert json.loads(out)["errors"][0]["what"] == "interrupted"
    assert b"citybelt: interrupted" in err


@pytest.mark.parametrize("verb", ["data", "verify", "plan", "report"])
def test_a_bad_folder_is_refused_before_the_work(toy, capfdbinary, tmp_path, verb):
    (tmp_path / "file").write_text("mine")
    for name in ("overview", "verify", "plan", "report"):
        toy.verb(name, AssertionError("worked in vain"))
    for place, part in (("file", "is not a folder"), ("file/below", "Not a directory")):
        assert cli.main([verb, "northeast", "--json", "--out", str(tmp_path / place)]) == 2
        out, err = capfdbinary.readouterr()
        (problem,) = json.loads(out)["errors"]
        assert part in problem["what"] and str(tmp_path / place) in problem["where"] and b"Traceback" not in err
    assert (tmp_path / "file").read_text() == "mine"


def test_a_disk_that_fills_leaves_no_half_file(tmp_path):
    """Files of at most 1000 bytes can be written, as on a disk that is full after them."""
    (tmp_path / "data.json").write_text("of yesterday")
    big = SimpleNamespace(table=pd.DataFrame({"text": ["x" * 5000]}))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        with pytest.raises(InputError, match=r"data_table\.csv: cannot be written"):
            save(big, {"rows": 1}, tmp_path, "data")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert [p.name for p in tmp_path.iterdir()] == ["data.json"]
    assert (tmp_path / "data.json").read_text() == "of yesterday"


def test_writers_of_one_folder_leave_whole_files(tmp_path):
    """Two processes write two contents to one name; a reader only ever sees one of them whole."""
    code = (
        "import sys; from pathlib import Path; from citybelt.result import put\n"
        "for _ in range(200): put({Path(sys.argv[1]) / 'f': sys.argv[2].encode() * 100_000})"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), letter]) for letter in "ab"]
    seen = set()
    while any(w.poll() is None for w in writers):
        if (tmp_path / "f").exists():
            seen.add((tmp_path / "f").read_bytes())
    assert all(w.returncode == 0 for w in writers)
    assert seen <= {b"a" * 100_000, b"b" * 100_000} and [p.name for p in tmp_path.iterdir()] == ["f"]


def test_half_a_character_is_still_json(toy, capfdbinary, tmp_path):
    name = os.fsdecode(b"a\xff")  # what a file name that isn't UTF-8 becomes
    toy.verb("overview", SimpleNamespace(to_json=lambda: {"name": name}))
    assert cli.main(["data", "northeast", "--json", "--out", str(tmp_path)]) == 0
    out, _ = capfdbinary.readouterr()
    assert json.loads(out)["name"] == name == json.loads((tmp_path / "data.json").read_bytes())["name"]


def test_a_folder_named_like_markup_is_shown_as_it_is(toy, capfd, tmp_path):
    from citybelt.report.build import Report

    report = Report({"en.html": tmp_path / "[red]" / "report.en.html"})
    toy.verb("plan", Answer())
    toy.verb("report", report)
    assert cli.main(["report", "northeast", "--out", str(tmp_path / "[red]")]) == 0
    assert capfd.readouterr().out.count("[red]") == 2


def test_plain_refuses_what_json_cannot_hold():
    with pytest.raises(TypeError, match="object"):
        to_text({"x": object()})
    assert plain({"a": (np.int64(3), np.bool_(True), float("inf"), np.float32(np.nan))}) == {"a": [3, True, None, None]}


def test_tables_are_found_and_saved(tmp_path):
    assert list(tables(Answer())) == ["people"]
    paths = save(Answer(), {"a": 1}, tmp_path / "deep" / "folder", "data")
    assert [p.name for p in paths] == ["data.json", "data_people.csv"] and all(p.exists() for p in paths)


def test_no_cell_of_a_table_is_a_formula(tmp_path):
    """Names of projects are whatever a plan file says, and spreadsheets run what begins with an equals sign."""
    texts = ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-x", "-5", "-", "+1.5", "plain", "a=b"]
    result = SimpleNamespace(table=pd.DataFrame({"name": texts, "value": range(len(texts))}))
    save(result, {}, tmp_path, "verb")
    held = pd.read_csv(tmp_path / "verb_table.csv", dtype=str)
    assert list(held["name"]) == [f"'{t}" for t in texts[:4]] + texts[4:]
    assert list(held["value"].astype(int)) == list(range(len(texts)))
