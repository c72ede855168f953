"""Users who move sliders on one server: ms until the exact answer, alone and with fifty of them, and its memory
every two minutes.

Each user is a session that asks for the exact answer to a lever moved anew as soon as it has the last one, with a
short rest, as a hand on a slider does. Users and server share the machine.
"""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks.common import WORLDS, served

USERS, SECONDS, REST = 50, 40.0, 0.4
LONG, FEW = 600.0, 10  # how long memory is watched, and with how many users


def main(smoke: bool = False) -> None:
    print(
        f"{'world':10s} {'users':>5s} {'answers':>8s} {'errors':>6s} {'median':>8s} {'95 %':>8s} {'most':>8s}   ms, MB"
    )
    for world in WORLDS[:1] if smoke else WORLDS:
        with served(world) as (address, pid):
            for users in (1, 3 if smoke else USERS if world == WORLDS[0] else 5):
                _crowd(world, address, pid, users, 2.0 if smoke else SECONDS)
            if world == WORLDS[0] and not smoke:
                _crowd(world, address, pid, FEW, LONG)


def memory(pid: int) -> float:
    """MB that a process holds; zero where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


def _crowd(world: str, address: str, pid: int, users: int, seconds: float) -> None:
    import httpx

    levers = httpx.Client(base_url=address, timeout=60.0)
    levers.get("/api/session")
    menu = [(k["id"], k["upper"]) for k in levers.get("/api/world").json()["levers"]]
    times: list[float] = []
    errors: list[int] = []

    def user(number: int, until: float) -> None:
        rng = np.random.default_rng(number)
        with httpx.Client(base_url=address, timeout=60.0) as client:
            client.get("/api/session")
            mix = {id: float(upper * rng.uniform()) for id, upper in menu if rng.uniform() < 0.3}
            while time.perf_counter() < until:
                id, upper = menu[rng.integers(len(menu))]
                mix[id] = float(upper * rng.uniform())
                begun = time.perf_counter()
                found = client.post("/api/exact", json={"change": {"levers": mix}})
                times.append(time.perf_counter() - begun)
                errors.extend([found.status_code] if found.status_code != 200 else [])
                time.sleep(REST * rng.uniform(0.5, 1.5))

    user(0, time.perf_counter() + 1.0)  # compiles
    times.clear()
    held, until = [memory(pid)], time.perf_counter() + seconds
    crowd = [threading.Thread(target=user, args=(n, until)) for n in range(users)]
    for each in crowd:
        each.start()
    while (rest := until - time.perf_counter()) > 0:
        time.sleep(min(rest, 120.0))
        held.append(memory(pid))
    for each in crowd:
        each.join()
    middle, most = 1e3 * np.quantile(times, [0.5, 0.95])
    print(f"{world:10s} {users:5d} {len(times):8d} {len(errors):6d} {middle:8.0f} {most:8.0f} {1e3 * max(times):8.0f}"
          f"   {' '.join(f'{x:.0f}' for x in held)}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
