"""Drafts, scenarios and links on disk: one file each, written beside its place and renamed, so that none is ever half.

A session has a folder whose name the server made. Records are found by looking into that folder, never by putting what
a request says into a path. A file that can't be read, or is no record, is passed over.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
import threading
import time
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from citybelt.errors import InputError, Problem
from citybelt.web import limits
from citybelt.web.schema import Kept
from citybelt.web.turns import Busy

Record = dict[str, Any]
HALF, HALF_SECONDS = ".half", 3600.0  #: names of files that are being written, and how long none is
MOST = {"drafts": limits.DRAFTS, "scenarios": limits.SCENARIOS}


class Stale(InputError):
    """A draft was changed elsewhere since the page read it."""


def now() -> str:
    """The time as text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """What sessions keep, below a folder.

    Arguments: ``folder``, that of one world.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._lock = threading.RLock()
        for part in ("sessions", "links"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for half in folder.rglob(f"{HALF}*"):  # a server was killed as it wrote; another may be writing now
            with suppress(OSError):
                if time.time() - half.stat().st_mtime > HALF_SECONDS:
                    half.unlink()

    def of(self, session: str, kind: str, make: bool = False) -> Path:
        """The folder of a kind of records of a session.

        Raises:
            Busy: there are as many sessions as a server may keep.
        """
        place = self.folder / "sessions" / session / kind
        if make and not place.is_dir():
            if not place.parent.is_dir() and sum(1 for _ in (self.folder / "sessions").iterdir()) >= limits.SESSIONS:
                raise Busy("this server keeps as many sessions as it may.", 503)
            place.mkdir(parents=True, exist_ok=True)
        return place

    def all(self, session: str, kind: str) -> list[Record]:
        """Records of a session, what was changed last first."""
        found = [r for p in _files(self.of(session, kind)) if (r := _record(p)) is not None]
        return sorted(found, key=lambda r: str(r.get("changed", "")), reverse=True)

    def get(self, session: str, kind: str, id: str) -> Record | None:
        """One record; None where the session has no such."""
        path = self._find(session, kind, id)
        return None if path is None else _record(path)

    def add(self, session: str, kind: str, **content: Any) -> Record:
        """Keep a new record under a new id.

        Raises:
            InputError: the session keeps as many as it may.
        """
        with self._lock:
            if sum(1 for _ in _files(self.of(session, kind))) >= MOST[kind]:
                what = f"this session keeps {MOST[kind]} {kind} already."
                raise InputError([Problem(kind, what, "Delete some.")])
            at = now()
            record = {"id": uuid.uuid4().hex, **content, "created": at, "changed": at, "rev": 1}
            write(self.of(session, kind, make=True) / f"{record['id']}.json", record)
            return record

    def change(self, session: str, kind: str, id: str, rev: int | None = None, **content: Any) -> Record | None:
        """Change a record; None where the session has no such.

        Raises:
            Stale: ``rev`` is not the newest revision.
        """
        with self._lock:
            path = self._find(session, kind, id)
            held = None if path is None else _record(path)
            if path is None or held is None:
                return None
            if rev is not None and rev < held["rev"]:
                what = f"was changed elsewhere: revision {held['rev']} is newer than {rev}."
                raise Stale([Problem(kind, what, "Read it again, or save under another name.")])
            held |= content | {"changed": now(), "rev": held["rev"] + 1}
            write(path, held)
            return held

    def drop(self, session: str, kind: str, id: str) -> bool:
        """Delete a record; says whether there was one."""
        with self._lock:
            path = self._find(session, kind, id)
            if path is None:
                return False
            path.unlink(missing_ok=True)
            return True

    def _find(self, session: str, kind: str, id: str) -> Path | None:
        return next((p for p in _files(self.of(session, kind)) if p.stem == id), None)

    # -- links: copies of one scenario for whoever knows the code

    def link(self, session: str, id: str, content: Record) -> str:
        """The code of a link to a copy of a scenario; the same one while the link stands."""
        with self._lock:
            for path in _files(self.folder / "links"):
                held = _read(path)
                if held and (held.get("owner"), held.get("of")) == (session, id):
                    write(path, held | {"content": content})
                    return path.stem
            code = secrets.token_urlsafe(18)
            write(self.folder / "links" / f"{code}.json", {"owner": session, "of": id, "content": content})
            return code

    def linked(self, code: str) -> Record | None:
        """What a link shows; None where there is no such."""
        asked = code.encode("utf-8", "replace")
        found = (p for p in _files(self.folder / "links") if secrets.compare_digest(p.stem.encode(), asked))
        path = next(found, None)
        held = None if path is None else _read(path)
        return held and held.get("content")

    def unlink(self, session: str, id: str) -> bool:
        """Take a link back; says whether there was one."""
        with self._lock:
            for path in _files(self.folder / "links"):
                held = _read(path)
                if held and (held.get("owner"), held.get("of")) == (session, id):
                    path.unlink(missing_ok=True)
                    return True
            return False


def _files(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError):  # any other failure is told: no list looks empty that is not
        return [p for p in folder.iterdir() if p.suffix == ".json" and not p.name.startswith(".")]
    return []


def _read(path: Path) -> Record | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _record(path: Path) -> Record | None:
    """A record as this version has them; None for anything else."""
    held = _read(path)
    try:
        return held if Kept.model_validate(held).id == path.stem else None
    except ValidationError:
        return None


def write(path: Path, content: Any) -> None:
    """Write a file of JSON beside its place and rename it, so that a reader finds the old or the new, never a part."""
    handle, half = tempfile.mkstemp(prefix=HALF, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(half, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(half)
        raise


def remove(folder: Path) -> None:
    """Remove a folder of the server's own and what is in it."""
    shutil.rmtree(folder, ignore_errors=True)
