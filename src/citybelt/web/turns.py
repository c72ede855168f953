"""Who computes when: a bounded queue before a few threads, so that a crowd waits and the server stays well.

A thread can't be stopped, but every equilibrium ends after some passes; what may take longer is a job. An answer that
nobody waits for any more is not begun.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fastapi import Request

from citybelt.errors import CitybeltError
from citybelt.web import limits

Found = TypeVar("Found")


class Busy(CitybeltError):
    """The server, or a session, has as much to do as it may; ``status`` is 503 or 429."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


class Turns:
    """Threads that compute answers, and the queue before them."""

    def __init__(self, workers: int = limits.SOLVERS, waiting: int = limits.WAITING):
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="answer")
        self._gate = asyncio.Semaphore(workers)
        self._most = waiting + workers
        self._all = 0
        self._of: Counter[str] = Counter()

    async def run(self, request: Request, session: str, work: Callable[[], Found]) -> Found:
        """What ``work`` returns, when it is this request's turn.

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
            async with asyncio.timeout(limits.SOLVE_SECONDS):
                async with self._gate:
                    if await request.is_disconnected():
                        raise Busy("nobody waits for this answer any more.", 503)
                    running = asyncio.get_running_loop().run_in_executor(self._pool, work)
                    try:
                        return await asyncio.shield(running)
                    except asyncio.CancelledError:
                        # The thread goes on; its place in the pool is taken until it ends.
                        await asyncio.wait({running}, timeout=limits.SOLVE_SECONDS)
                        raise
        except TimeoutError:
            raise Busy(f"no answer within {limits.SOLVE_SECONDS:g} seconds. Try a smaller change.", 503) from None
        finally:
            self._all -= 1
            self._of[session] -= 1
            if not self._of[session]:
                del self._of[session]

    def close(self) -> None:
        """No more answers."""
        self._pool.shutdown(wait=False, cancel_futures=True)
