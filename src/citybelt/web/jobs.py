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
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citybelt.errors import Problem
from citybelt.web import limits
from citybelt.web.store import Store, now, remove, write
from citybelt.web.turns import Busy

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
            know that the page didn't say.
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
        self.streams: dict[str, int] = {}

    def add(self, session: str, asked: dict[str, Any], code: dict[str, str], **more: Any) -> Job:
        """Put work into the queue.

        Raises:
            Busy: the queue is full, or the session has as much unfinished work as it may.
        """
        unfinished = sum(j.session == session and j.state not in ENDED for j in self.all.values())
        if session != OWN and unfinished >= limits.JOBS_PER_SESSION:
            raise Busy(f"this session has {unfinished} pieces of work unfinished. Cancel one, or wait.", 429)
        if session != OWN and len(self.waiting) >= limits.JOBS_WAITING:
            raise Busy("too much work waits already. Try again later.", 503)
        id = uuid.uuid4().hex
        folder = self.store.of(session, "jobs", make=True) / id
        folder.mkdir()
        job = Job(id, session, asked, code, folder, more=more)
        self.all[id] = job
        if session == OWN:  # nobody waits behind the server's own work
            self._begin(job)
        else:
            self.waiting.append(job)
            self._keep(job)
            self._next()
        return job

    def of(self, session: str) -> list[Job]:
        """A session's work, newest first."""
        self._found(session)
        return sorted((j for j in self.all.values() if j.session == session), key=lambda j: j.created, reverse=True)

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

    async def watch(self, job: Job) -> AsyncIterator[str]:
        """Events of a job until it ends, as a stream for a page."""
        if self.streams.get(job.session, 0) >= limits.STREAMS:
            raise Busy("this session watches as much as it may.", 429)
        self.streams[job.session] = self.streams.get(job.session, 0) + 1
        try:
            while True:
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

    async def close(self) -> None:
        """End what runs."""
        for job in [*self.waiting, *self.running]:
            job.state = "cancelled"
            self._stop(job)
        self.waiting.clear()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)

    # -- inside

    def _next(self) -> None:
        while self.waiting and sum(j.session != OWN for j in self.running) < limits.JOBS_RUNNING:
            self._begin(self.waiting.pop(0))

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
        except OSError as error:
            self._fail(job, f"could not be started ({error.strerror or error}).", "Try again.")
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
        job.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "citybelt.web.worker", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=None, limit=LINE, env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert job.process.stdin and job.process.stdout
        if job.state != "running":
            return
        job.process.stdin.write(json.dumps(told).encode() + b"\n")
        await job.process.stdin.drain()
        async for line in job.process.stdout:
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
        if job.process is not None and job.process.returncode is None:
            with suppress(ProcessLookupError):
                job.process.kill()

    def _keep(self, job: Job) -> None:
        if job.session != OWN and job.folder.is_dir():
            held = {k: getattr(job, k) for k in KEPT}
            with suppress(OSError):
                write(job.folder / "job.json", held)

    def _forget_oldest(self, session: str) -> None:
        over = [j for j in self.of(session) if j.state in ENDED][limits.JOBS_KEPT :]
        for job in over:
            self.drop(job)

    def _found(self, session: str) -> None:
        """Take up what an earlier server left, once for each session."""
        if session in self._known:
            return
        self._known.add(session)
        place = self.store.of(session, "jobs")
        for folder in place.iterdir() if place.is_dir() else ():
            if folder.name in self.all:
                continue
            try:
                held = json.loads((folder / "job.json").read_bytes())
                job = Job(folder=folder, session=session, **{k: held[k] for k in KEPT})
            except (OSError, ValueError, KeyError, TypeError):
                remove(folder)
                continue
            if job.state not in ENDED:
                self._fail(job, "was cut off when the server ended.", "Ask again.")
            self.all[job.id] = job


#: Fields of a job that are kept on disk.
KEPT = ("id", "asked", "code", "state", "stage", "done", "total", "created", "seconds", "errors", "detail", "files")
