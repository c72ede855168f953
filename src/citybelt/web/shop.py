"""What a route may use: one record for a running server, and who asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.responses import Response

from citybelt.result import plain
from citybelt.web.bench import Bench
from citybelt.web.jobs import Jobs
from citybelt.web.previews import Previews
from citybelt.web.store import Store
from citybelt.web.turns import Turns

Found = TypeVar("Found")


@dataclass
class Shop:
    """A running server.

    Attributes:
        bench: the world; previews: its stored derivatives; turns: the queue of answers; store: drafts and
            scenarios; jobs: long work; token: what everybody needs, '' on loopback; held: what is made once;
            making: one thing after the other.
    """

    bench: Bench
    previews: Previews
    turns: Turns
    store: Store
    jobs: Jobs
    token: str
    held: dict[str, Any] = field(default_factory=dict)
    making: Any = field(default_factory=threading.RLock)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What is made on the first request for it and kept."""
        if name in self.held:
            return self.held[name]
        with self.making:
            if name not in self.held:
                self.held[name] = make()
            return self.held[name]


def shop_of(request: Request) -> Shop:
    """The server that a request came to."""
    return request.app.state.shop


def session_of(request: Request) -> str:
    """The session that asks, as the guard found it."""
    return request.scope["state"]["session"]


Here = Annotated[Shop, Depends(shop_of)]
Who = Annotated[str, Depends(session_of)]


class Plain(Response):
    """A result as JSON; what is not finite is null."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The content as bytes."""
        import json

        return json.dumps(plain(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(
            "utf-8", "backslashreplace"
        )
