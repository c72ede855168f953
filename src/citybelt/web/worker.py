"""Long work in a process of its own: ``python -m citybelt.web.worker``.

The first line of standard input is what to do, as JSON: the world with its options, what was asked, and the folder for
results, all of them checked by the server. Standard output gets a line of JSON for each step, and one at the end. When
standard input closes, the server has gone or has called the work off, and the process ends at once.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from citybelt.errors import CitybeltError, InputError, Problem

#: How much a job steps back behind answers.
NICE = 10


def main() -> int:
    """Do one piece of work."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no message
    told = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_server, daemon=True).start()
    with suppress(OSError, AttributeError):
        os.nice(NICE)

    def say(**message: Any) -> None:
        out.write(json.dumps(message, ensure_ascii=False) + "\n")
        out.flush()

    def progress(stage: str, done: int, total: int) -> None:
        say(stage=stage, done=done, total=total)

    try:
        say(end=True, files=_work(told, progress))
    except CitybeltError as error:
        problems = error.problems if isinstance(error, InputError) else [Problem("model", str(error))]
        say(end=True, errors=[vars(p) for p in problems], detail=_plain(getattr(error, "detail", {})))
    except OSError as error:
        what = f"can't read or write its files ({error.strerror or type(error).__name__})."
        say(
            end=True,
            errors=[vars(Problem("server", what, "Make room where it keeps them, then try again."))],
            detail={},
        )
    except Exception as error:
        import traceback

        traceback.print_exc()
        problem = Problem(type(error).__name__, "a defect of citybelt; the terminal of the server shows where.")
        say(end=True, errors=[vars(problem)], detail={})
    return 0


def _end_with_server() -> None:
    with suppress(Exception):
        while sys.stdin.readline():
            pass
    os._exit(3)


def _plain(value: Any) -> Any:
    from citybelt.result import plain

    return plain(value)


def _work(told: dict[str, Any], progress: Any) -> list[str]:
    """Do it, leave ``result.json`` and other files in the folder, and name the others."""
    from citybelt import verbs
    from citybelt.web.store import write

    asked, folder = told["asked"], Path(told["folder"])
    progress("data", 0, 1)
    options = told["options"]
    vintage = asked.get("change", {}).get("vintage", "")
    world = verbs.load(told["world"], **(options | ({"vintage": vintage} if vintage else {})))
    progress("data", 1, 1)
    if asked["kind"] == "preview":
        verbs.preview(world, progress=progress).save(told["preview"])
        write(folder / "result.json", {"made": True})
        return []
    result, document = _made(world, asked, progress)
    files: list[str] = []
    if asked.get("report"):
        paths = verbs.report(world, result, out=folder / "report", progress=progress).paths
        files = [str(Path(p).relative_to(folder)) for p in paths.values()]
    write(folder / "result.json", document)
    return files


def _made(world: Any, asked: dict[str, Any], progress: Any) -> tuple[Any, dict[str, Any]]:
    """The result of a verb, and what the page gets of it."""
    from citybelt import verbs
    from citybelt.web import documents
    from citybelt.web.plan_file import read

    kind = asked["kind"]
    result: Any
    if kind == "plan":
        result = verbs.plan(
            world, read(asked, world), budget=_share(asked["budget"]), objective=asked["objective"],
            floor=_share(asked["floor"]), draws=asked["draws"], complete=not asked["quick"], progress=progress,
        )  # fmt: skip
        return result, documents.plan(result)
    if kind == "separate":
        result = verbs.separate(world, budget=asked["budget"] / 100, draws=asked["draws"], progress=progress)
        return result, result.to_json()
    if kind in ("diagnose", "hindcast", "verify"):
        result = getattr(verbs, kind)(world, progress=progress)
        return result, result.to_json()
    scenario = _scenario(asked["change"])
    if kind == "path":
        result = verbs.path(
            world, scenario, to=asked["to"], closed=asked["closed"], draws=asked["draws"], progress=progress
        )
        return result, documents.path(result)
    if kind == "bands":
        result = verbs.run(world, scenario, draws=asked["draws"], progress=progress)
        return result, result.to_json()
    if kind == "stress":
        result = verbs.stress(world, scenario if scenario.levers else None, progress=progress)
        return result, documents.stress(result)
    result = getattr(verbs, kind)(world, scenario, progress=progress)
    return result, documents.explain(result) if kind == "explain" else result.to_json()


def _share(per_cent: float | None) -> float | None:
    return None if per_cent is None else per_cent / 100


def _scenario(change: dict[str, Any]) -> Any:
    from citybelt.scenario.desk import question

    return question(
        "workbench", change["levers"], change["closure"], change["elasticities"], change["vintage"], "Workbench"
    )


if __name__ == "__main__":
    sys.exit(main())
