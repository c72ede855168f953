"""A plan file whose targets conflict, as a planner meets it: exit code, sentences, JSON, and ways out written back."""

import json
import subprocess
import sys

import numpy as np
import pytest

from citybelt.plan.asked.brief import load_brief
from citybelt.plan.solved.optimise import Infeasible, maximise
from citybelt.plan.solved.pose import problem

#: Limits as the file has them, by row.
ASKED = {"cost": 15.0, "people:230000": 1.0004, "output:220000": 1.012}


def written(path, asked):
    """The plan file of docs/conflicts.md, with these limits."""
    path.write_text(
        'name: {en: "Growth in the north", zh: "北部增长"}\n'
        f"budget: {{total: {asked['cost']!r}}}\n"
        "targets:\n"
        f"  people: {{Heilongjiang: {{least: {asked['people:230000']!r}}}}}\n"
        f"  output: {{220000: {{least: {asked['output:220000']!r}}}}}\n",
        "utf-8",
    )
    return path


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The command line on that file, in a process of its own: the process, and its document."""
    folder = tmp_path_factory.mktemp("conflict")
    path = written(folder / "north.yaml", ASKED)
    command = [
        sys.executable,
        "-m",
        "citybelt.cli",
        "plan",
        "northeast",
        str(path),
        "--json",
        "--out",
        str(folder / "o"),
    ]
    child = subprocess.run(command, capture_output=True, text=True)
    return child, json.loads(child.stdout), folder


def limits(conflict, number):
    """What the file has to say under a way out: limits of the document are per cent, those of the file are ratios."""
    given = {row["row"]: row["value"] for row in conflict["ways"] if row["way"] == number}
    # Twelve digits: what a person copies, without the noise of a product with a hundred.
    return ASKED | {row: float(f"{value if row == 'cost' else value / 100:.12g}") for row, value in given.items()}


def test_the_command_line_says_what_conflicts(ran):
    child, document, folder = ran
    assert child.returncode == 3 and document["status"] == "error" and "Traceback" not in child.stderr
    conflict = document["conflict"]
    assert {row["row"] for row in conflict["targets"]} == set(ASKED) and conflict["money"]
    assert len(conflict["sentences_en"]) == len(conflict["sentences_zh"]) == 2 + len(conflict["ways"])
    (error,) = document["errors"]
    for sentence in conflict["sentences_en"]:
        assert sentence in child.stderr and sentence in error["what"]
    assert "黑龙江省人口不低于基年的100.04%" in conflict["sentences_zh"][0]
    assert not (folder / "o" / "plan.json").exists(), "no plan is written where there is none"


def test_every_way_out_written_into_the_file_has_the_plan_that_was_told(ran, northeast):
    _, document, folder = ran
    conflict = document["conflict"]
    numbers = sorted({row["way"] for row in conflict["ways"]})
    assert numbers == [1, 2, 3]
    for number in numbers:
        eased = limits(conflict, number)
        p, fixed = problem(northeast, load_brief(written(folder / f"way{number}.yaml", eased), northeast))
        found = maximise(p, fixed=fixed)
        (row,) = (row for row in conflict["ways"] if row["way"] == number)
        assert found.value == pytest.approx(row["goal"], rel=1e-6)
        for column, name in (("ev", "ev:cluster"), ("ev_nation", "ev:nation"), ("cost", "cost")):
            assert found.point.row(name) == pytest.approx(row[column], rel=1e-4)
        for name, limit in eased.items():
            reached = found.point.row(name)
            assert reached <= limit * (1 + 1e-7) if name == "cost" else np.exp(reached) >= limit * (1 - 1e-7)


def test_giving_way_less_than_that_is_not_enough(ran, northeast):
    """Nine tenths of each way out leave no plan, nor does the file as it was."""
    _, document, folder = ran
    files = [ASKED]
    for row in document["conflict"]["ways"]:
        full = limits(document["conflict"], row["way"])
        files.append({name: ASKED[name] + 0.9 * (full[name] - ASKED[name]) for name in ASKED})
    for n, asked in enumerate(files):
        p, fixed = problem(northeast, load_brief(written(folder / f"less{n}.yaml", asked), northeast))
        with pytest.raises(Infeasible):
            maximise(p, fixed=fixed)
