"""The stored derivatives of a world: read from the user's cache, made in a process of its own where they are not there.

They hold for the default assumptions. Their key is a digest of the data, the package and the libraries that compute,
so that another version never reads them; those of a few newest keys are kept.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from citybelt.errors import InputError
from citybelt.scenario.preview import Preview
from citybelt.web.bench import Bench

#: Previews of a world that are kept; one takes some ten megabytes.
KEPT = 4
#: Arrays of the file for the page, with the numbers that they hold.
LAYOUT = {
    "upper": "<f8", "curve": "<f8", "lever": "<i4", "paying": "<i4", "pairs": "<i4", "first": "<f4", "second": "<f4",
    "alone": "<f4", "joint": "<f4", "doubt": "<f4", "floor": "<f4", "factor": "<f4",
}  # fmt: skip


class Previews:
    """The preview of a world, or how far its making has come.

    Attributes:
        made: the preview, None while there is none; state: ``ready``, ``building``, ``none`` or ``failed``;
            done, total: steps of its making; key: what it rests on.
    """

    def __init__(self, bench: Bench):
        from citybelt.plan.store import key

        self.bench = bench
        self.key = key(bench.dataset, {"preview": [lever.id for lever in bench.desk.menu]})
        self.made: Preview | None = None
        self.state, self.done, self.total = "none", 0, 0
        self._blob: bytes | None = None
        self._lock = threading.Lock()
        self.read()

    @property
    def path(self) -> Path | None:
        """Where it is kept; None where nothing can be kept."""
        from citybelt.config import cache_folder

        folder = cache_folder("previews")
        return None if folder is None else folder / f"{self.bench.name}-{self.key}.npz"

    def read(self) -> bool:
        """Take it from the cache, if it is there; says whether it was."""
        path = self.path
        if path is None or not path.is_file():
            return False
        try:
            self.hold(Preview.load(path))
        except InputError:  # damaged, or of another format: it is made again
            return False
        return True

    def forget_old(self) -> None:
        """Remove what other versions and other data of this world left in the cache, but for the newest."""
        path = self.path
        if path is None:
            return
        # With those that were being written when their process was killed, see ``result.put``.
        own = re.compile(rf"\.?{re.escape(self.bench.name)}-[0-9a-f]{{32}}\.npz(\.\d+)?")
        with suppress(OSError):  # another server removes them too
            found = [p for p in path.parent.iterdir() if own.fullmatch(p.name)]
            for old in sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)[KEPT:]:
                old.unlink(missing_ok=True)

    def hold(self, made: Preview) -> None:
        """Use a preview from now on."""
        with self._lock:
            self.made, self.state, self._blob = made, "ready", None

    def told(self) -> dict[str, Any]:
        """The state as plain data."""
        return {"state": self.state, "done": self.done, "total": self.total, "key": self.key}

    def blob(self) -> bytes | None:
        """The derivatives as one file of arrays behind a head of JSON; None while there are none."""
        with self._lock:
            if self._blob is None and self.made is not None:
                self._blob = packed(self.made, self.key)
            return self._blob


def packed(p: Preview, key: str) -> bytes:
    """A preview for the page: the length of the head (4 bytes), the head, the arrays, each at a multiple of eight."""
    arrays, parts, offset = {}, [], 0
    for name, kind in LAYOUT.items():
        values = np.ascontiguousarray(getattr(p, name), dtype=kind)
        body = values.tobytes()
        body += b"\0" * (-len(body) % 8)
        arrays[name] = {"dtype": _NAMES[kind], "shape": list(values.shape), "offset": offset}
        parts.append(body)
        offset += len(body)
    head = {
        "key": key, "world": p.world, "closure": p.closure, "levers": p.levers, "regions": p.regions, "sets": p.sets,
        "regional": p.regional, "totals": p.totals, "draws": p.draws, "arrays": arrays,
    }  # fmt: skip
    text = json.dumps(head, ensure_ascii=False).encode()
    text += b" " * (-(4 + len(text)) % 8)
    return len(text).to_bytes(4, "little") + text + b"".join(parts)


_NAMES = {"<f8": "float64", "<f4": "float32", "<i4": "int32"}
