"""The Python and the command line that stand beside an answer ask the verbs for what the page asked."""

import inspect
import shlex
from functools import wraps
from types import SimpleNamespace

import pytest

from citybelt import verbs
from citybelt.cli import execute
from citybelt.cli.grammar import parser
from citybelt.plan.asked.brief import brief_for
from citybelt.scenario.scenario import load_scenario
from citybelt.web import code, worker
from citybelt.web.asked_jobs import BandsJob, ChangeJob, PathJob, PlanJob, SeparateJob, WorldJob

CHANGE = {"levers": {"research_dalian": 4.0}, "elasticities": {"nu": 2.5}}
FILE = "name: {en: a, zh: b}\nparent: balanced\n"
VERBS = ("run", "path", "plan", "explain", "ladder", "stress", "separate", "diagnose", "verify")
ASKED = (
    PlanJob(kind="plan"),
    PlanJob(kind="plan", budget=0.75, objective="nation", floor=99.5, quick=False, draws=50),
    PlanJob(kind="plan", plan="balanced", draws=10),
    PlanJob(kind="plan", plan="balanced", targets={"co2": {"most": 0.98}}),
    PlanJob(kind="plan", file=FILE, budget=0.4),
    PathJob(kind="path", change=CHANGE, to=2040),
    PathJob(kind="path", change=CHANGE, to=2030, closed=True, draws=20),
    BandsJob(kind="bands", change=CHANGE, draws=100),
    ChangeJob(kind="explain", change=CHANGE),
    ChangeJob(kind="ladder", change={"levers": {"research_dalian": 4.0}}),
    ChangeJob(kind="stress", change=CHANGE),
    ChangeJob(kind="stress"),
    SeparateJob(kind="separate", budget=1.0, draws=4),
    WorldJob(kind="diagnose"),
    WorldJob(kind="verify"),
)


@pytest.fixture
def calls(monkeypatch, northeast):
    """Calls of verbs: the name and all arguments, without what is only told of the work on its way."""
    made = []

    def recorded(verb):
        @wraps(verb)
        def call(*args, **kwargs):
            asked = inspect.signature(verb).bind(*args, **kwargs)
            asked.apply_defaults()
            made.append((verb.__name__, {k: v for k, v in asked.arguments.items() if k not in ("progress", "resume")}))
            return SimpleNamespace(to_json=dict, levers={}, paths={}, draw_table=None)

        return call

    for name in VERBS:
        monkeypatch.setattr(verbs, name, recorded(getattr(verbs, name)))
    load = verbs.load

    @wraps(load)
    def loaded(*args, **kwargs):
        if kwargs:  # a loaded world passes through without
            made.append(("load", kwargs))
        return northeast

    monkeypatch.setattr(verbs, "load", loaded)
    monkeypatch.setattr(verbs, "report", lambda *_, **__: SimpleNamespace(paths={}))
    for name in ("plan", "path", "stress", "explain"):
        monkeypatch.setattr(f"citybelt.web.documents.{name}", lambda result: {})
    return made


def said(call):
    """A call whose scenario or plan is told by what it changes."""
    verb, asked = call
    out = {k: v for k, v in asked.items() if k not in ("world", "scenario", "brief")}
    if (given := asked.get("scenario")) is not None:
        s = load_scenario(given, "northeast") if isinstance(given, str) else given
        out["scenario"] = (s.levers, s.closure, s.elasticities, s.vintage)
    if verb == "plan":
        told = brief_for(asked["brief"], asked["world"]).to_json()
        out["brief"] = {k: v for k, v in told.items() if not k.startswith(("id", "name", "description", "lineage"))}
    return verb, out


@pytest.mark.parametrize("asked", ASKED, ids=lambda a: f"{a.kind}-{ASKED.index(a)}")
def test_what_is_shown_asks_for_what_the_work_did(asked, bench, northeast, calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = asked.model_dump() | ({"change": asked.change.plain()} if hasattr(asked, "change") else {})
    shown = code.of_job(bench, told)
    if shown["yaml"]:
        (tmp_path / (code.PLAN if asked.kind == "plan" else code.SCENARIO)).write_text(shown["yaml"], "utf-8")

    worker._made(northeast, told, None)
    python = shown["python"].replace("import citybelt as cb\n", "").replace('"northeast"', "northeast")
    exec(python, {"cb": verbs, "northeast": northeast})
    words = shown["shell"].split()
    assert words.pop(0) == "citybelt"
    execute(parser().parse_args([*words, "--out", str(tmp_path / "out")]), lambda *_: None)

    page, in_python, in_shell = (said(call) for call in calls if call[0] != "load")
    assert in_python == page
    assert in_shell == page


def test_options_of_the_server_are_said(bench, calls, tmp_path, monkeypatch):
    options = {"vintage": "2021", "inner_mongolia": True, "split": tmp_path / "of mine.csv"}
    monkeypatch.setattr(bench, "options", options)
    for shown in (code.of_world(bench, "diagnose"), code.of_world(bench, "overview", "data")):
        calls.clear()
        exec(shown["python"].replace("import citybelt as cb\n", ""), {"cb": verbs})
        execute(parser().parse_args(shlex.split(shown["shell"])[1:]), lambda *_: None)
        in_python, in_shell = (kwargs for verb, kwargs in calls if verb == "load")
        assert in_python == {k: str(v) if k == "split" else v for k, v in options.items()}
        assert in_shell == options
    monkeypatch.setattr(bench, "options", {"vintage": "2020", "inner_mongolia": False, "split": None})
    assert code.of_world(bench, "diagnose")["shell"] == "citybelt diagnose northeast"
