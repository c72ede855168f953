"""Failures in words, in one form for every route: where, what, what to do."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from citybelt.errors import CitybeltError, InputError, NotSolvedError, Problem
from citybelt.web.shop import Plain
from citybelt.web.store import Stale
from citybelt.web.turns import Busy

LOG = logging.getLogger("citybelt.web")
UNKEPT, ROOM = "can't read or write its files", "Make room where it keeps them, then try again."


def told(status: int, problems: Sequence[Problem], detail: Any = None, headers: dict[str, str] | None = None) -> Plain:
    """A failure as the page gets it."""
    body: dict[str, Any] = {"status": "error", "errors": [vars(p) for p in problems]}
    if detail:
        body["detail"] = detail
    return Plain(body, status_code=status, headers=headers)


def add(app: FastAPI) -> None:
    """Tell every failure in the same form."""

    @app.exception_handler(CitybeltError)
    async def in_words(request: Request, error: CitybeltError) -> Plain:
        if isinstance(error, Busy):
            return told(error.status, [Problem("server", str(error))], headers={"retry-after": "1"})
        if isinstance(error, InputError):
            return told(409 if isinstance(error, Stale) else 400, error.problems)
        detail = error.detail if isinstance(error, NotSolvedError) else None
        return told(409, [Problem("model", str(error))], detail)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> Plain:
        problems = [
            Problem(".".join(str(p) for p in each["loc"]) or "request", f"{each['msg']}.", "Correct the request.")
            for each in error.errors()[:50]
        ]
        return told(422, problems)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Plain:
        what = str(error.detail) if error.detail else "refused"
        return told(error.status_code, [Problem("request", f"{what}.")], headers=dict(error.headers or {}))

    @app.exception_handler(OSError)
    async def unkept(request: Request, error: OSError) -> Plain:
        LOG.error("%s %s: %s", request.method, request.url.path, error)
        return told(507, [Problem("server", f"{UNKEPT} ({error.strerror or type(error).__name__}).", ROOM)])

    @app.exception_handler(Exception)
    async def defect(request: Request, error: Exception) -> Plain:
        LOG.error("%s %s", request.method, request.url.path, exc_info=error)
        what = f"{type(error).__name__}: a defect of citybelt, please report it with what the terminal shows."
        return told(500, [Problem("server", what)])
