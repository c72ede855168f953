"""A connection that is closed where its other end says nothing, or takes nothing of what it asked for.

uvicorn waits without end for the head of a request, and for a reader: a few hundred idle connections would be all that
a server may hold, and keep everybody else out.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from citybelt.web import limits


# Which of its two classes the name stands for, uvicorn finds out as it is imported, so no checker can know.
class Patient(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """A connection that is looked at every ``limits.HEAD_SECONDS``; a stream that is read may last."""

    def connection_made(self, transport: Any) -> None:
        """A connection has come."""
        super().connection_made(transport)
        self._look_again((None, 0))

    def _look_again(self, seen: tuple[Any, int]) -> None:
        asyncio.get_running_loop().call_later(limits.HEAD_SECONDS, self._look, seen)

    def _look(self, seen: tuple[Any, int]) -> None:
        """Close it if it stands where it stood: no request since the last one was answered, or bytes that nobody
        takes."""
        transport = cast(asyncio.Transport, self.transport)
        if transport.is_closing():
            return
        answered = self.cycle is None or self.cycle.response_complete
        now = (self.cycle if answered else self, transport.get_write_buffer_size())
        if now[1] and now == seen:
            transport.abort()
        elif answered and not now[1] and now[0] is seen[0]:
            transport.close()
        else:
            self._look_again(now)
