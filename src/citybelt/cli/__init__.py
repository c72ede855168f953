"""The command line: ``citybelt VERB WORLD [options]``.

Results go to standard output, progress and messages to standard error. With ``--json`` standard output holds
one JSON object and nothing else, on failure too. Exit codes: 0 success, 2 bad input, 3 not solved.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from citybelt import __version__, verbs
from citybelt.cli.grammar import VERBS as VERBS
from citybelt.cli.grammar import parser
from citybelt.cli.streams import discard, open_missing, progress_shown, readers_may_leave, stdout_kept_clean, tell
from citybelt.errors import CitybeltError, InputError, NotSolvedError, Problem
from citybelt.result import Progress, Result, folder, put, save, to_bytes
from citybelt.terminal import report_lines


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    wants_json = "--json" in argv
    open_missing()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that can't show Chinese shows '?'
    try:
        with stdout_kept_clean(wants_json):
            args = parser().parse_args(argv)
            if args.verb == "serve":
                return _serve(args)
            with progress_shown() as progress:
                result, document = execute(args, progress)
            if args.out is not None:
                save(result, document, args.out, args.verb)
            if work := getattr(args, "work", None):
                work.clear()
        with readers_may_leave():
            if wants_json:
                _write(document)
            else:
                show(result, document, args.lang or verbs.LANGUAGES[0])
        return 0 if getattr(result, "holds", True) else NotSolvedError.exit_code
    except CitybeltError as error:
        problems = error.problems if isinstance(error, InputError) else [Problem("", _said(error, argv))]
        for problem in problems:
            tell(f"citybelt: {problem}" if problem.where else f"citybelt: {problem.what}")
        return _failed(error.exit_code, problems, wants_json, getattr(error, "detail", {}))
    except KeyboardInterrupt:
        tell("citybelt: interrupted")
        return _failed(130, [Problem("", "interrupted")], wants_json)
    except Exception as error:
        if not wants_json:
            raise
        tell(traceback.format_exc())
        return _failed(1, [Problem(type(error).__name__, str(error))], wants_json)


def execute(args: argparse.Namespace, progress: Progress) -> tuple[Result, dict[str, Any]]:
    """Call the verb of a parsed command; returns its result and the document for ``--json``."""
    if args.verb == "coverage":
        result: Any = verbs.coverage()
    elif args.verb == "compare":
        if args.out is not None:
            folder(args.out)
        result = verbs.compare(args.plan_a, args.plan_b)
    elif args.verb == "replicate":
        if bool(args.case) == args.list:
            what = "give the name of one case, or --list."
            raise InputError([Problem("command line", what, "See 'citybelt replicate --help'.")])
        if args.out is not None:
            folder(args.out)
        result = verbs.replicate(args.case, args.data)
    elif args.verb == "trade":
        result = _trade(args, progress)
    elif args.verb == "hindcast":  # makes its own world of 2010
        if args.out is not None:
            folder(args.out)
        world: Any = args.world
        result = verbs.hindcast(world, vintage=args.vintage, progress=progress)
    else:
        progress("data", 0, 1)
        world = verbs.load(args.world, vintage=args.vintage, inner_mongolia=args.inner_mongolia, split=args.split)
        progress("data", 1, 1)
        if args.verb in ("plan", "report"):
            result, written = _plan(args, world, progress)
            return result, _head(args) | result.to_json() | written
        if args.out is not None:
            folder(args.out)  # before minutes of work, not after
        if args.verb == "data":
            result = verbs.overview(world)
        elif args.verb == "ledger":
            result = verbs.ledger(world)
        elif args.verb == "run" and args.to is not None:
            asked = {"to": args.to, "closed": args.closed_borders, "draws": args.draws}
            result = verbs.path(world, args.scenario, **asked, progress=progress)
        elif args.verb == "run" and args.closed_borders:
            what = "--closed-borders is about years: one equilibrium has nobody who comes from abroad."
            raise InputError([Problem("command line", what, "Add --to YEAR, or leave it out.")])
        elif args.verb == "run":
            result = verbs.run(world, args.scenario, draws=args.draws, progress=progress)
        elif args.verb == "separate":
            asked = {name: getattr(args, name) for name in ("budget", "players", "orders", "draws")}
            result = verbs.separate(world, **asked, instruments=not args.menu_only, progress=progress)
        elif args.verb in ("explain", "ladder"):
            result = getattr(verbs, args.verb)(world, args.scenario, progress=progress)
        elif args.verb == "stress":
            result = verbs.stress(world, args.scenario, progress=progress)
        else:
            result = getattr(verbs, args.verb)(world, progress=progress)
    document = _head(args) | result.to_json()
    if args.out is not None and (args.verb == "hindcast" or getattr(args, "to", None) is not None):
        lang = (args.lang,) if args.lang else verbs.LANGUAGES
        document["report"] = verbs.report(world, result, out=args.out, lang=lang, progress=progress).paths
    return result, document


def _serve(args: argparse.Namespace) -> int:
    """The workbench, until it is interrupted."""
    from citybelt.web.serve import serve

    options = {"vintage": args.vintage, "inner_mongolia": args.inner_mongolia, "split": args.split}
    serve(args.world, args.host, args.port, not args.no_open, tell, **options)
    return 0


def _head(args: argparse.Namespace) -> dict[str, Any]:
    return {"verb": args.verb, "world": getattr(args, "world", None), "version": __version__, "status": "ok"}


def _plan(args: argparse.Namespace, world: Any, progress: Progress) -> tuple[Any, dict[str, Any]]:
    """Plan and report; of `report` the plan is kept beside it, as `compare` reads it."""
    from citybelt.plan.store import Work

    brief = None
    if args.plan is not None:
        from citybelt.plan.asked.brief import load_brief

        brief = load_brief(args.plan, world)
    if args.out is None:
        args.out = Path("out") / args.world / (brief.id if brief else "")
    args.work = Work(folder(args.out))  # before minutes of work, not after
    asked = {name: getattr(args, name) for name in ("budget", "draws", "objective", "floor")}
    result = verbs.plan(world, brief, **asked, progress=progress, resume=args.work, complete=not args.quick)
    lang = (args.lang,) if args.lang else verbs.LANGUAGES
    report = verbs.report(world, result, out=args.out, lang=lang, progress=progress)
    written = {"report": report.paths, "draw_table": getattr(result, "draw_table", None)}
    if args.verb == "plan":
        return result, written
    document = _head(args) | {"verb": "plan"} | result.to_json() | written
    put({args.out / "plan.json": to_bytes(document)})
    return report, {"report": report.paths}


def _trade(args: argparse.Namespace, progress: Progress) -> Any:
    if args.into is None:
        if args.out is not None:
            folder(args.out)
        return verbs.trade(args.folder, starts=args.starts, progress=progress)
    if args.folder != "example":
        what = f"there are two folders, {args.folder!r} and {args.into!r}."
        raise InputError([Problem("command line", what, "Give one, or 'example' and the folder to write.")])
    from citybelt.trade import example

    return example(args.into)


def show(result: Result, document: dict[str, Any], lang: str) -> None:
    """Print a result for a reader, then where its reports are."""
    from rich.console import Console

    console = Console(soft_wrap=not sys.stdout.isatty())
    with console.capture() as shown:  # written here, for the console exits by itself where nobody reads
        console.print(result.rich(lang) if hasattr(result, "rich") else result)
    print(shown.get(), end="")
    for line in report_lines(document.get("report", {}), lang):
        print(line)


def _write(document: dict[str, Any]) -> None:
    sys.stdout.buffer.write(to_bytes(document))
    sys.stdout.flush()


def _said(error: CitybeltError, argv: Sequence[str]) -> str:
    """The message of an error, in Chinese where that was asked for and the error knows it."""
    asked = dict(pairwise(argv)).get("--lang") == "zh" or "--lang=zh" in argv
    conflict = getattr(error, "detail", {}).get("conflict", {})
    return "\n".join(conflict["sentences_zh"]) if asked and conflict else str(error)


def _failed(code: int, problems: Sequence[Problem], wants_json: bool, detail: Mapping[str, Any] | None = None) -> int:
    if wants_json:
        try:
            _write({"status": "error", "errors": [vars(p) for p in problems]} | dict(detail or {}))
        except OSError:
            discard(1)
    return code
