"""Who computes when: a bounded queue before a few threads, so that a crowd waits and the server stays well.

A thread can't be stopped, but every equilibrium ends after some passes, and between two ``go_on`` asks whether anybody
still waits. Answers that take many equilibria, and files that are read, are long: they leave one thread to the short
ones, and sessions take turns. What takes longer still is a job.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from fastapi import Request

from citybelt.errors import CitybeltError
from citybelt.web import limits

Found = TypeVar("Found")

#: What the thread computes for is over when its ``stop`` is set.
_HERE = threading.local()


def go_on() -> None:
    """Whoever solves many equilibria calls it before each.

    Raises:
        Busy: nobody waits for this thread's answer any more, or its time is over.
    """
    stop = getattr(_HERE, "stop", None)
    if stop is not None and stop.is_set():
        raise Busy("nobody waits for this answer any more.", 503)


class Busy(CitybeltError):
    """The server, or a session, has as much to do as it may; ``status`` is 503 or 429."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


class Rounds:
    """Whose turn is next: in each round every session once."""

    def __init__(self) -> None:
        self._now = 0
        self._last: dict[str, int] = {}

    def next(self, session: str) -> int:
        """The round of something more that a session asks for."""
        self._last[session] = max(self._now, self._last.get(session, -1) + 1)
        return self._last[session]

    def begin(self, round: int) -> None:
        """Something of a round is begun."""
        self._now = round
        self._last = {session: last for session, last in self._last.items() if last >= round}


class Fair:
    """So many at a time; who waits goes in by rounds. Arguments: ``most`` at a time."""

    def __init__(self, most: int):
        self._free = most
        self._rounds = Rounds()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, session: str) -> AsyncIterator[None]:
        """Wait for the session's turn; it ends with the block."""
        mine = self._rounds.next(session), asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        self._pass_on()
        try:
            await mine[1]
            yield
        finally:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:
                self._free += 1
            self._pass_on()

    def _pass_on(self) -> None:
        while self._free and self._waiting:
            first = min(self._waiting, key=lambda each: each[0])
            self._waiting.remove(first)
            self._rounds.begin(first[0])
            self._free -= 1
            if not first[1].done():  # else it was called off, and gives its place back
                first[1].set_result(None)


class Turns:
    """Threads that compute answers, and the queue before them."""

    def __init__(self, workers: int = limits.SOLVERS, waiting: int = limits.WAITING):
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="answer")
        self._gate = asyncio.Semaphore(workers)
        self._long = Fair(max(workers - 1, 1))
        self._most = waiting + workers
        self._all = 0
        self._of: Counter[str] = Counter()

    async def run(self, request: Request, session: str, work: Callable[[], Found], long: bool = False) -> Found:
        """What ``work`` returns, when it is this request's turn; ``long`` if it may take seconds.

        Raises:
            Busy: the queue is full, the session waits for too much already, or the answer took too long.
        """
        if self._of[session] >= limits.PER_SESSION:
            raise Busy("this session waits for as many answers as it may. Try again in a second.", 429)
        if self._all >= self._most:
            raise Busy("too many people ask at once. Try again in a second.", 503)
        self._all += 1
        self._of[session] += 1
        try:
            async with asyncio.timeout(limits.SOLVE_SECONDS), AsyncExitStack() as places:
                if long:
                    await places.enter_async_context(self._long.turn(session))
                await places.enter_async_context(self._gate)
                return await self._computed(request, work)
        except TimeoutError:
            raise Busy(f"no answer within {limits.SOLVE_SECONDS:g} seconds. Try a smaller change.", 503) from None
        finally:
            self._all -= 1
            self._of[session] -= 1
            if not self._of[session]:
                del self._of[session]

    async def _computed(self, request: Request, work: Callable[[], Found]) -> Found:
        stop = threading.Event()

        def working() -> Found:
            _HERE.stop = stop
            try:
                go_on()
                return work()
            finally:
                _HERE.stop = None

        if await request.is_disconnected():
            raise Busy("nobody waits for this answer any more.", 503)
        running = asyncio.get_running_loop().run_in_executor(self._pool, working)
        running.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            while not (await asyncio.wait({running}, timeout=limits.LOOK_SECONDS))[0]:
                if await request.is_disconnected():
                    break
        finally:
            if not running.done():
                # The thread's place in the pool is taken until it ends.
                stop.set()
                await asyncio.wait({running}, timeout=limits.SOLVE_SECONDS)
        return running.result()

    def close(self) -> None:
        """No more answers."""
        self._pool.shutdown(wait=False, cancel_futures=True)
