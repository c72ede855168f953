"""Every verb on the embedded world as a user calls it, and what its JSON promises."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from citybelt import cli

VERBS = [["data"], ["diagnose"], ["ledger"], ["run", "customs_clearance"]]


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """A plan with few draws, made by a fresh process: exit code, document, folder, standard error."""
    folder = tmp_path_factory.mktemp("plan")
    command = [sys.executable, "-m", "citybelt.cli", "plan", "northeast", "--draws", "4"]
    child = subprocess.run([*command, "--out", str(folder), "--json"], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout), folder


@pytest.mark.slow
@pytest.mark.parametrize("arguments", VERBS, ids=lambda a: a[0])
def test_every_verb_writes_one_document_and_its_tables(arguments, tmp_path, capfd):
    verb, *more = arguments
    assert cli.main([verb, "northeast", *more, "--json", "--out", str(tmp_path)]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["verb"] == verb and document["world"] == "northeast"
    assert json.loads((tmp_path / f"{verb}.json").read_text("utf-8")) == document
    assert list(tmp_path.glob(f"{verb}_*.csv"))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("arguments", VERBS, ids=lambda a: a[0])
def test_every_verb_speaks_both_languages(arguments, lang, capfd):
    verb, *more = arguments
    assert cli.main([verb, "northeast", *more, "--lang", lang]) == 0
    text = capfd.readouterr().out
    chinese = sum("\u4e00" <= c <= "\u9fff" for c in text)
    letters = sum(c.isascii() and c.isalpha() for c in text)
    assert (chinese > 100) if lang == "zh" else (letters > 10 * chinese and letters > 100)


@pytest.mark.slow
def test_the_plan_keeps_its_promises(planned):
    document, _ = planned
    assert document["status"] == "solved" and 0 <= document["residual"] <= 1e-9
    assert document["certificate"]["walras"] <= 1e-9
    for name in ("welfare_change", "welfare_change_nation"):
        low, high = document["band"][name]
        assert math.isfinite(document[name]) and low <= high
    for lever in document["levers"]:
        assert {"name", "status", "value", "unit", "cost", "payer", "share_of_draws"} <= set(lever)
        assert lever["status"] in ("chosen", "left_out", "if")
    statuses = {lever["status"] for lever in document["levers"]}
    assert statuses == {"chosen", "left_out", "if"}
    placebo = [lever for lever in document["levers"] if "placebo" in str(lever["name"])]
    assert [lever["status"] for lever in placebo] == ["left_out"]
    chosen = [lever["cost"] for lever in document["levers"] if lever["status"] == "chosen"]
    assert all(c >= 0 for c in chosen) and document["shadow_prices"]
    assert len(document["by_region"]) >= 36 and document["budget"]


@pytest.mark.slow
def test_the_plan_ends_with_reports(planned):
    document, folder = planned
    paths = {name: Path(path) for name, path in document["report"].items()}
    assert {p.suffix for p in paths.values()} == {".html", ".pdf"} and len(paths) == 4
    for path in paths.values():
        assert path.parent == folder and path.stat().st_size > 100_000
    pages = [p.read_text("utf-8") for p in paths.values() if p.suffix == ".html"]
    assert sum("规划" in page for page in pages) >= 1 and all("<svg" in page for page in pages)
    assert not [p for page in pages for p in ('src="http', "@import", "url(http") if p in page]


@pytest.mark.slow
def test_the_table_of_levers_is_the_document(planned):
    import pandas as pd

    document, folder = planned
    table = pd.read_csv(folder / "plan_levers.csv")
    assert table["name"].tolist() == [lever["name"] for lever in document["levers"]]
    assert table["cost"].tolist() == pytest.approx([lever["cost"] for lever in document["levers"]], nan_ok=True)
