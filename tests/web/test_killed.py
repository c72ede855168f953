"""A server that is killed loses nothing, and leaves nothing behind."""

import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from . import browser as b

CHANGE = {"levers": {"research_dalian": 3.0}, "closure": {}, "elasticities": {}, "vintage": ""}


def children(pid):
    """Processes that a process started, and theirs."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    own = [int(p) for p in found.read_text().split()] if found.exists() else []
    return own + [p for child in own for p in children(child)]


def begun(pid):
    """Processes that a process has started, once there are any."""
    until = time.monotonic() + 30
    while not (found := children(pid)) and time.monotonic() < until:
        time.sleep(0.1)
    assert found
    return found


def left(pids):
    """Those of some processes that don't end within half a minute."""
    until = time.monotonic() + 30
    while (found := [pid for pid in pids if Path(f"/proc/{pid}").exists()]) and time.monotonic() < until:
        time.sleep(0.2)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes where Linux lists them")
def test_nothing_is_lost_and_nothing_left(tmp_path):
    server = b.start(tmp_path)
    try:
        with httpx.Client(base_url=server.address, timeout=60) as browser:
            browser.get("/api/session")
            cookies = dict(browser.cookies)
            draft = browser.post("/api/drafts", json={"name": "A", "change": CHANGE}).json()
            for k in range(5):
                change = CHANGE | {"levers": {"research_dalian": 1.0 + k}}
                draft = browser.put(
                    f"/api/drafts/{draft['id']}", json={"name": "A", "change": change, "rev": draft["rev"]}
                ).json()
            saved = browser.post("/api/scenarios", json={"name": "B", "change": CHANGE}).json()
            job = browser.post("/api/jobs", json={"kind": "plan"}).json()
            workers = begun(server.process.pid)
    finally:
        server.kill()
    assert not left(workers), "work goes on without its server"

    server = b.start(tmp_path)
    try:
        with httpx.Client(base_url=server.address, cookies=cookies, timeout=60) as browser:
            assert browser.get("/api/drafts").json()["drafts"] == [draft]
            assert browser.get(f"/api/scenarios/{saved['id']}").json() == saved
            told = browser.get(f"/api/jobs/{job['id']}").json()
            assert told["state"] == "failed" and "cut off" in told["errors"][0]["what"]
            again = browser.post("/api/exact", json={"change": CHANGE}).json()
            assert again["totals"] == saved["answer"]["totals"]
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(20) is not None
    finally:
        server.kill()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes where Linux lists them")
def test_ctrl_c_ends_it_with_its_work_and_streams_and_says_no_more(tmp_path):
    server = b.start(tmp_path)
    try:
        with httpx.Client(base_url=server.address, timeout=60) as browser:
            browser.get("/api/session")
            id = browser.post("/api/jobs", json={"kind": "plan"}).json()["id"]
            with browser.stream("GET", f"/api/jobs/{id}/events") as stream:
                lines = stream.iter_lines()
                assert next(lines) == "event: progress"
                workers = begun(server.process.pid)
                group = os.getpgid(server.process.pid)
                for pid in (server.process.pid, *workers):  # as a terminal does
                    if os.getpgid(pid) == group:
                        os.kill(pid, signal.SIGINT)
                assert [line for line in lines if line.startswith("event:")][-1] == "event: end"
        assert server.process.wait(20) == 130
        assert server.process.stdout.read() == "citybelt: interrupted\n"
        assert not left(workers)
    finally:
        server.kill()
