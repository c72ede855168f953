"""Finished pieces of long work, kept in a folder so that a run that was killed goes on where it was.

A piece is a set of arrays. It is written beside its place and renamed, so that nobody ever reads half a piece, and it
carries a digest of its content, its name and the key of the work. A piece that is damaged, or of other work, is none:
it is made again. Nothing in a piece is ever executed; objects of Python cannot be kept.

The ``key`` of work is a digest of all that its numbers rest on: the data of the world, what the planner asks for, the
code, tables and versions of the package and of the libraries that compute.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from citybelt.result import plain

if TYPE_CHECKING:
    from citybelt.data.dataset import Dataset
    from citybelt.plan.asked.brief import Brief

UNFINISHED = ".unfinished"  #: the folder of pieces, below that of the results
#: Digits by which the folder of a work tells the package that made it, and what the names of such folders are like.
_PACKAGE = 12
_FOLDER = re.compile(rf"([0-9a-f]{{{_PACKAGE}}}-)?[0-9a-f]{{32}}")
_DIGEST = hashlib.sha256().digest_size
Arrays = dict[str, np.ndarray]
Made = TypeVar("Made")


class Store:
    """A folder of finished pieces of one work.

    Arguments:
        folder: where results of the work go; pieces lie below it, in ``.unfinished/key``. None keeps nothing.
        key: digest of all that the numbers rest on, see ``key``.

    A folder that cannot be written keeps nothing; that is no reason to stop the work.
    """

    def __init__(self, folder: str | Path | None, key: str = ""):
        self.key = key
        self.folder = None if folder is None else Path(folder) / UNFINISHED / key

    @classmethod
    def of(cls, folder: str | Path | None, dataset: Dataset, brief: Brief, draws: int) -> Store:
        """The store of a plan: what it rests on is the world, the brief and the number of draws."""
        if folder is None:
            return cls.none()
        cards = {id: repr(card) for id, card in brief.projects.items()}
        asked = brief.to_json() | {"projects": cards, "draws": draws}
        return cls(folder, f"{of_package()[:_PACKAGE]}-{key(dataset, asked)}")

    @classmethod
    def none(cls) -> Store:
        """A store that keeps nothing."""
        return cls(None)

    def array(self, name: str) -> Arrays | None:
        """The arrays of a piece; None where it was not finished, or is damaged."""
        if self.folder is None:
            return None
        try:
            content = self._path(name).read_bytes()
            head, body = content[:_DIGEST], content[_DIGEST:]
            if head != self._digest(name, body):
                return None
            with np.load(io.BytesIO(body), allow_pickle=False) as held:
                return {key: held[key] for key in held.files}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def put(self, name: str, **arrays: np.ndarray) -> None:
        """Keep a finished piece under a name of the work.

        Raises:
            TypeError: what is no array of numbers, booleans or texts.
        """
        if self.folder is None:
            return
        plain_arrays = {key: np.asarray(value) for key, value in arrays.items()}
        for key, value in plain_arrays.items():
            if value.dtype.hasobject:
                raise TypeError(f"{key} holds objects of Python, which a file must not")
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **plain_arrays)  # type: ignore[arg-type]
        body = buffer.getvalue()
        half = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, half = tempfile.mkstemp(prefix=".half", dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(self._digest(name, body) + body)
                file.flush()
                os.fsync(file.fileno())
            os.replace(half, self._path(name))
        except OSError:
            if half is not None:
                with suppress(OSError):
                    os.unlink(half)

    def keep(self, name: str, make: Callable[[], Mapping[str, np.ndarray]]) -> Arrays:
        """The arrays of a piece, made and kept where they are not there."""
        found = self.array(name)
        if found is None:
            found = {key: np.asarray(value) for key, value in make().items()}
            self.put(name, **found)
        return found

    def record(self, name: str, make: Callable[[], Made], *kinds: type) -> Made:
        """A result of tables, arrays and plain values, made and kept where it is not there.

        Arguments: ``kinds``, the classes of the records in it. What holds anything else is made each time.
        """
        if self.folder is None:
            return make()
        from citybelt.plan.store_records import decode, encode

        held = self.array(name)
        with suppress(KeyError, ValueError, TypeError):
            if held is not None:
                return decode(held["text"].tobytes().decode(), *kinds)
        found = make()
        with suppress(TypeError, UnicodeEncodeError):
            self.put(name, text=np.frombuffer(encode(found).encode(), np.uint8))
        return found

    def clear(self) -> None:
        """Remove the pieces, once the work is done, and those that another version of the package left here.

        The folder of unfinished work goes too where nothing else is in it.
        """
        if self.folder is None or not self.key:
            return
        own, there = self.key.rpartition("-")[0], self.folder.parent
        with suppress(OSError):
            others = list(there.iterdir()) if own else []
            old = [p for p in others if _FOLDER.fullmatch(p.name) and p.name.rpartition("-")[0] != own]
            for folder in (self.folder, *old):
                _remove(folder)
            there.rmdir()

    def _path(self, name: str) -> Path:
        """A file for any name."""
        assert self.folder is not None
        return self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.piece"

    def _digest(self, name: str, body: bytes) -> bytes:
        return hashlib.sha256("\0".join((self.key, name, "")).encode() + body).digest()


def _remove(folder: Path) -> None:
    """Remove a folder of pieces, if nothing else is in it."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.suffix == ".piece" or path.name.startswith(".half"):
                with suppress(OSError):
                    path.unlink()
        folder.rmdir()


class Work:
    """A folder of results with the store of the plan that is made for it.

    Who gives it to ``plan`` says when all is done, by ``clear``; until then a run that was killed goes on from it.
    """

    def __init__(self, folder: str | Path):
        self.folder = folder
        self.store = Store.none()

    def clear(self) -> None:
        """Remove the finished pieces."""
        self.store.clear()


def key(dataset: Dataset, asked: Mapping[str, Any]) -> str:
    """The digest of work: what a planner asks for, in a world, by this package."""
    content = hashlib.sha256()
    for part in (of_data(dataset), of_package(), json.dumps(plain(asked), sort_keys=True, ensure_ascii=False)):
        content.update(part.encode("utf-8", "backslashreplace") + b"\0")
    return content.hexdigest()[:32]


def of_data(dataset: Dataset) -> str:
    """The digest of a dataset: every number and label, its central flows, how many other fills it has."""
    content = hashlib.sha256()
    x = dataset.x
    told = [dataset.name, dataset.vintage, dataset.base_year, dataset.n_draws, dataset.split]
    told += [getattr(dataset, "draw", None), sorted((str(k), str(v)) for k, v in x.attrs.items())]
    content.update(json.dumps(told).encode())
    for name in sorted(map(str, x.variables)):
        content.update(json.dumps([name, *x[name].dims]).encode() + _bytes(x[name].values))
    content.update(_bytes(dataset.trade()))
    return content.hexdigest()


def _bytes(values: np.ndarray) -> bytes:
    values = np.ascontiguousarray(values)
    if values.dtype.kind in "OU":
        return json.dumps(values.tolist(), default=str).encode()
    return f"{values.dtype.str}{values.shape}".encode() + values.tobytes()


@cache
def of_package() -> str:
    """The digest of the package's code and tables, and of the versions of what computes."""
    import citybelt

    content = hashlib.sha256()
    for module in ("jax", "jaxlib", "numpy", "scipy", "clarabel"):
        content.update(f"{module} {_version(module)}\0".encode())
    top = Path(citybelt.__file__).parent
    for path in sorted(p for p in top.rglob("*") if p.suffix in (".py", ".csv", ".yaml", ".toml")):
        content.update(path.relative_to(top).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()


def _version(module: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(module)
    except PackageNotFoundError:
        return ""
