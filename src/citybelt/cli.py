"""The command line: ``citybelt VERB WORLD [options]``.

Results go to standard output, progress and messages to standard error. With ``--json`` standard output holds
one JSON object and nothing else, on failure too. Exit codes: 0 success, 2 bad input, 3 not solved.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, NoReturn

from citybelt import __version__, verbs
from citybelt.errors import CitybeltError, InputError, NotSolvedError, Problem
from citybelt.result import Progress, Result, folder, save, to_bytes
from citybelt.terminal import report_lines

#: Verb: what it does, in both languages.
VERBS = {
    "data": ("What is in a world: totals with their deviations, grades, sources, fills.", "世界中的数据与来源"),
    "diagnose": ("Where the cluster stands against its peers.", "诊断"),
    "run": ("Solve one scenario and explain it.", "求解情景"),
    "explain": ("Why a scenario does what it does: by lever, by channel, by what it leans on.", "解释情景结果"),
    "ladder": ("One scenario by multiplier, partial and general equilibrium.", "模型阶梯：乘数、局部均衡与一般均衡"),
    "plan": ("Find the best plan under a budget and write its report.", "制定规划并生成报告"),
    "separate": ("Compare the plans that provinces make apart with one plan.", "分省规划与统一规划对比"),
    "stress": ("What the cluster loses under disruptions of five securities.", "五大安全压力测试"),
    "ledger": ("Hold the article's figures against data.", "核对文中数字"),
    "coverage": ("Which of the 65 propositions are computed, and where.", "命题覆盖"),
    "verify": ("The worst residual of every identity.", "检验恒等式"),
    "report": ("Write the report in HTML and PDF.", "生成报告"),
    "trade": ("Solve your own trade model from a folder of tables.", "由表格文件夹求解自己的贸易模型"),
    "replicate": ("Compute a published result anew from its authors' data.", "重现已发表的结果"),
}


class _Parser(argparse.ArgumentParser):
    """Bad usage is bad input like any other, so that ``--json`` can report it; options are written in full."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise InputError([Problem("command line", f"{message}.", f"See '{self.prog} --help'.")])


def parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line."""
    top = _Parser(prog="citybelt", description="Plan a city cluster from real data. 城市群与城市带规划。")
    top.add_argument("--version", action="version", version=f"citybelt {__version__}")
    commands = top.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    for verb, (english, chinese) in VERBS.items():
        p = commands.add_parser(verb, help=f"{english} {chinese}", description=f"{english} {chinese}")
        if verb == "coverage":
            p.add_argument("world", metavar="WORLD", nargs="?", help="accepted and not needed")
        elif verb == "trade":
            p.add_argument("folder", metavar="FOLDER", help="of tables, or the word: example 表格文件夹，或 example")
            p.add_argument("into", metavar="INTO", nargs="?", help="with 'example': the folder to write 示例写入何处")
            p.add_argument("--starts", type=_count, default=6, metavar="N", help="far starts of the certificate (6)")
        elif verb == "replicate":
            p.add_argument("case", metavar="NAME", nargs="?", help="a case's name 案例")
            p.add_argument("--data", type=Path, metavar="FOLDER", help="where the case's files are 数据文件夹")
            p.add_argument("--list", action="store_true", help="list the cases 列出案例")
        else:
            p.add_argument("world", metavar="WORLD", help="northeast or china 世界")
            p.add_argument("--vintage", default="2020", help="GDP of 2019, 2020, 2021 or 2020-revised 数据版本")
            p.add_argument(
                "--inner-mongolia", action="store_true", help="eastern Inner Mongolia's cities as regions 蒙东"
            )
            p.add_argument(
                "--split", type=Path, metavar="FILE", help="value added by region and sector, CSV 用户的分行业增加值表"
            )
        if verb in ("run", "explain", "ladder"):
            p.add_argument("scenario", metavar="SCENARIO", help="a scenario's name, or a YAML file 情景")
        if verb == "stress":
            p.add_argument("--scenario", metavar="SCENARIO", help="struck as well: a name, or a YAML file 情景")
        if verb == "run":
            p.add_argument("--draws", type=_count, default=0, metavar="N", help="draws for a band, none unless given")
        if verb in ("plan", "report", "separate"):
            p.add_argument(
                "--budget", type=_share, default=0.005, metavar="PERCENT",
                help="per cent of the cluster's GDP a year (0.5) 预算，占GDP百分比",
            )  # fmt: skip
        if verb == "separate":
            p.add_argument(
                "--players", choices=("provinces", "cities"), default="provinces", help="who plans (provinces) 规划主体"
            )
            p.add_argument("--orders", type=_count, default=0, metavar="N", help="drawn for shares of cities, none (0)")
        if verb in ("plan", "report"):
            p.add_argument("--draws", type=_count, default=200, metavar="N", help="draws for the bands (200) 抽样次数")
            p.add_argument(
                "--objective", choices=("cluster", "nation"), default="cluster", help="whose gain (cluster) 目标"
            )
            p.add_argument(
                "--floor", type=_floor, default=1.0, metavar="PERCENT",
                help="people and output each province keeps, per cent of the base year (100) 底线",
            )  # fmt: skip
        default = "out/WORLD" if verb in ("plan", "report") else "none"
        p.add_argument("--out", type=Path, metavar="FOLDER", help=f"folder for files ({default}) 输出文件夹")
        p.add_argument("--lang", choices=verbs.LANGUAGES, help="language; reports come in both unless given 语言")
        p.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return top


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number such as 200")
    return int(text)


def _share(text: str) -> float:
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0 < percent <= 10:
        raise argparse.ArgumentTypeError(f"'{text}' is not per cent of GDP such as 0.5, above 0 and at most 10")
    return percent / 100


def _floor(text: str) -> float:
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise argparse.ArgumentTypeError(f"'{text}' is not per cent of the base year such as 99, from 0 to 100")
    return percent / 100


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    wants_json = "--json" in argv
    _open_missing()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that can't show Chinese shows '?'
    try:
        with _stdout_kept_clean(wants_json):
            args = parser().parse_args(argv)
            with _progress() as progress:
                result, document = execute(args, progress)
            if args.out is not None:
                save(result, document, args.out, args.verb)
        with _readers_may_leave():
            if wants_json:
                _write(document)
            else:
                show(result, document, args.lang or verbs.LANGUAGES[0])
        return 0 if getattr(result, "holds", True) else NotSolvedError.exit_code
    except CitybeltError as error:
        problems = error.problems if isinstance(error, InputError) else [Problem("", str(error))]
        for problem in problems:
            _tell(f"citybelt: {problem}" if problem.where else f"citybelt: {problem.what}")
        return _failed(error.exit_code, problems, wants_json)
    except KeyboardInterrupt:
        _tell("citybelt: interrupted")
        return _failed(130, [Problem("", "interrupted")], wants_json)
    except Exception as error:
        if not wants_json:
            raise
        _tell(traceback.format_exc())
        return _failed(1, [Problem(type(error).__name__, str(error))], wants_json)


def execute(args: argparse.Namespace, progress: Progress) -> tuple[Result, dict[str, Any]]:
    """Call the verb of a parsed command; returns its result and the document for ``--json``."""
    written: dict[str, Any] = {}
    if args.verb == "coverage":
        result: Any = verbs.coverage()
    elif args.verb == "replicate":
        if bool(args.case) == args.list:
            what = "give the name of one case, or --list."
            raise InputError([Problem("command line", what, "See 'citybelt replicate --help'.")])
        if args.out is not None:
            folder(args.out)
        result = verbs.replicate(args.case, args.data)
    elif args.verb == "trade":
        result = _trade(args, progress)
    else:
        progress("data", 0, 1)
        world = verbs.load(args.world, vintage=args.vintage, inner_mongolia=args.inner_mongolia, split=args.split)
        progress("data", 1, 1)
        if args.verb in ("plan", "report"):
            args.out = args.out or Path("out") / args.world
        if args.out is not None:
            folder(args.out)  # before minutes of work, not after
        if args.verb == "data":
            result = verbs.overview(world)
        elif args.verb == "ledger":
            result = verbs.ledger(world)
        elif args.verb == "run":
            result = verbs.run(world, args.scenario, draws=args.draws, progress=progress)
        elif args.verb == "separate":
            asked = {name: getattr(args, name) for name in ("budget", "players", "orders")}
            result = verbs.separate(world, **asked, progress=progress)
        elif args.verb in ("explain", "ladder"):
            result = getattr(verbs, args.verb)(world, args.scenario, progress=progress)
        elif args.verb == "stress":
            result = verbs.stress(world, args.scenario, progress=progress)
        elif args.verb in ("plan", "report"):
            lang = (args.lang,) if args.lang else verbs.LANGUAGES
            asked = {name: getattr(args, name) for name in ("budget", "draws", "objective", "floor")}
            result = verbs.plan(world, **asked, progress=progress)
            report = verbs.report(world, result, out=args.out, lang=lang, progress=progress)
            written = {"report": report.paths}
            if args.verb == "report":
                result = report
        else:
            result = getattr(verbs, args.verb)(world, progress=progress)
    head = {"verb": args.verb, "world": getattr(args, "world", None), "version": __version__, "status": "ok"}
    return result, head | result.to_json() | written


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


def _failed(code: int, problems: Sequence[Problem], wants_json: bool) -> int:
    if wants_json:
        try:
            _write({"status": "error", "errors": [vars(p) for p in problems]})
        except OSError:
            _discard(1)
    return code


def _tell(text: str) -> None:
    """A line on standard error. Nobody reading it is no reason to stop the work."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _discard(2)


def _discard(descriptor: int) -> None:
    """Send what a stream holds and what it gets from now on nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _open_missing() -> None:
    """Give a process started without standard streams empty ones, lest a file it opens takes their place."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, this one
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)


@contextmanager
def _readers_may_leave() -> Iterator[None]:
    """Around the writing of the result: a reader such as `head` may stop early; a full disk is a failure."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(1)
    except OSError as error:
        _discard(1)
        what = f"cannot be written ({error.strerror or error})."
        raise InputError([Problem("standard output", what, "Make room, or send it elsewhere.")]) from None


@contextmanager
def _stdout_kept_clean(wanted: bool) -> Iterator[None]:
    """While it lasts, what anything prints, compiled solvers included, goes to standard error."""
    if not wanted:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Progress on standard error: bars on a terminal, else a line as each stage begins and ends."""
    if not sys.stderr.isatty():
        said: set[tuple[str, bool]] = set()

        def line(stage: str, done: int, total: int) -> None:
            step = (stage, done >= total)
            if step not in said:
                said.add(step)
                _tell(f"citybelt: {stage} {done}/{total}")

        yield line
        return

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), redirect_stdout=False) as bars:
        tasks: dict[str, Any] = {}

        def bar(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage)
            bars.update(tasks[stage], completed=done, total=total)

        yield bar


if __name__ == "__main__":
    sys.exit(main())
