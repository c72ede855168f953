"""Read what a user uploaded, in a process of its own with little memory and time: ``python -m citybelt.web.parse``.

The content comes on standard input behind one line of JSON that says the world and what the file is called; the answer
is one JSON object. Messages are those of the command line, with the name of the file and the line and column in it.
What is read is a scenario file, or a scenario that the workbench wrote.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from citybelt.errors import InputError, Problem
from citybelt.web import limits

FORMAT, NUMBER = "citybelt-scenario", 1  #: of a file that the workbench wrote; see ``share``
BOM = b"\xef\xbb\xbf"  #: with which some editors begin a file in UTF-8


def read(content: bytes, name: str, world: str, seconds: float = limits.PARSE_SECONDS) -> dict[str, Any]:
    """What an uploaded file says: ``kind`` scenario or shared, and its change, name and note.

    Args:
        content: the file; name: what it is called, in messages only; world: whose levers it may set.

    Raises:
        InputError: every mistake in it, or that it takes too much to read.
    """
    return _asked({"world": world, "name": name}, content, seconds)


def _asked(told: dict[str, Any], content: bytes, seconds: float) -> dict[str, Any]:
    head, name = json.dumps(told).encode() + b"\n", told["name"]
    command = [sys.executable, "-m", "citybelt.web.parse"]
    try:
        done = subprocess.run(
            command, input=head + content, capture_output=True, timeout=seconds, check=False, start_new_session=True
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise InputError([Problem(name, "takes too much time or memory to read.", "Send a smaller file.")]) from None
    if "errors" in answer:
        raise InputError([Problem(**problem) for problem in answer["errors"]])
    return answer


def read_plan(asked: dict[str, Any], world: str, options: dict[str, Any]) -> None:
    """Check a plan with a file or a table of projects in it as the command line does.

    Args:
        asked: of a plan job; world, options: of the server.

    Raises:
        InputError: every mistake in it, or that it takes too much to read.
    """
    options = {k: str(v) if isinstance(v, Path) else v for k, v in options.items()}
    told = {"world": world, "name": "plan.yaml", "plan": True, "options": options}
    _asked(told, json.dumps(asked).encode(), limits.PARSE_SECONDS)


def main() -> int:
    """Read standard input, write the answer."""
    _limit()
    data = sys.stdin.buffer.read(limits.UPLOAD + 10_000)
    head, _, content = data.partition(b"\n")
    told = json.loads(head)
    try:
        if told.get("plan"):
            answer = _plan(json.loads(content), told["world"], told["options"])
        else:
            answer = understand(content, told["name"], told["world"])
    except InputError as error:
        answer = {"errors": [vars(p) for p in error.problems]}
    except (MemoryError, RecursionError):
        answer = {"errors": [vars(Problem(told["name"], "takes too much memory to read.", "Send a smaller file."))]}
    sys.stdout.write(json.dumps(answer))
    return 0


def _limit() -> None:
    """Limits of this process, where the system has them."""
    try:
        import resource
    except ImportError:
        return
    seconds = int(limits.PARSE_SECONDS)
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, limits.PARSE_BYTES),
        (resource.RLIMIT_FSIZE, 2 * limits.UPLOAD),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def understand(content: bytes, name: str, world: str) -> dict[str, Any]:
    """What a file says.

    Raises:
        InputError: every mistake in it.
    """
    content = content.removeprefix(BOM)
    start = content.lstrip()[:4]
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        do = "Send a scenario file (YAML), or one that the workbench wrote."
        raise InputError([Problem(name, "this is a workbook, not a scenario.", do)])
    return _shared(content, name, world) if start.startswith(b"{") else _scenario(content, name, world)


def _scenario(content: bytes, name: str, world: str) -> dict[str, Any]:
    """A scenario file, alone in a folder, so that its parent can only be one of the package."""
    from citybelt.scenario.calendar import Calendar
    from citybelt.scenario.scenario import load_scenario

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "uploaded.yaml"
        path.write_bytes(content)
        try:
            s = load_scenario(path, world)
        except InputError as error:
            raise InputError([Problem(_renamed(p.where, path, name), p.what, p.do) for p in error.problems]) from None
    change = {
        "levers": {k: v for k, v in s.levers.items() if v}, "closure": dict(s.closure),
        "elasticities": dict(s.elasticities), "vintage": s.vintage,
    }  # fmt: skip
    return {
        "kind": "scenario", "name": s.name[: limits.TEXT], "note": s.description, "change": change,
        "timed": s.time != Calendar(), "lineage": list(s.lineage[:-1]),
    }  # fmt: skip


def _plan(asked: dict[str, Any], world: str, options: dict[str, Any]) -> dict[str, Any]:
    """A plan; it is only checked."""
    from citybelt import verbs
    from citybelt.web.plan_file import read

    brief = read(asked | {"called": "plan.yaml"}, verbs.load(world, **options))
    return {"kind": "plan", "name": brief.name, "projects": list(brief.projects)}


def _renamed(where: str, path: Path, name: str) -> str:
    return where.replace(str(path), name).replace(path.name, name).replace(path.stem, Path(name).stem)


def _shared(content: bytes, name: str, world: str) -> dict[str, Any]:
    """A file that the workbench wrote."""
    try:
        told = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError([Problem(f"{name}{line}", "is not valid JSON.", "Send the file as it was saved.")]) from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise InputError([Problem(name, "is not a scenario of the workbench.", "Save one from the page.")])
    if told.get("number") != NUMBER:
        what = f"has format {told.get('number')!r}; this version reads {NUMBER}."
        raise InputError([Problem(name, what, "Use the version that wrote it.")])
    of, scenario = told.get("world"), told.get("scenario")
    if not isinstance(of, dict) or not isinstance(scenario, dict) or not isinstance(scenario.get("change"), dict):
        raise InputError([Problem(name, "lacks its world or its change.", "Send the file as it was saved.")])
    if of.get("name") != world:
        do = f"Serve {of.get('name')!r} to open it." if isinstance(of.get("name"), str) else ""
        raise InputError([Problem(name, f"is of the world {of.get('name')!r}, not {world!r}.", do)])
    return {
        "kind": "shared", "name": scenario.get("name", ""), "note": scenario.get("note", ""),
        "change": scenario["change"], "content": told,
    }  # fmt: skip


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


if __name__ == "__main__":
    sys.exit(main())
