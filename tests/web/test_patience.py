"""Connections on which nothing is said, or nothing is taken, make room; others last."""

import socket
import threading
from contextlib import contextmanager, suppress

import pytest
import uvicorn

from citybelt.web import limits
from citybelt.web.patience import Patient

LARGE = 4_000_000


async def app(scope, receive, send):
    """A stream of events that goes on for ten looks, or more than the buffers of a connection hold."""
    import asyncio

    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        for _ in range(10):
            await send({"type": "http.response.body", "body": b"still there\n", "more_body": True})
            await asyncio.sleep(limits.HEAD_SECONDS)
    elif scope["path"] == "/large":
        await send({"type": "http.response.body", "body": b"x" * LARGE, "more_body": True})
    await send({"type": "http.response.body", "body": b"end"})


@pytest.fixture
def address(monkeypatch):
    monkeypatch.setattr(limits, "HEAD_SECONDS", 0.1)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Patient, ws="none", log_level="critical", timeout_keep_alive=60)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join()


@contextmanager
def connected(address, said, buffer=0):
    with socket.socket() as here:
        if buffer:
            here.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        here.settimeout(30)
        here.connect(address)
        here.sendall(said)
        yield here


def rest(here):
    """Everything until the other end closes."""
    found = b""
    with suppress(ConnectionResetError):
        while part := here.recv(65536):
            found += part
    return found


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_head_that_never_ends_is_not_waited_for(address, said):
    with connected(address, said) as here:
        assert rest(here) == b""


def test_nor_a_second_one(address):
    with connected(address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT") as here:
        assert rest(here).count(b"HTTP/1.1 200") == 1


def test_a_stream_lasts(address):
    with connected(address, b"GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as here:
        assert rest(here).count(b"still there") == 10


def test_an_answer_that_nobody_takes_is_dropped(address):
    with connected(address, b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n", buffer=4096) as here:
        threading.Event().wait(20 * limits.HEAD_SECONDS)
        assert len(rest(here)) < LARGE
    with connected(address, b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as here:
        assert len(rest(here)) > LARGE
