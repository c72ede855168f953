"""Standard streams that may be closed, full or unread, and progress on one of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from citybelt.errors import InputError, Problem
from citybelt.result import Progress


def tell(text: str) -> None:
    """A line on standard error. Nobody reading it is no reason to stop the work."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        discard(2)


def discard(descriptor: int) -> None:
    """Send what a stream holds and what it gets from now on nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def open_missing() -> None:
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
def readers_may_leave() -> Iterator[None]:
    """Around the writing of the result: a reader such as `head` may stop early; a full disk is a failure."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        discard(1)
    except OSError as error:
        discard(1)
        what = f"cannot be written ({error.strerror or error})."
        raise InputError([Problem("standard output", what, "Make room, or send it elsewhere.")]) from None


@contextmanager
def stdout_kept_clean(wanted: bool) -> Iterator[None]:
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
def progress_shown() -> Iterator[Progress]:
    """Progress on standard error: bars on a terminal, else a line as each stage begins and ends."""
    if not sys.stderr.isatty():
        said: set[tuple[str, bool]] = set()

        def line(stage: str, done: int, total: int) -> None:
            step = (stage, done >= total)
            if step not in said:
                said.add(step)
                tell(f"citybelt: {stage} {done}/{total}")

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
