"""Who may ask: names of the host, origin, token, session, size. A plain layer around the application.

* **Host.** On loopback only names of loopback are answered, so that no other site's name can be pointed here.
* **Origin.** What changes something must come from a page of this server; a program without a browser sends no origin.
* **Token.** Anywhere but on loopback a random token is needed, from the address that the terminal prints once.
* **Session.** A signed cookie that only this server can make; drafts and jobs belong to it.
* **Size and time** of a body are limited before anything reads it.

Cookies come along where a link elsewhere leads to the page, so that it opens with its owner's drafts; what changes
something stays refused. Only ``/api/session`` makes a session. All ports of a host share their cookies, so that the
names of cookies must be those of one server.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Collection
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from citybelt.web import limits

SESSION, TOKEN = "citybelt_session", "citybelt_token"
YEAR = 31_536_000
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
SAFE = ("GET", "HEAD", "OPTIONS")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Refused(Exception):
    """A request that is not passed on."""

    def __init__(self, status: int, what: str, do: str = ""):
        super().__init__(what)
        self.status, self.what, self.do = status, what, do


class Guard:
    """The layer around the application.

    Arguments: ``app``; ``secret`` that signs sessions; ``token`` that everybody needs, '' on loopback; ``hosts``, names
    that are answered, everything where it is empty.
    """

    def __init__(self, app: ASGIApp, secret: bytes, token: str = "", hosts: Collection[str] = LOOPBACK):
        self.app, self.secret, self.token, self.hosts = app, secret, token, tuple(hosts)
        self._session = f"{SESSION}_{hashlib.sha256(b'name' + secret).hexdigest()[:8]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                return
            return await self.app(scope, receive, send)
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        cookies: list[str] = []
        try:
            self._addressed(scope, headers)
            jar = _cookies(headers.get("cookie", ""))
            if (given := self._token_in_address(scope)) is not None:
                return await _redirect(send, [_cookie(_token_of(scope), given)])
            self._allowed(headers, jar.get(_token_of(scope), ""))
            signed = jar.get(self._session, "")
            session = self.session_of(signed)
            if scope["path"] == "/api/session":
                if not session:
                    session, signed = self.new_session()
                cookies.append(_cookie(self._session, signed, YEAR))  # a year from the last visit
            elif not session and scope["path"].startswith("/api/") and scope["path"] != "/api/openapi.json":
                raise Refused(401, "there is no session yet.", "Open the first page, or GET /api/session.")
            scope.setdefault("state", {})["session"] = session
            receive = await _whole_body(scope, headers, receive)
        except Refused as refused:
            return await _refuse(send, refused)
        await self.app(scope, receive, _with_headers(send, scope["path"], cookies))

    def _addressed(self, scope: Scope, headers: dict[str, str]) -> None:
        host = headers.get("host", "")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            name = ""
        if not name or (self.hosts and name not in self.hosts):
            raise Refused(403, "this server does not answer to that name.", f"Use http://{self._example(scope)}/.")
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        own = f"{scope.get('scheme', 'http')}://{host}"
        writes = scope["method"] not in SAFE
        if origin is not None and (writes or scope["path"].startswith("/api/")) and origin != own:
            raise Refused(403, "the request comes from another site.", "Open this server's own page.")
        if site not in ("same-origin", "none") and (writes or scope["path"].startswith("/api/")):
            raise Refused(403, "the request comes from another site.", "Open this server's own page.")

    def _example(self, scope: Scope) -> str:
        server = scope.get("server") or ("127.0.0.1", 80)
        return f"{self.hosts[0] if self.hosts else server[0]}:{server[1]}"

    def _token_in_address(self, scope: Scope) -> str | None:
        """The token of the printed address, if it is right; it goes into a cookie and out of sight."""
        if not self.token or scope["path"] != "/" or scope["method"] != "GET":
            return None
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        return given if given and _same(given, self.token) else None

    def _allowed(self, headers: dict[str, str], held: str) -> None:
        if not self.token:
            return
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if not (_same(held, self.token) or _same(bearer, self.token)):
            raise Refused(401, "a token is needed.", "Open the address that `citybelt serve` printed.")

    def new_session(self) -> tuple[str, str]:
        """A session's id, and the signed text of its cookie."""
        key = secrets.token_urlsafe(24)
        return _id(key), f"{key}.{self._sign(key)}"

    def session_of(self, signed: str) -> str:
        """The id of the session of a cookie; '' where this server did not make it."""
        key, _, signature = signed.partition(".")
        return _id(key) if key and _same(signature, self._sign(key)) else ""

    def _sign(self, key: str) -> str:
        return hmac.new(self.secret, key.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode("utf-8", "replace"), b.encode("utf-8", "replace"))


def _cookies(header: str) -> dict[str, str]:
    """Cookies by name. Other servers of this host may have set some of any form; they hide none of ours."""
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _cookie(name: str, value: str, seconds: int = 0) -> str:
    """A cookie, for as long as the browser is open where no ``seconds`` are given."""
    return f"{name}={value}; Path=/; {f'Max-Age={seconds}; ' if seconds else ''}HttpOnly; SameSite=Lax"


def _token_of(scope: Scope) -> str:
    """The name of the cookie of the token: a server that starts again on its port takes the place of the one before."""
    return f"{TOKEN}_{(scope.get('server') or ('', 0))[1]}"


async def _whole_body(scope: Scope, headers: dict[str, str], receive: Receive) -> Receive:
    """The body, read up to what is allowed; the application gets it in one piece."""
    if scope["method"] in SAFE:
        return receive
    most = limits.UPLOAD if scope["path"] == "/api/open" else limits.BODY
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise Refused(400, "the length of the body is no number.")
    if int(length) > most:
        raise Refused(413, f"the body is larger than {most:,} bytes.", "Send less.")
    parts, size = [], 0
    try:
        async with asyncio.timeout(limits.BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return _once(message)
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > most:
                    raise Refused(413, f"the body is larger than {most:,} bytes.", "Send less.")
                if not message.get("more_body"):
                    break
    except TimeoutError:
        raise Refused(408, "the body did not arrive in time.", "Send it again.") from None
    return _once({"type": "http.request", "body": b"".join(parts), "more_body": False}, receive)


def _once(first: Message, then: Receive | None = None) -> Receive:
    waiting = [first]

    async def receive() -> Message:
        if waiting:
            return waiting.pop()
        return await then() if then else {"type": "http.disconnect"}

    return receive


def _with_headers(send: Send, path: str, cookies: list[str]) -> Send:
    async def out(message: Message) -> None:
        if message["type"] == "http.response.start":
            held = {k.lower() for k, _ in message.get("headers", [])}
            more = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in held]
            if path.startswith("/api/") and b"cache-control" not in held:
                more.append((b"cache-control", b"no-store"))
            more += [(b"set-cookie", c.encode("latin-1")) for c in cookies]
            message = {**message, "headers": [*message.get("headers", []), *more]}
        await send(message)

    return out


async def _refuse(send: Send, refused: Refused) -> None:
    said = {"status": "error", "errors": [{"where": "request", "what": refused.what, "do": refused.do}]}
    body = json.dumps(said, ensure_ascii=False).encode()
    await _answer(send, refused.status, body, [(b"content-type", b"application/json")])


async def _redirect(send: Send, cookies: list[str]) -> None:
    headers = [(b"location", b"/"), *((b"set-cookie", c.encode("latin-1")) for c in cookies)]
    await _answer(send, 303, b"", headers)


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    headers += [(k.encode(), v.encode()) for k, v in HEADERS.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
