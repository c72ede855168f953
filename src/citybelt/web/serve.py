"""Start the server: where it listens, who may come in, and the browser that opens."""

from __future__ import annotations

import ipaddress
import os
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from citybelt.errors import InputError, Problem

PORT = 8765


def serve(
    world: str, host: str = "127.0.0.1", port: int = PORT, browser: bool = True, tell: Callable[[str], None] = print,
    **options: Any,
) -> None:  # fmt: skip
    """Serve the workbench of a world until it is interrupted.

    Args:
        world: name of an embedded world; options: of ``verbs.load``.
        host: address to listen on; anything but loopback needs a token, which is printed once.
        port: 0 for any that is free.
        browser: open one; tell: where the address is said.

    Raises:
        InputError: an unknown world, or an address that can't be listened on.
    """
    import uvicorn

    from citybelt.web.app import make
    from citybelt.web.bench import Bench
    from citybelt.web.guard import LOOPBACK
    from citybelt.web.patience import Patient

    listening = _listen(host, port)
    try:
        port = listening.getsockname()[1]
        alone = is_loopback(host)
        token = "" if alone else secrets.token_urlsafe(24)
        folder = data_folder()
        secret = secret_of(folder)
        tell(f"citybelt: loading {world} ...")
        bench = Bench(world, **options)
        hosts = (*LOOPBACK, host) if alone else ()
        app = make(bench, secret, token, hosts, folder=folder, previews=True)
        shown = f"[{host}]" if ":" in host else host
        if host in ("", "0.0.0.0", "::"):
            shown = socket.gethostname()
        address = f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
        tell(f"citybelt: {world} is at {address}  (Ctrl+C ends it)")
        if browser and alone:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        config = uvicorn.Config(
            app, http=Patient, log_level="warning", access_log=False, server_header=False, date_header=False,
            timeout_keep_alive=15, limit_concurrency=400, timeout_graceful_shutdown=3, ws="none",
        )  # fmt: skip
        _server(config).run(sockets=[listening])
    finally:
        listening.close()


def _server(config: Any) -> Any:
    """A server that first ends its long work, so that no stream of it keeps the server from ending."""
    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await config.app.app.state.shop.jobs.close()
            await super().shutdown(sockets)

    return Server(config)


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens, before minutes of loading."""
    where = f"{host}:{port}"
    try:
        kind = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(kind, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        what = f"can't be listened on ({getattr(error, 'strerror', None) or error})."
        raise InputError([Problem(where, what, "Choose another --port, or 0 for any that is free.")]) from None
    return listening


def data_folder() -> Path:
    """Where drafts and scenarios are kept: CITYBELT_DATA, else the user's data folder.

    Raises:
        InputError: it can't be written.
    """
    from platformdirs import user_data_path

    from citybelt.result import folder

    chosen = os.environ.get("CITYBELT_DATA")
    return folder(Path(chosen) if chosen else user_data_path("citybelt", appauthor=False) / "workbench")


def secret_of(folder: Path) -> bytes:
    """The key that signs sessions, made once for a data folder and readable by its owner only.

    Raises:
        InputError: it can't be read or written.
    """
    path = folder / "secret"
    try:
        return _secret(path)
    except OSError as error:
        what = f"can't be read or written ({error.strerror})."
        raise InputError(
            [Problem(str(path), what, "Make room there, or choose another folder: CITYBELT_DATA.")]
        ) from None


def _secret(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        held = path.read_bytes()
        if len(held) >= 32:
            return held
        path.unlink(missing_ok=True)  # the rest of a start that was cut off
        return _secret(path)
    with os.fdopen(handle, "wb") as file:
        key = secrets.token_bytes(32)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key
