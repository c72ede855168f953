"""The command line: grammar, clean JSON on standard output, exit codes, and an import that costs nothing."""

import json
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
        (["plan", "northeast", "--draws", "many"], "'many' is not a number of draws"),
        (["plan", "northeast", "--budget", "-1"], "'-1' is not per cent of GDP"),
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


def test_a_reader_that_stops_early_is_no_error():
    reader = subprocess.run(
        f"{sys.executable} -m citybelt.cli coverage | head -1; exit ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", capture_output=True,
    )  # fmt: skip
    assert reader.returncode == 0 and b"Traceback" not in reader.stderr


def test_plain_refuses_what_json_cannot_hold():
    with pytest.raises(TypeError, match="object"):
        to_text({"x": object()})
    assert plain({"a": (np.int64(3), np.bool_(True), float("inf"), np.float32(np.nan))}) == {"a": [3, True, None, None]}


def test_tables_are_found_and_saved(tmp_path):
    assert list(tables(Answer())) == ["people"]
    paths = save(Answer(), {"a": 1}, tmp_path / "deep" / "folder", "data")
    assert [p.name for p in paths] == ["data.json", "data_people.csv"] and all(p.exists() for p in paths)


def test_configure_without_a_home():
    code = (
        "import citybelt as cb, jax\n"
        "assert cb.configure() is None and cb.configure() is None\n"
        "assert jax.numpy.ones(1).dtype == 'float64'"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/proc/none"}
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert child.returncode == 0, child.stderr


def test_configure_keeps_programs_in_the_users_cache(tmp_path):
    code = "import citybelt as cb; print(cb.configure() == cb.configure(), cb.configure())"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    same, folder = child.stdout.split()
    assert same == "True" and folder.startswith(str(tmp_path)), child.stderr
    environment["JAX_COMPILATION_CACHE_DIR"] = str(tmp_path / "chosen")
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert child.stdout.split() == ["True", str(tmp_path / "chosen")], child.stderr
