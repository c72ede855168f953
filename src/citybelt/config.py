"""Settings of the array engine, made in one place and only when the model is used."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

#: The engine's older way to compile loops: what it makes is as fast, and a path through time compiles in two thirds of
#: the time. A flag that an engine doesn't know ends the process, so only versions that were tried are given it.
FLAG, TRIED = "--xla_cpu_use_fusion_emitters", "0.10."
#: Bytes of compiled programs beyond which those that were not used for longest are removed; each version has its own.
MOST = 1_000_000_000
#: Seconds between two looks at how many there are.
DAY = 86_400


def configure() -> Path | None:
    """Compute in double precision and keep compiled programs in the user's cache folder.

    Calling it again changes nothing. Flags of the compiler that were set before, by ``XLA_FLAGS``, are kept, and a
    cache folder chosen before (by ``JAX_COMPILATION_CACHE_DIR`` or by ``jax.config``) is respected; where no folder
    can be written, each process compiles its programs afresh.

    Returns:
        The folder of the compile cache, or None where there is none.
    """
    import jax
    import jaxlib
    import scipy.linalg  # noqa: F401  its LAPACK is the array engine's; it must be there to be limited
    import threadpoolctl

    # Small dense systems only: a second thread gains nothing and, on a busy machine, costs a hundredfold.
    threadpoolctl.threadpool_limits(1, user_api="blas")
    jax.config.update("jax_enable_x64", True)
    flags = os.environ.get("XLA_FLAGS", "")
    if jaxlib.__version__.startswith(TRIED) and FLAG not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {FLAG}=false".strip()
    chosen = jax.config.jax_compilation_cache_dir  # type: ignore[attr-defined]
    if chosen:
        return Path(chosen)
    folder = cache_folder("compiled")
    if folder is not None:
        jax.config.update("jax_compilation_cache_dir", str(folder))
        # The many small programs of a plan are worth keeping too.
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        trim(folder)
    return folder


def trim(folder: Path, most: int = MOST) -> None:
    """Keep a folder of compiled programs within bounds; looks once a day.

    Where the programs take more than ``most`` bytes, those that were not used for longest go until half of it is left.
    """
    looked = folder / "looked"
    with suppress(OSError):  # another process removes them too; what can't be removed stays
        if looked.exists() and time.time() - looked.stat().st_mtime < DAY:
            return
        looked.touch()
        # The array engine's own bound needs another package, and looks at all programs whenever it keeps one.
        found = [(max(s.st_atime, s.st_mtime), s.st_size, p) for p in folder.glob("*-cache") for s in [p.stat()]]
        total = sum(size for _, size, _ in found)
        if total <= most:
            return
        for _, size, path in sorted(found):
            if total <= most / 2:
                return
            path.unlink(missing_ok=True)
            total -= size


def cache_folder(name: str) -> Path | None:
    """A folder of that name in the user's cache of citybelt, made if missing; None if it can't be written."""
    from platformdirs import user_cache_path

    folder = user_cache_path("citybelt", appauthor=False) / name
    if not folder.is_absolute():  # no home folder: "~" stayed as it is
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, probe = tempfile.mkstemp(dir=folder)
        os.close(handle)
        os.unlink(probe)
    except OSError:
        return None
    return folder
