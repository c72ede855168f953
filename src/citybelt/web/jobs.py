"""Long work of all sessions: a queue, one process at a time, progress to whoever watches, results on disk.

What is done is kept in the session's folder, so that a server that was killed shows finished plans again; what was
under way then is told as cut off. A process whose server has gone ends by itself (see ``worker``).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from citybelt.errors import Problem
from citybelt.web import limits
from citybelt.web.store import Store, now, remove, write
from citybelt.web.turns import Busy, Rounds

#: The session of work that the server does for itself.
OWN = "0" * 32
ENDED = ("done", "failed", "cancelled")
LINE = 1_000_000


@dataclass(eq=False)
class Job:
    """One piece of long work.

    Attributes:
        asked: what, checked; state: waiting, running, done, failed or cancelled; stage, done, total: how far it is;
            errors, detail: why it failed; files: names of what it wrote beside its result; more: what the worker must
            know that the page didn't say; round: of the queue, in which every session has its turn once.
    """

    id: str
    session: str
    asked: dict[str, Any]
    code: dict[str, str]
    folder: Path
    state: str = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    created: str = field(default_factory=now)
    begun: float = 0.0
    seconds: float = 0.0
    errors: list[dict[str, str]] = field(default_factory=list)
    detail: Any = None
    files: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    round: int = 0
    process: asyncio.subprocess.Process | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def told(self, position: int = 0) -> dict[str, Any]:
        """The job as the page gets it."""
        seconds = time.monotonic() - self.begun if self.state == "running" else self.seconds
        return {
            "id": self.id, "kind": self.asked["kind"], "asked": self.asked, "state": self.state, "stage": self.stage,
            "done": self.done, "total": self.total, "position": position, "created": self.created,
            "seconds": round(seconds, 1), "errors": self.errors, "detail": self.detail, "code": self.code,
            "files": [
                {"name": Path(f).name, "path": f"/api/jobs/{self.id}/files/{k}"} for k, f in enumerate(self.files)
            ],
        }  # fmt: skip

    def tell(self) -> None:
        """Wake whoever watches."""
        self.changed.set()
        self.changed = asyncio.Event()


class Jobs:
    """The queue of long work.

    Arguments: ``store`` in whose folders results lie; ``world``, ``options`` of the server.
    """

    def __init__(self, store: Store, world: str, options: dict[str, Any]):
        self.store, self.world = store, world
        self.options = {k: str(v) if isinstance(v, Path) else v for k, v in options.items()}
        self.all: dict[str, Job] = {}
        self.waiting: list[Job] = []
        self.running: list[Job] = []
        self._tasks: set[asyncio.Task] = set()
        self._known: set[str] = set()
        self._rounds = Rounds()
        self.streams: Counter[str] = Counter()

    def room(self, session: str) -> None:
        """Whether there is room for more work.

        Raises:
            Busy: the queue is full, or the session has as much unfinished work as it may.
        """
        unfinished = sum(j.session == session and j.state not in ENDED for j in self.all.values())
        if unfinished >= limits.JOBS_PER_SESSION:
            raise Busy(f"this session has {unfinished} pieces of work unfinished. Cancel one, or wait.", 429)
        if len(self.waiting) >= limits.JOBS_WAITING:
            raise Busy("too much work waits already. Try again later.", 503)

    def add(self, session: str, asked: dict[str, Any], code: dict[str, str], **more: Any) -> Job:
        """Put work into the queue.

        Raises:
            Busy: the queue is full, or the session has as much unfinished work as it may.
        """
        if session != OWN:
            self.room(session)
        self._found(session)
        id = uuid.uuid4().hex
        folder = self.store.of(session, "jobs", make=True) / id
        folder.mkdir()
        job = Job(id, session, asked, code, folder, more=more)
        self.all[id] = job
        if session == OWN:  # nobody waits behind the server's own work
            self._begin(job)
        else:
            job.round = self._rounds.next(session)
            before = [k for k, other in enumerate(self.waiting) if other.round > job.round]
            self.waiting.insert(before[0] if before else len(self.waiting), job)
            self._keep(job)
            self._next()
        return job

    def of(self, session: str) -> list[Job]:
        """A session's work, newest first."""
        self._found(session)
        return [j for j in reversed(self.all.values()) if j.session == session]

    def get(self, session: str, id: str) -> Job | None:
        """One piece of work; None where the session has no such."""
        self._found(session)
        job = self.all.get(id)
        return job if job is not None and job.session == session else None

    def position(self, job: Job) -> int:
        """How many are before it in the queue, itself included; 0 where it doesn't wait."""
        return self.waiting.index(job) + 1 if job in self.waiting else 0

    def drop(self, job: Job) -> None:
        """Call work off that is not done, or forget what is."""
        if job.state in ENDED:
            self.all.pop(job.id, None)
            remove(job.folder)
            return
        if job in self.waiting:
            self.waiting.remove(job)
        job.state = "cancelled"
        self._stop(job)
        self._keep(job)
        job.tell()
        self._forget_oldest(job.session)

    async def watch(self, job: Job) -> AsyncIterator[str]:
        """Events of a job until it ends, as a stream for a page."""
        self.streams[job.session] += 1
        try:
            while self.streams[job.session] <= limits.STREAMS:
                changed = job.changed
                told = json.dumps(job.told(self.position(job)), ensure_ascii=False)
                if job.state in ENDED:
                    yield f"event: end\ndata: {told}\n\n"
                    return
                yield f"event: progress\ndata: {told}\n\n"
                try:
                    await asyncio.wait_for(changed.wait(), 10.0)
                except TimeoutError:
                    yield ": still there\n\n"
                await asyncio.sleep(0.1)  # many steps make one event
        finally:
            self.streams[job.session] -= 1
            if not self.streams[job.session]:
                del self.streams[job.session]

    async def close(self) -> None:
        """End what runs, and whatever watches it."""
        for job in [*self.waiting, *self.running]:
            job.state = "cancelled"
            self._stop(job)
            job.tell()
        self.waiting.clear()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)

    # -- inside

    def _next(self) -> None:
        while self.waiting and sum(j.session != OWN for j in self.running) < limits.JOBS_RUNNING:
            job = self.waiting.pop(0)
            self._rounds.begin(job.round)
            self._begin(job)

    def _begin(self, job: Job) -> None:
        self.running.append(job)
        job.state, job.begun = "running", time.monotonic()
        task = asyncio.get_running_loop().create_task(self._run(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, job: Job) -> None:
        try:
            async with asyncio.timeout(limits.JOB_SECONDS):
                await self._process(job)
        except TimeoutError:
            self._fail(job, f"took longer than {limits.JOB_SECONDS / 60:g} minutes.", "Ask for less.")
        except (OSError, ValueError) as error:
            self._fail(job, f"could not be done ({getattr(error, 'strerror', None) or error}).", "Try again.")
        finally:
            self._stop(job)
            job.seconds = time.monotonic() - job.begun
            self.running.remove(job)
            self._keep(job)
            self._forget_oldest(job.session)
            job.tell()
            self._next()

    async def _process(self, job: Job) -> None:
        told = {"asked": job.asked, "folder": str(job.folder), "world": self.world, "options": self.options, **job.more}
        process = job.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "citybelt.web.worker", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=None, limit=LINE, env=os.environ | {"PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl+C is for the server, which ends it
        )  # fmt: skip
        assert process.stdin and process.stdout
        if job.state != "running":
            return
        process.stdin.write(json.dumps(told).encode() + b"\n")
        await process.stdin.drain()
        async for line in process.stdout:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if job.state != "running":
                return
            if message.get("end"):
                job.errors, job.detail = message.get("errors", []), message.get("detail")
                job.files = message.get("files", [])
                job.state = "failed" if job.errors else "done"
                return
            job.stage, job.done, job.total = message["stage"], message["done"], message["total"]
            job.tell()
        if job.state == "running":
            self._fail(job, "ended without a result.", "There may have been too little memory; ask for less.")

    def _fail(self, job: Job, what: str, do: str) -> None:
        if job.state not in ENDED:
            job.state, job.errors = "failed", [vars(Problem("job", what, do))]

    def _stop(self, job: Job) -> None:
        process, job.process = job.process, None  # asyncio complains where it is killed twice
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()

    def _keep(self, job: Job) -> None:
        if job.session != OWN and job.folder.is_dir():
            held = {k: getattr(job, k) for k in Kept.model_fields}
            with suppress(OSError):
                write(job.folder / "job.json", held)

    def _forget_oldest(self, session: str) -> None:
        over = [j for j in self.of(session) if j.state in ENDED][limits.JOBS_KEPT :]
        for job in over:
            self.drop(job)

    def _found(self, session: str) -> None:
        """Take up what an earlier server left, once for each session."""
        if session in self._known or session == OWN:
            return
        self._known.add(session)
        place = self.store.of(session, "jobs")
        found = []
        for folder in place.iterdir() if place.is_dir() else ():
            try:
                held = Kept.model_validate_json((folder / "job.json").read_bytes())
            except FileNotFoundError:  # the server ended before it was written
                if folder.name not in self.all:
                    remove(folder)
                continue
            except (OSError, ValueError):
                continue
            if held.id == folder.name and "kind" in held.asked:
                found.append(Job(folder=folder, session=session, **dict(held)))
        for job in sorted(found, key=lambda job: job.created):
            if job.state not in ENDED:
                self._fail(job, "was cut off when the server ended.", "Ask again.")
            self.all.setdefault(job.id, job)


class Kept(BaseModel):
    """What is kept of a job on disk."""

    id: str
    asked: dict[str, Any]
    code: dict[str, str]
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    stage: str
    done: int
    total: int
    created: str
    seconds: float
    errors: list[dict[str, str]]
    detail: Any
    files: list[str]
