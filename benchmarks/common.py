"""The worlds, the scenarios and the clocks that every benchmark uses."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

WORLDS = ("northeast", "china")
REPEATS = {"northeast": 51, "china": 25}


def machine() -> str:
    """The machine in words, with how busy it is: on a busy one only ratios mean anything."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        model = next((s.split(":")[1].strip() for s in info.read_text().splitlines() if "model name" in s), model)
    return f"{os.cpu_count()} cores of {model}, load {os.getloadavg()[0]:.1f}, {platform.platform(terse=True)}"


class Stream(NamedTuple):
    """Bytes a second of one thread, on arrays many times the last-level cache."""

    read: float  # one array summed
    copy: float  # one array copied into another; read and written bytes count, as in STREAM (McCalpin 1995)

    def __str__(self) -> str:
        return f"memory of one thread: read {self.read / 1e9:.1f} GB/s, STREAM copy {self.copy / 1e9:.1f} GB/s"


@cache
def stream(smoke: bool = False) -> Stream:
    """The rates of this machine, measured once a process."""
    return measure_stream(1_000_000, 1) if smoke else measure_stream()


def measure_stream(size: int = 40_000_000, repeats: int = 7) -> Stream:
    """The rates, measured now."""
    table, other = np.ones(size), np.ones(size)
    read = clock(table.sum, repeats)
    copy = clock(lambda: np.copyto(other, table), repeats)
    return Stream(table.nbytes / read, 2 * table.nbytes / copy)


def clock(work: Callable, repeats: int) -> float:
    """Least seconds of a call that has run before: whatever else the machine does only ever adds."""
    work()
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


@contextmanager
def served(world: str) -> Iterator[tuple[str, int]]:
    """A workbench on a free port, without drafts: its address and the number of its process."""
    command = [sys.executable, "-m", "citybelt.cli", "serve", world, "--no-open", "--port", "0"]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            command, env=os.environ | {"CITYBELT_DATA": folder}, stderr=subprocess.PIPE, text=True
        )
        assert server.stderr
        try:
            address = next((found[0] for line in server.stderr if (found := re.search(r"http://[^\s/]+", line))), None)
            if address is None:
                raise SystemExit("the server did not start")
            threading.Thread(target=server.stderr.read, daemon=True).start()  # a full pipe would stop it
            yield address, server.pid
        finally:
            server.kill()
            server.wait()


def economy_of(world: str):
    """A calibrated world with central elasticities."""
    import citybelt
    from citybelt.model.economy import economy
    from citybelt.model.theory import theory

    citybelt.configure()
    dataset = citybelt.load(world)
    return economy(dataset, theory(list(dataset.x.sector.values)))


def shocks(e) -> dict:
    """Scenarios of every kind of change, of the size that plans make or more."""
    import jax.numpy as jnp

    b, z, h = e.base, e.zeros, e.base.n_home
    n, j = b.shape
    province = np.asarray(b.province).argmax(axis=0)
    crossing = np.where(province[:, None] != province, np.log(0.9), 0.0)
    border = z.replace(log_d=jnp.zeros((j, n, n)).at[:, :h, :h].set(crossing))
    technology = z.replace(log_A=z.log_A.at[:5].set(0.05))
    residence = z.replace(log_mu=jnp.where(jnp.eye(h) > 0, 0.0, -0.1))
    tariff = z.replace(d_tariff=-0.5 * b.tariff)
    carbon = z.replace(carbon=z.carbon.at[:h].set(100.0), purchase=z.purchase.at[0, :5, 10].set(3.0))
    together = border + technology + residence + tariff + carbon
    return {
        "internal borders -10 %": border,
        "productivity +5 %": technology,
        "moving costs -10 %": residence,
        "half the tariffs": tariff,
        "carbon at 100, purchases": carbon,
        "all together": together,
    }


def welfare(b, th, z, a, extra):
    """Log welfare of the nation, persons weighted equally."""
    import jax.numpy as jnp

    return jnp.sum(b.people.sum(axis=2) * a.log_welfare) / jnp.sum(b.people)
